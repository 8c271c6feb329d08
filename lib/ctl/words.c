/* SPDX-License-Identifier: BSD-3-Clause */
/* What people type: a line becomes words, the words a command and its arguments as JSON. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bitops.h>

#include "ctl_priv.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The character after the bracket that closes the one at `at`; NULL when there is none. */
static char *
json_end(char *at)
{
	unsigned int depth = 0;
	bool string = false;

	for (; *at != '\0'; at++) {
		if (string) {
			if (*at == '\\' && at[1] != '\0')
				at++;
			else if (*at == '"')
				string = false;
		} else if (*at == '"') {
			string = true;
		} else if (*at == '{' || *at == '[') {
			depth++;
		} else if (*at == '}' || *at == ']') {
			if (--depth == 0)
				return at + 1;
		}
	}
	return NULL;
}

/* Take quotes and escapes away, in place. Returns the character after the closing quote or NULL. */
static char *
unquote(char *at)
{
	char quote = *at;
	char *to = at + 1, *from = at + 1;

	for (; *from != '\0' && *from != quote; from++) {
		if (quote == '"' && *from == '\\' && from[1] != '\0')
			from++;
		*to++ = *from;
	}
	if (*from == '\0')
		return NULL;
	*to = '\0';
	return from + 1;
}

/* A bare word ends at a blank, but not at one between quotes in it: ip4.routes."a b".via */
static char *
word_end(char *at)
{
	bool quoted = false;

	for (; *at != '\0' && (quoted || !is_blank(*at)); at++)
		if (*at == '"')
			quoted = !quoted;
	return at;
}

int
words_split(char *line, struct words *words, struct xebra_err *err)
{
	char *at = line;

	words->n = 0;
	for (;;) {
		char *text, *end;
		bool quoted;

		while (is_blank(*at))
			at++;
		if (*at == '\0' || *at == '#')
			return 0;
		if (words->n == WORDS_MAX)
			return xebra_err_set(err, -EINVAL, "more than %u words", WORDS_MAX);
		quoted = *at == '"' || *at == '\'';
		text = quoted ? at + 1 : at;
		if (quoted)
			end = unquote(at);
		else if (*at == '{' || *at == '[')
			end = json_end(at);
		else
			end = word_end(at);
		if (end == NULL)
			return xebra_err_set(err, -EINVAL, "%.40s: the closing %s is missing", text,
				quoted ? "quote" : "bracket");
		if (*end != '\0' && !is_blank(*end))
			return xebra_err_set(err, -EINVAL, "%.40s: a blank must come here", end);
		at = *end == '\0' ? end : end + 1;
		*end = '\0';
		words->word[words->n].text = text;
		words->word[words->n].quoted = quoted;
		words->n++;
	}
}

const char *
words_join(const struct words *words, size_t n, char name[CMD_NAME_MAX])
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(words->word[i].text);

		if (used + len + 2 > CMD_NAME_MAX)
			return NULL;
		if (i > 0)
			name[used++] = ' ';
		memcpy(name + used, words->word[i].text, len);
		used += len;
	}
	name[used] = '\0';
	return name;
}

static const struct xebra_cmd *
find_longest(const struct words *words, size_t *taken)
{
	char name[CMD_NAME_MAX];
	const struct xebra_cmd *cmd;

	for (size_t n = RTE_MIN(words->n, cmd_words_most()); n > 0; n--) {
		if (words_join(words, n, name) == NULL)
			continue;
		cmd = cmd_find(name);
		if (cmd != NULL) {
			*taken = n;
			return cmd;
		}
	}
	return NULL;
}

static int
not_found(const struct words *words, struct xebra_err *err)
{
	char name[CMD_NAME_MAX];

	for (size_t n = RTE_MIN(words->n, (size_t)CMD_WORDS_MAX); n > 0; n--)
		if (words_join(words, n, name) != NULL)
			return cmd_not_found(name, err);
	return xebra_err_set(err, -ENOENT, "%.64s...: no such command", words->word[0].text);
}

/* A word as what the parameter wants; what cannot be is left a string, for the check to refuse. */
static json_t *
word_to_json(const struct xebra_cmd_param *param, const char *text, bool quoted)
{
	json_t *value = NULL;
	long long number;
	char *end;

	if (param->type == XEBRA_PARAM_INT && !quoted) {
		errno = 0;
		number = strtoll(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
		if (errno == 0 && end != text && *end == '\0')
			return json_integer(number);
	}
	if (param->type == XEBRA_PARAM_JSON && !quoted)
		value = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	return value != NULL ? value : json_string(text);
}

/* All words from *at on, with a space between, as one string. */
static json_t *
rest_to_json(const struct words *words, size_t *at)
{
	size_t size = 1, used = 0;
	json_t *value;
	char *text;

	for (size_t i = *at; i < words->n; i++)
		size += strlen(words->word[i].text) + 1;
	text = malloc(size);
	if (text == NULL)
		return NULL;
	for (; *at < words->n; ++*at)
		used += snprintf(text + used, size - used, "%s%s", used == 0 ? "" : " ",
			words->word[*at].text);
	value = json_string(text);
	free(text);
	return value;
}

static const struct xebra_cmd_param *
find_keyword(const struct xebra_cmd *cmd, const char *text)
{
	for (const struct xebra_cmd_param *p = cmd->params; p != NULL && p->name != NULL; p++)
		if ((p->keyword || p->type == XEBRA_PARAM_FLAG) && strcmp(p->name, text) == 0)
			return p;
	return NULL;
}

/* The parameter that the word at *at belongs to; *at moves on to its value. */
static const struct xebra_cmd_param *
next_param(const struct xebra_cmd *cmd, const struct xebra_cmd_param **positional,
	const struct words *words, size_t *at, struct xebra_err *err)
{
	const struct xebra_cmd_param *p = *positional, *keyword;

	while (p != NULL && p->name != NULL && (p->keyword || p->type == XEBRA_PARAM_FLAG))
		p++;
	*positional = p;
	keyword = words->word[*at].quoted ? NULL : find_keyword(cmd, words->word[*at].text);
	if (p != NULL && p->name != NULL && (keyword == NULL || !p->optional)) {
		(*positional)++;
		return p;
	}
	if (keyword == NULL) {
		xebra_err_set(
			err, -EINVAL, "\"%.64s\" is not expected here", words->word[*at].text);
		return NULL;
	}
	if (keyword->type != XEBRA_PARAM_FLAG && ++*at == words->n) {
		xebra_err_set(err, -EINVAL, "%s: the value is missing (%s)", keyword->name,
			keyword->help);
		return NULL;
	}
	return keyword;
}

static int
make_args(const struct xebra_cmd *cmd, const struct words *words, size_t at, json_t *args,
	struct xebra_err *err)
{
	const struct xebra_cmd_param *positional = cmd->params;
	uint64_t given = 0;

	while (at < words->n) {
		const struct xebra_cmd_param *param = next_param(cmd, &positional, words, &at, err);
		uint64_t bit;
		json_t *value;

		if (param == NULL)
			return -EINVAL;
		bit = RTE_BIT64(param - cmd->params);
		if (given & bit)
			return xebra_err_set(err, -EINVAL, "%s: given twice", param->name);
		given |= bit;
		if (param->type == XEBRA_PARAM_FLAG) {
			value = json_true();
			at++;
		} else if (param->rest) {
			value = rest_to_json(words, &at);
		} else {
			value = word_to_json(param, words->word[at].text, words->word[at].quoted);
			at++;
		}
		if (value == NULL)
			return xebra_err_set(err, -EINVAL, "%s: is not UTF-8", param->name);
		if (json_object_set_new_nocheck(args, param->name, value) < 0)
			return xebra_err_set(err, -ENOMEM, "no memory");
	}
	return 0;
}

int
words_parse(const struct words *words, const struct xebra_cmd **cmd, json_t **args,
	struct xebra_err *err)
{
	size_t taken = 0;
	int rc;

	*args = NULL;
	*cmd = find_longest(words, &taken);
	if (*cmd == NULL)
		return not_found(words, err);
	*args = json_object();
	if (*args == NULL)
		return xebra_err_set(err, -ENOMEM, "no memory");
	rc = make_args(*cmd, words, taken, *args, err);
	if (rc < 0) {
		xebra_err_at(err, "%s", (*cmd)->name);
		json_decref(*args);
		*args = NULL;
	}
	return rc;
}

int
words_run(const struct words *words, const struct xebra_cmd **cmd, json_t **reply,
	struct xebra_err *err)
{
	json_t *args;
	int rc;

	*cmd = NULL;
	*reply = NULL;
	if (words->n == 0) {
		*reply = json_null();
		return 0;
	}
	rc = words_parse(words, cmd, &args, err);
	if (rc == 0)
		rc = cmd_check_args(*cmd, args, err);
	if (rc == 0)
		rc = cmd_run_checked(*cmd, args, reply, err);
	json_decref(args);
	return rc;
}

int
line_run(const char *line, const struct xebra_cmd **cmd, json_t **reply, struct xebra_err *err)
{
	static char copy[LINE_BYTES_MAX];
	static struct words words;
	size_t len = strnlen(line, sizeof(copy));
	int rc;

	*cmd = NULL;
	*reply = NULL;
	if (len == sizeof(copy))
		return xebra_err_set(
			err, -EINVAL, "a line of more than %u bytes", LINE_BYTES_MAX - 1);
	memcpy(copy, line, len + 1);
	rc = words_split(copy, &words, err);
	if (rc < 0)
		return rc;
	return words_run(&words, cmd, reply, err);
}
