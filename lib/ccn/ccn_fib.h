/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_FIB_H
#define CCN_FIB_H

/*
 * The name FIB: prefixes to next hops and strategy, longest prefix first.
 *
 * All prefixes lie in one hash table under the hash of the prefix. A lookup that tried every
 * length from the name's down would cost in proportion to the name, and names are chosen by
 * strangers. So the search has two stages ("Named data networking on a router", So et al.): at
 * CCN_FIB_STAGE components every longer prefix leaves a mark with the greatest depth below it, and
 * only where there is one the search goes deeper. A mark lies in the bucket itself.
 *
 * One writer (the control thread), many readers. An entry is never changed but replaced; what was
 * taken out is free again after ccn_fib_reclaim(), once no reader can hold it.
 */

#include "ccn_name.h"
#include "ccn_table.h"

#define CCN_FIB_STAGE 2
#define CCN_FIB_DEAD_MAX 1024 /**< Entries that may wait for ccn_fib_reclaim(). */
#define CCN_FIB_INLINE 64     /**< Bytes of a prefix kept in the entry itself. */
#define CCN_HOPS_MAX 8        /**< Next hops of a prefix. */
#define CCN_WEIGHT_MAX 32     /**< Of a next hop. */
#define CCN_SCHEDULE_MAX (CCN_HOPS_MAX * CCN_WEIGHT_MAX)

enum ccn_strategy {
	CCN_BEST_ROUTE,
	CCN_MULTICAST,
	CCN_ROUND_ROBIN,
};

struct ccn_hop {
	uint32_t face;
	uint32_t cost;
	uint32_t weight; /**< 1..CCN_WEIGHT_MAX. */
};

/** What is known of a prefix: a cache line of it, and one with its name. */
struct ccn_fib_entry {
	uint8_t *name;
	uint8_t *schedule;     /**< Round robin: indices into faces. */
	uint32_t index;        /**< Below the FIB's size: for counters beside it. */
	uint16_t len;          /**< Bytes of the prefix. */
	uint16_t schedule_len; /**< Turns until it repeats. */
	uint8_t n;             /**< Components. */
	uint8_t n_hops;
	uint8_t strategy;
	uint32_t faces[CCN_HOPS_MAX]; /**< Next hops, lowest cost first. */
	uint8_t inline_name[CCN_FIB_INLINE] __rte_cache_aligned;
} __rte_cache_aligned;

struct ccn_fib;

/** Make a FIB for up to @p max prefixes; NULL without memory. */
struct ccn_fib *ccn_fib_create(uint32_t max, int socket);

/** Free it with everything in it. No reader may be left. */
void ccn_fib_free(struct ccn_fib *fib);

/**
 * Set a prefix. Hops are copied and ordered by cost.
 *
 * @return
 *   0, -ENOSPC (the FIB is full), -ENOMEM, -EAGAIN (too many wait for ccn_fib_reclaim()).
 */
int ccn_fib_set(struct ccn_fib *fib, const struct ccn_name *prefix, const struct ccn_hop *hops,
	unsigned int n_hops, enum ccn_strategy strategy);

/** Delete a prefix; -ENOENT when it is not there. */
int ccn_fib_del(struct ccn_fib *fib, const struct ccn_name *prefix);

/** Free what was taken out. No reader may hold an entry from before. */
void ccn_fib_reclaim(struct ccn_fib *fib);

/** Entries waiting for ccn_fib_reclaim(). */
uint32_t ccn_fib_dead(const struct ccn_fib *fib);

/** Longest match for the first @p n components of a name; NULL: none. Any worker. */
const struct ccn_fib_entry *ccn_fib_lookup(
	const struct ccn_fib *fib, const struct ccn_name *name, unsigned int n);

/** The entry of exactly this prefix, or NULL. */
const struct ccn_fib_entry *ccn_fib_get(const struct ccn_fib *fib, const struct ccn_name *prefix);

/** Prefixes in the FIB. */
uint32_t ccn_fib_count(const struct ccn_fib *fib);

/** Touch what a lookup will want first. */
void ccn_fib_prefetch(const struct ccn_fib *fib, const struct ccn_name *name);

/** Some time later: touch what it will want next. The entry it will probably find, or NULL. */
const struct ccn_fib_entry *ccn_fib_prefetch_entry(
	const struct ccn_fib *fib, const struct ccn_name *name);

#endif
