/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_CONF_OWN_H
#define IP4_CONF_OWN_H

/* The router's own addresses as a configuration has them, and what they rule out. */

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "xebra_err.h"

struct ip4_conf_own {
	uint32_t addr;
	uint8_t len;
	const char *iface;
	size_t index; /* In the interface's list. */
};

/* By network, the wider first; so who overlaps comes one after the other. */
struct ip4_conf_own_list {
	struct ip4_conf_own *own;
	size_t n;
};

/* All of a configuration, whose strings it borrows. -ENOMEM with err set. */
int ip4_conf_own_gather(const json_t *root, struct ip4_conf_own_list *list, struct xebra_err *err);
void ip4_conf_own_free(struct ip4_conf_own_list *list);

/* -EEXIST with err set when two networks overlap that are not one. The rest here expects none. */
int ip4_conf_own_overlap_check(const struct ip4_conf_own_list *list, struct xebra_err *err);

/* The first of our addresses on an address's network; NULL: on none of ours. */
const struct ip4_conf_own *ip4_conf_own_network(
	const struct ip4_conf_own_list *list, uint32_t addr);

/* -EINVAL with err "ADDRESS is ..." when no other station can have an address. */
int ip4_conf_own_station_check(
	const struct ip4_conf_own_list *list, uint32_t addr, struct xebra_err *err);

/* A name as one step of a path. Returns its buffer. */
const char *ip4_conf_step(char *text, size_t size, const char *name);

#endif
