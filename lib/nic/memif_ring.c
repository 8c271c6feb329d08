/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hostile half of memif
 * =========================
 *
 * The client of a VF is a guest's process. All that it shares with us is memory, in which it can
 * write anything, anywhere, at any time, also between two looks of ours. So
 *
 *  - how far we are is known from our own count, never from what we once wrote into the ring;
 *  - a descriptor is read once, into memory of ours, and checked there: its region exists, and all
 *    of the buffer lies within it;
 *  - a frame is copied out before anybody looks at it, and no longer one than a buffer of ours
 * holds;
 *  - the work is bounded: a frame has at most MEMIF_CHAIN_MAX buffers, each of which may be a page
 *    that has to be found first, and a count beyond the size of the ring, which was fixed when the
 *    client connected, is the end of the connection;
 *  - nobody is woken: the doorbell would be a write to a descriptor of the client's choosing, which
 *    may block. Clients poll.
 *
 * That the memory stays there is the matter of memif_session.c, which takes only files that cannot
 * shrink. DPDK's own driver for memif checks none of this (doc/guides/nic.rst).
 */
#include <rte_branch_prediction.h>
#include <rte_memcpy.h>
#include <rte_prefetch.h>

#include "memif_ring.h"

/* Buffers of a frame: the longest fits into five of those that clients usually have. */
#define MEMIF_CHAIN_MAX 16

/* The address of a buffer that lies wholly within a region, or NULL. */
static uint8_t *
buffer_of(const struct memif_link *link, const struct memif_desc *d)
{
	const struct memif_region *region;

	if (unlikely(d->region >= link->nb_regions))
		return NULL;
	region = &link->regions[d->region];
	if (unlikely(d->offset > region->size || d->length > region->size - d->offset))
		return NULL;
	return region->addr + d->offset;
}

/* One look at a descriptor. */
static void
read_desc(const struct memif_queue *q, uint16_t slot, struct memif_desc *d)
{
	const volatile struct memif_desc *shared = &q->ring->desc[slot & (q->size - 1)];

	d->flags = shared->flags;
	d->region = shared->region;
	d->length = shared->length;
	d->offset = shared->offset;
}

/*
 * Take a frame of one or more buffers. Returns the number of descriptors, 0 when the client broke
 * the protocol. A frame that is too long is not copied, and its length becomes UINT32_MAX.
 */
static uint16_t
take_frame(const struct memif_link *link, const struct memif_queue *q, uint16_t ready,
	struct rte_mbuf *m, uint32_t room)
{
	uint8_t *to = rte_pktmbuf_mtod(m, uint8_t *);
	uint64_t len = 0;
	uint16_t used = 0;
	struct memif_desc d;

	do {
		const uint8_t *from;

		if (unlikely(used == ready || used == MEMIF_CHAIN_MAX))
			return 0; /* goes on, and there is nothing, or too much */
		read_desc(q, q->next + used, &d);
		from = buffer_of(link, &d);
		if (unlikely(from == NULL))
			return 0;
		if (likely(len + d.length <= room))
			rte_memcpy(to + len, from, d.length);
		len += d.length;
		used++;
	} while (unlikely((d.flags & MEMIF_DESC_NEXT) != 0));
	m->data_len = (uint16_t)RTE_MIN(len, room);
	m->pkt_len = len <= room ? (uint32_t)len : UINT32_MAX;
	return used;
}

static uint16_t
receive_from(struct memif_link *link, struct memif_queue *q, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t head = __atomic_load_n(&q->ring->head, __ATOMIC_ACQUIRE);
	uint16_t ready = head - q->next;
	uint16_t n = 0, used;
	uint32_t room;

	if (ready == 0)
		return 0;
	nb = RTE_MIN(nb, ready);
	if (unlikely(ready > q->size)) {
		link->broken = true;
		return 0;
	}
	if (unlikely(rte_pktmbuf_alloc_bulk(link->pool, pkts, nb) != 0)) {
		link->no_memory++;
		return 0;
	}
	room = rte_pktmbuf_tailroom(pkts[0]);
	for (uint16_t i = 0; i < nb && ready > 0; i++) {
		used = take_frame(link, q, ready, pkts[n], room);
		if (unlikely(used == 0)) {
			link->broken = true;
			break;
		}
		q->next += used;
		ready -= used;
		if (likely(pkts[n]->pkt_len != UINT32_MAX))
			n++;
		else
			link->too_long++;
	}
	if (unlikely(n < nb))
		rte_pktmbuf_free_bulk(pkts + n, nb - n);
	__atomic_store_n(&q->ring->tail, q->next, __ATOMIC_RELEASE);
	return n;
}

uint16_t
memif_receive(struct memif_link *link, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t n = 0;

	if (unlikely(link->broken))
		return 0;
	for (uint16_t i = 0; i < link->nb_from && n < nb; i++) {
		n += receive_from(link, &link->from[link->turn], pkts + n, nb - n);
		if (++link->turn >= link->nb_from)
			link->turn = 0;
	}
	return n;
}

/*
 * Put a frame into one or more of the client's buffers. Returns the number of descriptors; 0 when
 * there are too few, or when the client broke the protocol.
 */
static uint16_t
put_frame(struct memif_link *link, struct memif_queue *q, uint16_t free, const struct rte_mbuf *m)
{
	const uint8_t *from = rte_pktmbuf_mtod(m, const uint8_t *);
	uint32_t left = m->pkt_len;
	uint16_t used = 0;

	do {
		volatile struct memif_desc *shared;
		struct memif_desc d;
		uint32_t len;
		uint8_t *to;

		if (unlikely(used == free))
			return 0;
		if (unlikely(used == MEMIF_CHAIN_MAX)) {
			link->broken = true;
			return 0;
		}
		read_desc(q, q->next + used, &d);
		to = buffer_of(link, &d);
		if (unlikely(to == NULL || d.length == 0)) {
			link->broken = true;
			return 0;
		}
		len = RTE_MIN(left, d.length);
		rte_memcpy(to, from, len);
		from += len;
		left -= len;
		shared = &q->ring->desc[(q->next + used) & (q->size - 1)];
		shared->length = len;
		shared->flags = left > 0 ? MEMIF_DESC_NEXT : 0;
		used++;
	} while (unlikely(left > 0));
	return used;
}

uint16_t
memif_send(struct memif_link *link, struct rte_mbuf **pkts, uint16_t nb)
{
	struct memif_queue *q = &link->to;
	uint16_t free, n = 0;

	if (unlikely(link->broken))
		return 0;
	free = __atomic_load_n(&q->ring->head, __ATOMIC_ACQUIRE) - q->next;
	if (unlikely(free > q->size)) {
		link->broken = true;
		return 0;
	}
	for (; n < nb; n++) {
		uint16_t used = put_frame(link, q, free, pkts[n]);

		if (unlikely(used == 0))
			break;
		q->next += used;
		free -= used;
	}
	if (n == 0)
		return 0;
	__atomic_store_n(&q->ring->tail, q->next, __ATOMIC_RELEASE);
	rte_pktmbuf_free_bulk(pkts, n);
	return n;
}
