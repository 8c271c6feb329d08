/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VCHANNEL_ADAPT_H
#define VCHANNEL_ADAPT_H

/*
 * Adaptive mode: not the number of buckets but the bytes they carry are made proportional to the
 * weights.
 *
 * Once per period the control thread hands in the bytes that each bucket carried; a moving average
 * is kept. A step then looks for the pair of members furthest apart in load per weight, and
 * requests the move of the one bucket that brings the two closest together without turning the
 * imbalance round; and so on, at most ADAPT_MOVES times. The sum over the members of load^2/weight
 * falls with every such move, so with a steady load the moves come to an end.
 *
 * Traffic is never quite steady. A pair is left alone until it is ADAPT_START per cent apart, and
 * is then brought within ADAPT_STOP per cent: the space between the two is the hysteresis that
 * prevents ping-pong. A bucket that was moved rests for ADAPT_REST periods; if it was never idle
 * for a flowlet gap in all that time, the request is taken back and other buckets get their chance.
 *
 * Pure: no device, no clock; called by the control thread only.
 */

#include "bucket.h"

#define ADAPT_START 4  /* per cent of the mean load: begin to move */
#define ADAPT_STOP 1   /* per cent: close enough */
#define ADAPT_MOVES 64 /* per step, so that the control thread stays responsive */
#define ADAPT_REST 10  /* periods that a moved bucket stays where it is */

struct vchannel_adapt {
	uint32_t nb;
	bool warm;      /* load[] holds a measurement */
	uint64_t *load; /* [nb] moving average, bytes per period, times 16 */
	uint8_t *rest;  /* [nb] periods left */
};

size_t vchannel_adapt_size(uint32_t nb);

/* In zeroed memory of vchannel_adapt_size(nb) bytes, aligned to 8. */
struct vchannel_adapt *vchannel_adapt_init(void *memory, uint32_t nb);

/* One period is over; bytes[nb] were sent in it. */
void vchannel_adapt_measure(struct vchannel_adapt *a, const uint64_t *bytes);

/* Request moves in the table; returns how many. */
uint32_t vchannel_adapt_step(
	struct vchannel_adapt *a, struct vchannel_table *t, const uint32_t *weight, uint32_t now);

#endif
