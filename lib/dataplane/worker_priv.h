/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_WORKER_PRIV_H
#define XEBRA_WORKER_PRIV_H

/* What the files of lib/dataplane share about workers. */

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_graph.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "xebra_err.h"
#include "xebra_fast.h"
#include "xebra_worker.h"

#define INJECT_MAX 32  /* places in the graph where the control thread may put packets */
#define CONTROL_MAX 32 /* ways to the control thread */

struct generation; /* graph_priv.h */

/* A receive queue and whether it can wake its worker. */
struct rx_queue {
	uint16_t port;
	uint16_t queue;
	bool interrupt;
};

/* The receive queues of one worker; never changed, only replaced. */
struct rx_plan {
	uint16_t nb_queues;
	bool interrupts; /* every queue can wake the worker */
	struct rx_queue queues[];
};

struct worker {
	struct xebra_worker pub;

	/* Set by the control thread. */
	struct generation *next; /* the graph to walk, NULL: none yet */
	struct rx_plan *rx;      /* NULL: no queues */
	bool stop;
	bool launched;
	struct rte_ring *inject;               /* struct injected */
	struct rte_ring *control[CONTROL_MAX]; /* by control node: mbufs */
	int wake_fd;                           /* eventfd, ends its sleep */
	int epoll_fd;                          /* receive interrupts */

	/* Set by the worker. */
	struct generation *current __rte_cache_aligned; /* of this walk */
	uint16_t rx_first;                              /* queue to begin with */
	uint16_t walk_packets;                          /* taken in by this walk */
	uint32_t idle_walks;                            /* in a row */
	bool sleeping;
	uint64_t busy_cycles;  /* in walks that had packets */
	uint64_t walks;        /* all of them */
	uint64_t rx_packets;   /* all of them */
	uint64_t sleeps;       /* times asleep */
	uint64_t slept_cycles; /* time asleep */
	uint64_t fast_packets; /* sent on without a node */
	/* Empty between two calls of a node's function. */
	struct xebra_tx_buffers tx;
};

/* How workers wait for packets; one for all, changed while they run. */
struct polling {
	bool spin;
	uint32_t max_sleep_us;
};
extern struct polling xebra_polling;

/* How many packets are in the buffer of a port. */
static inline uint16_t
tx_buffered(const struct xebra_tx_buffers *tx, uint16_t port)
{
	return tx->end[port] - tx->pkts[port];
}

static inline void
tx_buffer_clear(struct xebra_tx_buffers *tx, uint16_t port)
{
	tx->end[port] = tx->pkts[port];
}

static inline struct worker *
worker_self(void)
{
	return (struct worker *)xebra_worker_self();
}

/* The workers, in the order of the configuration. */
unsigned int worker_count(void);
struct worker *worker_get(unsigned int index);

/* Make and launch workers on these lcores. */
int worker_launch(const uint16_t *lcores, unsigned int nb, struct xebra_err *err);

/* End and free all workers; no ports, no graphs may be left. */
void worker_end(void);

/* End a worker's sleep, if it sleeps. Control thread. */
void worker_wake(struct worker *w);

/* The loop of a worker (worker_loop.c), for rte_eal_remote_launch(). */
int worker_loop(void *arg);

/* Deal the receive queues of all attached ports to the workers again (rx_plan.c). */
int rx_plan_update(struct xebra_err *err);

/*
 * Which worker takes which queue: the one with the fewest so far, those on the queue's NUMA node
 * first. Pure; sets owner[i] to the index of a worker.
 */
void rx_plan_deal(const int *queue_sockets, unsigned int nb_queues, const int *worker_sockets,
	unsigned int nb_workers, unsigned int *owner);

/* Packet pools (pool.c): one for each NUMA node that has a worker. */
int pool_create(unsigned int packets, unsigned int packet_size, struct xebra_err *err);
void pool_free(void);
/* A device is opened that may keep so many packets for ever: they will not count as lost. */
void pool_lend(unsigned int packets);
struct rte_mempool *pool_of_socket(int socket);
unsigned int pool_count(void);
void pool_walk(void (*visit)(struct rte_mempool *pool, void *arg), void *arg);

/* Control ways (control_node.c). */
int control_open(void);
void control_close(void);
unsigned int control_count(void);
const char *control_name(unsigned int index);

/* A packet that the control thread puts into the graph. */
struct injected {
	struct rte_mbuf *m;
	uint64_t node; /* handle of xebra_inject_register() */
};

unsigned int inject_count(void);
const char *inject_name(unsigned int handle);

#endif
