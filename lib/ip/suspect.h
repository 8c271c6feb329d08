/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_SUSPECT_H
#define IP4_SUSPECT_H

/*
 * The questions that every packet is asked before it may take the fast path. One answer for all of
 * them: 0 when the packet is an easy one, anything else when somebody has to look more closely. So
 * it does not matter which question was answered wrong, and none of them needs a branch.
 */

#include "node.h"

#if RTE_BYTE_ORDER != RTE_LITTLE_ENDIAN
#error "this file has not been written for big endian machines"
#endif

/* What is known of a run of packets of one interface. */
struct ip4_run {
	uint32_t mark; /* As xebra_pkt_set() leaves it. */
	uint32_t bad;  /* Not 0: no packet with this mark is an easy one. */
};

static inline void
ip4_run_begin(struct ip4_run *run, const struct rte_mbuf *m)
{
	run->mark = m->hash.fdir.hi;
	run->bad = xebra_pkt_flags(m) | !ip4.enabled[xebra_pkt_iface(m) & (XEBRA_IFACE_MAX - 1)];
}

/* One packet; *addr is its destination, host order. */
static __rte_always_inline uint32_t
ip4_suspect(const struct rte_mbuf *m, struct ip4_run *run, uint32_t *addr)
{
	struct ip4_words w = ip4_words_load(ip4_hdr(m));
	uint32_t total = rte_bswap16(w.w0 >> 16);
	uint32_t src = w.w1 >> 32;
	uint32_t first = src & 0xff;
	uint32_t bad;

	if (unlikely(m->hash.fdir.hi != run->mark))
		ip4_run_begin(run, m);
	*addr = rte_be_to_cpu_32(w.dst);
	bad = (uint8_t)w.w0 ^ 0x45u;
	bad |= (total < IP4_HLEN) | (total > m->pkt_len);
	bad |= (uint8_t)w.w1 <= 1;
	bad |= (first - 1 >= 223) | (first == 127);
	bad |= ip4_own_maybe(&ip4, src);
	if (!(m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_GOOD))
		bad |= ip4_sum_wrong(&w);
	/* More than one segment: no padding to cut, and the header in the first. */
	if (unlikely(m->nb_segs > 1))
		bad |= (total ^ m->pkt_len) | (m->data_len < IP4_HLEN);
	return bad | run->bad;
}

#ifdef __SSE4_1__
#include <smmintrin.h>

/* One word each of four packets. */
#define IP4_X4(p, field) \
	_mm_set_epi32(   \
		(int)(p)[3]->field, (int)(p)[2]->field, (int)(p)[1]->field, (int)(p)[0]->field)

/* Not 0 where the one's complement sum of five words is not that of a right checksum. */
static __rte_always_inline __m128i
ip4_sum_wrong_x4(__m128i a, __m128i b, __m128i c, __m128i d, __m128i e)
{
	const __m128i low = _mm_set1_epi32(0xffff);
	__m128i l, h, sum;

	l = _mm_add_epi32(_mm_and_si128(a, low), _mm_and_si128(b, low));
	h = _mm_add_epi32(_mm_srli_epi32(a, 16), _mm_srli_epi32(b, 16));
	l = _mm_add_epi32(l, _mm_add_epi32(_mm_and_si128(c, low), _mm_and_si128(d, low)));
	h = _mm_add_epi32(h, _mm_add_epi32(_mm_srli_epi32(c, 16), _mm_srli_epi32(d, 16)));
	l = _mm_add_epi32(l, _mm_and_si128(e, low));
	h = _mm_add_epi32(h, _mm_srli_epi32(e, 16));
	sum = _mm_add_epi32(l, h);
	sum = _mm_add_epi32(_mm_and_si128(sum, low), _mm_srli_epi32(sum, 16));
	sum = _mm_add_epi32(_mm_and_si128(sum, low), _mm_srli_epi32(sum, 16));
	return _mm_xor_si128(sum, low);
}

/* Not 0 where a source may be ours. */
static __rte_always_inline __m128i
ip4_own_maybe_x4(__m128i src)
{
	__m128i h = _mm_srli_epi32(
		_mm_mullo_epi32(src, _mm_set1_epi32((int)IP4_OWN_FACTOR)), 32 - IP4_OWN_BITS);

	return _mm_set_epi32(ip4.own[_mm_extract_epi32(h, 3)], ip4.own[_mm_extract_epi32(h, 2)],
		ip4.own[_mm_extract_epi32(h, 1)], ip4.own[_mm_cvtsi128_si32(h)]);
}

/* Four bytes from anywhere, as a vector's element. */
static __rte_always_inline int
ip4_word(const void *from)
{
	int word;

	memcpy(&word, from, sizeof(word));
	return word;
}

/*
 * Four packets of the run, each of one segment. Returns false, having done nothing, when they are
 * not. The checksum is computed also where the port has found it right: that costs less than
 * asking.
 */
static __rte_always_inline bool
ip4_suspect_x4(struct rte_mbuf *const *p, const struct ip4_run *run, uint32_t *bad, uint32_t *addr)
{
	const __m128i byte = _mm_set1_epi32(0xff);
	const __m128i swap32 = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
	const __m128i total16 =
		_mm_set_epi8(-1, -1, 14, 15, -1, -1, 10, 11, -1, -1, 6, 7, -1, -1, 2, 3);
	const __m128i *h[4];
	__m128i w0, w1, w2, w3, dst, t0, t1, t2, t3, total, ttl, first, wrong;
	__m128i mark = _mm_cmpeq_epi32(IP4_X4(p, hash.fdir.hi), _mm_set1_epi32((int)run->mark));
	uint16_t segs = p[0]->nb_segs | p[1]->nb_segs | p[2]->nb_segs | p[3]->nb_segs;

	if (unlikely(segs != 1 || _mm_movemask_epi8(mark) != 0xffff))
		return false;
	for (unsigned int i = 0; i < 4; i++)
		h[i] = rte_pktmbuf_mtod(p[i], const __m128i *);
	/* A column of words from four rows. */
	t0 = _mm_unpacklo_epi32(_mm_loadu_si128(h[0]), _mm_loadu_si128(h[1]));
	t1 = _mm_unpacklo_epi32(_mm_loadu_si128(h[2]), _mm_loadu_si128(h[3]));
	t2 = _mm_unpackhi_epi32(_mm_loadu_si128(h[0]), _mm_loadu_si128(h[1]));
	t3 = _mm_unpackhi_epi32(_mm_loadu_si128(h[2]), _mm_loadu_si128(h[3]));
	w0 = _mm_unpacklo_epi64(t0, t1);
	w1 = _mm_unpackhi_epi64(t0, t1);
	w2 = _mm_unpacklo_epi64(t2, t3);
	w3 = _mm_unpackhi_epi64(t2, t3);
	dst = _mm_set_epi32(
		ip4_word(h[3] + 1), ip4_word(h[2] + 1), ip4_word(h[1] + 1), ip4_word(h[0] + 1));

	total = _mm_shuffle_epi8(w0, total16);
	ttl = _mm_and_si128(w2, byte);
	first = _mm_and_si128(w3, byte);
	wrong = _mm_xor_si128(_mm_and_si128(w0, byte), _mm_set1_epi32(0x45));
	wrong = _mm_or_si128(wrong, _mm_cmpgt_epi32(_mm_set1_epi32(IP4_HLEN), total));
	wrong = _mm_or_si128(wrong, _mm_cmpgt_epi32(total, IP4_X4(p, pkt_len)));
	wrong = _mm_or_si128(wrong, _mm_cmpgt_epi32(_mm_set1_epi32(2), ttl));
	wrong = _mm_or_si128(wrong, _mm_cmpgt_epi32(first, _mm_set1_epi32(223)));
	wrong = _mm_or_si128(wrong, _mm_cmpeq_epi32(first, _mm_setzero_si128()));
	wrong = _mm_or_si128(wrong, _mm_cmpeq_epi32(first, _mm_set1_epi32(127)));
	wrong = _mm_or_si128(wrong, ip4_sum_wrong_x4(w0, w1, w2, w3, dst));
	wrong = _mm_or_si128(wrong, ip4_own_maybe_x4(w3));
	wrong = _mm_or_si128(wrong, _mm_set1_epi32((int)run->bad));
	_mm_storeu_si128((__m128i *)bad, wrong);
	_mm_storeu_si128((__m128i *)addr, _mm_shuffle_epi8(dst, swap32));
	return true;
}
#else
static __rte_always_inline bool
ip4_suspect_x4(struct rte_mbuf *const *p __rte_unused, const struct ip4_run *run __rte_unused,
	uint32_t *bad __rte_unused, uint32_t *addr __rte_unused)
{
	return false;
}
#endif

/* A row of packets. */
static __rte_always_inline void
ip4_suspect_row(struct rte_mbuf *const *p, uint32_t n, uint32_t *bad, uint32_t *addr)
{
	struct ip4_run run;
	uint32_t i = 0;

	ip4_run_begin(&run, p[0]);
	while (i < n) {
		if (likely(i + 4 <= n && ip4_suspect_x4(&p[i], &run, &bad[i], &addr[i]))) {
			i += 4;
			continue;
		}
		/* After one by one the run may be another, and the next four of that. */
		for (uint32_t end = RTE_MIN(i + 4, n); i < end; i++)
			bad[i] = ip4_suspect(p[i], &run, &addr[i]);
	}
}

#endif
