/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control loop against a model of a NIC: it lets each VF send what it wants up to its limit,
 * and serves VFs in turn when that is more than the link. Time is counted in periods, so nothing
 * here depends on the machine.
 */
#include <errno.h>
#include <math.h>

#include "share_links.h"

#define PERIOD_NS (XEBRA_SHARE_PERIOD_MS * UINT64_C(1000000))
#define BACK_PERIODS (300 / XEBRA_SHARE_PERIOD_MS)

struct nic {
	struct links l;
	struct xebra_share_hw hw;
	double offer[VFS_MAX];
	double sent[VFS_MAX]; /* Mb/s in the last period */
	uint64_t bytes[VFS_MAX], packets[VFS_MAX];
	uint64_t now_ns;
	uint32_t noise; /* per mille */
};

/* In turn: the same for everybody, up to what he offers and may. */
static void
serve_in_turn(struct nic *nic)
{
	double most[VFS_MAX], left = nic->l.link.speed;
	int open = nic->l.link.nb_vfs;

	for (int i = 0; i < nic->l.link.nb_vfs; i++) {
		uint32_t limit = nic->l.vfs[i].set.max_rate;

		most[i] = fmin(nic->offer[i], limit != 0 ? limit : nic->l.link.speed);
		nic->sent[i] = 0;
	}
	while (open > 0 && left > 1e-6) {
		double part = left / open;

		open = 0;
		for (int i = 0; i < nic->l.link.nb_vfs; i++) {
			double more = fmin(part, most[i] - nic->sent[i]);

			nic->sent[i] += more;
			left -= more;
			open += most[i] - nic->sent[i] > 1e-9;
		}
	}
}

/* By guarantee and weight, as the software NIC does. */
static void
serve_by_weight(struct nic *nic)
{
	struct links as;

	make_link(&as, nic->l.link.speed, nic->l.link.nb_vfs, 1);
	for (int i = 0; i < as.link.nb_vfs; i++) {
		const struct xebra_share_set *set = &nic->l.vfs[i].set;
		uint32_t max = set->max_rate != 0 ? set->max_rate : nic->l.link.speed;

		/* Without a cap of its own a VF's slope is its weight alone, times the link. */
		as.vfs[i].terms = (struct xebra_share_terms){0, set->min_rate, set->weight};
		as.vfs[i].demand = fmin(nic->offer[i], max);
	}
	xebra_share_fill(&as.link);
	for (int i = 0; i < as.link.nb_vfs; i++)
		nic->sent[i] = as.vfs[i].rate;
}

static unsigned int
period(struct nic *nic)
{
	if (nic->hw.weights)
		serve_by_weight(nic);
	else
		serve_in_turn(nic);
	nic->now_ns += PERIOD_NS;
	for (int i = 0; i < nic->l.link.nb_vfs; i++) {
		double noisy = nic->sent[i];

		if (nic->noise != 0)
			noisy *= 1 - (double)chance(nic->noise) / 1000;
		nic->bytes[i] += (uint64_t)(noisy * XEBRA_SHARE_PERIOD_MS * 125);
		xebra_share_measure(
			&nic->l.vfs[i], &nic->hw, nic->bytes[i], nic->packets[i], nic->now_ns);
	}
	return xebra_share_step(&nic->l.link, &nic->hw);
}

static void
periods(struct nic *nic, int nb)
{
	while (nb-- > 0)
		period(nic);
}

static struct nic *
make_nic(struct nic *nic, uint32_t speed, uint16_t nb_vfs)
{
	memset(nic, 0, sizeof(*nic));
	make_link(&nic->l, speed, nb_vfs, RTE_MIN(nb_vfs, VNETS_MAX));
	nic->hw = (struct xebra_share_hw){.step = 1, .min = 11};
	return nic;
}

static void
assert_sends(const struct nic *nic, int vf, double due)
{
	if (fabs(nic->sent[vf] - due) > due / 100 + nic->hw.step)
		fail_msg("VF %d sends %.1f Mb/s, not %.1f", vf, nic->sent[vf], due);
}

/*
 * What each VF is due for what it offers, by the arithmetic that test_share proves, but for the
 * eighth that is kept free for those who do not want all.
 */
static void
assert_all_get_their_due(struct nic *nic)
{
	struct links due = nic->l;
	double free = 0;

	due.link.vnets = due.vnets;
	due.link.vfs = due.vfs;
	for (int i = 0; i < due.link.nb_vfs; i++) {
		due.vfs[i].demand = nic->offer[i];
		if (!isinf(nic->offer[i]))
			free += nic->sent[i] / 8;
	}
	xebra_share_fill(&due.link);
	for (int i = 0; i < due.link.nb_vfs; i++)
		if (nic->sent[i] < due.vfs[i].rate - free)
			assert_sends(nic, i, due.vfs[i].rate - free);
}

static void
caps_above_the_link_share_it_in_proportion(void **state)
{
	struct nic nic;

	(void)state;
	make_nic(&nic, 10000, 2);
	nic.offer[0] = nic.offer[1] = INFINITY;
	nic.l.vfs[0].terms.cap = 8000;
	nic.l.vfs[1].terms.cap = 6000;
	periods(&nic, 3);
	assert_sends(&nic, 0, 5714);
	assert_sends(&nic, 1, 4286);
}

static void
unused_bandwidth_is_lent_and_back_within_300_ms(void **state)
{
	struct nic nic;

	(void)state;
	make_nic(&nic, 10000, 3);
	nic.l.vfs[0].terms.guarantee = 2000;
	nic.offer[1] = nic.offer[2] = INFINITY;
	periods(&nic, BACK_PERIODS);
	assert_sends(&nic, 1, 5000);
	for (int times = 0; times < 3; times++) {
		nic.offer[0] = INFINITY;
		/* The guarantee does not wait for the loop. */
		period(&nic);
		assert_true(nic.sent[0] >= 2000);
		periods(&nic, BACK_PERIODS - 1);
		assert_sends(&nic, 0, 2000 + 8000 / 3.0);
		assert_sends(&nic, 1, 8000 / 3.0);
		nic.offer[0] = 0;
		periods(&nic, BACK_PERIODS);
		assert_sends(&nic, 2, 5000);
	}
}

static void
random_links_are_shared_rightly_within_300_ms_of_any_change(void **state)
{
	struct nic nic;

	(void)state;
	for (int round = 0; round < 300; round++) {
		make_nic(&nic, 1000, 1);
		draw_link(&nic.l, 1000);
		nic.hw.weights = round % 2;
		nic.hw.min = 1;
		for (int change = 0; change < 4; change++) {
			int who = chance(nic.l.link.nb_vfs);

			for (int i = 0; i < nic.l.link.nb_vfs && change == 0; i++)
				nic.offer[i] = nic.l.vfs[i].demand;
			if (change > 0)
				nic.offer[who] = nic.offer[who] > 0 ? 0 : INFINITY;
			periods(&nic, BACK_PERIODS);
			assert_all_get_their_due(&nic);
		}
	}
}

static void
limits_rest_while_traffic_does(void **state)
{
	struct nic nic;

	(void)state;
	for (int round = 0; round < 200; round++) {
		make_nic(&nic, 1000, 1);
		draw_link(&nic.l, 1000);
		nic.hw.weights = round % 2;
		nic.hw.min = 1;
		for (int i = 0; i < nic.l.link.nb_vfs; i++)
			nic.offer[i] = nic.l.vfs[i].demand;
		periods(&nic, 2 * BACK_PERIODS);
		for (int i = 0; i < 20; i++)
			assert_int_equal(period(&nic), 0);
	}
}

/* A TCP saws below its limit: still it is taken to want all, and no one gets less than his due. */
static void
traffic_that_saws_keeps_its_share(void **state)
{
	struct nic nic;

	(void)state;
	make_nic(&nic, 10000, 4);
	nic.noise = 90;
	for (int i = 0; i < 4; i++)
		nic.offer[i] = INFINITY;
	periods(&nic, BACK_PERIODS);
	for (int i = 0; i < 500; i++) {
		period(&nic);
		for (int vf = 0; vf < 4; vf++)
			assert_sends(&nic, vf, 2500);
	}
}

static void
small_packets_count_with_what_they_cost_on_the_wire(void **state)
{
	struct xebra_share_vf vf = {0};
	struct xebra_share_hw hw = {.overhead = 20};

	(void)state;
	xebra_share_measure(&vf, &hw, 0, 0, 1);
	assert_true(vf.measured == 0);
	xebra_share_measure(&vf, &hw, 64 * 1000, 1000, 1 + 1000000);
	assert_true(fabs(vf.measured - 672) < 0.001);
	/* A reset of the VF is no rate at all. */
	xebra_share_measure(&vf, &hw, 10, 1, 1 + 2000000);
	assert_true(fabs(vf.measured - 672) < 0.001);
}

static void
limits_are_what_the_hardware_can_do(void **state)
{
	struct nic nic;
	double sum;

	(void)state;
	for (int round = 0; round < 200; round++) {
		make_nic(&nic, 1000, 1);
		draw_link(&nic.l, 1000);
		for (int i = 0; i < nic.l.link.nb_vnets; i++)
			nic.l.vnets[i].terms = (struct xebra_share_terms){0};
		for (int i = 0; i < nic.l.link.nb_vfs && round % 2; i++)
			nic.l.vfs[i].terms.cap = 0;
		nic.hw.step = 1 + chance(50);
		nic.hw.min = nic.hw.step * (1 + chance(3));
		for (int i = 0; i < nic.l.link.nb_vfs; i++)
			nic.offer[i] = INFINITY;
		periods(&nic, BACK_PERIODS);
		sum = 0;
		for (int i = 0; i < nic.l.link.nb_vfs; i++) {
			const struct xebra_share_vf *vf = &nic.l.vfs[i];
			uint32_t limit = vf->set.max_rate;

			assert_int_equal(limit % nic.hw.step, 0);
			assert_true(limit == 0 || limit >= nic.hw.min);
			assert_true(limit <=
				RTE_MAX(vf->terms.cap != 0 ? vf->terms.cap : nic.l.link.speed,
					nic.hw.min));
			sum += limit != 0 ? limit : nic.l.link.speed;
		}
		/* Where caps are no bar, rounding wastes no more than a step and what rests. */
		if (round % 2)
			assert_true(sum >= nic.l.link.speed * (1 - 1 / 256.0) - nic.hw.step);
	}
}

static void
hardware_that_shares_by_itself_is_told_once(void **state)
{
	struct nic nic;

	(void)state;
	make_nic(&nic, 10000, 3);
	nic.hw.weights = true;
	assert_false(xebra_share_needs_loop(&nic.l.link, &nic.hw));
	nic.l.vfs[0].terms = (struct xebra_share_terms){.cap = 8000, .guarantee = 100};
	nic.l.vfs[1].terms = (struct xebra_share_terms){.cap = 4000, .weight = 2};
	assert_int_equal(xebra_share_step(&nic.l.link, &nic.hw), 3);
	assert_int_equal(nic.l.vfs[0].set.max_rate, 8000);
	assert_int_equal(nic.l.vfs[0].set.min_rate, 100);
	assert_int_equal(nic.l.vfs[0].set.weight, nic.l.vfs[1].set.weight);
	assert_int_equal(nic.l.vfs[2].set.max_rate, 0);
	assert_int_equal(nic.l.vfs[2].set.weight, XEBRA_SHARE_SET_WEIGHT_MAX);
	for (int i = 0; i < 3; i++)
		nic.offer[i] = chance(10000);
	for (int i = 0; i < 10; i++)
		assert_int_equal(period(&nic), 0);
	nic.l.vnets[1].terms.cap = 1000;
	assert_true(xebra_share_needs_loop(&nic.l.link, &nic.hw));
	nic.hw.weights = false;
	nic.l.vnets[1].terms.cap = 0;
	assert_true(xebra_share_needs_loop(&nic.l.link, &nic.hw));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(caps_above_the_link_share_it_in_proportion),
		cmocka_unit_test(unused_bandwidth_is_lent_and_back_within_300_ms),
		cmocka_unit_test(random_links_are_shared_rightly_within_300_ms_of_any_change),
		cmocka_unit_test(limits_rest_while_traffic_does),
		cmocka_unit_test(traffic_that_saws_keeps_its_share),
		cmocka_unit_test(small_packets_count_with_what_they_cost_on_the_wire),
		cmocka_unit_test(limits_are_what_the_hardware_can_do),
		cmocka_unit_test(hardware_that_shares_by_itself_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
