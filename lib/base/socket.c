/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_common.h>

#include "xebra_socket.h"

/* The directory that a path is in; false: it has none, or the root. */
static bool
directory_of(const char *path, char *directory, size_t size)
{
	char *slash;

	snprintf(directory, size, "%s", path);
	slash = strrchr(directory, '/');
	if (slash == NULL || slash == directory)
		return false;
	*slash = '\0';
	return true;
}

int
xebra_socket_make_directory(const char *path, struct xebra_err *err)
{
	char directory[sizeof(((struct xebra_socket *)0)->path)];

	if (!directory_of(path, directory, sizeof(directory)))
		return 0;
	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return xebra_err_set(err, -errno,
			"cannot make the directory %s: %s (make it, or choose another socket)",
			directory, strerror(errno));
	return 0;
}

/*
 * The kernel gives the lock up when its holder dies, however it dies. The file may have been
 * removed by its last holder between our opening and locking it: then it is not the one that
 * others see, and we try again.
 */
static int
take_lock(const char *path, struct xebra_err *err)
{
	struct stat mine, seen;
	char name[128];
	int fd;

	snprintf(name, sizeof(name), "%s.lock", path);
	for (;;) {
		fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (fd < 0)
			return xebra_err_set(err, -errno,
				"cannot open %s: %s (start with the rights to, or choose another "
				"socket)",
				name, strerror(errno));
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			close(fd);
			return xebra_err_set(err, -EADDRINUSE,
				"%s is in use by another instance (stop it, or choose another "
				"socket)",
				path);
		}
		if (fstat(fd, &mine) == 0 && stat(name, &seen) == 0 && mine.st_ino == seen.st_ino &&
			mine.st_dev == seen.st_dev)
			return fd;
		close(fd);
	}
}

static void
drop_lock(struct xebra_socket *sock)
{
	char name[sizeof(sock->path) + 8];

	snprintf(name, sizeof(name), "%s.lock", sock->path);
	unlink(name);
	close(sock->lock_fd);
	sock->lock_fd = -1;
}

/* We hold the lock: what is there is left over, or is no socket of ours and not to be touched. */
static int
remove_stale(const char *path, int type, const struct sockaddr_un *address, struct xebra_err *err)
{
	struct stat st;
	int fd, rc;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return xebra_err_set(err, -EEXIST,
			"%s exists and is not a socket (remove it, or choose another socket)",
			path);
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return xebra_err_set(err, -errno, "socket: %s", strerror(errno));
	rc = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ? errno : 0;
	close(fd);
	if (rc != ECONNREFUSED)
		return xebra_err_set(err, -EADDRINUSE,
			"%s is in use by another program (stop it, or choose another socket)",
			path);
	if (unlink(path) < 0)
		return xebra_err_set(
			err, -errno, "cannot remove the old %s: %s", path, strerror(errno));
	return 0;
}

static int
give_to_group(const char *path, const char *group, struct xebra_err *err)
{
	struct group *entry = getgrnam(group);

	if (entry == NULL)
		return xebra_err_set(err, -ENOENT,
			"there is no group \"%s\" (make it with groupadd, or leave control.group "
			"out)",
			group);
	if (chown(path, (uid_t)-1, entry->gr_gid) < 0 || chmod(path, 0660) < 0)
		return xebra_err_set(err, -errno, "cannot give %s to the group %s: %s", path, group,
			strerror(errno));
	return 0;
}

static int
listen_at(struct xebra_socket *sock, int type, const char *group, struct xebra_err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int rc;

	memcpy(address.sun_path, sock->path, sizeof(sock->path));
	sock->fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock->fd < 0)
		return xebra_err_set(err, -errno, "socket: %s", strerror(errno));
	/* Before bind: the file never exists with wider rights. */
	fchmod(sock->fd, 0600);
	if (bind(sock->fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		rc = xebra_err_set(err, -errno, "cannot make %s: %s", sock->path, strerror(errno));
		goto fail;
	}
	rc = group != NULL ? give_to_group(sock->path, group, err) : 0;
	if (rc == 0 && listen(sock->fd, SOMAXCONN) < 0)
		rc = xebra_err_set(err, -errno, "listen: %s", strerror(errno));
	if (rc == 0)
		return 0;
	unlink(sock->path);
fail:
	close(sock->fd);
	sock->fd = -1;
	return rc;
}

/* The path is ours from here on, and nothing is there. */
static int
reserve(struct xebra_socket *sock, int type, const char *path, struct xebra_err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char directory[sizeof(sock->path)];
	int rc;

	*sock = (struct xebra_socket){.fd = -1, .lock_fd = -1};
	if (strlen(path) >= sizeof(sock->path))
		return xebra_err_set(err, -ENAMETOOLONG, "%.40s...: longer than %zu bytes", path,
			sizeof(sock->path) - 1);
	snprintf(sock->path, sizeof(sock->path), "%s", path);
	memcpy(address.sun_path, sock->path, sizeof(sock->path));
	if (directory_of(path, directory, sizeof(directory)) && access(directory, F_OK) < 0)
		return xebra_err_set(err, -errno,
			"%s: there is no folder %s (make it, or choose another socket)", path,
			directory);
	sock->lock_fd = take_lock(path, err);
	if (sock->lock_fd < 0)
		return sock->lock_fd;
	rc = remove_stale(sock->path, type, &address, err);
	if (rc < 0)
		drop_lock(sock);
	return rc;
}

int
xebra_socket_open(struct xebra_socket *sock, int type, const char *path, const char *group,
	struct xebra_err *err)
{
	int rc = reserve(sock, type, path, err);

	if (rc < 0)
		return rc;
	rc = listen_at(sock, type, group, err);
	if (rc < 0)
		drop_lock(sock);
	return rc;
}

int
xebra_socket_reserve(struct xebra_socket *sock, int type, const char *path, struct xebra_err *err)
{
	return reserve(sock, type, path, err);
}

void
xebra_socket_close(struct xebra_socket *sock)
{
	if (sock->lock_fd < 0)
		return;
	unlink(sock->path);
	if (sock->fd >= 0)
		close(sock->fd);
	sock->fd = -1;
	drop_lock(sock);
}
