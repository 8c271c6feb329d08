/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The data path. A transmit burst is handled in chunks, in passes that each do one simple thing to
 * all packets of the chunk: find the member (place.h), sort by member, hand over. In the common
 * case nothing is shared with other queues but tables that are only read. A chunk with one member
 * is handed over as it lies there.
 *
 * tx_burst's contract is that pkts[0..n) are sent and the rest is still the caller's. A member that
 * is full leaves gaps anywhere in the chunk, so the unsent packets are written to its end, in their
 * order.
 */

#include <rte_cycles.h>

#include "burst.h"
#include "place.h"

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

/* Hand packets of so many bytes to one member; those not taken are the last ones. */
static __rte_always_inline uint16_t
send_to(struct vchannel_txq *q, uint8_t member, struct rte_mbuf **pkts, uint16_t n, uint64_t bytes)
{
	struct vchannel_count *count = &q->count[member];
	uint16_t i, k = rte_eth_tx_burst(q->vc->port[member], q->id, pkts, n);

	for (i = k; unlikely(i < n); i++)
		bytes -= rte_pktmbuf_pkt_len(pkts[i]);
	if (unlikely(k < n))
		count->refused += n - k;
	count->packets += k;
	count->bytes += bytes;
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

/* How much of a chunk each member is to get. */
struct heaps {
	uint64_t bytes[VCHANNEL_NONE + 1];
	uint8_t packets[VCHANNEL_NONE + 1];
};

#define FEW 8 /* members whose numbers of packets one register holds */

/* Members below FEW: a counter in memory would have to be stored before it can be read again. */
static __rte_always_inline void
sort_few(struct vchannel_txq *q, const struct chunk *c, struct rte_mbuf **pkts, uint16_t n,
	struct heaps *heaps)
{
	struct rte_mbuf *const *end = pkts + n, **const out = q->out[0];
	const uint8_t *member = c->member;
	uint64_t counts = 0;
	uint8_t m, at;

	for (; pkts < end; pkts++) {
		m = *member++;
		at = (uint8_t)(counts >> (8 * m));
		out[m * VCHANNEL_CHUNK + at] = *pkts;
		counts += UINT64_C(1) << (8 * m);
		heaps->bytes[m] += rte_pktmbuf_pkt_len(*pkts);
	}
	for (m = 0; m < FEW; m++)
		heaps->packets[m] = (uint8_t)(counts >> (8 * m));
}

static __rte_noinline void
sort_many(struct vchannel_txq *q, const struct chunk *c, struct rte_mbuf **pkts, uint16_t n,
	struct heaps *heaps)
{
	uint16_t i;
	uint8_t m;

	memset(heaps->packets, 0, sizeof(heaps->packets));
	for (i = 0; i < n; i++) {
		m = c->member[i];
		q->out[m][heaps->packets[m]++] = pkts[i];
		heaps->bytes[m] += rte_pktmbuf_pkt_len(pkts[i]);
	}
}

static __rte_noinline uint16_t
send_sorted(struct vchannel_txq *q, const struct chunk *c, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t sent[VCHANNEL_NONE + 1], total = 0;
	struct heaps heaps;
	uint8_t m;

	for (m = 0; m <= c->any; m++) /* no member has a higher number than all or-ed */
		heaps.bytes[m] = 0;
	if (likely(c->any < FEW))
		sort_few(q, c, pkts, n, &heaps);
	else
		sort_many(q, c, pkts, n, &heaps);
	for (m = 0; m <= c->any; m++) {
		sent[m] = 0;
		if (heaps.packets[m] == 0 || m == VCHANNEL_NONE)
			continue;
		sent[m] = send_to(q, m, q->out[m], heaps.packets[m], heaps.bytes[m]);
		total += sent[m];
	}
	return likely(total == n) ? n : keep_unsent(c, pkts, n, sent);
}

static __rte_always_inline uint16_t
send_placed(struct vchannel_txq *q, const struct chunk *c, struct rte_mbuf **pkts, uint16_t n)
{
	if (c->any == c->each)
		return likely(c->any != VCHANNEL_NONE) ? send_to(q, c->any, pkts, n, c->bytes) : 0;
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

	place_all(vc, pkts, n, &c);
	if (unlikely((c.any & VCHANNEL_MOVING) || (vc->txq_flags & VCHANNEL_TX_MEASURE)))
		place_again(vc, pkts, n, &c);
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
		place_all(vc, pkts + i, 1, &c);
		m = c.any & (uint8_t)~VCHANNEL_MOVING;
		if (m != VCHANNEL_NONE && rte_eth_tx_prepare(vc->port[m], q->id, pkts + i, 1) != 1)
			break;
	}
	leave(&q->seq);
	return i;
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
