/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The gateways of routes. Routes with the same gateways share one struct ip4_paths, so that a full
 * table over two gateways has two of them: when an interface goes down, each is worked on once, and
 * only if a route's next hop changes is the FIB touched.
 *
 * A gateway can be reached when it is on a connected network (whose interface is up, else the
 * network is not connected). One gateway: routes point to its neighbour's next hop. Several: routes
 * point to a group, whose table of buckets is dealt to the reachable gateways by weight; when one
 * goes, only its buckets move, so the flows of the others stay where they are.
 */
#include <stdlib.h>
#include <string.h>

#include <rte_hash_crc.h>
#include <rte_malloc.h>

#include "ip4_priv.h"
#include "xebra_loop.h"

#define HASH_SIZE 1024

static LIST_HEAD(, ip4_paths) hash_table[HASH_SIZE];

static struct neighbor *
gateway_of(const struct xebra_ip4_path *spec)
{
	const struct ip4_address *address;
	uint16_t id = XEBRA_IFACE_NONE;

	if (spec->iface[0] != '\0') {
		const struct xebra_iface *iface = xebra_iface_find(spec->iface);

		if (iface == NULL)
			return NULL;
		id = iface->id;
	}
	address = ip4_address_towards(spec->gateway, id);
	if (address == NULL || address->addr == spec->gateway)
		return NULL;
	return neighbor_ref(&ip4_neighbors, address->iface, spec->gateway, xebra_now_ms());
}

/* Publish new buckets for a group; the old ones go when nobody looks at them any more. */
static void
group_deal(struct ip4_paths *p, const struct ip4_member *member, unsigned int n)
{
	struct ip4_nexthop *nh = &ip4.nh[p->group];
	const struct ip4_buckets *old = nh->buckets;
	uint32_t size = ip4_buckets_size(p->n);
	struct ip4_buckets *buckets = rte_malloc(
		"ip4_group", sizeof(*buckets) + size * sizeof(uint32_t), RTE_CACHE_LINE_SIZE);

	/* Without memory the old table stays: packets to a gateway that is gone are then lost. */
	if (buckets == NULL)
		return;
	buckets->mask = size - 1;
	ip4_buckets_deal(buckets->index, size, old != NULL ? old->index : NULL, member, n);
	__atomic_store_n(&nh->buckets, buckets, __ATOMIC_RELEASE);
	if (old != NULL) {
		xebra_rcu_sync();
		rte_free(RTE_PTR_ADD(old, 0));
	}
}

/* The next hop for what can be reached now. */
static uint32_t
index_now(struct ip4_paths *p)
{
	struct ip4_member member[XEBRA_IP4_PATH_MAX];
	unsigned int n = 0;

	for (unsigned int i = 0; i < p->n; i++) {
		if (p->path[i].neighbor == NULL)
			continue;
		member[n].index = p->path[i].neighbor->index;
		member[n++].weight = p->path[i].spec.weight;
	}
	if (n == 0)
		return 0;
	if (p->n == 1)
		return member[0].index;
	if (p->group == 0)
		p->group = ip4_nh_alloc(&ip4_nh, IP4_NH_GROUP);
	if (p->group == 0)
		return member[0].index;
	group_deal(p, member, n);
	return ip4.nh[p->group].buckets != NULL ? p->group : member[0].index;
}

/* Find the gateways. Those found before are kept until paths_settle(). */
static void
paths_resolve(struct ip4_paths *p)
{
	bool changed = false;
	uint32_t index;

	for (unsigned int i = 0; i < p->n; i++) {
		p->path[i].before = p->path[i].neighbor;
		p->path[i].neighbor = gateway_of(&p->path[i].spec);
		changed |= p->path[i].neighbor != p->path[i].before;
	}
	index = changed ? index_now(p) : p->index;
	p->changed = index != p->index;
	p->index = index;
}

/* No route leads to what was found before. */
static void
paths_settle(struct ip4_paths *p)
{
	p->changed = false;
	for (unsigned int i = 0; i < p->n; i++) {
		if (p->path[i].before != NULL)
			neighbor_unref(&ip4_neighbors, p->path[i].before);
		p->path[i].before = NULL;
	}
}

void
ip4_paths_resolve_all(void)
{
	bool changed = false;
	struct ip4_paths *p;

	for (unsigned int i = 0; i < HASH_SIZE; i++) {
		LIST_FOREACH (p, &hash_table[i], hash_link) {
			paths_resolve(p);
			changed |= p->changed;
		}
	}
	if (changed)
		ip4_route_paths_changed();
	for (unsigned int i = 0; i < HASH_SIZE; i++)
		LIST_FOREACH (p, &hash_table[i], hash_link)
			paths_settle(p);
}

static uint32_t
hash_of(const struct xebra_ip4_path *spec, unsigned int n)
{
	uint32_t h = n;

	for (unsigned int i = 0; i < n; i++) {
		h = rte_hash_crc_4byte(spec[i].gateway, h);
		h = rte_hash_crc_4byte(spec[i].weight, h);
		h = rte_hash_crc(spec[i].iface, strlen(spec[i].iface), h);
	}
	return h;
}

static bool
same(const struct ip4_paths *p, const struct xebra_ip4_path *spec, unsigned int n)
{
	if (p->n != n)
		return false;
	for (unsigned int i = 0; i < n; i++) {
		const struct xebra_ip4_path *own = &p->path[i].spec;

		if (own->gateway != spec[i].gateway || own->weight != spec[i].weight ||
			strcmp(own->iface, spec[i].iface) != 0)
			return false;
	}
	return true;
}

struct ip4_paths *
ip4_paths_get(const struct xebra_ip4_path *spec, unsigned int n)
{
	uint32_t hash = hash_of(spec, n);
	struct ip4_paths *p;

	LIST_FOREACH (p, &hash_table[hash % HASH_SIZE], hash_link) {
		if (p->hash == hash && same(p, spec, n)) {
			p->refs++;
			return p;
		}
	}
	p = calloc(1, sizeof(*p) + n * sizeof(p->path[0]));
	if (p == NULL)
		return NULL;
	p->hash = hash;
	p->refs = 1;
	p->n = n;
	for (unsigned int i = 0; i < n; i++)
		p->path[i].spec = spec[i];
	LIST_INSERT_HEAD(&hash_table[hash % HASH_SIZE], p, hash_link);
	paths_resolve(p);
	paths_settle(p);
	return p;
}

void
ip4_paths_put(struct ip4_paths *p)
{
	const struct ip4_buckets *buckets;

	if (--p->refs > 0)
		return;
	LIST_REMOVE(p, hash_link);
	for (unsigned int i = 0; i < p->n; i++)
		if (p->path[i].neighbor != NULL)
			neighbor_unref(&ip4_neighbors, p->path[i].neighbor);
	if (p->group != 0) {
		buckets = ip4.nh[p->group].buckets;
		xebra_rcu_sync();
		rte_free(RTE_PTR_ADD(buckets, 0));
		ip4_nh_free(&ip4_nh, p->group);
	}
	free(p);
}
