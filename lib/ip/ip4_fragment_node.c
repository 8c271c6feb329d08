/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams longer than the next hop's MTU; they go on as fragments by ip4_output. */
#include "node.h"

/* 64 KB in fragments of 68 bytes would be 1366; who needs more than 64 has a strange MTU. */
#define FRAGMENTS_MAX 64

enum {
	OUTPUT,
	DONE,
	FAILED,
	EDGES
};

static uint16_t
ip4_fragment_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	struct rte_mbuf *fragment[FRAGMENTS_MAX];

	for (uint16_t i = 0; i < nb_objs; i++) {
		struct rte_mbuf *m = objs[i];
		const struct rte_ipv4_hdr *ip = ip4_hdr(m);
		const struct ip4_nexthop *nh = ip4_nexthop_of(m, ip, ip->dst_addr);
		int n = ip4_fragment(m, nh->mtu, xebra_pkt_pool(), fragment, FRAGMENTS_MAX);

		if (n > 0)
			rte_node_enqueue(graph, node, OUTPUT, (void **)fragment, n);
		rte_node_enqueue_x1(graph, node, n > 0 ? DONE : FAILED, m);
	}
	return nb_objs;
}

static uint16_t
ip4_fragmented_process(struct rte_graph *graph __rte_unused, struct rte_node *node __rte_unused,
	void **objs, uint16_t nb_objs)
{
	rte_pktmbuf_free_bulk((struct rte_mbuf **)objs, nb_objs);
	return nb_objs;
}

static struct rte_node_register ip4_fragment_node = {
	.name = "ip4_fragment",
	.process = ip4_fragment_process,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[OUTPUT] = "ip4_output",
			[DONE] = "ip4_fragmented",
			[FAILED] = "ip4_fragment_failed",
		},
};
RTE_NODE_REGISTER(ip4_fragment_node)

/* Not a drop: the datagram has been sent, in pieces. */
static struct rte_node_register ip4_fragmented_node = {
	.name = "ip4_fragmented",
	.process = ip4_fragmented_process,
};
RTE_NODE_REGISTER(ip4_fragmented_node)

XEBRA_DROP(ip4_fragment_failed, "Could not be fragmented: no packet buffers, or a tiny MTU.");
