/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_NODE_H
#define XEBRA_NODE_H

/**
 * @file
 * What writers of graph nodes and network layers need.
 *
 * A packet between "eth_input" and "port_tx":
 * - data points at the network layer's header; the Ethernet header it came with lies before it
 *   (xebra_pkt_l2_len() bytes). A node that sends prepends a new one (xebra_iface_encap(), or a
 *   header kept with the next hop), sets m->port to the port to send on and gives it to "port_tx".
 * - xebra_pkt_iface() is the interface that it came in by (XEBRA_IFACE_NONE: made by the router).
 * - m->hash.rss is the NIC's or the driver's hash where RTE_MBUF_F_RX_RSS_HASH says so.
 * - Data length and packet length are what the wire had; the network layer trims padding.
 *
 * A drop is a node: name the reason with XEBRA_DROP() and list the node among the edges.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_graph.h>
#include <rte_graph_worker.h>
#include <rte_mbuf.h>

#include "xebra_err.h"
#include "xebra_fast.h"

/** The frame was sent to a broadcast or multicast MAC address. */
#define XEBRA_PKT_GROUP 0x01

/*
 * The upper half of the mbuf's hash field is the application's as long as no flow director marks
 * are asked for, and it is in the cache line that receive has just written.
 */

/** Note where a packet came from. Flags: XEBRA_PKT_*. */
static inline void
xebra_pkt_set(struct rte_mbuf *m, uint16_t iface, uint8_t l2_len, uint8_t flags)
{
	m->hash.fdir.hi = iface | (uint32_t)l2_len << 16 | (uint32_t)flags << 24;
}

/** Id of the interface that a packet came in by. */
static inline uint16_t
xebra_pkt_iface(const struct rte_mbuf *m)
{
	return (uint16_t)m->hash.fdir.hi;
}

/** Bytes of the Ethernet header that lie before the data. */
static inline uint8_t
xebra_pkt_l2_len(const struct rte_mbuf *m)
{
	return (uint8_t)(m->hash.fdir.hi >> 16);
}

/** XEBRA_PKT_* flags. */
static inline uint8_t
xebra_pkt_flags(const struct rte_mbuf *m)
{
	return (uint8_t)(m->hash.fdir.hi >> 24);
}

/** An EtherType and the node that takes its packets. */
struct xebra_ether_type {
	uint16_t type;    /**< Host order; 0 ends an array. */
	const char *node; /**< Name of a registered node. */
};

/**
 * A network layer. Its configuration section and its commands are registered beside it, as
 * everybody's are (xebra_conf.h, xebra_cmd.h); this is what the data plane has to know.
 */
struct xebra_family {
	struct xebra_family *next;
	const char *name; /**< Its key in the configuration: "ip4". */
	const struct xebra_ether_type *types;
	/** True when the running configuration uses it: else its nodes are left out of the graph.
	 */
	bool (*active)(void);
	/** Give one line about a packet's header for "trace"; data as between nodes. May be NULL.
	 */
	void (*describe)(const uint8_t *data, uint32_t len, char *text, size_t size);
	/** Its fast function for this machine, see xebra_fast.h. May be NULL. */
	xebra_fast_fn (*fast)(void);
};

/** Register a network layer, once, in a constructor. */
void xebra_family_register(struct xebra_family *family);

/** Process function of every drop node. */
uint16_t xebra_drop_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs);

/** Note what a drop node's count means, for "show stats" and the guide. */
void xebra_drop_register(const char *node, const char *help);

/** A reason to drop packets: a node of this name, which frees and counts them. */
#define XEBRA_DROP(node_name, node_help)                          \
	static struct rte_node_register drop_node_##node_name = { \
		.name = #node_name,                               \
		.process = xebra_drop_process,                    \
	};                                                        \
	RTE_NODE_REGISTER(drop_node_##node_name)                  \
	RTE_INIT(xebra_drop_register_##node_name)                 \
	{                                                         \
		xebra_drop_register(#node_name, node_help);       \
	}

/** Take packets that a worker gave to the control thread; owns them from then on. */
typedef void (*xebra_control_fn)(struct rte_mbuf *m);

/** Process function of every control node. */
uint16_t xebra_control_process(
	struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs);

/** Init function of every control node. */
int xebra_control_init(const struct rte_graph *graph, struct rte_node *node);

/** Note who takes a control node's packets. */
void xebra_control_register(const char *node, xebra_control_fn take);

/**
 * The way to the control thread: a node of this name, whose packets the function takes there, in
 * order. The way is bounded: when the control thread does not keep up, packets are dropped and
 * counted as "control_full". Data points as it did in the node before.
 */
#define XEBRA_CONTROL(node_name, take_fn)                            \
	static struct rte_node_register control_node_##node_name = { \
		.name = #node_name,                                  \
		.process = xebra_control_process,                    \
		.init = xebra_control_init,                          \
		.nb_edges = 1,                                       \
		.next_nodes = {"control_full"},                      \
	};                                                           \
	RTE_NODE_REGISTER(control_node_##node_name)                  \
	RTE_INIT(xebra_control_register_##node_name)                 \
	{                                                            \
		xebra_control_register(#node_name, take_fn);         \
	}

/**
 * Register a node as a place where the control thread may put packets into the graph of a worker.
 * Once, in a constructor. "port_tx" is one already. A node whose name begins with a family's name
 * and '_' is left out of the graph while that family is not active.
 *
 * @return
 *   A handle for xebra_inject().
 */
unsigned int xebra_inject_register(const char *node);

/** Handle of "port_tx" for xebra_inject(): complete frames, m->port set. */
unsigned int xebra_inject_port_tx(void);

/**
 * Put a packet into the graph. Control thread.
 *
 * @return
 *   0, or -ENOBUFS when the way is full or nobody is working; the packet is then still the
 *   caller's, to be freed: a full way has counted it as "inject_full".
 */
int xebra_inject(unsigned int node, struct rte_mbuf *m);

/** The packet pool of the router, for packets that it makes itself. */
struct rte_mempool *xebra_pkt_pool(void);

/**
 * Something that decides about the shape of the graph has changed (a family became active, say): it
 * is rebuilt when the sections settle. For a section's withdraw and install.
 */
void xebra_graph_changed(void);

#endif
