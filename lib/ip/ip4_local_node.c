/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets to our own addresses. The router answers ICMP echo (RFC 1812, 4.3.3.6) and has no
 * transport protocols of its own: UDP that no other layer has registered for, and TCP, get "port
 * unreachable" (for TCP, RFC 1122 4.2.3.9 makes a connection attempt end at once), everything else
 * "protocol unreachable". Fragments go to the control thread and come back as a whole.
 */
#include "node.h"
#include "udp.h"

enum {
	OUTPUT,
	REASSEMBLE,
	ERROR_PORT,
	ERROR_PROTOCOL,
	ICMP_TOO_SHORT,
	ICMP_BAD_CHECKSUM,
	ICMP_IGNORED,
	EDGES
};

/* Turn an echo request into its reply (RFC 792). Options stay: they have been recorded into. */
static void
echo_reply(struct rte_mbuf *m, struct rte_ipv4_hdr *ip, uint8_t *icmp)
{
	struct ip4_worker *w = &ip4_worker[xebra_worker_self()->index];
	rte_be16_t *sum = (rte_be16_t *)(icmp + 2);
	rte_be32_t src = ip->src_addr;
	uint32_t s;

	icmp[0] = IP4_ICMP_ECHO_REPLY;
	/* RFC 1624: the type's byte went from 8 to 0. */
	s = (uint32_t)rte_be_to_cpu_16(*sum) + (IP4_ICMP_ECHO_REQUEST << 8);
	*sum = rte_cpu_to_be_16((uint16_t)(s + (s >> 16)));
	ip->src_addr = ip->dst_addr;
	ip->dst_addr = src;
	ip->time_to_live = IP4_TTL;
	ip->packet_id = rte_cpu_to_be_16(w->packet_id++);
	ip->fragment_offset = 0;
	ip4_checksum(ip);
	xebra_pkt_set(m, XEBRA_IFACE_NONE, 0, 0);
}

static bool
icmp_checksum_good(const struct rte_mbuf *m, uint32_t hlen)
{
	uint16_t sum;

	return rte_raw_cksum_mbuf(m, hlen, m->pkt_len - hlen, &sum) == 0 && sum == 0xffff;
}

static rte_edge_t
icmp_edge(struct rte_mbuf *m, struct rte_ipv4_hdr *ip)
{
	uint32_t hlen = ip4_hlen(ip);
	uint8_t *icmp = rte_pktmbuf_mtod_offset(m, uint8_t *, hlen);

	if (m->data_len < hlen + IP4_ICMP_HLEN)
		return ICMP_TOO_SHORT;
	if (!icmp_checksum_good(m, hlen))
		return ICMP_BAD_CHECKSUM;
	if (icmp[0] != IP4_ICMP_ECHO_REQUEST)
		return ICMP_IGNORED;
	echo_reply(m, ip, icmp);
	return OUTPUT;
}

static rte_edge_t
edge_of(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = ip4_hdr(m);
	rte_edge_t taken;

	if (ip4_is_fragment(ip))
		return REASSEMBLE;
	switch (ip->next_proto_id) {
	case IPPROTO_ICMP:
		return icmp_edge(m, ip);
	case IPPROTO_UDP:
		taken = ip4_udp_edge(m, ip);
		return taken == RTE_EDGE_ID_INVALID ? ERROR_PORT : taken;
	case IPPROTO_TCP:
		return ERROR_PORT;
	default:
		return ERROR_PROTOCOL;
	}
}

static uint16_t
ip4_local(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	for (uint16_t i = 0; i < nb_objs; i++)
		rte_node_enqueue_x1(graph, node, edge_of(objs[i]), objs[i]);
	return nb_objs;
}

static struct rte_node_register ip4_local_node = {
	.name = "ip4_local",
	.process = ip4_local,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[OUTPUT] = "ip4_output",
			[REASSEMBLE] = "ip4_reassemble",
			[ERROR_PORT] = "ip4_error_port",
			[ERROR_PROTOCOL] = "ip4_error_protocol",
			[ICMP_TOO_SHORT] = "ip4_icmp_too_short",
			[ICMP_BAD_CHECKSUM] = "ip4_icmp_bad_checksum",
			[ICMP_IGNORED] = "ip4_icmp_ignored",
		},
};
RTE_NODE_REGISTER(ip4_local_node)

XEBRA_DROP(ip4_icmp_too_short, "For us: an ICMP message shorter than its header.");
XEBRA_DROP(ip4_icmp_bad_checksum, "For us: an ICMP message with a wrong checksum.");
XEBRA_DROP(ip4_icmp_ignored, "For us: an ICMP message that is no echo request.");
