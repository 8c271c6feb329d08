/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_SHARE_H
#define XEBRA_SHARE_H

/**
 * @file
 * Who gets how much of a link: pure arithmetic, no input, no output, no clock. Works on what the
 * caller lays out in a struct xebra_share_link; any thread, one at a time for one link.
 *
 * What the terms mean, and how shares follow from them, is told at the head of share.c.
 */

#include <stdbool.h>
#include <stdint.h>

#include "xebra_err.h"

/** The largest rate of a link, Mb/s. */
#define XEBRA_SHARE_RATE_MAX 400000

/** The largest weight of a VF or vnet. */
#define XEBRA_SHARE_WEIGHT_MAX 1000

/** The largest weight that xebra_share_step() gives hardware which shares by itself. */
#define XEBRA_SHARE_SET_WEIGHT_MAX 65535

/** How often xebra_share_step() is to be called, ms: what was lent is back after four at most. */
#define XEBRA_SHARE_PERIOD_MS 50

/** What is configured for a VF, or for a vnet on this link. Rates in Mb/s. */
struct xebra_share_terms {
	uint32_t cap;       /**< Never more; 0: the link. */
	uint32_t guarantee; /**< Never less while it is wanted; 0: none. */
	uint32_t weight;    /**< 1..XEBRA_SHARE_WEIGHT_MAX. 0: a VF's is 1; a vnet has none. */
};

/** A vnet's part in a link. */
struct xebra_share_vnet {
	const char *name; /**< Its place, for errors: "vnets.red". */
	struct xebra_share_terms terms;
	double rate; /**< Out, Mb/s: what its VFs get together. */
	/* The solver's own. */
	double want, least, owed, sum;
};

/** What a VF's hardware is told. Rates in Mb/s. */
struct xebra_share_set {
	uint32_t max_rate; /**< 0: no limit. */
	uint32_t min_rate; /**< 0: none; always 0 for hardware without weights. */
	uint32_t weight;   /**< 0 for hardware without weights. */
};

/** A VF's part in a link. Zero but for name, terms and vnet: one that was never measured. */
struct xebra_share_vf {
	const char *name; /**< Its place, for errors: "guests.r1.vfs[0]". */
	struct xebra_share_terms terms;
	uint16_t vnet; /**< Index of its vnet. */
	double demand; /**< Mb/s: what it could use; INFINITY: all there is. */
	double rate;   /**< Out, Mb/s: what it gets. */

	/* For the control loop. */
	double entitled;            /**< Mb/s: what it gets when all want all, from a step. */
	double allotted;            /**< Mb/s: its rate, or what it keeps while it is idle. */
	double measured;            /**< Mb/s, from xebra_share_measure(). */
	bool known;                 /**< It was. */
	uint64_t bytes, packets;    /**< Counters at the last measurement. */
	uint64_t time_ns;           /**< Of the last measurement; 0: never. */
	struct xebra_share_set set; /**< In and out: what the hardware has, what it is to have. */
};

/** A link, and everything that shares it. The caller owns the arrays. */
struct xebra_share_link {
	uint32_t speed; /**< Mb/s. 0: down, nothing to share. */
	struct xebra_share_vnet *vnets;
	uint16_t nb_vnets;
	struct xebra_share_vf *vfs;
	uint16_t nb_vfs;
};

/** What a PF's hardware can do for a VF's transmit rate. */
struct xebra_share_hw {
	bool weights;      /**< It shares by guarantee and weight itself, and lends. */
	uint32_t step;     /**< Mb/s: limits are multiples of it; at least 1. */
	uint32_t min;      /**< Mb/s: the smallest limit. */
	uint32_t overhead; /**< Bytes of a packet that limits count and counters do not. */
};

/**
 * Can these terms be kept on this link?
 *
 * @return
 *   0; -EINVAL or -ERANGE with err "NAME.key: why": a cap above the link, a guarantee above its
 *   cap or the link, guarantees that add up to more than the vnet's cap or the link. A link
 *   without speed: 0, as long as the terms agree with one another.
 */
int xebra_share_check(const struct xebra_share_link *link, struct xebra_err *err);

/** Share the link: every VF's rate and every vnet's, from terms and demands. */
void xebra_share_fill(struct xebra_share_link *link);

/** The same, as if every VF wanted all it can get: what each is entitled to under full load. */
void xebra_share_entitle(struct xebra_share_link *link);

/**
 * Note a VF's transmit counters, and so its rate since the last time. Counters that ran backwards
 * (a reset) start anew, with the rate that was known.
 *
 * @param now_ns
 *   Time of reading, ns, of a clock that does not jump.
 */
void xebra_share_measure(struct xebra_share_vf *vf, const struct xebra_share_hw *hw, uint64_t bytes,
	uint64_t packets, uint64_t now_ns);

/**
 * One step of the control loop: what does each VF want, what does it get, what is its hardware to
 * be told? To be called every XEBRA_SHARE_PERIOD_MS, after xebra_share_measure() of all VFs.
 *
 * @return
 *   Number of VFs whose set has changed (compare with a copy to see which).
 */
unsigned int xebra_share_step(struct xebra_share_link *link, const struct xebra_share_hw *hw);

/**
 * Would steps change anything while the terms and the link stay? False for hardware that shares by
 * itself, as long as no vnet has terms of its own.
 */
bool xebra_share_needs_loop(const struct xebra_share_link *link, const struct xebra_share_hw *hw);

#endif
