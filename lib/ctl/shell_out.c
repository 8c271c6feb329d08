/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Standard output may be a terminal that was stopped with Ctrl-S, or a pipe that nobody reads, and
 * the control thread must not hang on it. The open file is shared with whoever started us, so that
 * it cannot be made non-blocking: it is opened once more for ourselves. Where that is not possible
 * (a socket, a terminal of somebody else) and with files, which never block, the one we were given
 * is used.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_common.h>

#include "rpc_priv.h"
#include "shell_priv.h"
#include "xebra_loop.h"

#define RETRY_MS 20
#define LAST_WAIT_MS 1000 /* for what is left at the end */

static struct {
	struct buf buf;
	int fd;
	bool own; /* opened here */
	bool waiting;
	struct xebra_timer *timer; /* not NULL: waits for this, not for the descriptor */
	void (*drained)(void);
} out = {.fd = -1};

static void write_again(void);

static void
can_write(int fd __rte_unused, uint32_t events __rte_unused, void *arg __rte_unused)
{
	write_again();
}

static void
retry(void *arg __rte_unused)
{
	out.timer = NULL;
	write_again();
}

static void
write_some(void)
{
	while (buf_len(&out.buf) > 0) {
		ssize_t n = write(out.fd, out.buf.data + out.buf.start, buf_len(&out.buf));

		if (n < 0 && errno == EAGAIN)
			return;
		if (n < 0 && errno == EINTR)
			continue;
		/* Nobody is there any more: what was to be said is lost. */
		buf_take(&out.buf, n < 0 ? buf_len(&out.buf) : (size_t)n);
	}
}

static void
stop_waiting(void)
{
	if (out.waiting && out.timer == NULL)
		xebra_loop_unwatch(out.fd);
	xebra_timer_stop(out.timer);
	out.timer = NULL;
	out.waiting = false;
}

/* Terminals sometimes say that they take more and do not: without progress, wait for a while. */
static void
wait_for_room(bool progress)
{
	stop_waiting();
	if (!progress || xebra_loop_watch(out.fd, EPOLLOUT, can_write, NULL) < 0)
		out.timer = xebra_timer_start(RETRY_MS, 0, retry, NULL);
	out.waiting = true;
}

static void
write_again(void)
{
	size_t before = buf_len(&out.buf);

	write_some();
	if (buf_len(&out.buf) > 0) {
		wait_for_room(buf_len(&out.buf) < before);
		return;
	}
	stop_waiting();
	out.drained();
}

void
shell_out_flush(void)
{
	if (out.waiting)
		return;
	write_some();
	if (buf_len(&out.buf) > 0)
		wait_for_room(true);
}

void
shell_out_add(const char *text, size_t len)
{
	if (out.fd >= 0)
		buf_add(&out.buf, text, len);
}

bool
shell_out_waits(void)
{
	return buf_len(&out.buf) > 0;
}

void
shell_out_start(int fd, void (*drained)(void))
{
	struct stat st;
	char path[32];

	out.fd = -1;
	out.drained = drained;
	/* A file opened anew would be written from its beginning. */
	if (fstat(fd, &st) == 0 && (S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode))) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		out.fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	out.own = out.fd >= 0;
	if (!out.own)
		out.fd = fd;
}

void
shell_out_stop(void)
{
	struct pollfd polled = {.fd = out.fd, .events = POLLOUT};

	if (out.fd < 0)
		return;
	stop_waiting();
	write_some();
	while (buf_len(&out.buf) > 0) {
		size_t before = buf_len(&out.buf);

		if (poll(&polled, 1, LAST_WAIT_MS) != 1)
			break;
		write_some();
		if (buf_len(&out.buf) == before)
			break;
	}
	buf_free(&out.buf);
	if (out.own)
		close(out.fd);
	out.fd = -1;
}
