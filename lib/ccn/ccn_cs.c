/* SPDX-License-Identifier: BSD-3-Clause */
#include "ccn_cs_priv.h"

#define BLOCK_PAYLOAD 256
#define BYTES_MIN (64 * 1024)
#define FREQ_MAX 3
#define SEARCH_MAX 64 /* nodes looked at for a fresh Data below a prefix */

struct ccn_cs *
ccn_cs_create(uint64_t bytes, int socket)
{
	struct ccn_cs *cs = rte_zmalloc_socket("ccn_cs", sizeof(*cs), 64, socket);
	uint32_t per_block = BLOCK_PAYLOAD + sizeof(uint32_t) + sizeof(struct node) +
		sizeof(struct ccn_bucket) / 4 + sizeof(struct ccn_recent_bucket) / CCN_RECENT_WAYS;
	uint32_t n;

	if (cs == NULL)
		return NULL;
	n = bytes < BYTES_MIN ? 0 : (uint32_t)RTE_MIN(bytes / per_block, CCN_TABLE_MAX - 1ULL);
	cs->n_nodes = cs->free_nodes = n;
	cs->small_max = n / 10;
	cs->ghosts = 1;
	cs->pool = rte_zmalloc_socket(NULL, (n + 1ULL) * sizeof(struct node), 64, socket);
	if (ccn_blocks_init(&cs->blocks, n, BLOCK_PAYLOAD, socket) < 0 || cs->pool == NULL ||
		ccn_table_init(&cs->table, n, socket) < 0 ||
		ccn_recent_init(&cs->ghost, n, n, socket) < 0) {
		ccn_cs_free(cs);
		return NULL;
	}
	for (uint32_t i = 1; i <= n; i++)
		cs->pool[i].next = i < n ? i + 1 : NOBODY;
	cs->unused = n == 0 ? NOBODY : 1;
	return cs;
}

void
ccn_cs_free(struct ccn_cs *cs)
{
	if (cs == NULL)
		return;
	ccn_recent_fini(&cs->ghost);
	ccn_table_fini(&cs->table);
	ccn_blocks_fini(&cs->blocks);
	rte_free(cs->pool);
	rte_free(cs);
}

const struct ccn_cs_stats *
ccn_cs_stats(const struct ccn_cs *cs)
{
	return &cs->stats;
}

static struct node *
find(const struct ccn_cs *cs, const struct ccn_name *name, unsigned int n)
{
	uint64_t hash = name->hash[n], slot;
	struct ccn_search s;

	for (slot = ccn_table_first(&s, &cs->table, hash); slot != 0; slot = ccn_table_next(&s)) {
		struct node *node = &cs->pool[ccn_slot_index(slot)];

		if (node->hash == hash && node->n == n)
			return node;
	}
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
after(const struct ccn_cs *cs, struct node *node, const struct node *root)
{
	struct node *next = node_at(cs, node->child);

	while (next == NULL && node != root) {
		next = node_at(cs, node->next);
		node = node_at(cs, node->parent);
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
		node = after(cs, node, root);
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

/* A node for a name's first components, or NULL where its bucket has no room. */
static struct node *
add_node(struct ccn_cs *cs, const struct ccn_name *name, unsigned int n)
{
	uint32_t index = cs->unused;
	struct node *node = &cs->pool[index];
	uint32_t next = node->next;

	if (!ccn_table_add(&cs->table, name->hash[n], index, 0))
		return NULL;
	cs->unused = next;
	cs->free_nodes--;
	memset(node, 0, sizeof(*node));
	node->hash = name->hash[n];
	node->n = (uint8_t)n;
	node->block = CCN_BLOCK_NONE;
	return node;
}

/* The node of a name, with all nodes that lead to it as far as there is room; or NULL. */
static struct node *
grow(struct ccn_cs *cs, const struct ccn_name *name)
{
	struct node *leaf = add_node(cs, name, name->n), *child = leaf;

	for (unsigned int n = name->n; child != NULL && n-- > 1;) {
		struct node *parent = find(cs, name, n);
		bool known = parent != NULL;

		if (!known)
			parent = add_node(cs, name, n);
		if (parent == NULL)
			break;
		child->parent = index_of(cs, parent);
		child->next = parent->child;
		if (child->next != NOBODY)
			cs->pool[child->next].previous = index_of(cs, child);
		parent->child = index_of(cs, child);
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
		ccn_cs_drop(cs, node);
		ccn_cs_prune(cs, node);
	} else if (ccn_recent_has(&cs->ghost, name->hash[name->n], cs->ghosts)) {
		queue = MAIN;
	}
	while (cs->blocks.n_free < need || cs->free_nodes < name->n)
		if (!ccn_cs_evict(cs))
			return;
	node = find(cs, name, name->n);
	if (node == NULL)
		node = grow(cs, name);
	if (unlikely(node == NULL))
		return;
	node->block = ccn_blocks_put(&cs->blocks, data->bytes, data->len);
	node->len = data->len;
	node->name_at = (uint16_t)(name->value - data->bytes);
	node->name_len = name->len;
	node->fresh_until_us = data->freshness_ms == 0
		? 0
		: now_us + RTE_MIN(data->freshness_ms, UINT64_MAX / 2000) * 1000;
	ccn_cs_enqueue(cs, node, queue);
	cs->stats.inserts++;
	cs->stats.packets++;
	account(cs);
}

void
ccn_cs_flush(struct ccn_cs *cs)
{
	for (unsigned int queue = SMALL; queue <= MAIN; queue++) {
		while (cs->oldest[queue] != NOBODY) {
			struct node *node = &cs->pool[cs->oldest[queue]];

			ccn_cs_drop(cs, node);
			ccn_cs_prune(cs, node);
		}
	}
	account(cs);
}

void
ccn_cs_prefetch(const struct ccn_cs *cs, const struct ccn_pkt *pkt)
{
	const struct ccn_name *name = &pkt->name;

	if (cs->n_nodes == 0)
		return;
	ccn_table_prefetch(&cs->table, name->hash[name->n]);
	if (pkt->type == CCN_T_INTEREST)
		return;
	ccn_table_prefetch(&cs->table, name->hash[name->n - 1]);
	ccn_recent_prefetch(&cs->ghost, name->hash[name->n]);
}

/* The node that probably is of the first components. */
static const struct node *
likely_node(const struct ccn_cs *cs, const struct ccn_name *name, unsigned int n)
{
	struct ccn_search s;
	uint64_t slot = ccn_table_first(&s, &cs->table, name->hash[n]);

	return slot == 0 ? NULL : &cs->pool[ccn_slot_index(slot)];
}

const void *
ccn_cs_prefetch_node(const struct ccn_cs *cs, const struct ccn_pkt *pkt)
{
	const struct ccn_name *name = &pkt->name;
	const struct node *node;

	if (cs->n_nodes == 0 || name->n == 0)
		return NULL;
	node = likely_node(cs, name, name->n - (pkt->type == CCN_T_DATA));
	if (node != NULL)
		rte_prefetch0(node);
	return node;
}

void
ccn_cs_prefetch_rest(const struct ccn_cs *cs, const struct ccn_pkt *pkt, const void *found)
{
	const struct node *node = found;

	if (pkt->type == CCN_T_DATA)
		rte_prefetch0(&cs->pool[node->child]);
	else if (node->block != CCN_BLOCK_NONE)
		ccn_blocks_prefetch(&cs->blocks, node->block);
}
