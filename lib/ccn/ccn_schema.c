/* SPDX-License-Identifier: BSD-3-Clause */
/* What the section "ccn" may say. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "ccn_conf.h"
#include "xebra_conf.h"

static int
check_name(const char *text, struct xebra_err *err)
{
	uint8_t value[CCN_NAME_MAX];
	int len = ccn_name_from_uri(text, value, err);

	return len < 0 ? len : 0;
}

int
ccn_conf_udp(const char *text, rte_be32_t *ip, rte_be16_t *port)
{
	char address[INET_ADDRSTRLEN];
	unsigned long number = CCN_UDP_PORT;
	const char *digits;
	size_t len;

	if (strncmp(text, "udp:", 4) != 0)
		return -EINVAL;
	text += 4;
	len = strcspn(text, ":");
	if (len >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, len);
	address[len] = '\0';
	if (text[len] == ':') {
		digits = text + len + 1;
		len = strspn(digits, "0123456789");
		if (len == 0 || len > 5 || digits[len] != '\0')
			return -EINVAL;
		number = strtoul(digits, NULL, 10);
	}
	if (number == 0 || number > UINT16_MAX || inet_pton(AF_INET, address, ip) != 1)
		return -EINVAL;
	*port = rte_cpu_to_be_16((uint16_t)number);
	return 0;
}

/* Written as 02:00:00:00:00:01, and no group's address. */
static bool
is_unicast_mac(const char *text)
{
	struct rte_ether_addr mac;

	for (unsigned int i = 0; i < 17; i++)
		if (i % 3 == 2 ? text[i] != ':' : !isxdigit((unsigned char)text[i]))
			return false;
	return text[17] == '\0' && rte_ether_unformat_addr(text, &mac) == 0 &&
		rte_is_valid_assigned_ether_addr(&mac);
}

static int
check_remote(const char *text, struct xebra_err *err)
{
	rte_be32_t ip;
	rte_be16_t port;

	if (strcmp(text, "group") == 0)
		return 0;
	if (is_unicast_mac(text))
		return 0;
	if (ccn_conf_udp(text, &ip, &port) == 0)
		return 0;
	return xebra_err_set(err, -EINVAL,
		"'%s' is neither \"group\", a unicast MAC address (02:00:00:00:00:01) nor a UDP "
		"address "
		"(udp:192.0.2.1 or udp:192.0.2.1:6363)",
		text);
}

static int
check_local(const char *text, struct xebra_err *err)
{
	struct in_addr ip;

	if (inet_pton(AF_INET, text, &ip) == 1)
		return 0;
	return xebra_err_set(err, -EINVAL, "'%s' is not an IPv4 address", text);
}

static const struct xebra_conf_key face_keys[] = {
	{
		.name = "interface",
		.type = XEBRA_CONF_STRING,
		.help = "The interface that it is on (Ethernet).",
		.check = xebra_conf_name_check,
		.form = "name of an interface",
	},
	{
		.name = "remote",
		.type = XEBRA_CONF_STRING,
		.help = "The neighbour: its MAC address or its UDP address; group: all who listen "
			"to "
			"the Ethernet group 01:00:5e:00:17:aa.",
		.dflt = "\"group\"",
		.form = "\"group\", a MAC address, udp:a.b.c.d or udp:a.b.c.d:port",
		.pattern = "^(group|([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}|udp:[0-9.]+(:[0-9]+)?)$",
		.check = check_remote,
	},
	{
		.name = "local",
		.type = XEBRA_CONF_STRING,
		.help = "With a UDP address: the address of ours to send from.",
		.form = "IPv4 address",
		.check = check_local,
	},
	{
		.name = "mtu",
		.type = XEBRA_CONF_INT,
		.help = "Longest link packet; longer packets go in fragments. Without it the "
			"interface's, 1400 for UDP.",
		.min = 256,
		.max = 9600,
		.unit = "bytes",
	},
	{
		.name = "trusted",
		.type = XEBRA_CONF_BOOL,
		.help = "May register prefixes (/localhop/nfd/rib/register).",
		.dflt = "false",
	},
	{
		.name = "rate",
		.type = XEBRA_CONF_INT,
		.help = "What its link carries: packets that will have to wait for more than 5 ms "
			"get a congestion mark. Without it none do.",
		.min = 1,
		.max = 400000,
		.unit = "Mb/s",
	},
	{.name = NULL},
};

static const struct xebra_conf_key face_item = {
	.type = XEBRA_CONF_OBJECT,
	.help = "A face: one neighbour, or all on a link.",
	.keys = face_keys,
};

static const struct xebra_conf_key client_keys[] = {
	{
		.name = "max",
		.type = XEBRA_CONF_INT,
		.help = "So many at a time.",
		.dflt = "64",
		.min = 1,
		.max = CCN_FACE_MAX - 1,
		.unit = "faces",
	},
	{
		.name = "idle",
		.type = XEBRA_CONF_INT,
		.help = "A client from which nothing has come for so long is forgotten.",
		.dflt = "600",
		.min = 1,
		.max = 86400,
		.unit = "s",
	},
	{
		.name = "trusted",
		.type = XEBRA_CONF_BOOL,
		.help = "May register prefixes (/localhop/nfd/rib/register).",
		.dflt = "false",
	},
	{.name = NULL},
};

static const struct xebra_conf_key client_item = {
	.type = XEBRA_CONF_OBJECT,
	.help = "Neighbours on an interface that get a face of their own when they first send.",
	.keys = client_keys,
};

static const struct xebra_conf_key hop_keys[] = {
	{
		.name = "face",
		.type = XEBRA_CONF_STRING,
		.help = "Name of a face.",
		.required = true,
		.check = xebra_conf_name_check,
		.form = "name of a face",
	},
	{
		.name = "cost",
		.type = XEBRA_CONF_INT,
		.help = "The lowest is asked first.",
		.dflt = "0",
		.min = 0,
		.max = INT32_MAX,
	},
	{
		.name = "weight",
		.type = XEBRA_CONF_INT,
		.help = "Share of turns with the strategy round-robin.",
		.dflt = "1",
		.min = 1,
		.max = CCN_WEIGHT_MAX,
	},
	{.name = NULL},
};

static const struct xebra_conf_key hop_item = {
	.type = XEBRA_CONF_OBJECT,
	.help = "A next hop.",
	.keys = hop_keys,
};

static const struct xebra_conf_key route_keys[] = {
	{
		.name = "via",
		.type = XEBRA_CONF_LIST,
		.help = "Next hops.",
		.required = true,
		.min = 1,
		.max = CCN_HOPS_MAX,
		.item = &hop_item,
	},
	{.name = NULL},
};

const struct xebra_conf_key ccn_route_item = {
	.type = XEBRA_CONF_OBJECT,
	.help = "Where Interests under a prefix go.",
	.keys = route_keys,
};

static const struct xebra_conf_key strategy_item = {
	.type = XEBRA_CONF_ENUM,
	.help = "How next hops are chosen under a prefix.",
	.words = ccn_strategy_words,
};

static const struct xebra_conf_key store_keys[] = {
	{
		.name = "bytes",
		.type = XEBRA_CONF_INT,
		.help = "Memory for Data; 0: nothing is stored. A change empties it.",
		.dflt = "16777216",
		.min = 0,
		.max = 1LL << 38,
		.unit = "bytes",
	},
	{.name = NULL},
};

static const struct xebra_conf_key pit_keys[] = {
	{
		.name = "entries",
		.type = XEBRA_CONF_INT,
		.help = "Names that can be waited for at a time.",
		.dflt = "32768",
		.min = 64,
		.max = 1 << 24,
		.restart = true,
	},
	{
		.name = "entries_per_face",
		.type = XEBRA_CONF_INT,
		.help = "Names that one face can wait for at a time; more get a congestion Nack.",
		.dflt = "8192",
		.min = 1,
		.max = 1 << 24,
	},
	{.name = NULL},
};

static const struct xebra_conf_key fib_keys[] = {
	{
		.name = "prefixes",
		.type = XEBRA_CONF_INT,
		.help = "Room for so many prefixes.",
		.dflt = "16384",
		.min = 16,
		.max = 1 << 22,
		.restart = true,
	},
	{.name = NULL},
};

const struct xebra_conf_key ccn_conf_keys[] = {
	{
		.name = "faces",
		.type = XEBRA_CONF_MAP,
		.help = "Neighbours by name.",
		.dflt = "{}",
		.item = &face_item,
	},
	{
		.name = "clients",
		.type = XEBRA_CONF_MAP,
		.help = "Interfaces on which neighbours that are not configured get a face.",
		.dflt = "{}",
		.form = "name of an interface",
		.item = &client_item,
	},
	{
		.name = "routes",
		.type = XEBRA_CONF_MAP,
		.help = "Next hops by name prefix.",
		.dflt = "{}",
		.form = "name prefix, /a/b",
		.name_check = check_name,
		.item = &ccn_route_item,
	},
	{
		.name = "strategies",
		.type = XEBRA_CONF_MAP,
		.help = "Strategies by name prefix; best-route where there is none.",
		.dflt = "{}",
		.form = "name prefix, /a/b",
		.name_check = check_name,
		.item = &strategy_item,
	},
	{
		.name = "content_store",
		.type = XEBRA_CONF_OBJECT,
		.help = "Data that passed, to be given again.",
		.dflt = "{}",
		.keys = store_keys,
	},
	{
		.name = "pit",
		.type = XEBRA_CONF_OBJECT,
		.help = "Pending Interests.",
		.dflt = "{}",
		.keys = pit_keys,
	},
	{
		.name = "fib",
		.type = XEBRA_CONF_OBJECT,
		.help = "Name prefixes.",
		.dflt = "{}",
		.keys = fib_keys,
	},
	{.name = NULL},
};
