/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_common.h>

#include "ixgbe_rate.h"

void
ixgbe_grant(uint32_t speed, const uint32_t *asked, uint32_t *granted, unsigned int nb)
{
	uint64_t sum = 0, kept = 0, above = 0;
	uint32_t min = ixgbe_rate_min(speed);

	for (unsigned int i = 0; i < nb; i++) {
		granted[i] = asked[i] == 0 ? 0 : RTE_MAX(RTE_MIN(asked[i], speed), min);
		sum += granted[i];
		if (granted[i] != 0) {
			kept += min;
			above += granted[i] - min;
		}
	}
	if (sum <= speed || above == 0)
		return;
	/* What is above the smallest rate shrinks, so that nobody falls below it. */
	for (unsigned int i = 0; i < nb; i++)
		if (granted[i] != 0)
			granted[i] = min +
				(uint32_t)((granted[i] - min) * (RTE_MAX(speed, kept) - kept) /
					above);
}
