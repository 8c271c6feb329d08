/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_PIT_H
#define CCN_PIT_H

/*
 * The pending Interest table of one worker: who waits for which name, and whom it was asked of.
 *
 * An entry is a name with its two selectors (CanBePrefix, MustBeFresh). It lives as long as the
 * longest waiting of its downstreams; a timing wheel of 16 ms slots takes expired ones out, and a
 * search never finds one that has expired, so that the wheel's grain is not seen. Everything comes
 * from pools made at start. A face holds a bounded number of downstream records, so that a flood
 * from one face leaves room for the others.
 *
 * An entry is four cache lines that are read and written together: what is known of the Interest,
 * the first of its downstreams, the first of its upstreams, and the begin of its name. Only more
 * of either, and longer names, lie elsewhere.
 */

#include "ccn_blocks.h"
#include "ccn_lp.h"
#include "ccn_pkt.h"
#include "ccn_table.h"

#define CCN_PIT_INLINE 88 /**< Bytes of a name kept in the entry itself. */
#define CCN_PIT_MATCH_MAX (4 * 2 + 2 * CCN_COMPONENTS_MAX)
#define CCN_FACE_MAX 1024 /**< Faces; the low bits of a face id are its slot. */

static inline uint32_t
ccn_face_slot(uint32_t face)
{
	return face & (CCN_FACE_MAX - 1);
}

/** A face that waits for the Data. */
struct ccn_pit_in {
	struct ccn_pit_in *next;
	uint64_t expiry_us;
	uint32_t face;
	uint32_t nonce;
	uint8_t cost; /**< What it counts against the face: more for long names. */
	uint8_t token_len;
	uint8_t token[CCN_TOKEN_MAX];
};

/** A face that was asked. */
struct ccn_pit_out {
	struct ccn_pit_out *next;
	uint64_t expiry_us;
	uint64_t sent_us;
	uint32_t face;
	uint32_t nonce;
	uint32_t nack; /**< Reason that came back. */
	bool nacked;
};

struct ccn_pit_entry {
	uint32_t later, earlier; /**< In the slot of the wheel. */
	uint64_t hash;
	uint64_t expiry_us;
	uint64_t last_sent_us;
	struct ccn_pit_in *in;   /**< In the order of arrival. */
	struct ccn_pit_out *out; /**< Likewise. */
	uint32_t suppress_us;    /**< No repetition is forwarded for so long. */
	uint32_t fib_index;      /**< Of the prefix it was forwarded by. */
	uint32_t rest;           /**< Block with what does not fit into name. */
	uint16_t len;
	uint8_t n;
	uint8_t can_be_prefix : 1;
	uint8_t must_be_fresh : 1;
	uint8_t digest : 1;
	struct ccn_pit_in first_in;
	struct ccn_pit_out first_out;
	uint8_t name[CCN_PIT_INLINE];
} __rte_cache_aligned;

static_assert(sizeof(struct ccn_pit_entry) == 256, "an entry is four cache lines");

struct ccn_pit;

/** Called for an entry that has expired, before it goes. */
typedef void (*ccn_pit_expired_cb)(struct ccn_pit_entry *entry, void *arg);

/** Make a table of @p max entries; NULL without memory. */
struct ccn_pit *ccn_pit_create(
	uint32_t max, uint64_t now_us, ccn_pit_expired_cb expired, void *arg, int socket);

void ccn_pit_free(struct ccn_pit *pit);

/** The entry for an Interest, or NULL. */
struct ccn_pit_entry *ccn_pit_find(
	struct ccn_pit *pit, const struct ccn_pkt *interest, uint64_t now_us);

/** A new entry for an Interest that has none; NULL when the table is full. */
struct ccn_pit_entry *ccn_pit_insert(struct ccn_pit *pit, const struct ccn_pkt *interest);

/** Take an entry out, with its records. */
void ccn_pit_erase(struct ccn_pit *pit, struct ccn_pit_entry *entry);

/** All entries that a Data satisfies; returns how many. */
unsigned int ccn_pit_match(struct ccn_pit *pit, const struct ccn_pkt *data, uint64_t now_us,
	struct ccn_pit_entry *found[CCN_PIT_MATCH_MAX]);

/**
 * Note or renew a downstream.
 *
 * @param limit
 *   Records that the face may hold in this table; who asks first for a name of more than
 *   CCN_PIT_INLINE bytes pays for its blocks, too.
 * @return
 *   NULL when the face holds that many, or the table has no more.
 */
struct ccn_pit_in *ccn_pit_wait(struct ccn_pit *pit, struct ccn_pit_entry *entry, uint32_t face,
	const struct ccn_pkt *interest, const struct ccn_lp *lp, uint32_t limit, uint64_t now_us);

/** Note or renew an upstream; NULL when the table has no more records. */
struct ccn_pit_out *ccn_pit_asked(struct ccn_pit *pit, struct ccn_pit_entry *entry, uint32_t face,
	uint32_t nonce, uint64_t expiry_us, uint64_t now_us);

/** An upstream's record, or NULL. */
struct ccn_pit_out *ccn_pit_out_find(struct ccn_pit_entry *entry, uint32_t face);

/** Take out what has expired. Cheap when the clock has not left its slot. */
void ccn_pit_tick(struct ccn_pit *pit, uint64_t now_us);

/** Entries now. */
uint32_t ccn_pit_count(const struct ccn_pit *pit);

/** Copy an entry's name, at most CCN_NAME_MAX bytes. */
void ccn_pit_name(const struct ccn_pit *pit, const struct ccn_pit_entry *entry, uint8_t *name);

/** Touch what a search for a name will want first. */
void ccn_pit_prefetch(const struct ccn_pit *pit, const struct ccn_name *name);

/** Some time later: touch what it will want next. The entry it will probably find, or NULL. */
const struct ccn_pit_entry *ccn_pit_prefetch_entry(
	const struct ccn_pit *pit, const struct ccn_name *name);

/** Visit up to @p max entries, in no order; whoever owns the table. */
void ccn_pit_walk(struct ccn_pit *pit, ccn_pit_expired_cb visit, void *arg, uint32_t max);

#endif
