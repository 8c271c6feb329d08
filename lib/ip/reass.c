/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "node.h"
#include "reass.h"

struct reass_datagram {
	TAILQ_ENTRY(reass_datagram) link;
	rte_be32_t src, dst;
	rte_be16_t id;
	uint8_t protocol;
	uint64_t since_ms;
	uint32_t fragments;
	uint32_t have;          /* Bytes of data that have come. */
	uint32_t total;         /* Bytes of data in all; 0: not known yet. */
	struct rte_mbuf *first; /* Fragments by offset, linked by their user field. */
};

/* The link lies in the mbuf's room before the data, where the Ethernet header was. */
struct place {
	struct rte_mbuf *next;
	uint32_t offset;
	uint32_t len;
};

static struct place *
place_of(struct rte_mbuf *m)
{
	return (struct place *)m->buf_addr;
}

void
reass_init(struct reass *r, void (*lose)(struct rte_mbuf *m, enum reass_loss why))
{
	memset(r, 0, sizeof(*r));
	r->lose = lose;
	TAILQ_INIT(&r->datagrams);
}

static void
datagram_lose(struct reass *r, struct reass_datagram *d, enum reass_loss why)
{
	struct rte_mbuf *m = d->first;

	TAILQ_REMOVE(&r->datagrams, d, link);
	r->count--;
	free(d);
	while (m != NULL) {
		struct rte_mbuf *next = place_of(m)->next;

		r->fragments--;
		r->lose(m, why);
		m = next;
	}
}

void
reass_step(struct reass *r, uint64_t now_ms)
{
	struct reass_datagram *d;

	while ((d = TAILQ_FIRST(&r->datagrams)) != NULL &&
		now_ms - d->since_ms >= r->conf.timeout_ms)
		datagram_lose(r, d, REASS_TIMEOUT);
}

void
reass_clear(struct reass *r)
{
	while (!TAILQ_EMPTY(&r->datagrams))
		datagram_lose(r, TAILQ_FIRST(&r->datagrams), REASS_FULL);
}

static struct reass_datagram *
datagram_of(struct reass *r, const struct rte_mbuf *m, uint64_t now_ms)
{
	const struct rte_ipv4_hdr *ip = ip4_hdr(m);
	struct reass_datagram *d;

	TAILQ_FOREACH (d, &r->datagrams, link)
		if (d->id == ip->packet_id && d->src == ip->src_addr && d->dst == ip->dst_addr &&
			d->protocol == ip->next_proto_id)
			return d;
	while (r->count > 0 && r->count >= r->conf.max)
		datagram_lose(r, TAILQ_FIRST(&r->datagrams), REASS_FULL);
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	d->src = ip->src_addr;
	d->dst = ip->dst_addr;
	d->id = ip->packet_id;
	d->protocol = ip->next_proto_id;
	d->since_ms = now_ms;
	TAILQ_INSERT_TAIL(&r->datagrams, d, link);
	r->count++;
	return d;
}

/* Put a fragment into its place. 0, or why it cannot be. */
static int
insert(struct reass_datagram *d, struct rte_mbuf *m, bool last)
{
	struct place *p = place_of(m);
	struct rte_mbuf **link = &d->first;
	uint32_t end = p->offset + p->len;

	if ((last && d->total != 0 && d->total != end) || (d->total != 0 && end > d->total))
		return REASS_BAD;
	while (*link != NULL && place_of(*link)->offset < p->offset) {
		struct place *before = place_of(*link);

		if (before->offset + before->len > p->offset)
			return REASS_BAD;
		link = &before->next;
	}
	if (*link != NULL) {
		struct place *after = place_of(*link);

		if (after->offset == p->offset && after->len == p->len)
			return REASS_DUPLICATE;
		if (end > after->offset || last)
			return REASS_BAD;
	}
	p->next = *link;
	*link = m;
	d->fragments++;
	d->have += p->len;
	if (last)
		d->total = end;
	return -1;
}

/* All fragments one after another, under the first one's header. */
static struct rte_mbuf *
join(struct reass *r, struct reass_datagram *d)
{
	struct rte_mbuf *whole = d->first, *m = place_of(whole)->next;
	struct rte_mbuf *tail = rte_pktmbuf_lastseg(whole);
	struct rte_ipv4_hdr *ip = ip4_hdr(whole);

	/* The first fragment's header may be longer than the last one's, which was checked. */
	if (ip4_hlen(ip) + d->total > UINT16_MAX) {
		datagram_lose(r, d, REASS_BAD);
		return NULL;
	}
	TAILQ_REMOVE(&r->datagrams, d, link);
	r->count--;
	r->fragments--;
	ip->total_length = rte_cpu_to_be_16(ip4_hlen(ip) + d->total);
	ip->fragment_offset = 0;
	ip4_checksum(ip);
	while (m != NULL) {
		struct rte_mbuf *next = place_of(m)->next;

		r->fragments--;
		rte_pktmbuf_adj(m, ip4_hlen(ip4_hdr(m)));
		/* As rte_pktmbuf_chain(), which would look for the tail every time. */
		tail->next = m;
		whole->nb_segs += m->nb_segs;
		whole->pkt_len += m->pkt_len;
		tail = rte_pktmbuf_lastseg(m);
		m->pkt_len = m->data_len;
		m = next;
	}
	free(d);
	return whole;
}

/* Read a fragment's place from its header. False: it cannot be one. */
static bool
place_read(struct rte_mbuf *m, bool *last)
{
	const struct rte_ipv4_hdr *ip = ip4_hdr(m);
	uint16_t field = rte_be_to_cpu_16(ip->fragment_offset);
	uint32_t hlen = ip4_hlen(ip);
	uint32_t offset = (field & RTE_IPV4_HDR_OFFSET_MASK) * 8u;
	uint32_t len = m->pkt_len - hlen;

	*last = !(field & RTE_IPV4_HDR_MF_FLAG);
	if (len == 0 || (!*last && len % 8 != 0) || offset + len + hlen > UINT16_MAX)
		return false;
	if (rte_pktmbuf_headroom(m) < sizeof(struct place))
		return false;
	*place_of(m) = (struct place){.offset = offset, .len = len};
	return true;
}

struct rte_mbuf *
reass_add(struct reass *r, struct rte_mbuf *m, uint64_t now_ms)
{
	struct reass_datagram *d;
	bool last;
	int why;

	if (!place_read(m, &last)) {
		r->lose(m, REASS_BAD);
		return NULL;
	}
	d = datagram_of(r, m, now_ms);
	if (d == NULL || r->fragments >= r->conf.fragments) {
		r->lose(m, REASS_FULL);
		return NULL;
	}
	if (d->fragments >= REASS_FRAGMENTS) {
		r->lose(m, REASS_FULL);
		datagram_lose(r, d, REASS_FULL);
		return NULL;
	}
	why = insert(d, m, last);
	if (why >= 0) {
		r->lose(m, why);
		if (why == REASS_BAD)
			datagram_lose(r, d, REASS_BAD);
		return NULL;
	}
	r->fragments++;
	return d->total != 0 && d->have == d->total ? join(r, d) : NULL;
}
