/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets to a neighbour whose MAC address is not known come here, to the control thread, and wait.
 * When it is known they go the whole way once more (a received packet has not been changed yet), so
 * that nothing of what ip4_input and ip4_forward do has to be done here.
 */
#include <errno.h>

#include "node.h"
#include "xebra_loop.h"

static unsigned int inject_input, inject_output, inject_host, inject_hold_full, inject_table_full;

/* To the graph, or not at all when the way is full. */
static void
put(unsigned int place, struct rte_mbuf *m)
{
	if (xebra_inject(place, m) < 0)
		rte_pktmbuf_free(m);
}

void
ip4_packet_again(struct rte_mbuf *m)
{
	put(xebra_pkt_iface(m) == XEBRA_IFACE_NONE ? inject_output : inject_input, m);
}

void
ip4_packet_unreachable(struct rte_mbuf *m)
{
	put(inject_host, m);
}

static void
take(struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = ip4_hdr(m);
	const struct ip4_nexthop *nh;
	uint32_t addr;
	int ret;

	if (!ip4_started()) {
		rte_pktmbuf_free(m);
		return;
	}
	nh = ip4_nexthop_of(m, ip, ip->dst_addr);
	if (nh->type == IP4_NH_GLEAN) {
		addr = rte_be_to_cpu_32(ip->dst_addr);
		ret = neighbor_hold(&ip4_neighbors, nh->iface, addr, m, xebra_now_ms());
	} else if (nh->type == IP4_NH_RESOLVE) {
		ret = neighbor_hold(&ip4_neighbors, nh->iface, nh->addr, m, xebra_now_ms());
	} else {
		/* The route has changed meanwhile, or the answer came. */
		ip4_packet_again(m);
		return;
	}
	if (ret == -ENOBUFS)
		put(inject_hold_full, m);
	else if (ret < 0)
		put(inject_table_full, m);
}

XEBRA_CONTROL(ip4_resolve, take)
XEBRA_DROP(ip4_neighbor_full, "No room for another neighbour (arp.max_neighbors).");

RTE_INIT(ip4_resolve_init)
{
	inject_input = xebra_inject_register("ip4_input");
	inject_output = xebra_inject_register("ip4_output");
	inject_host = xebra_inject_register("ip4_error_host");
	inject_hold_full = xebra_inject_register("ip4_hold_full");
	inject_table_full = xebra_inject_register("ip4_neighbor_full");
}
