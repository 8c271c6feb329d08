/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * V-Channel as an ethdev, judged from outside: what one expects of a bond (the behaviours that
 * DPDK's own tests check for its bonding in balance mode, written afresh), and the errors for bad
 * input.
 */

#include "test_vchannel_dev.h"

static const char three[] = "member=net_vtest0,weight=2000,member=net_vtest1,weight=4000,"
			    "member=net_vtest2,weight=6000,up_delay_ms=0,interval_ms=1";

static uint16_t port;

static int
setup(void **state)
{
	(void)state;
	vtest_create(4);
	port = UINT16_MAX;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	vchannel_destroy();
	rte_vdev_uninit("net_vchannel1");
	vtest_destroy();
	/* Whatever the test did, no packet was lost or freed twice. */
	return rte_mempool_in_use_count(vtest_pool(16383)) == 0 ? 0 : -1;
}

static void
members_are_claimed_and_lend_their_address(void **state)
{
	struct rte_eth_dev_owner owner;
	struct rte_ether_addr mac;
	uint16_t p;

	(void)state;
	port = vchannel_create(three);
	assert_true(rte_pmd_vchannel_is(port));
	assert_false(rte_pmd_vchannel_is(vtest[0].port));
	assert_int_equal(info_of(port)->nb_members, 3);
	assert_string_equal(info_of(port)->member[1].name, "net_vtest1");
	assert_int_equal(info_of(port)->member[2].weight, 6000);
	assert_int_equal(rte_eth_macaddr_get(port, &mac), 0);
	assert_int_equal(mac.addr_bytes[5], 0);
	assert_int_equal(mac.addr_bytes[4], 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(rte_eth_dev_owner_get(vtest[i].port, &owner), 0);
		assert_string_equal(owner.name, "net_vchannel0");
	}
	RTE_ETH_FOREACH_DEV (p)
		assert_true(p == port || p == vtest[3].port);
}

static void
members_may_be_born_after_the_vchannel(void **state)
{
	(void)state;
	vtest_destroy();
	port = vchannel_create(three);
	assert_int_equal(info_of(port)->nb_members, 0);
	vtest_create(4);
	assert_int_equal(info_of(port)->nb_members, 3);
	/* ... and die and be born again before it is started. */
	assert_int_equal(rte_vdev_uninit("net_vtest1"), 0);
	assert_int_equal(info_of(port)->nb_members, 2);
	assert_int_equal(rte_vdev_init("net_vtest1", ""), 0);
	assert_int_equal(info_of(port)->nb_members, 3);
	port_start(port, 1);
	for (int i = 0; i < 3; i++)
		assert_true(info_of(port)->member[i].alive);
}

static void
a_missing_member_is_named_when_it_is_needed(void **state)
{
	struct rte_eth_conf conf = {0};

	(void)state;
	port = vchannel_create("member=net_vtest0,member=net_vtest7");
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), -ENODEV);
	assert_non_null(strstr(rte_pmd_vchannel_error(), "member: "));
	assert_non_null(strstr(rte_pmd_vchannel_error(), "net_vtest7"));
}

static void
bad_input_is_one_clear_error_and_no_device(void **state)
{
	static const struct {
		const char *args, *says;
	} bad[] = {
		{"member=net_vtest0,wieght=1000", "wieght: unknown key"},
		{"member=net_vtest0,weight=0", "weight: 0 is not in 1..400000"},
		{"member=net_vtest0,weight=400001", "weight: 400001 is not in 1..400000"},
		{"member=net_vtest0,weight=fast", "weight: \"fast\" is not a number"},
		{"weight=1000,member=net_vtest0", "weight: there is no member before it"},
		{"member=net_vtest0,weight=1,weight=2", "weight: member net_vtest0 has two"},
		{"member=net_vtest0,member=net_vtest0", "member: net_vtest0 is there twice"},
		{"member=net_vchannel0", "member: net_vchannel0 cannot be a member of itself"},
		{"member=net_vtest0,mode=fastest", "mode: \"fastest\" is not"},
		{"member=net_vtest0,buckets=100", "buckets: 100 is not a power of two"},
		{"member=net_vtest0,buckets=131072", "buckets: 131072 is not in"},
		{"member=net_vtest0,gap_us=-1", "gap_us: \"-1\" is not a number"},
		{"member=net_vtest0,primary=net_vtest1", "primary: net_vtest1 is not a member"},
		{"member=net_vtest0,mac=01:00:00:00:00:01", "mac: \"01:00:00:00:00:01\" is no"},
		{"member=net_vtest0,nic_hash=2", "nic_hash: 2 is not in 0..1"},
		{"member=net_vtest0,ndn_depth=0", "ndn_depth: 0 is not in 1..16"},
		{"member=net_vtest0,symmetric", "symmetric: has no value"},
	};
	struct rte_eth_dev_owner owner;

	(void)state;
	for (size_t i = 0; i < RTE_DIM(bad); i++) {
		assert_true(rte_vdev_init("net_vchannel0", bad[i].args) < 0);
		if (strstr(rte_pmd_vchannel_error(), bad[i].says) == NULL)
			fail_msg("%s: said \"%s\"", bad[i].args, rte_pmd_vchannel_error());
		assert_int_not_equal(rte_eth_dev_get_port_by_name("net_vchannel0", &port), 0);
		assert_int_equal(rte_eth_dev_owner_get(vtest[0].port, &owner), 0);
		assert_int_equal(owner.id, RTE_ETH_DEV_NO_OWNER);
	}
}

static void
a_member_of_another_bond_is_refused(void **state)
{
	(void)state;
	port = vchannel_create("member=net_vtest0");
	assert_true(rte_vdev_init("net_vchannel1", "member=net_vtest0") < 0);
	assert_non_null(
		strstr(rte_pmd_vchannel_error(), "member: net_vtest0 belongs to net_vchannel0"));
	assert_true(rte_vdev_init("net_vchannel1", "member=net_vchannel0") < 0);
	assert_non_null(strstr(rte_pmd_vchannel_error(), "member: net_vchannel0 is a V-Channel"));
	assert_int_equal(rte_vdev_init("net_vchannel1", "member=net_vtest1"), 0);
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest1", 0), -EBUSY);
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest0", 0), -EEXIST);
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vchannel0", 0), -ELOOP);
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest9", 0), -ENODEV);
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest2", 400001), -ERANGE);
	assert_int_equal(rte_pmd_vchannel_member_del(port, "net_vtest2"), -ENOENT);
	assert_int_equal(info_of(port)->nb_members, 1);
}

static void
members_follow_start_and_stop(void **state)
{
	(void)state;
	port = vchannel_create(three);
	port_start(port, 2);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(vtest[i].starts, 1);
		assert_int_equal(vtest[i].configures, 1);
	}
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(vtest[i].stops, 1);
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_int_equal(vtest[1].starts, 2);
	/* Closed while it runs, by teardown: members are stopped, and nobody's. */
	vchannel_destroy();
	assert_int_equal(vtest[1].stops, 2);
	assert_int_equal(rte_eth_dev_start(vtest[1].port), 0);
	assert_int_equal(rte_eth_dev_stop(vtest[1].port), 0);
}

static void
a_hundred_starts_leave_no_memory_behind(void **state)
{
	struct rte_malloc_socket_stats before, after;

	(void)state;
	port = vchannel_create(three);
	port_start(port, 2);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	assert_int_equal(rte_malloc_get_socket_stats(0, &before), 0);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(rte_eth_dev_start(port), 0);
		assert_int_equal(rte_eth_dev_stop(port), 0);
	}
	assert_int_equal(rte_malloc_get_socket_stats(0, &after), 0);
	assert_int_equal(after.alloc_count, before.alloc_count);
}

static void
a_member_that_does_not_start_keeps_the_device_down(void **state)
{
	(void)state;
	port = vchannel_create(three);
	port_configure(port, 1);
	vtest[1].refuse_start = true;
	assert_int_not_equal(rte_eth_dev_start(port), 0);
	assert_non_null(strstr(rte_pmd_vchannel_error(), "member: net_vtest1"));
	assert_int_equal(vtest[0].starts, vtest[0].stops);
	vtest[1].refuse_start = false;
	assert_int_equal(rte_eth_dev_start(port), 0);
}

static void
members_come_and_go_while_it_runs(void **state)
{
	struct rte_pmd_vchannel_info *i;

	(void)state;
	port = vchannel_create("interval_ms=1,gap_us=0");
	port_start(port, 1);
	assert_int_equal(info_of(port)->nb_members, 0);
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest0", 1000), 0);
	i = info_of(port);
	assert_int_equal(i->member[0].buckets, 4096);
	assert_int_equal(vtest[0].starts, 1);
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest1", 3000), 0);
	assert_int_equal(info_of(port)->member[1].buckets_wanted, 3072);
	WAIT_UNTIL(info_of(port)->member[1].buckets == 3072);
	assert_int_equal(rte_pmd_vchannel_weight_set(port, "net_vtest1", 1000), 0);
	WAIT_UNTIL(info_of(port)->member[1].buckets == 2048);
	assert_int_equal(rte_pmd_vchannel_weight_set(port, "net_vtest1", 0), 0);
	assert_int_equal(info_of(port)->member[1].weight, 10000); /* its link's */
	assert_int_equal(rte_pmd_vchannel_weight_set(port, "net_vtest1", 400001), -ERANGE);
	assert_int_equal(rte_pmd_vchannel_member_del(port, "net_vtest0"), 0);
	i = info_of(port);
	assert_int_equal(i->nb_members, 1);
	assert_int_equal(i->member[0].buckets, 4096);
	assert_int_equal(vtest[0].stops, 1);
	assert_int_equal(rte_pmd_vchannel_member_del(port, "net_vtest1"), 0);
	assert_int_equal(info_of(port)->nb_members, 0);
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest2", 1), 0);
	assert_int_equal(info_of(port)->member[0].buckets, 4096);
}

static void
an_unfit_member_is_refused_and_nothing_changes(void **state)
{
	struct rte_eth_conf conf = {.rxmode.offloads = RTE_ETH_RX_OFFLOAD_VLAN_FILTER};

	(void)state;
	port = vchannel_create("member=net_vtest0");
	assert_int_equal(rte_eth_dev_configure(port, 2, 2, &conf), 0);
	for (uint16_t q = 0; q < 2; q++) {
		assert_int_equal(
			rte_eth_rx_queue_setup(port, q, 64, 0, NULL, vtest_pool(16383)), 0);
		assert_int_equal(rte_eth_tx_queue_setup(port, q, 64, 0, NULL), 0);
	}
	assert_int_equal(rte_eth_dev_set_mtu(port, 4000), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	vtest[1].offloads = 0;
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest1", 1), -ENOTSUP);
	assert_non_null(strstr(rte_pmd_vchannel_error(), "member: net_vtest1 has Rx offloads"));
	vtest[1].offloads = RTE_ETH_RX_OFFLOAD_VLAN_FILTER;
	vtest[1].max_mtu = 1500;
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest1", 1), -ENOTSUP);
	assert_non_null(strstr(rte_pmd_vchannel_error(), "MTU"));
	vtest[1].max_mtu = 9000;
	vtest[1].max_queues = 1;
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest1", 1), -ENOTSUP);
	vtest[1].max_queues = 4;
	vtest[1].refuse_start = true;
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest1", 1), -EIO);
	assert_int_equal(info_of(port)->nb_members, 1);
	vtest[1].refuse_start = false;
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest1", 1), 0);
	assert_int_equal(rte_eth_devices[vtest[1].port].data->mtu, 4000);
	assert_int_equal(vtest[0].mtu, 4000);
	assert_int_equal(vtest[1].mtu, 4000);
}

static void
capabilities_are_what_all_can_do(void **state)
{
	struct rte_eth_dev_info info;

	(void)state;
	vtest[1].max_queues = 2;
	vtest[2].max_mtu = 4000;
	vtest[0].offloads |= RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
	port = vchannel_create(three);
	assert_int_equal(rte_eth_dev_info_get(port, &info), 0);
	assert_int_equal(info.max_rx_queues, 2);
	assert_int_equal(info.max_mtu, 4000);
	assert_int_equal(info.rx_offload_capa, RTE_ETH_RX_OFFLOAD_VLAN_FILTER);
	assert_int_equal(info.max_mac_addrs, 4);
}

static bool
has_mac(int i, const struct rte_ether_addr *mac)
{
	return memcmp(rte_eth_devices[vtest[i].port].data->mac_addrs, mac, sizeof(*mac)) == 0;
}

static void
the_mac_address_is_every_members(void **state)
{
	struct rte_ether_addr first = {{2, 0, 0, 0, 1, 0}}, own = {{2, 0, 0, 0, 1, 1}},
			      new = {{2, 9, 9, 9, 9, 9}}, more = {{2, 7, 7, 7, 7, 7}};

	(void)state;
	port = vchannel_create(three);
	port_start(port, 1);
	for (int i = 0; i < 3; i++)
		assert_true(has_mac(i, &first));
	assert_int_equal(rte_eth_dev_default_mac_addr_set(port, &new), 0);
	for (int i = 0; i < 3; i++)
		assert_true(has_mac(i, &new));
	assert_int_equal(rte_eth_dev_mac_addr_add(port, &more, 0), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(vtest[i].macs_added, 1);
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest3", 1), 0);
	assert_true(has_mac(3, &new));
	assert_int_equal(vtest[3].macs_added, 1);
	assert_int_equal(rte_pmd_vchannel_member_del(port, "net_vtest1"), 0);
	assert_true(has_mac(1, &own)); /* its own again */
	assert_int_equal(rte_eth_dev_mac_addr_remove(port, &more), 0);
	assert_int_equal(vtest[0].macs_removed, 1);
	assert_int_equal(vtest[3].macs_removed, 1);
	/* One refuses: nobody has it. */
	vtest[2].refuse_mac = true;
	assert_int_not_equal(rte_eth_dev_mac_addr_add(port, &more, 0), 0);
	assert_int_equal(vtest[0].macs_added, 2);
	assert_int_equal(vtest[0].macs_removed, 2);
}

static void
a_member_that_may_not_change_its_address_hears_all(void **state)
{
	(void)state;
	vtest[1].refuse_mac = true;
	port = vchannel_create(three);
	port_start(port, 1);
	assert_true(vtest[1].promiscuous);
	assert_false(vtest[0].promiscuous);
	/* The application's own wish for promiscuous mode does not take that away. */
	assert_int_equal(rte_eth_promiscuous_enable(port), 0);
	assert_int_equal(rte_eth_promiscuous_disable(port), 0);
	assert_true(vtest[1].promiscuous);
	assert_false(vtest[0].promiscuous);
	assert_int_equal(rte_pmd_vchannel_member_del(port, "net_vtest1"), 0);
	assert_false(vtest[1].promiscuous);
}

static void
modes_vlans_and_mtu_are_told_to_all_or_none(void **state)
{
	struct rte_eth_conf conf = {.rxmode.offloads = RTE_ETH_RX_OFFLOAD_VLAN_FILTER};

	(void)state;
	port = vchannel_create(three);
	assert_int_equal(rte_eth_dev_configure(port, 1, 1, &conf), 0);
	assert_int_equal(rte_eth_rx_queue_setup(port, 0, 64, 0, NULL, vtest_pool(16383)), 0);
	assert_int_equal(rte_eth_tx_queue_setup(port, 0, 64, 0, NULL), 0);
	assert_int_equal(rte_eth_dev_start(port), 0);
	assert_int_equal(rte_eth_promiscuous_enable(port), 0);
	assert_int_equal(rte_eth_allmulticast_enable(port), 0);
	assert_int_equal(rte_eth_dev_vlan_filter(port, 5, 1), 0);
	assert_int_equal(rte_eth_dev_set_mtu(port, 2000), 0);
	assert_int_equal(rte_pmd_vchannel_member_add(port, "net_vtest3", 1), 0);
	for (int i = 0; i < 4; i++) {
		assert_true(vtest[i].promiscuous && vtest[i].allmulticast && vtest[i].vlan[5]);
		assert_int_equal(rte_eth_devices[vtest[i].port].data->mtu, 2000);
	}
	assert_int_equal(rte_eth_promiscuous_disable(port), 0);
	assert_int_equal(rte_eth_allmulticast_disable(port), 0);
	for (int i = 0; i < 4; i++)
		assert_false(vtest[i].promiscuous || vtest[i].allmulticast);
	vtest[2].refuse_mtu = vtest[2].refuse_vlan = true;
	assert_int_not_equal(rte_eth_dev_set_mtu(port, 3000), 0);
	assert_int_equal(vtest[0].mtu, 2000);
	assert_int_not_equal(rte_eth_dev_vlan_filter(port, 6, 1), 0);
	assert_false(vtest[0].vlan[6]);
	assert_int_not_equal(rte_eth_dev_set_mtu(port, 9001), 0);
}

static void
the_redirection_table_is_passed_on(void **state)
{
	struct rte_eth_rss_reta_entry64 reta[2] = {{.mask = UINT64_MAX}, {.mask = UINT64_MAX}};
	struct rte_eth_dev_info info;

	(void)state;
	for (int i = 0; i < 3; i++)
		vtest[i].reta_size = 128;
	vtest[2].reta_size = 256;
	port = vchannel_create(three);
	port_start(port, 2);
	assert_int_equal(rte_eth_dev_info_get(port, &info), 0);
	assert_int_equal(info.reta_size, 128);
	for (int i = 0; i < 128; i++)
		reta[i / 64].reta[i % 64] = i % 3 == 0;
	/* ethdev wants RSS on for this call. */
	rte_eth_devices[port].data->dev_conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	for (int i = 0; i < 3; i++)
		rte_eth_devices[vtest[i].port].data->dev_conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	assert_int_equal(rte_eth_dev_rss_reta_update(port, reta, 128), 0);
	for (int i = 0; i < 256; i++) {
		assert_int_equal(vtest[2].reta[i], i % 128 % 3 == 0);
		if (i < 128)
			assert_int_equal(vtest[0].reta[i], i % 3 == 0);
	}
	memset(reta[0].reta, 9, sizeof(reta[0].reta));
	assert_int_equal(rte_eth_dev_rss_reta_query(port, reta, 128), 0);
	assert_int_equal(reta[0].reta[3], 1);
	assert_int_equal(reta[0].reta[4], 0);
}

static unsigned int lsc_events;

static int
on_lsc(uint16_t p, enum rte_eth_event_type type, void *arg, void *ret)
{
	(void)p;
	(void)type;
	(void)arg;
	(void)ret;
	__atomic_add_fetch(&lsc_events, 1, __ATOMIC_RELAXED);
	return 0;
}

static void
the_link_is_the_sum_of_the_living(void **state)
{
	struct rte_eth_link link;

	(void)state;
	port = vchannel_create(three);
	port_start(port, 1);
	assert_int_equal(
		rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_LSC, on_lsc, NULL), 0);
	lsc_events = 0;
	assert_int_equal(rte_eth_link_get_nowait(port, &link), 0);
	assert_int_equal(link.link_status, RTE_ETH_LINK_UP);
	assert_int_equal(link.link_speed, 12000);
	set_link(2, false); /* seen without being asked for */
	WAIT_UNTIL(!info_of(port)->member[2].alive);
	assert_int_equal(rte_eth_link_get_nowait(port, &link), 0);
	assert_int_equal(link.link_status, RTE_ETH_LINK_UP);
	assert_int_equal(link.link_speed, 6000);
	WAIT_UNTIL(__atomic_load_n(&lsc_events, __ATOMIC_RELAXED) == 1);
	set_link(0, false);
	set_link(1, false);
	look(port);
	assert_int_equal(rte_eth_link_get_nowait(port, &link), 0);
	assert_int_equal(link.link_status, RTE_ETH_LINK_DOWN);
	assert_int_equal(info_of(port)->member[0].buckets, 0);
	set_link(1, true);
	look(port);
	assert_int_equal(rte_eth_link_get_nowait(port, &link), 0);
	assert_int_equal(link.link_status, RTE_ETH_LINK_UP);
	assert_int_equal(link.link_speed, 4000);
	assert_int_equal(info_of(port)->member[1].buckets, 4096);
	assert_int_equal(
		rte_eth_dev_callback_unregister(port, RTE_ETH_EVENT_INTR_LSC, on_lsc, NULL), 0);
}

static void
it_is_reconfigured_with_more_queues(void **state)
{
	struct rte_eth_stats stats;
	struct rte_mbuf *m;

	(void)state;
	port = vchannel_create(three);
	port_start(port, 1);
	m = make_packet(1, 1, 64);
	assert_int_equal(rte_eth_tx_burst(port, 0, &m, 1), 1);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	port_start(port, 3);
	for (uint16_t q = 0; q < 3; q++) {
		m = make_packet(q, 1, 64);
		assert_int_equal(rte_eth_tx_burst(port, q, &m, 1), 1);
		assert_int_equal(vtest[0].tx[q].n + vtest[1].tx[q].n + vtest[2].tx[q].n, 1);
	}
	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_int_equal(stats.opackets, 4); /* counts survive */
	assert_int_equal(stats.q_opackets[2], 1);
	assert_int_equal(rte_eth_dev_stop(port), 0);
	port_start(port, 2);
	m = make_packet(9, 1, 64);
	assert_int_equal(rte_eth_tx_burst(port, 1, &m, 1), 1);
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
statistics_are_kept_per_queue_and_member(void **state)
{
	struct rte_eth_stats stats;
	struct rte_mbuf *m[32];

	(void)state;
	port = vchannel_create(three);
	port_start(port, 2);
	for (int i = 0; i < 32; i++)
		m[i] = make_packet(i, 0, 100);
	assert_int_equal(rte_eth_tx_burst(port, 1, m, 32), 32);
	vtest[1].rx[0].pkt[0] = make_packet(1, 1, 200);
	vtest[1].rx[0].n = 1;
	assert_int_equal(rte_eth_rx_burst(port, 0, m, 32), 1);
	rte_pktmbuf_free(m[0]);
	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_int_equal(stats.opackets, 32);
	assert_int_equal(stats.obytes, 3200);
	assert_int_equal(stats.q_opackets[1], 32);
	assert_int_equal(stats.q_opackets[0], 0);
	assert_int_equal(stats.ipackets, 1);
	assert_int_equal(stats.q_ibytes[0], 200);
	assert_int_equal(stats.imissed, 0); /* what was there before us is not ours */
	assert_int_equal(xstat("member1_rx_packets"), 1);
	assert_int_equal(xstat("member0_tx_packets"), vtest[0].tx[1].packets);
	assert_int_equal(xstat("member2_tx_bytes"), vtest[2].tx[1].bytes);
	assert_int_equal(xstat("member2_buckets"), 2048);
	assert_int_equal(rte_eth_stats_reset(port), 0);
	assert_int_equal(rte_eth_xstats_reset(port), 0);
	assert_int_equal(rte_eth_stats_get(port, &stats), 0);
	assert_int_equal(stats.opackets + stats.ipackets + stats.obytes, 0);
	assert_int_equal(xstat("member0_tx_packets"), 0);
}

static void
a_device_pulled_out_is_survived_and_taken_back(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	port = vchannel_create(three);
	port_start(port, 1);
	/* The bus says that it goes, and then it is gone. */
	rte_eth_dev_callback_process(&rte_eth_devices[vtest[1].port], RTE_ETH_EVENT_INTR_RMV, NULL);
	WAIT_UNTIL(info_of(port)->nb_members == 2);
	assert_int_equal(rte_vdev_uninit("net_vtest1"), 0);
	m = make_packet(1, 1, 64);
	assert_int_equal(rte_eth_tx_burst(port, 0, &m, 1), 1);
	assert_int_equal(info_of(port)->member[0].buckets + info_of(port)->member[1].buckets, 4096);
	/* Another one is closed without a word. */
	assert_int_equal(rte_vdev_uninit("net_vtest2"), 0);
	WAIT_UNTIL(info_of(port)->nb_members == 1);
	assert_int_equal(info_of(port)->member[0].buckets, 4096);
	/* And they come back. */
	assert_int_equal(rte_vdev_init("net_vtest2", ""), 0);
	assert_int_equal(rte_vdev_init("net_vtest1", ""), 0);
	WAIT_UNTIL(info_of(port)->nb_members == 3);
	WAIT_UNTIL(info_of(port)->pending == 0);
	WAIT_UNTIL(info_of(port)->member[1].alive && info_of(port)->member[2].alive);
}

static bool closed;

static int
close_on_lsc(uint16_t p, enum rte_eth_event_type type, void *arg, void *ret)
{
	(void)type;
	(void)arg;
	(void)ret;
	if (!rte_pmd_vchannel_is(p) || rte_eth_dev_stop(p) != 0 || rte_eth_dev_close(p) != 0)
		return 0;
	__atomic_store_n(&closed, true, __ATOMIC_RELEASE);
	return 0;
}

/* The last member's end makes the link go down, and the application closes the V-Channel at that.
 */
static void
the_application_may_close_it_when_a_member_ends(void **state)
{
	(void)state;
	port = vchannel_create("member=net_vtest0,up_delay_ms=0,interval_ms=1");
	port_start(port, 1);
	closed = false;
	assert_int_equal(
		rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_LSC, close_on_lsc, NULL), 0);
	assert_int_equal(rte_vdev_uninit("net_vtest0"), 0);
	WAIT_UNTIL(__atomic_load_n(&closed, __ATOMIC_ACQUIRE));
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(members_are_claimed_and_lend_their_address),
		TEST(members_may_be_born_after_the_vchannel),
		TEST(a_missing_member_is_named_when_it_is_needed),
		TEST(bad_input_is_one_clear_error_and_no_device),
		TEST(a_member_of_another_bond_is_refused),
		TEST(members_follow_start_and_stop),
		TEST(a_hundred_starts_leave_no_memory_behind),
		TEST(a_member_that_does_not_start_keeps_the_device_down),
		TEST(members_come_and_go_while_it_runs),
		TEST(an_unfit_member_is_refused_and_nothing_changes),
		TEST(capabilities_are_what_all_can_do),
		TEST(the_mac_address_is_every_members),
		TEST(a_member_that_may_not_change_its_address_hears_all),
		TEST(modes_vlans_and_mtu_are_told_to_all_or_none),
		TEST(the_redirection_table_is_passed_on),
		TEST(the_link_is_the_sum_of_the_living),
		TEST(it_is_reconfigured_with_more_queues),
		TEST(statistics_are_kept_per_queue_and_member),
		TEST(a_device_pulled_out_is_survived_and_taken_back),
		TEST(the_application_may_close_it_when_a_member_ends),
	};

	if (vtest_eal() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
