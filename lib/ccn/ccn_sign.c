/* SPDX-License-Identifier: BSD-3-Clause */
#include <sha2.h>

#include "ccn_sign.h"

#define DIGEST_SHA256 0 /* SignatureType */

/* Type and value of a signature, and where what it covers ends; no type: there is none. */
struct signature {
	bool has_type;
	uint64_t type;
	struct ccn_tlv value;
	const uint8_t *covered_end;
};

/* A digest of one or two pieces is the one that is written somewhere. */
static bool
digest_is(const struct ccn_tlv *written, const uint8_t *one, size_t one_len, const uint8_t *two,
	size_t two_len)
{
	uint8_t digest[CCN_DIGEST_LEN];
	SHA2_CTX sha;

	SHA256Init(&sha);
	SHA256Update(&sha, one, one_len);
	if (two_len > 0)
		SHA256Update(&sha, two, two_len);
	SHA256Final(digest, &sha);
	return written->len == sizeof(digest) &&
		memcmp(written->value, digest, sizeof(digest)) == 0;
}

/* The type in a SignatureInfo or InterestSignatureInfo; it comes first. */
static void
read_info(struct signature *sig, const struct ccn_tlv *info)
{
	const uint8_t *p = info->value;
	struct ccn_tlv type;

	sig->has_type = ccn_tlv_read(&p, p + info->len, &type) == CCN_OK &&
		type.type == CCN_T_SIGTYPE && ccn_tlv_integer(&type, &sig->type) == CCN_OK;
}

/* Component i of a name. */
static struct ccn_tlv
component(const struct ccn_name *name, int i)
{
	const uint8_t *p = name->value + name->end[i];
	struct ccn_tlv tlv = {0};

	ccn_tlv_read(&p, name->value + name->len, &tlv);
	return tlv;
}

/*
 * v0.3 (section "Signature", "signed Interest"): the name's last component is a digest of all from
 * ApplicationParameters on; the signature covers the name without it and what stands between.
 */
static enum ccn_signed
check_signed(const struct ccn_pkt *pkt)
{
	const uint8_t *p = pkt->name.value + pkt->name.len, *end = pkt->bytes + pkt->len;
	const uint8_t *parameters = NULL, *start;
	struct ccn_tlv tlv, last = component(&pkt->name, pkt->name.params);
	struct signature sig = {0};

	while (p < end) {
		start = p;
		if (ccn_tlv_read(&p, end, &tlv) != CCN_OK)
			return CCN_SIGNED_WRONG;
		if (tlv.type == CCN_T_APPPARAMS && parameters == NULL)
			parameters = start;
		if (tlv.type == CCN_T_ISIGINFO) {
			read_info(&sig, &tlv);
			sig.covered_end = p;
		}
		if (tlv.type == CCN_T_ISIGVALUE)
			sig.value = tlv;
	}
	if (!sig.has_type || sig.value.value == NULL || parameters == NULL)
		return CCN_SIGNED_NOT;
	if (pkt->name.params != pkt->name.n - 1 ||
		!digest_is(&last, parameters, (size_t)(end - parameters), NULL, 0))
		return CCN_SIGNED_WRONG;
	if (sig.type != DIGEST_SHA256)
		return CCN_SIGNED_KEY;
	return digest_is(&sig.value, pkt->name.value, pkt->name.end[pkt->name.params], parameters,
		       (size_t)(sig.covered_end - parameters))
		? CCN_SIGNED_OK
		: CCN_SIGNED_WRONG;
}

/* Before v0.3: .../<SignatureInfo>/<SignatureValue>, which covers all components before the last.
 */
static enum ccn_signed
check_command(const struct ccn_name *name)
{
	struct ccn_tlv info = component(name, name->n - 2), value = component(name, name->n - 1);
	struct signature sig = {0};
	struct ccn_tlv inner;
	const uint8_t *p = info.value;

	if (ccn_tlv_read(&p, p + info.len, &inner) != CCN_OK || inner.type != CCN_T_SIGINFO)
		return CCN_SIGNED_NOT;
	read_info(&sig, &inner);
	p = value.value;
	if (!sig.has_type || ccn_tlv_read(&p, p + value.len, &inner) != CCN_OK ||
		inner.type != CCN_T_SIGVALUE)
		return CCN_SIGNED_NOT;
	if (sig.type != DIGEST_SHA256)
		return CCN_SIGNED_KEY;
	return digest_is(&inner, name->value, name->end[name->n - 1], NULL, 0) ? CCN_SIGNED_OK
									       : CCN_SIGNED_WRONG;
}

enum ccn_signed
ccn_sign_check(const struct ccn_pkt *interest)
{
	if (interest->name.params >= 0)
		return check_signed(interest);
	return interest->name.n < 2 ? CCN_SIGNED_NOT : check_command(&interest->name);
}
