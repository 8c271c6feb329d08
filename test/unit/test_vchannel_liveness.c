/* SPDX-License-Identifier: BSD-3-Clause */

/* When a member may carry flows, in time that the test makes. */

#include <string.h>

#include "liveness.h"
#include "xebra_test.h"

#define MS UINT64_C(1000000)
#define UP_DELAY (100 * MS)
#define STUCK (200 * MS)

static struct vchannel_liveness l;
static const struct vchannel_news well = {.link = true};
static const struct vchannel_news down = {.link = false};
static const struct vchannel_news stuck = {.link = true, .stuck = true};
static const struct vchannel_news unheard = {.link = true, .unheard = true};

static int
setup(void **state)
{
	(void)state;
	memset(&l, 0, sizeof(l));
	return 0;
}

static bool
judge(const struct vchannel_news *news, uint64_t ms)
{
	return vchannel_judge(&l, news, UP_DELAY, ms * MS);
}

static void
the_first_good_news_count_at_once(void **state)
{
	(void)state;
	assert_true(judge(&well, 1000));
	assert_true(l.alive);
	assert_int_equal(l.deaths, 0);
}

static void
bad_news_count_at_once_and_good_ones_after_the_delay(void **state)
{
	static const struct vchannel_news *const bad[] = {&down, &unheard};
	uint64_t t = 1000;

	(void)state;
	judge(&well, t);
	for (uint32_t i = 0; i < 2; i++) {
		assert_true(judge(bad[i], ++t));
		assert_false(l.alive);
		assert_int_equal(l.deaths, i + 1);
		assert_false(judge(&well, ++t));
		assert_false(judge(&well, t + 99));
		assert_false(l.alive);
		assert_true(judge(&well, t + 100));
		assert_true(l.alive);
		t += 100;
	}
}

/* Every dip begins the delay anew. */
static void
a_link_that_flaps_stays_out(void **state)
{
	uint64_t t = 1000;

	(void)state;
	judge(&well, t);
	judge(&down, ++t);
	for (int i = 0; i < 100; i++) {
		assert_false(judge(&well, t += 50));
		assert_false(judge(&down, t += 30));
	}
	assert_int_equal(l.deaths, 1);
	judge(&well, ++t);
	assert_true(judge(&well, t + 100));
}

static void
a_stuck_member_gets_a_chance_after_a_pause_that_doubles(void **state)
{
	uint64_t t = 1000, pause = 1000;

	(void)state;
	judge(&well, t);
	for (int i = 0; i < 10; i++) {
		assert_true(judge(&stuck, ++t));
		/* Nothing is sent there, so nothing bad is seen: that says nothing. */
		assert_false(judge(&well, t + pause - 1));
		assert_false(judge(&well, t + pause));
		assert_true(judge(&well, t + pause + 100));
		t += pause + 100;
		pause = pause < 32000 ? 2 * pause : 60000;
	}
	/* A minute of good conduct, and it begins with a second again. */
	judge(&well, t + 60001);
	t += 60001;
	judge(&stuck, ++t);
	judge(&well, t + 1000);
	assert_true(judge(&well, t + 1100));
}

static void
a_queue_that_takes_nothing_is_stalled(void **state)
{
	struct vchannel_progress p = {0};
	uint64_t refused = 0;

	(void)state;
	/* It refuses now and then, but takes as well. */
	for (uint64_t t = 1; t < 1000; t += 10)
		assert_false(vchannel_stalled(&p, ++refused, t, STUCK, t * MS));
	/* Nothing is offered: no news. */
	for (uint64_t t = 1000; t < 2000; t += 10)
		assert_false(vchannel_stalled(&p, refused, 991, STUCK, t * MS));
	for (uint64_t t = 2000; t < 2200; t += 10)
		assert_false(vchannel_stalled(&p, ++refused, 991, STUCK, t * MS));
	assert_true(vchannel_stalled(&p, ++refused, 991, STUCK, 2200 * MS));
	assert_false(vchannel_stalled(&p, ++refused, 992, STUCK, 2210 * MS));
	/* Never, if so wished. */
	for (uint64_t t = 2220; t < 9000; t += 10)
		assert_false(vchannel_stalled(&p, ++refused, 992, 0, t * MS));
}

static void
a_member_that_sends_nothing_of_what_it_took_is_silent(void **state)
{
	struct vchannel_completions c = {0};
	uint64_t handed = 5;

	(void)state;
	/* A driver that does not count is none the worse for it. */
	for (uint64_t t = 1; t < 9000; t += 100)
		assert_false(vchannel_silent(&c, handed++, 7, STUCK, t * MS));
	/* One that was seen to count. */
	assert_false(vchannel_silent(&c, handed, 8, STUCK, 10000 * MS));
	assert_false(vchannel_silent(&c, handed, 8, STUCK, 10100 * MS));
	/* Idle: nothing was handed over since, so nothing is missing. */
	assert_false(vchannel_silent(&c, handed, 8, STUCK, 20000 * MS));
	/* One more packet is enough, whatever room its ring has. */
	assert_false(vchannel_silent(&c, ++handed, 8, STUCK, 20100 * MS));
	assert_false(vchannel_silent(&c, handed, 8, STUCK, 20299 * MS));
	assert_true(vchannel_silent(&c, handed, 8, STUCK, 20300 * MS));
	assert_false(vchannel_silent(&c, handed, 9, STUCK, 20400 * MS));
	assert_false(vchannel_silent(&c, ++handed, 9, 0, 20500 * MS));
	assert_false(vchannel_silent(&c, ++handed, 9, 0, 29999 * MS));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(the_first_good_news_count_at_once),
		TEST(bad_news_count_at_once_and_good_ones_after_the_delay),
		TEST(a_link_that_flaps_stays_out),
		TEST(a_stuck_member_gets_a_chance_after_a_pause_that_doubles),
		TEST(a_queue_that_takes_nothing_is_stalled),
		TEST(a_member_that_sends_nothing_of_what_it_took_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
