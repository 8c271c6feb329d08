/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Any bytes as a configuration file: it is refused in one line, or its completion is right as well
 * and complete already. The first byte chooses: the rest as a file, or as a path.
 */
#include <stdlib.h>
#include <string.h>

#include "conf_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool held)
{
	if (!held)
		abort();
}

static void
as_file(const char *text, size_t size)
{
	struct xebra_err err = {0};
	json_t *complete, *again, *config;

	if (conf_parse_text("f", text, size, &config, &err) < 0) {
		must(strncmp(err.text, "f:", 2) == 0 && strpbrk(err.text, "\r\n\x1b") == NULL);
		return;
	}
	if (conf_check_root(config, &complete, &err) < 0) {
		must(err.code < 0 && err.text[0] != '\0' && strpbrk(err.text, "\r\n\x1b") == NULL);
	} else {
		must(conf_check_root(complete, &again, &err) == 0 && json_equal(complete, again));
		json_decref(again);
		json_decref(complete);
	}
	json_decref(config);
}

static void
as_path(const char *data, size_t size)
{
	char *text = strndup(data, size);
	struct xebra_err err = {0};
	struct conf_path path, again;
	char shown[4096];

	if (text != NULL && conf_path_parse(text, &path, &err) == 0 && path.nb_steps > 0) {
		conf_path_print(&path, shown, sizeof(shown));
		/* Long names are cut when shown, the others read back as they were. */
		if (strstr(shown, "...") == NULL)
			must(conf_path_parse(shown, &again, &err) == 0 &&
				again.nb_steps == path.nb_steps);
		(void)conf_path_key(&path, &err);
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if (data[0] & 1)
		as_file((const char *)data + 1, size - 1);
	else
		as_path((const char *)data + 1, size - 1);
	return 0;
}
