/* SPDX-License-Identifier: BSD-3-Clause */
/* What cannot be kept is refused when it is configured, not found out under load. */
#include <errno.h>
#include <inttypes.h>

#include "share_priv.h"

static int
check_terms(const struct xebra_share_link *link, const char *name,
	const struct xebra_share_terms *terms, struct xebra_err *err)
{
	if (terms->weight > XEBRA_SHARE_WEIGHT_MAX)
		return xebra_err_set(err, -ERANGE, "%s.weight: %" PRIu32 " is not in 1..%d", name,
			terms->weight, XEBRA_SHARE_WEIGHT_MAX);
	if (link->speed != 0 && terms->cap > link->speed)
		return xebra_err_set(err, -ERANGE,
			"%s.cap: %" PRIu32 " Mb/s is more than the link's %" PRIu32, name,
			terms->cap, link->speed);
	if (terms->cap != 0 && terms->guarantee > terms->cap)
		return xebra_err_set(err, -EINVAL,
			"%s.guarantee: %" PRIu32 " Mb/s is more than its cap of %" PRIu32, name,
			terms->guarantee, terms->cap);
	if (link->speed != 0 && terms->guarantee > link->speed)
		return xebra_err_set(err, -ERANGE,
			"%s.guarantee: %" PRIu32 " Mb/s is more than the link's %" PRIu32, name,
			terms->guarantee, link->speed);
	return 0;
}

/* What a vnet's VFs are guaranteed, each for itself. */
static uint64_t
guaranteed_within(const struct xebra_share_link *link, uint16_t vnet)
{
	uint64_t sum = 0;

	for (uint16_t i = 0; i < link->nb_vfs; i++)
		if (link->vfs[i].vnet == vnet)
			sum += link->vfs[i].terms.guarantee;
	return sum;
}

int
xebra_share_check(const struct xebra_share_link *link, struct xebra_err *err)
{
	uint64_t sum = 0;
	int rc = 0;

	for (uint16_t i = 0; i < link->nb_vfs && rc == 0; i++)
		rc = check_terms(link, link->vfs[i].name, &link->vfs[i].terms, err);
	for (uint16_t i = 0; i < link->nb_vnets && rc == 0; i++) {
		const struct xebra_share_vnet *vnet = &link->vnets[i];
		uint64_t within = guaranteed_within(link, i);

		rc = check_terms(link, vnet->name, &vnet->terms, err);
		if (rc == 0 && vnet->terms.cap != 0 && within > vnet->terms.cap)
			rc = xebra_err_set(err, -EINVAL,
				"%s.cap: %" PRIu32 " Mb/s is less than the %" PRIu64
				" that its VFs are guaranteed",
				vnet->name, vnet->terms.cap, within);
		sum += RTE_MAX(within, (uint64_t)vnet->terms.guarantee);
		if (rc == 0 && link->speed != 0 && sum > link->speed)
			rc = xebra_err_set(err, -ERANGE,
				"%s.guarantee: all guarantees up to here add up to %" PRIu64
				" Mb/s, which is more than the link's %" PRIu32,
				vnet->name, sum, link->speed);
	}
	return rc;
}
