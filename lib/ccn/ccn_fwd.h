/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_FWD_H
#define CCN_FWD_H

/*
 * The forwarder of one worker: what happens to an Interest, a Data and a Nack. It knows nothing of
 * mbufs and wires: packets come as bytes and leave through a function, and time is an argument, so
 * that all of it runs in a test.
 */

#include "ccn_cs.h"
#include "ccn_face.h"
#include "ccn_fib.h"

/** What became of a packet: one drop node each. */
enum ccn_verdict {
	CCN_V_DONE,      /**< Forwarded, answered, aggregated or delivered. */
	CCN_V_MANAGE,    /**< For the control thread: a command. */
	CCN_V_HOP_LIMIT, /**< HopLimit was 0, or has become 0 and no Data is here. */
	CCN_V_SCOPE,     /**< /localhost from outside. */
	CCN_V_UNTRUSTED, /**< A command from a face that may not give any. */
	CCN_V_LOOP,      /**< This Interest has been here before. */
	CCN_V_PIT_FULL,  /**< No room for another entry. */
	CCN_V_FACE_FULL, /**< The face has as many pending Interests as it may. */
	CCN_V_NO_ROUTE,  /**< No next hop. */
	CCN_V_UNASKED,   /**< Data that nobody waits for. */
	CCN_V_BAD_NACK,  /**< A Nack for what was not asked, or on a shared link. */
	CCN_V_MAX,
};

/** Counts of one face at one worker. Written by that worker. */
struct ccn_face_counts {
	uint64_t rx_interests, rx_data, rx_nacks, rx_bytes;
	uint64_t tx_interests, tx_data, tx_nacks, tx_bytes;
	uint64_t cs_hits;    /**< Its Interests that the content store answered. */
	uint64_t aggregated; /**< Its Interests that wait with others or for a pause to end. */
	uint64_t dropped;    /**< Its packets that ended in a drop node. */
	uint64_t marked;     /**< Packets to it that were given a congestion mark. */
	uint64_t backlog;    /**< Bits that its link is thought to have waiting. */
	uint64_t backlog_at_us;
	uint64_t next_mark_us;
	uint64_t tx_dropped;   /**< Frames to it for which there was no buffer or no interface. */
	uint64_t last_rx_us;   /**< When something came last. */
	uint32_t marks_in_row; /**< Since the backlog was last short. */
} __rte_cache_aligned;

/** Counts of one prefix at one worker. */
struct ccn_prefix_counts {
	uint64_t interests; /**< Forwarded by it. */
	uint64_t data;      /**< Satisfied. */
	uint64_t nacks;     /**< That came back. */
	uint64_t expired;   /**< Neither. */
};

/**
 * Sends a packet to a face. @p bytes are copied, or sent where they lie: but for a Nack's they do
 * not change after the first call with them.
 */
typedef void (*ccn_send_fn)(void *ctx, const struct ccn_face *face, const struct ccn_lp *lp,
	const uint8_t *bytes, uint32_t len);

struct ccn_fwd_conf {
	uint32_t pit_entries;
	uint32_t fib_size; /**< Prefixes that the FIB can hold. */
	uint64_t cs_bytes;
	const struct ccn_fib *fib;
	struct ccn_face *const *faces;
	ccn_send_fn send;
	void *ctx;
	int socket;
};

struct ccn_fwd {
	struct ccn_pit *pit;
	struct ccn_cs *cs;
	const struct ccn_fib *fib;
	struct ccn_face *const *faces;
	ccn_send_fn send;
	void *ctx;
	uint64_t now_us;
	uint64_t random;
	struct ccn_recent dead; /* nonces; times in 16 ms */
	struct ccn_face_counts *counts;
	struct ccn_prefix_counts *prefixes;
	uint32_t *turns; /* round robin, by FIB index */
	uint8_t store[CCN_PKT_MAX];
	uint8_t rebuilt[CCN_PKT_MAX + CCN_NONCE_SIZE + 4];
};

/** Make a forwarder; NULL without memory. */
struct ccn_fwd *ccn_fwd_create(const struct ccn_fwd_conf *conf, uint64_t now_us);

void ccn_fwd_free(struct ccn_fwd *fwd);

/** Set the clock and let expire what has. Before each burst. */
void ccn_fwd_tick(struct ccn_fwd *fwd, uint64_t now_us);

/** What a packet will probably find. */
struct ccn_ahead {
	const struct ccn_pit_entry *entry;
	const struct ccn_fib_entry *prefix;
	const void *stored;
};

/*
 * Bring the memory nearer that a parsed packet will want: three steps, each of which needs what the
 * one before has fetched, so that between them there should be other packets' steps.
 */
void ccn_fwd_prefetch_buckets(const struct ccn_fwd *fwd, const struct ccn_pkt *pkt);
void ccn_fwd_prefetch_entries(
	const struct ccn_fwd *fwd, const struct ccn_pkt *pkt, struct ccn_ahead *ahead);
void ccn_fwd_prefetch_rest(
	const struct ccn_fwd *fwd, const struct ccn_pkt *pkt, const struct ccn_ahead *ahead);

/**
 * Take a packet. It may be changed (HopLimit, nonce) and, when its Interest came without a nonce,
 * @p pkt is then another one.
 */
enum ccn_verdict ccn_fwd_take(struct ccn_fwd *fwd, const struct ccn_face *face, struct ccn_pkt *pkt,
	const struct ccn_lp *lp);

/* Between ccn_fwd.c and ccn_strategy.c. */

/** How a strategy's choice ended. */
enum ccn_choice {
	CCN_CHOSEN, /**< Sent to one at least. */
	CCN_NOT_SO_SOON,
	CCN_NOBODY,
};

/** Send an Interest on by its prefix's strategy. */
enum ccn_choice ccn_strategy_interest(struct ccn_fwd *fwd, const struct ccn_fib_entry *prefix,
	struct ccn_pit_entry *entry, const struct ccn_face *from, const struct ccn_pkt *interest);

/** A Nack came: ask another, true when there was one. */
bool ccn_strategy_nack(struct ccn_fwd *fwd, const struct ccn_fib_entry *prefix,
	struct ccn_pit_entry *entry, const struct ccn_pkt *interest);

/** Send an Interest to a face and note it; false when the table has no more records. */
bool ccn_fwd_ask(struct ccn_fwd *fwd, struct ccn_pit_entry *entry, const struct ccn_face *face,
	const struct ccn_pkt *interest);

#endif
