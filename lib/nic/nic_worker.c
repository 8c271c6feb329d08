/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one lcore that moves all frames.
 *
 * A walk gives everybody who may have one a turn: the uplink, then each VF that is connected. A
 * turn is at most NIC_BURST frames, from where they come all the way to where they go. How many
 * frames a VF may send in its turn, and whether it has one, is the scheduler's to say
 * (nic_sched.c).
 *
 * What the worker works by is the plan. The control thread puts another in its place, and knows by
 * `seen` when nobody uses the old one any more. It is the only thing that the two share, counters
 * apart.
 *
 * Without frames the worker pauses, and then sleeps for ever longer, up to max_sleep_us, unless it
 * is to spin, or somebody only waits for the time to send.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_pause.h>

#include "nic_priv.h"

#define PAUSE_WALKS 128 /* walks without frames before the first sleep */
#define FIRST_SLEEP_US 4u
#define SYNC_SPINS 2000 /* looks before the control thread begins to sleep between them */

static struct nic_worker *worker;
static unsigned int worker_lcore;
static struct {
	bool spin;
	uint32_t max_sleep_us;
} polling = {.max_sleep_us = 250};

/* The cycles since the last turn are this source's. */
static void
end_turn(struct nic_worker *w, unsigned int source)
{
	uint64_t now = rte_rdtsc();

	nic_cpu_used(&w->sched, source, now - w->now);
	w->now = now;
}

static unsigned int
uplink_turn(struct nic_worker *w, const struct nic_plan *plan)
{
	struct nic_port *port = plan->uplink;
	struct rte_mbuf *pkts[NIC_BURST];
	uint16_t n;

	if (!nic_cpu_turn(&w->sched, NIC_SCHED_UPLINK))
		return 0;
	n = port->rx(port, pkts, NIC_BURST);
	if (unlikely(port->too_long != 0)) {
		w->uplink_stats.drops[NIC_UPLINK_DROP_TOO_LONG] += port->too_long;
		port->too_long = 0;
	}
	if (n == 0)
		return 0;
	nic_forward_from_uplink(w, plan, pkts, n);
	nic_forward_flush(w, plan);
	end_turn(w, NIC_SCHED_UPLINK);
	return n;
}

static void
count_troubles(struct nic_vf_stats *stats, struct nic_port *port)
{
	stats->drops[NIC_DROP_TOO_LONG] += port->too_long;
	stats->no_memory += port->no_memory;
	port->too_long = 0;
	port->no_memory = 0;
}

/* A VF whose link is down: its frames go nowhere, and do not stay for later. */
static void
waste(struct nic_worker *w, unsigned int vf, struct rte_mbuf **pkts, uint16_t n)
{
	w->vf_stats[vf].drops[NIC_DROP_LINK_DOWN] += n;
	rte_pktmbuf_free_bulk(pkts, n);
}

static void
forward(struct nic_worker *w, const struct nic_plan *plan, unsigned int vf, struct rte_mbuf **pkts,
	uint16_t n)
{
	uint64_t bytes = 0, uplink_bytes;

	for (uint16_t i = 0; i < n; i++)
		bytes += pkts[i]->pkt_len;
	uplink_bytes = nic_forward_from_vf(w, plan, vf, pkts, n);
	nic_sched_sent(&w->sched, vf, n, bytes, uplink_bytes);
	nic_forward_flush(w, plan);
	if (w->nb_pending != 0)
		nic_uplink_flush(w, plan);
}

static unsigned int
vf_turn(struct nic_worker *w, const struct nic_plan *plan, unsigned int vf)
{
	struct nic_port *port = plan->ports[vf];
	struct rte_mbuf *pkts[NIC_BURST];
	unsigned int most;
	bool lost, poor;
	uint16_t n;

	if (!nic_cpu_turn(&w->sched, vf))
		return 0;
	most = nic_sched_allow(&w->sched, vf, w->now, NIC_BURST);
	if (most == 0)
		return 0;
	n = port->rx(port, pkts, most);
	lost = port->too_long != 0;
	poor = port->no_memory != 0;
	if (unlikely(lost || poor))
		count_troubles(&w->vf_stats[vf], port);
	if (n == 0) {
		/* Frames that are there and could not be taken yet still want their turn. */
		if (!poor)
			nic_sched_idle(&w->sched, vf);
		/* Those that came to nothing have cost as much as others. */
		if (lost)
			end_turn(w, vf);
		return 0;
	}
	if (likely((plan->up >> vf & 1) != 0))
		forward(w, plan, vf, pkts, n);
	else
		waste(w, vf, pkts, n);
	end_turn(w, vf);
	return n;
}

/* Everybody's turn. Returns the number of frames; `waiting`: somebody waits for time to pass. */
static unsigned int
walk(struct nic_worker *w, const struct nic_plan *plan, bool *waiting)
{
	unsigned int n = uplink_turn(w, plan);

	for (uint64_t left = plan->connected; left != 0; left &= left - 1)
		n += vf_turn(w, plan, __builtin_ctzll(left));
	if (w->nb_pending != 0)
		nic_uplink_flush(w, plan);
	*waiting = nic_sched_round(&w->sched, w->now, w->nb_pending != 0) || w->nb_pending != 0;
	nic_cpu_round(&w->sched);
	return n;
}

static void
sleep_us(struct nic_worker *w, uint32_t us)
{
	struct timespec ts = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};
	struct pollfd fd = {.fd = w->wake_fd, .events = POLLIN};
	uint64_t count;

	__atomic_store_n(&w->sleeping, true, __ATOMIC_RELAXED);
	/* Either the control thread sees that we sleep, or we see what it wants. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED) &&
		__atomic_load_n(&w->plan, __ATOMIC_RELAXED)->number == w->seen &&
		ppoll(&fd, 1, &ts, NULL) > 0 && read(w->wake_fd, &count, sizeof(count)) < 0)
		count = 0; /* nobody had written after all */
	__atomic_store_n(&w->sleeping, false, __ATOMIC_RELAXED);
	w->sleeps++;
}

static void
rest(struct nic_worker *w)
{
	uint32_t naps, us;

	if (__atomic_load_n(&w->spin, __ATOMIC_RELAXED) || ++w->idle_walks < PAUSE_WALKS) {
		rte_pause();
		return;
	}
	naps = w->idle_walks - PAUSE_WALKS;
	us = FIRST_SLEEP_US << RTE_MIN(naps, 16u);
	sleep_us(w, RTE_MIN(us, __atomic_load_n(&w->max_sleep_us, __ATOMIC_RELAXED)));
}

/* The terms of a new plan. What the VFs have sent, and what they may save, goes on. */
static void
begin_plan(struct nic_worker *w, const struct nic_plan *plan)
{
	nic_sched_set_link(&w->sched, plan->uplink_rate);
	for (unsigned int vf = 0; vf < plan->nb_vfs; vf++) {
		const struct nic_vf_conf *conf = &plan->sw.vfs[vf];
		uint32_t weight = conf->weight;

		if (weight == 0)
			weight = conf->max_rate;
		if (weight == 0 || (conf->weight == 0 && weight > plan->uplink_speed))
			weight = plan->uplink_speed;
		nic_sched_set_vf(
			&w->sched, vf, conf->max_rate, conf->min_rate, RTE_MAX(weight, 1u));
		if ((plan->connected >> vf & 1) == 0)
			nic_sched_idle(&w->sched, vf);
	}
	__atomic_store_n(&w->seen, plan->number, __ATOMIC_RELEASE);
}

static int
worker_loop(void *arg)
{
	struct nic_worker *w = arg;

	w->now = rte_rdtsc();
	nic_sched_init(&w->sched, (double)rte_get_tsc_hz(), w->now);
	while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED)) {
		const struct nic_plan *plan = __atomic_load_n(&w->plan, __ATOMIC_ACQUIRE);
		uint64_t start = w->now;
		bool waiting;

		if (unlikely(plan->number != w->seen))
			begin_plan(w, plan);
		w->walks++;
		if (walk(w, plan, &waiting) != 0) {
			w->idle_walks = 0;
			w->busy_cycles += w->now - start;
			continue;
		}
		if (waiting)
			rte_pause();
		else
			rest(w);
		w->now = rte_rdtsc();
	}
	rte_pktmbuf_free_bulk(w->pending, w->nb_pending);
	w->nb_pending = 0;
	return 0;
}

static void
wake(void)
{
	uint64_t one = 1;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	/* It cannot fail but for being woken already. */
	if (__atomic_load_n(&worker->sleeping, __ATOMIC_RELAXED) &&
		write(worker->wake_fd, &one, sizeof(one)) < 0)
		return;
}

int
nic_worker_start(struct rte_mempool *pool, const struct nic_plan *plan, struct xebra_err *err)
{
	int rc;

	worker_lcore = rte_get_next_lcore(-1, 1, 0);
	if (worker_lcore >= RTE_MAX_LCORE)
		return xebra_err_set(err, -EINVAL,
			"EAL was given one lcore only; the NIC needs two (-l 0,1, or --lcores "
			"'(0,1)@0' on a single core)");
	worker = rte_zmalloc_socket("nic_worker", sizeof(*worker), RTE_CACHE_LINE_SIZE,
		rte_lcore_to_socket_id(worker_lcore));
	if (worker == NULL)
		return xebra_err_set(err, -ENOMEM, "no memory for the worker");
	worker->pool = pool;
	worker->plan = plan;
	worker->seen = plan->number - 1;
	worker->spin = polling.spin;
	worker->max_sleep_us = polling.max_sleep_us;
	worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = worker->wake_fd < 0 ? -errno
				 : rte_eal_remote_launch(worker_loop, worker, worker_lcore);
	if (rc == 0)
		return 0;
	if (worker->wake_fd >= 0)
		close(worker->wake_fd);
	rte_free(worker);
	worker = NULL;
	return xebra_err_set(err, rc, "lcore %u does not start: %s", worker_lcore, strerror(-rc));
}

void
nic_worker_stop(void)
{
	if (worker == NULL)
		return;
	__atomic_store_n(&worker->stop, true, __ATOMIC_RELAXED);
	wake();
	rte_eal_wait_lcore(worker_lcore);
	close(worker->wake_fd);
	rte_free(worker);
	worker = NULL;
}

/* The worker may have to get the core that we run on first: do not spin for long. */
void
nic_worker_go_on(const struct nic_plan *plan)
{
	unsigned int looks = 0;

	if (worker == NULL)
		return;
	__atomic_store_n(&worker->plan, plan, __ATOMIC_RELEASE);
	wake();
	while (__atomic_load_n(&worker->seen, __ATOMIC_ACQUIRE) != plan->number) {
		if (++looks < SYNC_SPINS)
			rte_pause();
		else
			usleep(20);
	}
}

void
nic_worker_set_polling(bool spin, uint32_t max_sleep_us)
{
	polling.spin = spin;
	polling.max_sleep_us = max_sleep_us;
	if (worker == NULL)
		return;
	__atomic_store_n(&worker->spin, spin, __ATOMIC_RELAXED);
	__atomic_store_n(&worker->max_sleep_us, max_sleep_us, __ATOMIC_RELAXED);
}

const struct nic_worker *
nic_worker_get(void)
{
	return worker;
}
