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

#include <ethdev_vdev.h>
#include <rte_cycles.h>
#include <rte_malloc.h>

#include "vchannel_priv.h"

#define TICKS_PER_SECOND 1000000 /* at least: a tick is a power of two of TSC cycles */

void
vchannel_lock(struct vchannel *vc)
{
	pthread_mutex_lock(&vc->lock);
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

struct vchannel *
vchannel_by_port(uint16_t port_id)
{
	if (!rte_eth_dev_is_valid_port(port_id) ||
		rte_eth_devices[port_id].dev_ops != &vchannel_ops)
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

static void
free_device(struct vchannel *vc)
{
	rte_mempool_free(vc->probe_pool);
	rte_free(vc->table);
	rte_free(vc->adapt);
	rte_free(vc->bytes);
	pthread_mutex_destroy(&vc->lock);
}

static int
close_device(struct rte_eth_dev *dev)
{
	struct vchannel *vc = dev->data->dev_private;
	struct vchannel_member *m;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return 0;
	vchannel_unwatch_ports(vc);
	vchannel_lock(vc);
	VCHANNEL_FOREACH (m, vc)
		vchannel_member_release(vc, m);
	vchannel_unlock(vc);
	vchannel_control_stop(vc); /* what a member's event asked for meanwhile */
	free_device(vc);
	return 0;
}

static int
rx_queue_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc, unsigned int socket,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	struct vchannel_rxq *q =
		rte_zmalloc_socket("vchannel_rxq", sizeof(*q), RTE_CACHE_LINE_SIZE, socket);

	if (q == NULL)
		return -ENOMEM;
	q->vc = dev->data->dev_private;
	q->id = id;
	q->nb_desc = nb_desc;
	q->socket = socket;
	q->conf = *conf;
	q->pool = pool;
	dev->data->rx_queues[id] = q;
	return 0;
}

static void
rx_queue_release(struct rte_eth_dev *dev, uint16_t id)
{
	struct vchannel_rxq *q = dev->data->rx_queues[id];

	if (q == NULL)
		return;
	vchannel_rx_fold(q->vc, q);
	rte_free(q);
	dev->data->rx_queues[id] = NULL;
}

static int
tx_queue_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc, unsigned int socket,
	const struct rte_eth_txconf *conf)
{
	struct vchannel *vc = dev->data->dev_private;
	struct vchannel_txq *q =
		rte_zmalloc_socket("vchannel_txq", sizeof(*q), RTE_CACHE_LINE_SIZE, socket);

	if (q == NULL)
		return -ENOMEM;
	q->load = rte_zmalloc_socket(
		"vchannel_load", vc->table->nb * sizeof(*q->load), RTE_CACHE_LINE_SIZE, socket);
	if (q->load == NULL) {
		rte_free(q);
		return -ENOMEM;
	}
	q->vc = vc;
	q->id = id;
	q->nb_desc = nb_desc;
	q->socket = socket;
	q->conf = *conf;
	dev->data->tx_queues[id] = q;
	return 0;
}

static void
tx_queue_release(struct rte_eth_dev *dev, uint16_t id)
{
	struct vchannel_txq *q = dev->data->tx_queues[id];

	if (q == NULL)
		return;
	vchannel_tx_fold(q->vc, q);
	rte_free(q->load);
	rte_free(q);
	dev->data->tx_queues[id] = NULL;
}

static void
rxq_info_get(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_rxq_info *info)
{
	const struct vchannel_rxq *q = dev->data->rx_queues[id];

	info->mp = q->pool;
	info->conf = q->conf;
	info->nb_desc = q->nb_desc;
	info->scattered_rx = dev->data->scattered_rx;
}

static void
txq_info_get(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_txq_info *info)
{
	const struct vchannel_txq *q = dev->data->tx_queues[id];

	info->conf = q->conf;
	info->nb_desc = q->nb_desc;
}

static int
link_update(struct rte_eth_dev *dev, int wait)
{
	struct vchannel *vc = dev->data->dev_private;

	RTE_SET_USED(wait);
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return 0;
	vchannel_lock(vc);
	if (vc->started)
		vchannel_judge_all(vc);
	vchannel_unlock(vc);
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
	.rx_queue_setup = rx_queue_setup,
	.rx_queue_release = rx_queue_release,
	.tx_queue_setup = tx_queue_setup,
	.tx_queue_release = tx_queue_release,
	.tx_done_cleanup = vchannel_tx_cleanup,
	.rxq_info_get = rxq_info_get,
	.txq_info_get = txq_info_get,
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

static int
init_lock(struct vchannel *vc)
{
	pthread_mutexattr_t attr;
	int rc;

	if (pthread_mutexattr_init(&attr) != 0)
		return -ENOMEM;
	/* Secondary processes ask for statistics. */
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	rc = pthread_mutex_init(&vc->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return -rc;
}

static int
allocate_device(struct vchannel *vc, int socket)
{
	const struct vchannel_args *args = &vc->args;
	uint64_t hz = rte_get_tsc_hz();
	uint32_t gap;
	void *memory;

	while ((hz >> (vc->tick_shift + 1)) >= TICKS_PER_SECOND)
		vc->tick_shift++;
	/* One more, for the tick that has begun already. */
	gap = (uint32_t)(((__uint128_t)args->gap_us * hz / US_PER_S) >> vc->tick_shift) + 1;
	memory = rte_zmalloc_socket(
		"vchannel_table", vchannel_table_size(args->buckets), RTE_CACHE_LINE_SIZE, socket);
	if (memory == NULL)
		return -ENOMEM;
	vc->table = vchannel_table_init(memory, args->buckets, gap);
	vc->shift = 32 - rte_log2_u32(args->buckets);
	memory = rte_zmalloc_socket(
		"vchannel_adapt", vchannel_adapt_size(args->buckets), RTE_CACHE_LINE_SIZE, socket);
	if (memory == NULL)
		return -ENOMEM;
	vc->adapt = vchannel_adapt_init(memory, args->buckets);
	vc->bytes = rte_zmalloc("vchannel_bytes", args->buckets * sizeof(*vc->bytes), 0);
	return vc->bytes == NULL ? -ENOMEM : 0;
}

static int
init_device(struct vchannel *vc, struct rte_eth_dev *dev, const struct vchannel_args *args)
{
	int rc = init_lock(vc);

	if (rc != 0)
		return rc;
	vc->args = *args;
	vc->data = dev->data;
	vc->port_id = dev->data->port_id;
	vc->flow = args->flow;
	vc->active = -1;
	/* A NIC hashes the two directions of a conversation differently. */
	if (args->nic_hash && !args->flow.symmetric)
		vc->txq_flags |= VCHANNEL_TX_NIC_HASH;
	if (args->mode == RTE_PMD_VCHANNEL_ADAPTIVE)
		vc->txq_flags |= VCHANNEL_TX_MEASURE;
	rc = allocate_device(vc, dev->data->numa_node);
	if (rc == 0)
		rc = rte_eth_dev_owner_new(&vc->owner);
	if (rc != 0)
		return rc;
	if (args->has_mac) {
		rte_ether_addr_copy(&args->mac, &dev->data->mac_addrs[0]);
		vc->mac_chosen = true;
	} else {
		rte_eth_random_addr(dev->data->mac_addrs[0].addr_bytes);
	}
	memcpy(vc->wanted, args->member, sizeof(vc->wanted));
	vc->nb_wanted = args->nb_members;
	return 0;
}

static void
set_functions(struct rte_eth_dev *dev)
{
	bool primary = rte_eal_process_type() == RTE_PROC_PRIMARY;

	dev->dev_ops = &vchannel_ops;
	dev->rx_pkt_burst = primary ? vchannel_rx_burst : vchannel_no_burst;
	dev->tx_pkt_burst = primary ? vchannel_tx_burst : vchannel_no_burst;
	dev->tx_pkt_prepare = primary ? vchannel_tx_prepare : NULL;
	dev->rx_queue_count = primary ? vchannel_rx_count : NULL;
}

/* Give up a device that did not come to be, with the members it has claimed so far. */
static void
abandon(struct rte_eth_dev *dev)
{
	struct vchannel *vc = dev->data->dev_private;
	struct vchannel_member *m;

	vchannel_unwatch_ports(vc);
	VCHANNEL_FOREACH (m, vc)
		vchannel_member_release(vc, m);
	free_device(vc);
	rte_eth_dev_release_port(dev);
}

static int
create(struct rte_vdev_device *vdev)
{
	const char *name = rte_vdev_device_name(vdev);
	struct rte_eth_dev *dev;
	struct vchannel_args args;
	struct vchannel *vc;
	int rc = vchannel_args_parse(&args, name, rte_vdev_device_args(vdev));

	if (rc != 0)
		return rc;
	dev = rte_eth_vdev_allocate(vdev, sizeof(*vc));
	if (dev == NULL)
		return vchannel_fail(-ENOMEM, "%s: no memory, or the name is in use", name);
	vc = dev->data->dev_private;
	dev->data->mac_addrs = rte_zmalloc_socket("vchannel_macs",
		VCHANNEL_MACS_MAX * sizeof(struct rte_ether_addr), 0, dev->data->numa_node);
	if (dev->data->mac_addrs == NULL) {
		rte_eth_dev_release_port(dev);
		return vchannel_fail(-ENOMEM, "%s: no memory", name);
	}
	set_functions(dev);
	dev->data->dev_flags |= RTE_ETH_DEV_INTR_LSC | RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS;
	dev->data->dev_link = (struct rte_eth_link){.link_duplex = RTE_ETH_LINK_FULL_DUPLEX};
	rc = init_device(vc, dev, &args);
	/* Devices that do not exist yet may be born later; those that do must be fit. */
	if (rc == 0)
		rc = vchannel_claim_wanted(vc);
	if (rc == 0)
		rc = vchannel_watch_ports(vc);
	if (rc != 0) {
		abandon(dev);
		return rc;
	}
	rte_eth_dev_probing_finish(dev);
	return 0;
}

static int
attach(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_dev_attach_secondary(rte_vdev_device_name(vdev));

	if (dev == NULL)
		return -ENODEV;
	dev->device = &vdev->device;
	set_functions(dev);
	rte_eth_dev_probing_finish(dev);
	return 0;
}

static int
probe(struct rte_vdev_device *vdev)
{
	if (rte_eal_process_type() == RTE_PROC_SECONDARY)
		return attach(vdev);
	return create(vdev);
}

static int
remove_device(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(rte_vdev_device_name(vdev));

	if (dev == NULL)
		return 0; /* closed already */
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return rte_eth_dev_release_port(dev);
	rte_eth_dev_stop(dev->data->port_id); /* a started one is not closed */
	return rte_eth_dev_close(dev->data->port_id);
}

static struct rte_vdev_driver vchannel_driver = {
	.probe = probe,
	.remove = remove_device,
};

RTE_PMD_REGISTER_VDEV(net_vchannel, vchannel_driver);
RTE_PMD_REGISTER_PARAM_STRING(net_vchannel,
	"member=<PCI address | name | port> "
	"weight=<1..400000> "
	"mode=<weighted | adaptive | active-backup> "
	"primary=<member> "
	"switch_back=<0 | 1> "
	"buckets=<64..65536> "
	"gap_us=<us> "
	"force_ms=<ms> "
	"interval_ms=<ms> "
	"up_delay_ms=<ms> "
	"stuck_ms=<ms> "
	"probe_ms=<ms> "
	"nic_hash=<0 | 1> "
	"symmetric=<0 | 1> "
	"ndn_depth=<1..16> "
	"seed=<number> "
	"mac=<MAC address>");
