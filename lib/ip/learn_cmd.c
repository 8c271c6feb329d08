/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "route learn|forget": the way in for whoever learns routes outside, a controller or a routing
 * protocol's daemon. They are routes of the origin XEBRA_IP4_CONTROL, behind static ones; they are
 * not noted in the configuration, and gone when the router ends.
 *
 * They come as routing protocols have them: many prefixes with the same gateways. A call is taken
 * whole or not at all, but for memory, and has at most CALL_MAX prefixes, so that no other client
 * waits long; a client with a full table sends one call after the other without waiting.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "addr.h"
#include "cmd.h"
#include "conf.h"
#include "ip4_priv.h"
#include "xebra_cmd.h"

#define CALL_MAX 16384

struct prefix {
	uint32_t addr;
	uint8_t len;
};

/* Read a list of prefixes into new memory; NULL with err set. */
static struct prefix *
read_prefixes(const json_t *list, struct xebra_err *err)
{
	size_t n = json_array_size(list), i;
	struct prefix *prefixes;
	const char *text;

	if (!json_is_array(list) || n == 0 || n > CALL_MAX) {
		xebra_err_set(err, -EINVAL, "prefixes: not a list of 1 to %d prefixes a.b.c.d/n",
			CALL_MAX);
		return NULL;
	}
	prefixes = malloc(n * sizeof(*prefixes));
	if (prefixes == NULL) {
		xebra_err_set(err, -ENOMEM, "no memory");
		return NULL;
	}
	for (i = 0; i < n; i++) {
		text = json_string_value(json_array_get(list, i));
		if (text == NULL)
			xebra_err_set(err, -EINVAL, "not a string \"a.b.c.d/n\"");
		if (text == NULL || ip4_check_prefix(text, err) < 0) {
			xebra_err_at(err, "prefixes[%zu]", i);
			free(prefixes);
			return NULL;
		}
		ip4_prefix_parse(text, &prefixes[i].addr, &prefixes[i].len);
	}
	return prefixes;
}

/* The route of the arguments, checked. */
static int
read_route(const json_t *args, struct ip4_conf_route *to, struct xebra_err *err)
{
	json_t *route = NULL, *complete = NULL;
	int ret = ip4_cmd_route(args, NULL, &route, err);

	if (ret == 0)
		ret = xebra_conf_check_value(&ip4_route_key, route, &complete, err);
	if (ret == 0)
		ret = ip4_conf_route_check(xebra_conf_running(), complete, err);
	if (ret == 0)
		ret = ip4_conf_route_read(complete, to);
	json_decref(complete);
	json_decref(route);
	return ret;
}

static int
learn(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const json_t *list = json_object_get(args, "prefixes");
	struct ip4_conf_route route;
	struct prefix *prefixes;
	size_t n = json_array_size(list), i;
	int ret = read_route(args, &route, err);

	if (ret < 0)
		return ret;
	prefixes = read_prefixes(list, err);
	if (prefixes == NULL)
		return err->code;
	for (i = 0; i < n && ret == 0; i++)
		ret = xebra_ip4_route_set(prefixes[i].addr, prefixes[i].len, XEBRA_IP4_CONTROL,
			route.action, route.path, route.n);
	free(prefixes);
	if (ret == 0)
		return 0;
	ip4_cmd_refused(ret, err);
	return i > 1 ? xebra_err_at(err, "prefixes[%zu] and what follows", i - 1) : ret;
}

/* What is not there need not be forgotten. */
static int
forget(const json_t *args, json_t **reply, struct xebra_err *err)
{
	const json_t *list = json_object_get(args, "prefixes");
	json_int_t forgotten = 0;
	struct prefix *prefixes;

	if ((list != NULL) == (json_object_get(args, "all") != NULL))
		return xebra_err_set(err, -EINVAL, "either prefixes or \"all\"");
	if (list == NULL) {
		forgotten = ip4_route_flush(XEBRA_IP4_CONTROL);
	} else {
		prefixes = read_prefixes(list, err);
		if (prefixes == NULL)
			return err->code;
		for (size_t i = 0; i < json_array_size(list); i++)
			forgotten += xebra_ip4_route_unset(prefixes[i].addr, prefixes[i].len,
					     XEBRA_IP4_CONTROL) == 0;
		free(prefixes);
	}
	*reply = json_pack("{s:I}", "forgotten", forgotten);
	return 0;
}

#define PREFIXES_HELP "JSON list of at most 16384 \"a.b.c.d/n\"."

static const char *const type_words[] = {"blackhole", "unreachable", "prohibit", NULL};

static const struct xebra_cmd_param learn_params[] = {
	{.name = "prefixes", .help = PREFIXES_HELP, .type = XEBRA_PARAM_JSON},
	{.name = "via",
		.help = "Gateway of all of them.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.keyword = true},
	{.name = "interface",
		.help = "The gateway's interface, when it must be this one.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.keyword = true,
		.complete = ip4_cmd_offer_interfaces},
	{.name = "weight",
		.help = "The gateway's share of the flows.",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.keyword = true,
		.min = 1,
		.max = 255},
	{.name = "type",
		.help = "Send nowhere.",
		.type = XEBRA_PARAM_WORD,
		.optional = true,
		.keyword = true,
		.words = type_words},
	{.name = "paths",
		.help = "Several gateways, as the configuration has them.",
		.type = XEBRA_PARAM_JSON,
		.optional = true,
		.keyword = true},
	{0},
};

static struct xebra_cmd learn_cmd = {
	.name = "route learn",
	.help = "Take or replace routes that a controller or a routing protocol has learned; they "
		"are not part of the configuration, and static routes go before them.",
	.params = learn_params,
	.run = learn,
};
XEBRA_CMD(learn_cmd)

static const struct xebra_cmd_param forget_params[] = {
	{.name = "prefixes", .help = PREFIXES_HELP, .type = XEBRA_PARAM_JSON, .optional = true},
	{.name = "all",
		.help = "All that were learned.",
		.type = XEBRA_PARAM_FLAG,
		.optional = true,
		.keyword = true},
	{0},
};

static struct xebra_cmd forget_cmd = {
	.name = "route forget",
	.help = "Take out learned routes. What is not there is no error.",
	.params = forget_params,
	.run = forget,
};
XEBRA_CMD(forget_cmd)
