/* SPDX-License-Identifier: BSD-3-Clause */
/* The section "ports". */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "conf_place.h"
#include "port_vchannel.h"
#include "xebra_conf.h"
#include "xebra_mac.h"

#define MEMBERS_MAX 31 /* of a V-Channel */

#ifdef XEBRA_HAS_VCHANNEL
#define DEVICE_REQUIRED false /* or a vchannel: see check() */
#else
#define DEVICE_REQUIRED true
#endif

static const struct xebra_conf_key keys[] = {
	{
		.name = "device",
		.type = XEBRA_CONF_STRING,
		.help = "A PCI address, or the name and arguments of a DPDK device.",
		.required = DEVICE_REQUIRED,
		.min = 1,
		.form = "0000:01:10.0 or net_af_packet0,iface=eth1",
	},
#ifdef XEBRA_HAS_VCHANNEL
	{
		.name = "vchannel",
		.type = XEBRA_CONF_OBJECT,
		.help = "Several devices as one, instead of device: every flow on one of them, "
			"flows "
			"in proportion to their weights.",
		.keys = port_vchannel_keys,
	},
#endif
	{
		.name = "mtu",
		.type = XEBRA_CONF_INT,
		.help = "Longest layer 3 packet; longer ones are not received.",
		.dflt = "1500",
		.min = 68,
		.max = 9600,
		.unit = "bytes",
	},
	{
		.name = "rx_queues",
		.type = XEBRA_CONF_INT,
		.help = "Receive queues, dealt to the workers; flows are spread over them by RSS.",
		.dflt = "1",
		.min = 1,
		.max = 64,
	},
	{
		.name = "rx_descriptors",
		.type = XEBRA_CONF_INT,
		.help = "Packets that one receive queue can hold; adjusted to what the device can.",
		.dflt = "1024",
		.min = 32,
		.max = 32768,
	},
	{
		.name = "tx_descriptors",
		.type = XEBRA_CONF_INT,
		.help = "Packets that one transmit queue can hold; adjusted to what the device "
			"can.",
		.dflt = "1024",
		.min = 32,
		.max = 32768,
	},
	{
		.name = "promiscuous",
		.type = XEBRA_CONF_BOOL,
		.help = "Receive frames for any MAC address (they are counted as eth_not_for_us).",
		.dflt = "false",
	},
	{
		.name = "mac",
		.type = XEBRA_CONF_STRING,
		.help = "MAC address to use instead of the device's own.",
		.form = "MAC address, 02:00:00:00:00:01",
		.pattern = "^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$",
		.check = xebra_mac_check,
	},
	{.name = NULL},
};

static const struct xebra_conf_key item = {
	.type = XEBRA_CONF_OBJECT,
	.help = "A port.",
	.keys = keys,
};

static uint16_t
number(const json_t *object, const char *key)
{
	return (uint16_t)json_integer_value(json_object_get(object, key));
}

/* The devargs of a port; `text` is room for those that are made. */
static const char *
device_of(const char *name, const json_t *value, char *text)
{
#ifdef XEBRA_HAS_VCHANNEL
	const json_t *vchannel = json_object_get(value, "vchannel");

	if (vchannel != NULL)
		return port_vchannel_device(name, vchannel, text, DEVARGS_MAX) == 0 ? text : "";
#else
	(void)name;
	(void)text;
#endif
	return json_string_value(json_object_get(value, "device"));
}

static void
read_conf(const char *name, const json_t *value, struct port_conf *conf, char *text)
{
	const char *mac = json_string_value(json_object_get(value, "mac"));

	memset(conf, 0, sizeof(*conf));
	conf->device = device_of(name, value, text);
	conf->vchannel = json_object_get(value, "vchannel");
	conf->mtu = number(value, "mtu");
	conf->rx_queues = number(value, "rx_queues");
	conf->rx_descriptors = number(value, "rx_descriptors");
	conf->tx_descriptors = number(value, "tx_descriptors");
	conf->promiscuous = json_is_true(json_object_get(value, "promiscuous"));
	conf->has_mac = mac != NULL;
	if (mac != NULL)
		rte_ether_unformat_addr(mac, &conf->mac);
}

/* Note in `taken` that a port has something, unless another has it. */
static int
take(const char *name, const char *key, const char *what, json_t *taken, struct xebra_err *err)
{
	const char *other = json_string_value(json_object_get(taken, what));

	if (other != NULL)
		return xebra_err_set(
			err, -EINVAL, "%s: %s is of port %s already", key, what, other);
	return json_object_set_new(taken, what, json_string(name)) < 0
		? xebra_err_set(err, -ENOMEM, "%s: no memory", key)
		: 0;
}

/*
 * Two ports on one device would be one port twice, and so would two packet sockets on one interface
 * of the kernel's. `taken` has the names of both that were seen so far.
 */
static int
check_device(
	const char *name, const char *key, const char *device, json_t *taken, struct xebra_err *err)
{
	char iface[IF_NAMESIZE], what[RTE_ETH_NAME_MAX_LEN];
	int rc;

	snprintf(what, sizeof(what), "%.*s", (int)strcspn(device, ","), device);
	rc = take(name, key, what, taken, err);
	if (rc < 0 || xebra_device_interface(device, iface) == NULL)
		return rc;
	/* The blank keeps it apart from the names of devices. */
	snprintf(what, sizeof(what), "interface %s", iface);
	return take(name, key, what, taken, err);
}

static int
check_vchannel(const char *name, const json_t *vchannel, json_t *taken, struct xebra_err *err)
{
	json_t *members = json_object_get(vchannel, "members");
	const char *member;
	json_t *value;
	int rc = 0;

	if (json_object_get(vchannel, "caps_file") != NULL &&
		json_object_get(vchannel, "caps_xenstore") != NULL)
		return xebra_err_set(
			err, -EINVAL, "vchannel.caps_xenstore: the caps are in caps_file already");
	if (json_object_size(members) > MEMBERS_MAX)
		return xebra_err_set(err, -E2BIG, "vchannel.members: more than %d", MEMBERS_MAX);
	json_object_foreach (members, member, value) {
		char key[128];

		snprintf(key, sizeof(key), "vchannel.members.%s.device", member);
		rc = check_device(
			name, key, json_string_value(json_object_get(value, "device")), taken, err);
		if (rc < 0)
			break;
	}
#ifdef XEBRA_HAS_VCHANNEL
	if (rc == 0)
		rc = port_vchannel_check(vchannel, err);
#endif
	return rc;
}

static int
check_port(const char *name, const json_t *port, json_t *taken, struct xebra_err *err)
{
	const char *device = json_string_value(json_object_get(port, "device"));
	const json_t *vchannel = json_object_get(port, "vchannel");

	if (device == NULL && vchannel == NULL)
		return xebra_err_set(err, -EINVAL, "device: is missing (or a vchannel)");
	if (device != NULL && vchannel != NULL)
		return xebra_err_set(err, -EINVAL, "vchannel: the port has a device already");
	return device != NULL ? check_device(name, "device", device, taken, err)
			      : check_vchannel(name, vchannel, taken, err);
}

static int
check(const json_t *root, struct xebra_err *err)
{
	json_t *taken = json_object();
	const char *name;
	json_t *port;
	int rc = 0;

	json_object_foreach (json_object_get(root, "ports"), name, port) {
		rc = check_port(name, port, taken, err);
		if (rc < 0) {
			conf_place(err, "ports", name);
			break;
		}
	}
	json_decref(taken);
	return rc;
}

static void
withdraw(const json_t *from __rte_unused, const json_t *to)
{
	struct port *port, *next;
	char text[DEVARGS_MAX];

	for (port = TAILQ_FIRST(&port_list); port != NULL; port = next) {
		const json_t *value = json_object_get(to, port->pub.name);
		const char *device = device_of(port->pub.name, value, text);

		next = TAILQ_NEXT(port, next);
		if (device == NULL || strcmp(device, port->device) != 0)
			port_remove(port);
		else if (port->conf.vchannel != NULL)
			port_vchannel_withdraw(port, json_object_get(value, "vchannel"));
	}
}

static int
install(const json_t *from, const json_t *to, struct xebra_err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)to, name, value) {
		const struct port *port = port_by_name(name);
		struct port_conf conf;
		char text[DEVARGS_MAX];

		if (port != NULL && port->installed &&
			json_equal(json_object_get(from, name), value))
			continue;
		read_conf(name, value, &conf, text);
		if (port_apply(name, &conf, err) < 0)
			return conf_place(err, "ports", name);
	}
	return 0;
}

static struct xebra_conf_section section = {
	.schema =
		{
			.name = "ports",
			.type = XEBRA_CONF_MAP,
			.help = "The network devices, by names of your choice.",
			.item = &item,
		},
	.floor = XEBRA_CONF_FLOOR_PORT,
	.check = check,
	.withdraw = withdraw,
	.install = install,
};
XEBRA_CONF_SECTION(section)
