/* SPDX-License-Identifier: BSD-3-Clause */

/* Adaptive mode: bytes, not buckets, in proportion to the weights; and then quiet. */

#include <stdlib.h>
#include <string.h>

#include "adapt.h"
#include "xebra_test.h"

#define NB 4096
#define GAP 1000
#define MAX VCHANNEL_MEMBERS_MAX
#define NONE VCHANNEL_NONE

static uint64_t seed = 3;

static uint32_t
pick(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((seed >> 33) % below);
}

struct world {
	struct vchannel_table *t;
	struct vchannel_adapt *a;
	uint64_t bytes[NB]; /* that each bucket carries per period */
	uint32_t weight[MAX];
	uint32_t now;
};

static struct world *
new_world(uint32_t w0, uint32_t w1, uint32_t w2)
{
	struct world *w = calloc(1, sizeof(*w));
	void *memory = aligned_alloc(64, vchannel_table_size(NB));

	assert_non_null(w);
	assert_non_null(memory);
	memset(memory, 0, vchannel_table_size(NB));
	w->t = vchannel_table_init(memory, NB, GAP);
	memory = calloc(1, vchannel_adapt_size(NB));
	assert_non_null(memory);
	w->a = vchannel_adapt_init(memory, NB);
	w->weight[0] = w0;
	w->weight[1] = w1;
	w->weight[2] = w2;
	vchannel_table_deal(w->t, w->weight, 0, 0);
	return w;
}

static void
free_world(struct world *w)
{
	free(w->t);
	free(w->a);
	free(w);
}

/* One period; returns the moves requested, all of which are done afterwards. */
static uint32_t
period(struct world *w)
{
	uint32_t moves;

	vchannel_adapt_measure(w->a, w->bytes);
	moves = vchannel_adapt_step(w->a, w->t, w->weight, w->now);
	vchannel_table_arm(w->t, w->now);
	w->now += GAP;
	assert_int_equal(vchannel_table_sweep(w->t, w->now), 0);
	return moves;
}

/* The largest deviation of a member's part in the bytes from its part in the weights, per cent of
 * the latter. */
static double
deviation(const struct world *w)
{
	double load[MAX] = {0}, sum = 0, weights = 0, worst = 0;

	for (int b = 0; b < NB; b++) {
		load[vchannel_bucket_load(w->t, b).cur] += w->bytes[b];
		sum += w->bytes[b];
	}
	for (int m = 0; m < MAX; m++)
		weights += w->weight[m];
	for (int m = 0; m < MAX; m++) {
		double d;

		if (w->weight[m] == 0)
			continue;
		d = 100 * (load[m] / sum / (w->weight[m] / weights) - 1);
		worst = d > worst ? d : -d > worst ? -d : worst;
	}
	return worst;
}

static void
mice(struct world *w, uint32_t flows, uint32_t size)
{
	for (uint32_t f = 0; f < flows; f++)
		w->bytes[pick(NB)] += size;
}

static void
elephant_and_mice(uint32_t w0, uint32_t w1, uint32_t w2)
{
	struct world *w = new_world(w0, w1, w2);
	uint32_t late = 0;

	mice(w, 10000, 1000);
	w->bytes[10] += 10000 * 1000 / 9; /* a tenth of all, on member 0 */
	assert_true(deviation(w) > 5);
	for (int i = 0; i < 60; i++)
		period(w);
	assert_true(deviation(w) < 5);
	for (int i = 0; i < 600; i++)
		late += period(w);
	assert_int_equal(late, 0);
	assert_true(deviation(w) < 5);
	free_world(w);
}

static void
an_elephant_and_mice_are_balanced_then_nothing_moves(void **state)
{
	(void)state;
	elephant_and_mice(1000, 1000, 1000);
	elephant_and_mice(2000, 4000, 6000);
}

static void
an_elephant_too_big_for_its_member_stays_alone(void **state)
{
	struct world *w = new_world(1000, 1000, 1000);
	uint32_t late = 0;
	double load[MAX] = {0}, total = 0;

	(void)state;
	mice(w, 10000, 1000);
	for (int b = 0; b < NB; b++)
		total += w->bytes[b];
	w->bytes[10] += total; /* half of all: no distribution is fair */
	for (int i = 0; i < 60; i++)
		period(w);
	for (int i = 0; i < 600; i++)
		late += period(w);
	assert_int_equal(late, 0);
	for (int b = 0; b < NB; b++)
		if (b != 10)
			load[vchannel_bucket_load(w->t, b).cur] += w->bytes[b];
	/* The mice fled, and share the two other members fairly. */
	assert_true(load[0] < 0.02 * total);
	assert_true(load[1] / load[2] > 0.95 && load[1] / load[2] < 1.05);
	free_world(w);
}

/* Rates that vary by a tenth from period to period are no reason to move anything. */
static void
noise_moves_nothing(void **state)
{
	struct world *w = new_world(1000, 2000, 3000);
	uint64_t mean[NB];
	uint32_t late = 0;

	(void)state;
	mice(w, 10000, 1000);
	memcpy(mean, w->bytes, sizeof(mean));
	for (int i = 0; i < 400; i++) {
		for (int b = 0; b < NB; b++)
			w->bytes[b] = mean[b] * (900 + pick(201)) / 1000;
		if (i < 100)
			period(w);
		else
			late += period(w);
	}
	assert_int_equal(late, 0);
	assert_true(deviation(w) < 5);
	free_world(w);
}

static void
a_new_weight_is_followed(void **state)
{
	struct world *w = new_world(1000, 1000, 1000);

	(void)state;
	mice(w, 10000, 1000);
	for (int i = 0; i < 60; i++)
		period(w);
	w->weight[2] = 4000;
	for (int i = 0; i < 60; i++)
		period(w);
	assert_true(deviation(w) < 5);
	free_world(w);
}

static void
a_new_member_gets_its_part(void **state)
{
	struct world *w = new_world(1000, 1000, 0);
	uint32_t have[NONE + 1];

	(void)state;
	mice(w, 2000, 1000); /* many buckets carry nothing */
	for (int i = 0; i < 60; i++)
		period(w);
	w->weight[2] = 2000;
	vchannel_table_evacuate(w->t, w->weight, 0, w->now);
	for (int i = 0; i < 100; i++)
		period(w);
	assert_true(deviation(w) < 5);
	vchannel_table_count(w->t, have, NULL);
	assert_true(have[2] > NB / 10);
	free_world(w);
}

static void
without_traffic_buckets_count(void **state)
{
	struct world *w = new_world(1000, 1000, 0);
	uint32_t have[NONE + 1];

	(void)state;
	w->weight[2] = 1000;
	for (int i = 0; i < 100; i++)
		period(w);
	vchannel_table_count(w->t, have, NULL);
	for (int m = 0; m < 3; m++)
		assert_in_range(have[m], NB / 3 - NB / 50, NB / 3 + NB / 50);
	free_world(w);
}

/* The bucket that would balance best never falls idle: another one has to do. */
static void
a_bucket_that_is_never_idle_is_given_up(void **state)
{
	struct world *w = new_world(1000, 1000, 0);
	uint32_t refused = 0;
	bool held;

	(void)state;
	mice(w, 10000, 1000);
	for (int b = 1; b <= 700; b++)
		w->bytes[b] += 1000;
	w->bytes[0] += 300 * 1000; /* just right to balance that, but busy */
	for (int i = 0; i < 300; i++) {
		vchannel_adapt_measure(w->a, w->bytes);
		vchannel_adapt_step(w->a, w->t, w->weight, w->now);
		vchannel_table_arm(w->t, w->now);
		for (int k = 0; k < 4; k++) {
			w->now += GAP / 2;
			if (w->t->map[0] & VCHANNEL_MOVING) {
				assert_int_equal(vchannel_bucket_take(w->t, 0, w->now, &held), 0);
				vchannel_bucket_give(w->t, 0, w->now);
				refused++;
			}
			vchannel_table_sweep(w->t, w->now);
		}
	}
	assert_int_equal(vchannel_bucket_load(w->t, 0).cur, 0);
	assert_true(refused > 0);
	assert_true(deviation(w) < 5);
	free_world(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_elephant_and_mice_are_balanced_then_nothing_moves),
		cmocka_unit_test(an_elephant_too_big_for_its_member_stays_alone),
		cmocka_unit_test(noise_moves_nothing),
		cmocka_unit_test(a_new_weight_is_followed),
		cmocka_unit_test(a_new_member_gets_its_part),
		cmocka_unit_test(without_traffic_buckets_count),
		cmocka_unit_test(a_bucket_that_is_never_idle_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
