/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xebra_file.h"

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
keep_mode(int fd, const char *file, mode_t mode)
{
	struct stat st;

	if (stat(file, &st) < 0)
		return fchmod(fd, mode) < 0 ? -errno : 0;
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
replace(const char *file, const char *text, size_t len, mode_t mode)
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
		rc = keep_mode(fd, file, mode);
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
xebra_file_replace(const char *file, const char *text, size_t len, mode_t mode)
{
	char *target = realpath(file, NULL);
	int rc = replace(target != NULL ? target : file, text, len, mode);

	free(target);
	return rc;
}
