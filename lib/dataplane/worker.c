/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The data plane in one page.
 *
 * A worker is one lcore with receive queues and a graph. It polls its queues ("port_rx"), finds
 * the interface of each packet ("eth_input"), hands it to the network layer that claims its
 * EtherType, and sends what comes out ("port_tx"), all in one walk and to the end: no packet
 * changes hands between workers.
 *
 * Workers share nothing that they write. What they read is changed by the control thread alone,
 * by swapping pointers and waiting for a quiescent state (xebra_rcu_sync()):
 *
 *   worker.next     the graph      graph.c      rebuilt when the set of network layers changes
 *   worker.rx       its queues     rx_plan.c    dealt again when ports come and go
 *   xebra_port_paths[]             port.c       what sending and classifying need of a port
 *   xebra_iface_table[]            iface.c      interfaces
 *
 * Packets go to the control thread through rings, one for each worker and purpose
 * (control_node.c), and come from it through another (inject_node.c). All of them are bounded.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "worker_priv.h"
#include "xebra_iface.h"
#include "xebra_log.h"

#define INJECT_RING 1024
#define SYNC_SPINS 2000 /* looks before the control thread begins to sleep between them */

static struct worker *workers[XEBRA_WORKER_MAX];
static unsigned int nb_workers;

struct polling xebra_polling = {.max_sleep_us = 250};

/* Static memory: the variable is there before EAL is, and for as long as the program. */
static uint8_t rcu_memory[sizeof(struct rte_rcu_qsbr) + 4096] __rte_cache_aligned;

RTE_INIT(init_rcu)
{
	RTE_BUILD_BUG_ON(XEBRA_WORKER_MAX > 32);
	if (rte_rcu_qsbr_get_memsize(XEBRA_WORKER_MAX) > sizeof(rcu_memory))
		rte_panic("rte_rcu_qsbr needs more memory than lib/dataplane gives it\n");
	rte_rcu_qsbr_init((struct rte_rcu_qsbr *)rcu_memory, XEBRA_WORKER_MAX);
}

struct rte_rcu_qsbr *
xebra_rcu(void)
{
	return (struct rte_rcu_qsbr *)rcu_memory;
}

/* The worker may have to get the core that we run on first: do not spin for long. */
void
xebra_rcu_sync(void)
{
	struct rte_rcu_qsbr *rcu = xebra_rcu();
	uint64_t token = rte_rcu_qsbr_start(rcu);
	unsigned int looks = 0;

	while (!rte_rcu_qsbr_check(rcu, token, false)) {
		if (++looks < SYNC_SPINS)
			rte_pause();
		else
			usleep(20);
	}
}

unsigned int
worker_count(void)
{
	return nb_workers;
}

struct worker *
worker_get(unsigned int index)
{
	return workers[index];
}

void
worker_wake(struct worker *w)
{
	uint64_t one = 1;

	rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&w->sleeping, __ATOMIC_RELAXED) &&
		write(w->wake_fd, &one, sizeof(one)) < 0)
		XEBRA_LOG(WARNING, "worker %u: cannot be woken: %s", w->pub.index, strerror(errno));
}

static void
free_worker(struct worker *w)
{
	if (w == NULL)
		return;
	for (unsigned int i = 0; i < CONTROL_MAX; i++)
		rte_ring_free(w->control[i]);
	rte_ring_free(w->inject);
	if (w->wake_fd >= 0)
		close(w->wake_fd);
	if (w->epoll_fd >= 0)
		close(w->epoll_fd);
	rte_free(w->pub.iface_stats);
	rte_free(w);
}

static struct worker *
make_worker(unsigned int index, uint16_t lcore)
{
	int socket = rte_lcore_to_socket_id(lcore);
	struct worker *w = rte_zmalloc_socket("worker", sizeof(*w), RTE_CACHE_LINE_SIZE, socket);
	char name[RTE_RING_NAMESIZE];

	if (w == NULL)
		return NULL;
	w->pub.index = index;
	w->pub.lcore = lcore;
	w->pub.tx_queue = index;
	for (uint16_t port = 0; port < RTE_MAX_ETHPORTS; port++)
		tx_buffer_clear(&w->tx, port);
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	w->pub.iface_stats = rte_zmalloc_socket("iface_stats",
		sizeof(*w->pub.iface_stats) * XEBRA_IFACE_MAX, RTE_CACHE_LINE_SIZE, socket);
	w->tx.stats = w->pub.iface_stats;
	snprintf(name, sizeof(name), "xebra_inject_%u", index);
	w->inject = rte_ring_create_elem(
		name, sizeof(struct injected), INJECT_RING, socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (w->wake_fd < 0 || w->epoll_fd < 0 || w->pub.iface_stats == NULL || w->inject == NULL) {
		free_worker(w);
		return NULL;
	}
	return w;
}

static int
start_worker(struct worker *w, struct xebra_err *err)
{
	int rc = rte_rcu_qsbr_thread_register(xebra_rcu(), w->pub.index);

	if (rc == 0)
		rc = rte_eal_remote_launch(worker_loop, w, w->pub.lcore);
	if (rc != 0)
		return xebra_err_set(
			err, -EBUSY, "lcore %u does not start: %s", w->pub.lcore, strerror(-rc));
	w->launched = true;
	return 0;
}

int
worker_launch(const uint16_t *lcores, unsigned int nb, struct xebra_err *err)
{
	int rc = 0;

	for (unsigned int i = 0; i < nb && rc == 0; i++) {
		workers[i] = make_worker(i, lcores[i]);
		if (workers[i] == NULL)
			return xebra_err_set(err, -ENOMEM, "no memory for worker %u", i);
		nb_workers = i + 1;
	}
	rc = control_open();
	if (rc != 0)
		return xebra_err_set(err, rc, "no memory for the ways to the control thread");
	for (unsigned int i = 0; i < nb && rc == 0; i++)
		rc = start_worker(workers[i], err);
	return rc;
}

static void
stop_worker(struct worker *w)
{
	if (!w->launched)
		return;
	__atomic_store_n(&w->stop, true, __ATOMIC_RELAXED);
	worker_wake(w);
	rte_eal_wait_lcore(w->pub.lcore);
	rte_rcu_qsbr_thread_unregister(xebra_rcu(), w->pub.index);
	w->launched = false;
}

static void
free_injected(struct worker *w)
{
	struct injected in;

	while (rte_ring_sc_dequeue_elem(w->inject, &in, sizeof(in)) == 0)
		rte_pktmbuf_free(in.m);
}

void
worker_end(void)
{
	for (unsigned int i = 0; i < nb_workers; i++)
		stop_worker(workers[i]);
	control_close();
	for (unsigned int i = 0; i < nb_workers; i++) {
		free_injected(workers[i]);
		rte_free(workers[i]->rx);
		free_worker(workers[i]);
		workers[i] = NULL;
	}
	nb_workers = 0;
}
