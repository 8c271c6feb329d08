/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "nexthop.h"

int
ip4_nh_init(struct ip4_nh_table *table, void (*sync)(void))
{
	memset(table, 0, sizeof(*table));
	table->nh =
		rte_zmalloc("ip4_nexthop", IP4_NH_MAX * sizeof(*table->nh), RTE_CACHE_LINE_SIZE);
	table->free = rte_malloc("ip4_nexthop", IP4_NH_MAX * sizeof(uint32_t), 0);
	table->sync = sync;
	if (table->nh == NULL || table->free == NULL) {
		ip4_nh_fini(table);
		return -ENOMEM;
	}
	for (uint32_t i = IP4_NH_MAX - 1; i > 0; i--)
		table->free[table->free_count++] = i;
	return 0;
}

void
ip4_nh_fini(struct ip4_nh_table *table)
{
	rte_free(table->nh);
	rte_free(table->free);
	memset(table, 0, sizeof(*table));
}

uint32_t
ip4_nh_alloc(struct ip4_nh_table *table, enum ip4_nh_type type)
{
	uint32_t index;

	if (table->free_count == 0 && table->limbo_count > 0) {
		table->sync();
		memmove(table->free, &table->free[IP4_NH_MAX - table->limbo_count],
			table->limbo_count * sizeof(uint32_t));
		table->free_count = table->limbo_count;
		table->limbo_count = 0;
	}
	if (table->free_count == 0)
		return 0;
	index = table->free[--table->free_count];
	memset(&table->nh[index], 0, sizeof(table->nh[index]));
	table->nh[index].redirect_iface = UINT16_MAX;
	__atomic_store_n(&table->nh[index].type, type, __ATOMIC_RELEASE);
	return index;
}

void
ip4_nh_free(struct ip4_nh_table *table, uint32_t index)
{
	if (index == 0)
		return;
	table->limbo_count++;
	table->free[IP4_NH_MAX - table->limbo_count] = index;
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
