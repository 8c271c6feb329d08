/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_TABLE_H
#define CCN_TABLE_H

/*
 * The hash table of all CCN tables. What they cost is not instructions but cache misses, so it is
 * made to be asked in advance and to answer from one line: a bucket is a cache line of slots, a
 * slot is 32 bits of the hash and the index of an element in its owner's pool. A search for what
 * is not there reads the bucket and nothing else; buckets are half empty, and a full one goes on in
 * another from a small reserve, to which that returns when it is empty.
 *
 * One writer. Readers need no lock: a slot changes in one store, and elements do not move. What a
 * reader in a bucket that returns to the reserve may find there instead it refuses, as it has to
 * look at elements in any case. When that bucket is given out again under it, it may miss what came
 * behind: an Interest at that instant may be told that there is no route.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>

#define CCN_TABLE_WAYS 7
#define CCN_TABLE_MAX ((1u << 27) - 2) /**< Elements at most. */
#define CCN_TABLE_NONE UINT32_MAX

struct ccn_bucket {
	uint64_t slot[CCN_TABLE_WAYS]; /* tag: 32, note: 5, index + 1: 27 bits; 0: empty */
	uint32_t more;                 /* bucket where this one goes on; 0: nowhere */
} __rte_cache_aligned;

struct ccn_table {
	struct ccn_bucket *buckets;
	uint32_t mask;
	uint32_t n_reserve;
	uint32_t *reserve; /**< Buckets in which none goes on. */
};

/** Make a table for @p max elements; 0 or -1 without memory. */
static inline int
ccn_table_init(struct ccn_table *t, uint32_t max, int socket)
{
	uint32_t buckets = rte_align32pow2(RTE_MAX(max / 4, 4u)), reserve = buckets / 8 + 16;

	t->mask = buckets - 1;
	t->n_reserve = reserve;
	t->buckets = rte_zmalloc_socket("ccn_table",
		((size_t)buckets + reserve) * sizeof(*t->buckets), RTE_CACHE_LINE_SIZE, socket);
	t->reserve = rte_malloc_socket("ccn_table", reserve * sizeof(*t->reserve), 0, socket);
	if (t->buckets == NULL || t->reserve == NULL)
		return -1;
	for (uint32_t i = 0; i < reserve; i++)
		t->reserve[i] = buckets + i;
	return 0;
}

static inline void
ccn_table_fini(struct ccn_table *t)
{
	rte_free(t->reserve);
	rte_free(t->buckets);
}

static inline uint64_t
ccn_slot_make(uint64_t hash, uint32_t index, uint32_t note)
{
	return (hash >> 32) << 32 | (uint64_t)note << 27 | (index + 1);
}

static inline uint32_t
ccn_slot_index(uint64_t slot)
{
	return (uint32_t)(slot & ((1u << 27) - 1)) - 1;
}

/** What ccn_table_add() was told to keep beside the index, 0 to 31. */
static inline uint32_t
ccn_slot_note(uint64_t slot)
{
	return (uint32_t)slot >> 27;
}

/** Touch what a search will want. */
static inline void
ccn_table_prefetch(const struct ccn_table *t, uint64_t hash)
{
	rte_prefetch0(&t->buckets[hash & t->mask]);
}

/** A place in a search. */
struct ccn_search {
	const struct ccn_table *table;
	const struct ccn_bucket *bucket;
	uint32_t tag;
	uint32_t way;
};

/** The next slot with the hash's tag, or 0. Elements that it names may be others all the same. */
static inline uint64_t
ccn_table_next(struct ccn_search *s)
{
	for (;;) {
		uint32_t more;

		while (s->way < CCN_TABLE_WAYS) {
			uint64_t slot =
				__atomic_load_n(&s->bucket->slot[s->way++], __ATOMIC_ACQUIRE);

			if (slot >> 32 == s->tag && slot != 0)
				return slot;
		}
		more = __atomic_load_n(&s->bucket->more, __ATOMIC_ACQUIRE);
		if (likely(more == 0))
			return 0;
		s->bucket = &s->table->buckets[more];
		s->way = 0;
	}
}

/** Begin a search; the first slot as from ccn_table_next(). */
static inline uint64_t
ccn_table_first(struct ccn_search *s, const struct ccn_table *t, uint64_t hash)
{
	s->table = t;
	s->bucket = &t->buckets[hash & t->mask];
	s->tag = (uint32_t)(hash >> 32);
	s->way = 0;
	return ccn_table_next(s);
}

/** Let a full bucket go on; its first slot, or NULL without a reserve. */
static inline uint64_t *
ccn_table_extend(struct ccn_table *t, struct ccn_bucket *b)
{
	uint32_t more;

	if (t->n_reserve == 0)
		return NULL;
	more = t->reserve[--t->n_reserve];
	t->buckets[more].more = 0;
	__atomic_store_n(&b->more, more, __ATOMIC_RELEASE);
	return t->buckets[more].slot;
}

/** The place of a slot in a bucket, or NULL. */
static inline uint64_t *
ccn_bucket_place(struct ccn_bucket *b, uint64_t slot)
{
	for (uint32_t i = 0; i < CCN_TABLE_WAYS; i++)
		if (b->slot[i] == slot)
			return &b->slot[i];
	return NULL;
}

/** Put an element in; false when there is no room where it belongs. The writer. */
static inline bool
ccn_table_add(struct ccn_table *t, uint64_t hash, uint32_t index, uint32_t note)
{
	struct ccn_bucket *b = &t->buckets[hash & t->mask];
	uint64_t *place = ccn_bucket_place(b, 0);

	while (unlikely(place == NULL && b->more != 0)) {
		b = &t->buckets[b->more];
		place = ccn_bucket_place(b, 0);
	}
	if (unlikely(place == NULL))
		place = ccn_table_extend(t, b);
	if (unlikely(place == NULL))
		return false;
	__atomic_store_n(place, ccn_slot_make(hash, index, note), __ATOMIC_RELEASE);
	return true;
}

/** Put another slot in the place of one that is there; 0 takes it out. The writer. */
static inline void
ccn_table_change(struct ccn_table *t, uint64_t hash, uint64_t from, uint64_t to)
{
	struct ccn_bucket *b = &t->buckets[hash & t->mask], *before = NULL;
	uint64_t *place = ccn_bucket_place(b, from);

	while (unlikely(place == NULL)) {
		before = b;
		b = &t->buckets[b->more];
		place = ccn_bucket_place(b, from);
	}
	__atomic_store_n(place, to, __ATOMIC_RELEASE);
	if (likely(before == NULL || to != 0))
		return;
	for (uint32_t i = 0; i < CCN_TABLE_WAYS; i++)
		if (b->slot[i] != 0)
			return;
	t->reserve[t->n_reserve++] = before->more;
	__atomic_store_n(&before->more, b->more, __ATOMIC_RELEASE);
}

#endif
