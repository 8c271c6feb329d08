/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whom to ask. All strategies pass over the face that the Interest came from, faces that are gone,
 * and repeat an Interest only after a pause that doubles from 10 ms to 250 ms, whoever repeats it
 * (as NFD's exponential suppression): a consumer's retransmission goes on, a crowd's does not.
 *
 * best-route   the next hop of lowest cost; a repetition goes to the next one not yet asked, and
 *              when all were, to the one asked longest ago. So does an Interest that comes back
 *              with a Nack, as long as somebody has not been asked.
 * multicast    all next hops.
 * round-robin  the next hops take turns in proportion to their weights; repetitions and Nacks as
 *              in best-route, from the turn's hop on.
 */
#include "ccn_fwd.h"

#define SUPPRESS_MIN_US 10000
#define SUPPRESS_MAX_US 250000

/* Has somebody been asked whose answer may still come? */
static bool
asked(const struct ccn_pit_entry *entry, uint64_t now_us)
{
	for (const struct ccn_pit_out *out = entry->out; out != NULL; out = out->next)
		if (out->expiry_us > now_us)
			return true;
	return false;
}

/* The face of a next hop, when an Interest may go there: somebody else is waiting for it. */
static const struct ccn_face *
usable(const struct ccn_fwd *fwd, uint32_t hop, const struct ccn_pit_entry *entry,
	const struct ccn_face *from)
{
	const struct ccn_face *face = ccn_face_get(fwd->faces, hop);

	if (face == NULL || face == from)
		return NULL;
	if (from != NULL)
		return face;
	for (const struct ccn_pit_in *in = entry->in; in != NULL; in = in->next)
		if (in->face != hop && in->expiry_us > fwd->now_us)
			return face;
	return NULL;
}

/* The first next hop from `start` on that has not been asked. */
static const struct ccn_face *
unasked(const struct ccn_fwd *fwd, const struct ccn_fib_entry *prefix, unsigned int start,
	struct ccn_pit_entry *entry, const struct ccn_face *from)
{
	for (unsigned int i = 0; i < prefix->n_hops; i++) {
		uint32_t hop = prefix->faces[(start + i) % prefix->n_hops];
		const struct ccn_face *face = usable(fwd, hop, entry, from);
		const struct ccn_pit_out *out = ccn_pit_out_find(entry, hop);

		if (face != NULL && (out == NULL || out->expiry_us <= fwd->now_us))
			return face;
	}
	return NULL;
}

/* The next hop that was asked longest ago. */
static const struct ccn_face *
longest_ago(const struct ccn_fwd *fwd, const struct ccn_fib_entry *prefix,
	struct ccn_pit_entry *entry, const struct ccn_face *from)
{
	const struct ccn_face *best = NULL;
	uint64_t earliest = UINT64_MAX;

	for (unsigned int i = 0; i < prefix->n_hops; i++) {
		const struct ccn_face *face = usable(fwd, prefix->faces[i], entry, from);
		const struct ccn_pit_out *out = ccn_pit_out_find(entry, prefix->faces[i]);

		if (face != NULL && out != NULL && out->sent_us < earliest) {
			earliest = out->sent_us;
			best = face;
		}
	}
	return best;
}

static enum ccn_choice
ask_all(struct ccn_fwd *fwd, const struct ccn_fib_entry *prefix, struct ccn_pit_entry *entry,
	const struct ccn_face *from, const struct ccn_pkt *interest)
{
	enum ccn_choice choice = CCN_NOBODY;

	for (unsigned int i = 0; i < prefix->n_hops; i++) {
		const struct ccn_face *face = usable(fwd, prefix->faces[i], entry, from);

		if (face != NULL && ccn_fwd_ask(fwd, entry, face, interest))
			choice = CCN_CHOSEN;
	}
	return choice;
}

enum ccn_choice
ccn_strategy_interest(struct ccn_fwd *fwd, const struct ccn_fib_entry *prefix,
	struct ccn_pit_entry *entry, const struct ccn_face *from, const struct ccn_pkt *interest)
{
	bool again = asked(entry, fwd->now_us);
	const struct ccn_face *face;
	unsigned int start = 0;

	if (again && fwd->now_us - entry->last_sent_us < entry->suppress_us)
		return CCN_NOT_SO_SOON;
	entry->suppress_us = again ? RTE_MIN(entry->suppress_us * 2, (uint32_t)SUPPRESS_MAX_US)
				   : SUPPRESS_MIN_US;
	if (prefix->strategy == CCN_MULTICAST) {
		enum ccn_choice choice = ask_all(fwd, prefix, entry, from, interest);

		return choice == CCN_NOBODY && again ? CCN_NOT_SO_SOON : choice;
	}
	if (prefix->strategy == CCN_ROUND_ROBIN && prefix->schedule_len > 0) {
		uint32_t *turn = &fwd->turns[prefix->index];

		start = prefix->schedule[*turn % prefix->schedule_len];
		if (!again)
			*turn = (*turn + 1) % prefix->schedule_len;
	}
	face = unasked(fwd, prefix, start, entry, from);
	if (face == NULL && again)
		face = longest_ago(fwd, prefix, entry, from);
	if (face != NULL && ccn_fwd_ask(fwd, entry, face, interest))
		return CCN_CHOSEN;
	return again ? CCN_NOT_SO_SOON : CCN_NOBODY;
}

bool
ccn_strategy_nack(struct ccn_fwd *fwd, const struct ccn_fib_entry *prefix,
	struct ccn_pit_entry *entry, const struct ccn_pkt *interest)
{
	const struct ccn_face *face;

	if (prefix->strategy == CCN_MULTICAST)
		return false;
	face = unasked(fwd, prefix, 0, entry, NULL);
	return face != NULL && ccn_fwd_ask(fwd, entry, face, interest);
}
