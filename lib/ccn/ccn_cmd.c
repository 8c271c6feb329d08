/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that change something of CCN. */
#include <errno.h>

#include "ccn_conf.h"
#include "xebra_cmd.h"

static const char *
text(const json_t *args, const char *key)
{
	return json_string_value(json_object_get(args, key));
}

static int
not_running(struct xebra_err *err)
{
	return xebra_err_set(err, -ENODEV, "CCN is not configured (ccn.faces, ccn.clients)");
}

static void
offer_faces(json_t *words)
{
	json_t *faces = ccn_face_json(), *face;
	size_t i;

	json_array_foreach (faces, i, face)
		json_array_append(words, json_object_get(face, "face"));
	json_decref(faces);
}

static int
flush_cs(const json_t *args __rte_unused, json_t **reply __rte_unused, struct xebra_err *err)
{
	if (ccn_run == NULL)
		return not_running(err);
	for (unsigned int i = 0; i < ccn_run->n_shards; i++) {
		struct ccn_shard *shard = &ccn_run->shards[i];

		rte_spinlock_lock(&shard->lock);
		ccn_cs_flush(shard->fwd->cs);
		rte_spinlock_unlock(&shard->lock);
	}
	return 0;
}

static struct xebra_cmd flush_cs_cmd = {
	.name = "ccn cs flush",
	.help = "Empty the content store.",
	.run = flush_cs,
};
XEBRA_CMD(flush_cs_cmd)

/* Set (or with NULL delete) a value below "ccn" as a commit does. */
static int
change(const char *group, const char *name, json_t *value, struct xebra_err *err)
{
	const char *path[] = {"ccn", group, name, NULL};

	return xebra_conf_change(path, value, err);
}

static const struct xebra_cmd_param face_add_params[] = {
	{.name = "name", .help = "Name of the face.", .type = XEBRA_PARAM_STRING},
	{
		.name = "interface",
		.help = "The interface that it is on (Ethernet).",
		.type = XEBRA_PARAM_STRING,
		.keyword = true,
		.optional = true,
	},
	{
		.name = "remote",
		.help = "MAC address, udp:ADDRESS[:PORT], or group, which it is when left out.",
		.type = XEBRA_PARAM_STRING,
		.keyword = true,
		.optional = true,
	},
	{
		.name = "local",
		.help = "With a UDP address: the address of ours to send from.",
		.type = XEBRA_PARAM_STRING,
		.keyword = true,
		.optional = true,
	},
	{
		.name = "trusted",
		.help = "May register prefixes.",
		.type = XEBRA_PARAM_FLAG,
		.keyword = true,
		.optional = true,
	},
	{.name = NULL},
};

static int
face_add(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	json_t *value = json_copy((json_t *)(uintptr_t)args);

	json_object_del(value, "name");
	return change("faces", text(args, "name"), value, err);
}

static struct xebra_cmd face_add_cmd = {
	.name = "ccn face add",
	.help = "Add a face, or change the one of this name.",
	.params = face_add_params,
	.run = face_add,
};
XEBRA_CMD(face_add_cmd)

static const struct xebra_cmd_param face_del_params[] = {
	{
		.name = "name",
		.help = "Name of a configured face.",
		.type = XEBRA_PARAM_STRING,
		.complete = offer_faces,
	},
	{.name = NULL},
};

static int
face_del(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *name = text(args, "name");
	const json_t *faces =
		json_object_get(json_object_get(xebra_conf_running(), "ccn"), "faces");

	if (json_object_get(faces, name) == NULL)
		return xebra_err_set(err, -ENOENT, "there is no configured face %s", name);
	return change("faces", name, NULL, err);
}

static struct xebra_cmd face_del_cmd = {
	.name = "ccn face del",
	.help = "Delete a face that no route uses.",
	.params = face_del_params,
	.run = face_del,
};
XEBRA_CMD(face_del_cmd)

static const struct xebra_cmd_param fib_add_params[] = {
	{.name = "prefix", .help = "Name prefix, /a/b.", .type = XEBRA_PARAM_STRING},
	{
		.name = "via",
		.help = "Name of a face.",
		.type = XEBRA_PARAM_STRING,
		.keyword = true,
		.complete = offer_faces,
	},
	{
		.name = "cost",
		.help = "The lowest is asked first; 0 when left out.",
		.type = XEBRA_PARAM_INT,
		.keyword = true,
		.optional = true,
		.max = INT32_MAX,
	},
	{
		.name = "weight",
		.help = "Share of turns with the strategy round-robin; 1 when left out.",
		.type = XEBRA_PARAM_INT,
		.keyword = true,
		.optional = true,
		.min = 1,
		.max = CCN_WEIGHT_MAX,
	},
	{.name = NULL},
};

/* The next hops that a prefix has by configuration, but the one by a face: a new list. */
static json_t *
hops_without(const char *prefix, const char *face)
{
	const json_t *route = json_object_get(
		json_object_get(json_object_get(xebra_conf_running(), "ccn"), "routes"), prefix);
	json_t *hops = json_array(), *hop;
	size_t i;

	json_array_foreach (json_object_get(route, "via"), i, hop)
		if (strcmp(text(hop, "face"), face) != 0)
			json_array_append_new(hops, json_deep_copy(hop));
	return hops;
}

/* Install and record a route's new next hops (stolen). Changes nothing else, whatever its size. */
static int
set_route(const char *prefix, json_t *hops, struct xebra_err *err)
{
	const char *path[] = {"ccn", "routes", prefix, NULL};
	json_t *value = json_pack("{s:o}", "via", hops), *complete = NULL;
	int rc;

	rc = xebra_conf_check_value(&ccn_route_item, value, &complete, err);
	if (rc == 0)
		rc = ccn_apply_route(prefix, complete, err);
	if (rc < 0) {
		/* What was there before is still recorded. */
		const json_t *old = json_object_get(
			json_object_get(
				json_object_get(xebra_conf_running_complete(), "ccn"), "routes"),
			prefix);

		if (old != NULL)
			ccn_apply_route(prefix, old, NULL);
		else
			ccn_withdraw_route(prefix);
		json_decref(value);
	} else {
		xebra_conf_record(path, value);
	}
	json_decref(complete);
	ccn_rib_settle();
	return rc;
}

static int
fib_add(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *prefix = text(args, "prefix"), *face = text(args, "via");
	uint8_t value[CCN_NAME_MAX];
	struct ccn_name name;
	json_t *hops, *hop;

	if (ccn_run == NULL)
		return not_running(err);
	if (ccn_cmd_prefix(args, &name, value, err) < 0)
		return err->code;
	if (json_object_get(json_object_get(json_object_get(xebra_conf_running(), "ccn"), "faces"),
		    face) == NULL)
		return xebra_err_set(err, -ENOENT, "via: there is no configured face %s", face);
	hops = hops_without(prefix, face);
	hop = json_pack("{s:s}", "face", face);
	if (json_object_get(args, "cost") != NULL)
		json_object_set(hop, "cost", json_object_get(args, "cost"));
	if (json_object_get(args, "weight") != NULL)
		json_object_set(hop, "weight", json_object_get(args, "weight"));
	json_array_append_new(hops, hop);
	return set_route(prefix, hops, err);
}

static struct xebra_cmd fib_add_cmd = {
	.name = "ccn fib add",
	.help = "Add a next hop to a name prefix, or change it.",
	.params = fib_add_params,
	.run = fib_add,
};
XEBRA_CMD(fib_add_cmd)

static const struct xebra_cmd_param fib_del_params[] = {
	{
		.name = "prefix",
		.help = "Name prefix, as it was added.",
		.type = XEBRA_PARAM_STRING,
		.complete = ccn_cmd_offer_routes,
	},
	{
		.name = "via",
		.help = "Only the next hop by this face.",
		.type = XEBRA_PARAM_STRING,
		.keyword = true,
		.optional = true,
		.complete = offer_faces,
	},
	{.name = NULL},
};

static int
fib_del(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *prefix = text(args, "prefix"), *face = text(args, "via");
	const char *path[] = {"ccn", "routes", prefix, NULL};
	const json_t *route = json_object_get(
		json_object_get(json_object_get(xebra_conf_running(), "ccn"), "routes"), prefix);
	json_t *hops;

	if (ccn_run == NULL)
		return not_running(err);
	if (route == NULL)
		return xebra_err_set(err, -ENOENT, "there is no configured prefix %s", prefix);
	if (face != NULL) {
		hops = hops_without(prefix, face);
		if (json_array_size(hops) == json_array_size(json_object_get(route, "via"))) {
			json_decref(hops);
			return xebra_err_set(
				err, -ENOENT, "%s has no next hop by face %s", prefix, face);
		}
		if (json_array_size(hops) > 0)
			return set_route(prefix, hops, err);
		json_decref(hops);
	}
	ccn_withdraw_route(prefix);
	ccn_rib_settle();
	xebra_conf_record(path, NULL);
	return 0;
}

static struct xebra_cmd fib_del_cmd = {
	.name = "ccn fib del",
	.help = "Delete a name prefix, or one of its next hops.",
	.params = fib_del_params,
	.run = fib_del,
};
XEBRA_CMD(fib_del_cmd)

static const struct xebra_cmd_param strategy_set_params[] = {
	{.name = "prefix", .help = "Name prefix, /a/b.", .type = XEBRA_PARAM_STRING},
	{
		.name = "strategy",
		.help = "How next hops are chosen.",
		.type = XEBRA_PARAM_WORD,
		.words = ccn_strategy_words,
	},
	{.name = NULL},
};

static int
strategy_set(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	return change("strategies", text(args, "prefix"),
		json_incref(json_object_get(args, "strategy")), err);
}

static struct xebra_cmd strategy_set_cmd = {
	.name = "ccn strategy set",
	.help = "Choose the strategy of a name prefix.",
	.params = strategy_set_params,
	.run = strategy_set,
};
XEBRA_CMD(strategy_set_cmd)

static const struct xebra_cmd_param strategy_unset_params[] = {
	{.name = "prefix", .help = "Name prefix, as it was set.", .type = XEBRA_PARAM_STRING},
	{.name = NULL},
};

static int
strategy_unset(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *prefix = text(args, "prefix");
	const json_t *set =
		json_object_get(json_object_get(xebra_conf_running(), "ccn"), "strategies");

	if (json_object_get(set, prefix) == NULL)
		return xebra_err_set(err, -ENOENT, "no strategy was set for %s", prefix);
	return change("strategies", prefix, NULL, err);
}

static struct xebra_cmd strategy_unset_cmd = {
	.name = "ccn strategy unset",
	.help = "Let a name prefix have the strategy of the one above it.",
	.params = strategy_unset_params,
	.run = strategy_unset,
};
XEBRA_CMD(strategy_unset_cmd)
