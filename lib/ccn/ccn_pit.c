/* SPDX-License-Identifier: BSD-3-Clause */
#include "ccn_pit.h"

#define SLOT_SHIFT 14 /* 16.384 ms */
#define SLOTS 4096    /* 67 s: longer than any lifetime, so that nobody goes round twice */
#define REST_PAYLOAD 64
#define AHEAD 2 /* entries whose memory is fetched before they are used */

/* Where an entry is: in a slot of the wheel as its first one, or behind another. */
#define FIRST 0x80000000u
#define NOBODY 0x7fffffffu

union record {
	union record *free;
	struct ccn_pit_in in;
	struct ccn_pit_out out;
} __rte_aligned(64);

struct ccn_pit {
	struct ccn_table table;
	uint32_t max;
	uint32_t n_unused;
	uint32_t digests;                          /* entries that name a digest */
	uint32_t prefixes[CCN_COMPONENTS_MAX + 1]; /* entries with CanBePrefix, by components */
	uint64_t slot;                             /* next one to empty */
	struct ccn_pit_entry *pool;
	uint32_t *unused;      /* indices; used last comes first */
	union record *records; /* for what does not fit into an entry */
	union record *record_pool;
	struct ccn_blocks rest;
	ccn_pit_expired_cb expired;
	void *arg;
	uint32_t held[CCN_FACE_MAX]; /* downstream records by face */
	uint32_t wheel[SLOTS];       /* first entry */
};

struct ccn_pit *
ccn_pit_create(uint32_t max, uint64_t now_us, ccn_pit_expired_cb expired, void *arg, int socket)
{
	struct ccn_pit *pit = rte_zmalloc_socket("ccn_pit", sizeof(*pit), 64, socket);

	if (pit == NULL)
		return NULL;
	pit->max = pit->n_unused = max;
	pit->expired = expired;
	pit->arg = arg;
	pit->slot = now_us >> SLOT_SHIFT;
	pit->pool = rte_zmalloc_socket(NULL, max * sizeof(*pit->pool), 64, socket);
	pit->unused = rte_malloc_socket(NULL, max * sizeof(*pit->unused), 64, socket);
	pit->record_pool = rte_zmalloc_socket(NULL, max * sizeof(union record), 64, socket);
	if (ccn_blocks_init(&pit->rest, max + CCN_NAME_MAX / REST_PAYLOAD, REST_PAYLOAD, socket) <
			0 ||
		ccn_table_init(&pit->table, max, socket) < 0 || pit->pool == NULL ||
		pit->unused == NULL || pit->record_pool == NULL) {
		ccn_pit_free(pit);
		return NULL;
	}
	for (uint32_t i = 0; i < SLOTS; i++)
		pit->wheel[i] = NOBODY;
	for (uint32_t i = 0; i < max; i++)
		pit->unused[i] = max - 1 - i;
	for (uint32_t i = max; i-- > 0;) {
		pit->record_pool[i].free = pit->records;
		pit->records = &pit->record_pool[i];
	}
	return pit;
}

void
ccn_pit_free(struct ccn_pit *pit)
{
	if (pit == NULL)
		return;
	ccn_table_fini(&pit->table);
	ccn_blocks_fini(&pit->rest);
	rte_free(pit->record_pool);
	rte_free(pit->unused);
	rte_free(pit->pool);
	rte_free(pit);
}

uint32_t
ccn_pit_count(const struct ccn_pit *pit)
{
	return pit->max - pit->n_unused;
}

void
ccn_pit_prefetch(const struct ccn_pit *pit, const struct ccn_name *name)
{
	ccn_table_prefetch(&pit->table, name->hash[name->n]);
}

static void
prefetch_lines(const struct ccn_pit_entry *e)
{
	for (unsigned int at = 0; at < sizeof(*e); at += RTE_CACHE_LINE_SIZE)
		rte_prefetch0((const char *)e + at);
}

const struct ccn_pit_entry *
ccn_pit_prefetch_entry(const struct ccn_pit *pit, const struct ccn_name *name)
{
	struct ccn_search s;
	uint64_t slot = ccn_table_first(&s, &pit->table, name->hash[name->n]);
	const struct ccn_pit_entry *e = slot == 0 ? NULL : &pit->pool[ccn_slot_index(slot)];

	if (e != NULL)
		prefetch_lines(e);
	return e;
}

void
ccn_pit_name(const struct ccn_pit *pit, const struct ccn_pit_entry *entry, uint8_t *name)
{
	uint32_t here = RTE_MIN(entry->len, (uint16_t)CCN_PIT_INLINE);

	memcpy(name, entry->name, here);
	if (entry->len > here)
		ccn_blocks_get(&pit->rest, entry->rest, name + here, entry->len - here);
}

static bool
same_name(
	const struct ccn_pit *pit, const struct ccn_pit_entry *e, const uint8_t *name, uint32_t len)
{
	uint32_t here = RTE_MIN(len, (uint32_t)CCN_PIT_INLINE);

	return e->len == len && memcmp(e->name, name, here) == 0 &&
		(len == here || ccn_blocks_equal(&pit->rest, e->rest, 0, name + here, len - here));
}

static void
expire(struct ccn_pit *pit, struct ccn_pit_entry *e)
{
	pit->expired(e, pit->arg);
	ccn_pit_erase(pit, e);
}

struct ccn_pit_entry *
ccn_pit_find(struct ccn_pit *pit, const struct ccn_pkt *interest, uint64_t now_us)
{
	const struct ccn_name *name = &interest->name;
	uint64_t hash = name->hash[name->n], slot;
	struct ccn_search s;

	for (slot = ccn_table_first(&s, &pit->table, hash); slot != 0; slot = ccn_table_next(&s)) {
		struct ccn_pit_entry *e = &pit->pool[ccn_slot_index(slot)];

		if (e->hash != hash || e->can_be_prefix != interest->can_be_prefix ||
			e->must_be_fresh != interest->must_be_fresh ||
			!same_name(pit, e, name->value, name->len))
			continue;
		if (likely(e->expiry_us > now_us))
			return e;
		expire(pit, e);
		return NULL;
	}
	return NULL;
}

static uint32_t
index_of(const struct ccn_pit *pit, const struct ccn_pit_entry *e)
{
	return (uint32_t)(e - pit->pool);
}

static void
put_in_wheel(struct ccn_pit *pit, struct ccn_pit_entry *e)
{
	uint32_t slot = RTE_MAX(e->expiry_us >> SLOT_SHIFT, pit->slot) & (SLOTS - 1);

	e->later = pit->wheel[slot];
	e->earlier = FIRST | slot;
	if (e->later != NOBODY)
		pit->pool[e->later].earlier = index_of(pit, e);
	pit->wheel[slot] = index_of(pit, e);
}

static void
take_from_wheel(struct ccn_pit *pit, struct ccn_pit_entry *e)
{
	if (e->earlier & FIRST)
		pit->wheel[e->earlier & ~FIRST] = e->later;
	else
		pit->pool[e->earlier].later = e->later;
	if (e->later != NOBODY)
		pit->pool[e->later].earlier = e->earlier;
}

/* An entry to use: the next ones are on their way to the cache. */
static struct ccn_pit_entry *
unused_entry(struct ccn_pit *pit)
{
	if (likely(pit->n_unused > AHEAD))
		prefetch_lines(&pit->pool[pit->unused[pit->n_unused - 1 - AHEAD]]);
	return &pit->pool[pit->unused[pit->n_unused - 1]];
}

struct ccn_pit_entry *
ccn_pit_insert(struct ccn_pit *pit, const struct ccn_pkt *interest)
{
	const struct ccn_name *name = &interest->name;
	uint32_t here = RTE_MIN(name->len, (uint16_t)CCN_PIT_INLINE), rest = CCN_BLOCK_NONE;
	uint64_t hash = name->hash[name->n];
	struct ccn_pit_entry *e;

	if (unlikely(pit->n_unused == 0))
		return NULL;
	e = unused_entry(pit);
	if (unlikely(name->len > here)) {
		rest = ccn_blocks_put(&pit->rest, name->value + here, name->len - here);
		if (rest == CCN_BLOCK_NONE)
			return NULL;
	}
	if (unlikely(!ccn_table_add(&pit->table, hash, index_of(pit, e), 0))) {
		ccn_blocks_drop(&pit->rest, rest);
		return NULL;
	}
	pit->n_unused--;
	memset(e, 0, offsetof(struct ccn_pit_entry, first_in));
	memcpy(e->name, name->value, here);
	e->rest = rest;
	e->hash = hash;
	e->len = name->len;
	e->n = name->n;
	e->digest = name->digest;
	e->can_be_prefix = interest->can_be_prefix;
	e->must_be_fresh = interest->must_be_fresh;
	e->fib_index = UINT32_MAX;
	pit->digests += e->digest;
	pit->prefixes[e->n] += e->can_be_prefix;
	put_in_wheel(pit, e);
	return e;
}

static void
free_record(struct ccn_pit *pit, void *record)
{
	union record *r = record;

	r->free = pit->records;
	pit->records = r;
}

static void *
take_record(struct ccn_pit *pit)
{
	union record *r = pit->records;

	if (likely(r != NULL))
		pit->records = r->free;
	return r;
}

void
ccn_pit_erase(struct ccn_pit *pit, struct ccn_pit_entry *e)
{
	struct ccn_pit_in *in, *next_in;
	struct ccn_pit_out *out, *next_out;

	for (in = e->in; in != NULL; in = next_in) {
		next_in = in->next;
		pit->held[ccn_face_slot(in->face)] -= in->cost;
		if (in != &e->first_in)
			free_record(pit, in);
	}
	for (out = e->out; out != NULL; out = next_out) {
		next_out = out->next;
		if (out != &e->first_out)
			free_record(pit, out);
	}
	if (unlikely(e->rest != CCN_BLOCK_NONE))
		ccn_blocks_drop(&pit->rest, e->rest);
	pit->digests -= e->digest;
	pit->prefixes[e->n] -= e->can_be_prefix;
	ccn_table_change(&pit->table, e->hash, ccn_slot_make(e->hash, index_of(pit, e), 0), 0);
	take_from_wheel(pit, e);
	pit->unused[pit->n_unused++] = index_of(pit, e);
}

/* Entries of one name, with one hash; those that expired are taken out on the way. */
static unsigned int
match_name(struct ccn_pit *pit, uint64_t hash, const uint8_t *name, uint32_t len, bool prefix,
	uint64_t now_us, struct ccn_pit_entry **found)
{
	struct ccn_search s;
	unsigned int n = 0;
	uint64_t slot;

	for (slot = ccn_table_first(&s, &pit->table, hash); slot != 0; slot = ccn_table_next(&s)) {
		struct ccn_pit_entry *e = &pit->pool[ccn_slot_index(slot)];

		if (e->hash != hash || (prefix && !e->can_be_prefix) ||
			!same_name(pit, e, name, len))
			continue;
		if (unlikely(e->expiry_us <= now_us))
			expire(pit, e);
		else
			found[n++] = e;
	}
	return n;
}

/* Interests that want the Data with exactly this digest. */
static unsigned int
match_digest(struct ccn_pit *pit, const struct ccn_pkt *data, uint64_t now_us,
	struct ccn_pit_entry **found)
{
	uint8_t full[CCN_NAME_MAX + 2 + CCN_DIGEST_LEN], *component;
	const struct ccn_name *name = &data->name;

	memcpy(full, name->value, name->len);
	component = full + name->len;
	ccn_pkt_digest(
		data->bytes, data->len, ccn_tlv_write(component, CCN_T_DIGEST, CCN_DIGEST_LEN));
	return match_name(pit, ccn_hash(name->hash[name->n], component, 2 + CCN_DIGEST_LEN), full,
		name->len + 2u + CCN_DIGEST_LEN, false, now_us, found);
}

unsigned int
ccn_pit_match(struct ccn_pit *pit, const struct ccn_pkt *data, uint64_t now_us,
	struct ccn_pit_entry *found[CCN_PIT_MATCH_MAX])
{
	const struct ccn_name *name = &data->name;
	unsigned int n;

	n = match_name(pit, name->hash[name->n], name->value, name->len, false, now_us, found);
	for (unsigned int i = name->n; i-- > 1;)
		if (pit->prefixes[i] != 0)
			n += match_name(pit, name->hash[i], name->value, name->end[i], true, now_us,
				found + n);
	if (unlikely(pit->digests != 0))
		n += match_digest(pit, data, now_us, found + n);
	return n;
}

struct ccn_pit_in *
ccn_pit_wait(struct ccn_pit *pit, struct ccn_pit_entry *e, uint32_t face,
	const struct ccn_pkt *interest, const struct ccn_lp *lp, uint32_t limit, uint64_t now_us)
{
	uint32_t *held = &pit->held[ccn_face_slot(face)];
	struct ccn_pit_in **at = &e->in, *in;
	uint32_t cost = 1;

	if (e->in == NULL && e->len > CCN_PIT_INLINE)
		cost += ccn_blocks_for(&pit->rest, e->len - CCN_PIT_INLINE);
	while (*at != NULL && (*at)->face != face)
		at = &(*at)->next;
	in = *at;
	if (in == NULL) {
		if (*held + cost > limit)
			return NULL;
		in = e->in == NULL ? &e->first_in : take_record(pit);
		if (in == NULL)
			return NULL;
		*at = in;
		in->next = NULL;
		in->face = face;
		in->cost = (uint8_t)cost;
		*held += cost;
	}
	in->expiry_us = now_us + (uint64_t)interest->lifetime_ms * 1000;
	in->nonce = interest->nonce;
	in->token_len = lp->token_len;
	memcpy(in->token, lp->token, lp->token_len);
	if (in->expiry_us > e->expiry_us) {
		e->expiry_us = in->expiry_us;
		take_from_wheel(pit, e);
		put_in_wheel(pit, e);
	}
	return in;
}

struct ccn_pit_out *
ccn_pit_out_find(struct ccn_pit_entry *e, uint32_t face)
{
	struct ccn_pit_out *out = e->out;

	while (out != NULL && out->face != face)
		out = out->next;
	return out;
}

struct ccn_pit_out *
ccn_pit_asked(struct ccn_pit *pit, struct ccn_pit_entry *e, uint32_t face, uint32_t nonce,
	uint64_t expiry_us, uint64_t now_us)
{
	struct ccn_pit_out **at = &e->out, *out;

	while (*at != NULL && (*at)->face != face)
		at = &(*at)->next;
	out = *at;
	if (out == NULL) {
		out = e->out == NULL ? &e->first_out : take_record(pit);
		if (out == NULL)
			return NULL;
		*at = out;
		out->next = NULL;
	}
	out->face = face;
	out->nonce = nonce;
	out->expiry_us = expiry_us;
	out->sent_us = now_us;
	out->nacked = false;
	out->nack = CCN_NACK_NONE;
	e->last_sent_us = now_us;
	return out;
}

void
ccn_pit_tick(struct ccn_pit *pit, uint64_t now_us)
{
	uint64_t now_slot = now_us >> SLOT_SHIFT;

	if (likely(pit->slot >= now_slot))
		return;
	if (now_slot - pit->slot > SLOTS)
		pit->slot = now_slot - SLOTS;
	for (; pit->slot < now_slot; pit->slot++) {
		const uint32_t *first = &pit->wheel[pit->slot & (SLOTS - 1)];

		while (*first != NOBODY)
			expire(pit, &pit->pool[*first]);
	}
}

void
ccn_pit_walk(struct ccn_pit *pit, ccn_pit_expired_cb visit, void *arg, uint32_t max)
{
	for (uint32_t i = 0; i < SLOTS; i++)
		for (uint32_t at = pit->wheel[i]; at != NOBODY && max > 0; max--) {
			struct ccn_pit_entry *e = &pit->pool[at];

			at = e->later;
			visit(e, arg);
		}
}
