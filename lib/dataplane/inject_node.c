/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control thread's packets enter the graph here. Its first worker takes them all, so that they
 * stay in order. "port_rx" sends a token (no packet) when the ring is not empty.
 */
#include <errno.h>
#include <string.h>

#include <rte_debug.h>

#include "graph_priv.h"

#define BURST 64

enum {
	INJECT_UNKNOWN,
	FIRST_PLACE
};

static const char *places[INJECT_MAX];
static unsigned int nb_places;

unsigned int
xebra_inject_register(const char *node)
{
	if (nb_places == INJECT_MAX)
		rte_panic("more than %d nodes to inject packets\n", INJECT_MAX);
	places[nb_places] = node;
	return nb_places++;
}

/* The one place that is always there; registered on first use or by the constructor below. */
unsigned int
xebra_inject_port_tx(void)
{
	static unsigned int handle = UINT32_MAX;

	if (handle == UINT32_MAX)
		handle = xebra_inject_register("port_tx");
	return handle;
}

RTE_INIT(register_port_tx)
{
	xebra_inject_port_tx();
}

unsigned int
inject_count(void)
{
	return nb_places;
}

const char *
inject_name(unsigned int handle)
{
	return places[handle];
}

int
xebra_inject(unsigned int node, struct rte_mbuf *m)
{
	struct injected in = {.m = m, .node = node};
	struct worker *w;

	if (worker_count() == 0 || node >= nb_places)
		return -ENOBUFS;
	w = worker_get(0);
	if (rte_ring_sp_enqueue_elem(w->inject, &in, sizeof(in)) != 0) {
		/* No caller tries again: the packet is lost here. */
		graph_count_control("inject_full");
		return -ENOBUFS;
	}
	worker_wake(w);
	return 0;
}

static inline const struct shape *
shape_of(const struct rte_node *node)
{
	return *(const struct shape *const *)node->ctx;
}

static uint16_t
inject(struct rte_graph *graph, struct rte_node *node, void **objs __rte_unused,
	uint16_t nb_objs __rte_unused)
{
	const struct shape *shape = shape_of(node);
	struct worker *w = worker_self();
	struct injected in[BURST];
	unsigned int nb;

	nb = rte_ring_sc_dequeue_burst_elem(w->inject, in, sizeof(in[0]), BURST, NULL);
	for (unsigned int i = 0; i < nb; i++) {
		rte_edge_t edge = shape->inject[in[i].node];

		if (edge == RTE_EDGE_ID_INVALID)
			edge = INJECT_UNKNOWN;
		rte_node_enqueue_x1(graph, node, edge, in[i].m);
	}
	w->walk_packets += nb;
	return nb;
}

static int
inject_init(const struct rte_graph *graph __rte_unused, struct rte_node *node)
{
	*(const struct shape **)node->ctx = graph_building();
	return 0;
}

static struct rte_node_register inject_node = {
	.name = "inject",
	.process = inject,
	.init = inject_init,
	.nb_edges = FIRST_PLACE,
	.next_nodes =
		{
			[INJECT_UNKNOWN] = "inject_unknown",
		},
};
RTE_NODE_REGISTER(inject_node)

XEBRA_DROP(inject_unknown, "Made by the router for a network layer that is no longer configured.");
XEBRA_DROP(inject_full, "From the control thread, for the first worker, which did not keep up.");
