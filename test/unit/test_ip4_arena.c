/* SPDX-License-Identifier: BSD-3-Clause */
/* Items by number, against a model of what each one holds. */
#include "xebra_test.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "arena.h"

#define ITEMS 5000
#define STEPS 100000

struct item {
	uint32_t value[6];
};

static bool no_memory;

int __real_mprotect(void *addr, size_t len, int prot);
int __wrap_mprotect(void *addr, size_t len, int prot);

int
__wrap_mprotect(void *addr, size_t len, int prot)
{
	if (!no_memory)
		return __real_mprotect(addr, len, prot);
	errno = ENOMEM;
	return -1;
}

static struct item *
item_at(const struct arena *arena, uint32_t number)
{
	return (struct item *)arena->items + number;
}

static void
fill(struct item *item, uint32_t value)
{
	for (unsigned int i = 0; i < 6; i++)
		item->value[i] = value + i;
}

static void
expect(const struct item *item, uint32_t value, uint32_t step)
{
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(item->value[i], value + i * step);
}

/* What is in an item stays there, and where it is, until it is freed; a new one is all zero. */
static void
test_items_are_apart(void **state)
{
	static uint32_t number[ITEMS], value[ITEMS];
	static struct item *place[ITEMS];
	struct arena arena = ARENA_INIT(struct item);
	uint32_t seed = 12345, in_use = 0, most = 0;

	(void)state;
	for (uint32_t step = 1; step <= STEPS; step++) {
		uint32_t i = (seed = seed * 1664525 + 1013904223) >> 8;

		i %= step < STEPS / 2 ? ITEMS : ITEMS / 10;
		if (number[i] != 0) {
			assert_ptr_equal(item_at(&arena, number[i]), place[i]);
			expect(place[i], value[i], 1);
			arena_free(&arena, number[i]);
			number[i] = 0;
			in_use--;
		} else {
			number[i] = arena_new(&arena);
			assert_int_not_equal(number[i], 0);
			place[i] = item_at(&arena, number[i]);
			expect(place[i], 0, 0);
			value[i] = step;
			fill(place[i], step);
			in_use++;
		}
		most = in_use > most ? in_use : most;
		assert_int_equal(arena.count, in_use);
		/* What was freed is used before memory grows. */
		assert_int_equal(arena.top, most);
	}
	for (uint32_t i = 0; i < ITEMS; i++)
		if (number[i] != 0)
			expect(item_at(&arena, number[i]), value[i], 1);
	arena_clear(&arena);
}

/* Whoever walks over the items in order of memory sees which are free. */
static void
test_freed_is_zero(void **state)
{
	struct arena arena = ARENA_INIT(struct item);

	(void)state;
	for (uint32_t i = 1; i <= 100; i++) {
		assert_int_equal(arena_new(&arena), i);
		fill(item_at(&arena, i), i);
	}
	for (uint32_t i = 1; i <= 100; i++)
		arena_free(&arena, i);
	assert_int_equal(arena.count, 0);
	for (uint32_t i = 1; i <= 100; i++)
		for (unsigned int word = 1; word < 6; word++)
			assert_int_equal(item_at(&arena, i)->value[word], 0);
	arena_clear(&arena);
}

static void
test_clear(void **state)
{
	struct arena arena = ARENA_INIT(struct item);

	(void)state;
	arena_clear(&arena);
	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 1; i <= 200000; i++) {
			assert_int_equal(arena_new(&arena), i);
			expect(item_at(&arena, i), 0, 0);
			fill(item_at(&arena, i), i);
		}
		assert_true(arena.bytes >= 200000 * sizeof(struct item));
		assert_true(arena.bytes < 200000 * sizeof(struct item) + (4 << 20));
		arena_clear(&arena);
		assert_int_equal(arena.count, 0);
		assert_int_equal(arena.bytes, 0);
	}
}

/* Without memory there is no item, and nothing else has changed. */
static void
test_no_memory(void **state)
{
	struct arena arena = ARENA_INIT(struct item);
	uint32_t n = 0;

	(void)state;
	no_memory = true;
	assert_int_equal(arena_new(&arena), 0);
	no_memory = false;
	assert_int_equal(arena_new(&arena), ++n);
	no_memory = true;
	while (arena_new(&arena) != 0)
		n++;
	assert_int_equal(arena.count, n);
	assert_true((n + 1) * sizeof(struct item) <= arena.bytes);
	arena_free(&arena, 7);
	assert_int_equal(arena_new(&arena), 7);
	assert_int_equal(arena_new(&arena), 0);
	no_memory = false;
	assert_int_equal(arena_new(&arena), n + 1);
	arena_clear(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_items_are_apart),
		cmocka_unit_test(test_freed_is_zero),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
