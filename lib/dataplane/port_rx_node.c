/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The source of the graph: polls the worker's receive queues, each once and, while they are full,
 * again, because a walk has a price of its own. What it takes in one walk is bounded all the same;
 * the next walk goes on with the queue after the last one.
 *
 * Most packets go no further than here: the network layers' fast functions (fast_path.c) take them,
 * and they are sent before the next queue is polled. What is left goes to "eth_input".
 *
 * It also looks, once a walk, whether the control thread has left packets for "inject".
 */
#include <rte_ethdev.h>

#include "graph_priv.h"

#define WALK_ENOUGH 192 /* packets of one walk after which no further queue is asked */
#define BUSY 32         /* packets of a queue, on average, for which all are asked once more */

enum {
	ETH_INPUT = PORT_SEND_EDGES,
	INJECT,
	EDGES
};

static inline const struct shape *
shape_of(const struct rte_node *node)
{
	return *(const struct shape *const *)node->ctx;
}

static inline uint16_t
poll_queue(struct rte_graph *graph, struct rte_node *node, struct worker *w,
	const struct rx_queue *queue)
{
	const struct shape *shape = shape_of(node);
	struct rte_mbuf **pkts = (struct rte_mbuf **)rte_node_next_stream_get(
		graph, node, ETH_INPUT, XEBRA_FAST_BURST);
	uint16_t nb = rte_eth_rx_burst(queue->port, queue->queue, pkts, XEBRA_FAST_BURST);
	uint16_t left = nb;

	if (likely(shape->nb_fast > 0 && nb > 0)) {
		left = fast_path(shape, w, queue->port, pkts, nb);
		fast_path_flush(graph, node, w);
	}
	rte_node_next_stream_put(graph, node, ETH_INPUT, left);
	return nb;
}

static inline uint16_t
poll_queues(struct rte_graph *graph, struct rte_node *node, struct worker *w)
{
	const struct rx_plan *plan = __atomic_load_n(&w->rx, __ATOMIC_ACQUIRE);
	uint16_t total = 0;
	uint16_t i, q;

	RTE_BUILD_BUG_ON(WALK_ENOUGH - 1 + XEBRA_FAST_BURST > XEBRA_WALK_MAX);
	if (unlikely(plan == NULL || plan->nb_queues == 0))
		return 0;
	q = w->rx_first < plan->nb_queues ? w->rx_first : 0;
	for (i = 0; total < WALK_ENOUGH && (i < plan->nb_queues || total >= i * BUSY); i++) {
		total += poll_queue(graph, node, w, &plan->queues[q]);
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

static int
port_rx_init(const struct rte_graph *graph __rte_unused, struct rte_node *node)
{
	*(const struct shape **)node->ctx = graph_building();
	return 0;
}

static struct rte_node_register port_rx_node = {
	.name = "port_rx",
	.process = port_rx,
	.init = port_rx_init,
	.flags = RTE_NODE_SOURCE_F,
	.nb_edges = EDGES,
	.next_nodes =
		{
			PORT_SEND_NODES,
			[ETH_INPUT] = "eth_input",
			[INJECT] = "inject",
		},
};
RTE_NODE_REGISTER(port_rx_node)
