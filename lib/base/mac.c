/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>

#include "xebra_mac.h"

int
xebra_mac_check(const char *text, struct xebra_err *err)
{
	struct rte_ether_addr mac;

	if (rte_ether_unformat_addr(text, &mac) != 0 || !rte_is_valid_assigned_ether_addr(&mac))
		return xebra_err_set(err, -EINVAL,
			"\"%s\" is not a unicast MAC address as 02:00:00:00:00:01", text);
	return 0;
}

const char *
xebra_mac_text(char text[RTE_ETHER_ADDR_FMT_SIZE], const struct rte_ether_addr *mac)
{
	const uint8_t *b = mac->addr_bytes;

	snprintf(text, RTE_ETHER_ADDR_FMT_SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2],
		b[3], b[4], b[5]);
	return text;
}

json_t *
xebra_mac_json(const struct rte_ether_addr *mac)
{
	char text[RTE_ETHER_ADDR_FMT_SIZE];

	return json_string(xebra_mac_text(text, mac));
}
