/* SPDX-License-Identifier: BSD-3-Clause */
/* The checks of a received header, all of them, in order; for packets that are not easy ones. */
#include "node.h"

void
ip4_trim(struct rte_mbuf *m, uint32_t len)
{
	struct rte_mbuf *seg = m;
	uint32_t left = len;

	m->pkt_len = len;
	while (seg->data_len < left) {
		left -= seg->data_len;
		seg = seg->next;
	}
	seg->data_len = left;
	if (seg->next == NULL)
		return;
	/* Whole segments of padding. */
	for (struct rte_mbuf *s = seg->next; s != NULL; s = s->next)
		m->nb_segs--;
	rte_pktmbuf_free(seg->next);
	seg->next = NULL;
}

static bool
checksum_good(const struct rte_mbuf *m, const struct rte_ipv4_hdr *ip, uint32_t hlen)
{
	uint64_t flag = m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;

	if (flag == RTE_MBUF_F_RX_IP_CKSUM_GOOD)
		return true;
	if (flag == RTE_MBUF_F_RX_IP_CKSUM_BAD)
		return false;
	return rte_raw_cksum(ip, hlen) == 0xffff;
}

/* RFC 1812 5.3.7; and nobody else may send with our address or from a broadcast address. */
static bool
source_martian(uint32_t src)
{
	uint8_t type;

	if (!ip4_addr_is_host(src))
		return true;
	if (!ip4_own_maybe(&ip4, rte_cpu_to_be_32(src)))
		return false;
	type = ip4.nh[ip4_fib_lookup(ip4.fib, src)].type;
	return type == IP4_NH_LOCAL || type == IP4_NH_BROADCAST;
}

enum ip4_check
ip4_check(struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = ip4_hdr(m);
	uint16_t iface = xebra_pkt_iface(m);
	uint32_t hlen, total;

	if (iface >= XEBRA_IFACE_MAX || !ip4.enabled[iface])
		return IP4_CHECK_NOT_ENABLED;
	/* (1) The packet length reported by the link layer must be large enough to hold the minimum
	 * length legal IP datagram. */
	if (m->data_len < IP4_HLEN)
		return IP4_CHECK_TOO_SHORT;
	/* (3) The IP version number must be 4. */
	if (ip->version_ihl >> 4 != 4)
		return IP4_CHECK_BAD_VERSION;
	/* (4) The IP header length field must be large enough (and the header is there). */
	hlen = ip4_hlen(ip);
	if (hlen < IP4_HLEN || hlen > m->data_len)
		return IP4_CHECK_BAD_HEADER_LENGTH;
	/* (2) The IP checksum must be correct. */
	if (!checksum_good(m, ip, hlen))
		return IP4_CHECK_BAD_CHECKSUM;
	/* (5) The total length must hold the header, and the frame the total length. */
	total = rte_be_to_cpu_16(ip->total_length);
	if (total < hlen || total > m->pkt_len)
		return IP4_CHECK_BAD_TOTAL_LENGTH;
	if (source_martian(rte_be_to_cpu_32(ip->src_addr)))
		return IP4_CHECK_MARTIAN_SOURCE;
	if (total < m->pkt_len)
		ip4_trim(m, total);
	return hlen > IP4_HLEN ? IP4_CHECK_OPTIONS : IP4_CHECK_OK;
}
