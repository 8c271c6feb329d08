/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that cannot be forwarded and whose sender is told so. One node for each reason; all have
 * the same function: the error goes to ip4_output, the packet to the drop that names the reason.
 */
#include <errno.h>

#include "node.h"

enum {
	OUTPUT,
	DROP,
	EDGES
};

/* What a node sends; kept in its context. */
struct reason {
	uint8_t type;
	uint8_t code;
	enum {
		REST_ZERO,
		REST_MTU,     /* RFC 1191: the next hop's MTU in the lower half. */
		REST_POINTER, /* The byte in error in the uppermost byte. */
	} rest;
};

static uint32_t
rest_of(const struct reason *reason, const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = ip4_hdr(m);

	switch (reason->rest) {
	case REST_MTU:
		return ip4_nexthop_of(m, ip, ip->dst_addr)->mtu;
	case REST_POINTER:
		return m->hash.rss << 24; /* left there by ip4_options */
	default:
		return 0;
	}
}

/*
 * RFC 1812 4.3.2.4: from an address of the interface that the error leaves by. NULL when there is
 * no way back, or none that one would answer to.
 */
static struct rte_mbuf *
answer(const struct reason *reason, const struct rte_mbuf *m, struct ip4_worker *w, uint64_t now)
{
	const struct rte_ipv4_hdr *ip = ip4_hdr(m);
	const struct ip4_nexthop *back = ip4_nexthop_of(m, ip, ip->src_addr);
	struct rte_mbuf *error;

	if (back->src == 0 || !ip4_icmp_error_allowed(m)) {
		w->errors_refused++;
		return NULL;
	}
	if (!ip4_icmp_error_token(w, now)) {
		w->errors_limited++;
		return NULL;
	}
	error = ip4_icmp_error_make(
		m, reason->type, reason->code, rest_of(reason, m), back->src, w);
	w->errors_sent += error != NULL;
	return error;
}

static uint16_t
ip4_error(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	const struct reason *reason = (const struct reason *)node->ctx;
	const struct xebra_worker *self = xebra_worker_self();

	for (uint16_t i = 0; i < nb_objs; i++) {
		struct rte_mbuf *error =
			answer(reason, objs[i], &ip4_worker[self->index], self->now);

		if (error != NULL)
			rte_node_enqueue_x1(graph, node, OUTPUT, error);
	}
	rte_node_enqueue(graph, node, DROP, objs, nb_objs);
	return nb_objs;
}

/* A reason: node ip4_error_<name>, and the drop that its packets end in. */
#define IP4_ERROR(what, drop, type_, code_, rest_, help)                            \
	static int ip4_error_##what##_init(                                         \
		const struct rte_graph *graph __rte_unused, struct rte_node *node)  \
	{                                                                           \
		*(struct reason *)node->ctx = (struct reason){type_, code_, rest_}; \
		return 0;                                                           \
	}                                                                           \
	static struct rte_node_register ip4_error_##what##_node = {                 \
		.name = "ip4_error_" #what,                                         \
		.process = ip4_error,                                               \
		.init = ip4_error_##what##_init,                                    \
		.nb_edges = EDGES,                                                  \
		.next_nodes = {[OUTPUT] = "ip4_output", [DROP] = #drop},            \
	};                                                                          \
	RTE_NODE_REGISTER(ip4_error_##what##_node)                                  \
	XEBRA_DROP(drop, help)

#define UNREACHABLE IP4_ICMP_UNREACHABLE

IP4_ERROR(ttl, ip4_ttl_expired, IP4_ICMP_TIME_EXCEEDED, 0, REST_ZERO,
	"The TTL is used up; answered with \"time exceeded\".");
IP4_ERROR(reassembly, ip4_reassembly_timeout, IP4_ICMP_TIME_EXCEEDED, 1, REST_ZERO,
	"For us, but not all fragments came in time; answered with \"time exceeded\".");
IP4_ERROR(net, ip4_no_route, UNREACHABLE, 0, REST_ZERO,
	"No route; answered with \"net unreachable\".");
IP4_ERROR(host, ip4_host_unreachable, UNREACHABLE, 1, REST_ZERO,
	"The neighbour does not answer ARP, or the route is \"unreachable\"; answered with \"host "
	"unreachable\".");
IP4_ERROR(protocol, ip4_protocol_unreachable, UNREACHABLE, 2, REST_ZERO,
	"For us, of a protocol that nobody takes; answered with \"protocol unreachable\".");
IP4_ERROR(port, ip4_port_unreachable, UNREACHABLE, 3, REST_ZERO,
	"For us, to a port that nobody takes; answered with \"port unreachable\".");
IP4_ERROR(mtu, ip4_fragmentation_needed, UNREACHABLE, 4, REST_MTU,
	"Longer than the next hop's MTU, and DF is set; answered with \"fragmentation needed\".");
IP4_ERROR(source_route, ip4_source_route, UNREACHABLE, 5, REST_ZERO,
	"Has a source route, which is refused; answered with \"source route failed\".");
IP4_ERROR(prohibit, ip4_prohibited, UNREACHABLE, 13, REST_ZERO,
	"The route is \"prohibit\"; answered with \"administratively prohibited\".");
IP4_ERROR(option, ip4_bad_option, IP4_ICMP_PARAMETER_PROBLEM, 0, REST_POINTER,
	"An option is malformed; answered with \"parameter problem\".");
