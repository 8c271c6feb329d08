/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configures a stopped device: queues, RSS, offloads, MTU. What a device has not is done without
 * where that is possible (VLAN filter, interrupts, own transmit queues), and is an error that says
 * so where it is not (receive queues, MTU).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>

#include "port_priv.h"
#include "worker_priv.h"
#include "xebra_log.h"

#define RSS_TYPES (RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_SCTP)
#define RX_OFFLOADS                                                    \
	(RTE_ETH_RX_OFFLOAD_RSS_HASH | RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | \
		RTE_ETH_RX_OFFLOAD_VLAN_FILTER)
/* An Ethernet header with one tag, and the FCS that some devices leave in the buffer. */
#define FRAME_OVERHEAD (RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN + RTE_ETHER_CRC_LEN)

static int
check_limits(const struct port *port, const struct rte_eth_dev_info *info, struct xebra_err *err)
{
	if (port->conf.rx_queues > info->max_rx_queues)
		return xebra_err_set(err, -EINVAL, "rx_queues: %u is more than the device has (%u)",
			port->conf.rx_queues, info->max_rx_queues);
	if (port->conf.mtu > xebra_device_max_mtu(info) && !xebra_device_is_af_packet(port->device))
		return xebra_err_set(err, -EINVAL, "mtu: %u is more than the device can (%u)",
			port->conf.mtu, xebra_device_max_mtu(info));
	return 0;
}

/* A frame that does not fit into one buffer needs a device that scatters. */
static int
choose_scatter(const struct port *port, const struct rte_eth_dev_info *info,
	const struct rte_mempool *pool, struct rte_eth_conf *conf, struct xebra_err *err)
{
	uint32_t room = rte_pktmbuf_data_room_size((struct rte_mempool *)(uintptr_t)pool) -
		RTE_PKTMBUF_HEADROOM;

	if ((uint32_t)port->conf.mtu + FRAME_OVERHEAD <= room)
		return 0;
	if ((info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER) == 0)
		return xebra_err_set(err, -EINVAL,
			"mtu: %u needs workers.packet_size of at least %u with this device",
			port->conf.mtu, port->conf.mtu + FRAME_OVERHEAD);
	conf->rxmode.offloads |= RTE_ETH_RX_OFFLOAD_SCATTER;
	return 0;
}

/*
 * Whether the device may give buffers back without looking at them. They have to be of one pool
 * then, not shared and not chained; every frame of this MTU fits into one, and "port_tx" sees to it
 * that it is in one.
 */
static bool
may_free_fast(const struct rte_eth_dev_info *info, const struct rte_eth_conf *conf)
{
	return pool_count() == 1 && !(conf->rxmode.offloads & RTE_ETH_RX_OFFLOAD_SCATTER) &&
		(info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE);
}

static void
choose_features(struct port *port, const struct rte_eth_dev_info *info, struct rte_eth_conf *conf)
{
	conf->rxmode.mtu = RTE_MIN(port->conf.mtu, xebra_device_max_mtu(info));
	conf->rxmode.offloads |= RX_OFFLOADS & info->rx_offload_capa;
	conf->txmode.offloads = may_free_fast(info, conf)
		? RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE
		: RTE_ETH_TX_OFFLOAD_MULTI_SEGS & info->tx_offload_capa;
	port->path->plain = conf->txmode.offloads == RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	/* With a single queue, too: the hash spares ECMP and V-Channel the work. */
	if (info->max_rx_queues > 1 && (info->flow_type_rss_offloads & RSS_TYPES) != 0) {
		conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf->rx_adv_conf.rss_conf.rss_hf = info->flow_type_rss_offloads & RSS_TYPES;
	} else {
		conf->rxmode.offloads &= ~(uint64_t)RTE_ETH_RX_OFFLOAD_RSS_HASH;
	}
	if (info->dev_flags != NULL && (*info->dev_flags & RTE_ETH_DEV_INTR_LSC) != 0)
		conf->intr_conf.lsc = 1;
	port->poll_link = conf->intr_conf.lsc == 0;
	conf->intr_conf.rxq = !xebra_polling.spin;
	port->pub.rx_queues = port->conf.rx_queues;
	port->pub.tx_queues = RTE_MIN(worker_count(), info->max_tx_queues);
}

static int
setup_queues(const struct port *port, const struct rte_eth_dev_info *info, struct rte_mempool *pool,
	const struct rte_eth_conf *conf)
{
	uint16_t nb_rx = port->conf.rx_descriptors, nb_tx = port->conf.tx_descriptors;
	struct rte_eth_rxconf rx_conf = info->default_rxconf;
	struct rte_eth_txconf tx_conf = info->default_txconf;
	int socket = rte_eth_dev_socket_id(port->pub.id);
	int rc = rte_eth_dev_adjust_nb_rx_tx_desc(port->pub.id, &nb_rx, &nb_tx);

	rx_conf.offloads = conf->rxmode.offloads & info->rx_queue_offload_capa;
	tx_conf.offloads = conf->txmode.offloads & info->tx_queue_offload_capa;
	for (uint16_t q = 0; q < port->pub.rx_queues && rc == 0; q++)
		rc = rte_eth_rx_queue_setup(port->pub.id, q, nb_rx, socket, &rx_conf, pool);
	for (uint16_t q = 0; q < port->pub.tx_queues && rc == 0; q++)
		rc = rte_eth_tx_queue_setup(port->pub.id, q, nb_tx, socket, &tx_conf);
	return rc;
}

/* Not every device that takes interrupts says so: try, and do without. */
static int
configure(struct port *port, const struct rte_eth_dev_info *info, struct rte_mempool *pool,
	struct rte_eth_conf *conf)
{
	int rc;

	for (;;) {
		rc = rte_eth_dev_configure(
			port->pub.id, port->pub.rx_queues, port->pub.tx_queues, conf);
		if (rc == 0)
			rc = setup_queues(port, info, pool, conf);
		if (rc == 0 || conf->intr_conf.rxq == 0)
			break;
		conf->intr_conf.rxq = 0;
	}
	port->rx_interrupts = conf->intr_conf.rxq != 0;
	return rc;
}

static int
share_tx_queues(struct port *port, struct xebra_err *err)
{
	rte_free(port->path->tx_locks);
	port->path->tx_locks = NULL;
	port->path->tx_queues = port->pub.tx_queues;
	port->path->max_tx_len = port->conf.mtu + RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN;
	if (port->pub.tx_queues >= worker_count())
		return 0;
	port->path->tx_locks = rte_zmalloc(
		"tx_locks", port->pub.tx_queues * sizeof(rte_spinlock_t), RTE_CACHE_LINE_SIZE);
	if (port->path->tx_locks == NULL)
		return xebra_err_set(err, -ENOMEM, "tx_descriptors: no memory");
	return 0;
}

int
port_setup(struct port *port, struct xebra_err *err)
{
	struct rte_mempool *pool = pool_of_socket(rte_eth_dev_socket_id(port->pub.id));
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(port->pub.id, &info);

	if (rc != 0)
		return xebra_err_set(err, rc, "device: %s: %s", port->device, strerror(-rc));
	rc = check_limits(port, &info, err);
	if (rc == 0)
		rc = choose_scatter(port, &info, pool, &conf, err);
	if (rc != 0)
		return rc;
	choose_features(port, &info, &conf);
	rc = configure(port, &info, pool, &conf);
	if (rc != 0)
		return xebra_err_set(err, rc, "device: %s: cannot be configured: %s", port->device,
			strerror(-rc));
	rc = xebra_device_set_mtu(port->device, port->pub.id, port->conf.mtu, err);
	if (rc != 0)
		return rc;
	port->pub.mtu = port->conf.mtu;
	return share_tx_queues(port, err);
}
