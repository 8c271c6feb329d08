/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * A member's life. It is claimed (ethdev ownership keeps applications and other bonds off it), gets
 * a slot, is configured and started like the V-Channel itself (member_run.c), polled and sent to,
 * stopped, and given back as it was found. Devices that come and go by themselves: hotplug.c.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_pci.h>
#include <rte_string_fns.h>

#include "vchannel_priv.h"

#ifndef RTE_ETH_DEV_BONDED_SLAVE
#define RTE_ETH_DEV_BONDED_SLAVE RTE_ETH_DEV_BONDING_MEMBER
#endif

/* "01:00.0" and "0000:01:00.0" are one device; everything else is a name as it stands. */
static void
canonical(const char *name, char *out, size_t size)
{
	struct rte_pci_addr addr;

	if (strchr(name, ':') != NULL && rte_pci_addr_parse(name, &addr) == 0)
		rte_pci_device_name(&addr, out, size);
	else
		strlcpy(out, name, size);
}

bool
vchannel_port_is(uint16_t port, const char *name)
{
	const struct rte_eth_dev *dev = &rte_eth_devices[port];
	char wanted[RTE_ETH_NAME_MAX_LEN];

	canonical(name, wanted, sizeof(wanted));
	return strcmp(dev->data->name, wanted) == 0 ||
		(dev->device != NULL && dev->device->name != NULL &&
			strcmp(dev->device->name, wanted) == 0);
}

uint16_t
vchannel_port_find(const char *name)
{
	unsigned long n;
	uint16_t port;
	char *end;

	for (port = 0; port < RTE_MAX_ETHPORTS; port++)
		if (rte_eth_dev_is_valid_port(port) && vchannel_port_is(port, name))
			return port;
	n = strtoul(name, &end, 10);
	if (name[0] >= '0' && name[0] <= '9' && *end == '\0' && n < RTE_MAX_ETHPORTS &&
		rte_eth_dev_is_valid_port((uint16_t)n))
		return (uint16_t)n;
	return RTE_MAX_ETHPORTS;
}

struct vchannel_member *
vchannel_find(struct vchannel *vc, const char *name)
{
	char wanted[RTE_ETH_NAME_MAX_LEN];
	uint16_t port = vchannel_port_find(name);
	struct vchannel_member *m;

	canonical(name, wanted, sizeof(wanted));
	VCHANNEL_FOREACH (m, vc)
		if (m->port == port || strcmp(m->name, wanted) == 0)
			return m;
	return NULL;
}

static struct vchannel_member *
free_slot(struct vchannel *vc)
{
	unsigned int i;

	for (i = 0; i < VCHANNEL_MEMBERS_MAX; i++)
		if (!vc->member[i].used)
			return &vc->member[i];
	return NULL;
}

/* The first member lends the V-Channel its address, unless one was given. */
static void
lend_mac(struct vchannel *vc, struct vchannel_member *m)
{
	const struct rte_ether_addr *mac = rte_eth_devices[m->port].data->mac_addrs;

	if (mac == NULL)
		return;
	m->mac = *mac;
	if (!vc->mac_chosen && rte_is_valid_assigned_ether_addr(mac)) {
		rte_ether_addr_copy(mac, &vc->data->mac_addrs[0]);
		vc->mac_chosen = true;
	}
}

struct vchannel_member *
vchannel_member_claim(
	struct vchannel *vc, uint16_t port, const char *name, uint32_t weight, int *rc)
{
	const struct rte_eth_dev *dev = &rte_eth_devices[port];
	struct rte_eth_dev_owner owner = {.id = vc->owner};
	struct vchannel_member *m = free_slot(vc);
	unsigned int slot;

	*rc = 0;
	if (m == NULL)
		*rc = vchannel_fail(-ENOSPC, "member: more than %d", VCHANNEL_MEMBERS_MAX);
	else if (port == vc->port_id)
		*rc = vchannel_fail(-ELOOP, "member: %s cannot be a member of itself", name);
	else if (vchannel_is(dev))
		*rc = vchannel_fail(-ELOOP, "member: %s is a V-Channel", name);
	else if (dev->data->dev_flags & RTE_ETH_DEV_BONDED_SLAVE)
		*rc = vchannel_fail(-EBUSY, "member: %s belongs to a net_bonding device", name);
	if (*rc != 0)
		return NULL;
	strlcpy(owner.name, vc->data->name, sizeof(owner.name));
	if (rte_eth_dev_owner_set(port, &owner) != 0) {
		*rc = vchannel_fail(-EBUSY, "member: %s belongs to %s", name,
			dev->data->owner.id != RTE_ETH_DEV_NO_OWNER ? dev->data->owner.name
								    : "somebody");
		return NULL;
	}
	slot = vchannel_slot(vc, m);
	memset(m, 0, sizeof(*m));
	m->port = port;
	m->weight = weight;
	m->probe_queue = UINT16_MAX;
	strlcpy(m->name, dev->data->name, sizeof(m->name));
	if (strcmp(name, vc->args.primary) == 0)
		strlcpy(vc->args.primary, m->name, sizeof(vc->args.primary));
	m->rx_base = vchannel_rx_total(vc, slot);
	m->tx_base = vchannel_tx_total(vc, slot);
	vc->port[slot] = port;
	lend_mac(vc, m);
	m->used = true;
	return m;
}

int
vchannel_member_add(struct vchannel *vc, const char *name, uint32_t weight)
{
	uint16_t port = vchannel_port_find(name);
	struct vchannel_member *m;
	int rc;

	if (port == RTE_MAX_ETHPORTS)
		return vchannel_fail(-ENODEV, "member: there is no device %s", name);
	VCHANNEL_FOREACH (m, vc)
		if (m->port == port)
			return vchannel_fail(-EEXIST, "member: %s is one already", name);
	if (vc->port_id != port && !vchannel_is(&rte_eth_devices[port])) {
		rc = vchannel_check_fit(vc, port, name);
		if (rc != 0)
			return rc;
	}
	m = vchannel_member_claim(vc, port, name, weight, &rc);
	if (m == NULL)
		return rc;
	if (!vc->started)
		return 0;
	rc = vchannel_member_start(vc, m);
	if (rc == 0) {
		__atomic_or_fetch(
			&vc->rx_mask, UINT32_C(1) << vchannel_slot(vc, m), __ATOMIC_RELEASE);
		vchannel_judge_all(vc);
	} else {
		vchannel_member_release(vc, m);
	}
	return rc;
}

/* It could not be taken out: as if nobody had tried. */
static void
put_back(struct vchannel *vc, struct vchannel_member *m, const struct vchannel_liveness *live)
{
	if (!vchannel_usable(m))
		return; /* nothing is sent there any more, and the control task tries again */
	m->live = *live;
	__atomic_or_fetch(&vc->rx_mask, UINT32_C(1) << vchannel_slot(vc, m), __ATOMIC_RELEASE);
	vchannel_redeal(vc);
}

int
vchannel_member_del(struct vchannel *vc, struct vchannel_member *m)
{
	const struct vchannel_liveness live = m->live;

	if (m->live.alive) {
		m->live.alive = false;
		m->live.deaths += !vchannel_usable(m);
		vchannel_redeal(vc);
	}
	__atomic_and_fetch(&vc->rx_mask, ~(UINT32_C(1) << vchannel_slot(vc, m)), __ATOMIC_RELEASE);
	if (vc->started && vchannel_quiesce(vc) != 0) {
		put_back(vc, m, &live);
		return vchannel_fail(
			-ETIMEDOUT, "member: a thread is still within a burst on %s", m->name);
	}
	if (m->running) {
		vchannel_count_stranded(vc, m); /* what it has not sent by now is lost */
		vchannel_member_stop(vc, m);
	}
	vchannel_member_release(vc, m);
	return 0;
}

void
vchannel_member_release(struct vchannel *vc, struct vchannel_member *m)
{
	vchannel_member_unwatch(vc, m);
	vchannel_member_give_back(vc, m);
	if (!m->gone)
		rte_eth_dev_owner_unset(m->port, vc->owner);
	rte_free(m->progress);
	m->progress = NULL;
	vc->stranded_gone += m->stranded;
	m->used = false;
	if (vc->active == (int)vchannel_slot(vc, m))
		vc->active = -1;
}
