/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Link state. Devices that interrupt on a change do so in a thread of EAL's, which only signals the
 * control thread; all others are asked four times a second.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "port_priv.h"
#include "xebra_log.h"
#include "xebra_loop.h"

#define POLL_MS 250

static int event_fd = -1;
static struct xebra_timer *timer;

void
port_link_check(struct port *port)
{
	bool up = port->pub.started && xebra_device_link_up(port->device, port->pub.id, NULL);

	if (up == port->pub.link_up)
		return;
	port->pub.link_up = up;
	__atomic_store_n(&port->path->sends, up, __ATOMIC_RELAXED);
	XEBRA_LOG(NOTICE, "port %s: link %s", port->pub.name, up ? "up" : "down");
	iface_port_changed(port);
}

static void
poll_links(void *arg __rte_unused)
{
	struct port *port;

	TAILQ_FOREACH (port, &port_list, next)
		if (port->poll_link)
			port_link_check(port);
}

static void
check_links(int fd, uint32_t events __rte_unused, void *arg __rte_unused)
{
	struct port *port;
	uint64_t count;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
	TAILQ_FOREACH (port, &port_list, next)
		port_link_check(port);
}

int
port_link_event(uint16_t id __rte_unused, enum rte_eth_event_type type __rte_unused,
	void *arg __rte_unused, void *ret __rte_unused)
{
	uint64_t one = 1;

	return write(event_fd, &one, sizeof(one)) < 0 ? -errno : 0;
}

int
port_link_init(void)
{
	if (timer != NULL)
		return 0;
	event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (event_fd < 0)
		return -errno;
	timer = xebra_timer_start(POLL_MS, POLL_MS, poll_links, NULL);
	if (timer == NULL)
		return -ENOMEM;
	return xebra_loop_watch(event_fd, EPOLLIN, check_links, NULL);
}

void
port_link_fini(void)
{
	xebra_timer_stop(timer);
	timer = NULL;
	if (event_fd >= 0) {
		xebra_loop_unwatch(event_fd);
		close(event_fd);
	}
	event_fd = -1;
}
