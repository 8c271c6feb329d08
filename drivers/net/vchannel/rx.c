/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Receiving: the members in turn. A member that carries no flows is polled as well, for what it
 * still has, for probes, and because it may be the far end that is late in noticing; but see
 * choose_receivers().
 */

#include "burst.h"

static inline uint16_t
receive_from(struct vchannel_rxq *q, unsigned int slot, struct rte_mbuf **pkts, uint16_t n,
	const uint32_t drop)
{
	struct vchannel *vc = q->vc;
	uint64_t bytes = 0;
	uint16_t i;

	n = rte_eth_rx_burst(vc->port[slot], q->id, pkts, n);
	if (n == 0)
		return 0;
	if (unlikely(vc->probing))
		n = vchannel_probe_filter(vc, slot, pkts, n);
	if (unlikely(drop & (UINT32_C(1) << slot))) {
		q->count[slot].refused += n;
		rte_pktmbuf_free_bulk(pkts, n);
		return 0;
	}
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
	uint32_t mask, low, drop;
	uint16_t got = 0;
	unsigned int slot;

	enter(&q->seq);
	mask = __atomic_load_n(&q->vc->rx_mask, __ATOMIC_ACQUIRE);
	drop = __atomic_load_n(&q->vc->rx_drop, __ATOMIC_RELAXED);
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
		got += receive_from(q, slot, pkts + got, n - got, drop);
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

	/* Any thread may ask, also while a member goes: not part of the queue's bursts. */
	vchannel_lock(q->vc);
	for (mask = q->vc->rx_mask; mask != 0; mask &= mask - 1) {
		n = rte_eth_rx_queue_count(q->vc->port[__builtin_ctz(mask)], q->id);
		if (n > 0)
			sum += n;
	}
	vchannel_unlock_quietly(q->vc);
	return sum;
}
