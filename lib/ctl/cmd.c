/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command table.
 *
 * Whatever a program can be told is one entry here, registered by the subject that it belongs to:
 * a name of a few words, typed parameters, a handler that takes and returns JSON. The roads to it
 * differ in their form only:
 *
 *     JSON-RPC on the socket   {"method": NAME, "params": ARGS}             rpc.c, server.c
 *     a line of words          shell and xebractl: words.c makes ARGS       shell.c, methods.c
 *     telemetry                /xebra/..., a parameter as one word          telemetry.c
 *
 * and all meet in cmd_check_args() and cmd_run_checked(), so that a handler sees only arguments
 * that are what its parameters say. What comes back is JSON again; print.c makes text of it for
 * people. Completion, help, and the reference in the guide are read off the same entries.
 *
 * The table is a list, as constructors in any order fill it, and an array in the order of names
 * that is made when somebody looks something up: shared objects may add commands after the start.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ctl_priv.h"

static TAILQ_HEAD(, xebra_cmd) cmds = TAILQ_HEAD_INITIALIZER(cmds);
static size_t cmds_n;

static struct xebra_cmd **sorted;
static size_t sorted_n;
static size_t words_most;

static size_t
count_words(const char *name)
{
	size_t n = 1;

	for (; *name != '\0'; name++)
		n += *name == ' ';
	return n;
}

static size_t
count_params(const struct xebra_cmd *cmd)
{
	size_t n = 0;

	while (cmd->params != NULL && cmd->params[n].name != NULL)
		n++;
	return n;
}

void
xebra_cmd_register(struct xebra_cmd *cmd)
{
	const struct xebra_cmd *other;

	TAILQ_FOREACH (other, &cmds, next) {
		if (strcmp(other->name, cmd->name) == 0) {
			fprintf(stderr, "xebra: two commands \"%s\"\n", cmd->name);
			abort();
		}
	}
	if (strlen(cmd->name) >= CMD_NAME_MAX || count_words(cmd->name) > CMD_WORDS_MAX ||
		count_params(cmd) > CMD_PARAMS_MAX || cmd->help == NULL || cmd->run == NULL) {
		fprintf(stderr, "xebra: command \"%s\" is not complete\n", cmd->name);
		abort();
	}
	TAILQ_INSERT_TAIL(&cmds, cmd, next);
	cmds_n++;
	words_most = RTE_MAX(words_most, count_words(cmd->name));
}

static int
compare_cmds(const void *a, const void *b)
{
	const struct xebra_cmd *const *left = a;
	const struct xebra_cmd *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

struct xebra_cmd *const *
cmd_table(size_t *n)
{
	struct xebra_cmd *cmd;
	struct xebra_cmd **table;

	if (sorted_n != cmds_n) {
		table = realloc(sorted, cmds_n * sizeof(*table));
		if (table != NULL) {
			sorted = table;
			sorted_n = 0;
			TAILQ_FOREACH (cmd, &cmds, next)
				sorted[sorted_n++] = cmd;
			qsort(sorted, sorted_n, sizeof(*sorted), compare_cmds);
		}
	}
	*n = sorted_n;
	return sorted;
}

size_t
cmd_words_most(void)
{
	return words_most;
}

struct xebra_cmd *
cmd_find(const char *name)
{
	size_t low = 0, high;
	struct xebra_cmd *const *table = cmd_table(&high);

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, table[middle]->name);

		if (order == 0)
			return table[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool
cmd_begins_with(const struct xebra_cmd *cmd, const char *words)
{
	size_t len = strlen(words);

	return len == 0 || (strncmp(cmd->name, words, len) == 0 && cmd->name[len] == ' ');
}

/*
 * The different words that may follow `before` in the commands' names, ended by NULL. The caller
 * frees the array; the words live in `text`.
 */
static const char **
next_words(const char *before, char (*text)[CMD_NAME_MAX])
{
	size_t n, found = 0, skip = before[0] == '\0' ? 0 : strlen(before) + 1;
	struct xebra_cmd *const *table = cmd_table(&n);
	const char **words = calloc(n + 1, sizeof(*words));

	if (words == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const char *word = table[i]->name + skip;

		if (!cmd_begins_with(table[i], before))
			continue;
		snprintf(text[found], CMD_NAME_MAX, "%.*s", (int)strcspn(word, " "), word);
		/* In the order of names equal words are neighbours. */
		if (found > 0 && strcmp(text[found], text[found - 1]) == 0)
			continue;
		words[found] = text[found];
		found++;
	}
	return words;
}

/* The words that may follow, as "a, b, c". */
static void
list_words(const char *const *words, char *list, size_t size)
{
	size_t used = 0;

	list[0] = '\0';
	for (size_t i = 0; words[i] != NULL && used < size; i++)
		used += snprintf(list + used, size - used, "%s%s", i == 0 ? "" : ", ", words[i]);
}

/* `before` is right as far as it goes, `rest` is not, and `words` may stand there. */
static int
err_not_found(const char *name, const char *before, const char *rest, const char *const *words,
	struct xebra_err *err)
{
	const char *near;
	char word[CMD_NAME_MAX];
	char list[256];

	snprintf(word, sizeof(word), "%.*s", (int)strcspn(rest, " "), rest);
	list_words(words, list, sizeof(list));
	if (words[0] == NULL)
		return xebra_err_set(err, -ENOENT,
			"%.64s: no such command, the command \"%s\" ends there", name, before);
	if (*rest == '\0' && before[0] != '\0')
		return xebra_err_set(err, -ENOENT, "%s: goes on with one of: %s", before, list);
	near = xebra_nearest_word(word, words);
	if (near != NULL)
		return xebra_err_set(err, -ENOENT,
			"%.64s: no such command, did you mean \"%s%s%s\"?", name, before,
			before[0] == '\0' ? "" : " ", near);
	if (before[0] != '\0')
		return xebra_err_set(err, -ENOENT,
			"%.64s: no such command, \"%s\" goes on with one of: %s", name, before,
			list);
	return xebra_err_set(err, -ENOENT, "%.64s: no such command, see \"help\"", name);
}

static bool
has_word(const char *const *words, const char *word, size_t len)
{
	for (; *words != NULL; words++)
		if (strlen(*words) == len && memcmp(*words, word, len) == 0)
			return true;
	return false;
}

int
cmd_not_found(const char *name, struct xebra_err *err)
{
	char before[CMD_NAME_MAX] = "";
	const char *rest = name;
	size_t n;
	int rc;

	cmd_table(&n);

	char(*text)[CMD_NAME_MAX] = calloc(n + 1, sizeof(*text));
	const char **words = text != NULL ? next_words(before, text) : NULL;

	while (words != NULL && words[0] != NULL) {
		size_t len = strcspn(rest, " "), used = strlen(before);

		if (len == 0 || !has_word(words, rest, len))
			break;
		snprintf(before + used, sizeof(before) - used, "%s%.*s", used == 0 ? "" : " ",
			(int)len, rest);
		rest += len;
		rest += strspn(rest, " ");
		free(words);
		words = next_words(before, text);
	}
	if (words == NULL)
		rc = xebra_err_set(err, -ENOENT, "%.64s: no such command", name);
	else
		rc = err_not_found(name, before, rest, words, err);
	free(words);
	free(text);
	return rc;
}

int
cmd_run_checked(
	const struct xebra_cmd *cmd, const json_t *args, json_t **reply, struct xebra_err *err)
{
	json_t *none = NULL;
	int rc;

	*reply = NULL;
	if (args == NULL) {
		args = none = json_object();
		if (none == NULL)
			return xebra_err_set(err, -ENOMEM, "no memory");
	}
	rc = cmd->run(args, reply, err);
	json_decref(none);
	if (rc == 0 && *reply == NULL)
		*reply = json_null();
	if (rc < 0) {
		json_decref(*reply);
		*reply = NULL;
		if (err != NULL && err->text[0] == '\0')
			xebra_err_set(err, rc, "%s: %s", cmd->name, strerror(-rc));
	}
	return rc;
}

int
xebra_cmd_run(const char *name, const json_t *args, json_t **reply, struct xebra_err *err)
{
	const struct xebra_cmd *cmd = cmd_find(name);
	int rc;

	if (cmd == NULL)
		return cmd_not_found(name, err);
	rc = cmd_check_args(cmd, args, err);
	if (rc < 0)
		return rc;
	return cmd_run_checked(cmd, args, reply, err);
}
