/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A parser that stops says at which byte. Where that is, in a person's terms, is found by following
 * the text up to there once more: it is right that far, so that strings, brackets, colons and
 * commas are all there is to look at.
 */
#include <string.h>

#include "conf_priv.h"

#define LEVELS_MAX 16 /* what is deeper is no configuration */

struct level {
	bool object;
	const char *key; /* of an object: the latest, with its quotes; NULL: none yet */
	size_t key_len;
	size_t index; /* of a list */
};

struct walk {
	struct level level[LEVELS_MAX];
	unsigned int depth; /* may be more than there are levels */
	bool value;         /* behind a colon */
};

static struct level *
top(struct walk *walk)
{
	return walk->depth > 0 && walk->depth <= LEVELS_MAX ? &walk->level[walk->depth - 1] : NULL;
}

/* With both its quotes. */
static size_t
string_len(const char *text, const char *end)
{
	const char *at = text + 1;

	while (at < end && *at != '"')
		at += *at == '\\' ? 2 : 1;
	return at < end ? (size_t)(at + 1 - text) : (size_t)(end - text);
}

static void
take_string(struct walk *walk, const char *text, size_t len)
{
	struct level *level = top(walk);

	if (level == NULL || !level->object || walk->value)
		return;
	level->key = text;
	level->key_len = len;
}

static void
take_sign(struct walk *walk, char sign)
{
	struct level *level;

	if (sign == '{' || sign == '[') {
		walk->depth++;
		level = top(walk);
		if (level != NULL)
			*level = (struct level){.object = sign == '{'};
	} else if (walk->depth > 0 && (sign == '}' || sign == ']')) {
		walk->depth--;
	}
	level = top(walk);
	if (sign == ',' && level != NULL)
		level->index++;
	if (strchr("{[,:", sign) != NULL)
		walk->value = sign == ':';
}

static void
follow(struct walk *walk, const char *text, size_t len)
{
	const char *end = text + len;

	while (text < end) {
		size_t step = 1;

		if (*text == '"') {
			step = string_len(text, end);
			take_string(walk, text, step);
		} else if (*text != '\0') {
			take_sign(walk, *text);
		}
		text += step;
	}
}

void
conf_parse_place(const char *text, size_t len, char *place, size_t size)
{
	struct conf_place places[LEVELS_MAX];
	json_t *names[LEVELS_MAX] = {NULL};
	struct walk walk = {0};
	unsigned int n;

	follow(&walk, text, len);
	for (n = 0; n < RTE_MIN(walk.depth, (unsigned int)LEVELS_MAX); n++) {
		const struct level *level = &walk.level[n];

		if (level->object && level->key != NULL)
			names[n] = json_loadb(level->key, level->key_len, JSON_DECODE_ANY, NULL);
		if (level->object && names[n] == NULL)
			break;
		places[n] = (struct conf_place){.up = n > 0 ? &places[n - 1] : NULL,
			.name = json_string_value(names[n]),
			.index = level->index};
	}
	conf_place_print(n > 0 ? &places[n - 1] : NULL, place, size);
	for (unsigned int i = 0; i < RTE_MIN(n + 1, (unsigned int)LEVELS_MAX); i++)
		json_decref(names[i]);
}
