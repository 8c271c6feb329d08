/* SPDX-License-Identifier: BSD-3-Clause */
/* The neighbour machine, in virtual time. */
#include "xebra_test.h"

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "neighbor.h"

#define ADDR 0x0a000102u
#define IFACE 3

static struct neighbor_table t;
static uint64_t now;

/* What the machine has asked for. */
static unsigned int unicasts, broadcasts, resolves, unresolves, destroys, released, failed;
static bool used, is_full;

static const struct rte_ether_addr mac_a = {{2, 0, 0, 0, 0, 1}};
static const struct rte_ether_addr mac_b = {{2, 0, 0, 0, 0, 2}};

static int
on_create(struct neighbor *n)
{
	n->index = 1;
	return 0;
}

static void
on_destroy(struct neighbor *n)
{
	assert_int_equal(n->held_count, 0);
	destroys++;
}

static void
on_request(struct neighbor *n, bool broadcast)
{
	(void)n;
	broadcasts += broadcast;
	unicasts += !broadcast;
}

static void
on_resolved(struct neighbor *n)
{
	(void)n;
	resolves++;
}

static void
on_unresolved(struct neighbor *n)
{
	(void)n;
	unresolves++;
}

static void
on_release(struct neighbor *n, void *packet)
{
	(void)n;
	(void)packet;
	released++;
}

static void
on_fail(struct neighbor *n, void *packet)
{
	(void)n;
	(void)packet;
	failed++;
}

static bool
on_used(struct neighbor *n)
{
	bool was = used;

	(void)n;
	used = false;
	return was;
}

static void
on_full(struct neighbor *n, bool full)
{
	(void)n;
	is_full = full;
}

static const struct neighbor_ops ops = {
	.create = on_create,
	.destroy = on_destroy,
	.request = on_request,
	.resolved = on_resolved,
	.unresolved = on_unresolved,
	.release = on_release,
	.fail = on_fail,
	.used = on_used,
	.full = on_full,
};

static int
begin(void **state)
{
	static const struct neighbor_conf conf = {
		.max = 16,
		.hold = 4,
		.hold_total = 10,
		.reachable_ms = 30000,
		.stale_ms = 60000,
		.retry_ms = 1000,
		.probes = 3,
		.rate = 1000,
	};

	(void)state;
	now = 1000000;
	unicasts = broadcasts = resolves = unresolves = destroys = released = failed = 0;
	used = is_full = false;
	neighbor_init(&t, &ops, now);
	neighbor_configure(&t, &conf);
	return 0;
}

static int
end(void **state)
{
	(void)state;
	neighbor_clear(&t);
	assert_int_equal(t.count, 0);
	assert_int_equal(t.incomplete, 0);
	assert_int_equal(t.held, 0);
	assert_null(neighbor_next(&t, NULL));
	return 0;
}

static void
pass(uint64_t ms)
{
	for (uint64_t until = now + ms; now < until;) {
		now += RTE_MIN(until - now, 10u);
		neighbor_step(&t, now);
	}
}

static int
hold(uint32_t addr)
{
	static int packet;

	return neighbor_hold(&t, IFACE, addr, &packet, now);
}

static enum neighbor_state
state_of(uint32_t addr)
{
	struct neighbor *n = neighbor_find(&t, IFACE, addr);

	assert_non_null(n);
	return n->state;
}

static void
test_answer_releases(void **state)
{
	(void)state;
	assert_int_equal(hold(ADDR), 0);
	assert_int_equal(hold(ADDR), 0);
	assert_int_equal(broadcasts, 1);
	assert_int_equal(state_of(ADDR), NEIGHBOR_INCOMPLETE);
	assert_true(neighbor_confirm(&t, IFACE, ADDR, &mac_a, false, now));
	assert_int_equal(state_of(ADDR), NEIGHBOR_REACHABLE);
	assert_int_equal(resolves, 1);
	assert_int_equal(released, 2);
	assert_int_equal(hold(ADDR), -EEXIST);
}

static void
test_silence_fails(void **state)
{
	(void)state;
	assert_int_equal(hold(ADDR), 0);
	pass(2900);
	assert_int_equal(broadcasts, 3);
	assert_int_equal(failed, 0);
	pass(300);
	assert_int_equal(broadcasts, 3);
	assert_int_equal(failed, 1);
	assert_null(neighbor_find(&t, IFACE, ADDR));
	assert_int_equal(destroys, 1);
}

static void
test_hold_is_bounded(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(hold(ADDR), 0);
	assert_true(is_full);
	assert_int_equal(hold(ADDR), -ENOBUFS);
	for (int i = 0; i < 4; i++)
		assert_int_equal(hold(ADDR + 1), 0);
	assert_int_equal(hold(ADDR + 2), 0);
	assert_int_equal(hold(ADDR + 2), 0);
	/* Ten in all. */
	assert_int_equal(hold(ADDR + 2), -ENOBUFS);
	assert_true(neighbor_confirm(&t, IFACE, ADDR, &mac_a, false, now));
	assert_false(is_full);
	assert_int_equal(released, 4);
	assert_int_equal(hold(ADDR + 2), 0);
}

/* Who scans a network fills a quarter of the table and pushes nobody out. */
static void
test_scan_is_bounded(void **state)
{
	(void)state;
	assert_true(neighbor_confirm(&t, IFACE, ADDR, &mac_a, true, now));
	for (uint32_t i = 1; i <= 4; i++)
		assert_int_equal(hold(ADDR + i), 0);
	assert_int_equal(hold(ADDR + 5), -ENOSPC);
	assert_int_equal(state_of(ADDR), NEIGHBOR_REACHABLE);
	pass(3500);
	assert_int_equal(hold(ADDR + 5), 0);
}

static void
test_full_table_forgets_the_longest_stale(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 16; i++) {
		assert_true(neighbor_confirm(&t, IFACE, ADDR + i, &mac_a, true, now));
		pass(100);
	}
	assert_false(neighbor_confirm(&t, IFACE, ADDR + 16, &mac_a, true, now));
	pass(30000);
	assert_int_equal(state_of(ADDR), NEIGHBOR_STALE);
	assert_true(neighbor_confirm(&t, IFACE, ADDR + 16, &mac_a, true, now));
	assert_null(neighbor_find(&t, IFACE, ADDR));
	assert_non_null(neighbor_find(&t, IFACE, ADDR + 1));
}

static void
test_unused_is_forgotten(void **state)
{
	(void)state;
	assert_true(neighbor_confirm(&t, IFACE, ADDR, &mac_a, true, now));
	pass(29000);
	assert_int_equal(state_of(ADDR), NEIGHBOR_REACHABLE);
	pass(2000);
	assert_int_equal(state_of(ADDR), NEIGHBOR_STALE);
	pass(58000);
	assert_int_equal(state_of(ADDR), NEIGHBOR_STALE);
	pass(3000);
	assert_null(neighbor_find(&t, IFACE, ADDR));
	assert_int_equal(unicasts + broadcasts, 0);
	assert_int_equal(unresolves, 1);
}

static void
test_used_is_probed(void **state)
{
	(void)state;
	assert_true(neighbor_confirm(&t, IFACE, ADDR, &mac_a, true, now));
	used = true;
	pass(30100);
	assert_int_equal(state_of(ADDR), NEIGHBOR_PROBE);
	assert_int_equal(unicasts, 1);
	assert_true(neighbor_confirm(&t, IFACE, ADDR, &mac_a, false, now));
	assert_int_equal(state_of(ADDR), NEIGHBOR_REACHABLE);
	assert_int_equal(resolves, 1); /* nothing has changed */
	pass(31000);
	assert_int_equal(state_of(ADDR), NEIGHBOR_STALE);
	used = true;
	pass(1200);
	assert_int_equal(state_of(ADDR), NEIGHBOR_PROBE);
	pass(7000);
	/* Asked by unicast, then by broadcast, then it is gone. */
	assert_int_equal(unicasts, 1 + 3);
	assert_int_equal(broadcasts, 3);
	assert_null(neighbor_find(&t, IFACE, ADDR));
	assert_int_equal(unresolves, 1);
}

static void
test_new_mac(void **state)
{
	(void)state;
	assert_true(neighbor_confirm(&t, IFACE, ADDR, &mac_a, true, now));
	assert_true(neighbor_confirm(&t, IFACE, ADDR, &mac_b, false, now));
	assert_int_equal(resolves, 2);
	assert_true(rte_is_same_ether_addr(&neighbor_find(&t, IFACE, ADDR)->mac, &mac_b));
}

static void
test_unasked_news_is_not_learned(void **state)
{
	(void)state;
	assert_false(neighbor_confirm(&t, IFACE, ADDR, &mac_a, false, now));
	assert_null(neighbor_find(&t, IFACE, ADDR));
}

static void
test_static(void **state)
{
	(void)state;
	assert_int_equal(hold(ADDR), 0);
	assert_int_equal(neighbor_set_static(&t, IFACE, ADDR, &mac_a, now), 0);
	assert_int_equal(released, 1);
	assert_true(neighbor_confirm(&t, IFACE, ADDR, &mac_b, true, now));
	assert_true(rte_is_same_ether_addr(&neighbor_find(&t, IFACE, ADDR)->mac, &mac_a));
	pass(200000);
	assert_int_equal(state_of(ADDR), NEIGHBOR_STATIC);
	neighbor_forget(&t, neighbor_find(&t, IFACE, ADDR));
	assert_int_equal(state_of(ADDR), NEIGHBOR_STATIC);
	neighbor_unset_static(&t, neighbor_find(&t, IFACE, ADDR));
	assert_null(neighbor_find(&t, IFACE, ADDR));
}

/* A gateway is asked for at once and never forgotten. */
static void
test_gateway(void **state)
{
	struct neighbor *n;

	(void)state;
	n = neighbor_ref(&t, IFACE, ADDR, now);
	assert_non_null(n);
	assert_int_equal(broadcasts, 1);
	pass(10000);
	assert_int_equal(broadcasts, 3);
	assert_int_equal(state_of(ADDR), NEIGHBOR_INCOMPLETE);
	assert_int_equal(hold(ADDR), 0);
	assert_int_equal(broadcasts, 4);
	assert_true(neighbor_confirm(&t, IFACE, ADDR, &mac_a, false, now));
	assert_int_equal(released, 1);
	pass(30100);
	assert_int_equal(state_of(ADDR), NEIGHBOR_PROBE);
	pass(7000);
	assert_int_equal(state_of(ADDR), NEIGHBOR_INCOMPLETE);
	assert_int_equal(unresolves, 1);
	assert_int_equal(t.count, 0);
	neighbor_unref(&t, n);
	assert_null(neighbor_find(&t, IFACE, ADDR));
}

static void
test_requests_are_limited(void **state)
{
	struct neighbor_conf conf = t.conf;

	(void)state;
	conf.max = 400;
	conf.hold_total = 400;
	conf.rate = 10;
	neighbor_configure(&t, &conf);
	t.tokens = 0;
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(hold(ADDR + i), 0);
	assert_int_equal(broadcasts, 0);
	pass(1000);
	assert_in_range(broadcasts, 9, 10);
	pass(9000);
	assert_in_range(broadcasts, 95, 100);
}

static void
test_long_pause(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 10; i++)
		assert_true(neighbor_confirm(&t, IFACE, ADDR + i, &mac_a, true, now));
	now += 3600 * 1000;
	neighbor_step(&t, now);
	pass(5000);
	assert_int_equal(t.count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_answer_releases),
		TEST(test_silence_fails),
		TEST(test_hold_is_bounded),
		TEST(test_scan_is_bounded),
		TEST(test_full_table_forgets_the_longest_stale),
		TEST(test_unused_is_forgotten),
		TEST(test_used_is_probed),
		TEST(test_new_mac),
		TEST(test_unasked_news_is_not_learned),
		TEST(test_static),
		TEST(test_gateway),
		TEST(test_requests_are_limited),
		TEST(test_long_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
