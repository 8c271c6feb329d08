/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control loop
 * ================
 *
 * Most NICs can only limit a VF. A limit is then all there is to make them lend and give back: the
 * loop looks at what each VF has sent, guesses what it wants, shares the link anew (share.c) and
 * moves the limits.
 *
 * What a VF wants is not to be seen, only what it did. One that used up its limit (nearly: limits
 * are not exact, and a TCP saws below them) is taken to want all there is. Any other is taken to
 * want what it did and an eighth more: an eighth that under full load is kept free for it, by which
 * to see that it wants more. The two agree where they meet, so that a VF which comes and goes
 * between them does not make limits swing.
 *
 * Nobody's limit is closed. One that is idle keeps its guarantee, and at least an eighth of what it
 * is due when all are busy, which is how it is seen to come back: it has used that up after a
 * period or two, is then taken to want all, and gets its due with the next step, while the
 * borrowers' limits fall. With a period of 50 ms that is 150 ms, and for its guarantee it never has
 * to wait. And while the link has room, everybody's limit includes the room: limits bite only when
 * the link is full.
 *
 * When the idle come back, or the room is used up, limits add up to more than the link, or than a
 * vnet's cap. Then, until the next step, the hardware serves all in turn.
 *
 * Hardware that shares by itself (the software NIC) lends and gives back packet by packet. It knows
 * nothing of vnets, however: when a vnet has terms of its own, the loop gives each VF its part of
 * them as a weight, and its part of the vnet's cap as a limit. There a VF wants all when it has
 * used up what it was allotted, whatever its limit is.
 *
 * Limits move when they move by 1/256, so that the hardware is left in peace while only the
 * traffic's noise moves.
 */
#include <math.h>
#include <string.h>

#include "share_priv.h"

#define USED_UP 0.95
#define HEADROOM 1.125
#define IDLE_PART 8
#define STILL_PART 256

void
xebra_share_measure(struct xebra_share_vf *vf, const struct xebra_share_hw *hw, uint64_t bytes,
	uint64_t packets, uint64_t now_ns)
{
	if (vf->time_ns != 0 && now_ns > vf->time_ns && bytes >= vf->bytes &&
		packets >= vf->packets) {
		uint64_t more = bytes - vf->bytes + (packets - vf->packets) * hw->overhead;

		vf->known = true;
		vf->measured = (double)more * 8000 / (double)(now_ns - vf->time_ns);
	}
	vf->bytes = bytes;
	vf->packets = packets;
	vf->time_ns = now_ns;
}

/*
 * What a VF keeps that does not want all, Mb/s: enough to be seen coming back, and that rounding to
 * the hardware's steps does not make it look as if it had.
 */
static double
kept_idle(const struct xebra_share_vf *vf, const struct xebra_share_hw *hw)
{
	double seen = vf->measured + 2 * RTE_MAX(hw->step, 1u);

	return fmax(fmax(vf->terms.guarantee, vf->entitled / IDLE_PART), seen);
}

/* What a VF was given to use since the last step, Mb/s. */
static double
at_hand(const struct xebra_share_link *link, const struct xebra_share_hw *hw,
	const struct xebra_share_vf *vf)
{
	double most = share_cap(link, &vf->terms);

	if (vf->set.max_rate != 0)
		most = fmin(most, vf->set.max_rate);
	return hw->weights ? fmin(most, vf->allotted) : most;
}

static void
guess_demands(struct xebra_share_link *link, const struct xebra_share_hw *hw)
{
	struct xebra_share_vf *vf;

	for (vf = link->vfs; vf < link->vfs + link->nb_vfs; vf++) {
		bool all = !vf->known || vf->measured >= USED_UP * at_hand(link, hw, vf);

		vf->demand = all ? INFINITY : vf->measured * HEADROOM;
	}
}

/* Guessed demands are put aside for a moment. */
static void
note_entitled(struct xebra_share_link *link)
{
	struct xebra_share_vf *vf;

	for (vf = link->vfs; vf < link->vfs + link->nb_vfs; vf++) {
		vf->entitled = vf->demand;
		vf->demand = INFINITY;
	}
	xebra_share_fill(link);
	for (vf = link->vfs; vf < link->vfs + link->nb_vfs; vf++) {
		vf->demand = vf->entitled;
		vf->entitled = vf->rate;
	}
}

static bool
is_flat(const struct xebra_share_link *link)
{
	for (uint16_t i = 0; i < link->nb_vnets; i++) {
		const struct xebra_share_terms *terms = &link->vnets[i].terms;

		if (terms->cap != 0 || terms->guarantee != 0 || terms->weight != 0)
			return false;
	}
	return true;
}

bool
xebra_share_needs_loop(const struct xebra_share_link *link, const struct xebra_share_hw *hw)
{
	return !hw->weights || !is_flat(link);
}

/* Mb/s of the link that nobody wants. */
static double
room_of(const struct xebra_share_link *link)
{
	double room = link->speed;

	for (uint16_t i = 0; i < link->nb_vnets; i++)
		room -= link->vnets[i].rate;
	return fmax(room, 0);
}

/* What a VF may use: its rate, and when that is all it wants, enough to be seen coming back. */
static double
allot(const struct xebra_share_link *link, const struct xebra_share_hw *hw,
	const struct xebra_share_vf *vf)
{
	double rate = vf->rate;

	if (rate >= vf->demand * (1 - 1e-6))
		rate = fmax(rate, kept_idle(vf, hw));
	return fmin(rate, share_cap(link, &vf->terms));
}

/* The limit that goes with it: the room belongs to everybody. Not rounded yet. */
static double
limit_of(const struct xebra_share_link *link, const struct xebra_share_vf *vf, double room)
{
	const struct xebra_share_vnet *vnet = &link->vnets[vf->vnet];

	room = fmin(room, share_cap(link, &vnet->terms) - vnet->rate);
	return fmin(fmax(vf->rate + room, vf->allotted), share_cap(link, &vf->terms));
}

/*
 * A limit in steps of the hardware: rounded down, but what rounding has left over so far is given
 * to the next one that it suffices for, so that together they lose less than a step.
 */
static uint32_t
round_limit(const struct xebra_share_hw *hw, double limit, double cap, double *left)
{
	uint32_t step = RTE_MAX(hw->step, 1u);
	uint32_t rounded = (uint32_t)((limit + 1e-6) / step) * step;

	*left += limit - rounded;
	if (*left >= step - 1e-6 && rounded + step <= cap) {
		rounded += step;
		*left -= step;
	}
	return RTE_MAX(rounded, RTE_MAX(hw->min, step));
}

static bool
moves(uint32_t from, uint32_t to)
{
	uint32_t by = from > to ? from - to : to - from;

	return by != 0 && (from == 0 || to == 0 || by > from / STILL_PART);
}

static unsigned int
step_limits(struct xebra_share_link *link, const struct xebra_share_hw *hw)
{
	double room = room_of(link), left = 0;
	unsigned int changed = 0;

	for (struct xebra_share_vf *vf = link->vfs; vf < link->vfs + link->nb_vfs; vf++) {
		double cap = share_cap(link, &vf->terms);
		double limit = limit_of(link, vf, room);
		uint32_t to = limit < link->speed ? round_limit(hw, limit, cap, &left) : 0;

		/* The cap itself is reached to the last Mb/s. */
		if (moves(vf->set.max_rate, to) || (limit >= cap && vf->set.max_rate != to)) {
			vf->set = (struct xebra_share_set){.max_rate = to};
			changed++;
		}
	}
	return changed;
}

/* What a VF is to weigh: all it may use above its guarantee, which the hardware gives by itself. */
static double
weight_of(const struct xebra_share_link *link, const struct xebra_share_vf *vf, bool flat)
{
	if (flat)
		return share_slope(link, &vf->terms);
	return fmax(vf->allotted - vf->terms.guarantee, 1);
}

static bool
set_moves(const struct xebra_share_vf *vf, const struct xebra_share_set *to, bool exactly)
{
	const struct xebra_share_set *from = &vf->set;

	if (exactly || from->min_rate != to->min_rate || to->max_rate == vf->terms.cap)
		return memcmp(from, to, sizeof(*to)) != 0;
	return moves(from->max_rate, to->max_rate) || moves(from->weight, to->weight);
}

static unsigned int
step_weights(struct xebra_share_link *link)
{
	const bool flat = is_flat(link);
	double room = room_of(link), most = 1;
	unsigned int changed = 0;
	struct xebra_share_vf *vf;

	for (vf = link->vfs; vf < link->vfs + link->nb_vfs; vf++)
		most = fmax(most, weight_of(link, vf, flat));
	for (vf = link->vfs; vf < link->vfs + link->nb_vfs; vf++) {
		bool lid = link->vnets[vf->vnet].terms.cap != 0;
		double weight = weight_of(link, vf, flat) / most * XEBRA_SHARE_SET_WEIGHT_MAX;
		struct xebra_share_set to = {
			.max_rate =
				lid ? (uint32_t)fmax(limit_of(link, vf, room), 1) : vf->terms.cap,
			.min_rate = vf->terms.guarantee,
			.weight = (uint32_t)fmax(weight + 0.5, 1),
		};

		if (set_moves(vf, &to, flat)) {
			vf->set = to;
			changed++;
		}
	}
	return changed;
}

unsigned int
xebra_share_step(struct xebra_share_link *link, const struct xebra_share_hw *hw)
{
	if (link->speed == 0)
		return 0;
	guess_demands(link, hw);
	note_entitled(link);
	xebra_share_fill(link);
	for (uint16_t i = 0; i < link->nb_vfs; i++)
		link->vfs[i].allotted = allot(link, hw, &link->vfs[i]);
	return hw->weights ? step_weights(link) : step_limits(link, hw);
}
