/* SPDX-License-Identifier: BSD-3-Clause */

/* What happens to packets: shares, flows that stay, members that fill up, fail, and return. */

#include "test_vchannel_dev.h"
#include "vchannel_priv.h"

#define FLOWS 10000

static uint16_t port;

static int
setup(void **state)
{
	(void)state;
	vtest_create(4);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	vchannel_destroy();
	rte_vdev_uninit("net_vchannel1");
	vtest_destroy();
	return rte_mempool_in_use_count(vtest_pool(16383)) == 0 ? 0 : -1;
}

static int last_member[FLOWS]; /* that carried a packet of the flow; -1 none */
static uint32_t delivered[FLOWS];

static void
note_flow(struct vtest *v, uint16_t queue, struct rte_mbuf *pkt)
{
	uint32_t flow = packet_flow(pkt);

	(void)queue;
	last_member[flow] = (int)(v - vtest);
	delivered[flow]++;
	rte_pktmbuf_free(pkt);
}

static void
use_notes(void)
{
	for (int i = 0; i < 4; i++)
		vtest[i].sink = note_flow;
	memset(last_member, -1, sizeof(last_member));
	memset(delivered, 0, sizeof(delivered));
}

/* One packet of each of the first n flows, all of which must be sent. */
static void
send_flows(uint32_t n, uint16_t len)
{
	struct rte_mbuf *m[50];

	for (uint32_t f = 0; f < n; f += 50) {
		for (uint32_t i = 0; i < 50; i++)
			m[i] = make_packet(f + i, 0, len);
		assert_int_equal(rte_eth_tx_burst(port, 0, m, 50), 50);
	}
}

/* The largest distance of a member's part of the bytes from its part of the weights, in per cent of
 * all. */
static double
off_by(const uint32_t *weight)
{
	double bytes = 0, weights = 0, worst = 0;

	for (int i = 0; i < 4; i++) {
		bytes += vtest[i].tx[0].bytes;
		weights += weight[i];
	}
	for (int i = 0; i < 4; i++) {
		double d = 100 * (vtest[i].tx[0].bytes / bytes - weight[i] / weights);

		worst = d > worst ? d : -d > worst ? -d : worst;
	}
	return worst;
}

static void
bytes_follow_weights(const char *args, const uint32_t *weight)
{
	port = vchannel_create(args);
	port_start(port, 1);
	use_notes();
	for (int round = 0; round < 3; round++)
		send_flows(FLOWS, 500);
	print_message("# %s: %.2f %% off\n", args, off_by(weight));
	assert_true(off_by(weight) < 1);
	vchannel_destroy();
}

static void
ten_thousand_flows_are_shared_by_weight(void **state)
{
	static const uint32_t a[4] = {2, 4, 6}, b[4] = {1, 1}, c[4] = {1, 3, 7, 11};

	(void)state;
	bytes_follow_weights("member=net_vtest0,weight=2000,member=net_vtest1,weight=4000,"
			     "member=net_vtest2,weight=6000",
		a);
	vtest_destroy();
	vtest_create(4);
	bytes_follow_weights("member=net_vtest0,member=net_vtest1", b);
	vtest_destroy();
	vtest_create(4);
	bytes_follow_weights("member=net_vtest0,weight=100,member=net_vtest1,weight=300,"
			     "member=net_vtest2,weight=700,member=net_vtest3,weight=1100",
		c);
}

#define THREE                                                                            \
	"member=net_vtest0,weight=2000,member=net_vtest1,weight=4000,member=net_vtest2," \
	"weight=6000,up_delay_ms=0,interval_ms=1"

static void
a_flow_stays_where_it_is(void **state)
{
	int before[FLOWS];

	(void)state;
	port = vchannel_create(THREE);
	port_start(port, 1);
	use_notes();
	send_flows(FLOWS, 64);
	memcpy(before, last_member, sizeof(before));
	for (int round = 0; round < 5; round++) {
		send_flows(FLOWS, 64 + 100 * round);
		assert_memory_equal(before, last_member, sizeof(before));
	}
}

static void
the_nics_hash_is_used_when_it_is_one(void **state)
{
	struct rte_mbuf *m;
	int used = 0;

	(void)state;
	port = vchannel_create(THREE);
	port_start(port, 1);
	use_notes();
	/* One flow by its headers, spread by the hash. */
	for (uint32_t i = 1; i <= 100; i++) {
		m = make_packet(1, 0, 64);
		m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
		m->hash.rss = i * 7919;
		assert_int_equal(rte_eth_tx_burst(port, 0, &m, 1), 1);
		used |= 1 << last_member[1];
	}
	assert_int_equal(used, 7);
	/* Many flows that a NIC calls 0 because it cannot read them. */
	used = 0;
	for (uint32_t i = 0; i < 100; i++) {
		m = make_packet(i, 0, 64);
		m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
		m->hash.rss = 0;
		assert_int_equal(rte_eth_tx_burst(port, 0, &m, 1), 1);
		used |= 1 << last_member[i];
	}
	assert_int_equal(used, 7);
}

/* Headers may lie in the second segment. */
static void
segments_do_not_change_the_flow(void **state)
{
	struct rte_mbuf *m, *tail;
	const uint8_t *frame;

	(void)state;
	port = vchannel_create(THREE);
	port_start(port, 1);
	for (uint32_t f = 0; f < 200; f++) {
		int whole = -1, split = -1;

		m = make_packet(f, 0, 100);
		assert_int_equal(rte_eth_tx_burst(port, 0, &m, 1), 1);
		for (int i = 0; i < 3; i++)
			if (vtest[i].tx[0].n == 1)
				whole = i;
		for (int i = 0; i < 3; i++)
			vtest_empty(&vtest[i].tx[0]);
		m = make_packet(f, 0, 100);
		tail = rte_pktmbuf_alloc(vtest_pool(16383));
		assert_non_null(tail);
		frame = rte_pktmbuf_mtod(m, const uint8_t *);
		memcpy(rte_pktmbuf_append(tail, 80), frame + 20, 80);
		rte_pktmbuf_trim(m, 80);
		assert_int_equal(rte_pktmbuf_chain(m, tail), 0);
		assert_int_equal(rte_eth_tx_burst(port, 0, &m, 1), 1);
		for (int i = 0; i < 3; i++)
			if (vtest[i].tx[0].n == 1)
				split = i;
		for (int i = 0; i < 3; i++)
			vtest_empty(&vtest[i].tx[0]);
		assert_int_equal(whole, split);
	}
}

static uint32_t next_seq[FLOWS];

static void
check_order(struct vtest *v, uint16_t queue, struct rte_mbuf *pkt)
{
	uint32_t flow = packet_flow(pkt);

	(void)v;
	(void)queue;
	assert_int_equal(packet_seq(pkt), next_seq[flow]);
	next_seq[flow]++;
	rte_pktmbuf_free(pkt);
}

/* A member with little room takes what it can; the rest comes back, in order, and can be sent
 * again. */
static void
unsent_packets_come_back_in_order(void **state)
{
	struct rte_mbuf *m[200];
	uint32_t seq[10] = {0};
	uint16_t n = 0, sent;

	(void)state;
	port = vchannel_create(THREE);
	port_start(port, 1);
	for (int i = 0; i < 3; i++)
		vtest[i].sink = check_order;
	memset(next_seq, 0, sizeof(next_seq));
	for (int round = 0; round < 300; round++) {
		for (; n < RTE_DIM(m); n++)
			m[n] = make_packet(n % 10, seq[n % 10]++, 64);
		for (int i = 0; i < 3; i++)
			vtest[i].room = (round + i) % 3 ? (round * 7 + i * 5) % 40 : -1;
		sent = rte_eth_tx_burst(port, 0, m, n);
		assert_true(sent <= n);
		memmove(m, m + sent, (n - sent) * sizeof(m[0]));
		n -= sent;
	}
	for (int i = 0; i < 3; i++)
		vtest[i].room = -1;
	while (n > 0) {
		sent = rte_eth_tx_burst(port, 0, m, n);
		assert_true(sent > 0);
		memmove(m, m + sent, (n - sent) * sizeof(m[0]));
		n -= sent;
	}
	for (int f = 0; f < 10; f++)
		assert_int_equal(next_seq[f], seq[f]);
	assert_true(info_of(port)->member[0].tx_unsent > 0);
}

static void
with_nobody_alive_packets_stay_the_callers(void **state)
{
	struct rte_mbuf *m[100];

	(void)state;
	port = vchannel_create(THREE);
	port_start(port, 1);
	for (int i = 0; i < 3; i++)
		set_link(i, false);
	look(port);
	for (int i = 0; i < 100; i++)
		m[i] = make_packet(i, i, 64);
	assert_int_equal(rte_eth_tx_burst(port, 0, m, 100), 0);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(packet_seq(m[i]), i);
	set_link(1, true);
	look(port);
	assert_int_equal(rte_eth_tx_burst(port, 0, m, 100), 100);
	assert_int_equal(vtest[1].tx[0].n, 100);
}

static void
every_member_is_heard(void **state)
{
	struct rte_mbuf *m[32];
	uint32_t from[3] = {0};
	uint16_t n;

	(void)state;
	port = vchannel_create(THREE);
	port_start(port, 1);
	for (int i = 0; i < 3; i++)
		for (int k = 0; k < 1000; k++)
			vtest[i].rx[0].pkt[vtest[i].rx[0].n++] = make_packet(i, k, 64);
	/* Each has its turn, however much another has. */
	for (int burst = 0; burst < 30; burst++) {
		n = rte_eth_rx_burst(port, 0, m, 32);
		assert_int_equal(n, 32);
		for (int i = 0; i < n; i++) {
			assert_int_equal(m[i]->port, port);
			from[packet_flow(m[i])]++;
			rte_pktmbuf_free(m[i]);
		}
	}
	for (int i = 0; i < 3; i++)
		assert_int_equal(from[i], 320);
	/* A member whose link is down may still have something in its ring. */
	set_link(0, false);
	look(port);
	while ((n = rte_eth_rx_burst(port, 0, m, 32)) > 0)
		for (int i = 0; i < n; i++) {
			from[packet_flow(m[i])]++;
			rte_pktmbuf_free(m[i]);
		}
	for (int i = 0; i < 3; i++)
		assert_int_equal(from[i], 1000);
}

/* Killed under load: only what lies in its ring is lost, and only its flows move. */
static void
a_dead_members_flows_move_and_come_back(void **state)
{
	int before[FLOWS];
	uint32_t in_ring;

	(void)state;
	port = vchannel_create(THREE);
	port_start(port, 1);
	use_notes();
	send_flows(FLOWS, 64);
	memcpy(before, last_member, sizeof(before));
	memset(delivered, 0, sizeof(delivered));
	vtest[1].sink = NULL; /* its ring does not drain */
	send_flows(1000, 64);
	in_ring = vtest[1].tx[0].n;
	assert_true(in_ring > 200);
	set_link(1, false);
	look(port);
	assert_int_equal(info_of(port)->member[1].tx_stranded, in_ring);
	assert_int_equal(info_of(port)->member[1].buckets, 0);
	send_flows(FLOWS, 64);
	assert_int_equal(vtest[1].tx[0].n, in_ring);
	for (int f = 0; f < FLOWS; f++) {
		assert_int_not_equal(last_member[f], 1);
		if (before[f] != 1)
			assert_int_equal(last_member[f], before[f]);
		/* The first thousand were sent twice, and lost once if in the ring. */
		assert_int_equal(delivered[f], f < 1000 && before[f] != 1 ? 2 : 1);
	}
	vtest_empty(&vtest[1].tx[0]);
	vtest[1].sink = note_flow;
	set_link(1, true);
	look(port);
	/* Its share returns as its flows pause. */
	WAIT_UNTIL(info_of(port)->pending == 0);
	assert_int_equal(info_of(port)->member[1].buckets, 1365);
	assert_int_equal(info_of(port)->member[1].deaths, 1);
}

static void
two_of_three_die_and_return_a_hundred_times(void **state)
{
	uint64_t sent = 0, got = 0;

	(void)state;
	port = vchannel_create(THREE ",gap_us=100");
	port_start(port, 1);
	use_notes();
	for (int round = 0; round < 100; round++) {
		int alive = round % 3;

		for (int i = 0; i < 3; i++)
			if (i != alive)
				set_link(i, false);
		look(port);
		send_flows(500, 64);
		sent += 500;
		for (int f = 0; f < 500; f++)
			assert_int_equal(last_member[f], alive);
		for (int i = 0; i < 3; i++)
			set_link(i, true);
		look(port);
		send_flows(500, 64);
		sent += 500;
	}
	for (int f = 0; f < FLOWS; f++)
		got += delivered[f];
	assert_int_equal(got, sent);
	WAIT_UNTIL(info_of(port)->pending == 0);
	assert_int_equal(info_of(port)->member[2].buckets, 2048);
	assert_in_range(info_of(port)->member[0].buckets, 682, 683);
	assert_in_range(info_of(port)->member[0].deaths, 66, 67);
}

/* Link up, but nothing goes out. */
static void
a_member_that_takes_nothing_is_dead(void **state)
{
	struct rte_mbuf *m[50];
	uint16_t sent;

	(void)state;
	port = vchannel_create(THREE ",stuck_ms=20");
	port_start(port, 1);
	use_notes();
	vtest[2].room = 0;
	WAIT_UNTIL(({
		for (int i = 0; i < 50; i++)
			m[i] = make_packet(i, 0, 64);
		sent = rte_eth_tx_burst(port, 0, m, 50);
		rte_pktmbuf_free_bulk(m + sent, 50 - sent);
		sent == 50;
	}));
	assert_true(info_of(port)->member[2].deaths > 0);
	assert_true(info_of(port)->member[2].link_up);
	assert_int_equal(info_of(port)->member[0].deaths, 0);
	vtest[2].room = -1;
	WAIT_UNTIL(info_of(port)->member[2].alive); /* it gets another chance */
	WAIT_UNTIL(info_of(port)->member[2].buckets == 2048);
}

static void
a_backup_takes_over_and_hands_back(void **state)
{
	(void)state;
	port = vchannel_create(THREE ",mode=active-backup,primary=net_vtest1,switch_back=1");
	port_start(port, 1);
	use_notes();
	assert_int_equal(info_of(port)->member[1].buckets, 4096);
	assert_true(info_of(port)->member[1].active && !info_of(port)->member[0].active);
	set_link(1, false);
	look(port);
	assert_int_equal(info_of(port)->member[0].buckets, 4096);
	assert_int_equal(info_of(port)->switchovers, 1);
	send_flows(100, 64);
	assert_int_equal(last_member[99], 0);
	set_link(1, true);
	look(port);
	WAIT_UNTIL(info_of(port)->member[1].buckets == 4096);
	assert_int_equal(info_of(port)->switchovers, 2);
}

static void
a_backup_keeps_what_it_has_unless_told(void **state)
{
	(void)state;
	port = vchannel_create(THREE ",mode=active-backup");
	port_start(port, 1);
	assert_int_equal(info_of(port)->member[0].buckets, 4096);
	set_link(0, false);
	look(port);
	assert_int_equal(info_of(port)->member[1].buckets, 4096);
	set_link(0, true);
	look(port);
	assert_int_equal(info_of(port)->pending, 0);
	assert_true(info_of(port)->member[1].active);
	/* The mode can be changed while it runs. */
	assert_int_equal(rte_pmd_vchannel_mode_set(port, RTE_PMD_VCHANNEL_WEIGHTED), 0);
	WAIT_UNTIL(info_of(port)->member[2].buckets == 2048);
}

static void
force_moves_flows_that_never_pause(void **state)
{
	(void)state;
	/* A gap that no flow of this test makes. */
	port = vchannel_create(THREE ",gap_us=1000000");
	port_start(port, 1);
	assert_int_equal(rte_pmd_vchannel_weight_set(port, "net_vtest0", 6000), 0);
	/* On a slow machine the gap may be over before this call. */
	assert_in_range(rte_pmd_vchannel_force(port), 0, 1100);
	assert_int_equal(info_of(port)->pending, 0);
	assert_int_equal(info_of(port)->member[0].buckets, 1536);
	vchannel_destroy();
	/* The same after a bounded wait, by itself. */
	port = vchannel_create(THREE ",gap_us=1000000,force_ms=5");
	port_start(port, 1);
	use_notes();
	assert_int_equal(rte_pmd_vchannel_weight_set(port, "net_vtest0", 6000), 0);
	WAIT_UNTIL((send_flows(FLOWS, 64), info_of(port)->pending == 0));
	assert_int_equal(info_of(port)->member[0].buckets, 1536);
}

/* Elephants and mice: bytes, not flows, follow the weights. */
static void
adaptive_mode_balances_bytes(void **state)
{
	static const uint32_t equal[4] = {1, 1, 1};
	struct rte_mbuf *m[50];
	double off;

	(void)state;
	port = vchannel_create(
		"member=net_vtest0,member=net_vtest1,member=net_vtest2,mode=adaptive,gap_us=0,"
		"interval_ms=1");
	port_start(port, 1);
	use_notes();
	WAIT_UNTIL(({
		for (int i = 0; i < 3; i++)
			vtest[i].tx[0].bytes = 0;
		for (int round = 0; round < 10; round++) {
			send_flows(2000, 100);
			/* As much again in one flow as in a quarter of the others. */
			for (int k = 0; k < 10; k++) {
				for (int i = 0; i < 50; i++)
					m[i] = make_packet(9999, 0, 100);
				assert_int_equal(rte_eth_tx_burst(port, 0, m, 50), 50);
			}
		}
		off = off_by(equal);
		off < 1.5; /* of all bytes, i.e. 5 % of a third */
	}));
	print_message("# %.2f %% of all bytes off\n", off);
	assert_true(info_of(port)->moved > 0);
}

static uint64_t
measured_load(void)
{
	const struct vchannel_txq *q = rte_eth_devices[port].data->tx_queues[0];
	uint64_t sum = 0;

	for (uint32_t b = 0; b < q->vc->table->nb; b++)
		sum += q->load[b];
	return sum;
}

/* A caller that tries again and again must not make a bucket look heavy. */
static void
only_what_is_sent_is_load(void **state)
{
	struct rte_mbuf *m[50];
	uint16_t sent = 0;

	(void)state;
	port = vchannel_create(THREE ",mode=adaptive,stuck_ms=0");
	port_start(port, 1);
	for (int i = 0; i < 50; i++)
		m[i] = make_packet(i, 0, 100);
	for (int i = 0; i < 3; i++)
		vtest[i].room = 0;
	for (int again = 0; again < 20; again++)
		assert_int_equal(rte_eth_tx_burst(port, 0, m, 50), 0);
	assert_int_equal(measured_load(), 0);
	for (int i = 0; i < 3; i++)
		vtest[i].room = 3;
	sent = rte_eth_tx_burst(port, 0, m, 50);
	assert_in_range(sent, 1, 9);
	assert_int_equal(measured_load(), sent * 100);
	for (int i = 0; i < 3; i++)
		vtest[i].room = -1;
	assert_int_equal(rte_eth_tx_burst(port, 0, m + sent, 50 - sent), 50 - sent);
	assert_int_equal(measured_load(), 5000);
}

/* Two V-Channels, member i of one wired to member i of the other, two each. */
static void
probes_find_the_path_that_is_up_but_dead(void **state)
{
	static const char *const rest = ",up_delay_ms=0,interval_ms=1,probe_ms=5,gap_us=0";
	char args[200];
	uint16_t other;
	struct rte_mbuf *m[32];
	uint16_t n;

/* Probes are taken off the receive queues by whoever polls them. */
#define POLL()                                         \
	({                                             \
		n = rte_eth_rx_burst(port, 0, m, 32);  \
		assert_int_equal(n, 0);                \
		n = rte_eth_rx_burst(other, 0, m, 32); \
		assert_int_equal(n, 0);                \
		true;                                  \
	})

	(void)state;
	vtest_create(0);
	snprintf(args, sizeof(args), "member=net_vtest0,member=net_vtest1%s", rest);
	port = vchannel_create(args);
	snprintf(args, sizeof(args), "member=net_vtest2,member=net_vtest3%s", rest);
	assert_int_equal(rte_vdev_init("net_vchannel1", args), 0);
	assert_int_equal(rte_eth_dev_get_port_by_name("net_vchannel1", &other), 0);
	for (int i = 0; i < 4; i++)
		vtest[i].wire = &vtest[i ^ 2];
	port_start(port, 1);
	port_start(other, 1);
	assert_true(info_of(port)->member[1].alive); /* nobody has answered yet: links count */

	vtest[1].cut = true; /* only from here to there */
	WAIT_UNTIL(POLL() && !info_of(port)->member[1].alive && !info_of(other)->member[1].alive);
	assert_true(info_of(port)->member[1].link_up);
	WAIT_UNTIL(POLL() && info_of(port)->member[0].alive && info_of(other)->member[0].alive);
	vtest[1].cut = false;
	WAIT_UNTIL(POLL() && info_of(port)->member[1].alive && info_of(other)->member[1].alive);
	/* The other end goes: it may have ceased to probe, so links count again. */
	for (int i = 0; i < 4; i++)
		vtest[i].cut = true;
	WAIT_UNTIL(POLL() && info_of(port)->member[0].alive && info_of(port)->member[1].alive);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(ten_thousand_flows_are_shared_by_weight),
		TEST(a_flow_stays_where_it_is),
		TEST(the_nics_hash_is_used_when_it_is_one),
		TEST(segments_do_not_change_the_flow),
		TEST(unsent_packets_come_back_in_order),
		TEST(with_nobody_alive_packets_stay_the_callers),
		TEST(every_member_is_heard),
		TEST(a_dead_members_flows_move_and_come_back),
		TEST(two_of_three_die_and_return_a_hundred_times),
		TEST(a_member_that_takes_nothing_is_dead),
		TEST(a_backup_takes_over_and_hands_back),
		TEST(a_backup_keeps_what_it_has_unless_told),
		TEST(force_moves_flows_that_never_pause),
		TEST(adaptive_mode_balances_bytes),
		TEST(only_what_is_sent_is_load),
		TEST(probes_find_the_path_that_is_up_but_dead),
	};

	if (vtest_eal() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
