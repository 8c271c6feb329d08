/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include <bus_vdev_driver.h>
#include <ethdev_vdev.h>
#include <rte_malloc.h>
#include <rte_version.h>

#include "xbench_priv.h"

/*
 * net_xbench: a port that is a traffic generator and a traffic sink, to measure what a DPDK program
 * costs per packet on a machine that has no NIC, no second machine and no performance counters.
 *
 *   devargs -> xbench_args.c -> struct xbench_conf
 *   start   -> xbench_flows.c: a record per flow, with xbench_frame.c and xbench_prefix.c
 *   Rx      -> xbench_rx.c: mbufs from the application's pool, a record copied into each
 *   Tx      -> xbench_tx.c: counted, some looked at by xbench_check.c, freed
 *   time    -> xbench_meter.c: TSC per window of packets, per lcore
 *   result  -> xbench_report.c: a JSON file, telemetry, and xstats in xbench_stats.c
 *
 * The port offers what the virtual function of a common NIC offers (RSS hash, VLAN strip and
 * insert, IPv4 checksum, fast free), so that a program takes the path that it would take there.
 * Ports are known by the number at the end of their device name, net_xbench<number>: a packet's
 * marker names the port at which it is to leave by it.
 *
 * Queues share nothing that is written per packet. Several queues divide the flows among them as
 * RSS would. Only the primary process can use the driver.
 */

#define FRAME_MAX 1522 /* bytes with one tag and FCS */

RTE_LOG_REGISTER_DEFAULT(xbench_logtype, NOTICE);

static int
configure(struct rte_eth_dev *eth)
{
	RTE_SET_USED(eth);
	return 0;
}

static int
start_rx_queue(struct xbench_dev *dev, uint16_t i)
{
	struct xbench_rxq *q = dev->rxq[i];
	uint16_t n = dev->eth->data->nb_rx_queues;
	uint64_t packets = dev->conf.packets;
	int rc = xbench_flows_build(&q->flows, dev, i, n);

	if (rc != 0)
		return rc;
	q->next = q->flows.records;
	q->end = q->flows.records + (size_t)q->flows.n * q->flows.stride;
	q->order_at = 0;
	q->start = 0;
	/* The first queues take what does not divide. */
	q->quota = packets / n + (i < packets % n);
	q->tsc_per_packet = dev->conf.rate > 0 ? (double)rte_get_tsc_hz() * n / dev->conf.rate : 0;
	return 0;
}

static int
start(struct rte_eth_dev *eth)
{
	struct xbench_dev *dev = eth->data->dev_private;
	uint16_t i;
	int rc;

	for (i = 0; i < eth->data->nb_rx_queues; i++) {
		rc = start_rx_queue(dev, i);
		if (rc != 0)
			return rc;
		eth->data->rx_queue_state[i] = RTE_ETH_QUEUE_STATE_STARTED;
	}
	for (i = 0; i < eth->data->nb_tx_queues; i++)
		eth->data->tx_queue_state[i] = RTE_ETH_QUEUE_STATE_STARTED;
	eth->rx_pkt_burst = xbench_rx_select(dev);
	eth->tx_pkt_burst = xbench_tx_select(dev);
	xbench_meters_reset();
	dev->started = true;
	dev->link_up = true;
	dev->link_step = 0;
	eth->data->dev_link.link_status = RTE_ETH_LINK_UP;
	xbench_report_started(dev);
	return 0;
}

static int
stop(struct rte_eth_dev *eth)
{
	struct xbench_dev *dev = eth->data->dev_private;
	uint16_t i;

	xbench_report_write();
	dev->open = false;
	dev->started = false;
	eth->data->dev_link.link_status = RTE_ETH_LINK_DOWN;
	for (i = 0; i < eth->data->nb_rx_queues; i++)
		eth->data->rx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
	for (i = 0; i < eth->data->nb_tx_queues; i++)
		eth->data->tx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
	return 0;
}

static void
drop_answers(struct xbench_dev *dev)
{
	void *m;

	if (dev->answers == NULL)
		return;
	while (rte_ring_dequeue(dev->answers, &m) == 0)
		rte_pktmbuf_free(m);
	rte_ring_free(dev->answers);
	dev->answers = NULL;
}

static void
rx_release(struct rte_eth_dev *eth, uint16_t i)
{
	struct xbench_dev *dev = eth->data->dev_private;

	if (dev->rxq[i] == NULL)
		return;
	xbench_flows_free(&dev->rxq[i]->flows);
	rte_free(dev->rxq[i]);
	dev->rxq[i] = NULL;
}

static void
tx_release(struct rte_eth_dev *eth, uint16_t i)
{
	struct xbench_dev *dev = eth->data->dev_private;

	rte_free(dev->txq[i]);
	dev->txq[i] = NULL;
}

static int
close_port(struct rte_eth_dev *eth)
{
	struct xbench_dev *dev = eth->data->dev_private;
	uint16_t i;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return 0;
	xbench_report_leave(dev);
	for (i = 0; i < XBENCH_QUEUES_MAX; i++) {
		rx_release(eth, i);
		tx_release(eth, i);
	}
	drop_answers(dev);
	xbench_conf_free(&dev->conf);
	eth->data->mac_addrs = NULL; /* inside dev_private */
	return 0;
}

static int
info_get(struct rte_eth_dev *eth, struct rte_eth_dev_info *info)
{
	const struct xbench_dev *dev = eth->data->dev_private;

	info->max_mac_addrs = 1;
	info->max_rx_pktlen = FRAME_MAX;
	info->max_mtu = RTE_ETHER_MTU;
	info->min_mtu = RTE_ETHER_MIN_MTU;
	info->max_rx_queues = XBENCH_QUEUES_MAX;
	info->max_tx_queues = XBENCH_QUEUES_MAX;
	info->rx_offload_capa = RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_VLAN_STRIP |
		RTE_ETH_RX_OFFLOAD_VLAN_FILTER;
	if (dev->conf.rss)
		info->rx_offload_capa |= RTE_ETH_RX_OFFLOAD_RSS_HASH;
	info->tx_offload_capa = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_VLAN_INSERT |
		RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
	if (dev->conf.fast_free)
		info->tx_offload_capa |= RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	info->flow_type_rss_offloads =
		RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_SCTP;
	info->hash_key_size = 40;
	info->reta_size = 128;
	info->speed_capa = RTE_ETH_LINK_SPEED_100G;
	info->default_rxportconf.ring_size = 1024;
	info->default_txportconf.ring_size = 1024;
	return 0;
}

static const uint32_t *
#if RTE_VERSION >= RTE_VERSION_NUM(24, 3, 0, 0)
ptypes_get(struct rte_eth_dev *eth, size_t *n)
#else
ptypes_get(struct rte_eth_dev *eth)
#endif
{
	static const uint32_t ptypes[] = {RTE_PTYPE_L2_ETHER, RTE_PTYPE_L2_ETHER_VLAN,
		RTE_PTYPE_L3_IPV4_EXT_UNKNOWN, RTE_PTYPE_L3_IPV6_EXT_UNKNOWN, RTE_PTYPE_L4_UDP,
		RTE_PTYPE_UNKNOWN};

	RTE_SET_USED(eth);
#if RTE_VERSION >= RTE_VERSION_NUM(24, 3, 0, 0)
	*n = RTE_DIM(ptypes);
#endif
	return ptypes;
}

static int
rx_setup(struct rte_eth_dev *eth, uint16_t i, uint16_t nb_desc, unsigned int socket,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	struct xbench_dev *dev = eth->data->dev_private;
	struct xbench_rxq *q;

	RTE_SET_USED(conf);
	if (rte_pktmbuf_data_room_size(pool) < RTE_PKTMBUF_HEADROOM + FRAME_MAX) {
		XBENCH_LOG(ERR, "%s: the pool's buffers are too small", eth->data->name);
		return -EINVAL;
	}
	rx_release(eth, i);
	q = rte_zmalloc_socket("xbench_rxq", sizeof(*q), RTE_CACHE_LINE_SIZE, socket);
	if (q == NULL)
		return -ENOMEM;
	q->dev = dev;
	q->pool = pool;
	q->id = i;
	q->nb_desc = nb_desc;
	dev->rxq[i] = q;
	eth->data->rx_queues[i] = q;
	return 0;
}

static int
tx_setup(struct rte_eth_dev *eth, uint16_t i, uint16_t nb_desc, unsigned int socket,
	const struct rte_eth_txconf *conf)
{
	struct xbench_dev *dev = eth->data->dev_private;
	struct xbench_txq *q;

	RTE_SET_USED(conf);
	tx_release(eth, i);
	q = rte_zmalloc_socket("xbench_txq", sizeof(*q), RTE_CACHE_LINE_SIZE, socket);
	if (q == NULL)
		return -ENOMEM;
	q->dev = dev;
	q->id = i;
	q->nb_desc = nb_desc;
	q->period = dev->conf.check;
	q->seed = dev->conf.seed + dev->id;
	dev->txq[i] = q;
	eth->data->tx_queues[i] = q;
	return 0;
}

void
xbench_link_set(struct xbench_dev *dev, bool up)
{
	dev->link_up = up;
	dev->eth->data->dev_link.link_status = up ? RTE_ETH_LINK_UP : RTE_ETH_LINK_DOWN;
	if (dev->eth->data->dev_conf.intr_conf.lsc)
		rte_eth_dev_callback_process(dev->eth, RTE_ETH_EVENT_INTR_LSC, NULL);
}

static int
link_up(struct rte_eth_dev *eth)
{
	xbench_link_set(eth->data->dev_private, true);
	return 0;
}

static int
link_down(struct rte_eth_dev *eth)
{
	xbench_link_set(eth->data->dev_private, false);
	return 0;
}

/* The link's state is where the caller reads it, set by start, stop and the link script. */
static int
link_update(struct rte_eth_dev *eth, int wait)
{
	RTE_SET_USED(eth);
	RTE_SET_USED(wait);
	return 0;
}

static int
accept_switch(struct rte_eth_dev *eth)
{
	RTE_SET_USED(eth);
	return 0;
}

static int
mtu_set(struct rte_eth_dev *eth, uint16_t mtu)
{
	RTE_SET_USED(eth);
	RTE_SET_USED(mtu);
	return 0;
}

static int
mac_set(struct rte_eth_dev *eth, struct rte_ether_addr *mac)
{
	struct xbench_dev *dev = eth->data->dev_private;

	dev->mac = *mac;
	dev->check.own = *mac;
	return 0;
}

static int
vlan_filter_set(struct rte_eth_dev *eth, uint16_t vlan, int on)
{
	RTE_SET_USED(eth);
	RTE_SET_USED(vlan);
	RTE_SET_USED(on);
	return 0;
}

static int
vlan_offload_set(struct rte_eth_dev *eth, int mask)
{
	RTE_SET_USED(eth);
	RTE_SET_USED(mask);
	return 0;
}

static const struct eth_dev_ops ops = {
	.dev_configure = configure,
	.dev_start = start,
	.dev_stop = stop,
	.dev_close = close_port,
	.dev_infos_get = info_get,
	.dev_supported_ptypes_get = ptypes_get,
	.rx_queue_setup = rx_setup,
	.tx_queue_setup = tx_setup,
	.rx_queue_release = rx_release,
	.tx_queue_release = tx_release,
	.dev_set_link_up = link_up,
	.dev_set_link_down = link_down,
	.link_update = link_update,
	.promiscuous_enable = accept_switch,
	.promiscuous_disable = accept_switch,
	.allmulticast_enable = accept_switch,
	.allmulticast_disable = accept_switch,
	.mtu_set = mtu_set,
	.mac_addr_set = mac_set,
	.vlan_filter_set = vlan_filter_set,
	.vlan_offload_set = vlan_offload_set,
	.stats_get = xbench_stats_get,
	.stats_reset = xbench_stats_reset,
	.xstats_get = xbench_xstats_get,
	.xstats_get_names = xbench_xstats_names,
	.xstats_reset = xbench_stats_reset,
};

static int
port_number(const char *name, uint8_t *id)
{
	const char *digits = name + strcspn(name, "0123456789");
	char *end;
	long value = strtol(digits, &end, 10);

	if (*digits == '\0' || *end != '\0' || value >= XBENCH_ANY_PORT)
		return -EINVAL;
	*id = value;
	return 0;
}

static void
set_up_port(struct xbench_dev *dev, struct rte_eth_dev *eth)
{
	dev->eth = eth;
	dev->mac = dev->conf.mac;
	dev->check = (struct xbench_check){
		.expect = dev->conf.expect,
		.own = dev->mac,
		.peer = dev->conf.peer,
		.vlan = dev->conf.tx_vlan,
		.port = dev->id,
	};
	eth->data->mac_addrs = &dev->mac;
	eth->data->dev_flags |= RTE_ETH_DEV_INTR_LSC | RTE_ETH_DEV_AUTOFILL_QUEUE_XSTATS;
	eth->data->dev_link = (struct rte_eth_link){
		.link_speed = RTE_ETH_SPEED_NUM_100G,
		.link_duplex = RTE_ETH_LINK_FULL_DUPLEX,
		.link_autoneg = RTE_ETH_LINK_FIXED,
		.link_status = RTE_ETH_LINK_DOWN,
	};
	eth->dev_ops = &ops;
}

static int
make_answers(struct xbench_dev *dev)
{
	char name[RTE_RING_NAMESIZE];

	if (!dev->conf.answer)
		return 0;
	snprintf(name, sizeof(name), "xbench_answers_%u", dev->id);
	dev->answers = rte_ring_create(name, 256, SOCKET_ID_ANY, RING_F_SC_DEQ);
	return dev->answers != NULL ? 0 : -rte_errno;
}

static int
probe(struct rte_vdev_device *vdev)
{
	const char *name = rte_vdev_device_name(vdev);
	struct rte_eth_dev *eth;
	struct xbench_dev *dev;
	uint8_t id;
	int rc;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return -ENOTSUP;
	if (port_number(name, &id) != 0) {
		XBENCH_LOG(ERR, "%s: a port is called net_xbench0..254", name);
		return -EINVAL;
	}
	eth = rte_eth_vdev_allocate(vdev, sizeof(*dev));
	if (eth == NULL)
		return -ENOMEM;
	dev = eth->data->dev_private;
	dev->id = id;
	rc = xbench_conf_parse(&dev->conf, rte_vdev_device_args(vdev), id);
	if (rc == 0)
		rc = make_answers(dev);
	if (rc != 0) {
		xbench_conf_free(&dev->conf);
		rte_eth_dev_release_port(eth);
		return rc;
	}
	set_up_port(dev, eth);
	xbench_report_join(dev);
	rte_eth_dev_probing_finish(eth);
	return 0;
}

static int
remove_port(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *eth = rte_eth_dev_allocated(rte_vdev_device_name(vdev));

	if (eth == NULL)
		return 0;
	close_port(eth);
	return rte_eth_dev_release_port(eth);
}

static struct rte_vdev_driver driver = {
	.probe = probe,
	.remove = remove_port,
};

RTE_PMD_REGISTER_VDEV(net_xbench, driver);
RTE_PMD_REGISTER_PARAM_STRING(net_xbench,
	"proto=ip4|ip6|interest|data flows=<n> size=<bytes>|imix vlan=<id> txvlan=<id> "
	"dst=<prefix>[@<port>] dstfile=<path> src=<prefix> name=<text> namefile=<path> lag=<n> "
	"zipf=<s> "
	"rss=0|1 "
	"packets=<n> rate=<pps> latency=0|1 check=<n> expect=none|io|swap|route "
	"mac=<mac> dmac=<mac> peer=<mac> loss=<ppm> link=up|down@<ms> answer=0|1 "
	"fastfree=0|1 gate=<path> report=<path> seed=<n>");
