/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a worker does all day: walk its graph, say that it has passed a quiescent state, and, when
 * there was nothing to do for a while and the policy is to be a good neighbour, sleep.
 *
 * A sleep is bounded by max_sleep_us, because a queue without interrupts must be looked at; when
 * every queue of the worker has interrupts, it is bounded by INTERRUPT_SLEEP_US. Interrupts are
 * armed one walk before the sleep, so that a packet that came before arming is still found by
 * polling. A sleeping worker is offline for RCU: nobody waits for it.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_epoll.h>
#include <rte_graph_worker.h>

#include "graph_priv.h"

#define PAUSE_WALKS 128 /* walks without packets before the first sleep */
#define FIRST_SLEEP_US 4u
#define INTERRUPT_SLEEP_US 20000u

RTE_DEFINE_PER_LCORE(struct xebra_worker *, xebra_worker);

static void
set_interrupts(const struct rx_plan *rx, bool on)
{
	for (uint16_t i = 0; rx != NULL && i < rx->nb_queues; i++) {
		if (!rx->queues[i].interrupt)
			continue;
		if (on)
			rte_eth_dev_rx_intr_enable(rx->queues[i].port, rx->queues[i].queue);
		else
			rte_eth_dev_rx_intr_disable(rx->queues[i].port, rx->queues[i].queue);
	}
}

/* Both descriptors are only emptied: what woke the worker is found by the next walk. */
static void
empty_wakers(const struct worker *w, const struct pollfd *fds)
{
	struct rte_epoll_event events[16];
	uint64_t count;

	if (fds[1].revents != 0)
		rte_epoll_wait(w->epoll_fd, events, RTE_DIM(events), 0);
	if (fds[0].revents != 0 && read(w->wake_fd, &count, sizeof(count)) < 0)
		return; /* nobody had written after all */
}

static bool
may_sleep(const struct worker *w)
{
	return rte_ring_empty(w->inject) && !__atomic_load_n(&w->stop, __ATOMIC_RELAXED) &&
		__atomic_load_n(&w->next, __ATOMIC_RELAXED) == w->current;
}

static void
sleep_us(struct worker *w, uint32_t us)
{
	struct pollfd fds[] = {
		{.fd = w->wake_fd, .events = POLLIN},
		{.fd = w->epoll_fd, .events = POLLIN},
	};
	struct timespec ts = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};
	uint64_t start = rte_rdtsc();

	rte_rcu_qsbr_thread_offline(xebra_rcu(), w->pub.index);
	__atomic_store_n(&w->sleeping, true, __ATOMIC_RELAXED);
	/* Either the control thread sees that we sleep, or we see what it left for us. */
	rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (may_sleep(w) && ppoll(fds, RTE_DIM(fds), &ts, NULL) > 0)
		empty_wakers(w, fds);
	__atomic_store_n(&w->sleeping, false, __ATOMIC_RELAXED);
	rte_rcu_qsbr_thread_online(xebra_rcu(), w->pub.index);
	w->sleeps++;
	w->slept_cycles += rte_rdtsc() - start;
}

/*
 * After a walk that had no packets. The plan of queues is read while online: it cannot be freed
 * before the next quiescent state, which is the sleep; after it, the plan is read again.
 */
static void
rest(struct worker *w)
{
	uint32_t naps = ++w->idle_walks - PAUSE_WALKS;
	const struct rx_plan *rx;
	uint32_t us, most;

	if (xebra_polling.spin || w->idle_walks < PAUSE_WALKS) {
		rte_pause();
		return;
	}
	rx = __atomic_load_n(&w->rx, __ATOMIC_ACQUIRE);
	if (naps == 0) {
		set_interrupts(rx, true);
		return;
	}
	most = xebra_polling.max_sleep_us;
	if (rx == NULL || rx->interrupts)
		most = RTE_MAX(most, INTERRUPT_SLEEP_US);
	us = FIRST_SLEEP_US << RTE_MIN(naps, 16u);
	sleep_us(w, RTE_MIN(us, most));
	/* A new plan's interrupts have not been armed yet. */
	if (__atomic_load_n(&w->rx, __ATOMIC_ACQUIRE) != rx)
		w->idle_walks = PAUSE_WALKS - 1;
}

static void
walk(struct worker *w, struct generation *gen)
{
	w->walk_packets = 0;
	w->walks++;
	rte_graph_walk(gen->graph);
	if (unlikely(w->walk_packets == 0))
		return;
	w->rx_packets += w->walk_packets;
	if (unlikely(w->idle_walks >= PAUSE_WALKS))
		set_interrupts(__atomic_load_n(&w->rx, __ATOMIC_ACQUIRE), false);
	w->idle_walks = 0;
}

int
worker_loop(void *arg)
{
	struct worker *w = arg;
	uint64_t start;

	RTE_PER_LCORE(xebra_worker) = &w->pub;
	rte_rcu_qsbr_thread_online(xebra_rcu(), w->pub.index);
	w->pub.now = rte_rdtsc();
	while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED)) {
		w->current = __atomic_load_n(&w->next, __ATOMIC_ACQUIRE);
		w->walk_packets = 0;
		if (likely(w->current != NULL))
			walk(w, w->current);
		rte_rcu_qsbr_quiescent(xebra_rcu(), w->pub.index);
		if (w->walk_packets == 0)
			rest(w);
		start = w->pub.now;
		w->pub.now = rte_rdtsc();
		if (w->walk_packets != 0)
			w->busy_cycles += w->pub.now - start;
	}
	rte_rcu_qsbr_thread_offline(xebra_rcu(), w->pub.index);
	RTE_PER_LCORE(xebra_worker) = NULL;
	return 0;
}
