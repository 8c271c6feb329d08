/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands "vnet add", "vnet del" and "bandwidth set vnet". */
#include <errno.h>

#include "change.h"

static const char *
name_of(const json_t *args)
{
	return json_string_value(json_object_get(args, "vnet"));
}

static int
vnet_add(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	static const char *const names[] = {
		"vlan", "priority", "mtu", "cap", "guarantee", "weight", NULL};
	json_t *entry;

	if (json_object_get(config.vnets, name_of(args)) != NULL)
		return xebra_err_set(err, -EEXIST, "there is a vnet %s already", name_of(args));
	entry = json_object();
	take_args(entry, args, names);
	return change_entry("vnets", name_of(args), entry, err);
}

static const struct xebra_cmd_param add_params[] = {
	{.name = "vnet", .help = "Name of the new vnet.", .type = XEBRA_PARAM_STRING},
	{
		.name = "vlan",
		.help = "VLAN id of its frames.",
		.type = XEBRA_PARAM_INT,
		.keyword = true,
		.min = 1,
		.max = 4094,
	},
	{
		.name = "priority",
		.help = "802.1p priority in the tag.",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.keyword = true,
		.min = 0,
		.max = 7,
	},
	{
		.name = "mtu",
		.help = "Longest layer 3 packet, bytes.",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.keyword = true,
		.min = 68,
		.max = 9600,
	},
	PARAM_TERMS,
	{0},
};

static struct xebra_cmd add_cmd = {
	.name = "vnet add",
	.help = "Add a virtual network.",
	.params = add_params,
	.run = vnet_add,
};
XEBRA_CMD(add_cmd)

static int
vnet_del(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	if (json_object_get(config.vnets, name_of(args)) == NULL)
		return xebra_err_set(err, -ENOENT, "there is no vnet %s", name_of(args));
	return change_entry("vnets", name_of(args), NULL, err);
}

static const struct xebra_cmd_param del_params[] = {
	{
		.name = "vnet",
		.help = "Name of a vnet that no guest is in.",
		.type = XEBRA_PARAM_STRING,
		.complete = complete_vnet,
	},
	{0},
};

static struct xebra_cmd del_cmd = {
	.name = "vnet del",
	.help = "Remove a virtual network.",
	.params = del_params,
	.run = vnet_del,
};
XEBRA_CMD(del_cmd)

static int
bandwidth_set_vnet(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	json_t *entry = entry_as_written("vnets", name_of(args), err);

	if (entry == NULL)
		return err->code;
	take_args(entry, args, term_names);
	return change_entry("vnets", name_of(args), entry, err);
}

static const struct xebra_cmd_param bandwidth_params[] = {
	{
		.name = "vnet",
		.help = "Name of a vnet.",
		.type = XEBRA_PARAM_STRING,
		.complete = complete_vnet,
	},
	PARAM_TERMS,
	{0},
};

static struct xebra_cmd bandwidth_cmd = {
	.name = "bandwidth set vnet",
	.help = "Change what a virtual network gets on each PF.",
	.params = bandwidth_params,
	.run = bandwidth_set_vnet,
};
XEBRA_CMD(bandwidth_cmd)
