/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_WORKER_H
#define XEBRA_WORKER_H

/**
 * @file
 * Workers: one lcore each, its receive queues and its graph, walked to completion.
 *
 * Tables that workers read are changed by the control thread alone. What it took out of a table is
 * freed after xebra_rcu_sync(), or handed to a DPDK table's own RCU support with xebra_rcu().
 *
 * The interfaces' counters are kept by "eth_input" and "port_tx", and where neither sees a packet
 * by the fast path; nodes between them need not.
 */

#include <stdint.h>

#include <rte_per_lcore.h>
#include <rte_rcu_qsbr.h>

/** Most workers of one router. */
#define XEBRA_WORKER_MAX 32

/** Packets and bytes of one interface, written by one worker only. Bytes: without FCS. */
struct xebra_iface_stats {
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t tx_packets;
	uint64_t tx_bytes;
};

/** What the nodes of one worker share. Written by that worker only. */
struct xebra_worker {
	uint16_t index;                        /**< 0.. in the order of the configuration. */
	uint16_t lcore;                        /**< Its lcore id. */
	uint16_t tx_queue;                     /**< The transmit queue it uses on every port. */
	uint64_t now;                          /**< TSC at the start of this walk of the graph. */
	struct xebra_iface_stats *iface_stats; /**< By interface id; XEBRA_IFACE_MAX of them. */
};

RTE_DECLARE_PER_LCORE(struct xebra_worker *, xebra_worker);

/** The worker that is running; only in node functions. */
static inline struct xebra_worker *
xebra_worker_self(void)
{
	return RTE_PER_LCORE(xebra_worker);
}

/**
 * The workers' quiescent state variable, for rte_hash/rte_lpm/rte_fib RCU support. Valid from the
 * start of the program, also where there are no workers (unit tests). Any thread.
 */
struct rte_rcu_qsbr *xebra_rcu(void);

/**
 * Wait until every worker has finished the walk it is in, so that nobody holds a pointer read from
 * a table before. Control thread; at most a few walks long (a sleeping worker does not count).
 */
void xebra_rcu_sync(void);

#endif
