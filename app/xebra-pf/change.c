/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "change.h"
#include "xebra_conf.h"

const char *const term_names[] = {"cap", "guarantee", "weight", NULL};

static void
complete_section(json_t *section, json_t *words)
{
	const char *name;
	json_t *value;

	json_object_foreach (section, name, value)
		json_array_append_new(words, json_string(name));
}

void
complete_guest(json_t *words)
{
	complete_section(config.guests, words);
}

void
complete_vnet(json_t *words)
{
	complete_section(config.vnets, words);
}

void
complete_pf_name(json_t *words)
{
	complete_section(config.pfs, words);
}

json_t *
entry_as_written(const char *section, const char *name, struct xebra_err *err)
{
	const json_t *all = json_object_get(xebra_conf_running(), section);
	json_t *entry = json_deep_copy(json_object_get(all, name));

	if (entry == NULL)
		/* "vnets": "there is no vnet red" */
		xebra_err_set(err, -ENOENT, "there is no %.*s %s", (int)strlen(section) - 1,
			section, name);
	return entry;
}

int
change_entry(const char *section, const char *name, json_t *entry, struct xebra_err *err)
{
	const char *path[] = {section, name, NULL};

	return xebra_conf_change(path, entry, err);
}

void
take_args(json_t *entry, const json_t *args, const char *const *names)
{
	for (; *names != NULL; names++) {
		json_t *value = json_object_get(args, *names);

		if (value != NULL)
			json_object_set(entry, *names, value);
	}
}
