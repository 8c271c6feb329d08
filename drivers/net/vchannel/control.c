/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The control task: an EAL alarm every interval_ms while the device is started. It judges the
 * members, deals buckets anew when the set of the living or a weight changed, arms and
 * completes moves, balances in adaptive mode, and tells the application when the link as a whole
 * changed. Everything that changes the bucket table runs here or, under the same lock, in the API.
 */

#include <errno.h>
#include <linux/membarrier.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_cycles.h>

#include "vchannel_priv.h"

#define ADAPT_PERIOD UINT64_C(100000000) /* ns */
#define QUIESCE_STEP_US 20
#define QUIESCE_LIMIT UINT64_C(10000000000) /* ns; a thread may wait long for its CPU */
#define UNKNOWN_SPEED 1000                  /* Mb/s, of a link that does not say */
/* Some drivers' counters are a second old: patience of so many times stuck_ms, in so many looks. */
#define SILENT_TIMES 10
#define SILENT_LOOKS 8

uint64_t
vchannel_ns(void)
{
	return (uint64_t)((__uint128_t)rte_rdtsc() * NS_PER_S / rte_get_tsc_hz());
}

uint32_t
vchannel_ticks(const struct vchannel *vc)
{
	return (uint32_t)(rte_rdtsc() >> vc->tick_shift);
}

uint32_t
vchannel_gap(const struct vchannel *vc)
{
	const uint64_t cycles = (__uint128_t)vc->args.gap_us * rte_get_tsc_hz() / US_PER_S;

	/* One more, for the tick that has begun already. */
	return (uint32_t)(cycles >> vc->tick_shift) + 1;
}

uint32_t
vchannel_weight(const struct vchannel_member *m)
{
	if (m->weight != 0)
		return m->weight;
	return m->speed != 0 ? RTE_MIN(m->speed, (uint32_t)VCHANNEL_WEIGHT_MAX) : UNKNOWN_SPEED;
}

static const struct vchannel_member *
choose_active(const struct vchannel *vc)
{
	const struct vchannel_member *m, *first = NULL, *primary = NULL;

	VCHANNEL_FOREACH (m, vc) {
		if (!m->live.alive)
			continue;
		if (first == NULL)
			first = m;
		if (strcmp(m->name, vc->args.primary) == 0)
			primary = m;
	}
	if (vc->args.primary[0] == '\0')
		primary = vc->member[0].used && vc->member[0].live.alive ? vc->member : NULL;
	if (vc->active >= 0 && vc->member[vc->active].used && vc->member[vc->active].live.alive &&
		(!vc->args.switch_back || primary == NULL))
		return &vc->member[vc->active];
	return primary != NULL ? primary : first;
}

void
vchannel_weights(const struct vchannel *vc, uint32_t *weight)
{
	const struct vchannel_member *m;

	memset(weight, 0, VCHANNEL_MEMBERS_MAX * sizeof(*weight));
	VCHANNEL_FOREACH (m, vc) {
		if (!m->live.alive)
			continue;
		if (vc->args.mode != RTE_PMD_VCHANNEL_ACTIVE_BACKUP)
			weight[vchannel_slot(vc, m)] = vchannel_weight(m);
		else if ((int)vchannel_slot(vc, m) == vc->active)
			weight[vchannel_slot(vc, m)] = 1;
	}
}

/* A store before this is seen by every burst that has not begun yet. The queues' half is a compiler
 * barrier; the kernel makes all running threads execute the other half. */
static void
heavy_fence(void)
{
	static int registered;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (registered == 0)
		registered = syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0,
				     0) == 0
			? 1
			: -1;
	if (registered < 0 || syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0)
		usleep(10000); /* no store buffer lasts that long */
}

static unsigned int
read_seqs(const struct vchannel *vc, uint64_t *seq)
{
	unsigned int n = 0, i;

	for (i = 0; i < vc->data->nb_rx_queues; i++, n++) {
		const struct vchannel_rxq *q = vc->data->rx_queues[i];

		seq[n] = q == NULL ? 0 : __atomic_load_n(&q->seq, __ATOMIC_ACQUIRE);
	}
	for (i = 0; i < vc->data->nb_tx_queues; i++, n++) {
		const struct vchannel_txq *q = vc->data->tx_queues[i];

		seq[n] = q == NULL ? 0 : __atomic_load_n(&q->seq, __ATOMIC_ACQUIRE);
	}
	return n;
}

/* Since `seen` was read, has every queue been between two bursts? */
static bool
all_left(const struct vchannel *vc, const uint64_t *seen)
{
	uint64_t seq[2 * RTE_MAX_QUEUES_PER_PORT];
	unsigned int n = read_seqs(vc, seq), i;

	for (i = 0; i < n; i++)
		if ((seen[i] & 1) && seq[i] == seen[i])
			return false;
	return true;
}

int
vchannel_quiesce(struct vchannel *vc)
{
	uint64_t seen[2 * RTE_MAX_QUEUES_PER_PORT];
	uint64_t begin = vchannel_ns();

	heavy_fence();
	read_seqs(vc, seen);
	while (!all_left(vc, seen)) {
		if (vchannel_ns() - begin >= QUIESCE_LIMIT)
			return -ETIMEDOUT;
		usleep(QUIESCE_STEP_US);
	}
	return 0;
}

/* Moves were requested: they may be armed when all queues have left the bursts of this moment. */
static void
settle_later(struct vchannel *vc)
{
	if (!vc->table->unarmed || !vc->started)
		return;
	heavy_fence();
	read_seqs(vc, vc->seen);
	vc->settling = true;
}

/* In active-backup a switch may flood the same frame to every member: only one is listened to. Both
 * are while flows move from one to the other. */
static void
choose_receivers(struct vchannel *vc)
{
	bool one = vc->args.mode == RTE_PMD_VCHANNEL_ACTIVE_BACKUP && vc->active >= 0 &&
		vc->table->pending == 0;

	__atomic_store_n(&vc->rx_drop, one ? ~(UINT32_C(1) << vc->active) : 0, __ATOMIC_RELAXED);
}

void
vchannel_redeal(struct vchannel *vc)
{
	uint32_t weight[VCHANNEL_MEMBERS_MAX], dead = ~(UINT32_C(1) << VCHANNEL_NONE);
	const struct vchannel_member *m, *active;
	int was = vc->active;

	active = choose_active(vc);
	vc->active = active != NULL ? (int)vchannel_slot(vc, active) : -1;
	if (vc->args.mode == RTE_PMD_VCHANNEL_ACTIVE_BACKUP && was >= 0 && vc->active >= 0 &&
		vc->active != was)
		vc->switchovers++;
	VCHANNEL_FOREACH (m, vc)
		if (m->live.alive)
			dead &= ~(UINT32_C(1) << vchannel_slot(vc, m));
	vchannel_weights(vc, weight);
	if (vc->args.mode == RTE_PMD_VCHANNEL_ADAPTIVE)
		vchannel_table_evacuate(vc->table, weight, dead, vchannel_ticks(vc));
	else
		vchannel_table_deal(vc->table, weight, dead, vchannel_ticks(vc));
	vc->pending_at = vchannel_ns();
	settle_later(vc);
	choose_receivers(vc);
	vchannel_link_refresh(vc);
}

void
vchannel_link_refresh(struct vchannel *vc)
{
	struct rte_eth_link link = {
		.link_duplex = RTE_ETH_LINK_FULL_DUPLEX, .link_autoneg = RTE_ETH_LINK_AUTONEG};
	const struct vchannel_member *m;

	VCHANNEL_FOREACH (m, vc) {
		if (!m->live.alive)
			continue;
		link.link_status = RTE_ETH_LINK_UP;
		if (vc->args.mode != RTE_PMD_VCHANNEL_ACTIVE_BACKUP ||
			(int)vchannel_slot(vc, m) == vc->active)
			link.link_speed += vchannel_weight(m);
	}
	if (!vc->started)
		link.link_status = RTE_ETH_LINK_DOWN;
	if (link.link_status == RTE_ETH_LINK_DOWN)
		link.link_speed = RTE_ETH_SPEED_NUM_NONE;
	if (link.link_status != vc->link.link_status || link.link_speed != vc->link.link_speed)
		vc->lsc_due = vc->data->dev_started && vc->started;
	vc->link = link;
	rte_eth_linkstatus_set(&rte_eth_devices[vc->port_id], &link);
}

static bool
member_stuck(struct vchannel *vc, struct vchannel_member *m, uint64_t now)
{
	unsigned int slot = vchannel_slot(vc, m), i;
	bool stuck = false;

	for (i = 0; i < vc->data->nb_tx_queues && m->progress != NULL; i++) {
		const struct vchannel_txq *q = vc->data->tx_queues[i];

		stuck |= vchannel_stalled(&m->progress[i],
			__atomic_load_n(&q->count[slot].refused, __ATOMIC_RELAXED),
			__atomic_load_n(&q->count[slot].packets, __ATOMIC_RELAXED),
			(uint64_t)vc->args.stuck_ms * 1000000, now);
	}
	return stuck;
}

/* Its driver's counter of sent packets is looked at from time to time: that may take long. */
static bool
member_silent(struct vchannel *vc, struct vchannel_member *m, uint64_t now)
{
	uint64_t limit = (uint64_t)vc->args.stuck_ms * 1000000 * SILENT_TIMES;
	struct rte_eth_stats stats;

	if (now - m->completions_at < limit / SILENT_LOOKS || !vchannel_usable(m) ||
		rte_eth_stats_get(m->port, &stats) != 0)
		return false;
	m->completions_at = now;
	return vchannel_silent(&m->completions, vchannel_tx_total(vc, vchannel_slot(vc, m)).packets,
		stats.opackets + stats.oerrors, limit, now);
}

static void
look_at_link(struct vchannel_member *m)
{
	struct rte_eth_link link;

	m->link_up = false;
	if (!vchannel_usable(m) || !m->running)
		return;
	if (rte_eth_dev_is_removed(m->port) == 1)
		m->removed = true;
	else if (rte_eth_link_get_nowait(m->port, &link) == 0) {
		m->link_up = link.link_status == RTE_ETH_LINK_UP;
		if (link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN && m->link_up)
			m->speed = link.link_speed;
	}
}

/* Returns whether the buckets have to be dealt anew. */
static bool
judge(struct vchannel *vc, struct vchannel_member *m, uint64_t now)
{
	uint32_t weight = vchannel_weight(m);
	struct vchannel_news news;

	look_at_link(m);
	news.link = m->link_up;
	news.stuck = member_stuck(vc, m, now) || member_silent(vc, m, now);
	news.unheard = vchannel_probe_unheard(vc, m, now);
	if (!vchannel_judge(&m->live, &news, (uint64_t)vc->args.up_delay_ms * 1000000, now))
		return m->live.alive && vchannel_weight(m) != weight;
	/* What was in vain before the change says nothing about the time after. */
	memset(m->progress, 0, vc->data->nb_tx_queues * sizeof(*m->progress));
	m->completions.since = 0;
	if (!m->live.alive)
		vchannel_count_stranded(vc, m);
	VCHANNEL_LOG(NOTICE, "%s: member %s is %s", vc->data->name, m->name,
		m->live.alive          ? "alive"
			: news.stuck   ? "dead: transmits nothing"
			: news.unheard ? "dead: probes do not get through"
			: m->removed   ? "dead: removed"
				       : "dead: link down");
	return true;
}

void
vchannel_judge_all(struct vchannel *vc)
{
	uint64_t now = vchannel_ns();
	struct vchannel_member *m;
	bool changed = false;

	vchannel_probe_look(vc, now);
	VCHANNEL_FOREACH (m, vc)
		if (m->running)
			changed |= judge(vc, m, now);
	if (changed)
		vchannel_redeal(vc);
}

/* Members whose device is not there any more, and those whose device is there again. */
static void
follow_devices(struct vchannel *vc)
{
	struct vchannel_member *m;

	VCHANNEL_FOREACH (m, vc) {
		if (vchannel_usable(m))
			continue;
		VCHANNEL_LOG(NOTICE, "%s: member %s was removed", vc->data->name, m->name);
		if (vchannel_member_del(vc, m) == 0)
			vchannel_want_back(vc, m);
	}
	if (vc->nb_wanted != 0)
		vchannel_claim_wanted(vc);
}

/* Flows move, then the device is reset and started; what fails is tried again, less and less often.
 */
static void
renew(struct vchannel *vc, struct vchannel_member *m, uint64_t now)
{
	const uint32_t bit = UINT32_C(1) << vchannel_slot(vc, m);

	if (m->live.alive) {
		m->live.alive = false;
		m->live.deaths++;
		vchannel_count_stranded(vc, m);
		vchannel_redeal(vc);
	}
	__atomic_and_fetch(&vc->rx_mask, ~bit, __ATOMIC_RELEASE);
	if (vchannel_quiesce(vc) != 0)
		return;
	if (vchannel_member_renew(vc, m) == 0) {
		m->renew_pause = 0;
		__atomic_or_fetch(&vc->rx_mask, bit, __ATOMIC_RELEASE);
		VCHANNEL_LOG(NOTICE, "%s: member %s was reset", vc->data->name, m->name);
		return;
	}
	m->reset = true;
	m->renew_pause =
		RTE_MIN(RTE_MAX(2 * m->renew_pause, VCHANNEL_RETRY_FIRST), VCHANNEL_RETRY_MAX);
	m->renew_at = now + m->renew_pause;
	VCHANNEL_LOG(WARNING, "%s: member %s stays out: next attempt in %u s", vc->data->name,
		m->name, (unsigned int)(m->renew_pause / NS_PER_S));
}

static void
renew_members(struct vchannel *vc)
{
	uint64_t now = vchannel_ns();
	struct vchannel_member *m;

	VCHANNEL_FOREACH (m, vc)
		if (m->reset && vchannel_usable(m) && (m->renew_pause == 0 || now >= m->renew_at))
			renew(vc, m, now);
}

static void
measure(struct vchannel *vc, uint64_t now)
{
	uint32_t weight[VCHANNEL_MEMBERS_MAX], nb = vc->table->nb, b, v;
	uint32_t *seen = vc->load_seen;
	unsigned int i;

	if (vc->args.mode != RTE_PMD_VCHANNEL_ADAPTIVE || now - vc->adapt_at < ADAPT_PERIOD)
		return;
	vc->adapt_at = now;
	memset(vc->bytes, 0, nb * sizeof(*vc->bytes));
	for (i = 0; i < vc->data->nb_tx_queues; i++, seen += nb) {
		const struct vchannel_txq *q = vc->data->tx_queues[i];

		for (b = 0; b < nb; b++) {
			v = __atomic_load_n(&q->load[b], __ATOMIC_RELAXED);
			vc->bytes[b] += (uint32_t)(v - seen[b]);
			seen[b] = v;
		}
	}
	vchannel_adapt_measure(vc->adapt, vc->bytes);
	vchannel_weights(vc, weight);
	if (vc->table->pending == 0)
		vc->pending_at = now;
	vchannel_adapt_step(vc->adapt, vc->table, weight, vchannel_ticks(vc));
	settle_later(vc);
}

static void
move_buckets(struct vchannel *vc, uint64_t now)
{
	struct vchannel_table *t = vc->table;

	if (vc->settling && all_left(vc, vc->seen)) {
		vc->settling = false;
		vchannel_table_arm(t, vchannel_ticks(vc));
	}
	if (vchannel_table_sweep(t, vchannel_ticks(vc)) != 0 && vc->args.force_ms != 0 &&
		now - vc->pending_at >= (uint64_t)vc->args.force_ms * 1000000)
		vchannel_table_force(t);
	choose_receivers(vc);
}

static void
work(struct vchannel *vc)
{
	uint64_t now;

	follow_devices(vc);
	renew_members(vc);
	vchannel_judge_all(vc);
	now = vchannel_ns();
	measure(vc, now);
	move_buckets(vc, now);
	vchannel_probe_send(vc, now);
}

static void
once(void *arg)
{
	struct vchannel *vc = arg;

	if (!vchannel_trylock(vc))
		return; /* the periodic one will see to it */
	if (vc->ticking)
		work(vc);
	vchannel_unlock(vc);
}

static void
tick(void *arg)
{
	struct vchannel *vc = arg;

	/* Armed again first: the application may close the device from the callback below. */
	if (__atomic_load_n(&vc->ticking, __ATOMIC_ACQUIRE))
		rte_eal_alarm_set(vc->args.interval_ms * 1000, tick, vc);
	once(vc);
}

void
vchannel_control_kick(struct vchannel *vc)
{
	if (__atomic_load_n(&vc->ticking, __ATOMIC_ACQUIRE))
		rte_eal_alarm_set(1, once, vc);
}

int
vchannel_control_start(struct vchannel *vc)
{
	int rc;

	__atomic_store_n(&vc->ticking, true, __ATOMIC_RELEASE);
	rc = rte_eal_alarm_set(vc->args.interval_ms * 1000, tick, vc);
	if (rc != 0)
		vc->ticking = false;
	return rc;
}

void
vchannel_control_stop(struct vchannel *vc)
{
	__atomic_store_n(&vc->ticking, false, __ATOMIC_RELEASE);
	rte_eal_alarm_cancel(tick, vc);
	rte_eal_alarm_cancel(once, vc);
}
