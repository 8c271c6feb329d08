/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_priv.h"

/* A million routes take about 60 MB; more than this is a mistake. */
#define FILE_MAX (256u << 20)

int
conf_parse_text(
	const char *name, const char *text, size_t len, json_t **config, struct xebra_err *err)
{
	json_error_t where;

	*config = json_loadb(text, len, JSON_REJECT_DUPLICATES, &where);
	if (*config != NULL)
		return 0;
	if (where.line <= 0)
		return xebra_err_set(err, -EINVAL, "%s: %s", name, where.text);
	return xebra_err_set(
		err, -EINVAL, "%s:%d:%d: %s", name, where.line, where.column, where.text);
}

static int
read_all(int fd, char *text, size_t len, size_t *used)
{
	*used = 0;
	while (*used < len) {
		ssize_t n = read(fd, text + *used, len - *used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		*used += n;
	}
	return 0;
}

/* Only regular files: a pipe or a device might make the control thread wait. */
static int
check_kind(const char *file, int fd, size_t *len, struct xebra_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return xebra_err_set(err, -errno, "%s: %s", file, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return xebra_err_set(err, -EINVAL, "%s: not a regular file", file);
	if (st.st_size > FILE_MAX)
		return xebra_err_set(err, -EFBIG, "%s: larger than %u MiB", file, FILE_MAX >> 20);
	*len = st.st_size;
	return 0;
}

int
xebra_conf_parse(const char *file, json_t **config, struct xebra_err *err)
{
	char *text = NULL;
	size_t used = 0;
	size_t len = 0;
	int fd;
	int rc;

	fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return xebra_err_set(err, -errno, "%s: cannot open: %s", file, strerror(errno));
	rc = check_kind(file, fd, &len, err);
	if (rc < 0)
		goto end;
	text = malloc(len + 1);
	if (text == NULL) {
		rc = xebra_err_set(err, -ENOMEM, "%s: out of memory", file);
		goto end;
	}
	rc = read_all(fd, text, len, &used);
	if (rc < 0)
		xebra_err_set(err, rc, "%s: cannot read: %s", file, strerror(-rc));
	else if (used == 0)
		rc = xebra_err_set(err, -EINVAL, "%s: empty; the least configuration is {}", file);
	else
		rc = conf_parse_text(file, text, used, config, err);
end:
	free(text);
	close(fd);
	return rc;
}

int
xebra_conf_read(const char *file, json_t **config, struct xebra_err *err)
{
	int rc;

	rc = xebra_conf_parse(file, config, err);
	if (rc < 0)
		return rc;
	rc = conf_check_root(*config, NULL, err);
	if (rc < 0) {
		xebra_err_at(err, "%s", file);
		json_decref(*config);
	}
	return rc;
}
