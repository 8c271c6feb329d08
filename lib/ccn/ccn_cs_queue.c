/* SPDX-License-Identifier: BSD-3-Clause */
/* S3-FIFO: two queues and their ghosts; see ccn_cs.h. */
#include "ccn_cs_priv.h"

#define EVICT_MAX 64 /* second chances given for one insertion */

static void
leave_parent(struct ccn_cs *cs, struct node *node)
{
	if (node->next != NOBODY)
		cs->pool[node->next].previous = node->previous;
	if (node->previous != NOBODY)
		cs->pool[node->previous].next = node->next;
	else
		cs->pool[node->parent].child = node->next;
}

void
ccn_cs_prune(struct ccn_cs *cs, struct node *node)
{
	while (node != NULL && node->block == CCN_BLOCK_NONE && node->child == NOBODY) {
		struct node *parent = node_at(cs, node->parent);
		uint32_t index = index_of(cs, node);

		if (parent != NULL)
			leave_parent(cs, node);
		ccn_table_change(&cs->table, node->hash, ccn_slot_make(node->hash, index, 0), 0);
		node->next = cs->unused;
		cs->unused = index;
		cs->free_nodes++;
		node = parent;
	}
}

void
ccn_cs_enqueue(struct ccn_cs *cs, struct node *node, enum queue queue)
{
	uint32_t index = index_of(cs, node);

	node->in = (uint8_t)queue;
	node->freq = 0;
	node->newer = NOBODY;
	node->older = cs->newest[queue];
	*(node->older == NOBODY ? &cs->oldest[queue] : &cs->pool[node->older].newer) = index;
	cs->newest[queue] = index;
	if (queue == SMALL)
		cs->small_blocks += ccn_blocks_for(&cs->blocks, node->len);
}

static void
dequeue(struct ccn_cs *cs, struct node *node)
{
	*(node->older == NOBODY ? &cs->oldest[node->in] : &cs->pool[node->older].newer) =
		node->newer;
	*(node->newer == NOBODY ? &cs->newest[node->in] : &cs->pool[node->newer].older) =
		node->older;
	if (node->in == SMALL)
		cs->small_blocks -= ccn_blocks_for(&cs->blocks, node->len);
}

void
ccn_cs_drop(struct ccn_cs *cs, struct node *node)
{
	dequeue(cs, node);
	ccn_blocks_drop(&cs->blocks, node->block);
	node->block = CCN_BLOCK_NONE;
	cs->stats.packets--;
}

/* What is evicted next is known: let its surroundings come. */
static void
prefetch_oldest(const struct ccn_cs *cs, enum queue queue)
{
	const struct node *node = &cs->pool[cs->oldest[queue]];

	if (cs->oldest[queue] == NOBODY)
		return;
	ccn_table_prefetch(&cs->table, node->hash);
	ccn_recent_prefetch(&cs->ghost, node->hash);
	rte_prefetch0(&cs->pool[node->parent]);
	rte_prefetch0(&cs->pool[node->next]);
	rte_prefetch0(&cs->pool[node->newer]);
	ccn_blocks_prefetch(&cs->blocks, node->block);
}

bool
ccn_cs_evict(struct ccn_cs *cs)
{
	struct node *node = NULL;
	bool small = false;

	for (unsigned int i = 0; i < EVICT_MAX; i++) {
		uint8_t freq;

		small = cs->small_blocks > cs->small_max || cs->oldest[MAIN] == NOBODY;
		node = node_at(cs, cs->oldest[small ? SMALL : MAIN]);
		if (node == NULL)
			return false;
		freq = node->freq;
		if (freq == 0)
			break;
		dequeue(cs, node);
		ccn_cs_enqueue(cs, node, MAIN);
		node->freq = small ? 0 : freq - 1;
	}
	if (node->in == SMALL)
		ccn_recent_add(&cs->ghost, node->hash, cs->ghosts++);
	ccn_cs_drop(cs, node);
	ccn_cs_prune(cs, node);
	cs->stats.evictions++;
	prefetch_oldest(cs, small ? SMALL : MAIN);
	return true;
}
