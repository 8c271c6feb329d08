/* SPDX-License-Identifier: BSD-3-Clause */
/* The section "control" of the configuration, and what a program's main() calls. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "server_priv.h"
#include "telemetry_priv.h"
#include "xebra_conf.h"
#include "xebra_ctl.h"

static const char *chosen_socket; /* --socket */
static char default_socket[128] = "\"" XEBRA_CTL_SOCKET "\"";

void
xebra_ctl_default_socket(const char *path)
{
	snprintf(default_socket, sizeof(default_socket), "\"%s\"", path);
}

static int
check_socket(const char *text, struct xebra_err *err)
{
	size_t len = strlen(text);

	if (text[0] != '/' || text[len - 1] == '/' || len > 100)
		return xebra_err_set(err, -EINVAL,
			"\"%.100s\" is not the path of a file, beginning with /, of at most 100 "
			"bytes",
			text);
	return 0;
}

static int
install(const json_t *from, const json_t *to, struct xebra_err *err)
{
	const char *path = json_string_value(json_object_get(to, "socket"));
	const char *group = json_string_value(json_object_get(to, "group"));
	int rc;

	/* Both keys are for the start only. */
	if (from != NULL || to == NULL)
		return 0;
	rc = server_start(chosen_socket != NULL ? chosen_socket : path, group, err);
	if (rc < 0)
		xebra_err_at(err, "control");
	return rc;
}

static void
withdraw(const json_t *from __rte_unused, const json_t *to)
{
	if (to == NULL)
		server_stop();
}

static const struct xebra_conf_key control_keys[] = {
	{
		.name = "socket",
		.type = XEBRA_CONF_STRING,
		.help = "Where the program listens for xebractl and other JSON-RPC clients. The "
			"directory is made when it is missing.",
		.restart = true,
		.dflt = default_socket,
		.min = 2,
		.max = 100,
		.form = "path of a file, beginning with /",
		.pattern = "^/.*[^/]$",
		.check = check_socket,
	},
	{
		.name = "group",
		.type = XEBRA_CONF_STRING,
		.help = "Group whose members may use the socket besides its owner. Without it "
			"only the owner may.",
		.restart = true,
		.min = 1,
		.max = 32,
		.form = "name of a group",
	},
	{0},
};

static struct xebra_conf_section control_section = {
	.schema =
		{
			.name = "control",
			.type = XEBRA_CONF_OBJECT,
			.help = "The control socket.",
			.keys = control_keys,
		},
	.floor = XEBRA_CONF_FLOOR_PROCESS,
	.withdraw = withdraw,
	.install = install,
};
XEBRA_CONF_SECTION(control_section)

int
xebra_ctl_start(const char *socket, struct xebra_err *err)
{
	chosen_socket = socket;
	return telemetry_start(err);
}

void
xebra_ctl_stop(void)
{
	telemetry_stop();
	chosen_socket = NULL;
}
