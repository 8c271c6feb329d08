/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_FAST_H
#define XEBRA_FAST_H

/**
 * @file
 * The fast path: what a network layer does with the packets that need nothing special.
 *
 * "port_rx" shows every burst, as it was received, to the fast functions of the layers in use,
 * before any node of the graph sees it. A function takes out the packets that it can send on
 * without further thought, rewrites them and puts them into the buffers of the ports that they
 * leave by; those are sent after each burst. What it leaves goes to "eth_input" and on
 * through the nodes, untouched. So a fast function has to be sure, but never complete: behaviour is
 * what the nodes say, and a packet that takes the fast path must end as if it had not.
 *
 * A burst is shown once for each way in (xebra_fast_door): an interface, and what its frames look
 * like. What came in is counted outside; what leaves is counted by the function, which knows the
 * interface without a look at the frame.
 */

#include <stdint.h>

#include <rte_config.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "xebra_worker.h"

/** Most packets of one burst. */
#define XEBRA_FAST_BURST 64

/** Packets that one walk of the graph takes in at most, and so the most that leave by one port. */
#define XEBRA_WALK_MAX 256

/** Packets on their way out, by DPDK port id. Of one worker. */
struct xebra_tx_buffers {
	struct rte_mbuf **end[RTE_MAX_ETHPORTS]; /**< Where the next packet goes. */
	struct rte_mbuf *pkts[RTE_MAX_ETHPORTS][XEBRA_WALK_MAX];
	struct xebra_iface_stats *stats; /**< By interface id: what is put into the buffers. */
};

/** Frames that come in by one interface and are for us. */
struct xebra_fast_door {
	uint16_t iface;   /**< Its id; it is up. */
	uint8_t l2_len;   /**< Bytes of the frames' Ethernet header: 14, or 18 with a tag. */
	rte_be16_t vlan;  /**< With a tag: its VLAN id. */
	uint32_t max_len; /**< Bytes of the longest frame, with the Ethernet header. */
	uint64_t dst; /**< The frames' destination, the interface's: the first 6 bytes as loaded. */
};

/**
 * Take what is easy out of a burst.
 *
 * Not for packets with VLAN tags that the driver has taken out (RTE_MBUF_F_RX_VLAN_STRIPPED), nor
 * of several segments, nor with buffers that are shared: the function has to leave them.
 *
 * @param pkts
 *   An array with room for XEBRA_FAST_BURST packets, also behind the nb that are in it.
 * @param nb
 *   1 to XEBRA_FAST_BURST.
 * @param bytes
 *   To be increased by the lengths of the frames taken, as received.
 * @return
 *   How many packets are left: they are the first of pkts then, in their order.
 */
typedef uint16_t (*xebra_fast_fn)(const struct xebra_fast_door *door, struct rte_mbuf **pkts,
	uint16_t nb, struct xebra_tx_buffers *tx, uint64_t *bytes);

/** Put a packet, rewritten, into the buffer of its interface's port, and count it. */
static inline void
xebra_fast_send(struct xebra_tx_buffers *tx, uint16_t iface, uint16_t port, struct rte_mbuf *m)
{
	*tx->end[port]++ = m;
	tx->stats[iface].tx_packets++;
	tx->stats[iface].tx_bytes += m->pkt_len;
}

#endif
