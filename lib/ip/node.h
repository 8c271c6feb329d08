/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_NODE_H
#define IP4_NODE_H

/*
 * What the nodes of the IPv4 layer share: reading a header, finding a next hop, rewriting.
 */

#include <string.h>

#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include "addr.h"
#include "ip4_priv.h"
#include "xebra_node.h"

#define IP4_HLEN 20u                /* Without options. */
#define IP4_TTL 64                  /* Of packets that the router makes (RFC 1700). */
#define IP4_HASH_FACTOR 0x9e3779b1u /* Of ip4_hash_word(): odd, bits as at random. */

/* Bytes of the header, as it says. */
static inline uint32_t
ip4_hlen(const struct rte_ipv4_hdr *ip)
{
	return (ip->version_ihl & 0x0fu) * 4u;
}

static inline struct rte_ipv4_hdr *
ip4_hdr(const struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
}

/* The packet is one of several fragments of a datagram. */
static inline bool
ip4_is_fragment(const struct rte_ipv4_hdr *ip)
{
	return (ip->fragment_offset & RTE_BE16(0x3fff)) != 0;
}

/* The first 20 bytes of a header in registers, as loaded. */
struct ip4_words {
	uint64_t w0; /* version and length, TOS, total length, id, fragment */
	uint64_t w1; /* TTL, protocol, checksum, source */
	uint32_t dst;
};

static __rte_always_inline struct ip4_words
ip4_words_load(const struct rte_ipv4_hdr *ip)
{
	struct ip4_words h;

	memcpy(&h.w0, ip, 8);
	memcpy(&h.w1, &ip->time_to_live, 8);
	memcpy(&h.dst, &ip->dst_addr, 4);
	return h;
}

/* Not 0 when the checksum is wrong: the sum is folded by adding its halves, swapped, to itself. */
static __rte_always_inline uint32_t
ip4_sum_wrong(const struct ip4_words *h)
{
	uint64_t sum = h->w0 + h->w1;
	uint32_t half;

	sum += sum < h->w1;
	sum += h->dst;
	sum += sum < h->dst;
	sum += sum >> 32 | sum << 32;
	half = sum >> 32;
	half += half >> 16 | half << 16;
	return half >> 16 ^ 0xffff;
}

/* Decrement the TTL (at least 1) and update the checksum (RFC 1141). */
static __rte_always_inline void
ip4_ttl_decrement(struct rte_ipv4_hdr *ip)
{
#if RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN
	uint8_t *at = (uint8_t *)ip + offsetof(struct rte_ipv4_hdr, time_to_live);
	uint32_t word; /* TTL, protocol, checksum; at any address */
	uint64_t v;

	memcpy(&word, at, sizeof(word));
	v = (uint64_t)word - 1 + 0x10000;
	/* End-around carry; 0xffff becomes 0 as a checksum computed anew would be. */
	v += (v + 0x10000) >> 32 << 16;
	word = (uint32_t)v;
	memcpy(at, &word, sizeof(word));
#else
	uint32_t sum = ip->hdr_checksum + 0x100u;

	ip->time_to_live--;
	ip->hdr_checksum = sum + (sum >= 0xffff);
#endif
}

/* Compute the header's checksum anew. */
static inline void
ip4_checksum(struct rte_ipv4_hdr *ip)
{
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

/* One more word of a flow into its hash. flow_hashes() of the fast path does the same in lanes. */
static inline uint32_t
ip4_hash_word(uint32_t hash, uint32_t word)
{
	hash = (hash ^ word) * IP4_HASH_FACTOR;
	return hash ^ hash >> 15;
}

/*
 * Hash of a packet's flow. Fragments but the first have no ports, so all fragments of a datagram go
 * by addresses and protocol. The header may lie anywhere in the packet's first segment; what is
 * behind the datagram is padding.
 */
static inline uint32_t
ip4_flow_hash(const struct rte_mbuf *m, const struct rte_ipv4_hdr *ip)
{
	uint32_t hlen = ip4_hlen(ip), ports = 0, hash = ip4.hash_seed;
	const uint8_t *ports_at = (const uint8_t *)ip + hlen;
	const uint8_t *end = rte_pktmbuf_mtod(m, const uint8_t *) + m->data_len;
	uint8_t proto = ip->next_proto_id;

	if (likely(!ip4_is_fragment(ip) && (m->ol_flags & RTE_MBUF_F_RX_RSS_HASH)))
		return ip4_hash_word(ip4_hash_word(hash, m->hash.rss), 0);
	if ((proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP) &&
		!ip4_is_fragment(ip) && ports_at + 4 <= end &&
		rte_be_to_cpu_16(ip->total_length) >= hlen + 4)
		memcpy(&ports, ports_at, sizeof(ports));
	hash = ip4_hash_word(hash, ip->src_addr);
	hash = ip4_hash_word(hash, ip->dst_addr);
	hash = ip4_hash_word(hash, ports);
	return ip4_hash_word(hash, proto);
}

/* The next hop, by index, for a hash among those of a group. */
static inline uint32_t
ip4_group_member(const struct ip4_nexthop *group, uint32_t hash)
{
	const struct ip4_buckets *b = __atomic_load_n(&group->buckets, __ATOMIC_ACQUIRE);

	return b->index[hash & b->mask];
}

/* The next hop of a packet among those of a group. */
static inline struct ip4_nexthop *
ip4_group_pick(
	const struct ip4_nexthop *group, const struct rte_mbuf *m, const struct rte_ipv4_hdr *ip)
{
	return &ip4.nh[ip4_group_member(group, ip4_flow_hash(m, ip))];
}

/* The next hop of an address; for groups, of the packet's flow. */
static inline struct ip4_nexthop *
ip4_nexthop_of(const struct rte_mbuf *m, const struct rte_ipv4_hdr *ip, rte_be32_t addr)
{
	struct ip4_nexthop *nh = &ip4.nh[ip4_fib_lookup(ip4.fib, rte_be_to_cpu_32(addr))];

	if (nh->type == IP4_NH_GROUP)
		nh = ip4_group_pick(nh, m, ip);
	return nh;
}

/*
 * RFC 1812 5.2.7.2: a packet leaves by the interface it came by, and its sender is on the network
 * of the next hop, so it could have sent there itself.
 */
static __rte_always_inline bool
ip4_redirect_due(uint16_t iface, const struct rte_ipv4_hdr *ip, const struct ip4_nexthop *nh)
{
	return (iface == nh->redirect_iface) &
		(((ip->src_addr ^ nh->src_be) & nh->src_mask_be) == 0);
}

/*
 * Write the Ethernet header of a next hop before an IP header: 14 or 18 bytes and not one more, so
 * that no further cache line is touched. The next hop has it right-aligned in 18 bytes.
 */
static __rte_always_inline void
ip4_rewrite(struct rte_ipv4_hdr *ip, const struct ip4_nexthop *nh, uint32_t l2_len)
{
	uint8_t *l3 = (uint8_t *)ip;
	uint64_t first, middle, last;

	memcpy(&middle, &nh->header[IP4_L2_MAX - 14], 8);
	memcpy(&last, &nh->header[IP4_L2_MAX - 8], 8);
	if (l2_len != 14) {
		memcpy(&first, nh->header, 8);
		memcpy(l3 - IP4_L2_MAX, &first, 8);
	}
	memcpy(l3 - 14, &middle, 8);
	memcpy(l3 - 8, &last, 8);
}

/* Cut a packet to its datagram's length: what follows is Ethernet padding. */
void ip4_trim(struct rte_mbuf *m, uint32_t len);

/* What is wrong with a header, in the order of RFC 1812 5.2.2; the edges of ip4_input. */
enum ip4_check {
	IP4_CHECK_TOO_SHORT,
	IP4_CHECK_BAD_VERSION,
	IP4_CHECK_BAD_HEADER_LENGTH,
	IP4_CHECK_BAD_CHECKSUM,
	IP4_CHECK_BAD_TOTAL_LENGTH,
	IP4_CHECK_MARTIAN_SOURCE,
	IP4_CHECK_NOT_ENABLED,
	IP4_CHECK_COUNT,
	IP4_CHECK_OK = IP4_CHECK_COUNT,
	IP4_CHECK_OPTIONS, /* Nothing; and it has options. */
};

/* Check a received packet fully, and cut it to its length. */
enum ip4_check ip4_check(struct rte_mbuf *m);

/* ICMP types (RFC 792). */
enum {
	IP4_ICMP_ECHO_REPLY = 0,
	IP4_ICMP_UNREACHABLE = 3,
	IP4_ICMP_SOURCE_QUENCH = 4,
	IP4_ICMP_REDIRECT = 5,
	IP4_ICMP_ECHO_REQUEST = 8,
	IP4_ICMP_TIME_EXCEEDED = 11,
	IP4_ICMP_PARAMETER_PROBLEM = 12,
};

#define IP4_ICMP_HLEN 8u

/* icmp.c */

/* RFC 1812 4.3.2.7: may an error be sent about this packet? */
bool ip4_icmp_error_allowed(const struct rte_mbuf *m);

/*
 * Make an ICMP error about a packet, or NULL (no buffer). `rest` is the second word of the ICMP
 * header, host order; src is the address of ours to send from, host order.
 */
struct rte_mbuf *ip4_icmp_error_make(const struct rte_mbuf *about, uint8_t type, uint8_t code,
	uint32_t rest, uint32_t src, struct ip4_worker *w);

/* Take a token for an error. */
bool ip4_icmp_error_token(struct ip4_worker *w, uint64_t now);

/* options.c */
enum ip4_options {
	IP4_OPTIONS_OK,
	IP4_OPTIONS_BAD,          /* *pointer says which byte. */
	IP4_OPTIONS_SOURCE_ROUTE, /* We do not do this. */
};

/*
 * Read the options of a header, and record route and time as they ask (then the checksum is
 * updated). `own` is the address to record, host order; `ms` is the time since midnight UT.
 */
enum ip4_options ip4_options_process(
	struct rte_ipv4_hdr *ip, uint32_t own, uint32_t ms, uint8_t *pointer);

/* fragment.c */

/*
 * Cut a datagram into fragments of at most mtu bytes each; the datagram stays.
 *
 * Returns the number of fragments, at most max, or a negative errno value: -EMSGSIZE (more than
 * max, or no room for data in mtu), -ENOMEM.
 */
int ip4_fragment(const struct rte_mbuf *m, uint16_t mtu, struct rte_mempool *pool,
	struct rte_mbuf **fragment, unsigned int max);

#endif
