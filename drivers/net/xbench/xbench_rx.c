/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_malloc.h>
#include <rte_vect.h>

#include "xbench_priv.h"

/*
 * The source. Mbufs come from the application's pool in bulk, as a NIC's driver takes them, and are
 * filled from records with wide stores: what is left to measure is the application. Two versions:
 * the plain one, and one that can do everything (rate, popularity, latency stamps, answers, names).
 *
 * A port that gives Interests writes another nonce into each: repeated ones would be loops. A port
 * that gives Data is the producer at the other end. It does not read the Interests that it takes,
 * which would cost time that is not the application's, but gives the same names in the same order,
 * a Data for each Interest taken; with a lag, so many Interests later.
 */

static_assert(offsetof(struct rte_mbuf, hash) - XBENCH_MBUF_AT == 28,
	"a record holds the mbuf from data_off to the RSS hash");

static __rte_always_inline void
fill(struct rte_mbuf *m, const uint8_t *record, uint32_t stride)
{
	uint8_t *data = (uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM;

	rte_mov32((uint8_t *)m + XBENCH_MBUF_AT, record);
	rte_mov64(data, record + sizeof(struct xbench_record));
	for (uint32_t at = 64; at < stride - sizeof(struct xbench_record); at += 32)
		rte_mov32(data + at, record + sizeof(struct xbench_record) + at);
}

static __rte_always_inline uint32_t
record_len(const uint8_t *record)
{
	return *(const uint32_t *)(record + offsetof(struct rte_mbuf, pkt_len) - XBENCH_MBUF_AT);
}

static __rte_always_inline uint16_t
give(struct xbench_rxq *q, struct rte_mbuf **pkts, uint16_t n, uint32_t stride)
{
	const uint8_t *record = q->next;
	uint64_t bytes = 0;
	uint16_t i;

	if (unlikely(!q->dev->open || !q->dev->link_up))
		return 0;
	if (unlikely(q->given + n > q->quota)) {
		n = q->quota - q->given;
		if (n == 0)
			return 0;
	}
	if (unlikely(rte_mempool_get_bulk(q->pool, (void **)pkts, n) != 0)) {
		q->nombuf += n;
		return 0;
	}
	for (i = 0; i < n; i++) {
		fill(pkts[i], record, stride);
		bytes += record_len(record);
		record += stride;
		if (record == q->end)
			record = q->flows.records;
	}
	q->next = record;
	q->given += n;
	q->bytes += bytes;
	return n;
}

static uint16_t
rx_plain_96(void *rxq, struct rte_mbuf **pkts, uint16_t n)
{
	xbench_meter_polled(rxq);
	return give(rxq, pkts, n, 96);
}

static uint16_t
rx_plain_128(void *rxq, struct rte_mbuf **pkts, uint16_t n)
{
	xbench_meter_polled(rxq);
	return give(rxq, pkts, n, 128);
}

/*
 * How many packets are due, and when the first of them was. What the application does not fetch in
 * time is lost as in a NIC whose ring overflows; stamps are taken when a packet was due, not when
 * it was fetched, so that a late poll shows up in the latency.
 */
static uint16_t
due_now(struct xbench_rxq *q, uint16_t n)
{
	uint64_t now = rte_rdtsc(), due, late;

	if (q->start == 0)
		q->start = now;
	due = (uint64_t)((now - q->start) / q->tsc_per_packet) + 1;
	due = RTE_MIN(due, q->quota) - q->given - q->missed;
	if (due > q->nb_desc) {
		late = due - q->nb_desc;
		q->missed += late;
		due -= late;
	}
	return RTE_MIN((uint64_t)n, due);
}

#define ORDER_AHEAD 16 /* records */

static const uint8_t *
next_record(struct xbench_rxq *q)
{
	const uint8_t *record = q->next;
	uint32_t ahead;

	if (q->flows.order != NULL) {
		record = q->flows.records + (size_t)q->flows.order[q->order_at] * q->flows.stride;
		q->order_at = q->order_at + 1 == q->flows.order_n ? 0 : q->order_at + 1;
		/* Records far apart are no stream that the processor would see coming. */
		ahead = q->flows.order[(q->order_at + ORDER_AHEAD) & (q->flows.order_n - 1)];
		rte_prefetch0(q->flows.records + (size_t)ahead * q->flows.stride);
		return record;
	}
	q->next += q->flows.stride;
	if (q->next == q->end)
		q->next = q->flows.records;
	return record;
}

/* Data for which the Interests have come; the last ones do not wait for those behind them. */
static uint64_t
asked_for(const struct xbench_rxq *q)
{
	const struct xbench_txq *tx = q->dev->txq[q->id];
	uint64_t asked = tx == NULL ? 0 : tx->taken - tx->small, lag = q->dev->conf.lag;

	if (asked < q->quota)
		asked -= RTE_MIN(asked, lag);
	return asked - RTE_MIN(asked, q->given);
}

static void
renew_nonces(struct xbench_rxq *q, struct rte_mbuf **pkts, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		uint8_t *frame = rte_pktmbuf_mtod(pkts[i], uint8_t *);
		uint32_t nonce = (uint32_t)(q->given + i) * 2654435761u;

		memcpy(frame + xbench_frame_nonce_at(frame, q->flows.l3), &nonce, sizeof(nonce));
	}
}

static void
stamp_packets(struct xbench_rxq *q, struct rte_mbuf **pkts, uint16_t n)
{
	uint64_t stamp = rte_rdtsc();
	uint16_t i;

	for (i = 0; i < n; i++) {
		if (q->tsc_per_packet > 0)
			stamp = q->start +
				(uint64_t)((q->given + q->missed + i) * q->tsc_per_packet);
		memcpy(rte_pktmbuf_mtod_offset(pkts[i], uint8_t *,
			       q->flows.marker + offsetof(struct xbench_marker, stamp)),
			&stamp, sizeof(stamp));
	}
}

static uint16_t
take_answers(struct xbench_rxq *q, struct rte_mbuf **pkts, uint16_t n)
{
	n = rte_ring_dequeue_burst(q->dev->answers, (void **)pkts, n, NULL);
	q->answered += n;
	return n;
}

static uint16_t
rx_full(void *rxq, struct rte_mbuf **pkts, uint16_t n)
{
	struct xbench_rxq *q = rxq;
	uint64_t left;
	uint16_t i, got;

	xbench_meter_polled(rxq);
	if (!q->dev->link_up)
		return 0;
	if (q->id == 0 && q->dev->answers != NULL) {
		got = take_answers(q, pkts, n);
		if (got > 0)
			return got;
	}
	if (!q->dev->open)
		return 0;
	left = q->quota - q->given - q->missed;
	n = RTE_MIN((uint64_t)n, left);
	if (q->dev->conf.proto == XBENCH_DATA)
		n = RTE_MIN((uint64_t)n, asked_for(q));
	if (q->tsc_per_packet > 0)
		n = due_now(q, n);
	if (n == 0)
		return 0;
	if (rte_mempool_get_bulk(q->pool, (void **)pkts, n) != 0) {
		q->nombuf += n;
		return 0;
	}
	for (i = 0; i < n; i++) {
		const uint8_t *record = next_record(q);

		fill(pkts[i], record, q->flows.stride);
		q->bytes += record_len(record);
	}
	if (q->dev->conf.proto == XBENCH_INTEREST)
		renew_nonces(q, pkts, n);
	if (q->dev->conf.latency)
		stamp_packets(q, pkts, n);
	q->given += n;
	return n;
}

eth_rx_burst_t
xbench_rx_select(const struct xbench_dev *dev)
{
	const struct xbench_conf *conf = &dev->conf;
	const struct xbench_rxq *q = dev->rxq[0];

	if (conf->zipf > 0 || conf->rate > 0 || conf->latency || conf->answer || q == NULL ||
		conf->proto >= XBENCH_INTEREST)
		return rx_full;
	return q->flows.stride == 96 ? rx_plain_96 : rx_plain_128;
}
