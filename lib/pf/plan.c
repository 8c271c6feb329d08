/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From what a VF is to what it should be, without a hole on the way.
 *
 * A VF is closed (its link down) before its network changes, and opened again as the last step of
 * all, when every setting that keeps it inside that network is in place. So there is no moment at
 * which a guest can send with the new VLAN and the old MAC, or before the spoof check is on. What
 * only makes a VF tighter (spoof check on, trust off) and what has nothing to do with isolation
 * (rates, weight, MTU) is set while the link is up: a changed cap, and the correction of what
 * somebody did with `ip link set`, disturb no traffic.
 *
 * Rates are set before the link goes up as well, or a new guest would have the whole link for a
 * moment. When a guarantee and a cap change together, the one goes first that keeps the guarantee
 * below the cap all the time: drivers refuse the other order.
 *
 * Between two guests a VF is reset, whatever its settings say: a software NIC's peer of the old
 * guest is thrown out. Drivers without a link setting (igb) have no closed state. The order of the
 * steps is then all that there is, and it begins with what is tightest.
 *
 * A VF whose guest goes is closed first; then everything that the guest had is taken away.
 */
#include "xebra_pf.h"

/* In the order in which they are set. The link is not among them: it is the first and the last. */
static const uint32_t order[] = {
	XEBRA_PF_SPOOF_CHECK,
	XEBRA_PF_TRUST,
	XEBRA_PF_VLAN,
	XEBRA_PF_TRUNK,
	XEBRA_PF_MAC,
	XEBRA_PF_MTU,
	XEBRA_PF_WEIGHT,
};

/* Whether a difference makes another network of it, so that nothing may pass meanwhile. */
static bool
moves(const struct xebra_pf_vf *want, uint32_t differ)
{
	if (differ & (XEBRA_PF_MAC | XEBRA_PF_VLAN | XEBRA_PF_TRUNK))
		return true;
	return ((differ & XEBRA_PF_SPOOF_CHECK) && !want->spoof_check) ||
		((differ & XEBRA_PF_TRUST) && want->trust);
}

static unsigned int
add(struct xebra_pf_step *steps, unsigned int n, uint32_t setting, const struct xebra_pf_vf *to)
{
	steps[n] = (struct xebra_pf_step){.type = XEBRA_PF_STEP_SET, .setting = setting, .to = *to};
	return n + 1;
}

static unsigned int
add_rates(struct xebra_pf_step *steps, unsigned int n, const struct xebra_pf_vf *is,
	const struct xebra_pf_vf *want, uint32_t differ)
{
	/* The new guarantee fits below the cap that is there: it can go first. */
	bool min_first = is->max_rate == 0 || want->min_rate <= is->max_rate;

	if ((differ & XEBRA_PF_MIN_RATE) && min_first)
		n = add(steps, n, XEBRA_PF_MIN_RATE, want);
	if (differ & XEBRA_PF_MAX_RATE)
		n = add(steps, n, XEBRA_PF_MAX_RATE, want);
	if ((differ & XEBRA_PF_MIN_RATE) && !min_first)
		n = add(steps, n, XEBRA_PF_MIN_RATE, want);
	return n;
}

unsigned int
xebra_pf_plan(const struct xebra_pf_vf *is, const struct xebra_pf_vf *want, uint32_t can,
	bool new_owner, struct xebra_pf_step *steps)
{
	const struct xebra_pf_vf down = {.known = XEBRA_PF_LINK, .link = XEBRA_PF_LINK_DISABLE};
	uint32_t differ = new_owner ? want->known & can : xebra_pf_differ(is, want, can);
	bool closed = !(can & XEBRA_PF_LINK) ||
		((is->known & XEBRA_PF_LINK) && is->link == XEBRA_PF_LINK_DISABLE);
	unsigned int n = 0;

	if (differ == 0 && !new_owner)
		return 0;
	if (!closed && (new_owner || moves(want, differ) || want->link == XEBRA_PF_LINK_DISABLE)) {
		n = add(steps, n, XEBRA_PF_LINK, &down);
		closed = true;
		differ |= want->known & XEBRA_PF_LINK;
	}
	if (new_owner)
		steps[n++] = (struct xebra_pf_step){.type = XEBRA_PF_STEP_RESET};
	for (unsigned int i = 0; i < RTE_DIM(order); i++)
		if (differ & order[i])
			n = add(steps, n, order[i], want);
	n = add_rates(steps, n, is, want, differ);
	if ((differ & XEBRA_PF_LINK) && !(closed && want->link == XEBRA_PF_LINK_DISABLE))
		n = add(steps, n, XEBRA_PF_LINK, want);
	return n;
}

void
xebra_pf_scrubbed(struct xebra_pf_vf *vf, uint32_t can)
{
	*vf = (struct xebra_pf_vf){
		.known = XEBRA_PF_ALL & can & ~(XEBRA_PF_MAC | XEBRA_PF_WEIGHT | XEBRA_PF_MTU),
		.spoof_check = true,
		.link = XEBRA_PF_LINK_DISABLE,
	};
}
