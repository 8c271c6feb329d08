/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The transmit scheduler
 * ======================
 *
 * A NIC with SR-IOV does not queue for its VFs: it fetches from a VF's ring when the VF may send,
 * and what may not be sent yet waits in the guest's own memory. So does this one. The scheduler
 * only says how many frames may be fetched from a VF now, and is told what they were. As a frame's
 * length is known when it is there, everybody may overdraw by a frame or two; it is all kept count
 * of, so that shares are right to the byte in the long run.
 *
 * A VF may send when
 *
 *  - it is below its cap (a bucket filled at max_rate), and
 *  - its guarantee (a bucket filled at min_rate) has something, or its share has.
 *
 * Only what goes to the uplink counts for guarantee and share; traffic between VFs is limited by
 * caps alone.
 *
 * Shares are a water level. A VF's `finish` is the level at which what it has sent to the uplink,
 * beyond its guarantee, is just its share: it rises by bytes / weight. VFs below the level may
 * send. Somebody at the level has to wait; when the uplink has room for more (its own bucket,
 * uplink.rate, is not overdrawn, and its device has taken everything) the level rises a step above
 * him. So
 *
 *     rate = min(demand, cap, guarantee + level's speed * weight)
 *
 * which is max-min fair, weighted, and leaves nothing unused that somebody wants: who has nothing
 * to send, or is stopped by his cap, is not waited for. He stays a step behind the level at most,
 * and so has his share again at once, but no claim on what he did not use. Without a weight of its
 * own a VF weighs as much as its cap: caps that add up to more than the link are scaled down in
 * proportion, and 8000 and 6000 on a link of 10 000 are 5714 and 4286.
 *
 * Buckets hold 2 ms of their rate. Somebody who had frames waiting is owed, besides, for a time in
 * which the lcore was away, up to 50 ms.
 *
 * Turns on the lcore are shared the same way, by cycles instead of bytes: a VF whose frames cost
 * more, because they go to sixty others, has fewer turns, but nobody waits for it longer than one
 * burst. Only those count who want the lcore in the same walk, so that without load nobody waits.
 */
#include <math.h>
#include <string.h>

#include <rte_common.h>

#include "nic_sched.h"

#define SAVED_S 0.002      /* of its rate, that a VF may save */
#define AWAY_S 0.0005      /* without a look at a bucket: the lcore did something else */
#define OWED_S 0.05        /* of that is made up for */
#define ROUND_S 0.0001     /* of the uplink's rate, that a round is about */
#define ROUND_MIN 3000.0   /* bytes of a round */
#define LAG_ROUNDS 64      /* that somebody who has frames may be behind */
#define FRAME_FIRST 1500.0 /* before a frame was seen */
#define FRAME_MEMORY 8     /* fetches that the average goes back */
#define CPU_SLACK 4000     /* cycles: about one burst */
#define CPU_LAG 16000      /* cycles that somebody may be behind */
#define CPU_TURN_MAX                                                                \
	UINT64_C(400000) /* cycles: a burst of group frames for everybody, and more \
	                  */

static void
bucket_set(struct nic_bucket *b, uint32_t rate, double hz)
{
	b->rate = rate * 125000.0 / hz;
	b->most = RTE_MAX(rate * 125000.0 * SAVED_S, ROUND_MIN);
	if (b->tokens > b->most)
		b->tokens = b->most;
}

/*
 * Let time fill it. Somebody patient had something to send ever since: he is owed for a time in
 * which the lcore was away.
 */
static void
bucket_fill(struct nic_bucket *b, uint64_t now, bool patient, double hz)
{
	double time = (double)(now - b->last), most = RTE_MAX(b->most, b->tokens);

	if (patient && time > AWAY_S * hz)
		most += RTE_MIN(time, OWED_S * hz) * b->rate;
	b->tokens = RTE_MIN(b->tokens + time * b->rate, most);
	b->last = now;
}

static bool
is_active(const struct nic_sched *s, unsigned int vf)
{
	return (s->active >> vf & 1) != 0;
}

/* Its cap holds it back. */
static bool
is_capped(const struct nic_sched_vf *v)
{
	return v->cap.rate > 0 && v->cap.tokens <= 0;
}

void
nic_sched_init(struct nic_sched *s, double hz, uint64_t now)
{
	memset(s, 0, sizeof(*s));
	s->hz = hz;
	s->level = 1;
	s->step = 1;
	s->link.last = now;
	for (unsigned int vf = 0; vf < NIC_VFS_MAX; vf++) {
		s->vfs[vf].weight = 1;
		s->vfs[vf].frame = FRAME_FIRST;
		s->vfs[vf].cap.last = now;
		s->vfs[vf].guarantee.last = now;
	}
}

void
nic_sched_set_link(struct nic_sched *s, uint32_t rate)
{
	bucket_set(&s->link, rate, s->hz);
}

void
nic_sched_set_vf(
	struct nic_sched *s, unsigned int vf, uint32_t max_rate, uint32_t min_rate, uint32_t weight)
{
	struct nic_sched_vf *v = &s->vfs[vf];

	/* What it has had too much, or too little, stays as many bytes. */
	v->finish = s->level + (v->finish - s->level) * v->weight / weight;
	v->weight = weight;
	bucket_set(&v->cap, max_rate, s->hz);
	bucket_set(&v->guarantee, min_rate, s->hz);
	if (min_rate == 0)
		v->guarantee.tokens = 0;
}

/* Frames of a VF's size that so many bytes are; the last one may be more. */
static unsigned int
frames_of(const struct nic_sched_vf *v, double bytes, unsigned int most)
{
	double frames = ceil(bytes / v->frame);

	return frames < most ? (unsigned int)frames : most;
}

unsigned int
nic_sched_allow(struct nic_sched *s, unsigned int vf, uint64_t now, unsigned int most)
{
	struct nic_sched_vf *v = &s->vfs[vf];
	bool active = is_active(s, vf);
	double share;

	v->finish = RTE_MAX(v->finish, s->level - s->step * (active ? LAG_ROUNDS : 1));
	if (v->cap.rate > 0) {
		bucket_fill(&v->cap, now, active, s->hz);
		if (is_capped(v))
			return 0;
	}
	share = (s->level - v->finish) * v->weight;
	if (v->guarantee.rate > 0) {
		bucket_fill(&v->guarantee, now, active, s->hz);
		share = RTE_MAX(share, v->guarantee.tokens);
	}
	if (share <= 0) {
		s->denied |= UINT64_C(1) << vf;
		return 0;
	}
	return frames_of(v, v->cap.rate > 0 ? RTE_MIN(share, v->cap.tokens) : share, most);
}

void
nic_sched_idle(struct nic_sched *s, unsigned int vf)
{
	s->active &= ~(UINT64_C(1) << vf);
}

void
nic_sched_sent(struct nic_sched *s, unsigned int vf, unsigned int frames, uint64_t bytes,
	uint64_t uplink_bytes)
{
	struct nic_sched_vf *v = &s->vfs[vf];

	s->active |= UINT64_C(1) << vf;
	v->frame += ((double)bytes / frames - v->frame) / FRAME_MEMORY;
	v->cap.tokens -= v->cap.rate > 0 ? (double)bytes : 0;
	/* One or the other: what one of them is overdrawn by, it has to wait for. */
	if (v->guarantee.rate > 0 && v->guarantee.tokens > 0)
		v->guarantee.tokens -= (double)uplink_bytes;
	else
		v->finish += (double)uplink_bytes / v->weight;
	s->link.tokens -= s->link.rate > 0 ? (double)uplink_bytes : 0;
}

/* How far the level rises: 100 us of the uplink's rate, or a whole turn for everybody. */
static double
rise(const struct nic_sched *s, const struct nic_sched_vf *v, double weights)
{
	if (s->link.rate > 0)
		return RTE_MAX(s->link.rate * s->hz * ROUND_S, ROUND_MIN) / weights;
	return NIC_SCHED_TURN * v->frame / v->weight;
}

bool
nic_sched_round(struct nic_sched *s, uint64_t now, bool uplink_busy)
{
	double lowest = INFINITY, weights = 0, step = 0;

	if (s->link.rate > 0)
		bucket_fill(&s->link, now, s->active != 0, s->hz);
	if (s->denied == 0 || uplink_busy || (s->link.rate > 0 && s->link.tokens <= 0)) {
		s->denied = 0;
		return s->active != 0;
	}
	for (uint64_t left = s->active | s->denied; left != 0; left &= left - 1) {
		const struct nic_sched_vf *v = &s->vfs[__builtin_ctzll(left)];

		weights += is_capped(v) ? 0 : v->weight;
	}
	for (; s->denied != 0; s->denied &= s->denied - 1) {
		const struct nic_sched_vf *v = &s->vfs[__builtin_ctzll(s->denied)];

		lowest = RTE_MIN(lowest, v->finish);
		step = RTE_MAX(step, rise(s, v, weights));
	}
	s->step = step;
	s->level = RTE_MAX(s->level, lowest) + step;
	return false;
}

void
nic_cpu_used(struct nic_sched *s, unsigned int source, uint64_t cycles)
{
	uint64_t *used = &s->cpu[source];

	/* Who did not need the lcore has no claim on it. */
	if (*used + CPU_LAG < s->cpu_level)
		*used = s->cpu_level - CPU_LAG;
	/* More than a burst costs is not his doing: the lcore was away. */
	*used += RTE_MIN(cycles, CPU_TURN_MAX);
	s->cpu_wanted |= UINT64_C(1) << source;
}

void
nic_cpu_round(struct nic_sched *s)
{
	uint64_t lowest = UINT64_MAX;

	for (; s->cpu_wanted != 0; s->cpu_wanted &= s->cpu_wanted - 1)
		lowest = RTE_MIN(lowest, s->cpu[__builtin_ctzll(s->cpu_wanted)]);
	if (lowest != UINT64_MAX && lowest + CPU_SLACK > s->cpu_level)
		s->cpu_level = lowest + CPU_SLACK;
}
