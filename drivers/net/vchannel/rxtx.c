/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The data path. A transmit burst is handled in chunks, in passes that each do one simple thing to
 * all packets of the chunk: hash to bucket, bucket to member, sort by member, hand over. In the
 * common case nothing is shared with other queues but tables that are only read.
 *
 * tx_burst's contract is that pkts[0..n) are sent and the rest is still the caller's. A member that
 * is full leaves gaps anywhere in the chunk, so the unsent packets are written to its end, in their
 * order.
 */

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "vchannel_priv.h"

/* Headers are read up to here when the first segment does not hold them: fragments that a router
 * makes have their payload, and name-based packets their name, in further segments. */
#define HEADERS 128
#define AHEAD 4 /* packets to prefetch the headers of */

static inline void
enter(uint64_t *seq)
{
	__atomic_store_n(seq, *seq + 1, __ATOMIC_RELAXED);
	/* The other half of this fence is vchannel_quiesce()'s. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static inline void
leave(uint64_t *seq)
{
	__atomic_store_n(seq, *seq + 1, __ATOMIC_RELEASE);
}

static __rte_noinline uint32_t
hash_slow(const struct vchannel *vc, const struct rte_mbuf *m)
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

static inline uint32_t
hash_soft(const struct vchannel *vc, const struct rte_mbuf *m, uint32_t seed, bool symmetric)
{
	uint32_t hash;

	if (!symmetric &&
		likely(vchannel_flow_hash_fast(
			seed, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, &hash)))
		return hash;
	return hash_slow(vc, m);
}

/* Some drivers mark packets that their NIC could not parse as hashed, to 0. */
static inline bool
has_nic_hash(const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) && m->hash.rss != 0;
}

/* The packets of a chunk on their way to members. */
struct chunk {
	uint32_t bucket[VCHANNEL_CHUNK];
	uint8_t member[VCHANNEL_CHUNK];
	uint8_t any;  /* all the members' bits or-ed ... */
	uint8_t each; /* ... and and-ed: equal when there is but one */
};

/* Locals for all that does not change: stores of bytes into the chunk may be to anywhere, as far as
 * the compiler knows. */
static __rte_always_inline void
place_all(const struct vchannel *vc, struct rte_mbuf **pkts, uint16_t n, struct chunk *c,
	const bool nic_hash)
{
	const uint8_t *const map = vc->table->map;
	const uint32_t shift = vc->shift, seed = vc->flow.seed;
	const bool symmetric = vc->flow.symmetric;
	uint8_t any = 0, each = UINT8_MAX, member;
	uint32_t hash, bucket;
	uint16_t i;

	for (i = 0; !nic_hash && i < RTE_MIN(n, AHEAD); i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (i = 0; i < n; i++) {
		if (!nic_hash && i + AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + AHEAD], void *));
		if (nic_hash && likely(has_nic_hash(pkts[i])))
			hash = pkts[i]->hash.rss ^ seed;
		else
			hash = hash_soft(vc, pkts[i], seed, symmetric);
		bucket = vchannel_flow_bucket(hash, shift);
		member = __atomic_load_n(&map[bucket], __ATOMIC_RELAXED);
		c->bucket[i] = bucket;
		c->member[i] = member;
		any |= member;
		each &= member;
	}
	c->any = any;
	c->each = each;
}

/* Buckets on the move: agree with the other queues. Returns a mask of the packets to give(). */
static __rte_noinline uint64_t
take_moving(const struct vchannel *vc, struct chunk *c, uint16_t n)
{
	uint32_t now = (uint32_t)(rte_rdtsc() >> vc->tick_shift);
	uint64_t mask = 0;
	bool held;
	uint16_t i;

	c->any = 0;
	c->each = UINT8_MAX;
	for (i = 0; i < n; i++) {
		if (c->member[i] & VCHANNEL_MOVING) {
			c->member[i] = vchannel_bucket_take(vc->table, c->bucket[i], now, &held);
			if (held)
				mask |= UINT64_C(1) << i;
		}
		c->any |= c->member[i];
		c->each &= c->member[i];
	}
	return mask;
}

static __rte_noinline void
give_moving(const struct vchannel *vc, const struct chunk *c, uint64_t mask)
{
	uint32_t now = (uint32_t)(rte_rdtsc() >> vc->tick_shift);

	for (; mask != 0; mask &= mask - 1)
		vchannel_bucket_give(vc->table, c->bucket[__builtin_ctzll(mask)], now);
}

/* Hand packets to one member; those not taken are the last ones. */
static __rte_always_inline uint16_t
send_to(struct vchannel_txq *q, uint8_t member, struct rte_mbuf **pkts, uint16_t n)
{
	struct vchannel_count *count = &q->count[member];
	uint64_t bytes = 0;
	uint16_t i, k;

	for (i = 0; i < n; i++) /* now: they may be freed when they are sent */
		bytes += rte_pktmbuf_pkt_len(pkts[i]);
	k = rte_eth_tx_burst(q->vc->port[member], q->id, pkts, n);
	for (i = k; unlikely(i < n); i++)
		bytes -= rte_pktmbuf_pkt_len(pkts[i]);
	count->packets += k;
	count->bytes += bytes;
	count->offered += n;
	return k;
}

/* Some packets were not taken: find them in their original order, and put them last. */
static __rte_noinline uint16_t
keep_unsent(const struct chunk *c, struct rte_mbuf **pkts, uint16_t n, const uint16_t *sent)
{
	struct rte_mbuf *unsent[VCHANNEL_CHUNK];
	uint16_t seen[VCHANNEL_NONE + 1] = {0}, kept = 0, i;

	/* The packets of a member went out in their order: the last ones are left. */
	for (i = 0; i < n; i++)
		if (seen[c->member[i]]++ >= sent[c->member[i]])
			unsent[kept++] = pkts[i];
	for (i = 0; i < kept; i++)
		pkts[n - kept + i] = unsent[i];
	return n - kept;
}

static __rte_always_inline uint16_t
send_sorted(struct vchannel_txq *q, const struct chunk *c, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t fill[VCHANNEL_NONE + 1] = {0}, sent[VCHANNEL_NONE + 1], total = 0, i;
	uint8_t m;

	for (i = 0; i < n; i++) {
		m = c->member[i];
		q->out[m][fill[m]++] = pkts[i];
	}
	for (m = 0; m <= c->any; m++) { /* no member has a higher number than all or-ed */
		sent[m] = 0;
		if (fill[m] == 0 || m == VCHANNEL_NONE)
			continue;
		sent[m] = send_to(q, m, q->out[m], fill[m]);
		total += sent[m];
	}
	return likely(total == n) ? n : keep_unsent(c, pkts, n, sent);
}

static __rte_always_inline uint16_t
send_placed(struct vchannel_txq *q, const struct chunk *c, struct rte_mbuf **pkts, uint16_t n)
{
	if (c->any == c->each)
		return likely(c->any != VCHANNEL_NONE) ? send_to(q, c->any, pkts, n) : 0;
	return send_sorted(q, c, pkts, n);
}

/* Count what is sent, by bucket. What is not will be offered again, and counts then. */
static __rte_noinline uint16_t
send_measured(struct vchannel_txq *q, const struct chunk *c, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t left[VCHANNEL_NONE + 1], sent, i;
	uint64_t before[VCHANNEL_NONE + 1];
	uint32_t len[VCHANNEL_CHUNK];
	uint8_t m;

	for (i = 0; i < n; i++) /* now: they may be freed when they are sent */
		len[i] = rte_pktmbuf_pkt_len(pkts[i]);
	for (m = 0; m <= VCHANNEL_NONE; m++)
		before[m] = q->count[m].packets;
	sent = send_placed(q, c, pkts, n);
	for (m = 0; m <= VCHANNEL_NONE; m++)
		left[m] = (uint16_t)(q->count[m].packets - before[m]);
	for (i = 0; i < n; i++) {
		m = c->member[i];
		if (left[m] == 0)
			continue;
		left[m]--; /* a member takes the first of its packets */
		q->load[c->bucket[i]] += len[i];
	}
	return sent;
}

static __rte_always_inline uint16_t
send_chunk(struct vchannel_txq *q, struct rte_mbuf **pkts, uint16_t n)
{
	const struct vchannel *vc = q->vc;
	uint64_t held = 0;
	struct chunk c;

	if (likely(vc->txq_flags & VCHANNEL_TX_NIC_HASH))
		place_all(vc, pkts, n, &c, true);
	else
		place_all(vc, pkts, n, &c, false);
	if (unlikely(c.any & VCHANNEL_MOVING))
		held = take_moving(vc, &c, n);
	if (unlikely(vc->txq_flags & VCHANNEL_TX_MEASURE))
		n = send_measured(q, &c, pkts, n);
	else
		n = send_placed(q, &c, pkts, n);
	if (unlikely(held != 0))
		give_moving(vc, &c, held);
	return n;
}

uint16_t
vchannel_tx_burst(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct vchannel_txq *q = queue;
	uint16_t done = 0, chunk, sent;

	enter(&q->seq);
	while (done < n) {
		chunk = RTE_MIN(n - done, VCHANNEL_CHUNK);
		sent = send_chunk(q, pkts + done, chunk);
		done += sent;
		if (sent < chunk)
			break;
	}
	leave(&q->seq);
	return done;
}

/* What a packet needs before it is sent depends on its member. A move in between is harmless:
 * drivers ask for the same pseudo-header checksums. */
uint16_t
vchannel_tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct vchannel_txq *q = queue;
	const struct vchannel *vc = q->vc;
	struct chunk c;
	uint16_t i;
	uint8_t m;

	enter(&q->seq);
	for (i = 0; i < n; i++) {
		place_all(vc, pkts + i, 1, &c, vc->txq_flags & VCHANNEL_TX_NIC_HASH);
		m = c.any & (uint8_t)~VCHANNEL_MOVING;
		if (m != VCHANNEL_NONE && rte_eth_tx_prepare(vc->port[m], q->id, pkts + i, 1) != 1)
			break;
	}
	leave(&q->seq);
	return i;
}

static inline uint16_t
receive_from(struct vchannel_rxq *q, unsigned int slot, struct rte_mbuf **pkts, uint16_t n)
{
	struct vchannel *vc = q->vc;
	uint64_t bytes = 0;
	uint16_t i;

	n = rte_eth_rx_burst(vc->port[slot], q->id, pkts, n);
	if (n == 0)
		return 0;
	if (unlikely(vc->probing))
		n = vchannel_probe_filter(vc, slot, pkts, n);
	for (i = 0; i < n; i++) {
		pkts[i]->port = vc->port_id;
		bytes += rte_pktmbuf_pkt_len(pkts[i]);
	}
	q->count[slot].packets += n;
	q->count[slot].bytes += bytes;
	return n;
}

uint16_t
vchannel_rx_burst(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	struct vchannel_rxq *q = queue;
	uint32_t mask, low;
	uint16_t got = 0;
	unsigned int slot;

	enter(&q->seq);
	mask = __atomic_load_n(&q->vc->rx_mask, __ATOMIC_ACQUIRE);
	/* Each burst begins with the member after the last one that was polled. */
	low = mask & ((UINT32_C(1) << q->first) - 1);
	mask &= ~low;
	while (got < n) {
		if (mask == 0) {
			mask = low;
			low = 0;
			if (mask == 0)
				break;
		}
		slot = __builtin_ctz(mask);
		mask &= mask - 1;
		got += receive_from(q, slot, pkts + got, n - got);
		q->first = slot + 1 < VCHANNEL_MEMBERS_MAX ? slot + 1 : 0;
	}
	leave(&q->seq);
	return got;
}

/* For a secondary process, and for a device that is stopped. */
uint16_t
vchannel_no_burst(void *queue, struct rte_mbuf **pkts, uint16_t n)
{
	RTE_SET_USED(queue);
	RTE_SET_USED(pkts);
	RTE_SET_USED(n);
	return 0;
}

__typeof__(((eth_rx_queue_count_t)0)((void *)0))
vchannel_rx_count(void *queue)
{
	struct vchannel_rxq *q = queue;
	uint32_t mask;
	int sum = 0, n;

	/* Monitoring threads call this, so it is not part of the queue's sequence of bursts. */
	for (mask = q->vc->rx_mask; mask != 0; mask &= mask - 1) {
		n = rte_eth_rx_queue_count(q->vc->port[__builtin_ctz(mask)], q->id);
		if (n > 0)
			sum += n;
	}
	return sum;
}

int
vchannel_tx_cleanup(void *queue, uint32_t n)
{
	struct vchannel_txq *q = queue;
	uint32_t mask;
	int sum = 0, rc;

	enter(&q->seq);
	for (mask = q->vc->rx_mask; mask != 0; mask &= mask - 1) {
		rc = rte_eth_tx_done_cleanup(q->vc->port[__builtin_ctz(mask)], q->id, n);
		if (rc > 0)
			sum += rc;
	}
	leave(&q->seq);
	return sum;
}
