/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef LANES_H
#define LANES_H

/*
 * One 32-bit word of each of several packets side by side: as many as a register of the machine
 * that the file is compiled for holds (AVX2 eight, else four). Operators of C work on all lanes at
 * once; comparisons give all ones or 0 in each. What C has no operator for is here.
 */

#include <stdint.h>
#include <string.h>

#include <immintrin.h>

#include <rte_common.h>
#include <rte_mbuf.h>

#ifdef __AVX2__
#define LANES 8
#else
#define LANES 4
#endif
#define LANES_ALL ((1u << LANES) - 1)

typedef uint32_t lanes __attribute__((vector_size(4 * LANES), may_alias));
typedef int32_t slanes __attribute__((vector_size(4 * LANES))); /* For comparisons: signed. */

/* 16 bytes of each packet as four columns of words. */
struct columns {
	lanes c[4];
};

static __rte_always_inline __m128i
load16(const void *from)
{
	return _mm_loadu_si128(from);
}

#if LANES == 8
typedef __m256i row;

/* 16 bytes of packet i and of i + 4: columns made of such rows are in the packets' order. */
static __rte_always_inline row
row_load(const uint8_t *const *at, unsigned int i, int offset)
{
	return _mm256_inserti128_si256(
		_mm256_castsi128_si256(load16(at[i] + offset)), load16(at[i + 4] + offset), 1);
}

static __rte_always_inline row
row_load8(const uint8_t *const *at, unsigned int i, int offset)
{
	__m128i a = _mm_unpacklo_epi64(_mm_loadl_epi64((const void *)(at[i] + offset)),
		_mm_loadl_epi64((const void *)(at[i + 1] + offset)));
	__m128i b = _mm_unpacklo_epi64(_mm_loadl_epi64((const void *)(at[i + 4] + offset)),
		_mm_loadl_epi64((const void *)(at[i + 5] + offset)));

	return _mm256_inserti128_si256(_mm256_castsi128_si256(a), b, 1);
}

#define ROW_OP(op, ...) _mm256_##op(__VA_ARGS__)
#define ROW_TESTZ(a, b) _mm256_testz_si256((row)(a), (row)(b))
#define ROW_SHUFFLE_PS(a, b, how) \
	(lanes) _mm256_shuffle_ps(_mm256_castsi256_ps(a), _mm256_castsi256_ps(b), how)
#else
typedef __m128i row;

static __rte_always_inline row
row_load(const uint8_t *const *at, unsigned int i, int offset)
{
	return load16(at[i] + offset);
}

static __rte_always_inline row
row_load8(const uint8_t *const *at, unsigned int i, int offset)
{
	return _mm_unpacklo_epi64(_mm_loadl_epi64((const void *)(at[i] + offset)),
		_mm_loadl_epi64((const void *)(at[i + 1] + offset)));
}

#define ROW_OP(op, ...) _mm_##op(__VA_ARGS__)
#define ROW_TESTZ(a, b) _mm_testz_si128((row)(a), (row)(b))
#define ROW_SHUFFLE_PS(a, b, how) \
	(lanes) _mm_shuffle_ps(_mm_castsi128_ps(a), _mm_castsi128_ps(b), how)
#endif

/* 16 bytes of each packet, at an offset from its pointer. */
static __rte_always_inline struct columns
columns_load(const uint8_t *const *at, int offset)
{
	row a = row_load(at, 0, offset), b = row_load(at, 1, offset);
	row c = row_load(at, 2, offset), d = row_load(at, 3, offset);
	row ab = ROW_OP(unpacklo_epi32, a, b), cd = ROW_OP(unpacklo_epi32, c, d);
	struct columns out;

	out.c[0] = (lanes)ROW_OP(unpacklo_epi64, ab, cd);
	out.c[1] = (lanes)ROW_OP(unpackhi_epi64, ab, cd);
	ab = ROW_OP(unpackhi_epi32, a, b);
	cd = ROW_OP(unpackhi_epi32, c, d);
	out.c[2] = (lanes)ROW_OP(unpacklo_epi64, ab, cd);
	out.c[3] = (lanes)ROW_OP(unpackhi_epi64, ab, cd);
	return out;
}

/* 8 bytes of each packet: the first two columns. */
static __rte_always_inline struct columns
columns_load8(const uint8_t *const *at, int offset)
{
	row ab = row_load8(at, 0, offset), cd = row_load8(at, 2, offset);
	struct columns out;

	out.c[0] = ROW_SHUFFLE_PS(ab, cd, 0x88);
	out.c[1] = ROW_SHUFFLE_PS(ab, cd, 0xdd);
	return out;
}

/* A vector of what a macro is for each lane. */
#if LANES == 8
#define LANES_EACH(e) ((lanes){e(0), e(1), e(2), e(3), e(4), e(5), e(6), e(7)})
#else
#define LANES_EACH(e) ((lanes){e(0), e(1), e(2), e(3)})
#endif

static __rte_always_inline uint32_t
word_load(const uint8_t *from)
{
	uint32_t word;

	memcpy(&word, from, sizeof(word));
	return word;
}

/* A word of each packet. */
static __rte_always_inline lanes
column_load(const uint8_t *const *at, int offset)
{
#define WORD(l) word_load(at[l] + offset)
	return LANES_EACH(WORD);
#undef WORD
}

/* 16 bytes that are expected of every packet, but for those where the mask is 0. */
struct pattern {
	__m128i bytes, mask;
};

/* Whether any packet's bytes are not as expected. */
static __rte_always_inline bool
any_differs(const uint8_t *const *at, int offset, const struct pattern *p)
{
#if LANES == 8
	const row e = _mm256_broadcastsi128_si256(p->bytes);
	const row m = _mm256_broadcastsi128_si256(p->mask);
#else
	const row e = p->bytes, m = p->mask;
#endif
	lanes differs = ((lanes)row_load(at, 0, offset) ^ (lanes)e) |
		((lanes)row_load(at, 1, offset) ^ (lanes)e) |
		((lanes)row_load(at, 2, offset) ^ (lanes)e) |
		((lanes)row_load(at, 3, offset) ^ (lanes)e);

	return !ROW_TESTZ(differs, m);
}

/* Whether one's are. */
static inline bool
one_differs(const uint8_t *at, const struct pattern *p)
{
	return !_mm_testz_si128(_mm_xor_si128(load16(at), p->bytes), p->mask);
}

/*
 * 32 bytes of each packet from `at` on: whether any packet's first 16 are not as expected, and the
 * second word of those that follow.
 */
static __rte_always_inline bool
any_differs_then(const uint8_t *const *at, int offset, const struct pattern *p, lanes *second)
{
#if LANES == 8
	const row e = _mm256_inserti128_si256(_mm256_setzero_si256(), p->bytes, 0);
	const row m = _mm256_inserti128_si256(_mm256_setzero_si256(), p->mask, 0);
	row low, high, differs = _mm256_setzero_si256(), r[8];

	for (unsigned int i = 0; i < 8; i++) {
		r[i] = _mm256_loadu_si256((const __m256i_u *)(at[i] + offset));
		differs = (row)((lanes)differs | ((lanes)r[i] ^ (lanes)e));
	}
	low = _mm256_unpackhi_epi64(
		_mm256_unpacklo_epi32(r[0], r[1]), _mm256_unpacklo_epi32(r[2], r[3]));
	high = _mm256_unpackhi_epi64(
		_mm256_unpacklo_epi32(r[4], r[5]), _mm256_unpacklo_epi32(r[6], r[7]));
	*second = (lanes)_mm256_permute2x128_si256(low, high, 0x31);
	return !ROW_TESTZ(differs, m);
#else
	*second = columns_load(at, offset + 16).c[1];
	return any_differs(at, offset, p);
#endif
}

/* Five words of each packet, at an offset. Loads the 12 bytes before them as well. */
struct columns5 {
	lanes c[5];
};

static __rte_always_inline struct columns5
columns5_load(const uint8_t *const *at, int offset)
{
	struct columns5 out;
#if LANES == 8
	/* Rows of 32 bytes; the five words are the last of the first half, and the second. */
	row r[8], low[4], high[4], w[8];

	for (unsigned int i = 0; i < 8; i++)
		r[i] = _mm256_loadu_si256((const __m256i_u *)(at[i] + offset - 12));
	for (unsigned int i = 0; i < 4; i++) {
		low[i] = _mm256_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
		high[i] = _mm256_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
	}
	for (unsigned int i = 0; i < 2; i++) {
		w[i] = _mm256_unpacklo_epi64(low[2 * i], low[2 * i + 1]);
		w[2 + i] = _mm256_unpackhi_epi64(low[2 * i], low[2 * i + 1]);
		w[4 + i] = _mm256_unpacklo_epi64(high[2 * i], high[2 * i + 1]);
		w[6 + i] = _mm256_unpackhi_epi64(high[2 * i], high[2 * i + 1]);
	}
	out.c[0] = (lanes)_mm256_permute2x128_si256(w[6], w[7], 0x20);
	for (unsigned int i = 0; i < 4; i++)
		out.c[1 + i] = (lanes)_mm256_permute2x128_si256(w[2 * i], w[2 * i + 1], 0x31);
#else
	struct columns first = columns_load(at, offset);

	for (unsigned int i = 0; i < 4; i++)
		out.c[i] = first.c[i];
	out.c[4] = column_load(at, offset + 16);
#endif
	return out;
}

/* Bytes of each lane in another order: a byte of `pick` says which, 0x80 makes 0. */
static __rte_always_inline lanes
lanes_bytes(lanes v, uint32_t pick)
{
#if LANES == 8
	const lanes step = {
		0, 0x04040404, 0x08080808, 0x0c0c0c0c, 0, 0x04040404, 0x08080808, 0x0c0c0c0c};
#else
	const lanes step = {0, 0x04040404, 0x08080808, 0x0c0c0c0c};
#endif

	return (lanes)ROW_OP(shuffle_epi8, (row)v, (row)(step + pick));
}

/* One bit of each lane: the highest. */
static __rte_always_inline uint32_t
lanes_signs(lanes v)
{
#if LANES == 8
	return _mm256_movemask_ps(_mm256_castsi256_ps((__m256i)v));
#else
	return _mm_movemask_ps(_mm_castsi128_ps((__m128i)v));
#endif
}

static __rte_always_inline uint32_t
lanes_sum(lanes v)
{
	uint32_t sum = 0;

	for (unsigned int l = 0; l < LANES; l++)
		sum += v[l];
	return sum;
}

#if LANES == 8 && !defined(__AVX512VL__)
/* By mask of four pointers: which pairs of words come first. */
#define P(a, b, c, d)                                                                      \
	{                                                                                  \
		2 * (a), 2 * (a) + 1, 2 * (b), 2 * (b) + 1, 2 * (c), 2 * (c) + 1, 2 * (d), \
			2 * (d) + 1                                                        \
	}
static const uint32_t lanes_pick_order[16][8] __rte_aligned(32) = {P(0, 0, 0, 0), P(0, 0, 0, 0),
	P(1, 0, 0, 0), P(0, 1, 0, 0), P(2, 0, 0, 0), P(0, 2, 0, 0), P(1, 2, 0, 0), P(0, 1, 2, 0),
	P(3, 0, 0, 0), P(0, 3, 0, 0), P(1, 3, 0, 0), P(0, 1, 3, 0), P(2, 3, 0, 0), P(0, 2, 3, 0),
	P(1, 2, 3, 0), P(0, 1, 2, 3)};
#undef P
#endif

/* The pointers of those lanes that a mask names, one after the other. Writes a few more. */
static __rte_always_inline struct rte_mbuf **
lanes_pick(struct rte_mbuf **to, struct rte_mbuf *const *from, uint32_t mask)
{
#if LANES == 8
	for (unsigned int half = 0; half < 2; half++) {
		__m256i four = _mm256_loadu_si256((const __m256i_u *)&from[4 * half]);
		uint32_t bits = mask >> (4 * half) & 15;

#ifdef __AVX512VL__
		four = _mm256_maskz_compress_epi64(bits, four);
#else
		four = _mm256_permutevar8x32_epi32(
			four, _mm256_load_si256((const __m256i *)lanes_pick_order[bits]));
#endif
		_mm256_storeu_si256((__m256i_u *)to, four);
		to += __builtin_popcount(bits);
	}
#else
	for (unsigned int l = 0; l < LANES; l++) {
		*to = from[l];
		to += mask >> l & 1;
	}
#endif
	return to;
}

/* To and from memory, aligned to the size of a register. */
static __rte_always_inline lanes
lanes_load(const uint32_t *from)
{
	return *(const lanes *)from;
}

static __rte_always_inline void
lanes_store(uint32_t *to, lanes v)
{
	*(lanes *)to = v;
}

#endif
