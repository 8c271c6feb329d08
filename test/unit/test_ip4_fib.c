/* SPDX-License-Identifier: BSD-3-Clause */
/* The forwarding table and the RIB tree against a model that tries every prefix. */
#include "xebra_test.h"

#include <string.h>

#include <rte_common.h>

#include "fib.h"
#include "rib.h"
#include "test_ip4.h"

#define PREFIXES 600
#define STEPS 40000

struct model {
	uint32_t prefix;
	uint8_t len;
	uint32_t index; /* 0: not in the table */
};

static struct model model[PREFIXES];
static unsigned int syncs;
static uint64_t seed = 88172645463325252ULL;

static void
sync_readers(void)
{
	syncs++;
}

static uint32_t
rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed >> 16;
}

/* Addresses from few bits, so that prefixes lie within one another. */
static uint32_t
rnd_addr(void)
{
	return (10u << 24) | (rnd() & 3) << 16 | (rnd() & 7) << 8 | (rnd() & 0xff);
}

static uint32_t
model_lookup(uint32_t addr)
{
	int best = -1;
	uint32_t index = 0;

	for (int i = 0; i < PREFIXES; i++) {
		if (model[i].index == 0 || model[i].len <= best)
			continue;
		if (ip4_prefix_has(model[i].prefix, model[i].len, addr)) {
			best = model[i].len;
			index = model[i].index;
		}
	}
	return index;
}

/* Distinct prefixes, none in the table yet. */
static void
prefixes_make(void)
{
	static const uint8_t lens[] = {0, 4, 8, 12, 14, 16, 20, 22, 23, 24, 25, 26, 28, 30, 31, 32};

	memset(model, 0, sizeof(model));
	for (int i = 0; i < PREFIXES;) {
		bool seen = false;

		model[i].len = lens[rnd() % RTE_DIM(lens)];
		model[i].prefix = rnd_addr() & ip4_mask(model[i].len);
		for (int j = 0; j < i; j++)
			seen |= model[j].len == model[i].len && model[j].prefix == model[i].prefix;
		i += !seen;
	}
}

static void
set(struct ip4_fib *fib, struct rib *rib, struct model *m, uint32_t index)
{
	struct rib_node *node = rib_get(rib, m->prefix, m->len);

	assert_non_null(node);
	node->routes = 1;
	node->index = index;
	m->index = index;
	assert_int_equal(ip4_fib_add(fib, m->prefix, m->len, index), 0);
}

static void
unset(struct ip4_fib *fib, struct rib *rib, struct model *m)
{
	struct rib_node *node = rib_find(rib, m->prefix, m->len);
	struct rib_node *cover;

	assert_non_null(node);
	node->index = 0;
	node->routes = 0;
	m->index = 0;
	cover = rib_cover(rib, node);
	ip4_fib_del(fib, m->prefix, m->len, cover != NULL ? cover->len : 0,
		cover != NULL ? cover->index : 0);
	rib_put(rib, node);
}

static void
compare(const struct ip4_fib *fib, const struct rib *rib)
{
	uint32_t addr[64], index[64];
	struct rib_node *node;

	for (int i = 0; i < 64; i++)
		addr[i] = i % 8 == 0 ? rnd() : rnd_addr();
	ip4_fib_lookup_bulk(fib, addr, index, 64);
	for (int i = 0; i < 64; i++) {
		assert_int_equal(index[i], model_lookup(addr[i]));
		node = rib_match(rib, addr[i]);
		assert_int_equal(index[i], node != NULL ? node->index : 0);
	}
}

static void
test_random_walk(void **state)
{
	struct ip4_fib *fib = ip4_fib_create(sync_readers);
	struct rib rib = RIB_INIT;
	uint32_t nodes = 0;

	(void)state;
	assert_non_null(fib);
	prefixes_make();
	for (int step = 0; step < STEPS; step++) {
		struct model *m = &model[rnd() % PREFIXES];

		if (m->index == 0 || rnd() % 4 == 0)
			set(fib, &rib, m, 1 + rnd() % 50000);
		else
			unset(fib, &rib, m);
		if (step % 10 == 0)
			compare(fib, &rib);
	}
	for (int i = 0; i < PREFIXES; i++)
		if (model[i].index != 0)
			unset(fib, &rib, &model[i]);
	compare(fib, &rib);
	assert_int_equal(rib.nodes.count, 0);
	assert_int_equal(rib.root, 0);
	assert_int_equal(ip4_fib_groups_used(fib), 0);
	for (struct rib_node *n = rib_next(&rib, NULL); n != NULL; n = rib_next(&rib, n))
		nodes++;
	assert_int_equal(nodes, 0);
	ip4_fib_free(fib);
}

/* A group that was given back is not used again before the readers have passed. */
static void
test_group_reuse_waits(void **state)
{
	struct ip4_fib *fib = ip4_fib_create(sync_readers);
	uint32_t groups, base = 10u << 24;
	unsigned int before;

	(void)state;
	assert_non_null(fib);
	for (uint32_t i = 0; i < 256; i++)
		assert_int_equal(ip4_fib_add(fib, base + (i << 8), 32, 5), 0);
	groups = fib->groups;
	assert_int_equal(ip4_fib_groups_used(fib), 256);
	for (uint32_t i = 0; i < 256; i++)
		ip4_fib_del(fib, base + (i << 8), 32, 0, 0);
	assert_int_equal(ip4_fib_groups_used(fib), 0);
	before = syncs;
	assert_int_equal(ip4_fib_add(fib, base, 32, 6), 0);
	assert_int_equal(syncs, before + 1);
	assert_int_equal(fib->groups, groups);
	/* More than there were: the table grows and keeps what it has. */
	for (uint32_t i = 1; i < 1000; i++)
		assert_int_equal(ip4_fib_add(fib, base + (i << 8), 32, 6 + i), 0);
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(ip4_fib_lookup(fib, base + (i << 8)), 6 + i);
	ip4_fib_free(fib);
}

static void
test_walk_in_order(void **state)
{
	struct rib rib = RIB_INIT;
	uint32_t last = 0, n = 0;
	uint8_t last_len = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		uint8_t len = 8 + rnd() % 25;
		struct rib_node *node = rib_get(&rib, rnd_addr() & ip4_mask(len), len);

		node->routes = 1;
	}
	for (struct rib_node *node = rib_next(&rib, NULL); node; node = rib_next(&rib, node)) {
		assert_true(n == 0 || node->prefix > last ||
			(node->prefix == last && node->len > last_len));
		last = node->prefix;
		last_len = node->len;
		n++;
	}
	assert_int_equal(n, rib.nodes.count);
	rib_clear(&rib);
	assert_int_equal(rib.root, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_walk),
		cmocka_unit_test(test_group_reuse_waits),
		cmocka_unit_test(test_walk_in_order),
	};

	if (test_eal_init("test_ip4_fib") < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
