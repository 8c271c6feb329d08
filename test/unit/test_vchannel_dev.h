/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_VCHANNEL_DEV_H
#define TEST_VCHANNEL_DEV_H

/*
 * net_vtest: an ethdev whose other side is the test. What is sent to it lies in rings that the test
 * empties (the device frees it when it stops, as a NIC does); what the test puts in is received.
 * Link, room for packets, capabilities and refusals are the test's to set; settings are the test's
 * to see.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ethdev_driver.h>
#include <ethdev_vdev.h>
#include <rte_bus_vdev.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

#include "rte_pmd_vchannel.h"
#include "xebra_test.h"

#define VTEST_DEVS 12
#define VTEST_QUEUES 4
#define VTEST_RING 4096
#define PATIENCE_MS 60000 /* for what happens in other threads, on a slow machine */

struct vtest_ring {
	struct rte_mbuf *pkt[VTEST_RING];
	uint32_t n;
	uint64_t packets, bytes;
};

struct vtest {
	/* the test sets */
	bool link;
	int32_t room; /* packets that tx takes from now on; -1: any number */
	bool refuse_mac, refuse_mtu, refuse_start, refuse_vlan, refuse_mc;
	bool wants_reset; /* takes nothing until it was reset */
	uint16_t max_queues;
	uint16_t max_mtu;
	uint64_t offloads, tx_offloads;
	uint16_t reta_size;
	/* takes packets instead of the ring, if set: owns and frees them */
	void (*sink)(struct vtest *v, uint16_t queue, struct rte_mbuf *pkt);
	struct vtest *wire; /* what is sent here is received there */
	bool cut;           /* ... or is lost, with the link up */
	/* the test looks at */
	uint16_t port;
	unsigned int starts, stops, configures, resets;
	uint16_t mtu;
	bool promiscuous, allmulticast;
	bool vlan[4096];
	unsigned int macs_added, macs_removed;
	uint32_t nb_mc;
	uint16_t reta[512];
	struct vtest_ring tx[VTEST_QUEUES], rx[VTEST_QUEUES];
	rte_spinlock_t lock[VTEST_QUEUES];
	struct {
		struct vtest *v;
		uint16_t id;
	} queue[VTEST_QUEUES];
};

static struct vtest vtest[VTEST_DEVS];

static uint16_t
vtest_tx(void *q, struct rte_mbuf **pkts, uint16_t n)
{
	struct vtest *v = *(struct vtest **)q;
	uint16_t id = *(uint16_t *)((struct vtest **)q + 1), i;
	struct vtest_ring *r = &v->tx[id];
	uint32_t len;

	for (i = 0; i < n; i++) {
		int32_t room = __atomic_load_n(&v->room, __ATOMIC_RELAXED);

		if (room == 0 || r->n == VTEST_RING ||
			__atomic_load_n(&v->wants_reset, __ATOMIC_RELAXED))
			break;
		if (room > 0)
			__atomic_store_n(&v->room, room - 1, __ATOMIC_RELAXED);
		len = rte_pktmbuf_pkt_len(pkts[i]);
		r->packets++;
		r->bytes += len;
		if (v->sink != NULL) {
			v->sink(v, id, pkts[i]);
		} else if (v->wire != NULL) {
			struct vtest *to = v->wire;
			uint16_t rxq = 0;

			rte_spinlock_lock(&to->lock[rxq]);
			if (__atomic_load_n(&v->cut, __ATOMIC_RELAXED) ||
				to->rx[rxq].n == VTEST_RING)
				rte_pktmbuf_free(pkts[i]);
			else
				to->rx[rxq].pkt[to->rx[rxq].n++] = pkts[i];
			rte_spinlock_unlock(&to->lock[rxq]);
		} else {
			r->pkt[r->n++] = pkts[i];
		}
	}
	return i;
}

static uint16_t
vtest_rx(void *q, struct rte_mbuf **pkts, uint16_t n)
{
	struct vtest *v = *(struct vtest **)q;
	uint16_t id = *(uint16_t *)((struct vtest **)q + 1), i;
	struct vtest_ring *r = &v->rx[id];

	rte_spinlock_lock(&v->lock[id]);
	n = RTE_MIN(n, r->n);
	for (i = 0; i < n; i++) {
		pkts[i] = r->pkt[i];
		pkts[i]->port = v->port;
		r->bytes += rte_pktmbuf_pkt_len(pkts[i]);
	}
	r->packets += n;
	memmove(r->pkt, r->pkt + n, (r->n - n) * sizeof(r->pkt[0]));
	r->n -= n;
	rte_spinlock_unlock(&v->lock[id]);
	return n;
}

static struct vtest *
vtest_of(struct rte_eth_dev *dev)
{
	return &vtest[atoi(dev->data->name + strlen("net_vtest"))];
}

static void
vtest_empty(struct vtest_ring *r)
{
	rte_pktmbuf_free_bulk(r->pkt, r->n);
	r->n = 0;
}

static int
vtest_configure(struct rte_eth_dev *dev)
{
	vtest_of(dev)->configures++;
	return 0;
}

static int
vtest_link(struct rte_eth_dev *dev, int wait)
{
	struct rte_eth_link link = {.link_speed = 10000, .link_duplex = 1};

	(void)wait;
	link.link_status = vtest_of(dev)->link;
	return rte_eth_linkstatus_set(dev, &link);
}

static int
vtest_start(struct rte_eth_dev *dev)
{
	struct vtest *v = vtest_of(dev);

	if (v->refuse_start)
		return -EIO;
	v->starts++;
	vtest_link(dev, 0);
	return 0;
}

static int
vtest_stop(struct rte_eth_dev *dev)
{
	struct vtest *v = vtest_of(dev);

	v->stops++;
	for (int i = 0; i < VTEST_QUEUES; i++) {
		vtest_empty(&v->tx[i]);
		vtest_empty(&v->rx[i]);
	}
	return 0;
}

static int
vtest_reset(struct rte_eth_dev *dev)
{
	struct vtest *v = vtest_of(dev);

	v->resets++;
	__atomic_store_n(&v->wants_reset, false, __ATOMIC_RELAXED);
	return 0;
}

static int
vtest_close(struct rte_eth_dev *dev)
{
	/* The address lies in the private data, which ethdev frees. */
	dev->data->mac_addrs = NULL;
	return 0;
}

static int
vtest_infos(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	struct vtest *v = vtest_of(dev);

	info->max_rx_queues = v->max_queues;
	info->max_tx_queues = v->max_queues;
	info->max_mac_addrs = 4;
	info->max_rx_pktlen = v->max_mtu + 18;
	info->max_mtu = v->max_mtu;
	info->min_mtu = 68;
	info->rx_offload_capa = v->offloads;
	info->tx_offload_capa = v->tx_offloads;
	info->reta_size = v->reta_size;
	return 0;
}

static int
vtest_rxq(struct rte_eth_dev *dev, uint16_t id, uint16_t n, unsigned int socket,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	struct vtest *v = vtest_of(dev);

	(void)n;
	(void)socket;
	(void)conf;
	(void)pool;
	v->queue[id].v = v;
	v->queue[id].id = id;
	dev->data->rx_queues[id] = &v->queue[id];
	return 0;
}

static int
vtest_txq(struct rte_eth_dev *dev, uint16_t id, uint16_t n, unsigned int socket,
	const struct rte_eth_txconf *conf)
{
	struct vtest *v = vtest_of(dev);

	(void)n;
	(void)socket;
	(void)conf;
	v->queue[id].v = v;
	v->queue[id].id = id;
	dev->data->tx_queues[id] = &v->queue[id];
	return 0;
}

static int
vtest_promiscuous_on(struct rte_eth_dev *dev)
{
	vtest_of(dev)->promiscuous = true;
	return 0;
}

static int
vtest_promiscuous_off(struct rte_eth_dev *dev)
{
	vtest_of(dev)->promiscuous = false;
	return 0;
}

static int
vtest_allmulticast_on(struct rte_eth_dev *dev)
{
	vtest_of(dev)->allmulticast = true;
	return 0;
}

static int
vtest_allmulticast_off(struct rte_eth_dev *dev)
{
	vtest_of(dev)->allmulticast = false;
	return 0;
}

static int
vtest_mac_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac)
{
	(void)mac;
	return vtest_of(dev)->refuse_mac ? -EPERM : 0;
}

static int
vtest_mac_add(struct rte_eth_dev *dev, struct rte_ether_addr *mac, uint32_t i, uint32_t pool)
{
	struct vtest *v = vtest_of(dev);

	(void)mac;
	(void)i;
	(void)pool;
	if (v->refuse_mac)
		return -EPERM;
	v->macs_added++;
	return 0;
}

static void
vtest_mac_remove(struct rte_eth_dev *dev, uint32_t i)
{
	(void)i;
	vtest_of(dev)->macs_removed++;
}

static int
vtest_mc(struct rte_eth_dev *dev, struct rte_ether_addr *list, uint32_t n)
{
	struct vtest *v = vtest_of(dev);

	(void)list;
	if (v->refuse_mc)
		return -EPERM;
	v->nb_mc = n;
	return 0;
}

static int
vtest_mtu(struct rte_eth_dev *dev, uint16_t mtu)
{
	struct vtest *v = vtest_of(dev);

	if (v->refuse_mtu)
		return -EPERM;
	v->mtu = mtu;
	return 0;
}

static int
vtest_vlan(struct rte_eth_dev *dev, uint16_t id, int on)
{
	struct vtest *v = vtest_of(dev);

	if (v->refuse_vlan)
		return -EPERM;
	v->vlan[id] = on;
	return 0;
}

static int
vtest_vlan_offload(struct rte_eth_dev *dev, int mask)
{
	(void)dev;
	(void)mask;
	return 0;
}

static int
vtest_reta(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf, uint16_t size)
{
	struct vtest *v = vtest_of(dev);

	for (uint16_t i = 0; i < size; i++)
		if (conf[i / 64].mask & (UINT64_C(1) << (i % 64)))
			v->reta[i] = conf[i / 64].reta[i % 64];
	return 0;
}

static int
vtest_stats(struct rte_eth_dev *dev, struct rte_eth_stats *stats)
{
	struct vtest *v = vtest_of(dev);

	/* What still lies in the ring was not sent. */
	for (int i = 0; i < VTEST_QUEUES; i++) {
		stats->opackets += v->tx[i].packets - v->tx[i].n;
		stats->ipackets += v->rx[i].packets;
	}
	stats->imissed = 3;
	return 0;
}

static const struct eth_dev_ops vtest_ops = {
	.dev_configure = vtest_configure,
	.dev_start = vtest_start,
	.dev_stop = vtest_stop,
	.dev_reset = vtest_reset,
	.dev_close = vtest_close,
	.dev_infos_get = vtest_infos,
	.rx_queue_setup = vtest_rxq,
	.tx_queue_setup = vtest_txq,
	.link_update = vtest_link,
	.promiscuous_enable = vtest_promiscuous_on,
	.promiscuous_disable = vtest_promiscuous_off,
	.allmulticast_enable = vtest_allmulticast_on,
	.allmulticast_disable = vtest_allmulticast_off,
	.mac_addr_set = vtest_mac_set,
	.mac_addr_add = vtest_mac_add,
	.mac_addr_remove = vtest_mac_remove,
	.set_mc_addr_list = vtest_mc,
	.mtu_set = vtest_mtu,
	.vlan_filter_set = vtest_vlan,
	.vlan_offload_set = vtest_vlan_offload,
	.reta_update = vtest_reta,
	.stats_get = vtest_stats,
};

static int
vtest_probe(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_vdev_allocate(vdev, sizeof(struct rte_ether_addr[4]));
	struct rte_ether_addr *mac;
	struct vtest *v;

	if (dev == NULL)
		return -ENOMEM;
	v = vtest_of(dev);
	memset(v, 0, sizeof(*v));
	v->link = true;
	v->room = -1;
	v->max_queues = VTEST_QUEUES;
	v->max_mtu = 9000;
	v->mtu = 1500;
	v->offloads = RTE_ETH_RX_OFFLOAD_VLAN_FILTER;
	v->port = dev->data->port_id;
	mac = dev->data->dev_private;
	mac[0] = (struct rte_ether_addr){{2, 0, 0, 0, 1, (uint8_t)(v - vtest)}};
	dev->data->mac_addrs = mac;
	dev->data->dev_flags |= RTE_ETH_DEV_INTR_LSC | RTE_ETH_DEV_INTR_RMV;
	dev->dev_ops = &vtest_ops;
	dev->rx_pkt_burst = vtest_rx;
	dev->tx_pkt_burst = vtest_tx;
	rte_eth_dev_probing_finish(dev);
	return 0;
}

static int
vtest_remove(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(rte_vdev_device_name(vdev));

	if (dev == NULL)
		return 0;
	rte_eth_dev_stop(dev->data->port_id);
	return rte_eth_dev_close(dev->data->port_id);
}

static struct rte_vdev_driver vtest_driver = {.probe = vtest_probe, .remove = vtest_remove};

RTE_PMD_REGISTER_VDEV(net_vtest, vtest_driver);

/*
 * EAL without hugepages, hardware or anything in the file system. Its one lcore runs on every CPU
 * that this process may use, and so do the threads that a test makes: pinned to one CPU they would
 * take turns, and race with nobody.
 */
static inline int
vtest_eal(void)
{
	const char *argv[] = {"test", "--no-huge", "-m", "256", "--no-pci", "--no-shconf",
		"--no-telemetry", "--log-level=critical", "--lcores", NULL, NULL};
	static char lcores[8 * CPU_SETSIZE];
	cpu_set_t set;
	int at, cpus = 0;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return -1;
	at = snprintf(lcores, sizeof(lcores), "0@(");
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			at += snprintf(lcores + at, sizeof(lcores) - at, "%s%d",
				cpus++ == 0 ? "" : ",", i);
	snprintf(lcores + at, sizeof(lcores) - at, ")");
	argv[9] = lcores;
	return rte_eal_init(10, (char **)(uintptr_t)argv) < 0 ? -1 : 0;
}

static inline struct rte_mempool *
vtest_pool(unsigned int n)
{
	static struct rte_mempool *pool;

	if (pool == NULL)
		pool = rte_pktmbuf_pool_create("vtest", n, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	assert_non_null(pool);
	return pool;
}

static inline void
vtest_create(int n)
{
	char name[32];

	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "net_vtest%d", i);
		assert_int_equal(rte_vdev_init(name, ""), 0);
	}
}

static inline void
vtest_destroy(void)
{
	char name[32];

	for (int i = 0; i < VTEST_DEVS; i++) {
		snprintf(name, sizeof(name), "net_vtest%d", i);
		rte_vdev_uninit(name); /* fails for those that are not there */
	}
}

/* A new V-Channel; its port. */
static inline uint16_t
vchannel_create(const char *args)
{
	uint16_t port = UINT16_MAX;

	assert_int_equal(rte_vdev_init("net_vchannel0", args), 0);
	assert_int_equal(rte_eth_dev_get_port_by_name("net_vchannel0", &port), 0);
	return port;
}

static inline void
vchannel_destroy(void)
{
	rte_vdev_uninit("net_vchannel0");
}

static inline void
port_configure(uint16_t port, uint16_t queues)
{
	struct rte_eth_conf conf = {0};

	conf.intr_conf.lsc = 0;
	assert_int_equal(rte_eth_dev_configure(port, queues, queues, &conf), 0);
	for (uint16_t i = 0; i < queues; i++) {
		assert_int_equal(
			rte_eth_rx_queue_setup(port, i, 64, 0, NULL, vtest_pool(16383)), 0);
		assert_int_equal(rte_eth_tx_queue_setup(port, i, 64, 0, NULL), 0);
	}
}

static inline void
port_start(uint16_t port, uint16_t queues)
{
	port_configure(port, queues);
	assert_int_equal(rte_eth_dev_start(port), 0);
}

/* As the interrupt of a NIC would say it. */
static inline void
set_link(int i, bool up)
{
	struct rte_eth_dev *dev = &rte_eth_devices[vtest[i].port];

	vtest[i].link = up;
	vtest_link(dev, 0);
	rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_LSC, NULL);
}

/* Judge the members now rather than when the control task gets round to it. */
static inline void
look(uint16_t port)
{
	struct rte_eth_link link;

	assert_int_equal(rte_eth_link_get_nowait(port, &link), 0);
}

static inline struct rte_pmd_vchannel_info *
info_of(uint16_t port)
{
	static struct rte_pmd_vchannel_info info;

	assert_int_equal(rte_pmd_vchannel_info_get(port, &info), 0);
	return &info;
}

/* An untagged IPv4 UDP frame of a flow, with two numbers as its payload. NULL: no memory. */
static inline struct rte_mbuf *
try_packet(uint32_t flow, uint32_t seq, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(vtest_pool(16383));
	uint8_t *p;

	if (m == NULL)
		return NULL;
	m->data_len = len;
	m->pkt_len = len;
	p = rte_pktmbuf_mtod(m, uint8_t *);
	memset(p, 0, len);
	p[0] = p[6] = 2;
	p[12] = 8;
	p[14] = 0x45;
	p[23] = 17;
	memcpy(p + 26, &flow, 4);
	p[30] = 10;
	p[34] = (uint8_t)(flow >> 8);
	p[35] = (uint8_t)flow;
	p[37] = 80;
	memcpy(p + 42, &flow, 4);
	memcpy(p + 46, &seq, 4);
	return m;
}

static inline struct rte_mbuf *
make_packet(uint32_t flow, uint32_t seq, uint16_t len)
{
	struct rte_mbuf *m = try_packet(flow, seq, len);

	assert_non_null(m);
	return m;
}

static inline uint32_t
packet_flow(const struct rte_mbuf *m)
{
	uint32_t v;

	memcpy(&v, rte_pktmbuf_mtod_offset(m, const uint8_t *, 42), 4);
	return v;
}

static inline uint32_t
packet_seq(const struct rte_mbuf *m)
{
	uint32_t v;

	memcpy(&v, rte_pktmbuf_mtod_offset(m, const uint8_t *, 46), 4);
	return v;
}

/* Wait until cond holds; the loop may do work besides. */
#define WAIT_UNTIL(cond)                                                                          \
	do {                                                                                      \
		uint64_t end_ = rte_get_timer_cycles() + rte_get_timer_hz() / 1000 * PATIENCE_MS; \
		while (!(cond)) {                                                                 \
			assert_true(rte_get_timer_cycles() < end_);                               \
			usleep(200);                                                              \
		}                                                                                 \
	} while (0)

#endif
