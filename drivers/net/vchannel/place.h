/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VCHANNEL_PLACE_H
#define VCHANNEL_PLACE_H

/*
 * From packets to members: hash, bucket, member, four packets at a time. Four packets share their
 * checks, so plain traffic takes one branch per four, and nothing of one packet waits for another:
 * the processor works on as many as it can hold. Hence no prefetches: the loads of the next packets
 * are under way before this one is done.
 *
 * place_all() is a function of its own, not inlined: its loop needs every register there is.
 */

#include "vchannel_priv.h"

/* Headers are read up to here when the first segment does not hold them: fragments that a router
 * makes have their payload, and name-based packets their name, in further segments. */
#define HEADERS 128
#define FOUR 4

/* The packets of a chunk on their way to members. */
struct chunk {
	uint64_t bytes;                  /* of all */
	uint16_t bucket[VCHANNEL_CHUNK]; /* only of place_again() */
	uint8_t member[VCHANNEL_CHUNK];
	uint8_t any;  /* all the members' bits or-ed ... */
	uint8_t each; /* ... and and-ed: equal when there is but one */
};

/* What place_all() needs of the device, in registers: stores of bytes into the chunk may be to
 * anywhere, as far as the compiler knows. */
struct view {
	const uint8_t *map;
	uint32_t shift;
	uint32_t seed;
};

static __rte_noinline uint32_t
hash_frame(const struct vchannel *vc, const struct rte_mbuf *m)
{
	uint8_t copy[HEADERS];
	uint32_t len = m->data_len;
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);

	if (unlikely(len < sizeof(copy) && m->nb_segs > 1)) {
		len = RTE_MIN(m->pkt_len, (uint32_t)sizeof(copy));
		data = rte_pktmbuf_read(m, 0, len, copy);
		if (data == NULL) {
			data = rte_pktmbuf_mtod(m, const uint8_t *);
			len = m->data_len;
		}
	}
	return vchannel_flow_hash(&vc->flow, data, len);
}

/* Some drivers mark packets that their NIC could not parse as hashed, to 0. */
static inline bool
has_nic_hash(const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) && m->hash.rss != 0;
}

/* Any packet. */
static uint32_t
bucket_of(const struct vchannel *vc, const struct rte_mbuf *m)
{
	bool nic = (vc->txq_flags & VCHANNEL_TX_NIC_HASH) && has_nic_hash(m);

	return vchannel_flow_bucket(
		nic ? m->hash.rss ^ vc->flow.seed : hash_frame(vc, m), vc->shift);
}

static __rte_always_inline uint32_t
member_of(const struct view *v, uint32_t hash)
{
	return __atomic_load_n(&v->map[vchannel_flow_bucket(hash, v->shift)], __ATOMIC_RELAXED);
}

/* The members of n packets, a byte each. */
static __rte_noinline uint32_t
place_odd(const struct vchannel *vc, struct rte_mbuf *const *pkts, int n)
{
	uint32_t members = 0;
	uint8_t member;

	while (n-- > 0) {
		member = __atomic_load_n(&vc->table->map[bucket_of(vc, pkts[n])], __ATOMIC_RELAXED);
		members = members << 8 | member;
	}
	return members;
}

/* The members of four packets that a NIC has hashed; false: not all were. */
static __rte_always_inline bool
place_hashed(const struct view *v, struct rte_mbuf *const *pkts, uint32_t *members)
{
	const struct rte_mbuf *a = pkts[0], *b = pkts[1], *c = pkts[2], *d = pkts[3];
	uint64_t flags = a->ol_flags & b->ol_flags & c->ol_flags & d->ol_flags;

	if (!(flags & RTE_MBUF_F_RX_RSS_HASH))
		return false;
	if (unlikely(a->hash.rss == 0 || b->hash.rss == 0 || c->hash.rss == 0 || d->hash.rss == 0))
		return false;
	*members = member_of(v, a->hash.rss ^ v->seed) | member_of(v, b->hash.rss ^ v->seed) << 8 |
		member_of(v, c->hash.rss ^ v->seed) << 16 |
		member_of(v, d->hash.rss ^ v->seed) << 24;
	return true;
}

static __rte_always_inline bool
none_hashed(struct rte_mbuf *const *pkts)
{
	return !((pkts[0]->ol_flags | pkts[1]->ol_flags | pkts[2]->ol_flags | pkts[3]->ol_flags) &
		RTE_MBUF_F_RX_RSS_HASH);
}

/* The members of four plain frames; false: not all are. */
static __rte_always_inline bool
place_plain(const struct view *v, struct rte_mbuf *const *pkts, uint32_t *members)
{
	const struct rte_mbuf *a = pkts[0], *b = pkts[1], *c = pkts[2], *d = pkts[3];
	const uint8_t *data[FOUR] = {rte_pktmbuf_mtod(a, const uint8_t *),
		rte_pktmbuf_mtod(b, const uint8_t *), rte_pktmbuf_mtod(c, const uint8_t *),
		rte_pktmbuf_mtod(d, const uint8_t *)};
	uint32_t hash[FOUR];

	if (unlikely((a->data_len < VCHANNEL_PLAIN_LEN) | (b->data_len < VCHANNEL_PLAIN_LEN) |
		    (c->data_len < VCHANNEL_PLAIN_LEN) | (d->data_len < VCHANNEL_PLAIN_LEN)))
		return false;
	if (unlikely(!vchannel_flow_hash_four(v->seed, data, hash)))
		return false;
	*members = member_of(v, hash[0]) | member_of(v, hash[1]) << 8 |
		member_of(v, hash[2]) << 16 | member_of(v, hash[3]) << 24;
	return true;
}

static __rte_noinline void
place_all(const struct vchannel *vc, struct rte_mbuf *const *pkts, uint16_t n, struct chunk *c)
{
	const struct view v = {vc->table->map, vc->shift, vc->flow.seed};
	const bool nic = vc->txq_flags & VCHANNEL_TX_NIC_HASH, plain = !vc->flow.symmetric;
	struct rte_mbuf *const *end = pkts + (n & ~(FOUR - 1));
	uint32_t any = 0, each = UINT32_MAX, members;
	uint8_t *out = c->member;
	uint64_t bytes = 0;

	for (; pkts < end; pkts += FOUR, out += FOUR) {
		if (!(nic && place_hashed(&v, pkts, &members)) &&
			!(plain && (!nic || none_hashed(pkts)) && place_plain(&v, pkts, &members)))
			members = place_odd(vc, pkts, FOUR);
		members = rte_cpu_to_le_32(members);
		memcpy(out, &members, FOUR);
		any |= members;
		each &= members;
		bytes += pkts[0]->pkt_len;
		bytes += pkts[1]->pkt_len;
		bytes += pkts[2]->pkt_len;
		bytes += pkts[3]->pkt_len;
	}
	any |= any >> 16;
	any |= any >> 8;
	each &= each >> 16;
	each &= each >> 8;
	for (end += n & (FOUR - 1); pkts < end; pkts++, out++) {
		*out = (uint8_t)place_odd(vc, pkts, 1);
		any |= *out;
		each &= *out;
		bytes += pkts[0]->pkt_len;
	}
	c->any = (uint8_t)any;
	c->each = (uint8_t)each;
	c->bytes = bytes;
}

/* The same where the buckets are needed: some move, or their load is measured. */
static __rte_noinline void
place_again(const struct vchannel *vc, struct rte_mbuf *const *pkts, uint16_t n, struct chunk *c)
{
	uint16_t i;

	c->any = 0;
	c->each = UINT8_MAX;
	for (i = 0; i < n; i++) {
		c->bucket[i] = (uint16_t)bucket_of(vc, pkts[i]);
		c->member[i] = __atomic_load_n(&vc->table->map[c->bucket[i]], __ATOMIC_RELAXED);
		c->any |= c->member[i];
		c->each &= c->member[i];
	}
}

#endif
