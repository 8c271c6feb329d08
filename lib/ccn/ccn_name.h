/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_NAME_H
#define CCN_NAME_H

/*
 * Names: a sequence of typed components. All tables find names by a 64-bit hash of a prefix; one
 * pass over the name gives the hashes of all its prefixes, since each continues the one before.
 * The hash is keyed with random numbers made at start, so that nobody can send colliding names;
 * tables still compare the bytes of what they found.
 */

#include <stddef.h>

#include "ccn_tlv.h"
#include "xebra_err.h"

#define CCN_COMPONENTS_MAX 32 /**< Components of a name; more are CCN_BAD_LONG_NAME. */
#define CCN_NAME_MAX 2048     /**< Bytes of a name's value. */
#define CCN_DIGEST_LEN 32     /**< SHA-256. */
#define CCN_URI_MAX (3 * CCN_NAME_MAX + 8 * CCN_COMPONENTS_MAX) /**< Longest URI, with NUL. */

/** A name that lies in somebody's packet. */
struct ccn_name {
	const uint8_t *value; /**< First component. */
	uint16_t len;         /**< Bytes. */
	uint8_t n;            /**< Components. */
	uint8_t digest;       /**< The last component is an implicit digest. */
	int8_t params;        /**< Which component is the parameters' digest; -1: none. */
	uint16_t end[CCN_COMPONENTS_MAX + 1];  /**< end[i]: bytes of the first i components. */
	uint64_t hash[CCN_COMPONENTS_MAX + 1]; /**< hash[i]: of the first i components. */
};

/** Secrets of the hash; set once at start, before any name is parsed. */
extern uint64_t ccn_hash_key[3];

/** Draw the secrets. Idempotent. */
void ccn_hash_init(void);

static inline uint64_t
ccn_mix(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t
ccn_load(const uint8_t *p, size_t len)
{
	uint64_t word = 0;

	if (len >= 8) {
		memcpy(&word, p, 8);
	} else if (len >= 4) {
		uint32_t low, high;

		memcpy(&low, p, 4);
		memcpy(&high, p + len - 4, 4);
		word = (uint64_t)high << 32 | low;
	} else if (len > 0) {
		word = (uint64_t)p[0] << 16 | (uint64_t)p[len >> 1] << 8 | p[len - 1];
	}
	return word;
}

/** Continue a hash over some bytes. */
static inline uint64_t
ccn_hash(uint64_t seed, const uint8_t *p, size_t len)
{
	uint64_t h = seed ^ ccn_hash_key[0] ^ len;

	while (len > 16) {
		h = ccn_mix(ccn_load(p, 8) ^ ccn_hash_key[1], ccn_load(p + 8, 8) ^ h);
		p += 16;
		len -= 16;
	}
	if (len > 8)
		return ccn_mix(ccn_load(p, 8) ^ ccn_hash_key[1] ^ ccn_hash_key[2],
			ccn_load(p + len - 8, 8) ^ h);
	return ccn_mix(ccn_load(p, len) ^ ccn_hash_key[2], h);
}

/**
 * Read a Name element's value.
 *
 * @param name
 *   Filled in with ends and hashes.
 * @return
 *   CCN_OK, or what is wrong. A name without components is fine here.
 */
enum ccn_bad ccn_name_parse(struct ccn_name *name, const uint8_t *value, uint32_t len);

/** Do the first @p n components of the two agree? Both have that many. */
static inline bool
ccn_name_equal(const struct ccn_name *a, const struct ccn_name *b, unsigned int n)
{
	return a->hash[n] == b->hash[n] && a->end[n] == b->end[n] &&
		memcmp(a->value, b->value, a->end[n]) == 0;
}

/** True when the name begins with these bytes, which are whole components. */
static inline bool
ccn_name_begins(const struct ccn_name *name, const uint8_t *value, uint32_t len)
{
	return len <= name->len && memcmp(name->value, value, len) == 0;
}

/**
 * Read a URI ("/a/%00b/v=3", "ndn:/a", "8=a/54=%05", "sha256digest=<hex>") into TLV.
 *
 * @param value
 *   CCN_NAME_MAX bytes: the components.
 * @param err
 *   What is wrong and where, without a place.
 * @return
 *   Bytes written, or -EINVAL.
 */
int ccn_name_from_uri(const char *uri, uint8_t *value, struct xebra_err *err);

/** Write a name as URI, cut at the buffer's end. Returns @p text. The value has been checked. */
char *ccn_name_to_uri(const uint8_t *value, uint32_t len, char *text, size_t size);

#endif
