/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_mbuf_ptype.h>
#include <rte_udp.h>

#include "xbench_frame.h"

static size_t
put_ether(const struct xbench_frame *frame, uint8_t *buf)
{
	struct rte_ether_hdr *eth = (struct rte_ether_hdr *)buf;
	static const uint16_t types[] = {
		[XBENCH_IP4] = RTE_ETHER_TYPE_IPV4,
		[XBENCH_IP6] = RTE_ETHER_TYPE_IPV6,
		[XBENCH_INTEREST] = NDN_ETHERTYPE,
		[XBENCH_DATA] = NDN_ETHERTYPE,
	};
	uint16_t type = rte_cpu_to_be_16(types[frame->proto]);
	struct rte_vlan_hdr *tag;

	eth->dst_addr = frame->dst_mac;
	eth->src_addr = frame->src_mac;
	eth->ether_type = type;
	if (frame->vlan == 0)
		return sizeof(*eth);
	eth->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_VLAN);
	tag = (struct rte_vlan_hdr *)(eth + 1);
	tag->vlan_tci = rte_cpu_to_be_16(frame->vlan);
	tag->eth_proto = type;
	return sizeof(*eth) + sizeof(*tag);
}

static size_t
put_udp(const struct xbench_frame *frame, uint8_t *buf, uint16_t len)
{
	/* No checksum: the payload is not known here. RFC 768 allows it over IPv4. */
	struct rte_udp_hdr udp = {
		.src_port = rte_cpu_to_be_16(frame->sport),
		.dst_port = rte_cpu_to_be_16(frame->dport),
		.dgram_len = rte_cpu_to_be_16(len),
	};

	memcpy(buf, &udp, sizeof(udp));
	return sizeof(udp);
}

static size_t
put_ip4(const struct xbench_frame *frame, uint8_t *buf, uint16_t len)
{
	struct rte_ipv4_hdr ip = {
		.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(len),
		.packet_id = rte_cpu_to_be_16(frame->flow & 0xffff),
		.time_to_live = XBENCH_TTL,
		.next_proto_id = IPPROTO_UDP,
	};

	memcpy(&ip.src_addr, &frame->src, 4);
	memcpy(&ip.dst_addr, &frame->dst, 4);
	ip.hdr_checksum = rte_ipv4_cksum(&ip);
	memcpy(buf, &ip, sizeof(ip));
	return sizeof(ip) + put_udp(frame, buf + sizeof(ip), len - sizeof(ip));
}

static size_t
put_ip6(const struct xbench_frame *frame, uint8_t *buf, uint16_t len)
{
	struct rte_ipv6_hdr ip = {
		.vtc_flow = rte_cpu_to_be_32(6u << 28),
		.payload_len = rte_cpu_to_be_16(len - sizeof(ip)),
		.proto = IPPROTO_UDP,
		.hop_limits = XBENCH_TTL,
	};

	memcpy(&ip.src_addr, &frame->src, 16);
	memcpy(&ip.dst_addr, &frame->dst, 16);
	memcpy(buf, &ip, sizeof(ip));
	return sizeof(ip) + put_udp(frame, buf + sizeof(ip), len - sizeof(ip));
}

struct xbench_head
xbench_frame_build(const struct xbench_frame *frame, uint8_t *buf)
{
	static const uint16_t l3_l4[] = {
		[XBENCH_IP4] = sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_udp_hdr),
		[XBENCH_IP6] = sizeof(struct rte_ipv6_hdr) + sizeof(struct rte_udp_hdr),
	};
	static const uint32_t ptypes[] = {
		[XBENCH_IP4] = RTE_PTYPE_L3_IPV4_EXT_UNKNOWN | RTE_PTYPE_L4_UDP,
		[XBENCH_IP6] = RTE_PTYPE_L3_IPV6_EXT_UNKNOWN | RTE_PTYPE_L4_UDP,
		[XBENCH_INTEREST] = 0,
		[XBENCH_DATA] = 0,
	};
	struct xbench_marker marker = {
		.magic = XBENCH_MAGIC,
		.source = frame->source,
		.egress = frame->egress,
		.flow = frame->flow,
	};
	struct xbench_head head = {
		.ptype = ptypes[frame->proto] |
			(frame->vlan ? RTE_PTYPE_L2_ETHER_VLAN : RTE_PTYPE_L2_ETHER),
	};
	size_t at = put_ether(frame, buf);

	head.len = RTE_MAX(frame->len, (size_t)RTE_ETHER_MIN_LEN - RTE_ETHER_CRC_LEN);
	if (frame->proto == XBENCH_INTEREST || frame->proto == XBENCH_DATA) {
		xbench_frame_put_ndn(frame, &marker, buf, at, &head);
		return head;
	}
	head.len = RTE_MAX(head.len, at + l3_l4[frame->proto] + sizeof(marker));
	at += frame->proto == XBENCH_IP4 ? put_ip4(frame, buf + at, head.len - at)
					 : put_ip6(frame, buf + at, head.len - at);
	memcpy(buf + at, &marker, sizeof(marker));
	head.marker = at;
	head.head_len = at + sizeof(marker);
	return head;
}
