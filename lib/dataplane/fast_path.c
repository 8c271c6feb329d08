/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fast path, this side of the network layers (xebra_fast.h): shows bursts to the fast functions
 * and sends what they put into the buffers.
 *
 * A port without tagged interfaces has one door. One with tags has many, and its bursts are shown
 * for one door after the other, beginning with that of the first packet, as long as packets of
 * another VLAN are found among what is left.
 */
#include <string.h>

#include <rte_ether.h>

#include "graph_priv.h"
#include "port_priv.h"

#define DOORS_MAX 4 /* for one burst; frames of further VLANs take the nodes */

/* Frames of an interface of the port that is up. */
static bool
door_open(struct xebra_fast_door *door, const struct port_path *path, uint16_t vlan)
{
	const struct xebra_iface *iface =
		xebra_iface_get(__atomic_load_n(&path->iface[vlan], __ATOMIC_RELAXED));
	uint32_t low;
	uint16_t high;

	if (iface == NULL || !iface->up)
		return false;
	door->iface = iface->id;
	door->vlan = rte_cpu_to_be_16(vlan);
	door->l2_len = RTE_ETHER_HDR_LEN + (vlan != 0 ? RTE_VLAN_HLEN : 0);
	door->max_len = (uint32_t)iface->mtu + door->l2_len;
	memcpy(&low, &iface->mac.addr_bytes[0], sizeof(low));
	memcpy(&high, &iface->mac.addr_bytes[4], sizeof(high));
	door->dst = low | (uint64_t)high << 32;
	return true;
}

static uint16_t
show(const struct shape *shape, struct worker *w, const struct xebra_fast_door *door,
	struct rte_mbuf **pkts, uint16_t nb)
{
	struct xebra_iface_stats *stats = &w->pub.iface_stats[door->iface];
	uint16_t left = nb;
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < shape->nb_fast && left > 0; i++)
		left = shape->fast[i](door, pkts, left, &w->tx, &bytes);
	stats->rx_packets += nb - left;
	stats->rx_bytes += bytes;
	w->fast_packets += nb - left;
	return left;
}

/* The VLAN of the tag in a frame; 0: none. */
static uint16_t
vlan_of(const struct rte_mbuf *m)
{
	const rte_be16_t *fields =
		rte_pktmbuf_mtod_offset(m, const rte_be16_t *, 2 * RTE_ETHER_ADDR_LEN);

	return fields[0] == RTE_BE16(RTE_ETHER_TYPE_VLAN) ? rte_be_to_cpu_16(fields[1]) & 0xfff : 0;
}

/* A VLAN of one of the packets that is not among those done. Returns false when there is none. */
static bool
next_vlan(struct rte_mbuf *const *pkts, uint16_t nb, const uint16_t *done, unsigned int nb_done,
	uint16_t *vlan)
{
	for (uint16_t i = 0; i < nb; i++) {
		unsigned int d = 0;

		*vlan = vlan_of(pkts[i]);
		while (d < nb_done && done[d] != *vlan)
			d++;
		if (d == nb_done)
			return true;
	}
	return false;
}

static uint16_t
show_tagged(const struct shape *shape, struct worker *w, const struct port_path *path,
	struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t done[DOORS_MAX];
	struct xebra_fast_door door;
	uint16_t left = nb;

	for (unsigned int d = 0; d < DOORS_MAX; d++) {
		if (!next_vlan(pkts, left, done, d, &done[d]))
			break;
		if (door_open(&door, path, done[d]))
			left = show(shape, w, &door, pkts, left);
	}
	return left;
}

uint16_t
fast_path(const struct shape *shape, struct worker *w, uint16_t port, struct rte_mbuf **pkts,
	uint16_t nb)
{
	const struct port_path *path = __atomic_load_n(&xebra_port_paths[port], __ATOMIC_ACQUIRE);
	struct xebra_fast_door door;

	if (unlikely(path == NULL))
		return nb;
	if (path->tagged)
		return show_tagged(shape, w, path, pkts, nb);
	return door_open(&door, path, 0) ? show(shape, w, &door, pkts, nb) : nb;
}

void
fast_path_flush(struct rte_graph *graph, struct rte_node *node, struct worker *w)
{
	struct xebra_tx_buffers *tx = &w->tx;

	uint16_t end = __atomic_load_n(&xebra_port_end, __ATOMIC_RELAXED);

	for (uint16_t port = 0; port < end; port++) {
		if (tx_buffered(tx, port) == 0)
			continue;
		port_send_fast(graph, node, port, tx->pkts[port], tx_buffered(tx, port));
		tx_buffer_clear(tx, port);
	}
}
