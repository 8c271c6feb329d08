/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARP packets, in the worker: what is malformed, what concerns neither an address of ours nor a
 * neighbour that we know goes no further, so that the chatter of a large network costs the control
 * thread nothing. (RFC 826; RFC 5227 for probes, whose sender has no address yet.)
 */
#include <rte_arp.h>

#include "node.h"

enum {
	CONTROL,
	TOO_SHORT,
	MALFORMED,
	BAD_SENDER,
	NOT_FOR_US,
	NOT_ENABLED,
	EDGES
};

static bool
form_good(const struct rte_arp_hdr *arp)
{
	uint16_t op = rte_be_to_cpu_16(arp->arp_opcode);

	return arp->arp_hardware == RTE_BE16(RTE_ARP_HRD_ETHER) &&
		arp->arp_protocol == RTE_BE16(RTE_ETHER_TYPE_IPV4) &&
		arp->arp_hlen == RTE_ETHER_ADDR_LEN && arp->arp_plen == sizeof(rte_be32_t) &&
		(op == RTE_ARP_OP_REQUEST || op == RTE_ARP_OP_REPLY);
}

static bool
sender_good(const struct rte_arp_ipv4 *data)
{
	uint32_t addr = rte_be_to_cpu_32(data->arp_sip);

	return rte_is_valid_assigned_ether_addr(&data->arp_sha) &&
		(addr == 0 || ip4_addr_is_host(addr));
}

static rte_edge_t
edge_of(const struct rte_mbuf *m)
{
	const struct rte_arp_hdr *arp = rte_pktmbuf_mtod(m, const struct rte_arp_hdr *);
	uint16_t iface = xebra_pkt_iface(m);
	uint8_t type;

	if (iface >= XEBRA_IFACE_MAX || !ip4.enabled[iface])
		return NOT_ENABLED;
	if (m->data_len < sizeof(*arp))
		return TOO_SHORT;
	if (!form_good(arp))
		return MALFORMED;
	if (!sender_good(&arp->arp_data))
		return BAD_SENDER;
	type = ip4.nh[ip4_fib_lookup(ip4.fib, rte_be_to_cpu_32(arp->arp_data.arp_tip))].type;
	if (type == IP4_NH_LOCAL)
		return CONTROL;
	/* News of a neighbour, or somebody who uses an address of ours. */
	type = ip4.nh[ip4_fib_lookup(ip4.fib, rte_be_to_cpu_32(arp->arp_data.arp_sip))].type;
	if (type == IP4_NH_FORWARD || type == IP4_NH_RESOLVE || type == IP4_NH_LOCAL)
		return CONTROL;
	return NOT_FOR_US;
}

static uint16_t
arp_input(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	for (uint16_t i = 0; i < nb_objs; i++)
		rte_node_enqueue_x1(graph, node, edge_of(objs[i]), objs[i]);
	return nb_objs;
}

static struct rte_node_register arp_input_node = {
	.name = "arp_input",
	.process = arp_input,
	.nb_edges = EDGES,
	.next_nodes =
		{
			[CONTROL] = "arp_control",
			[TOO_SHORT] = "arp_too_short",
			[MALFORMED] = "arp_malformed",
			[BAD_SENDER] = "arp_bad_sender",
			[NOT_FOR_US] = "arp_not_for_us",
			[NOT_ENABLED] = "arp_not_enabled",
		},
};
RTE_NODE_REGISTER(arp_input_node)

XEBRA_DROP(arp_too_short, "The frame ends before the ARP packet does.");
XEBRA_DROP(arp_malformed, "Not Ethernet and IPv4, or neither request nor reply.");
XEBRA_DROP(arp_bad_sender, "The sender's MAC or IPv4 address cannot be a host's.");
XEBRA_DROP(arp_not_for_us, "About neither an address of ours nor a known neighbour.");
XEBRA_DROP(arp_not_enabled, "The interface has no IPv4 configuration.");
