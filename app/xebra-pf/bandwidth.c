/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who gets how much of each PF's link. The arithmetic is lib/share's; here the VFs that guests have
 * are laid out for it, their counters read, and their rates set.
 *
 * A PF that shares by itself is told caps, guarantees and weights, once. One that can only limit is
 * looked at every XEBRA_SHARE_PERIOD_MS, and limits are moved: unused bandwidth to those who want
 * it, and back. What the loop sets is from then on what should be, so that it is no drift.
 *
 * Guests that are not there share nothing, but what they are guaranteed stays theirs: a guarantee
 * that could not be kept when its guest comes is refused when it is configured.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "manager.h"
#include "xebra_log.h"

#define RATES (XEBRA_PF_MAX_RATE | XEBRA_PF_MIN_RATE | XEBRA_PF_WEIGHT)

static struct xebra_share_hw
hw_of(const struct pf *pf)
{
	return (struct xebra_share_hw){
		.weights = (pf->info.can & XEBRA_PF_CAN_SHARE) != 0,
		.step = RTE_MAX(pf->info.rate_step, 1u),
		.min = pf->info.rate_min,
		.overhead = pf->info.rate_overhead,
	};
}

static uint32_t
term(const json_t *entry, const char *key)
{
	return (uint32_t)json_integer_value(json_object_get(entry, key));
}

/* ---- Laying out ---- */

static void
free_link(struct xebra_share_link *link)
{
	for (uint16_t i = 0; i < link->nb_vnets; i++)
		free((char *)(uintptr_t)link->vnets[i].name);
	free(link->vnets);
	free(link->vfs);
	*link = (struct xebra_share_link){0};
}

/* Index of a vnet; it gets a place when it has none. */
static uint16_t
vnet_index(struct xebra_share_link *link, const char *name)
{
	const json_t *vnet = json_object_get(config.vnets, name);
	struct xebra_share_vnet *v = link->vnets;
	char *place;

	for (; v < link->vnets + link->nb_vnets; v++)
		if (strcmp(v->name + strlen("vnets."), name) == 0)
			return (uint16_t)(v - link->vnets);
	if (asprintf(&place, "vnets.%s", name) < 0)
		place = NULL;
	*v = (struct xebra_share_vnet){
		.name = place,
		.terms = {term(vnet, "cap"), term(vnet, "guarantee"), term(vnet, "weight")},
	};
	return link->nb_vnets++;
}

static bool
has_part(const struct wish *wish, bool all)
{
	return wish->guest[0] != '\0' || (all && wish->place[0] != '\0');
}

/* Lay out the VFs' next (with those of absent guests) or their wants. The VFs go to `sharers`. */
static int
lay_out(struct pf *pf, bool next, struct xebra_share_link *link, struct vf **sharers)
{
	*link = (struct xebra_share_link){
		.speed = pf_speed(pf),
		.vnets = calloc(pf->nb_vfs, sizeof(*link->vnets)),
		.vfs = calloc(pf->nb_vfs, sizeof(*link->vfs)),
	};
	if (link->vnets == NULL || link->vfs == NULL) {
		free_link(link);
		return -ENOMEM;
	}
	for (unsigned int i = 0; i < pf->nb_vfs; i++) {
		struct wish *wish = next ? &pf->vfs[i].next : &pf->vfs[i].want;

		if (!has_part(wish, next))
			continue;
		if (sharers != NULL)
			sharers[link->nb_vfs] = &pf->vfs[i];
		link->vfs[link->nb_vfs++] = (struct xebra_share_vf){
			.name = wish->place,
			.terms = wish->terms,
			.vnet = vnet_index(link, wish->vnet),
		};
	}
	return 0;
}

int
bandwidth_check(struct xebra_err *err)
{
	struct pf *pf;

	TAILQ_FOREACH (pf, &pfs, next) {
		struct xebra_share_link link;
		int rc = lay_out(pf, true, &link, NULL);

		if (rc < 0)
			return xebra_err_set(err, rc, "out of memory");
		rc = xebra_share_check(&link, err);
		free_link(&link);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* ---- Rates ---- */

static void
take_sets(struct pf *pf)
{
	for (uint16_t i = 0; i < pf->link.nb_vfs; i++) {
		const struct xebra_share_set *set = &pf->link.vfs[i].set;
		struct xebra_pf_vf rates = {
			.known = pf->sharers[i]->want.vf.known & RATES,
			.max_rate = set->max_rate,
			.min_rate = set->min_rate,
			.weight = set->weight,
		};

		xebra_pf_copy(&pf->sharers[i]->want.vf, &rates, RATES);
	}
}

/* What was learned about those who go on. */
static void
carry_over(struct xebra_share_link *to, struct vf **sharers, const struct pf *from)
{
	for (uint16_t i = 0; i < to->nb_vfs; i++) {
		for (uint16_t j = 0; j < from->link.nb_vfs; j++) {
			struct xebra_share_vf new = to->vfs[i];

			if (from->sharers[j] != sharers[i] || sharers[i]->changed)
				continue;
			to->vfs[i] = from->link.vfs[j];
			to->vfs[i].name = new.name;
			to->vfs[i].terms = new.terms;
			to->vfs[i].vnet = new.vnet;
		}
	}
}

static void
plan(struct pf *pf)
{
	struct vf **sharers = calloc(pf->nb_vfs, sizeof(struct vf *));
	struct xebra_share_hw hw = hw_of(pf);
	struct xebra_share_link link;

	if (sharers == NULL || lay_out(pf, false, &link, sharers) < 0) {
		free(sharers);
		XEBRA_LOG(ERR, "pf %s: no memory to share its link anew", pf->name);
		return;
	}
	/* A link that does not tell its speed is no reason to let caps go. */
	if (link.speed == 0)
		link.speed = XEBRA_SHARE_RATE_MAX;
	carry_over(&link, sharers, pf);
	bandwidth_free(pf);
	pf->link = link;
	pf->sharers = sharers;
	xebra_share_step(&pf->link, &hw);
	take_sets(pf);
}

void
bandwidth_plan(void)
{
	struct pf *pf;

	TAILQ_FOREACH (pf, &pfs, next)
		plan(pf);
}

void
bandwidth_free(struct pf *pf)
{
	free_link(&pf->link);
	free(pf->sharers);
	pf->sharers = NULL;
}

/* ---- The control loop ---- */

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int
measure(struct pf *pf)
{
	struct xebra_pf_stats stats[XEBRA_PF_VFS_MAX];
	struct xebra_share_hw hw = hw_of(pf);
	struct xebra_err err = {0};
	uint64_t now;

	if (pf->dev == NULL || pf->link.nb_vfs == 0 || !(pf->info.can & XEBRA_PF_CAN_STATS))
		return -ENOENT;
	if (pf->dev->ops->stats(pf->dev, stats, pf->nb_vfs, &err) < 0)
		return -EIO;
	now = now_ns();
	for (uint16_t i = 0; i < pf->link.nb_vfs; i++) {
		const struct xebra_pf_stats *s = &stats[pf->sharers[i]->index];

		xebra_share_measure(&pf->link.vfs[i], &hw, s->tx_bytes, s->tx_packets, now);
	}
	return 0;
}

/* One that refuses its rate is found not to be as it should be at the next look, and reported. */
static void
set_rates(struct vf *vf)
{
	struct xebra_pf_step steps[XEBRA_PF_STEPS_MAX];
	struct xebra_pf_vf rates = {0};
	unsigned int n;

	if (vf->err.code != 0 || strcmp(vf->had, vf->want.owner) != 0)
		return;
	xebra_pf_copy(&rates, &vf->want.vf, RATES);
	n = xebra_pf_plan(&vf->is, &rates, vf->pf->info.can, false, steps);
	for (unsigned int i = 0; i < n; i++) {
		struct xebra_pf *dev = vf->pf->dev;

		if (dev->ops->set(dev, vf->index, steps[i].setting, &steps[i].to, NULL) < 0) {
			vf->settled = false;
			return;
		}
		xebra_pf_copy(&vf->is, &steps[i].to, steps[i].setting);
	}
}

static bool
needs_loop(const struct pf *pf)
{
	struct xebra_share_hw hw = hw_of(pf);

	return xebra_share_needs_loop(&pf->link, &hw);
}

void
bandwidth_step(void)
{
	struct pf *pf;

	TAILQ_FOREACH (pf, &pfs, next) {
		struct xebra_share_hw hw = hw_of(pf);

		if (!needs_loop(pf) || measure(pf) < 0 || xebra_share_step(&pf->link, &hw) == 0)
			continue;
		take_sets(pf);
		for (uint16_t i = 0; i < pf->link.nb_vfs; i++)
			set_rates(pf->sharers[i]);
	}
}

void
bandwidth_measure(void)
{
	struct pf *pf;

	TAILQ_FOREACH (pf, &pfs, next)
		if (!needs_loop(pf))
			measure(pf);
}

/* ---- For people ---- */

static json_t *
or_none(uint32_t rate)
{
	return rate != 0 ? json_integer(rate) : json_null();
}

/* The limit that the hardware has really got, which is not always what it was asked for. */
static json_t *
real_limit(const struct pf *pf, uint32_t limit)
{
	if (limit == 0)
		return json_null();
	if (pf->dev == NULL || pf->dev->ops->real_rate == NULL)
		return json_integer(limit);
	return json_real(pf->dev->ops->real_rate(pf->dev, limit));
}

static json_t *
row(const struct pf *pf, uint16_t i)
{
	const struct xebra_share_vf *share = &pf->link.vfs[i];
	const struct vf *vf = pf->sharers[i];

	return json_pack("{s:s, s:i, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:o, s:o}", "pf", pf->name,
		"vf", (int)vf->index, "guest", vf->want.guest, "vnet", vf->want.vnet, "cap",
		or_none(share->terms.cap), "guarantee", or_none(share->terms.guarantee), "weight",
		(json_int_t)share->terms.weight, "due", (json_int_t)lround(share->entitled),
		"sends", (json_int_t)lround(share->measured), "limit", or_none(vf->is.max_rate),
		"real_limit", real_limit(pf, vf->is.max_rate));
}

json_t *
bandwidth_json(void)
{
	json_t *rows = json_array();
	struct pf *pf;

	TAILQ_FOREACH (pf, &pfs, next)
		for (uint16_t i = 0; i < pf->link.nb_vfs; i++)
			json_array_append_new(rows, row(pf, i));
	return rows;
}
