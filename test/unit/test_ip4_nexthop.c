/* SPDX-License-Identifier: BSD-3-Clause */
/* Buckets of ECMP groups: in proportion to weights, and few change hands. */
#include "xebra_test.h"

#include <string.h>

#include "nexthop.h"

static uint32_t
owned(const uint32_t *bucket, uint32_t size, uint32_t index)
{
	uint32_t n = 0;

	for (uint32_t b = 0; b < size; b++)
		n += bucket[b] == index;
	return n;
}

static void
test_proportion(void **state)
{
	static const struct ip4_member member[] = {{7, 1}, {8, 2}, {9, 5}};
	uint32_t bucket[256];

	(void)state;
	ip4_buckets_deal(bucket, 256, NULL, member, 3);
	assert_int_equal(owned(bucket, 256, 7), 32);
	assert_int_equal(owned(bucket, 256, 8), 64);
	assert_int_equal(owned(bucket, 256, 9), 160);
}

static void
test_remainders(void **state)
{
	static const struct ip4_member member[] = {{1, 1}, {2, 1}, {3, 1}};
	uint32_t bucket[256];

	(void)state;
	ip4_buckets_deal(bucket, 256, NULL, member, 3);
	for (uint32_t i = 1; i <= 3; i++)
		assert_in_range(owned(bucket, 256, i), 85, 86);
}

/* A member leaves: only its buckets move. It comes back: it gets its share, the others give. */
static void
test_few_move(void **state)
{
	static const struct ip4_member all[] = {{1, 1}, {2, 1}, {3, 2}, {4, 4}};
	uint32_t before[256], without[256], again[256];
	uint32_t moved = 0;

	(void)state;
	ip4_buckets_deal(before, 256, NULL, all, 4);
	ip4_buckets_deal(without, 256, before, all, 3);
	for (uint32_t b = 0; b < 256; b++)
		if (before[b] != 4)
			assert_int_equal(without[b], before[b]);
	assert_int_equal(owned(without, 256, 3), 128);
	ip4_buckets_deal(again, 256, without, all, 4);
	for (uint32_t b = 0; b < 256; b++) {
		moved += again[b] != without[b];
		if (again[b] != without[b])
			assert_int_equal(again[b], 4);
	}
	assert_int_equal(moved, 128);
}

static void
test_most_members(void **state)
{
	struct ip4_member member[IP4_GROUP_MAX];
	uint32_t size = ip4_buckets_size(IP4_GROUP_MAX);
	uint32_t *bucket = calloc(size, sizeof(*bucket));

	(void)state;
	assert_int_equal(size & (size - 1), 0);
	assert_true(size >= 32 * IP4_GROUP_MAX);
	for (uint32_t i = 0; i < IP4_GROUP_MAX; i++)
		member[i] = (struct ip4_member){100 + i, 1 + i % 255};
	ip4_buckets_deal(bucket, size, NULL, member, IP4_GROUP_MAX);
	for (uint32_t i = 0; i < IP4_GROUP_MAX; i++) {
		/* 64 members with weights 1..64: 2080 in all. */
		uint32_t exact = size * (1 + i) / 2080;

		assert_in_range(owned(bucket, size, 100 + i), exact, exact + 1);
	}
	free(bucket);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proportion),
		cmocka_unit_test(test_remainders),
		cmocka_unit_test(test_few_move),
		cmocka_unit_test(test_most_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
