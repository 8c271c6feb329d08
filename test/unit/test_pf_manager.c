/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PF manager with a PF in memory: what is configured becomes real in an order without holes,
 * and stays so whoever meddles.
 */
#include "xebra_test.h"

#include <stdio.h>
#include <unistd.h>

#include "pf_manager_bench.h"
#include "xebra_conf.h"
#include "xebra_loop.h"

/* ---- Making it so ---- */

static void
the_start_makes_the_file_real(void **state)
{
	(void)state;
	must_start(CONFIG(GUESTS_1));
	assert_as_configured();
	assert_int_equal(fake.vfs[3].vlan, 2);
	assert_int_equal(fake.vfs[3].max_rate, 3000);
	assert_int_equal(fake.vfs[5].vlan, 3);
	assert_int_equal(fake.vfs[5].priority, 5);
	assert_int_equal(fake.vfs[5].nb_trunk, 2);
	assert_int_equal(fake.vfs[5].trunk[0], 70);
	assert_true(fake.vfs[5].spoof_check);
	assert_false(fake.vfs[5].trust);
	/* "any free" is the first one. */
	assert_string_equal(vf(0)->want.guest, "r1");
}

static void
nothing_is_done_twice(void **state)
{
	(void)state;
	must_start(CONFIG(GUESTS_1));
	fake.nb_log = 0;
	look();
	must_reload(CONFIG(GUESTS_1));
	assert_int_equal(fake.nb_log, 0);
}

static void
no_guest_sees_another_ones_network_on_the_way(void **state)
{
	struct xebra_pf_vf old, new;

	(void)state;
	must_start(CONFIG(GUESTS_1));
	old = fake.vfs[3];
	fake.nb_log = 0;
	must_reload(CONFIG(GUESTS_2));
	new = fake.vfs[3];
	assert_int_equal(new.vlan, 3);
	for (unsigned int i = 0; i < fake.nb_log; i++) {
		const struct xebra_pf_vf *now = &fake.log[i].now;

		if (fake.log[i].vf != 3 || is_closed(now))
			continue;
		assert_true(xebra_pf_differ(now, &old, XEBRA_PF_ISOLATION) == 0 ||
			xebra_pf_differ(now, &new, XEBRA_PF_ISOLATION) == 0);
	}
	/* r1 kept its other VF, untouched. */
	assert_int_equal(steps_of(0), 0);
	assert_as_configured();
}

static void
a_guest_that_goes_leaves_scrubbed_vfs(void **state)
{
	(void)state;
	must_start(CONFIG(GUESTS_1));
	must_reload("{" PFS ", " VNETS "}");
	for (unsigned int i = 0; i < FAKE_VFS; i++) {
		assert_true(is_closed(&fake.vfs[i]));
		assert_int_equal(fake.vfs[i].vlan, 0);
		assert_int_equal(fake.vfs[i].nb_trunk, 0);
		assert_int_equal(fake.vfs[i].max_rate, 0);
	}
	assert_as_configured();
}

static void
a_pf_that_goes_leaves_scrubbed_vfs(void **state)
{
	(void)state;
	must_start(CONFIG(GUESTS_1));
	must_reload("{" VNETS "}");
	assert_null(fake.handle);
	for (unsigned int i = 0; i < FAKE_VFS; i++)
		assert_true(is_closed(&fake.vfs[i]));
}

static void
a_guest_keeps_its_vf_and_mac(void **state)
{
	struct rte_ether_addr mac;

	(void)state;
	must_start(CONFIG(GUESTS_1));
	mac = fake.vfs[0].mac;
	/* VF 0 is wanted by nobody else; with a VF that goes before it, "any" stays where it is. */
	must_reload(CONFIG(GUESTS_2));
	assert_string_equal(vf(0)->want.guest, "r1");
	assert_true(rte_is_same_ether_addr(&fake.vfs[0].mac, &mac));
	/* Across a restart as well. */
	xebra_conf_stop();
	fake.nb_log = 0;
	must_start(CONFIG(GUESTS_2));
	assert_true(rte_is_same_ether_addr(&fake.vfs[0].mac, &mac));
	assert_int_equal(fake.nb_log, 0);
	/* When somebody is given that VF by its number, it gets another one. */
	must_reload(
		"{" PFS ", " VNETS ", \"guests\": {\"r1\": {\"vnet\": \"red\", \"vfs\": [{\"pf\": "
		"\"p0\"}]}, \"x\": {\"vnet\": \"blue\", \"vfs\": [{\"pf\": \"p0\", \"vf\": 0}]}}}");
	assert_string_equal(vf(0)->want.guest, "x");
	assert_string_equal(vf(1)->want.guest, "r1");
	assert_false(rte_is_same_ether_addr(&fake.vfs[0].mac, &mac));
}

static void
a_detached_guests_vfs_are_kept_for_it_but_down(void **state)
{
	(void)state;
	must_start("{" PFS ", " VNETS
		   ", \"guests\": {\"r1\": {\"vnet\": \"red\", \"attached\": false, "
		   "\"vfs\": [{\"pf\": \"p0\"}]}, \"b\": {\"vnet\": \"blue\", \"vfs\": [{\"pf\": "
		   "\"p0\"}]}}}");
	assert_true(is_closed(&fake.vfs[0]));
	assert_int_equal(fake.vfs[0].vlan, 0);
	assert_string_equal(vf(1)->want.guest, "b");
	assert_as_configured();
}

/* ---- Domains ---- */

#define DOMAIN_CONFIG                                                                          \
	"{" PFS ", " VNETS ", \"guests\": {\"web\": {\"domain\": \"web\", \"vnet\": \"red\", " \
	"\"vfs\": [{\"pf\": \"p0\", \"cap\": 700}]}}}"

/* The domain holds the fake's VF of this number, as the toolstack would have given it. */
static void
domain_comes(uint32_t id, unsigned int number)
{
	xen.state = (struct xebra_guest_state){.present = true, .instance = id};
	xen.state.knows_devices = true;
	xen.state.nb_devices = 1;
	xen.state.device[0].bus = 1;
	xen.state.device[0].function = number;
}

static void
a_domain_has_the_vf_that_it_holds_for_as_long_as_it_lives(void **state)
{
	struct rte_ether_addr mac;

	(void)state;
	memset(&xen, 0, sizeof(xen));
	must_start(DOMAIN_CONFIG);
	for (unsigned int i = 0; i < FAKE_VFS; i++)
		assert_true(is_closed(&fake.vfs[i]));
	domain_comes(5, 6);
	look();
	assert_as_configured();
	assert_int_equal(fake.vfs[6].vlan, 2);
	assert_true(is_closed(&fake.vfs[0]));
	assert_int_equal(xen.told.nb, 1);
	assert_int_equal(xen.told.cap[0].mbps, 700);
	mac = fake.vfs[6].mac;
	/* It was away in between, and nobody saw it: the VF is reset all the same. */
	domain_comes(9, 6);
	fake.nb_log = 0;
	look();
	assert_true(steps_of(6) > 0);
	assert_int_equal(fake.log[1].setting, FAKE_RESET);
	assert_true(rte_is_same_ether_addr(&fake.vfs[6].mac, &mac));
	assert_as_configured();
	/* It dies. */
	xen.state = (struct xebra_guest_state){0};
	look();
	assert_true(is_closed(&fake.vfs[6]));
	assert_int_equal(fake.vfs[6].vlan, 0);
	/* It comes back with another VF, and the MAC that it had. */
	domain_comes(12, 2);
	look();
	assert_int_equal(fake.vfs[2].vlan, 2);
	assert_true(rte_is_same_ether_addr(&fake.vfs[2].mac, &mac));
	assert_true(is_closed(&fake.vfs[6]));
	assert_as_configured();
}

/* ---- Drift ---- */

static void
what_others_change_is_told_and_put_right(void **state)
{
	json_t *drifts;

	(void)state;
	must_start(CONFIG(GUESTS_1));
	fake.vfs[3].vlan = 9;
	fake.vfs[3].spoof_check = false;
	fake.vfs[1].link = XEBRA_PF_LINK_ENABLE;
	look();
	assert_as_configured();
	drifts = drift_json();
	assert_int_equal(json_array_size(drifts), 3);
	for (unsigned int i = 0; i < 3; i++)
		assert_string_equal(
			json_string_value(json_object_get(json_array_get(drifts, i), "state")),
			"corrected");
	json_decref(drifts);
}

static void
what_we_change_is_no_drift(void **state)
{
	json_t *drifts;

	(void)state;
	must_start(CONFIG(GUESTS_1));
	must_reload(CONFIG(GUESTS_2));
	look();
	must_reload(
		"{" PFS ", \"vnets\": {\"red\": {\"vlan\": 2, \"cap\": 500}, \"blue\": {\"vlan\": "
		"4}}, " GUESTS_1 "}");
	look();
	fake.speed = 1000;
	look();
	look();
	drifts = drift_json();
	assert_int_equal(json_array_size(drifts), 0);
	json_decref(drifts);
}

/* ---- Bandwidth ---- */

static void
caps_above_the_link_are_shared_in_proportion(void **state)
{
	(void)state;
	fake_make(CAN_CAP);
	must_start(
		"{" PFS
		", \"vnets\": {\"red\": {\"vlan\": 2}, \"blue\": {\"vlan\": 3}}, \"guests\": {"
		"\"r\": {\"vnet\": \"red\", \"vfs\": [{\"pf\": \"p0\", \"vf\": 0, \"cap\": 8000}]},"
		"\"b\": {\"vnet\": \"blue\", \"vfs\": [{\"pf\": \"p0\", \"vf\": 1, \"cap\": "
		"6000}]}}}");
	assert_in_range(fake.vfs[0].max_rate, 5710, 5718);
	assert_in_range(fake.vfs[1].max_rate, 4282, 4290);
}

/* Time that passes while VF 0 sends all it may and VF 1 nothing; steps of 50 ms. */
static void
only_the_first_sends(unsigned int steps)
{
	while (steps-- > 0) {
		fake.stats[0].tx_packets += 1000;
		fake.stats[0].tx_bytes += (uint64_t)fake.vfs[0].max_rate * 1000000 / 8 / 20;
		usleep(50000);
		bandwidth_step();
	}
}

static void
what_one_does_not_use_the_other_gets(void **state)
{
	json_t *drifts;

	(void)state;
	fake_make(CAN_CAP);
	must_start(
		"{" PFS
		", \"vnets\": {\"red\": {\"vlan\": 2}, \"blue\": {\"vlan\": 3}}, \"guests\": {"
		"\"r\": {\"vnet\": \"red\", \"vfs\": [{\"pf\": \"p0\", \"vf\": 0, \"cap\": 8000}]},"
		"\"b\": {\"vnet\": \"blue\", \"vfs\": [{\"pf\": \"p0\", \"vf\": 1, \"cap\": "
		"6000}]}}}");
	only_the_first_sends(6);
	assert_in_range(fake.vfs[0].max_rate, 7900, 8000);
	/* The loop's rates are what should be, and no drift. */
	look();
	assert_in_range(fake.vfs[0].max_rate, 7000, 8000);
	drifts = drift_json();
	assert_int_equal(json_array_size(drifts), 0);
	json_decref(drifts);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_start_makes_the_file_real),
		TEST(nothing_is_done_twice),
		TEST(no_guest_sees_another_ones_network_on_the_way),
		TEST(a_guest_that_goes_leaves_scrubbed_vfs),
		TEST(a_pf_that_goes_leaves_scrubbed_vfs),
		TEST(a_guest_keeps_its_vf_and_mac),
		TEST(a_detached_guests_vfs_are_kept_for_it_but_down),
		TEST(a_domain_has_the_vf_that_it_holds_for_as_long_as_it_lives),
		TEST(what_others_change_is_told_and_put_right),
		TEST(what_we_change_is_no_drift),
		TEST(caps_above_the_link_are_shared_in_proportion),
		TEST(what_one_does_not_use_the_other_gets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
