/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A plugin is a shared object whose constructors register what it brings, as our own parts do: a
 * network layer, its section of the configuration, commands, graph nodes. It is loaded before the
 * file that names it is checked, because its section is only known then, and stays until the end.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "plugins.h"
#include "xebra_conf.h"
#include "xebra_log.h"

static int
check_path(const char *path, struct xebra_err *err)
{
	if (path[0] == '/')
		return 0;
	return xebra_err_set(err, -EINVAL, "\"%.80s\" is not an absolute path", path);
}

static const struct xebra_conf_key plugin_key = {
	.type = XEBRA_CONF_STRING,
	.help = "Shared object to load at the start.",
	.min = 1,
	.form = "absolute path",
	.pattern = "^/",
	.check = check_path,
};

static struct xebra_conf_section plugins_section = {
	.schema =
		{
			.name = "plugins",
			.type = XEBRA_CONF_LIST,
			.help = "Shared objects that bring network layers or commands of their "
				"own.",
			.restart = true,
			.max = 32,
			.item = &plugin_key,
		},
	.floor = XEBRA_CONF_FLOOR_PROCESS,
};
XEBRA_CONF_SECTION(plugins_section)

/* A plugin is code that runs with the rights of the router: nobody else may be able to write it. */
static int
load(const char *path, struct xebra_err *err)
{
	const char *why;
	struct stat st;

	if (stat(path, &st) < 0)
		return xebra_err_set(err, -errno, "%s: %s", path, strerror(errno));
	if (st.st_mode & S_IWOTH)
		return xebra_err_set(err, -EPERM, "%s: everybody can write it: chmod o-w", path);
	if (dlopen(path, RTLD_NOW | RTLD_LOCAL) != NULL)
		return 0;
	why = dlerror();
	return xebra_err_set(err, -ENOEXEC, "%s", why != NULL ? why : path);
}

static int
load_all(const json_t *list, struct xebra_err *err)
{
	int rc;

	rc = xebra_conf_check_value(&plugins_section.schema, list, NULL, err);
	if (rc < 0)
		return xebra_err_at(err, "plugins");
	for (size_t i = 0; i < json_array_size(list); i++) {
		rc = load(json_string_value(json_array_get(list, i)), err);
		if (rc < 0)
			return xebra_err_at(err, "plugins[%zu]", i);
	}
	return 0;
}

int
plugins_load(const json_t *config, struct xebra_err *err)
{
	const json_t *list = json_object_get(config, "plugins");

	return list != NULL ? load_all(list, err) : 0;
}
