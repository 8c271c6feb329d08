/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Addresses, receive modes, VLANs and MTU: told to every member, or to none. A member that is
 * added later is told all of it when it starts; from then on also while it is stopped, for devices
 * start with the settings that they had. When it leaves, it gets back what it had before.
 */

#include <errno.h>
#include <string.h>

#include "vchannel_priv.h"

typedef int (*tell_t)(struct vchannel_member *m, const void *arg);

/* Tell all members; when one refuses, undo it with those told before (undo may be NULL). */
static int
tell_locked(struct vchannel *vc, tell_t tell, const void *arg, tell_t undo, const void *undo_arg)
{
	struct vchannel_member *m, *refuser = NULL;
	int rc = 0;

	VCHANNEL_FOREACH (m, vc) {
		if (!m->told || !vchannel_usable(m) || refuser != NULL)
			continue;
		rc = tell(m, arg);
		if (rc != 0)
			refuser = m;
	}
	if (refuser != NULL && undo != NULL)
		VCHANNEL_FOREACH (m, vc)
			if (m < refuser && m->told && vchannel_usable(m))
				undo(m, undo_arg);
	return rc;
}

static int
tell_all(struct rte_eth_dev *dev, tell_t tell, const void *arg, tell_t undo, const void *undo_arg)
{
	struct vchannel *vc = dev->data->dev_private;
	int rc;

	vchannel_lock(vc);
	rc = tell_locked(vc, tell, arg, undo, undo_arg);
	vchannel_unlock(vc);
	return rc;
}

static int
promiscuous_on(struct vchannel_member *m, const void *arg)
{
	RTE_SET_USED(arg);
	return rte_eth_promiscuous_enable(m->port);
}

static int
promiscuous_off(struct vchannel_member *m, const void *arg)
{
	RTE_SET_USED(arg);
	return m->promiscuous_for_mac ? 0 : rte_eth_promiscuous_disable(m->port);
}

static int
allmulticast_on(struct vchannel_member *m, const void *arg)
{
	RTE_SET_USED(arg);
	return rte_eth_allmulticast_enable(m->port);
}

static int
allmulticast_off(struct vchannel_member *m, const void *arg)
{
	RTE_SET_USED(arg);
	return rte_eth_allmulticast_disable(m->port);
}

int
vchannel_promiscuous_enable(struct rte_eth_dev *dev)
{
	return tell_all(dev, promiscuous_on, NULL, promiscuous_off, NULL);
}

int
vchannel_promiscuous_disable(struct rte_eth_dev *dev)
{
	return tell_all(dev, promiscuous_off, NULL, promiscuous_on, NULL);
}

int
vchannel_allmulticast_enable(struct rte_eth_dev *dev)
{
	return tell_all(dev, allmulticast_on, NULL, allmulticast_off, NULL);
}

int
vchannel_allmulticast_disable(struct rte_eth_dev *dev)
{
	return tell_all(dev, allmulticast_off, NULL, allmulticast_on, NULL);
}

/* A VF may be forbidden to change its address; hearing everything will do for receiving. */
static int
give_mac(struct vchannel_member *m, const void *arg)
{
	struct rte_ether_addr mac = *(const struct rte_ether_addr *)arg;
	int rc;

	if (vchannel_same_mac(rte_eth_devices[m->port].data->mac_addrs, &mac))
		return 0;
	rc = rte_eth_dev_default_mac_addr_set(m->port, &mac);
	if (rc == 0) {
		m->mac_set = true;
		return 0;
	}
	if (rte_eth_promiscuous_enable(m->port) != 0)
		return vchannel_fail(rc,
			"member: %s can neither take the MAC address "
			"nor hear it in promiscuous mode",
			m->name);
	m->promiscuous_for_mac = true;
	VCHANNEL_LOG(
		WARNING, "member %s keeps its MAC address and is promiscuous instead", m->name);
	return 0;
}

int
vchannel_member_set_mac(struct vchannel *vc, struct vchannel_member *m)
{
	return give_mac(m, &vc->data->mac_addrs[0]);
}

int
vchannel_mac_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac)
{
	struct vchannel *vc = dev->data->dev_private;
	struct rte_ether_addr old = dev->data->mac_addrs[0];
	int rc = tell_all(dev, give_mac, mac, give_mac, &old);

	if (rc == 0)
		vc->mac_chosen = true;
	return rc;
}

static int
add_mac(struct vchannel_member *m, const void *arg)
{
	struct rte_ether_addr mac = *(const struct rte_ether_addr *)arg;

	return rte_eth_dev_mac_addr_add(m->port, &mac, 0);
}

static int
remove_mac(struct vchannel_member *m, const void *arg)
{
	struct rte_ether_addr mac = *(const struct rte_ether_addr *)arg;

	return rte_eth_dev_mac_addr_remove(m->port, &mac);
}

int
vchannel_mac_add(struct rte_eth_dev *dev, struct rte_ether_addr *mac, uint32_t index, uint32_t pool)
{
	RTE_SET_USED(index);
	RTE_SET_USED(pool);
	return tell_all(dev, add_mac, mac, remove_mac, mac);
}

void
vchannel_mac_remove(struct rte_eth_dev *dev, uint32_t index)
{
	tell_all(dev, remove_mac, &dev->data->mac_addrs[index], NULL, NULL);
}

static int
set_mc_list(struct vchannel_member *m, const void *arg)
{
	const struct vchannel *vc = arg;
	struct rte_ether_addr list[VCHANNEL_MC_MAX];

	memcpy(list, vc->mc, sizeof(list));
	return rte_eth_dev_set_mc_addr_list(m->port, list, vc->nb_mc);
}

int
vchannel_mc_list_set(struct rte_eth_dev *dev, struct rte_ether_addr *set, uint32_t n)
{
	struct vchannel *vc = dev->data->dev_private;
	struct rte_ether_addr old[VCHANNEL_MC_MAX];
	uint32_t nb_old;
	int rc;

	if (n > VCHANNEL_MC_MAX)
		return -ENOSPC;
	vchannel_lock(vc);
	nb_old = vc->nb_mc;
	memcpy(old, vc->mc, sizeof(old));
	if (n > 0)
		memcpy(vc->mc, set, n * sizeof(*set));
	vc->nb_mc = n;
	rc = tell_locked(vc, set_mc_list, vc, NULL, NULL);
	if (rc != 0) {
		memcpy(vc->mc, old, sizeof(old));
		vc->nb_mc = nb_old;
		tell_locked(vc, set_mc_list, vc, NULL, NULL);
	}
	vchannel_unlock(vc);
	return rc;
}

static int
set_mtu(struct vchannel_member *m, const void *arg)
{
	return rte_eth_dev_set_mtu(m->port, *(const uint16_t *)arg);
}

int
vchannel_mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	uint16_t old = dev->data->mtu;

	/* Members that are not started get theirs when they are. */
	return tell_all(dev, set_mtu, &mtu, set_mtu, &old);
}

struct vlan {
	uint16_t id;
	int on;
};

static int
filter_vlan(struct vchannel_member *m, const void *arg)
{
	const struct vlan *v = arg;

	return rte_eth_dev_vlan_filter(m->port, v->id, v->on);
}

int
vchannel_vlan_filter_set(struct rte_eth_dev *dev, uint16_t vlan, int on)
{
	struct vlan v = {vlan, on}, undo = {vlan, !on};

	return tell_all(dev, filter_vlan, &v, filter_vlan, &undo);
}

static int
offload_vlan(struct vchannel_member *m, const void *arg)
{
	const uint64_t offloads = *(const uint64_t *)arg;
	int mask = 0;

	if (offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP)
		mask |= RTE_ETH_VLAN_STRIP_OFFLOAD;
	if (offloads & RTE_ETH_RX_OFFLOAD_VLAN_FILTER)
		mask |= RTE_ETH_VLAN_FILTER_OFFLOAD;
	if (offloads & RTE_ETH_RX_OFFLOAD_VLAN_EXTEND)
		mask |= RTE_ETH_VLAN_EXTEND_OFFLOAD;
	if (offloads & RTE_ETH_RX_OFFLOAD_QINQ_STRIP)
		mask |= RTE_ETH_QINQ_STRIP_OFFLOAD;
	return rte_eth_dev_set_vlan_offload(m->port, mask);
}

int
vchannel_vlan_offload_set(struct rte_eth_dev *dev, int mask)
{
	RTE_SET_USED(mask); /* what changed; the new state is in the configuration already */
	return tell_all(dev, offload_vlan, &dev->data->dev_conf.rxmode.offloads, NULL, NULL);
}

static bool
has_vlan_filter(const struct vchannel *vc)
{
	return vc->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_VLAN_FILTER;
}

static int
replay_vlans(struct vchannel *vc, struct vchannel_member *m)
{
	struct vlan v = {.on = 1};
	uint32_t i;
	int rc;

	if (!has_vlan_filter(vc))
		return 0;
	for (i = 0; i < 4096; i++) {
		if (!(vc->data->vlan_filter_conf.ids[i / 64] & (UINT64_C(1) << (i % 64))))
			continue;
		v.id = (uint16_t)i;
		rc = filter_vlan(m, &v);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
replay_macs(struct vchannel *vc, struct vchannel_member *m)
{
	unsigned int i;
	int rc;

	for (i = 1; i < VCHANNEL_MACS_MAX; i++) {
		if (rte_is_zero_ether_addr(&vc->data->mac_addrs[i]))
			continue;
		rc = add_mac(m, &vc->data->mac_addrs[i]);
		if (rc != 0)
			return rc;
	}
	return 0;
}

int
vchannel_member_filters(struct vchannel *vc, struct vchannel_member *m)
{
	int rc = replay_macs(vc, m);

	if (rc != 0)
		return vchannel_fail(rc, "member: %s refuses an additional MAC address", m->name);
	rc = replay_vlans(vc, m);
	if (rc != 0)
		return vchannel_fail(rc, "member: %s refuses a VLAN filter", m->name);
	if (vc->nb_mc != 0 && set_mc_list(m, vc) != 0)
		return vchannel_fail(-ENOTSUP, "member: %s refuses multicast addresses", m->name);
	if (vc->data->promiscuous && promiscuous_on(m, NULL) != 0)
		return vchannel_fail(-ENOTSUP, "member: %s cannot be promiscuous", m->name);
	if (vc->data->all_multicast && allmulticast_on(m, NULL) != 0)
		return vchannel_fail(-ENOTSUP, "member: %s cannot hear all multicast", m->name);
	if (!vc->data->promiscuous && rte_eth_promiscuous_get(m->port) == 1)
		promiscuous_off(m, NULL);
	if (!vc->data->all_multicast && rte_eth_allmulticast_get(m->port) == 1)
		allmulticast_off(m, NULL);
	return 0;
}

void
vchannel_member_note(struct vchannel_member *m)
{
	if (m->noted)
		return;
	m->noted = true;
	m->found.promiscuous = rte_eth_promiscuous_get(m->port) == 1;
	m->found.allmulticast = rte_eth_allmulticast_get(m->port) == 1;
	rte_eth_dev_get_mtu(m->port, &m->found.mtu);
}

/* What the V-Channel has added to it. */
static void
take_away(struct vchannel *vc, struct vchannel_member *m)
{
	struct vlan v = {.on = 0};
	unsigned int i;

	for (i = 1; i < VCHANNEL_MACS_MAX; i++)
		if (!rte_is_zero_ether_addr(&vc->data->mac_addrs[i]))
			remove_mac(m, &vc->data->mac_addrs[i]);
	for (i = 0; i < 4096 && has_vlan_filter(vc); i++) {
		v.id = (uint16_t)i;
		if (vc->data->vlan_filter_conf.ids[i / 64] & (UINT64_C(1) << (i % 64)))
			filter_vlan(m, &v);
	}
	if (vc->nb_mc != 0)
		rte_eth_dev_set_mc_addr_list(m->port, NULL, 0);
}

void
vchannel_member_give_back(struct vchannel *vc, struct vchannel_member *m)
{
	if (vchannel_usable(m) && m->told)
		take_away(vc, m);
	if (vchannel_usable(m) && m->mac_set)
		rte_eth_dev_default_mac_addr_set(m->port, &m->mac);
	m->mac_set = false;
	m->promiscuous_for_mac = false;
	if (vchannel_usable(m) && m->noted) {
		(m->found.promiscuous ? promiscuous_on : promiscuous_off)(m, NULL);
		(m->found.allmulticast ? allmulticast_on : allmulticast_off)(m, NULL);
		if (rte_eth_devices[m->port].data->mtu != m->found.mtu)
			rte_eth_dev_set_mtu(m->port, m->found.mtu);
	}
	m->noted = false;
	m->told = false;
}
