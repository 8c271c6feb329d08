/* SPDX-License-Identifier: BSD-3-Clause */
#include "ccn_lp.h"

static enum ccn_bad
parse_nack(struct ccn_lp *lp, const struct ccn_tlv *nack)
{
	const uint8_t *p = nack->value, *end = p + nack->len;
	struct ccn_tlv tlv;
	uint64_t reason = 0;
	enum ccn_bad bad;

	lp->nack = true;
	while (p < end) {
		bad = ccn_tlv_read(&p, end, &tlv);
		if (bad == CCN_OK && tlv.type == CCN_T_LP_NACKREASON)
			bad = ccn_tlv_integer(&tlv, &reason);
		if (bad != CCN_OK)
			return bad;
	}
	lp->nack_reason = (uint32_t)RTE_MIN(reason, (uint64_t)UINT32_MAX);
	return CCN_OK;
}

static enum ccn_bad
parse_cache_policy(struct ccn_lp *lp, const struct ccn_tlv *policy)
{
	const uint8_t *p = policy->value, *end = p + policy->len;
	struct ccn_tlv tlv;
	uint64_t type = 0;
	enum ccn_bad bad = ccn_tlv_read(&p, end, &tlv);

	if (bad != CCN_OK)
		return bad;
	if (tlv.type != CCN_T_LP_CACHETYPE)
		return CCN_BAD_FIELD;
	bad = ccn_tlv_integer(&tlv, &type);
	lp->no_cache = type == 1;
	return bad;
}

/*
 * "If the unknown field is in the range [800:959] and its two least significant bits are zero, it
 * is ignored; otherwise the packet is dropped" (NDNLPv2, packet format).
 */
static enum ccn_bad
parse_field(struct ccn_lp_rx *rx, const struct ccn_tlv *tlv)
{
	uint64_t number = 0;
	enum ccn_bad bad;

	switch (tlv->type) {
	case CCN_T_LP_SEQUENCE:
		for (uint32_t i = 0; i < tlv->len && tlv->len == 8; i++)
			number = number << 8 | tlv->value[i];
		rx->sequence = number;
		return tlv->len == 8 ? CCN_OK : CCN_BAD_FIELD;
	case CCN_T_LP_FRAGINDEX:
	case CCN_T_LP_FRAGCOUNT:
		bad = ccn_tlv_integer(tlv, &number);
		if (number > UINT16_MAX)
			return CCN_BAD_FIELD;
		*(tlv->type == CCN_T_LP_FRAGINDEX ? &rx->frag_index : &rx->frag_count) =
			(uint32_t)number;
		return bad;
	case CCN_T_LP_PITTOKEN:
		if (tlv->len == 0 || tlv->len > CCN_TOKEN_MAX)
			return CCN_BAD_FIELD;
		rx->lp.token_len = (uint8_t)tlv->len;
		memcpy(rx->lp.token, tlv->value, tlv->len);
		return CCN_OK;
	case CCN_T_LP_NACK:
		return parse_nack(&rx->lp, tlv);
	case CCN_T_LP_CONGESTION:
		return ccn_tlv_integer(tlv, &rx->lp.congestion);
	case CCN_T_LP_CACHEPOLICY:
		return parse_cache_policy(&rx->lp, tlv);
	case CCN_T_LP_HOPCOUNT:
	case CCN_T_LP_GEOTAG:
	case CCN_T_LP_INFACE: /* for applications on a local face; means nothing on a link */
		return CCN_OK;
	case CCN_T_LP:
		return CCN_BAD_NESTED;
	default:
		return tlv->type >= 800 && tlv->type <= 959 && (tlv->type & 3) == 0
			? CCN_OK
			: CCN_BAD_CRITICAL;
	}
}

/* Fields that may come once: a bit each, those without one may come again. */
static uint32_t
once(uint32_t type)
{
	switch (type) {
	case CCN_T_LP_SEQUENCE:
		return 1;
	case CCN_T_LP_FRAGINDEX:
		return 2;
	case CCN_T_LP_FRAGCOUNT:
		return 4;
	case CCN_T_LP_PITTOKEN:
		return 8;
	case CCN_T_LP_NACK:
		return 16;
	case CCN_T_LP_CONGESTION:
		return 32;
	case CCN_T_LP_CACHEPOLICY:
		return 64;
	default:
		return 0;
	}
}

static enum ccn_bad
parse_link_packet(struct ccn_lp_rx *rx, const uint8_t *p, const uint8_t *end)
{
	uint32_t seen = 0;
	struct ccn_tlv tlv;
	enum ccn_bad bad;

	while (p < end) {
		bad = ccn_tlv_read(&p, end, &tlv);
		if (unlikely(bad != CCN_OK))
			return bad;
		if (tlv.type == CCN_T_LP_FRAGMENT) {
			if (p != end) /* the fragment comes last */
				return CCN_BAD_CRITICAL;
			rx->fragment = tlv.value;
			rx->len = tlv.len;
			break;
		}
		if (unlikely(seen & once(tlv.type)))
			return CCN_BAD_CRITICAL;
		seen |= once(tlv.type);
		bad = parse_field(rx, &tlv);
		if (unlikely(bad != CCN_OK))
			return bad;
	}
	if (rx->frag_count == 0 || rx->frag_index >= rx->frag_count)
		return CCN_BAD_FIELD;
	if (rx->frag_count > 1 && (seen & once(CCN_T_LP_SEQUENCE)) == 0)
		return CCN_BAD_FIELD; /* pieces can only be put together by sequence */
	if (rx->fragment != NULL && rx->len == 0)
		return CCN_BAD_FIELD;
	if (rx->fragment != NULL && rx->frag_count == 1 && rx->fragment[0] == CCN_T_LP)
		return CCN_BAD_NESTED;
	return CCN_OK;
}

enum ccn_bad
ccn_lp_parse(struct ccn_lp_rx *rx, const uint8_t *bytes, uint32_t len)
{
	const uint8_t *p = bytes, *end = bytes + len;
	struct ccn_tlv tlv;
	enum ccn_bad bad;

	memset(rx, 0, sizeof(*rx));
	rx->frag_count = 1;
	bad = ccn_tlv_read(&p, end, &tlv);
	if (unlikely(bad != CCN_OK))
		return bad == CCN_BAD_OVERLONG ? CCN_BAD_TRUNCATED : bad;
	if (tlv.type == CCN_T_LP)
		return parse_link_packet(rx, tlv.value, p);
	if (unlikely(tlv.type != CCN_T_INTEREST && tlv.type != CCN_T_DATA))
		return CCN_BAD_TYPE;
	rx->fragment = bytes;
	rx->len = (uint32_t)(p - bytes);
	return CCN_OK;
}

/* Fields of the first fragment. */
static uint8_t *
write_fields(uint8_t *p, const struct ccn_lp *lp)
{
	if (lp->token_len != 0) {
		p = ccn_tlv_write(p, CCN_T_LP_PITTOKEN, lp->token_len);
		memcpy(p, lp->token, lp->token_len);
		p += lp->token_len;
	}
	if (lp->nack && lp->nack_reason == 0) {
		p = ccn_tlv_write(p, CCN_T_LP_NACK, 0);
	} else if (lp->nack) {
		p = ccn_tlv_write(p, CCN_T_LP_NACK,
			ccn_tlv_size(CCN_T_LP_NACKREASON, ccn_integer_size(lp->nack_reason)));
		p = ccn_integer_write(p, CCN_T_LP_NACKREASON, lp->nack_reason);
	}
	if (lp->no_cache) {
		p = ccn_tlv_write(p, CCN_T_LP_CACHEPOLICY, ccn_tlv_size(CCN_T_LP_CACHETYPE, 1));
		p = ccn_integer_write(p, CCN_T_LP_CACHETYPE, 1);
	}
	if (lp->congestion != 0)
		p = ccn_integer_write(p, CCN_T_LP_CONGESTION, lp->congestion);
	return p;
}

uint32_t
ccn_lp_write(uint8_t *header, const struct ccn_lp *lp, uint32_t len, uint64_t sequence,
	uint32_t frag_index, uint32_t frag_count)
{
	uint8_t fields[CCN_LP_HEADER_MAX], *p = fields;
	uint32_t fields_len, inner;

	if (frag_count > 1) {
		p = ccn_tlv_write(p, CCN_T_LP_SEQUENCE, 8);
		for (int shift = 56; shift >= 0; shift -= 8)
			*p++ = (uint8_t)(sequence >> shift);
		p = ccn_integer_write(p, CCN_T_LP_FRAGINDEX, frag_index);
		p = ccn_integer_write(p, CCN_T_LP_FRAGCOUNT, frag_count);
	}
	if (frag_index == 0)
		p = write_fields(p, lp);
	fields_len = (uint32_t)(p - fields);
	if (fields_len == 0)
		return 0;
	inner = fields_len + ccn_tlv_size(CCN_T_LP_FRAGMENT, len);
	p = ccn_tlv_write(header, CCN_T_LP, inner);
	memcpy(p, fields, fields_len);
	p = ccn_tlv_write(p + fields_len, CCN_T_LP_FRAGMENT, len);
	return (uint32_t)(p - header);
}
