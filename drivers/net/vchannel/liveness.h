/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VCHANNEL_LIVENESS_H
#define VCHANNEL_LIVENESS_H

/*
 * May a member carry flows? Bad news count at once, good news only after they have lasted for the
 * up delay, so that a link that flaps does not drag its flows to and fro. A member whose transmit
 * queue takes nothing, or that takes packets and does not count them as sent, is bad news that
 * cannot be observed to pass, for nothing is sent there any
 * more: it gets another chance after a time that doubles with every failure.
 *
 * Pure: what is known comes in, with the time in ns.
 */

#include <stdbool.h>
#include <stdint.h>

#define VCHANNEL_RETRY_FIRST UINT64_C(1000000000) /* ns */
#define VCHANNEL_RETRY_MAX UINT64_C(60000000000)  /* ns */

struct vchannel_liveness {
	bool alive;
	bool good;         /* nothing bad is known */
	bool seen;         /* was judged once: the first good news need no delay */
	bool stuck;        /* transmits nothing */
	uint64_t good_at;  /* since when good */
	uint64_t retry_at; /* when a stuck one gets its chance */
	uint64_t retry;    /* the pause before that */
	uint32_t deaths;
};

/* Progress of one transmit queue of a member. */
struct vchannel_progress {
	uint64_t refused, taken; /* packets at the last look */
	uint64_t stalled_at;     /* first look at which offers were in vain; 0: none */
	uint64_t vain_at;        /* last such look */
};

/* What a member has sent according to its own counter. */
struct vchannel_completions {
	uint64_t handed, done; /* packets at the last look */
	uint64_t since;        /* first look at which more was handed and none done; 0: none */
	bool seen;             /* there was a look */
	bool counts;           /* its counter was seen to move: not every driver has one */
};

struct vchannel_news {
	bool link;    /* link up and device there */
	bool stuck;   /* a transmit queue makes no progress, or nothing completes */
	bool unheard; /* probes say that nothing gets through */
};

/* Has the queue refused everything for stuck_ns? 0 never. */
bool vchannel_stalled(struct vchannel_progress *p, uint64_t refused, uint64_t taken,
	uint64_t stuck_ns, uint64_t now);

/* Has nothing of what it was handed left the member for limit_ns? 0 never. */
bool vchannel_silent(struct vchannel_completions *c, uint64_t handed, uint64_t done,
	uint64_t limit_ns, uint64_t now);

/* Returns whether `alive` changed. */
bool vchannel_judge(struct vchannel_liveness *l, const struct vchannel_news *news,
	uint64_t up_delay, uint64_t now);

#endif
