/* SPDX-License-Identifier: BSD-3-Clause */
/* What the section "ip4" may contain. */
#include "addr.h"
#include "conf.h"
#include "xebra_ip4.h"

#define OCTET "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define ADDR OCTET "(\\." OCTET "){3}"
#define LEN "(3[0-2]|[12]?[0-9])"
#define MAC "[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}"

static const struct xebra_conf_key address_key = {
	.type = XEBRA_CONF_STRING,
	.help = "An address of the router with the length of its network's prefix.",
	.max = 18,
	.form = "IPv4 address and prefix length, a.b.c.d/n",
	.pattern = "^" ADDR "/" LEN "$",
	.check = ip4_check_own,
};

static const struct xebra_conf_key interface_keys[] = {
	{
		.name = "addresses",
		.type = XEBRA_CONF_LIST,
		.help = "The router's addresses on this interface; the first of a network is the "
			"one that it sends from.",
		.dflt = "[]",
		.max = 256,
		.item = &address_key,
	},
	{0},
};

static const struct xebra_conf_key interface_key = {
	.type = XEBRA_CONF_OBJECT,
	.help = "IPv4 on one interface.",
	.keys = interface_keys,
};

static const struct xebra_conf_key path_keys[] = {
	{
		.name = "gateway",
		.type = XEBRA_CONF_STRING,
		.help = "Address of the next router, on a connected network.",
		.required = true,
		.max = 15,
		.form = "IPv4 address, a.b.c.d",
		.pattern = "^" ADDR "$",
		.check = ip4_check_host,
	},
	{
		.name = "interface",
		.type = XEBRA_CONF_STRING,
		.help = "Use the gateway only by this interface.",
		.min = 1,
		.max = 31,
		.form = "name of an interface",
	},
	{
		.name = "weight",
		.type = XEBRA_CONF_INT,
		.help = "Share of the flows, in proportion to the other gateways' weights.",
		.dflt = "1",
		.min = 1,
		.max = 255,
	},
	{0},
};

static const struct xebra_conf_key path_key = {
	.type = XEBRA_CONF_OBJECT,
	.help = "One gateway.",
	.keys = path_keys,
};

static const char *const route_types[] = {"blackhole", "unreachable", "prohibit", NULL};

static const struct xebra_conf_key route_keys[] = {
	{
		.name = "via",
		.type = XEBRA_CONF_LIST,
		.help = "Gateways; flows are shared among those that can be reached.",
		.min = 1,
		.max = XEBRA_IP4_PATH_MAX,
		.item = &path_key,
	},
	{
		.name = "type",
		.type = XEBRA_CONF_ENUM,
		.help = "Instead of gateways: drop the packets, in silence (blackhole), telling "
			"the sender that the host is unreachable, or that it is prohibited.",
		.words = route_types,
	},
	{0},
};

const struct xebra_conf_key ip4_route_key = {
	.type = XEBRA_CONF_OBJECT,
	.help = "A route: via gateways, or of a type that sends nowhere.",
	.keys = route_keys,
};

static const struct xebra_conf_key neighbor_keys[] = {
	{
		.name = "interface",
		.type = XEBRA_CONF_STRING,
		.help = "Where the neighbour is.",
		.required = true,
		.min = 1,
		.max = 31,
		.form = "name of an interface",
	},
	{
		.name = "mac",
		.type = XEBRA_CONF_STRING,
		.help = "Its MAC address.",
		.required = true,
		.max = 17,
		.form = "unicast MAC address, xx:xx:xx:xx:xx:xx",
		.pattern = "^" MAC "$",
		.check = ip4_check_mac,
	},
	{0},
};

const struct xebra_conf_key ip4_neighbor_key = {
	.type = XEBRA_CONF_OBJECT,
	.help = "A neighbour that is not asked by ARP.",
	.keys = neighbor_keys,
};

static const struct xebra_conf_key icmp_keys[] = {
	{
		.name = "rate",
		.type = XEBRA_CONF_INT,
		.help = "Most ICMP errors that one worker sends; 0: none at all.",
		.dflt = "100",
		.min = 0,
		.max = 1000000,
		.unit = "errors/s",
	},
	{
		.name = "burst",
		.type = XEBRA_CONF_INT,
		.help = "So many of them at once, after a time without.",
		.dflt = "20",
		.min = 1,
		.max = 100000,
		.unit = "errors",
	},
	{
		.name = "redirects",
		.type = XEBRA_CONF_BOOL,
		.help = "Tell hosts of a better first router on their own network.",
		.dflt = "true",
	},
	{0},
};

static const struct xebra_conf_key arp_keys[] = {
	{
		.name = "max_neighbors",
		.type = XEBRA_CONF_INT,
		.help = "Most neighbours learned. A quarter of them may be without an answer yet.",
		.dflt = "4096",
		.min = 4,
		.max = 262144,
	},
	{
		.name = "hold",
		.type = XEBRA_CONF_INT,
		.help = "Packets that wait for the MAC address of one neighbour.",
		.dflt = "16",
		.min = 1,
		.max = 256,
		.unit = "packets",
	},
	{
		.name = "hold_total",
		.type = XEBRA_CONF_INT,
		.help = "Packets that wait for all neighbours together.",
		.dflt = "1024",
		.min = 1,
		.max = 65536,
		.unit = "packets",
	},
	{
		.name = "reachable_ms",
		.type = XEBRA_CONF_INT,
		.help = "From an answer until a neighbour in use is asked again.",
		.dflt = "60000",
		.min = 100,
		.max = 86400000,
		.unit = "ms",
	},
	{
		.name = "stale_ms",
		.type = XEBRA_CONF_INT,
		.help = "After that: until a neighbour that is not in use is forgotten.",
		.dflt = "600000",
		.min = 100,
		.max = 86400000,
		.unit = "ms",
	},
	{
		.name = "retry_ms",
		.type = XEBRA_CONF_INT,
		.help = "From a question to its repetition.",
		.dflt = "1000",
		.min = 50,
		.max = 60000,
		.unit = "ms",
	},
	{
		.name = "probes",
		.type = XEBRA_CONF_INT,
		.help = "Questions without an answer before a neighbour counts as gone.",
		.dflt = "3",
		.min = 1,
		.max = 20,
	},
	{
		.name = "rate",
		.type = XEBRA_CONF_INT,
		.help = "Most questions of the router, to all neighbours together.",
		.dflt = "500",
		.min = 1,
		.max = 100000,
		.unit = "requests/s",
	},
	{0},
};

static const struct xebra_conf_key reassembly_keys[] = {
	{
		.name = "datagrams",
		.type = XEBRA_CONF_INT,
		.help = "Fragmented datagrams to the router itself that it puts together at once.",
		.dflt = "64",
		.min = 1,
		.max = 1024,
	},
	{
		.name = "timeout_ms",
		.type = XEBRA_CONF_INT,
		.help = "From a datagram's first fragment until those that are missing are given "
			"up.",
		.dflt = "60000",
		.min = 100,
		.max = 120000,
		.unit = "ms",
	},
	{0},
};

const struct xebra_conf_key ip4_keys[] = {
	{
		.name = "interfaces",
		.type = XEBRA_CONF_MAP,
		.help = "The interfaces that take IPv4 packets.",
		.form = "name of an interface",
		.dflt = "{}",
		.item = &interface_key,
	},
	{
		.name = "routes",
		.type = XEBRA_CONF_MAP,
		.help = "Static routes. One whose gateways cannot be reached is kept and waits.",
		.form = "IPv4 prefix, a.b.c.d/n",
		.pattern = "^" ADDR "/" LEN "$",
		.name_check = ip4_check_prefix,
		.dflt = "{}",
		.item = &ip4_route_key,
	},
	{
		.name = "neighbors",
		.type = XEBRA_CONF_MAP,
		.help = "Neighbours with fixed MAC addresses.",
		.form = "IPv4 address, a.b.c.d",
		.pattern = "^" ADDR "$",
		.name_check = ip4_check_host,
		.dflt = "{}",
		.item = &ip4_neighbor_key,
	},
	{
		.name = "icmp",
		.type = XEBRA_CONF_OBJECT,
		.help = "The router's own ICMP messages.",
		.dflt = "{}",
		.keys = icmp_keys,
	},
	{
		.name = "arp",
		.type = XEBRA_CONF_OBJECT,
		.help = "How MAC addresses are found and kept.",
		.dflt = "{}",
		.keys = arp_keys,
	},
	{
		.name = "reassembly",
		.type = XEBRA_CONF_OBJECT,
		.help = "Fragmented datagrams to the router itself.",
		.dflt = "{}",
		.keys = reassembly_keys,
	},
	{0},
};
