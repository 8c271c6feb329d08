/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_arp.h>
#include <rte_icmp.h>
#include <rte_ip.h>

#include "xbench_priv.h"

/*
 * The neighbour behind a port: with answer=1 it has every address that somebody asks for, so that a
 * router which resolves its next hops can be measured without configured neighbours.
 */

#define ND_SOLICITATION 135
#define ND_ADVERTISEMENT 136
#define ND_TARGET_LINK_LAYER 2

/* Neighbor solicitation or advertisement (RFC 4861, 4.3 and 4.4) with one link-layer option. */
struct nd {
	uint8_t type, code;
	uint16_t cksum;
	uint32_t flags;
	uint8_t target[16];
	uint8_t option, option_len;
	struct rte_ether_addr lladdr;
} __rte_packed;

static void
answer_ether(const struct xbench_dev *dev, struct rte_ether_hdr *eth)
{
	eth->dst_addr = eth->src_addr;
	eth->src_addr = dev->check.peer;
}

static bool
answer_arp(const struct xbench_dev *dev, struct rte_arp_hdr *arp)
{
	uint32_t asked;

	if (arp->arp_opcode != rte_cpu_to_be_16(RTE_ARP_OP_REQUEST) ||
		arp->arp_protocol != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) ||
		arp->arp_data.arp_sip == arp->arp_data.arp_tip)
		return false;
	asked = arp->arp_data.arp_tip;
	arp->arp_opcode = rte_cpu_to_be_16(RTE_ARP_OP_REPLY);
	arp->arp_data.arp_tip = arp->arp_data.arp_sip;
	arp->arp_data.arp_tha = arp->arp_data.arp_sha;
	arp->arp_data.arp_sip = asked;
	arp->arp_data.arp_sha = dev->check.peer;
	return true;
}

static bool
answer_nd(const struct xbench_dev *dev, struct rte_ipv6_hdr *ip)
{
	static const uint8_t nobody[16];
	struct nd *nd = (struct nd *)(ip + 1);

	/* A solicitation from nobody is duplicate address detection: the address is free. */
	if (ip->proto != IPPROTO_ICMPV6 || nd->type != ND_SOLICITATION ||
		rte_be_to_cpu_16(ip->payload_len) < sizeof(*nd) ||
		memcmp(&ip->src_addr, nobody, sizeof(nobody)) == 0)
		return false;
	memcpy(&ip->dst_addr, &ip->src_addr, 16);
	memcpy(&ip->src_addr, nd->target, 16);
	ip->payload_len = rte_cpu_to_be_16(sizeof(*nd));
	ip->hop_limits = 255;
	nd->type = ND_ADVERTISEMENT;
	nd->flags = rte_cpu_to_be_32(0x60000000); /* solicited, override */
	nd->option = ND_TARGET_LINK_LAYER;
	nd->option_len = 1;
	nd->lladdr = dev->check.peer;
	nd->cksum = 0;
	nd->cksum = rte_ipv6_udptcp_cksum(ip, nd);
	return true;
}

/* What the NIC would have inserted on the way out is what it would have stripped on the way in. */
static bool
turn_tag(const struct xbench_dev *dev, struct rte_mbuf *m)
{
	if (!(m->ol_flags & RTE_MBUF_F_TX_VLAN))
		return true;
	m->ol_flags = 0;
	if (dev->eth->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) {
		m->ol_flags = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		return true;
	}
	return rte_vlan_insert(&m) == 0;
}

bool
xbench_answer(const struct xbench_dev *dev, struct rte_mbuf *m)
{
	struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	size_t l3 = sizeof(*eth), left;
	uint16_t type;
	bool answered = false;

	if (m->nb_segs != 1 || rte_mbuf_refcnt_read(m) != 1 || m->data_len < l3 + 4)
		return false;
	type = eth->ether_type;
	if (type == rte_cpu_to_be_16(RTE_ETHER_TYPE_VLAN)) {
		type = ((struct rte_vlan_hdr *)(eth + 1))->eth_proto;
		l3 += sizeof(struct rte_vlan_hdr);
	}
	left = m->data_len - l3;
	if (type == rte_cpu_to_be_16(RTE_ETHER_TYPE_ARP) && left >= sizeof(struct rte_arp_hdr))
		answered = answer_arp(dev, (struct rte_arp_hdr *)((uint8_t *)eth + l3));
	else if (type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV6) &&
		left >= sizeof(struct rte_ipv6_hdr) + sizeof(struct nd))
		answered = answer_nd(dev, (struct rte_ipv6_hdr *)((uint8_t *)eth + l3));
	if (!answered)
		return false;
	answer_ether(dev, eth);
	m->packet_type = 0;
	m->port = dev->eth->data->port_id;
	return turn_tag(dev, m);
}
