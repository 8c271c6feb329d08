/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragmentation (RFC 791, 3.2; RFC 1812, 4.2.2.7). By copying: the fragments are ordinary packets
 * of the pool, which every port can send, also one that was promised that buffers are not shared.
 */
#include <errno.h>

#include "node.h"

#define OPTION_COPIED 0x80

/* The options that every fragment has, padded. Returns their length. */
static uint32_t
copied_options(const struct rte_ipv4_hdr *ip, uint8_t *out)
{
	const uint8_t *bytes = (const uint8_t *)ip;
	uint32_t at = IP4_HLEN, end = ip4_hlen(ip), n = 0;

	while (at < end && bytes[at] != 0) {
		uint32_t len = bytes[at] == 1 || at + 1 >= end ? 1 : bytes[at + 1];

		/* Checked by ip4_options; a length that is not is not followed. */
		if (len == 0 || at + len > end)
			break;
		if (bytes[at] & OPTION_COPIED) {
			memcpy(&out[n], &bytes[at], len);
			n += len;
		}
		at += len;
	}
	while (n % 4 != 0)
		out[n++] = 0;
	return n;
}

/* Append bytes, in as many buffers as it takes. */
static int
append(struct rte_mbuf *m, const struct rte_mbuf *from, uint32_t at, uint32_t len,
	struct rte_mempool *pool)
{
	struct rte_mbuf *last = rte_pktmbuf_lastseg(m);

	while (len > 0) {
		uint32_t part = RTE_MIN(len, (uint32_t)rte_pktmbuf_tailroom(last));
		const void *bytes;
		char *data;

		if (part == 0) {
			last->next = rte_pktmbuf_alloc(pool);
			if (last->next == NULL)
				return -ENOMEM;
			last = last->next;
			last->data_off = 0;
			m->nb_segs++;
			continue;
		}
		data = rte_pktmbuf_mtod_offset(last, char *, last->data_len);
		bytes = rte_pktmbuf_read(from, at, part, data);
		if (bytes != data)
			memcpy(data, bytes, part);
		last->data_len += part;
		m->pkt_len += part;
		at += part;
		len -= part;
	}
	return 0;
}

/* One fragment: a header with these options, and bytes of the datagram's data. */
static struct rte_mbuf *
piece(const struct rte_mbuf *m, const uint8_t *options, uint32_t options_len, uint32_t at,
	uint32_t len, struct rte_mempool *pool)
{
	const struct rte_ipv4_hdr *old = ip4_hdr(m);
	uint32_t old_hlen = ip4_hlen(old), hlen = IP4_HLEN + options_len;
	uint16_t field = rte_be_to_cpu_16(old->fragment_offset);
	struct rte_mbuf *f = rte_pktmbuf_alloc(pool);
	struct rte_ipv4_hdr *ip;

	if (f == NULL)
		return NULL;
	ip = (struct rte_ipv4_hdr *)rte_pktmbuf_append(f, hlen);
	if (ip == NULL || append(f, m, old_hlen + at, len, pool) < 0) {
		rte_pktmbuf_free(f);
		return NULL;
	}
	*ip = *old;
	memcpy(ip + 1, options, options_len);
	ip->version_ihl = RTE_IPV4_VHL_DEF + options_len / 4;
	ip->total_length = rte_cpu_to_be_16(f->pkt_len);
	/* The last has the datagram's own MF: it may be a fragment already. */
	if (old_hlen + at + len < m->pkt_len)
		field |= RTE_IPV4_HDR_MF_FLAG;
	ip->fragment_offset = rte_cpu_to_be_16(field + at / 8);
	ip4_checksum(ip);
	f->hash.fdir.hi = m->hash.fdir.hi;
	return f;
}

int
ip4_fragment(const struct rte_mbuf *m, uint16_t mtu, struct rte_mempool *pool,
	struct rte_mbuf **fragment, unsigned int max)
{
	const struct rte_ipv4_hdr *ip = ip4_hdr(m);
	uint8_t copied[40];
	uint32_t copied_len = copied_options(ip, copied);
	const uint8_t *options = (const uint8_t *)(ip + 1);
	uint32_t options_len = ip4_hlen(ip) - IP4_HLEN;
	uint32_t data = m->pkt_len - ip4_hlen(ip), at = 0;
	unsigned int n = 0;

	while (at < data) {
		uint32_t room = (uint32_t)RTE_MAX((int)(mtu - IP4_HLEN - options_len), 0) & ~7u;
		uint32_t len = data - at;

		if (len > mtu - IP4_HLEN - options_len)
			len = room;
		if (len == 0 || n == max) {
			rte_pktmbuf_free_bulk(fragment, n);
			return -EMSGSIZE;
		}
		fragment[n] = piece(m, options, options_len, at, len, pool);
		if (fragment[n] == NULL) {
			rte_pktmbuf_free_bulk(fragment, n);
			return -ENOMEM;
		}
		n++;
		at += len;
		options = copied;
		options_len = copied_len;
	}
	return (int)n;
}
