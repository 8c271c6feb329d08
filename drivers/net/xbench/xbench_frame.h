/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XBENCH_FRAME_H
#define XBENCH_FRAME_H

/**
 * @file
 * One frame, built and checked. Pure functions on bytes, any thread.
 *
 * Every frame carries a marker behind its headers that says where it came from and where it is to
 * leave, so that the sink needs no table to know whether a packet was forwarded as it should be.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_ether.h>

#include "xbench_name.h"
#include "xbench_prefix.h"

/** Bytes of a frame that a template holds; what follows is whatever the buffer contains. */
#define XBENCH_HEAD_MAX 192
#define XBENCH_TTL 64
#define XBENCH_MAGIC 0x5842
#define NDN_ETHERTYPE 0x8624

enum xbench_proto {
	XBENCH_IP4,
	XBENCH_IP6,
	XBENCH_INTEREST,
	XBENCH_DATA,
};

/** What lies behind a frame's headers; host order, not aligned. */
struct xbench_marker {
	uint16_t magic;
	uint8_t source; /**< Port that gave the frame. */
	uint8_t egress; /**< Port that is to take it, or XBENCH_ANY_PORT. */
	uint32_t flow;
	uint64_t stamp; /**< TSC when it was due; 0 when latency is not measured. */
} __rte_packed;

/** What a frame is to be. */
struct xbench_frame {
	enum xbench_proto proto;
	struct rte_ether_addr dst_mac, src_mac;
	struct xbench_addr src, dst; /**< IPv4, IPv6. */
	uint16_t sport, dport;       /**< UDP, host order. */
	uint16_t vlan;               /**< Tag, 0: none. */
	/** Frame bytes without FCS; made longer when too short. Data: up to 4 shorter. */
	uint16_t len;
	const struct xbench_name *name; /**< Interest, Data. */
	uint32_t flow;
	uint8_t source, egress;
};

/** What a built frame's head looks like. */
struct xbench_head {
	uint16_t len;      /**< Frame bytes without FCS. */
	uint16_t head_len; /**< Bytes written, at most XBENCH_HEAD_MAX. */
	uint16_t marker;   /**< Offset of the marker. */
	uint32_t ptype;    /**< RTE_PTYPE_*. */
};

/** Write a frame's head into @p buf of XBENCH_HEAD_MAX bytes. */
struct xbench_head xbench_frame_build(const struct xbench_frame *frame, uint8_t *buf);

/** The same for an Interest or Data, behind the @p at bytes of its Ethernet header. */
void xbench_frame_put_ndn(const struct xbench_frame *frame, const struct xbench_marker *marker,
	uint8_t *buf, size_t at, struct xbench_head *head);

/**
 * Where the nonce of an Interest is that xbench_frame_build() made.
 *
 * @param l3
 *   Offset of the Interest.
 */
static inline size_t
xbench_frame_nonce_at(const uint8_t *head, size_t l3)
{
	return l3 + 4 + head[l3 + 3] + 2;
}

/** Find the marker of an Interest or Data of @p len bytes; its offset, or 0. */
size_t xbench_frame_ndn_marker(const uint8_t *packet, size_t len);

/** What a forwarder has done to a packet. */
enum xbench_expect {
	XBENCH_EXPECT_NONE,  /**< Anything. */
	XBENCH_EXPECT_IO,    /**< Nothing. */
	XBENCH_EXPECT_SWAP,  /**< Exchanged the MAC addresses. */
	XBENCH_EXPECT_ROUTE, /**< Routed: TTL, checksum, both MAC addresses, VLAN tag, egress. */
};

/** Reasons why a frame is not what it should be; also indices of counters. */
enum xbench_flaw {
	XBENCH_OK,
	XBENCH_FOREIGN, /**< Not ours: ARP, ND, a daemon's. No flaw, but not counted as forwarded.
	                 */
	XBENCH_BAD_LENGTH,
	XBENCH_BAD_MAC,
	XBENCH_BAD_VLAN,
	XBENCH_BAD_TTL,
	XBENCH_BAD_CHECKSUM,
	XBENCH_BAD_EGRESS,
	XBENCH_FLAWS,
};

extern const char *const xbench_flaw_names[XBENCH_FLAWS];

/** What the sink of a port expects. */
struct xbench_check {
	enum xbench_expect expect;
	struct rte_ether_addr own, peer; /**< The port and its neighbour. */
	uint16_t vlan;                   /**< Tag on the wire, 0: none. */
	uint8_t port;
};

/**
 * Check one frame.
 *
 * @param data
 *   First segment.
 * @param data_len
 *   Its bytes.
 * @param len
 *   The frame's bytes.
 * @param vlan
 *   Tag that the NIC is asked to insert, 0: none.
 * @param cksum_offload
 *   The NIC is asked to fill in the IPv4 checksum.
 * @param[out] marker
 *   The frame's marker, when it has one.
 */
enum xbench_flaw xbench_frame_check(const struct xbench_check *check, const uint8_t *data,
	size_t data_len, size_t len, uint16_t vlan, bool cksum_offload,
	struct xbench_marker *marker);

#endif
