/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The JSON Schema (2020-12) of the configuration, for editors and for tools that write
 * configurations. It says a little less than the checker (lengths are characters, not bytes; what
 * is said across sections is left out): what the program accepts is right by the schema, always.
 */
#include <string.h>

#include "conf_priv.h"

/* The regular expression of xebra_conf_name_check(). */
#define NAME_PATTERN "^[A-Za-z0-9._-]{1,31}$"

static json_t *key_schema(const struct xebra_conf_key *key);

/* The help; in brackets the form that strings or names have, or the unit of numbers. */
static json_t *
description(const struct xebra_conf_key *key)
{
	const char *more = key->form != NULL ? key->form : key->unit;
	const char *names = key->type == XEBRA_CONF_MAP ? "names: " : "";
	const char *restart = key->restart ? " Changes only with a restart." : "";

	if (more == NULL)
		return json_sprintf("%s%s", key->help, restart);
	return json_sprintf("%s (%s%s)%s", key->help, names, more, restart);
}

/* What limits a number of bytes, items or names, under JSON Schema's two words for it. */
static void
set_counts(json_t *schema, const struct xebra_conf_key *key, const char *min, const char *max)
{
	if (key->min > 0)
		json_object_set_new(schema, min, json_integer(key->min));
	if (key->max > 0)
		json_object_set_new(schema, max, json_integer(key->max));
}

static json_t *
string_schema(const struct xebra_conf_key *key)
{
	json_t *schema = json_pack("{s:s, s:s*}", "type", "string", "pattern", key->pattern);

	set_counts(schema, key, "minLength", "maxLength");
	return schema;
}

static json_t *
enum_schema(const struct xebra_conf_key *key)
{
	json_t *words = json_array();

	for (size_t i = 0; key->words[i] != NULL; i++)
		json_array_append_new(words, json_string(key->words[i]));
	return json_pack("{s:o}", "enum", words);
}

static json_t *
list_schema(const struct xebra_conf_key *key)
{
	json_t *schema = json_pack("{s:s, s:o}", "type", "array", "items", key_schema(key->item));

	set_counts(schema, key, "minItems", "maxItems");
	return schema;
}

static json_t *
map_schema(const struct xebra_conf_key *key)
{
	const char *pattern = key->name_check == NULL ? NAME_PATTERN : key->pattern;
	json_t *schema = json_pack(
		"{s:s, s:o}", "type", "object", "additionalProperties", key_schema(key->item));

	set_counts(schema, key, "minProperties", "maxProperties");
	if (pattern != NULL)
		json_object_set_new(
			schema, "propertyNames", json_pack("{s:s}", "pattern", pattern));
	return schema;
}

static json_t *
object_schema(const struct xebra_conf_key *object)
{
	json_t *properties = json_object();
	json_t *required = json_array();

	for (const struct xebra_conf_key *key = object->keys; key->name != NULL; key++) {
		json_object_set_new(properties, key->name, key_schema(key));
		if (key->required)
			json_array_append_new(required, json_string(key->name));
	}
	if (json_array_size(required) == 0)
		required = (json_decref(required), NULL);
	return json_pack("{s:s, s:o, s:o*, s:b}", "type", "object", "properties", properties,
		"required", required, "additionalProperties", false);
}

static json_t *
type_schema(const struct xebra_conf_key *key)
{
	switch (key->type) {
	case XEBRA_CONF_BOOL:
		return json_pack("{s:s}", "type", "boolean");
	case XEBRA_CONF_INT:
		return json_pack("{s:s, s:I, s:I}", "type", "integer", "minimum",
			(json_int_t)key->min, "maximum", (json_int_t)key->max);
	case XEBRA_CONF_STRING:
		return string_schema(key);
	case XEBRA_CONF_ENUM:
		return enum_schema(key);
	case XEBRA_CONF_LIST:
		return list_schema(key);
	case XEBRA_CONF_MAP:
		return map_schema(key);
	case XEBRA_CONF_OBJECT:
		return object_schema(key);
	}
	return NULL;
}

static json_t *
key_schema(const struct xebra_conf_key *key)
{
	json_t *schema = type_schema(key);
	json_t *text = description(key);
	json_t *dflt = conf_default(key);

	if (text != NULL)
		json_object_set_new(schema, "description", text);
	if (dflt != NULL)
		json_object_set_new(schema, "default", dflt);
	return schema;
}

json_t *
xebra_conf_schema(const char *program)
{
	json_t *properties = json_pack("{s:{s:s, s:s}}", CONF_SCHEMA_KEY, "type", "string",
		"description", "Where this schema is, for editors; the program ignores it.");
	json_t *required = json_array();
	struct xebra_conf_section *s;

	TAILQ_FOREACH (s, &conf_sections, next) {
		json_object_set_new(properties, s->schema.name, key_schema(&s->schema));
		if (s->schema.required)
			json_array_append_new(required, json_string(s->schema.name));
	}
	if (json_array_size(required) == 0)
		required = (json_decref(required), NULL);
	return json_pack("{s:s, s:o, s:s, s:o, s:o*, s:b}", CONF_SCHEMA_KEY,
		"https://json-schema.org/draft/2020-12/schema", "title",
		json_sprintf("Configuration of %s", program), "type", "object", "properties",
		properties, "required", required, "additionalProperties", false);
}
