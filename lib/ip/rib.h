/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_RIB_H
#define IP4_RIB_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The set of prefixes that the control thread knows: a path-compressed binary tree. It gives what
 * the forwarding table cannot: the prefix that covers another, walking in order, and several
 * routes for one prefix. Pure: what hangs on a prefix is its user's.
 */

struct ip4_route;

struct rib_node {
	uint32_t prefix; /* Host order, host bits zero. */
	uint8_t len;
	uint32_t index;           /* What the forwarding table has for it; 0: it has not. */
	struct ip4_route *routes; /* Best first; NULL: a fork without a prefix of its own. */
	struct rib_node *parent;
	struct rib_node *child[2];
};

#define RIB_TOP_BITS 16

struct rib {
	struct rib_node *root;
	uint32_t count; /* Nodes, forks as well. */
	/*
	 * Where a walk down to something long begins: for the first bits of an address the longest
	 * node of at most so many bits that has it, or NULL.
	 */
	struct rib_node *top[1 << RIB_TOP_BITS];
};

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

/* The node of a prefix, made when there is none; NULL: no memory. */
struct rib_node *rib_get(struct rib *rib, uint32_t prefix, uint8_t len);

/* The node of exactly this prefix (fork or not), or NULL. */
struct rib_node *rib_find(const struct rib *rib, uint32_t prefix, uint8_t len);

/* The longest node with routes that has the address, or NULL; its ancestors are the others. */
struct rib_node *rib_match(const struct rib *rib, uint32_t addr);

/* The nearest ancestor that is in the forwarding table, or NULL. */
struct rib_node *rib_cover(const struct rib_node *node);

/* The next node in order of prefix, shorter first (forks as well); NULL starts. */
struct rib_node *rib_next(const struct rib *rib, const struct rib_node *node);

/* Free a node that has lost its routes, and the fork above when that is of no use any more. */
void rib_put(struct rib *rib, struct rib_node *node);

/* Free all nodes. */
void rib_clear(struct rib *rib);

#endif
