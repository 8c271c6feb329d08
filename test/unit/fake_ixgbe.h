/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAKE_IXGBE_H
#define FAKE_IXGBE_H

/*
 * No such NIC here: the calls of DPDK that lib/pf's backend `ixgbe` makes, played over a few
 * variables. The linker takes these instead of the libraries'. They refuse what the driver's source
 * (DPDK 22.11, drivers/net/ixgbe) refuses; what the hardware does beyond that is not tested.
 */
#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_pmd_ixgbe.h>

#include "xebra_device.h"
#include "xebra_test.h"

#define FAKE_VFS 8
#define FAKE_PORT 3

struct fake_vf {
	struct rte_ether_addr mac;
	uint16_t insert;
	uint64_t vlans[64]; /* bitmap of those it receives */
	bool strip, mac_spoof, vlan_spoof, tx, rx, untagged, hash_uc, all_multicast, broadcast;
	uint32_t rate;
	bool drop;
	int pings;
};

static struct {
	struct fake_vf vf[FAKE_VFS];
	struct rte_eth_link link;
	const char *driver;
	uint16_t vfs;
	bool loopback, drop, started, open;
	rte_eth_dev_cb_fn mbox, lsc;
	void *mbox_arg, *lsc_arg;
	const char *failing; /* this call answers -EIO */
	unsigned int lcores;
	/* When a VF's Tx was enabled, was it kept in its VLAN and to its MAC? */
	bool opened_unsafe;
} nic;

static void
fake_make(uint32_t speed)
{
	memset(&nic, 0, sizeof(nic));
	nic.link = (struct rte_eth_link){.link_speed = speed, .link_status = 1};
	nic.driver = "net_ixgbe";
	nic.vfs = FAKE_VFS;
	nic.lcores = 1;
}

static int
fake_call(const char *name, uint16_t port, uint16_t vf)
{
	if (port != FAKE_PORT)
		return -ENODEV;
	if (vf >= FAKE_VFS)
		return -EINVAL;
	return nic.failing != NULL && strcmp(nic.failing, name) == 0 ? -EIO : 0;
}

#define FAKE_VF_CALL(vf_)                                 \
	do {                                              \
		int rc_ = fake_call(__func__, port, vf_); \
                                                          \
		if (rc_ != 0)                             \
			return rc_;                       \
	} while (0)

/* As the driver does before it tells the application. */
static inline void
fake_vf_resets(uint16_t vf)
{
	struct rte_pmd_ixgbe_mb_event_param asked = {.vfid = vf, .msg_type = 0x01};

	nic.vf[vf].insert = 0;
	nic.vf[vf].tx = nic.vf[vf].rx = true;
	nic.vf[vf].untagged = true;
	nic.mbox(FAKE_PORT, RTE_ETH_EVENT_VF_MBOX, nic.mbox_arg, &asked);
}

/* Returns whether the driver is to do it. */
static inline bool
fake_vf_asks(uint16_t vf, uint16_t request, const void *more, size_t len)
{
	uint32_t msg[16] = {request};
	struct rte_pmd_ixgbe_mb_event_param asked = {
		vf, request, RTE_PMD_IXGBE_MB_EVENT_PROCEED, msg};

	memcpy(&msg[1], more, len);
	nic.mbox(FAKE_PORT, RTE_ETH_EVENT_VF_MBOX, nic.mbox_arg, &asked);
	return asked.retval == RTE_PMD_IXGBE_MB_EVENT_PROCEED;
}

int
rte_pmd_ixgbe_set_vf_mac_addr(uint16_t port, uint16_t vf, struct rte_ether_addr *mac)
{
	FAKE_VF_CALL(vf);
	if (!rte_is_valid_assigned_ether_addr(mac))
		return -EINVAL;
	nic.vf[vf].mac = *mac;
	return 0;
}

int
rte_pmd_ixgbe_set_vf_vlan_anti_spoof(uint16_t port, uint16_t vf, uint8_t on)
{
	FAKE_VF_CALL(vf);
	nic.vf[vf].vlan_spoof = on;
	return 0;
}

int
rte_pmd_ixgbe_set_vf_mac_anti_spoof(uint16_t port, uint16_t vf, uint8_t on)
{
	FAKE_VF_CALL(vf);
	nic.vf[vf].mac_spoof = on;
	return 0;
}

int
rte_pmd_ixgbe_set_vf_vlan_insert(uint16_t port, uint16_t vf, uint16_t vlan)
{
	FAKE_VF_CALL(vf);
	if (vlan > 4095)
		return -EINVAL;
	nic.vf[vf].insert = vlan;
	return 0;
}

int
rte_pmd_ixgbe_set_vf_vlan_stripq(uint16_t port, uint16_t vf, uint8_t on)
{
	FAKE_VF_CALL(vf);
	nic.vf[vf].strip = on;
	return 0;
}

int
rte_pmd_ixgbe_set_vf_vlan_filter(uint16_t port, uint16_t vlan, uint64_t mask, uint8_t on)
{
	uint16_t vf = rte_bsf64(mask);

	FAKE_VF_CALL(vf);
	if (vlan > 4095 || mask == 0)
		return -EINVAL;
	if (on)
		nic.vf[vf].vlans[vlan / 64] |= UINT64_C(1) << vlan % 64;
	else
		nic.vf[vf].vlans[vlan / 64] &= ~(UINT64_C(1) << vlan % 64);
	return 0;
}

int
rte_pmd_ixgbe_set_vf_rxmode(uint16_t port, uint16_t vf, uint16_t mask, uint8_t on)
{
	FAKE_VF_CALL(vf);
	if (mask & RTE_ETH_VMDQ_ACCEPT_UNTAG)
		nic.vf[vf].untagged = on;
	if (mask & RTE_ETH_VMDQ_ACCEPT_HASH_UC)
		nic.vf[vf].hash_uc = on;
	if (mask & RTE_ETH_VMDQ_ACCEPT_MULTICAST)
		nic.vf[vf].all_multicast = on;
	if (mask & RTE_ETH_VMDQ_ACCEPT_BROADCAST)
		nic.vf[vf].broadcast = on;
	return 0;
}

int
rte_pmd_ixgbe_set_vf_rx(uint16_t port, uint16_t vf, uint8_t on)
{
	FAKE_VF_CALL(vf);
	nic.vf[vf].rx = on;
	return 0;
}

int
rte_pmd_ixgbe_set_vf_tx(uint16_t port, uint16_t vf, uint8_t on)
{
	FAKE_VF_CALL(vf);
	nic.vf[vf].tx = on;
	if (on && (!nic.vf[vf].mac_spoof || !nic.vf[vf].vlan_spoof || nic.vf[vf].insert == 0))
		nic.opened_unsafe = true;
	return 0;
}

int
rte_pmd_ixgbe_set_vf_rate_limit(uint16_t port, uint16_t vf, uint32_t rate, uint64_t queues)
{
	uint32_t total = rate;

	FAKE_VF_CALL(vf);
	assert_int_equal(queues, 1);
	if (rate > nic.link.link_speed)
		return -EINVAL;
	for (int i = 0; i < FAKE_VFS; i++)
		total += i != vf ? nic.vf[i].rate : 0;
	if (total > nic.link.link_speed) {
		nic.vf[vf].rate = 0;
		return -EINVAL;
	}
	nic.vf[vf].rate = rate;
	return 0;
}

int
rte_pmd_ixgbe_set_tx_loopback(uint16_t port, uint8_t on)
{
	FAKE_VF_CALL(0);
	nic.loopback = on;
	return 0;
}

int
rte_pmd_ixgbe_set_all_queues_drop_en(uint16_t port, uint8_t on)
{
	FAKE_VF_CALL(0);
	nic.drop = on;
	return 0;
}

int
rte_pmd_ixgbe_set_vf_split_drop_en(uint16_t port, uint16_t vf, uint8_t on)
{
	FAKE_VF_CALL(vf);
	nic.vf[vf].drop = on;
	return 0;
}

int
rte_pmd_ixgbe_ping_vf(uint16_t port, uint16_t vf)
{
	FAKE_VF_CALL(vf);
	nic.vf[vf].pings++;
	return 0;
}

/* The PF itself */

unsigned int
rte_lcore_count(void)
{
	return nic.lcores;
}

int __wrap_xebra_device_open(
	const struct xebra_device *device, uint16_t *id, bool *probed, struct xebra_err *err);
void __wrap_xebra_device_close(uint16_t id, bool probed);

int
__wrap_xebra_device_open(
	const struct xebra_device *device, uint16_t *id, bool *probed, struct xebra_err *err)
{
	if (strcmp(device->device, "0000:03:00.0") != 0)
		return xebra_err_set(err, -ENODEV, "%s: no such device", device->device);
	*id = FAKE_PORT;
	*probed = true;
	nic.open = true;
	return 0;
}

void
__wrap_xebra_device_close(uint16_t id, bool probed)
{
	assert_int_equal(id, FAKE_PORT);
	assert_true(probed);
	assert_false(nic.started);
	nic.open = false;
}

int
rte_eth_dev_info_get(uint16_t port, struct rte_eth_dev_info *info)
{
	memset(info, 0, sizeof(*info));
	FAKE_VF_CALL(0);
	info->driver_name = nic.driver;
	info->max_vfs = nic.vfs;
	return 0;
}

int
rte_eth_link_get_nowait(uint16_t port, struct rte_eth_link *link)
{
	FAKE_VF_CALL(0);
	*link = nic.link;
	return 0;
}

int
rte_eth_macaddr_get(uint16_t port, struct rte_ether_addr *mac)
{
	FAKE_VF_CALL(0);
	*mac = (struct rte_ether_addr){{2, 0, 0, 0, 0, 1}};
	return 0;
}

int
rte_eth_dev_socket_id(uint16_t port)
{
	return port == FAKE_PORT ? 0 : -1;
}

struct rte_mempool *
rte_pktmbuf_pool_create(const char *name, unsigned int n, unsigned int cache, uint16_t priv,
	uint16_t room, int socket)
{
	(void)name;
	(void)n;
	(void)cache;
	(void)priv;
	(void)room;
	(void)socket;
	return (struct rte_mempool *)&nic;
}

void
rte_mempool_free(struct rte_mempool *pool)
{
	assert_true(pool == NULL || (void *)pool == (void *)&nic);
}

int
rte_eth_dev_configure(uint16_t port, uint16_t rx, uint16_t tx, const struct rte_eth_conf *conf)
{
	FAKE_VF_CALL(0);
	assert_int_equal(rx, 1);
	assert_int_equal(tx, 1);
	assert_int_equal(conf->rxmode.mq_mode, RTE_ETH_MQ_RX_VMDQ_ONLY);
	assert_true(conf->intr_conf.lsc);
	return 0;
}

int
rte_eth_rx_queue_setup(uint16_t port, uint16_t queue, uint16_t descriptors, unsigned int socket,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	(void)queue;
	(void)descriptors;
	(void)socket;
	(void)conf;
	assert_non_null(pool);
	FAKE_VF_CALL(0);
	return 0;
}

int
rte_eth_tx_queue_setup(uint16_t port, uint16_t queue, uint16_t descriptors, unsigned int socket,
	const struct rte_eth_txconf *conf)
{
	(void)queue;
	(void)descriptors;
	(void)socket;
	(void)conf;
	FAKE_VF_CALL(0);
	return 0;
}

int
rte_eth_dev_start(uint16_t port)
{
	FAKE_VF_CALL(0);
	nic.started = true;
	return 0;
}

int
rte_eth_dev_stop(uint16_t port)
{
	assert_int_equal(port, FAKE_PORT);
	nic.started = false;
	return 0;
}

int
rte_eth_dev_callback_register(
	uint16_t port, enum rte_eth_event_type event, rte_eth_dev_cb_fn fn, void *arg)
{
	FAKE_VF_CALL(0);
	if (event == RTE_ETH_EVENT_VF_MBOX) {
		nic.mbox = fn;
		nic.mbox_arg = arg;
	} else {
		nic.lsc = fn;
		nic.lsc_arg = arg;
	}
	return 0;
}

int
rte_eth_dev_callback_unregister(
	uint16_t port, enum rte_eth_event_type event, rte_eth_dev_cb_fn fn, void *arg)
{
	(void)arg;
	assert_int_equal(port, FAKE_PORT);
	if (event == RTE_ETH_EVENT_VF_MBOX && nic.mbox == fn)
		nic.mbox = NULL;
	if (event == RTE_ETH_EVENT_INTR_LSC && nic.lsc == fn)
		nic.lsc = NULL;
	return 0;
}

#endif
