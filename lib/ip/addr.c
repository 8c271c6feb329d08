/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "addr.h"
#include "rib.h"

/* A decimal number up to max; the rest of the text, or NULL. */
static const char *
number(const char *text, uint32_t max, uint32_t *value)
{
	const char *start = text;

	*value = 0;
	while (*text >= '0' && *text <= '9') {
		*value = *value * 10 + (uint32_t)(*text++ - '0');
		if (*value > max || (start[0] == '0' && text > start + 1))
			return NULL;
	}
	return text > start ? text : NULL;
}

static const char *
address(const char *text, uint32_t *addr)
{
	uint32_t part;

	*addr = 0;
	for (int i = 0; i < 4; i++) {
		if (i > 0 && *text++ != '.')
			return NULL;
		text = number(text, 255, &part);
		if (text == NULL)
			return NULL;
		*addr = *addr << 8 | part;
	}
	return text;
}

int
ip4_addr_parse(const char *text, uint32_t *addr)
{
	text = address(text, addr);
	return text != NULL && *text == '\0' ? 0 : -EINVAL;
}

int
ip4_prefix_parse(const char *text, uint32_t *addr, uint8_t *len)
{
	uint32_t bits;

	text = address(text, addr);
	if (text == NULL || *text++ != '/')
		return -EINVAL;
	text = number(text, 32, &bits);
	if (text == NULL || *text != '\0')
		return -EINVAL;
	*len = bits;
	return 0;
}

const char *
ip4_addr_text(char text[IP4_ADDR_TEXT], uint32_t addr)
{
	snprintf(text, IP4_ADDR_TEXT, "%u.%u.%u.%u", addr >> 24, addr >> 16 & 0xff,
		addr >> 8 & 0xff, addr & 0xff);
	return text;
}

const char *
ip4_prefix_text(char text[IP4_PREFIX_TEXT], uint32_t prefix, uint8_t len)
{
	char addr[IP4_ADDR_TEXT];

	snprintf(text, IP4_PREFIX_TEXT, "%s/%u", ip4_addr_text(addr, prefix), len & 0x3fu);
	return text;
}

int
ip4_mac_parse(const char *text, struct rte_ether_addr *mac)
{
	/* rte_ether_unformat_addr() takes more forms; ours is the one that we print. */
	if (strlen(text) != 17 || rte_ether_unformat_addr(text, mac) != 0)
		return -EINVAL;
	return rte_is_unicast_ether_addr(mac) && !rte_is_zero_ether_addr(mac) ? 0 : -EINVAL;
}

int
ip4_check_host(const char *text, struct xebra_err *err)
{
	uint32_t addr;

	if (ip4_addr_parse(text, &addr) < 0)
		return xebra_err_set(err, -EINVAL, "\"%s\" is not an IPv4 address, a.b.c.d", text);
	if (!ip4_addr_is_host(addr))
		return xebra_err_set(err, -EINVAL, "%s is not an address of a host", text);
	return 0;
}

int
ip4_check_own(const char *text, struct xebra_err *err)
{
	uint32_t addr;
	uint8_t len;

	if (ip4_prefix_parse(text, &addr, &len) < 0)
		return xebra_err_set(err, -EINVAL,
			"\"%s\" is not an IPv4 address with a prefix length, a.b.c.d/n", text);
	if (!ip4_addr_is_host(addr))
		return xebra_err_set(err, -EINVAL, "%s is not an address of a host", text);
	if (len < 8)
		return xebra_err_set(err, -EINVAL, "%s: a network has a length in 8..32", text);
	if (len < 31 && (addr & ~ip4_mask(len)) == 0)
		return xebra_err_set(
			err, -EINVAL, "%s is the address of the network, not of a host", text);
	if (len < 31 && (addr | ip4_mask(len)) == UINT32_MAX)
		return xebra_err_set(err, -EINVAL, "%s is the network's broadcast address", text);
	return 0;
}

int
ip4_check_prefix(const char *text, struct xebra_err *err)
{
	char right[IP4_PREFIX_TEXT];
	uint32_t addr;
	uint8_t len;

	if (ip4_prefix_parse(text, &addr, &len) < 0)
		return xebra_err_set(err, -EINVAL, "\"%s\" is not an IPv4 prefix, a.b.c.d/n", text);
	if ((addr & ip4_mask(len)) != addr)
		return xebra_err_set(err, -EINVAL, "%s has host bits set; did you mean %s?", text,
			ip4_prefix_text(right, addr & ip4_mask(len), len));
	/* 0.0.0.0/1 to /7 hold 0/8, which stays what it is: longer matches win. */
	if (len >= 8 && !ip4_addr_is_host(addr))
		return xebra_err_set(err, -EINVAL,
			"%s cannot be routed: 0/8, 127/8, multicast or reserved", text);
	if (len > 0 && len < 8 && addr >= 0xe0000000u)
		return xebra_err_set(
			err, -EINVAL, "%s cannot be routed: multicast or reserved", text);
	return 0;
}

int
ip4_check_mac(const char *text, struct xebra_err *err)
{
	struct rte_ether_addr mac;

	if (ip4_mac_parse(text, &mac) < 0)
		return xebra_err_set(err, -EINVAL,
			"\"%s\" is not a unicast MAC address, xx:xx:xx:xx:xx:xx", text);
	return 0;
}
