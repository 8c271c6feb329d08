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
hash_soft(const struct vchannel *vc, const struct rte_mbuf *m, bool symmetric)
{
	uint32_t hash;

	if (!symmetric &&
		likely(vchannel_flow_hash_fast(
			vc->flow.seed, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len, &hash)))
		return hash;
	return hash_slow(vc, m);
}

/* Some drivers mark packets that their NIC could not parse as hashed, to 0. */
static inline bool
has_nic_hash(const struct rte_mbuf *m)
{
	return (m->ol_flags & RTE_MBUF_F_RX_RSS_HASH) && m->hash.rss != 0;
}

static __rte_always_inline void
find_buckets(const struct vchannel *vc, struct rte_mbuf **pkts, uint16_t n, uint32_t *bucket)
{
	const uint32_t shift = vc->shift;
	const bool symmetric = vc->flow.symmetric;
	uint16_t i;

	if (vc->txq_flags & VCHANNEL_TX_NIC_HASH) {
		for (i = 0; i < n; i++) {
			uint32_t hash = likely(has_nic_hash(pkts[i]))
				? pkts[i]->hash.rss ^ vc->flow.seed
				: hash_soft(vc, pkts[i], symmetric);

			bucket[i] = vchannel_flow_bucket(hash, shift);
		}
		return;
	}
	for (i = 0; i < RTE_MIN(n, 4); i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (i = 0; i < n; i++) {
		if (i + 4 < n)
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + 4], void *));
		bucket[i] = vchannel_flow_bucket(hash_soft(vc, pkts[i], symmetric), shift);
	}
}

/* Buckets on the move: agree with the other queues. Returns a mask of the packets to give(). */
static __rte_noinline uint64_t
take_moving(const struct vchannel *vc, const uint32_t *bucket, uint8_t *member, uint16_t n)
{
	uint32_t now = (uint32_t)(rte_rdtsc() >> vc->tick_shift);
	uint64_t mask = 0;
	bool held;
	uint16_t i;

	for (i = 0; i < n; i++) {
		if (!(member[i] & VCHANNEL_MOVING))
			continue;
		member[i] = vchannel_bucket_take(vc->table, bucket[i], now, &held);
		if (held)
			mask |= UINT64_C(1) << i;
	}
	return mask;
}

static __rte_noinline void
give_moving(const struct vchannel *vc, const uint32_t *bucket, uint64_t mask)
{
	uint32_t now = (uint32_t)(rte_rdtsc() >> vc->tick_shift);

	for (; mask != 0; mask &= mask - 1)
		vchannel_bucket_give(vc->table, bucket[__builtin_ctzll(mask)], now);
}

/* Some packets were not taken: find them in their original order, and put them last. */
static __rte_noinline uint16_t
keep_unsent(struct vchannel_txq *q, struct rte_mbuf **pkts, const uint8_t *member, uint16_t n,
	const uint16_t *sent)
{
	struct rte_mbuf *unsent[VCHANNEL_CHUNK];
	uint16_t seen[VCHANNEL_NONE + 1] = {0}, kept = 0, i;

	for (i = 0; i < n; i++) {
		uint8_t m = member[i];

		/* The packets of a member went out in their order: the last ones are left. */
		if (seen[m]++ < sent[m])
			continue;
		unsent[kept++] = pkts[i];
		if (m != VCHANNEL_NONE)
			q->count[m].bytes -= rte_pktmbuf_pkt_len(pkts[i]);
	}
	for (i = 0; i < kept; i++)
		pkts[n - kept + i] = unsent[i];
	return n - kept;
}

static __rte_always_inline uint16_t
send_sorted(struct vchannel_txq *q, struct rte_mbuf **pkts, const uint8_t *member, uint16_t n)
{
	uint16_t fill[VCHANNEL_NONE + 1], sent[VCHANNEL_NONE + 1];
	uint16_t total = 0, i, k;
	uint32_t used = 0, left;

	for (i = 0; i < n; i++) {
		uint8_t m = member[i];

		if (!(used & (UINT32_C(1) << m))) {
			used |= UINT32_C(1) << m;
			fill[m] = 0;
		}
		q->out[m][fill[m]++] = pkts[i];
		q->count[m].bytes += rte_pktmbuf_pkt_len(pkts[i]);
	}
	for (left = used & ~(UINT32_C(1) << VCHANNEL_NONE); left != 0; left &= left - 1) {
		unsigned int m = __builtin_ctz(left);

		k = rte_eth_tx_burst(q->vc->port[m], q->id, q->out[m], fill[m]);
		q->count[m].packets += k;
		q->count[m].offered += fill[m];
		sent[m] = k;
		total += k;
	}
	if (likely(total == n))
		return n;
	sent[VCHANNEL_NONE] = 0;
	return keep_unsent(q, pkts, member, n, sent);
}

static __rte_always_inline uint16_t
send_chunk(struct vchannel_txq *q, struct rte_mbuf **pkts, uint16_t n)
{
	const struct vchannel *vc = q->vc;
	uint32_t bucket[VCHANNEL_CHUNK];
	uint8_t member[VCHANNEL_CHUNK], any = 0;
	uint64_t held = 0;
	uint16_t i;

	find_buckets(vc, pkts, n, bucket);
	for (i = 0; i < n; i++) {
		member[i] = __atomic_load_n(&vc->table->map[bucket[i]], __ATOMIC_RELAXED);
		any |= member[i];
	}
	if (unlikely(any & VCHANNEL_MOVING))
		held = take_moving(vc, bucket, member, n);
	if (vc->txq_flags & VCHANNEL_TX_MEASURE)
		for (i = 0; i < n; i++)
			q->load[bucket[i]] += rte_pktmbuf_pkt_len(pkts[i]);
	n = send_sorted(q, pkts, member, n);
	if (unlikely(held != 0))
		give_moving(vc, bucket, held);
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
	uint32_t bucket;
	uint16_t i;
	uint8_t m;

	enter(&q->seq);
	for (i = 0; i < n; i++) {
		find_buckets(vc, pkts + i, 1, &bucket);
		m = __atomic_load_n(&vc->table->map[bucket], __ATOMIC_RELAXED);
		m &= (uint8_t)~VCHANNEL_MOVING;
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
