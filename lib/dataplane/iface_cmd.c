/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands about interfaces. */
#include <errno.h>

#include "iface_priv.h"
#include "xebra_cmd.h"
#include "xebra_conf.h"
#include "xebra_mac.h"
#include "xebra_port.h"

static void
complete_iface(json_t *words)
{
	const struct xebra_iface *iface;

	for (iface = xebra_iface_next(0); iface != NULL; iface = xebra_iface_next(iface->id + 1))
		json_array_append_new(words, json_string(iface->name));
}

static const struct xebra_cmd_param show_params[] = {
	{
		.name = "name",
		.help = "Name of an interface; without it all interfaces.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.complete = complete_iface,
	},
	{.name = NULL},
};

static const struct xebra_cmd_param name_params[] = {
	{
		.name = "name",
		.help = "Name of an interface.",
		.type = XEBRA_PARAM_STRING,
		.complete = complete_iface,
	},
	{.name = NULL},
};

static const struct xebra_iface *
named_iface(const json_t *args, struct xebra_err *err)
{
	const char *name = json_string_value(json_object_get(args, "name"));
	const struct xebra_iface *iface = xebra_iface_find(name);

	if (iface == NULL)
		xebra_err_set(err, -ENOENT, "there is no interface %s", name);
	return iface;
}

static const char *
state(const struct xebra_iface *iface)
{
	if (!iface->enabled)
		return "disabled";
	return iface->up ? "up" : "down";
}

static json_t *
describe(const struct xebra_iface *pub)
{
	const struct iface *iface = (const struct iface *)pub;
	struct xebra_iface_stats stats;

	iface_counts(iface, &stats);
	return json_pack("{s:s, s:s, s:o, s:s, s:o, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"name", pub->name, "port", iface->conf.port, "vlan",
		iface->conf.vlan != 0 ? json_integer(iface->conf.vlan) : json_null(), "state",
		state(pub), "mac", xebra_mac_json(&pub->mac), "mtu", pub->mtu, "rx_packets",
		(json_int_t)stats.rx_packets, "rx_bytes", (json_int_t)stats.rx_bytes, "tx_packets",
		(json_int_t)stats.tx_packets, "tx_bytes", (json_int_t)stats.tx_bytes, "rx_pps",
		(json_int_t)iface->rate.rx_packets, "rx_bps", (json_int_t)iface->rate.rx_bytes * 8,
		"tx_pps", (json_int_t)iface->rate.tx_packets, "tx_bps",
		(json_int_t)iface->rate.tx_bytes * 8);
}

static int
show_interface(const json_t *args, json_t **reply, struct xebra_err *err)
{
	const struct xebra_iface *iface;

	if (json_object_get(args, "name") != NULL) {
		iface = named_iface(args, err);
		if (iface == NULL)
			return err->code;
		*reply = json_pack("[o]", describe(iface));
		return 0;
	}
	*reply = json_array();
	for (iface = xebra_iface_next(0); iface != NULL; iface = xebra_iface_next(iface->id + 1))
		json_array_append_new(*reply, describe(iface));
	return 0;
}

/* Goes through the configuration, so that "show config" and "config save" know of it. */
static int
set_enabled(const json_t *args, bool enabled, struct xebra_err *err)
{
	const struct xebra_iface *iface = named_iface(args, err);

	if (iface == NULL)
		return err->code;

	const char *path[] = {"interfaces", iface->name, "enabled", NULL};

	return xebra_conf_change(path, json_boolean(enabled), err);
}

static int
enable(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	return set_enabled(args, true, err);
}

static int
disable(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	return set_enabled(args, false, err);
}

static struct xebra_cmd show_interface_cmd = {
	.name = "show interface",
	.help = "Show the interfaces, their state, counters and rates.",
	.params = show_params,
	.run = show_interface,
	.telemetry = true,
};
XEBRA_CMD(show_interface_cmd)

static struct xebra_cmd enable_cmd = {
	.name = "interface enable",
	.help = "Let an interface receive and send.",
	.params = name_params,
	.run = enable,
};
XEBRA_CMD(enable_cmd)

static struct xebra_cmd disable_cmd = {
	.name = "interface disable",
	.help = "Let an interface neither receive nor send.",
	.params = name_params,
	.run = disable,
};
XEBRA_CMD(disable_cmd)
