/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands "config ..." and "show config". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf_priv.h"
#include "xebra_cmd.h"
#include "xebra_loop.h"

/* jansson's walking functions take no const; commands do not change the running configuration. */
static json_t *
unconst(const json_t *value)
{
	return (json_t *)(uintptr_t)value;
}

static const char *
text_arg(const json_t *args, const char *name)
{
	return json_string_value(json_object_get(args, name));
}

/* The path argument. */
static int
get_path(const json_t *args, struct conf_path *path, struct xebra_err *err)
{
	const char *text = text_arg(args, "path");
	int rc;

	rc = conf_path_parse(text != NULL ? text : "", path, err);
	if (rc < 0)
		return rc;
	if (path->nb_steps == 0)
		return xebra_err_set(err, -EINVAL, "path: a section's name is missing");
	return 0;
}

static void
print_json(const json_t *reply, FILE *out)
{
	json_dumpf(reply, out, JSON_INDENT(2) | JSON_ENCODE_ANY);
	fputc('\n', out);
}

static void
offer_sections(json_t *words)
{
	struct xebra_conf_section *s;

	TAILQ_FOREACH (s, &conf_sections, next)
		json_array_append_new(words, json_string(s->schema.name));
}

/* ---- show config ---- */

static int
show_config(const json_t *args, json_t **reply, struct xebra_err *err)
{
	const char *text = text_arg(args, "path");
	json_t *root = unconst(xebra_conf_running());
	struct conf_path path;
	json_t *value;
	int rc;

	if (json_is_true(json_object_get(args, "candidate")) && conf_candidate() != NULL)
		root = conf_candidate();
	else if (json_is_true(json_object_get(args, "defaults")))
		root = unconst(xebra_conf_running_complete());
	if (text == NULL) {
		*reply = json_incref(root);
		return 0;
	}
	rc = conf_path_parse(text, &path, err);
	if (rc < 0)
		return rc;
	if (path.nb_steps > 0 && conf_path_key(&path, err) == NULL)
		return -EINVAL;
	value = conf_path_get(root, &path);
	if (value == NULL)
		return xebra_err_set(err, -ENOENT, "%.200s: not in the configuration", text);
	*reply = json_incref(value);
	return 0;
}

static const struct xebra_cmd_param show_config_params[] = {
	{.name = "path",
		.help = "Only what is there, as control.socket; odd names in quotes: a.\"b/c\".",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.complete = offer_sections},
	{.name = "defaults",
		.help = "With the values that the file leaves to their defaults.",
		.type = XEBRA_PARAM_FLAG,
		.optional = true},
	{.name = "candidate",
		.help = "The candidate, when there is one, instead of the running configuration.",
		.type = XEBRA_PARAM_FLAG,
		.optional = true},
	{0},
};

static struct xebra_cmd show_config_cmd = {
	.name = "show config",
	.help = "Show the running configuration or a part of it.",
	.params = show_config_params,
	.run = show_config,
	.print = print_json,
};
XEBRA_CMD(show_config_cmd)

/* ---- Files ---- */

static const struct xebra_cmd_param file_params[] = {
	{.name = "file", .help = "A file on the program's machine.", .type = XEBRA_PARAM_STRING},
	{0},
};

static int
config_check(const json_t *args, json_t **reply, struct xebra_err *err)
{
	json_t *config;
	int rc;

	(void)reply;
	rc = xebra_conf_read(text_arg(args, "file"), &config, err);
	if (rc == 0)
		json_decref(config);
	return rc;
}

static struct xebra_cmd config_check_cmd = {
	.name = "config check",
	.help = "Check a configuration file; nothing is changed.",
	.params = file_params,
	.run = config_check,
};
XEBRA_CMD(config_check_cmd)

static int
config_load(const json_t *args, json_t **reply, struct xebra_err *err)
{
	json_t *config;
	int rc;

	(void)reply;
	rc = xebra_conf_read(text_arg(args, "file"), &config, err);
	if (rc == 0)
		conf_candidate_load(config);
	return rc;
}

static struct xebra_cmd config_load_cmd = {
	.name = "config load",
	.help = "Make a configuration file the candidate.",
	.params = file_params,
	.run = config_load,
};
XEBRA_CMD(config_load_cmd)

static int
config_save(const json_t *args, json_t **reply, struct xebra_err *err)
{
	const char *file = text_arg(args, "file");
	int rc;

	if (file == NULL)
		file = conf_file();
	rc = conf_write_file(file, unconst(xebra_conf_running()), err);
	if (rc == 0)
		*reply = json_pack("{s:s}", "file", file);
	return rc;
}

static const struct xebra_cmd_param save_params[] = {
	{.name = "file",
		.help = "A file on the program's machine; without it the one of the start.",
		.type = XEBRA_PARAM_STRING,
		.optional = true},
	{0},
};

static struct xebra_cmd config_save_cmd = {
	.name = "config save",
	.help = "Write the running configuration to a file, whole or not at all.",
	.params = save_params,
	.run = config_save,
};
XEBRA_CMD(config_save_cmd)

static int
config_reload(const json_t *args, json_t **reply, struct xebra_err *err)
{
	(void)args;
	(void)reply;
	return xebra_conf_reload(err);
}

static struct xebra_cmd config_reload_cmd = {
	.name = "config reload",
	.help = "Read the file of the start again and commit it, as SIGHUP does.",
	.run = config_reload,
};
XEBRA_CMD(config_reload_cmd)

/* ---- The candidate ---- */

static int
config_set(const json_t *args, json_t **reply, struct xebra_err *err)
{
	struct conf_path path;
	int rc;

	(void)reply;
	rc = get_path(args, &path, err);
	if (rc < 0)
		return rc;
	return conf_candidate_set(&path, json_deep_copy(json_object_get(args, "value")), err);
}

static const struct xebra_cmd_param set_params[] = {
	{.name = "path",
		.help = "Where, as control.socket; odd names in quotes: a.\"b/c\".",
		.type = XEBRA_PARAM_STRING,
		.complete = offer_sections},
	{.name = "value", .help = "What, as JSON.", .type = XEBRA_PARAM_JSON},
	{0},
};

static struct xebra_cmd config_set_cmd = {
	.name = "config set",
	.help = "Set a value of the candidate, which begins as the running configuration.",
	.params = set_params,
	.run = config_set,
};
XEBRA_CMD(config_set_cmd)

static int
config_unset(const json_t *args, json_t **reply, struct xebra_err *err)
{
	struct conf_path path;
	int rc;

	(void)reply;
	rc = get_path(args, &path, err);
	return rc < 0 ? rc : conf_candidate_set(&path, NULL, err);
}

static const struct xebra_cmd_param unset_params[] = {
	{.name = "path",
		.help = "Where, as control.socket; odd names in quotes: a.\"b/c\".",
		.type = XEBRA_PARAM_STRING,
		.complete = offer_sections},
	{0},
};

static struct xebra_cmd config_unset_cmd = {
	.name = "config unset",
	.help = "Remove a value from the candidate.",
	.params = unset_params,
	.run = config_unset,
};
XEBRA_CMD(config_unset_cmd)

static int
config_diff(const json_t *args, json_t **reply, struct xebra_err *err)
{
	json_t *running = unconst(xebra_conf_running());

	(void)args;
	*reply = conf_candidate() != NULL ? conf_diff(running, conf_candidate()) : json_array();
	return *reply != NULL ? 0 : xebra_err_set(err, -ENOMEM, "out of memory");
}

static void
print_change(const json_t *entry, const char *sign, const char *key, FILE *out)
{
	const json_t *value = json_object_get(entry, key);

	if (value == NULL)
		return;
	fprintf(out, "%s %s: ", sign, text_arg(entry, "path"));
	json_dumpf(value, out, JSON_ENCODE_ANY);
	fputc('\n', out);
}

static void
print_diff(const json_t *reply, FILE *out)
{
	json_t *entry;
	size_t i;

	if (json_array_size(reply) == 0)
		fprintf(out, "no difference\n");
	json_array_foreach (reply, i, entry) {
		print_change(entry, "-", "from", out);
		print_change(entry, "+", "to", out);
	}
}

static struct xebra_cmd config_diff_cmd = {
	.name = "config diff",
	.help = "Show what committing the candidate would change.",
	.run = config_diff,
	.print = print_diff,
};
XEBRA_CMD(config_diff_cmd)

static int
config_discard(const json_t *args, json_t **reply, struct xebra_err *err)
{
	(void)args;
	(void)reply;
	(void)err;
	conf_candidate_discard();
	return 0;
}

static struct xebra_cmd config_discard_cmd = {
	.name = "config discard",
	.help = "Forget the candidate.",
	.run = config_discard,
};
XEBRA_CMD(config_discard_cmd)

static int
config_commit(const json_t *args, json_t **reply, struct xebra_err *err)
{
	(void)args;
	(void)reply;
	return conf_candidate_commit(err);
}

static struct xebra_cmd config_commit_cmd = {
	.name = "config commit",
	.help = "Make the candidate the running configuration, all of it or nothing.",
	.run = config_commit,
};
XEBRA_CMD(config_commit_cmd)

/* ---- Earlier configurations ---- */

static int
config_rollback(const json_t *args, json_t **reply, struct xebra_err *err)
{
	const json_t *steps = json_object_get(args, "steps");

	(void)reply;
	return conf_rollback(steps != NULL ? json_integer_value(steps) : 1, err);
}

static const struct xebra_cmd_param rollback_params[] = {
	{.name = "steps",
		.help = "How far back, as \"config history\" numbers them; 1 when left out.",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.min = 1,
		.max = CONF_HISTORY_MAX},
	{0},
};

static struct xebra_cmd config_rollback_cmd = {
	.name = "config rollback",
	.help = "Go back to an earlier configuration; a second time undoes the first.",
	.params = rollback_params,
	.run = config_rollback,
};
XEBRA_CMD(config_rollback_cmd)

static int
config_history(const json_t *args, json_t **reply, struct xebra_err *err)
{
	const struct conf_past *past;

	(void)args;
	(void)err;
	*reply = json_array();
	for (unsigned int n = 1; (past = conf_history_get(n)) != NULL; n++)
		json_array_append_new(*reply,
			json_pack("{s:i, s:I, s:s, s:I}", "steps", (int)n, "replaced_s_ago",
				(json_int_t)((xebra_now_ms() - past->time_ms) / 1000), "by",
				past->by, "bytes", (json_int_t)past->len));
	return 0;
}

static struct xebra_cmd config_history_cmd = {
	.name = "config history",
	.help = "List the earlier configurations that \"config rollback\" can go back to.",
	.run = config_history,
};
XEBRA_CMD(config_history_cmd)
