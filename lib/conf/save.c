/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_priv.h"
#include "xebra_file.h"

#define NEW_FILE_MODE 0640

int
conf_write_file(const char *file, json_t *config, struct xebra_err *err)
{
	char *text = json_dumps(config, JSON_INDENT(2));
	char *line;
	int rc;

	if (text == NULL || asprintf(&line, "%s\n", text) < 0) {
		rc = -ENOMEM;
	} else {
		rc = xebra_file_replace(file, line, strlen(line), NEW_FILE_MODE);
		free(line);
	}
	free(text);
	if (rc < 0)
		return xebra_err_set(err, rc, "%s: cannot write: %s", file, strerror(-rc));
	return 0;
}
