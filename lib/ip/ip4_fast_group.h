/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_FAST_GROUP_H
#define IP4_FAST_GROUP_H

/*
 * Which next hop of a group each of LANES packets takes: as ip4_group_pick() says, but with the
 * hashes of all flows computed at once.
 */

#include "lanes.h"
#include "node.h"

static __rte_always_inline lanes
hash_words(lanes hash, lanes words)
{
	hash = (hash ^ words) * IP4_HASH_FACTOR;
	return hash ^ hash >> 15;
}

/* Lanes of packets that have a hash from the NIC: all ones. */
static __rte_always_inline lanes
hashed_by_nic(struct rte_mbuf *const *pkts)
{
	const lanes flag = (lanes){} + RTE_MBUF_F_RX_RSS_HASH;
	lanes flags =
		column_load((const uint8_t *const *)pkts, offsetof(struct rte_mbuf, ol_flags));

	return (lanes)((flags & flag) == flag);
}

/* Hashes of the packets' flows: see ip4_flow_hash(). Their headers have 20 bytes. */
static __rte_always_inline lanes
flow_hashes(struct rte_mbuf *const *pkts, const uint8_t *const *ip, lanes total)
{
	/* Identification and fragment; TTL, protocol and checksum; source; destination; ports. */
	struct columns5 w = columns5_load(ip, 4);
	const lanes seed = (lanes){} + ip4.hash_seed;
	lanes proto = w.c[1] >> 8 & 0xff;
	lanes whole = (lanes)((w.c[0] & 0xff3f0000) == 0);
	lanes nic = hashed_by_nic(pkts) & whole;
	lanes has_ports = (lanes)(proto == IPPROTO_TCP) | (lanes)(proto == IPPROTO_UDP) |
		(lanes)(proto == IPPROTO_SCTP);
	lanes hash;

	has_ports &= whole & (lanes)((slanes)total >= (int)IP4_HLEN + 4);
	hash = hash_words(seed, w.c[2]);
	hash = hash_words(hash, w.c[3]);
	hash = hash_words(hash, w.c[4] & has_ports);
	hash = hash_words(hash, proto);
	if (lanes_signs(nic) != 0) {
		lanes rss = column_load(
			(const uint8_t *const *)pkts, offsetof(struct rte_mbuf, hash.rss));

		rss = hash_words(hash_words(seed, rss), (lanes){});
		hash = (hash & ~nic) | (rss & nic);
	}
	return hash;
}

/* Replace groups among the packets' next hops, given as bytes in their table, by members. */
static __rte_always_inline void
pick_members(const struct ip4_nexthop *nhs, struct rte_mbuf *const *pkts, const uint8_t *const *ip,
	lanes total, uint32_t *at)
{
	uint32_t hash[LANES] __rte_aligned(4 * LANES);

	lanes_store(hash, flow_hashes(pkts, ip, total));
#pragma GCC unroll 8
	for (unsigned int l = 0; l < LANES; l++) {
		const struct ip4_nexthop *nh = RTE_PTR_ADD(nhs, at[l]);

		if (likely(nh->type == IP4_NH_GROUP))
			at[l] = ip4_group_member(nh, hash[l]) * sizeof(*nh);
	}
}

#endif
