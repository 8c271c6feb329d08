/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What becomes of a packet, all cases, one packet at a time, in the order of RFC 1812, 5.2.1.2:
 * next hop, permission, TTL, fragmentation, link layer, redirect. "ip4_forward" takes packets of
 * others (checked by ip4_input), "ip4_output" those that the router itself made.
 */
#include "node.h"

enum {
	PORT_TX,
	LOCAL,
	FRAGMENT,
	RESOLVE,
	OUTPUT, /* A redirect; packets of our own do not get there. */
	GROUP_FRAME,
	MARTIAN,
	BROADCAST,
	DIRECTED_BROADCAST,
	MULTICAST,
	BLACKHOLE,
	HOLD_FULL,
	ERROR_TTL,
	ERROR_NET,
	ERROR_HOST,
	ERROR_PROHIBIT,
	ERROR_MTU,
	EDGES
};

/* To a neighbour whose MAC address is known. */
static rte_edge_t
send_to(struct rte_mbuf *m, struct ip4_nexthop *nh, bool transit)
{
	struct rte_ipv4_hdr *ip = ip4_hdr(m);
	uint32_t l2_len = nh->l2_len;
	bool too_long = m->pkt_len > nh->mtu;

	/* RFC 1812 4.2.2.7 and 4.3.3.1: fragment, unless DF forbids it. */
	if (too_long && (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)))
		return ERROR_MTU;
	if (!nh->used)
		nh->used = 1;
	if (transit)
		ip4_ttl_decrement(ip);
	if (too_long)
		return FRAGMENT;
	ip4_rewrite(ip, nh, l2_len);
	m->port = nh->port;
	m->data_off -= l2_len;
	m->data_len += l2_len;
	m->pkt_len += l2_len;
	return PORT_TX;
}

static rte_edge_t
broadcast(const struct rte_mbuf *m, const struct ip4_nexthop *nh, bool transit)
{
	/* RFC 1812 5.3.5.1, 4.2.3.1: a limited broadcast is not forwarded; to us it says nothing.
	 */
	if (!transit || nh->iface == XEBRA_IFACE_NONE || nh->iface == xebra_pkt_iface(m))
		return BROADCAST;
	/* RFC 2644 (changes RFC 1812 5.3.5.2): not forwarded. */
	return DIRECTED_BROADCAST;
}

/* Decide, and rewrite what can be sent. */
static __rte_always_inline rte_edge_t
decide(struct rte_mbuf *m, struct ip4_nexthop *nh, bool transit)
{
	switch (nh->type) {
	case IP4_NH_BROADCAST:
		return broadcast(m, nh, transit);
	case IP4_NH_MULTICAST:
		return MULTICAST;
	case IP4_NH_MARTIAN:
		return MARTIAN;
	default:
		break;
	}
	/* RFC 1812 5.3.4: a frame to all with a packet for one must not be forwarded (nor, RFC 1122
	 * 3.3.6, taken). */
	if (transit && (xebra_pkt_flags(m) & XEBRA_PKT_GROUP))
		return GROUP_FRAME;
	switch (nh->type) {
	case IP4_NH_LOCAL:
		return LOCAL;
	case IP4_NH_BLACKHOLE:
		return BLACKHOLE;
	case IP4_NH_UNREACHABLE:
		return ERROR_HOST;
	case IP4_NH_PROHIBIT:
		return ERROR_PROHIBIT;
	case IP4_NH_NONE:
		return ERROR_NET;
	default:
		break;
	}
	/* RFC 1812 5.3.1: not for us, so the TTL counts. */
	if (transit && ip4_hdr(m)->time_to_live <= 1)
		return ERROR_TTL;
	if (nh->type == IP4_NH_FORWARD)
		return send_to(m, nh, transit);
	return nh->type == IP4_NH_RESOLVE && nh->full ? HOLD_FULL : RESOLVE;
}

/* A packet that will be forwarded, and about which its sender is to be told of a better gateway. */
static bool
redirect_due(const struct rte_mbuf *m, const struct ip4_nexthop *nh)
{
	const struct rte_ipv4_hdr *ip = ip4_hdr(m);

	if (nh->type != IP4_NH_FORWARD || !ip4_redirect_due(xebra_pkt_iface(m), ip, nh) ||
		ip->time_to_live <= 1)
		return false;
	if (m->pkt_len > nh->mtu && (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_DF_FLAG)))
		return false;
	return ip4_icmp_error_allowed(m);
}

static struct rte_mbuf *
redirect_make(const struct rte_mbuf *m, const struct ip4_nexthop *nh)
{
	struct ip4_worker *w = &ip4_worker[xebra_worker_self()->index];
	struct rte_mbuf *redirect;

	if (!ip4_icmp_error_token(w, xebra_worker_self()->now))
		return NULL;
	redirect = ip4_icmp_error_make(
		m, IP4_ICMP_REDIRECT, 1 /* for the host */, nh->addr, nh->src, w);
	w->redirects_sent += redirect != NULL;
	return redirect;
}

static __rte_always_inline uint16_t
process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs, bool transit)
{
	for (uint16_t i = 0; i < nb_objs; i++) {
		struct rte_mbuf *m = objs[i], *redirect = NULL;
		const struct rte_ipv4_hdr *ip = ip4_hdr(m);
		struct ip4_nexthop *nh = ip4_nexthop_of(m, ip, ip->dst_addr);

		if (transit && unlikely(redirect_due(m, nh)))
			redirect = redirect_make(m, nh);
		rte_node_enqueue_x1(graph, node, decide(m, nh, transit), m);
		if (transit && unlikely(redirect != NULL))
			rte_node_enqueue_x1(graph, node, OUTPUT, redirect);
	}
	return nb_objs;
}

static uint16_t
ip4_forward(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	return process(graph, node, objs, nb_objs, true);
}

static uint16_t
ip4_output(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	return process(graph, node, objs, nb_objs, false);
}

#define NEXT_NODES                                                                      \
	[PORT_TX] = "port_tx", [LOCAL] = "ip4_local", [FRAGMENT] = "ip4_fragment",      \
	[RESOLVE] = "ip4_resolve", [GROUP_FRAME] = "ip4_group_frame",                   \
	[MARTIAN] = "ip4_martian_destination", [BROADCAST] = "ip4_broadcast",           \
	[DIRECTED_BROADCAST] = "ip4_directed_broadcast", [MULTICAST] = "ip4_multicast", \
	[BLACKHOLE] = "ip4_blackhole", [HOLD_FULL] = "ip4_hold_full",                   \
	[ERROR_TTL] = "ip4_error_ttl", [ERROR_NET] = "ip4_error_net",                   \
	[ERROR_HOST] = "ip4_error_host", [ERROR_PROHIBIT] = "ip4_error_prohibit",       \
	[ERROR_MTU] = "ip4_error_mtu"

static struct rte_node_register ip4_forward_node = {
	.name = "ip4_forward",
	.process = ip4_forward,
	.nb_edges = EDGES,
	.next_nodes = {NEXT_NODES, [OUTPUT] = "ip4_output"},
};
RTE_NODE_REGISTER(ip4_forward_node)

/* A node cannot send to itself: the edge that is not used leads to a drop. */
static struct rte_node_register ip4_output_node = {
	.name = "ip4_output",
	.process = ip4_output,
	.nb_edges = EDGES,
	.next_nodes = {NEXT_NODES, [OUTPUT] = "ip4_blackhole"},
};
RTE_NODE_REGISTER(ip4_output_node)

XEBRA_DROP(ip4_group_frame, "To one host, but in a frame to a group of stations.");
XEBRA_DROP(ip4_martian_destination, "The destination cannot be a host: 0/8, 127/8 or reserved.");
XEBRA_DROP(ip4_broadcast, "A broadcast on its own network, or to 255.255.255.255.");
XEBRA_DROP(ip4_directed_broadcast, "A broadcast on another network (RFC 2644).");
XEBRA_DROP(ip4_multicast, "To a multicast group: not routed.");
XEBRA_DROP(ip4_blackhole, "The route is a blackhole.");
XEBRA_DROP(ip4_hold_full, "Too many packets wait for the MAC address of one neighbour or of all.");
