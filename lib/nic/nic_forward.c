/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Carries out what the switch decides: tags put in and taken out, one frame for many receivers, and
 * a count for whatever is dropped.
 *
 * A frame for several is not copied for each. Its receivers want one of two forms of it, with tag
 * or without; there is at most one copy, when both are wanted, and everybody gets a reference.
 * (VFs' ports copy into the guest's memory anyway.)
 *
 * Nobody is waited for. What a VF does not take at once is dropped; what the uplink does not take
 * waits in `pending`, and the scheduler fetches nothing more for it until that is gone.
 */
#include <string.h>

#include <rte_prefetch.h>

#include "nic_priv.h"

#define TAG_AT (2 * RTE_ETHER_ADDR_LEN)

/* A VF's frame is not forwarded. */
static void
drop(struct nic_worker *w, unsigned int vf, enum nic_drop why, struct rte_mbuf *m)
{
	w->vf_stats[vf].drops[why]++;
	rte_pktmbuf_free(m);
}

static void
strip_tag(struct rte_mbuf *m)
{
	uint8_t *old = rte_pktmbuf_mtod(m, uint8_t *);

	memmove(old + RTE_VLAN_HLEN, old, TAG_AT);
	rte_pktmbuf_adj(m, RTE_VLAN_HLEN);
}

/* There is always headroom: frames come from our pool, and are tagged once. */
static void
insert_tag(struct rte_mbuf *m, uint16_t tci)
{
	uint8_t *old = rte_pktmbuf_mtod(m, uint8_t *);
	uint8_t *new = (uint8_t *)rte_pktmbuf_prepend(m, RTE_VLAN_HLEN);

	memmove(new, old, TAG_AT);
	new[TAG_AT] = 0x81;
	new[TAG_AT + 1] = 0x00;
	new[TAG_AT + 2] = tci >> 8;
	new[TAG_AT + 3] = tci & 0xff;
}

static void
set_form(struct rte_mbuf *m, const struct nic_verdict *v, bool tagged)
{
	if (v->tagged && !tagged)
		strip_tag(m);
	else if (!v->tagged && tagged)
		insert_tag(m, v->tci);
}

static void
flush_vf(struct nic_worker *w, const struct nic_plan *plan, unsigned int vf)
{
	struct nic_vf_stats *stats = &w->vf_stats[vf];
	struct nic_buffer *b = &w->buffers[vf];
	uint64_t bytes = 0;
	uint16_t sent;

	for (uint16_t i = 0; i < b->nb; i++)
		bytes += b->pkts[i]->pkt_len;
	sent = plan->ports[vf]->tx(plan->ports[vf], b->pkts, b->nb);
	for (uint16_t i = sent; i < b->nb; i++) {
		bytes -= b->pkts[i]->pkt_len;
		drop(w, vf, NIC_DROP_RX_FULL, b->pkts[i]);
	}
	stats->rx_packets += sent;
	stats->rx_bytes += bytes;
	b->nb = 0;
}

void
nic_forward_flush(struct nic_worker *w, const struct nic_plan *plan)
{
	for (; w->touched != 0; w->touched &= w->touched - 1)
		flush_vf(w, plan, __builtin_ctzll(w->touched));
}

/* A frame in the form that the VF gets. */
static void
to_vf(struct nic_worker *w, const struct nic_plan *plan, unsigned int vf, bool tagged,
	struct rte_mbuf *m)
{
	struct nic_buffer *b = &w->buffers[vf];

	if (unlikely((plan->up >> vf & 1) == 0)) {
		drop(w, vf, NIC_DROP_RX_LINK_DOWN, m);
		return;
	}
	if (unlikely(m->pkt_len > (uint32_t)plan->sw.vfs[vf].mtu + RTE_ETHER_HDR_LEN +
			    (tagged ? RTE_VLAN_HLEN : 0))) {
		drop(w, vf, NIC_DROP_RX_TOO_LONG, m);
		return;
	}
	if (unlikely(b->nb == NIC_BURST))
		flush_vf(w, plan, vf);
	b->pkts[b->nb++] = m;
	w->touched |= UINT64_C(1) << vf;
}

void
nic_uplink_flush(struct nic_worker *w, const struct nic_plan *plan)
{
	uint16_t sent = 0, n;
	uint64_t bytes = 0;

	while (sent < w->nb_pending) {
		uint16_t most = RTE_MIN(w->nb_pending - sent, NIC_BURST);
		uint32_t len[NIC_BURST];

		for (uint16_t i = 0; i < most; i++)
			len[i] = w->pending[sent + i]->pkt_len;
		n = plan->uplink->tx(plan->uplink, w->pending + sent, most);
		for (uint16_t i = 0; i < n; i++)
			bytes += len[i];
		sent += n;
		if (n < most)
			break;
	}
	if (sent == 0)
		return;
	w->uplink_stats.tx_packets += sent;
	w->uplink_stats.tx_bytes += bytes;
	w->nb_pending -= sent;
	memmove(w->pending, w->pending + sent, w->nb_pending * sizeof(w->pending[0]));
}

/* A tagged frame of a VF's. False when it was dropped. */
static bool
to_uplink(struct nic_worker *w, const struct nic_plan *plan, unsigned int vf, struct rte_mbuf *m)
{
	if (unlikely(!plan->uplink_up)) {
		drop(w, vf, NIC_DROP_UPLINK_DOWN, m);
		return false;
	}
	if (unlikely(w->nb_pending == NIC_PENDING)) {
		drop(w, vf, NIC_DROP_UPLINK_FULL, m);
		return false;
	}
	w->pending[w->nb_pending++] = m;
	return true;
}

/* One frame to some VFs that want it in this form. */
static void
to_vfs(struct nic_worker *w, const struct nic_plan *plan, uint64_t vfs, bool tagged,
	struct rte_mbuf *m)
{
	for (; vfs != 0; vfs &= vfs - 1)
		to_vf(w, plan, __builtin_ctzll(vfs), tagged, m);
}

/*
 * One frame to several. References first: a port may be done with its own at once. `uplink` false
 * also when the VF's frame was dropped there.
 */
static bool
to_many(struct nic_worker *w, const struct nic_plan *plan, unsigned int from,
	const struct nic_verdict *v, struct rte_mbuf *m)
{
	uint64_t tagged = 0;
	unsigned int nb_tagged, nb_plain;
	struct rte_mbuf *other = m;

	for (uint64_t left = v->vfs; left != 0; left &= left - 1)
		if (nic_switch_keeps_tag(&plan->sw, __builtin_ctzll(left), v->tci))
			tagged |= left & -left;
	nb_tagged = __builtin_popcountll(tagged) + v->uplink;
	nb_plain = __builtin_popcountll(v->vfs & ~tagged);
	if (nb_tagged != 0 && nb_plain != 0) {
		other = rte_pktmbuf_copy(m, w->pool, 0, UINT32_MAX);
		if (unlikely(other == NULL)) {
			w->uplink_stats.no_memory++;
			rte_pktmbuf_free(m);
			return false;
		}
	}
	if (nb_plain != 0) {
		set_form(m, v, false);
		rte_mbuf_refcnt_update(m, (int16_t)(nb_plain - 1));
		to_vfs(w, plan, v->vfs & ~tagged, false, m);
	}
	if (nb_tagged == 0)
		return false;
	set_form(other, v, true);
	rte_mbuf_refcnt_update(other, (int16_t)(nb_tagged - 1));
	to_vfs(w, plan, tagged, true, other);
	return v->uplink && to_uplink(w, plan, from, other);
}

/* Returns whether the uplink gets it. */
static bool
carry_out(struct nic_worker *w, const struct nic_plan *plan, unsigned int from,
	const struct nic_verdict *v, struct rte_mbuf *m)
{
	if (v->vfs == 0) {
		set_form(m, v, true);
		return to_uplink(w, plan, from, m);
	}
	if ((v->vfs & (v->vfs - 1)) == 0 && !v->uplink) {
		unsigned int vf = __builtin_ctzll(v->vfs);
		bool tagged = nic_switch_keeps_tag(&plan->sw, vf, v->tci);

		set_form(m, v, tagged);
		to_vf(w, plan, vf, tagged, m);
		return false;
	}
	return to_many(w, plan, from, v, m);
}

uint64_t
nic_forward_from_vf(struct nic_worker *w, const struct nic_plan *plan, unsigned int vf,
	struct rte_mbuf **pkts, uint16_t nb)
{
	struct nic_vf_stats *stats = &w->vf_stats[vf];
	uint64_t uplink_bytes = 0;

	for (uint16_t i = 0; i < nb; i++) {
		struct rte_mbuf *m = pkts[i];
		uint32_t len = m->pkt_len;
		struct nic_verdict v;
		enum nic_drop why;

		why = nic_switch_from_vf(
			&plan->sw, vf, rte_pktmbuf_mtod(m, const uint8_t *), len, &v);
		if (unlikely(why != NIC_DROP_NOT)) {
			drop(w, vf, why, m);
			continue;
		}
		stats->tx_packets++;
		stats->tx_bytes += len;
		if (carry_out(w, plan, vf, &v, m))
			uplink_bytes += len;
	}
	return uplink_bytes;
}

void
nic_forward_from_uplink(
	struct nic_worker *w, const struct nic_plan *plan, struct rte_mbuf **pkts, uint16_t nb)
{
	struct nic_uplink_stats *stats = &w->uplink_stats;

	for (uint16_t i = 0; i < nb; i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (uint16_t i = 0; i < nb; i++) {
		struct rte_mbuf *m = pkts[i];
		enum nic_uplink_drop why;
		struct nic_verdict v;

		stats->rx_packets++;
		stats->rx_bytes += m->pkt_len;
		why = nic_switch_from_uplink(
			&plan->sw, rte_pktmbuf_mtod(m, const uint8_t *), m->pkt_len, &v);
		if (why == NIC_UPLINK_DROP_NOT) {
			carry_out(w, plan, NIC_VFS_MAX, &v, m);
			continue;
		}
		stats->drops[why]++;
		rte_pktmbuf_free(m);
	}
}
