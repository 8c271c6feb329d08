/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_ip.h>
#include <rte_udp.h>

#include "xbench_frame.h"

const char *const xbench_flaw_names[XBENCH_FLAWS] = {
	[XBENCH_OK] = "good",
	[XBENCH_FOREIGN] = "foreign",
	[XBENCH_BAD_LENGTH] = "bad_length",
	[XBENCH_BAD_MAC] = "bad_mac",
	[XBENCH_BAD_VLAN] = "bad_vlan",
	[XBENCH_BAD_TTL] = "bad_ttl",
	[XBENCH_BAD_CHECKSUM] = "bad_checksum",
	[XBENCH_BAD_EGRESS] = "bad_egress",
};

/* A frame taken apart. */
struct parts {
	uint16_t type; /* EtherType behind the tags, host order */
	uint16_t vlan; /* outermost tag in the frame */
	size_t l3, payload;
};

static bool
find_payload(struct parts *parts, const uint8_t *data, size_t len)
{
	switch (parts->type) {
	case RTE_ETHER_TYPE_IPV4:
		parts->payload = parts->l3 + sizeof(struct rte_ipv4_hdr);
		break;
	case RTE_ETHER_TYPE_IPV6:
		parts->payload = parts->l3 + sizeof(struct rte_ipv6_hdr);
		break;
	default:
		if (parts->l3 > len)
			return false;
		parts->payload = xbench_frame_ndn_marker(data + parts->l3, len - parts->l3);
		if (parts->payload == 0)
			return false;
		parts->payload += parts->l3;
		return true;
	}
	parts->payload += sizeof(struct rte_udp_hdr);
	return parts->payload + sizeof(struct xbench_marker) <= len;
}

static bool
take_apart(struct parts *parts, const uint8_t *data, size_t len)
{
	uint16_t be;

	parts->vlan = 0;
	parts->l3 = sizeof(struct rte_ether_hdr);
	if (len < parts->l3 + sizeof(struct rte_vlan_hdr))
		return false;
	memcpy(&be, data + 12, sizeof(be));
	parts->type = rte_be_to_cpu_16(be);
	if (parts->type == RTE_ETHER_TYPE_VLAN) {
		memcpy(&be, data + 14, sizeof(be));
		parts->vlan = rte_be_to_cpu_16(be) & 0xfff;
		memcpy(&be, data + 16, sizeof(be));
		parts->type = rte_be_to_cpu_16(be);
		parts->l3 += sizeof(struct rte_vlan_hdr);
	}
	return find_payload(parts, data, len);
}

static enum xbench_flaw
check_ip4(const uint8_t *data, size_t len, uint8_t ttl, bool cksum_offload)
{
	struct rte_ipv4_hdr ip;

	memcpy(&ip, data, sizeof(ip));
	/* An Ethernet frame may be longer than its packet: padding. */
	if (ip.version_ihl != RTE_IPV4_VHL_DEF || rte_be_to_cpu_16(ip.total_length) > len)
		return XBENCH_BAD_LENGTH;
	if (ip.time_to_live != ttl)
		return XBENCH_BAD_TTL;
	if (!cksum_offload && rte_raw_cksum(&ip, sizeof(ip)) != 0xffff)
		return XBENCH_BAD_CHECKSUM;
	return XBENCH_OK;
}

static enum xbench_flaw
check_ip6(const uint8_t *data, size_t len, uint8_t ttl)
{
	struct rte_ipv6_hdr ip;

	memcpy(&ip, data, sizeof(ip));
	if (data[0] >> 4 != 6 || rte_be_to_cpu_16(ip.payload_len) + sizeof(ip) > len)
		return XBENCH_BAD_LENGTH;
	return ip.hop_limits == ttl ? XBENCH_OK : XBENCH_BAD_TTL;
}

static enum xbench_flaw
check_macs(const struct xbench_check *check, const uint8_t *data)
{
	const struct rte_ether_addr *dst = (const struct rte_ether_addr *)data;
	const struct rte_ether_addr *src = dst + 1;

	switch (check->expect) {
	case XBENCH_EXPECT_ROUTE:
		return rte_is_same_ether_addr(dst, &check->peer) &&
				rte_is_same_ether_addr(src, &check->own)
			? XBENCH_OK
			: XBENCH_BAD_MAC;
	/*
	 * The frame's own port and neighbour are not known here, but their form is: a port's
	 * address ends in 1 and a neighbour's in 2 unless they were configured.
	 */
	case XBENCH_EXPECT_IO:
		return dst->addr_bytes[5] == check->own.addr_bytes[5] &&
				src->addr_bytes[5] == check->peer.addr_bytes[5]
			? XBENCH_OK
			: XBENCH_BAD_MAC;
	case XBENCH_EXPECT_SWAP:
		return src->addr_bytes[5] == check->own.addr_bytes[5] &&
				dst->addr_bytes[5] == check->peer.addr_bytes[5]
			? XBENCH_OK
			: XBENCH_BAD_MAC;
	default:
		return XBENCH_OK;
	}
}

enum xbench_flaw
xbench_frame_check(const struct xbench_check *check, const uint8_t *data, size_t data_len,
	size_t len, uint16_t vlan, bool cksum_offload, struct xbench_marker *marker)
{
	uint8_t ttl = check->expect == XBENCH_EXPECT_ROUTE ? XBENCH_TTL - 1 : XBENCH_TTL;
	enum xbench_flaw flaw;
	struct parts parts;

	if (!take_apart(&parts, data, data_len))
		return XBENCH_FOREIGN;
	memcpy(marker, data + parts.payload, sizeof(*marker));
	if (marker->magic != XBENCH_MAGIC)
		return XBENCH_FOREIGN;
	if (check->expect == XBENCH_EXPECT_NONE)
		return XBENCH_OK;
	flaw = check_macs(check, data);
	if (flaw != XBENCH_OK)
		return flaw;
	if ((vlan != 0 ? vlan : parts.vlan) != check->vlan)
		return XBENCH_BAD_VLAN;
	if (parts.type == RTE_ETHER_TYPE_IPV4)
		flaw = check_ip4(data + parts.l3, len - parts.l3, ttl, cksum_offload);
	else if (parts.type == RTE_ETHER_TYPE_IPV6)
		flaw = check_ip6(data + parts.l3, len - parts.l3, ttl);
	if (flaw != XBENCH_OK)
		return flaw;
	if (marker->egress != XBENCH_ANY_PORT && marker->egress != check->port)
		return XBENCH_BAD_EGRESS;
	/* Interests and Data go to the other side. */
	if (parts.type == NDN_ETHERTYPE && marker->source == check->port)
		return XBENCH_BAD_EGRESS;
	return XBENCH_OK;
}
