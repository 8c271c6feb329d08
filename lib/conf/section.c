/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_priv.h"

struct conf_sections conf_sections = TAILQ_HEAD_INITIALIZER(conf_sections);

void
xebra_conf_register(struct xebra_conf_section *section)
{
	struct xebra_conf_section *s;

	TAILQ_FOREACH (s, &conf_sections, next) {
		int order = strcmp(section->schema.name, s->schema.name);

		if (order == 0) {
			fprintf(stderr, "two sections of the configuration are called \"%s\"\n",
				s->schema.name);
			abort();
		}
		if (section->floor < s->floor || (section->floor == s->floor && order < 0))
			break;
	}
	if (s != NULL)
		TAILQ_INSERT_BEFORE(s, section, next);
	else
		TAILQ_INSERT_TAIL(&conf_sections, section, next);
}

struct xebra_conf_section *
conf_section_find(const char *name)
{
	struct xebra_conf_section *s;

	TAILQ_FOREACH (s, &conf_sections, next)
		if (strcmp(s->schema.name, name) == 0)
			return s;
	return NULL;
}

json_t *
conf_empty_value(const struct xebra_conf_key *key)
{
	return key->type == XEBRA_CONF_LIST ? json_array() : json_object();
}

/* "unknown key" with the most helpful rest: the word that was meant, else what there is. */
static int
unknown(const char *const *words, const char *name, const struct conf_place *place,
	struct xebra_err *err)
{
	const char *meant = xebra_nearest_word(name, words);
	char all[200] = "";
	size_t used = 0;

	if (meant != NULL)
		return conf_fail(err, place, -EINVAL, "unknown key; did you mean \"%s\"?", meant);
	for (; *words != NULL && used < sizeof(all); words++)
		used += snprintf(
			all + used, sizeof(all) - used, "%s%s", used > 0 ? ", " : "", *words);
	return conf_fail(err, place, -EINVAL, "unknown key; known here: %s%s", all,
		used >= sizeof(all) ? "..." : "");
}

int
conf_unknown_section(const char *name, const struct conf_place *place, struct xebra_err *err)
{
	const char *words[64];
	struct xebra_conf_section *s;
	size_t n = 0;

	TAILQ_FOREACH (s, &conf_sections, next)
		if (n < RTE_DIM(words) - 1)
			words[n++] = s->schema.name;
	words[n] = NULL;
	return unknown(words, name, place, err);
}

int
conf_unknown_key(const struct xebra_conf_key *object, const char *name,
	const struct conf_place *place, struct xebra_err *err)
{
	const char *words[64];
	size_t n = 0;

	for (const struct xebra_conf_key *key = object->keys; key->name != NULL; key++)
		if (n < RTE_DIM(words) - 1)
			words[n++] = key->name;
	words[n] = NULL;
	return unknown(words, name, place, err);
}
