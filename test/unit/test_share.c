/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who gets how much: the promises one by one, and random links against a reference that knows no
 * formula: it pours the link out in drops, each into the vessel that stands lowest.
 */
#include <errno.h>
#include <math.h>

#include "share_links.h"

#define DROPS 40000
#define ROUNDS 2000

static void
assert_near(double is, double due, double within)
{
	if (fabs(is - due) > within)
		fail_msg("%.3f is not %.3f", is, due);
}

/* The original system's rows, and what is right for them. */
static void
caps_share_the_link_in_proportion(void **state)
{
	static const struct {
		uint32_t cap[2];
		double due[2];
	} rows[] = {
		{{0, 0}, {5000, 5000}},
		{{3000, 7000}, {3000, 7000}},
		{{4000, 6000}, {4000, 6000}},
		{{7000, 7000}, {5000, 5000}},
		{{8000, 6000}, {5714.2857, 4285.7143}},
		{{2000, 3000}, {2000, 3000}},
		{{2000, 0}, {1666.6667, 8333.3333}},
	};
	struct links l;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		make_link(&l, 10000, 2, 2);
		l.vfs[0].terms.cap = rows[i].cap[0];
		l.vfs[1].terms.cap = rows[i].cap[1];
		xebra_share_entitle(&l.link);
		assert_near(l.vfs[0].rate, rows[i].due[0], 0.001);
		assert_near(l.vfs[1].rate, rows[i].due[1], 0.001);
	}
}

static void
guarantees_are_kept_first_and_weights_share_the_rest(void **state)
{
	struct links l;

	(void)state;
	make_link(&l, 10000, 3, 3);
	l.vfs[0].terms.guarantee = 4000;
	l.vfs[1].terms.weight = 2;
	xebra_share_fill(&l.link);
	assert_near(l.vfs[0].rate, 4000 + 1500, 0.001);
	assert_near(l.vfs[1].rate, 3000, 0.001);
	assert_near(l.vfs[2].rate, 1500, 0.001);
}

static void
what_one_does_not_want_the_others_get_within_their_caps(void **state)
{
	struct links l;

	(void)state;
	make_link(&l, 9000, 3, 3);
	xebra_share_fill(&l.link);
	assert_near(l.vfs[1].rate, 3000, 0.001);
	l.vfs[0].demand = 1000;
	xebra_share_fill(&l.link);
	assert_near(l.vfs[0].rate, 1000, 0.001);
	assert_near(l.vfs[1].rate, 4000, 0.001);
	l.vfs[1].terms.cap = 2000;
	xebra_share_fill(&l.link);
	assert_near(l.vfs[1].rate, 8000 * 2 / 11.0, 0.001);
	l.vfs[2].demand = 3000;
	xebra_share_fill(&l.link);
	assert_near(l.vfs[1].rate, 2000, 0.001);
}

/* Red has one VF, blue has three. */
static void
make_red_and_blue(struct links *l)
{
	make_link(l, 8000, 4, 2);
	for (int i = 0; i < 4; i++)
		l->vfs[i].vnet = i > 0;
}

static void
a_vnet_without_terms_counts_by_its_vfs_and_one_with_a_weight_as_one(void **state)
{
	struct links l;

	(void)state;
	make_red_and_blue(&l);
	xebra_share_fill(&l.link);
	assert_near(l.vnets[0].rate, 2000, 0.001);
	assert_near(l.vnets[1].rate, 6000, 0.001);
	l.vnets[0].terms.weight = l.vnets[1].terms.weight = 1;
	xebra_share_fill(&l.link);
	assert_near(l.vfs[0].rate, 4000, 0.001);
	assert_near(l.vfs[3].rate, 4000 / 3.0, 0.001);
	/* Within blue, too, goes what one does not want to the others. */
	l.vfs[1].demand = 0;
	xebra_share_fill(&l.link);
	assert_near(l.vfs[0].rate, 4000, 0.001);
	assert_near(l.vfs[3].rate, 2000, 0.001);
}

static void
a_vnets_cap_and_guarantee_hold_for_its_vfs_together(void **state)
{
	struct links l;

	(void)state;
	make_red_and_blue(&l);
	l.vnets[1].terms.cap = 3000;
	xebra_share_fill(&l.link);
	assert_near(l.vfs[0].rate, 5000, 0.001);
	assert_near(l.vfs[1].rate, 1000, 0.001);
	make_red_and_blue(&l);
	l.vnets[0].terms.guarantee = 4000;
	xebra_share_fill(&l.link);
	assert_near(l.vfs[0].rate, 4000 + 1000, 0.001);
	assert_near(l.vfs[1].rate, 1000, 0.001);
	l.vfs[0].demand = 500;
	xebra_share_fill(&l.link);
	assert_near(l.vnets[1].rate, 7500, 0.001);
}

static void
a_link_that_came_up_slower_scales_its_guarantees(void **state)
{
	struct links l;

	(void)state;
	make_link(&l, 10000, 2, 2);
	l.vfs[0].terms.guarantee = 6000;
	l.vfs[1].terms.guarantee = 3000;
	l.link.speed = 1000;
	xebra_share_fill(&l.link);
	assert_near(l.vfs[0].rate, 666.667, 0.001);
	assert_near(l.vfs[1].rate, 333.333, 0.001);
	l.link.speed = 0;
	xebra_share_fill(&l.link);
	assert_near(l.vfs[0].rate, 0, 0);
}

/* The reference's vessel: of a VF, or of a vnet as a whole. */
struct vessel {
	double rate, most, slope;
	double level;
};

/* Pour into the lowest of them until the water is gone or all are full. */
static void
pour(struct vessel *vessels, int nb, double water, double drop)
{
	while (water > 0) {
		struct vessel *lowest = NULL;

		for (int i = 0; i < nb; i++)
			if (vessels[i].rate < vessels[i].most &&
				(lowest == NULL || vessels[i].level < lowest->level))
				lowest = &vessels[i];
		if (lowest == NULL)
			return;
		lowest->rate += fmin(drop, water);
		lowest->level += fmin(drop, water) / lowest->slope;
		water -= drop;
	}
}

static double
slope_of(const struct xebra_share_link *link, const struct xebra_share_terms *terms)
{
	return cap_of(link, terms) * (terms->weight != 0 ? terms->weight : 1);
}

/* One vnet's VFs, from their guarantees on. Returns what they hold to begin with. */
static double
vessels_of(const struct links *l, int vnet, struct vessel *vessels, int *nb)
{
	double held = 0;

	*nb = 0;
	for (int i = 0; i < l->link.nb_vfs; i++) {
		const struct xebra_share_vf *vf = &l->vfs[i];
		struct vessel *v = &vessels[*nb];

		if (vf->vnet != vnet)
			continue;
		v->most = wanted(&l->link, vf);
		v->rate = fmin(vf->terms.guarantee, v->most);
		v->slope = slope_of(&l->link, &vf->terms);
		v->level = 0;
		held += v->rate;
		(*nb)++;
	}
	return held;
}

/*
 * What each vnet gets. Which vessels the drops fall into: a vnet with a weight is one; of one
 * without, each VF is one, as long as the vnet as a whole has room.
 */
static void
pour_vnets(const struct links *l, double *rates, double drop)
{
	struct vessel in[VNETS_MAX][VFS_MAX] = {0};
	double most[VNETS_MAX] = {0}, water = l->link.speed;
	int nb[VNETS_MAX];

	for (int n = 0; n < l->link.nb_vnets; n++) {
		const struct xebra_share_terms *terms = &l->vnets[n].terms;
		double held = vessels_of(l, n, in[n], &nb[n]);

		for (int i = 0; i < nb[n]; i++)
			most[n] += in[n][i].most;
		most[n] = fmin(most[n], cap_of(&l->link, terms));
		rates[n] = fmax(held, fmin(terms->guarantee, most[n]));
		water -= rates[n];
		if (terms->weight != 0) {
			nb[n] = 1;
			in[n][0] = (struct vessel){rates[n], most[n], slope_of(&l->link, terms), 0};
		}
	}
	while (water > 0) {
		struct vessel *lowest = NULL;
		int whose = 0;

		for (int n = 0; n < l->link.nb_vnets; n++)
			for (int i = 0; i < nb[n] && rates[n] < most[n]; i++)
				if (in[n][i].rate < in[n][i].most &&
					(lowest == NULL || in[n][i].level < lowest->level)) {
					lowest = &in[n][i];
					whose = n;
				}
		if (lowest == NULL)
			return;
		lowest->rate += drop;
		lowest->level += drop / lowest->slope;
		rates[whose] += drop;
		water -= drop;
	}
}

static void
random_links_are_shared_as_by_pouring_drops(void **state)
{
	struct vessel vessels[VFS_MAX];
	double rates[VNETS_MAX];
	struct links l;

	(void)state;
	for (int round = 0; round < ROUNDS / 10; round++) {
		double drop;

		draw_link(&l, 10);
		drop = (double)l.link.speed / DROPS;
		xebra_share_fill(&l.link);
		pour_vnets(&l, rates, drop);
		for (int n = 0; n < l.link.nb_vnets; n++) {
			int nb, at = 0;
			double held = vessels_of(&l, n, vessels, &nb);

			assert_near(l.vnets[n].rate, rates[n], drop * 2 * VFS_MAX);
			pour(vessels, nb, rates[n] - held, drop);
			for (int i = 0; i < l.link.nb_vfs; i++)
				if (l.vfs[i].vnet == n)
					assert_near(l.vfs[i].rate, vessels[at++].rate,
						drop * 3 * VFS_MAX);
		}
	}
}

static void
random_links_keep_caps_and_guarantees_and_waste_nothing(void **state)
{
	struct links l;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		double total = 0, want[VNETS_MAX] = {0}, usable = 0;

		draw_link(&l, 10);
		xebra_share_fill(&l.link);
		for (int i = 0; i < l.link.nb_vfs; i++) {
			const struct xebra_share_vf *vf = &l.vfs[i];
			double most = wanted(&l.link, vf);

			assert_true(vf->rate <= most * (1 + 1e-9));
			assert_true(vf->rate >= fmin(vf->terms.guarantee, most) * (1 - 1e-9));
			total += vf->rate;
			want[vf->vnet] += most;
		}
		for (int n = 0; n < l.link.nb_vnets; n++) {
			const struct xebra_share_vnet *vnet = &l.vnets[n];
			double most = fmin(want[n], cap_of(&l.link, &vnet->terms));

			assert_true(vnet->rate <= most * (1 + 1e-9));
			assert_true(vnet->rate >= fmin(vnet->terms.guarantee, most) * (1 - 1e-9));
			usable += most;
		}
		assert_near(total, fmin(usable, l.link.speed), 1e-6 * l.link.speed);
	}
}

static void
nobody_gains_by_another_wanting_more(void **state)
{
	struct links l;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		double before[VFS_MAX], own;
		int who;

		draw_link(&l, 10);
		who = chance(l.link.nb_vfs);
		l.vfs[who].demand = chance(l.link.speed);
		xebra_share_fill(&l.link);
		own = l.vfs[who].rate;
		for (int i = 0; i < l.link.nb_vfs; i++)
			before[i] = l.vfs[i].rate;
		l.vfs[who].demand = INFINITY;
		xebra_share_fill(&l.link);
		assert_true(l.vfs[who].rate >= own - 1e-6);
		/* In a vnet that got more by it, others may have got some of that as well. */
		for (int i = 0; i < l.link.nb_vfs; i++)
			if (i != who && l.vfs[i].vnet != l.vfs[who].vnet)
				assert_true(l.vfs[i].rate <= before[i] + 1e-6);
	}
}

static void
refused(struct links *l, int code, const char *text)
{
	struct xebra_err err = {0};

	assert_int_equal(xebra_share_check(&l->link, &err), code);
	assert_string_equal(err.text, text);
}

static void
what_cannot_be_kept_is_refused_with_its_place(void **state)
{
	struct links l;

	(void)state;
	make_link(&l, 10000, 2, 2);
	l.vfs[1].terms.cap = 10001;
	refused(&l, -ERANGE, "guests.g.vfs[0].cap: 10001 Mb/s is more than the link's 10000");
	l.vfs[1].terms = (struct xebra_share_terms){.cap = 100, .guarantee = 101};
	refused(&l, -EINVAL, "guests.g.vfs[0].guarantee: 101 Mb/s is more than its cap of 100");
	l.vfs[1].terms = (struct xebra_share_terms){.weight = 1001};
	refused(&l, -ERANGE, "guests.g.vfs[0].weight: 1001 is not in 1..1000");
	l.vfs[1].terms = (struct xebra_share_terms){.guarantee = 6000};
	l.vfs[0].terms = (struct xebra_share_terms){.guarantee = 4001};
	refused(&l, -ERANGE,
		"vnets.v.guarantee: all guarantees up to here add up to 10001 Mb/s, which is more "
		"than the link's 10000");
	l.vfs[0].terms.guarantee = 4000;
	assert_int_equal(xebra_share_check(&l.link, NULL), 0);
	l.vnets[0].terms.cap = 3999;
	refused(&l, -EINVAL,
		"vnets.v.cap: 3999 Mb/s is less than the 4000 that its VFs are guaranteed");
	l.vnets[0].terms = (struct xebra_share_terms){.guarantee = 4001};
	refused(&l, -ERANGE,
		"vnets.v.guarantee: all guarantees up to here add up to 10001 Mb/s, which is more "
		"than the link's 10000");
	/* A link that is down has no speed yet; it will have. */
	l.link.speed = 0;
	assert_int_equal(xebra_share_check(&l.link, NULL), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caps_share_the_link_in_proportion),
		cmocka_unit_test(guarantees_are_kept_first_and_weights_share_the_rest),
		cmocka_unit_test(what_one_does_not_want_the_others_get_within_their_caps),
		cmocka_unit_test(
			a_vnet_without_terms_counts_by_its_vfs_and_one_with_a_weight_as_one),
		cmocka_unit_test(a_vnets_cap_and_guarantee_hold_for_its_vfs_together),
		cmocka_unit_test(a_link_that_came_up_slower_scales_its_guarantees),
		cmocka_unit_test(random_links_are_shared_as_by_pouring_drops),
		cmocka_unit_test(random_links_keep_caps_and_guarantees_and_waste_nothing),
		cmocka_unit_test(nobody_gains_by_another_wanting_more),
		cmocka_unit_test(what_cannot_be_kept_is_refused_with_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
