/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_CMD_H
#define IP4_CMD_H

/* What the commands of routes and neighbours share. */

#include <jansson.h>

#include "xebra_err.h"

/* The running configuration's value of ip4.<map>."<name>", or NULL. */
json_t *ip4_cmd_running(const char *map, const char *name);

/* Note a change of it; takes the reference over, NULL: it is no more. */
void ip4_cmd_record(const char *map, const char *name, json_t *value);

/* Copy arguments that are there, by name; names end with NULL. */
void ip4_cmd_copy(json_t *to, const json_t *args, const char *const *names);

/*
 * The route that arguments ask for (via with interface and weight, type, or paths), a new
 * reference, not yet checked. `old`: the route that a gateway is added to, or NULL.
 */
int ip4_cmd_route(const json_t *args, const json_t *old, json_t **route, struct xebra_err *err);

/* Say why a route was not taken; returns ret. */
int ip4_cmd_refused(int ret, struct xebra_err *err);

/* The names of all interfaces, for completion. */
void ip4_cmd_offer_interfaces(json_t *words);

#endif
