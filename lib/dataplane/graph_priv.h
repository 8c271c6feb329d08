/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_GRAPH_PRIV_H
#define XEBRA_GRAPH_PRIV_H

/* What the files of lib/dataplane share about graphs. */

#include <rte_byteorder.h>

#include "worker_priv.h"
#include "xebra_iface.h"
#include "xebra_node.h"

#define ETH_TYPES_MAX 32
#define FAST_MAX 4

/* What the graphs of one building have in common; never changed once built. */
struct shape {
	uint32_t number;
	unsigned int nb_types;
	struct {
		rte_be16_t type;
		rte_edge_t edge; /* of "eth_input" */
	} types[ETH_TYPES_MAX];
	unsigned int nb_fast; /* 0 while tracing: every packet visits the nodes */
	xebra_fast_fn fast[FAST_MAX];
	rte_edge_t inject[INJECT_MAX]; /* edges of "inject"; RTE_EDGE_ID_INVALID: not there */
	rte_node_process_t *traced;    /* by node id, what trace wraps; NULL: not tracing */
};

/* One worker's graph. */
struct generation {
	struct rte_graph *graph;
	rte_graph_t id;
	struct shape *shape;
	char name[RTE_GRAPH_NAMESIZE];
};

/* Build the graphs anew, beside the old ones, and swap them. */
int graph_build(struct xebra_err *err);

/* Build them if something has changed since. */
int graph_settle(struct xebra_err *err);

/* Take the graphs away from the workers. */
void graph_drop(void);

/* The shape that is being built, for the init functions of nodes. */
const struct shape *graph_building(void);

/* Counts of a node over all workers and all graphs there were. */
struct node_counts {
	uint64_t packets;
	uint64_t calls;
	uint64_t cycles;
};
void graph_counts(rte_node_t node, struct node_counts *counts);

/* Count a packet that the control thread itself dropped; a drop node of that name stands for it. */
void graph_count_control(const char *name);

/* Let counts begin at zero again. */
int graph_counts_clear(struct xebra_err *err);

/* Families and drops (registry.c). */
const struct xebra_family *family_first(void);
const struct xebra_family *family_of_type(rte_be16_t ether_type);
bool family_node_active(const char *node);
const char *drop_help(const char *node); /* NULL: not a drop */

/* First edges of the nodes that send: "port_rx" and "port_tx". */
enum {
	PORT_SEND_FULL,
	PORT_SEND_DOWN,
	PORT_SEND_TOO_LONG,
	PORT_SEND_NO_BUFFER,
	PORT_SEND_EDGES
};

#define PORT_SEND_NODES                                                       \
	[PORT_SEND_FULL] = "port_tx_full", [PORT_SEND_DOWN] = "port_tx_down", \
	[PORT_SEND_TOO_LONG] = "port_tx_too_long", [PORT_SEND_NO_BUFFER] = "port_tx_no_buffer"

/*
 * Send frames by a port, and drop what it has no room for. They are plain ones (of one segment, not
 * shared), no longer than its MTU, and have been counted: what is dropped is taken back.
 */
void port_send_fast(struct rte_graph *graph, struct rte_node *node, uint16_t port,
	struct rte_mbuf **pkts, uint16_t nb);

/*
 * Send the easy ones of a burst, as received by a port, to the buffers of ports (fast_path.c).
 * Returns how many packets are left, the first of pkts.
 */
uint16_t fast_path(const struct shape *shape, struct worker *w, uint16_t port,
	struct rte_mbuf **pkts, uint16_t nb);

/* Send what is in the buffers. */
void fast_path_flush(struct rte_graph *graph, struct rte_node *node, struct worker *w);

/* The interface that a frame at the door of "eth_input" would come in by, or NULL. */
const struct xebra_iface *eth_input_iface(const struct rte_mbuf *m);

/* What trace.c wants to know and do when graphs are built. */
bool trace_wanted(void);
void trace_wrap(const struct generation *gen);
void trace_end(void);

#endif
