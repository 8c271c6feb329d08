/* SPDX-License-Identifier: BSD-3-Clause */
#include "conf_priv.h"

/*
 * A full table in the configuration is a million names and the same few values again and again.
 * Compared with the latest four that differ, most find theirs at once. Of two that are alike but
 * for the order of their names, the first one's is shown.
 */
static void
merge_members(json_t *object)
{
	json_t *seen[CONF_ALIKE] = {NULL}; /* Borrowed. */
	unsigned int next = 0, i;
	void *iter;

	for (iter = json_object_iter(object); iter != NULL;
		iter = json_object_iter_next(object, iter)) {
		json_t *value = json_object_iter_value(iter);

		if (!json_is_object(value) && !json_is_array(value))
			continue;
		for (i = 0; i < CONF_ALIKE && !json_equal(value, seen[i]); i++)
			;
		if (i < CONF_ALIKE) {
			json_object_iter_set(object, iter, seen[i]);
			continue;
		}
		conf_merge_alike(value);
		seen[next++ % CONF_ALIKE] = value;
	}
}

void
conf_merge_alike(json_t *value)
{
	json_t *item;
	size_t i;

	if (json_is_object(value))
		merge_members(value);
	json_array_foreach (value, i, item)
		conf_merge_alike(item);
}
