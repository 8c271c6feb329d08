/* SPDX-License-Identifier: BSD-3-Clause */
/* A real socket to the kernel's rtnetlink. */
#include <errno.h>
#include <stdlib.h>
#include <sys/time.h>

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include "nl_priv.h"

/* The kernel answers in the call that asks; this is against the impossible. */
#define ANSWER_S 1

struct real_socket {
	struct nl_socket base;
	struct mnl_socket *mnl;
};

static int
real_send(struct nl_socket *s, const void *buf, size_t len)
{
	return mnl_socket_sendto(((struct real_socket *)s)->mnl, buf, len) < 0 ? -errno : 0;
}

static ssize_t
real_recv(struct nl_socket *s, void *buf, size_t size)
{
	ssize_t n = mnl_socket_recvfrom(((struct real_socket *)s)->mnl, buf, size);

	return n < 0 ? -errno : n;
}

static void
real_close(struct nl_socket *s)
{
	mnl_socket_close(((struct real_socket *)s)->mnl);
	free(s);
}

static int
set_up(struct real_socket *s, bool events)
{
	struct timeval limit = {.tv_sec = ANSWER_S};
	int one = 1;

	if (mnl_socket_bind(s->mnl, events ? RTMGRP_LINK : 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	s->base.fd = events ? mnl_socket_get_fd(s->mnl) : -1;
	if (setsockopt(mnl_socket_get_fd(s->mnl), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) <
		0)
		return -errno;
	/* Words with the errors; kernels before 4.12 have none. */
	mnl_socket_setsockopt(s->mnl, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(s->mnl, NETLINK_CAP_ACK, &one, sizeof(one));
	return 0;
}

int
nl_socket_open(bool events, struct nl_socket **s)
{
	struct real_socket *real = calloc(1, sizeof(*real));
	int rc;

	if (real == NULL)
		return -ENOMEM;
	real->base = (struct nl_socket){.send = real_send, .recv = real_recv, .close = real_close};
	real->mnl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | (events ? SOCK_NONBLOCK : 0));
	if (real->mnl == NULL) {
		rc = -errno;
		free(real);
		return rc;
	}
	rc = set_up(real, events);
	if (rc < 0)
		real_close(&real->base);
	else
		*s = &real->base;
	return rc;
}
