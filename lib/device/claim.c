/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A packet socket takes nothing away from others: two programs on one interface of the kernel's
 * would both receive, and forward, every frame. So whoever opens one claims the interface, by the
 * name of an abstract Unix socket. Such names belong to a network namespace, as interfaces do, and
 * go with the process that has them, however it ends. Nobody ever talks over the socket; that it
 * can be connected to tells who holds it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_common.h>

#include "device_priv.h"

static struct {
	bool held;
	int fd;
} claims[RTE_MAX_ETHPORTS];

static socklen_t
address_of(unsigned int if_index, struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	/* The first byte stays 0: no file. */
	return offsetof(struct sockaddr_un, sun_path) + 1 +
		snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "xebra/interface/%u",
			if_index);
}

/* The process that has the claim; 0: it cannot be told. */
static pid_t
holder(const struct sockaddr_un *address, socklen_t len)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct ucred peer = {0};
	socklen_t size = sizeof(peer);

	if (fd < 0)
		return 0;
	if (connect(fd, (const struct sockaddr *)address, len) < 0 ||
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
		peer.pid = 0;
	close(fd);
	return peer.pid;
}

int
device_claim(uint16_t id, unsigned int if_index, const char *iface, struct xebra_err *err)
{
	struct sockaddr_un address;
	socklen_t len = address_of(if_index, &address);
	int fd, rc = 0;

	if (claims[id].held)
		return 0;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return xebra_err_set(err, -errno, "socket: %s", strerror(errno));
	if (bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, SOMAXCONN) < 0) {
		rc = -errno;
		close(fd);
	}
	if (rc == -EADDRINUSE)
		return xebra_err_set(err, -EBUSY,
			"interface %s is in use by process %d (stop it, or choose another)", iface,
			(int)holder(&address, len));
	if (rc < 0)
		return xebra_err_set(
			err, rc, "cannot claim interface %s: %s", iface, strerror(-rc));
	claims[id].held = true;
	claims[id].fd = fd;
	return 0;
}

void
device_release(uint16_t id)
{
	if (!claims[id].held)
		return;
	claims[id].held = false;
	close(claims[id].fd);
}
