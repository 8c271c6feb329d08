/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "rib.h"

/* Bit number n of an address, 0 is the uppermost. */
static inline unsigned int
bit(uint32_t addr, uint8_t n)
{
	return addr >> (31 - n) & 1;
}

/* Length of what two prefixes have in common. */
static uint8_t
common(uint32_t a, uint8_t a_len, uint32_t b, uint8_t b_len)
{
	uint8_t len = a_len < b_len ? a_len : b_len;
	uint32_t differ = (a ^ b) & ip4_mask(len);

	return differ == 0 ? len : (uint8_t)__builtin_clz(differ);
}

/* The places of top[] that a node of at most RIB_TOP_BITS bits has. */
static struct rib_node **
tops(struct rib *rib, const struct rib_node *node, uint32_t *n)
{
	*n = node->len <= RIB_TOP_BITS ? 1u << (RIB_TOP_BITS - node->len) : 0;
	return &rib->top[node->prefix >> (32 - RIB_TOP_BITS)];
}

static void
top_add(struct rib *rib, struct rib_node *node)
{
	struct rib_node **top;
	uint32_t n;

	top = tops(rib, node, &n);
	for (uint32_t i = 0; i < n; i++)
		if (top[i] == NULL || top[i]->len < node->len)
			top[i] = node;
}

static void
top_del(struct rib *rib, const struct rib_node *node)
{
	struct rib_node **top;
	uint32_t n;

	top = tops(rib, node, &n);
	for (uint32_t i = 0; i < n; i++)
		if (top[i] == node)
			top[i] = node->parent;
}

/* The node to begin with on the way to a prefix: one that has it, or the root. */
static struct rib_node *
begin(const struct rib *rib, uint32_t prefix, uint8_t len)
{
	struct rib_node *top = rib->top[prefix >> (32 - RIB_TOP_BITS)];

	return len >= RIB_TOP_BITS && top != NULL ? top : rib->root;
}

static struct rib_node *
node_new(struct rib *rib, uint32_t prefix, uint8_t len, struct rib_node *parent)
{
	struct rib_node *node = calloc(1, sizeof(*node));

	if (node == NULL)
		return NULL;
	node->prefix = prefix & ip4_mask(len);
	node->len = len;
	node->parent = parent;
	rib->count++;
	top_add(rib, node);
	return node;
}

/* The place that points to a node. */
static struct rib_node **
link_of(struct rib *rib, struct rib_node *node)
{
	if (node->parent == NULL)
		return &rib->root;
	return &node->parent->child[bit(node->prefix, node->parent->len)];
}

struct rib_node *
rib_get(struct rib *rib, uint32_t prefix, uint8_t len)
{
	struct rib_node *parent = NULL, *node, *fork, *old;
	struct rib_node **link = &rib->root;
	uint8_t same;

	node = begin(rib, prefix, len);
	if (node != NULL) {
		link = link_of(rib, node);
		parent = node->parent;
	}
	while (*link != NULL) {
		node = *link;
		same = common(prefix, len, node->prefix, node->len);
		if (same < node->len)
			break;
		if (node->len == len)
			return node;
		parent = node;
		link = &node->child[bit(prefix, node->len)];
	}
	old = *link;
	node = node_new(rib, prefix, len, parent);
	if (node == NULL || old == NULL) {
		*link = node != NULL ? node : old;
		return node;
	}
	same = common(prefix, len, old->prefix, old->len);
	if (same == len) {
		node->child[bit(old->prefix, len)] = old;
		old->parent = node;
		*link = node;
		return node;
	}
	fork = node_new(rib, prefix, same, parent);
	if (fork == NULL) {
		top_del(rib, node);
		free(node);
		rib->count--;
		return NULL;
	}
	fork->child[bit(prefix, same)] = node;
	fork->child[bit(old->prefix, same)] = old;
	node->parent = fork;
	old->parent = fork;
	*link = fork;
	return node;
}

struct rib_node *
rib_find(const struct rib *rib, uint32_t prefix, uint8_t len)
{
	struct rib_node *node = begin(rib, prefix, len);

	while (node != NULL && node->len < len && ip4_prefix_has(node->prefix, node->len, prefix))
		node = node->child[bit(prefix, node->len)];
	if (node == NULL || node->len != len || node->prefix != prefix)
		return NULL;
	return node;
}

struct rib_node *
rib_match(const struct rib *rib, uint32_t addr)
{
	struct rib_node *node = rib->root, *best = NULL;

	while (node != NULL && ip4_prefix_has(node->prefix, node->len, addr)) {
		if (node->routes != NULL)
			best = node;
		if (node->len == 32)
			break;
		node = node->child[bit(addr, node->len)];
	}
	return best;
}

struct rib_node *
rib_cover(const struct rib_node *node)
{
	struct rib_node *up = node->parent;

	while (up != NULL && up->index == 0)
		up = up->parent;
	return up;
}

struct rib_node *
rib_next(const struct rib *rib, const struct rib_node *node)
{
	if (node == NULL)
		return rib->root;
	if (node->child[0] != NULL)
		return node->child[0];
	if (node->child[1] != NULL)
		return node->child[1];
	while (node->parent != NULL) {
		struct rib_node *right = node->parent->child[1];

		if (right != NULL && right != node)
			return right;
		node = node->parent;
	}
	return NULL;
}

/* Take out a node with at most one child. */
static void
splice(struct rib *rib, struct rib_node *node)
{
	struct rib_node *child = node->child[0] != NULL ? node->child[0] : node->child[1];

	top_del(rib, node);
	*link_of(rib, node) = child;
	if (child != NULL)
		child->parent = node->parent;
	rib->count--;
	free(node);
}

void
rib_put(struct rib *rib, struct rib_node *node)
{
	struct rib_node *parent = node->parent;

	if (node->child[0] != NULL && node->child[1] != NULL)
		return;
	splice(rib, node);
	if (parent != NULL && parent->routes == NULL &&
		(parent->child[0] == NULL || parent->child[1] == NULL))
		splice(rib, parent);
}

void
rib_clear(struct rib *rib)
{
	struct rib_node *node = rib->root, *up;

	while (node != NULL) {
		if (node->child[0] != NULL) {
			node = node->child[0];
		} else if (node->child[1] != NULL) {
			node = node->child[1];
		} else {
			up = node->parent;
			*link_of(rib, node) = NULL;
			free(node);
			node = up;
		}
	}
	rib->count = 0;
	memset(rib->top, 0, sizeof(rib->top));
}
