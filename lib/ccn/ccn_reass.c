/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_malloc.h>

#include "ccn_reass.h"

/* Fragments may come in any order: each is kept where it came, and they are joined at the end. */
struct buffer {
	bool used;
	uint16_t face;
	uint16_t count; /* of fragments in all */
	uint16_t have;
	uint32_t filled; /* bytes */
	uint64_t sender;
	uint64_t first; /* sequence of fragment 0 */
	uint64_t since;
	struct ccn_lp lp;
	uint16_t at[CCN_REASS_FRAGMENTS];
	uint16_t len[CCN_REASS_FRAGMENTS]; /* 0: not there yet */
	uint8_t bytes[CCN_PKT_MAX];
};

struct ccn_reass {
	unsigned int n;
	uint64_t lost;
	uint8_t whole[CCN_PKT_MAX];
	struct buffer buffers[];
};

struct ccn_reass *
ccn_reass_create(unsigned int buffers, int socket)
{
	struct ccn_reass *reass = rte_zmalloc_socket("ccn_reass",
		sizeof(*reass) + buffers * sizeof(struct buffer), RTE_CACHE_LINE_SIZE, socket);

	if (reass != NULL)
		reass->n = buffers;
	return reass;
}

void
ccn_reass_free(struct ccn_reass *reass)
{
	rte_free(reass);
}

uint64_t
ccn_reass_lost(const struct ccn_reass *reass)
{
	return reass->lost;
}

/* The oldest buffer of the face that holds most of them. */
static struct buffer *
push_out(struct ccn_reass *reass)
{
	struct buffer *victim = NULL;
	unsigned int most = 0;

	for (unsigned int i = 0; i < reass->n; i++) {
		struct buffer *b = &reass->buffers[i];
		unsigned int held = 0;

		for (unsigned int j = 0; j < reass->n; j++)
			held += reass->buffers[j].face == b->face;
		if (held > most || (held == most && b->since < victim->since)) {
			most = held;
			victim = b;
		}
	}
	reass->lost++;
	return victim;
}

static struct buffer *
find(struct ccn_reass *reass, uint16_t face, uint64_t sender, const struct ccn_lp_rx *rx,
	uint64_t now_us)
{
	uint64_t first = rx->sequence - rx->frag_index;
	struct buffer *empty = NULL;

	for (unsigned int i = 0; i < reass->n; i++) {
		struct buffer *b = &reass->buffers[i];

		if (b->used && now_us - b->since > CCN_REASS_TIMEOUT_US) {
			b->used = false;
			reass->lost++;
		}
		if (!b->used)
			empty = b;
		else if (b->face == face && b->sender == sender && b->first == first)
			return b;
	}
	if (empty == NULL)
		empty = push_out(reass);
	memset(empty, 0, offsetof(struct buffer, bytes));
	empty->used = true;
	empty->face = face;
	empty->sender = sender;
	empty->first = first;
	empty->since = now_us;
	empty->count = (uint16_t)rx->frag_count;
	return empty;
}

static void
join(struct ccn_reass *reass, struct buffer *b, uint8_t **bytes, uint32_t *len, struct ccn_lp *lp)
{
	uint32_t filled = 0;

	for (unsigned int i = 0; i < b->count; i++) {
		memcpy(reass->whole + filled, b->bytes + b->at[i], b->len[i]);
		filled += b->len[i];
	}
	b->used = false;
	*bytes = reass->whole;
	*len = filled;
	*lp = b->lp;
}

enum ccn_reass_result
ccn_reass_put(struct ccn_reass *reass, uint16_t face, uint64_t sender, const struct ccn_lp_rx *rx,
	uint64_t now_us, uint8_t **bytes, uint32_t *len, struct ccn_lp *lp)
{
	struct buffer *b;

	if (rx->frag_count > CCN_REASS_FRAGMENTS || rx->len == 0)
		return CCN_REASS_WRONG;
	b = find(reass, face, sender, rx, now_us);
	if (b->count != rx->frag_count || b->filled + rx->len > CCN_PKT_MAX) {
		b->used = false;
		return CCN_REASS_WRONG;
	}
	if (b->len[rx->frag_index] != 0)
		return CCN_REASS_REPEAT;
	memcpy(b->bytes + b->filled, rx->fragment, rx->len);
	b->at[rx->frag_index] = (uint16_t)b->filled;
	b->len[rx->frag_index] = (uint16_t)rx->len;
	b->filled += rx->len;
	if (rx->frag_index == 0)
		b->lp = rx->lp;
	if (++b->have < b->count)
		return CCN_REASS_MORE;
	join(reass, b, bytes, len, lp);
	return CCN_REASS_WHOLE;
}
