/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sends complete frames on the port that m->port names. A burst for one port goes out as it is;
 * a burst for several is first sorted into a buffer for each port, because sending packet by packet
 * to alternating ports costs more than everything else a router does.
 *
 * A worker has its own transmit queue on every port. Where a port has fewer queues than there are
 * workers, the port was given locks when it was configured.
 */
#include <string.h>

#include <rte_ethdev.h>
#include <rte_ether.h>

#include "graph_priv.h"
#include "port_priv.h"
#include "xebra_iface.h"

static inline uint16_t
transmit(const struct port_path *path, uint16_t port, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t queue = xebra_worker_self()->tx_queue;
	uint16_t sent;

	if (likely(path->tx_locks == NULL))
		return rte_eth_tx_burst(port, queue, pkts, nb);
	queue %= path->tx_queues;
	rte_spinlock_lock(&path->tx_locks[queue]);
	sent = rte_eth_tx_burst(port, queue, pkts, nb);
	rte_spinlock_unlock(&path->tx_locks[queue]);
	return sent;
}

/* The interface that a frame leaves by: its VLAN tag says so, as no one else needs to know. */
static uint16_t
iface_of_frame(const struct port_path *path, const struct rte_mbuf *m)
{
	/* A frame may begin anywhere: CCN puts its headers before a packet where that lies. */
	rte_be16_t fields[2];

	memcpy(fields, rte_pktmbuf_mtod_offset(m, const void *, 2 * RTE_ETHER_ADDR_LEN),
		sizeof(fields));
	if (fields[0] != RTE_BE16(RTE_ETHER_TYPE_VLAN))
		return path->iface[0];
	return path->iface[rte_be_to_cpu_16(fields[1]) & 0xfff];
}

static void
count_tagged(const struct port_path *path, struct rte_mbuf *const *pkts, uint16_t nb, int64_t sign)
{
	struct xebra_iface_stats *stats = xebra_worker_self()->iface_stats;

	for (uint16_t i = 0; i < nb; i++) {
		uint16_t id = iface_of_frame(path, pkts[i]);

		if (id == XEBRA_IFACE_NONE)
			continue;
		stats[id].tx_packets += sign;
		stats[id].tx_bytes += sign * (int64_t)pkts[i]->pkt_len;
	}
}

static void
count_untagged(
	const struct port_path *path, struct rte_mbuf *const *pkts, uint16_t nb, int64_t sign)
{
	struct xebra_iface_stats *stats = xebra_worker_self()->iface_stats;
	uint16_t id = path->iface[0];
	int64_t bytes = 0;

	if (id == XEBRA_IFACE_NONE)
		return;
	for (uint16_t i = 0; i < nb; i++)
		bytes += pkts[i]->pkt_len;
	stats[id].tx_packets += sign * nb;
	stats[id].tx_bytes += sign * bytes;
}

/* Count frames that are about to be sent, or with sign -1 take back what was not. */
static void
count(const struct port_path *path, struct rte_mbuf *const *pkts, uint16_t nb, int64_t sign)
{
	if (path->tagged)
		count_tagged(path, pkts, nb, sign);
	else
		count_untagged(path, pkts, nb, sign);
}

/* Whether a device may give back the buffer without a look at it. */
static inline bool
is_plain(const struct rte_mbuf *m)
{
	return m->nb_segs == 1 && RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1;
}

/* Replace a packet by a plain one. False when there is no buffer or one is not enough. */
static bool
make_plain(struct rte_mbuf **m)
{
	struct rte_mbuf *plain = rte_pktmbuf_copy(*m, xebra_pkt_pool(), 0, UINT32_MAX);

	if (plain == NULL || plain->nb_segs > 1) {
		rte_pktmbuf_free(plain);
		return false;
	}
	rte_pktmbuf_free(*m);
	*m = plain;
	return true;
}

/*
 * Take out what is too long for the port, and make plain packets of those that are not where it
 * takes no others; both are rare. Returns how many are left.
 */
static uint16_t
sort_out(struct rte_graph *graph, struct rte_node *node, const struct port_path *path,
	struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t left = 0;

	for (uint16_t i = 0; i < nb; i++) {
		struct rte_mbuf *m = pkts[i];

		if (unlikely(m->pkt_len > path->max_tx_len)) {
			rte_node_enqueue_x1(graph, node, PORT_SEND_TOO_LONG, m);
			continue;
		}
		if (unlikely(path->plain && !is_plain(m) && !make_plain(&m)))
			rte_node_enqueue_x1(graph, node, PORT_SEND_NO_BUFFER, m);
		else
			pkts[left++] = m;
	}
	return left;
}

/* Frames that the path takes, and that are counted. */
static void
send_fit(struct rte_graph *graph, struct rte_node *node, const struct port_path *path,
	uint16_t port, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t sent = transmit(path, port, pkts, nb);

	if (unlikely(sent < nb)) {
		count(path, &pkts[sent], nb - sent, -1);
		rte_node_enqueue(graph, node, PORT_SEND_FULL, (void **)&pkts[sent], nb - sent);
	}
}

/* The way out of a port, or NULL. */
static inline const struct port_path *
path_out(uint16_t port)
{
	if (unlikely(port >= RTE_MAX_ETHPORTS))
		return NULL;
	return __atomic_load_n(&xebra_port_paths[port], __ATOMIC_ACQUIRE);
}

void
port_send_fast(struct rte_graph *graph, struct rte_node *node, uint16_t port,
	struct rte_mbuf **pkts, uint16_t nb)
{
	const struct port_path *path = path_out(port);

	if (likely(path != NULL && path->sends)) {
		send_fit(graph, node, path, port, pkts, nb);
		return;
	}
	/* Without a path the port is gone, and so are its interfaces with their counters. */
	if (path != NULL)
		count(path, pkts, nb, -1);
	rte_node_enqueue(graph, node, PORT_SEND_DOWN, (void **)pkts, nb);
}

/* Any packets for one port. */
static void
send_port(struct rte_graph *graph, struct rte_node *node, uint16_t port, struct rte_mbuf **pkts,
	uint16_t nb)
{
	const struct port_path *path = path_out(port);

	if (unlikely(path == NULL || !path->sends)) {
		rte_node_enqueue(graph, node, PORT_SEND_DOWN, (void **)pkts, nb);
		return;
	}
	nb = sort_out(graph, node, path, pkts, nb);
	if (likely(nb > 0)) {
		count(path, pkts, nb, 1);
		send_fit(graph, node, path, port, pkts, nb);
	}
}

static void
flush(struct rte_graph *graph, struct rte_node *node, struct xebra_tx_buffers *tx, uint16_t port)
{
	send_port(graph, node, port, tx->pkts[port], tx_buffered(tx, port));
	tx_buffer_clear(tx, port);
}

/* For packets of several ports. */
static void
send_sorted(
	struct rte_graph *graph, struct rte_node *node, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct xebra_tx_buffers *tx = &worker_self()->tx;
	uint16_t used[RTE_MAX_ETHPORTS];
	uint16_t nb_used = 0;

	for (uint16_t i = 0; i < nb_pkts; i++) {
		uint16_t port = pkts[i]->port;

		if (unlikely(port >= RTE_MAX_ETHPORTS)) {
			rte_node_enqueue_x1(graph, node, PORT_SEND_DOWN, pkts[i]);
			continue;
		}
		if (tx_buffered(tx, port) == 0)
			used[nb_used++] = port;
		*tx->end[port]++ = pkts[i];
		if (unlikely(tx_buffered(tx, port) == XEBRA_WALK_MAX)) {
			flush(graph, node, tx, port);
			/* It is in use no more; its place in the list may be any. */
			for (uint16_t u = 0; u < nb_used; u++)
				if (used[u] == port)
					used[u--] = used[--nb_used];
		}
	}
	for (uint16_t u = 0; u < nb_used; u++)
		flush(graph, node, tx, used[u]);
}

static uint16_t
port_tx(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	struct rte_mbuf **pkts = (struct rte_mbuf **)objs;
	uint16_t port = pkts[0]->port;
	uint16_t same = 1;

	while (same < nb_objs && pkts[same]->port == port)
		same++;
	if (same == nb_objs)
		send_port(graph, node, port, pkts, nb_objs);
	else
		send_sorted(graph, node, pkts, nb_objs);
	return nb_objs;
}

static struct rte_node_register port_tx_node = {
	.name = "port_tx",
	.process = port_tx,
	.nb_edges = PORT_SEND_EDGES,
	.next_nodes = {PORT_SEND_NODES},
};
RTE_NODE_REGISTER(port_tx_node)

XEBRA_DROP(port_tx_full, "The port's transmit queue was full.");
XEBRA_DROP(port_tx_no_buffer,
	"No buffer was free to copy the packet into, or one is too small for it.");
XEBRA_DROP(port_tx_down, "The port to send on is stopped, gone or without link.");
XEBRA_DROP(port_tx_too_long, "The frame is longer than the port's MTU allows.");
