/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A reply as DPDK telemetry data. Telemetry has less than JSON: dictionaries (which nest), lists of
 * numbers or of strings, whole numbers, strings of up to 127 bytes, keys of letters, digits, '_'
 * and '/', 256 entries a dictionary, 512 a list, and 16 KiB for all. So
 *
 *   - a list of objects becomes a dictionary of them. The key of each is its first member when that
 *     is a string ("lan"), else, or when two are the same, its place ("0", "1", ...);
 *   - characters that a key must not have become '_';
 *   - true and false become 1 and 0, fractions are rounded, negative numbers beyond 32 bits become
 *     strings, null is left out;
 *   - what does not fit is left out row by row, and "left_out" in the dictionary is the number of
 *     rows that are missing.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "telemetry_priv.h"
#include "xebra_compat.h"

/* Bytes of output that DPDK writes, less what its frame and our "left_out" take. */
#define OUTPUT_BYTES (16 * 1024 - 256)
#define DEPTH_MAX 8

/* The room that is left in the answer, counted as DPDK will write it. */
struct room {
	size_t bytes;
	unsigned int depth;
};

static int add_member(
	struct rte_tel_data *dict, const char *name, const json_t *value, struct room *room);

static void
make_key(char key[RTE_TEL_MAX_STRING_LEN], const char *name)
{
	snprintf(key, RTE_TEL_MAX_STRING_LEN, "%s", name);
	for (char *c = key; *c != '\0'; c++)
		if (!(*c >= '0' && *c <= '9') && !(*c >= 'A' && *c <= 'Z') &&
			!(*c >= 'a' && *c <= 'z') && *c != '_' && *c != '/')
			*c = '_';
	if (key[0] == '\0')
		strcpy(key, "_");
}

static bool
take_room(struct room *room, size_t bytes)
{
	if (bytes > room->bytes)
		return false;
	room->bytes -= bytes;
	return true;
}

/* A value of telemetry's scalar kinds. */
static int
add_scalar(struct rte_tel_data *dict, const char *key, const json_t *value)
{
	char text[32];
	json_int_t number;

	switch (json_typeof(value)) {
	case JSON_STRING:
		/* A positive return value only says that the string was cut. */
		return RTE_MIN(
			rte_tel_data_add_dict_string(dict, key, json_string_value(value)), 0);
	case JSON_TRUE:
	case JSON_FALSE:
		return rte_tel_data_add_dict_uint(dict, key, json_is_true(value));
	case JSON_INTEGER:
		number = json_integer_value(value);
		break;
	case JSON_REAL:
		if (fabs(json_real_value(value)) >= 9e18)
			return 0;
		number = llround(json_real_value(value));
		break;
	default:
		return 0;
	}
	if (number >= 0)
		return rte_tel_data_add_dict_uint(dict, key, number);
	if (number >= INT32_MIN)
		return rte_tel_data_add_dict_int(dict, key, number);
	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, number);
	return rte_tel_data_add_dict_string(dict, key, text);
}

static bool
is_list_of(const json_t *list, json_type type)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (json_typeof(item) != type ||
			(type == JSON_INTEGER && json_integer_value(item) < 0))
			return false;
	return json_array_size(list) > 0;
}

/* A list of numbers, or of strings (anything else is written as one). */
static void
fill_list(struct rte_tel_data *data, const json_t *list, struct room *room)
{
	bool numbers = is_list_of(list, JSON_INTEGER);
	json_t *item;
	size_t i;

	rte_tel_data_start_array(data, numbers ? RTE_TEL_U64_VAL : RTE_TEL_STRING_VAL);
	json_array_foreach (list, i, item) {
		const char *shown = json_string_value(item);
		char *text = NULL;

		if (shown == NULL)
			shown = text = json_dumps(item, JSON_ENCODE_ANY | JSON_COMPACT);
		if (shown == NULL || !take_room(room, RTE_MIN(strlen(shown), 127u) * 2 + 4)) {
			free(text);
			return;
		}
		if (numbers)
			rte_tel_data_add_array_uint(data, json_integer_value(item));
		else
			rte_tel_data_add_array_string(data, shown);
		free(text);
	}
}

static bool
has_objects(const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (json_is_object(item))
			return true;
	return false;
}

/* The key of a row: its first member, unless an earlier row has the same. */
static void
row_key(char key[RTE_TEL_MAX_STRING_LEN], json_t *row, size_t i, json_t *used)
{
	const char *name = json_string_value(json_object_iter_value(json_object_iter(row)));

	if (name != NULL)
		make_key(key, name);
	if (name == NULL || json_object_get(used, key) != NULL)
		snprintf(key, RTE_TEL_MAX_STRING_LEN, "%zu", i);
	json_object_set_new(used, key, json_true());
}

static void
fill_rows(struct rte_tel_data *data, const json_t *rows, struct room *room)
{
	json_t *used = json_object(), *row;
	size_t i, left_out = 0;

	rte_tel_data_start_dict(data);
	json_array_foreach (rows, i, row) {
		char key[RTE_TEL_MAX_STRING_LEN];

		row_key(key, row, i, used);
		/* One entry is kept for "left_out". */
		if (left_out > 0 || i >= RTE_TEL_MAX_DICT_ENTRIES - 1 ||
			add_member(data, key, row, room) < 0)
			left_out++;
	}
	if (left_out > 0)
		rte_tel_data_add_dict_uint(data, "left_out", left_out);
	json_decref(used);
}

static void
fill_dict(struct rte_tel_data *data, const json_t *object, struct room *room)
{
	char key[RTE_TEL_MAX_STRING_LEN];
	const char *name;
	json_t *value;

	rte_tel_data_start_dict(data);
	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		make_key(key, name);
		add_member(data, key, value, room);
	}
}

static void
fill(struct rte_tel_data *data, const json_t *value, struct room *room)
{
	if (json_is_object(value))
		fill_dict(data, value, room);
	else if (has_objects(value))
		fill_rows(data, value, room);
	else
		fill_list(data, value, room);
}

/* Bytes that a value takes at most, so that a row is in the answer whole or not at all. */
static size_t
output_bytes(const json_t *value)
{
	size_t bytes = 24, i;
	const char *name;
	json_t *inner;

	if (json_is_string(value))
		return RTE_MIN(json_string_length(value), 127u) * 2 + 8;
	json_object_foreach ((json_t *)(uintptr_t)value, name, inner)
		bytes += RTE_MIN(strlen(name), 127u) + 4 + output_bytes(inner);
	json_array_foreach (value, i, inner)
		bytes += 8 + output_bytes(inner);
	return bytes;
}

static int
add_member(struct rte_tel_data *dict, const char *name, const json_t *value, struct room *room)
{
	struct rte_tel_data *inner;
	int rc;

	if (!json_is_object(value) && !json_is_array(value)) {
		if (!take_room(room, strlen(name) + 4 + output_bytes(value)))
			return -ENOSPC;
		return add_scalar(dict, name, value);
	}
	if (room->depth >= DEPTH_MAX || strlen(name) + 8 > room->bytes)
		return -ENOSPC;
	if (json_is_object(value) && strlen(name) + 8 + output_bytes(value) > room->bytes)
		return -ENOSPC;
	inner = rte_tel_data_alloc();
	if (inner == NULL)
		return -ENOMEM;
	take_room(room, strlen(name) + 8);
	room->depth++;
	fill(inner, value, room);
	room->depth--;
	/* DPDK frees it after writing. */
	rc = rte_tel_data_add_dict_container(dict, name, inner, 0);
	if (rc < 0)
		rte_tel_data_free(inner);
	return RTE_MIN(rc, 0);
}

int
telemetry_data(struct rte_tel_data *data, const json_t *reply)
{
	struct room room = {.bytes = OUTPUT_BYTES};
	char *text;

	if (json_is_object(reply) || json_is_array(reply)) {
		fill(data, reply, &room);
		return 0;
	}
	if (json_is_string(reply)) {
		rte_tel_data_string(data, json_string_value(reply));
		return 0;
	}
	text = json_dumps(reply, JSON_ENCODE_ANY);
	if (text == NULL)
		return -ENOMEM;
	rte_tel_data_string(data, text);
	free(text);
	return 0;
}
