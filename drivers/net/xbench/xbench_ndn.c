/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "xbench_frame.h"

/*
 * Interests and Data, as small as the packet format allows. The marker of an Interest is an element
 * that nobody knows and everybody passes over; that of a Data is its content. What a Data frame is
 * longer than its head is the value of its signature, of which a forwarder reads nothing.
 */

/* TLV types of the NDN packet format (NDN Packet Format Specification 0.3, 5.2 and 6). */
enum {
	TLV_INTEREST = 0x05,
	TLV_DATA = 0x06,
	TLV_NAME = 0x07,
	TLV_NONCE = 0x0a,
	TLV_LIFETIME = 0x0c,
	TLV_METAINFO = 0x14,
	TLV_CONTENT = 0x15,
	TLV_SIGINFO = 0x16,
	TLV_SIGVALUE = 0x17,
	TLV_FRESHNESS = 0x19,
	TLV_SIGTYPE = 0x1b,
	TLV_MARKER = 0xf0, /* not assigned and not critical: forwarders leave it alone */
};

#define SIGNATURE_MIN 32 /* SHA-256 */

static size_t
put_head(uint8_t *buf, uint8_t type, uint16_t len)
{
	buf[0] = type;
	if (len < 253) {
		buf[1] = len;
		return 2;
	}
	buf[1] = 253;
	buf[2] = len >> 8;
	buf[3] = len;
	return 4;
}

static size_t
put_name(uint8_t *buf, const struct xbench_name *name)
{
	size_t at = put_head(buf, TLV_NAME, name->len);

	memcpy(buf + at, name->value, name->len);
	return at + name->len;
}

static size_t
put_marker(uint8_t *buf, const struct xbench_marker *marker, size_t at, struct xbench_head *head)
{
	memcpy(buf + at, marker, sizeof(*marker));
	head->marker = at;
	return at + sizeof(*marker);
}

/* Name, nonce (of the flow; Rx writes others over it), lifetime of a minute, marker. */
static void
put_interest(const struct xbench_frame *frame, const struct xbench_marker *marker, uint8_t *buf,
	size_t at, struct xbench_head *head)
{
	uint32_t nonce = frame->flow * 2654435761u;

	at += put_head(buf + at, TLV_INTEREST,
		2 + frame->name->len + 2 + sizeof(nonce) + 4 + 2 + sizeof(*marker));
	at += put_name(buf + at, frame->name);
	at += put_head(buf + at, TLV_NONCE, sizeof(nonce));
	memcpy(buf + at, &nonce, sizeof(nonce));
	at += sizeof(nonce);
	memcpy(buf + at, (uint8_t[]){TLV_LIFETIME, 2, 60000 >> 8, 60000 & 0xff}, 4);
	at += 4;
	at += put_head(buf + at, TLV_MARKER, sizeof(*marker));
	head->head_len = put_marker(buf, marker, at, head);
	head->len = RTE_MAX(head->len, head->head_len);
}

/* Name, freshness of an hour, marker, a signature of a type that nobody has assigned. */
static void
put_data(const struct xbench_frame *frame, const struct xbench_marker *marker, uint8_t *buf,
	size_t at, struct xbench_head *head)
{
	static const uint8_t fresh[] = {TLV_METAINFO, 6, TLV_FRESHNESS, 4, 0, 0x36, 0xee, 0x80};
	static const uint8_t siginfo[] = {TLV_SIGINFO, 3, TLV_SIGTYPE, 1, 200};
	uint16_t before =
		2 + frame->name->len + sizeof(fresh) + 2 + sizeof(*marker) + sizeof(siginfo);
	uint16_t least = at + before + 4 + 4 + SIGNATURE_MIN;
	uint16_t signature = SIGNATURE_MIN + (frame->len > least ? frame->len - least : 0);

	at += put_head(buf + at, TLV_DATA, before + (signature < 253 ? 2 : 4) + signature);
	at += put_name(buf + at, frame->name);
	memcpy(buf + at, fresh, sizeof(fresh));
	at += sizeof(fresh);
	at += put_head(buf + at, TLV_CONTENT, sizeof(*marker));
	at = put_marker(buf, marker, at, head);
	memcpy(buf + at, siginfo, sizeof(siginfo));
	at += sizeof(siginfo);
	head->head_len = at + put_head(buf + at, TLV_SIGVALUE, signature);
	head->len = head->head_len + signature;
}

void
xbench_frame_put_ndn(const struct xbench_frame *frame, const struct xbench_marker *marker,
	uint8_t *buf, size_t at, struct xbench_head *head)
{
	(frame->proto == XBENCH_INTEREST ? put_interest : put_data)(frame, marker, buf, at, head);
}

/* Type and length; the offset of the value, or 0 when the element ends behind the end. */
static size_t
read_head(const uint8_t *p, size_t at, size_t end, uint8_t *type, size_t *len)
{
	if (at + 2 > end)
		return 0;
	*type = p[at];
	*len = p[at + 1];
	at += 2;
	if (*len == 253 && at + 2 <= end) {
		*len = p[at] << 8 | p[at + 1];
		at += 2;
	}
	return at + *len <= end ? at : 0;
}

size_t
xbench_frame_ndn_marker(const uint8_t *packet, size_t len)
{
	size_t at = 0, size, end;
	uint8_t type = 0;

	if (len >= 4)
		at = read_head(packet, 0, SIZE_MAX, &type, &size);
	if (at == 0 || (type != TLV_INTEREST && type != TLV_DATA))
		return 0;
	for (end = RTE_MIN(at + size, len); at < end; at += size) {
		at = read_head(packet, at, end, &type, &size);
		if (at == 0)
			return 0;
		if (type == TLV_MARKER || type == TLV_CONTENT)
			return size == sizeof(struct xbench_marker) ? at : 0;
	}
	return 0;
}
