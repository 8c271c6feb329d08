/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include <rte_arp.h>

#include "xbench_priv.h"

/*
 * The sink: counts, looks at one packet in so many, and frees in bulk. A packet that was not
 * forwarded as it should have been is counted by its flaw, and the first one is kept for the
 * report.
 */

/* Shorter than every frame of ours, with a tag stripped or left to the NIC: 58 bytes and up. */
#define SMALLEST_FRAME 58

static void
look_at(struct xbench_txq *q, const struct rte_mbuf *m)
{
	struct xbench_dev *dev = q->dev;
	uint16_t vlan = m->ol_flags & RTE_MBUF_F_TX_VLAN ? m->vlan_tci & 0xfff : 0;
	struct xbench_marker marker;
	enum xbench_flaw flaw;

	flaw = xbench_frame_check(&dev->check, rte_pktmbuf_mtod(m, const uint8_t *), m->data_len,
		m->pkt_len, vlan, m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM, &marker);
	q->flaws[flaw]++;
	if (flaw == XBENCH_OK && dev->conf.latency && marker.stamp != 0)
		xbench_histogram_add(&q->latency, rte_rdtsc() - marker.stamp);
	if (flaw > XBENCH_FOREIGN && dev->first_flaw == XBENCH_OK) {
		dev->first_flaw = flaw;
		dev->first_len = RTE_MIN(m->data_len, sizeof(dev->first_frame));
		memcpy(dev->first_frame, rte_pktmbuf_mtod(m, void *), dev->first_len);
	}
}

static __rte_always_inline void
count(struct xbench_txq *q, struct rte_mbuf **pkts, uint16_t n)
{
	uint64_t bytes = 0;
	uint16_t i;

	for (i = 0; i < n; i++) {
		bytes += pkts[i]->pkt_len;
		q->small += pkts[i]->pkt_len < SMALLEST_FRAME;
	}
	q->bytes += bytes;
	q->taken += n;
	if (q->period != 0) {
		for (; unlikely(q->until < n); q->until += q->period)
			look_at(q, pkts[q->until]);
		q->until -= n;
	}
	xbench_meter_taken(n);
}

static uint16_t
tx_fast_free(void *txq, struct rte_mbuf **pkts, uint16_t n)
{
	if (unlikely(n == 0))
		return 0;
	count(txq, pkts, n);
	rte_mempool_put_bulk(pkts[0]->pool, (void **)pkts, n);
	return n;
}

static uint16_t
tx_plain(void *txq, struct rte_mbuf **pkts, uint16_t n)
{
	count(txq, pkts, n);
	rte_pktmbuf_free_bulk(pkts, n);
	return n;
}

/* What a port whose link is down takes: no more than its descriptors, and none of it arrives. */
static uint16_t
take_while_down(struct xbench_txq *q, struct rte_mbuf **pkts, uint16_t n)
{
	n = RTE_MIN((uint32_t)n, q->nb_desc - q->stuck);
	q->stuck += n;
	q->lost += n;
	rte_pktmbuf_free_bulk(pkts, n);
	return n;
}

static uint16_t
tx_full(void *txq, struct rte_mbuf **pkts, uint16_t n)
{
	struct xbench_txq *q = txq;
	struct xbench_dev *dev = q->dev;
	uint16_t i;

	if (unlikely(!dev->link_up))
		return take_while_down(q, pkts, n);
	q->stuck = 0;
	for (i = 0; i < n; i++) {
		if (dev->conf.loss > 0 && xbench_random(&q->seed) % 1000000 < dev->conf.loss)
			q->lost++;
		else if (dev->answers != NULL && xbench_answer(dev, pkts[i]) &&
			rte_ring_enqueue(dev->answers, pkts[i]) == 0) {
			q->small++;
			q->taken++;
			continue;
		} else
			count(q, &pkts[i], 1);
		rte_pktmbuf_free(pkts[i]);
	}
	return n;
}

eth_tx_burst_t
xbench_tx_select(const struct xbench_dev *dev)
{
	const struct xbench_conf *conf = &dev->conf;

	if (conf->loss > 0 || conf->answer || conf->n_link > 0)
		return tx_full;
	if (dev->eth->data->dev_conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE)
		return tx_fast_free;
	return tx_plain;
}
