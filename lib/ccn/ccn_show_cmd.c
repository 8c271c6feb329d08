/* SPDX-License-Identifier: BSD-3-Clause */
/* What people and telemetry see of CCN. */
#include "ccn_conf.h"
#include "xebra_cmd.h"

#define SHOW_MAX 1000 /* prefixes shown without being asked for more */
#define PIT_SHOW_MAX 256

/* The parameter "prefix" as a name; the root when it is left out. */
int
ccn_cmd_prefix(const json_t *args, struct ccn_name *name, uint8_t value[CCN_NAME_MAX],
	struct xebra_err *err)
{
	const char *uri = json_string_value(json_object_get(args, "prefix"));
	int len = ccn_name_from_uri(uri == NULL ? "/" : uri, value, err);

	if (len < 0)
		return xebra_err_at(err, "prefix");
	ccn_name_parse(name, value, (uint32_t)len);
	return 0;
}

void
ccn_cmd_offer_routes(json_t *words)
{
	const char *prefix;
	json_t *value;

	json_object_foreach (
		json_object_get(json_object_get(xebra_conf_running(), "ccn"), "routes"), prefix,
		value)
		json_array_append_new(words, json_string(prefix));
}

static int
show_face(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	*reply = ccn_face_json();
	return 0;
}

static struct xebra_cmd show_face_cmd = {
	.name = "show ccn face",
	.help = "CCN faces and what came and went by them.",
	.run = show_face,
	.telemetry = true,
};
XEBRA_CMD(show_face_cmd)

static const struct xebra_cmd_param under_params[] = {
	{
		.name = "prefix",
		.help = "Only this prefix and those under it.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.complete = ccn_cmd_offer_routes,
	},
	{
		.name = "max",
		.help = "At most so many.",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.keyword = true,
		.min = 1,
		.max = 10000000,
	},
	{.name = NULL},
};

static int
show_fib(const json_t *args, json_t **reply, struct xebra_err *err)
{
	const json_t *max = json_object_get(args, "max");
	uint8_t value[CCN_NAME_MAX];
	struct ccn_name name;

	if (ccn_cmd_prefix(args, &name, value, err) < 0)
		return err->code;
	*reply =
		ccn_rib_json(&name, max == NULL ? SHOW_MAX : (unsigned int)json_integer_value(max));
	return 0;
}

static struct xebra_cmd show_fib_cmd = {
	.name = "show ccn fib",
	.help = "Name prefixes, their next hops, and what became of Interests sent by them.",
	.params = under_params,
	.run = show_fib,
	.telemetry = true,
};
XEBRA_CMD(show_fib_cmd)

static int
show_strategy(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	*reply = ccn_run == NULL ? json_array() : ccn_rib_strategy_json();
	return 0;
}

static struct xebra_cmd show_strategy_cmd = {
	.name = "show ccn strategy",
	.help = "Strategies by name prefix (best-route where there is none).",
	.run = show_strategy,
	.telemetry = true,
};
XEBRA_CMD(show_strategy_cmd)

static int
show_cs(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	struct ccn_cs_stats all = {0};

	for (unsigned int i = 0; ccn_run != NULL && i < ccn_run->n_shards; i++) {
		struct ccn_shard *shard = &ccn_run->shards[i];
		struct ccn_cs_stats one;

		rte_spinlock_lock(&shard->lock);
		one = *ccn_cs_stats(shard->fwd->cs);
		rte_spinlock_unlock(&shard->lock);
		all.hits += one.hits;
		all.misses += one.misses;
		all.inserts += one.inserts;
		all.evictions += one.evictions;
		all.packets += one.packets;
		all.used_kb += one.used_kb;
	}
	*reply = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "packets", (json_int_t)all.packets,
		"used_bytes", (json_int_t)all.used_kb * 1024, "hits", (json_int_t)all.hits,
		"misses", (json_int_t)all.misses, "inserts", (json_int_t)all.inserts, "evictions",
		(json_int_t)all.evictions);
	return 0;
}

static struct xebra_cmd show_cs_cmd = {
	.name = "show ccn cs",
	.help = "The content store: what it holds, hits and misses.",
	.run = show_cs,
	.telemetry = true,
};
XEBRA_CMD(show_cs_cmd)

/* What walking a PIT gathers; its shard is locked meanwhile. */
struct pit_list {
	const struct ccn_fwd *fwd;
	json_t *entries;
};

static void
list_entry(struct ccn_pit_entry *entry, void *arg)
{
	struct pit_list *list = arg;
	uint8_t name[CCN_NAME_MAX];
	char uri[CCN_URI_MAX];
	json_t *in, *out;

	if (json_array_size(list->entries) >= PIT_SHOW_MAX || entry->expiry_us <= list->fwd->now_us)
		return;
	ccn_pit_name(list->fwd->pit, entry, name);
	in = json_array();
	for (const struct ccn_pit_in *r = entry->in; r != NULL; r = r->next)
		json_array_append_new(in, json_string(ccn_face_name(r->face)));
	out = json_array();
	for (const struct ccn_pit_out *r = entry->out; r != NULL; r = r->next)
		json_array_append_new(out, json_string(ccn_face_name(r->face)));
	json_array_append_new(list->entries,
		json_pack("{s:s, s:b, s:b, s:o, s:o, s:I}", "name",
			ccn_name_to_uri(name, entry->len, uri, sizeof(uri)), "can_be_prefix",
			entry->can_be_prefix, "must_be_fresh", entry->must_be_fresh, "from", in,
			"to", out, "left_ms",
			(json_int_t)((entry->expiry_us - list->fwd->now_us) / 1000)));
}

static int
show_pit(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	struct pit_list list = {.entries = json_array()};
	json_int_t count = 0;

	for (unsigned int i = 0; ccn_run != NULL && i < ccn_run->n_shards; i++) {
		struct ccn_shard *shard = &ccn_run->shards[i];

		list.fwd = shard->fwd;
		rte_spinlock_lock(&shard->lock);
		count += ccn_pit_count(shard->fwd->pit);
		ccn_pit_walk(shard->fwd->pit, list_entry, &list, PIT_SHOW_MAX);
		rte_spinlock_unlock(&shard->lock);
	}
	*reply = json_pack("{s:I, s:o}", "entries", count, "pending", list.entries);
	return 0;
}

static struct xebra_cmd show_pit_cmd = {
	.name = "show ccn pit",
	.help = "How many Interests are pending, and the first 256 of them.",
	.run = show_pit,
	.telemetry = true,
};
XEBRA_CMD(show_pit_cmd)
