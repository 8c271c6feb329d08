/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SHARE_LINKS_H
#define SHARE_LINKS_H

/* Links for the tests of lib/share: written out, or drawn by chance (always the same chance). */
#include <math.h>
#include <string.h>

#include "xebra_share.h"
#include "xebra_test.h"

#define VFS_MAX 12
#define VNETS_MAX 4

struct links {
	struct xebra_share_link link;
	struct xebra_share_vnet vnets[VNETS_MAX];
	struct xebra_share_vf vfs[VFS_MAX];
};

static uint64_t chance_state = 88172645463325252ull;

static uint32_t
chance(uint32_t below)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return (uint32_t)(chance_state >> 16) % below;
}

/* A link with VFs that want all, each in a vnet of its own, without any terms. */
static void
make_link(struct links *l, uint32_t speed, uint16_t nb_vfs, uint16_t nb_vnets)
{
	memset(l, 0, sizeof(*l));
	l->link = (struct xebra_share_link){speed, l->vnets, nb_vnets, l->vfs, nb_vfs};
	for (uint16_t i = 0; i < nb_vnets; i++)
		l->vnets[i].name = "vnets.v";
	for (uint16_t i = 0; i < nb_vfs; i++) {
		l->vfs[i].name = "guests.g.vfs[0]";
		l->vfs[i].vnet = i % nb_vnets;
		l->vfs[i].demand = INFINITY;
	}
}

static struct xebra_share_terms
draw_terms(uint32_t speed, uint32_t guarantee_max)
{
	struct xebra_share_terms terms = {0};

	if (chance(2))
		terms.cap = 1 + chance(speed);
	if (chance(3) == 0)
		terms.guarantee = chance(guarantee_max + 1);
	if (terms.cap != 0 && terms.guarantee > terms.cap)
		terms.guarantee = terms.cap;
	if (chance(3) == 0)
		terms.weight = 1 + chance(10);
	return terms;
}

/* A link that xebra_share_check() accepts, of at least this speed. */
static void
draw_link(struct links *l, uint32_t slowest)
{
	do {
		uint32_t speed = slowest + chance(10000);
		uint16_t nb_vfs = 1 + chance(VFS_MAX);

		make_link(l, speed, nb_vfs, 1 + chance(VNETS_MAX));
		for (uint16_t i = 0; i < nb_vfs; i++) {
			l->vfs[i].terms = draw_terms(speed, speed / nb_vfs);
			l->vfs[i].vnet = chance(l->link.nb_vnets);
			if (chance(3) == 0)
				l->vfs[i].demand = chance(4) == 0 ? 0 : chance(speed);
		}
		for (uint16_t i = 0; i < l->link.nb_vnets; i++)
			if (chance(2))
				l->vnets[i].terms = draw_terms(speed, speed / 4);
	} while (xebra_share_check(&l->link, NULL) < 0);
}

static inline double
cap_of(const struct xebra_share_link *link, const struct xebra_share_terms *terms)
{
	return terms->cap != 0 ? terms->cap : link->speed;
}

static inline double
wanted(const struct xebra_share_link *link, const struct xebra_share_vf *vf)
{
	return fmin(vf->demand, cap_of(link, &vf->terms));
}

#endif
