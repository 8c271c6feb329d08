/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>

#include "ccn_fib.h"

#define BEFOREHAND 4 /* lengths whose buckets are fetched before anything is known */

/* What leads from the stage to longer prefixes. Which name it is for only its hash tells: should
 * two have the same one, both searches go as deep as either needs. */
struct mark {
	uint64_t hash;
	uint32_t below;   /* prefixes that need it */
	uint32_t deepest; /* their greatest depth; while it lives it only grows */
};

struct ccn_fib {
	struct ccn_table table;
	struct ccn_fib_entry *pool;
	struct mark *marks;
	uint32_t max;
	uint32_t count;
	uint32_t deepest; /* of all prefixes there were */
	uint32_t n_dead;
	uint32_t n_entries, n_marks, n_indices; /* unused ones */
	uint32_t *entries, *mark_list, *indices;
	uint32_t dead[CCN_FIB_DEAD_MAX];
};

/* A stack of n numbers, lowest on top. */
static uint32_t *
make_stack(uint32_t n, int socket)
{
	uint32_t *stack = rte_malloc_socket(NULL, sizeof(*stack) * (size_t)n, 0, socket);

	for (uint32_t i = 0; stack != NULL && i < n; i++)
		stack[i] = n - 1 - i;
	return stack;
}

struct ccn_fib *
ccn_fib_create(uint32_t max, int socket)
{
	struct ccn_fib *fib =
		rte_zmalloc_socket("ccn_fib", sizeof(*fib), RTE_CACHE_LINE_SIZE, socket);

	if (fib == NULL)
		return NULL;
	fib->max = fib->n_marks = fib->n_indices = max;
	fib->n_entries = max + CCN_FIB_DEAD_MAX;
	fib->pool = rte_zmalloc_socket(
		NULL, fib->n_entries * sizeof(*fib->pool), RTE_CACHE_LINE_SIZE, socket);
	fib->marks = rte_zmalloc_socket(NULL, max * sizeof(*fib->marks), 0, socket);
	fib->entries = make_stack(fib->n_entries, socket);
	fib->mark_list = make_stack(max, socket);
	fib->indices = make_stack(max, socket);
	if (ccn_table_init(&fib->table, 2 * max, socket) < 0 || fib->pool == NULL ||
		fib->marks == NULL || fib->entries == NULL || fib->mark_list == NULL ||
		fib->indices == NULL) {
		ccn_fib_free(fib);
		return NULL;
	}
	return fib;
}

static void
free_entry(struct ccn_fib *fib, struct ccn_fib_entry *e)
{
	if (e->name != e->inline_name)
		free(e->name);
	else
		free(e->schedule);
	memset(e, 0, sizeof(*e));
	fib->entries[fib->n_entries++] = (uint32_t)(e - fib->pool);
}

void
ccn_fib_reclaim(struct ccn_fib *fib)
{
	while (fib->n_dead > 0)
		free_entry(fib, &fib->pool[fib->dead[--fib->n_dead]]);
}

void
ccn_fib_free(struct ccn_fib *fib)
{
	if (fib == NULL)
		return;
	for (uint32_t i = 0; fib->pool != NULL && i < fib->max + CCN_FIB_DEAD_MAX; i++)
		free(fib->pool[i].name != fib->pool[i].inline_name ? fib->pool[i].name
								   : fib->pool[i].schedule);
	ccn_table_fini(&fib->table);
	rte_free(fib->indices);
	rte_free(fib->mark_list);
	rte_free(fib->entries);
	rte_free(fib->marks);
	rte_free(fib->pool);
	rte_free(fib);
}

uint32_t
ccn_fib_count(const struct ccn_fib *fib)
{
	return fib->count;
}

uint32_t
ccn_fib_dead(const struct ccn_fib *fib)
{
	return fib->n_dead;
}

static struct ccn_fib_entry *
find(const struct ccn_fib *fib, const struct ccn_name *name, unsigned int n)
{
	struct ccn_search s;
	uint64_t slot;

	for (slot = ccn_table_first(&s, &fib->table, name->hash[n]); slot != 0;
		slot = ccn_table_next(&s)) {
		struct ccn_fib_entry *e = &fib->pool[ccn_slot_index(slot)];

		if (ccn_slot_note(slot) == 0 && e->len == name->end[n] &&
			memcmp(e->name, name->value, e->len) == 0)
			return e;
	}
	return NULL;
}

/* How deep prefixes of a name may be. */
static unsigned int
depth_of(const struct ccn_fib *fib, const struct ccn_name *name, unsigned int n)
{
	unsigned int deepest = CCN_FIB_STAGE;
	struct ccn_search s;
	uint64_t slot;

	if (n <= CCN_FIB_STAGE)
		return n;
	for (slot = ccn_table_first(&s, &fib->table, name->hash[CCN_FIB_STAGE]); slot != 0;
		slot = ccn_table_next(&s))
		deepest = RTE_MAX(deepest, CCN_FIB_STAGE + ccn_slot_note(slot));
	return RTE_MIN(n, deepest);
}

void
ccn_fib_prefetch(const struct ccn_fib *fib, const struct ccn_name *name)
{
	unsigned int n = RTE_MIN(RTE_MIN(name->n, fib->deepest), (unsigned int)BEFOREHAND);

	for (; n > 0; n--)
		ccn_table_prefetch(&fib->table, name->hash[n]);
}

const struct ccn_fib_entry *
ccn_fib_prefetch_entry(const struct ccn_fib *fib, const struct ccn_name *name)
{
	for (unsigned int n = depth_of(fib, name, name->n); n > 0; n--) {
		struct ccn_search s;
		uint64_t slot = ccn_table_first(&s, &fib->table, name->hash[n]);

		while (slot != 0 && ccn_slot_note(slot) != 0)
			slot = ccn_table_next(&s);
		if (slot != 0) {
			const struct ccn_fib_entry *e = &fib->pool[ccn_slot_index(slot)];

			rte_prefetch0(e);
			rte_prefetch0(e->inline_name);
			return e;
		}
	}
	return NULL;
}

const struct ccn_fib_entry *
ccn_fib_get(const struct ccn_fib *fib, const struct ccn_name *prefix)
{
	return find(fib, prefix, prefix->n);
}

const struct ccn_fib_entry *
ccn_fib_lookup(const struct ccn_fib *fib, const struct ccn_name *name, unsigned int n)
{
	for (unsigned int depth = depth_of(fib, name, n);; depth--) {
		const struct ccn_fib_entry *e = find(fib, name, depth);

		if (e != NULL || depth == 0)
			return e;
	}
}

/*
 * Deal turns so that every hop has as many as its weight, spread as evenly as can be: each turn
 * all gain their weight, and the richest plays and pays for all (smooth weighted round robin).
 */
static void
make_schedule(struct ccn_fib_entry *e, const uint32_t *weights)
{
	int credit[CCN_HOPS_MAX] = {0};

	for (uint16_t turn = 0; turn < e->schedule_len; turn++) {
		unsigned int best = 0;

		for (unsigned int i = 0; i < e->n_hops; i++) {
			credit[i] += (int)weights[i];
			if (credit[i] > credit[best])
				best = i;
		}
		credit[best] -= e->schedule_len;
		e->schedule[turn] = (uint8_t)best;
	}
}

/* Faces and weights in the order of cost. */
static void
sort_hops(struct ccn_fib_entry *e, const struct ccn_hop *hops, unsigned int n, uint32_t *weights)
{
	uint32_t costs[CCN_HOPS_MAX];

	e->n_hops = (uint8_t)n;
	for (unsigned int i = 0; i < n; i++) {
		unsigned int at = i;

		for (; at > 0 && costs[at - 1] > hops[i].cost; at--) {
			costs[at] = costs[at - 1];
			weights[at] = weights[at - 1];
			e->faces[at] = e->faces[at - 1];
		}
		costs[at] = hops[i].cost;
		weights[at] = hops[i].weight;
		e->faces[at] = hops[i].face;
	}
}

/* An entry with its name and room for its schedule; what does not fit inside is in one piece. */
static struct ccn_fib_entry *
make_entry(struct ccn_fib *fib, const struct ccn_name *name, unsigned int turns)
{
	struct ccn_fib_entry *e = &fib->pool[fib->entries[fib->n_entries - 1]];
	uint32_t outside = turns + (name->len > CCN_FIB_INLINE ? name->len : 0);
	uint8_t *more = outside == 0 ? NULL : malloc(outside);

	if (outside != 0 && more == NULL)
		return NULL;
	fib->n_entries--;
	e->name = e->inline_name;
	e->schedule = more;
	if (name->len > CCN_FIB_INLINE) {
		e->name = more;
		e->schedule = more + name->len;
	}
	e->n = name->n;
	e->len = name->len;
	memcpy(e->name, name->value, e->len);
	e->schedule_len = (uint16_t)turns;
	return e;
}

static uint32_t
index_of(const struct ccn_fib *fib, const struct ccn_fib_entry *e)
{
	return (uint32_t)(e - fib->pool);
}

static void
bury(struct ccn_fib *fib, struct ccn_fib_entry *e)
{
	fib->dead[fib->n_dead++] = index_of(fib, e);
}

/* The mark of a prefix's first components, and its slot. */
static struct mark *
find_mark(struct ccn_fib *fib, const struct ccn_name *prefix, uint64_t *slot)
{
	uint64_t hash = prefix->hash[CCN_FIB_STAGE];
	struct ccn_search s;

	for (*slot = ccn_table_first(&s, &fib->table, hash); *slot != 0; *slot = ccn_table_next(&s))
		if (ccn_slot_note(*slot) != 0 && fib->marks[ccn_slot_index(*slot)].hash == hash)
			return &fib->marks[ccn_slot_index(*slot)];
	return NULL;
}

/* Note at the stage that a prefix this deep exists below. */
static int
mark(struct ccn_fib *fib, const struct ccn_name *prefix)
{
	uint32_t depth = prefix->n - CCN_FIB_STAGE, index;
	uint64_t slot, hash = prefix->hash[CCN_FIB_STAGE];
	struct mark *m;

	if (prefix->n <= CCN_FIB_STAGE)
		return 0;
	m = find_mark(fib, prefix, &slot);
	if (m == NULL) {
		index = fib->mark_list[fib->n_marks - 1];
		m = &fib->marks[index];
		*m = (struct mark){.hash = hash, .deepest = depth};
		if (!ccn_table_add(&fib->table, hash, index, depth))
			return -ENOSPC;
		fib->n_marks--;
	}
	m->below++;
	if (depth > m->deepest) {
		m->deepest = depth;
		ccn_table_change(
			&fib->table, hash, slot, ccn_slot_make(hash, ccn_slot_index(slot), depth));
	}
	return 0;
}

/* A prefix below the stage is gone. */
static void
unmark(struct ccn_fib *fib, const struct ccn_name *prefix)
{
	struct mark *m;
	uint64_t slot;

	if (prefix->n <= CCN_FIB_STAGE)
		return;
	m = find_mark(fib, prefix, &slot);
	if (--m->below > 0)
		return;
	ccn_table_change(&fib->table, m->hash, slot, 0);
	fib->mark_list[fib->n_marks++] = (uint32_t)(m - fib->marks);
}

/* Put an entry where an old one was, or where there was none. */
static int
publish(struct ccn_fib *fib, const struct ccn_name *prefix, struct ccn_fib_entry *e,
	struct ccn_fib_entry *old)
{
	uint64_t hash = prefix->hash[prefix->n];

	if (old != NULL) {
		e->index = old->index;
		ccn_table_change(&fib->table, hash, ccn_slot_make(hash, index_of(fib, old), 0),
			ccn_slot_make(hash, index_of(fib, e), 0));
		bury(fib, old);
		return 0;
	}
	if (mark(fib, prefix) < 0)
		return -ENOSPC;
	e->index = fib->indices[fib->n_indices - 1];
	if (!ccn_table_add(&fib->table, hash, index_of(fib, e), 0)) {
		unmark(fib, prefix);
		return -ENOSPC;
	}
	fib->n_indices--;
	fib->count++;
	fib->deepest = RTE_MAX(fib->deepest, prefix->n);
	return 0;
}

int
ccn_fib_set(struct ccn_fib *fib, const struct ccn_name *prefix, const struct ccn_hop *hops,
	unsigned int n_hops, enum ccn_strategy strategy)
{
	struct ccn_fib_entry *old = find(fib, prefix, prefix->n), *e;
	uint32_t weights[CCN_HOPS_MAX];
	unsigned int turns = 0;
	int rc;

	if (old == NULL && fib->count == fib->max)
		return -ENOSPC;
	if (fib->n_dead == CCN_FIB_DEAD_MAX)
		return -EAGAIN;
	for (unsigned int i = 0; i < n_hops && strategy == CCN_ROUND_ROBIN; i++)
		turns += hops[i].weight;
	e = make_entry(fib, prefix, turns);
	if (e == NULL)
		return -ENOMEM;
	e->strategy = (uint8_t)strategy;
	sort_hops(e, hops, n_hops, weights);
	make_schedule(e, weights);
	rc = publish(fib, prefix, e, old);
	if (rc < 0)
		free_entry(fib, e);
	return rc;
}

int
ccn_fib_del(struct ccn_fib *fib, const struct ccn_name *prefix)
{
	struct ccn_fib_entry *old = find(fib, prefix, prefix->n);
	uint64_t hash = prefix->hash[prefix->n];

	if (old == NULL)
		return -ENOENT;
	if (fib->n_dead == CCN_FIB_DEAD_MAX)
		return -EAGAIN;
	ccn_table_change(&fib->table, hash, ccn_slot_make(hash, index_of(fib, old), 0), 0);
	fib->indices[fib->n_indices++] = old->index;
	bury(fib, old);
	fib->count--;
	unmark(fib, prefix);
	return 0;
}
