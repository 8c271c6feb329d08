/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_priv.h"

/* A million routes take about 60 MB; more than this is a mistake. */
#define FILE_MAX (256u << 20)

/* A number that no integer or real of ours can hold, at the end of a text. */
static int
number_error(const char *text, size_t len, const char *place, struct xebra_err *err)
{
	const struct xebra_conf_key *key = NULL;
	const char *colon = place[0] != '\0' ? ": " : "";
	struct conf_path path;
	size_t n = 0;

	while (n < len && strchr("0123456789+-.eE", text[len - 1 - n]) != NULL)
		n++;
	if (conf_path_parse(place, &path, NULL) == 0 && path.nb_steps > 0)
		key = conf_path_key(&path, NULL);
	text += len - n;
	if (key != NULL && key->type == XEBRA_CONF_INT)
		return xebra_err_set(err, -EINVAL,
			"%s%s%.*s%s is not in %" PRId64 "..%" PRId64 "%s%s", place, colon,
			(int)RTE_MIN(n, (size_t)40), text, n > 40 ? "..." : "", key->min, key->max,
			key->unit != NULL ? " " : "", key->unit != NULL ? key->unit : "");
	return xebra_err_set(err, -EINVAL, "%s%s%.*s%s is too large a number", place, colon,
		(int)RTE_MIN(n, (size_t)40), text, n > 40 ? "..." : "");
}

int
conf_parse_text(
	const char *name, const char *text, size_t len, json_t **config, struct xebra_err *err)
{
	enum json_error_code code;
	json_error_t where;
	char place[256];
	int rc;

	/* Any value: that it must be an object is said better by the check. */
	*config = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &where);
	if (*config != NULL) {
		conf_merge_alike(*config);
		return 0;
	}
	if (where.line <= 0)
		return xebra_err_set(err, -EINVAL, "%s: %s", name, where.text);
	len = RTE_MIN((size_t)where.position, len);
	conf_parse_place(text, len, place, sizeof(place));
	code = json_error_code(&where);
	if (code == json_error_duplicate_key)
		rc = xebra_err_set(err, -EINVAL, "%s: twice; once is allowed", place);
	else if (code == json_error_numeric_overflow)
		rc = number_error(text, len, place, err);
	else
		rc = xebra_err_set(err, -EINVAL, "%s", where.text);
	xebra_err_at(err, "%s:%d:%d", name, where.line, where.column);
	return rc;
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
