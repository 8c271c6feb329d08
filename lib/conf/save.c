/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A configuration is written beside the file and renamed over it when it is on the disk: whoever
 * reads the file, also after a power failure, finds the old configuration or the new one, whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf_priv.h"

#define NEW_FILE_MODE 0640

static int
write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= n;
	}
	return 0;
}

/* The mode and owner of the file that goes; another owner only where we may give it. */
static int
keep_mode(int fd, const char *file)
{
	struct stat st;

	if (stat(file, &st) < 0)
		return fchmod(fd, NEW_FILE_MODE) < 0 ? -errno : 0;
	if (fchown(fd, st.st_uid, st.st_gid) < 0 && errno != EPERM)
		return -errno;
	return fchmod(fd, st.st_mode & 07777) < 0 ? -errno : 0;
}

/* The rename itself has to reach the disk. */
static int
sync_folder(const char *file)
{
	char *copy = strdup(file);
	int rc = 0;
	int fd;

	if (copy == NULL)
		return -ENOMEM;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd < 0)
		return -errno;
	/* Some file systems have nothing to sync in a folder. */
	if (fsync(fd) < 0 && errno != EINVAL)
		rc = -errno;
	close(fd);
	return rc;
}

static int
replace(const char *file, const char *text, size_t len)
{
	char *temp;
	int rc;
	int fd;

	if (asprintf(&temp, "%s.XXXXXX", file) < 0)
		return -ENOMEM;
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0) {
		rc = -errno;
		free(temp);
		return rc;
	}
	rc = write_all(fd, text, len);
	if (rc == 0)
		rc = keep_mode(fd, file);
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	close(fd);
	if (rc == 0 && rename(temp, file) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(temp);
	free(temp);
	return rc < 0 ? rc : sync_folder(file);
}

int
conf_write_file(const char *file, json_t *config, struct xebra_err *err)
{
	char *text = json_dumps(config, JSON_INDENT(2));
	/* What a symbolic link points to is replaced, not the link. */
	char *target = realpath(file, NULL);
	char *line;
	int rc;

	if (text == NULL || asprintf(&line, "%s\n", text) < 0) {
		rc = -ENOMEM;
	} else {
		rc = replace(target != NULL ? target : file, line, strlen(line));
		free(line);
	}
	free(target);
	free(text);
	if (rc < 0)
		return xebra_err_set(err, rc, "%s: cannot write: %s", file, strerror(-rc));
	return 0;
}
