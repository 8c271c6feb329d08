/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * A member's life. It is claimed (ethdev ownership keeps applications and other bonds off it), gets
 * a slot, is configured and started like the V-Channel itself, polled and sent to, stopped, and
 * given back as it was found. A member that devargs name may appear later, as a PCI device does
 * when the bus is scanned after the vdevs: it is claimed in the event of its birth.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_malloc.h>
#include <rte_pci.h>
#include <rte_string_fns.h>

#include "vchannel_priv.h"

#define PROBE_DESCRIPTORS 64 /* unless the device wants more */

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

static bool
is_named(uint16_t port, const char *name)
{
	const struct rte_eth_dev *dev = &rte_eth_devices[port];

	return strcmp(dev->data->name, name) == 0 ||
		(dev->device != NULL && dev->device->name != NULL &&
			strcmp(dev->device->name, name) == 0);
}

/* The port that `name` means; RTE_MAX_ETHPORTS: none. */
static uint16_t
find_port(const char *name)
{
	char wanted[RTE_ETH_NAME_MAX_LEN], *end;
	unsigned long n;
	uint16_t port;

	canonical(name, wanted, sizeof(wanted));
	for (port = 0; port < RTE_MAX_ETHPORTS; port++)
		if (rte_eth_dev_is_valid_port(port) && is_named(port, wanted))
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
	uint16_t port = find_port(name);
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

/* Make the port ours. Returns its slot, or NULL with *rc. */
static struct vchannel_member *
claim(struct vchannel *vc, uint16_t port, const char *name, uint32_t weight, int *rc)
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
	else if (dev->dev_ops == &vchannel_ops)
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
	uint16_t port = find_port(name);
	struct vchannel_member *m;
	int rc;

	if (port == RTE_MAX_ETHPORTS)
		return vchannel_fail(-ENODEV, "member: there is no device %s", name);
	VCHANNEL_FOREACH (m, vc)
		if (m->port == port)
			return vchannel_fail(-EEXIST, "member: %s is one already", name);
	if (vc->port_id != port && rte_eth_devices[port].dev_ops != &vchannel_ops) {
		rc = vchannel_check_fit(vc, port, name);
		if (rc != 0)
			return rc;
	}
	m = claim(vc, port, name, weight, &rc);
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
	if (m->running)
		vchannel_member_stop(vc, m);
	vchannel_member_release(vc, m);
	return 0;
}

static int
on_member_event(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	struct vchannel *vc = arg;
	struct vchannel_member *m;

	RTE_SET_USED(ret);
	if (type == RTE_ETH_EVENT_INTR_RMV)
		VCHANNEL_FOREACH (m, vc)
			if (m->port == port)
				m->removed = true;
	vchannel_control_kick(vc);
	return 0;
}

static const enum rte_eth_event_type member_events[] = {
	RTE_ETH_EVENT_INTR_LSC, RTE_ETH_EVENT_INTR_RMV};

static void
watch(struct vchannel *vc, struct vchannel_member *m)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(member_events); i++)
		rte_eth_dev_callback_register(m->port, member_events[i], on_member_event, vc);
	m->watched = true;
}

static void
unwatch(struct vchannel *vc, struct vchannel_member *m)
{
	unsigned int i;

	if (!m->watched)
		return;
	m->watched = false;
	/* A port that is gone has no number to name it by, only all ports have. */
	for (i = 0; i < RTE_DIM(member_events); i++)
		while (rte_eth_dev_callback_unregister(m->gone ? RTE_ETH_ALL : m->port,
			       member_events[i], on_member_event, vc) == -EAGAIN)
			rte_delay_us_sleep(10);
	if (!m->gone)
		return;
	VCHANNEL_FOREACH (m, vc)
		if (m->watched)
			watch(vc, m);
}

static int
configure(struct vchannel *vc, struct vchannel_member *m, const struct rte_eth_dev_info *info)
{
	struct rte_eth_conf conf = vc->data->dev_conf;
	uint16_t nb_tx = vc->data->nb_tx_queues;

	conf.intr_conf.lsc = !!(*info->dev_flags & RTE_ETH_DEV_INTR_LSC);
	conf.intr_conf.rmv = !!(*info->dev_flags & RTE_ETH_DEV_INTR_RMV);
	conf.intr_conf.rxq = 0;
	conf.rxmode.mtu = vc->data->mtu;
	conf.rxmode.offloads &= info->rx_offload_capa;
	conf.txmode.offloads &= info->tx_offload_capa;
	if (conf.rx_adv_conf.rss_conf.rss_key != NULL &&
		conf.rx_adv_conf.rss_conf.rss_key_len != info->hash_key_size)
		conf.rx_adv_conf.rss_conf.rss_key = NULL;
	conf.rx_adv_conf.rss_conf.rss_hf &= info->flow_type_rss_offloads;
	m->probe_queue = UINT16_MAX;
	if (vc->args.probe_ms != 0 && info->max_tx_queues > nb_tx)
		m->probe_queue = nb_tx++;
	else if (vc->args.probe_ms != 0)
		VCHANNEL_LOG(WARNING,
			"%s: member %s has no transmit queue to spare for probes: link state only",
			vc->data->name, m->name);
	return rte_eth_dev_configure(m->port, vc->data->nb_rx_queues, nb_tx, &conf);
}

static int
set_up_queues(struct vchannel *vc, struct vchannel_member *m)
{
	uint16_t nb_rx, nb_tx, i, queues = vc->data->nb_tx_queues;
	int rc;

	for (i = 0; i < vc->data->nb_rx_queues; i++) {
		const struct vchannel_rxq *q = vc->data->rx_queues[i];

		nb_rx = q->nb_desc;
		nb_tx = 0;
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(m->port, &nb_rx, NULL);
		if (rc == 0)
			rc = rte_eth_rx_queue_setup(
				m->port, i, nb_rx, q->socket, &q->conf, q->pool);
		if (rc != 0)
			return rc;
	}
	if (m->probe_queue != UINT16_MAX)
		queues++;
	for (i = 0; i < queues; i++) {
		/* The probes' queue is like the first. */
		const struct vchannel_txq *q =
			vc->data->tx_queues[i < vc->data->nb_tx_queues ? i : 0];

		nb_tx = i < vc->data->nb_tx_queues ? q->nb_desc : PROBE_DESCRIPTORS;
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(m->port, NULL, &nb_tx);
		if (rc == 0)
			rc = rte_eth_tx_queue_setup(m->port, i, nb_tx, q->socket, &q->conf);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Some drivers take the MTU from the configuration, and some only when told. */
static int
tell_mtu(const struct vchannel *vc, struct vchannel_member *m)
{
	int rc = rte_eth_dev_set_mtu(m->port, vc->data->mtu);

	return rc == -ENOTSUP ? 0 : rc;
}

static void
begin_counting(struct vchannel *vc, struct vchannel_member *m)
{
	struct rte_eth_stats stats;

	vchannel_hw_read(m, &m->hw_base);
	m->sent_base = vchannel_tx_total(vc, vchannel_slot(vc, m)).packets;
	m->opackets_base = rte_eth_stats_get(m->port, &stats) == 0 ? stats.opackets : 0;
	memset(&m->live, 0, sizeof(m->live));
	m->started_at = vchannel_ns();
	m->heard_at = 0;
	m->echo_at = 0;
	m->heard_seen = m->heard;
	m->echo_seen = m->heard_echo;
}

int
vchannel_member_start(struct vchannel *vc, struct vchannel_member *m)
{
	struct rte_eth_dev_info info;
	int rc;

	m->progress = rte_zmalloc(
		"vchannel_progress", RTE_MAX(vc->data->nb_tx_queues, 1) * sizeof(*m->progress), 0);
	if (m->progress == NULL)
		return vchannel_fail(-ENOMEM, "member: %s: no memory", m->name);
	rc = rte_eth_dev_info_get(m->port, &info);
	if (rc == 0)
		rc = configure(vc, m, &info);
	if (rc == 0)
		rc = set_up_queues(vc, m);
	if (rc == 0)
		rc = tell_mtu(vc, m);
	if (rc != 0) {
		vchannel_fail(rc, "member: %s cannot be configured: %s", m->name, strerror(-rc));
		goto fail;
	}
	rc = vchannel_member_set_mac(vc, m);
	if (rc != 0)
		goto fail;
	watch(vc, m);
	rc = rte_eth_dev_start(m->port);
	if (rc != 0) {
		vchannel_fail(rc, "member: %s cannot be started: %s", m->name, strerror(-rc));
		goto fail;
	}
	m->running = true;
	rc = vchannel_member_filters(vc, m);
	if (rc == 0)
		rc = vchannel_member_rss(vc, m);
	if (rc != 0) {
		vchannel_member_stop(vc, m);
		goto fail;
	}
	begin_counting(vc, m);
	return 0;

fail:
	unwatch(vc, m);
	vchannel_member_restore_mac(m);
	rte_free(m->progress);
	m->progress = NULL;
	return rc;
}

void
vchannel_member_stop(struct vchannel *vc, struct vchannel_member *m)
{
	int rc;

	unwatch(vc, m);
	if (!m->gone) {
		vchannel_hw_fold(vc, m);
		rc = rte_eth_dev_stop(m->port);
		if (rc != 0)
			VCHANNEL_LOG(WARNING, "%s: member %s does not stop: %s", vc->data->name,
				m->name, strerror(-rc));
	}
	rte_free(m->progress);
	m->progress = NULL;
	m->running = false;
	m->link_up = false;
	m->live.alive = false;
	m->live.seen = false;
}

void
vchannel_member_release(struct vchannel *vc, struct vchannel_member *m)
{
	unwatch(vc, m);
	vchannel_member_restore_mac(m);
	if (!m->gone)
		rte_eth_dev_owner_unset(m->port, vc->owner);
	rte_free(m->progress);
	m->progress = NULL;
	m->used = false;
	if (vc->active == (int)vchannel_slot(vc, m))
		vc->active = -1;
}

int
vchannel_claim_wanted(struct vchannel *vc)
{
	uint16_t left = 0, i;
	int rc = 0;

	for (i = 0; i < vc->nb_wanted; i++) {
		const struct vchannel_wanted w = vc->wanted[i];

		if (w.unborn || find_port(w.name) == RTE_MAX_ETHPORTS)
			vc->wanted[left++] = w;
		else if (vchannel_member_add(vc, w.name, w.weight) != 0)
			rc = -EINVAL;
	}
	vc->nb_wanted = left;
	return rc;
}

void
vchannel_want_back(struct vchannel *vc, const struct vchannel_member *m)
{
	struct vchannel_wanted *w;

	if (vc->nb_wanted == RTE_DIM(vc->wanted))
		return;
	w = &vc->wanted[vc->nb_wanted++];
	strlcpy(w->name, m->name, sizeof(w->name));
	w->weight = m->weight;
	w->unborn = true;
}

/* A port is born. It is not usable yet, only its name is known: claim it before others do. */
static int
on_new_port(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	char wanted[RTE_ETH_NAME_MAX_LEN];
	struct vchannel *vc = arg;
	uint16_t i;
	int rc;

	RTE_SET_USED(type);
	RTE_SET_USED(ret);
	vchannel_lock(vc);
	for (i = 0; i < vc->nb_wanted; i++) {
		canonical(vc->wanted[i].name, wanted, sizeof(wanted));
		if (!is_named(port, wanted))
			continue;
		vc->wanted[i].unborn = false;
		if (vc->started)
			break; /* the control task adds it when it is complete */
		if (claim(vc, port, vc->wanted[i].name, vc->wanted[i].weight, &rc) != NULL)
			vc->wanted[i] = vc->wanted[--vc->nb_wanted];
		break;
	}
	vchannel_unlock_quietly(vc);
	return 0;
}

/* The port is being closed by somebody else. When this returns nobody here touches it any more. The
 * application is not told from here: it might close the V-Channel, which waits for this very
 * callback to end. */
static int
on_port_end(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	struct vchannel *vc = arg;
	struct vchannel_member *m;

	RTE_SET_USED(type);
	RTE_SET_USED(ret);
	if (port == vc->port_id)
		return 0;
	vchannel_lock(vc);
	VCHANNEL_FOREACH (m, vc) {
		if (m->port != port)
			continue;
		m->gone = true;
		m->live.deaths += m->live.alive;
		m->live.alive = false;
		__atomic_and_fetch(
			&vc->rx_mask, ~(UINT32_C(1) << vchannel_slot(vc, m)), __ATOMIC_RELEASE);
		vchannel_redeal(vc);
		if (vc->started) {
			/* The device's memory goes when we return. The control task does the
			 * rest. */
			while (vchannel_quiesce(vc) != 0)
				VCHANNEL_LOG(WARNING,
					"%s: a thread is still within a burst on %s, which is "
					"closed",
					vc->data->name, m->name);
		} else {
			vchannel_member_release(vc, m);
			vchannel_want_back(vc, m);
		}
	}
	vchannel_unlock_quietly(vc);
	return 0;
}

int
vchannel_watch_ports(struct vchannel *vc)
{
	int rc = rte_eth_dev_callback_register(RTE_ETH_ALL, RTE_ETH_EVENT_NEW, on_new_port, vc);

	if (rc == 0)
		rc = rte_eth_dev_callback_register(
			RTE_ETH_ALL, RTE_ETH_EVENT_DESTROY, on_port_end, vc);
	vc->watching = true; /* to be undone, be it half */
	return rc;
}

void
vchannel_unwatch_ports(struct vchannel *vc)
{
	if (!vc->watching)
		return;
	while (rte_eth_dev_callback_unregister(RTE_ETH_ALL, RTE_ETH_EVENT_NEW, on_new_port, vc) ==
		-EAGAIN)
		rte_delay_us_sleep(10);
	while (rte_eth_dev_callback_unregister(
		       RTE_ETH_ALL, RTE_ETH_EVENT_DESTROY, on_port_end, vc) == -EAGAIN)
		rte_delay_us_sleep(10);
	vc->watching = false;
}
