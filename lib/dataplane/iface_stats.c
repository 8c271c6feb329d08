/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters of interfaces: the sum over the workers, and rates out of samples taken every second. */
#include <string.h>

#include "iface_priv.h"
#include "worker_priv.h"
#include "xebra_loop.h"

static void
sum(uint16_t id, struct xebra_iface_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	for (unsigned int i = 0; i < worker_count(); i++) {
		const struct xebra_iface_stats *one = &worker_get(i)->pub.iface_stats[id];

		stats->rx_packets += one->rx_packets;
		stats->rx_bytes += one->rx_bytes;
		stats->tx_packets += one->tx_packets;
		stats->tx_bytes += one->tx_bytes;
	}
}

void
iface_counts(const struct iface *iface, struct xebra_iface_stats *stats)
{
	sum(iface->pub.id, stats);
	stats->rx_packets -= iface->base.rx_packets;
	stats->rx_bytes -= iface->base.rx_bytes;
	stats->tx_packets -= iface->base.tx_packets;
	stats->tx_bytes -= iface->base.tx_bytes;
}

/* An id may have been another interface's: begin at what is there. */
void
iface_counts_begin(struct iface *iface)
{
	sum(iface->pub.id, &iface->base);
	memset(&iface->sample, 0, sizeof(iface->sample));
	iface->sample_ms = xebra_now_ms();
}

void
iface_counts_clear(void)
{
	const struct xebra_iface *iface;

	for (iface = xebra_iface_next(0); iface != NULL; iface = xebra_iface_next(iface->id + 1))
		iface_counts_begin((struct iface *)(uintptr_t)iface);
}

static void
take_sample(struct iface *iface)
{
	struct xebra_iface_stats now;
	uint64_t ms = xebra_now_ms() - iface->sample_ms;

	if (ms == 0)
		return;
	iface_counts(iface, &now);
	iface->rate.rx_packets = (now.rx_packets - iface->sample.rx_packets) * 1000 / ms;
	iface->rate.rx_bytes = (now.rx_bytes - iface->sample.rx_bytes) * 1000 / ms;
	iface->rate.tx_packets = (now.tx_packets - iface->sample.tx_packets) * 1000 / ms;
	iface->rate.tx_bytes = (now.tx_bytes - iface->sample.tx_bytes) * 1000 / ms;
	iface->sample = now;
	iface->sample_ms += ms;
}

void
iface_rates(void)
{
	const struct xebra_iface *iface;

	for (iface = xebra_iface_next(0); iface != NULL; iface = xebra_iface_next(iface->id + 1))
		take_sample((struct iface *)(uintptr_t)iface);
}
