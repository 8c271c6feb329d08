/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_prefetch.h>

#include "ccn_cs.h"

#define BLOCK_PAYLOAD 252
#define BYTES_MIN (64 * 1024)
#define FREQ_MAX 3
#define SEARCH_MAX 64 /* nodes looked at for a fresh Data below a prefix */
#define EVICT_MAX 64  /* second chances given for one insertion */

enum queue {
	SMALL,
	MAIN
};

LIST_HEAD(node_list, node);
TAILQ_HEAD(node_queue, node);

struct node {
	LIST_ENTRY(node) chain;
	LIST_ENTRY(node) sibling;
	TAILQ_ENTRY(node) queue;
	struct node_list children; /* stored last comes first */
	struct node *parent;
	uint64_t hash;
	uint64_t fresh_until_us;
	uint32_t block; /* CCN_BLOCK_NONE: only a prefix */
	uint16_t len;   /* of the packet */
	uint16_t name_at;
	uint16_t name_len;
	uint8_t n; /* components */
	uint8_t freq;
	uint8_t in; /* enum queue */
} __rte_aligned(64);

struct ccn_cs {
	uint32_t mask;
	uint32_t n_nodes;
	uint32_t free_nodes;
	uint32_t small_blocks; /* in the small queue */
	uint32_t small_max;
	uint32_t ghosts; /* clock of the ghost queue: evictions from the small queue */
	struct node_list unused;
	struct node_queue queues[2];
	struct ccn_blocks blocks;
	struct ccn_recent ghost;
	struct ccn_cs_stats stats;
	struct node *pool;
	struct node_list *buckets;
};

static void
make_empty(struct ccn_cs *cs)
{
	LIST_INIT(&cs->unused);
	TAILQ_INIT(&cs->queues[SMALL]);
	TAILQ_INIT(&cs->queues[MAIN]);
	for (uint32_t i = cs->n_nodes; i-- > 0;)
		LIST_INSERT_HEAD(&cs->unused, &cs->pool[i], chain);
	cs->free_nodes = cs->n_nodes;
}

struct ccn_cs *
ccn_cs_create(uint64_t bytes, int socket)
{
	struct ccn_cs *cs = rte_zmalloc_socket("ccn_cs", sizeof(*cs), 64, socket);
	uint32_t per_block = BLOCK_PAYLOAD + 4 + sizeof(struct node) / 2 + 16, n, buckets;

	if (cs == NULL)
		return NULL;
	n = bytes < BYTES_MIN ? 0 : (uint32_t)RTE_MIN(bytes / per_block, (uint64_t)UINT32_MAX / 2);
	cs->n_nodes = n / 2;
	buckets = rte_align32pow2(RTE_MAX(cs->n_nodes, 32u));
	cs->mask = buckets - 1;
	cs->small_max = n / 10;
	cs->ghosts = 1;
	cs->pool = rte_zmalloc_socket(
		NULL, RTE_MAX(cs->n_nodes, 1u) * sizeof(struct node), 64, socket);
	cs->buckets = rte_zmalloc_socket(NULL, buckets * sizeof(*cs->buckets), 64, socket);
	if (ccn_blocks_init(&cs->blocks, n, BLOCK_PAYLOAD, socket) < 0 || cs->pool == NULL ||
		cs->buckets == NULL ||
		ccn_recent_init(&cs->ghost, cs->n_nodes, cs->n_nodes, socket) < 0) {
		ccn_cs_free(cs);
		return NULL;
	}
	make_empty(cs);
	return cs;
}

void
ccn_cs_free(struct ccn_cs *cs)
{
	if (cs == NULL)
		return;
	ccn_recent_fini(&cs->ghost);
	ccn_blocks_fini(&cs->blocks);
	rte_free(cs->buckets);
	rte_free(cs->pool);
	rte_free(cs);
}

const struct ccn_cs_stats *
ccn_cs_stats(const struct ccn_cs *cs)
{
	return &cs->stats;
}

void
ccn_cs_prefetch(const struct ccn_cs *cs, const struct ccn_name *name)
{
	rte_prefetch0(&cs->buckets[name->hash[name->n] & cs->mask]);
}

static struct node *
find(const struct ccn_cs *cs, const struct ccn_name *name, unsigned int n)
{
	uint64_t hash = name->hash[n];
	struct node *node;

	LIST_FOREACH (node, &cs->buckets[hash & cs->mask], chain)
		if (node->hash == hash && node->n == n)
			return node;
	return NULL;
}

/* Does the Data of a node lie under these bytes? Hashes have only suggested it. */
static bool
begins(const struct ccn_cs *cs, const struct node *node, const uint8_t *name, uint32_t len)
{
	return node->name_len >= len &&
		ccn_blocks_equal(&cs->blocks, node->block, node->name_at, name, len);
}

/* The next node of a tree in preorder, or NULL at its end. */
static struct node *
after(struct node *node, const struct node *root)
{
	struct node *next = LIST_FIRST(&node->children);

	while (next == NULL && node != root) {
		next = LIST_NEXT(node, sibling);
		node = node->parent;
	}
	return next;
}

static bool
suits(const struct ccn_cs *cs, const struct node *node, const struct ccn_pkt *interest,
	uint32_t len, uint64_t now_us)
{
	return node->block != CCN_BLOCK_NONE &&
		(!interest->must_be_fresh || node->fresh_until_us > now_us) &&
		begins(cs, node, interest->name.value, len);
}

static uint32_t
take(struct ccn_cs *cs, struct node *node, uint8_t *to)
{
	ccn_blocks_get(&cs->blocks, node->block, to, node->len);
	return node->len;
}

static uint32_t
hit(struct ccn_cs *cs, struct node *node, uint32_t len)
{
	if (node->freq < FREQ_MAX)
		node->freq++;
	cs->stats.hits++;
	return len;
}

/* Only the Data that hashes to the last component will do. */
static uint32_t
find_digest(struct ccn_cs *cs, const struct ccn_pkt *interest, uint64_t now_us, uint8_t *to)
{
	const struct ccn_name *name = &interest->name;
	uint8_t digest[CCN_DIGEST_LEN];
	struct node *node = find(cs, name, name->n - 1u);
	uint32_t prefix = name->end[name->n - 1];

	if (node == NULL || !suits(cs, node, interest, prefix, now_us) || node->name_len != prefix)
		return 0;
	ccn_pkt_digest(to, take(cs, node, to), digest);
	if (memcmp(digest, name->value + name->len - CCN_DIGEST_LEN, CCN_DIGEST_LEN) != 0)
		return 0;
	return hit(cs, node, node->len);
}

uint32_t
ccn_cs_find(struct ccn_cs *cs, const struct ccn_pkt *interest, uint64_t now_us, uint8_t *to)
{
	const struct ccn_name *name = &interest->name;
	struct node *root, *node;
	uint32_t len;

	if (unlikely(name->digest)) {
		len = find_digest(cs, interest, now_us, to);
		cs->stats.misses += len == 0;
		return len;
	}
	root = node = find(cs, name, name->n);
	for (unsigned int i = 0; node != NULL && i < SEARCH_MAX; i++) {
		if (suits(cs, node, interest, name->len, now_us) &&
			(interest->can_be_prefix || node->name_len == name->len))
			return hit(cs, node, take(cs, node, to));
		if (!interest->can_be_prefix)
			break;
		node = after(node, root);
	}
	cs->stats.misses++;
	return 0;
}

static void
account(struct ccn_cs *cs)
{
	uint64_t blocks = cs->blocks.n - cs->blocks.n_free, nodes = cs->n_nodes - cs->free_nodes;

	cs->stats.used_kb =
		(uint32_t)((blocks * (BLOCK_PAYLOAD + 4) + nodes * sizeof(struct node)) / 1024);
}

/* Nodes go when they neither hold Data nor lead to any. */
static void
prune(struct ccn_cs *cs, struct node *node)
{
	while (node != NULL && node->block == CCN_BLOCK_NONE && LIST_EMPTY(&node->children)) {
		struct node *parent = node->parent;

		if (parent != NULL)
			LIST_REMOVE(node, sibling);
		LIST_REMOVE(node, chain);
		LIST_INSERT_HEAD(&cs->unused, node, chain);
		cs->free_nodes++;
		node = parent;
	}
}

static void
drop_data(struct ccn_cs *cs, struct node *node)
{
	TAILQ_REMOVE(&cs->queues[node->in], node, queue);
	if (node->in == SMALL)
		cs->small_blocks -= ccn_blocks_for(&cs->blocks, node->len);
	ccn_blocks_drop(&cs->blocks, node->block);
	node->block = CCN_BLOCK_NONE;
	cs->stats.packets--;
}

static void
enqueue(struct ccn_cs *cs, struct node *node, enum queue queue)
{
	node->in = (uint8_t)queue;
	node->freq = 0;
	TAILQ_INSERT_HEAD(&cs->queues[queue], node, queue);
	if (queue == SMALL)
		cs->small_blocks += ccn_blocks_for(&cs->blocks, node->len);
}

static void
requeue(struct ccn_cs *cs, struct node *node, uint8_t freq)
{
	TAILQ_REMOVE(&cs->queues[node->in], node, queue);
	if (node->in == SMALL)
		cs->small_blocks -= ccn_blocks_for(&cs->blocks, node->len);
	enqueue(cs, node, MAIN);
	node->freq = freq;
}

/* Make one packet go; false when there is none. */
static bool
evict(struct ccn_cs *cs)
{
	struct node *node = NULL;

	for (unsigned int i = 0; i < EVICT_MAX; i++) {
		bool small = cs->small_blocks > cs->small_max || TAILQ_EMPTY(&cs->queues[MAIN]);

		node = TAILQ_LAST(&cs->queues[small ? SMALL : MAIN], node_queue);
		if (node == NULL)
			return false;
		if (node->freq == 0)
			break;
		requeue(cs, node, small ? 0 : node->freq - 1);
	}
	if (node->in == SMALL)
		ccn_recent_add(&cs->ghost, node->hash, cs->ghosts++);
	drop_data(cs, node);
	prune(cs, node);
	cs->stats.evictions++;
	return true;
}

static struct node *
add_node(struct ccn_cs *cs, const struct ccn_name *name, unsigned int n)
{
	struct node *node = LIST_FIRST(&cs->unused);

	LIST_REMOVE(node, chain);
	cs->free_nodes--;
	memset(node, 0, sizeof(*node));
	node->hash = name->hash[n];
	node->n = (uint8_t)n;
	node->block = CCN_BLOCK_NONE;
	LIST_INSERT_HEAD(&cs->buckets[node->hash & cs->mask], node, chain);
	return node;
}

/* The node of a name, with all nodes that lead to it. */
static struct node *
grow(struct ccn_cs *cs, const struct ccn_name *name)
{
	struct node *leaf = add_node(cs, name, name->n), *child = leaf;

	for (unsigned int n = name->n; n-- > 1;) {
		struct node *parent = find(cs, name, n);
		bool known = parent != NULL;

		if (!known)
			parent = add_node(cs, name, n);
		child->parent = parent;
		LIST_INSERT_HEAD(&parent->children, child, sibling);
		if (known)
			break;
		child = parent;
	}
	return leaf;
}

void
ccn_cs_insert(struct ccn_cs *cs, const struct ccn_pkt *data, uint64_t now_us)
{
	const struct ccn_name *name = &data->name;
	uint32_t need = ccn_blocks_for(&cs->blocks, data->len);
	enum queue queue = SMALL;
	struct node *node;

	if (need > cs->blocks.n / 2 || cs->n_nodes < 2 * CCN_COMPONENTS_MAX || name->n == 0)
		return;
	node = find(cs, name, name->n);
	if (node != NULL && node->block != CCN_BLOCK_NONE) {
		if (!begins(cs, node, name->value, name->len) || node->name_len != name->len)
			return; /* another name of the same hash: cannot be stored beside it */
		queue = node->in;
		drop_data(cs, node);
		prune(cs, node);
	} else if (ccn_recent_has(&cs->ghost, name->hash[name->n], cs->ghosts)) {
		queue = MAIN;
	}
	while (cs->blocks.n_free < need || cs->free_nodes < name->n)
		if (!evict(cs))
			return;
	node = find(cs, name, name->n);
	if (node == NULL)
		node = grow(cs, name);
	node->block = ccn_blocks_put(&cs->blocks, data->bytes, data->len);
	node->len = data->len;
	node->name_at = (uint16_t)(name->value - data->bytes);
	node->name_len = name->len;
	node->fresh_until_us = data->freshness_ms == 0
		? 0
		: now_us + RTE_MIN(data->freshness_ms, UINT64_MAX / 2000) * 1000;
	enqueue(cs, node, queue);
	cs->stats.inserts++;
	cs->stats.packets++;
	account(cs);
}

void
ccn_cs_flush(struct ccn_cs *cs)
{
	for (unsigned int queue = SMALL; queue <= MAIN; queue++) {
		struct node *node;

		while ((node = TAILQ_FIRST(&cs->queues[queue])) != NULL) {
			drop_data(cs, node);
			prune(cs, node);
		}
	}
	account(cs);
}
