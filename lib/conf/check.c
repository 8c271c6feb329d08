/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Checking a configuration, and completing it with its defaults, in one walk.
 *
 * The registration leads, the JSON follows: the walk goes down only where a registration does, so
 * that a hostile document is left at the first level that nobody registered, and the walk is as
 * deep as the registrations are. Every error names its place and value and what is allowed there.
 *
 * The completed value is a second tree that shares the scalars (which nobody ever changes) with
 * the one as written, and has an object's keys in the order of the registration. Values of a map
 * that are alike are one object in it; who changes a part makes it its own first (path.c). The one
 * as written is what is shown, compared and saved; the complete one is what the sections are given.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf_priv.h"

#define STRING_MAX_DEFAULT 255

int
xebra_conf_name_check(const char *text, struct xebra_err *err)
{
	size_t len =
		strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

	if (len > 0 && len <= 31 && text[len] == '\0')
		return 0;
	return xebra_err_set(
		err, -EINVAL, "not a name: 1 to 31 letters, digits, '-', '_' and '.' are allowed");
}

static int
no_memory(const struct conf_place *place, struct xebra_err *err)
{
	return conf_fail(err, place, -ENOMEM, "out of memory");
}

/* Scalars are shared between the configuration as written and the complete one. */
static int
share(json_t *value, json_t **complete)
{
	if (complete != NULL)
		*complete = json_incref(value);
	return 0;
}

json_t *
conf_default(const struct xebra_conf_key *key)
{
	if (key->dflt == NULL)
		return NULL;
	/* Whole numbers are by far the most frequent: a route has a weight. */
	if (key->type == XEBRA_CONF_INT)
		return json_integer(strtoll(key->dflt, NULL, 10));
	return json_loads(key->dflt, JSON_DECODE_ANY, NULL);
}

static int
check_bool(json_t *value, const struct conf_place *place, json_t **complete, struct xebra_err *err)
{
	char text[96];

	if (json_is_boolean(value))
		return share(value, complete);
	conf_describe(value, text, sizeof(text));
	return conf_fail(err, place, -EINVAL, "%s is not true or false", text);
}

static int
check_int(const struct xebra_conf_key *key, json_t *value, const struct conf_place *place,
	json_t **complete, struct xebra_err *err)
{
	const char *space = key->unit != NULL ? " " : "";
	const char *unit = key->unit != NULL ? key->unit : "";
	bool whole = json_is_integer(value);
	char text[96];

	if (whole && json_integer_value(value) >= key->min && json_integer_value(value) <= key->max)
		return share(value, complete);
	conf_describe(value, text, sizeof(text));
	return conf_fail(err, place, whole ? -ERANGE : -EINVAL,
		"%s is not %s%" PRId64 "..%" PRId64 "%s%s", text,
		whole ? "in " : "a whole number in ", key->min, key->max, space, unit);
}

static int
check_string(const struct xebra_conf_key *key, json_t *value, const struct conf_place *place,
	json_t **complete, struct xebra_err *err)
{
	size_t max = key->max != 0 ? (size_t)key->max : STRING_MAX_DEFAULT;
	struct xebra_err why = {0};
	char text[96];
	size_t len;
	int rc;

	if (!json_is_string(value)) {
		conf_describe(value, text, sizeof(text));
		return conf_fail(err, place, -EINVAL, "%s is not a string%s%s", text,
			key->form != NULL ? ": " : "", key->form != NULL ? key->form : "");
	}
	len = json_string_length(value);
	if (len < (size_t)key->min || len > max)
		return conf_fail(err, place, -ERANGE,
			"a string of %zu bytes, where %" PRId64 "..%zu are allowed", len, key->min,
			max);
	rc = key->check != NULL ? key->check(json_string_value(value), &why) : 0;
	if (rc < 0)
		return conf_fail(err, place, rc, "%s", why.text);
	return share(value, complete);
}

static int
check_enum(const struct xebra_conf_key *key, json_t *value, const struct conf_place *place,
	json_t **complete, struct xebra_err *err)
{
	const char *meant = NULL;
	char words[200] = "";
	size_t used = 0;
	char text[96];

	for (size_t i = 0; key->words[i] != NULL; i++) {
		if (json_is_string(value) && strcmp(json_string_value(value), key->words[i]) == 0)
			return share(value, complete);
		if (used < sizeof(words))
			used += snprintf(words + used, sizeof(words) - used, "%s\"%s\"",
				used > 0 ? ", " : "", key->words[i]);
	}
	if (json_is_string(value))
		meant = xebra_nearest_word(json_string_value(value), key->words);
	conf_describe(value, text, sizeof(text));
	if (meant != NULL)
		return conf_fail(err, place, -EINVAL, "%s is not one of %s; did you mean \"%s\"?",
			text, words, meant);
	return conf_fail(err, place, -EINVAL, "%s is not one of %s", text, words);
}

/* How many items or names there may be. */
static int
check_count(const struct xebra_conf_key *key, size_t n, const struct conf_place *place,
	struct xebra_err *err)
{
	if (n < (size_t)key->min)
		return conf_fail(
			err, place, -ERANGE, "%zu given, at least %" PRId64 " needed", n, key->min);
	if (key->max != 0 && n > (size_t)key->max)
		return conf_fail(
			err, place, -ERANGE, "%zu given, at most %" PRId64 " allowed", n, key->max);
	return 0;
}

static int
wrong_container(json_t *value, const char *what, const struct xebra_conf_key *key,
	const struct conf_place *place, struct xebra_err *err)
{
	char text[96];

	conf_describe(value, text, sizeof(text));
	return conf_fail(err, place, -EINVAL, "%s is not %s%s%s", text, what,
		key->form != NULL ? " of: " : "", key->form != NULL ? key->form : "");
}

static int
check_list(const struct xebra_conf_key *key, json_t *value, const struct conf_place *place,
	json_t **complete, struct xebra_err *err)
{
	json_t *whole = NULL;
	json_t *item;
	size_t i;
	int rc;

	if (!json_is_array(value))
		return wrong_container(value, "a list", key, place, err);
	rc = check_count(key, json_array_size(value), place, err);
	if (rc < 0)
		return rc;
	if (complete != NULL) {
		whole = json_array();
		if (whole == NULL)
			return no_memory(place, err);
	}
	json_array_foreach (value, i, item) {
		struct conf_place here = {.up = place, .index = i};
		json_t *full = NULL;

		rc = conf_check_key(key->item, item, &here, complete != NULL ? &full : NULL, err);
		if (rc == 0 && complete != NULL && json_array_append_new(whole, full) < 0)
			rc = no_memory(&here, err);
		if (rc < 0) {
			json_decref(whole);
			return rc;
		}
	}
	if (complete != NULL)
		*complete = whole;
	return 0;
}

/* The latest values of a map that differ, and how they are complete. Borrowed. */
struct alike {
	json_t *value[CONF_ALIKE];
	json_t *full[CONF_ALIKE]; /* NULL: none yet */
	unsigned int next;
};

/*
 * Check and complete a map's value. Those that are written alike are one complete value: a full
 * table has a million routes and few gateways.
 */
static int
check_map_value(const struct xebra_conf_key *key, json_t *value, const struct conf_place *place,
	struct alike *alike, json_t **full, struct xebra_err *err)
{
	unsigned int i;
	int rc;

	for (i = 0; i < CONF_ALIKE && alike->full[i] != NULL; i++)
		if (json_equal(value, alike->value[i]))
			return share(alike->full[i], full);
	rc = conf_check_key(key, value, place, full, err);
	if (rc < 0 || full == NULL)
		return rc;
	i = alike->next++ % CONF_ALIKE;
	alike->value[i] = value;
	alike->full[i] = *full;
	return 0;
}

static int
check_map_entry(const struct xebra_conf_key *key, const char *name, json_t *value,
	const struct conf_place *place, struct alike *alike, json_t *whole, struct xebra_err *err)
{
	xebra_conf_string_check check =
		key->name_check != NULL ? key->name_check : xebra_conf_name_check;
	struct xebra_err why = {0};
	json_t *full = NULL;
	int rc;

	rc = check(name, &why);
	if (rc < 0)
		return conf_fail(err, place, rc, "%s", why.text);
	rc = check_map_value(key->item, value, place, alike, whole != NULL ? &full : NULL, err);
	if (rc == 0 && whole != NULL && json_object_set_new_nocheck(whole, name, full) < 0)
		rc = no_memory(place, err);
	return rc;
}

static int
check_map(const struct xebra_conf_key *key, json_t *value, const struct conf_place *place,
	json_t **complete, struct xebra_err *err)
{
	struct alike alike = {.next = 0};
	json_t *whole = NULL;
	const char *name;
	json_t *child;
	int rc;

	if (!json_is_object(value))
		return wrong_container(value, "an object", key, place, err);
	rc = check_count(key, json_object_size(value), place, err);
	if (rc < 0)
		return rc;
	if (complete != NULL) {
		whole = json_object();
		if (whole == NULL)
			return no_memory(place, err);
	}
	json_object_foreach (value, name, child) {
		struct conf_place here = {.up = place, .name = name};

		rc = check_map_entry(key, name, child, &here, &alike, whole, err);
		if (rc < 0) {
			json_decref(whole);
			return rc;
		}
	}
	if (complete != NULL)
		*complete = whole;
	return 0;
}

static const struct xebra_conf_key *
find_key(const struct xebra_conf_key *object, const char *name)
{
	for (const struct xebra_conf_key *key = object->keys; key->name != NULL; key++)
		if (strcmp(key->name, name) == 0)
			return key;
	return NULL;
}

/* One registered key of an object: its value, or its default, or an error when it must be there. */
static int
check_object_key(const struct xebra_conf_key *key, json_t *object, const struct conf_place *place,
	json_t *whole, struct xebra_err *err)
{
	struct conf_place here = {.up = place, .name = key->name};
	json_t *value = json_object_get(object, key->name);
	json_t *full = NULL;
	json_t *dflt = NULL;
	int rc;

	if (value == NULL) {
		if (key->required)
			return conf_fail(err, &here, -EINVAL, "missing: %s", key->help);
		if (key->dflt == NULL || whole == NULL)
			return 0;
		dflt = value = conf_default(key);
		if (dflt == NULL)
			return no_memory(&here, err);
	}
	rc = conf_check_key(key, value, &here, whole != NULL ? &full : NULL, err);
	if (rc == 0 && whole != NULL && json_object_set_new(whole, key->name, full) < 0)
		rc = no_memory(&here, err);
	json_decref(dflt);
	return rc;
}

static int
check_object(const struct xebra_conf_key *object, json_t *value, const struct conf_place *place,
	json_t **complete, struct xebra_err *err)
{
	json_t *whole = NULL;
	const char *name;
	json_t *child;
	int rc = 0;

	if (!json_is_object(value))
		return wrong_container(value, "an object", object, place, err);
	json_object_foreach (value, name, child) {
		struct conf_place here = {.up = place, .name = name};

		if (find_key(object, name) == NULL)
			return conf_unknown_key(object, name, &here, err);
	}
	if (complete != NULL) {
		whole = json_object();
		if (whole == NULL)
			return no_memory(place, err);
	}
	for (const struct xebra_conf_key *key = object->keys; key->name != NULL; key++) {
		rc = check_object_key(key, value, place, whole, err);
		if (rc < 0) {
			json_decref(whole);
			return rc;
		}
	}
	if (complete != NULL)
		*complete = whole;
	return 0;
}

int
conf_check_key(const struct xebra_conf_key *key, json_t *value, const struct conf_place *place,
	json_t **complete, struct xebra_err *err)
{
	switch (key->type) {
	case XEBRA_CONF_BOOL:
		return check_bool(value, place, complete, err);
	case XEBRA_CONF_INT:
		return check_int(key, value, place, complete, err);
	case XEBRA_CONF_STRING:
		return check_string(key, value, place, complete, err);
	case XEBRA_CONF_ENUM:
		return check_enum(key, value, place, complete, err);
	case XEBRA_CONF_LIST:
		return check_list(key, value, place, complete, err);
	case XEBRA_CONF_MAP:
		return check_map(key, value, place, complete, err);
	case XEBRA_CONF_OBJECT:
		return check_object(key, value, place, complete, err);
	}
	return conf_fail(err, place, -EINVAL, "registered with an unknown type");
}

/* One section, given or not, into the complete configuration. */
static int
check_section(const struct xebra_conf_section *section, json_t *config, json_t *whole,
	struct xebra_err *err)
{
	const struct xebra_conf_key *key = &section->schema;
	struct conf_place here = {.name = key->name};
	json_t *value = json_object_get(config, key->name);
	json_t *full;
	int rc;

	if (value == NULL && key->required)
		return conf_fail(err, &here, -EINVAL, "missing: %s", key->help);
	value = value != NULL ? json_incref(value) : conf_empty_value(key);
	if (value == NULL)
		return no_memory(&here, err);
	rc = conf_check_key(key, value, &here, &full, err);
	if (rc == 0 && json_object_set_new(whole, key->name, full) < 0)
		rc = no_memory(&here, err);
	json_decref(value);
	return rc;
}

/* The sections first by themselves, then what they say of one another. */
static int
check_sections(json_t *config, json_t *whole, struct xebra_err *err)
{
	struct xebra_conf_section *section;
	int rc;

	TAILQ_FOREACH (section, &conf_sections, next) {
		rc = check_section(section, config, whole, err);
		if (rc < 0)
			return rc;
	}
	TAILQ_FOREACH (section, &conf_sections, next) {
		rc = section->check != NULL ? section->check(whole, err) : 0;
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
conf_check_root(json_t *config, json_t **complete, struct xebra_err *err)
{
	const char *name;
	json_t *value;
	json_t *whole;
	int rc;

	if (!json_is_object(config))
		return conf_fail(err, NULL, -EINVAL, "not a configuration: an object of sections");
	json_object_foreach (config, name, value) {
		struct conf_place here = {.name = name};

		if (strcmp(name, CONF_SCHEMA_KEY) == 0 && json_is_string(value))
			continue;
		if (conf_section_find(name) == NULL)
			return conf_unknown_section(name, &here, err);
	}
	whole = json_object();
	if (whole == NULL)
		return no_memory(NULL, err);
	rc = check_sections(config, whole, err);
	if (rc == 0 && complete != NULL)
		*complete = json_incref(whole);
	json_decref(whole);
	return rc;
}

/* jansson's walking functions take no const; nothing here changes what it walks. */
static json_t *
unconst(const json_t *value)
{
	return (json_t *)(uintptr_t)value;
}

int
xebra_conf_check_value(const struct xebra_conf_key *key, const json_t *value, json_t **complete,
	struct xebra_err *err)
{
	return conf_check_key(key, unconst(value), NULL, complete, err);
}
