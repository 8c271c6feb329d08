/* SPDX-License-Identifier: BSD-3-Clause */
/* The order in which a VF gets from what it is to what it should be never opens a hole. */
#include "xebra_test.h"

#include "fake_pf.h"
#include "pf_conformance.h"

#define CAN_ALL (XEBRA_PF_ALL | XEBRA_PF_CAN_STATS | XEBRA_PF_CAN_SHARE | XEBRA_PF_CAN_PRIORITY)
#define NETWORK (XEBRA_PF_MAC | XEBRA_PF_VLAN | XEBRA_PF_TRUNK)

static struct xebra_pf *pf;

static void
open_fake(uint32_t can)
{
	const struct xebra_pf_conf conf = {.name = "p0", .device = "fake"};
	struct xebra_err err = {0};

	if (pf != NULL)
		pf->ops->close(pf);
	fake_make(can);
	assert_int_equal(fake_ops.open(&conf, &pf, &err), 0);
}

static int
setup(void **state)
{
	(void)state;
	open_fake(CAN_ALL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	pf->ops->close(pf);
	pf = NULL;
	return 0;
}

/* Make a VF so, whatever it was, and forget how. */
static void
given(const struct xebra_pf_vf *vf)
{
	xebra_pf_copy(&fake.vfs[0], vf, XEBRA_PF_ALL);
	fake.nb_log = 0;
}

static struct xebra_pf_vf
some(unsigned int number)
{
	struct xebra_pf_info info = {.can = CAN_ALL, .mtu = 9000, .rate_step = 1};

	return pf_some_settings(&info, number);
}

static bool
is_closed(const struct xebra_pf_vf *vf)
{
	return vf->link == XEBRA_PF_LINK_DISABLE;
}

static bool
same(const struct xebra_pf_vf *a, const struct xebra_pf_vf *b, uint32_t what)
{
	return xebra_pf_differ(a, b, what) == 0;
}

static void
nothing_passes_between_two_networks(void **state)
{
	(void)state;
	for (unsigned int i = 1; i < 40; i++) {
		for (unsigned int j = 1; j < 40; j++) {
			struct xebra_pf_vf is = some(i), want = some(j);

			given(&is);
			pf_make(pf, 0, &want, false);
			assert_true(same(&fake.vfs[0], &want, XEBRA_PF_ALL));
			for (unsigned int n = 0; n < fake.nb_log; n++) {
				const struct xebra_pf_vf *now = &fake.log[n].now;

				/* Open: wholly in the old network, or complete in the new. */
				assert_true(is_closed(now) || same(now, &is, NETWORK) ||
					same(now, &want, XEBRA_PF_ISOLATION));
			}
		}
	}
}

static void
the_link_goes_up_last(void **state)
{
	(void)state;
	for (unsigned int j = 1; j < 60; j++) {
		struct xebra_pf_vf free_vf, want = some(j);

		xebra_pf_scrubbed(&free_vf, CAN_ALL);
		given(&free_vf);
		pf_make(pf, 0, &want, false);
		for (unsigned int n = 0; n < fake.nb_log; n++)
			assert_true(is_closed(&fake.log[n].now) ||
				same(&fake.log[n].now, &want, XEBRA_PF_ALL));
	}
}

static void
between_two_guests_a_vf_is_closed_and_reset(void **state)
{
	(void)state;
	for (unsigned int j = 1; j < 40; j++) {
		struct xebra_pf_vf want = some(j);
		bool reset = false;

		/* Even when both should be the same. */
		given(&want);
		pf_make(pf, 0, &want, true);
		for (unsigned int n = 0; n < fake.nb_log; n++) {
			reset |= fake.log[n].setting == FAKE_RESET;
			assert_true(is_closed(&fake.log[n].now) || reset);
			assert_true(is_closed(&fake.log[n].now) ||
				same(&fake.log[n].now, &want, XEBRA_PF_ALL));
		}
		assert_true(reset);
		assert_true(same(&fake.vfs[0], &want, XEBRA_PF_ALL));
	}
}

static void
what_is_right_is_not_touched(void **state)
{
	struct xebra_pf_vf want = some(4);

	(void)state;
	given(&want);
	pf_make(pf, 0, &want, false);
	assert_int_equal(fake.nb_log, 0);
}

static void
a_new_rate_does_not_touch_the_link(void **state)
{
	struct xebra_pf_vf is = some(4), want = is;

	(void)state;
	given(&is);
	want.max_rate = 4000;
	want.weight = 7;
	pf_make(pf, 0, &want, false);
	assert_int_equal(fake.nb_log, 2);
	assert_int_equal(fake.log[0].setting, XEBRA_PF_WEIGHT);
	assert_int_equal(fake.log[1].setting, XEBRA_PF_MAX_RATE);
}

static void
what_makes_a_vf_tighter_is_set_under_traffic(void **state)
{
	struct xebra_pf_vf is = some(4), want;

	(void)state;
	is.link = XEBRA_PF_LINK_ENABLE;
	want = is;
	is.trust = true;
	is.spoof_check = false;
	want.trust = false;
	want.spoof_check = true;
	given(&is);
	pf_make(pf, 0, &want, false);
	for (unsigned int n = 0; n < fake.nb_log; n++)
		assert_false(is_closed(&fake.log[n].now));
	/* The other way it is closed meanwhile. */
	given(&want);
	pf_make(pf, 0, &is, false);
	assert_true(is_closed(&fake.log[0].now));
}

static void
a_guarantee_is_never_above_the_cap_on_the_way(void **state)
{
	static const uint32_t rates[][2] = {
		{0, 0}, {0, 100}, {50, 100}, {100, 100}, {300, 400}, {300, 0}, {10, 20}, {0, 5}};

	(void)state;
	/* The fake refuses it, as drivers do. */
	for (unsigned int i = 0; i < RTE_DIM(rates); i++) {
		for (unsigned int j = 0; j < RTE_DIM(rates); j++) {
			struct xebra_pf_vf is = some(1), want = is;

			is.min_rate = rates[i][0];
			is.max_rate = rates[i][1];
			want.min_rate = rates[j][0];
			want.max_rate = rates[j][1];
			given(&is);
			pf_make(pf, 0, &want, false);
			assert_true(same(&fake.vfs[0], &want, XEBRA_PF_ALL));
		}
	}
}

static void
a_guest_that_goes_is_cut_off_first(void **state)
{
	struct xebra_pf_vf is = some(4), free_vf;

	(void)state;
	is.link = XEBRA_PF_LINK_AUTO;
	given(&is);
	xebra_pf_scrubbed(&free_vf, CAN_ALL);
	pf_make(pf, 0, &free_vf, true);
	for (unsigned int n = 0; n < fake.nb_log; n++)
		assert_true(is_closed(&fake.log[n].now));
	assert_int_equal(fake.vfs[0].vlan, 0);
	assert_int_equal(fake.vfs[0].nb_trunk, 0);
	assert_int_equal(fake.vfs[0].max_rate, 0);
	assert_false(rte_is_same_ether_addr(&fake.vfs[0].mac, &is.mac));
}

static void
without_a_link_setting_the_tightest_comes_first(void **state)
{
	struct xebra_pf_vf want = some(4);

	(void)state;
	open_fake(CAN_ALL & ~XEBRA_PF_LINK);
	fake.nb_log = 0;
	want.spoof_check = true;
	want.known &= ~XEBRA_PF_LINK;
	pf_make(pf, 0, &want, true);
	assert_int_equal(fake.log[0].setting, FAKE_RESET);
	assert_int_equal(fake.log[1].setting, XEBRA_PF_SPOOF_CHECK);
	assert_int_equal(fake.log[2].setting, XEBRA_PF_TRUST);
	assert_int_equal(fake.log[3].setting, XEBRA_PF_VLAN);
	assert_true(same(&fake.vfs[0], &want, XEBRA_PF_ALL & ~XEBRA_PF_LINK));
}

static void
the_fake_keeps_the_promises_of_a_backend(void **state)
{
	static const uint32_t lacks[] = {0, XEBRA_PF_LINK, XEBRA_PF_TRUNK, XEBRA_PF_MIN_RATE,
		XEBRA_PF_TRUNK | XEBRA_PF_WEIGHT | XEBRA_PF_MTU | XEBRA_PF_TRUST};

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(lacks); i++) {
		open_fake(CAN_ALL & ~lacks[i]);
		for (const struct pf_promise *p = pf_promises; p->name != NULL; p++)
			p->test(pf);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			nothing_passes_between_two_networks, setup, teardown),
		cmocka_unit_test_setup_teardown(the_link_goes_up_last, setup, teardown),
		cmocka_unit_test_setup_teardown(
			between_two_guests_a_vf_is_closed_and_reset, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_right_is_not_touched, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_new_rate_does_not_touch_the_link, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_makes_a_vf_tighter_is_set_under_traffic, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_guarantee_is_never_above_the_cap_on_the_way, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_guest_that_goes_is_cut_off_first, setup, teardown),
		cmocka_unit_test_setup_teardown(
			without_a_link_setting_the_tightest_comes_first, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_fake_keeps_the_promises_of_a_backend, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
