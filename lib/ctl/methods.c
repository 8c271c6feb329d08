/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The methods that are no commands, for clients that speak in words as people do:
 *
 *     ctl.commands  the command table
 *     ctl.shell     {"words": [...]} or {"line": "..."}: a line as in the shell
 *     ctl.lines     {"lines": [...]}: many lines, in order, with one reply for all
 *
 * Words are understood here and nowhere else, so that xebractl and the shell cannot differ.
 *
 * With "json": true the reply of a command is data ({"reply": ...}), otherwise text
 * ({"text": ...}). ctl.lines answers with an array of what is worth saying: for the lines that
 * have a reply {"line": i, "text" or "reply": ...}, for those that failed {"line": i, "error":
 * ...}, lines counted from 0. A million "route add" that succeed have a short answer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl_priv.h"
#include "rpc_priv.h"

static json_t *
render(const struct xebra_cmd *cmd, const json_t *reply)
{
	char *text = NULL;
	size_t size = 0;
	json_t *string;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	xebra_cmd_print(cmd, reply, out);
	if (fclose(out) != 0) {
		free(text);
		return NULL;
	}
	string = json_stringn(text, size);
	if (string == NULL)
		string = json_text(text);
	free(text);
	return string;
}

/* Put a reply into the object as data or as text. Takes the reference. */
static void
set_reply(json_t *object, const struct xebra_cmd *cmd, json_t *reply, bool json)
{
	if (json) {
		json_object_set_new(object, "reply", reply);
		return;
	}
	json_object_set_new(object, "text", render(cmd, reply));
	json_decref(reply);
}

static int
get_words(const json_t *list, struct words *words, struct xebra_err *err)
{
	json_t *word;
	size_t i;

	words->n = 0;
	if (json_array_size(list) > WORDS_MAX)
		return xebra_err_set(err, -EINVAL, "more than %u words", WORDS_MAX);
	json_array_foreach (list, i, word) {
		if (!json_is_string(word))
			return xebra_err_set(err, -EINVAL, "ctl.shell: words must be strings");
		words->word[i].text = json_string_value(word);
		words->word[i].quoted = false;
		words->n++;
	}
	return 0;
}

static void
run_shell(struct rpc_client *client, const json_t *params, const json_t *id)
{
	static struct words words;
	const json_t *list = json_object_get(params, "words");
	const char *line = json_string_value(json_object_get(params, "line"));
	const struct xebra_cmd *cmd = NULL;
	struct xebra_err err = {0};
	json_t *reply = NULL, *result;
	int rc;

	if (!json_is_array(list) == (line == NULL)) {
		rpc_reply_error(client, id, RPC_INVALID_PARAMS,
			"ctl.shell: either words, an array, or line, a string, is needed", NULL);
		return;
	}
	if (line != NULL)
		rc = line_run(line, &cmd, &reply, &err);
	else if ((rc = get_words(list, &words, &err)) == 0)
		rc = words_run(&words, &cmd, &reply, &err);
	if (rc < 0) {
		rpc_reply_err(client, id, &err);
		return;
	}
	result = json_object();
	set_reply(result, cmd, reply, json_is_true(json_object_get(params, "json")));
	rpc_reply(client, id, result);
	json_decref(result);
}

static void
start_lines(struct rpc_client *client, const json_t *params, json_t *id)
{
	json_t *lines = json_object_get(params, "lines");

	if (json_array_size(lines) == 0) {
		rpc_reply_error(client, id, RPC_INVALID_PARAMS,
			"ctl.lines: lines, an array of strings, is needed", NULL);
		return;
	}
	client->lines = json_incref(lines);
	client->lines_id = json_incref(id);
	client->lines_json = json_is_true(json_object_get(params, "json"));
	client->next_line = 0;
	rpc_list_begin(client, id);
}

static void
run_one_line(struct rpc_client *client)
{
	const char *line = json_string_value(json_array_get(client->lines, client->next_line));
	const struct xebra_cmd *cmd = NULL;
	struct xebra_err err = {0};
	json_t *reply = NULL, *result;

	if (line == NULL)
		xebra_err_set(&err, -EINVAL, "ctl.lines: a line must be a string");
	else if (line_run(line, &cmd, &reply, &err) == 0 && json_is_null(reply))
		return;
	result = json_pack("{s:I}", "line", (json_int_t)client->next_line);
	if (reply != NULL)
		set_reply(result, cmd, reply, client->lines_json);
	else
		json_object_set_new(result, "error", rpc_refusal(&err));
	rpc_list_add(client, result);
}

void
rpc_lines_step(struct rpc_client *client)
{
	run_one_line(client);
	if (++client->next_line < json_array_size(client->lines))
		return;
	rpc_list_end(client);
	json_decref(client->lines);
	json_decref(client->lines_id);
	client->lines = client->lines_id = NULL;
}

static void
list_commands(struct rpc_client *client, const json_t *id)
{
	json_t *list = json_array();
	size_t n;
	struct xebra_cmd *const *table = cmd_table(&n);

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, cmd_to_json(table[i]));
	rpc_reply(client, id, list);
	json_decref(list);
}

bool
rpc_method(struct rpc_client *client, const char *method, const json_t *params, json_t *id)
{
	if (strncmp(method, "ctl.", 4) != 0)
		return false;
	if (strcmp(method, "ctl.shell") == 0)
		run_shell(client, params, id);
	else if (strcmp(method, "ctl.lines") == 0)
		start_lines(client, params, id);
	else if (strcmp(method, "ctl.commands") == 0)
		list_commands(client, id);
	else
		return false;
	return true;
}
