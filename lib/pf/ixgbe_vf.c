/* SPDX-License-Identifier: BSD-3-Clause */
/* A VF's settings as calls of rte_pmd_ixgbe_*. Each is a few register writes. */
#include <errno.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_pmd_ixgbe.h>

#include "ixgbe_priv.h"
#include "ixgbe_rate.h"

/*
 * A VF has one queue of its pool: the driver gives it no more in the mode that the PF runs in (VMDq
 * without RSS).
 */
#define VF_QUEUES 1

#define VLAN_MAX 4094

/* Closed is what neither sends nor receives; what a guest sees of the link is the PF's, always. */
static int
set_link(struct ixgbe_pf *pf, unsigned int vf, bool up)
{
	int rc = rte_pmd_ixgbe_set_vf_tx(pf->port, vf, up);
	int rx_rc = rte_pmd_ixgbe_set_vf_rx(pf->port, vf, up);

	return rc != 0 ? rc : rx_rc;
}

static int
filter(struct ixgbe_pf *pf, unsigned int vf, uint16_t vlan, bool on)
{
	/* The driver answers -1 for a VLAN that is not there to be taken out. */
	int rc = rte_pmd_ixgbe_set_vf_vlan_filter(pf->port, vlan, UINT64_C(1) << vf, on);

	return on ? rc : 0;
}

/* Untagged frames are of no VLAN, and those that only look like one's own address are not one's. */
static int
set_rx_mode(struct ixgbe_pf *pf, unsigned int vf)
{
	int rc = rte_pmd_ixgbe_set_vf_rxmode(pf->port, vf,
		RTE_ETH_VMDQ_ACCEPT_UNTAG | RTE_ETH_VMDQ_ACCEPT_HASH_UC |
			RTE_ETH_VMDQ_ACCEPT_MULTICAST,
		0);

	if (rc == 0)
		rc = rte_pmd_ixgbe_set_vf_rxmode(pf->port, vf,
			RTE_ETH_VMDQ_ACCEPT_BROADCAST | RTE_ETH_VMDQ_ACCEPT_HASH_MC, 1);
	return rc;
}

static int
set_vlan(struct ixgbe_pf *pf, unsigned int vf, uint16_t from, uint16_t to)
{
	int rc = 0;

	if (from != 0 && from != to)
		filter(pf, vf, from, false);
	if (to != 0)
		rc = filter(pf, vf, to, true);
	if (rc == 0)
		rc = rte_pmd_ixgbe_set_vf_vlan_insert(pf->port, vf, to);
	if (rc == 0)
		rc = rte_pmd_ixgbe_set_vf_vlan_stripq(pf->port, vf, to != 0);
	return rc == 0 ? set_rx_mode(pf, vf) : rc;
}

static int
set_spoof_check(struct ixgbe_pf *pf, unsigned int vf, bool on)
{
	int rc = rte_pmd_ixgbe_set_vf_mac_anti_spoof(pf->port, vf, on);

	return rc == 0 ? rte_pmd_ixgbe_set_vf_vlan_anti_spoof(pf->port, vf, on) : rc;
}

static int
set_mac(struct ixgbe_pf *pf, unsigned int vf, const struct rte_ether_addr *mac)
{
	struct rte_ether_addr copy = *mac;

	return rte_pmd_ixgbe_set_vf_mac_addr(pf->port, vf, &copy);
}

/*
 * Rates are factors of another speed now, and what the driver adds up may be more than that. It
 * refuses a sum above the link, but forgets the VF's part in it even then.
 */
static void
forget_rates(struct ixgbe_pf *pf)
{
	for (unsigned int i = 0; i < pf->nb_vfs; i++) {
		rte_pmd_ixgbe_set_vf_rate_limit(pf->port, i, 0, (1 << VF_QUEUES) - 1);
		pf->granted[i] = 0;
	}
}

int
ixgbe_set_rates(struct ixgbe_pf *pf)
{
	uint32_t asked[IXGBE_VFS_MAX], granted[IXGBE_VFS_MAX], before = pf->speed;
	struct rte_eth_link link = {0};
	int rc = rte_eth_link_get_nowait(pf->port, &link);

	/* Without a link there is no factor: rates are made when it comes up. */
	pf->speed = rc == 0 && link.link_status && link.link_speed != RTE_ETH_SPEED_NUM_UNKNOWN
		? link.link_speed
		: 0;
	if (pf->speed == 0)
		return rc;
	if (pf->speed != before)
		forget_rates(pf);
	for (unsigned int i = 0; i < pf->nb_vfs; i++)
		asked[i] = pf->vf[i].max_rate;
	ixgbe_grant(pf->speed, asked, granted, pf->nb_vfs);
	/* First those that fall: the driver refuses a sum above the link at any moment. */
	for (int rising = 0; rising < 2; rising++)
		for (unsigned int i = 0; i < pf->nb_vfs && rc == 0; i++) {
			if ((granted[i] > pf->granted[i]) != rising)
				continue;
			rc = rte_pmd_ixgbe_set_vf_rate_limit(
				pf->port, i, granted[i], (1 << VF_QUEUES) - 1);
			if (rc == 0)
				pf->granted[i] = granted[i];
		}
	return rc;
}

static int
check(const struct ixgbe_pf *pf, unsigned int vf, uint32_t what, const struct xebra_pf_vf *to,
	struct xebra_err *err)
{
	uint32_t rate = what & XEBRA_PF_MAX_RATE ? to->max_rate : 0;

	if (vf >= pf->nb_vfs)
		return xebra_err_set(err, -EINVAL, "vf: %u is not in 0..%u", vf, pf->nb_vfs - 1);
	if (what & ~IXGBE_CAN)
		return xebra_err_set(err, -EOPNOTSUPP,
			"%s: the hardware has no such setting (driver net_ixgbe)",
			xebra_pf_setting_name(what & ~IXGBE_CAN));
	if ((what & XEBRA_PF_VLAN) && (to->vlan > VLAN_MAX || to->priority != 0))
		return xebra_err_set(err, -EINVAL,
			"vlan: not in 0..%d, or with a priority, which is always 0 (driver "
			"net_ixgbe)",
			VLAN_MAX);
	if ((what & XEBRA_PF_MAC) && !rte_is_valid_assigned_ether_addr(&to->mac))
		return xebra_err_set(err, -EINVAL, "mac: no unicast address");
	if (rate != 0 && pf->speed != 0 && (rate > pf->speed || rate < ixgbe_rate_min(pf->speed)))
		return xebra_err_set(err, -ERANGE, "max_rate: %u is not in %u..%u Mb/s", rate,
			ixgbe_rate_min(pf->speed), pf->speed);
	return 0;
}

static int
set_one(struct ixgbe_pf *pf, unsigned int vf, uint32_t setting, const struct xebra_pf_vf *to)
{
	switch (setting) {
	case XEBRA_PF_MAC:
		return set_mac(pf, vf, &to->mac);
	case XEBRA_PF_VLAN:
		return set_vlan(pf, vf, pf->vf[vf].vlan, to->vlan);
	case XEBRA_PF_SPOOF_CHECK:
		return set_spoof_check(pf, vf, to->spoof_check);
	case XEBRA_PF_LINK:
		return set_link(pf, vf, to->link != XEBRA_PF_LINK_DISABLE);
	default:
		return 0; /* trust: what the mailbox asks; the rate: with all others' */
	}
}

int
ixgbe_vf_set(struct ixgbe_pf *pf, unsigned int vf, uint32_t what, const struct xebra_pf_vf *to,
	struct xebra_err *err)
{
	uint32_t before = pf->vf[vf].max_rate;
	int rc = check(pf, vf, what, to, err);

	if (rc < 0)
		return rc;
	for (uint32_t setting = 1; setting & XEBRA_PF_ALL; setting <<= 1) {
		if (!(what & setting))
			continue;
		rc = set_one(pf, vf, setting, to);
		if (rc == 0)
			xebra_pf_copy(&pf->vf[vf], to, setting);
		if (rc == 0 && setting == XEBRA_PF_MAX_RATE)
			rc = ixgbe_set_rates(pf);
		if (rc == 0)
			continue;
		if (setting == XEBRA_PF_MAX_RATE)
			pf->vf[vf].max_rate = before;
		else if (setting & XEBRA_PF_ISOLATION)
			pf->vf[vf].link = XEBRA_PF_LINK_DISABLE;
		set_link(pf, vf, pf->vf[vf].link != XEBRA_PF_LINK_DISABLE);
		return xebra_err_set(err, rc, "%s: %s (driver net_ixgbe)",
			xebra_pf_setting_name(setting), strerror(-rc));
	}
	return 0;
}

int
ixgbe_vf_restore(struct ixgbe_pf *pf, unsigned int vf)
{
	const struct xebra_pf_vf *is = &pf->vf[vf];
	int rc = set_link(pf, vf, false);

	if (rc == 0)
		rc = set_spoof_check(pf, vf, is->spoof_check);
	if (rc == 0)
		rc = set_vlan(pf, vf, 0, is->vlan);
	if (rc == 0)
		rc = set_mac(pf, vf, &is->mac);
	if (rc == 0 && is->link != XEBRA_PF_LINK_DISABLE)
		rc = set_link(pf, vf, true);
	return rc;
}
