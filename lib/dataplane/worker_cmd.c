/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands about workers and packet memory. */
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_mempool.h>

#include "port_priv.h"
#include "worker_priv.h"
#include "xebra_cmd.h"

/* "p0:0 p1:0": the receive queues of a worker. */
static json_t *
describe_queues(const struct worker *w)
{
	const struct rx_plan *rx = w->rx;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	json_t *queues;

	if (out == NULL)
		return json_null();
	for (uint16_t i = 0; rx != NULL && i < rx->nb_queues; i++) {
		const struct xebra_port *port = xebra_port_get(rx->queues[i].port);

		fprintf(out, "%s%s:%u", i > 0 ? " " : "", port != NULL ? port->name : "?",
			rx->queues[i].queue);
	}
	fclose(out);
	queues = json_string(text);
	free(text);
	return queues;
}

static json_t *
describe(const struct worker *w)
{
	double us = (double)rte_get_tsc_hz() / 1e6;

	return json_pack("{s:i, s:i, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "worker",
		w->pub.index, "lcore", w->pub.lcore, "polling",
		xebra_polling.spin ? "spin" : "adaptive", "queues", describe_queues(w),
		"rx_packets", (json_int_t)w->rx_packets, "fast_packets",
		(json_int_t)w->fast_packets, "walks", (json_int_t)w->walks, "busy_us",
		(json_int_t)(w->busy_cycles / us), "sleeps", (json_int_t)w->sleeps, "slept_us",
		(json_int_t)(w->slept_cycles / us));
}

static int
show_worker(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	*reply = json_array();
	for (unsigned int i = 0; i < worker_count(); i++)
		json_array_append_new(*reply, describe(worker_get(i)));
	return 0;
}

static void
add_pool(struct rte_mempool *pool, void *reply)
{
	json_array_append_new(reply,
		json_pack("{s:s, s:i, s:i, s:i}", "pool", pool->name, "size", pool->size, "in_use",
			rte_mempool_in_use_count(pool), "packet_size",
			rte_pktmbuf_data_room_size(pool) - RTE_PKTMBUF_HEADROOM));
}

static int
show_memory(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	*reply = json_array();
	pool_walk(add_pool, *reply);
	return 0;
}

static struct xebra_cmd show_worker_cmd = {
	.name = "show worker",
	.help = "Show the workers, their receive queues and how busy they are.",
	.run = show_worker,
	.telemetry = true,
};
XEBRA_CMD(show_worker_cmd)

static struct xebra_cmd show_memory_cmd = {
	.name = "show memory",
	.help = "Show the packet pools and how many packets are taken out of them.",
	.run = show_memory,
	.telemetry = true,
};
XEBRA_CMD(show_memory_cmd)
