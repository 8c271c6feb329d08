/* SPDX-License-Identifier: BSD-3-Clause */
#include "flow.h"

#define ETHER_LEN 14
#define ETHER_MACS 12
#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86DD
#define TYPE_VLAN 0x8100
#define TYPE_QINQ 0x88A8
#define TYPE_QINQ1 0x9100 /* older gear's outer tag */
#define TYPE_NDN 0x8624

#define PROTO_HOPOPTS 0
#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_ROUTING 43
#define PROTO_FRAGMENT 44
#define PROTO_AH 51
#define PROTO_DSTOPTS 60
#define PROTO_SCTP 132
#define PROTO_MOBILITY 135
#define PROTO_HIP 139
#define PROTO_SHIM6 140

#define EXTENSIONS_MAX 8 /* more are no traffic worth spreading */

struct span {
	const uint8_t *at;
	uint32_t len;
};

static uint16_t
be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

/* Step over n bytes; false when they are not there. */
static bool
skip(struct span *s, uint32_t n)
{
	if (s->len < n)
		return false;
	s->at += n;
	s->len -= n;
	return true;
}

static uint32_t
hash_macs(const struct vchannel_flow_conf *conf, const uint8_t *data)
{
	uint8_t key[ETHER_MACS];
	bool swap = conf->symmetric && memcmp(data, data + 6, 6) > 0;

	memcpy(key, data + (swap ? 6 : 0), 6);
	memcpy(key + 6, data + (swap ? 0 : 6), 6);
	return vchannel_hash_bytes(conf->seed, key, sizeof(key));
}

static bool
has_ports(uint8_t proto)
{
	return proto == PROTO_TCP || proto == PROTO_UDP || proto == PROTO_SCTP;
}

/* The two ports as they stand in the packet, or 0: no protocol has both of them 0. */
static uint32_t
read_ports(struct span s, uint8_t proto)
{
	uint32_t ports;

	if (!has_ports(proto) || s.len < sizeof(ports))
		return 0;
	memcpy(&ports, s.at, sizeof(ports));
	return ports;
}

static uint32_t
swap_ports(uint32_t ports)
{
	return ports << 16 | ports >> 16;
}

/* Both directions get the lower address first, and with equal addresses the lower port. */
static bool
reversed(const uint8_t *addresses, uint32_t len, uint32_t ports)
{
	int order = memcmp(addresses, addresses + len, len);

	return order > 0 || (order == 0 && ports > swap_ports(ports));
}

static bool
hash_ip4(const struct vchannel_flow_conf *conf, struct span s, uint32_t *hash)
{
	const uint8_t *ip = s.at;
	uint64_t addresses;
	uint32_t ports = 0, header;

	if (s.len < 20 || ip[0] >> 4 != 4)
		return false;
	header = (ip[0] & 15) * 4;
	/* MF or an offset: a fragment. A header too short or cut: no ports. */
	if ((be16(ip + 6) & 0x3fff) == 0 && header >= 20 && skip(&s, header))
		ports = read_ports(s, ip[9]);
	memcpy(&addresses, ip + 12, sizeof(addresses));
	if (conf->symmetric && reversed(ip + 12, 4, ports)) {
		addresses = addresses << 32 | addresses >> 32;
		ports = swap_ports(ports);
	}
	*hash = vchannel_hash_ip4(conf->seed, addresses, ports);
	return true;
}

/* Walk the extension headers to the ports; 0 when there are none to be had. */
static uint32_t
ip6_ports(struct span s, uint8_t next)
{
	uint32_t len;
	int i;

	for (i = 0; i < EXTENSIONS_MAX && !has_ports(next); i++) {
		if (s.len < 8)
			return 0;
		switch (next) {
		case PROTO_FRAGMENT:
			/* Offset and M of zero: an "atomic" fragment (RFC 6946) is a whole packet.
			 */
			if (be16(s.at + 2) & 0xfff9)
				return 0;
			len = 8;
			break;
		case PROTO_AH:
			len = (s.at[1] + 2) * 4;
			break;
		case PROTO_HOPOPTS:
		case PROTO_ROUTING:
		case PROTO_DSTOPTS:
		case PROTO_MOBILITY:
		case PROTO_HIP:
		case PROTO_SHIM6:
			len = (s.at[1] + 1) * 8;
			break;
		default:
			return 0;
		}
		next = s.at[0];
		if (!skip(&s, len))
			return 0;
	}
	return read_ports(s, next);
}

static bool
hash_ip6(const struct vchannel_flow_conf *conf, struct span s, uint32_t *hash)
{
	const uint8_t *ip = s.at;
	uint64_t a[4];
	uint32_t ports, h;
	int from = 0, i;

	if (!skip(&s, 40) || ip[0] >> 4 != 6)
		return false;
	ports = ip6_ports(s, ip[6]);
	memcpy(a, ip + 8, sizeof(a));
	if (conf->symmetric && reversed(ip + 8, 16, ports)) {
		from = 2;
		ports = swap_ports(ports);
	}
	h = rte_hash_crc_4byte(ports, conf->seed);
	for (i = 0; i < 4; i++)
		h = rte_hash_crc_8byte(a[(from + i) & 3], h);
	*hash = h;
	return true;
}

uint32_t
vchannel_flow_hash(const struct vchannel_flow_conf *conf, const uint8_t *data, uint32_t len)
{
	struct span s = {data, len};
	uint32_t hash;
	uint16_t type;
	bool done = false;
	int tags;

	if (!skip(&s, ETHER_LEN))
		return len < ETHER_MACS ? vchannel_hash_bytes(conf->seed, data, len)
					: hash_macs(conf, data);
	type = be16(s.at - 2);
	for (tags = 0; tags < 2; tags++) {
		if (type != TYPE_VLAN && type != TYPE_QINQ && type != TYPE_QINQ1)
			break;
		if (!skip(&s, 4))
			return hash_macs(conf, data);
		type = be16(s.at - 2);
	}
	if (type == TYPE_IPV4)
		done = hash_ip4(conf, s, &hash);
	else if (type == TYPE_IPV6)
		done = hash_ip6(conf, s, &hash);
	else if (type == TYPE_NDN)
		done = vchannel_ndn_hash(conf, s.at, s.len, &hash);
	return done ? hash : hash_macs(conf, data);
}
