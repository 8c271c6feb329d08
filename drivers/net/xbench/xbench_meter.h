/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XBENCH_METER_H
#define XBENCH_METER_H

/**
 * @file
 * The clock of the benchmark.
 *
 * Time is taken per lcore in windows of XBENCH_WINDOW forwarded packets. A window ends only when
 * the lcore polls the queue it polled first of all, so it consists of whole rounds of the
 * application's loop. Of many windows the shortest tells the cost of the code; the others tell what
 * the machine did meanwhile.
 *
 * Each lcore writes its own meter; any thread may read.
 */

#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_lcore.h>

#define XBENCH_WINDOW 16384
#define XBENCH_WINDOWS_KEPT 4096

struct xbench_meter {
	const void *anchor;              /**< Queue whose polls may end a window. */
	uint64_t begin;                  /**< TSC; 0: no window was begun. */
	uint32_t packets;                /**< Taken in this window. */
	uint32_t windows;                /**< Ended so far. */
	float shortest;                  /**< Cycles per packet. */
	float kept[XBENCH_WINDOWS_KEPT]; /**< The last ones. */
} __rte_cache_aligned;

extern struct xbench_meter xbench_meters[RTE_MAX_LCORE + 1];

static inline struct xbench_meter *
xbench_meter_mine(void)
{
	unsigned int lcore = rte_lcore_id();

	return &xbench_meters[unlikely(lcore >= RTE_MAX_LCORE) ? RTE_MAX_LCORE : lcore];
}

/** End the window, begin the next. */
void xbench_meter_turn(struct xbench_meter *meter, const void *queue);

/** To be called when an Rx queue is polled. */
static inline void
xbench_meter_polled(const void *queue)
{
	struct xbench_meter *meter = xbench_meter_mine();

	if (unlikely(meter->packets >= XBENCH_WINDOW))
		xbench_meter_turn(meter, queue);
}

/** To be called when packets were taken. */
static inline void
xbench_meter_taken(unsigned int n)
{
	xbench_meter_mine()->packets += n;
}

/** Forget all windows: another run begins. */
void xbench_meters_reset(void);

/** Windows of a meter in order of length. Returns how many; @p out holds XBENCH_WINDOWS_KEPT. */
unsigned int xbench_meter_sorted(const struct xbench_meter *meter, float *out);

/** Counts of values in buckets a sixteenth of a power of two wide: within 6 % of the value. */
struct xbench_histogram {
	uint64_t bucket[976];
	uint64_t count, max;
};

static inline unsigned int
xbench_histogram_index(uint64_t value)
{
	unsigned int log;

	if (value < 16)
		return value;
	log = 63 - __builtin_clzll(value);
	return (log - 3) * 16 + ((value >> (log - 4)) & 15);
}

static inline void
xbench_histogram_add(struct xbench_histogram *h, uint64_t value)
{
	h->bucket[xbench_histogram_index(value)]++;
	h->count++;
	h->max = RTE_MAX(h->max, value);
}

void xbench_histogram_merge(struct xbench_histogram *to, const struct xbench_histogram *from);

/** Upper bound of the value below which a share (0..1) of the counts lie; 0 when empty. */
uint64_t xbench_histogram_quantile(const struct xbench_histogram *h, double share);

#endif
