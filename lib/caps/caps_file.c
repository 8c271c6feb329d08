/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Caps in a file. The folder is watched, not the file: it is replaced as a whole, so that its inode
 * changes, and it may not be there yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "caps_priv.h"
#include "xebra_file.h"
#include "xebra_loop.h"

#define NEW_FILE_MODE 0644
#define EVENTS (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF)

struct file_watch {
	struct xebra_caps_watch watch;
	char name[NAME_MAX + 1]; /* of the file in its folder */
	int fd;                  /* inotify; -1: none */
};

int
xebra_caps_write_file(const char *file, const struct xebra_caps *caps, struct xebra_err *err)
{
	char *text = xebra_caps_print(caps);
	char *line = NULL;
	int rc = -ENOMEM;

	if (text != NULL && asprintf(&line, "%s\n", text) >= 0) {
		rc = xebra_file_replace(file, line, strlen(line), NEW_FILE_MODE);
		free(line);
	}
	free(text);
	return rc < 0 ? xebra_err_set(err, rc, "%s: cannot write: %s", file, strerror(-rc)) : 0;
}

static ssize_t
read_all(int fd, char *text, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, text + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += n;
	}
	return len;
}

static void
tell_file(const struct file_watch *f)
{
	/* One byte more than allowed: what is too long is seen to be. */
	char *text = malloc(CAPS_TEXT_MAX + 1);
	/* A FIFO without a writer must not hold up the loop. */
	int fd = open(f->watch.place, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t len = fd < 0 ? -errno : text == NULL ? -ENOMEM : 0;

	if (len == 0)
		len = read_all(fd, text, CAPS_TEXT_MAX + 1);
	if (fd >= 0)
		close(fd);
	if (len < 0)
		caps_tell_none(&f->watch, len == -ENOENT ? 0 : (int)len);
	else
		caps_tell(&f->watch, text, len);
	free(text);
}

static void
folder_changed(int fd, uint32_t events __rte_unused, void *arg)
{
	char buf[4096] __rte_aligned(__alignof__(struct inotify_event));
	struct file_watch *f = arg;
	bool ours = false;
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		const struct inotify_event *e;

		for (const char *at = buf; at < buf + n; at += sizeof(*e) + e->len) {
			e = (const void *)at;
			ours |= e->len == 0 || strcmp(e->name, f->name) == 0;
		}
	}
	if (ours)
		tell_file(f);
}

static void
stop_file(struct xebra_caps_watch *watch)
{
	struct file_watch *f = container_of(watch, struct file_watch, watch);

	if (f->fd < 0)
		return;
	xebra_loop_unwatch(f->fd);
	close(f->fd);
}

static int
watch_folder(struct file_watch *f)
{
	char *copy = strdup(f->watch.place);
	int rc = 0;

	if (copy == NULL)
		return -ENOMEM;
	snprintf(f->name, sizeof(f->name), "%s", basename(copy));
	strcpy(copy, f->watch.place);
	f->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (f->fd < 0 || inotify_add_watch(f->fd, dirname(copy), EVENTS | IN_ONLYDIR) < 0)
		rc = -errno;
	free(copy);
	return rc < 0 ? rc : xebra_loop_watch(f->fd, EPOLLIN, folder_changed, f);
}

int
xebra_caps_watch_file(const char *file, xebra_caps_fn fn, void *arg,
	struct xebra_caps_watch **watch, struct xebra_err *err)
{
	struct file_watch *f = calloc(1, sizeof(*f));
	int rc = caps_watch_init(f != NULL ? &f->watch : NULL, file, fn, arg, err);

	if (rc < 0)
		return rc;
	f->watch.stop = stop_file;
	f->fd = -1;
	rc = watch_folder(f);
	if (rc < 0) {
		xebra_caps_watch_stop(&f->watch);
		return xebra_err_set(
			err, rc, "%s: its folder cannot be watched: %s", file, strerror(-rc));
	}
	tell_file(f);
	*watch = &f->watch;
	return 0;
}
