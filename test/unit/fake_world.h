/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAKE_WORLD_H
#define FAKE_WORLD_H

/*
 * A small router for tests of committing: "ports", "interfaces" on ports and "routes" through
 * interfaces, each on a floor of its own. What is installed is kept here, entry by entry; an
 * installation can be made to fail. Whatever a section is asked to do out of order is an assertion.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf_priv.h"
#include "fake_cmd_table.h"
#include "xebra_test.h"

static struct {
	json_t *ports, *interfaces, *routes; /* installed: name to complete value */
	int fail_in;                         /* the n-th step from now fails; 0: none does */
	int fail_percent;                    /* and so many of all others */
	unsigned int installs;               /* entries installed so far */
	unsigned int removals;
	bool settled; /* after the last installation */
} world;

static inline void
world_make(void)
{
	memset(&world, 0, sizeof(world));
	world.ports = json_object();
	world.interfaces = json_object();
	world.routes = json_object();
}

static inline void
world_free(void)
{
	json_decref(world.ports);
	json_decref(world.interfaces);
	json_decref(world.routes);
}

static int
world_step(const char *section, const char *name, struct xebra_err *err)
{
	if (world.fail_in > 0 && --world.fail_in == 0)
		return xebra_err_set(err, -EIO, "%s.%s: broken", section, name);
	if (world.fail_percent > 0 && rand() % 100 < world.fail_percent)
		return xebra_err_set(err, -EIO, "%s.%s: broken by chance", section, name);
	return 0;
}

static bool
world_uses(json_t *users, const char *key, const char *name)
{
	const char *user;
	json_t *value;

	json_object_foreach (users, user, value)
		if (strcmp(json_string_value(json_object_get(value, key)), name) == 0)
			return true;
	return false;
}

/* Remove what `to` has not or has otherwise; `users` name what they stand on under `key`. */
static void
world_withdraw(json_t *installed, const json_t *to, json_t *users, const char *key)
{
	const char *name;
	json_t *value;
	void *tmp;

	json_object_foreach_safe (installed, tmp, name, value) {
		const json_t *after = json_object_get(to, name);

		if (after != NULL && json_equal(after, value))
			continue;
		/* What comes back changed keeps its users, what goes for good must have none. */
		assert_false(after == NULL && world_uses(users, key, name));
		json_object_del(installed, name);
		world.removals++;
	}
}

/* `below` has what entries name under `key`. */
static int
world_install(json_t *installed, const json_t *to, json_t *below, const char *key,
	const char *section, struct xebra_err *err)
{
	const char *name;
	json_t *value;
	int rc;

	world.settled = false;
	json_object_foreach ((json_t *)(uintptr_t)to, name, value) {
		if (json_equal(json_object_get(installed, name), value))
			continue;
		rc = world_step(section, name, err);
		if (rc < 0)
			return rc;
		if (below != NULL &&
			json_object_get(below, json_string_value(json_object_get(value, key))) ==
				NULL) {
			/* Only possible after what is below failed to come back. */
			assert_true(world.fail_percent > 0);
			return xebra_err_set(
				err, -ENODEV, "%s.%s: hangs in the air", section, name);
		}
		json_object_set_new(installed, name, json_deep_copy(value));
		world.installs++;
	}
	return 0;
}

static int
world_settle(struct xebra_err *err)
{
	int rc = world_step("settle", "graph", err);

	world.settled = rc == 0;
	return rc;
}

/* Every entry of a section names an entry of another. */
static int
world_check(const json_t *root, const char *section, const char *key, const char *below,
	struct xebra_err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach (json_object_get(root, section), name, value) {
		const char *on = json_string_value(json_object_get(value, key));

		if (json_object_get(json_object_get(root, below), on) == NULL)
			return xebra_err_set(
				err, -ENOENT, "%s.%s.%s: there is no %s", section, name, key, on);
	}
	return 0;
}

static const struct xebra_conf_key world_port_keys[] = {
	{.name = "device",
		.type = XEBRA_CONF_STRING,
		.help = "Device.",
		.restart = true,
		.dflt = "\"d\""},
	{.name = "mtu", .type = XEBRA_CONF_INT, .help = "MTU.", .dflt = "1500", .max = 9000},
	{0},
};

static const struct xebra_conf_key world_port = {
	.type = XEBRA_CONF_OBJECT, .help = "A port.", .keys = world_port_keys};

static void
ports_withdraw(const json_t *from, const json_t *to)
{
	assert_non_null(from);
	world_withdraw(world.ports, to, world.interfaces, "port");
}

static int
ports_install(const json_t *from, const json_t *to, struct xebra_err *err)
{
	(void)from;
	return world_install(world.ports, to, NULL, NULL, "ports", err);
}

static struct xebra_conf_section world_ports = {
	.schema = {.name = "ports", .type = XEBRA_CONF_MAP, .help = "Ports.", .item = &world_port},
	.floor = XEBRA_CONF_FLOOR_PORT,
	.withdraw = ports_withdraw,
	.install = ports_install,
};
XEBRA_CONF_SECTION(world_ports)

static const struct xebra_conf_key world_interface_keys[] = {
	{.name = "port", .type = XEBRA_CONF_STRING, .help = "Its port.", .required = true},
	{.name = "vlan", .type = XEBRA_CONF_INT, .help = "VLAN.", .max = 4094},
	{0},
};

static const struct xebra_conf_key world_interface = {
	.type = XEBRA_CONF_OBJECT, .help = "An interface.", .keys = world_interface_keys};

static int
interfaces_check(const json_t *root, struct xebra_err *err)
{
	return world_check(root, "interfaces", "port", "ports", err);
}

static void
interfaces_withdraw(const json_t *from, const json_t *to)
{
	(void)from;
	world_withdraw(world.interfaces, to, world.routes, "interface");
}

static int
interfaces_install(const json_t *from, const json_t *to, struct xebra_err *err)
{
	(void)from;
	return world_install(world.interfaces, to, world.ports, "port", "interfaces", err);
}

static struct xebra_conf_section world_interfaces = {
	.schema = {.name = "interfaces",
		.type = XEBRA_CONF_MAP,
		.help = "Interfaces.",
		.item = &world_interface},
	.floor = XEBRA_CONF_FLOOR_INTERFACE,
	.check = interfaces_check,
	.withdraw = interfaces_withdraw,
	.install = interfaces_install,
	.settle = world_settle,
};
XEBRA_CONF_SECTION(world_interfaces)

static int
world_prefix_check(const char *text, struct xebra_err *err)
{
	return strchr(text, '/') != NULL ? 0 : xebra_err_set(err, -EINVAL, "not a prefix");
}

static const struct xebra_conf_key world_route_keys[] = {
	{.name = "interface", .type = XEBRA_CONF_STRING, .help = "Where to.", .required = true},
	{.name = "weight", .type = XEBRA_CONF_INT, .help = "Weight.", .dflt = "1", .max = 9},
	{0},
};

static const struct xebra_conf_key world_route = {
	.type = XEBRA_CONF_OBJECT, .help = "A route.", .keys = world_route_keys};

static const struct xebra_conf_key world_ip_keys[] = {
	{.name = "routes",
		.type = XEBRA_CONF_MAP,
		.help = "Routes.",
		.dflt = "{}",
		.name_check = world_prefix_check,
		.item = &world_route},
	{.name = "ttl", .type = XEBRA_CONF_INT, .help = "TTL.", .dflt = "64", .max = 255},
	{0},
};

static int
ip_check(const json_t *root, struct xebra_err *err)
{
	json_t *flat = json_pack("{s:O, s:O}", "routes",
		json_object_get(json_object_get(root, "ip"), "routes"), "interfaces",
		json_object_get(root, "interfaces"));
	int rc = world_check(flat, "routes", "interface", "interfaces", err);

	json_decref(flat);
	return rc;
}

static void
ip_withdraw(const json_t *from, const json_t *to)
{
	(void)from;
	world_withdraw(world.routes, json_object_get(to, "routes"), NULL, NULL);
}

static int
ip_install(const json_t *from, const json_t *to, struct xebra_err *err)
{
	(void)from;
	return world_install(world.routes, json_object_get(to, "routes"), world.interfaces,
		"interface", "routes", err);
}

static struct xebra_conf_section world_ip = {
	.schema = {.name = "ip", .type = XEBRA_CONF_OBJECT, .help = "IP.", .keys = world_ip_keys},
	.floor = XEBRA_CONF_FLOOR_FAMILY,
	.check = ip_check,
	.withdraw = ip_withdraw,
	.install = ip_install,
};
XEBRA_CONF_SECTION(world_ip)

/* What is installed is what this complete configuration says, no more and no less. */
static inline bool
world_is(const json_t *complete)
{
	return json_equal(world.ports, json_object_get(complete, "ports")) &&
		json_equal(world.interfaces, json_object_get(complete, "interfaces")) &&
		json_equal(
			world.routes, json_object_get(json_object_get(complete, "ip"), "routes"));
}

/* A right configuration by chance: some ports, interfaces on them, routes through those. */
static inline json_t *
world_random(void)
{
	json_t *ports = json_object(), *interfaces = json_object(), *routes = json_object();
	char name[16], on[16];

	for (int i = 0; i < 4; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		if (rand() % 3 > 0)
			json_object_set_new(ports, name, json_pack("{s:i}", "mtu", rand() % 3));
	}
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "i%d", i);
		snprintf(on, sizeof(on), "p%d", rand() % 4);
		if (json_object_get(ports, on) != NULL)
			json_object_set_new(interfaces, name,
				json_pack("{s:s, s:i}", "port", on, "vlan", rand() % 3));
	}
	for (int i = 0; i < 8; i++) {
		snprintf(name, sizeof(name), "10.%d.0.0/16", i);
		snprintf(on, sizeof(on), "i%d", rand() % 6);
		if (json_object_get(interfaces, on) != NULL)
			json_object_set_new(routes, name, json_pack("{s:s}", "interface", on));
	}
	return json_pack("{s:o, s:o, s:{s:o}}", "ports", ports, "interfaces", interfaces, "ip",
		"routes", routes);
}

#endif
