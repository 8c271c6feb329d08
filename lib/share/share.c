/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Water in vessels
 * ================
 *
 * A VF has a cap (never more), a guarantee (never less, while it wants it) and a weight. Think of
 * each VF as a vessel that stands in the same basin: it holds at least its guarantee, and above
 * that it fills as the water's level t rises,
 *
 *     rate(t) = min(demand, cap, guarantee + t * weight * cap),
 *
 * until the link is used up. Everything that is promised follows from this one line:
 *
 *  - Caps that add up to more than the link are scaled in proportion: with equal weights, and no
 *    guarantees, everybody gets t of his cap. 8000 and 6000 on a link of 10 000: 5714 and 4286.
 *    A VF without a cap has the link's.
 *  - Guarantees are kept first; weights share what is left.
 *  - What one does not want, the others get, in the same proportions, within their caps (max-min):
 *    no one's rate could rise without taking from one that has less in proportion.
 *
 * A vnet may have terms of its own: then its VFs stand in a basin within the basin. Its cap is a
 * lid: together they get no more. Its guarantee is a floor for all of them together, in which the
 * guarantees of its VFs are contained. Its weight makes it one among the vnets, however many VFs
 * it has: together they get what a single VF of that weight and cap would. A vnet without a weight
 * is not a vessel: its VFs count each for itself.
 *
 * At t = 1 every vessel is full, as no weight is less than 1, so the level is found by halving
 * [0, 1]: some fifty times to a double's last digit. That is nothing for the 64 VFs of a link and
 * twenty times a second, and has no special cases.
 *
 * When a link comes up slower than it was when the guarantees were accepted, these are all scaled
 * down alike.
 */
#include <math.h>

#include "share_priv.h"

#define HALVINGS 60

/* What the functions below work on. */
struct basin {
	struct xebra_share_link *link;
	double kept;   /* part of all guarantees that is kept */
	uint16_t vnet; /* the one that is filled */
};

#define FOREACH_VNET(vnet, link) \
	for ((vnet) = (link)->vnets; (vnet) < (link)->vnets + (link)->nb_vnets; (vnet)++)

#define FOREACH_VF(vf, link) for ((vf) = (link)->vfs; (vf) < (link)->vfs + (link)->nb_vfs; (vf)++)

/* The highest x in [0, 1] at which a sum that grows with x is at most so much; 0 when none is. */
static double
highest(struct basin *basin, double (*sum_at)(struct basin *, double), double most)
{
	double low = 0, high = 1;

	if (sum_at(basin, 1) <= most)
		return 1;
	for (int i = 0; i < HALVINGS; i++) {
		double x = (low + high) / 2;

		if (sum_at(basin, x) <= most)
			low = x;
		else
			high = x;
	}
	return low;
}

/* What a VF can have at most. */
static double
most_of(const struct basin *basin, const struct xebra_share_vf *vf)
{
	return fmin(fmax(vf->demand, 0), share_cap(basin->link, &vf->terms));
}

static double
least_of(const struct basin *basin, const struct xebra_share_vf *vf)
{
	return fmin(most_of(basin, vf), basin->kept * vf->terms.guarantee);
}

static double
rate_at(const struct basin *basin, const struct xebra_share_vf *vf, double level)
{
	return fmin(most_of(basin, vf),
		least_of(basin, vf) + level * share_slope(basin->link, &vf->terms));
}

/*
 * What of a vnet does not depend on the level, when this part of all guarantees is kept. Returns
 * the guarantees' sum.
 */
static double
keep(struct basin *basin, double part)
{
	struct xebra_share_vnet *vnet;
	struct xebra_share_vf *vf;
	double sum = 0;

	basin->kept = part;
	FOREACH_VNET (vnet, basin->link)
		vnet->want = vnet->least = 0;
	FOREACH_VF (vf, basin->link) {
		vnet = &basin->link->vnets[vf->vnet];
		vnet->want += most_of(basin, vf);
		vnet->least += least_of(basin, vf);
	}
	FOREACH_VNET (vnet, basin->link) {
		vnet->want = fmin(vnet->want, share_cap(basin->link, &vnet->terms));
		vnet->owed = fmin(vnet->want, fmax(vnet->least, part * vnet->terms.guarantee));
		sum += vnet->owed;
	}
	return sum;
}

/* All vnets' rates when the water stands so high. Returns the sum. */
static double
fill_vnets(struct basin *basin, double level)
{
	struct xebra_share_vnet *vnet;
	struct xebra_share_vf *vf;
	double sum = 0;

	FOREACH_VNET (vnet, basin->link)
		vnet->sum = 0;
	FOREACH_VF (vf, basin->link)
		basin->link->vnets[vf->vnet].sum += rate_at(basin, vf, level);
	FOREACH_VNET (vnet, basin->link) {
		double more = vnet->terms.weight != 0
			? level * share_slope(basin->link, &vnet->terms)
			: vnet->sum - vnet->least;

		vnet->rate = fmin(vnet->want, vnet->owed + more);
		sum += vnet->rate;
	}
	return sum;
}

/* The rates of one vnet's VFs when the water within it stands so high. Returns the sum. */
static double
fill_vfs(struct basin *basin, double level)
{
	struct xebra_share_vf *vf;
	double sum = 0;

	FOREACH_VF (vf, basin->link)
		if (vf->vnet == basin->vnet) {
			vf->rate = rate_at(basin, vf, level);
			sum += vf->rate;
		}
	return sum;
}

void
xebra_share_fill(struct xebra_share_link *link)
{
	struct basin basin = {.link = link};

	keep(&basin, highest(&basin, keep, link->speed));
	fill_vnets(&basin, highest(&basin, fill_vnets, link->speed));
	for (basin.vnet = 0; basin.vnet < link->nb_vnets; basin.vnet++)
		fill_vfs(&basin, highest(&basin, fill_vfs, link->vnets[basin.vnet].rate));
}

void
xebra_share_entitle(struct xebra_share_link *link)
{
	struct xebra_share_vf *vf;

	FOREACH_VF (vf, link)
		vf->demand = INFINITY;
	xebra_share_fill(link);
}
