/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_REASS_H
#define CCN_REASS_H

/*
 * Putting fragments together. A fixed number of buffers; a packet is told from others by the face,
 * the sender on it, and the sequence number that its first fragment has or would have. When all
 * buffers are taken the face that holds most of them loses its oldest, so that nobody can keep
 * others from reassembling. A packet that is not complete after CCN_REASS_TIMEOUT_US is given up.
 */

#include "ccn_lp.h"
#include "ccn_pkt.h"

#define CCN_REASS_FRAGMENTS 32      /**< Most fragments of a packet. */
#define CCN_REASS_TIMEOUT_US 500000 /**< As NFD: half a second. */

struct ccn_reass;

/** How putting a fragment in went. */
enum ccn_reass_result {
	CCN_REASS_MORE,   /**< Kept; more are to come. */
	CCN_REASS_WHOLE,  /**< The packet is complete. */
	CCN_REASS_REPEAT, /**< This fragment was there already. */
	CCN_REASS_WRONG,  /**< Too many or too long, or it contradicts those before. */
};

/** Make @p buffers buffers (about 9 kB each) on a NUMA socket; NULL without memory. */
struct ccn_reass *ccn_reass_create(unsigned int buffers, int socket);

void ccn_reass_free(struct ccn_reass *reass);

/**
 * Put a fragment in.
 *
 * @param face, sender
 *   Where it came from; sender distinguishes the senders on a face that many share.
 * @param bytes, len
 *   On CCN_REASS_WHOLE the packet, good until the next call.
 * @param lp
 *   On CCN_REASS_WHOLE the link fields of the first fragment.
 */
enum ccn_reass_result ccn_reass_put(struct ccn_reass *reass, uint16_t face, uint64_t sender,
	const struct ccn_lp_rx *rx, uint64_t now_us, uint8_t **bytes, uint32_t *len,
	struct ccn_lp *lp);

/** Packets given up so far: timed out or pushed out. */
uint64_t ccn_reass_lost(const struct ccn_reass *reass);

#endif
