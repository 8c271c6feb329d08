/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A V-Channel gives each link flows in proportion to what the link can carry, and on a VF that is
 * the cap that the host gave it. The host writes caps where the guest can read them (lib/caps), and
 * whenever it does, the weights follow. Caps that make no sense are reported and change nothing;
 * when there are none any more, the configuration's weights hold again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port_vchannel.h"
#include "xebra_caps.h"
#include "xebra_cmd.h"
#include "xebra_log.h"

struct port_caps {
	struct port *port;
	struct xebra_caps_watch *watch;
	char *place; /* file or node */
	bool in_xenstore;
	struct xebra_caps caps; /* as read last */
	struct xebra_err err;   /* why there are newer ones that cannot be used */
};

static const char *
configured(const json_t *vchannel, const char *key)
{
	return json_string_value(json_object_get(vchannel, key));
}

bool
port_caps_weight(const struct port *port, const char *member, const struct rte_ether_addr *mac,
	uint32_t *weight)
{
	const struct xebra_cap *cap = NULL;

	if (port->caps != NULL)
		cap = xebra_caps_find(&port->caps->caps, member, mac);
	if (cap != NULL)
		*weight = cap->mbps;
	return cap != NULL;
}

static void
caps_changed(const struct xebra_caps *caps, const struct xebra_err *err, void *arg)
{
	static const struct xebra_caps none;
	struct port_caps *c = arg;
	struct xebra_err weigh_err = {0};

	if (err != NULL) {
		c->err = *err;
		XEBRA_LOG(ERR, "port %s: caps: %s (weights stay)", c->port->pub.name, err->text);
		return;
	}
	c->err = (struct xebra_err){0};
	c->caps = caps != NULL ? *caps : none;
	if (port_vchannel_weigh(c->port, &weigh_err) < 0)
		XEBRA_LOG(ERR, "port %s: %s", c->port->pub.name, weigh_err.text);
}

static void
end(struct port *port)
{
	struct port_caps *c = port->caps;

	port->caps = NULL;
	if (c == NULL)
		return;
	xebra_caps_watch_stop(c->watch);
	free(c->place);
	free(c);
}

static int
begin(struct port *port, const char *place, bool in_xenstore, struct xebra_err *err)
{
	struct port_caps *c = calloc(1, sizeof(*c));

	if (c == NULL || (c->place = strdup(place)) == NULL) {
		free(c);
		return xebra_err_set(err, -ENOMEM, "no memory");
	}
	c->port = port;
	c->in_xenstore = in_xenstore;
	port->caps = c;
	return in_xenstore ? xebra_caps_watch_xenstore(place, caps_changed, c, &c->watch, err)
			   : xebra_caps_watch_file(place, caps_changed, c, &c->watch, err);
}

int
port_caps_follow(struct port *port, const json_t *vchannel, struct xebra_err *err)
{
	const char *file = configured(vchannel, "caps_file");
	const char *node = configured(vchannel, "caps_xenstore");
	const char *place = node != NULL ? node : file;
	const struct port_caps *c = port->caps;
	int rc;

	if (c != NULL && place != NULL && c->in_xenstore == (node != NULL) &&
		strcmp(c->place, place) == 0)
		return 0;
	end(port);
	if (place == NULL)
		return 0;
	rc = begin(port, place, node != NULL, err);
	if (rc == 0)
		return 0;
	end(port);
	return xebra_err_at(err, "vchannel.%s", node != NULL ? "caps_xenstore" : "caps_file");
}

static int
show_caps(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	const struct port *port;

	*reply = json_array();
	TAILQ_FOREACH (port, &port_list, next) {
		const struct port_caps *c = port->caps;

		if (c == NULL)
			continue;
		json_array_append_new(*reply,
			json_pack("{s:s, s:s, s:s, s:i, s:s}", "port", port->pub.name, "from",
				c->in_xenstore ? "xenstore" : "file", "place", c->place, "caps",
				(int)c->caps.nb, "error", c->err.text));
	}
	return 0;
}

static struct xebra_cmd show_caps_cmd = {
	.name = "show caps",
	.help = "Show where V-Channels read the caps of their links, and why the last ones were "
		"not taken.",
	.run = show_caps,
	.telemetry = true,
};
XEBRA_CMD(show_caps_cmd)
