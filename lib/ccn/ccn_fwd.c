/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The pipelines follow the NFD developer's guide, section 4, where it says what a forwarder does:
 *
 * Interest   HopLimit, scope, loop (a nonce that is in the PIT entry from another face, or that
 *            died lately); if nobody is waiting for the name the content store; then a PIT record
 *            and the strategy of the longest prefix. Without a next hop, without room, or in a
 *            loop a Nack goes back, except on shared links.
 * Data       All PIT entries it satisfies; without one it is dropped. Stored, sent to all who
 *            wait, each with its own PIT token; the nonces of the entry die.
 * Nack       The strategy may ask somebody else; when all who were asked have sent Nacks, the
 *            least severe goes back to all who wait.
 * Expiry     The nonces of the entry die.
 */
#include <sys/random.h>

#include "ccn_fwd.h"

#define DEAD_SHIFT 14                      /* 16 ms */
#define DEAD_LIFE (6000000u >> DEAD_SHIFT) /* 6 s, as NFD's dead nonce list */

static const uint8_t localhost[] = {8, 9, 'l', 'o', 'c', 'a', 'l', 'h', 'o', 's', 't'};
static const uint8_t localhop[] = {8, 8, 'l', 'o', 'c', 'a', 'l', 'h', 'o', 'p'};
static const uint8_t localhop_nfd[] = {
	8, 8, 'l', 'o', 'c', 'a', 'l', 'h', 'o', 'p', 8, 3, 'n', 'f', 'd'};

static uint32_t
dead_time(const struct ccn_fwd *fwd)
{
	return (uint32_t)(fwd->now_us >> DEAD_SHIFT) + DEAD_LIFE + 1;
}

static uint64_t
dead_hash(uint64_t name_hash, uint32_t nonce)
{
	return ccn_mix(name_hash ^ nonce, ccn_hash_key[0]);
}

static void
kill_nonces(struct ccn_fwd *fwd, const struct ccn_pit_entry *entry)
{
	for (const struct ccn_pit_out *out = entry->out; out != NULL; out = out->next)
		ccn_recent_add(&fwd->dead, dead_hash(entry->hash, out->nonce), dead_time(fwd));
}

static void
expired(struct ccn_pit_entry *entry, void *arg)
{
	struct ccn_fwd *fwd = arg;

	kill_nonces(fwd, entry);
	if (entry->fib_index != UINT32_MAX)
		fwd->prefixes[entry->fib_index].expired++;
}

struct ccn_fwd *
ccn_fwd_create(const struct ccn_fwd_conf *conf, uint64_t now_us)
{
	struct ccn_fwd *fwd = rte_zmalloc_socket("ccn_fwd", sizeof(*fwd), 64, conf->socket);

	if (fwd == NULL)
		return NULL;
	fwd->fib = conf->fib;
	fwd->faces = conf->faces;
	fwd->send = conf->send;
	fwd->ctx = conf->ctx;
	fwd->now_us = now_us;
	if (getrandom(&fwd->random, sizeof(fwd->random), 0) < 0)
		fwd->random = now_us;
	fwd->pit = ccn_pit_create(conf->pit_entries, now_us, expired, fwd, conf->socket);
	fwd->cs = ccn_cs_create(conf->cs_bytes, conf->socket);
	fwd->counts =
		rte_zmalloc_socket(NULL, CCN_FACE_MAX * sizeof(*fwd->counts), 64, conf->socket);
	fwd->prefixes =
		rte_zmalloc_socket(NULL, conf->fib_size * sizeof(*fwd->prefixes), 64, conf->socket);
	fwd->turns =
		rte_zmalloc_socket(NULL, conf->fib_size * sizeof(*fwd->turns), 64, conf->socket);
	if (ccn_recent_init(&fwd->dead, conf->pit_entries * 2, DEAD_LIFE, conf->socket) < 0 ||
		fwd->pit == NULL || fwd->cs == NULL || fwd->counts == NULL ||
		fwd->prefixes == NULL || fwd->turns == NULL) {
		ccn_fwd_free(fwd);
		return NULL;
	}
	return fwd;
}

void
ccn_fwd_free(struct ccn_fwd *fwd)
{
	if (fwd == NULL)
		return;
	ccn_recent_fini(&fwd->dead);
	rte_free(fwd->turns);
	rte_free(fwd->prefixes);
	rte_free(fwd->counts);
	ccn_cs_free(fwd->cs);
	ccn_pit_free(fwd->pit);
	rte_free(fwd);
}

void
ccn_fwd_tick(struct ccn_fwd *fwd, uint64_t now_us)
{
	fwd->now_us = now_us;
	ccn_pit_tick(fwd->pit, now_us);
}

void
ccn_fwd_prefetch_buckets(const struct ccn_fwd *fwd, const struct ccn_pkt *pkt)
{
	const struct ccn_name *name = &pkt->name;

	ccn_pit_prefetch(fwd->pit, name);
	ccn_cs_prefetch(fwd->cs, pkt);
	if (pkt->type == CCN_T_DATA)
		return;
	ccn_recent_prefetch(&fwd->dead, dead_hash(name->hash[name->n], pkt->nonce));
	ccn_fib_prefetch(fwd->fib, name);
}

void
ccn_fwd_prefetch_entries(
	const struct ccn_fwd *fwd, const struct ccn_pkt *pkt, struct ccn_ahead *ahead)
{
	ahead->prefix = NULL;
	ahead->entry = ccn_pit_prefetch_entry(fwd->pit, &pkt->name);
	ahead->stored = ccn_cs_prefetch_node(fwd->cs, pkt);
	if (pkt->type == CCN_T_INTEREST && ahead->entry == NULL && ahead->stored == NULL)
		ahead->prefix = ccn_fib_prefetch_entry(fwd->fib, &pkt->name);
}

void
ccn_fwd_prefetch_rest(
	const struct ccn_fwd *fwd, const struct ccn_pkt *pkt, const struct ccn_ahead *ahead)
{
	const struct ccn_pit_entry *entry = ahead->entry;

	if (ahead->stored != NULL)
		ccn_cs_prefetch_rest(fwd->cs, pkt, ahead->stored);
	if (ahead->prefix != NULL)
		rte_prefetch0(&fwd->prefixes[ahead->prefix->index]);
	if (entry == NULL)
		return;
	if (entry->fib_index != UINT32_MAX)
		rte_prefetch0(&fwd->prefixes[entry->fib_index]);
	ccn_recent_prefetch(&fwd->dead, dead_hash(entry->hash, entry->first_out.nonce));
}

static void
send_nack(struct ccn_fwd *fwd, const struct ccn_face *face, const struct ccn_lp *asked,
	enum ccn_nack reason, const struct ccn_pkt *interest)
{
	struct ccn_lp lp = {.nack = true, .nack_reason = reason, .token_len = asked->token_len};

	if (ccn_face_shared(face))
		return;
	memcpy(lp.token, asked->token, asked->token_len);
	fwd->counts[ccn_face_slot(face->id)].tx_nacks++;
	fwd->send(fwd->ctx, face, &lp, interest->bytes, interest->len);
}

static void
send_data(struct ccn_fwd *fwd, const struct ccn_face *face, const uint8_t *token, uint8_t token_len,
	uint64_t congestion, const uint8_t *bytes, uint32_t len)
{
	struct ccn_lp lp = {.token_len = token_len, .congestion = congestion};

	memcpy(lp.token, token, token_len);
	fwd->counts[ccn_face_slot(face->id)].tx_data++;
	fwd->send(fwd->ctx, face, &lp, bytes, len);
}

bool
ccn_fwd_ask(struct ccn_fwd *fwd, struct ccn_pit_entry *entry, const struct ccn_face *face,
	const struct ccn_pkt *interest)
{
	static const struct ccn_lp bare;
	uint64_t expiry_us = fwd->now_us + (uint64_t)interest->lifetime_ms * 1000;

	if (ccn_pit_asked(fwd->pit, entry, face->id, interest->nonce, expiry_us, fwd->now_us) ==
		NULL)
		return false;
	fwd->counts[ccn_face_slot(face->id)].tx_interests++;
	fwd->send(fwd->ctx, face, &bare, interest->bytes, interest->len);
	return true;
}

/* Has this Interest been here? A neighbour on a link of two that repeats itself is no loop. */
static bool
looped(const struct ccn_fwd *fwd, const struct ccn_face *face, const struct ccn_pit_entry *entry,
	const struct ccn_pkt *interest)
{
	const struct ccn_name *name = &interest->name;
	bool again = false;

	if (ccn_recent_has(
		    &fwd->dead, dead_hash(name->hash[name->n], interest->nonce), dead_time(fwd)))
		return true;
	if (entry == NULL)
		return false;
	for (const struct ccn_pit_in *in = entry->in; in != NULL; in = in->next) {
		if (in->nonce != interest->nonce)
			continue;
		if (in->face == face->id && !ccn_face_shared(face))
			return false;
		again = true;
	}
	for (const struct ccn_pit_out *out = entry->out; out != NULL; out = out->next)
		again = again || out->nonce == interest->nonce;
	return again;
}

static uint32_t
random32(struct ccn_fwd *fwd)
{
	fwd->random = ccn_mix(fwd->random ^ ccn_hash_key[1], ccn_hash_key[2]) + 1;
	return (uint32_t)(fwd->random >> 16);
}

/* "A compliant forwarder must augment the Interest with the Nonce element if it is missing". */
static bool
add_nonce(struct ccn_fwd *fwd, struct ccn_pkt *interest)
{
	uint32_t len;

	if (interest->len + CCN_NONCE_SIZE + 4 > CCN_PKT_MAX)
		return false;
	len = ccn_pkt_add_nonce(interest, random32(fwd), fwd->rebuilt);
	return ccn_pkt_parse(interest, fwd->rebuilt, len) == CCN_OK;
}

/* HopLimit, and names that have a scope. */
static enum ccn_verdict
admit(struct ccn_fwd *fwd, const struct ccn_face *face, struct ccn_pkt *interest)
{
	uint8_t *hop_limit = interest->bytes + interest->hop_limit_at;

	if (interest->hop_limit_at != 0) {
		if (*hop_limit == 0)
			return CCN_V_HOP_LIMIT;
		--*hop_limit;
	}
	if (ccn_name_begins(&interest->name, localhost, sizeof(localhost)))
		return CCN_V_SCOPE;
	if (ccn_name_begins(&interest->name, localhop_nfd, sizeof(localhop_nfd)))
		return face->trusted ? CCN_V_MANAGE : CCN_V_UNTRUSTED;
	if (unlikely(interest->nonce_at == 0) && !add_nonce(fwd, interest))
		return CCN_V_HOP_LIMIT;
	return CCN_V_DONE;
}

/* By the forwarding hint where somebody routes that, else by the name. */
static const struct ccn_fib_entry *
find_prefix(const struct ccn_fwd *fwd, const struct ccn_pkt *interest)
{
	const struct ccn_fib_entry *prefix = NULL;

	if (unlikely(interest->hint.n > 0))
		prefix = ccn_fib_lookup(fwd->fib, &interest->hint, interest->hint.n);
	if (prefix == NULL)
		prefix = ccn_fib_lookup(fwd->fib, &interest->name, interest->name.n);
	return prefix;
}

/* Others have asked already: it waits with them. */
static enum ccn_verdict
aggregated(struct ccn_fwd *fwd, const struct ccn_face *face)
{
	fwd->counts[ccn_face_slot(face->id)].aggregated++;
	return CCN_V_DONE;
}

/* The Interest is pending now: ask somebody. */
static enum ccn_verdict
forward(struct ccn_fwd *fwd, const struct ccn_face *face, struct ccn_pit_entry *entry,
	const struct ccn_pkt *interest, const struct ccn_lp *lp)
{
	const struct ccn_fib_entry *prefix = NULL;
	enum ccn_choice choice = CCN_NOBODY;

	/* "must not forward the Interests to any non-local faces": all faces are non-local. */
	if (interest->hop_limit_at != 0 && interest->bytes[interest->hop_limit_at] == 0) {
		if (entry->out != NULL)
			return aggregated(fwd, face);
		ccn_pit_erase(fwd->pit, entry);
		return CCN_V_HOP_LIMIT;
	}
	/* Names under /localhop go one hop, and that was to here. */
	if (!ccn_name_begins(&interest->name, localhop, sizeof(localhop)))
		prefix = find_prefix(fwd, interest);
	if (prefix != NULL)
		choice = ccn_strategy_interest(fwd, prefix, entry, face, interest);
	if (choice == CCN_CHOSEN) {
		entry->fib_index = prefix->index;
		fwd->prefixes[prefix->index].interests++;
		return CCN_V_DONE;
	}
	if (choice == CCN_NOT_SO_SOON || entry->out != NULL)
		return aggregated(fwd, face);
	send_nack(fwd, face, lp, CCN_NACK_NO_ROUTE, interest);
	ccn_pit_erase(fwd->pit, entry);
	return CCN_V_NO_ROUTE;
}

static enum ccn_verdict
take_interest(struct ccn_fwd *fwd, const struct ccn_face *face, struct ccn_pkt *interest,
	const struct ccn_lp *lp)
{
	struct ccn_face_counts *counts = &fwd->counts[ccn_face_slot(face->id)];
	enum ccn_verdict verdict = admit(fwd, face, interest);
	struct ccn_pit_entry *entry;
	uint32_t len;
	bool new;

	counts->rx_interests++;
	if (unlikely(verdict != CCN_V_DONE))
		return verdict;
	entry = ccn_pit_find(fwd->pit, interest, fwd->now_us);
	if (unlikely(looped(fwd, face, entry, interest))) {
		send_nack(fwd, face, lp, CCN_NACK_DUPLICATE, interest);
		return CCN_V_LOOP;
	}
	if (entry == NULL) {
		len = ccn_cs_find(fwd->cs, interest, fwd->now_us, fwd->store);
		if (len > 0) {
			counts->cs_hits++;
			send_data(fwd, face, lp->token, lp->token_len, 0, fwd->store, len);
			return CCN_V_DONE;
		}
	}
	new = entry == NULL;
	if (new) {
		entry = ccn_pit_insert(fwd->pit, interest);
		if (unlikely(entry == NULL)) {
			send_nack(fwd, face, lp, CCN_NACK_CONGESTION, interest);
			return CCN_V_PIT_FULL;
		}
	}
	if (unlikely(ccn_pit_wait(fwd->pit, entry, face->id, interest, lp, face->pit_max,
			     fwd->now_us) == NULL)) {
		if (new)
			ccn_pit_erase(fwd->pit, entry);
		send_nack(fwd, face, lp, CCN_NACK_CONGESTION, interest);
		return CCN_V_FACE_FULL;
	}
	return forward(fwd, face, entry, interest, lp);
}

/* Give a Data to those who wait in one entry. */
static void
satisfy(struct ccn_fwd *fwd, const struct ccn_face *from, struct ccn_pit_entry *entry,
	const struct ccn_pkt *data, const struct ccn_lp *lp)
{
	for (const struct ccn_pit_in *in = entry->in; in != NULL; in = in->next) {
		const struct ccn_face *face = ccn_face_get(fwd->faces, in->face);

		if (face != NULL && face != from && in->expiry_us > fwd->now_us)
			send_data(fwd, face, in->token, in->token_len, lp->congestion, data->bytes,
				data->len);
	}
	if (entry->fib_index != UINT32_MAX)
		fwd->prefixes[entry->fib_index].data++;
	kill_nonces(fwd, entry);
	ccn_pit_erase(fwd->pit, entry);
}

static enum ccn_verdict
take_data(struct ccn_fwd *fwd, const struct ccn_face *face, const struct ccn_pkt *data,
	const struct ccn_lp *lp)
{
	struct ccn_pit_entry *found[CCN_PIT_MATCH_MAX];
	unsigned int n;

	fwd->counts[ccn_face_slot(face->id)].rx_data++;
	if (unlikely(ccn_name_begins(&data->name, localhost, sizeof(localhost))))
		return CCN_V_SCOPE;
	n = ccn_pit_match(fwd->pit, data, fwd->now_us, found);
	if (unlikely(n == 0))
		return CCN_V_UNASKED;
	if (!lp->no_cache)
		ccn_cs_insert(fwd->cs, data, fwd->now_us);
	for (unsigned int i = 0; i < n; i++)
		satisfy(fwd, face, found[i], data, lp);
	return CCN_V_DONE;
}

/* Everybody asked has declined: tell those who wait, each with the nonce that they sent. */
static void
give_up(struct ccn_fwd *fwd, struct ccn_pit_entry *entry, struct ccn_pkt *interest)
{
	uint32_t least = UINT32_MAX;

	for (const struct ccn_pit_out *out = entry->out; out != NULL; out = out->next) {
		if (!out->nacked && out->expiry_us > fwd->now_us)
			return; /* an answer may still come */
		if (out->nacked)
			least = RTE_MIN(least, out->nack == 0 ? UINT32_MAX : out->nack);
	}
	for (const struct ccn_pit_in *in = entry->in; in != NULL; in = in->next) {
		const struct ccn_face *face = ccn_face_get(fwd->faces, in->face);
		struct ccn_lp lp = {.token_len = in->token_len};

		if (face == NULL || in->expiry_us <= fwd->now_us)
			continue;
		memcpy(lp.token, in->token, in->token_len);
		ccn_pkt_set_nonce(interest, in->nonce);
		send_nack(fwd, face, &lp, least == UINT32_MAX ? 0 : least, interest);
	}
	kill_nonces(fwd, entry);
	ccn_pit_erase(fwd->pit, entry);
}

static enum ccn_verdict
take_nack(struct ccn_fwd *fwd, const struct ccn_face *face, struct ccn_pkt *interest,
	const struct ccn_lp *lp)
{
	const struct ccn_fib_entry *prefix;
	struct ccn_pit_entry *entry;
	struct ccn_pit_out *out;

	fwd->counts[ccn_face_slot(face->id)].rx_nacks++;
	if (ccn_face_shared(face) || interest->nonce_at == 0)
		return CCN_V_BAD_NACK;
	entry = ccn_pit_find(fwd->pit, interest, fwd->now_us);
	out = entry == NULL ? NULL : ccn_pit_out_find(entry, face->id);
	if (out == NULL || out->nacked || out->nonce != interest->nonce)
		return CCN_V_BAD_NACK;
	out->nacked = true;
	out->nack = lp->nack_reason;
	if (entry->fib_index != UINT32_MAX)
		fwd->prefixes[entry->fib_index].nacks++;
	prefix = find_prefix(fwd, interest);
	if (prefix == NULL || !ccn_strategy_nack(fwd, prefix, entry, interest))
		give_up(fwd, entry, interest);
	return CCN_V_DONE;
}

enum ccn_verdict
ccn_fwd_take(struct ccn_fwd *fwd, const struct ccn_face *face, struct ccn_pkt *pkt,
	const struct ccn_lp *lp)
{
	struct ccn_face_counts *counts = &fwd->counts[ccn_face_slot(face->id)];
	enum ccn_verdict verdict;

	counts->rx_bytes += pkt->len;
	counts->last_rx_us = fwd->now_us;
	if (lp->nack)
		verdict = pkt->type == CCN_T_INTEREST ? take_nack(fwd, face, pkt, lp)
						      : CCN_V_BAD_NACK;
	else if (pkt->type == CCN_T_DATA)
		verdict = take_data(fwd, face, pkt, lp);
	else
		verdict = take_interest(fwd, face, pkt, lp);
	counts->dropped += verdict > CCN_V_MANAGE;
	return verdict;
}
