/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "nexthop.h"

#define FIRST_SIZE 4096u

/* Twice the room. Called when nothing is free and nothing in limbo. */
static int
grow(struct ip4_nh_table *table)
{
	uint32_t size = table->size == 0 ? FIRST_SIZE : table->size * 2;
	struct ip4_nexthop *old = *table->nh, *nh;
	uint32_t *free;

	if (size > IP4_NH_MAX)
		return -ENOSPC;
	nh = rte_zmalloc("ip4_nexthop", size * sizeof(*nh), RTE_CACHE_LINE_SIZE);
	free = rte_malloc("ip4_nexthop", size * sizeof(*free), 0);
	if (nh == NULL || free == NULL) {
		rte_free(nh);
		rte_free(free);
		return -ENOMEM;
	}
	/* A worker may set `used` in the old array meanwhile: then it is set a little later. */
	if (old != NULL)
		memcpy(nh, old, table->size * sizeof(*nh));
	__atomic_store_n(table->nh, nh, __ATOMIC_RELEASE);
	table->sync();
	for (uint32_t i = size - 1; i >= RTE_MAX(table->size, 1u); i--)
		free[table->free_count++] = i;
	rte_free(table->free);
	rte_free(old);
	table->free = free;
	table->size = size;
	return 0;
}

int
ip4_nh_init(struct ip4_nh_table *table, struct ip4_nexthop **nh, void (*sync)(void))
{
	memset(table, 0, sizeof(*table));
	table->nh = nh;
	table->sync = sync;
	*nh = NULL;
	return grow(table);
}

void
ip4_nh_fini(struct ip4_nh_table *table)
{
	rte_free(*table->nh);
	rte_free(table->free);
	*table->nh = NULL;
	memset(table, 0, sizeof(*table));
}

uint32_t
ip4_nh_alloc(struct ip4_nh_table *table, enum ip4_nh_type type)
{
	struct ip4_nexthop *nh;
	uint32_t index;

	if (table->free_count == 0 && table->limbo_count > 0) {
		table->sync();
		memmove(table->free, &table->free[table->size - table->limbo_count],
			table->limbo_count * sizeof(uint32_t));
		table->free_count = table->limbo_count;
		table->limbo_count = 0;
	}
	if (table->free_count == 0 && grow(table) < 0)
		return 0;
	index = table->free[--table->free_count];
	nh = &(*table->nh)[index];
	memset(nh, 0, sizeof(*nh));
	nh->redirect_iface = UINT16_MAX;
	__atomic_store_n(&nh->type, type, __ATOMIC_RELEASE);
	return index;
}

void
ip4_nh_free(struct ip4_nh_table *table, uint32_t index)
{
	if (index == 0)
		return;
	table->limbo_count++;
	table->free[table->size - table->limbo_count] = index;
}

uint32_t
ip4_buckets_size(uint32_t n)
{
	uint32_t size = 256;

	while (size < n * 32)
		size *= 2;
	return size;
}

/* How many buckets each member shall have: quotas, and the largest remainders get the rest. */
static void
shares(uint32_t *share, uint32_t size, const struct ip4_member *member, uint32_t n)
{
	uint64_t total = 0, remainder[IP4_GROUP_MAX];
	uint32_t left = size, i, best;

	for (i = 0; i < n; i++)
		total += member[i].weight;
	for (i = 0; i < n; i++) {
		share[i] = (uint64_t)size * member[i].weight / total;
		remainder[i] = (uint64_t)size * member[i].weight % total;
		left -= share[i];
	}
	for (; left > 0; left--) {
		best = 0;
		for (i = 1; i < n; i++)
			if (remainder[i] > remainder[best])
				best = i;
		share[best]++;
		remainder[best] = 0;
	}
}

void
ip4_buckets_deal(uint32_t *index, uint32_t size, const uint32_t *old,
	const struct ip4_member *member, uint32_t n)
{
	uint32_t share[IP4_GROUP_MAX];
	uint32_t b, i;

	shares(share, size, member, n);
	/* Everybody keeps what it has, up to its share. */
	for (b = 0; b < size; b++) {
		index[b] = 0;
		for (i = 0; old != NULL && i < n; i++) {
			if (old[b] == member[i].index && share[i] > 0) {
				index[b] = old[b];
				share[i]--;
				break;
			}
		}
	}
	/* What is over goes round, so that neighbouring buckets belong to different members. */
	for (b = 0, i = 0; b < size; b++) {
		if (index[b] != 0)
			continue;
		while (share[i] == 0)
			i = (i + 1) % n;
		index[b] = member[i].index;
		share[i]--;
		i = (i + 1) % n;
	}
}
