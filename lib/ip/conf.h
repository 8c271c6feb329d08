/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_CONF_H
#define IP4_CONF_H

#include <jansson.h>

#include "xebra_conf.h"
#include "xebra_err.h"
#include "xebra_ip4.h"

/* The section's keys. */
extern const struct xebra_conf_key ip4_keys[];

/* What a route and a neighbour may contain: the file's form, and that of commands. */
extern const struct xebra_conf_key ip4_route_key;
extern const struct xebra_conf_key ip4_neighbor_key;

/* The section's check. */
int ip4_conf_check(const json_t *root, struct xebra_err *err);

/*
 * Check what the registration cannot say of a route, in a configuration that is complete. Errors
 * begin within the route ("via[1].interface: ...", or just the reason).
 */
int ip4_conf_route_check(const json_t *root, const json_t *route, struct xebra_err *err);

/* The same of a neighbour, whose address is its name there. */
int ip4_conf_neighbor_check(
	const json_t *root, const char *addr, const json_t *neighbor, struct xebra_err *err);

/* Where a route leads. */
struct ip4_conf_route {
	enum xebra_ip4_action action;
	unsigned int n; /* of path */
	struct xebra_ip4_path path[XEBRA_IP4_PATH_MAX];
};

/* Read a route that is checked and complete. */
int ip4_conf_route_read(const json_t *route, struct ip4_conf_route *to);

/* Make a route, a neighbour real. The values are checked and complete. */
int ip4_conf_route_set(const char *prefix, const json_t *route);
int ip4_conf_neighbor_set(const char *addr, const json_t *neighbor);

/* Remove them. */
void ip4_conf_route_unset(const char *prefix);
void ip4_conf_neighbor_unset(const char *addr, const json_t *neighbor);

/* jansson reads through pointers that could write. */
static inline json_t *
ip4_json(const json_t *value)
{
	return (json_t *)(uintptr_t)value;
}

#endif
