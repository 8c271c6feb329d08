/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_CS_PRIV_H
#define CCN_CS_PRIV_H

/* Between ccn_cs.c, the tree of names, and ccn_cs_queue.c, which says who goes. */

#include "ccn_cs.h"

#define NOBODY 0 /* no node's index */

enum queue {
	SMALL,
	MAIN
};

/* A cache line; others are named by their index. */
struct node {
	uint64_t hash;
	uint64_t fresh_until_us;
	uint32_t parent;
	uint32_t child;          /* stored last comes first */
	uint32_t next, previous; /* siblings */
	uint32_t newer, older;   /* in its queue */
	uint32_t block;          /* CCN_BLOCK_NONE: only a prefix */
	uint16_t len;            /* of the packet */
	uint16_t name_at;
	uint16_t name_len;
	uint8_t n; /* components */
	uint8_t freq;
	uint8_t in; /* enum queue */
} __rte_cache_aligned;

static_assert(sizeof(struct node) == 64, "a node is a cache line");

struct ccn_cs {
	struct ccn_table table;
	struct node *pool;
	uint32_t n_nodes;
	uint32_t free_nodes;
	uint32_t unused;       /* first node of those, by next */
	uint32_t small_blocks; /* in the small queue */
	uint32_t small_max;
	uint32_t ghosts; /* clock of the ghost queue: evictions from the small queue */
	uint32_t newest[2], oldest[2];
	struct ccn_blocks blocks;
	struct ccn_recent ghost;
	struct ccn_cs_stats stats;
};

static inline uint32_t
index_of(const struct ccn_cs *cs, const struct node *node)
{
	return (uint32_t)(node - cs->pool);
}

/* The node of an index, or NULL. */
static inline struct node *
node_at(const struct ccn_cs *cs, uint32_t index)
{
	return index == NOBODY ? NULL : &cs->pool[index];
}

/* Data was stored in a node: newest in a queue. */
void ccn_cs_enqueue(struct ccn_cs *cs, struct node *node, enum queue queue);

/* Take a node's Data out. */
void ccn_cs_drop(struct ccn_cs *cs, struct node *node);

/* Nodes go when they neither hold Data nor lead to any: this one, and what led to it. */
void ccn_cs_prune(struct ccn_cs *cs, struct node *node);

/* Make one packet go; false when there is none. */
bool ccn_cs_evict(struct ccn_cs *cs);

#endif
