/* SPDX-License-Identifier: BSD-3-Clause */
/* "show route", "route lookup", "show neighbor", "show ip4": what there is, as JSON and for people.
 */
#include <errno.h>
#include <string.h>

#include "addr.h"
#include "conf.h"
#include "ip4_priv.h"
#include "xebra_cmd.h"
#include "xebra_loop.h"
#include "xebra_mac.h"

#define ROUTES_DEFAULT 10000

static json_t *
addr_json(uint32_t addr)
{
	char text[IP4_ADDR_TEXT];

	return json_string(ip4_addr_text(text, addr));
}

static json_t *
iface_json(uint16_t id)
{
	const struct xebra_iface *iface = xebra_iface_get(id);

	return json_string(iface != NULL ? iface->name : "");
}

static json_t *
mac_json(const struct neighbor *n)
{
	if (n == NULL || n->state == NEIGHBOR_INCOMPLETE)
		return json_null();
	return xebra_mac_json(&n->mac);
}

/* What a next hop does, in a word. */
static const char *
type_word(const struct ip4_route *route)
{
	static const char *const words[] = {
		[IP4_NH_GLEAN] = "connected",
		[IP4_NH_LOCAL] = "local",
		[IP4_NH_BROADCAST] = "broadcast",
		[IP4_NH_MULTICAST] = "multicast",
		[IP4_NH_MARTIAN] = "martian",
		[IP4_NH_BLACKHOLE] = "blackhole",
		[IP4_NH_UNREACHABLE] = "unreachable",
		[IP4_NH_PROHIBIT] = "prohibit",
		[IP4_NH_FORWARD] = "neighbor",
		[IP4_NH_RESOLVE] = "neighbor",
	};

	if (route->paths != NULL)
		return route->origin == XEBRA_IP4_STATIC ? "static" : "control";
	return words[ip4.nh[route->index].type];
}

static json_t *
path_json(const struct ip4_path *path)
{
	const struct neighbor *n = path->neighbor;

	return json_pack("{s:o, s:o, s:i, s:o, s:s}", "gateway", addr_json(path->spec.gateway),
		"interface", n != NULL ? iface_json(n->iface) : json_string(path->spec.iface),
		"weight", (int)path->spec.weight, "mac", mac_json(n), "state",
		n != NULL ? neighbor_state_name(n) : "unreachable");
}

static json_t *
via_json(const struct ip4_route *route)
{
	json_t *via = json_array();
	const struct ip4_nexthop *nh;

	if (route->paths != NULL) {
		for (unsigned int i = 0; i < route->paths->n; i++)
			json_array_append_new(via, path_json(&route->paths->path[i]));
		return via;
	}
	nh = &ip4.nh[route->index];
	if (nh->type == IP4_NH_GLEAN || nh->type == IP4_NH_FORWARD || nh->type == IP4_NH_RESOLVE ||
		(nh->type == IP4_NH_BROADCAST && nh->iface != XEBRA_IFACE_NONE))
		json_array_append_new(via, json_pack("{s:o}", "interface", iface_json(nh->iface)));
	return via;
}

/* "active": this route is in the FIB; "inactive": no gateway of it can be reached; "hidden": a
 * route of a more trusted origin wins. */
static const char *
state_word(const struct ip4_route *route)
{
	const struct ip4_route *r;

	if (ip4_route_index(route) == 0)
		return "inactive";
	r = ip4_route_get(rib_node(&ip4_rib, route->node)->routes);
	for (; r != route; r = ip4_route_get(r->next))
		if (ip4_route_index(r) != 0)
			return "hidden";
	return "active";
}

static json_t *
route_json(const struct ip4_route *route)
{
	const struct rib_node *node = rib_node(&ip4_rib, route->node);
	char text[IP4_PREFIX_TEXT];

	return json_pack("{s:s, s:s, s:s, s:o}", "prefix",
		ip4_prefix_text(text, node->prefix, node->len), "type", type_word(route), "state",
		state_word(route), "via", via_json(route));
}

static bool
is_shown(const struct ip4_route *route, bool all)
{
	return all || (route->origin != XEBRA_IP4_SPECIAL && route->origin != XEBRA_IP4_NEIGHBOR);
}

/* Add a node's routes to the reply, those only that have room in it. */
static void
node_json(const struct rib_node *node, bool all, size_t limit, json_t *reply)
{
	const struct ip4_route *r = ip4_route_get(node->routes);

	for (; r != NULL && json_array_size(reply) < limit; r = ip4_route_get(r->next))
		if (is_shown(r, all))
			json_array_append_new(reply, route_json(r));
}

/* How many routes there are to show: in order of memory, which is no walk through the tree. */
static size_t
count_shown(bool all)
{
	const struct ip4_route *route = ip4_routes.items;
	size_t n = 0;

	for (uint32_t i = 1; i <= ip4_routes.top; i++)
		n += route[i].node != 0 && is_shown(&route[i], all);
	return n;
}

static void
all_json(bool all, size_t limit, json_t *reply)
{
	const struct rib_node *node = NULL;
	size_t left_out;

	while (json_array_size(reply) < limit && (node = rib_next(&ip4_rib, node)) != NULL)
		node_json(node, all, limit, reply);
	left_out = count_shown(all) - json_array_size(reply);
	if (left_out > 0)
		json_array_append_new(reply, json_pack("{s:I}", "left_out", (json_int_t)left_out));
}

static int
show_route(const json_t *args, json_t **reply, struct xebra_err *err)
{
	const char *text = json_string_value(json_object_get(args, "prefix"));
	const json_t *limit_json = json_object_get(args, "limit");
	size_t limit = limit_json ? (size_t)json_integer_value(limit_json) : ROUTES_DEFAULT;
	bool all = json_is_true(json_object_get(args, "all"));
	const struct rib_node *node;
	uint32_t addr;
	uint8_t len;

	*reply = json_array();
	if (text != NULL && ip4_addr_parse(text, &addr) == 0) {
		for (node = rib_match(&ip4_rib, addr); node != NULL;
			node = rib_parent(&ip4_rib, node))
			node_json(node, all, limit, *reply);
		return 0;
	}
	if (text != NULL) {
		if (ip4_check_prefix(text, err) < 0)
			return xebra_err_at(err, "prefix");
		ip4_prefix_parse(text, &addr, &len);
		node = rib_find(&ip4_rib, addr, len);
		if (node == NULL || node->routes == 0)
			return xebra_err_set(err, -ENOENT, "prefix: no route to %s", text);
		node_json(node, true, limit, *reply);
		return 0;
	}
	all_json(all, limit, *reply);
	return 0;
}

static void
via_print(const json_t *via, FILE *out)
{
	const char *gateway = json_string_value(json_object_get(via, "gateway"));
	const char *iface = json_string_value(json_object_get(via, "interface"));

	if (gateway != NULL)
		fprintf(out, " via %s", gateway);
	if (iface != NULL && iface[0] != '\0')
		fprintf(out, " interface %s", iface);
	if (gateway != NULL)
		fprintf(out, " weight %lld %s",
			(long long)json_integer_value(json_object_get(via, "weight")),
			json_string_value(json_object_get(via, "state")));
}

static void
route_print(const json_t *route, FILE *out)
{
	const json_t *vias = json_object_get(route, "via"), *via;
	size_t i;

	fprintf(out, "%-18s %-11s %-8s", json_string_value(json_object_get(route, "prefix")),
		json_string_value(json_object_get(route, "type")),
		json_string_value(json_object_get(route, "state")));
	json_array_foreach (ip4_json(vias), i, via) {
		if (i > 0)
			fprintf(out, "\n%-39s", "");
		via_print(via, out);
	}
	fputc('\n', out);
}

static void
header_print(FILE *out)
{
	fprintf(out, "%-18s %-11s %-8s %s\n", "prefix", "type", "state", "next hops");
}

static void
show_route_print(const json_t *reply, FILE *out)
{
	const json_t *route, *left_out;
	size_t i;

	if (json_array_size(reply) == 0)
		fputs("none\n", out);
	else
		header_print(out);
	json_array_foreach (ip4_json(reply), i, route) {
		left_out = json_object_get(route, "left_out");
		if (left_out == NULL)
			route_print(route, out);
		else
			fprintf(out, "... and %lld more (see limit)\n",
				(long long)json_integer_value(left_out));
	}
}

static void
route_lookup_print(const json_t *reply, FILE *out)
{
	header_print(out);
	route_print(reply, out);
}

static const struct xebra_cmd_param show_route_params[] = {
	{
		.name = "prefix",
		.help = "A prefix: its routes. An address: the routes that have it, longest first.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
	},
	{
		.name = "all",
		.help = "Also neighbours' and reserved addresses.",
		.type = XEBRA_PARAM_FLAG,
		.optional = true,
		.keyword = true,
	},
	{
		.name = "limit",
		.help = "Stop after so many (10000), with the number of those left out.",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.keyword = true,
		.min = 1,
		.max = 10000000,
	},
	{0},
};

static struct xebra_cmd show_route_cmd = {
	.name = "show route",
	.help = "Show IPv4 routes.",
	.params = show_route_params,
	.run = show_route,
	.print = show_route_print,
	.telemetry = true,
};
XEBRA_CMD(show_route_cmd)

/* What the workers do with an address: read from the FIB itself. */
static int
route_lookup(const json_t *args, json_t **reply, struct xebra_err *err)
{
	const char *text = json_string_value(json_object_get(args, "address"));
	const struct rib_node *node;
	const struct ip4_route *r;
	uint32_t addr;

	if (ip4_addr_parse(text, &addr) < 0)
		return xebra_err_set(
			err, -EINVAL, "address: \"%s\" is not an IPv4 address, a.b.c.d", text);
	node = ip4_started() ? rib_match(&ip4_rib, addr) : NULL;
	while (node != NULL && node->index == 0)
		node = rib_parent(&ip4_rib, node);
	if (node == NULL)
		return xebra_err_set(err, -ENOENT, "address: no route to %s", text);
	r = ip4_route_get(node->routes);
	while (ip4_route_index(r) != node->index)
		r = ip4_route_get(r->next);
	*reply = route_json(r);
	json_object_set_new(*reply, "address", json_string(text));
	if (ip4_fib_lookup(ip4.fib, addr) != node->index)
		return xebra_err_set(err, -EIO, "address: FIB and RIB differ for %s", text);
	return 0;
}

static const struct xebra_cmd_param route_lookup_params[] = {
	{.name = "address", .help = "Where a packet would go.", .type = XEBRA_PARAM_STRING},
	{0},
};

static struct xebra_cmd route_lookup_cmd = {
	.name = "route lookup",
	.help = "Show the route that packets to an address take.",
	.params = route_lookup_params,
	.run = route_lookup,
	.print = route_lookup_print,
};
XEBRA_CMD(route_lookup_cmd)

static int
show_neighbor(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	struct neighbor *n = NULL;

	*reply = json_array();
	while (ip4_started() && (n = neighbor_next(&ip4_neighbors, n)) != NULL)
		json_array_append_new(*reply,
			json_pack("{s:o, s:o, s:o, s:s, s:I, s:i, s:b}", "address",
				addr_json(n->addr), "interface", iface_json(n->iface), "mac",
				mac_json(n), "state", neighbor_state_name(n), "age_ms",
				(json_int_t)(xebra_now_ms() - n->confirmed_ms), "held",
				(int)n->held_count, "gateway", n->refs > 0));
	return 0;
}

static struct xebra_cmd show_neighbor_cmd = {
	.name = "show neighbor",
	.help = "Show the hosts on connected networks and their MAC addresses.",
	.run = show_neighbor,
	.telemetry = true,
};
XEBRA_CMD(show_neighbor_cmd)

static json_t *
addresses_json(void)
{
	json_t *addresses = json_array();
	const struct ip4_address *a;
	char text[IP4_PREFIX_TEXT];

	TAILQ_FOREACH (a, &ip4_addresses, link)
		json_array_append_new(addresses,
			json_pack("{s:s, s:o, s:b}", "address",
				ip4_prefix_text(text, a->addr, a->len), "interface",
				iface_json(a->iface), "connected", a->connected));
	return addresses;
}

static int
show_ip4(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	uint64_t sent = 0, limited = 0, refused = 0, redirects = 0;

	for (unsigned int i = 0; i < XEBRA_WORKER_MAX; i++) {
		sent += ip4_worker[i].errors_sent;
		limited += ip4_worker[i].errors_limited;
		refused += ip4_worker[i].errors_refused;
		redirects += ip4_worker[i].redirects_sent;
	}
	*reply = json_pack("{s:o, s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I}", "addresses",
		addresses_json(), "neighbors", (int)ip4_neighbors.count, "held",
		(int)ip4_neighbors.held, "routes", (int)ip4_routes.count, "fib_groups",
		ip4.fib != NULL ? (int)ip4_fib_groups_used(ip4.fib) : 0, "fib_bytes",
		(json_int_t)(ip4.fib != NULL ? ip4_fib_bytes(ip4.fib) : 0), "rib_bytes",
		(json_int_t)(ip4_routes.bytes + ip4_rib.nodes.bytes), "icmp_errors_sent",
		(json_int_t)sent, "icmp_errors_limited", (json_int_t)limited, "icmp_errors_refused",
		(json_int_t)refused, "icmp_redirects_sent", (json_int_t)redirects);
	return 0;
}

static struct xebra_cmd show_ip4_cmd = {
	.name = "show ip4",
	.help = "Show our IPv4 addresses, and figures of the IPv4 layer.",
	.run = show_ip4,
	.telemetry = true,
};
XEBRA_CMD(show_ip4_cmd)
