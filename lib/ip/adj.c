/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Adjacencies: what the neighbour machine says becomes what packets meet. Every neighbour has a
 * next hop and, as a host of a connected network, a /32 route of the least trusted origin to it;
 * routes via a gateway use the gateway's next hop.
 */
#include <errno.h>
#include <string.h>

#include "ip4_priv.h"
#include "xebra_log.h"
#include "xebra_loop.h"
#include "xebra_node.h"

#define STEP_MS 64

struct neighbor_table ip4_neighbors;

static struct xebra_timer *timer;
static bool redirects = true;

static void
type_set(struct ip4_nexthop *nh, enum ip4_nh_type type)
{
	bool fast = type == IP4_NH_FORWARD && nh->port < RTE_MAX_ETHPORTS;
	uint16_t fast_mtu = fast ? nh->mtu : 0;

	__atomic_store_n(&nh->type, type, __ATOMIC_RELEASE);
	__atomic_store_n(&nh->fast_mtu, fast_mtu, __ATOMIC_RELEASE);
}

/* Our address towards a neighbour; NULL: it is on no network of ours. */
static void
src_set(struct ip4_nexthop *nh, const struct ip4_address *address)
{
	nh->src = address != NULL ? address->addr : 0;
	nh->src_be = rte_cpu_to_be_32(nh->src);
	nh->src_mask_be = rte_cpu_to_be_32(address != NULL ? ip4_mask(address->len) : UINT32_MAX);
}

/* Everything that follows from the interface. The type is not IP4_NH_FORWARD now. */
static void
fill(struct ip4_nexthop *nh, const struct neighbor *n, const struct xebra_iface *iface)
{
	const struct ip4_address *address = ip4_address_towards(n->addr, n->iface);

	nh->iface = iface->id;
	nh->port = iface->port;
	nh->mtu = iface->mtu;
	nh->l2_len = iface->l2_len;
	nh->redirect_iface = redirects ? iface->id : XEBRA_IFACE_NONE;
	nh->addr = n->addr;
	src_set(nh, address);
	xebra_iface_header(
		iface, &n->mac, RTE_ETHER_TYPE_IPV4, &nh->header[IP4_L2_MAX - iface->l2_len]);
}

static int
adj_create(struct neighbor *n)
{
	const struct xebra_iface *iface = xebra_iface_get(n->iface);
	int ret;

	if (iface == NULL)
		return -ENODEV;
	n->index = ip4_nh_alloc(&ip4_nh, IP4_NH_RESOLVE);
	if (n->index == 0)
		return -ENOSPC;
	fill(&ip4.nh[n->index], n, iface);
	ret = ip4_route_set(n->addr, 32, XEBRA_IP4_NEIGHBOR, n->index, NULL);
	if (ret < 0)
		ip4_nh_free(&ip4_nh, n->index);
	return ret;
}

static void
adj_destroy(struct neighbor *n)
{
	xebra_ip4_route_unset(n->addr, 32, XEBRA_IP4_NEIGHBOR);
	ip4_nh_free(&ip4_nh, n->index);
}

static void
adj_resolved(struct neighbor *n)
{
	const struct xebra_iface *iface = xebra_iface_get(n->iface);
	struct ip4_nexthop *nh = &ip4.nh[n->index];

	if (iface == NULL)
		return;
	/* No worker may read the header while it is half old and half new. */
	if (nh->type == IP4_NH_FORWARD) {
		type_set(nh, IP4_NH_RESOLVE);
		xebra_rcu_sync();
	}
	fill(nh, n, iface);
	type_set(nh, IP4_NH_FORWARD);
}

static void
adj_unresolved(struct neighbor *n)
{
	struct ip4_nexthop *nh = &ip4.nh[n->index];

	if (nh->type != IP4_NH_FORWARD)
		return;
	type_set(nh, IP4_NH_RESOLVE);
	/* A header that is written from now on is not read by who has seen the old type. */
	xebra_rcu_sync();
}

static void
adj_request(struct neighbor *n, bool broadcast)
{
	ip4_arp_request(n, broadcast);
}

static bool
adj_used(struct neighbor *n)
{
	return __atomic_exchange_n(&ip4.nh[n->index].used, 0, __ATOMIC_RELAXED) != 0;
}

static void
adj_full(struct neighbor *n, bool full)
{
	__atomic_store_n(&ip4.nh[n->index].full, full, __ATOMIC_RELAXED);
}

static void
adj_release(struct neighbor *n __rte_unused, void *packet)
{
	ip4_packet_again(packet);
}

static void
adj_fail(struct neighbor *n __rte_unused, void *packet)
{
	ip4_packet_unreachable(packet);
}

static const struct neighbor_ops ops = {
	.create = adj_create,
	.destroy = adj_destroy,
	.request = adj_request,
	.resolved = adj_resolved,
	.unresolved = adj_unresolved,
	.release = adj_release,
	.fail = adj_fail,
	.used = adj_used,
	.full = adj_full,
};

static void
step(void *arg __rte_unused)
{
	neighbor_step(&ip4_neighbors, xebra_now_ms());
}

int
ip4_adj_init(void)
{
	struct neighbor_conf conf = ip4_neighbors.conf;

	timer = xebra_timer_start(STEP_MS, STEP_MS, step, NULL);
	if (timer == NULL)
		return -ENOMEM;
	neighbor_init(&ip4_neighbors, &ops, xebra_now_ms());
	neighbor_configure(&ip4_neighbors, &conf);
	return 0;
}

void
ip4_adj_fini(void)
{
	xebra_timer_stop(timer);
	timer = NULL;
	neighbor_clear(&ip4_neighbors);
}

void
ip4_adj_iface_changed(const struct xebra_iface *iface)
{
	struct neighbor *n = NULL;

	while ((n = neighbor_next(&ip4_neighbors, n)) != NULL) {
		struct ip4_nexthop *nh = &ip4.nh[n->index];

		if (n->iface != iface->id)
			continue;
		if (nh->type == IP4_NH_FORWARD)
			adj_resolved(n);
		else
			fill(nh, n, iface);
	}
}

void
ip4_adj_iface_down(const struct xebra_iface *iface)
{
	struct neighbor *n = neighbor_next(&ip4_neighbors, NULL), *next;

	for (; n != NULL; n = next) {
		next = neighbor_next(&ip4_neighbors, n);
		if (n->iface == iface->id)
			neighbor_forget(&ip4_neighbors, n);
	}
}

void
ip4_adj_refresh(uint16_t iface)
{
	struct neighbor *n = neighbor_next(&ip4_neighbors, NULL), *next;
	const struct ip4_address *address;

	for (; n != NULL; n = next) {
		next = neighbor_next(&ip4_neighbors, n);
		if (n->iface != iface)
			continue;
		address = ip4_address_towards(n->addr, iface);
		if (address != NULL)
			src_set(&ip4.nh[n->index], address);
		else
			neighbor_forget(&ip4_neighbors, n);
	}
}

void
ip4_adj_redirects(bool on)
{
	struct neighbor *n = NULL;

	redirects = on;
	while ((n = neighbor_next(&ip4_neighbors, n)) != NULL) {
		struct ip4_nexthop *nh = &ip4.nh[n->index];

		__atomic_store_n(
			&nh->redirect_iface, on ? n->iface : XEBRA_IFACE_NONE, __ATOMIC_RELAXED);
	}
}
