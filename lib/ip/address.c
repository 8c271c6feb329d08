/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses of ours, and what each implies: a /32 that is local; while its interface is up, the
 * connected network and its broadcast addresses, all ones and (as hosts of old used it) all zeros
 * (RFC 1812, 4.2.3.1). A /31 has no broadcast (RFC 3021), a /32 no network.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ip4_priv.h"

struct ip4_address_list ip4_addresses = TAILQ_HEAD_INITIALIZER(ip4_addresses);

static void
own_set(uint8_t *own, uint32_t addr)
{
	own[ip4_own_hash(rte_cpu_to_be_32(addr))] = 1;
}

/* Fill the filter of sources that can be ours. Sources that still are stay in it all the time. */
static void
own_refresh(void)
{
	uint8_t own[RTE_DIM(ip4.own)] = {0};
	uint32_t bits[RTE_DIM(ip4.own_bits)] = {0};
	const struct ip4_address *a;

	TAILQ_FOREACH (a, &ip4_addresses, link) {
		own_set(own, a->addr);
		if (a->len < 31) {
			own_set(own, a->addr & ip4_mask(a->len));
			own_set(own, a->addr | ~ip4_mask(a->len));
		}
	}
	for (unsigned int i = 0; i < RTE_DIM(own); i++)
		bits[i >> (IP4_OWN_BITS - 3)] |= (uint32_t)own[i] << (i >> (IP4_OWN_BITS - 8) & 31);
	for (unsigned int i = 0; i < RTE_DIM(bits); i++)
		__atomic_store_n(&ip4.own_bits[i], bits[i], __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < RTE_DIM(own); i++)
		__atomic_store_n(&ip4.own[i], own[i], __ATOMIC_RELAXED);
}

/* One network is told exactly; of several, any source can be. None: 0.0.0.0, which sends nothing.
 */
static void
on_link_refresh(uint16_t iface)
{
	struct ip4_net net = {.net = 0, .mask = UINT32_MAX};
	const struct ip4_address *a;
	unsigned int n = 0;

	TAILQ_FOREACH (a, &ip4_addresses, link) {
		if (a->iface != iface || !a->connected)
			continue;
		net.mask = n++ == 0 ? rte_cpu_to_be_32(ip4_mask(a->len)) : 0;
		net.net = rte_cpu_to_be_32(a->addr) & net.mask;
	}
	__atomic_store(&ip4.on_link[iface], &net, __ATOMIC_RELAXED);
}

static struct ip4_address *
address_find(uint16_t iface, uint32_t addr, uint8_t len)
{
	struct ip4_address *a;

	TAILQ_FOREACH (a, &ip4_addresses, link)
		if (a->iface == iface && a->addr == addr && a->len == len)
			return a;
	return NULL;
}

/* Another address whose network is the same and connected. */
static struct ip4_address *
twin(const struct ip4_address *address)
{
	struct ip4_address *a;

	TAILQ_FOREACH (a, &ip4_addresses, link)
		if (a != address && a->connected && a->len == address->len &&
			ip4_prefix_has(a->addr, a->len, address->addr))
			return a;
	return NULL;
}

static int
network_set(struct ip4_address *a)
{
	uint32_t mask = ip4_mask(a->len);
	int ret;

	ret = ip4_route_set(a->addr & mask, a->len, XEBRA_IP4_CONNECTED, a->glean, NULL);
	if (ret < 0 || a->len == 31)
		return ret;
	ret = ip4_route_set(a->addr & mask, 32, XEBRA_IP4_CONNECTED, a->broadcast, NULL);
	if (ret < 0)
		return ret;
	return ip4_route_set(a->addr | ~mask, 32, XEBRA_IP4_CONNECTED, a->broadcast, NULL);
}

static void
network_unset(struct ip4_address *a)
{
	uint32_t mask = ip4_mask(a->len);

	xebra_ip4_route_unset(a->addr & mask, a->len, XEBRA_IP4_CONNECTED);
	if (a->len == 31)
		return;
	xebra_ip4_route_unset(a->addr & mask, 32, XEBRA_IP4_CONNECTED);
	xebra_ip4_route_unset(a->addr | ~mask, 32, XEBRA_IP4_CONNECTED);
}

static int
connect_network(struct ip4_address *a)
{
	int ret = 0;

	if (a->connected || a->len == 32)
		return 0;
	if (twin(a) == NULL)
		ret = network_set(a);
	a->connected = ret == 0;
	on_link_refresh(a->iface);
	return ret;
}

static void
disconnect_network(struct ip4_address *a)
{
	struct ip4_address *other;

	if (!a->connected)
		return;
	a->connected = false;
	on_link_refresh(a->iface);
	other = twin(a);
	if (other == NULL)
		network_unset(a);
	else
		network_set(other);
}

static uint32_t
nexthop_new(enum ip4_nh_type type, const struct xebra_iface *iface, uint32_t src)
{
	uint32_t index = ip4_nh_alloc(&ip4_nh, type);

	if (index != 0) {
		ip4.nh[index].iface = iface->id;
		ip4.nh[index].mtu = iface->mtu;
		ip4.nh[index].src = src;
	}
	return index;
}

static void
address_free(struct ip4_address *a)
{
	TAILQ_REMOVE(&ip4_addresses, a, link);
	ip4_nh_free(&ip4_nh, a->glean);
	ip4_nh_free(&ip4_nh, a->broadcast);
	free(a);
}

int
ip4_address_add(uint16_t id, uint32_t addr, uint8_t len)
{
	const struct xebra_iface *iface = xebra_iface_get(id);
	struct ip4_address *a;
	int ret;

	if (iface == NULL)
		return -ENODEV;
	if (address_find(id, addr, len) != NULL)
		return 0;
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return -ENOMEM;
	a->addr = addr;
	a->len = len;
	a->iface = id;
	a->glean = nexthop_new(IP4_NH_GLEAN, iface, addr);
	a->broadcast = nexthop_new(IP4_NH_BROADCAST, iface, addr);
	TAILQ_INSERT_TAIL(&ip4_addresses, a, link);
	ret = a->glean == 0 || a->broadcast == 0 ? -ENOSPC : 0;
	if (ret == 0)
		ret = ip4_route_set(addr, 32, XEBRA_IP4_CONNECTED, ip4_special.local, NULL);
	if (ret == 0 && iface->up)
		ret = connect_network(a);
	if (ret < 0) {
		disconnect_network(a);
		xebra_ip4_route_unset(addr, 32, XEBRA_IP4_CONNECTED);
		address_free(a);
		return ret;
	}
	own_refresh();
	ip4_adj_refresh(id);
	if (iface->up)
		ip4_arp_announce(iface, addr);
	return 0;
}

void
ip4_address_del(uint16_t iface, uint32_t addr, uint8_t len)
{
	struct ip4_address *a = address_find(iface, addr, len);

	if (a == NULL)
		return;
	disconnect_network(a);
	xebra_ip4_route_unset(addr, 32, XEBRA_IP4_CONNECTED);
	address_free(a);
	own_refresh();
	ip4_adj_refresh(iface);
}

const struct ip4_address *
ip4_address_towards(uint32_t addr, uint16_t iface)
{
	const struct ip4_address *a, *best = NULL;

	TAILQ_FOREACH (a, &ip4_addresses, link) {
		if (!a->connected || !ip4_prefix_has(a->addr, a->len, addr))
			continue;
		if (iface != XEBRA_IFACE_NONE && a->iface != iface)
			continue;
		if (best == NULL || a->len > best->len)
			best = a;
	}
	return best;
}

void
ip4_iface_enable(uint16_t iface, bool on)
{
	__atomic_store_n(&ip4.enabled[iface], on, __ATOMIC_RELAXED);
}

/* Interfaces come up and go down, and change. */
static void
iface_event(const struct xebra_iface *iface, enum xebra_iface_event event)
{
	struct ip4_address *a;
	bool touched = false;

	if (!ip4_started() || event == XEBRA_IFACE_ADDED)
		return;
	TAILQ_FOREACH (a, &ip4_addresses, link) {
		if (a->iface != iface->id)
			continue;
		touched = true;
		ip4.nh[a->glean].mtu = iface->mtu;
		if (event == XEBRA_IFACE_UP && connect_network(a) == 0)
			ip4_arp_announce(iface, a->addr);
		else if (event == XEBRA_IFACE_CHANGED && iface->up)
			ip4_arp_announce(iface, a->addr);
		else if (event == XEBRA_IFACE_DOWN || event == XEBRA_IFACE_REMOVED)
			disconnect_network(a);
	}
	if (event == XEBRA_IFACE_CHANGED)
		ip4_adj_iface_changed(iface);
	if (event == XEBRA_IFACE_DOWN || event == XEBRA_IFACE_REMOVED)
		ip4_adj_iface_down(iface);
	if (touched || event == XEBRA_IFACE_REMOVED)
		ip4_paths_resolve_all();
}

static struct xebra_iface_listener listener = {.notify = iface_event};

RTE_INIT(ip4_listen)
{
	xebra_iface_listen(&listener);
}
