/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_TLV_H
#define CCN_TLV_H

/*
 * Type-length-value elements of the NDN packet format v0.3 (section "TLV"). Every read is bounded
 * by the end of the element around it; numbers that are not written in the shortest form are
 * refused, as the format asks, so that one name has one encoding and bytes can be compared.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

/** Why a packet is not one: each has a drop node of its own. */
enum ccn_bad {
	CCN_OK,
	CCN_BAD_TRUNCATED, /**< The packet ends inside an element. */
	CCN_BAD_OVERLONG,  /**< An element is longer than the one around it. */
	CCN_BAD_MINIMAL,   /**< A number is not in its shortest form. */
	CCN_BAD_TYPE,      /**< Type 0 or above 32 bits, or not a packet at all. */
	CCN_BAD_NESTED,    /**< A link packet inside a link packet. */
	CCN_BAD_CRITICAL,  /**< A critical element that is unknown or in the wrong place. */
	CCN_BAD_FIELD,     /**< A known element with an impossible value, or one missing. */
	CCN_BAD_NAME,      /**< Empty, or a component of an impossible type or length. */
	CCN_BAD_LONG_NAME, /**< More components or bytes than this router takes. */
};

enum ccn_type {
	CCN_T_DIGEST = 0x01, /**< ImplicitSha256DigestComponent. */
	CCN_T_PARAMS = 0x02, /**< ParametersSha256DigestComponent. */
	CCN_T_INTEREST = 0x05,
	CCN_T_DATA = 0x06,
	CCN_T_NAME = 0x07,
	CCN_T_GENERIC = 0x08,
	CCN_T_NONCE = 0x0a,
	CCN_T_LIFETIME = 0x0c,
	CCN_T_FRESH = 0x12, /**< MustBeFresh. */
	CCN_T_METAINFO = 0x14,
	CCN_T_CONTENT = 0x15,
	CCN_T_SIGINFO = 0x16,
	CCN_T_SIGVALUE = 0x17,
	CCN_T_CONTENTTYPE = 0x18,
	CCN_T_FRESHNESS = 0x19,
	CCN_T_FINALBLOCK = 0x1a,
	CCN_T_SIGTYPE = 0x1b,
	CCN_T_HINT = 0x1e,
	CCN_T_DELEGATION = 0x1f,
	CCN_T_PREFIX = 0x21, /**< CanBePrefix. */
	CCN_T_HOPLIMIT = 0x22,
	CCN_T_APPPARAMS = 0x24,
	CCN_T_ISIGINFO = 0x2c,
	CCN_T_ISIGVALUE = 0x2e,
	CCN_T_LP = 0x64,
	CCN_T_LP_FRAGMENT = 0x50,
	CCN_T_LP_SEQUENCE = 0x51,
	CCN_T_LP_FRAGINDEX = 0x52,
	CCN_T_LP_FRAGCOUNT = 0x53,
	CCN_T_LP_HOPCOUNT = 0x54,
	CCN_T_LP_GEOTAG = 0x55,
	CCN_T_LP_PITTOKEN = 0x62,
	CCN_T_LP_NACK = 0x320,
	CCN_T_LP_NACKREASON = 0x321,
	CCN_T_LP_INFACE = 0x331,
	CCN_T_LP_CACHEPOLICY = 0x334,
	CCN_T_LP_CACHETYPE = 0x335,
	CCN_T_LP_CONGESTION = 0x340,
};

/** One element; value points into the packet. */
struct ccn_tlv {
	uint32_t type;
	uint32_t len;
	const uint8_t *value;
};

/** Read a variable-size number and step over it. */
static inline enum ccn_bad
ccn_number_read(const uint8_t **p, const uint8_t *end, uint32_t *number)
{
	const uint8_t *at = *p;
	size_t left = (size_t)(end - at);

	if (left < 1)
		return CCN_BAD_TRUNCATED;
	if (likely(at[0] < 253)) {
		*number = at[0];
		*p = at + 1;
		return CCN_OK;
	}
	if (at[0] == 253) {
		if (left < 3)
			return CCN_BAD_TRUNCATED;
		*number = (uint32_t)at[1] << 8 | at[2];
		*p = at + 3;
		return *number < 253 ? CCN_BAD_MINIMAL : CCN_OK;
	}
	if (at[0] == 255)
		return CCN_BAD_TYPE; /* 64 bits: no type, and no length that a packet could have */
	if (left < 5)
		return CCN_BAD_TRUNCATED;
	*number = (uint32_t)at[1] << 24 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 8 | at[4];
	*p = at + 5;
	return *number < 65536 ? CCN_BAD_MINIMAL : CCN_OK;
}

/** Read the element at *p, which must end before @p end, and step over it. */
static inline enum ccn_bad
ccn_tlv_read(const uint8_t **p, const uint8_t *end, struct ccn_tlv *tlv)
{
	enum ccn_bad bad;

	*tlv = (struct ccn_tlv){0};
	bad = ccn_number_read(p, end, &tlv->type);
	if (likely(bad == CCN_OK))
		bad = ccn_number_read(p, end, &tlv->len);
	if (unlikely(bad != CCN_OK))
		return bad;
	if (unlikely(tlv->type == 0))
		return CCN_BAD_TYPE;
	if (unlikely(tlv->len > (size_t)(end - *p)))
		return CCN_BAD_OVERLONG;
	tlv->value = *p;
	*p += tlv->len;
	return CCN_OK;
}

/** Value of a NonNegativeInteger element: 1, 2, 4 or 8 bytes. */
static inline enum ccn_bad
ccn_tlv_integer(const struct ccn_tlv *tlv, uint64_t *value)
{
	uint64_t sum = 0;

	if (tlv->len != 1 && tlv->len != 2 && tlv->len != 4 && tlv->len != 8)
		return CCN_BAD_FIELD;
	for (uint32_t i = 0; i < tlv->len; i++)
		sum = sum << 8 | tlv->value[i];
	*value = sum;
	return CCN_OK;
}

/** May an element of this type that nobody knows be passed over (section "evolvability")? */
static inline bool
ccn_type_critical(uint32_t type)
{
	return type <= 31 || (type & 1) != 0;
}

/** Bytes of a variable-size number. */
static inline uint32_t
ccn_number_size(uint32_t number)
{
	return number < 253 ? 1 : number < 65536 ? 3 : 5;
}

/** Write a variable-size number; returns what follows it. */
static inline uint8_t *
ccn_number_write(uint8_t *p, uint32_t number)
{
	if (number < 253) {
		*p++ = (uint8_t)number;
		return p;
	}
	if (number < 65536) {
		*p++ = 253;
	} else {
		*p++ = 254;
		*p++ = (uint8_t)(number >> 24);
		*p++ = (uint8_t)(number >> 16);
	}
	*p++ = (uint8_t)(number >> 8);
	*p++ = (uint8_t)number;
	return p;
}

/** Write type and length; returns where the value goes. */
static inline uint8_t *
ccn_tlv_write(uint8_t *p, uint32_t type, uint32_t len)
{
	return ccn_number_write(ccn_number_write(p, type), len);
}

/** Bytes of an element with @p len bytes of value. */
static inline uint32_t
ccn_tlv_size(uint32_t type, uint32_t len)
{
	return ccn_number_size(type) + ccn_number_size(len) + len;
}

/** Bytes of value of a NonNegativeInteger. */
static inline uint32_t
ccn_integer_size(uint64_t value)
{
	return value < 256 ? 1 : value < 65536 ? 2 : value <= UINT32_MAX ? 4 : 8;
}

/** Write a NonNegativeInteger element; returns what follows it. */
static inline uint8_t *
ccn_integer_write(uint8_t *p, uint32_t type, uint64_t value)
{
	uint32_t len = ccn_integer_size(value);

	p = ccn_tlv_write(p, type, len);
	for (uint32_t i = len; i-- > 0;)
		*p++ = (uint8_t)(value >> (8 * i));
	return p;
}

#endif
