/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The elements of Interest and Data come in a fixed order. Each known type has a rank in it; one
 * that comes late or twice, or that nobody knows, is passed over when its type is not critical,
 * and else makes the packet invalid (packet format, section "evolvability").
 */
#include <sha2.h>

#include "ccn_pkt.h"

static enum ccn_bad
parse_hint(struct ccn_pkt *pkt, const struct ccn_tlv *hint)
{
	const uint8_t *p = hint->value, *end = p + hint->len;
	struct ccn_tlv tlv;
	enum ccn_bad bad = ccn_tlv_read(&p, end, &tlv);

	if (bad != CCN_OK)
		return bad;
	if (tlv.type == CCN_T_DELEGATION) { /* the form before revision 2021: preference, name */
		p = tlv.value;
		end = p + tlv.len;
		bad = ccn_tlv_read(&p, end, &tlv);
		if (bad == CCN_OK && tlv.type == CCN_T_HINT)
			bad = ccn_tlv_read(&p, end, &tlv);
		if (bad != CCN_OK)
			return bad;
	}
	if (tlv.type != CCN_T_NAME)
		return CCN_BAD_FIELD;
	return ccn_name_parse(&pkt->hint, tlv.value, tlv.len);
}

/* Rank of an Interest's element, 0 for unknown ones. */
static unsigned int
interest_rank(uint32_t type)
{
	switch (type) {
	case CCN_T_NAME:
		return 1;
	case CCN_T_PREFIX:
		return 2;
	case CCN_T_FRESH:
		return 3;
	case CCN_T_HINT:
		return 4;
	case CCN_T_NONCE:
		return 5;
	case CCN_T_LIFETIME:
		return 6;
	case CCN_T_HOPLIMIT:
		return 7;
	case CCN_T_APPPARAMS:
		return 8;
	case CCN_T_ISIGINFO:
		return 9;
	case CCN_T_ISIGVALUE:
		return 10;
	default:
		return 0;
	}
}

static enum ccn_bad
interest_field(struct ccn_pkt *pkt, const struct ccn_tlv *tlv)
{
	uint64_t number = 0;
	enum ccn_bad bad;

	switch (tlv->type) {
	case CCN_T_PREFIX:
		pkt->can_be_prefix = true;
		return tlv->len == 0 ? CCN_OK : CCN_BAD_FIELD;
	case CCN_T_FRESH:
		pkt->must_be_fresh = true;
		return tlv->len == 0 ? CCN_OK : CCN_BAD_FIELD;
	case CCN_T_HINT:
		return parse_hint(pkt, tlv);
	case CCN_T_NONCE:
		if (tlv->len != 4)
			return CCN_BAD_FIELD;
		pkt->nonce_at = (uint16_t)(tlv->value - pkt->bytes);
		memcpy(&pkt->nonce, tlv->value, 4);
		return CCN_OK;
	case CCN_T_LIFETIME:
		bad = ccn_tlv_integer(tlv, &number);
		pkt->lifetime_ms = (uint32_t)RTE_MIN(number, (uint64_t)CCN_LIFETIME_MAX);
		return bad;
	case CCN_T_HOPLIMIT:
		pkt->hop_limit_at = (uint16_t)(tlv->value - pkt->bytes);
		return tlv->len == 1 ? CCN_OK : CCN_BAD_FIELD;
	default:
		return CCN_OK;
	}
}

static enum ccn_bad
parse_interest(struct ccn_pkt *pkt, const uint8_t *p, const uint8_t *end)
{
	unsigned int rank, last = 1;
	struct ccn_tlv tlv;
	enum ccn_bad bad;

	pkt->lifetime_ms = CCN_LIFETIME_DEFAULT;
	if (pkt->name.n == 0)
		return CCN_BAD_NAME;
	while (p < end) {
		bad = ccn_tlv_read(&p, end, &tlv);
		if (unlikely(bad != CCN_OK))
			return bad;
		rank = interest_rank(tlv.type);
		if (unlikely(rank <= last)) {
			if (ccn_type_critical(tlv.type))
				return CCN_BAD_CRITICAL;
			continue;
		}
		bad = interest_field(pkt, &tlv);
		if (unlikely(bad != CCN_OK))
			return bad;
		if (rank < 5)
			pkt->no_nonce_at = (uint16_t)(p - pkt->bytes);
		last = rank;
	}
	/* Parameters and their digest in the name come together (section "Interest"). */
	return (last >= 8) == (pkt->name.params >= 0) ? CCN_OK : CCN_BAD_FIELD;
}

/* MetaInfo: ContentType, FreshnessPeriod, FinalBlockId, all optional, in this order. */
static enum ccn_bad
parse_metainfo(struct ccn_pkt *pkt, const struct ccn_tlv *meta)
{
	const uint8_t *p = meta->value, *end = p + meta->len;
	uint32_t last = 0;
	struct ccn_tlv tlv;
	uint64_t number;
	enum ccn_bad bad;

	while (p < end) {
		bad = ccn_tlv_read(&p, end, &tlv);
		if (bad != CCN_OK)
			return bad;
		if (tlv.type < CCN_T_CONTENTTYPE || tlv.type > CCN_T_FINALBLOCK ||
			tlv.type <= last) {
			if (ccn_type_critical(tlv.type))
				return CCN_BAD_CRITICAL;
			continue;
		}
		last = tlv.type;
		if (tlv.type == CCN_T_FINALBLOCK)
			continue;
		bad = ccn_tlv_integer(&tlv, &number);
		if (bad != CCN_OK)
			return bad;
		if (tlv.type == CCN_T_FRESHNESS)
			pkt->freshness_ms = number;
	}
	return CCN_OK;
}

static enum ccn_bad
check_siginfo(const struct ccn_tlv *info)
{
	const uint8_t *p = info->value, *end = p + info->len;
	struct ccn_tlv tlv;
	uint64_t number;
	enum ccn_bad bad = ccn_tlv_read(&p, end, &tlv);

	if (bad != CCN_OK)
		return bad;
	return tlv.type == CCN_T_SIGTYPE ? ccn_tlv_integer(&tlv, &number) : CCN_BAD_FIELD;
}

static enum ccn_bad
parse_data(struct ccn_pkt *pkt, const uint8_t *p, const uint8_t *end)
{
	uint32_t last = 0;
	struct ccn_tlv tlv;
	enum ccn_bad bad = CCN_OK;

	if (pkt->name.digest) /* Data has its digest from its bytes, not in its name */
		return CCN_BAD_NAME;
	while (p < end) {
		bad = ccn_tlv_read(&p, end, &tlv);
		if (unlikely(bad != CCN_OK))
			return bad;
		if (unlikely(tlv.type < CCN_T_METAINFO || tlv.type > CCN_T_SIGVALUE ||
			    tlv.type <= last ||
			    (tlv.type == CCN_T_SIGVALUE && last != CCN_T_SIGINFO))) {
			if (ccn_type_critical(tlv.type))
				return CCN_BAD_CRITICAL;
			continue;
		}
		last = tlv.type;
		if (tlv.type == CCN_T_METAINFO)
			bad = parse_metainfo(pkt, &tlv);
		else if (tlv.type == CCN_T_SIGINFO)
			bad = check_siginfo(&tlv);
		if (unlikely(bad != CCN_OK))
			return bad;
	}
	return last == CCN_T_SIGVALUE ? CCN_OK : CCN_BAD_FIELD;
}

enum ccn_bad
ccn_pkt_parse(struct ccn_pkt *pkt, uint8_t *bytes, uint32_t len)
{
	const uint8_t *p = bytes, *end = bytes + len;
	struct ccn_tlv outer, name;
	enum ccn_bad bad;

	if (unlikely(len > CCN_PKT_MAX))
		return CCN_BAD_OVERLONG;
	memset(pkt, 0, offsetof(struct ccn_pkt, hint));
	pkt->hint.n = 0;
	pkt->bytes = bytes;
	pkt->len = (uint16_t)len;
	bad = ccn_tlv_read(&p, end, &outer);
	if (unlikely(bad != CCN_OK))
		return bad == CCN_BAD_OVERLONG ? CCN_BAD_TRUNCATED : bad;
	if (unlikely(p != end || (outer.type != CCN_T_INTEREST && outer.type != CCN_T_DATA)))
		return CCN_BAD_TYPE;
	pkt->type = (uint8_t)outer.type;
	p = outer.value;
	bad = ccn_tlv_read(&p, end, &name);
	if (unlikely(bad != CCN_OK))
		return bad;
	if (unlikely(name.type != CCN_T_NAME)) /* nothing comes before the name, known or not */
		return CCN_BAD_CRITICAL;
	bad = ccn_name_parse(&pkt->name, name.value, name.len);
	if (unlikely(bad != CCN_OK))
		return bad;
	pkt->no_nonce_at = (uint16_t)(p - bytes);
	return pkt->type == CCN_T_INTEREST ? parse_interest(pkt, p, end) : parse_data(pkt, p, end);
}

void
ccn_pkt_set_nonce(struct ccn_pkt *pkt, uint32_t nonce)
{
	memcpy(pkt->bytes + pkt->nonce_at, &nonce, 4);
	pkt->nonce = nonce;
}

uint32_t
ccn_pkt_add_nonce(const struct ccn_pkt *pkt, uint32_t nonce, uint8_t *to)
{
	const uint8_t *p = pkt->bytes, *end = p + pkt->len;
	uint32_t before, after;
	struct ccn_tlv outer;
	uint8_t *at;

	ccn_tlv_read(&p, end, &outer);
	before = pkt->no_nonce_at - (uint32_t)(outer.value - pkt->bytes);
	after = outer.len - before;
	at = ccn_tlv_write(to, CCN_T_INTEREST, outer.len + CCN_NONCE_SIZE);
	memcpy(at, outer.value, before);
	at = ccn_tlv_write(at + before, CCN_T_NONCE, 4);
	memcpy(at, &nonce, 4);
	memcpy(at + 4, outer.value + before, after);
	return (uint32_t)(at + 4 + after - to);
}

void
ccn_pkt_digest(const uint8_t *bytes, uint32_t len, uint8_t digest[CCN_DIGEST_LEN])
{
	SHA2_CTX sha;

	SHA256Init(&sha);
	SHA256Update(&sha, bytes, len);
	SHA256Final(digest, &sha);
}
