/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters of ports, the devices' own, and rates out of samples taken every second. */
#include <string.h>

#include "port_priv.h"
#include "xebra_loop.h"

/* What the device cannot say is nothing. */
void
port_counts(const struct port *port, struct rte_eth_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	rte_eth_stats_get(port->pub.id, stats);
}

void
port_counts_begin(struct port *port)
{
	port_counts(port, &port->sample);
	port->sample_ms = xebra_now_ms();
}

void
port_counts_clear(void)
{
	struct port *port;

	TAILQ_FOREACH (port, &port_list, next) {
		rte_eth_stats_reset(port->pub.id);
		port_counts_begin(port);
	}
}

/* Some devices begin at zero again when they start: what was counted since is the growth. */
static uint64_t
per_second(uint64_t before, uint64_t now, uint64_t ms)
{
	return (now >= before ? now - before : now) * 1000 / ms;
}

static void
take_sample(struct port *port)
{
	struct rte_eth_stats now;
	uint64_t ms = xebra_now_ms() - port->sample_ms;

	if (ms == 0)
		return;
	port_counts(port, &now);
	port->rate.rx_packets = per_second(port->sample.ipackets, now.ipackets, ms);
	port->rate.rx_bytes = per_second(port->sample.ibytes, now.ibytes, ms);
	port->rate.tx_packets = per_second(port->sample.opackets, now.opackets, ms);
	port->rate.tx_bytes = per_second(port->sample.obytes, now.obytes, ms);
	port->sample = now;
	port->sample_ms += ms;
}

void
port_rates(void)
{
	struct port *port;

	TAILQ_FOREACH (port, &port_list, next)
		take_sample(port);
}
