/* SPDX-License-Identifier: BSD-3-Clause */

/* How a V-Channel comes to be from its devargs, and how it goes. */

#include <errno.h>
#include <string.h>

#include <ethdev_vdev.h>
#include <rte_cycles.h>
#include <rte_malloc.h>

#include "vchannel_priv.h"

#define TICKS_PER_SECOND 1000000 /* at least: a tick is a power of two of TSC cycles */

static int
init_lock(struct vchannel *vc)
{
	pthread_mutexattr_t attr;
	int rc;

	if (pthread_mutexattr_init(&attr) != 0)
		return -ENOMEM;
	/* Secondary processes ask for statistics, and may die at that. */
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	rc = pthread_mutex_init(&vc->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return -rc;
}

void
vchannel_free(struct vchannel *vc)
{
	rte_mempool_free(vc->probe_pool);
	rte_free(vc->table);
	rte_free(vc->adapt);
	rte_free(vc->bytes);
	pthread_mutex_destroy(&vc->lock);
}

static int
allocate_device(struct vchannel *vc, int socket)
{
	const struct vchannel_args *args = &vc->args;
	uint64_t hz = rte_get_tsc_hz();
	void *memory;

	while ((hz >> (vc->tick_shift + 1)) >= TICKS_PER_SECOND)
		vc->tick_shift++;
	memory = rte_zmalloc_socket(
		"vchannel_table", vchannel_table_size(args->buckets), RTE_CACHE_LINE_SIZE, socket);
	if (memory == NULL)
		return -ENOMEM;
	vc->table = vchannel_table_init(memory, args->buckets, vchannel_gap(vc));
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

	dev->dev_ops = primary ? &vchannel_ops : &vchannel_secondary_ops;
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
	vchannel_free(vc);
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
