/* SPDX-License-Identifier: BSD-3-Clause */
/* The section "vnets". */
#include <errno.h>

#include "manager.h"
#include "xebra_conf.h"

static const struct xebra_conf_key keys[] = {
	{
		.name = "vlan",
		.type = XEBRA_CONF_INT,
		.help = "802.1Q VLAN id that its frames have on the wire. No two vnets have the "
			"same.",
		.required = true,
		.min = 1,
		.max = 4094,
	},
	{
		.name = "priority",
		.type = XEBRA_CONF_INT,
		.help = "802.1p priority in the tag.",
		.dflt = "0",
		.min = 0,
		.max = 7,
	},
	{
		.name = "mtu",
		.type = XEBRA_CONF_INT,
		.help = "Longest layer 3 packet of its VFs, where the NIC limits it.",
		.dflt = "1500",
		.min = 68,
		.max = 9600,
		.unit = "bytes",
	},
	{
		.name = "cap",
		.type = XEBRA_CONF_INT,
		.help = "Its VFs on one PF never send more together; 0: no cap.",
		.dflt = "0",
		.min = 0,
		.max = XEBRA_SHARE_RATE_MAX,
		.unit = "Mb/s",
	},
	{
		.name = "guarantee",
		.type = XEBRA_CONF_INT,
		.help = "What its VFs on one PF get together whenever they want it.",
		.dflt = "0",
		.min = 0,
		.max = XEBRA_SHARE_RATE_MAX,
		.unit = "Mb/s",
	},
	{
		.name = "weight",
		.type = XEBRA_CONF_INT,
		.help = "Its part in what is left, against other vnets; 0: its VFs' parts are "
			"their own.",
		.dflt = "0",
		.min = 0,
		.max = XEBRA_SHARE_WEIGHT_MAX,
	},
	{.name = NULL},
};

static const struct xebra_conf_key item = {
	.type = XEBRA_CONF_OBJECT,
	.help = "A virtual network.",
	.keys = keys,
};

static int
check(const json_t *root, struct xebra_err *err)
{
	const char *owner[4095] = {NULL};
	const char *name;
	json_t *value;

	json_object_foreach (json_object_get(root, "vnets"), name, value) {
		json_int_t vlan = json_integer_value(json_object_get(value, "vlan"));
		json_int_t cap = json_integer_value(json_object_get(value, "cap"));
		json_int_t guarantee = json_integer_value(json_object_get(value, "guarantee"));

		if (owner[vlan] != NULL)
			return xebra_err_set(err, -EINVAL, "vnets.%s.vlan: %d is vnet %s's already",
				name, (int)vlan, owner[vlan]);
		if (cap != 0 && guarantee > cap)
			return xebra_err_set(err, -EINVAL,
				"vnets.%s.guarantee: %d Mb/s is more than its cap of %d", name,
				(int)guarantee, (int)cap);
		owner[vlan] = name;
	}
	return 0;
}

static void
withdraw(const json_t *from __rte_unused, const json_t *to)
{
	if (to == NULL)
		config_take(&config.vnets, NULL);
}

static int
install(const json_t *from __rte_unused, const json_t *to, struct xebra_err *err __rte_unused)
{
	config_take(&config.vnets, to);
	return 0;
}

static struct xebra_conf_section section = {
	.schema =
		{
			.name = "vnets",
			.type = XEBRA_CONF_MAP,
			.help = "Virtual networks: a VLAN each.",
			.item = &item,
		},
	.floor = XEBRA_CONF_FLOOR_INTERFACE,
	.check = check,
	.withdraw = withdraw,
	.install = install,
};
XEBRA_CONF_SECTION(section)
