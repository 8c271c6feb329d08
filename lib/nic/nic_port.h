/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NIC_PORT_H
#define NIC_PORT_H

/*
 * What the worker needs of a VF's connection or of the uplink: two functions. Neither waits for the
 * other side.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "xebra_err.h"

struct nic_port {
	/* Take up to nb frames, each in one buffer. */
	uint16_t (*rx)(struct nic_port *port, struct rte_mbuf **pkts, uint16_t nb);
	/* Give frames: the first ones, as many as are returned, are the port's. */
	uint16_t (*tx)(struct nic_port *port, struct rte_mbuf **pkts, uint16_t nb);
	/* What the last rx() has to tell; the worker sets it back to 0. */
	uint32_t too_long;  /* frames that it lost */
	uint32_t no_memory; /* calls that had no buffer for what there is: it stays there */
	bool broken;        /* the other side did not keep to the protocol, and is to be dropped */
};

/* nic_ethdev.c: any ethdev, with one queue. */
struct nic_ethdev {
	struct nic_port port;
	char *device; /* devargs */
	uint16_t id;
	bool probed;
	bool started;
};

/*
 * Open, configure and start it, receiving all there is.
 *
 * @return
 *   0, or a negative errno value with err "why"; then there is nothing to close.
 */
int nic_ethdev_open(struct nic_ethdev *e, const char *device, uint16_t mtu,
	struct rte_mempool *pool, struct xebra_err *err);

/* Stop and close it; the worker is out of it. Safe when it is not open. */
void nic_ethdev_close(struct nic_ethdev *e);

/* Its link, without waiting. `speed` (or NULL): Mb/s, 0 when it is not known. */
bool nic_ethdev_link_up(const struct nic_ethdev *e, uint32_t *speed);

/* Buffers that a device keeps in its rings. */
#define NIC_ETHDEV_BUFFERS 2048

#endif
