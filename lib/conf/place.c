/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Places are written the way people will type them again: keys with dots between, list items in
 * brackets, and what is not plain letters, digits, '-' and '_' in quotes, as JSON would quote it.
 * Both keys and values may come from strangers: whatever they hold, an error stays one short line.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_priv.h"

#define PLACE_MAX 256 /* bytes of a place in an error */
#define NAME_MAX_SHOWN 64
#define VALUE_MAX_SHOWN 80

/* Cut a text to so many bytes, not inside a UTF-8 character, and put `end` to show it. */
static void
cut(char *text, size_t max, const char *end)
{
	if (strlen(text) <= max)
		return;
	max -= strlen(end);
	while (max > 0 && ((unsigned char)text[max] & 0xc0) == 0x80)
		max--;
	memcpy(text + max, end, strlen(end) + 1);
}

static bool
is_plain(const char *name)
{
	for (const char *c = name; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_' && *c != '$')
			return false;
	return *name != '\0';
}

/* Append what fits. */
static size_t
append(char *text, size_t size, size_t used, const char *more)
{
	size_t len = RTE_MIN(strlen(more), size - 1 - used);

	memcpy(text + used, more, len);
	text[used + len] = '\0';
	return used + len;
}

static size_t
append_name(char *text, size_t size, size_t used, const char *name)
{
	char shown[NAME_MAX_SHOWN + 8];
	json_t *string;

	if (used > 0)
		used = append(text, size, used, ".");
	if (is_plain(name) && strlen(name) <= NAME_MAX_SHOWN)
		return append(text, size, used, name);
	string = json_string(name);
	conf_describe(string, shown, sizeof(shown));
	json_decref(string);
	return append(text, size, used, shown);
}

static size_t
print_place(const struct conf_place *place, char *text, size_t size)
{
	char index[32];
	size_t used;

	if (place == NULL)
		return 0;
	used = print_place(place->up, text, size);
	if (place->name != NULL)
		return append_name(text, size, used, place->name);
	snprintf(index, sizeof(index), "[%zu]", place->index);
	return append(text, size, used, index);
}

void
conf_place_print(const struct conf_place *place, char *text, size_t size)
{
	text[0] = '\0';
	print_place(place, text, size);
}

void
conf_describe(json_t *value, char *text, size_t size)
{
	char *dump;

	if (json_is_object(value) || json_is_array(value)) {
		snprintf(text, size, json_is_object(value) ? "an object" : "a list");
		return;
	}
	dump = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	if (dump == NULL) {
		snprintf(text, size, "the value");
		return;
	}
	cut(dump, RTE_MIN(size - 1, (size_t)VALUE_MAX_SHOWN),
		json_is_string(value) ? "...\"" : "...");
	snprintf(text, size, "%s", dump);
	free(dump);
}

int
conf_fail(struct xebra_err *err, const struct conf_place *place, int code, const char *fmt, ...)
{
	char why[sizeof(err->text)];
	char where[PLACE_MAX];
	va_list ap;

	if (err == NULL)
		return code;
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	xebra_err_set(err, code, "%s", why);
	if (place != NULL) {
		conf_place_print(place, where, sizeof(where));
		xebra_err_at(err, "%s", where);
	}
	return code;
}
