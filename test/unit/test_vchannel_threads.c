/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Several threads send at once, each on its queue, while members and weights change under them: no
 * packet of a flow overtakes another, none is lost, none is sent twice, none goes to a member that
 * was taken out.
 */

#include <pthread.h>

#include "test_vchannel_dev.h"

#define SENDERS 2
#define FLOWS 200 /* per sender */
#define BURST 8
#define GAP_US 1500 /* above the largest difference in delay */

static const uint64_t delay_us[3] = {0, 200, 1000};

struct flow {
	uint64_t next;    /* when it has something to send, TSC */
	uint32_t seq;     /* of the next packet */
	uint32_t expect;  /* the sink's next number */
	uint64_t arrival; /* of its last packet at the far end, TSC */
};

static struct sender {
	pthread_t thread;
	unsigned int id;
	uint64_t sent, got, wrong, late, no_memory;
	struct flow flow[FLOWS];
} sender[SENDERS];

static uint16_t port;
static bool stop;
static uint64_t tsc_per_us;
static int cpus; /* that this process may use */

static int
setup(void **state)
{
	(void)state;
	vtest_create(4);
	memset(sender, 0, sizeof(sender));
	stop = false;
	tsc_per_us = rte_get_tsc_hz() / 1000000;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	vchannel_destroy();
	vtest_destroy();
	return rte_mempool_in_use_count(vtest_pool(16383)) == 0 ? 0 : -1;
}

/* The far end of member v. It runs in the sender's thread: a flow has one queue. */
static void
arrive(struct vtest *v, uint16_t queue, struct rte_mbuf *pkt)
{
	struct sender *s = &sender[queue];
	struct flow *f = &s->flow[packet_flow(pkt) / SENDERS];
	uint64_t at = rte_rdtsc() + delay_us[v - vtest] * tsc_per_us;

	s->got++;
	s->wrong += packet_seq(pkt) != f->expect;
	s->late += at < f->arrival;
	f->expect++;
	f->arrival = at;
	rte_pktmbuf_free(pkt);
}

static uint32_t
pick(unsigned int *rng, uint32_t below)
{
	return (uint32_t)rand_r(rng) % below;
}

static void *
run_sender(void *arg)
{
	struct sender *s = arg;
	struct rte_mbuf *m[BURST];
	unsigned int rng = s->id, f = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		uint64_t now = rte_rdtsc();
		uint16_t n = 0, done = 0;

		for (int tried = 0; tried < FLOWS && n < BURST; tried++, f = (f + 1) % FLOWS) {
			struct flow *flow = &s->flow[f];

			if (now < flow->next)
				continue;
			/* No asserts here: they only work in the test's own thread. */
			m[n] = try_packet(f * SENDERS + s->id, flow->seq, 64);
			if (m[n] == NULL) {
				s->no_memory++;
				break;
			}
			n++;
			flow->seq++;
			/* Now and then a pause that is long enough to move in. */
			flow->next = now +
				tsc_per_us * (pick(&rng, 4) ? pick(&rng, 400) : pick(&rng, 8000));
		}
		while (done < n) {
			uint16_t k = rte_eth_tx_burst(port, (uint16_t)s->id, m + done, n - done);

			done += k;
			if (k == 0)
				sched_yield();
		}
		s->sent += n;
		if (n < BURST)
			usleep(20);
	}
	return NULL;
}

static void
start_senders(void)
{
	for (unsigned int i = 0; i < SENDERS; i++) {
		sender[i].id = i;
		assert_int_equal(
			pthread_create(&sender[i].thread, NULL, run_sender, &sender[i]), 0);
	}
}

static void
stop_senders(void)
{
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < SENDERS; i++)
		pthread_join(sender[i].thread, NULL);
}

static const char three[] = "member=net_vtest0,weight=2000,member=net_vtest1,weight=4000,"
			    "member=net_vtest2,weight=6000,up_delay_ms=0,interval_ms=1,"
			    "gap_us=" RTE_STR(GAP_US);

static void
a_thousand_changes_of_weight_reorder_nothing(void **state)
{
	char name[] = "net_vtest0";
	unsigned int rng = 1;

	(void)state;
	port = vchannel_create(three);
	port_start(port, SENDERS);
	for (int i = 0; i < 3; i++)
		vtest[i].sink = arrive;
	start_senders();
	for (int change = 0; change < 1000; change++) {
		name[9] = (char)('0' + pick(&rng, 3));
		assert_int_equal(rte_pmd_vchannel_weight_set(port, name, 1 + pick(&rng, 10000)), 0);
		usleep(pick(&rng, 4000));
	}
	stop_senders();
	for (int i = 0; i < SENDERS; i++) {
		assert_int_equal(sender[i].no_memory, 0);
		assert_int_equal(sender[i].got, sender[i].sent);
		assert_int_equal(sender[i].wrong, 0);
		assert_int_equal(sender[i].late, 0);
	}
	print_message("# %" PRIu64 " packets, %" PRIu64 " buckets moved\n",
		sender[0].sent + sender[1].sent, info_of(port)->moved);
	assert_true(info_of(port)->moved > 0);
	assert_int_equal(info_of(port)->member[0].deaths, 0);
}

/* Members go and come back while packets flow. Their flows move at once, so order among different
 * members is not promised, but every packet is taken once, in its flow's order. */
static void
members_come_and_go_under_load(void **state)
{
	(void)state;
	port = vchannel_create(three);
	port_start(port, SENDERS);
	for (int i = 0; i < 3; i++)
		vtest[i].sink = arrive;
	start_senders();
	for (int round = 0; round < 100; round++) {
		char name[] = "net_vtest0";
		unsigned int stops;
		uint64_t before;

		name[9] = (char)('0' + round % 3);
		stops = vtest[round % 3].stops;
		assert_int_equal(rte_pmd_vchannel_member_del(port, name), 0);
		assert_int_equal(vtest[round % 3].stops, stops + 1);
		/* Nobody sends there any more, however long one waits. */
		before = vtest[round % 3].tx[0].packets + vtest[round % 3].tx[1].packets;
		usleep(500);
		assert_int_equal(
			vtest[round % 3].tx[0].packets + vtest[round % 3].tx[1].packets, before);
		assert_int_equal(rte_pmd_vchannel_member_add(port, name, 1000), 0);
		usleep(500);
	}
	stop_senders();
	for (int i = 0; i < SENDERS; i++) {
		assert_int_equal(sender[i].no_memory, 0);
		assert_int_equal(sender[i].got, sender[i].sent);
		assert_int_equal(sender[i].wrong, 0);
	}
}

/* Devices are pulled out under load, with a word of warning and without, and come back. What lay in
 * their rings is theirs; everything else is sent, in its flow's order. */
static void
devices_are_pulled_out_and_plugged_in_under_load(void **state)
{
	(void)state;
	port = vchannel_create(three);
	port_start(port, SENDERS);
	for (int i = 0; i < 3; i++)
		vtest[i].sink = arrive;
	start_senders();
	for (int round = 0; round < 30; round++) {
		char name[] = "net_vtest0";
		struct vtest *v = &vtest[round % 3];

		name[9] = (char)('0' + round % 3);
		if (round % 2 == 0) {
			rte_eth_dev_callback_process(
				&rte_eth_devices[v->port], RTE_ETH_EVENT_INTR_RMV, NULL);
			WAIT_UNTIL(info_of(port)->nb_members == 2);
		}
		assert_int_equal(rte_vdev_uninit(name), 0);
		WAIT_UNTIL(info_of(port)->nb_members == 2);
		assert_int_equal(rte_vdev_init(name, ""), 0);
		v->sink = arrive;
		WAIT_UNTIL(info_of(port)->nb_members == 3);
		WAIT_UNTIL(info_of(port)->member[2].alive && info_of(port)->pending == 0);
	}
	stop_senders();
	for (int i = 0; i < SENDERS; i++) {
		assert_int_equal(sender[i].no_memory, 0);
		assert_int_equal(sender[i].got, sender[i].sent);
		assert_int_equal(sender[i].wrong, 0);
	}
}

/* The threads of these tests are on several CPUs, where there are any. */
static void
threads_have_all_cpus(void **state)
{
	cpu_set_t set;

	(void)state;
	assert_int_equal(pthread_getaffinity_np(pthread_self(), sizeof(set), &set), 0);
	assert_int_equal(CPU_COUNT(&set), cpus);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_thousand_changes_of_weight_reorder_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(members_come_and_go_under_load, setup, teardown),
		cmocka_unit_test_setup_teardown(
			devices_are_pulled_out_and_plugged_in_under_load, setup, teardown),
		cmocka_unit_test(threads_have_all_cpus),
	};
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	cpus = CPU_COUNT(&set);
	if (vtest_eal() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
