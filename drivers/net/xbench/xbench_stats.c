/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "xbench_priv.h"

static_assert(XBENCH_QUEUES_MAX <= RTE_ETHDEV_QUEUE_STAT_CNTRS, "per-queue statistics hold all");

void
xbench_totals(const struct xbench_dev *dev, struct xbench_totals *sum)
{
	unsigned int i, flaw;

	memset(sum, 0, sizeof(*sum));
	sum->exhausted = dev->conf.packets != XBENCH_ENDLESS;
	for (i = 0; i < XBENCH_QUEUES_MAX; i++) {
		const struct xbench_rxq *rxq = dev->rxq[i];
		const struct xbench_txq *txq = dev->txq[i];

		if (rxq != NULL) {
			sum->given += rxq->given;
			sum->given_bytes += rxq->bytes;
			sum->nombuf += rxq->nombuf;
			sum->missed += rxq->missed;
			sum->answered += rxq->answered;
			sum->exhausted &= rxq->given + rxq->missed >= rxq->quota;
		}
		if (txq == NULL)
			continue;
		sum->taken += txq->taken;
		sum->taken_bytes += txq->bytes;
		sum->small += txq->small;
		sum->lost += txq->lost;
		for (flaw = 0; flaw < XBENCH_FLAWS; flaw++) {
			sum->flaws[flaw] += txq->flaws[flaw];
			sum->checked += txq->flaws[flaw];
		}
		xbench_histogram_merge(&sum->latency, &txq->latency);
	}
}

int
xbench_stats_get(struct rte_eth_dev *eth, struct rte_eth_stats *stats)
{
	struct xbench_dev *dev = eth->data->dev_private;
	struct xbench_totals sum;
	unsigned int i;

	xbench_totals(dev, &sum);
	stats->ipackets = sum.given + sum.answered;
	stats->ibytes = sum.given_bytes;
	stats->opackets = sum.taken;
	stats->obytes = sum.taken_bytes;
	stats->imissed = sum.missed;
	stats->rx_nombuf = sum.nombuf;
	for (i = 0; i < XBENCH_QUEUES_MAX; i++) {
		if (dev->rxq[i] != NULL) {
			stats->q_ipackets[i] = dev->rxq[i]->given;
			stats->q_ibytes[i] = dev->rxq[i]->bytes;
		}
		if (dev->txq[i] != NULL) {
			stats->q_opackets[i] = dev->txq[i]->taken;
			stats->q_obytes[i] = dev->txq[i]->bytes;
		}
	}
	return 0;
}

/* What was given counts towards the quota, so a reset does not touch it while packets are given. */
int
xbench_stats_reset(struct rte_eth_dev *eth)
{
	struct xbench_dev *dev = eth->data->dev_private;
	unsigned int i;

	if (dev->open && dev->conf.packets != XBENCH_ENDLESS)
		return -EBUSY;
	for (i = 0; i < XBENCH_QUEUES_MAX; i++) {
		struct xbench_rxq *rxq = dev->rxq[i];
		struct xbench_txq *txq = dev->txq[i];

		if (rxq != NULL)
			rxq->given = rxq->bytes = rxq->nombuf = rxq->missed = rxq->answered =
				rxq->start = 0;
		if (txq != NULL) {
			txq->taken = txq->bytes = txq->small = txq->lost = 0;
			memset(txq->flaws, 0, sizeof(txq->flaws));
			memset(&txq->latency, 0, sizeof(txq->latency));
		}
	}
	dev->first_flaw = XBENCH_OK;
	return 0;
}

/* Latency quantiles are in ns. */
enum {
	X_SMALL,
	X_LOST,
	X_CHECKED,
	X_P50,
	X_P99,
	X_P999,
	X_MAX,
	X_FIXED
};

static const char *const fixed_names[X_FIXED] = {
	[X_SMALL] = "tx_small_packets",
	[X_LOST] = "tx_lost_packets",
	[X_CHECKED] = "tx_checked_packets",
	[X_P50] = "latency_p50_ns",
	[X_P99] = "latency_p99_ns",
	[X_P999] = "latency_p999_ns",
	[X_MAX] = "latency_max_ns",
};

static uint64_t
to_ns(uint64_t cycles)
{
	return (uint64_t)((double)cycles * 1e9 / rte_get_tsc_hz());
}

int
xbench_xstats_get(struct rte_eth_dev *eth, struct rte_eth_xstat *out, unsigned int n)
{
	const unsigned int count = X_FIXED + XBENCH_FLAWS;
	struct xbench_totals sum;
	uint64_t value[X_FIXED + XBENCH_FLAWS];
	unsigned int i;

	if (out == NULL || n < count)
		return count;
	xbench_totals(eth->data->dev_private, &sum);
	value[X_SMALL] = sum.small;
	value[X_LOST] = sum.lost;
	value[X_CHECKED] = sum.checked;
	value[X_P50] = to_ns(xbench_histogram_quantile(&sum.latency, 0.5));
	value[X_P99] = to_ns(xbench_histogram_quantile(&sum.latency, 0.99));
	value[X_P999] = to_ns(xbench_histogram_quantile(&sum.latency, 0.999));
	value[X_MAX] = to_ns(sum.latency.max);
	for (i = 0; i < XBENCH_FLAWS; i++)
		value[X_FIXED + i] = sum.flaws[i];
	for (i = 0; i < count; i++) {
		out[i].id = i;
		out[i].value = value[i];
	}
	return count;
}

int
xbench_xstats_names(struct rte_eth_dev *eth, struct rte_eth_xstat_name *names, unsigned int size)
{
	const unsigned int count = X_FIXED + XBENCH_FLAWS;
	unsigned int i;

	RTE_SET_USED(eth);
	if (names == NULL || size < count)
		return count;
	for (i = 0; i < X_FIXED; i++)
		snprintf(names[i].name, sizeof(names[i].name), "%s", fixed_names[i]);
	for (i = 0; i < XBENCH_FLAWS; i++)
		snprintf(names[X_FIXED + i].name, sizeof(names[i].name), "tx_checked_%s",
			xbench_flaw_names[i]);
	return count;
}
