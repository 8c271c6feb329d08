/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAKE_CMDS_H
#define FAKE_CMDS_H

/* Commands for the tests of lib/ctl: every kind of parameter, and handlers that can be counted. */

#include <errno.h>

#include "ctl_priv.h"

static unsigned int fake_counts; /* calls of "fake count" */

/* The arguments come back: what a handler would have seen. */
static int
fake_echo(const json_t *args, json_t **reply, struct xebra_err *err __rte_unused)
{
	*reply = json_deep_copy(args);
	return 0;
}

static int
fake_count(const json_t *args __rte_unused, json_t **reply __rte_unused,
	struct xebra_err *err __rte_unused)
{
	fake_counts++;
	return 0;
}

static int
fake_fail(const json_t *args __rte_unused, json_t **reply __rte_unused, struct xebra_err *err)
{
	return xebra_err_set(err, -EEXIST, "10.0.0.0/8: is there already");
}

/* A string of so many bytes. */
static int
fake_large(const json_t *args, json_t **reply, struct xebra_err *err __rte_unused)
{
	size_t bytes = json_integer_value(json_object_get(args, "bytes"));
	char *text = malloc(bytes + 1);

	memset(text, 'x', bytes);
	text[bytes] = '\0';
	*reply = json_string(text);
	free(text);
	return 0;
}

static void
fake_names(json_t *words)
{
	json_array_append_new(words, json_string("lan"));
	json_array_append_new(words, json_string("wan"));
}

static const char *const fake_types[] = {"blackhole", "unreachable", NULL};

static const struct xebra_cmd_param fake_add_params[] = {
	{.name = "prefix", .help = "Where to.", .type = XEBRA_PARAM_STRING, .max = 20},
	{.name = "via",
		.help = "Next hop.",
		.type = XEBRA_PARAM_STRING,
		.keyword = true,
		.complete = fake_names},
	{.name = "weight",
		.help = "Share.",
		.type = XEBRA_PARAM_INT,
		.keyword = true,
		.optional = true,
		.min = 1,
		.max = 255},
	{.name = "type",
		.help = "Kind.",
		.type = XEBRA_PARAM_WORD,
		.keyword = true,
		.optional = true,
		.words = fake_types},
	{.name = "quiet", .help = "Say nothing.", .type = XEBRA_PARAM_FLAG, .optional = true},
	{0},
};

static struct xebra_cmd fake_add_cmd = {
	.name = "fake add", .help = "Add.", .params = fake_add_params, .run = fake_echo};
XEBRA_CMD(fake_add_cmd)

static const struct xebra_cmd_param fake_name_params[] = {
	{.name = "name",
		.help = "Which.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.complete = fake_names},
	{.name = "detail", .help = "All.", .type = XEBRA_PARAM_FLAG, .optional = true},
	{0},
};

static struct xebra_cmd fake_echo_cmd = {.name = "fake echo",
	.help = "Show names.",
	.params = fake_name_params,
	.run = fake_echo,
	.telemetry = true};
XEBRA_CMD(fake_echo_cmd)

static const struct xebra_cmd_param fake_set_params[] = {
	{.name = "path", .help = "Where.", .type = XEBRA_PARAM_STRING},
	{.name = "value", .help = "What.", .type = XEBRA_PARAM_JSON},
	{.name = "at", .help = "When.", .type = XEBRA_PARAM_INT, .optional = true},
	{.name = "why",
		.help = "Reason.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.rest = true},
	{0},
};

static struct xebra_cmd fake_set_cmd = {
	.name = "fake set", .help = "Set.", .params = fake_set_params, .run = fake_echo};
XEBRA_CMD(fake_set_cmd)

static struct xebra_cmd fake_count_cmd = {
	.name = "fake count", .help = "Count calls.", .run = fake_count};
XEBRA_CMD(fake_count_cmd)

static struct xebra_cmd fake_fail_cmd = {.name = "fake fail", .help = "Refuse.", .run = fake_fail};
XEBRA_CMD(fake_fail_cmd)

static const struct xebra_cmd_param fake_large_params[] = {
	{.name = "bytes", .help = "Size.", .type = XEBRA_PARAM_INT, .min = 0, .max = 1 << 30},
	{0},
};

static struct xebra_cmd fake_large_cmd = {
	.name = "fake large", .help = "Say much.", .params = fake_large_params, .run = fake_large};
XEBRA_CMD(fake_large_cmd)

/* What a client writes. */
#define REQUEST(id, method, params) \
	"{\"jsonrpc\": \"2.0\", \"id\": " id ", \"method\": \"" method "\", \"params\": " params "}"
#define NOTE(method) "{\"jsonrpc\": \"2.0\", \"method\": \"" method "\"}"

#endif
