/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "route add|del" and "neighbor add|del|clear". They take what the file takes, check it by the same
 * registration, change the tables at once, and note the change in the running configuration: a
 * route costs the same whether it is the tenth or the millionth.
 */
#include <errno.h>
#include <string.h>

#include "addr.h"
#include "conf.h"
#include "ip4_priv.h"
#include "xebra_cmd.h"

static json_t *
running(const char *map, const char *name)
{
	const json_t *section = json_object_get(xebra_conf_running(), "ip4");

	return json_object_get(json_object_get(section, map), name);
}

static void
record(const char *map, const char *name, json_t *value)
{
	const char *const path[] = {"ip4", map, name, NULL};

	xebra_conf_record(path, value);
}

/* Copy arguments that are there, by name. */
static void
copy(json_t *to, const json_t *args, const char *const *names)
{
	for (; *names != NULL; names++)
		if (json_object_get(args, *names) != NULL)
			json_object_set(to, *names, json_object_get(args, *names));
}

/* The one gateway of the arguments, as the file has it. */
static json_t *
gateway(const json_t *args)
{
	static const char *const names[] = {"interface", "weight", NULL};
	json_t *path = json_object();

	json_object_set(path, "gateway", json_object_get(args, "via"));
	copy(path, args, names);
	return path;
}

static bool
same_gateway(const json_t *path, const json_t *args)
{
	const json_t *iface = json_object_get(args, "interface");

	if (!json_equal(json_object_get(path, "gateway"), json_object_get(args, "via")))
		return false;
	return iface == NULL || json_equal(json_object_get(path, "interface"), iface);
}

/* The route after adding a gateway: one more, or the same with another weight. */
static json_t *
with_gateway(const json_t *route, const json_t *args)
{
	json_t *via = json_array(), *path;
	const json_t *old = json_object_get(route, "via");
	size_t i;

	json_array_foreach (ip4_json(old), i, path)
		if (!same_gateway(path, args))
			json_array_append(via, path);
	json_array_append_new(via, gateway(args));
	return json_pack("{s:o}", "via", via);
}

/* The route without a gateway; NULL when none is left. */
static json_t *
without_gateway(const json_t *route, const json_t *args)
{
	json_t *via = json_array(), *path;
	const json_t *old = json_object_get(route, "via");
	size_t i;

	json_array_foreach (ip4_json(old), i, path)
		if (!same_gateway(path, args))
			json_array_append(via, path);
	if (json_array_size(via) > 0)
		return json_pack("{s:o}", "via", via);
	json_decref(via);
	return NULL;
}

/* Check a route, make it real, note it. Takes the reference over. */
static int
route_apply(const char *prefix, json_t *route, struct xebra_err *err)
{
	json_t *complete = NULL;
	int ret;

	ret = xebra_conf_check_value(&ip4_route_key, route, &complete, err);
	if (ret == 0)
		ret = ip4_conf_route_check(xebra_conf_running(), complete, err);
	if (ret == 0) {
		ret = ip4_conf_route_set(prefix, complete);
		if (ret == -ENODEV)
			xebra_err_set(err, ret,
				"IPv4 is not configured: no interface is among ip4.interfaces");
		else if (ret < 0)
			xebra_err_set(err, ret, "%s", strerror(-ret));
	}
	if (ret == 0)
		record("routes", prefix, json_incref(route));
	json_decref(complete);
	json_decref(route);
	return ret;
}

static int
route_add(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *prefix = json_string_value(json_object_get(args, "prefix"));
	json_t *type = json_object_get(args, "type"), *via = json_object_get(args, "via");
	json_t *paths = json_object_get(args, "paths"), *route;

	if (ip4_check_prefix(prefix, err) < 0)
		return xebra_err_at(err, "prefix");
	if ((via != NULL) + (type != NULL) + (paths != NULL) != 1)
		return xebra_err_set(
			err, -EINVAL, "one of via, type and paths says where packets go");
	if (via == NULL && (json_object_get(args, "interface") || json_object_get(args, "weight")))
		return xebra_err_set(err, -EINVAL, "interface and weight go with via");
	if (type != NULL)
		route = json_pack("{s:O}", "type", type);
	else if (paths != NULL)
		route = json_pack("{s:O}", "via", paths);
	else
		route = with_gateway(running("routes", prefix), args);
	return route_apply(prefix, route, err);
}

static int
route_del(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *prefix = json_string_value(json_object_get(args, "prefix"));
	const char *via = json_string_value(json_object_get(args, "via"));
	json_t *route, *rest = NULL;

	if (ip4_check_prefix(prefix, err) < 0)
		return xebra_err_at(err, "prefix");
	route = running("routes", prefix);
	if (route == NULL)
		return xebra_err_set(err, -ENOENT, "prefix: no static route to %s", prefix);
	if (via != NULL) {
		rest = without_gateway(route, args);
		if (rest != NULL &&
			json_array_size(json_object_get(rest, "via")) ==
				json_array_size(json_object_get(route, "via"))) {
			json_decref(rest);
			return xebra_err_set(
				err, -ENOENT, "via: %s has no gateway %s", prefix, via);
		}
		if (json_object_get(route, "via") == NULL)
			return xebra_err_set(
				err, -ENOENT, "via: %s has no gateway %s", prefix, via);
	}
	if (rest != NULL)
		return route_apply(prefix, rest, err);
	ip4_conf_route_unset(prefix);
	record("routes", prefix, NULL);
	return 0;
}

static void
offer_routes(json_t *words)
{
	const json_t *routes =
		json_object_get(json_object_get(xebra_conf_running(), "ip4"), "routes");
	const char *name;
	json_t *value;

	/* Nobody reads through a full table on a completion. */
	if (json_object_size(routes) > 200)
		return;
	json_object_foreach (ip4_json(routes), name, value)
		json_array_append_new(words, json_string(name));
}

static void
offer_interfaces(json_t *words)
{
	const struct xebra_iface *iface = xebra_iface_next(0);

	for (; iface != NULL; iface = xebra_iface_next(iface->id + 1))
		json_array_append_new(words, json_string(iface->name));
}

#define PREFIX_PARAM(help_, complete_)                                                             \
	{                                                                                          \
		.name = "prefix", .help = help_, .type = XEBRA_PARAM_STRING, .complete = complete_ \
	}
#define KEYWORD_PARAM(name_, help_, type_, ...)                                                 \
	{                                                                                       \
		.name = name_, .help = help_, .type = type_, .optional = true, .keyword = true, \
		__VA_ARGS__                                                                     \
	}

static const char *const type_words[] = {"blackhole", "unreachable", "prohibit", NULL};

static const struct xebra_cmd_param route_add_params[] = {
	PREFIX_PARAM("Where to: a.b.c.d/n.", NULL),
	KEYWORD_PARAM("via", "Gateway; another one shares the flows with those that there are.",
		XEBRA_PARAM_STRING),
	KEYWORD_PARAM("interface", "The gateway's interface, when it must be this one.",
		XEBRA_PARAM_STRING, .complete = offer_interfaces),
	KEYWORD_PARAM("weight", "The gateway's share of the flows.", XEBRA_PARAM_INT, .min = 1,
		.max = 255),
	KEYWORD_PARAM("type", "Send nowhere.", XEBRA_PARAM_WORD, .words = type_words),
	KEYWORD_PARAM(
		"paths", "All gateways at once, as the configuration has them.", XEBRA_PARAM_JSON),
	{0},
};

static struct xebra_cmd route_add_cmd = {
	.name = "route add",
	.help = "Add a static route, or a gateway to one.",
	.params = route_add_params,
	.run = route_add,
};
XEBRA_CMD(route_add_cmd)

static const struct xebra_cmd_param route_del_params[] = {
	PREFIX_PARAM("Which: a.b.c.d/n.", offer_routes),
	KEYWORD_PARAM("via", "Only this gateway.", XEBRA_PARAM_STRING),
	KEYWORD_PARAM("interface", "Only the gateway by this interface.", XEBRA_PARAM_STRING,
		.complete = offer_interfaces),
	{0},
};

static struct xebra_cmd route_del_cmd = {
	.name = "route del",
	.help = "Delete a static route, or one gateway of it.",
	.params = route_del_params,
	.run = route_del,
};
XEBRA_CMD(route_del_cmd)

static int
neighbor_add(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	static const char *const names[] = {"interface", "mac", NULL};
	const char *addr = json_string_value(json_object_get(args, "address"));
	json_t *neighbor, *old;
	int ret;

	if (ip4_check_host(addr, err) < 0)
		return xebra_err_at(err, "address");
	neighbor = json_object();
	copy(neighbor, args, names);
	ret = xebra_conf_check_value(&ip4_neighbor_key, neighbor, NULL, err);
	if (ret == 0)
		ret = ip4_conf_neighbor_check(xebra_conf_running(), neighbor, err);
	if (ret == 0) {
		old = running("neighbors", addr);
		if (old != NULL &&
			!json_equal(json_object_get(old, "interface"),
				json_object_get(neighbor, "interface")))
			ip4_conf_neighbor_unset(addr, old);
		ret = ip4_conf_neighbor_set(addr, neighbor);
		if (ret < 0)
			xebra_err_set(err, ret, "%s", strerror(-ret));
	}
	if (ret == 0)
		record("neighbors", addr, json_incref(neighbor));
	json_decref(neighbor);
	return ret;
}

static int
neighbor_del(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *addr = json_string_value(json_object_get(args, "address"));
	json_t *old = running("neighbors", addr);

	if (old == NULL)
		return xebra_err_set(err, -ENOENT, "address: no static neighbor %s", addr);
	ip4_conf_neighbor_unset(addr, old);
	record("neighbors", addr, NULL);
	return 0;
}

static int
neighbor_forget_all(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *name = json_string_value(json_object_get(args, "interface"));
	const struct xebra_iface *iface = name != NULL ? xebra_iface_find(name) : NULL;
	struct neighbor *n, *next;

	if (name != NULL && iface == NULL)
		return xebra_err_set(err, -ENOENT, "interface: there is no interface \"%s\"", name);
	if (!ip4_started())
		return 0;
	for (n = neighbor_next(&ip4_neighbors, NULL); n != NULL; n = next) {
		next = neighbor_next(&ip4_neighbors, n);
		if (iface == NULL || n->iface == iface->id)
			neighbor_forget(&ip4_neighbors, n);
	}
	return 0;
}

static const struct xebra_cmd_param neighbor_add_params[] = {
	{.name = "address", .help = "Its IPv4 address.", .type = XEBRA_PARAM_STRING},
	{
		.name = "interface",
		.help = "Where it is.",
		.type = XEBRA_PARAM_STRING,
		.complete = offer_interfaces,
	},
	{.name = "mac", .help = "Its MAC address.", .type = XEBRA_PARAM_STRING},
	{0},
};

static struct xebra_cmd neighbor_add_cmd = {
	.name = "neighbor add",
	.help = "Add a static neighbour, or change it.",
	.params = neighbor_add_params,
	.run = neighbor_add,
};
XEBRA_CMD(neighbor_add_cmd)

static const struct xebra_cmd_param neighbor_del_params[] = {
	{.name = "address", .help = "Its IPv4 address.", .type = XEBRA_PARAM_STRING},
	{0},
};

static struct xebra_cmd neighbor_del_cmd = {
	.name = "neighbor del",
	.help = "Delete a static neighbour.",
	.params = neighbor_del_params,
	.run = neighbor_del,
};
XEBRA_CMD(neighbor_del_cmd)

static const struct xebra_cmd_param neighbor_clear_params[] = {
	{
		.name = "interface",
		.help = "Only neighbours of this interface.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.complete = offer_interfaces,
	},
	{0},
};

static struct xebra_cmd neighbor_clear_cmd = {
	.name = "neighbor clear",
	.help = "Forget what was learned about neighbours; static ones stay.",
	.params = neighbor_clear_params,
	.run = neighbor_forget_all,
};
XEBRA_CMD(neighbor_clear_cmd)
