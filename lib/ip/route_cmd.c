/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "route add|del". They take what the file takes, check it by the same registration, change the
 * tables at once, and note the change in the running configuration: a route costs the same whether
 * it is the tenth or the millionth.
 */
#include <errno.h>
#include <string.h>

#include "addr.h"
#include "cmd.h"
#include "conf.h"
#include "ip4_priv.h"
#include "xebra_cmd.h"

/* The one gateway of the arguments, as the file has it. */
static json_t *
gateway(const json_t *args)
{
	static const char *const names[] = {"interface", "weight", NULL};
	json_t *path = json_object();

	json_object_set(path, "gateway", json_object_get(args, "via"));
	ip4_cmd_copy(path, args, names);
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

int
ip4_cmd_refused(int ret, struct xebra_err *err)
{
	if (ret == -ENODEV)
		return xebra_err_set(
			err, ret, "IPv4 is not configured: no interface is among ip4.interfaces");
	return xebra_err_set(err, ret, "%s", strerror(-ret));
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
		if (ret < 0)
			ip4_cmd_refused(ret, err);
	}
	if (ret == 0)
		ip4_cmd_record("routes", prefix, json_incref(route));
	json_decref(complete);
	json_decref(route);
	return ret;
}

int
ip4_cmd_route(const json_t *args, const json_t *old, json_t **route, struct xebra_err *err)
{
	json_t *type = json_object_get(args, "type"), *via = json_object_get(args, "via");
	json_t *paths = json_object_get(args, "paths");

	if ((via != NULL) + (type != NULL) + (paths != NULL) != 1)
		return xebra_err_set(
			err, -EINVAL, "one of via, type and paths says where packets go");
	if (via == NULL && (json_object_get(args, "interface") || json_object_get(args, "weight")))
		return xebra_err_set(err, -EINVAL, "interface and weight go with via");
	if (type != NULL)
		*route = json_pack("{s:O}", "type", type);
	else if (paths != NULL)
		*route = json_pack("{s:O}", "via", paths);
	else
		*route = with_gateway(old, args);
	return 0;
}

/*
 * A gateway is added to gateways and paths take their place, but what sends nowhere was meant to,
 * and gateways do not vanish for a slip.
 */
static int
same_kind(const char *prefix, const json_t *old, const json_t *args, struct xebra_err *err)
{
	const json_t *type = json_object_get(args, "type");
	const char *was = json_string_value(json_object_get(old, "type"));

	if (old == NULL || json_equal(json_object_get(old, "type"), ip4_json(type)))
		return 0;
	if (was == NULL && type == NULL)
		return 0;
	if (was == NULL)
		return xebra_err_set(err, -EEXIST, "%s has gateways: route del it first", prefix);
	return xebra_err_set(err, -EEXIST, "%s is %s %s route: route del it first", prefix,
		was[0] == 'u' ? "an" : "a", was);
}

static int
route_add(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *prefix = json_string_value(json_object_get(args, "prefix"));
	json_t *old, *route = NULL;
	int ret;

	if (ip4_check_prefix(prefix, err) < 0)
		return xebra_err_at(err, "prefix");
	old = ip4_cmd_running("routes", prefix);
	ret = same_kind(prefix, old, args, err);
	if (ret == 0)
		ret = ip4_cmd_route(args, old, &route, err);
	return ret < 0 ? ret : route_apply(prefix, route, err);
}

static int
route_del(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *prefix = json_string_value(json_object_get(args, "prefix"));
	const char *via = json_string_value(json_object_get(args, "via"));
	json_t *route, *rest = NULL;

	if (ip4_check_prefix(prefix, err) < 0)
		return xebra_err_at(err, "prefix");
	route = ip4_cmd_running("routes", prefix);
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
	ip4_cmd_record("routes", prefix, NULL);
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
		XEBRA_PARAM_STRING, .complete = ip4_cmd_offer_interfaces),
	KEYWORD_PARAM("weight", "The gateway's share of the flows.", XEBRA_PARAM_INT, .min = 1,
		.max = 255),
	KEYWORD_PARAM("type", "Send nowhere.", XEBRA_PARAM_WORD, .words = type_words),
	KEYWORD_PARAM(
		"paths", "All gateways at once, as the configuration has them.", XEBRA_PARAM_JSON),
	{0},
};

static struct xebra_cmd route_add_cmd = {
	.name = "route add",
	.help = "Add a static route, or a gateway to one. A route that sends nowhere is not "
		"replaced by one with gateways, nor the other way round.",
	.params = route_add_params,
	.run = route_add,
};
XEBRA_CMD(route_add_cmd)

static const struct xebra_cmd_param route_del_params[] = {
	PREFIX_PARAM("Which: a.b.c.d/n.", offer_routes),
	KEYWORD_PARAM("via", "Only this gateway.", XEBRA_PARAM_STRING),
	KEYWORD_PARAM("interface", "Only the gateway by this interface.", XEBRA_PARAM_STRING,
		.complete = ip4_cmd_offer_interfaces),
	{0},
};

static struct xebra_cmd route_del_cmd = {
	.name = "route del",
	.help = "Delete a static route, or one gateway of it.",
	.params = route_del_params,
	.run = route_del,
};
XEBRA_CMD(route_del_cmd)
