/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From bytes to frames: link header, fragments, Ethernet header.
 *
 * Congestion marks: nobody sees a NIC's queue from here, but where a face says what its link
 * carries ("rate"), the bits given to it minus those it can have sent since are what waits. Above
 * MARK_BACKLOG_US of waiting, packets are marked as NFD does it (developer's guide, "congestion
 * control"): one at once, the next after an interval that shrinks with the square root of how many
 * there were, until the queue is short again. Consumers slow down for a mark as for a loss.
 */
#include <math.h>

#include "ccn_priv.h"

#define MARK_BACKLOG_US 5000
#define MARK_INTERVAL_US 100000
#define HEADERS_MAX (CCN_LP_HEADER_MAX + 8 + 20 + 18) /* may come before a packet's bytes */

/* Account for bits on their way; true when the packet is to be marked. */
static bool
congested(struct ccn_fwd *fwd, const struct ccn_face *face, uint32_t len)
{
	struct ccn_face_counts *c = &fwd->counts[ccn_face_slot(face->id)];
	uint64_t sent = (fwd->now_us - c->backlog_at_us) * face->rate_mbps;

	c->backlog = c->backlog > sent ? c->backlog - sent : 0;
	c->backlog += len * 8u;
	c->backlog_at_us = fwd->now_us;
	if (c->backlog < (uint64_t)MARK_BACKLOG_US * face->rate_mbps) {
		c->marks_in_row = 0;
		return false;
	}
	if (c->marks_in_row > 0 && fwd->now_us < c->next_mark_us)
		return false;
	c->marks_in_row++;
	c->marked++;
	c->next_mark_us = fwd->now_us + (uint64_t)(MARK_INTERVAL_US / sqrt(c->marks_in_row));
	return true;
}

static void
gather(struct ccn_tx *tx, const struct ccn_face *face, struct rte_mbuf *m)
{
	if (unlikely(face->link == CCN_LINK_UDP4)) {
		rte_node_enqueue_x1(tx->graph, tx->node, CCN_EDGE_IP4_OUTPUT, m);
		return;
	}
	if (unlikely(tx->n == RTE_DIM(tx->out)))
		ccn_tx_flush(tx);
	tx->out[tx->n++] = m;
}

void
ccn_tx_flush(struct ccn_tx *tx)
{
	if (tx->n > 0)
		rte_node_enqueue(
			tx->graph, tx->node, CCN_EDGE_PORT_TX, (void **)tx->out, (uint16_t)tx->n);
	tx->n = 0;
}

static bool
ether_encap(const struct ccn_face *face, struct rte_mbuf *m)
{
	const struct xebra_iface *iface = xebra_iface_get(face->iface);
	char *l2 = iface == NULL ? NULL : rte_pktmbuf_prepend(m, face->l2_len);

	if (unlikely(l2 == NULL))
		return false;
	memcpy(l2, face->l2, face->l2_len);
	m->port = iface->port;
	return true;
}

static struct rte_mbuf *
copy_of(const uint8_t *bytes, uint32_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(xebra_pkt_pool());
	char *p = m == NULL ? NULL : rte_pktmbuf_append(m, (uint16_t)len);

	if (unlikely(p == NULL)) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	memcpy(p, bytes, len);
	return m;
}

struct rte_mbuf *
ccn_buffer(struct rte_mbuf **own, const uint8_t *bytes, uint32_t len)
{
	struct rte_mbuf *m = *own;
	const uint8_t *begin;

	if (m == NULL)
		return copy_of(bytes, len);
	begin = m->buf_addr;
	if (bytes >= begin + HEADERS_MAX && bytes < begin + m->buf_len) {
		m->data_off = (uint16_t)(bytes - begin);
	} else {
		if ((bytes >= begin && bytes < begin + m->buf_len) ||
			len + RTE_PKTMBUF_HEADROOM > m->buf_len)
			return copy_of(bytes, len);
		m->data_off = RTE_PKTMBUF_HEADROOM;
		memcpy(rte_pktmbuf_mtod(m, void *), bytes, len);
	}
	*own = NULL;
	m->data_len = (uint16_t)len;
	m->pkt_len = len;
	m->ol_flags = 0;
	m->packet_type = 0;
	m->tx_offload = 0;
	return m;
}

struct rte_mbuf *
ccn_frame(struct rte_mbuf *m, const struct ccn_face *face, const struct ccn_lp *lp,
	uint64_t sequence, uint32_t index, uint32_t count)
{
	uint8_t header[CCN_LP_HEADER_MAX];
	uint32_t header_len;
	char *p;

	if (unlikely(m == NULL))
		return NULL;
	header_len = ccn_lp_write(header, lp, m->pkt_len, sequence, index, count);
	p = rte_pktmbuf_prepend(m, (uint16_t)header_len);
	if (unlikely(p == NULL))
		goto fail;
	memcpy(p, header, header_len);
	if (likely(face->link == CCN_LINK_UDP4 ? ccn_udp_encap(face, m) : ether_encap(face, m)))
		return m;
fail:
	rte_pktmbuf_free(m);
	return NULL;
}

uint32_t
ccn_part_size(const struct ccn_face *face, const struct ccn_lp *lp, uint32_t len)
{
	uint32_t buffer = rte_pktmbuf_data_room_size(xebra_pkt_pool()) - RTE_PKTMBUF_HEADROOM;
	uint32_t max = RTE_MIN(face->mtu, buffer);
	uint8_t header[CCN_LP_HEADER_MAX];

	return len + ccn_lp_write(header, lp, len, 0, 0, 1) <= max ? len : max - CCN_LP_HEADER_MAX;
}

void
ccn_send(void *ctx, const struct ccn_face *face, const struct ccn_lp *lp, const uint8_t *bytes,
	uint32_t len)
{
	struct ccn_tx *tx = ctx;
	struct ccn_lp marked;
	uint32_t count, part;
	uint64_t sequence;

	tx->fwd->counts[ccn_face_slot(face->id)].tx_bytes += len;
	if (face->rate_mbps > 0 && congested(tx->fwd, face, len) && lp->congestion == 0) {
		marked = *lp;
		marked.congestion = 1;
		lp = &marked;
	}
	part = ccn_part_size(face, lp, len);
	count = (len + part - 1) / part;
	sequence = tx->run->sequence[tx->worker];
	tx->run->sequence[tx->worker] += count;
	for (uint32_t i = 0; i < count; i++, bytes += part, len -= part) {
		struct rte_mbuf *none = NULL, *m;

		part = RTE_MIN(part, len);
		/* An Interest that comes back with a Nack is needed for the next one's. */
		m = ccn_buffer(lp->nack ? &none : &tx->own, bytes, part);
		m = ccn_frame(m, face, lp, sequence + i, i, count);
		if (likely(m != NULL))
			gather(tx, face, m);
		else
			tx->fwd->counts[ccn_face_slot(face->id)].tx_dropped++;
	}
}
