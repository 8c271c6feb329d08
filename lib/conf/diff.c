/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "conf_priv.h"

/* What was added or removed whole is one difference, however much is in it. */
static int
note(json_t *list, const char *change, const struct conf_place *place, json_t *from, json_t *to)
{
	char path[512];
	json_t *entry;

	conf_place_print(place, path, sizeof(path));
	entry = json_pack(
		"{s:s, s:s, s:O*, s:O*}", "change", change, "path", path, "from", from, "to", to);
	return entry != NULL && json_array_append_new(list, entry) == 0 ? 0 : -ENOMEM;
}

static int diff_values(json_t *list, const struct conf_place *place, json_t *from, json_t *to);

/* Where an editor finds the schema is no part of what the program shall be. */
static bool
counts(const struct conf_place *place, const char *name)
{
	return place != NULL || strcmp(name, CONF_SCHEMA_KEY) != 0;
}

static int
diff_objects(json_t *list, const struct conf_place *place, json_t *from, json_t *to)
{
	const char *name;
	json_t *value;
	int rc = 0;

	json_object_foreach (from, name, value) {
		struct conf_place here = {.up = place, .name = name};

		if (counts(place, name))
			rc |= diff_values(list, &here, value, json_object_get(to, name));
	}
	json_object_foreach (to, name, value) {
		struct conf_place here = {.up = place, .name = name};

		if (json_object_get(from, name) == NULL && counts(place, name))
			rc |= diff_values(list, &here, NULL, value);
	}
	return rc;
}

static int
diff_lists(json_t *list, const struct conf_place *place, json_t *from, json_t *to)
{
	size_t n = RTE_MAX(json_array_size(from), json_array_size(to));
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		struct conf_place here = {.up = place, .index = i};

		rc |= diff_values(list, &here, json_array_get(from, i), json_array_get(to, i));
	}
	return rc;
}

static int
diff_values(json_t *list, const struct conf_place *place, json_t *from, json_t *to)
{
	if (from == NULL)
		return note(list, "added", place, NULL, to);
	if (to == NULL)
		return note(list, "removed", place, from, NULL);
	if (json_is_object(from) && json_is_object(to))
		return diff_objects(list, place, from, to);
	if (json_is_array(from) && json_is_array(to))
		return diff_lists(list, place, from, to);
	return json_equal(from, to) ? 0 : note(list, "changed", place, from, to);
}

json_t *
conf_diff(json_t *from, json_t *to)
{
	json_t *list = json_array();

	if (list != NULL && diff_values(list, NULL, from, to) != 0) {
		json_decref(list);
		return NULL;
	}
	return list;
}
