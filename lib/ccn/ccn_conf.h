/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_CONF_H
#define CCN_CONF_H

/* The section "ccn": its schema (ccn_schema.c), what that cannot say (ccn_conf.c), and what makes
 * it real (ccn_apply.c). */
#include "ccn_priv.h"
#include "xebra_conf.h"

extern const struct xebra_conf_key ccn_conf_keys[];
extern const struct xebra_conf_key ccn_route_item;

void ccn_conf_withdraw(const json_t *from, const json_t *to);
int ccn_conf_install(const json_t *from, const json_t *to, struct xebra_err *err);
int ccn_conf_settle(struct xebra_err *err);

/* Read "udp:a.b.c.d[:port]" into network order; 0 or -EINVAL. */
int ccn_conf_udp(const char *text, rte_be32_t *ip, rte_be16_t *port);

/* Install or change one route; withdraw one (value: as it was installed). */
int ccn_apply_route(const char *prefix, const json_t *value, struct xebra_err *err);
void ccn_withdraw_route(const char *prefix);

/* A name that the checker has seen. */
void ccn_conf_name(const char *uri, struct ccn_name *name, uint8_t value[CCN_NAME_MAX]);

/* The parameter "prefix" of a command as a name; the root when it is left out. */
int ccn_cmd_prefix(const json_t *args, struct ccn_name *name, uint8_t value[CCN_NAME_MAX],
	struct xebra_err *err);
/* Completion: configured prefixes. */
void ccn_cmd_offer_routes(json_t *words);

#endif
