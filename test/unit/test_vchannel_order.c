/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * No packet overtakes another of its flow, whatever happens to the weights: once in a simulation
 * with a virtual clock, where members delay packets by 0, 200 and 1000 us, and once with threads
 * that race for the buckets.
 */

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "bucket.h"
#include "xebra_test.h"

#define NB 64
#define MAX VCHANNEL_MEMBERS_MAX
#define QUEUES 3
#define FLOWS 300 /* a flow belongs to queue flow % QUEUES and to bucket flow % NB */
#define BURST 8
#define MEMBERS 3
#define CHANGES 1000

static const uint32_t delay[MEMBERS] = {0, 200, 1000}; /* us */
static uint64_t seed = 7;

static uint32_t
pick(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((seed >> 33) % below);
}

/* One transmit queue in the middle of a burst, or between two. */
struct queue {
	bool in_burst;
	uint32_t ends; /* when the members have the packets */
	uint64_t seq;  /* odd within a burst */
	int n;
	struct {
		uint32_t flow;
		uint8_t member;
		bool held;
	} pkt[BURST];
};

struct sim {
	struct vchannel_table *t;
	uint32_t now;
	struct queue q[QUEUES];
	uint32_t next_packet[FLOWS]; /* when the flow has something to send */
	uint32_t arrival[FLOWS];     /* of its last packet, at the far end */
	uint64_t sent, taken, reordered;
	uint64_t seen[QUEUES]; /* seq of the queues at the last change */
	bool armed;
};

static bool
before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static void
begin_burst(struct sim *s, uint32_t qid)
{
	struct queue *q = &s->q[qid];

	q->seq++;
	q->in_burst = true;
	/* Mostly microseconds; now and then the thread loses its CPU for long. */
	q->ends = s->now + (pick(50) ? pick(20) : pick(5000));
	q->n = 0;
	for (uint32_t f = qid; f < FLOWS && q->n < BURST; f += QUEUES) {
		uint32_t b = f % NB;
		uint8_t m = s->t->map[b];
		bool held = false;

		if (before(s->now, s->next_packet[f]))
			continue;
		if (m & VCHANNEL_MOVING)
			m = vchannel_bucket_take(s->t, b, s->now, &held);
		assert_true(m < MEMBERS);
		q->pkt[q->n].flow = f;
		q->pkt[q->n].member = m;
		q->pkt[q->n++].held = held;
		s->taken++;
		s->next_packet[f] = s->now + (pick(4) ? pick(300) : pick(8000));
	}
}

static void
end_burst(struct sim *s, uint32_t qid)
{
	struct queue *q = &s->q[qid];

	for (int i = 0; i < q->n; i++) {
		uint32_t f = q->pkt[i].flow;
		uint32_t arrival = s->now + delay[q->pkt[i].member];

		if (before(arrival, s->arrival[f]))
			s->reordered++;
		s->arrival[f] = arrival;
		s->sent++;
	}
	for (int i = 0; i < q->n; i++)
		if (q->pkt[i].held)
			vchannel_bucket_give(s->t, q->pkt[i].flow % NB, s->now);
	q->in_burst = false;
	q->seq++;
}

static void
change_weights(struct sim *s)
{
	uint32_t weight[MAX] = {0};

	for (int m = 0; m < MEMBERS; m++)
		weight[m] = 1 + pick(1000);
	vchannel_table_deal(s->t, weight, 0, s->now);
	for (int i = 0; i < QUEUES; i++)
		s->seen[i] = s->q[i].seq;
	s->armed = false;
}

static void
try_arm(struct sim *s)
{
	for (int i = 0; i < QUEUES; i++)
		if ((s->seen[i] & 1) && s->q[i].seq == s->seen[i])
			return; /* still in the burst of that time */
	vchannel_table_arm(s->t, s->now);
	s->armed = true;
}

/* Returns the number of reordered packets. */
static uint64_t
simulate(uint32_t gap, uint64_t *moved)
{
	struct sim *s = calloc(1, sizeof(*s));
	void *memory = aligned_alloc(64, vchannel_table_size(NB));
	uint32_t next_change, changes = 0;
	uint64_t reordered;

	assert_non_null(s);
	assert_non_null(memory);
	memset(memory, 0, vchannel_table_size(NB));
	s->t = vchannel_table_init(memory, NB, gap);
	s->now = UINT32_MAX - 100000; /* the clock wraps during the test */
	next_change = s->now + 5000;
	for (int f = 0; f < FLOWS; f++) {
		s->next_packet[f] = s->now;
		s->arrival[f] = s->now;
	}
	change_weights(s);
	while (changes < CHANGES) {
		s->now += 1 + pick(10);
		for (uint32_t i = 0; i < QUEUES; i++) {
			if (!s->q[i].in_burst)
				begin_burst(s, i);
			else if (!before(s->now, s->q[i].ends))
				end_burst(s, i);
		}
		if (!s->armed && pick(20) == 0)
			try_arm(s);
		if (pick(100) == 0)
			vchannel_table_sweep(s->t, s->now);
		if (!before(s->now, next_change)) {
			change_weights(s);
			next_change = s->now + pick(10000);
			changes++;
		}
	}
	for (uint32_t i = 0; i < QUEUES; i++)
		if (s->q[i].in_burst)
			end_burst(s, i);
	assert_int_equal(s->sent, s->taken); /* none lost, none twice */
	for (uint32_t b = 0; b < NB; b++)
		assert_int_equal(vchannel_bucket_load(s->t, b).users, 0);
	*moved = s->t->moved;
	reordered = s->reordered;
	free(memory);
	free(s);
	return reordered;
}

static void
a_thousand_changes_reorder_nothing(void **state)
{
	uint64_t moved;

	(void)state;
	assert_int_equal(simulate(1100, &moved), 0);
	assert_true(moved > CHANGES); /* it was not for want of moves */
}

/* The simulation would see it: a gap below the difference in delay is not enough. */
static void
a_gap_too_short_is_noticed(void **state)
{
	uint64_t moved;

	(void)state;
	assert_true(simulate(100, &moved) > 0);
}

#define WORKERS 2
#define RACE_NB 64
#define RACE_REQS 50

static struct {
	struct vchannel_table *t;
	uint64_t seq[WORKERS];
	uint32_t in_flight[RACE_NB][2];
	uint64_t wrong, packets;
	bool stop;
} race;

static void *
race_worker(void *arg)
{
	unsigned int id = (unsigned int)(uintptr_t)arg, rng = id;
	uint32_t b, other;
	uint8_t m;
	bool held;

	while (!__atomic_load_n(&race.stop, __ATOMIC_RELAXED)) {
		__atomic_add_fetch(&race.seq[id], 1, __ATOMIC_SEQ_CST);
		b = (uint32_t)rand_r(&rng) % 4; /* few buckets, to meet often */
		m = __atomic_load_n(&race.t->map[b], __ATOMIC_ACQUIRE);
		held = false;
		if (m & VCHANNEL_MOVING)
			m = vchannel_bucket_take(race.t, b, 0, &held);
		__atomic_add_fetch(&race.in_flight[b][m], 1, __ATOMIC_SEQ_CST);
		other = __atomic_load_n(&race.in_flight[b][!m], __ATOMIC_SEQ_CST);
		if (other != 0)
			__atomic_add_fetch(&race.wrong, 1, __ATOMIC_RELAXED);
		__atomic_sub_fetch(&race.in_flight[b][m], 1, __ATOMIC_SEQ_CST);
		if (held)
			vchannel_bucket_give(race.t, b, 0);
		__atomic_add_fetch(&race.packets, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&race.seq[id], 1, __ATOMIC_SEQ_CST);
	}
	return NULL;
}

/* However busy the machine is, the workers have their share in the race. */
static void
wait_for_packets(uint64_t n)
{
	uint64_t seen = __atomic_load_n(&race.packets, __ATOMIC_SEQ_CST);

	while (__atomic_load_n(&race.packets, __ATOMIC_SEQ_CST) < seen + n)
		sched_yield();
}

static void
wait_between_bursts(void)
{
	for (int i = 0; i < WORKERS; i++) {
		uint64_t seen = __atomic_load_n(&race.seq[i], __ATOMIC_SEQ_CST);

		while ((seen & 1) && __atomic_load_n(&race.seq[i], __ATOMIC_SEQ_CST) == seen)
			sched_yield();
	}
}

static void
no_queue_sends_to_the_old_member_after_a_move(void **state)
{
	uint32_t weight[MAX] = {1};
	pthread_t thread[WORKERS];
	uint64_t done = 0;
	void *memory = aligned_alloc(64, vchannel_table_size(RACE_NB));

	(void)state;
	assert_non_null(memory);
	memset(memory, 0, vchannel_table_size(RACE_NB));
	race.t = vchannel_table_init(memory, RACE_NB, 0); /* idle is: nobody on the way */
	vchannel_table_deal(race.t, weight, 0, 0);
	for (uintptr_t i = 0; i < WORKERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, race_worker, (void *)i), 0);
	for (int r = 0; r < RACE_REQS; r++) {
		for (uint32_t b = 0; b < 4; b++)
			vchannel_table_request(race.t, b, !vchannel_bucket_load(race.t, b).cur, 0);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		wait_for_packets(2);
		wait_between_bursts();
		vchannel_table_arm(race.t, 0);
		while (vchannel_table_sweep(race.t, 0) != 0)
			sched_yield();
		done += 4;
	}
	__atomic_store_n(&race.stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(race.wrong, 0);
	assert_int_equal(race.t->moved, done);
	for (uint32_t b = 0; b < RACE_NB; b++)
		assert_int_equal(vchannel_bucket_load(race.t, b).users, 0);
	free(memory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_changes_reorder_nothing),
		cmocka_unit_test(a_gap_too_short_is_noticed),
		cmocka_unit_test(no_queue_sends_to_the_old_member_after_a_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
