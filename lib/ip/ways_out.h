/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef WAYS_OUT_H
#define WAYS_OUT_H

/*
 * Ways out: puts the packets of a burst into the buffers of their ports and counts them for their
 * interfaces, LANES packets at once.
 *
 * Most bursts leave by two interfaces at most. These two are open: their sums and the ends of their
 * ports' buffers stay in registers, and which packet leaves by which is no branch. Packets that
 * leave by a third close them, and two of their own interfaces are opened; only LANES packets that
 * leave by three go one by one.
 */

#include "lanes.h"
#include "nexthop.h"
#include "xebra_fast.h"
#include "xebra_iface.h"

struct way {
	uint32_t iface; /* XEBRA_IFACE_NONE: closed */
	uint32_t port;
	struct rte_mbuf **end; /* of the port's buffer */
	uint32_t packets;
	lanes bytes;
};

/* The second is open only if the first is. Both may be of one port; then its end is the first's. */
struct ways {
	struct xebra_tx_buffers *tx;
	struct way first, second;
};

static __rte_always_inline void
way_shut(struct way *way)
{
	way->iface = XEBRA_IFACE_NONE;
	way->port = RTE_MAX_ETHPORTS;
	way->end = NULL;
	way->packets = 0;
	way->bytes = (lanes){};
}

static __rte_always_inline void
way_open(struct way *way, const struct xebra_tx_buffers *tx, const struct ip4_nexthop *nh)
{
	way->iface = nh->iface;
	way->port = nh->port;
	way->end = tx->end[nh->port];
}

static __rte_always_inline void
way_count(const struct way *way, struct xebra_tx_buffers *tx)
{
	tx->stats[way->iface].tx_packets += way->packets;
	tx->stats[way->iface].tx_bytes += lanes_sum(way->bytes);
}

/* No way is open. */
static __rte_always_inline void
ways_begin(struct ways *w, struct xebra_tx_buffers *tx)
{
	w->tx = tx;
	way_shut(&w->first);
	way_shut(&w->second);
}

/* Write down what is in registers, and close. */
static __rte_always_inline void
ways_close(struct ways *w)
{
	if (w->second.iface != XEBRA_IFACE_NONE) {
		way_count(&w->second, w->tx);
		w->tx->end[w->second.port] = w->second.end;
	}
	if (w->first.iface != XEBRA_IFACE_NONE) {
		way_count(&w->first, w->tx);
		w->tx->end[w->first.port] = w->first.end;
	}
	ways_begin(w, w->tx);
}

/* Packets that all leave by one interface. False, and nothing done, when it is not the first. */
static __rte_always_inline bool
ways_take_same(struct ways *w, struct rte_mbuf *const *pkts, uint32_t iface, lanes lengths)
{
	if (iface != w->first.iface)
		return false;
	w->first.bytes += lengths;
	w->first.packets += LANES;
	memcpy(w->first.end, pkts, LANES * sizeof(*pkts));
	w->first.end += LANES;
	return true;
}

/* Packets that leave by these interfaces. False, and nothing done, when one is not open. */
static __rte_always_inline bool
ways_take(struct ways *w, struct rte_mbuf *const *pkts, lanes ifaces, lanes lengths)
{
	lanes first = (lanes)(ifaces == w->first.iface);
	lanes second = (lanes)(ifaces == w->second.iface);
	uint32_t mask = lanes_signs(first);
	uint32_t packets = __builtin_popcount(mask);

	if (unlikely((mask | lanes_signs(second)) != LANES_ALL))
		return false;
	w->first.bytes += lengths & first;
	w->first.packets += packets;
	w->second.bytes += lengths & second;
	w->second.packets += LANES - packets;
	if (mask == LANES_ALL || w->first.port == w->second.port) {
		memcpy(w->first.end, pkts, LANES * sizeof(*pkts));
		w->first.end += LANES;
		return true;
	}
	w->first.end = lanes_pick(w->first.end, pkts, mask);
	w->second.end = lanes_pick(w->second.end, pkts, mask ^ LANES_ALL);
	return true;
}

/* Packets to these next hops, whatever is open. */
static __rte_always_inline void
ways_send(struct ways *w, struct rte_mbuf *const *pkts, struct ip4_nexthop *const *nh, lanes ifaces,
	lanes lengths)
{
	uint32_t others;

	if (likely(ways_take(w, pkts, ifaces, lengths)))
		return;
	ways_close(w);
	others = lanes_signs((lanes)(ifaces != ifaces[0]));
	way_open(&w->first, w->tx, nh[0]);
	if (others != 0)
		way_open(&w->second, w->tx, nh[__builtin_ctz(others)]);
	if (likely(ways_take(w, pkts, ifaces, lengths)))
		return;
	ways_close(w);
	for (unsigned int l = 0; l < LANES; l++)
		xebra_fast_send(w->tx, nh[l]->iface, nh[l]->port, pkts[l]);
}

#endif
