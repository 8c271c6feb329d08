/* SPDX-License-Identifier: BSD-3-Clause */
/* What may come next in a line: the words of commands, then what the parameters offer. */
#include <stdlib.h>
#include <string.h>

#include "ctl_priv.h"

struct offers {
	const char *partial;
	json_t *words; /* word -> help: each once */
	json_t *hints; /* array */
};

static void
offer(struct offers *offers, const char *word, const char *help)
{
	if (strncmp(word, offers->partial, strlen(offers->partial)) == 0)
		json_object_set_new(offers->words, word, json_string(help));
}

const char *
complete_partial(const char *line)
{
	const char *last = line;

	for (; *line != '\0'; line++)
		if (*line == ' ' || *line == '\t')
			last = line + 1;
	return last;
}

/* The next word of every command whose name begins with all the words. */
static void
offer_names(struct offers *offers, const struct words *words)
{
	char typed[CMD_NAME_MAX], word[CMD_NAME_MAX];
	size_t n;
	struct xebra_cmd *const *table = cmd_table(&n);

	if (words_join(words, words->n, typed) == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		const char *next = table[i]->name + (typed[0] != '\0' ? strlen(typed) + 1 : 0);
		size_t len;

		if (!cmd_begins_with(table[i], typed))
			continue;
		len = strcspn(next, " ");
		snprintf(word, sizeof(word), "%.*s", (int)len, next);
		/* In the order of names "show" itself comes before "show port". */
		if (json_object_get(offers->words, word) == NULL)
			offer(offers, word, next[len] == '\0' ? table[i]->help : "");
	}
}

static void
offer_values(struct offers *offers, const struct xebra_cmd_param *param)
{
	json_t *words, *word;
	char *hint;
	size_t i;

	if (param->type == XEBRA_PARAM_WORD)
		for (i = 0; param->words[i] != NULL; i++)
			offer(offers, param->words[i], "");
	if (param->complete != NULL) {
		words = json_array();
		param->complete(words);
		json_array_foreach (words, i, word)
			if (json_is_string(word))
				offer(offers, json_string_value(word), "");
		json_decref(words);
	}
	if (param->type != XEBRA_PARAM_WORD && asprintf(&hint, "<%s>", param->name) >= 0) {
		json_array_append_new(
			offers->hints, json_pack("{s:s, s:s}", "hint", hint, "help", param->help));
		free(hint);
	}
}

/* A parameter of several words: of what it offers, the word after those that are there. */
static void
offer_rest(struct offers *offers, const struct xebra_cmd_param *param, const struct words *words,
	size_t at)
{
	json_t *list = json_array(), *item;
	char next[256];
	size_t i;

	if (param->complete != NULL)
		param->complete(list);
	json_array_foreach (list, i, item) {
		const char *text = json_string_value(item);
		size_t w;

		for (w = at; text != NULL && w < words->n; w++) {
			size_t len = strcspn(text, " ");

			if (len != strlen(words->word[w].text) ||
				strncmp(text, words->word[w].text, len) != 0)
				break;
			text += len + (text[len] == ' ');
		}
		if (text == NULL || w < words->n || *text == '\0')
			continue;
		snprintf(next, sizeof(next), "%.*s", (int)strcspn(text, " "), text);
		offer(offers, next, "");
	}
	json_decref(list);
}

static bool
is_keyword(const struct xebra_cmd_param *param)
{
	return param->keyword || param->type == XEBRA_PARAM_FLAG;
}

static const struct xebra_cmd_param *
skip_keywords(const struct xebra_cmd_param *param)
{
	while (param != NULL && param->name != NULL && is_keyword(param))
		param++;
	return param != NULL && param->name != NULL ? param : NULL;
}

static const struct xebra_cmd_param *
find_keyword(const struct xebra_cmd *cmd, const char *word)
{
	for (const struct xebra_cmd_param *p = cmd->params; p != NULL && p->name != NULL; p++)
		if (is_keyword(p) && strcmp(p->name, word) == 0)
			return p;
	return NULL;
}

static bool
was_given(const struct words *words, size_t from, const char *word)
{
	for (size_t i = from; i < words->n; i++)
		if (strcmp(words->word[i].text, word) == 0)
			return true;
	return false;
}

/* Follow the words that are there, then offer what may stand next. */
static void
offer_params(
	struct offers *offers, const struct xebra_cmd *cmd, const struct words *words, size_t first)
{
	const struct xebra_cmd_param *positional = skip_keywords(cmd->params), *keyword = NULL;

	for (size_t at = first; at < words->n; at++) {
		keyword = find_keyword(cmd, words->word[at].text);
		if (positional != NULL && (keyword == NULL || !positional->optional)) {
			if (positional->rest) {
				offer_rest(offers, positional, words, at);
				return;
			}
			positional = skip_keywords(positional + 1);
			keyword = NULL;
		} else if (keyword == NULL) {
			return;
		} else if (keyword->type == XEBRA_PARAM_FLAG) {
			keyword = NULL;
		} else if (at + 1 < words->n) {
			at++;
			keyword = NULL;
		}
	}
	if (keyword != NULL) {
		offer_values(offers, keyword);
		return;
	}
	if (positional != NULL && positional->rest)
		offer_rest(offers, positional, words, words->n);
	else if (positional != NULL)
		offer_values(offers, positional);
	if (positional != NULL && !positional->optional)
		return;
	for (const struct xebra_cmd_param *p = cmd->params; p != NULL && p->name != NULL; p++)
		if (is_keyword(p) && !was_given(words, first, p->name))
			offer(offers, p->name, p->help);
}

static int
compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The offers as a sorted list, hints last. */
static json_t *
offers_to_list(struct offers *offers)
{
	size_t n = 0;
	const char **sorted = calloc(json_object_size(offers->words) + 1, sizeof(*sorted));
	json_t *list = json_array(), *help;
	const char *word;

	if (sorted == NULL)
		return list;
	json_object_foreach (offers->words, word, help)
		sorted[n++] = word;
	qsort(sorted, n, sizeof(*sorted), compare_words);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:O}", "word", sorted[i], "help",
				json_object_get(offers->words, sorted[i])));
	free(sorted);
	json_array_extend(list, offers->hints);
	return list;
}

json_t *
complete_line(const char *line)
{
	struct offers offers = {.partial = complete_partial(line)};
	char *copy = strndup(line, offers.partial - line);
	struct words *words = calloc(1, sizeof(*words));
	json_t *list = NULL;

	offers.words = json_object();
	offers.hints = json_array();
	if (copy == NULL || words == NULL || words_split(copy, words, NULL) < 0)
		goto end;
	offer_names(&offers, words);
	for (size_t n = RTE_MIN(words->n, (size_t)CMD_WORDS_MAX); n > 0; n--) {
		char name[CMD_NAME_MAX];
		const struct xebra_cmd *cmd =
			words_join(words, n, name) != NULL ? cmd_find(name) : NULL;

		if (cmd != NULL) {
			offer_params(&offers, cmd, words, n);
			break;
		}
	}
	list = offers_to_list(&offers);
end:
	json_decref(offers.words);
	json_decref(offers.hints);
	free(words);
	free(copy);
	return list;
}
