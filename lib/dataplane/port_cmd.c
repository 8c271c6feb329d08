/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands about ports. */
#include <errno.h>

#include "port_priv.h"
#include "xebra_cmd.h"
#include "xebra_mac.h"

static void
complete_port(json_t *words)
{
	struct port *port;

	TAILQ_FOREACH (port, &port_list, next)
		json_array_append_new(words, json_string(port->pub.name));
}

static const struct xebra_cmd_param show_params[] = {
	{
		.name = "name",
		.help = "Name of a port; without it all ports.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.complete = complete_port,
	},
	{.name = NULL},
};

static const struct xebra_cmd_param name_params[] = {
	{
		.name = "name",
		.help = "Name of a port.",
		.type = XEBRA_PARAM_STRING,
		.complete = complete_port,
	},
	{.name = NULL},
};

static struct port *
named_port(const json_t *args, struct xebra_err *err)
{
	const char *name = json_string_value(json_object_get(args, "name"));
	struct port *port = port_by_name(name);

	if (port == NULL)
		xebra_err_set(err, -ENOENT, "there is no port %s", name);
	return port;
}

static const char *
state(const struct port *port)
{
	if (!port->pub.started)
		return "stopped";
	return port->pub.link_up ? "up" : "down";
}

static void
add_counts(json_t *row, const struct port *port)
{
	struct rte_eth_stats stats;

	port_counts(port, &stats);
	json_object_update_new(row,
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "rx_packets",
			(json_int_t)stats.ipackets, "rx_bytes", (json_int_t)stats.ibytes,
			"rx_missed", (json_int_t)stats.imissed, "rx_errors",
			(json_int_t)stats.ierrors, "rx_no_memory", (json_int_t)stats.rx_nombuf,
			"tx_packets", (json_int_t)stats.opackets, "tx_bytes",
			(json_int_t)stats.obytes, "tx_errors", (json_int_t)stats.oerrors));
	json_object_update_new(row,
		json_pack("{s:I, s:I, s:I, s:I}", "rx_pps", (json_int_t)port->rate.rx_packets,
			"rx_bps", (json_int_t)port->rate.rx_bytes * 8, "tx_pps",
			(json_int_t)port->rate.tx_packets, "tx_bps",
			(json_int_t)port->rate.tx_bytes * 8));
}

static json_t *
describe(const struct port *port)
{
	struct rte_eth_dev_info info = {0};
	struct rte_eth_link link = {0};
	json_t *row;

	/* What the device cannot say is shown as nothing. */
	if (rte_eth_dev_info_get(port->pub.id, &info) < 0)
		info.driver_name = NULL;
	if (rte_eth_link_get_nowait(port->pub.id, &link) < 0)
		link.link_speed = RTE_ETH_SPEED_NUM_UNKNOWN;
	row = json_pack("{s:s, s:s, s:s, s:s, s:o, s:i, s:I, s:i, s:i, s:b}", "name",
		port->pub.name, "device", port->device, "driver",
		info.driver_name != NULL ? info.driver_name : "", "state", state(port), "mac",
		xebra_mac_json(&port->pub.mac), "mtu", port->pub.mtu, "speed_mbps",
		(json_int_t)(link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed),
		"rx_queues", port->pub.rx_queues, "tx_queues", port->pub.tx_queues, "rx_interrupts",
		port->rx_interrupts);
	add_counts(row, port);
	return row;
}

static int
show_port(const json_t *args, json_t **reply, struct xebra_err *err)
{
	struct port *port;

	if (json_object_get(args, "name") != NULL) {
		port = named_port(args, err);
		if (port == NULL)
			return err->code;
		*reply = json_pack("[o]", describe(port));
		return 0;
	}
	*reply = json_array();
	TAILQ_FOREACH (port, &port_list, next)
		json_array_append_new(*reply, describe(port));
	return 0;
}

static int
start_port(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	struct port *port = named_port(args, err);

	return port == NULL ? err->code : port_start(port, err);
}

static int
stop_port(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	struct port *port = named_port(args, err);

	if (port == NULL)
		return err->code;
	port_stop(port);
	return 0;
}

static struct xebra_cmd show_port_cmd = {
	.name = "show port",
	.help = "Show the ports, their link, and the devices' own counters and rates.",
	.params = show_params,
	.run = show_port,
	.telemetry = true,
};
XEBRA_CMD(show_port_cmd)

static struct xebra_cmd port_start_cmd = {
	.name = "port start",
	.help = "Start a port that was stopped.",
	.params = name_params,
	.run = start_port,
};
XEBRA_CMD(port_start_cmd)

static struct xebra_cmd port_stop_cmd = {
	.name = "port stop",
	.help = "Stop a port: it neither receives nor sends until it is started again.",
	.params = name_params,
	.run = stop_port,
};
XEBRA_CMD(port_stop_cmd)
