/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Easy packets are checked, looked up and rewritten in three passes over a few dozen at a time, so
 * that the loads of one pass are under way together and a packet's cache lines are still near in
 * the next. A packet that is not easy in any respect leaves the row; see ip4.c.
 */
#include "suspect.h"

#define ROW 64 /* Packets in a row; a mask of 64 bits says which are not easy. */

enum {
	PORT_TX = IP4_CHECK_COUNT,
	OPTIONS,
	FORWARD,
	EDGES
};

/* Lengths and place of a rewritten packet. What is longer than the datagram is padding. */
static __rte_always_inline void
resize(struct rte_mbuf *m, uint32_t total, const struct ip4_nexthop *nh)
{
	uint32_t l2_len = nh->l2_len;

	m->data_off -= l2_len;
	m->port = nh->port;
	m->pkt_len = total + l2_len;
	if (likely(m->nb_segs == 1))
		m->data_len = total + l2_len;
	else
		m->data_len += l2_len;
}

/* Rewrite a packet and send it to its neighbour if it may go there without further thought. */
static __rte_always_inline bool
forward(struct rte_mbuf *m, struct ip4_nexthop *nh)
{
	struct rte_ipv4_hdr *ip = ip4_hdr(m);
	uint32_t total = rte_be_to_cpu_16(ip->total_length);

	/* fast_mtu is 0 unless the neighbour's MAC address is known. */
	if (unlikely((total > nh->fast_mtu) | ip4_redirect_due(xebra_pkt_iface(m), ip, nh)))
		return false;
	if (unlikely(!nh->used))
		nh->used = 1;
	ip4_ttl_decrement(ip);
	ip4_rewrite(ip, nh, nh->l2_len);
	resize(m, total, nh);
	return true;
}

/* A row of packets; those that may not go on with it are marked in the mask returned. */
static __rte_always_inline uint64_t
row(struct rte_mbuf **pkts, uint32_t n)
{
	struct ip4_nexthop *const nhs = __atomic_load_n(&ip4.nh, __ATOMIC_ACQUIRE);
	uint32_t addr[ROW], index[ROW], bad[ROW];
	uint64_t slow = 0;
	uint32_t i;

	ip4_suspect_row(pkts, n, bad, addr);
	ip4_fib_lookup_bulk(ip4.fib, addr, index, n);
	for (i = 0; i < n; i++) {
		struct ip4_nexthop *nh = &nhs[index[i]];

		if (nh->type == IP4_NH_GROUP)
			nh = ip4_group_pick(nh, pkts[i], ip4_hdr(pkts[i]));
		if (unlikely(bad[i] != 0 || !forward(pkts[i], nh)))
			slow |= UINT64_C(1) << i;
	}
	return slow;
}

/* Where a packet goes that is not easy. */
static rte_edge_t
edge_of(struct rte_mbuf *m)
{
	enum ip4_check check = ip4_check(m);

	if (check == IP4_CHECK_OK)
		return FORWARD;
	if (check == IP4_CHECK_OPTIONS)
		return OPTIONS;
	return (rte_edge_t)check;
}

static uint16_t
ip4_input(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	struct rte_mbuf **pkts = (struct rte_mbuf **)objs;
	uint16_t kept = 0;

	for (uint16_t done = 0; done < nb_objs; done += ROW) {
		uint32_t n = RTE_MIN(nb_objs - done, ROW);
		uint64_t slow = row(&pkts[done], n);

		if (likely(slow == 0 && kept == done)) {
			kept += n;
			continue;
		}
		for (uint32_t i = done; i < done + n; i++) {
			if (slow >> (i - done) & 1)
				rte_node_enqueue_x1(graph, node, edge_of(pkts[i]), pkts[i]);
			else
				pkts[kept++] = pkts[i];
		}
	}
	if (likely(kept == nb_objs))
		rte_node_next_stream_move(graph, node, PORT_TX);
	else if (kept > 0)
		rte_node_enqueue(graph, node, PORT_TX, objs, kept);
	return nb_objs;
}

static struct rte_node_register ip4_input_node = {
	.name = "ip4_input",
	.process = ip4_input,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[IP4_CHECK_TOO_SHORT] = "ip4_too_short",
			[IP4_CHECK_BAD_VERSION] = "ip4_bad_version",
			[IP4_CHECK_BAD_HEADER_LENGTH] = "ip4_bad_header_length",
			[IP4_CHECK_BAD_CHECKSUM] = "ip4_bad_checksum",
			[IP4_CHECK_BAD_TOTAL_LENGTH] = "ip4_bad_total_length",
			[IP4_CHECK_MARTIAN_SOURCE] = "ip4_martian_source",
			[IP4_CHECK_NOT_ENABLED] = "ip4_not_enabled",
			[PORT_TX] = "port_tx",
			[OPTIONS] = "ip4_options",
			[FORWARD] = "ip4_forward",
		},
};
RTE_NODE_REGISTER(ip4_input_node)

XEBRA_DROP(ip4_too_short, "The frame ends before the IPv4 header does.");
XEBRA_DROP(ip4_bad_version, "The version is not 4.");
XEBRA_DROP(ip4_bad_header_length, "The header length is below 20 bytes or beyond the packet.");
XEBRA_DROP(ip4_bad_checksum, "The header's checksum is wrong.");
XEBRA_DROP(ip4_bad_total_length, "The total length is below the header's or beyond the frame's.");
XEBRA_DROP(ip4_martian_source,
	"The source cannot be a host: 0/8, 127/8, multicast, reserved, broadcast, or is ours.");
XEBRA_DROP(ip4_not_enabled, "The interface has no IPv4 configuration.");
