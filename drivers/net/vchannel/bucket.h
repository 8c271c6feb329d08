/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VCHANNEL_BUCKET_H
#define VCHANNEL_BUCKET_H

/*
 * The bucket table: which member carries which flows.
 *
 * A flow's hash names one of 2^n buckets, a bucket names a member. Weights become numbers of
 * buckets by the method of the largest remainder; when weights or members change, the fewest
 * buckets that can move do.
 *
 * A bucket in use must not jump: packets still queued on a slow member would be overtaken by those
 * that follow on a fast one. So a move is first requested, and done once the bucket has carried
 * nothing for the flowlet gap, which is longer than the members' difference in delay. To have
 * that cost nothing in the common case, a queue reads one byte per packet, map[bucket]; only
 * buckets with a requested move have the VCHANNEL_MOVING bit in it, and their packets take the slow
 * way:
 *
 *   take()  either counts the packet as on its way to the old member, or finds the bucket idle
 * (nobody on the way, the last packet at least a gap ago) and moves it then and there; give() after
 * the member took the burst: no longer on its way, last used now.
 *
 * Both are compare-and-swaps of the bucket's one 64-bit word, so all queues agree on the one
 * instant of the move, and none sends to the old member after it, even if its thread is suspended
 * between take() and the member's transmit function.
 *
 * One hole is left: a queue that read map[bucket] just before the MOVING bit was set is not
 * counted. Therefore a requested move is not yet armed. The control thread arms it, with arm(),
 * once it has seen every queue between two bursts after the request; the gap runs from then.
 *
 * Moves off a dead member, or onto the first live one, happen at once: there is nothing to
 * overtake.
 *
 * Threads: take() and give() any queue; everything else one thread at a time (the control
 * thread under the device's lock). The table knows no clock: `now` counts coarse ticks of the
 * caller's choice, wraps, and is compared modulo 2^32.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VCHANNEL_MEMBERS_MAX 31 /* members of one device; slots 0..30 */
#define VCHANNEL_NONE 31        /* a bucket without a member: nobody is alive */
#define VCHANNEL_MOVING 0x80    /* flag in map[]: a move is requested, take the slow way */
#define VCHANNEL_BUCKETS_MIN 64
#define VCHANNEL_BUCKETS_MAX 65536
#define VCHANNEL_WEIGHT_MAX 400000 /* Mb/s */

/* The truth about one bucket; map[] is what the queues need to know of it in the common case. */
union vchannel_bucket {
	uint64_t word;
	struct {
		uint32_t last;     /* tick of the last packet since the move was requested */
		uint16_t users;    /* packets taken for `cur` and not yet given to it */
		uint8_t cur;       /* the member that carries it */
		uint8_t want : 7;  /* the member that shall carry it */
		uint8_t armed : 1; /* the move may happen when the bucket is idle */
	};
};

struct vchannel_table {
	uint32_t nb;      /* number of buckets, a power of two */
	uint32_t gap;     /* flowlet gap, ticks */
	uint32_t pending; /* requested moves not seen done yet: when 0, sweep() has nothing to do */
	bool unarmed;     /* some requested moves wait for arm() */
	uint64_t moved;   /* moves done between two bursts of an idle bucket, since init */
	uint64_t forced;  /* moves done at once, since init */
	union vchannel_bucket *state; /* [nb] */
	uint8_t *map;                 /* [nb] */
};

/* What a table of nb buckets needs, in bytes: a power of two in BUCKETS_MIN..BUCKETS_MAX. */
size_t vchannel_table_size(uint32_t nb);

/* Lay a table out in zeroed memory of vchannel_table_size(nb) bytes, cache aligned; no bucket has
 * a member. */
struct vchannel_table *vchannel_table_init(void *memory, uint32_t nb, uint32_t gap);

/* Shares of nb buckets in proportion to weight[VCHANNEL_MEMBERS_MAX], by largest remainder; all 0
 * when no weight is positive. */
void vchannel_shares(uint32_t nb, const uint32_t *weight, uint32_t *share);

/* Deal all buckets by weight, with the fewest moves from where they are now. Buckets of members in
 * the mask `dead` (whose weight must be 0) move at once. Without any weight they have no member. */
void vchannel_table_deal(
	struct vchannel_table *t, const uint32_t *weight, uint32_t dead, uint32_t now);

/* Like deal, but only buckets whose member has no weight get a new one (adaptive mode: the number
 * of buckets says nothing there). */
void vchannel_table_evacuate(
	struct vchannel_table *t, const uint32_t *weight, uint32_t dead, uint32_t now);

/* Request the move of one bucket; to its own member takes a request back. */
void vchannel_table_request(struct vchannel_table *t, uint32_t b, uint8_t member, uint32_t now);

/* Every queue was between two bursts after the last deal, evacuate or request: let moves happen. */
void vchannel_table_arm(struct vchannel_table *t, uint32_t now);

/* Do the moves of idle buckets that no packet has done, and take done ones off the slow way.
 * Returns how many requested moves are left. */
uint32_t vchannel_table_sweep(struct vchannel_table *t, uint32_t now);

/* Do all requested moves now, idle or not; for whoever waited long enough. Returns how many. */
uint32_t vchannel_table_force(struct vchannel_table *t);

/* Buckets each member has and is to have; either may be NULL. Arrays of VCHANNEL_NONE + 1. */
void vchannel_table_count(const struct vchannel_table *t, uint32_t *now, uint32_t *wanted);

static inline union vchannel_bucket
vchannel_bucket_load(const struct vchannel_table *t, uint32_t b)
{
	union vchannel_bucket s;

	s.word = __atomic_load_n(&t->state[b].word, __ATOMIC_ACQUIRE);
	return s;
}

static inline bool
vchannel_bucket_swap(
	struct vchannel_table *t, uint32_t b, union vchannel_bucket *old, union vchannel_bucket new)
{
	return __atomic_compare_exchange_n(
		&t->state[b].word, &old->word, new.word, true, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* The bucket may change its member now. */
static inline bool
vchannel_bucket_idle(union vchannel_bucket s, uint32_t gap, uint32_t now)
{
	/* Signed: another core's stamp may be a little ahead of this core's clock. */
	return s.armed && s.users == 0 && (int32_t)(now - s.last) >= (int32_t)gap;
}

/* Member for a packet of a bucket with the MOVING flag. *held: give() must follow. */
static inline uint8_t
vchannel_bucket_take(struct vchannel_table *t, uint32_t b, uint32_t now, bool *held)
{
	union vchannel_bucket s = vchannel_bucket_load(t, b), n;

	do {
		*held = false;
		if (s.cur == s.want)
			return s.cur;
		n = s;
		if (vchannel_bucket_idle(s, t->gap, now)) {
			n.cur = s.want;
			n.armed = 0;
		} else {
			n.users++;
			*held = true;
		}
	} while (!vchannel_bucket_swap(t, b, &s, n));
	return n.cur;
}

static inline void
vchannel_bucket_give(struct vchannel_table *t, uint32_t b, uint32_t now)
{
	union vchannel_bucket s = vchannel_bucket_load(t, b), n;

	do {
		n = s;
		n.users--;
		if ((int32_t)(now - s.last) > 0)
			n.last = now;
	} while (!vchannel_bucket_swap(t, b, &s, n));
}

#endif
