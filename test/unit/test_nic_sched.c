/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The transmit scheduler in a time of its own: VFs with frames of chance sizes, walks of chance
 * length, the lcore away now and then. What must come out is what lib/nic/nic_sched.c promises:
 * rate = min(demand, cap, guarantee + level * weight).
 */
#include <math.h>
#include <string.h>

#include "nic_sched.h"
#include "xebra_test.h"

#define HZ 2.0e9
#define VFS 8
#define UNLIMITED 1e9

static struct {
	struct nic_sched s;
	uint64_t now;
	uint32_t link; /* Mb/s */
	struct {
		uint32_t cap, guarantee, weight;
		double demand;  /* Mb/s */
		double backlog; /* bytes that wait */
		double sent;    /* bytes to the uplink, since the last reset */
		uint32_t local; /* percent of the frames that stay inside */
	} vfs[VFS];
	unsigned int nb;
	uint64_t began;
} sim;

static void
sim_begin(uint32_t link, unsigned int nb)
{
	memset(&sim, 0, sizeof(sim));
	srand(7);
	sim.link = link;
	sim.nb = nb;
	nic_sched_init(&sim.s, HZ, 0);
	nic_sched_set_link(&sim.s, link);
}

static void
sim_set(unsigned int vf, uint32_t cap, uint32_t guarantee, uint32_t weight, double demand)
{
	sim.vfs[vf].cap = cap;
	sim.vfs[vf].guarantee = guarantee;
	sim.vfs[vf].weight = weight;
	sim.vfs[vf].demand = demand;
	nic_sched_set_vf(&sim.s, vf, cap, guarantee, weight);
}

static uint32_t
frame_size(unsigned int vf)
{
	/* Each VF has frames of its own kind. */
	return vf % 3 == 0 ? 60 : vf % 3 == 1 ? 1514 : 60 + rand() % 1455;
}

static void
take_turn(unsigned int vf)
{
	unsigned int most = nic_sched_allow(&sim.s, vf, sim.now, 32), frames = 0;
	uint64_t bytes = 0, uplink = 0;

	if (most == 0)
		return;
	while (frames < most) {
		uint32_t len = frame_size(vf);

		if (sim.vfs[vf].backlog < len)
			break;
		sim.vfs[vf].backlog -= len;
		bytes += len;
		if ((uint32_t)rand() % 100 >= sim.vfs[vf].local)
			uplink += len;
		frames++;
	}
	if (frames == 0) {
		nic_sched_idle(&sim.s, vf);
		return;
	}
	nic_sched_sent(&sim.s, vf, frames, bytes, uplink);
	sim.vfs[vf].sent += (double)uplink;
}

static void
sim_run(double seconds)
{
	uint64_t end = sim.now + (uint64_t)(seconds * HZ);

	while (sim.now < end) {
		/* 1 to 5 us; once in a while somebody else has the CPU for 5 ms. */
		uint64_t walk = 2000 + rand() % 8000 + (rand() % 20000 == 0 ? 10000000 : 0);

		sim.now += walk;
		for (unsigned int vf = 0; vf < sim.nb; vf++) {
			double come = sim.vfs[vf].demand * 125000.0 * (double)walk / HZ;

			/* A guest's ring is not endless. */
			sim.vfs[vf].backlog = fmin(sim.vfs[vf].backlog + come, 2e6);
			take_turn(vf);
		}
		nic_sched_round(&sim.s, sim.now, false);
	}
}

static void
sim_reset(void)
{
	for (unsigned int vf = 0; vf < sim.nb; vf++)
		sim.vfs[vf].sent = 0;
	sim.began = sim.now;
}

static double
rate(unsigned int vf)
{
	return sim.vfs[vf].sent * 8 / 1e6 / ((double)(sim.now - sim.began) / HZ);
}

static void
assert_near(double is, double should)
{
	if (fabs(is - should) > should * 0.01 + 0.2)
		fail_msg("%.2f, should be %.2f", is, should);
}

/* By bisection, as the comment in nic_sched.c says. */
static void
expect_shares(void)
{
	double low = 0, high = 1e6, sum;

	for (int i = 0; i < 200; i++) {
		double level = (low + high) / 2;

		sum = 0;
		for (unsigned int vf = 0; vf < sim.nb; vf++) {
			double x = sim.vfs[vf].guarantee + level * sim.vfs[vf].weight;

			x = fmin(x, sim.vfs[vf].demand);
			sum += sim.vfs[vf].cap != 0 ? fmin(x, sim.vfs[vf].cap) : x;
		}
		if (sum > sim.link)
			high = level;
		else
			low = level;
	}
	for (unsigned int vf = 0; vf < sim.nb; vf++) {
		double x =
			fmin(sim.vfs[vf].guarantee + low * sim.vfs[vf].weight, sim.vfs[vf].demand);

		assert_near(rate(vf), sim.vfs[vf].cap != 0 ? fmin(x, sim.vfs[vf].cap) : x);
	}
}

static void
run_and_check(double settle)
{
	sim_run(settle);
	sim_reset();
	sim_run(1);
	expect_shares();
}

/* The rows of the original system, in tenths; a VF without weight weighs its cap. */
static void
the_sharing_table(void **state)
{
	static const struct {
		uint32_t cap[2];
		double is[2];
	} rows[] = {
		{{0, 0}, {500, 500}},
		{{300, 700}, {300, 700}},
		{{400, 600}, {400, 600}},
		{{700, 700}, {500, 500}},
		{{800, 600}, {571.43, 428.57}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sim_begin(1000, 2);
		for (unsigned int vf = 0; vf < 2; vf++) {
			uint32_t cap = rows[i].cap[vf];

			sim_set(vf, cap, 0, cap != 0 ? cap : 1000, UNLIMITED);
		}
		run_and_check(0.1);
		assert_near(rate(0), rows[i].is[0]);
		assert_near(rate(1), rows[i].is[1]);
	}
}

static void
a_cap_alone_limits_without_an_uplink_rate(void **state)
{
	(void)state;
	sim_begin(0, 3);
	sim_set(0, 300, 0, 1, UNLIMITED);
	sim_set(1, 5, 0, 1000, UNLIMITED);
	sim_set(2, 2000, 0, 7, UNLIMITED);
	sim_run(0.1);
	sim_reset();
	sim_run(1);
	assert_near(rate(0), 300);
	assert_near(rate(1), 5);
	assert_near(rate(2), 2000);
}

static void
guarantees_come_first_and_weights_share_the_rest(void **state)
{
	(void)state;
	sim_begin(1000, 3);
	sim_set(0, 0, 500, 1, UNLIMITED);
	sim_set(1, 0, 0, 3, UNLIMITED);
	sim_set(2, 0, 100, 1, UNLIMITED);
	run_and_check(0.1);
	assert_near(rate(0), 580);
	assert_near(rate(1), 240);
	assert_near(rate(2), 180);
}

/* What is not used goes to the others, and comes back at once: within 20 ms, of which 300 are
 * allowed. */
static void
what_is_lent_comes_back(void **state)
{
	(void)state;
	sim_begin(1000, 2);
	sim_set(0, 0, 600, 1, 0);
	sim_set(1, 900, 0, 1, UNLIMITED);
	sim_run(0.5);
	sim_reset();
	sim_run(0.5);
	assert_near(rate(1), 900);
	assert_true(rate(0) == 0);
	sim.vfs[0].demand = UNLIMITED;
	sim_run(0.05);
	sim_reset();
	sim_run(0.2);
	expect_shares();
	/* And what it had not used before it does not get now. */
	assert_near(rate(0), 800);
	sim.vfs[0].demand = 0;
	sim.vfs[0].backlog = 0;
	sim_run(0.02);
	sim_reset();
	sim_run(0.2);
	assert_near(rate(1), 900);
}

/* Lifting a cap gives no claim on the time before it. */
static void
a_lifted_cap_owes_nothing(void **state)
{
	(void)state;
	sim_begin(1000, 2);
	sim_set(0, 10, 0, 1, UNLIMITED);
	sim_set(1, 0, 0, 1, UNLIMITED);
	sim_run(1);
	sim_set(0, 0, 0, 1, UNLIMITED);
	sim_run(0.01);
	sim_reset();
	sim_run(0.2);
	assert_near(rate(0), 500);
	assert_near(rate(1), 500);
}

static void
traffic_inside_the_nic_is_no_share_of_the_uplink(void **state)
{
	(void)state;
	sim_begin(100, 2);
	sim_set(0, 0, 0, 1, 2000);
	sim_set(1, 0, 0, 1, UNLIMITED);
	sim.vfs[0].local = 100;
	sim_run(0.1);
	sim_reset();
	sim_run(0.5);
	assert_near(rate(1), 100);
	/* It had all it wanted. */
	assert_true(sim.vfs[0].backlog < 1e5);
}

/* 8 VFs with chance caps, guarantees, weights and demands. */
static void
eight_vfs_by_chance(void **state)
{
	(void)state;
	for (int round = 0; round < 12; round++) {
		uint32_t left;

		sim_begin(1000, VFS);
		srand(round + 1);
		left = 900;
		for (unsigned int vf = 0; vf < VFS; vf++) {
			uint32_t guarantee = rand() % 2 ? rand() % (left / 4) : 0;
			uint32_t cap = rand() % 4 ? guarantee + 20 + rand() % 500 : 0;
			double demand = rand() % 3 ? UNLIMITED : 5 + rand() % 300;

			left -= guarantee;
			sim_set(vf, cap, guarantee, 1 + rand() % 20, demand);
		}
		run_and_check(0.3);
	}
}

/* Twenty changes a second, for a while: nobody gets above his cap, and nothing is left unused. */
static void
caps_that_change_all_the_time(void **state)
{
	double sum = 0;

	(void)state;
	sim_begin(1000, 4);
	for (unsigned int vf = 0; vf < 4; vf++)
		sim_set(vf, 0, 0, 1, UNLIMITED);
	for (int i = 0; i < 60; i++) {
		unsigned int vf = rand() % 4;

		sim_set(vf, 200 + rand() % 400, 0, 1 + rand() % 9, UNLIMITED);
		if (i == 10)
			sim_reset();
		sim_run(0.05);
		for (unsigned int v = 0; v < 4 && i > 10; v++)
			assert_true(rate(v) < 605);
	}
	for (unsigned int vf = 0; vf < 4; vf++)
		sum += rate(vf);
	assert_true(sum > 990 && sum < 1010);
}

/* A device that does not take everything sets the pace, and shares stay what they are. */
static void
a_busy_uplink_ends_the_rounds(void **state)
{
	(void)state;
	sim_begin(0, VFS);
	/* Two of one kind: with a fixed number of frames a turn, bytes are not theirs to choose. */
	sim_set(1, 0, 0, 2, UNLIMITED);
	sim_set(4, 0, 0, 1, UNLIMITED);
	sim.vfs[1].backlog = 1e9;
	sim.vfs[4].backlog = 1e9;
	for (int i = 0; i < 3000; i++) {
		sim.now += 4000;
		take_turn(1);
		take_turn(4);
		/* One walk in ten it has room. */
		nic_sched_round(&sim.s, sim.now, i % 10 != 0);
	}
	assert_near(sim.vfs[1].sent / sim.vfs[4].sent, 2);
}

/* A source whose turns cost fifty times as much has one in fifty, and nobody waits for long. */
static void
turns_on_the_lcore_are_shared_by_time(void **state)
{
	uint64_t used[2] = {0, 0};
	unsigned int waited = 0, longest = 0;

	(void)state;
	sim_begin(0, 2);
	for (int i = 0; i < 20000; i++) {
		for (unsigned int vf = 0; vf < 2; vf++) {
			uint64_t cost = vf == 0 ? 100000 : 2000;

			if (!nic_cpu_turn(&sim.s, vf)) {
				waited += vf == 1;
				continue;
			}
			nic_cpu_used(&sim.s, vf, cost);
			used[vf] += cost;
			longest = vf == 1 && waited > longest ? waited : longest;
			waited = vf == 1 ? 0 : waited;
		}
		nic_cpu_round(&sim.s);
	}
	assert_near((double)used[0] / (double)used[1], 1);
	assert_true(longest <= 2);
	/* Alone it waits for nobody. */
	for (int i = 0; i < 100; i++) {
		nic_cpu_turn(&sim.s, 0);
		nic_cpu_round(&sim.s);
		assert_true(nic_cpu_turn(&sim.s, 0));
		nic_cpu_used(&sim.s, 0, 100000);
	}
	/* And who comes back has no claim on what he did not use. */
	for (waited = 0; !nic_cpu_turn(&sim.s, 0); waited++) {
		if (nic_cpu_turn(&sim.s, 1))
			nic_cpu_used(&sim.s, 1, 50000);
		nic_cpu_round(&sim.s);
	}
	assert_true(waited <= 4);
}

/* One who used much waits for those who want the lcore, not for those who may not send anyway. */
static void
nobody_waits_for_a_turn_that_nobody_takes(void **state)
{
	(void)state;
	sim_begin(0, 2);
	nic_cpu_used(&sim.s, 1, 100);
	nic_cpu_used(&sim.s, 0, UINT64_C(1) << 40);
	nic_cpu_round(&sim.s);
	assert_false(nic_cpu_turn(&sim.s, 0));
	nic_cpu_round(&sim.s);
	assert_true(nic_cpu_turn(&sim.s, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sharing_table),
		cmocka_unit_test(a_cap_alone_limits_without_an_uplink_rate),
		cmocka_unit_test(guarantees_come_first_and_weights_share_the_rest),
		cmocka_unit_test(what_is_lent_comes_back),
		cmocka_unit_test(a_lifted_cap_owes_nothing),
		cmocka_unit_test(traffic_inside_the_nic_is_no_share_of_the_uplink),
		cmocka_unit_test(eight_vfs_by_chance),
		cmocka_unit_test(caps_that_change_all_the_time),
		cmocka_unit_test(a_busy_uplink_ends_the_rounds),
		cmocka_unit_test(turns_on_the_lcore_are_shared_by_time),
		cmocka_unit_test(nobody_waits_for_a_turn_that_nobody_takes),
	};

	return cmocka_run_group_tests_name("nic_sched", tests, NULL, NULL);
}
