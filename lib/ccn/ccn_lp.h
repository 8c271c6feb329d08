/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_LP_H
#define CCN_LP_H

/*
 * NDNLPv2, the link protocol between two routers or a router and a client: one header that can
 * carry a piece of a packet, a Nack, a PIT token and a congestion mark. Link-layer reliability
 * (Ack, TxSequence) is not done: its elements are ignorable by design, and peers that ask for it
 * repeat unacknowledged packets themselves.
 */

#include "ccn_tlv.h"

#define CCN_TOKEN_MAX 32     /**< Bytes of a PIT token. */
#define CCN_LP_HEADER_MAX 96 /**< Bytes that ccn_lp_write() may put before a fragment. */

/** Reasons of a Nack. */
enum ccn_nack {
	CCN_NACK_NONE = 0,
	CCN_NACK_CONGESTION = 50,
	CCN_NACK_DUPLICATE = 100,
	CCN_NACK_NO_ROUTE = 150,
};

/** What the link says beside the packet. */
struct ccn_lp {
	bool nack;
	bool no_cache;
	uint8_t token_len;
	uint8_t token[CCN_TOKEN_MAX];
	uint32_t nack_reason; /**< As written; 0 when none was. */
	uint64_t congestion;  /**< Mark; 0: none. */
};

/** A link packet taken apart. */
struct ccn_lp_rx {
	struct ccn_lp lp;
	uint64_t sequence;
	uint32_t frag_index;
	uint32_t frag_count;     /**< 1: not fragmented. */
	const uint8_t *fragment; /**< A whole network packet or a piece; NULL: an idle packet. */
	uint32_t len;
};

/**
 * Take a frame's payload apart: a link packet, or a bare Interest or Data. What follows it is
 * padding.
 */
enum ccn_bad ccn_lp_parse(struct ccn_lp_rx *rx, const uint8_t *bytes, uint32_t len);

/**
 * Write what has to stand before a fragment: nothing at all when a bare packet will do.
 *
 * @param header
 *   CCN_LP_HEADER_MAX bytes.
 * @param len
 *   Bytes of the fragment.
 * @param sequence, frag_index, frag_count
 *   Its place; frag_count 1: not fragmented. Only the first fragment carries the other fields.
 * @return
 *   Bytes of header.
 */
uint32_t ccn_lp_write(uint8_t *header, const struct ccn_lp *lp, uint32_t len, uint64_t sequence,
	uint32_t frag_index, uint32_t frag_count);

#endif
