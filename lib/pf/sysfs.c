/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the kernel tells of a network device's PCI side, and makes its VFs. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_string_fns.h>

#include "nl_priv.h"

static int
path_of(const char *interface, const char *file, char *path)
{
	int n = snprintf(path, PATH_MAX, "/sys/class/net/%s/%s", interface, file);

	/* An interface's name has no slash; one that has one shall not lead elsewhere. */
	return n >= PATH_MAX || strchr(interface, '/') != NULL ? -ENOENT : 0;
}

int
sysfs_read(const char *interface, const char *file, char *text, size_t size)
{
	char path[PATH_MAX];
	int rc = path_of(interface, file, path);
	ssize_t n;
	int fd;

	if (rc < 0)
		return rc;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, size - 1);
	rc = n < 0 ? -errno : 0;
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return rc;
}

int
sysfs_write(const char *interface, const char *file, unsigned int number)
{
	char path[PATH_MAX];
	int rc = path_of(interface, file, path);
	char text[16];
	int fd;

	if (rc < 0)
		return rc;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	snprintf(text, sizeof(text), "%u", number);
	rc = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

int
sysfs_link(const char *interface, const char *file, char *text, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX];
	int rc = path_of(interface, file, path);
	const char *slash;
	ssize_t n;

	if (rc < 0)
		return rc;
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	slash = strrchr(target, '/');
	strlcpy(text, slash != NULL ? slash + 1 : target, size);
	return 0;
}
