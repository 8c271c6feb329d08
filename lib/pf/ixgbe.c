/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PFs that DPDK owns: Intel's 82599, X540 and X550, through rte_pmd_ixgbe_*
 * ========================================================================
 *
 * The PF is an ethdev of this process. It must be started to have VFs that work, so it gets one
 * queue that nobody reads; queues that are full drop, and hold up nobody.
 *
 * The driver can set a VF, not say how it is set. But the PF is this process's alone: nobody but
 * the VF itself can change something, through the mailbox, and there it has to ask (ixgbe_mbox.c).
 * So what was set is what is in effect, and read() tells that.
 *
 * It also means that a VF lives no longer than this process: when it ends, or begins, VFs are
 * closed. Where a restart of the manager must not be noticed, a kernel's driver has to own the PF
 * (backend `netlink`). The driver has no counters of VFs either: caps are kept, nothing is lent.
 *
 * None of this has met the hardware: it is tested against a fake of the calls.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_pmd_ixgbe.h>
#include <rte_string_fns.h>

#include "ixgbe_priv.h"
#include "ixgbe_rate.h"
#include "xebra_device.h"

#define DRIVER "net_ixgbe"
#define DESCRIPTORS 512
#define PACKETS 1023

static struct xebra_pf_ops ixgbe_ops;

static struct ixgbe_pf *
ixgbe(struct xebra_pf *pf)
{
	return (struct ixgbe_pf *)pf;
}

static int
ixgbe_info(struct xebra_pf *base, struct xebra_pf_info *info, struct xebra_err *err)
{
	struct ixgbe_pf *pf = ixgbe(base);
	struct rte_eth_dev_info dev;
	struct rte_eth_link link;
	int rc = rte_eth_dev_info_get(pf->port, &dev);

	if (rc == 0)
		rc = rte_eth_link_get_nowait(pf->port, &link);
	if (rc != 0)
		return xebra_err_set(err, rc, "%s: %s", pf->device, strerror(-rc));
	*info = (struct xebra_pf_info){
		.driver = DRIVER,
		.nb_vfs = pf->nb_vfs,
		.can = IXGBE_CAN,
		.rate_step = 1,
		.link_up = link.link_status,
		.speed = link.link_status && link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN
			? link.link_speed
			: 0,
	};
	info->rate_min = ixgbe_rate_min(info->speed);
	strlcpy(info->device, pf->device, sizeof(info->device));
	rte_eth_macaddr_get(pf->port, &info->mac);
	return 0;
}

static int
ixgbe_read(struct xebra_pf *base, struct xebra_pf_vf *vfs, unsigned int n,
	struct xebra_err *err __rte_unused)
{
	struct ixgbe_pf *pf = ixgbe(base);

	rte_spinlock_lock(&pf->lock);
	memcpy(vfs, pf->vf, RTE_MIN(n, pf->nb_vfs) * sizeof(*vfs));
	rte_spinlock_unlock(&pf->lock);
	return 0;
}

static int
ixgbe_set(struct xebra_pf *base, unsigned int vf, uint32_t what, const struct xebra_pf_vf *to,
	struct xebra_err *err)
{
	struct ixgbe_pf *pf = ixgbe(base);
	int rc;

	rte_spinlock_lock(&pf->lock);
	rc = ixgbe_vf_set(pf, vf, what, to, err);
	rte_spinlock_unlock(&pf->lock);
	return rc;
}

/* Nothing of the last guest is left: neither its address nor what its driver has asked for. */
static int
ixgbe_reset(struct xebra_pf *base, unsigned int vf, struct xebra_err *err)
{
	struct ixgbe_pf *pf = ixgbe(base);
	int rc;

	if (vf >= pf->nb_vfs)
		return xebra_err_set(err, -EINVAL, "vf: %u is not in 0..%u", vf, pf->nb_vfs - 1);
	rte_spinlock_lock(&pf->lock);
	pf->vf[vf].link = XEBRA_PF_LINK_DISABLE;
	rte_eth_random_addr(pf->vf[vf].mac.addr_bytes);
	rc = ixgbe_vf_restore(pf, vf);
	rte_spinlock_unlock(&pf->lock);
	/* Its driver learns that it has to begin anew. */
	if (rc == 0)
		rc = rte_pmd_ixgbe_ping_vf(pf->port, vf);
	return rc == 0 ? 0 : xebra_err_set(err, rc, "reset: %s (driver " DRIVER ")", strerror(-rc));
}

static double
ixgbe_real_rate(struct xebra_pf *base, uint32_t rate)
{
	uint32_t speed = ixgbe(base)->speed;

	if (rate == 0 || speed == 0)
		return rate;
	rate = RTE_MAX(RTE_MIN(rate, speed), ixgbe_rate_min(speed));
	return ixgbe_rate(speed, ixgbe_factor(speed, rate));
}

/* ---- Opening ---- */

static void
ixgbe_close(struct xebra_pf *base)
{
	struct ixgbe_pf *pf = ixgbe(base);

	ixgbe_events_stop(pf);
	if (pf->started)
		rte_eth_dev_stop(pf->port);
	xebra_device_close(pf->port, pf->probed);
	rte_mempool_free(pf->pool);
	free(pf);
}

static int
check_device(struct ixgbe_pf *pf, unsigned int vfs, struct xebra_err *err)
{
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(pf->port, &info);

	if (rc != 0)
		return xebra_err_set(err, rc, "device: %s: %s", pf->device, strerror(-rc));
	if (strcmp(info.driver_name, DRIVER) != 0)
		return xebra_err_set(err, -ENODEV, "device: %s: its driver is %s, not " DRIVER,
			pf->device, info.driver_name);
	if (info.max_vfs == 0)
		return xebra_err_set(err, -EOPNOTSUPP,
			"device: %s has no VFs: write their number into sriov_numvfs before the "
			"program starts",
			pf->device);
	if (vfs != 0 && vfs != info.max_vfs)
		return xebra_err_set(err, -EINVAL,
			"vfs: %s has %u VFs: another number takes effect before the program starts",
			pf->device, info.max_vfs);
	pf->nb_vfs = RTE_MIN(info.max_vfs, IXGBE_VFS_MAX);
	return 0;
}

static int
start_port(struct ixgbe_pf *pf)
{
	struct rte_eth_conf conf = {
		.rxmode.mq_mode = RTE_ETH_MQ_RX_VMDQ_ONLY,
		.txmode.mq_mode = RTE_ETH_MQ_TX_VMDQ_ONLY,
		.intr_conf.lsc = 1,
	};
	int socket = rte_eth_dev_socket_id(pf->port);
	char name[RTE_MEMPOOL_NAMESIZE];
	int rc;

	snprintf(name, sizeof(name), "pf_%u", pf->port);
	pf->pool = rte_pktmbuf_pool_create(
		name, PACKETS, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (pf->pool == NULL)
		return -ENOMEM;
	rc = rte_eth_dev_configure(pf->port, 1, 1, &conf);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(pf->port, 0, DESCRIPTORS, socket, NULL, pf->pool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(pf->port, 0, DESCRIPTORS, socket, NULL);
	if (rc == 0)
		rc = rte_eth_dev_start(pf->port);
	pf->started = rc == 0;
	return rc;
}

/* VFs talk with one another inside the NIC, and one that does not read holds up nobody. */
static int
start_switch(struct ixgbe_pf *pf)
{
	int rc = rte_pmd_ixgbe_set_tx_loopback(pf->port, 1);

	if (rc == 0)
		rc = rte_pmd_ixgbe_set_all_queues_drop_en(pf->port, 1);
	for (unsigned int i = 0; i < pf->nb_vfs && rc == 0; i++)
		rc = rte_pmd_ixgbe_set_vf_split_drop_en(pf->port, i, 1);
	return rc;
}

/* All VFs begin as those of nobody. */
static int
start_vfs(struct ixgbe_pf *pf)
{
	int rc = 0;

	rte_spinlock_lock(&pf->lock);
	for (unsigned int i = 0; i < pf->nb_vfs && rc == 0; i++) {
		xebra_pf_scrubbed(&pf->vf[i], IXGBE_CAN);
		pf->vf[i].known = IXGBE_CAN;
		rte_eth_random_addr(pf->vf[i].mac.addr_bytes);
		rc = ixgbe_vf_restore(pf, i);
	}
	if (rc == 0)
		rc = ixgbe_set_rates(pf);
	rte_spinlock_unlock(&pf->lock);
	return rc;
}

static int
start(struct ixgbe_pf *pf, unsigned int vfs, struct xebra_err *err)
{
	int rc = check_device(pf, vfs, err);

	if (rc < 0)
		return rc;
	rc = ixgbe_events_start(pf, err);
	if (rc < 0)
		return rc;
	rc = start_port(pf);
	if (rc == 0)
		rc = start_switch(pf);
	if (rc == 0)
		rc = start_vfs(pf);
	return rc == 0 ? 0
		       : xebra_err_set(err, rc, "device: %s: does not start: %s", pf->device,
				 strerror(-rc));
}

static int
ixgbe_open(const struct xebra_pf_conf *conf, struct xebra_pf **out, struct xebra_err *err)
{
	const struct xebra_device device = {conf->device, RTE_ETHER_MTU, 1};
	struct ixgbe_pf *pf;
	int rc;

	/* Before EAL there is not even a list of devices. */
	if (rte_lcore_count() == 0)
		return xebra_err_set(err, -ENODEV,
			"backend: ixgbe needs EAL: start with its options and \"--\" before the "
			"program's own");
	pf = calloc(1, sizeof(*pf));
	if (pf == NULL)
		return xebra_err_set(err, -ENOMEM, "out of memory");
	pf->wake_fd = -1;
	rte_spinlock_init(&pf->lock);
	xebra_pf_init(&pf->base, &ixgbe_ops, conf);
	strlcpy(pf->device, conf->device, sizeof(pf->device));
	rc = xebra_device_open(&device, &pf->port, &pf->probed, err);
	if (rc < 0) {
		free(pf);
		return xebra_err_at(err, "device");
	}
	rc = start(pf, conf->vfs, err);
	if (rc < 0) {
		ixgbe_close(&pf->base);
		return rc;
	}
	*out = &pf->base;
	return 0;
}

static struct xebra_pf_ops ixgbe_ops = {
	.name = "ixgbe",
	.open = ixgbe_open,
	.close = ixgbe_close,
	.info = ixgbe_info,
	.read = ixgbe_read,
	.set = ixgbe_set,
	.reset = ixgbe_reset,
	.real_rate = ixgbe_real_rate,
};
XEBRA_PF_BACKEND(ixgbe_ops)
