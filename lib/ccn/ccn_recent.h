/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_RECENT_H
#define CCN_RECENT_H

/*
 * A set that forgets: fingerprints with the time they came, in buckets of one cache line. A full
 * bucket forgets its oldest. Used as dead nonce list (time is time) and as the content store's
 * ghost queue (time counts evictions). A false positive needs 32 equal bits in one bucket.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>

#define CCN_RECENT_WAYS 8

struct ccn_recent_bucket {
	uint32_t tag[CCN_RECENT_WAYS];
	uint32_t time[CCN_RECENT_WAYS]; /* 0: empty */
} __rte_cache_aligned;

/** One thread. */
struct ccn_recent {
	uint32_t mask;
	uint32_t life; /**< How long something is remembered. */
	struct ccn_recent_bucket *buckets;
};

/** Make room for about @p n entries; 0 or -1 without memory. */
static inline int
ccn_recent_init(struct ccn_recent *r, uint32_t n, uint32_t life, int socket)
{
	uint32_t buckets = rte_align32pow2(RTE_MAX(n / CCN_RECENT_WAYS, 1u));

	r->mask = buckets - 1;
	r->life = life;
	r->buckets = rte_zmalloc_socket(
		"ccn_recent", buckets * sizeof(*r->buckets), RTE_CACHE_LINE_SIZE, socket);
	return r->buckets == NULL ? -1 : 0;
}

static inline void
ccn_recent_fini(struct ccn_recent *r)
{
	rte_free(r->buckets);
}

/** Touch what the next two will want. */
static inline void
ccn_recent_prefetch(const struct ccn_recent *r, uint64_t hash)
{
	rte_prefetch0(&r->buckets[hash & r->mask]);
}

/** Remember; times start at 1 and never go back. */
static inline void
ccn_recent_add(struct ccn_recent *r, uint64_t hash, uint32_t now)
{
	struct ccn_recent_bucket *b = &r->buckets[hash & r->mask];
	uint32_t tag = (uint32_t)(hash >> 32), oldest = 0;

	for (uint32_t i = 0; i < CCN_RECENT_WAYS; i++) {
		if (b->tag[i] == tag && b->time[i] != 0) {
			oldest = i;
			break;
		}
		if (b->time[i] < b->time[oldest])
			oldest = i;
	}
	b->tag[oldest] = tag;
	b->time[oldest] = now;
}

static inline bool
ccn_recent_has(const struct ccn_recent *r, uint64_t hash, uint32_t now)
{
	const struct ccn_recent_bucket *b = &r->buckets[hash & r->mask];
	uint32_t tag = (uint32_t)(hash >> 32);

	for (uint32_t i = 0; i < CCN_RECENT_WAYS; i++)
		if (b->tag[i] == tag && b->time[i] != 0 && now - b->time[i] <= r->life)
			return true;
	return false;
}

#endif
