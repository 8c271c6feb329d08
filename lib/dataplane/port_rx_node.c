/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The source of the graph: polls the worker's receive queues. What it takes in one walk is bounded
 * so that the packets and their headers stay in the first level cache until they are sent; the next
 * walk goes on with the queue after the last one.
 *
 * It also looks, once a walk, whether the control thread has left packets for "inject".
 */
#include <rte_ethdev.h>

#include "graph_priv.h"

#define BURST 32       /* packets of one queue */
#define WALK_ENOUGH 64 /* packets of one walk after which no further queue is asked */

enum {
	ETH_INPUT,
	INJECT,
	EDGES
};

static inline uint16_t
poll_queues(struct rte_graph *graph, struct rte_node *node, struct worker *w)
{
	const struct rx_plan *plan = __atomic_load_n(&w->rx, __ATOMIC_ACQUIRE);
	uint16_t total = 0;
	uint16_t i, q;

	if (unlikely(plan == NULL || plan->nb_queues == 0))
		return 0;
	q = w->rx_first < plan->nb_queues ? w->rx_first : 0;
	for (i = 0; i < plan->nb_queues && total < WALK_ENOUGH; i++) {
		void **objs = rte_node_next_stream_get(graph, node, ETH_INPUT, BURST);
		uint16_t n = rte_eth_rx_burst(plan->queues[q].port, plan->queues[q].queue,
			(struct rte_mbuf **)objs, BURST);

		rte_node_next_stream_put(graph, node, ETH_INPUT, n);
		total += n;
		if (++q == plan->nb_queues)
			q = 0;
	}
	w->rx_first = q;
	return total;
}

static uint16_t
port_rx(struct rte_graph *graph, struct rte_node *node, void **objs __rte_unused,
	uint16_t nb_objs __rte_unused)
{
	struct worker *w = worker_self();
	uint16_t nb = poll_queues(graph, node, w);

	if (unlikely(!rte_ring_empty(w->inject)))
		rte_node_enqueue_x1(graph, node, INJECT, NULL);
	w->walk_packets += nb;
	return nb;
}

static struct rte_node_register port_rx_node = {
	.name = "port_rx",
	.process = port_rx,
	.flags = RTE_NODE_SOURCE_F,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[ETH_INPUT] = "eth_input",
			[INJECT] = "inject",
		},
};
RTE_NODE_REGISTER(port_rx_node)
