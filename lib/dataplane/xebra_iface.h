/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_IFACE_H
#define XEBRA_IFACE_H

/**
 * @file
 * Interfaces: a port, or one 802.1Q VLAN of a port, with a name, a MAC address and an MTU.
 * Network layers attach their addresses to interfaces, never to ports.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#define XEBRA_IFACE_MAX 4096 /**< Ids are below. */
#define XEBRA_IFACE_NONE UINT16_MAX
#define XEBRA_NAME_MAX 32 /**< Of ports and interfaces, with the NUL. */

/** What packets need first, then what people need. Read by workers, written by control thread. */
struct xebra_iface {
	uint16_t id;
	uint16_t port;  /**< DPDK port id; RTE_MAX_ETHPORTS or more while it has none. */
	uint16_t vlan;  /**< 1..4094, or 0: untagged. */
	uint16_t mtu;   /**< Bytes of layer 3. */
	uint8_t l2_len; /**< Bytes of its Ethernet header: 14, or 18 with a tag. */
	bool up;        /**< Enabled, and the port is started and has link. */
	struct rte_ether_addr mac;
	bool enabled; /**< As configured or set by command. */
	char name[XEBRA_NAME_MAX];
} __rte_cache_aligned;

/** All interfaces by id; use xebra_iface_get(). */
extern struct xebra_iface *xebra_iface_table[XEBRA_IFACE_MAX];

/** By id; NULL when there is none (also for XEBRA_IFACE_NONE). Any thread. */
static inline const struct xebra_iface *
xebra_iface_get(uint16_t id)
{
	return id < XEBRA_IFACE_MAX ? __atomic_load_n(&xebra_iface_table[id], __ATOMIC_ACQUIRE)
				    : NULL;
}

/** By name; NULL when there is none. Control thread. */
const struct xebra_iface *xebra_iface_find(const char *name);

/** The next interface with an id of at least @p id, or NULL: for walking all. Control thread. */
const struct xebra_iface *xebra_iface_next(uint16_t id);

/**
 * Prepend the Ethernet header (with the VLAN tag, where there is one) and set the port to send on.
 * The packet is then one for the "port_tx" node. Any thread.
 *
 * @param dst
 *   Destination MAC address.
 * @param ether_type
 *   Host order.
 * @return
 *   0, or -ENOSPC when there is no headroom.
 */
int xebra_iface_encap(const struct xebra_iface *iface, struct rte_mbuf *m,
	const struct rte_ether_addr *dst, uint16_t ether_type);

/**
 * Write the Ethernet header that xebra_iface_encap() prepends, iface->l2_len bytes, to a buffer:
 * network layers keep it with their next hops.
 */
void xebra_iface_header(const struct xebra_iface *iface, const struct rte_ether_addr *dst,
	uint16_t ether_type, uint8_t *header);

enum xebra_iface_event {
	XEBRA_IFACE_ADDED,   /**< Exists, not yet used by anyone. */
	XEBRA_IFACE_CHANGED, /**< MAC address, MTU, port or VLAN: headers kept are to be renewed. */
	XEBRA_IFACE_UP,
	XEBRA_IFACE_DOWN,
	XEBRA_IFACE_REMOVED, /**< About to go; network layers have withdrawn by configuration. */
};

/** Someone who wants to know; a static object. The callback runs in the control thread. */
struct xebra_iface_listener {
	struct xebra_iface_listener *next;
	void (*notify)(const struct xebra_iface *iface, enum xebra_iface_event event);
};

/** Register a listener, once, in a constructor. */
void xebra_iface_listen(struct xebra_iface_listener *listener);

#endif
