/* SPDX-License-Identifier: BSD-3-Clause */
/* The section "manager". */
#include <errno.h>

#include "manager.h"
#include "xebra_conf.h"

static int
check_path(const char *text, struct xebra_err *err)
{
	if (text[0] == '/')
		return 0;
	return xebra_err_set(err, -EINVAL, "\"%.80s\" is not an absolute path", text);
}

static const struct xebra_conf_key keys[] = {
	{
		.name = "state",
		.type = XEBRA_CONF_STRING,
		.help = "File that keeps what has to survive a restart: which VF and MAC a guest "
			"was given.",
		.restart = true,
		.dflt = "\"/var/lib/xebra/pf.state\"",
		.min = 1,
		.form = "absolute path",
		.pattern = "^/",
		.check = check_path,
	},
	{
		.name = "check",
		.type = XEBRA_CONF_INT,
		.help = "How often all VFs are read and compared with what they should be. Changes "
			"that a PF tells of are seen at once.",
		.dflt = "1000",
		.min = 100,
		.max = 60000,
		.unit = "ms",
	},
	{.name = NULL},
};

static void
withdraw(const json_t *from __rte_unused, const json_t *to)
{
	if (to != NULL)
		return;
	manager_stop();
	state_free();
	drift_free();
	config_take(&config.manager, NULL);
}

static int
install(const json_t *from, const json_t *to, struct xebra_err *err)
{
	int rc = 0;

	config_take(&config.manager, to);
	if (from == NULL)
		rc = state_load(json_string_value(json_object_get(to, "state")), err);
	if (rc < 0)
		return xebra_err_at(err, "manager.state");
	return from != to ? manager_start(err) : 0;
}

static struct xebra_conf_section section = {
	.schema =
		{
			.name = "manager",
			.type = XEBRA_CONF_OBJECT,
			.help = "How the manager itself works.",
			.keys = keys,
		},
	.floor = XEBRA_CONF_FLOOR_PROCESS,
	.withdraw = withdraw,
	.install = install,
};
XEBRA_CONF_SECTION(section)
