/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Statistics. Each queue counts what it exchanged with each member, so sums are exact whatever the
 * member's driver counts. What only hardware sees (missed, errors) is the sum of what the
 * members say. A reset remembers what there was: no queue's counter is written by another thread.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "vchannel_priv.h"

static void
add(struct vchannel_count *sum, const struct vchannel_count *one)
{
	sum->packets += __atomic_load_n(&one->packets, __ATOMIC_RELAXED);
	sum->bytes += __atomic_load_n(&one->bytes, __ATOMIC_RELAXED);
	sum->refused += __atomic_load_n(&one->refused, __ATOMIC_RELAXED);
}

struct vchannel_count
vchannel_rx_total(const struct vchannel *vc, unsigned int slot)
{
	struct vchannel_count sum = vc->rx_gone[slot];
	unsigned int i;

	for (i = 0; i < vc->data->nb_rx_queues; i++) {
		const struct vchannel_rxq *q = vc->data->rx_queues[i];

		if (q != NULL)
			add(&sum, &q->count[slot]);
	}
	return sum;
}

struct vchannel_count
vchannel_tx_total(const struct vchannel *vc, unsigned int slot)
{
	struct vchannel_count sum = vc->tx_gone[slot];
	unsigned int i;

	for (i = 0; i < vc->data->nb_tx_queues; i++) {
		const struct vchannel_txq *q = vc->data->tx_queues[i];

		if (q != NULL)
			add(&sum, &q->count[slot]);
	}
	return sum;
}

void
vchannel_rx_fold(struct vchannel *vc, const struct vchannel_rxq *q)
{
	unsigned int m;

	for (m = 0; m < VCHANNEL_MEMBERS_MAX; m++)
		add(&vc->rx_gone[m], &q->count[m]);
}

void
vchannel_tx_fold(struct vchannel *vc, const struct vchannel_txq *q)
{
	unsigned int m;

	for (m = 0; m < VCHANNEL_MEMBERS_MAX; m++)
		add(&vc->tx_gone[m], &q->count[m]);
}

static struct vchannel_count
since(struct vchannel_count now, const struct vchannel_count *base)
{
	now.packets -= RTE_MIN(now.packets, base->packets);
	now.bytes -= RTE_MIN(now.bytes, base->bytes);
	now.refused -= RTE_MIN(now.refused, base->refused);
	return now;
}

struct vchannel_count
vchannel_member_rx(const struct vchannel *vc, unsigned int slot)
{
	return since(vchannel_rx_total(vc, slot), &vc->member[slot].rx_base);
}

struct vchannel_count
vchannel_member_tx(const struct vchannel *vc, unsigned int slot)
{
	return since(vchannel_tx_total(vc, slot), &vc->member[slot].tx_base);
}

void
vchannel_hw_read(const struct vchannel_member *m, struct vchannel_hw *hw)
{
	struct rte_eth_stats stats;

	memset(hw, 0, sizeof(*hw));
	if (!vchannel_usable(m) || !rte_eth_dev_is_valid_port(m->port) ||
		rte_eth_stats_get(m->port, &stats) != 0)
		return;
	hw->imissed = stats.imissed;
	hw->ierrors = stats.ierrors;
	hw->oerrors = stats.oerrors;
	hw->rx_nombuf = stats.rx_nombuf;
}

static void
add_hw(struct vchannel_hw *sum, const struct vchannel_member *m)
{
	struct vchannel_hw hw;

	vchannel_hw_read(m, &hw);
	sum->imissed += hw.imissed - RTE_MIN(hw.imissed, m->hw_base.imissed);
	sum->ierrors += hw.ierrors - RTE_MIN(hw.ierrors, m->hw_base.ierrors);
	sum->oerrors += hw.oerrors - RTE_MIN(hw.oerrors, m->hw_base.oerrors);
	sum->rx_nombuf += hw.rx_nombuf - RTE_MIN(hw.rx_nombuf, m->hw_base.rx_nombuf);
}

void
vchannel_hw_fold(struct vchannel *vc, struct vchannel_member *m)
{
	add_hw(&vc->hw_gone, m);
	vchannel_hw_read(m, &m->hw_base);
}

void
vchannel_count_stranded(struct vchannel *vc, struct vchannel_member *m)
{
	struct rte_eth_stats stats;
	uint64_t handed, sent;

	if (!vchannel_usable(m) || rte_eth_stats_get(m->port, &stats) != 0)
		return;
	handed = vchannel_tx_total(vc, vchannel_slot(vc, m)).packets - m->sent_base;
	sent = stats.opackets - m->opackets_base;
	if (stats.opackets >= m->opackets_base && handed > sent)
		m->stranded += handed - sent;
	m->sent_base += handed;
	m->opackets_base = stats.opackets;
}

static void
queue_stats(const struct vchannel *vc, struct rte_eth_stats *stats)
{
	struct vchannel_count sum;
	unsigned int i, m;

	for (m = 0; m < VCHANNEL_MEMBERS_MAX; m++) {
		stats->ipackets += vc->rx_gone[m].packets;
		stats->ibytes += vc->rx_gone[m].bytes;
		stats->opackets += vc->tx_gone[m].packets;
		stats->obytes += vc->tx_gone[m].bytes;
	}
	for (i = 0; i < vc->data->nb_rx_queues; i++) {
		const struct vchannel_rxq *q = vc->data->rx_queues[i];

		memset(&sum, 0, sizeof(sum));
		for (m = 0; q != NULL && m < VCHANNEL_MEMBERS_MAX; m++)
			add(&sum, &q->count[m]);
		stats->ipackets += sum.packets;
		stats->ibytes += sum.bytes;
		if (i < RTE_ETHDEV_QUEUE_STAT_CNTRS) {
			stats->q_ipackets[i] = sum.packets;
			stats->q_ibytes[i] = sum.bytes;
		}
	}
	for (i = 0; i < vc->data->nb_tx_queues; i++) {
		const struct vchannel_txq *q = vc->data->tx_queues[i];

		memset(&sum, 0, sizeof(sum));
		for (m = 0; q != NULL && m < VCHANNEL_MEMBERS_MAX; m++)
			add(&sum, &q->count[m]);
		stats->opackets += sum.packets;
		stats->obytes += sum.bytes;
		if (i < RTE_ETHDEV_QUEUE_STAT_CNTRS) {
			stats->q_opackets[i] = sum.packets;
			stats->q_obytes[i] = sum.bytes;
		}
	}
}

static void
all_stats(const struct vchannel *vc, struct rte_eth_stats *stats)
{
	struct vchannel_hw hw = vc->hw_gone;
	const struct vchannel_member *m;

	memset(stats, 0, sizeof(*stats));
	queue_stats(vc, stats);
	VCHANNEL_FOREACH (m, vc)
		if (m->running)
			add_hw(&hw, m);
	stats->imissed = hw.imissed;
	stats->ierrors = hw.ierrors;
	stats->oerrors = hw.oerrors;
	stats->rx_nombuf = hw.rx_nombuf;
}

#define LESS(field) stats->field -= RTE_MIN(stats->field, base->field)

int
vchannel_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats)
{
	struct vchannel *vc = dev->data->dev_private;
	const struct rte_eth_stats *base = &vc->reset_stats;
	unsigned int i;

	vchannel_lock(vc);
	all_stats(vc, stats);
	LESS(ipackets);
	LESS(ibytes);
	LESS(opackets);
	LESS(obytes);
	LESS(imissed);
	LESS(ierrors);
	LESS(oerrors);
	LESS(rx_nombuf);
	for (i = 0; i < RTE_ETHDEV_QUEUE_STAT_CNTRS; i++) {
		LESS(q_ipackets[i]);
		LESS(q_ibytes[i]);
		LESS(q_opackets[i]);
		LESS(q_obytes[i]);
	}
	vchannel_unlock(vc);
	return 0;
}

int
vchannel_stats_reset(struct rte_eth_dev *dev)
{
	struct vchannel *vc = dev->data->dev_private;
	struct vchannel_member *m;

	vchannel_lock(vc);
	all_stats(vc, &vc->reset_stats);
	VCHANNEL_FOREACH (m, vc) {
		m->rx_base = vchannel_rx_total(vc, vchannel_slot(vc, m));
		m->tx_base = vchannel_tx_total(vc, vchannel_slot(vc, m));
		m->stranded = 0;
		m->live.deaths = 0;
	}
	vc->stranded_gone = 0;
	vc->switchovers = 0;
	vchannel_unlock(vc);
	return 0;
}

/* xstats: some of the whole, then the same set for every member. */
static const char *const whole_names[] = {"bucket_moves", "bucket_moves_forced",
	"bucket_moves_pending", "switchovers", "tx_stranded"};
static const char *const member_names[] = {"rx_packets", "rx_bytes", "rx_unwanted", "tx_packets",
	"tx_bytes", "tx_unsent", "tx_stranded", "weight", "buckets", "buckets_wanted", "alive",
	"deaths"};

static unsigned int
xstats_count(const struct vchannel *vc)
{
	const struct vchannel_member *m;
	unsigned int n = RTE_DIM(whole_names);

	VCHANNEL_FOREACH (m, vc)
		n += RTE_DIM(member_names);
	return n;
}

int
vchannel_xstats_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *names, unsigned int n)
{
	struct vchannel *vc = dev->data->dev_private;
	const struct vchannel_member *m;
	unsigned int count, k = 0, i;

	vchannel_lock(vc);
	count = xstats_count(vc);
	if (names != NULL && n >= count) {
		for (i = 0; i < RTE_DIM(whole_names); i++, k++)
			snprintf(names[k].name, sizeof(names[k].name), "%s", whole_names[i]);
		VCHANNEL_FOREACH (m, vc)
			for (i = 0; i < RTE_DIM(member_names); i++, k++)
				snprintf(names[k].name, sizeof(names[k].name), "member%u_%s",
					vchannel_slot(vc, m), member_names[i]);
	}
	vchannel_unlock(vc);
	return count;
}

static void
member_values(const struct vchannel *vc, const struct vchannel_member *m, const uint32_t *now,
	const uint32_t *wanted, uint64_t *value)
{
	unsigned int slot = vchannel_slot(vc, m);
	struct vchannel_count rx = vchannel_member_rx(vc, slot);
	struct vchannel_count tx = vchannel_member_tx(vc, slot);
	const uint64_t values[] = {rx.packets, rx.bytes, rx.refused, tx.packets, tx.bytes,
		tx.refused, m->stranded, vchannel_weight(m), now[slot], wanted[slot], m->live.alive,
		m->live.deaths};

	RTE_BUILD_BUG_ON(RTE_DIM(values) != RTE_DIM(member_names));
	memcpy(value, values, sizeof(values));
}

int
vchannel_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n)
{
	uint64_t value[RTE_DIM(whole_names) + VCHANNEL_MEMBERS_MAX * RTE_DIM(member_names)];
	uint32_t now[VCHANNEL_NONE + 1], wanted[VCHANNEL_NONE + 1];
	struct vchannel *vc = dev->data->dev_private;
	const struct vchannel_member *m;
	unsigned int count, k = RTE_DIM(whole_names);

	vchannel_lock(vc);
	count = xstats_count(vc);
	if (xstats == NULL || n < count) {
		vchannel_unlock(vc);
		return count;
	}
	vchannel_table_count(vc->table, now, wanted);
	value[0] = vc->table->moved;
	value[1] = vc->table->forced;
	value[2] = vc->table->pending;
	value[3] = vc->switchovers;
	value[4] = vc->stranded_gone;
	VCHANNEL_FOREACH (m, vc) {
		value[4] += m->stranded;
		member_values(vc, m, now, wanted, value + k);
		k += RTE_DIM(member_names);
	}
	vchannel_unlock(vc);
	for (k = 0; k < count; k++) {
		xstats[k].id = k;
		xstats[k].value = value[k];
	}
	return count;
}
