/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reader for plain JSON, which configurations are made of: ASCII without escapes, whole numbers
 * that are not negative. What is not plain, or not right, is left to jansson, which says as well
 * what is wrong with it.
 *
 * It is here for large configurations. A full table is a million names and the same few values
 * again and again: those are read once and are one object, which saves nine tenths of the memory
 * and most of the time. Whoever changes a part of a configuration makes it its own first (path.c).
 */
#include <string.h>

#include "conf_priv.h"

#define LEVELS_MAX 16 /* what is deeper is no configuration */
#define DIGITS_MAX 15
#define ALIKE 4

struct reader {
	const char *at;
	const char *end;
	unsigned int levels;
};

/* The latest objects and lists of an object that differ. Borrowed. */
struct seen {
	const char *text[ALIKE];
	size_t len[ALIKE];
	json_t *value[ALIKE]; /* NULL: none yet */
	unsigned int next;
};

static json_t *read_value(struct reader *r);

static void
skip_blanks(struct reader *r)
{
	while (r->at < r->end &&
		(*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r'))
		r->at++;
}

static bool
take(struct reader *r, char sign)
{
	skip_blanks(r);
	if (r->at == r->end || *r->at != sign)
		return false;
	r->at++;
	return true;
}

/* What is between the quotes of a string; NULL: no plain one. */
static const char *
read_text(struct reader *r, size_t *len)
{
	const char *start;

	if (!take(r, '"'))
		return NULL;
	start = r->at;
	while (r->at < r->end && *r->at >= ' ' && *r->at < 0x7f && *r->at != '"' && *r->at != '\\')
		r->at++;
	*len = (size_t)(r->at - start);
	if (r->at == r->end || *r->at != '"')
		return NULL;
	r->at++;
	return start;
}

static json_t *
read_string(struct reader *r)
{
	size_t len;
	const char *text = read_text(r, &len);

	return text != NULL ? json_stringn_nocheck(text, len) : NULL;
}

static json_t *
read_number(struct reader *r)
{
	const char *start = r->at;
	json_int_t value = 0;

	while (r->at < r->end && *r->at >= '0' && *r->at <= '9' && r->at - start < DIGITS_MAX)
		value = value * 10 + (*r->at++ - '0');
	if (r->at == start || (*start == '0' && r->at > start + 1))
		return NULL;
	/* More digits and fractions are not what whoever reads on expects. */
	return json_integer(value);
}

static json_t *
read_word(struct reader *r, const char *word, json_t *value)
{
	size_t len = strlen(word);

	if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
		return NULL;
	r->at += len;
	return value;
}

static json_t *
read_list(struct reader *r)
{
	json_t *list = json_array();

	if (take(r, ']'))
		return list;
	do {
		if (json_array_append_new(list, read_value(r)) < 0)
			goto fail;
	} while (take(r, ','));
	if (take(r, ']'))
		return list;
fail:
	json_decref(list);
	return NULL;
}

/* A value of an object: as it was read before when its text is the same. */
static json_t *
read_member(struct reader *r, struct seen *seen)
{
	const char *start;
	json_t *value;
	unsigned int i;

	skip_blanks(r);
	start = r->at;
	if (start == r->end || (*start != '{' && *start != '['))
		return read_value(r);
	for (i = 0; i < ALIKE && seen->value[i] != NULL; i++) {
		if ((size_t)(r->end - start) < seen->len[i] ||
			memcmp(start, seen->text[i], seen->len[i]) != 0)
			continue;
		r->at += seen->len[i];
		return json_incref(seen->value[i]);
	}
	value = read_value(r);
	i = seen->next++ % ALIKE;
	seen->text[i] = start;
	seen->len[i] = (size_t)(r->at - start);
	seen->value[i] = value;
	return value;
}

static json_t *
read_object(struct reader *r)
{
	json_t *object = json_object();
	struct seen seen = {.next = 0};
	const char *name;
	size_t n = 0, len;

	if (take(r, '}'))
		return object;
	do {
		name = read_text(r, &len);
		if (name == NULL || !take(r, ':'))
			goto fail;
		if (json_object_setn_new_nocheck(object, name, len, read_member(r, &seen)) < 0)
			goto fail;
		/* A name that has been there already. */
		if (json_object_size(object) != ++n)
			goto fail;
	} while (take(r, ','));
	if (take(r, '}'))
		return object;
fail:
	json_decref(object);
	return NULL;
}

static json_t *
read_container(struct reader *r)
{
	json_t *value = NULL;

	if (++r->levels <= LEVELS_MAX)
		value = *r->at++ == '{' ? read_object(r) : read_list(r);
	r->levels--;
	return value;
}

static json_t *
read_value(struct reader *r)
{
	skip_blanks(r);
	switch (r->at < r->end ? *r->at : '\0') {
	case '{':
	case '[':
		return read_container(r);
	case '"':
		return read_string(r);
	case 't':
		return read_word(r, "true", json_true());
	case 'f':
		return read_word(r, "false", json_false());
	case 'n':
		return read_word(r, "null", json_null());
	default:
		return read_number(r);
	}
}

json_t *
conf_parse_plain(const char *text, size_t len)
{
	struct reader r = {.at = text, .end = text + len};
	json_t *value = read_value(&r);

	skip_blanks(&r);
	if (r.at == r.end)
		return value;
	json_decref(value);
	return NULL;
}
