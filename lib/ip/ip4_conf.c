/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From one configuration of IPv4 to another. Withdrawing takes out what is not wanted any more;
 * what is only different is replaced by installing, in one step for the workers. What is the same
 * is not touched, so a reload with one route changed changes one route.
 */
#include <errno.h>
#include <string.h>

#include "addr.h"
#include "conf.h"
#include "ip4_fast.h"
#include "ip4_priv.h"
#include "xebra_loop.h"
#include "xebra_node.h"

static bool active; /* An interface is configured: the graph has our nodes. */

static const json_t *
part(const json_t *section, const char *name)
{
	return section != NULL ? json_object_get(section, name) : NULL;
}

static uint32_t
number(const json_t *object, const char *name)
{
	return (uint32_t)json_integer_value(json_object_get(object, name));
}

static int
path_read(const json_t *json, struct xebra_ip4_path *path)
{
	const char *iface = json_string_value(json_object_get(json, "interface"));

	memset(path, 0, sizeof(*path));
	path->weight = number(json, "weight");
	if (iface != NULL)
		rte_strscpy(path->iface, iface, sizeof(path->iface));
	return ip4_addr_parse(json_string_value(json_object_get(json, "gateway")), &path->gateway);
}

int
ip4_conf_route_read(const json_t *route, struct ip4_conf_route *to)
{
	static const char *const words[] = {
		[XEBRA_IP4_BLACKHOLE] = "blackhole",
		[XEBRA_IP4_UNREACHABLE] = "unreachable",
		[XEBRA_IP4_PROHIBIT] = "prohibit",
	};
	const json_t *via = json_object_get(route, "via");
	const char *type = json_string_value(json_object_get(route, "type"));
	int ret = 0;

	to->action = XEBRA_IP4_VIA;
	to->n = json_array_size(via);
	for (unsigned int i = 0; i < to->n && ret == 0; i++)
		ret = path_read(json_array_get(via, i), &to->path[i]);
	if (to->n > 0 || ret < 0)
		return ret;
	for (to->action = XEBRA_IP4_BLACKHOLE; to->action < XEBRA_IP4_PROHIBIT; to->action++)
		if (strcmp(type, words[to->action]) == 0)
			break;
	return 0;
}

int
ip4_conf_route_set(const char *text, const json_t *route)
{
	struct ip4_conf_route read;
	uint32_t prefix;
	uint8_t len;
	int ret = ip4_prefix_parse(text, &prefix, &len);

	if (ret == 0)
		ret = ip4_conf_route_read(route, &read);
	if (ret < 0)
		return ret;
	return xebra_ip4_route_set(prefix, len, XEBRA_IP4_STATIC, read.action, read.path, read.n);
}

void
ip4_conf_route_unset(const char *text)
{
	uint32_t prefix;
	uint8_t len;

	if (ip4_prefix_parse(text, &prefix, &len) == 0)
		xebra_ip4_route_unset(prefix, len, XEBRA_IP4_STATIC);
}

int
ip4_conf_neighbor_set(const char *text, const json_t *json)
{
	const struct xebra_iface *iface =
		xebra_iface_find(json_string_value(json_object_get(json, "interface")));
	struct rte_ether_addr mac;
	uint32_t addr;

	if (iface == NULL)
		return -ENODEV;
	if (ip4_addr_parse(text, &addr) < 0 ||
		ip4_mac_parse(json_string_value(json_object_get(json, "mac")), &mac) < 0)
		return -EINVAL;
	return neighbor_set_static(&ip4_neighbors, iface->id, addr, &mac, xebra_now_ms());
}

void
ip4_conf_neighbor_unset(const char *text, const json_t *json)
{
	const struct xebra_iface *iface =
		xebra_iface_find(json_string_value(json_object_get(json, "interface")));
	struct neighbor *n = NULL;
	uint32_t addr;

	if (iface != NULL && ip4_addr_parse(text, &addr) == 0)
		n = neighbor_find(&ip4_neighbors, iface->id, addr);
	if (n != NULL && n->state == NEIGHBOR_STATIC)
		neighbor_unset_static(&ip4_neighbors, n);
}

/* The addresses of an interface that are in one list and not in the other. */
static int
addresses_change(const char *name, const json_t *list, const json_t *except, bool add)
{
	const struct xebra_iface *iface = xebra_iface_find(name);
	const json_t *item, *other;
	size_t i, j;

	if (iface == NULL)
		return add ? -ENODEV : 0;
	json_array_foreach (ip4_json(list), i, item) {
		bool found = false;
		uint32_t addr;
		uint8_t len;
		int ret;

		json_array_foreach (ip4_json(except), j, other)
			found |= json_equal(ip4_json(item), ip4_json(other)) != 0;
		if (found)
			continue;
		ret = ip4_prefix_parse(json_string_value(item), &addr, &len);
		if (ret == 0 && add)
			ret = ip4_address_add(iface->id, addr, len);
		else if (ret == 0)
			ip4_address_del(iface->id, addr, len);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static void
interfaces_withdraw(const json_t *from, const json_t *to)
{
	const char *name;
	json_t *iface;

	json_object_foreach (ip4_json(from), name, iface) {
		const json_t *kept = part(to, name);
		const struct xebra_iface *real = xebra_iface_find(name);

		addresses_change(name, part(iface, "addresses"), part(kept, "addresses"), false);
		if (kept == NULL && real != NULL)
			ip4_iface_enable(real->id, false);
	}
}

static int
interfaces_install(const json_t *from, const json_t *to, struct xebra_err *err)
{
	const char *name;
	json_t *iface;
	int ret;

	json_object_foreach (ip4_json(to), name, iface) {
		const struct xebra_iface *real = xebra_iface_find(name);

		if (real != NULL)
			ip4_iface_enable(real->id, true);
		ret = addresses_change(
			name, part(iface, "addresses"), part(part(from, name), "addresses"), true);
		if (ret < 0)
			return xebra_err_set(
				err, ret, "ip4.interfaces.%s: %s", name, strerror(-ret));
	}
	return 0;
}

static void
neighbors_withdraw(const json_t *from, const json_t *to)
{
	const char *name;
	json_t *neighbor;

	json_object_foreach (ip4_json(from), name, neighbor) {
		const json_t *kept = part(to, name);

		/* A new MAC address replaces the old one; on another interface it is another. */
		if (kept == NULL ||
			!json_equal(json_object_get(neighbor, "interface"),
				json_object_get(kept, "interface")))
			ip4_conf_neighbor_unset(name, neighbor);
	}
}

static int
neighbors_install(const json_t *from, const json_t *to, struct xebra_err *err)
{
	const char *name;
	json_t *neighbor;
	int ret;

	json_object_foreach (ip4_json(to), name, neighbor) {
		if (json_equal(neighbor, ip4_json(part(from, name))))
			continue;
		ret = ip4_conf_neighbor_set(name, neighbor);
		if (ret < 0)
			return xebra_err_set(
				err, ret, "ip4.neighbors.\"%s\": %s", name, strerror(-ret));
	}
	return 0;
}

static void
routes_withdraw(const json_t *from, const json_t *to)
{
	const char *name;
	json_t *route;

	json_object_foreach (ip4_json(from), name, route)
		if (part(to, name) == NULL)
			ip4_conf_route_unset(name);
}

static int
routes_install(const json_t *from, const json_t *to, struct xebra_err *err)
{
	const char *name;
	json_t *route;
	int ret;

	json_object_foreach (ip4_json(to), name, route) {
		if (json_equal(route, ip4_json(part(from, name))))
			continue;
		ret = ip4_conf_route_set(name, route);
		if (ret < 0)
			return xebra_err_set(
				err, ret, "ip4.routes.\"%s\": %s", name, strerror(-ret));
	}
	return 0;
}

static void
settings_install(const json_t *to)
{
	const json_t *icmp = part(to, "icmp"), *arp = part(to, "arp");
	const json_t *reassembly = part(to, "reassembly");
	const struct neighbor_conf conf = {
		.max = number(arp, "max_neighbors"),
		.hold = number(arp, "hold"),
		.hold_total = number(arp, "hold_total"),
		.reachable_ms = number(arp, "reachable_ms"),
		.stale_ms = number(arp, "stale_ms"),
		.retry_ms = number(arp, "retry_ms"),
		.probes = number(arp, "probes"),
		.rate = number(arp, "rate"),
	};

	neighbor_configure(&ip4_neighbors, &conf);
	__atomic_store_n(&ip4.icmp_rate, number(icmp, "rate"), __ATOMIC_RELAXED);
	__atomic_store_n(&ip4.icmp_burst, number(icmp, "burst"), __ATOMIC_RELAXED);
	ip4_adj_redirects(json_is_true(json_object_get(icmp, "redirects")));
	ip4_reass_configure(number(reassembly, "datagrams"), number(reassembly, "timeout_ms"));
}

static bool
in_use(const json_t *section)
{
	return json_object_size(part(section, "interfaces")) > 0;
}

static void
ip4_withdraw(const json_t *from, const json_t *to)
{
	if (from == to || !ip4_started())
		return;
	routes_withdraw(part(from, "routes"), part(to, "routes"));
	neighbors_withdraw(part(from, "neighbors"), part(to, "neighbors"));
	interfaces_withdraw(part(from, "interfaces"), part(to, "interfaces"));
	ip4_paths_resolve_all();
	if (to == NULL)
		ip4_stop();
}

static int
ip4_install(const json_t *from, const json_t *to, struct xebra_err *err)
{
	int ret;

	if (from == to)
		return 0;
	if (active != in_use(to)) {
		active = in_use(to);
		xebra_graph_changed();
	}
	if (!ip4_started() && !active && json_object_size(part(to, "routes")) == 0 &&
		json_object_size(part(to, "neighbors")) == 0)
		return 0;
	ret = ip4_start();
	if (ret < 0)
		return xebra_err_set(err, ret,
			"ip4: no memory for the tables, which take 70 MB (give EAL more with -m)");
	settings_install(to);
	ret = interfaces_install(part(from, "interfaces"), part(to, "interfaces"), err);
	if (ret < 0)
		return ret;
	ip4_paths_resolve_all();
	ret = neighbors_install(part(from, "neighbors"), part(to, "neighbors"), err);
	if (ret < 0)
		return ret;
	return routes_install(part(from, "routes"), part(to, "routes"), err);
}

static struct xebra_conf_section ip4_section = {
	.schema =
		{
			.name = "ip4",
			.type = XEBRA_CONF_OBJECT,
			.help = "IPv4: addresses, routes, neighbours.",
			.keys = ip4_keys,
		},
	.floor = XEBRA_CONF_FLOOR_FAMILY,
	.check = ip4_conf_check,
	.withdraw = ip4_withdraw,
	.install = ip4_install,
};
XEBRA_CONF_SECTION(ip4_section)

static bool
ip4_active(void)
{
	return active;
}

/* One line about a packet, for "trace". */
static void
ip4_describe(const uint8_t *data, uint32_t len, char *text, size_t size)
{
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)data;
	char src[IP4_ADDR_TEXT], dst[IP4_ADDR_TEXT];

	if (len < sizeof(*ip)) {
		snprintf(text, size, "%u bytes, no IPv4 header", len);
		return;
	}
	snprintf(text, size, "%s > %s protocol %u length %u ttl %u id %u%s",
		ip4_addr_text(src, rte_be_to_cpu_32(ip->src_addr)),
		ip4_addr_text(dst, rte_be_to_cpu_32(ip->dst_addr)), ip->next_proto_id,
		rte_be_to_cpu_16(ip->total_length), ip->time_to_live,
		rte_be_to_cpu_16(ip->packet_id),
		ip->fragment_offset & RTE_BE16(0x3fff) ? " fragment" : "");
}

static const struct xebra_ether_type types[] = {
	{RTE_ETHER_TYPE_IPV4, "ip4_input"},
	{RTE_ETHER_TYPE_ARP, "arp_input"},
	{0, NULL},
};

static struct xebra_family family = {
	.name = "ip4",
	.types = types,
	.active = ip4_active,
	.describe = ip4_describe,
	.fast = ip4_fast_choose,
};

RTE_INIT(ip4_family)
{
	xebra_family_register(&family);
}
