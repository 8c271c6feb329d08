/* SPDX-License-Identifier: BSD-3-Clause */
/* ICMP errors: when (RFC 1812 4.3.2.7, 4.3.2.8) and what (4.3.2.3 to 4.3.2.5, RFC 792). */
#include <rte_cycles.h>

#include "node.h"

#define ERROR_MAX 576  /* 4.3.2.3: as much of the packet as fits in 576 bytes. */
#define ERROR_TOS 0xc0 /* 4.3.2.5: precedence INTERNETWORK CONTROL. */

/* Errors: unreachable, source quench, redirect, time exceeded, parameter problem. */
static bool
is_error(uint8_t type)
{
	return type == IP4_ICMP_UNREACHABLE || type == IP4_ICMP_SOURCE_QUENCH ||
		type == IP4_ICMP_REDIRECT || type == IP4_ICMP_TIME_EXCEEDED ||
		type == IP4_ICMP_PARAMETER_PROBLEM;
}

bool
ip4_icmp_error_allowed(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = ip4_hdr(m);
	uint32_t hlen = ip4_hlen(ip);
	uint8_t type;

	/* About what the router itself has sent, there is nobody to be told. */
	if (xebra_pkt_iface(m) == XEBRA_IFACE_NONE)
		return false;
	/* A packet sent as a link layer broadcast or multicast. */
	if (xebra_pkt_flags(m) & XEBRA_PKT_GROUP)
		return false;
	/* A packet destined to an IP broadcast or IP multicast address. */
	type = ip4.nh[ip4_fib_lookup(ip4.fib, rte_be_to_cpu_32(ip->dst_addr))].type;
	if (type == IP4_NH_BROADCAST || type == IP4_NH_MULTICAST || type == IP4_NH_MARTIAN)
		return false;
	/* A packet whose source address does not define a single host. */
	if (!ip4_addr_is_host(rte_be_to_cpu_32(ip->src_addr)))
		return false;
	/* Any fragment of a datagram other than the first. */
	if (ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK))
		return false;
	/* An ICMP error message (if it may be one: no type, no error about it). */
	if (ip->next_proto_id == IPPROTO_ICMP)
		return m->data_len > hlen &&
			!is_error(*rte_pktmbuf_mtod_offset(m, uint8_t *, hlen));
	return true;
}

bool
ip4_icmp_error_token(struct ip4_worker *w, uint64_t now)
{
	uint64_t token = rte_get_tsc_hz();
	uint64_t rate = ip4.icmp_rate, most = token * ip4.icmp_burst;
	uint64_t passed = now - w->tokens_tsc;

	w->tokens_tsc = now;
	if (rate == 0)
		return false;
	/* Long enough to fill it, whatever the rate: the product stays within 64 bits. */
	if (passed / rate > token)
		w->tokens = most;
	else
		w->tokens = RTE_MIN(w->tokens + passed * rate, most);
	if (w->tokens < token)
		return false;
	w->tokens -= token;
	return true;
}

/* Append bytes of a packet that may be in several segments. */
static void
quote(struct rte_mbuf *to, const struct rte_mbuf *from, uint32_t len)
{
	char *data = rte_pktmbuf_append(to, len);
	const void *bytes = rte_pktmbuf_read(from, 0, len, data);

	if (bytes != data)
		memcpy(data, bytes, len);
}

struct rte_mbuf *
ip4_icmp_error_make(const struct rte_mbuf *about, uint8_t type, uint8_t code, uint32_t rest,
	uint32_t src, struct ip4_worker *w)
{
	const struct rte_ipv4_hdr *old = ip4_hdr(about);
	uint32_t quoted = RTE_MIN(about->pkt_len, ERROR_MAX - IP4_HLEN - IP4_ICMP_HLEN);
	struct rte_mbuf *m = rte_pktmbuf_alloc(xebra_pkt_pool());
	struct rte_ipv4_hdr *ip;
	rte_be32_t *word;
	uint8_t *icmp;

	if (m == NULL)
		return NULL;
	ip = (struct rte_ipv4_hdr *)rte_pktmbuf_append(m, IP4_HLEN + IP4_ICMP_HLEN);
	if (ip == NULL || rte_pktmbuf_tailroom(m) < quoted) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	quote(m, about, quoted);
	icmp = (uint8_t *)(ip + 1);
	memset(icmp, 0, IP4_ICMP_HLEN);
	icmp[0] = type;
	icmp[1] = code;
	word = (rte_be32_t *)(icmp + 4);
	*word = rte_cpu_to_be_32(rest);
	*(rte_be16_t *)(icmp + 2) = (uint16_t)~rte_raw_cksum(icmp, IP4_ICMP_HLEN + quoted);
	ip->version_ihl = RTE_IPV4_VHL_DEF;
	ip->type_of_service = ERROR_TOS;
	ip->total_length = rte_cpu_to_be_16(m->pkt_len);
	ip->packet_id = rte_cpu_to_be_16(w->packet_id++);
	ip->fragment_offset = 0;
	ip->time_to_live = IP4_TTL;
	ip->next_proto_id = IPPROTO_ICMP;
	ip->src_addr = rte_cpu_to_be_32(src);
	ip->dst_addr = old->src_addr;
	ip4_checksum(ip);
	xebra_pkt_set(m, XEBRA_IFACE_NONE, 0, 0);
	return m;
}
