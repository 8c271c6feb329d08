/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_PORT_H
#define XEBRA_PORT_H

/**
 * @file
 * Ports: DPDK ethdevs under the names that the configuration gives them. Control thread only.
 */

#include <stdbool.h>
#include <stdint.h>

#include "xebra_iface.h"

/** A port of the configuration. */
struct xebra_port {
	char name[XEBRA_NAME_MAX];
	uint16_t id;  /**< DPDK port id. */
	uint16_t mtu; /**< Bytes. */
	uint16_t rx_queues;
	uint16_t tx_queues;
	bool started;
	bool link_up;
	struct rte_ether_addr mac;
};

/** By name; NULL when there is none. */
const struct xebra_port *xebra_port_find(const char *name);

/** By DPDK port id; NULL when the port is not the router's. */
const struct xebra_port *xebra_port_get(uint16_t id);

#endif
