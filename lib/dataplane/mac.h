/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_MAC_H
#define XEBRA_MAC_H

/* MAC addresses as text, for the configuration and for replies. */

#include <jansson.h>
#include <rte_ether.h>

#include "xebra_err.h"

/* A string check of the configuration: a unicast MAC address. */
int mac_check(const char *text, struct xebra_err *err);

/* In lower case, as the kernel writes them; a new reference. */
json_t *mac_json(const struct rte_ether_addr *mac);

#endif
