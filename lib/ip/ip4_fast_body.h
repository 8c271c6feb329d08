/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fast path of IPv4: the body of a file that is compiled once for each instruction set.
 *
 * Packets that need nothing special are taken from the frame as it was received to the buffer of
 * the port that they leave by. Three passes over a burst, so that what one fetches (entries of the
 * forwarding table, next hops) has arrived in the next, and waiting is done for all at once:
 *
 *   look()        LANES packets at once, a word of each in a lane: Ethernet header, version,
 *                 lengths, checksum, TTL, source; the index for the lookup; TTL and checksum for
 *                 the next router
 *   lookup()      the next hop; of a group, the member for the flow
 *   send_group()  MTU, redirect; the new Ethernet header; the buffer
 *
 * Every question is answered for all lanes, and what is wrong in any respect makes its lane's
 * packet stay in the burst: the nodes find out what it is. A group of packets to one address, as
 * they come from one flow, has its next hop looked at once.
 *
 * test_ip4_fast.c holds it against the nodes, packet by packet, in all versions.
 */
#include "ip4_fast.h"
#include "ip4_fast_group.h"
#include "lanes.h"
#include "node.h"
#include "ways_out.h"

#define GROUPS (XEBRA_FAST_BURST / LANES)

/* What look() leaves for send_group(). */
struct burst {
	uint8_t *ip[XEBRA_FAST_BURST];                              /* Headers. */
	uint32_t index[XEBRA_FAST_BURST] __rte_aligned(4 * LANES);  /* Destination, 24 bits. */
	uint32_t total[XEBRA_FAST_BURST] __rte_aligned(4 * LANES);  /* Bytes of the datagram. */
	uint32_t length[XEBRA_FAST_BURST] __rte_aligned(4 * LANES); /* Bytes of the frame. */
	/* TTL, protocol and checksum to write. */
	uint32_t ttl_word[XEBRA_FAST_BURST] __rte_aligned(4 * LANES);
	/* Not 0: the packet may come from a neighbour on its interface. */
	uint32_t on_link[XEBRA_FAST_BURST] __rte_aligned(4 * LANES);
	/* Next hops: where they are in their table, in bytes. */
	uint32_t at[XEBRA_FAST_BURST] __rte_aligned(4 * LANES);
	uint32_t good[GROUPS]; /* Lanes of packets that may go on. */
	bool same[GROUPS];     /* All to one address. */
};

/* What the mbuf and the frame of an easy packet look like. */
struct patterns {
	struct pattern mbuf;  /* From data_off. */
	struct pattern frame; /* Its first bytes. */
	struct pattern type;  /* With a tag: from the EtherType behind it. */
};

/* Tables, as they are at the beginning of a burst. */
struct tables {
	struct ip4_nexthop *nhs;
	const uint32_t *tbl24, *tbl8;
	uint32_t dflt;
	struct ip4_net on_link;
};

/*
 * Where the headers of a group begin, for packets whose data begins where it always does. Their
 * cache lines are needed soon.
 */
static __rte_always_inline void
fetch(struct rte_mbuf *const *pkts, uint8_t **ip, uint32_t offset)
{
	for (unsigned int i = 0; i < LANES; i++) {
		ip[i] = (uint8_t *)pkts[i]->buf_addr + offset;
		__builtin_prefetch(ip[i]);
	}
}

/* One segment, no tag taken out, nothing shared, and data_off as everybody's. */
static __rte_always_inline void
mbuf_pattern(struct pattern *p, uint16_t data_off)
{
	const uint64_t flags =
		RTE_MBUF_F_RX_VLAN_STRIPPED | RTE_MBUF_F_INDIRECT | RTE_MBUF_F_EXTERNAL;

	/* data_off, refcnt, nb_segs, port; ol_flags */
	p->bytes = _mm_set_epi64x(0, 1ll << 32 | 1 << 16 | data_off);
	p->mask = _mm_set_epi64x((int64_t)flags, 0xffffffffffffll);
}

static __rte_always_inline void
frame_patterns(struct patterns *p, const struct xebra_fast_door *door, uint32_t l2_len)
{
	/* EtherType, version and header length; EtherType, priority and VLAN id. As loaded. */
	const uint32_t ip4 = RTE_IPV4_VHL_DEF << 16 | 0x0008;
	const uint32_t tag = (uint32_t)door->vlan << 16 | 0x0081;
	bool tagged = l2_len != RTE_ETHER_HDR_LEN;

	/* Destination; nothing of the source. */
	p->frame.bytes =
		_mm_set_epi64x((int64_t)((uint64_t)(tagged ? tag : ip4) << 32), (int64_t)door->dst);
	p->frame.mask = _mm_set_epi64x(
		(int64_t)((uint64_t)(tagged ? 0xff0fffff : 0xffffff) << 32), 0xffffffffffff);
	p->type.bytes = _mm_cvtsi32_si128((int)ip4);
	p->type.mask = _mm_cvtsi32_si128(0xffffff);
}

/* Lanes of packets that look as they should. */
static __rte_noinline uint32_t
lanes_as_expected(
	const struct patterns *p, uint32_t l2_len, struct rte_mbuf *const *pkts, uint8_t *const *ip)
{
	uint32_t fit = 0;

	for (unsigned int i = 0; i < LANES; i++)
		if (!one_differs((const uint8_t *)&pkts[i]->data_off, &p->mbuf) &&
			!one_differs(ip[i] - l2_len, &p->frame) &&
			(l2_len == RTE_ETHER_HDR_LEN || !one_differs(ip[i] - 2, &p->type)))
			fit |= 1u << i;
	return fit;
}

/* Not 0 where the checksum is wrong. Ten words of 16 bits need one fold, and are not all 0. */
static __rte_always_inline lanes
checksum_wrong(const struct columns5 *w)
{
	lanes sum = (w->c[0] & 0xffff) + (w->c[0] >> 16);

	for (unsigned int i = 1; i < 5; i++)
		sum += (w->c[i] & 0xffff) + (w->c[i] >> 16);
	return ((sum & 0xffff) + (sum >> 16)) ^ 0xffff;
}

/* RFC 1812 5.3.7: 0/8, 127/8, multicast and reserved are no sources. */
static __rte_always_inline lanes
source_wrong(lanes src)
{
	slanes first = (slanes)(src & 0xff);

	return (lanes)(first == 0) | (lanes)(first == 127) | (lanes)(first > 223);
}

/* Lanes whose source may be ours. */
static __rte_always_inline uint32_t
source_own(lanes src)
{
	lanes hash = src * IP4_OWN_FACTOR >> (32 - IP4_OWN_BITS);
	uint32_t own = 0;

#if LANES == 8
	/* A coarser filter first, which fits into a register. */
	lanes word =
		(lanes)_mm256_permutevar8x32_epi32(_mm256_load_si256((const __m256i *)ip4.own_bits),
			(__m256i)(hash >> (IP4_OWN_BITS - 3)));
	lanes bit = hash >> (IP4_OWN_BITS - 8) & 31;

	if (likely(_mm256_testz_si256((__m256i)(word >> bit), _mm256_set1_epi32(1))))
		return 0;
#endif
	for (unsigned int l = 0; l < LANES; l++)
		own |= (uint32_t)ip4.own[hash[l]] << l;
	return own;
}

/* TTL one less and the checksum after it: see ip4_ttl_decrement(). */
static __rte_always_inline lanes
ttl_word(lanes w2)
{
	lanes carry = (lanes)((slanes)(w2 >> 16) > 0xfffd);

	return w2 + 0xffff - (carry << 16);
}

/* One group, at i. */
static __rte_always_inline void
look(const struct xebra_fast_door *door, uint32_t l2_len, const struct patterns *p,
	const struct tables *t, struct rte_mbuf *const *pkts, struct burst *b, unsigned int i)
{
	const uint8_t *const *m = (const uint8_t *const *)pkts;
	const uint8_t *const *ip = (const uint8_t *const *)&b->ip[i];
	struct columns5 w;
	lanes dst, length, total, wrong;
	bool odd = any_differs_then(m, offsetof(struct rte_mbuf, data_off), &p->mbuf, &length);

	odd |= any_differs(ip, -(int)l2_len, &p->frame);
	if (l2_len != RTE_ETHER_HDR_LEN)
		odd |= any_differs(ip, -2, &p->type);
	w = columns5_load(ip, 0);
	dst = w.c[4];
	total = lanes_bytes(w.c[0], 0x80800203);
	wrong = (lanes)((slanes)total < (int)IP4_HLEN);
	wrong |= (lanes)((slanes)(total + l2_len) > (slanes)length);
	wrong |= (lanes)((slanes)length > (slanes)((lanes){} + door->max_len));
	wrong |= (lanes)((w.c[2] & 0xfe) == 0); /* TTL 0 or 1 */
	wrong |= source_wrong(w.c[3]);
	wrong |= checksum_wrong(&w);
	lanes_store(&b->index[i], lanes_bytes(dst, 0x80000102));
	lanes_store(&b->total[i], total);
	lanes_store(&b->length[i], length);
	lanes_store(&b->ttl_word[i], ttl_word(w.c[2]));
	lanes_store(&b->on_link[i], (lanes)(((w.c[3] ^ t->on_link.net) & t->on_link.mask) == 0));
	b->same[i / LANES] = lanes_signs((lanes)(dst == dst[0])) == LANES_ALL;
	b->good[i / LANES] = lanes_signs((lanes)(wrong == 0)) & ~source_own(w.c[3]);
	if (unlikely(odd))
		b->good[i / LANES] &= lanes_as_expected(p, l2_len, pkts, &b->ip[i]);
	if (!b->same[i / LANES])
		for (unsigned int l = 0; l < LANES; l++)
			__builtin_prefetch(&t->tbl24[b->index[i + l]]);
}

/* Entries that lead to a group of longer prefixes. */
static __rte_noinline lanes
lookup_long(const struct tables *t, const struct burst *b, unsigned int i, lanes e)
{
	for (unsigned int l = 0; l < LANES; l++)
		if (e[l] & IP4_FIB_GROUP)
			e[l] = ip4_fib_load(
				&t->tbl8[(e[l] & ~IP4_FIB_GROUP) << 8 | b->ip[i + l][19]]);
	return e;
}

/* Of a group, where the next hops are. */
static __rte_always_inline lanes
lookup_each(const struct tables *t, const struct burst *b, unsigned int i)
{
	const uint32_t *index = &b->index[i];
	lanes e;

	/* Plain loads, so that they can be part of the instruction that makes the vector. */
#define ENTRY(l) t->tbl24[index[l]]
	e = LANES_EACH(ENTRY);
#undef ENTRY
	if (unlikely(lanes_signs(e) != 0))
		e = lookup_long(t, b, i, e);
	e &= IP4_FIB_INDEX_MASK;
	e |= (lanes)(e == 0) & t->dflt;
	return e * sizeof(struct ip4_nexthop);
}

/* Of one packet. */
static __rte_always_inline uint32_t
lookup_one(const struct tables *t, const struct burst *b, unsigned int i)
{
	uint32_t e = ip4_fib_load(&t->tbl24[b->index[i]]);

	if (unlikely(e & IP4_FIB_GROUP))
		e = ip4_fib_load(&t->tbl8[(e & ~IP4_FIB_GROUP) << 8 | b->ip[i][19]]);
	e &= IP4_FIB_INDEX_MASK;
	return (e != 0 ? e : t->dflt) * sizeof(struct ip4_nexthop);
}

static __rte_always_inline struct ip4_nexthop *
nexthop_of(const struct tables *t, const struct burst *b, unsigned int i)
{
	return RTE_PTR_ADD(t->nhs, b->at[i]);
}

/* A group at i: its next hops. */
static __rte_always_inline void
lookup(const struct tables *t, struct rte_mbuf *const *pkts, struct burst *b, unsigned int i)
{
	if (b->same[i / LANES])
		lanes_store(&b->at[i], (lanes){} + lookup_one(t, b, i));
	else
		lanes_store(&b->at[i], lookup_each(t, b, i));
	/* Where one packet's is a group, those of the others are, too, or a little later. */
	if (nexthop_of(t, b, i)->type == IP4_NH_GROUP) {
		b->same[i / LANES] = false;
		pick_members(t->nhs, pkts, (const uint8_t *const *)&b->ip[i],
			lanes_load(&b->total[i]), &b->at[i]);
	}
}

/* Lanes of packets whose next hop has nothing special either, and the next hops' interfaces. */
static __rte_always_inline uint32_t
easy(const struct xebra_fast_door *door, uint32_t l2_len, const struct burst *b, unsigned int i,
	struct ip4_nexthop *const *nh, lanes *ifaces)
{
	struct columns h = columns_load8((const uint8_t *const *)nh, 0);
	lanes hard;

	/* fast_mtu is 0 unless it is a neighbour whose MAC address is known. */
	hard = (lanes)((slanes)lanes_load(&b->total[i]) > (slanes)(h.c[0] & 0xffff));
	hard |= h.c[1] >> 16 ^ (l2_len | 1u << 8 /* used */);
	hard |= (lanes)((h.c[1] & 0xffff) == door->iface) & lanes_load(&b->on_link[i]);
	*ifaces = h.c[0] >> 16;
	return b->good[i / LANES] & lanes_signs((lanes)(hard == 0));
}

/* l2_len is the next hop's. */
static __rte_always_inline void
rewrite(uint8_t *ip, uint32_t ttl_word, const uint8_t *header, uint32_t l2_len)
{
	__m128i *last = (__m128i *)(ip - RTE_ETHER_HDR_LEN);
	__m128i bytes = load16(&header[IP4_L2_MAX - RTE_ETHER_HDR_LEN]);

	memcpy(ip + offsetof(struct rte_ipv4_hdr, time_to_live), &ttl_word, sizeof(ttl_word));
	/* The last two bytes are the IP header's. */
	_mm_storeu_si128(last, _mm_blend_epi16(bytes, _mm_loadu_si128(last), 0x80));
	if (l2_len != RTE_ETHER_HDR_LEN)
		memcpy(ip - IP4_L2_MAX, header, IP4_L2_MAX - RTE_ETHER_HDR_LEN);
}

/*
 * One packet to a next hop that is not easy. False, and nothing done, when it is
 * nothing for the fast path.
 */
static bool
send_hard(const struct xebra_fast_door *door, struct rte_mbuf *m, const struct burst *b,
	unsigned int i, struct ip4_nexthop *nh, struct xebra_tx_buffers *tx)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)b->ip[i];
	uint32_t total = b->total[i];

	if (unlikely(nh->type == IP4_NH_GROUP))
		nh = ip4_group_pick(nh, m, ip);
	if (total > nh->fast_mtu || ip4_redirect_due(door->iface, ip, nh))
		return false;
	if (unlikely(!nh->used))
		nh->used = 1;
	m->data_off += door->l2_len - nh->l2_len;
	m->pkt_len = total + nh->l2_len;
	m->data_len = total + nh->l2_len;
	rewrite(b->ip[i], b->ttl_word[i], nh->header, nh->l2_len);
	xebra_fast_send(tx, nh->iface, nh->port, m);
	return true;
}

/* A group to one address. False, and nothing done, when something is not easy. */
static __rte_always_inline bool
send_same(const struct xebra_fast_door *door, uint32_t l2_len, struct rte_mbuf *const *pkts,
	const struct burst *b, unsigned int i, struct ip4_nexthop *nh, struct ways *ways)
{
	lanes long_ones = (lanes)((slanes)lanes_load(&b->total[i]) > (int)nh->fast_mtu);

	if (unlikely(b->good[i / LANES] != LANES_ALL || lanes_signs(long_ones) != 0 || !nh->used ||
		    nh->l2_len != l2_len || nh->redirect_iface == door->iface ||
		    !ways_take_same(ways, pkts, nh->iface, lanes_load(&b->length[i]))))
		return false;
#pragma GCC unroll 8
	for (unsigned int l = 0; l < LANES; l++)
		rewrite(b->ip[i + l], b->ttl_word[i + l], nh->header, l2_len);
	return true;
}

/* A group. Returns the lanes of packets that stay. */
static __rte_always_inline uint32_t
send_group(const struct xebra_fast_door *door, uint32_t l2_len, const struct tables *t,
	struct rte_mbuf *const *pkts, const struct burst *b, unsigned int i, struct ways *ways)
{
	struct ip4_nexthop *nh[LANES];
	lanes ifaces, total = lanes_load(&b->total[i]) + l2_len;
	uint32_t exact = lanes_signs((lanes)(total == lanes_load(&b->length[i])));
	uint32_t stay = 0;

	if (b->same[i / LANES] && exact == LANES_ALL &&
		send_same(door, l2_len, pkts, b, i, nexthop_of(t, b, i), ways))
		return 0;
#pragma GCC unroll 8
	for (unsigned int l = 0; l < LANES; l++)
		nh[l] = nexthop_of(t, b, i + l);
	if (likely((exact & easy(door, l2_len, b, i, nh, &ifaces)) == LANES_ALL)) {
#pragma GCC unroll 8
		for (unsigned int l = 0; l < LANES; l++)
			rewrite(b->ip[i + l], b->ttl_word[i + l], nh[l]->header, l2_len);
		ways_send(ways, pkts, nh, ifaces, lanes_load(&b->length[i]));
		return 0;
	}
	ways_close(ways);
	for (unsigned int l = 0; l < LANES; l++)
		if (!(b->good[i / LANES] >> l & 1) ||
			!send_hard(door, pkts[l], b, i + l, nh[l], ways->tx))
			stay |= 1u << l;
	return stay;
}

static __rte_always_inline uint16_t
fast(const struct xebra_fast_door *door, uint32_t l2_len, struct rte_mbuf **pkts, uint16_t nb,
	struct xebra_tx_buffers *tx, uint64_t *bytes)
{
	const struct tables t = {
		.nhs = __atomic_load_n(&ip4.nh, __ATOMIC_ACQUIRE),
		.tbl24 = ip4.fib->tbl24,
		.tbl8 = __atomic_load_n(&ip4.fib->tbl8, __ATOMIC_ACQUIRE),
		.dflt = ip4_fib_load(&ip4.fib->dflt),
		.on_link = ip4.on_link[door->iface],
	};
	uint16_t data_off = pkts[0]->data_off;
	struct patterns p;
	struct burst b;
	struct ways ways;
	lanes taken = {};
	uint16_t left = 0;
	unsigned int i;

	/* The last packet again in the lanes that are over. */
	for (i = nb; i % LANES != 0; i++)
		pkts[i] = pkts[nb - 1];
	for (i = 0; i < nb; i += LANES)
		fetch(&pkts[i], &b.ip[i], data_off + l2_len);
	mbuf_pattern(&p.mbuf, data_off);
	frame_patterns(&p, door, l2_len);
	for (i = 0; i < nb; i += LANES)
		look(door, l2_len, &p, &t, &pkts[i], &b, i);
	for (i = 0; i < nb; i += LANES)
		lookup(&t, &pkts[i], &b, i);
	if (nb % LANES != 0)
		b.good[nb / LANES] &= LANES_ALL >> (LANES - nb % LANES);
	ways_begin(&ways, tx);
	for (i = 0; i < nb; i += LANES) {
		uint32_t stay = send_group(door, l2_len, &t, &pkts[i], &b, i, &ways);

		if (likely(stay == 0)) {
			taken += lanes_load(&b.length[i]);
			continue;
		}
		for (unsigned int l = 0; l < LANES; l++) {
			if (!(stay >> l & 1))
				*bytes += b.length[i + l];
			else if (i + l < nb)
				pkts[left++] = pkts[i + l];
		}
	}
	ways_close(&ways);
	*bytes += lanes_sum(taken);
	return left;
}

IP4_FAST(IP4_FAST_NAME)
{
	if (!ip4.enabled[door->iface])
		return nb;
	if (door->l2_len == RTE_ETHER_HDR_LEN)
		return fast(door, RTE_ETHER_HDR_LEN, pkts, nb, tx, bytes);
	return fast(door, RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN, pkts, nb, tx, bytes);
}
