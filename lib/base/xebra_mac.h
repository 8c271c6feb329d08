/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_MAC_H
#define XEBRA_MAC_H

/**
 * @file
 * MAC addresses as text, for configurations and replies. Any thread.
 */

#include <jansson.h>
#include <rte_ether.h>

#include "xebra_err.h"

/**
 * A string check of the configuration (xebra_conf_key.check): a unicast MAC address.
 *
 * @return
 *   0, or -EINVAL with err set.
 */
int xebra_mac_check(const char *text, struct xebra_err *err);

/** In lower case, as the kernel writes them. Returns `text`. */
const char *xebra_mac_text(char text[RTE_ETHER_ADDR_FMT_SIZE], const struct rte_ether_addr *mac);

/** The same as JSON, a new reference. */
json_t *xebra_mac_json(const struct rte_ether_addr *mac);

#endif
