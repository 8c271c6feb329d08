/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>

#include <rte_malloc.h>
#include <rte_prefetch.h>

#include "ccn_fib.h"

struct ccn_fib {
	uint32_t mask;
	uint32_t max;
	uint32_t count; /* real ones */
	uint32_t n_dead;
	uint32_t n_unused;
	uint32_t *unused; /* indices */
	struct ccn_fib_entry *dead;
	struct ccn_fib_entry *buckets[];
};

struct ccn_fib *
ccn_fib_create(uint32_t max, int socket)
{
	uint32_t buckets = rte_align32pow2(RTE_MAX(max, 32u) * 2);
	struct ccn_fib *fib = rte_zmalloc_socket("ccn_fib",
		sizeof(*fib) + (size_t)buckets * sizeof(fib->buckets[0]), RTE_CACHE_LINE_SIZE,
		socket);

	if (fib == NULL)
		return NULL;
	/* A prefix may need a mark beside it. */
	fib->n_unused = 2 * max;
	fib->unused = rte_malloc_socket(NULL, sizeof(uint32_t) * 2 * (size_t)max, 0, socket);
	if (fib->unused == NULL) {
		rte_free(fib);
		return NULL;
	}
	for (uint32_t i = 0; i < 2 * max; i++)
		fib->unused[i] = 2 * max - 1 - i;
	fib->mask = buckets - 1;
	fib->max = max;
	return fib;
}

void
ccn_fib_reclaim(struct ccn_fib *fib)
{
	struct ccn_fib_entry *e, *next;

	for (e = fib->dead; e != NULL; e = next) {
		next = e->dead;
		free(e);
	}
	fib->dead = NULL;
	fib->n_dead = 0;
}

void
ccn_fib_free(struct ccn_fib *fib)
{
	if (fib == NULL)
		return;
	ccn_fib_reclaim(fib);
	for (uint32_t i = 0; i <= fib->mask; i++) {
		while (fib->buckets[i] != NULL) {
			struct ccn_fib_entry *e = fib->buckets[i];

			fib->buckets[i] = e->next;
			free(e);
		}
	}
	rte_free(fib->unused);
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
	uint64_t hash = name->hash[n];
	struct ccn_fib_entry *e;

	e = __atomic_load_n(&fib->buckets[hash & fib->mask], __ATOMIC_ACQUIRE);
	while (e != NULL &&
		(e->hash != hash || e->len != name->end[n] ||
			memcmp(e->name, name->value, e->len) != 0))
		e = __atomic_load_n(&e->next, __ATOMIC_ACQUIRE);
	return e;
}

void
ccn_fib_prefetch(const struct ccn_fib *fib, const struct ccn_name *name)
{
	unsigned int n = RTE_MIN(name->n, CCN_FIB_STAGE);

	rte_prefetch0(&fib->buckets[name->hash[n] & fib->mask]);
}

const struct ccn_fib_entry *
ccn_fib_get(const struct ccn_fib *fib, const struct ccn_name *prefix)
{
	const struct ccn_fib_entry *e = find(fib, prefix, prefix->n);

	return e != NULL && e->real ? e : NULL;
}

const struct ccn_fib_entry *
ccn_fib_lookup(const struct ccn_fib *fib, const struct ccn_name *name, unsigned int n)
{
	const struct ccn_fib_entry *e;
	unsigned int depth = n;

	if (n > CCN_FIB_STAGE) {
		const struct ccn_fib_entry *mark = find(fib, name, CCN_FIB_STAGE);
		unsigned int deepest = CCN_FIB_STAGE;

		if (mark != NULL)
			deepest = __atomic_load_n(&mark->deepest, __ATOMIC_RELAXED);
		for (depth = RTE_MIN(n, deepest); depth > CCN_FIB_STAGE; depth--) {
			e = find(fib, name, depth);
			if (e != NULL && e->real)
				return e;
		}
		if (mark != NULL && mark->real)
			return mark;
		depth = CCN_FIB_STAGE - 1;
	}
	for (;; depth--) {
		e = find(fib, name, depth);
		if (e != NULL && e->real)
			return e;
		if (depth == 0)
			return NULL;
	}
}

/*
 * Deal turns so that every hop has as many as its weight, spread as evenly as can be: each turn
 * all gain their weight, and the richest plays and pays for all (smooth weighted round robin).
 */
static void
make_schedule(struct ccn_fib_entry *e)
{
	int credit[CCN_HOPS_MAX] = {0};

	for (uint16_t turn = 0; turn < e->schedule_len; turn++) {
		unsigned int best = 0;

		for (unsigned int i = 0; i < e->n_hops; i++) {
			credit[i] += (int)e->hops[i].weight;
			if (credit[i] > credit[best])
				best = i;
		}
		credit[best] -= e->schedule_len;
		e->schedule[turn] = (uint8_t)best;
	}
}

static void
sort_hops(struct ccn_fib_entry *e, const struct ccn_hop *hops, unsigned int n)
{
	e->n_hops = (uint8_t)n;
	for (unsigned int i = 0; i < n; i++) {
		unsigned int at = i;

		for (; at > 0 && e->hops[at - 1].cost > hops[i].cost; at--)
			e->hops[at] = e->hops[at - 1];
		e->hops[at] = hops[i];
	}
}

static struct ccn_fib_entry *
make_entry(const struct ccn_name *name, unsigned int n, unsigned int schedule_len)
{
	struct ccn_fib_entry *e = calloc(1, sizeof(*e) + name->end[n] + schedule_len);

	if (e == NULL)
		return NULL;
	e->hash = name->hash[n];
	e->n = (uint8_t)n;
	e->deepest = (uint8_t)n;
	e->len = name->end[n];
	memcpy(e->name, name->value, e->len);
	e->schedule = e->name + e->len;
	return e;
}

/* Put an entry where an old one was, or first in its chain. */
static void
publish(struct ccn_fib *fib, struct ccn_fib_entry *e, struct ccn_fib_entry *old)
{
	struct ccn_fib_entry **at = &fib->buckets[e->hash & fib->mask];

	if (old == NULL) {
		e->next = *at;
	} else {
		while (*at != old)
			at = &(*at)->next;
		e->next = old->next;
	}
	__atomic_store_n(at, e, __ATOMIC_RELEASE);
}

/* Take an entry out; a reader may still stand on it, so its link into the chain stays. */
static void
unlink_entry(struct ccn_fib *fib, struct ccn_fib_entry *e)
{
	struct ccn_fib_entry **at = &fib->buckets[e->hash & fib->mask];

	while (*at != e)
		at = &(*at)->next;
	__atomic_store_n(at, e->next, __ATOMIC_RELEASE);
}

static void
bury(struct ccn_fib *fib, struct ccn_fib_entry *e)
{
	e->dead = fib->dead;
	fib->dead = e;
	fib->n_dead++;
}

/* Note at the stage that a prefix this deep exists below. */
static int
mark(struct ccn_fib *fib, const struct ccn_name *prefix)
{
	struct ccn_fib_entry *e;

	if (prefix->n <= CCN_FIB_STAGE)
		return 0;
	e = find(fib, prefix, CCN_FIB_STAGE);
	if (e == NULL) {
		e = make_entry(prefix, CCN_FIB_STAGE, 0);
		if (e == NULL)
			return -ENOMEM;
		e->index = fib->unused[--fib->n_unused];
		publish(fib, e, NULL);
	}
	e->below++;
	if (prefix->n > e->deepest)
		__atomic_store_n(&e->deepest, prefix->n, __ATOMIC_RELAXED);
	return 0;
}

/* A prefix below the stage is gone. */
static void
unmark(struct ccn_fib *fib, const struct ccn_name *prefix)
{
	struct ccn_fib_entry *e;

	if (prefix->n <= CCN_FIB_STAGE)
		return;
	e = find(fib, prefix, CCN_FIB_STAGE);
	if (--e->below > 0)
		return;
	if (e->real) {
		__atomic_store_n(&e->deepest, CCN_FIB_STAGE, __ATOMIC_RELAXED);
		return;
	}
	unlink_entry(fib, e);
	fib->unused[fib->n_unused++] = e->index;
	bury(fib, e);
}

int
ccn_fib_set(struct ccn_fib *fib, const struct ccn_name *prefix, const struct ccn_hop *hops,
	unsigned int n_hops, enum ccn_strategy strategy)
{
	struct ccn_fib_entry *old = find(fib, prefix, prefix->n), *e;
	bool new = old == NULL || !old->real;
	unsigned int turns = 0;

	if (new && fib->count == fib->max)
		return -ENOSPC;
	for (unsigned int i = 0; i < n_hops && strategy == CCN_ROUND_ROBIN; i++)
		turns += hops[i].weight;
	e = make_entry(prefix, prefix->n, turns);
	if (e == NULL)
		return -ENOMEM;
	if (new &&mark(fib, prefix) < 0) {
		free(e);
		return -ENOMEM;
	}
	e->real = true;
	e->strategy = (uint8_t)strategy;
	sort_hops(e, hops, n_hops);
	e->schedule_len = (uint16_t)turns;
	make_schedule(e);
	e->index = old != NULL ? old->index : fib->unused[--fib->n_unused];
	if (old != NULL) {
		e->below = old->below;
		e->deepest = old->deepest;
	}
	publish(fib, e, old);
	if (old != NULL)
		bury(fib, old);
	fib->count += new;
	return 0;
}

int
ccn_fib_del(struct ccn_fib *fib, const struct ccn_name *prefix)
{
	struct ccn_fib_entry *old = find(fib, prefix, prefix->n), *rest = NULL;

	if (old == NULL || !old->real)
		return -ENOENT;
	if (old->below > 0) { /* its mark is still needed */
		rest = make_entry(prefix, prefix->n, 0);
		if (rest == NULL)
			return -ENOMEM;
		rest->index = old->index;
		rest->below = old->below;
		rest->deepest = old->deepest;
		publish(fib, rest, old);
	} else {
		unlink_entry(fib, old);
		fib->unused[fib->n_unused++] = old->index;
	}
	bury(fib, old);
	fib->count--;
	unmark(fib, prefix);
	return 0;
}
