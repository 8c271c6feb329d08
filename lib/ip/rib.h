/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_RIB_H
#define IP4_RIB_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"

/*
 * The set of prefixes that the control thread knows: a path-compressed binary tree. It gives what
 * the forwarding table cannot: the prefix that covers another, walking in order, and several
 * routes for one prefix. Pure: what hangs on a prefix is its user's.
 *
 * A full table is two million nodes, so they are small: 24 bytes, and name each other by number.
 */

struct rib_node {
	uint32_t prefix; /* Host order, host bits zero. */
	uint32_t len : 6;
	uint32_t index : 26; /* What the forwarding table has for it; 0: it has not. */
	uint32_t routes;     /* The user's, for the best; 0: a fork without a prefix of its own. */
	uint32_t parent;     /* Nodes; 0: none. */
	uint32_t child[2];
};

#define RIB_TOP_BITS 16

struct rib {
	struct arena nodes; /* Forks as well. */
	uint32_t root;
	/*
	 * Where a walk down to something long begins: for the first bits of an address the longest
	 * node of at most so many bits that has it, or 0.
	 */
	uint32_t top[1 << RIB_TOP_BITS];
};

#define RIB_INIT                                     \
	{                                            \
		.nodes = ARENA_INIT(struct rib_node) \
	}

/* Upper bits of an address. */
static inline uint32_t
ip4_mask(uint8_t len)
{
	return len == 0 ? 0 : UINT32_MAX << (32 - len);
}

static inline bool
ip4_prefix_has(uint32_t prefix, uint8_t len, uint32_t addr)
{
	return ((prefix ^ addr) & ip4_mask(len)) == 0;
}

/* A node by its number, NULL for 0; and the number of a node. */
struct rib_node *rib_node(const struct rib *rib, uint32_t number);
uint32_t rib_number(const struct rib *rib, const struct rib_node *node);

/* The node of a prefix, made when there is none; NULL: no memory. */
struct rib_node *rib_get(struct rib *rib, uint32_t prefix, uint8_t len);

/* The node of exactly this prefix (fork or not), or NULL. */
struct rib_node *rib_find(const struct rib *rib, uint32_t prefix, uint8_t len);

/* The longest node with routes that has the address, or NULL; its ancestors are the others. */
struct rib_node *rib_match(const struct rib *rib, uint32_t addr);

/* The nearest ancestor, or NULL. */
struct rib_node *rib_parent(const struct rib *rib, const struct rib_node *node);

/* The nearest ancestor that is in the forwarding table, or NULL. */
struct rib_node *rib_cover(const struct rib *rib, const struct rib_node *node);

/* The next node in order of prefix, shorter first (forks as well); NULL starts. */
struct rib_node *rib_next(const struct rib *rib, const struct rib_node *node);

/* Free a node that has lost its routes, and the fork above when that is of no use any more. */
void rib_put(struct rib *rib, struct rib_node *node);

/* Free all nodes. */
void rib_clear(struct rib *rib);

#endif
