/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_SIGN_H
#define CCN_SIGN_H

/*
 * Signatures of command Interests: is there one, and is it right where that can be told without a
 * key? Both forms that clients use are known: signed Interests of packet format v0.3, and command
 * Interests as before it, whose last two components are the signature.
 */

#include "ccn_pkt.h"

enum ccn_signed {
	CCN_SIGNED_NOT,   /**< There is no signature. */
	CCN_SIGNED_WRONG, /**< A digest, that of the parameters or the signature, is not theirs. */
	CCN_SIGNED_KEY,   /**< With somebody's key: not looked at further. */
	CCN_SIGNED_OK,    /**< DigestSha256, and right. */
};

/** Look at the signature of an Interest that ccn_pkt_parse() took. */
enum ccn_signed ccn_sign_check(const struct ccn_pkt *interest);

#endif
