/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Liveness probes. A link that is up proves little behind a switch or between VFs, so two
 * V-Channels can send each other a small frame per member every probe_ms. A probe says whether the
 * sender hears the other end on that member: only when it does are both directions known to work. A
 * member whose path was not confirmed for three periods is dead while another one's is; when no
 * path is confirmed, the other end may just not probe, and link states alone count.
 *
 * The control task sends, on a transmit queue of its own of every member. Receive queues take
 * probes out of their bursts and count them; the control task sees the counts grow.
 *
 *   Ethernet: peer's MAC address, or broadcast until it is known | ours | 0x88B5
 *   "XVCH" | version 1 | flags | 0 0 | sequence number (big endian)
 */

#include <stdio.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>

#include "vchannel_priv.h"

#define TYPE_PROBE 0x88B5 /* IEEE 802: local experimental use */
#define MAGIC 0x58564348
#define VERSION 1
#define FLAG_HEARD 1 /* the sender hears probes on this member */
#define FRAME 60
#define PERIODS_LOST 3
#define POOL_SIZE 2047

struct probe {
	struct rte_ether_hdr ether;
	rte_be32_t magic;
	uint8_t version;
	uint8_t flags;
	uint16_t zero;
	rte_be32_t seq;
} __rte_packed;

int
vchannel_probe_init(struct vchannel *vc)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	if (vc->args.probe_ms != 0 && vc->probe_pool == NULL) {
		snprintf(name, sizeof(name), "vchannel_probe_%u", vc->port_id);
		vc->probe_pool = rte_pktmbuf_pool_create(name, POOL_SIZE, 0, 0,
			RTE_PKTMBUF_HEADROOM + 2 * FRAME, vc->data->numa_node);
		if (vc->probe_pool == NULL)
			return vchannel_fail(
				-rte_errno, "probe_ms: no memory for the probes' packets");
	}
	vc->probing = vc->args.probe_ms != 0;
	vc->peer_since = 0;
	return 0;
}

/* How long without a probe before it means something, ns. */
static uint64_t
patience(const struct vchannel *vc)
{
	return (uint64_t)(PERIODS_LOST * vc->args.probe_ms + 2 * vc->args.interval_ms) * 1000000;
}

static void
fill(const struct vchannel *vc, struct vchannel_member *m, struct rte_mbuf *pkt, uint64_t now)
{
	struct probe *p = rte_pktmbuf_mtod(pkt, struct probe *);
	uint64_t peer = __atomic_load_n(&vc->peer_mac, __ATOMIC_RELAXED);

	memset(p, 0, FRAME);
	if (peer != 0)
		memcpy(&p->ether.dst_addr, &peer, RTE_ETHER_ADDR_LEN);
	else
		memset(&p->ether.dst_addr, 0xff, RTE_ETHER_ADDR_LEN);
	rte_ether_addr_copy(&vc->data->mac_addrs[0], &p->ether.src_addr);
	p->ether.ether_type = RTE_BE16(TYPE_PROBE);
	p->magic = RTE_BE32(MAGIC);
	p->version = VERSION;
	p->flags = m->heard_at != 0 && now - m->heard_at <= patience(vc) ? FLAG_HEARD : 0;
	p->seq = rte_cpu_to_be_32(m->probe_seq++);
	pkt->data_len = FRAME;
	pkt->pkt_len = FRAME;
}

void
vchannel_probe_send(struct vchannel *vc, uint64_t now)
{
	struct vchannel_member *m;
	struct rte_mbuf *pkt;

	if (!vc->probing || now - vc->probe_at < (uint64_t)vc->args.probe_ms * 1000000)
		return;
	vc->probe_at = now;
	VCHANNEL_FOREACH (m, vc) {
		if (!m->running || !vchannel_usable(m) || m->probe_queue == UINT16_MAX)
			continue;
		pkt = rte_pktmbuf_alloc(vc->probe_pool);
		if (pkt == NULL)
			continue;
		fill(vc, m, pkt, now);
		if (rte_eth_tx_burst(m->port, m->probe_queue, &pkt, 1) != 1)
			rte_pktmbuf_free(pkt);
	}
}

void
vchannel_probe_look(struct vchannel *vc, uint64_t now)
{
	struct vchannel_member *m;
	uint64_t heard, echo;
	bool confirmed = false;

	if (!vc->probing)
		return;
	VCHANNEL_FOREACH (m, vc) {
		heard = __atomic_load_n(&m->heard, __ATOMIC_RELAXED);
		echo = __atomic_load_n(&m->heard_echo, __ATOMIC_RELAXED);
		if (heard != m->heard_seen)
			m->heard_at = now;
		if (echo != m->echo_seen)
			m->echo_at = now;
		m->heard_seen = heard;
		m->echo_seen = echo;
		confirmed |= m->echo_at != 0 && now - m->echo_at <= patience(vc);
	}
	if (!confirmed)
		vc->peer_since = 0;
	else if (vc->peer_since == 0)
		vc->peer_since = now;
}

bool
vchannel_probe_unheard(struct vchannel *vc, struct vchannel_member *m, uint64_t now)
{
	if (!vc->probing || m->probe_queue == UINT16_MAX || vc->peer_since == 0)
		return false;
	/* The other members' paths were not confirmed in the very instant that the first was. */
	return now - RTE_MAX(RTE_MAX(m->echo_at, vc->peer_since), m->started_at) > patience(vc);
}

static bool
is_probe(const struct rte_mbuf *pkt)
{
	const struct probe *p = rte_pktmbuf_mtod(pkt, const struct probe *);

	return pkt->data_len >= sizeof(*p) && p->ether.ether_type == RTE_BE16(TYPE_PROBE) &&
		p->magic == RTE_BE32(MAGIC) && p->version == VERSION;
}

static void
note(struct vchannel *vc, struct vchannel_member *m, const struct rte_mbuf *pkt)
{
	const struct probe *p = rte_pktmbuf_mtod(pkt, const struct probe *);
	uint64_t peer = 0;

	/* Ours, come back by a loop, prove nothing about the other end. */
	if (vchannel_same_mac(&p->ether.src_addr, &vc->data->mac_addrs[0]))
		return;
	memcpy(&peer, &p->ether.src_addr, RTE_ETHER_ADDR_LEN);
	__atomic_store_n(&vc->peer_mac, peer, __ATOMIC_RELAXED);
	__atomic_add_fetch(&m->heard, 1, __ATOMIC_RELAXED);
	if (p->flags & FLAG_HEARD)
		__atomic_add_fetch(&m->heard_echo, 1, __ATOMIC_RELAXED);
}

uint16_t
vchannel_probe_filter(struct vchannel *vc, unsigned int slot, struct rte_mbuf **pkts, uint16_t n)
{
	uint16_t kept = 0, i;

	for (i = 0; i < n; i++) {
		if (likely(!is_probe(pkts[i]))) {
			pkts[kept++] = pkts[i];
			continue;
		}
		note(vc, &vc->member[slot], pkts[i]);
		rte_pktmbuf_free(pkts[i]);
	}
	return kept;
}
