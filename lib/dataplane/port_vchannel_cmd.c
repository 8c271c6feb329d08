/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands about V-Channels. What they change is the configuration's, so it can be saved. */
#include <errno.h>

#include "port_vchannel.h"
#include "rte_pmd_vchannel.h"
#include "xebra_cmd.h"

static void
complete_port(json_t *words)
{
	struct port *port;

	TAILQ_FOREACH (port, &port_list, next)
		if (rte_pmd_vchannel_is(port->pub.id))
			json_array_append_new(words, json_string(port->pub.name));
}

static const struct xebra_cmd_param show_params[] = {
	{
		.name = "port",
		.help = "Name of a port; without it all V-Channels.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.complete = complete_port,
	},
	{.name = NULL},
};

#define PORT_AND_MEMBER                                                                            \
	{                                                                                          \
		.name = "port",                                                                    \
		.help = "Name of a port with a vchannel.",                                         \
		.type = XEBRA_PARAM_STRING,                                                        \
		.complete = complete_port,                                                         \
	},                                                                                         \
	{                                                                                          \
		.name = "member", .help = "Name of one of its links.", .type = XEBRA_PARAM_STRING, \
	}

static const struct xebra_cmd_param add_params[] = {
	PORT_AND_MEMBER,
	{
		.name = "device",
		.help = "A PCI address, or the name and arguments of a DPDK device.",
		.type = XEBRA_PARAM_STRING,
		.keyword = true,
	},
	{
		.name = "weight",
		.help = "Its share of the flows, Mb/s; without it the speed of its link.",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.keyword = true,
		.min = 1,
		.max = RTE_PMD_VCHANNEL_WEIGHT_MAX,
	},
	{.name = NULL},
};

static const struct xebra_cmd_param del_params[] = {PORT_AND_MEMBER, {.name = NULL}};

static const struct xebra_cmd_param weight_params[] = {
	PORT_AND_MEMBER,
	{
		.name = "weight",
		.help = "Its share of the flows, Mb/s.",
		.type = XEBRA_PARAM_INT,
		.min = 1,
		.max = RTE_PMD_VCHANNEL_WEIGHT_MAX,
	},
	{.name = NULL},
};

static const char *
word(const json_t *args, const char *name)
{
	return json_string_value(json_object_get(args, name));
}

static struct port *
named_port(const json_t *args, struct xebra_err *err)
{
	struct port *port = port_by_name(word(args, "port"));

	if (port == NULL || !rte_pmd_vchannel_is(port->pub.id)) {
		xebra_err_set(err, -ENOENT, "port %s is no V-Channel", word(args, "port"));
		return NULL;
	}
	return port;
}

static json_t *
describe(const struct port *port, enum rte_pmd_vchannel_mode mode,
	const struct rte_pmd_vchannel_member *m)
{
	const char *name = port_vchannel_member_name(port, m->port_id);

	return json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:b, s:i, s:i,"
			 " s:I, s:I, s:I, s:I, s:I, s:I, s:i}",
		"port", port->pub.name, "mode", rte_pmd_vchannel_mode_name(mode), "member",
		name != NULL ? name : m->name, "device", m->name, "weight_mbps", (int)m->weight,
		"weight_from", port_vchannel_weight_from(port, m->port_id), "link",
		m->link_up ? "up" : "down", "state", m->alive ? "alive" : "dead", "active",
		m->active, "buckets", (int)m->buckets, "buckets_wanted", (int)m->buckets_wanted,
		"rx_packets", (json_int_t)m->rx_packets, "rx_bytes", (json_int_t)m->rx_bytes,
		"tx_packets", (json_int_t)m->tx_packets, "tx_bytes", (json_int_t)m->tx_bytes,
		"tx_unsent", (json_int_t)m->tx_unsent, "tx_stranded", (json_int_t)m->tx_stranded,
		"deaths", (int)m->deaths);
}

static void
describe_port(const struct port *port, json_t *reply)
{
	struct rte_pmd_vchannel_info info;

	if (rte_pmd_vchannel_info_get(port->pub.id, &info) != 0)
		return;
	for (uint16_t i = 0; i < info.nb_members; i++)
		json_array_append_new(reply, describe(port, info.mode, &info.member[i]));
}

static int
show(const json_t *args, json_t **reply, struct xebra_err *err)
{
	struct port *port;

	if (word(args, "port") != NULL) {
		port = named_port(args, err);
		if (port == NULL)
			return err->code;
		*reply = json_array();
		describe_port(port, *reply);
		return 0;
	}
	*reply = json_array();
	TAILQ_FOREACH (port, &port_list, next)
		if (rte_pmd_vchannel_is(port->pub.id))
			describe_port(port, *reply);
	return 0;
}

/* Change ports.PORT.vchannel.members.MEMBER, or one key of it. Steals the value. */
static int
change(const json_t *args, const char *key, json_t *value, struct xebra_err *err)
{
	const struct port *port = named_port(args, err);

	if (port == NULL || port->conf.vchannel == NULL) {
		json_decref(value);
		return port == NULL ? err->code
				    : xebra_err_set(err, -EINVAL,
					      "port %s: its members are in its device arguments "
					      "(configure a vchannel to change them)",
					      port->pub.name);
	}

	const char *path[] = {
		"ports", port->pub.name, "vchannel", "members", word(args, "member"), key, NULL};

	return xebra_conf_change(path, value, err);
}

static int
check_member(const json_t *args, bool there, struct xebra_err *err)
{
	const struct port *port = named_port(args, err);
	const json_t *members;
	bool found;

	if (port == NULL)
		return err->code;
	members = json_object_get(port->conf.vchannel, "members");
	found = json_object_get(members, word(args, "member")) != NULL;
	if (found == there)
		return 0;
	return xebra_err_set(err, there ? -ENOENT : -EEXIST, "port %s has %s member %s",
		port->pub.name, there ? "no" : "already a", word(args, "member"));
}

static int
add(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const json_t *weight = json_object_get(args, "weight");
	json_t *value;
	int rc = check_member(args, false, err);

	if (rc < 0)
		return rc;
	value = json_pack("{s:s}", "device", word(args, "device"));
	if (weight != NULL)
		json_object_set(value, "weight", (json_t *)(uintptr_t)weight);
	return change(args, NULL, value, err);
}

static int
del(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	int rc = check_member(args, true, err);

	return rc < 0 ? rc : change(args, NULL, NULL, err);
}

static int
weight(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	int rc = check_member(args, true, err);

	if (rc < 0)
		return rc;
	return change(args, "weight",
		json_integer(json_integer_value(json_object_get(args, "weight"))), err);
}

static struct xebra_cmd show_cmd = {
	.name = "show vchannel",
	.help = "Show the members of V-Channels, their weights, buckets and counters.",
	.params = show_params,
	.run = show,
	.telemetry = true,
};
XEBRA_CMD(show_cmd)

static struct xebra_cmd add_cmd = {
	.name = "vchannel member add",
	.help = "Add a link to a V-Channel while packets flow.",
	.params = add_params,
	.run = add,
};
XEBRA_CMD(add_cmd)

static struct xebra_cmd del_cmd = {
	.name = "vchannel member del",
	.help = "Take a link out of a V-Channel; its flows move to the others.",
	.params = del_params,
	.run = del,
};
XEBRA_CMD(del_cmd)

static struct xebra_cmd weight_cmd = {
	.name = "vchannel weight",
	.help = "Change a link's share of the flows.",
	.params = weight_params,
	.run = weight,
};
XEBRA_CMD(weight_cmd)
