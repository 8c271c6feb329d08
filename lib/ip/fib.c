/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "fib.h"

#define TBL24_SIZE (1u << 24)
#define GROUP_SIZE 256u
#define GROUPS_FIRST 256u

static inline uint32_t
entry_make(uint8_t len, uint32_t index)
{
	return len == 0 ? 0 : (uint32_t)len << IP4_FIB_LEN_SHIFT | index;
}

static inline uint8_t
entry_len(uint32_t entry)
{
	return entry >> IP4_FIB_LEN_SHIFT;
}

static inline void
entry_store(uint32_t *entry, uint32_t value)
{
	__atomic_store_n(entry, value, __ATOMIC_RELEASE);
}

static inline uint32_t *
group_of(const struct ip4_fib *fib, uint32_t entry)
{
	return &fib->tbl8[(entry & ~IP4_FIB_GROUP) * GROUP_SIZE];
}

struct ip4_fib *
ip4_fib_create(void (*sync)(void))
{
	struct ip4_fib *fib = rte_zmalloc("ip4_fib", sizeof(*fib), RTE_CACHE_LINE_SIZE);

	if (fib == NULL)
		return NULL;
	fib->sync = sync;
	fib->tbl24 = rte_zmalloc("ip4_fib", TBL24_SIZE * sizeof(uint32_t), RTE_CACHE_LINE_SIZE);
	if (fib->tbl24 == NULL) {
		ip4_fib_free(fib);
		return NULL;
	}
	return fib;
}

void
ip4_fib_free(struct ip4_fib *fib)
{
	if (fib == NULL)
		return;
	rte_free(fib->tbl24);
	rte_free(fib->tbl8);
	rte_free(fib->free);
	rte_free(fib);
}

uint32_t
ip4_fib_groups_used(const struct ip4_fib *fib)
{
	return fib->groups - fib->free_count - fib->limbo_count;
}

size_t
ip4_fib_bytes(const struct ip4_fib *fib)
{
	return TBL24_SIZE * sizeof(uint32_t) + fib->groups * (GROUP_SIZE + 1) * sizeof(uint32_t);
}

/*
 * Twice the room for groups. Readers may go on with the old table until they pass a quiescent
 * state; it is complete for them, because no group of the new half is in use before.
 */
static int
groups_grow(struct ip4_fib *fib)
{
	uint32_t n = fib->groups == 0 ? GROUPS_FIRST : fib->groups * 2;
	size_t bytes = (size_t)n * GROUP_SIZE * sizeof(uint32_t);
	uint32_t *tbl8 = rte_malloc("ip4_fib", bytes, RTE_CACHE_LINE_SIZE);
	uint32_t *free = rte_malloc("ip4_fib", n * sizeof(uint32_t), 0);
	uint32_t *old = fib->tbl8;

	if (tbl8 == NULL || free == NULL) {
		rte_free(tbl8);
		rte_free(free);
		return -ENOMEM;
	}
	if (old != NULL)
		memcpy(tbl8, old, (size_t)fib->groups * GROUP_SIZE * sizeof(uint32_t));
	__atomic_store_n(&fib->tbl8, tbl8, __ATOMIC_RELEASE);
	fib->sync();
	/* Called when nothing is free and nothing in limbo: the list is made anew. */
	for (uint32_t g = n; g > fib->groups; g--)
		free[fib->free_count++] = g - 1;
	rte_free(fib->free);
	fib->free = free;
	fib->groups = n;
	rte_free(old);
	return 0;
}

/* A group that nobody can see. The list's end holds the limbo; a sync makes that free. */
static int
group_get(struct ip4_fib *fib, uint32_t *group)
{
	int ret;

	if (fib->free_count == 0 && fib->limbo_count > 0) {
		fib->sync();
		memmove(fib->free, &fib->free[fib->groups - fib->limbo_count],
			fib->limbo_count * sizeof(uint32_t));
		fib->free_count = fib->limbo_count;
		fib->limbo_count = 0;
	}
	if (fib->free_count == 0) {
		ret = groups_grow(fib);
		if (ret < 0)
			return ret;
	}
	*group = fib->free[--fib->free_count];
	return 0;
}

static void
group_put(struct ip4_fib *fib, uint32_t group)
{
	fib->limbo_count++;
	fib->free[fib->groups - fib->limbo_count] = group;
}

/* Write a prefix over what is not longer, in a row of entries. */
static void
row_add(uint32_t *row, uint32_t n, uint8_t len, uint32_t entry)
{
	for (uint32_t i = 0; i < n; i++)
		if (entry_len(row[i]) <= len)
			entry_store(&row[i], entry);
}

/* Replace a prefix by the one that covers it, in a row of entries. */
static void
row_del(uint32_t *row, uint32_t n, uint8_t len, uint32_t cover)
{
	for (uint32_t i = 0; i < n; i++)
		if (entry_len(row[i]) == len)
			entry_store(&row[i], cover);
}

static int
add_long(struct ip4_fib *fib, uint32_t prefix, uint8_t len, uint32_t entry)
{
	uint32_t *slot = &fib->tbl24[prefix >> 8];
	uint32_t group, *row;
	int ret;

	if (!(*slot & IP4_FIB_GROUP)) {
		ret = group_get(fib, &group);
		if (ret < 0)
			return ret;
		row = group_of(fib, group);
		for (uint32_t i = 0; i < GROUP_SIZE; i++)
			row[i] = *slot;
		row_add(&row[prefix & 0xff], 1u << (32 - len), len, entry);
		entry_store(slot, IP4_FIB_GROUP | group);
		return 0;
	}
	row_add(&group_of(fib, *slot)[prefix & 0xff], 1u << (32 - len), len, entry);
	return 0;
}

int
ip4_fib_add(struct ip4_fib *fib, uint32_t prefix, uint8_t len, uint32_t index)
{
	uint32_t entry = entry_make(len, index);
	uint32_t first = prefix >> 8;

	if (len == 0) {
		__atomic_store_n(&fib->dflt, index, __ATOMIC_RELEASE);
		return 0;
	}
	if (len > 24)
		return add_long(fib, prefix, len, entry);
	for (uint32_t i = first; i < first + (1u << (24 - len)); i++) {
		uint32_t e = fib->tbl24[i];

		if (e & IP4_FIB_GROUP)
			row_add(group_of(fib, e), GROUP_SIZE, len, entry);
		else if (entry_len(e) <= len)
			entry_store(&fib->tbl24[i], entry);
	}
	return 0;
}

static void
del_long(struct ip4_fib *fib, uint32_t prefix, uint8_t len, uint32_t cover)
{
	uint32_t *slot = &fib->tbl24[prefix >> 8];
	uint32_t *row;

	if (!(*slot & IP4_FIB_GROUP))
		return;
	row = group_of(fib, *slot);
	row_del(&row[prefix & 0xff], 1u << (32 - len), len, cover);
	for (uint32_t i = 0; i < GROUP_SIZE; i++)
		if (entry_len(row[i]) > 24)
			return;
	/* Nothing longer than /24 is left, so all entries are the same. */
	group_put(fib, *slot & ~IP4_FIB_GROUP);
	entry_store(slot, row[0]);
}

void
ip4_fib_del(
	struct ip4_fib *fib, uint32_t prefix, uint8_t len, uint8_t cover_len, uint32_t cover_index)
{
	uint32_t cover = entry_make(cover_len, cover_index);
	uint32_t first = prefix >> 8;

	if (len == 0) {
		__atomic_store_n(&fib->dflt, 0, __ATOMIC_RELEASE);
		return;
	}
	if (len > 24) {
		del_long(fib, prefix, len, cover);
		return;
	}
	for (uint32_t i = first; i < first + (1u << (24 - len)); i++) {
		uint32_t e = fib->tbl24[i];

		if (e & IP4_FIB_GROUP)
			row_del(group_of(fib, e), GROUP_SIZE, len, cover);
		else if (entry_len(e) == len)
			entry_store(&fib->tbl24[i], cover);
	}
}
