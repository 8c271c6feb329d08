/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4 options (RFC 791, 3.1; RFC 1812, 4.2.2.1 and 5.3.13): record route and timestamps are
 * written as asked; source routes are refused (as routers on hostile networks do, RFC 7126);
 * router alert (RFC 2113) concerns nobody here as long as no protocol wants it; what is not known
 * passes unchanged.
 */
#include "node.h"

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_RECORD_ROUTE = 7,
	OPTION_TIMESTAMP = 68,
	OPTION_LOOSE_ROUTE = 131,
	OPTION_STRICT_ROUTE = 137,
};

enum {
	TIME_ONLY = 0,
	TIME_ADDRESS = 1,
	TIME_PRESPECIFIED = 3,
};

static void
write32(uint8_t *to, uint32_t value)
{
	value = rte_cpu_to_be_32(value);
	memcpy(to, &value, sizeof(value));
}

/* The byte in error, counted from the option's first; 0: none. */
static uint8_t
record_route(uint8_t *option, uint32_t own, bool *changed)
{
	uint8_t len = option[1], at = len > 2 ? option[2] : 0;

	if (at < 4)
		return 2;
	/* Full: passes as it is. Room, but not for an address: wrong (RFC 791). */
	if (at > len)
		return 0;
	if (at + 3 > len)
		return 2;
	write32(&option[at - 1], own);
	option[2] += 4;
	*changed = true;
	return 0;
}

static uint8_t
timestamp(uint8_t *option, uint32_t own, uint32_t ms, bool *changed)
{
	uint8_t len = option[1], at = len > 3 ? option[2] : 0;
	uint8_t flag = len > 3 ? option[3] & 0xf : 0;
	uint32_t next;

	if (at < 5)
		return 2;
	if (at > len) {
		/* Full: one more that could not be recorded. */
		if (option[3] >> 4 == 0xf)
			return 3;
		option[3] += 0x10;
		*changed = true;
		return 0;
	}
	if (flag == TIME_ONLY) {
		if (at + 3 > len)
			return 2;
		write32(&option[at - 1], ms);
		option[2] += 4;
		*changed = true;
		return 0;
	}
	if (flag != TIME_ADDRESS && flag != TIME_PRESPECIFIED)
		return 3;
	if (at + 7 > len)
		return 2;
	memcpy(&next, &option[at - 1], sizeof(next));
	if (flag == TIME_PRESPECIFIED && rte_be_to_cpu_32(next) != own)
		return 0;
	write32(&option[at - 1], own);
	write32(&option[at + 3], ms);
	option[2] += 8;
	*changed = true;
	return 0;
}

enum ip4_options
ip4_options_process(struct rte_ipv4_hdr *ip, uint32_t own, uint32_t ms, uint8_t *pointer)
{
	uint8_t *bytes = (uint8_t *)ip;
	uint32_t at = IP4_HLEN, end = ip4_hlen(ip);
	bool changed = false;

	while (at < end && bytes[at] != OPTION_END) {
		uint8_t *option = &bytes[at];
		uint8_t wrong = 0;

		if (option[0] == OPTION_NOP) {
			at++;
			continue;
		}
		*pointer = at + 1;
		if (at + 1 >= end || option[1] < 2 || at + option[1] > end)
			return IP4_OPTIONS_BAD;
		if (option[0] == OPTION_LOOSE_ROUTE || option[0] == OPTION_STRICT_ROUTE)
			return IP4_OPTIONS_SOURCE_ROUTE;
		if (option[0] == OPTION_RECORD_ROUTE)
			wrong = record_route(option, own, &changed);
		else if (option[0] == OPTION_TIMESTAMP)
			wrong = timestamp(option, own, ms, &changed);
		*pointer = at + wrong;
		if (wrong != 0)
			return IP4_OPTIONS_BAD;
		at += option[1];
	}
	if (changed)
		ip4_checksum(ip);
	return IP4_OPTIONS_OK;
}
