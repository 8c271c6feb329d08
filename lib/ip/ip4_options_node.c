/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets with options, on their way to ip4_forward. */
#include <time.h>

#include "node.h"

enum {
	FORWARD,
	ERROR_OPTION,
	ERROR_SOURCE_ROUTE,
	EDGES
};

#define MS_PER_DAY (24u * 3600 * 1000)

/* Milliseconds since midnight UT, as timestamps have it. */
static uint32_t
time_of_day(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return ((uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000) % MS_PER_DAY;
}

/* RFC 1812 4.2.2.2: the address of the interface that the packet leaves by, or the one it is for.
 */
static uint32_t
address_to_record(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = ip4_hdr(m);
	const struct ip4_nexthop *nh = ip4_nexthop_of(m, ip, ip->dst_addr);

	return nh->type == IP4_NH_LOCAL ? rte_be_to_cpu_32(ip->dst_addr) : nh->src;
}

static uint16_t
ip4_options(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	static const rte_edge_t edge[] = {
		[IP4_OPTIONS_OK] = FORWARD,
		[IP4_OPTIONS_BAD] = ERROR_OPTION,
		[IP4_OPTIONS_SOURCE_ROUTE] = ERROR_SOURCE_ROUTE,
	};
	uint32_t ms = time_of_day();

	for (uint16_t i = 0; i < nb_objs; i++) {
		struct rte_mbuf *m = objs[i];
		enum ip4_options verdict;
		uint8_t pointer;

		verdict = ip4_options_process(ip4_hdr(m), address_to_record(m), ms, &pointer);
		if (verdict == IP4_OPTIONS_BAD) {
			/* For ip4_error_option. The flow's hash is lost with it. */
			m->ol_flags &= ~RTE_MBUF_F_RX_RSS_HASH;
			m->hash.rss = pointer;
		}
		rte_node_enqueue_x1(graph, node, edge[verdict], m);
	}
	return nb_objs;
}

static struct rte_node_register ip4_options_node = {
	.name = "ip4_options",
	.process = ip4_options,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[FORWARD] = "ip4_forward",
			[ERROR_OPTION] = "ip4_error_option",
			[ERROR_SOURCE_ROUTE] = "ip4_error_source_route",
		},
};
RTE_NODE_REGISTER(ip4_options_node)
