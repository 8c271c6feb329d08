/* SPDX-License-Identifier: BSD-3-Clause */
#include "xebra_test.h"

#include <errno.h>
#include <string.h>

#include "pf_conformance.h"

static struct xebra_pf_info
info_of(struct xebra_pf *pf)
{
	struct xebra_pf_info info = {0};
	struct xebra_err err = {0};

	assert_int_equal(pf->ops->info(pf, &info, &err), 0);
	return info;
}

static void
read_two(struct xebra_pf *pf, struct xebra_pf_vf vfs[2])
{
	struct xebra_err err = {0};

	memset(vfs, 0, 2 * sizeof(vfs[0]));
	if (pf->ops->read(pf, vfs, 2, &err) < 0)
		fail_msg("read: %s", err.text);
}

static void
assert_same(const struct xebra_pf_vf *is, const struct xebra_pf_vf *should, uint32_t what,
	unsigned int number)
{
	uint32_t missing = should->known & what & ~is->known;
	uint32_t differ = xebra_pf_differ(is, should, what);

	if (missing != 0)
		fail_msg("settings %u: %s is not read", number, xebra_pf_setting_name(missing));
	if (differ != 0)
		fail_msg("settings %u: %s is not what was set", number,
			xebra_pf_setting_name(differ));
}

void
pf_take_steps(
	struct xebra_pf *pf, unsigned int vf, const struct xebra_pf_step *steps, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		const struct xebra_pf_step *s = &steps[i];
		struct xebra_err err = {0};
		int rc;

		if (s->type == XEBRA_PF_STEP_RESET)
			rc = pf->ops->reset(pf, vf, &err);
		else
			rc = pf->ops->set(pf, vf, s->setting, &s->to, &err);
		if (rc < 0)
			fail_msg("step %u: %s", i, err.text);
	}
}

void
pf_make(struct xebra_pf *pf, unsigned int vf, const struct xebra_pf_vf *want, bool new_owner)
{
	struct xebra_pf_step steps[XEBRA_PF_STEPS_MAX];
	struct xebra_pf_info info = info_of(pf);
	struct xebra_pf_vf vfs[2];
	unsigned int n;

	read_two(pf, vfs);
	n = xebra_pf_plan(&vfs[vf], want, info.can, new_owner, steps);
	pf_take_steps(pf, vf, steps, n);
}

struct xebra_pf_vf
pf_some_settings(const struct xebra_pf_info *info, unsigned int number)
{
	uint32_t step = RTE_MAX(info->rate_step, 1u);
	uint32_t min = (RTE_MAX(info->rate_min, 1u) + step - 1) / step * step;
	struct xebra_pf_vf vf = {
		.known = XEBRA_PF_ALL & info->can,
		.mac = {{0x02, 0x58, 0x42, 0, number >> 8, number}},
		.vlan = 1 + number * 37 % 4094,
		.priority = info->can & XEBRA_PF_CAN_PRIORITY ? number % 8 : 0,
		.spoof_check = number % 3 != 0,
		.trust = number % 5 == 0,
		.link = number % 3,
		.max_rate = number % 4 == 3 ? 0 : min + step * (number % 90),
		.weight = 1 + number % 100,
		.mtu = info->mtu != 0 ? RTE_MIN(1400 + number, (unsigned int)info->mtu) : 1400,
	};

	/* Above the cap is none; without a cap any will do that a link of 10 Mb/s has. */
	vf.min_rate = vf.max_rate != 0 ? vf.max_rate / 2 : number % 9;
	vf.nb_trunk = number % 4;
	for (unsigned int i = 0; i < vf.nb_trunk; i++)
		vf.trunk[i] = 100 + number % 1000 + i;
	return vf;
}

static void
scrub_both(struct xebra_pf *pf)
{
	struct xebra_pf_info info = info_of(pf);
	struct xebra_pf_vf free_vf;

	xebra_pf_scrubbed(&free_vf, info.can);
	pf_make(pf, 0, &free_vf, true);
	pf_make(pf, 1, &free_vf, true);
}

/* ---- The promises ---- */

static void
it_says_what_it_is(struct xebra_pf *pf)
{
	struct xebra_pf_info info = info_of(pf);

	assert_true(info.nb_vfs >= 2);
	assert_true(info.nb_vfs <= XEBRA_PF_VFS_MAX);
	assert_true(info.driver[0] != '\0');
	assert_true(info.device[0] != '\0');
	/* Below that there is no isolation to speak of. */
	assert_true(info.can & XEBRA_PF_VLAN);
	assert_true(info.can & XEBRA_PF_MAC);
	assert_true(info.rate_step >= 1);
}

static void
what_it_can_it_reads(struct xebra_pf *pf)
{
	struct xebra_pf_info info = info_of(pf);
	struct xebra_pf_vf vfs[2];

	read_two(pf, vfs);
	assert_int_equal(vfs[0].known, info.can & XEBRA_PF_ALL);
	assert_int_equal(vfs[1].known, info.can & XEBRA_PF_ALL);
}

static void
every_setting_is_in_effect_alone(struct xebra_pf *pf)
{
	struct xebra_pf_info info = info_of(pf);

	scrub_both(pf);
	for (unsigned int number = 1; number < 12; number++) {
		struct xebra_pf_vf to = pf_some_settings(&info, number);

		for (unsigned int i = 0; i < XEBRA_PF_SETTINGS; i++) {
			struct xebra_pf_vf before[2], after[2];
			struct xebra_err err = {0};
			uint32_t setting = RTE_BIT32(i);

			/* The guarantee is in reach of the cap only when both are set: the plan's.
			 */
			if (!(info.can & setting) || setting == XEBRA_PF_MIN_RATE ||
				setting == XEBRA_PF_MAX_RATE)
				continue;
			read_two(pf, before);
			if (pf->ops->set(pf, 1, setting, &to, &err) < 0)
				fail_msg("settings %u: %s", number, err.text);
			read_two(pf, after);
			assert_same(&after[1], &to, setting, number);
			assert_same(&after[1], &before[1], ~setting, number);
			assert_same(&after[0], &before[0], XEBRA_PF_ALL, number);
		}
	}
	scrub_both(pf);
}

static void
plans_lead_from_anything_to_anything(struct xebra_pf *pf)
{
	struct xebra_pf_info info = info_of(pf);

	scrub_both(pf);
	for (unsigned int number = 1; number < 60; number += 1 + number % 7) {
		struct xebra_pf_vf want = pf_some_settings(&info, number), vfs[2];
		struct xebra_pf_step steps[XEBRA_PF_STEPS_MAX];

		pf_make(pf, number % 2, &want, number % 5 == 0);
		read_two(pf, vfs);
		assert_same(&vfs[number % 2], &want, XEBRA_PF_ALL, number);
		/* And there is nothing left to do. */
		assert_int_equal(xebra_pf_plan(&vfs[number % 2], &want, info.can, false, steps), 0);
	}
	scrub_both(pf);
}

static void
a_refusal_says_why_and_changes_nothing(struct xebra_pf *pf)
{
	struct xebra_pf_info info = info_of(pf);
	struct xebra_pf_vf good = pf_some_settings(&info, 3), bad, before[2], after[2];
	struct xebra_err err = {0};

	scrub_both(pf);
	pf_make(pf, 0, &good, false);
	read_two(pf, before);
	/* A VF that there is not. */
	assert_true(pf->ops->set(pf, info.nb_vfs, XEBRA_PF_VLAN, &good, &err) < 0);
	assert_true(err.text[0] != '\0');
	err = (struct xebra_err){0};
	assert_true(pf->ops->reset(pf, info.nb_vfs, &err) < 0);
	assert_true(err.text[0] != '\0');
	/* Values that cannot be. */
	bad = good;
	bad.vlan = 4095;
	assert_true(pf->ops->set(pf, 0, XEBRA_PF_VLAN, &bad, &err) < 0);
	bad = good;
	bad.mac.addr_bytes[0] = 0x03;
	err = (struct xebra_err){0};
	assert_true(pf->ops->set(pf, 0, XEBRA_PF_MAC, &bad, &err) < 0);
	assert_non_null(strstr(err.text, "mac"));
	/* What it does not have. */
	for (unsigned int i = 0; i < XEBRA_PF_SETTINGS; i++)
		if (!(info.can & RTE_BIT32(i)))
			assert_true(pf->ops->set(pf, 0, RTE_BIT32(i), &good, &err) < 0);
	read_two(pf, after);
	assert_same(&after[0], &before[0], XEBRA_PF_ALL, 3);
	assert_same(&after[1], &before[1], XEBRA_PF_ALL, 3);
	scrub_both(pf);
}

static void
a_reset_takes_the_guests_mac_and_leaves_the_others_alone(struct xebra_pf *pf)
{
	struct xebra_pf_info info = info_of(pf);
	struct xebra_pf_vf one = pf_some_settings(&info, 7), two = pf_some_settings(&info, 8);
	struct xebra_pf_vf before[2], after[2], free_vf;
	struct xebra_err err = {0};

	scrub_both(pf);
	pf_make(pf, 0, &one, false);
	pf_make(pf, 1, &two, false);
	read_two(pf, before);
	xebra_pf_scrubbed(&free_vf, info.can);
	pf_make(pf, 0, &free_vf, true);
	read_two(pf, after);
	assert_false(rte_is_same_ether_addr(&after[0].mac, &one.mac));
	assert_same(&after[0], &free_vf, XEBRA_PF_ALL, 7);
	assert_same(&after[1], &before[1], XEBRA_PF_ALL, 8);
	/* A reset alone never opens anything. */
	assert_int_equal(pf->ops->reset(pf, 0, &err), 0);
	read_two(pf, after);
	assert_same(&after[0], &free_vf, XEBRA_PF_LINK | XEBRA_PF_TRUST, 7);
	scrub_both(pf);
}

static void
counters_do_not_run_backwards(struct xebra_pf *pf)
{
	struct xebra_pf_info info = info_of(pf);
	struct xebra_pf_stats first[2], second[2];
	struct xebra_err err = {0};

	if (!(info.can & XEBRA_PF_CAN_STATS))
		return;
	assert_int_equal(pf->ops->stats(pf, first, 2, &err), 0);
	assert_int_equal(pf->ops->stats(pf, second, 2, &err), 0);
	for (unsigned int i = 0; i < 2; i++) {
		assert_true(second[i].tx_bytes >= first[i].tx_bytes);
		assert_true(second[i].rx_bytes >= first[i].rx_bytes);
	}
}

static void
a_real_rate_is_near_what_was_asked_for(struct xebra_pf *pf)
{
	struct xebra_pf_info info = info_of(pf);

	if (pf->ops->real_rate == NULL || info.speed == 0)
		return;
	for (uint32_t rate = RTE_MAX(info.rate_min, 1u); rate <= info.speed;
		rate += 1 + info.speed / 50) {
		double real = pf->ops->real_rate(pf, rate);

		assert_true(real > 0.5 * rate && real < 1.5 * rate + 1);
	}
}

const struct pf_promise pf_promises[] = {
	{"it_says_what_it_is", it_says_what_it_is},
	{"what_it_can_it_reads", what_it_can_it_reads},
	{"every_setting_is_in_effect_alone", every_setting_is_in_effect_alone},
	{"plans_lead_from_anything_to_anything", plans_lead_from_anything_to_anything},
	{"a_refusal_says_why_and_changes_nothing", a_refusal_says_why_and_changes_nothing},
	{"a_reset_takes_the_guests_mac_and_leaves_the_others_alone",
		a_reset_takes_the_guests_mac_and_leaves_the_others_alone},
	{"counters_do_not_run_backwards", counters_do_not_run_backwards},
	{"a_real_rate_is_near_what_was_asked_for", a_real_rate_is_near_what_was_asked_for},
	{NULL, NULL},
};
