/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include <rte_string_fns.h>

#include "vchannel_priv.h"

bool
rte_pmd_vchannel_is(uint16_t port_id)
{
	return vchannel_by_port(port_id) != NULL;
}

/* The V-Channel, locked; NULL: there is none. */
static struct vchannel *
get(uint16_t port_id)
{
	struct vchannel *vc = vchannel_by_port(port_id);

	if (vc == NULL)
		vchannel_fail(-ENODEV, "port %u is no V-Channel", port_id);
	else
		vchannel_lock(vc);
	return vc;
}

/* The same to change it. */
static struct vchannel *
get_to_change(uint16_t port_id, int *rc)
{
	struct vchannel *vc;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY) {
		*rc = vchannel_fail(-ENOTSUP, "only the primary process can change a V-Channel");
		return NULL;
	}
	vc = get(port_id);
	if (vc == NULL)
		*rc = -ENODEV;
	return vc;
}

int
rte_pmd_vchannel_member_add(uint16_t port_id, const char *member, uint32_t weight)
{
	struct vchannel *vc;
	int rc = vchannel_weight_check(weight, true);

	if (rc != 0)
		return rc;
	vc = get_to_change(port_id, &rc);
	if (vc == NULL)
		return rc;
	rc = vchannel_member_add(vc, member, weight);
	vchannel_unlock(vc);
	return rc;
}

int
rte_pmd_vchannel_member_del(uint16_t port_id, const char *member)
{
	struct vchannel_member *m;
	struct vchannel *vc;
	int rc = 0;

	vc = get_to_change(port_id, &rc);
	if (vc == NULL)
		return rc;
	m = vchannel_find(vc, member);
	if (m == NULL)
		rc = vchannel_fail(-ENOENT, "member: %s is not one", member);
	else
		rc = vchannel_member_del(vc, m);
	vchannel_unlock(vc);
	return rc;
}

int
rte_pmd_vchannel_weight_set(uint16_t port_id, const char *member, uint32_t weight)
{
	struct vchannel_member *m;
	struct vchannel *vc;
	int rc = vchannel_weight_check(weight, true);

	if (rc != 0)
		return rc;
	vc = get_to_change(port_id, &rc);
	if (vc == NULL)
		return rc;
	m = vchannel_find(vc, member);
	if (m == NULL) {
		rc = vchannel_fail(-ENOENT, "member: %s is not one", member);
	} else if (m->weight != weight) {
		m->weight = weight;
		if (vc->started)
			vchannel_redeal(vc);
	}
	vchannel_unlock(vc);
	return rc;
}

static int
set_primary(struct vchannel *vc, const char *name)
{
	const struct vchannel_member *m = name[0] != '\0' ? vchannel_find(vc, name) : NULL;

	if (name[0] != '\0' && m == NULL)
		return vchannel_fail(-ENOENT, "primary: %s is not a member", name);
	strlcpy(vc->args.primary, m != NULL ? m->name : "", sizeof(vc->args.primary));
	return 0;
}

int
rte_pmd_vchannel_option_set(uint16_t port_id, const char *key, const char *value)
{
	struct vchannel *vc;
	int rc = 0;

	vc = get_to_change(port_id, &rc);
	if (vc == NULL)
		return rc;
	if (strcmp(key, "primary") == 0)
		rc = set_primary(vc, value);
	else
		rc = vchannel_args_change(&vc->args, key, value);
	if (rc == 0) {
		vc->table->gap = vchannel_gap(vc);
		if (vc->started)
			vchannel_judge_all(vc);
		if (vc->started && vc->args.mode == RTE_PMD_VCHANNEL_ACTIVE_BACKUP)
			vchannel_redeal(vc); /* another may be the one */
	}
	vchannel_unlock(vc);
	return rc;
}

int
rte_pmd_vchannel_mode_set(uint16_t port_id, enum rte_pmd_vchannel_mode mode)
{
	struct vchannel *vc;
	int rc = 0;

	if (mode > RTE_PMD_VCHANNEL_ACTIVE_BACKUP)
		return vchannel_fail(-EINVAL, "mode: %d is none", (int)mode);
	vc = get_to_change(port_id, &rc);
	if (vc == NULL)
		return rc;
	if (vc->args.mode != mode) {
		vc->args.mode = mode;
		if (mode == RTE_PMD_VCHANNEL_ADAPTIVE)
			vc->txq_flags |= VCHANNEL_TX_MEASURE;
		else
			vc->txq_flags &= ~(uint32_t)VCHANNEL_TX_MEASURE;
		if (vc->started)
			vchannel_redeal(vc);
	}
	vchannel_unlock(vc);
	return 0;
}

int
rte_pmd_vchannel_mode_get(uint16_t port_id, enum rte_pmd_vchannel_mode *mode)
{
	struct vchannel *vc = get(port_id);

	if (vc == NULL)
		return -ENODEV;
	*mode = vc->args.mode;
	vchannel_unlock(vc);
	return 0;
}

int
rte_pmd_vchannel_force(uint16_t port_id)
{
	struct vchannel *vc;
	int n = 0;

	vc = get_to_change(port_id, &n);
	if (vc == NULL)
		return n;
	n = (int)vchannel_table_force(vc->table);
	vchannel_unlock(vc);
	return n;
}

static void
fill_member(const struct vchannel *vc, const struct vchannel_member *m,
	struct rte_pmd_vchannel_member *out)
{
	unsigned int slot = vchannel_slot(vc, m);
	struct vchannel_count rx = vchannel_member_rx(vc, slot);
	struct vchannel_count tx = vchannel_member_tx(vc, slot);

	strlcpy(out->name, m->name, sizeof(out->name));
	out->port_id = m->port;
	out->weight = vchannel_weight(m);
	out->weight_from_link = m->weight == 0;
	out->link_up = m->link_up;
	out->alive = m->live.alive;
	out->active = m->live.alive &&
		(vc->args.mode != RTE_PMD_VCHANNEL_ACTIVE_BACKUP || (int)slot == vc->active);
	out->rx_packets = rx.packets;
	out->rx_bytes = rx.bytes;
	out->tx_packets = tx.packets;
	out->tx_bytes = tx.bytes;
	out->tx_unsent = tx.refused;
	out->tx_stranded = m->stranded;
	out->deaths = m->live.deaths;
}

void
vchannel_info_fill(struct vchannel *vc, struct rte_pmd_vchannel_info *info)
{
	uint32_t now[VCHANNEL_NONE + 1], wanted[VCHANNEL_NONE + 1];
	struct rte_pmd_vchannel_member *out = info->member;
	const struct vchannel_member *m;

	RTE_BUILD_BUG_ON(RTE_PMD_VCHANNEL_MEMBERS_MAX != VCHANNEL_MEMBERS_MAX);
	RTE_BUILD_BUG_ON(RTE_PMD_VCHANNEL_WEIGHT_MAX != VCHANNEL_WEIGHT_MAX);
	memset(info, 0, sizeof(*info));
	info->mode = vc->args.mode;
	info->buckets = vc->table->nb;
	info->gap_us = vc->args.gap_us;
	info->pending = vc->table->pending;
	info->moved = vc->table->moved;
	info->forced = vc->table->forced;
	info->switchovers = vc->switchovers;
	vchannel_table_count(vc->table, now, wanted);
	VCHANNEL_FOREACH (m, vc) {
		fill_member(vc, m, out);
		out->buckets = now[vchannel_slot(vc, m)];
		out->buckets_wanted = wanted[vchannel_slot(vc, m)];
		out++;
	}
	info->nb_members = out - info->member;
}

int
rte_pmd_vchannel_info_get(uint16_t port_id, struct rte_pmd_vchannel_info *info)
{
	struct vchannel *vc = get(port_id);

	if (vc == NULL)
		return -ENODEV;
	vchannel_info_fill(vc, info);
	vchannel_unlock(vc);
	return 0;
}
