/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "conf_priv.h"

/* Whether anything below needs a restart: a map of a million routes is not walked for nothing. */
static bool
matters(const struct xebra_conf_key *key)
{
	if (key->restart)
		return true;
	if (key->type == XEBRA_CONF_MAP)
		return matters(key->item);
	if (key->type != XEBRA_CONF_OBJECT)
		return false;
	for (const struct xebra_conf_key *k = key->keys; k->name != NULL; k++)
		if (matters(k))
			return true;
	return false;
}

static int
check(const struct xebra_conf_key *key, json_t *from, json_t *to, const struct conf_place *place,
	struct xebra_err *err)
{
	const char *name;
	json_t *value;
	int rc = 0;

	if (from == to || !matters(key))
		return 0;
	if (key->restart && (from == NULL || to == NULL || !json_equal(from, to)))
		return conf_fail(err, place, -EBUSY,
			"cannot change while the program runs; write the file and restart it");
	if (from == NULL || to == NULL)
		return 0;
	if (key->type == XEBRA_CONF_MAP) {
		/* Entries that come or go are free to. */
		json_object_foreach (from, name, value) {
			struct conf_place here = {.up = place, .name = name};
			json_t *after = json_object_get(to, name);

			if (rc == 0 && after != NULL)
				rc = check(key->item, value, after, &here, err);
		}
		return rc;
	}
	if (key->type != XEBRA_CONF_OBJECT)
		return 0;
	for (const struct xebra_conf_key *k = key->keys; k->name != NULL && rc == 0; k++) {
		struct conf_place here = {.up = place, .name = k->name};

		rc = check(k, json_object_get(from, k->name), json_object_get(to, k->name), &here,
			err);
	}
	return rc;
}

int
conf_check_restart(json_t *from, json_t *to, struct xebra_err *err)
{
	struct xebra_conf_section *s;

	TAILQ_FOREACH (s, &conf_sections, next) {
		struct conf_place here = {.name = s->schema.name};
		int rc = check(&s->schema, json_object_get(from, s->schema.name),
			json_object_get(to, s->schema.name), &here, err);

		if (rc < 0)
			return rc;
	}
	return 0;
}
