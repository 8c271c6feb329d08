/* SPDX-License-Identifier: BSD-3-Clause */
#include "cmd.h"
#include "xebra_conf.h"
#include "xebra_iface.h"

json_t *
ip4_cmd_running(const char *map, const char *name)
{
	const json_t *section = json_object_get(xebra_conf_running(), "ip4");

	return json_object_get(json_object_get(section, map), name);
}

void
ip4_cmd_record(const char *map, const char *name, json_t *value)
{
	const char *const path[] = {"ip4", map, name, NULL};

	xebra_conf_record(path, value);
}

void
ip4_cmd_copy(json_t *to, const json_t *args, const char *const *names)
{
	for (; *names != NULL; names++)
		if (json_object_get(args, *names) != NULL)
			json_object_set(to, *names, json_object_get(args, *names));
}

void
ip4_cmd_offer_interfaces(json_t *words)
{
	const struct xebra_iface *iface = xebra_iface_next(0);

	for (; iface != NULL; iface = xebra_iface_next(iface->id + 1))
		json_array_append_new(words, json_string(iface->name));
}
