/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * NDN packets (NDN packet format 0.3, link protocol NDNLPv2): type-length-value blocks, in which
 * types and lengths are numbers of 1, 3, 5 or 9 bytes. An Interest (5) and a Data packet (6) both
 * begin with the name (7), a sequence of components. The hash is of the first components only: the
 * Data packet's name may be longer than that of the Interest which it answers.
 *
 * A link-layer header (100) may come first; its Fragment field (80) holds the packet.
 */

#include <rte_common.h>

#include "flow.h"

#define TLV_INTEREST 0x05
#define TLV_DATA 0x06
#define TLV_NAME 0x07
#define TLV_FRAGMENT 0x50
#define TLV_FRAG_COUNT 0x53
#define TLV_LP 0x64
#define LP_FIELDS_MAX 16

struct tlv {
	uint64_t type;
	const uint8_t *value;
	uint32_t len;
};

static bool
read_number(const uint8_t **at, const uint8_t *end, uint64_t *number)
{
	const uint8_t *p = *at;
	int bytes, i;

	if (p >= end)
		return false;
	bytes = *p < 253 ? 0 : 1 << (*p - 252);
	*number = bytes == 0 ? *p : 0;
	if (end - p < 1 + bytes)
		return false;
	for (i = 1; i <= bytes; i++)
		*number = *number << 8 | p[i];
	*at = p + 1 + bytes;
	return true;
}

/* The block at *at, which moves behind it; false when it is not whole. */
static bool
read_tlv(const uint8_t **at, const uint8_t *end, struct tlv *tlv)
{
	uint64_t len;

	if (!read_number(at, end, &tlv->type) || !read_number(at, end, &len) ||
		len > (uint64_t)(end - *at))
		return false;
	tlv->value = *at;
	tlv->len = len;
	*at += len;
	return true;
}

/* Like read_tlv, but a value cut short will do: the name stands at its beginning. */
static bool
open_tlv(const uint8_t *at, const uint8_t *end, struct tlv *tlv)
{
	uint64_t len;

	if (!read_number(&at, end, &tlv->type) || !read_number(&at, end, &len))
		return false;
	tlv->value = at;
	tlv->len = RTE_MIN(len, (uint64_t)(end - at));
	return true;
}

/* The network packet within the link-layer one; false for one of several fragments, or none. */
static bool
open_lp(struct tlv *tlv)
{
	const uint8_t *at = tlv->value, *end = at + tlv->len;
	struct tlv field;
	int i;

	for (i = 0; i < LP_FIELDS_MAX && open_tlv(at, end, &field); i++) {
		if (field.type == TLV_FRAGMENT)
			return open_tlv(field.value, field.value + field.len, tlv);
		if (!read_tlv(&at, end, &field))
			return false;
		if (field.type == TLV_FRAG_COUNT && (field.len != 1 || field.value[0] != 1))
			return false;
	}
	return false;
}

bool
vchannel_ndn_hash(
	const struct vchannel_flow_conf *conf, const uint8_t *data, uint32_t len, uint32_t *hash)
{
	const uint8_t *at, *end;
	struct tlv tlv;
	int i;

	if (!open_tlv(data, data + len, &tlv))
		return false;
	if (tlv.type == TLV_LP && !open_lp(&tlv))
		return false;
	if (tlv.type != TLV_INTEREST && tlv.type != TLV_DATA)
		return false;
	if (!open_tlv(tlv.value, tlv.value + tlv.len, &tlv) || tlv.type != TLV_NAME)
		return false;
	at = tlv.value;
	end = at + tlv.len;
	for (i = 0; i < conf->ndn_depth; i++) {
		struct tlv component;

		if (!read_tlv(&at, end, &component))
			break;
	}
	*hash = vchannel_hash_bytes(conf->seed, tlv.value, at - tlv.value);
	return true;
}
