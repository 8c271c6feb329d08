/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "bucket.h"

#define SLOTS (VCHANNEL_NONE + 1)
#define CACHE_LINE 64

static size_t
align_up(size_t n)
{
	return (n + CACHE_LINE - 1) & ~(size_t)(CACHE_LINE - 1);
}

size_t
vchannel_table_size(uint32_t nb)
{
	return align_up(sizeof(struct vchannel_table)) + align_up(nb) +
		nb * sizeof(union vchannel_bucket);
}

struct vchannel_table *
vchannel_table_init(void *memory, uint32_t nb, uint32_t gap)
{
	struct vchannel_table *t = memory;
	uint8_t *at = memory;
	uint32_t b;

	t->nb = nb;
	t->gap = gap;
	at += align_up(sizeof(*t));
	t->map = at;
	at += align_up(nb);
	t->state = (union vchannel_bucket *)(void *)at;
	for (b = 0; b < nb; b++) {
		t->state[b].cur = VCHANNEL_NONE;
		t->state[b].want = VCHANNEL_NONE;
	}
	memset(t->map, VCHANNEL_NONE, nb);
	return t;
}

void
vchannel_shares(uint32_t nb, const uint32_t *weight, uint32_t *share)
{
	uint64_t rest[VCHANNEL_MEMBERS_MAX], sum = 0;
	uint32_t dealt = 0;
	int m, best;

	memset(share, 0, VCHANNEL_MEMBERS_MAX * sizeof(*share));
	for (m = 0; m < VCHANNEL_MEMBERS_MAX; m++)
		sum += weight[m];
	if (sum == 0)
		return;
	for (m = 0; m < VCHANNEL_MEMBERS_MAX; m++) {
		share[m] = (uint64_t)nb * weight[m] / sum;
		rest[m] = (uint64_t)nb * weight[m] % sum;
		dealt += share[m];
	}
	for (; dealt < nb; dealt++) {
		best = 0;
		for (m = 1; m < VCHANNEL_MEMBERS_MAX; m++)
			if (rest[m] > rest[best])
				best = m;
		share[best]++;
		rest[best] = 0;
	}
}

static void
show(struct vchannel_table *t, uint32_t b, uint8_t value)
{
	__atomic_store_n(&t->map[b], value, __ATOMIC_RELEASE);
}

/* After this no queue moves a bucket, and `cur` is the control thread's to reason about. */
static void
disarm(struct vchannel_table *t)
{
	union vchannel_bucket s, n;
	uint32_t b;

	if (t->pending == 0)
		return;
	for (b = 0; b < t->nb; b++) {
		s = vchannel_bucket_load(t, b);
		do {
			n = s;
			n.armed = 0;
		} while (s.armed && !vchannel_bucket_swap(t, b, &s, n));
	}
}

/* Let bucket b go to member `want`, at once or when idle. The bucket is disarmed. */
static void
commit(struct vchannel_table *t, uint32_t b, uint8_t want, bool at_once, uint32_t now)
{
	union vchannel_bucket s = vchannel_bucket_load(t, b), n;

	if (s.cur == want && s.want == want && t->map[b] == want)
		return;
	do {
		n = s;
		n.want = want;
		n.last = now;
		if (at_once)
			n.cur = want;
	} while (!vchannel_bucket_swap(t, b, &s, n));
	if (t->map[b] & VCHANNEL_MOVING) {
		t->pending--;
		if ((t->map[b] & ~VCHANNEL_MOVING) != s.cur)
			t->moved++; /* by a packet, since the last sweep */
	}
	if (n.cur != s.cur)
		t->forced++;
	if (n.cur != want) {
		t->pending++;
		t->unarmed = true;
		show(t, b, n.cur | VCHANNEL_MOVING);
	} else {
		show(t, b, want);
	}
}

/*
 * Who has too many (over) gives to who has too few (under). Requests of before are kept where they
 * still help, so that a flow's wait for its gap is not in vain.
 */
static void
settle(struct vchannel_table *t, uint32_t *over, uint32_t *under, uint32_t dead, uint32_t now)
{
	union vchannel_bucket s;
	uint32_t b;
	uint8_t m;
	bool at_once;
	int pass;

	for (pass = 0; pass < 2; pass++) {
		for (b = 0, m = 0; b < t->nb; b++) {
			s = vchannel_bucket_load(t, b);
			if (pass == 1 && s.want != s.cur)
				continue; /* kept in the first pass */
			if (pass == 0 && s.want == s.cur)
				continue;
			at_once = s.cur == VCHANNEL_NONE || (dead & (UINT32_C(1) << s.cur));
			if (over[s.cur] == 0) {
				commit(t, b, s.cur, false, now);
				continue;
			}
			if (pass == 0 && under[s.want] == 0) {
				commit(t, b, s.cur, false, now); /* the second pass decides */
				continue;
			}
			while (pass == 1 && under[m] == 0)
				m++;
			over[s.cur]--;
			under[pass == 0 ? s.want : m]--;
			commit(t, b, pass == 0 ? s.want : m, at_once, now);
		}
	}
}

void
vchannel_table_count(const struct vchannel_table *t, uint32_t *now, uint32_t *wanted)
{
	union vchannel_bucket s;
	uint32_t b;

	if (now != NULL)
		memset(now, 0, SLOTS * sizeof(*now));
	if (wanted != NULL)
		memset(wanted, 0, SLOTS * sizeof(*wanted));
	for (b = 0; b < t->nb; b++) {
		s = vchannel_bucket_load(t, b);
		if (now != NULL)
			now[s.cur]++;
		if (wanted != NULL)
			wanted[s.want]++;
	}
}

static bool
any_weight(const uint32_t *weight)
{
	int m;

	for (m = 0; m < VCHANNEL_MEMBERS_MAX; m++)
		if (weight[m] != 0)
			return true;
	return false;
}

static void
nobody(struct vchannel_table *t, uint32_t now)
{
	uint32_t b;

	for (b = 0; b < t->nb; b++)
		commit(t, b, VCHANNEL_NONE, true, now);
}

void
vchannel_table_deal(struct vchannel_table *t, const uint32_t *weight, uint32_t dead, uint32_t now)
{
	uint32_t have[SLOTS], over[SLOTS] = {0}, under[SLOTS] = {0}, share[SLOTS] = {0};
	int m;

	disarm(t);
	if (!any_weight(weight)) {
		nobody(t, now);
		return;
	}
	vchannel_shares(t->nb, weight, share);
	vchannel_table_count(t, have, NULL);
	for (m = 0; m < SLOTS; m++) {
		if (have[m] > share[m])
			over[m] = have[m] - share[m];
		else
			under[m] = share[m] - have[m];
	}
	settle(t, over, under, dead, now);
}

void
vchannel_table_evacuate(
	struct vchannel_table *t, const uint32_t *weight, uint32_t dead, uint32_t now)
{
	uint32_t have[SLOTS], over[SLOTS] = {0}, under[SLOTS] = {0}, homeless = 0;
	int m;

	disarm(t);
	if (!any_weight(weight)) {
		nobody(t, now);
		return;
	}
	vchannel_table_count(t, have, NULL);
	for (m = 0; m < SLOTS; m++) {
		if (m < VCHANNEL_MEMBERS_MAX && weight[m] != 0)
			continue;
		over[m] = have[m];
		homeless += have[m];
	}
	vchannel_shares(homeless, weight, under);
	settle(t, over, under, dead, now);
}

void
vchannel_table_request(struct vchannel_table *t, uint32_t b, uint8_t member, uint32_t now)
{
	union vchannel_bucket s = vchannel_bucket_load(t, b), n;

	do {
		n = s;
		n.armed = 0;
	} while (s.armed && !vchannel_bucket_swap(t, b, &s, n));
	commit(t, b, member, false, now);
}

void
vchannel_table_arm(struct vchannel_table *t, uint32_t now)
{
	union vchannel_bucket s, n;
	uint32_t b;

	if (!t->unarmed)
		return;
	t->unarmed = false;
	for (b = 0; b < t->nb; b++) {
		s = vchannel_bucket_load(t, b);
		do {
			if (s.cur == s.want || s.armed)
				break;
			n = s;
			n.armed = 1;
			/* What was not counted was sent before `now`, and what was counted may have
			 * been sent since: this thread may be suspended anywhere in the loop. */
			if ((int32_t)(now - s.last) > 0)
				n.last = now;
		} while (!vchannel_bucket_swap(t, b, &s, n));
	}
}

/* Move bucket b if it may move; true when it has no business on the slow way any more. */
static bool
try_move(struct vchannel_table *t, uint32_t b, bool force, uint32_t now)
{
	union vchannel_bucket s = vchannel_bucket_load(t, b), n;

	do {
		if (s.cur == s.want)
			return true;
		if (!force && !vchannel_bucket_idle(s, t->gap, now))
			return false;
		n = s;
		n.cur = s.want;
		n.armed = 0;
	} while (!vchannel_bucket_swap(t, b, &s, n));
	if (force)
		t->forced++;
	return true;
}

static uint32_t
finish(struct vchannel_table *t, bool force, uint32_t now)
{
	uint64_t forced = t->forced;
	uint32_t b, done = 0;
	uint8_t cur;

	for (b = 0; b < t->nb && t->pending > 0; b++) {
		if (!(t->map[b] & VCHANNEL_MOVING) || !try_move(t, b, force, now))
			continue;
		cur = vchannel_bucket_load(t, b).cur;
		if (cur != (t->map[b] & ~VCHANNEL_MOVING))
			done++;
		t->pending--;
		show(t, b, cur);
	}
	t->moved += done - (t->forced - forced);
	return done;
}

uint32_t
vchannel_table_sweep(struct vchannel_table *t, uint32_t now)
{
	if (t->pending > 0)
		finish(t, false, now);
	return t->pending;
}

uint32_t
vchannel_table_force(struct vchannel_table *t)
{
	return t->pending > 0 ? finish(t, true, 0) : 0;
}
