/* SPDX-License-Identifier: BSD-3-Clause */

/* What all members can do, presented as one device. */

#include <errno.h>
#include <string.h>

#include "vchannel_priv.h"

#define QUEUES_MAX 256 /* without members to say less; bounds a bucket's count of users */

static void
start_wide(struct rte_eth_dev_info *info)
{
	info->max_rx_queues = QUEUES_MAX;
	info->max_tx_queues = QUEUES_MAX;
	info->max_mac_addrs = VCHANNEL_MACS_MAX;
	info->max_rx_pktlen = UINT32_MAX;
	info->max_mtu = UINT16_MAX;
	info->rx_offload_capa = UINT64_MAX;
	info->tx_offload_capa = UINT64_MAX;
	info->rx_queue_offload_capa = UINT64_MAX;
	info->tx_queue_offload_capa = UINT64_MAX;
	info->flow_type_rss_offloads = UINT64_MAX;
	info->rx_desc_lim = (struct rte_eth_desc_lim){.nb_max = UINT16_MAX,
		.nb_align = 1,
		.nb_seg_max = UINT16_MAX,
		.nb_mtu_seg_max = UINT16_MAX};
	info->tx_desc_lim = info->rx_desc_lim;
	info->dev_capa = 0;
}

static void
narrow_descriptors(struct rte_eth_desc_lim *all, const struct rte_eth_desc_lim *one)
{
	if (one->nb_max != 0)
		all->nb_max = RTE_MIN(all->nb_max, one->nb_max);
	all->nb_min = RTE_MAX(all->nb_min, one->nb_min);
	all->nb_align = RTE_MAX(all->nb_align, one->nb_align); /* powers of two in practice */
	if (one->nb_seg_max != 0)
		all->nb_seg_max = RTE_MIN(all->nb_seg_max, one->nb_seg_max);
	if (one->nb_mtu_seg_max != 0)
		all->nb_mtu_seg_max = RTE_MIN(all->nb_mtu_seg_max, one->nb_mtu_seg_max);
}

static void
narrow(struct rte_eth_dev_info *all, const struct rte_eth_dev_info *one, bool first)
{
	all->max_rx_queues = RTE_MIN(all->max_rx_queues, one->max_rx_queues);
	all->max_tx_queues = RTE_MIN(all->max_tx_queues, one->max_tx_queues);
	all->max_mac_addrs = RTE_MIN(all->max_mac_addrs, RTE_MAX(one->max_mac_addrs, 1u));
	all->max_rx_pktlen = RTE_MIN(all->max_rx_pktlen, one->max_rx_pktlen);
	all->max_mtu = RTE_MIN(all->max_mtu, one->max_mtu);
	all->min_mtu = RTE_MAX(all->min_mtu, one->min_mtu);
	all->min_rx_bufsize = RTE_MAX(all->min_rx_bufsize, one->min_rx_bufsize);
	all->rx_offload_capa &= one->rx_offload_capa;
	all->tx_offload_capa &= one->tx_offload_capa;
	all->rx_queue_offload_capa &= one->rx_queue_offload_capa;
	all->tx_queue_offload_capa &= one->tx_queue_offload_capa;
	all->flow_type_rss_offloads &= one->flow_type_rss_offloads;
	all->speed_capa |= one->speed_capa;
	if (first) {
		all->reta_size = one->reta_size;
		all->hash_key_size = one->hash_key_size;
		all->default_rxconf = one->default_rxconf;
		all->default_txconf = one->default_txconf;
		all->default_rxportconf = one->default_rxportconf;
		all->default_txportconf = one->default_txportconf;
	}
	/* A smaller table is repeated in a larger one; keys have one length or are left alone. */
	all->reta_size = RTE_MIN(all->reta_size, one->reta_size);
	if (all->hash_key_size != one->hash_key_size)
		all->hash_key_size = 0;
	narrow_descriptors(&all->rx_desc_lim, &one->rx_desc_lim);
	narrow_descriptors(&all->tx_desc_lim, &one->tx_desc_lim);
}

static void
without_members(struct rte_eth_dev_info *info)
{
	info->max_rx_pktlen = RTE_ETHER_MAX_JUMBO_FRAME_LEN;
	info->max_mtu = RTE_ETHER_MAX_JUMBO_FRAME_LEN - RTE_ETHER_HDR_LEN - RTE_ETHER_CRC_LEN;
	info->min_mtu = RTE_ETHER_MIN_MTU;
	info->rx_offload_capa = info->tx_offload_capa = 0;
	info->rx_queue_offload_capa = info->tx_queue_offload_capa = 0;
	info->flow_type_rss_offloads = 0;
}

int
vchannel_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	struct vchannel *vc = dev->data->dev_private;
	struct rte_eth_dev_info one;
	struct vchannel_member *m;
	bool first = true;

	start_wide(info);
	vchannel_lock(vc);
	VCHANNEL_FOREACH (m, vc) {
		if (!vchannel_usable(m) || !rte_eth_dev_is_valid_port(m->port) ||
			rte_eth_dev_info_get(m->port, &one) != 0)
			continue;
		narrow(info, &one, first);
		first = false;
	}
	vchannel_unlock(vc);
	if (first)
		without_members(info);
	/* One is for probes, unless a member has no other (then it does without probes). */
	else if (vc->args.probe_ms != 0 && info->max_tx_queues > 1)
		info->max_tx_queues--;
	if (info->reta_size > VCHANNEL_RETA_MAX || !rte_is_power_of_2(info->reta_size))
		info->reta_size = 0;
	return 0;
}

static int
unfit(const char *name, const char *what, uint64_t has, uint64_t needs)
{
	return vchannel_fail(-ENOTSUP, "member: %s has %s %#" PRIx64 ", in use is %#" PRIx64, name,
		what, has, needs);
}

/* A device without any offload is as good as another; but all that have some must share one. */
static int
check_common(
	struct vchannel *vc, uint16_t port, const char *name, const struct rte_eth_dev_info *info)
{
	uint64_t rx = info->rx_offload_capa, tx = info->tx_offload_capa;
	struct rte_eth_dev_info one;
	struct vchannel_member *m;

	VCHANNEL_FOREACH (m, vc) {
		if (m->port == port || !vchannel_usable(m) || !rte_eth_dev_is_valid_port(m->port) ||
			rte_eth_dev_info_get(m->port, &one) != 0)
			continue;
		if (one.rx_offload_capa != 0)
			rx &= one.rx_offload_capa;
		if (one.tx_offload_capa != 0)
			tx &= one.tx_offload_capa;
	}
	if (rx == 0 && info->rx_offload_capa != 0)
		return vchannel_fail(
			-ENOTSUP, "member: %s has no Rx offload in common with the others", name);
	if (tx == 0 && info->tx_offload_capa != 0)
		return vchannel_fail(
			-ENOTSUP, "member: %s has no Tx offload in common with the others", name);
	return 0;
}

static int
check_mtu(struct vchannel *vc, const char *name, const struct rte_eth_dev_info *info)
{
	if (info->max_mtu < vc->data->mtu || info->min_mtu > vc->data->mtu)
		return vchannel_fail(-ENOTSUP, "member: %s has an MTU of %u to %u, in use is %u",
			name, info->min_mtu, info->max_mtu, vc->data->mtu);
	return 0;
}

int
vchannel_check_fit(struct vchannel *vc, uint16_t port, const char *name)
{
	const struct rte_eth_conf *conf = &vc->data->dev_conf;
	struct rte_eth_dev_info info;
	int rc;

	rc = rte_eth_dev_info_get(port, &info);
	if (rc != 0)
		return vchannel_fail(rc, "member: %s says nothing about itself", name);
	rc = check_common(vc, port, name, &info);
	if (rc == 0)
		rc = check_mtu(vc, name, &info);
	if (rc != 0 || !vc->data->dev_configured)
		return rc;
	if (info.max_rx_queues < vc->data->nb_rx_queues)
		return unfit(name, "Rx queues", info.max_rx_queues, vc->data->nb_rx_queues);
	if (info.max_tx_queues < vc->data->nb_tx_queues)
		return unfit(name, "Tx queues", info.max_tx_queues, vc->data->nb_tx_queues);
	if (conf->rxmode.offloads & ~info.rx_offload_capa)
		return unfit(name, "Rx offloads", info.rx_offload_capa, conf->rxmode.offloads);
	if (conf->txmode.offloads & ~info.tx_offload_capa)
		return unfit(name, "Tx offloads", info.tx_offload_capa, conf->txmode.offloads);
	return 0;
}

/* Keep of the list those that the member recognises as well. */
static void
keep_common(struct vchannel *vc, uint16_t port, bool first)
{
	uint32_t theirs[VCHANNEL_PTYPES];
	int n = rte_eth_dev_get_supported_ptypes(port, RTE_PTYPE_ALL_MASK, theirs, RTE_DIM(theirs));
	unsigned int kept = 0, i;
	int k;

	n = RTE_MIN(n, (int)RTE_DIM(theirs));
	if (first) {
		for (k = 0; k < n && kept < VCHANNEL_PTYPES - 1; k++)
			vc->ptypes[kept++] = theirs[k];
	} else {
		for (i = 0; vc->ptypes[i] != RTE_PTYPE_UNKNOWN; i++)
			for (k = 0; k < n; k++)
				if (vc->ptypes[i] == theirs[k]) {
					vc->ptypes[kept++] = theirs[k];
					break;
				}
	}
	vc->ptypes[kept] = RTE_PTYPE_UNKNOWN;
}

static unsigned int
common_ptypes(struct vchannel *vc)
{
	struct vchannel_member *m;
	unsigned int n = 0;
	bool first = true;

	vchannel_lock(vc);
	vc->ptypes[0] = RTE_PTYPE_UNKNOWN;
	VCHANNEL_FOREACH (m, vc) {
		if (!vchannel_usable(m) || !rte_eth_dev_is_valid_port(m->port))
			continue;
		keep_common(vc, m->port, first);
		first = false;
	}
	while (vc->ptypes[n] != RTE_PTYPE_UNKNOWN)
		n++;
	vchannel_unlock(vc);
	return n;
}

#if RTE_VERSION >= RTE_VERSION_NUM(24, 3, 0, 0)
const uint32_t *
vchannel_ptypes_get(struct rte_eth_dev *dev, size_t *n)
{
	struct vchannel *vc = dev->data->dev_private;

	*n = common_ptypes(vc);
	return vc->ptypes;
}
#else
const uint32_t *
vchannel_ptypes_get(struct rte_eth_dev *dev)
{
	struct vchannel *vc = dev->data->dev_private;

	common_ptypes(vc);
	return vc->ptypes;
}
#endif

int
vchannel_ptypes_set(struct rte_eth_dev *dev, uint32_t mask)
{
	struct vchannel *vc = dev->data->dev_private;
	struct vchannel_member *m;
	int rc = 0;

	vchannel_lock(vc);
	VCHANNEL_FOREACH (m, vc)
		if (vchannel_usable(m) && rc == 0)
			rc = rte_eth_dev_set_ptypes(m->port, mask, NULL, 0);
	vchannel_unlock(vc);
	return rc;
}
