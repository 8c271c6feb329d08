/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SHARE_PRIV_H
#define SHARE_PRIV_H

#include <rte_common.h>

#include "xebra_share.h"

/* What the link and its own cap leave a VF or vnet, Mb/s. */
static inline uint32_t
share_cap(const struct xebra_share_link *link, const struct xebra_share_terms *terms)
{
	return terms->cap != 0 ? RTE_MIN(terms->cap, link->speed) : link->speed;
}

/* How fast a VF's rate rises with the water: its weight, in proportion to its cap. */
static inline double
share_slope(const struct xebra_share_link *link, const struct xebra_share_terms *terms)
{
	return (double)RTE_MAX(terms->weight, 1u) * share_cap(link, terms);
}

#endif
