/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IXGBE_RATE_H
#define IXGBE_RATE_H

/*
 * The rate scheduler of the Intel 82599 and its successors, as far as it is arithmetic. After each
 * packet a queue pauses for (factor - 1) times the packet's time on the wire; the factor is link
 * speed / rate with 10 bits before the point and 14 behind it (82599 datasheet, section 8.2.3.10,
 * register RTTBCNRC). So a rate is met only to the factor's resolution, and the smallest is 1/1023
 * of the link's.
 */

#include <stdint.h>

#define IXGBE_FACTOR_POINT 14
#define IXGBE_FACTOR_WHOLE_MAX 1023

/* The factor that the driver makes of a rate in Mb/s, rounded down as it does; rate above 0. */
static inline uint32_t
ixgbe_factor(uint32_t speed, uint32_t rate)
{
	uint32_t whole = speed / rate;
	uint32_t part = (uint32_t)(((uint64_t)(speed % rate) << IXGBE_FACTOR_POINT) / rate);

	return whole << IXGBE_FACTOR_POINT | part;
}

/* The smallest rate that there is a factor for, in whole Mb/s. */
static inline uint32_t
ixgbe_rate_min(uint32_t speed)
{
	return (speed + IXGBE_FACTOR_WHOLE_MAX - 1) / IXGBE_FACTOR_WHOLE_MAX;
}

/* The rate in Mb/s that the hardware gives for a factor. */
static inline double
ixgbe_rate(uint32_t speed, uint32_t factor)
{
	return (double)speed * (1 << IXGBE_FACTOR_POINT) / factor;
}

/*
 * What VFs are granted of what was asked for: the driver refuses rates that add up to more than the
 * link, so these are scaled in proportion (but to no less than the smallest). 0: no limit.
 */
void ixgbe_grant(uint32_t speed, const uint32_t *asked, uint32_t *granted, unsigned int nb);

#endif
