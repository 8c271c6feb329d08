/* SPDX-License-Identifier: BSD-3-Clause */
/* The section "interfaces". */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_string_fns.h>

#include "conf_place.h"
#include "iface_priv.h"
#include "xebra_conf.h"
#include "xebra_mac.h"

static const struct xebra_conf_key keys[] = {
	{
		.name = "port",
		.type = XEBRA_CONF_STRING,
		.help = "The port that it is on.",
		.required = true,
		.check = xebra_conf_name_check,
		.form = "name of a port",
	},
	{
		.name = "vlan",
		.type = XEBRA_CONF_INT,
		.help = "802.1Q VLAN id of its frames; without it: untagged frames.",
		.min = 1,
		.max = 4094,
	},
	{
		.name = "mtu",
		.type = XEBRA_CONF_INT,
		.help = "Longest layer 3 packet; without it the port's.",
		.min = 68,
		.max = 9600,
		.unit = "bytes",
	},
	{
		.name = "mac",
		.type = XEBRA_CONF_STRING,
		.help = "MAC address; without it the port's.",
		.form = "MAC address, 02:00:00:00:00:01",
		.pattern = "^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$",
		.check = xebra_mac_check,
	},
	{
		.name = "enabled",
		.type = XEBRA_CONF_BOOL,
		.help = "A disabled interface neither receives nor sends.",
		.dflt = "true",
	},
	{.name = NULL},
};

static const struct xebra_conf_key item = {
	.type = XEBRA_CONF_OBJECT,
	.help = "An interface.",
	.keys = keys,
};

static void
read_conf(const json_t *value, struct iface_conf *conf)
{
	const char *mac = json_string_value(json_object_get(value, "mac"));

	memset(conf, 0, sizeof(*conf));
	strlcpy(conf->port, json_string_value(json_object_get(value, "port")), sizeof(conf->port));
	conf->vlan = (uint16_t)json_integer_value(json_object_get(value, "vlan"));
	conf->mtu = (uint16_t)json_integer_value(json_object_get(value, "mtu"));
	conf->enabled = json_is_true(json_object_get(value, "enabled"));
	conf->has_mac = mac != NULL;
	if (mac != NULL)
		rte_ether_unformat_addr(mac, &conf->mac);
}

static int
check_port(const json_t *value, const json_t *ports, struct xebra_err *err)
{
	const char *port_name = json_string_value(json_object_get(value, "port"));
	const json_t *port = json_object_get(ports, port_name);
	json_int_t mtu = json_integer_value(json_object_get(value, "mtu"));
	json_int_t port_mtu;

	if (port == NULL)
		return xebra_err_set(err, -EINVAL, "port: there is no port %s", port_name);
	port_mtu = json_integer_value(json_object_get(port, "mtu"));
	if (mtu > port_mtu)
		return xebra_err_set(err, -EINVAL,
			"mtu: %lld is more than the port's (%lld): raise ports.%s.mtu",
			(long long)mtu, (long long)port_mtu, port_name);
	return 0;
}

/* Every pair of port and VLAN leads to one interface; `taken` has those seen so far. */
static int
check_vlan(const char *name, const json_t *value, json_t *taken, struct xebra_err *err)
{
	const char *port = json_string_value(json_object_get(value, "port"));
	int vlan = (int)json_integer_value(json_object_get(value, "vlan"));
	const char *other;
	char pair[64];

	snprintf(pair, sizeof(pair), "%s/%d", port, vlan);
	other = json_string_value(json_object_get(taken, pair));
	if (other == NULL)
		return json_object_set_new(taken, pair, json_string(name)) < 0
			? xebra_err_set(err, -ENOMEM, "vlan: no memory")
			: 0;
	if (vlan == 0)
		return xebra_err_set(err, -EINVAL,
			"port: the untagged frames of %s are interface %s already (give one of "
			"them "
			"a vlan)",
			port, other);
	return xebra_err_set(
		err, -EINVAL, "vlan: %d of port %s is interface %s already", vlan, port, other);
}

static int
check(const json_t *root, struct xebra_err *err)
{
	const json_t *ports = json_object_get(root, "ports");
	json_t *ifaces = json_object_get(root, "interfaces");
	json_t *taken = json_object();
	const char *name;
	json_t *value;
	int rc = 0;

	if (json_object_size(ifaces) >= XEBRA_IFACE_MAX) {
		json_decref(taken);
		return xebra_err_set(err, -E2BIG, "interfaces: more than %d", XEBRA_IFACE_MAX - 1);
	}
	json_object_foreach (ifaces, name, value) {
		rc = check_port(value, ports, err);
		if (rc == 0)
			rc = check_vlan(name, value, taken, err);
		if (rc < 0) {
			conf_place(err, "interfaces", name);
			break;
		}
	}
	json_decref(taken);
	return rc;
}

/* Those that change port or VLAN give their place free here, before any other wants it. */
static void
withdraw(const json_t *from __rte_unused, const json_t *to)
{
	const struct xebra_iface *pub = xebra_iface_next(0);

	while (pub != NULL) {
		struct iface *iface = (struct iface *)(uintptr_t)pub;
		const json_t *value = json_object_get(to, pub->name);
		struct iface_conf conf;

		pub = xebra_iface_next(pub->id + 1);
		if (value == NULL) {
			iface_remove(iface);
			continue;
		}
		read_conf(value, &conf);
		if (conf.vlan != iface->conf.vlan || strcmp(conf.port, iface->conf.port) != 0)
			iface_unbind(iface);
	}
}

static int
install(const json_t *from, const json_t *to, struct xebra_err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)to, name, value) {
		const struct iface *iface = iface_by_name(name);
		struct iface_conf conf;

		if (iface != NULL && iface->bound && json_equal(json_object_get(from, name), value))
			continue;
		read_conf(value, &conf);
		if (iface_apply(name, &conf, err) < 0)
			return conf_place(err, "interfaces", name);
	}
	return 0;
}

static struct xebra_conf_section section = {
	.schema =
		{
			.name = "interfaces",
			.type = XEBRA_CONF_MAP,
			.help = "Ports, or single VLANs of them, that network layers use.",
			.item = &item,
		},
	.floor = XEBRA_CONF_FLOOR_INTERFACE,
	.check = check,
	.withdraw = withdraw,
	.install = install,
};
XEBRA_CONF_SECTION(section)
