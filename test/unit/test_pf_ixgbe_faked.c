/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The backend `ixgbe` without such a NIC: the promises that every backend makes, and what is its
 * own, against a fake of DPDK's calls (fake_ixgbe.h).
 */
#include "fake_ixgbe.h"

#include <stdio.h>

#include "ixgbe_rate.h"
#include "pf_conformance.h"
#include "xebra_loop.h"

#define PROMISES_MAX 32

static struct xebra_pf *pf;
static int changes;

static void
note_change(struct xebra_pf *changed, void *arg)
{
	(void)arg;
	assert_ptr_equal(changed, pf);
	changes++;
	xebra_loop_stop();
}

static int
open_pf(const char *device, unsigned int vfs, struct xebra_err *err)
{
	const struct xebra_pf_conf conf = {
		.name = "ix0", .device = device, .vfs = vfs, .changed = note_change};

	return xebra_pf_backend("ixgbe")->open(&conf, &pf, err);
}

static int
start(void **state)
{
	struct xebra_err err = {0};

	(void)state;
	fake_make(10000);
	changes = 0;
	return xebra_loop_init() == 0 ? open_pf("0000:03:00.0", 0, &err) : -1;
}

static int
end(void **state)
{
	(void)state;
	pf->ops->close(pf);
	assert_false(nic.open);
	assert_null(nic.mbox);
	xebra_loop_fini();
	return 0;
}

static void
keep_promise(void **state)
{
	const struct pf_promise *promise = *state;

	start(NULL);
	promise->test(pf);
	end(NULL);
}

static void
set(unsigned int vf, uint32_t what, const struct xebra_pf_vf *to)
{
	struct xebra_err err = {0};

	if (pf->ops->set(pf, vf, what, to, &err) < 0)
		fail_msg("%s", err.text);
}

static void
set_rate(unsigned int vf, uint32_t rate)
{
	struct xebra_pf_vf to = {.known = XEBRA_PF_MAX_RATE, .max_rate = rate};

	set(vf, XEBRA_PF_MAX_RATE, &to);
}

static const struct xebra_pf_vf red = {
	.known = XEBRA_PF_ISOLATION | XEBRA_PF_LINK,
	.mac = {{2, 0, 0, 0, 0, 0x11}},
	.vlan = 2,
	.spoof_check = true,
};

static void
assert_is_red(unsigned int vf)
{
	const struct fake_vf *is = &nic.vf[vf];

	assert_true(rte_is_same_ether_addr(&is->mac, &red.mac));
	assert_int_equal(is->insert, 2);
	assert_int_equal(is->vlans[0], 1 << 2);
	assert_true(is->strip && is->mac_spoof && is->vlan_spoof && is->broadcast);
	assert_false(is->untagged || is->hash_uc || is->all_multicast);
	assert_true(is->tx && is->rx);
}

static void
a_vf_gets_its_network_before_its_link(void **state)
{
	(void)state;
	for (int i = 0; i < FAKE_VFS; i++)
		assert_false(nic.vf[i].tx || nic.vf[i].rx);
	pf_make(pf, 1, &red, true);
	assert_is_red(1);
	assert_false(nic.opened_unsafe);
	assert_int_equal(nic.vf[1].pings, 1);
	assert_true(nic.loopback && nic.drop && nic.vf[1].drop);
}

static void
a_guest_that_resets_its_vf_stays_in_its_network(void **state)
{
	(void)state;
	pf_make(pf, 1, &red, true);
	fake_vf_resets(1);
	assert_is_red(1);
	assert_false(nic.opened_unsafe);
	/* One whose link is disabled does not open it that way. */
	fake_vf_resets(2);
	assert_false(nic.vf[2].tx || nic.vf[2].rx);
	/* Where that fails it is closed, and the manager hears of it. */
	nic.failing = "rte_pmd_ixgbe_set_vf_vlan_insert";
	fake_vf_resets(1);
	assert_false(nic.vf[1].tx);
	nic.failing = NULL;
	assert_int_equal(xebra_loop_run(), 0);
	assert_int_equal(changes, 1);
}

static void
a_guest_without_trust_gets_nothing_by_asking(void **state)
{
	const struct rte_ether_addr other = {{2, 0, 0, 0, 0, 0x99}};
	struct xebra_pf_vf trusted = red;
	const uint32_t vlan = 2;

	(void)state;
	pf_make(pf, 1, &red, true);
	assert_true(fake_vf_asks(1, 0x02, &red.mac, 6));
	assert_false(fake_vf_asks(1, 0x02, &other, 6));
	assert_false(fake_vf_asks(1, 0x04, &vlan, 4));
	assert_false(fake_vf_asks(1, 0x06, &other, 6));
	assert_false(fake_vf_asks(1, 0x0c, &vlan, 4));
	assert_false(fake_vf_asks(1, 0xffff, &vlan, 4));
	assert_true(fake_vf_asks(1, 0x09, &vlan, 4));
	assert_false(fake_vf_asks(200, 0x09, &vlan, 4));
	trusted.trust = true;
	assert_true(trusted.known & XEBRA_PF_TRUST);
	set(1, XEBRA_PF_TRUST, &trusted);
	assert_true(fake_vf_asks(1, 0x02, &other, 6));
}

static void
factors_are_what_the_register_takes(void **state)
{
	(void)state;
	/* 3.3333 in 10.14: 3 and 5461/16384, which is a little more than was asked for. */
	assert_int_equal(ixgbe_factor(10000, 3000), 3 << 14 | 5461);
	assert_true(ixgbe_rate(10000, ixgbe_factor(10000, 3000)) > 3000);
	assert_true(ixgbe_rate(10000, ixgbe_factor(10000, 3000)) < 3000.1);
	assert_int_equal(ixgbe_factor(10000, 10000), 1 << 14);
	assert_int_equal(ixgbe_rate_min(10000), 10);
	assert_int_equal(ixgbe_rate_min(1000), 1);
	for (uint32_t speed = 100; speed <= 10000; speed *= 10)
		for (uint32_t rate = ixgbe_rate_min(speed); rate <= speed; rate++) {
			uint32_t factor = ixgbe_factor(speed, rate);
			double real = ixgbe_rate(speed, factor);

			assert_true(factor < 1 << 24);
			/* Rounded by less than one step of the factor. */
			assert_true(
				real >= rate && ixgbe_rate(speed, factor + 1) < rate * (1 + 1e-12));
		}
	assert_true(pf->ops->real_rate(pf, 5) > 9.9);
	assert_true(pf->ops->real_rate(pf, 0) == 0);
}

static void
rates_above_the_link_together_are_granted_in_proportion(void **state)
{
	(void)state;
	set_rate(0, 8000);
	assert_int_equal(nic.vf[0].rate, 8000);
	set_rate(1, 6000);
	assert_in_range(nic.vf[0].rate, 5712, 5716);
	assert_in_range(nic.vf[1].rate, 4284, 4288);
	set_rate(0, 3000);
	assert_int_equal(nic.vf[0].rate, 3000);
	assert_int_equal(nic.vf[1].rate, 6000);
	/* Also when all fall and rise at once. */
	for (uint32_t i = 0; i < 200; i++)
		set_rate(i % FAKE_VFS, 10 + i * 7919 % 9990);
	for (int i = 0; i < FAKE_VFS; i++)
		assert_true(nic.vf[i].rate >= 10);
	set_rate(1, 0);
	assert_int_equal(nic.vf[1].rate, 0);
}

static void
rates_follow_the_links_speed(void **state)
{
	struct xebra_pf_info info;
	struct xebra_err err = {0};

	(void)state;
	set_rate(0, 800);
	set_rate(1, 5000);
	nic.link.link_speed = 1000;
	nic.lsc(FAKE_PORT, RTE_ETH_EVENT_INTR_LSC, nic.lsc_arg, NULL);
	assert_int_equal(xebra_loop_run(), 0);
	assert_int_equal(changes, 1);
	assert_true(nic.vf[0].rate + nic.vf[1].rate <= 1000);
	assert_true(nic.vf[0].rate > 400 && nic.vf[1].rate > 500);
	assert_int_equal(pf->ops->info(pf, &info, &err), 0);
	assert_int_equal(info.speed, 1000);
	assert_int_equal(info.rate_min, 1);
	/* While it is down there is no rate to be made, and no error. */
	nic.link.link_status = 0;
	nic.lsc(FAKE_PORT, RTE_ETH_EVENT_INTR_LSC, nic.lsc_arg, NULL);
	assert_int_equal(xebra_loop_run(), 0);
	set_rate(0, 700);
	nic.link = (struct rte_eth_link){.link_speed = 10000, .link_status = 1};
	nic.lsc(FAKE_PORT, RTE_ETH_EVENT_INTR_LSC, nic.lsc_arg, NULL);
	assert_int_equal(xebra_loop_run(), 0);
	assert_int_equal(nic.vf[0].rate, 700);
	assert_int_equal(nic.vf[1].rate, 5000);
}

static void
a_setting_that_fails_closes_the_vf(void **state)
{
	struct xebra_pf_vf blue = red, vfs[2];
	struct xebra_err err = {0};

	(void)state;
	pf_make(pf, 1, &red, true);
	nic.failing = "rte_pmd_ixgbe_set_vf_vlan_filter";
	blue.vlan = 3;
	assert_int_equal(pf->ops->set(pf, 1, XEBRA_PF_VLAN, &blue, &err), -EIO);
	assert_string_equal(err.text, "vlan: Input/output error (driver net_ixgbe)");
	assert_false(nic.vf[1].tx || nic.vf[1].rx);
	assert_int_equal(pf->ops->read(pf, vfs, 2, &err), 0);
	assert_int_equal(vfs[1].link, XEBRA_PF_LINK_DISABLE);
}

static void
refused(const char *text, int code, const char *device, unsigned int vfs)
{
	struct xebra_err err = {0};

	assert_int_equal(open_pf(device, vfs, &err), code);
	assert_string_equal(err.text, text);
	assert_false(nic.open);
}

static void
what_is_no_such_pf_is_refused(void **state)
{
	(void)state;
	xebra_loop_init();
	fake_make(10000);
	refused("device: 0000:04:00.0: no such device", -ENODEV, "0000:04:00.0", 0);
	refused("vfs: 0000:03:00.0 has 8 VFs: another number takes effect before the program "
		"starts",
		-EINVAL, "0000:03:00.0", 4);
	nic.vfs = 0;
	refused("device: 0000:03:00.0 has no VFs: write their number into sriov_numvfs before the "
		"program starts",
		-EOPNOTSUPP, "0000:03:00.0", 0);
	nic.driver = "net_i40e";
	refused("device: 0000:03:00.0: its driver is net_i40e, not net_ixgbe", -ENODEV,
		"0000:03:00.0", 0);
	fake_make(10000);
	nic.failing = "rte_eth_dev_start";
	refused("device: 0000:03:00.0: does not start: Input/output error", -EIO, "0000:03:00.0",
		0);
	nic.lcores = 0;
	refused("backend: ixgbe needs EAL: start with its options and \"--\" before the program's "
		"own",
		-ENODEV, "0000:03:00.0", 0);
	xebra_loop_fini();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
	const struct CMUnitTest own[] = {
		TEST(a_vf_gets_its_network_before_its_link),
		TEST(a_guest_that_resets_its_vf_stays_in_its_network),
		TEST(a_guest_without_trust_gets_nothing_by_asking),
		TEST(factors_are_what_the_register_takes),
		TEST(rates_above_the_link_together_are_granted_in_proportion),
		TEST(rates_follow_the_links_speed),
		TEST(a_setting_that_fails_closes_the_vf),
		cmocka_unit_test(what_is_no_such_pf_is_refused),
	};
	struct CMUnitTest tests[PROMISES_MAX + RTE_DIM(own)];
	size_t n = 0;

	for (const struct pf_promise *p = pf_promises; p->name != NULL && n < PROMISES_MAX; p++)
		tests[n++] = (struct CMUnitTest){
			p->name, keep_promise, NULL, NULL, (void *)(uintptr_t)p};
	for (size_t i = 0; i < RTE_DIM(own); i++)
		tests[n++] = own[i];
	return _cmocka_run_group_tests("test_pf_ixgbe_faked", tests, n, NULL, NULL);
}
