/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sections "uplink", "vfs" and "polling": what is there. What VFs may do is not in the file: it
 * is set with commands, as a driver would set it in a NIC, and lasts as long as the NIC.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_config.h>

#include "nic_priv.h"
#include "xebra_conf.h"
#include "xebra_device.h"

#define FOLDER_MAX 90 /* with "/vf62.sock" and ".lock" it is a socket's path */

static unsigned int vfs_to_come; /* of the configuration that is being started */
static enum nic_kind kind_to_come;

static const char *const kind_words[] = {"memif", "vhost", "device", NULL};
static const char *const polling_words[] = {"adaptive", "spin", NULL};

static const struct xebra_conf_key uplink_keys[] = {
	{
		.name = "device",
		.type = XEBRA_CONF_STRING,
		.help = "A PCI address, or the name and arguments of a DPDK device.",
		.required = true,
		.restart = true,
		.min = 1,
		.form = "0000:01:00.0 or net_af_packet0,iface=eth0",
	},
	{
		.name = "rate",
		.type = XEBRA_CONF_INT,
		.help = "What the VFs together may send to the uplink, and share. Without it as "
			"much as the device takes.",
		.min = 1,
		.max = 400000,
		.unit = "Mb/s",
	},
	{
		.name = "mtu",
		.type = XEBRA_CONF_INT,
		.help = "Longest layer 3 packet on the uplink; a VF may have less.",
		.restart = true,
		.dflt = "1500",
		.min = 68,
		.max = 9600,
		.unit = "bytes",
	},
	{.name = NULL},
};

static int
check_folder(const char *text, struct xebra_err *err)
{
	if (text[0] != '/' || strlen(text) > FOLDER_MAX)
		return xebra_err_set(err, -EINVAL,
			"\"%.90s\" is not the path of a folder, beginning with /, of at most %d "
			"bytes",
			text, FOLDER_MAX);
	return 0;
}

static const struct xebra_conf_key device_item = {
	.type = XEBRA_CONF_STRING,
	.help = "A PCI address, or the name and arguments of a DPDK device.",
	.min = 1,
};

static const struct xebra_conf_key vfs_keys[] = {
	{
		.name = "count",
		.type = XEBRA_CONF_INT,
		.help = "How many VFs there are.",
		.required = true,
		.restart = true,
		.min = 1,
		.max = NIC_VFS_MAX,
	},
	{
		.name = "kind",
		.type = XEBRA_CONF_ENUM,
		.help = "What guests connect with: memif (processes, containers), vhost "
			"(vhost-user: "
			"QEMU), or a device for each VF.",
		.restart = true,
		.dflt = "\"memif\"",
		.words = kind_words,
	},
	{
		.name = "folder",
		.type = XEBRA_CONF_STRING,
		.help = "Where the sockets of memif and vhost are: vf0.sock and so on. It is made "
			"when it is missing.",
		.restart = true,
		.dflt = "\"/run/xebra/nic\"",
		.min = 2,
		.max = FOLDER_MAX,
		.form = "path, beginning with /",
		.pattern = "^/",
		.check = check_folder,
	},
	{
		.name = "devices",
		.type = XEBRA_CONF_LIST,
		.help = "The devices of kind device, as many as count says.",
		.restart = true,
		.max = NIC_VFS_MAX,
		.item = &device_item,
	},
	{.name = NULL},
};

static const struct xebra_conf_key polling_keys[] = {
	{
		.name = "policy",
		.type = XEBRA_CONF_ENUM,
		.help = "What the worker does without frames: spin, or (adaptive) pause and then "
			"sleep for up to max_sleep_us.",
		.dflt = "\"adaptive\"",
		.words = polling_words,
	},
	{
		.name = "max_sleep_us",
		.type = XEBRA_CONF_INT,
		.help = "The longest sleep of adaptive polling.",
		.dflt = "250",
		.min = 1,
		.max = 1000000,
		.unit = "us",
	},
	{.name = NULL},
};

static unsigned int
number(const json_t *object, const char *key)
{
	return (unsigned int)json_integer_value(json_object_get(object, key));
}

static enum nic_kind
kind_of(const json_t *vfs)
{
	const char *word = json_string_value(json_object_get(vfs, "kind"));
	unsigned int i = 0;

	while (strcmp(kind_words[i], word) != 0)
		i++;
	return i;
}

static int
uplink_install(const json_t *from, const json_t *to, struct xebra_err *err)
{
	int rc = 0;

	nic.uplink_rate = number(to, "rate");
	nic.kind = kind_to_come;
	if (from == NULL)
		rc = nic_open_uplink(json_string_value(json_object_get(to, "device")),
			number(to, "mtu"), vfs_to_come, err);
	else if (from != to)
		nic_publish();
	return rc;
}

static void
uplink_withdraw(const json_t *from __rte_unused, const json_t *to)
{
	if (to == NULL)
		nic_close_uplink();
}

/* Guarantees that were accepted must be kept with a new rate. */
static int
uplink_check(const json_t *root, struct xebra_err *err)
{
	unsigned int rate = number(json_object_get(root, "uplink"), "rate");
	uint64_t sum = 0;

	for (unsigned int i = 0; i < nic.nb_vfs; i++)
		sum += nic.vfs[i].conf.min_rate;
	if (rate != 0 && sum > rate)
		return xebra_err_set(err, -ERANGE,
			"uplink.rate: %u is less than what is guaranteed to VFs (%u)", rate,
			(unsigned int)sum);
	return 0;
}

static int
vfs_check(const json_t *root, struct xebra_err *err)
{
	const json_t *vfs = json_object_get(root, "vfs");
	size_t devices = json_array_size(json_object_get(vfs, "devices"));

	vfs_to_come = number(vfs, "count");
	kind_to_come = kind_of(vfs);
	if (kind_to_come != NIC_KIND_MEMIF && vfs_to_come >= RTE_MAX_ETHPORTS)
		return xebra_err_set(err, -ERANGE,
			"vfs.count: this DPDK has room for %d devices besides the uplink; only "
			"memif "
			"has %d VFs",
			RTE_MAX_ETHPORTS - 1, NIC_VFS_MAX);
	if (kind_to_come == NIC_KIND_DEVICE && devices != vfs_to_come)
		return xebra_err_set(err, -EINVAL,
			"vfs.devices: there are %zu, and vfs.count is %u", devices, vfs_to_come);
	if (kind_to_come != NIC_KIND_DEVICE && devices != 0)
		return xebra_err_set(err, -EINVAL, "vfs.devices: only with kind device");
	return 0;
}

static int
vfs_install(const json_t *from, const json_t *to, struct xebra_err *err)
{
	const char *folder = json_string_value(json_object_get(to, "folder"));

	if (from != NULL)
		return 0;
	if (kind_to_come == NIC_KIND_DEVICE)
		folder = NULL;
	return nic_open_vfs(kind_to_come, vfs_to_come, folder, json_object_get(to, "devices"), err);
}

static void
vfs_withdraw(const json_t *from __rte_unused, const json_t *to)
{
	if (to == NULL)
		nic_close_vfs();
}

static int
polling_install(
	const json_t *from __rte_unused, const json_t *to, struct xebra_err *err __rte_unused)
{
	const char *policy = json_string_value(json_object_get(to, "policy"));

	nic_worker_set_polling(strcmp(policy, "spin") == 0, number(to, "max_sleep_us"));
	return 0;
}

static struct xebra_conf_section uplink_section = {
	.schema =
		{
			.name = "uplink",
			.type = XEBRA_CONF_OBJECT,
			.help = "The device that all VFs share.",
			.required = true,
			.keys = uplink_keys,
		},
	.floor = XEBRA_CONF_FLOOR_PORT,
	.check = uplink_check,
	.withdraw = uplink_withdraw,
	.install = uplink_install,
};
XEBRA_CONF_SECTION(uplink_section)

static struct xebra_conf_section vfs_section = {
	.schema =
		{
			.name = "vfs",
			.type = XEBRA_CONF_OBJECT,
			.help = "The virtual functions, which guests connect to.",
			.required = true,
			.keys = vfs_keys,
		},
	.floor = XEBRA_CONF_FLOOR_INTERFACE,
	.check = vfs_check,
	.withdraw = vfs_withdraw,
	.install = vfs_install,
};
XEBRA_CONF_SECTION(vfs_section)

static struct xebra_conf_section polling_section = {
	.schema =
		{
			.name = "polling",
			.type = XEBRA_CONF_OBJECT,
			.help = "How the worker waits for frames.",
			.keys = polling_keys,
		},
	.floor = XEBRA_CONF_FLOOR_WORKER,
	.install = polling_install,
};
XEBRA_CONF_SECTION(polling_section)
