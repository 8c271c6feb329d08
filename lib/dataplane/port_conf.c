/* SPDX-License-Identifier: BSD-3-Clause */
/* The section "ports". */
#include <errno.h>
#include <string.h>

#include "conf_place.h"
#include "mac.h"
#include "port_priv.h"
#include "xebra_conf.h"

static const struct xebra_conf_key keys[] = {
	{
		.name = "device",
		.type = XEBRA_CONF_STRING,
		.help = "A PCI address, or the name and arguments of a DPDK device.",
		.required = true,
		.min = 1,
		.form = "0000:01:10.0 or net_af_packet0,iface=eth1",
	},
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
		.check = mac_check,
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

static void
read_conf(const json_t *value, struct port_conf *conf)
{
	const char *mac = json_string_value(json_object_get(value, "mac"));

	memset(conf, 0, sizeof(*conf));
	conf->device = json_string_value(json_object_get(value, "device"));
	conf->mtu = number(value, "mtu");
	conf->rx_queues = number(value, "rx_queues");
	conf->rx_descriptors = number(value, "rx_descriptors");
	conf->tx_descriptors = number(value, "tx_descriptors");
	conf->promiscuous = json_is_true(json_object_get(value, "promiscuous"));
	conf->has_mac = mac != NULL;
	if (mac != NULL)
		rte_ether_unformat_addr(mac, &conf->mac);
}

/* Two ports on one device would be one port twice. */
static int
check(const json_t *root, struct xebra_err *err)
{
	json_t *ports = json_object_get(root, "ports");
	const char *name, *other_name;
	json_t *port, *other;

	json_object_foreach (ports, name, port) {
		const char *device = json_string_value(json_object_get(port, "device"));
		size_t len = strcspn(device, ",");

		json_object_foreach (ports, other_name, other) {
			const char *taken = json_string_value(json_object_get(other, "device"));

			if (strcmp(other_name, name) == 0)
				break;
			if (strncmp(taken, device, len) == 0 &&
				(taken[len] == ',' || taken[len] == '\0')) {
				xebra_err_set(err, -EINVAL, "device: %.*s is port %s already",
					(int)len, device, other_name);
				return conf_place(err, "ports", name);
			}
		}
	}
	return 0;
}

static void
withdraw(const json_t *from __rte_unused, const json_t *to)
{
	struct port *port, *next;

	for (port = TAILQ_FIRST(&port_list); port != NULL; port = next) {
		const json_t *value = json_object_get(to, port->pub.name);
		const char *device = json_string_value(json_object_get(value, "device"));

		next = TAILQ_NEXT(port, next);
		if (device == NULL || strcmp(device, port->device) != 0)
			port_remove(port);
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

		if (port != NULL && port->installed &&
			json_equal(json_object_get(from, name), value))
			continue;
		read_conf(value, &conf);
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
