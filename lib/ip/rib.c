/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "rib.h"

/* Bit number n of an address, 0 is the uppermost. */
static inline unsigned int
bit(uint32_t addr, uint8_t n)
{
	return addr >> (31 - n) & 1;
}

struct rib_node *
rib_node(const struct rib *rib, uint32_t number)
{
	return number != 0 ? (struct rib_node *)rib->nodes.items + number : NULL;
}

uint32_t
rib_number(const struct rib *rib, const struct rib_node *node)
{
	return (uint32_t)(node - (const struct rib_node *)rib->nodes.items);
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
static uint32_t *
tops(struct rib *rib, const struct rib_node *node, uint32_t *n)
{
	*n = node->len <= RIB_TOP_BITS ? 1u << (RIB_TOP_BITS - node->len) : 0;
	return &rib->top[node->prefix >> (32 - RIB_TOP_BITS)];
}

static void
top_add(struct rib *rib, struct rib_node *node)
{
	uint32_t n, number = rib_number(rib, node);
	uint32_t *top = tops(rib, node, &n);

	for (uint32_t i = 0; i < n; i++)
		if (top[i] == 0 || rib_node(rib, top[i])->len < node->len)
			top[i] = number;
}

static void
top_del(struct rib *rib, const struct rib_node *node)
{
	uint32_t n, number = rib_number(rib, node);
	uint32_t *top = tops(rib, node, &n);

	for (uint32_t i = 0; i < n; i++)
		if (top[i] == number)
			top[i] = node->parent;
}

/* The node to begin with on the way to a prefix: one that has it, or the root. */
static struct rib_node *
begin(const struct rib *rib, uint32_t prefix, uint8_t len)
{
	uint32_t top = rib->top[prefix >> (32 - RIB_TOP_BITS)];

	return rib_node(rib, len >= RIB_TOP_BITS && top != 0 ? top : rib->root);
}

static struct rib_node *
node_new(struct rib *rib, uint32_t prefix, uint8_t len, uint32_t parent)
{
	struct rib_node *node = rib_node(rib, arena_new(&rib->nodes));

	if (node == NULL)
		return NULL;
	node->prefix = prefix & ip4_mask(len);
	node->len = len;
	node->parent = parent;
	top_add(rib, node);
	return node;
}

static void
node_free(struct rib *rib, struct rib_node *node)
{
	top_del(rib, node);
	arena_free(&rib->nodes, rib_number(rib, node));
}

/* The place that has a node's number. */
static uint32_t *
link_of(struct rib *rib, const struct rib_node *node)
{
	struct rib_node *parent = rib_node(rib, node->parent);

	return parent != NULL ? &parent->child[bit(node->prefix, parent->len)] : &rib->root;
}

/* Put a new node where an old one is, which becomes its child. */
static void
put_above(struct rib *rib, struct rib_node *node, struct rib_node *old, uint32_t *link)
{
	node->child[bit(old->prefix, node->len)] = *link;
	*link = rib_number(rib, node);
	old->parent = *link;
}

struct rib_node *
rib_get(struct rib *rib, uint32_t prefix, uint8_t len)
{
	struct rib_node *node = begin(rib, prefix, len), *old, *fork;
	uint32_t *link = node != NULL ? link_of(rib, node) : &rib->root;
	uint32_t parent = node != NULL ? node->parent : 0;
	uint8_t same = 0;

	for (old = node; old != NULL; old = rib_node(rib, *link)) {
		same = common(prefix, len, old->prefix, old->len);
		if (same < old->len)
			break;
		if (old->len == len)
			return old;
		parent = *link;
		link = &old->child[bit(prefix, old->len)];
	}
	node = node_new(rib, prefix, len, parent);
	if (node == NULL)
		return NULL;
	if (old == NULL) {
		*link = rib_number(rib, node);
		return node;
	}
	if (same == len) {
		put_above(rib, node, old, link);
		return node;
	}
	fork = node_new(rib, prefix, same, parent);
	if (fork == NULL) {
		node_free(rib, node);
		return NULL;
	}
	put_above(rib, fork, old, link);
	fork->child[bit(prefix, same)] = rib_number(rib, node);
	node->parent = *link;
	return node;
}

struct rib_node *
rib_find(const struct rib *rib, uint32_t prefix, uint8_t len)
{
	struct rib_node *node = begin(rib, prefix, len);

	while (node != NULL && node->len < len && ip4_prefix_has(node->prefix, node->len, prefix))
		node = rib_node(rib, node->child[bit(prefix, node->len)]);
	if (node == NULL || node->len != len || node->prefix != prefix)
		return NULL;
	return node;
}

struct rib_node *
rib_match(const struct rib *rib, uint32_t addr)
{
	struct rib_node *node = rib_node(rib, rib->root), *best = NULL;

	while (node != NULL && ip4_prefix_has(node->prefix, node->len, addr)) {
		if (node->routes != 0)
			best = node;
		if (node->len == 32)
			break;
		node = rib_node(rib, node->child[bit(addr, node->len)]);
	}
	return best;
}

struct rib_node *
rib_parent(const struct rib *rib, const struct rib_node *node)
{
	return rib_node(rib, node->parent);
}

struct rib_node *
rib_cover(const struct rib *rib, const struct rib_node *node)
{
	struct rib_node *up = rib_parent(rib, node);

	while (up != NULL && up->index == 0)
		up = rib_parent(rib, up);
	return up;
}

struct rib_node *
rib_next(const struct rib *rib, const struct rib_node *node)
{
	uint32_t number, right;

	if (node == NULL)
		return rib_node(rib, rib->root);
	if (node->child[0] != 0)
		return rib_node(rib, node->child[0]);
	if (node->child[1] != 0)
		return rib_node(rib, node->child[1]);
	while (node->parent != 0) {
		number = rib_number(rib, node);
		node = rib_parent(rib, node);
		right = node->child[1];
		if (right != 0 && right != number)
			return rib_node(rib, right);
	}
	return NULL;
}

/* Take out a node with at most one child. */
static void
splice(struct rib *rib, struct rib_node *node)
{
	uint32_t child = node->child[0] != 0 ? node->child[0] : node->child[1];

	*link_of(rib, node) = child;
	if (child != 0)
		rib_node(rib, child)->parent = node->parent;
	node_free(rib, node);
}

void
rib_put(struct rib *rib, struct rib_node *node)
{
	struct rib_node *parent = rib_parent(rib, node);

	if (node->child[0] != 0 && node->child[1] != 0)
		return;
	splice(rib, node);
	if (parent != NULL && parent->routes == 0 &&
		(parent->child[0] == 0 || parent->child[1] == 0))
		splice(rib, parent);
}

void
rib_clear(struct rib *rib)
{
	arena_clear(&rib->nodes);
	rib->root = 0;
	memset(rib->top, 0, sizeof(rib->top));
}
