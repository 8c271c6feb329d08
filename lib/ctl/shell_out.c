/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Standard output may be a terminal that was stopped with Ctrl-S, or a pipe that nobody reads, and
 * the control thread must not hang on it. The descriptor is shared with whoever started us, so that
 * it cannot be made non-blocking; instead only as much is written at a time as is sure to fit where
 * poll() says that something does.
 */
#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <rte_common.h>

#include "rpc_priv.h"
#include "shell_priv.h"
#include "xebra_loop.h"

#define PIECE 256 /* a terminal says that it takes more when it takes so much */

static struct {
	struct buf buf;
	int fd;
	bool watched;
	bool always; /* a file: never blocks, cannot be watched */
	void (*drained)(void);
} out = {.fd = -1};

static bool
takes_more(int wait_ms)
{
	struct pollfd polled = {.fd = out.fd, .events = POLLOUT};

	return out.always || (poll(&polled, 1, wait_ms) == 1);
}

static void
write_pieces(int wait_ms)
{
	while (buf_len(&out.buf) > 0 && takes_more(wait_ms)) {
		ssize_t n = write(out.fd, out.buf.data + out.buf.start,
			RTE_MIN(buf_len(&out.buf), (size_t)PIECE));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		/* Nobody is there any more: what was to be said is lost. */
		buf_take(&out.buf, n < 0 ? buf_len(&out.buf) : (size_t)n);
	}
}

static void
can_write(int fd __rte_unused, uint32_t events __rte_unused, void *arg __rte_unused)
{
	shell_out_flush();
}

static void
watch_out(void)
{
	int rc = xebra_loop_watch(out.fd, EPOLLOUT, can_write, NULL);

	out.watched = rc == 0;
	/* A regular file is always ready, which epoll does not care to say. */
	if (rc < 0) {
		out.always = true;
		write_pieces(0);
	}
}

void
shell_out_flush(void)
{
	write_pieces(0);
	if (buf_len(&out.buf) > 0) {
		if (!out.watched)
			watch_out();
		return;
	}
	if (!out.watched)
		return;
	xebra_loop_unwatch(out.fd);
	out.watched = false;
	out.drained();
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
	out.fd = fd;
	out.watched = false;
	out.always = false;
	out.drained = drained;
}

void
shell_out_stop(void)
{
	if (out.fd < 0)
		return;
	if (out.watched)
		xebra_loop_unwatch(out.fd);
	out.watched = false;
	write_pieces(1000);
	buf_free(&out.buf);
	out.fd = -1;
}
