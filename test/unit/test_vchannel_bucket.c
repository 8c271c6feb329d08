/* SPDX-License-Identifier: BSD-3-Clause */

/* The bucket table's promises about shares and moves. Time is virtual: a tick is what a test says.
 */

#include <stdlib.h>
#include <string.h>

#include "bucket.h"
#include "xebra_test.h"

#define NB 4096
#define GAP 1000
#define MAX VCHANNEL_MEMBERS_MAX
#define NONE VCHANNEL_NONE

static uint64_t seed = 1;

static uint32_t
pick(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((seed >> 33) % below);
}

static struct vchannel_table *
new_table(uint32_t nb)
{
	void *memory = aligned_alloc(64, vchannel_table_size(nb));

	assert_non_null(memory);
	memset(memory, 0, vchannel_table_size(nb));
	return vchannel_table_init(memory, nb, GAP);
}

static void
copy_members(const struct vchannel_table *t, uint8_t *members)
{
	for (uint32_t b = 0; b < t->nb; b++)
		members[b] = vchannel_bucket_load(t, b).cur;
}

/* All requested moves happen: nobody sends. */
static void
calm(struct vchannel_table *t, uint32_t *now)
{
	vchannel_table_arm(t, *now);
	*now += GAP;
	assert_int_equal(vchannel_table_sweep(t, *now), 0);
}

static void
check_consistent(const struct vchannel_table *t)
{
	uint32_t pending = 0;

	for (uint32_t b = 0; b < t->nb; b++) {
		union vchannel_bucket s = vchannel_bucket_load(t, b);

		if (s.cur != s.want) {
			assert_int_equal(t->map[b], s.cur | VCHANNEL_MOVING);
			pending++;
		} else {
			assert_int_equal(t->map[b], s.cur);
		}
	}
	assert_int_equal(t->pending, pending);
}

static void
shares_follow_weights_to_less_than_a_bucket(void **state)
{
	uint32_t weight[MAX], share[MAX];

	(void)state;
	for (int round = 0; round < 2000; round++) {
		uint64_t sum = 0, dealt = 0;

		for (int m = 0; m < MAX; m++) {
			weight[m] = pick(3) ? pick(VCHANNEL_WEIGHT_MAX + 1) : 0;
			sum += weight[m];
		}
		vchannel_shares(NB, weight, share);
		for (int m = 0; m < MAX; m++) {
			double exact = sum == 0 ? 0 : (double)NB * weight[m] / sum;

			assert_true(share[m] > exact - 1 && share[m] < exact + 1);
			dealt += share[m];
		}
		assert_int_equal(dealt, sum == 0 ? 0 : NB);
	}
}

static void
two_four_six_is_dealt_exactly(void **state)
{
	struct vchannel_table *t = new_table(NB);
	uint32_t weight[MAX] = {2000, 4000, 6000}, have[NONE + 1];

	(void)state;
	vchannel_table_deal(t, weight, 0, 0);
	vchannel_table_count(t, have, NULL);
	assert_in_range(have[0], 682, 683);
	assert_in_range(have[1], 1365, 1366);
	assert_int_equal(have[2], 2048);
	assert_int_equal(t->pending, 0);
	check_consistent(t);
	free(t);
}

/* Moves of a deal: no more than what the members that gain do gain. */
static void
a_deal_moves_the_fewest_buckets(void **state)
{
	struct vchannel_table *t = new_table(NB);
	uint32_t weight[MAX] = {1}, have[NONE + 1], want[NONE + 1], share[MAX], now = 0;
	uint8_t before[NB];

	(void)state;
	vchannel_table_deal(t, weight, 0, now);
	for (int round = 0; round < 500; round++) {
		uint32_t gain = 0, moves = 0, dead = 0;
		int m = pick(8);

		weight[m] = pick(4) ? pick(10000) : 0;
		if (weight[m] == 0 && pick(2))
			dead = 1u << m;
		copy_members(t, before);
		vchannel_table_count(t, have, NULL);
		vchannel_shares(NB, weight, share);
		vchannel_table_deal(t, weight, dead, now);
		vchannel_table_count(t, NULL, want);
		for (m = 0; m < MAX; m++) {
			if (have[NONE] == NB || want[NONE] == NB)
				continue;
			assert_int_equal(want[m], share[m]);
			gain += share[m] > have[m] ? share[m] - have[m] : 0;
		}
		for (uint32_t b = 0; b < NB; b++)
			moves += vchannel_bucket_load(t, b).want != before[b];
		if (have[NONE] != NB && want[NONE] != NB)
			assert_int_equal(moves, gain);
		check_consistent(t);
		/* Every other change meets moves that are not done yet. */
		if (pick(2))
			calm(t, &now);
	}
	free(t);
}

static void
removing_a_member_moves_only_its_buckets(void **state)
{
	struct vchannel_table *t = new_table(NB);
	uint32_t weight[MAX] = {1000, 3000, 7000, 11000};
	uint8_t before[NB], after[NB];

	(void)state;
	vchannel_table_deal(t, weight, 0, 0);
	copy_members(t, before);
	weight[2] = 0;
	vchannel_table_deal(t, weight, 1u << 2, 0);
	copy_members(t, after);
	for (int b = 0; b < NB; b++) {
		if (before[b] == 2)
			assert_int_not_equal(after[b], 2);
		else
			assert_int_equal(after[b], before[b]);
	}
	assert_int_equal(t->pending, 0);
	free(t);
}

static void
a_change_of_ten_per_cent_moves_no_more(void **state)
{
	struct vchannel_table *t = new_table(NB);
	uint32_t weight[MAX] = {10000, 10000, 10000};

	(void)state;
	vchannel_table_deal(t, weight, 0, 0);
	weight[1] = 11000;
	vchannel_table_deal(t, weight, 0, 0);
	assert_in_range(t->pending, 1, NB / 10);
	free(t);
}

static void
a_bucket_in_use_stays_until_its_gap(void **state)
{
	struct vchannel_table *t = new_table(64);
	uint32_t one[MAX] = {1}, two[MAX] = {0, 1}, now = UINT32_MAX - GAP / 2;
	bool held;

	(void)state;
	vchannel_table_deal(t, one, 0, now);
	vchannel_table_deal(t, two, 0, now);
	assert_int_equal(t->pending, 64);
	assert_int_equal(t->map[5], 0 | VCHANNEL_MOVING);

	/* Not armed: however long it was idle, a queue may be on its way unseen. */
	assert_int_equal(vchannel_bucket_take(t, 5, now + 10 * GAP, &held), 0);
	assert_true(held);
	vchannel_bucket_give(t, 5, now);
	assert_int_equal(vchannel_table_sweep(t, now + 10 * GAP), 64);

	vchannel_table_arm(t, now);
	assert_int_equal(vchannel_bucket_take(t, 5, now + GAP - 1, &held), 0);
	vchannel_bucket_give(t, 5, now + GAP);
	assert_int_equal(vchannel_bucket_take(t, 5, now + 2 * GAP - 1, &held), 0);

	/* On its way to member 0, for as long as it takes. */
	assert_int_equal(vchannel_bucket_take(t, 5, now + 9 * GAP, &held), 0);
	vchannel_bucket_give(t, 5, now + 9 * GAP);
	assert_int_equal(vchannel_bucket_take(t, 5, now + 11 * GAP, &held), 0);
	vchannel_bucket_give(t, 5, now + 11 * GAP);
	vchannel_bucket_give(t, 5, now + 11 * GAP);

	assert_int_equal(vchannel_bucket_take(t, 5, now + 12 * GAP, &held), 1);
	assert_false(held);
	assert_int_equal(vchannel_bucket_take(t, 5, now + 12 * GAP, &held), 1);
	assert_false(held);
	assert_int_equal(vchannel_table_sweep(t, now + 12 * GAP), 0);
	assert_int_equal(t->moved, 64);
	check_consistent(t);
	free(t);
}

static void
a_packet_stamped_ahead_of_our_clock_is_not_idle(void **state)
{
	struct vchannel_table *t = new_table(64);
	uint32_t one[MAX] = {1}, two[MAX] = {0, 1};
	bool held;

	(void)state;
	vchannel_table_deal(t, one, 0, 0);
	vchannel_table_deal(t, two, 0, 0);
	vchannel_table_arm(t, 100);
	assert_int_equal(vchannel_bucket_take(t, 7, 90, &held), 0);
	assert_true(held);
	free(t);
}

/* The control thread reads the clock, is suspended, and arms when a packet was sent meanwhile. */
static void
arming_late_does_not_forget_a_packet(void **state)
{
	struct vchannel_table *t = new_table(64);
	uint32_t weight[MAX] = {1};
	bool held;

	(void)state;
	vchannel_table_deal(t, weight, 0, 0);
	vchannel_table_request(t, 7, 1, 10);
	assert_int_equal(vchannel_bucket_take(t, 7, 500, &held), 0);
	assert_true(held);
	vchannel_bucket_give(t, 7, 500);
	vchannel_table_arm(t, 20);
	assert_int_equal(vchannel_bucket_take(t, 7, 500 + GAP - 1, &held), 0);
	assert_true(held);
	vchannel_bucket_give(t, 7, 500 + GAP - 1);
	assert_int_equal(vchannel_bucket_take(t, 7, 500 + 2 * GAP - 1, &held), 1);
	assert_false(held);
	free(t);
}

static void
a_request_taken_back_moves_nothing(void **state)
{
	struct vchannel_table *t = new_table(NB);
	uint32_t weight[MAX] = {1000, 1000, 1000}, now = 0;
	uint8_t before[NB], after[NB];

	(void)state;
	vchannel_table_deal(t, weight, 0, now);
	copy_members(t, before);
	weight[1] = 5000;
	vchannel_table_deal(t, weight, 0, now);
	assert_int_not_equal(t->pending, 0);
	weight[1] = 1000;
	vchannel_table_deal(t, weight, 0, now);
	assert_int_equal(t->pending, 0);
	copy_members(t, after);
	assert_memory_equal(before, after, NB);
	assert_int_equal(t->moved, 0);
	free(t);
}

static void
force_does_not_wait(void **state)
{
	struct vchannel_table *t = new_table(NB);
	uint32_t weight[MAX] = {1, 1}, have[NONE + 1];
	uint64_t before;
	bool held;

	(void)state;
	vchannel_table_deal(t, weight, 0, 0);
	before = t->forced;
	weight[1] = 0;
	vchannel_table_deal(t, weight, 0, 0);
	assert_int_equal(vchannel_bucket_take(t, NB - 1, 0, &held), 1);
	assert_int_equal(vchannel_table_force(t), NB / 2);
	vchannel_table_count(t, have, NULL);
	assert_int_equal(have[0], NB);
	assert_int_equal(t->forced - before, NB / 2);
	/* The packet that was on its way comes home. */
	vchannel_bucket_give(t, NB - 1, 1);
	assert_int_equal(vchannel_bucket_load(t, NB - 1).users, 0);
	check_consistent(t);
	free(t);
}

static void
without_anybody_alive_nobody_has_buckets(void **state)
{
	struct vchannel_table *t = new_table(NB);
	uint32_t weight[MAX] = {5, 5}, none[MAX] = {0}, have[NONE + 1];

	(void)state;
	vchannel_table_deal(t, weight, 0, 0);
	vchannel_table_deal(t, none, 3, 0);
	vchannel_table_count(t, have, NULL);
	assert_int_equal(have[NONE], NB);
	assert_int_equal(t->map[0], NONE);
	vchannel_table_deal(t, weight, 0, 0);
	vchannel_table_count(t, have, NULL);
	assert_int_equal(have[0], NB / 2);
	assert_int_equal(t->pending, 0);
	check_consistent(t);
	free(t);
}

static void
two_of_three_die_and_return_a_hundred_times(void **state)
{
	struct vchannel_table *t = new_table(NB);
	const uint32_t full[MAX] = {2000, 4000, 6000};
	uint32_t weight[MAX], have[NONE + 1], now = 0;
	uint8_t before[NB], after[NB];

	(void)state;
	vchannel_table_deal(t, full, 0, now);
	for (int round = 0; round < 100; round++) {
		int alive = round % 3;

		memset(weight, 0, sizeof(weight));
		weight[alive] = full[alive];
		copy_members(t, before);
		vchannel_table_deal(t, weight, 7u & ~(1u << alive), now);
		copy_members(t, after);
		for (int b = 0; b < NB; b++) {
			assert_int_equal(after[b], alive);
			if (before[b] == alive)
				assert_int_equal(t->map[b], alive);
		}
		vchannel_table_deal(t, full, 0, now);
		copy_members(t, after);
		for (int b = 0; b < NB; b++)
			assert_int_equal(after[b], alive); /* in use: not yet */
		calm(t, &now);
		vchannel_table_count(t, have, NULL);
		assert_int_equal(have[2], 2048);
		assert_in_range(have[1], 1365, 1366);
		check_consistent(t);
	}
	free(t);
}

static void
evacuation_leaves_the_living_alone(void **state)
{
	struct vchannel_table *t = new_table(NB);
	uint32_t weight[MAX] = {1000, 1000, 1000, 1000}, have[NONE + 1];
	uint8_t before[NB], after[NB];

	(void)state;
	vchannel_table_deal(t, weight, 0, 0);
	weight[0] = 3000; /* a deal would move a thousand buckets for this */
	weight[3] = 0;
	copy_members(t, before);
	vchannel_table_evacuate(t, weight, 1u << 3, 0);
	copy_members(t, after);
	vchannel_table_count(t, have, NULL);
	for (int b = 0; b < NB; b++)
		if (before[b] != 3)
			assert_int_equal(after[b], before[b]);
	assert_int_equal(have[3], 0);
	assert_int_equal(have[0], 1024 + 614); /* 3 fifths of the 1024 */
	assert_int_equal(t->pending, 0);
	check_consistent(t);
	free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shares_follow_weights_to_less_than_a_bucket),
		cmocka_unit_test(two_four_six_is_dealt_exactly),
		cmocka_unit_test(a_deal_moves_the_fewest_buckets),
		cmocka_unit_test(removing_a_member_moves_only_its_buckets),
		cmocka_unit_test(a_change_of_ten_per_cent_moves_no_more),
		cmocka_unit_test(a_bucket_in_use_stays_until_its_gap),
		cmocka_unit_test(a_packet_stamped_ahead_of_our_clock_is_not_idle),
		cmocka_unit_test(arming_late_does_not_forget_a_packet),
		cmocka_unit_test(a_request_taken_back_moves_nothing),
		cmocka_unit_test(force_does_not_wait),
		cmocka_unit_test(without_anybody_alive_nobody_has_buckets),
		cmocka_unit_test(two_of_three_die_and_return_a_hundred_times),
		cmocka_unit_test(evacuation_leaves_the_living_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
