/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * What a device goes through as a member: taken or refused, told settings while it runs and while
 * it does not, reset, silent, given back. And what a V-Channel leaves behind: nothing.
 */

#include <pthread.h>

#include "test_vchannel_dev.h"
#include "vchannel_priv.h"

#define THREE                                                                            \
	"member=net_vtest0,weight=2000,member=net_vtest1,weight=4000,member=net_vtest2," \
	"weight=6000,up_delay_ms=0,interval_ms=1"

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
	vtest_destroy();
	return rte_mempool_in_use_count(vtest_pool(16383)) == 0 ? 0 : -1;
}

static void
start_filtering(void)
{
	struct rte_eth_conf conf = {.rxmode.offloads = RTE_ETH_RX_OFFLOAD_VLAN_FILTER};

	port = vchannel_create(THREE);
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, 64, 0, NULL, vtest_pool(16383)), 0);
	assert_int_equal(rte_eth_tx_queue_setup(port, 0, 64, 0, NULL), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
}

static uint64_t
xstat(const char *name)
{
	uint64_t id, value;

	assert_int_equal(rte_eth_xstats_get_id_by_name(port, name, &id), 0);
	assert_int_equal(rte_eth_xstats_get_by_id(port, &id, &value, 1), 1);
	return value;
}

static void
members_without_a_common_offload_are_refused(void **state)
{
	uint16_t p;

	(void)state;
	vtest[1].offloads = RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
	assert_true(rte_vdev_init("net_vchannel0", THREE) < 0);
	assert_non_null(strstr(rte_pmd_vchannel_error(),
		"member: net_vtest1 has no Rx offload in common with the others"));
	assert_int_not_equal(rte_eth_dev_get_port_by_name("net_vchannel0", &p), 0);
	/* One that has none at all is no worse than the software that does the work instead. */
	vtest[1].offloads = 0;
	vtest[0].tx_offloads = RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
	vtest[2].tx_offloads = RTE_ETH_TX_OFFLOAD_TCP_TSO;
	assert_true(rte_vdev_init("net_vchannel0", THREE) < 0);
	assert_non_null(strstr(rte_pmd_vchannel_error(), "net_vtest2 has no Tx offload"));
	vtest[2].tx_offloads |= RTE_ETH_TX_OFFLOAD_IPV4_CKSUM;
	port = vchannel_create(THREE);
	vtest[3].tx_offloads = RTE_ETH_TX_OFFLOAD_TCP_TSO;
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest3", 1), -ENOTSUP);
	assert_int_equal(info_of(port)->nb_members, 3);
}

static void
a_member_with_too_small_an_mtu_is_refused(void **state)
{
	uint16_t p;

	(void)state;
	vtest[2].max_mtu = 1400;
	assert_true(rte_vdev_init("net_vchannel0", THREE) < 0);
	assert_non_null(strstr(rte_pmd_vchannel_error(),
		"member: net_vtest2 has an MTU of 68 to 1400, in use is 1500"));
	assert_int_not_equal(rte_eth_dev_get_port_by_name("net_vchannel0", &p), 0);
}

static void
the_probes_queue_is_not_the_applications(void **state)
{
	struct rte_eth_dev_info info;

	(void)state;
	port = vchannel_create(THREE ",probe_ms=5");
	assert_int_equal(rte_eth_dev_info_get(port, &info), 0);
	assert_int_equal(info.max_tx_queues, VTEST_QUEUES - 1);
	assert_int_equal(info.max_rx_queues, VTEST_QUEUES);
}

/* The driver of a VF whose PF was reset says so: flows move, and the member comes back. */
static void
a_member_that_wants_it_is_reset(void **state)
{
	struct rte_mbuf *m[50];
	uint16_t sent;

	(void)state;
	port = vchannel_create(THREE ",gap_us=0,stuck_ms=0");
	port_start(port, 1);
	vtest[1].wants_reset = true;
	vtest[1].refuse_start = true; /* it needs several attempts */
	rte_eth_dev_callback_process(
		&rte_eth_devices[vtest[1].port], RTE_ETH_EVENT_INTR_RESET, NULL);
	WAIT_UNTIL(info_of(port)->member[1].buckets == 0 && vtest[1].resets > 0);
	for (int i = 0; i < 50; i++)
		m[i] = make_packet(i, 0, 64);
	sent = rte_eth_tx_burst(port, 0, m, 50);
	assert_int_equal(sent, 50); /* by the others */
	assert_int_equal(info_of(port)->nb_members, 3);
	assert_false(info_of(port)->member[1].alive);
	vtest[1].refuse_start = false;
	WAIT_UNTIL(info_of(port)->member[1].alive && info_of(port)->pending == 0);
	assert_int_equal(info_of(port)->member[1].buckets, 1365);
	assert_int_equal(info_of(port)->member[1].deaths, 1);
	assert_true(vtest[1].resets >= 2);
	assert_int_equal(vtest[0].resets + vtest[2].resets, 0);
}

/* It takes packets for ever and sends none: its ring is long, or there is little traffic. */
static void
a_member_that_completes_nothing_is_dead(void **state)
{
	struct rte_mbuf *m;
	uint32_t n = 0;

	(void)state;
	port = vchannel_create(THREE ",stuck_ms=5");
	port_start(port, 1);
#define SEND_ONE()                                                     \
	({                                                             \
		m = make_packet(n++, 0, 64);                           \
		assert_int_equal(rte_eth_tx_burst(port, 0, &m, 1), 1); \
		true;                                                  \
	})
	/* Everybody sends, and is seen to count. */
	WAIT_UNTIL(SEND_ONE() && ({
		for (int i = 0; i < 3; i++)
			vtest_empty(&vtest[i].tx[0]);
		struct vchannel *vc = vchannel_by_port(port);

		vc->member[0].completions.counts && vc->member[1].completions.counts &&
			vc->member[2].completions.counts;
	}));
	/* Then the last one keeps what it gets. */
	WAIT_UNTIL(SEND_ONE() && ({
		vtest_empty(&vtest[0].tx[0]);
		vtest_empty(&vtest[1].tx[0]);
		info_of(port)->member[2].deaths > 0;
	}));
	assert_true(vtest[2].tx[0].n < VTEST_RING);
	/* The packet that is on its way at the very moment is not counted before the next time. */
	assert_in_range(
		info_of(port)->member[2].tx_stranded, vtest[2].tx[0].n - 1, vtest[2].tx[0].n);
	assert_int_equal(info_of(port)->member[0].deaths + info_of(port)->member[1].deaths, 0);
}

static void
what_a_deleted_member_had_is_accounted_for_good(void **state)
{
	struct rte_mbuf *m[50];

	(void)state;
	port = vchannel_create(THREE);
	port_start(port, 1);
	for (int i = 0; i < 50; i++)
		m[i] = make_packet(i, 0, 64);
	assert_int_equal(rte_eth_tx_burst(port, 0, m, 50), 50);
	uint32_t stranded = vtest[1].tx[0].n;

	assert_true(stranded > 0);
	assert_int_equal(rte_pmd_vchannel_member_del(port, "net_vtest1"), 0);
	assert_int_equal(xstat("tx_stranded"), stranded);
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest1", 1), 0);
	assert_int_equal(xstat("tx_stranded"), stranded);
	assert_int_equal(xstat("member1_tx_stranded"), 0);
	assert_int_equal(rte_eth_xstats_reset(port), 0);
	assert_int_equal(xstat("tx_stranded"), 0);
}

static void
what_is_changed_while_it_is_stopped_holds_when_it_starts(void **state)
{
	struct rte_ether_addr mc[2] = {{{1, 0, 0x5e, 0, 0, 1}}, {{1, 0, 0x5e, 0, 0, 2}}},
			      more = {{2, 7, 7, 7, 7, 7}}, mac = {{2, 8, 8, 8, 8, 8}};

	(void)state;
	start_filtering();
	assert_int_equal(rte_eth_promiscuous_enable(port), 0);
	assert_int_equal(rte_eth_allmulticast_enable(port), 0);
	assert_int_equal(rte_eth_dev_vlan_filter(port, 5, 1), 0);
	assert_int_equal(rte_eth_dev_mac_addr_add(port, &more, 0), 0);
	assert_int_equal(rte_eth_dev_set_mc_addr_list(port, mc, 2), 0);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_promiscuous_disable(port), 0);
	assert_int_equal(rte_eth_allmulticast_disable(port), 0);
	assert_int_equal(rte_eth_dev_vlan_filter(port, 5, 0), 0);
	assert_int_equal(rte_eth_dev_vlan_filter(port, 6, 1), 0);
	assert_int_equal(rte_eth_dev_mac_addr_remove(port, &more), 0);
	assert_int_equal(rte_eth_dev_set_mc_addr_list(port, mc, 0), 0);
	assert_int_equal(rte_eth_dev_set_mtu(port, 3000), 0);
	assert_int_equal(rte_eth_dev_default_mac_addr_set(port, &mac), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	for (int i = 0; i < 3; i++) {
		const struct rte_eth_dev_data *data = rte_eth_devices[vtest[i].port].data;

		assert_false(vtest[i].promiscuous || vtest[i].allmulticast || vtest[i].vlan[5]);
		assert_true(vtest[i].vlan[6]);
		assert_int_equal(vtest[i].macs_removed, 1);
		assert_int_equal(vtest[i].nb_mc, 0);
		assert_int_equal(vtest[i].mtu, 3000);
		assert_memory_equal(data->mac_addrs, &mac, sizeof(mac));
	}
}

static void
a_member_gets_back_what_it_had(void **state)
{
	struct rte_ether_addr mc = {{1, 0, 0x5e, 0, 0, 1}}, more = {{2, 7, 7, 7, 7, 7}};

	(void)state;
	/* Its owner had it hear everything, with an MTU of its own. */
	assert_int_equal(rte_eth_promiscuous_enable(vtest[1].port), 0);
	rte_eth_devices[vtest[1].port].data->mtu = 1600;
	start_filtering();
	assert_false(vtest[1].promiscuous);
	assert_int_equal(rte_eth_allmulticast_enable(port), 0);
	assert_int_equal(rte_eth_dev_vlan_filter(port, 5, 1), 0);
	assert_int_equal(rte_eth_dev_mac_addr_add(port, &more, 0), 0);
	assert_int_equal(rte_eth_dev_set_mc_addr_list(port, &mc, 1), 0);
	assert_int_equal(rte_eth_dev_set_mtu(port, 2000), 0);
	assert_true(vtest[1].allmulticast && vtest[1].vlan[5] && vtest[1].nb_mc == 1);
	assert_int_equal(rte_pmd_vchannel_member_del(port, "net_vtest1"), 0);
	assert_true(vtest[1].promiscuous);
	assert_false(vtest[1].allmulticast || vtest[1].vlan[5]);
	assert_int_equal(vtest[1].nb_mc, 0);
	assert_int_equal(vtest[1].macs_removed, 1);
	assert_int_equal(vtest[1].mtu, 1600);
	assert_true(vtest[0].allmulticast && vtest[0].vlan[5] && vtest[0].mtu == 2000);
}

static void
a_multicast_list_that_one_refuses_is_nobodys(void **state)
{
	struct rte_ether_addr mc[2] = {{{1, 0, 0x5e, 0, 0, 1}}, {{1, 0, 0x5e, 0, 0, 2}}};

	(void)state;
	start_filtering();
	assert_int_equal(rte_eth_dev_set_mc_addr_list(port, mc, 1), 0);
	vtest[2].refuse_mc = true;
	assert_int_not_equal(rte_eth_dev_set_mc_addr_list(port, mc, 2), 0);
	assert_int_equal(vtest[0].nb_mc, 1);
	vtest[2].refuse_mc = false;
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_int_equal(vtest[1].nb_mc, 1);
}

/* A switch floods a frame to every link: one copy is enough. */
static void
a_backup_is_not_listened_to(void **state)
{
	struct rte_mbuf *m[8];

	(void)state;
	port = vchannel_create(THREE ",mode=active-backup,gap_us=0");
	port_start(port, 1);
	for (int active = 0; active < 2; active++) {
		for (int i = 0; i < 3; i++) {
			vtest[i].rx[0].pkt[0] = make_packet(i, 0, 64);
			vtest[i].rx[0].n = 1;
		}
		assert_int_equal(rte_eth_rx_burst(port, 0, m, 8), 1);
		assert_int_equal(packet_flow(m[0]), active);
		rte_pktmbuf_free(m[0]);
		assert_int_equal(xstat("member2_rx_unwanted"), active + 1);
		set_link(active, false);
		look(port);
	}
	assert_int_equal(rte_pmd_vchannel_mode_set(port, RTE_PMD_VCHANNEL_WEIGHTED), 0);
	vtest[0].rx[0].pkt[0] = make_packet(0, 0, 64);
	vtest[0].rx[0].n = 1;
	assert_int_equal(rte_eth_rx_burst(port, 0, m, 8), 1);
	rte_pktmbuf_free(m[0]);
}

static void
options_change_while_it_runs(void **state)
{
	static const struct {
		const char *key, *value, *says;
		int rc;
	} bad[] = {
		{"gap_us", "1000001", "gap_us: 1000001 is not in 0..1000000", -ERANGE},
		{"gap_us", "soon", "gap_us: \"soon\" is not a number", -EINVAL},
		{"seed", "5", "seed: is not one that can be changed later", -EINVAL},
		{"primary", "net_vtest3", "primary: net_vtest3 is not a member", -ENOENT},
		{"probe_ms", "5", "probe_ms: ", -EBUSY},
	};

	(void)state;
	/* A gap that no bucket makes while this runs, and an end to waiting for it. */
	port = vchannel_create(THREE ",gap_us=1000000,mode=active-backup");
	port_start(port, 1);
	for (size_t i = 0; i < RTE_DIM(bad); i++) {
		assert_int_equal(
			rte_pmd_vchannel_option_set(port, bad[i].key, bad[i].value), bad[i].rc);
		assert_non_null(strstr(rte_pmd_vchannel_error(), bad[i].says));
	}
	assert_int_equal(info_of(port)->gap_us, 1000000);
	assert_int_equal(rte_pmd_vchannel_option_set(port, "gap_us", "0"), 0);
	assert_int_equal(info_of(port)->gap_us, 0);
	/* Another primary has no effect until it is to be returned to. */
	assert_int_equal(rte_pmd_vchannel_option_set(port, "primary", "net_vtest2"), 0);
	assert_true(info_of(port)->member[0].active);
	assert_int_equal(rte_pmd_vchannel_option_set(port, "switch_back", "1"), 0);
	assert_true(info_of(port)->member[2].active);
	WAIT_UNTIL(info_of(port)->member[2].buckets == 4096);
	assert_int_equal(rte_pmd_vchannel_option_set(port, "primary", ""), 0);
	WAIT_UNTIL(info_of(port)->member[0].buckets == 4096);
}

static void
nothing_is_left_of_a_closed_one(void **state)
{
	struct rte_malloc_socket_stats before, after;

	(void)state;
	for (int round = 0; round < 3; round++) {
		port = vchannel_create(THREE ",mode=adaptive");
		port_start(port, 3);
		vchannel_destroy();
		assert_int_equal(rte_malloc_get_socket_stats(0, round == 0 ? &before : &after), 0);
	}
	assert_int_equal(after.alloc_count, before.alloc_count);
}

static void *
die_with_the_lock(void *arg)
{
	vchannel_lock(arg);
	return NULL;
}

/* As a secondary process does that is killed while it reads. */
static void
one_who_dies_with_the_lock_blocks_nobody(void **state)
{
	struct rte_eth_stats stats;
	pthread_t thread;

	(void)state;
	port = vchannel_create(THREE);
	port_start(port, 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			pthread_create(&thread, NULL, die_with_the_lock, vchannel_by_port(port)),
			0);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	}
	/* The control task goes on as well. */
	set_link(1, false);
	WAIT_UNTIL(!info_of(port)->member[1].alive);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(members_without_a_common_offload_are_refused),
		TEST(a_member_with_too_small_an_mtu_is_refused),
		TEST(the_probes_queue_is_not_the_applications),
		TEST(a_member_that_wants_it_is_reset),
		TEST(a_member_that_completes_nothing_is_dead),
		TEST(what_a_deleted_member_had_is_accounted_for_good),
		TEST(what_is_changed_while_it_is_stopped_holds_when_it_starts),
		TEST(a_member_gets_back_what_it_had),
		TEST(a_multicast_list_that_one_refuses_is_nobodys),
		TEST(a_backup_is_not_listened_to),
		TEST(options_change_while_it_runs),
		TEST(nothing_is_left_of_a_closed_one),
		TEST(one_who_dies_with_the_lock_blocks_nobody),
	};

	if (vtest_eal() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
