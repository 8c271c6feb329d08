/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_ADDR_H
#define IP4_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>

#include "xebra_err.h"

/* Addresses as people write them. All in host order. */

#define IP4_ADDR_TEXT 16   /* "255.255.255.255" with the NUL. */
#define IP4_PREFIX_TEXT 19 /* The same with "/32". */

/* Four decimal numbers without leading zeros, nothing else. 0 or -EINVAL. */
int ip4_addr_parse(const char *text, uint32_t *addr);

/* An address, '/', a length in 0..32; host bits may be set. 0 or -EINVAL. */
int ip4_prefix_parse(const char *text, uint32_t *addr, uint8_t *len);

/* Returns its buffer. */
const char *ip4_addr_text(char text[IP4_ADDR_TEXT], uint32_t addr);
const char *ip4_prefix_text(char text[IP4_PREFIX_TEXT], uint32_t prefix, uint8_t len);

/* Six pairs of hexadecimal digits with ':' between; not a group address, not zero. */
int ip4_mac_parse(const char *text, struct rte_ether_addr *mac);

/* May be the address of a host: not 0/8, 127/8, multicast, class E (RFC 1812, 4.2.2.11). */
static inline bool
ip4_addr_is_host(uint32_t addr)
{
	uint8_t first = addr >> 24;

	return first != 0 && first != 127 && first < 224;
}

/* Checks of the configuration's strings (xebra_conf_string_check). */
int ip4_check_host(const char *text, struct xebra_err *err);   /* An address of a host. */
int ip4_check_own(const char *text, struct xebra_err *err);    /* Address/length of ours. */
int ip4_check_prefix(const char *text, struct xebra_err *err); /* A prefix to route. */
int ip4_check_mac(const char *text, struct xebra_err *err);    /* A unicast MAC address. */

#endif
