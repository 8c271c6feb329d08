/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes are next hops of prefixes, from the configuration or registered by clients; strategies
 * are chosen for prefixes of their own. The FIB has an entry for every prefix that has either:
 * with the next hops of the longest route and the strategy of the longest choice above it. So a
 * worker finds both with one search.
 */
#include <errno.h>
#include <stdlib.h>

#include "ccn_priv.h"
#include "xebra_loop.h"

#define REGISTERED_MAX 256 /* prefixes that one face can register */

const char *const ccn_strategy_words[] = {"best-route", "multicast", "round-robin", NULL};

struct rib_hop {
	struct ccn_hop hop;
	enum ccn_origin origin;
	uint64_t expires_ms;
};

struct node {
	LIST_ENTRY(node) chain;
	LIST_ENTRY(node) chosen; /* when it has a strategy */
	uint64_t hash;
	int8_t strategy; /* -1: none */
	uint8_t n;       /* components */
	uint16_t len;    /* bytes of value */
	uint16_t n_hops;
	uint16_t size; /* of hops */
	struct rib_hop *hops;
	uint8_t value[];
};

LIST_HEAD(node_list, node);

static struct node_list *buckets;
static uint32_t n_buckets;
static struct node_list chosen;
static uint32_t max_prefixes;
static uint64_t next_end_ms = UINT64_MAX; /* no registration ends before */
static uint16_t registered[CCN_FACE_MAX]; /* prefixes, by face */

int
ccn_rib_init(uint32_t max)
{
	max_prefixes = max;
	n_buckets = rte_align32pow2(max);
	LIST_INIT(&chosen);
	buckets = calloc(n_buckets, sizeof(*buckets));
	return buckets == NULL ? -ENOMEM : 0;
}

static void
free_node(struct node *node)
{
	LIST_REMOVE(node, chain);
	free(node->hops);
	free(node);
}

void
ccn_rib_fini(void)
{
	for (uint32_t i = 0; buckets != NULL && i < n_buckets; i++)
		while (!LIST_EMPTY(&buckets[i]))
			free_node(LIST_FIRST(&buckets[i]));
	free(buckets);
	buckets = NULL;
}

static struct node_list *
bucket_of(uint64_t hash)
{
	return &buckets[hash & (n_buckets - 1)];
}

static struct node *
find(const struct ccn_name *name, unsigned int n)
{
	struct node *node;

	LIST_FOREACH (node, bucket_of(name->hash[n]), chain)
		if (node->hash == name->hash[n] && node->len == name->end[n] &&
			memcmp(node->value, name->value, node->len) == 0)
			return node;
	return NULL;
}

static struct node *
find_or_make(const struct ccn_name *name)
{
	struct node *node = find(name, name->n);

	if (node != NULL)
		return node;
	node = calloc(1, sizeof(*node) + name->len);
	if (node == NULL)
		return NULL;
	memcpy(node->value, name->value, name->len);
	node->hash = name->hash[name->n];
	node->len = name->len;
	node->n = name->n;
	node->strategy = -1;
	LIST_INSERT_HEAD(bucket_of(node->hash), node, chain);
	return node;
}

static void
drop_if_empty(struct node *node)
{
	if (node->n_hops == 0 && node->strategy < 0)
		free_node(node);
}

/* A new hop at the end, all zero, or NULL without memory. */
static struct rib_hop *
add_hop(struct node *node)
{
	if (node->n_hops == node->size) {
		uint16_t size = node->size == 0 ? 1 : 2 * node->size;
		struct rib_hop *hops = realloc(node->hops, size * sizeof(*hops));

		if (hops == NULL)
			return NULL;
		node->hops = hops;
		node->size = size;
	}
	return &node->hops[node->n_hops++];
}

/* Make the FIB's entry what it should be. */
static int
update_one(const struct ccn_name *name)
{
	const struct node *here = find(name, name->n), *route = NULL;
	struct ccn_hop hops[CCN_HOPS_MAX];
	int strategy = -1;

	if (ccn_fib_dead(ccn_run->fib) == CCN_FIB_DEAD_MAX)
		ccn_rib_settle();
	if (here == NULL) {
		ccn_fib_del(ccn_run->fib, name);
		return 0;
	}
	for (unsigned int n = name->n + 1u; n-- > 0 && (route == NULL || strategy < 0);) {
		const struct node *node = n == name->n ? here : find(name, n);

		if (node != NULL && route == NULL && node->n_hops > 0)
			route = node;
		if (node != NULL && strategy < 0)
			strategy = node->strategy;
	}
	if (route == NULL) {
		ccn_fib_del(ccn_run->fib, name);
		return 0;
	}
	for (unsigned int i = 0; i < route->n_hops; i++)
		hops[i] = route->hops[i].hop;
	return ccn_fib_set(ccn_run->fib, name, hops, route->n_hops,
		strategy < 0 ? CCN_BEST_ROUTE : (enum ccn_strategy)strategy);
}

/* Bring the FIB up to date for a node, if it is below a prefix. */
static int
update_under(const struct node *node, const struct ccn_name *prefix)
{
	struct ccn_name name;

	if (node->n <= prefix->n || node->len < prefix->len ||
		memcmp(node->value, prefix->value, prefix->len) != 0)
		return 0;
	ccn_name_parse(&name, node->value, node->len);
	return update_one(&name);
}

/* A route has changed: its own entry, and those of strategies below that live off it. */
static int
route_changed(const struct ccn_name *name)
{
	int rc = update_one(name);
	struct node *node;

	LIST_FOREACH (node, &chosen, chosen)
		if (rc == 0)
			rc = update_under(node, name);
	return rc;
}

void
ccn_rib_settle(void)
{
	if (ccn_run == NULL || ccn_fib_dead(ccn_run->fib) == 0)
		return;
	xebra_rcu_sync();
	ccn_fib_reclaim(ccn_run->fib);
}

static struct rib_hop *
find_hop(struct node *node, uint32_t face, enum ccn_origin origin)
{
	for (unsigned int i = 0; i < node->n_hops; i++)
		if (node->hops[i].hop.face == face && node->hops[i].origin == origin)
			return &node->hops[i];
	return NULL;
}

int
ccn_rib_add(const struct ccn_name *prefix, uint32_t face, enum ccn_origin origin, uint32_t cost,
	uint32_t weight, uint64_t expires_ms, struct xebra_err *err)
{
	struct node *node = find_or_make(prefix);
	struct rib_hop *hop, before = {0};
	bool new;
	int rc;

	if (node == NULL)
		return xebra_err_set(err, -ENOMEM, "no memory");
	hop = find_hop(node, face, origin);
	new = hop == NULL;
	if (new && node->n_hops == CCN_HOPS_MAX) {
		drop_if_empty(node);
		return xebra_err_set(
			err, -ENOSPC, "a prefix has at most %d next hops", CCN_HOPS_MAX);
	}
	if (new &&origin == CCN_REGISTERED && registered[ccn_face_slot(face)] >= REGISTERED_MAX) {
		drop_if_empty(node);
		return xebra_err_set(
			err, -ENOSPC, "a face can register %d prefixes", REGISTERED_MAX);
	}
	if (new)
		hop = add_hop(node);
	else
		before = *hop;
	if (hop == NULL) {
		drop_if_empty(node);
		return xebra_err_set(err, -ENOMEM, "no memory");
	}
	*hop = (struct rib_hop){.hop = {.face = face, .cost = cost, .weight = weight},
		.origin = origin,
		.expires_ms = expires_ms};
	rc = route_changed(prefix);
	if (rc == 0) {
		registered[ccn_face_slot(face)] += new &&origin == CCN_REGISTERED;
		if (expires_ms != 0)
			next_end_ms = RTE_MIN(next_end_ms, expires_ms);
		return 0;
	}
	if (new)
		node->n_hops--;
	else
		*hop = before;
	route_changed(prefix);
	drop_if_empty(node);
	if (rc == -ENOSPC)
		return xebra_err_set(
			err, rc, "the FIB has its %u prefixes (ccn.fib.prefixes)", max_prefixes);
	return xebra_err_set(err, rc, "no memory");
}

static void
remove_hop(struct node *node, unsigned int at)
{
	if (node->hops[at].origin == CCN_REGISTERED)
		registered[ccn_face_slot(node->hops[at].hop.face)]--;
	for (node->n_hops--; at < node->n_hops; at++)
		node->hops[at] = node->hops[at + 1];
}

int
ccn_rib_del(const struct ccn_name *prefix, uint32_t face, enum ccn_origin origin)
{
	struct node *node = find(prefix, prefix->n);
	unsigned int before = node == NULL ? 0 : node->n_hops;

	for (unsigned int i = before; i-- > 0;)
		if (node->hops[i].origin == origin &&
			(face == CCN_FACE_NONE || node->hops[i].hop.face == face))
			remove_hop(node, i);
	if (node == NULL || node->n_hops == before)
		return -ENOENT;
	drop_if_empty(node);
	route_changed(prefix);
	return 0;
}

/* Take out the hops for which done() is true. */
static void
sweep(bool (*done)(const struct rib_hop *hop, uint64_t arg), uint64_t arg)
{
	struct node *node, *next;

	for (uint32_t b = 0; buckets != NULL && b < n_buckets; b++) {
		for (node = LIST_FIRST(&buckets[b]); node != NULL; node = next) {
			unsigned int before = node->n_hops;
			uint8_t value[CCN_NAME_MAX];
			struct ccn_name name;

			next = LIST_NEXT(node, chain);
			for (unsigned int i = node->n_hops; i-- > 0;)
				if (done(&node->hops[i], arg))
					remove_hop(node, i);
			if (node->n_hops == before)
				continue;
			memcpy(value, node->value, node->len);
			ccn_name_parse(&name, value, node->len);
			drop_if_empty(node);
			route_changed(&name);
		}
	}
	ccn_rib_settle();
}

static bool
goes_to(const struct rib_hop *hop, uint64_t face)
{
	return hop->hop.face == face;
}

void
ccn_rib_face_gone(uint32_t face)
{
	sweep(goes_to, face);
}

static bool
is_over(const struct rib_hop *hop, uint64_t now_ms)
{
	if (hop->expires_ms == 0)
		return false;
	if (hop->expires_ms > now_ms)
		next_end_ms = RTE_MIN(next_end_ms, hop->expires_ms);
	return hop->expires_ms <= now_ms;
}

void
ccn_rib_expire(void)
{
	uint64_t now_ms = xebra_now_ms();

	if (now_ms < next_end_ms)
		return;
	next_end_ms = UINT64_MAX;
	sweep(is_over, now_ms);
}

int
ccn_rib_strategy(const struct ccn_name *prefix, int strategy, struct xebra_err *err)
{
	struct node *node = strategy < 0 ? find(prefix, prefix->n) : find_or_make(prefix), *other;
	int rc;

	if (node == NULL)
		return strategy < 0 ? 0 : xebra_err_set(err, -ENOMEM, "no memory");
	if (node->strategy < 0 && strategy >= 0)
		LIST_INSERT_HEAD(&chosen, node, chosen);
	if (node->strategy >= 0 && strategy < 0)
		LIST_REMOVE(node, chosen);
	node->strategy = (int8_t)strategy;
	drop_if_empty(node);
	rc = update_one(prefix);
	for (uint32_t b = 0; b < n_buckets && rc == 0; b++)
		LIST_FOREACH (other, &buckets[b], chain)
			rc = RTE_MIN(rc, update_under(other, prefix));
	ccn_rib_settle();
	return rc == 0 ? 0 : xebra_err_set(err, rc, "the FIB is full (ccn.fib.prefixes)");
}

static uint64_t
sum(uint32_t index, unsigned int field)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i < ccn_run->n_shards; i++)
		total += ((const uint64_t *)&ccn_run->shards[i].fwd->prefixes[index])[field];
	return total;
}

static json_t *
hops_json(const struct node *node)
{
	json_t *hops = json_array();

	for (unsigned int i = 0; i < node->n_hops; i++) {
		const struct rib_hop *hop = &node->hops[i];

		json_array_append_new(hops,
			json_pack("{s:s, s:I, s:I, s:s}", "face", ccn_face_name(hop->hop.face),
				"cost", (json_int_t)hop->hop.cost, "weight",
				(json_int_t)hop->hop.weight, "origin",
				hop->origin == CCN_STATIC ? "static" : "registered"));
	}
	return hops;
}

static json_t *
node_json(const struct node *node, const struct ccn_fib_entry *e)
{
	char uri[CCN_URI_MAX];

	return json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:I}", "prefix",
		ccn_name_to_uri(node->value, node->len, uri, sizeof(uri)), "strategy",
		ccn_strategy_words[e->strategy], "via", hops_json(node), "interests",
		(json_int_t)sum(e->index, 0), "data", (json_int_t)sum(e->index, 1), "nacks",
		(json_int_t)sum(e->index, 2), "expired", (json_int_t)sum(e->index, 3));
}

json_t *
ccn_rib_json(const struct ccn_name *under, unsigned int max)
{
	json_t *all = json_array();
	const struct node *node;

	for (uint32_t b = 0; buckets != NULL && ccn_run != NULL && b < n_buckets; b++) {
		LIST_FOREACH (node, &buckets[b], chain) {
			const struct ccn_fib_entry *e;
			struct ccn_name name;

			if (json_array_size(all) >= max || node->n < under->n ||
				node->len < under->len ||
				memcmp(node->value, under->value, under->len) != 0)
				continue;
			ccn_name_parse(&name, node->value, node->len);
			e = ccn_fib_get(ccn_run->fib, &name);
			if (e != NULL)
				json_array_append_new(all, node_json(node, e));
		}
	}
	return all;
}

json_t *
ccn_rib_strategy_json(void)
{
	json_t *all = json_array();
	const struct node *node;
	char uri[CCN_URI_MAX];

	LIST_FOREACH (node, &chosen, chosen)
		json_array_append_new(all,
			json_pack("{s:s, s:s}", "prefix",
				ccn_name_to_uri(node->value, node->len, uri, sizeof(uri)),
				"strategy", ccn_strategy_words[node->strategy]));
	return all;
}
