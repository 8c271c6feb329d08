/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * V-Channel: several links of unequal bandwidth as one, every flow on one link.
 *
 * A packet's flow is hashed to one of some thousand buckets, and a bucket belongs to a member;
 * buckets are dealt in proportion to the members' weights (bucket.c says how they move without
 * reordering a flow). Sending is: hash, look up a byte, sort the burst by member, one
 * tx_burst per member. Receiving is polling the members in turn. Queue i of the V-Channel is
 * queue i of every member, so workers never meet.
 *
 * This file is the device's life: created with its members' names, configured and started like any
 * ethdev, at which moment every member is configured and started likewise. What may change while
 * it runs (members, weights, mode, links) is in member.c, api.c and control.c.
 */

#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "vchannel_priv.h"

/* A process that died with the lock was a secondary one, which only reads: all is as it should be.
 */
static int
locked(struct vchannel *vc, int rc)
{
	if (rc == EOWNERDEAD)
		rc = pthread_mutex_consistent(&vc->lock);
	return rc;
}

void
vchannel_lock(struct vchannel *vc)
{
	locked(vc, pthread_mutex_lock(&vc->lock));
}

bool
vchannel_trylock(struct vchannel *vc)
{
	return locked(vc, pthread_mutex_trylock(&vc->lock)) == 0;
}

/* The application may do anything in its callback, even close the device: touch nothing after. */
void
vchannel_unlock(struct vchannel *vc)
{
	bool tell = vc->lsc_due && rte_eal_process_type() == RTE_PROC_PRIMARY;
	uint16_t port = vc->port_id;

	if (tell)
		vc->lsc_due = false;
	pthread_mutex_unlock(&vc->lock);
	if (tell)
		rte_eth_dev_callback_process(&rte_eth_devices[port], RTE_ETH_EVENT_INTR_LSC, NULL);
}

void
vchannel_unlock_quietly(struct vchannel *vc)
{
	if (vc->lsc_due)
		vchannel_control_kick(vc);
	pthread_mutex_unlock(&vc->lock);
}

bool
vchannel_is(const struct rte_eth_dev *dev)
{
	return dev->dev_ops == &vchannel_ops || dev->dev_ops == &vchannel_secondary_ops;
}

struct vchannel *
vchannel_by_port(uint16_t port_id)
{
	if (!rte_eth_dev_is_valid_port(port_id) || !vchannel_is(&rte_eth_devices[port_id]))
		return NULL;
	return rte_eth_devices[port_id].data->dev_private;
}

static int
configure(struct rte_eth_dev *dev)
{
	struct vchannel *vc = dev->data->dev_private;
	struct vchannel_member *m;
	int rc;

	vchannel_lock(vc);
	rc = vchannel_claim_wanted(vc);
	if (rc == 0 && vc->nb_wanted != 0)
		rc = vchannel_fail(-ENODEV, "member: there is no device %s", vc->wanted[0].name);
	dev->data->dev_configured = 1; /* check_fit compares with what is asked for now */
	VCHANNEL_FOREACH (m, vc)
		if (rc == 0 && vchannel_usable(m))
			rc = vchannel_check_fit(vc, m->port, m->name);
	dev->data->dev_configured = 0;
	if (rc == 0 && dev->data->dev_conf.rx_adv_conf.rss_conf.rss_hf != 0)
		vc->rss_set = false; /* the members are configured with it when they start */
	vchannel_unlock(vc);
	return rc;
}

static int
allocate_run(struct vchannel *vc)
{
	unsigned int rx = vc->data->nb_rx_queues, tx = vc->data->nb_tx_queues;

	vc->seen = rte_zmalloc("vchannel_seen", (rx + tx + 1) * sizeof(*vc->seen), 0);
	vc->load_seen = rte_zmalloc(
		"vchannel_load_seen", (tx * vc->table->nb + 1) * sizeof(*vc->load_seen), 0);
	return vc->seen == NULL || vc->load_seen == NULL ? -ENOMEM : 0;
}

static void
free_run(struct vchannel *vc)
{
	rte_free(vc->seen);
	rte_free(vc->load_seen);
	vc->seen = NULL;
	vc->load_seen = NULL;
}

static void
stop_members(struct vchannel *vc)
{
	struct vchannel_member *m;

	__atomic_store_n(&vc->rx_mask, 0, __ATOMIC_RELEASE);
	VCHANNEL_FOREACH (m, vc)
		if (m->running)
			vchannel_member_stop(vc, m);
}

static void
note_loads(struct vchannel *vc)
{
	unsigned int i, nb = vc->table->nb;

	for (i = 0; i < vc->data->nb_tx_queues; i++) {
		const struct vchannel_txq *q = vc->data->tx_queues[i];

		memcpy(vc->load_seen + i * nb, q->load, nb * sizeof(*q->load));
	}
}

static void
mark_queues(struct rte_eth_dev *dev, uint8_t state)
{
	unsigned int i;

	for (i = 0; i < dev->data->nb_rx_queues; i++)
		dev->data->rx_queue_state[i] = state;
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		dev->data->tx_queue_state[i] = state;
}

static int
start_members(struct vchannel *vc)
{
	struct vchannel_member *m;
	uint32_t mask = 0;
	int rc;

	VCHANNEL_FOREACH (m, vc) {
		if (!vchannel_usable(m))
			continue;
		rc = vchannel_member_start(vc, m);
		if (rc != 0)
			return rc;
		mask |= UINT32_C(1) << vchannel_slot(vc, m);
	}
	__atomic_store_n(&vc->rx_mask, mask, __ATOMIC_RELEASE);
	return 0;
}

static int
start(struct rte_eth_dev *dev)
{
	struct vchannel *vc = dev->data->dev_private;
	int rc;

	vchannel_lock(vc);
	rc = allocate_run(vc);
	if (rc == 0)
		rc = vchannel_probe_init(vc);
	if (rc == 0)
		rc = start_members(vc);
	if (rc == 0)
		rc = vchannel_control_start(vc);
	if (rc == 0) {
		vc->started = true;
		note_loads(vc);
		vchannel_judge_all(vc);
		vchannel_redeal(vc);
		vc->lsc_due = false;
		mark_queues(dev, RTE_ETH_QUEUE_STATE_STARTED);
	} else {
		stop_members(vc);
		free_run(vc);
	}
	vchannel_unlock(vc);
	return rc;
}

static int
stop(struct rte_eth_dev *dev)
{
	struct vchannel *vc = dev->data->dev_private;

	vchannel_control_stop(vc);
	vchannel_lock(vc);
	vc->started = false;
	stop_members(vc);
	vchannel_redeal(vc);
	vc->active = -1;
	vc->settling = false;
	free_run(vc);
	mark_queues(dev, RTE_ETH_QUEUE_STATE_STOPPED);
	vc->lsc_due = false;
	vchannel_unlock(vc);
	return 0;
}

static int
close_device(struct rte_eth_dev *dev)
{
	struct vchannel *vc = dev->data->dev_private;
	struct vchannel_member *m;
	uint16_t i;

	vchannel_unwatch_ports(vc);
	vchannel_lock(vc);
	VCHANNEL_FOREACH (m, vc)
		vchannel_member_release(vc, m);
	vchannel_unlock(vc);
	vchannel_control_stop(vc); /* what a member's event asked for meanwhile */
	for (i = 0; i < dev->data->nb_rx_queues; i++)
		vchannel_rxq_release(dev, i);
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		vchannel_txq_release(dev, i);
	vchannel_free(vc);
	return 0;
}

/* A secondary process lets go of a device that lives on. */
static int
leave_device(struct rte_eth_dev *dev)
{
	RTE_SET_USED(dev);
	return 0;
}

static int
link_update(struct rte_eth_dev *dev, int wait)
{
	struct vchannel *vc = dev->data->dev_private;

	RTE_SET_USED(wait);
	vchannel_lock(vc);
	if (vc->started)
		vchannel_judge_all(vc);
	vchannel_unlock(vc);
	return 0;
}

/* A secondary process sees what the primary wrote. */
static int
link_known(struct rte_eth_dev *dev, int wait)
{
	RTE_SET_USED(dev);
	RTE_SET_USED(wait);
	return 0;
}

static int
set_links(struct rte_eth_dev *dev, int (*set)(uint16_t))
{
	struct vchannel *vc = dev->data->dev_private;
	struct vchannel_member *m;
	int rc = 0, one;

	vchannel_lock(vc);
	VCHANNEL_FOREACH (m, vc) {
		if (!m->running || !vchannel_usable(m))
			continue;
		one = set(m->port);
		rc = rc == 0 ? one : rc;
	}
	vchannel_unlock(vc);
	vchannel_control_kick(vc);
	return rc;
}

static int
set_link_up(struct rte_eth_dev *dev)
{
	return set_links(dev, rte_eth_dev_set_link_up);
}

static int
set_link_down(struct rte_eth_dev *dev)
{
	return set_links(dev, rte_eth_dev_set_link_down);
}

const struct eth_dev_ops vchannel_ops = {
	.dev_configure = configure,
	.dev_start = start,
	.dev_stop = stop,
	.dev_close = close_device,
	.dev_infos_get = vchannel_infos_get,
	.dev_supported_ptypes_get = vchannel_ptypes_get,
	.dev_ptypes_set = vchannel_ptypes_set,
	.dev_set_link_up = set_link_up,
	.dev_set_link_down = set_link_down,
	.link_update = link_update,
	.rx_queue_setup = vchannel_rxq_setup,
	.rx_queue_release = vchannel_rxq_release,
	.tx_queue_setup = vchannel_txq_setup,
	.tx_queue_release = vchannel_txq_release,
	.tx_done_cleanup = vchannel_tx_cleanup,
	.rxq_info_get = vchannel_rxq_info,
	.txq_info_get = vchannel_txq_info,
	.promiscuous_enable = vchannel_promiscuous_enable,
	.promiscuous_disable = vchannel_promiscuous_disable,
	.allmulticast_enable = vchannel_allmulticast_enable,
	.allmulticast_disable = vchannel_allmulticast_disable,
	.mac_addr_set = vchannel_mac_set,
	.mac_addr_add = vchannel_mac_add,
	.mac_addr_remove = vchannel_mac_remove,
	.set_mc_addr_list = vchannel_mc_list_set,
	.mtu_set = vchannel_mtu_set,
	.vlan_filter_set = vchannel_vlan_filter_set,
	.vlan_offload_set = vchannel_vlan_offload_set,
	.reta_update = vchannel_reta_update,
	.reta_query = vchannel_reta_query,
	.rss_hash_update = vchannel_rss_update,
	.rss_hash_conf_get = vchannel_rss_get,
	.stats_get = vchannel_stats_get,
	.stats_reset = vchannel_stats_reset,
	.xstats_get = vchannel_xstats_get,
	.xstats_get_names = vchannel_xstats_names,
	.xstats_reset = vchannel_stats_reset,
};

/* Whoever changes something speaks with the members, which are the primary process's. */
const struct eth_dev_ops vchannel_secondary_ops = {
	.dev_close = leave_device,
	.link_update = link_known,
	.dev_infos_get = vchannel_infos_get,
	.rxq_info_get = vchannel_rxq_info,
	.txq_info_get = vchannel_txq_info,
	.stats_get = vchannel_stats_get,
	.xstats_get = vchannel_xstats_get,
	.xstats_get_names = vchannel_xstats_names,
};
