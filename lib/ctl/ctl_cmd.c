/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that every program has. */
#include <string.h>
#include <unistd.h>

#include <rte_version.h>

#include "ctl_priv.h"
#include "xebra_loop.h"

/* help */

static void
offer_commands(json_t *words)
{
	size_t n;
	struct xebra_cmd *const *table = cmd_table(&n);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(words, json_string(table[i]->name));
}

static int
run_help(const json_t *args, json_t **reply, struct xebra_err *err)
{
	const char *name = json_string_value(json_object_get(args, "command"));
	size_t n;
	struct xebra_cmd *const *table = cmd_table(&n);

	*reply = json_array();
	for (size_t i = 0; i < n; i++)
		if (name == NULL || strcmp(table[i]->name, name) == 0 ||
			cmd_begins_with(table[i], name))
			json_array_append_new(*reply, cmd_to_json(table[i]));
	return json_array_size(*reply) > 0 ? 0 : cmd_not_found(name, err);
}

static void
print_params(const json_t *params, FILE *out)
{
	int width = 0;
	json_t *param;
	size_t i;

	json_array_foreach (params, i, param)
		width = RTE_MAX(width, (int)json_string_length(json_object_get(param, "name")));
	json_array_foreach (params, i, param)
		fprintf(out, "    %-*s  %s\n", width,
			json_string_value(json_object_get(param, "name")),
			json_string_value(json_object_get(param, "help")));
}

static void
print_help(const json_t *reply, FILE *out)
{
	json_t *cmd;
	size_t i;

	if (json_array_size(reply) == 1) {
		cmd = json_array_get(reply, 0);
		fprintf(out, "%s\n  %s\n", json_string_value(json_object_get(cmd, "usage")),
			json_string_value(json_object_get(cmd, "help")));
		print_params(json_object_get(cmd, "params"), out);
		return;
	}
	json_array_foreach (reply, i, cmd)
		fprintf(out, "%s\n      %s\n", json_string_value(json_object_get(cmd, "usage")),
			json_string_value(json_object_get(cmd, "help")));
}

static const struct xebra_cmd_param help_params[] = {
	{
		.name = "command",
		.help = "A command, or the words that several begin with.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.rest = true,
		.complete = offer_commands,
	},
	{0},
};

static struct xebra_cmd help_cmd = {
	.name = "help",
	.help = "List the commands, or explain one.",
	.params = help_params,
	.run = run_help,
	.print = print_help,
};
XEBRA_CMD(help_cmd)

/* quit */

static int
run_quit(const json_t *args __rte_unused, json_t **reply __rte_unused,
	struct xebra_err *err __rte_unused)
{
	xebra_loop_stop();
	return 0;
}

static struct xebra_cmd quit_cmd = {
	.name = "quit",
	.help = "Stop the program in good order.",
	.run = run_quit,
};
XEBRA_CMD(quit_cmd)

/* show version */

static int
run_show_version(
	const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	*reply = json_pack("{s:s, s:s, s:i}", "version", XEBRA_VERSION, "dpdk", rte_version(),
		"pid", (int)getpid());
	return 0;
}

static struct xebra_cmd show_version_cmd = {
	.name = "show version",
	.help = "Show the version of the program and of DPDK, and the process.",
	.run = run_show_version,
	.telemetry = true,
};
XEBRA_CMD(show_version_cmd)
