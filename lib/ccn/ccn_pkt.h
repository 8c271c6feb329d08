/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_PKT_H
#define CCN_PKT_H

/*
 * Interest and Data of the NDN packet format v0.3: what a router has to know of them. Signatures
 * and contents are passed on untouched and unread.
 */

#include "ccn_name.h"

#define CCN_PKT_MAX 8800          /**< Bytes of a network packet: the format's practical limit. */
#define CCN_LIFETIME_DEFAULT 4000 /**< ms, "InterestLifetime". */
#define CCN_LIFETIME_MAX 60000    /**< ms: longer ones are cut, since they cost state here. */
#define CCN_NONCE_SIZE 6          /**< Bytes of a Nonce element. */

/** A parsed network packet. Offsets are from the packet's first byte. */
struct ccn_pkt {
	uint8_t *bytes;
	uint16_t len;
	uint8_t type; /**< CCN_T_INTEREST or CCN_T_DATA. */
	bool can_be_prefix;
	bool must_be_fresh;
	uint16_t nonce_at;     /**< Of the nonce's four bytes; 0: there is none. */
	uint16_t no_nonce_at;  /**< Where a Nonce element belongs. */
	uint16_t hop_limit_at; /**< 0: none. */
	uint32_t nonce;
	uint32_t lifetime_ms;
	uint64_t freshness_ms; /**< Of Data; 0: never fresh. */
	struct ccn_name hint;  /**< Its first delegation; n is 0 without one. */
	struct ccn_name name;
};

/** Parse an Interest or Data, which must fill @p len bytes exactly. */
enum ccn_bad ccn_pkt_parse(struct ccn_pkt *pkt, uint8_t *bytes, uint32_t len);

/** Write a nonce over the one that a packet has. */
void ccn_pkt_set_nonce(struct ccn_pkt *pkt, uint32_t nonce);

/**
 * Copy an Interest, adding the Nonce that it lacks ("a compliant forwarder must augment").
 *
 * @param to
 *   pkt->len + CCN_NONCE_SIZE + 4 bytes.
 * @return
 *   Bytes written.
 */
uint32_t ccn_pkt_add_nonce(const struct ccn_pkt *pkt, uint32_t nonce, uint8_t *to);

/** SHA-256 of a packet: a Data's implicit digest. */
void ccn_pkt_digest(const uint8_t *bytes, uint32_t len, uint8_t digest[CCN_DIGEST_LEN]);

#endif
