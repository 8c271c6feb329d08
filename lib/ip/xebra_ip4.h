/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_IP4_H
#define XEBRA_IP4_H

/**
 * @file
 * The IPv4 routing table as others see it: whoever learns routes puts them here.
 *
 * A prefix may have one route of each origin; the first origin of the list whose route can be used
 * wins. A route that cannot be used now (no gateway of it is on a connected network whose interface
 * is up) is kept and used as soon as it can be. Addresses are in host order. Control thread only.
 */

#include <stdbool.h>
#include <stdint.h>

#include "xebra_err.h"
#include "xebra_iface.h"

/** Who a route comes from, the most trusted first. */
enum xebra_ip4_origin {
	XEBRA_IP4_SPECIAL,   /**< Addresses with a meaning of their own (RFC 6890). */
	XEBRA_IP4_CONNECTED, /**< The addresses of our interfaces. */
	XEBRA_IP4_STATIC,    /**< Configuration and "route add". */
	XEBRA_IP4_CONTROL,   /**< Routing protocols. */
	XEBRA_IP4_NEIGHBOR,  /**< Hosts on connected networks. */
};

/** What becomes of packets to a prefix. */
enum xebra_ip4_action {
	XEBRA_IP4_VIA,         /**< Sent to one of the gateways. */
	XEBRA_IP4_BLACKHOLE,   /**< Dropped. */
	XEBRA_IP4_UNREACHABLE, /**< Dropped; the sender is told "host unreachable". */
	XEBRA_IP4_PROHIBIT,    /**< Dropped; the sender is told "administratively prohibited". */
};

/** Most gateways of a route. */
#define XEBRA_IP4_PATH_MAX 64

/** One gateway of a route. */
struct xebra_ip4_path {
	uint32_t gateway;           /**< Host order. */
	uint32_t weight;            /**< 1..255: share of the flows. */
	char iface[XEBRA_NAME_MAX]; /**< It must be reached by this interface; "": by any. */
};

/**
 * Add a route, or replace the one of the same prefix and origin.
 *
 * @param prefix
 *   Host bits must be zero.
 * @param path
 *   For XEBRA_IP4_VIA: @p n of them, 1..XEBRA_IP4_PATH_MAX; else NULL and 0.
 * @return
 *   0, -EINVAL (arguments), -ENOMEM, or -ENODEV (IPv4 is not configured).
 */
int xebra_ip4_route_set(uint32_t prefix, uint8_t len, enum xebra_ip4_origin origin,
	enum xebra_ip4_action action, const struct xebra_ip4_path *path, unsigned int n);

/** Take a route out. 0, or -ENOENT. */
int xebra_ip4_route_unset(uint32_t prefix, uint8_t len, enum xebra_ip4_origin origin);

/**
 * Who takes UDP datagrams to our addresses and one port; a static object. Its node gets packets
 * that are whole, of the length that the IP header says; data points at that header. What it sends
 * goes to the node "ip4_output": an IPv4 packet without link header.
 */
struct xebra_ip4_udp {
	struct xebra_ip4_udp *next;
	uint16_t port;        /**< Host order. */
	const char *node;     /**< Name of a registered node. */
	bool (*active)(void); /**< False: nobody takes them now. Any worker. */
	uint16_t edge;        /**< Of "ip4_local", set by it. */
};

/** Register, once, in a constructor. */
void xebra_ip4_udp_register(struct xebra_ip4_udp *udp);

#endif
