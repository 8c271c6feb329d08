/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands about capture. */
#include <errno.h>
#include <string.h>

#include "capture_priv.h"
#include "iface_priv.h"
#include "xebra_cmd.h"

static void
complete_iface(json_t *words)
{
	const struct xebra_iface *iface;

	for (iface = xebra_iface_next(0); iface != NULL; iface = xebra_iface_next(iface->id + 1))
		json_array_append_new(words, json_string(iface->name));
}

static void
complete_port(json_t *words)
{
	struct port *port;

	TAILQ_FOREACH (port, &port_list, next)
		json_array_append_new(words, json_string(port->pub.name));
}

static const struct xebra_cmd_param start_params[] = {
	{
		.name = "file",
		.help = "Path of the file to write (pcapng); one that exists is overwritten.",
		.type = XEBRA_PARAM_STRING,
	},
	{
		.name = "interface",
		.help = "Capture only the frames of this interface.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.keyword = true,
		.complete = complete_iface,
	},
	{
		.name = "port",
		.help = "Capture only the frames of this port.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.keyword = true,
		.complete = complete_port,
	},
	{
		.name = "packets",
		.help = "End after so many frames.",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.keyword = true,
		.min = 1,
		.max = INT64_MAX,
	},
	{
		.name = "snaplen",
		.help = "Bytes to keep of each frame; without it all.",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.keyword = true,
		.min = 14,
		.max = 16384,
	},
	{.name = NULL},
};

static int
choose(const json_t *args, struct capture_request *request, struct xebra_err *err)
{
	const char *iface_name = json_string_value(json_object_get(args, "interface"));
	const char *port_name = json_string_value(json_object_get(args, "port"));
	const struct iface *iface;

	if (iface_name != NULL && port_name != NULL)
		return xebra_err_set(err, -EINVAL, "either an interface or a port");
	if (iface_name != NULL) {
		iface = iface_by_name(iface_name);
		if (iface == NULL)
			return xebra_err_set(err, -ENOENT, "there is no interface %s", iface_name);
		request->vlan = iface->conf.vlan;
		port_name = iface->conf.port;
	}
	if (port_name == NULL)
		return 0;
	request->port = port_by_name(port_name);
	if (request->port == NULL)
		return xebra_err_set(err, -ENOENT, "there is no port %s", port_name);
	return 0;
}

static int
start(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	struct capture_request request = {
		.file = json_string_value(json_object_get(args, "file")),
		.vlan = CAPTURE_ANY_VLAN,
		.packets = json_integer_value(json_object_get(args, "packets")),
		.snaplen = json_integer_value(json_object_get(args, "snaplen")),
	};
	int rc = choose(args, &request, err);

	return rc < 0 ? rc : capture_start(&request, err);
}

static json_t *
describe(const struct capture_status *status)
{
	return json_pack("{s:s, s:b, s:I, s:I, s:o}", "file", status->file, "running",
		status->running, "packets", (json_int_t)status->packets, "dropped",
		(json_int_t)status->dropped, "error",
		status->error != 0 ? json_string(strerror(-status->error)) : json_null());
}

static int
stop(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err)
{
	struct capture_status status;

	if (!capture_status(&status))
		return xebra_err_set(err, -ENOENT, "no capture was started");
	capture_stop();
	capture_status(&status);
	*reply = json_pack("[o]", describe(&status));
	return 0;
}

static int
show(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	struct capture_status status;

	*reply = json_array();
	if (capture_status(&status))
		json_array_append_new(*reply, describe(&status));
	return 0;
}

static struct xebra_cmd start_cmd = {
	.name = "capture start",
	.help = "Write the frames that ports receive and send to a pcapng file.",
	.params = start_params,
	.run = start,
};
XEBRA_CMD(start_cmd)

static struct xebra_cmd stop_cmd = {
	.name = "capture stop",
	.help = "End the capture; shows what it has written.",
	.run = stop,
};
XEBRA_CMD(stop_cmd)

static struct xebra_cmd show_cmd = {
	.name = "capture show",
	.help = "Show the running capture, or the last one.",
	.run = show,
};
XEBRA_CMD(show_cmd)
