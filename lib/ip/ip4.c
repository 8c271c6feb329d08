/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4: how the parts fit.
 *
 *                 +--> ip4_<reason> (headers that RFC 1812 5.2.2 refuses, each a drop)
 *                 |
 *   eth_input -> ip4_input ---------------------------------------------> port_tx
 *                 |  ^ checked, looked up, rewritten, a burst at a time     ^
 *                 |                                                         |
 *                 +--> ip4_options --> ip4_forward -------------------------+
 *                 |                        |   ip4_output (what we send) ---+
 *                 +------------------------+       ^        ^
 *                                          |       |        |
 *                                          +--> ip4_fragment
 *                                          +--> ip4_local ----> ip4_reassemble (control thread)
 *                                          +--> ip4_error_<reason> -> ip4_output, ip4_<reason>
 *                                          +--> ip4_resolve (control thread: ARP, waiting)
 *   eth_input -> arp_input --> arp_control (control thread)
 *
 * Almost all packets are easy: unicast, without options, from a plausible source to a neighbour
 * whose MAC address is known, and they fit the MTU. The fast function (ip4_fast_body.h) takes them
 * before eth_input has seen them, and ip4_input those that come to it all the same (while packets
 * are traced, say). Whatever is different in any respect goes to ip4_forward, packet by packet,
 * which decides in the order of RFC 1812, 5.2.1. So the rules are written down once, readably, and
 * the other two only have to be sure that a packet is an easy one.
 *
 * The FIB says of every address what becomes of packets to it (enum ip4_nh_type): our own
 * addresses, broadcasts, 127/8, connected networks without a neighbour yet are entries like others.
 *
 * Tables are made when IPv4 is first configured and stay until the program ends, because workers
 * may look at them as long as they run.
 */
#include <errno.h>
#include <string.h>

#include <rte_random.h>

#include "ip4_priv.h"
#include "udp.h"
#include "xebra_node.h"

struct ip4_data ip4;
struct ip4_worker ip4_worker[XEBRA_WORKER_MAX];
struct rib ip4_rib = RIB_INIT;
struct ip4_nh_table ip4_nh;
struct ip4_special ip4_special;
static bool started;

/* Addresses that mean something by themselves: RFC 1812 4.2.2.11, 5.3.7; RFC 6890. */
static int
reserve(void)
{
	const struct {
		uint32_t prefix;
		uint8_t len;
		uint32_t index;
	} reserved[] = {
		{RTE_IPV4(0, 0, 0, 0), 8, ip4_special.martian},
		{RTE_IPV4(127, 0, 0, 0), 8, ip4_special.martian},
		{RTE_IPV4(224U, 0, 0, 0), 4, ip4_special.multicast},
		{RTE_IPV4(240U, 0, 0, 0), 4, ip4_special.martian},
		{RTE_IPV4(255U, 255, 255, 255), 32, ip4_special.broadcast},
	};
	int ret;

	for (unsigned int i = 0; i < RTE_DIM(reserved); i++) {
		ret = ip4_route_set(reserved[i].prefix, reserved[i].len, XEBRA_IP4_SPECIAL,
			reserved[i].index, NULL);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int
ip4_tables_create(void)
{
	int ret = -ENOMEM;

	if (ip4.fib != NULL)
		return 0;
	ip4_udp_connect();
	ip4.fib = ip4_fib_create(xebra_rcu_sync);
	if (ip4.fib == NULL)
		return -ENOMEM;
	if (ip4_nh_init(&ip4_nh, &ip4.nh, xebra_rcu_sync) < 0)
		goto fail;
	ip4.hash_seed = rte_rand();
	ip4_special.local = ip4_nh_alloc(&ip4_nh, IP4_NH_LOCAL);
	ip4_special.broadcast = ip4_nh_alloc(&ip4_nh, IP4_NH_BROADCAST);
	ip4.nh[ip4_special.broadcast].iface = XEBRA_IFACE_NONE;
	ip4_special.multicast = ip4_nh_alloc(&ip4_nh, IP4_NH_MULTICAST);
	ip4_special.martian = ip4_nh_alloc(&ip4_nh, IP4_NH_MARTIAN);
	ip4_special.blackhole = ip4_nh_alloc(&ip4_nh, IP4_NH_BLACKHOLE);
	ip4_special.unreachable = ip4_nh_alloc(&ip4_nh, IP4_NH_UNREACHABLE);
	ip4_special.prohibit = ip4_nh_alloc(&ip4_nh, IP4_NH_PROHIBIT);
	ret = reserve();
	if (ret < 0)
		goto fail;
	return 0;
fail:
	arena_clear(&ip4_routes);
	rib_clear(&ip4_rib);
	ip4_nh_fini(&ip4_nh);
	ip4_fib_free(ip4.fib);
	ip4.fib = NULL;
	return ret;
}

int
ip4_start(void)
{
	int ret = ip4_tables_create();

	if (ret < 0 || started)
		return ret;
	ret = ip4_adj_init();
	if (ret < 0)
		return ret;
	ip4_reass_init();
	started = true;
	return 0;
}

void
ip4_stop(void)
{
	if (!started)
		return;
	started = false;
	ip4_reass_fini();
	ip4_route_flush(XEBRA_IP4_STATIC);
	ip4_route_flush(XEBRA_IP4_CONTROL);
	ip4_adj_fini();
}

bool
ip4_started(void)
{
	return started;
}
