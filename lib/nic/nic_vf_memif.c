/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The socket of a VF: one client at a time. A client that is there is seen to the end of its words
 * (memif_session.c) and then is the VF's port. It is dropped when it closes the socket, when it
 * says something wrong, when the worker found its rings broken, or when it does not get to the
 * point; its memory is unmapped when the worker is out of it. All in the control thread.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "nic_priv.h"
#include "xebra_log.h"
#include "xebra_loop.h"

#define LOOK_MS 50         /* between looks whether rings are broken */
#define GREETING_LOOKS 100 /* that a client has to connect */
#define DESCRIPTORS_MAX 4  /* that are taken with a message, to be closed */

struct nic_client {
	struct nic_port port;
	struct memif_session session;
	struct nic_vf *vf;
	struct xebra_timer *timer;
	unsigned int looks;
	int fd;
};

static uint16_t
client_rx(struct nic_port *port, struct rte_mbuf **pkts, uint16_t nb)
{
	struct memif_link *link = &((struct nic_client *)port)->session.link;
	uint16_t n = memif_receive(link, pkts, nb);

	if (unlikely((link->too_long | link->no_memory | link->broken) != 0)) {
		port->too_long += link->too_long;
		port->no_memory += link->no_memory;
		link->too_long = 0;
		link->no_memory = 0;
		__atomic_store_n(&port->broken, link->broken, __ATOMIC_RELAXED);
	}
	return n;
}

static uint16_t
client_tx(struct nic_port *port, struct rte_mbuf **pkts, uint16_t nb)
{
	return memif_send(&((struct nic_client *)port)->session.link, pkts, nb);
}

/* A client that does not read what we say is not waited for. */
static int
say(int fd, const struct memif_message *msg)
{
	ssize_t n = send(fd, msg, sizeof(*msg), MSG_DONTWAIT | MSG_NOSIGNAL);

	return n == (ssize_t)sizeof(*msg) ? 0 : -EPIPE;
}

static void
say_bye(int fd, const char *why)
{
	struct memif_message bye;

	memif_session_bye(why, &bye);
	say(fd, &bye);
}

void
nic_memif_drop(struct nic_vf *vf, const char *why)
{
	struct nic_client *client = vf->client;

	if (client == NULL)
		return;
	XEBRA_LOG(INFO, "vf %u: client \"%s\" goes: %s", vf->index, client->session.peer, why);
	say_bye(client->fd, why);
	vf->client = NULL;
	if (vf->port != NULL) {
		vf->port = NULL;
		nic_publish();
	}
	xebra_timer_stop(client->timer);
	xebra_loop_unwatch(client->fd);
	close(client->fd);
	memif_session_fini(&client->session);
	free(client);
}

/* A message and the descriptor that came with it; more than one are closed. */
static int
hear(int fd, struct memif_message *msg, int *passed)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int) * DESCRIPTORS_MAX)];
	} control;
	struct iovec iov = {msg, sizeof(*msg)};
	struct msghdr mh = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &mh, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	*passed = -1;
	if (n < 0)
		return -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&mh); c != NULL; c = CMSG_NXTHDR(&mh, c)) {
		size_t nb = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		int fds[DESCRIPTORS_MAX];

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(fds, CMSG_DATA(c), nb * sizeof(int));
		for (size_t i = 0; i < nb; i++) {
			if (*passed < 0)
				*passed = fds[i];
			else
				close(fds[i]);
		}
	}
	return n == 0 ? -ECONNRESET : n != (ssize_t)sizeof(*msg) ? -EMSGSIZE : 0;
}

static void
take_message(int fd, uint32_t events __rte_unused, void *arg)
{
	struct nic_client *client = arg;
	struct memif_message msg, reply;
	struct nic_vf *vf = client->vf;
	struct xebra_err err = {0};
	int passed, rc;

	rc = hear(fd, &msg, &passed);
	if (rc == -EAGAIN || rc == -EINTR)
		return;
	if (rc == 0)
		rc = memif_session_take(&client->session, &msg, passed, &reply, &err);
	else
		xebra_err_set(&err, rc, "%s", rc == -EMSGSIZE ? "no memif message" : "it is gone");
	if (passed >= 0)
		close(passed);
	if (rc == 0)
		rc = say(fd, &reply);
	if (rc < 0) {
		nic_memif_drop(vf, err.text);
		return;
	}
	if (client->session.state == MEMIF_STATE_CONNECTED && vf->port == NULL) {
		vf->port = &client->port;
		nic_publish();
		XEBRA_LOG(
			INFO, "vf %u: client \"%s\" is connected", vf->index, client->session.peer);
	}
}

static void
look(void *arg)
{
	struct nic_client *client = arg;

	if (__atomic_load_n(&client->port.broken, __ATOMIC_RELAXED))
		nic_memif_drop(client->vf, "its rings are broken");
	else if (client->session.state != MEMIF_STATE_CONNECTED &&
		++client->looks >= GREETING_LOOKS)
		nic_memif_drop(client->vf, "it does not connect");
}

static int
add_client(struct nic_vf *vf, int fd)
{
	struct nic_client *client = calloc(1, sizeof(*client));
	struct memif_message hello;

	if (client == NULL)
		return -ENOMEM;
	client->port.rx = client_rx;
	client->port.tx = client_tx;
	client->vf = vf;
	client->fd = fd;
	memif_session_init(&client->session, nic.pool);
	memif_session_hello(&hello);
	client->timer = xebra_timer_start(LOOK_MS, LOOK_MS, look, client);
	if (client->timer == NULL || xebra_loop_watch(fd, EPOLLIN, take_message, client) < 0 ||
		say(fd, &hello) < 0) {
		xebra_loop_unwatch(fd);
		xebra_timer_stop(client->timer);
		free(client);
		return -EPIPE;
	}
	vf->client = client;
	return 0;
}

static void
take_client(int listener, uint32_t events __rte_unused, void *arg)
{
	struct nic_vf *vf = arg;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (vf->client != NULL)
		say_bye(fd, "somebody is connected already");
	if (vf->client != NULL || add_client(vf, fd) < 0)
		close(fd);
}

int
nic_memif_open(struct nic_vf *vf, struct xebra_err *err)
{
	int rc = xebra_socket_make_directory(vf->path, err);

	if (rc == 0)
		rc = xebra_socket_open(&vf->socket, SOCK_SEQPACKET, vf->path, NULL, err);
	if (rc < 0)
		return rc;
	rc = xebra_loop_watch(vf->socket.fd, EPOLLIN, take_client, vf);
	if (rc < 0) {
		xebra_socket_close(&vf->socket);
		return xebra_err_set(err, rc, "%s: %s", vf->path, strerror(-rc));
	}
	return 0;
}

void
nic_memif_close(struct nic_vf *vf)
{
	nic_memif_drop(vf, "the NIC ends");
	if (vf->socket.fd >= 0)
		xebra_loop_unwatch(vf->socket.fd);
}
