/* SPDX-License-Identifier: BSD-3-Clause */
/* The section "guests", on the top floor: once it is installed, everything becomes real. */
#include <errno.h>

#include "guests_check.h"
#include "manager.h"
#include "xebra_conf.h"
#include "xebra_mac.h"

static int
check_path(const char *text, struct xebra_err *err)
{
	if (text[0] == '/')
		return 0;
	return xebra_err_set(err, -EINVAL, "\"%.80s\" is not an absolute path", text);
}

static const struct xebra_conf_key vlan_key = {
	.type = XEBRA_CONF_INT,
	.help = "A VLAN.",
	.min = 1,
	.max = 4094,
};

static const struct xebra_conf_key vf_keys[] = {
	{
		.name = "pf",
		.type = XEBRA_CONF_STRING,
		.help = "The PF that it is of.",
		.required = true,
		.check = xebra_conf_name_check,
		.form = "name of a PF",
	},
	{
		.name = "vf",
		.type = XEBRA_CONF_INT,
		.help = "Its number; without it any free one, which the guest then keeps.",
		.min = 0,
		.max = XEBRA_PF_VFS_MAX - 1,
	},
	{
		.name = "mac",
		.type = XEBRA_CONF_STRING,
		.help = "The only MAC address that it may send from; without it one is made up and "
			"kept.",
		.form = "MAC address, 02:00:00:00:00:01",
		.pattern = "^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$",
		.check = xebra_mac_check,
	},
	{
		.name = "cap",
		.type = XEBRA_CONF_INT,
		.help = "It never sends more; 0: no cap.",
		.dflt = "0",
		.min = 0,
		.max = XEBRA_SHARE_RATE_MAX,
		.unit = "Mb/s",
	},
	{
		.name = "guarantee",
		.type = XEBRA_CONF_INT,
		.help = "It can send that much whenever it wants to.",
		.dflt = "0",
		.min = 0,
		.max = XEBRA_SHARE_RATE_MAX,
		.unit = "Mb/s",
	},
	{
		.name = "weight",
		.type = XEBRA_CONF_INT,
		.help = "Its part in what is left, against other VFs.",
		.dflt = "1",
		.min = 1,
		.max = XEBRA_SHARE_WEIGHT_MAX,
	},
	{
		.name = "vlans",
		.type = XEBRA_CONF_LIST,
		.help = "Further VLANs, for a guest that tags its frames itself. They are then of "
			"the guest's vnet, and of no other.",
		.max = XEBRA_PF_TRUNK_MAX,
		.item = &vlan_key,
	},
	{.name = NULL},
};

static const struct xebra_conf_key vf_key = {
	.type = XEBRA_CONF_OBJECT,
	.help = "A VF.",
	.keys = vf_keys,
};

static const struct xebra_conf_key keys[] = {
	{
		.name = "vnet",
		.type = XEBRA_CONF_STRING,
		.help = "The network that it is in.",
		.required = true,
		.check = xebra_conf_name_check,
		.form = "name of a vnet",
	},
	{
		.name = "domain",
		.type = XEBRA_CONF_STRING,
		.help = "Xen: the domain's name or UUID. Without it, the guest is there as long as "
			"it is attached.",
		.min = 1,
		.form = "name or UUID",
	},
	{
		.name = "caps_file",
		.type = XEBRA_CONF_STRING,
		.help = "File in which a guest without a domain reads what its VFs get.",
		.min = 1,
		.form = "absolute path",
		.pattern = "^/",
		.check = check_path,
	},
	{
		.name = "attached",
		.type = XEBRA_CONF_BOOL,
		.help = "false: its VFs are kept for it, but scrubbed and down.",
		.dflt = "true",
	},
	{
		.name = "vfs",
		.type = XEBRA_CONF_LIST,
		.help = "Its VFs.",
		.max = XEBRA_PF_VFS_MAX,
		.item = &vf_key,
	},
	{.name = NULL},
};

static const struct xebra_conf_key item = {
	.type = XEBRA_CONF_OBJECT,
	.help = "A guest: a domain, a virtual machine, a container, a process.",
	.keys = keys,
};

static void
withdraw(const json_t *from __rte_unused, const json_t *to)
{
	if (to != NULL)
		return;
	config_take(&config.guests, NULL);
	guests_free();
}

static int
install(const json_t *from __rte_unused, const json_t *to, struct xebra_err *err __rte_unused)
{
	config_take(&config.guests, to);
	return 0;
}

static struct xebra_conf_section section = {
	.schema =
		{
			.name = "guests",
			.type = XEBRA_CONF_MAP,
			.help = "Who gets which VFs.",
			.item = &item,
		},
	.floor = XEBRA_CONF_FLOOR_FAMILY,
	.check = guests_check,
	.withdraw = withdraw,
	.install = install,
	.settle = manager_settle,
};
XEBRA_CONF_SECTION(section)
