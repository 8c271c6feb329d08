/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The NIC's worker on an lcore, with ports in memory: what one VF lacks or leaves lying is told as
 * what it is, and is no other's trouble.
 */
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include "nic_priv.h"
#include "xebra_test.h"

#define VFS 3
#define FRAMES 20000

/* A guest that has so many broadcasts to send, and takes what comes or nothing. */
struct guest {
	struct nic_port port;
	uint32_t left;
	bool poor;      /* there is no buffer to fetch its frames with */
	bool takes_not; /* its ring is full */
	uint64_t asked; /* to take something */
	struct rte_ether_addr mac;
};

static struct guest guests[VFS];
static struct nic_port uplink;
static struct nic_plan plan;
static struct rte_mempool *pool;

static uint16_t
fetch(struct nic_port *port, struct rte_mbuf **pkts, uint16_t nb)
{
	struct guest *g = (struct guest *)port;

	if (__atomic_load_n(&g->poor, __ATOMIC_ACQUIRE)) {
		port->no_memory++;
		return 0;
	}
	nb = RTE_MIN(nb, g->left);
	if (nb == 0 || rte_pktmbuf_alloc_bulk(pool, pkts, nb) != 0)
		return 0;
	for (uint16_t i = 0; i < nb; i++) {
		uint8_t *frame = (uint8_t *)rte_pktmbuf_append(pkts[i], 60);

		memset(frame, 0xff, 6);
		memcpy(frame + 6, &g->mac, 6);
		memset(frame + 12, 0x08, 48);
	}
	g->left -= nb;
	return nb;
}

static uint16_t
fetch_nothing(struct nic_port *port, struct rte_mbuf **pkts, uint16_t nb)
{
	(void)port;
	(void)pkts;
	(void)nb;
	return 0;
}

static uint16_t
take(struct nic_port *port, struct rte_mbuf **pkts, uint16_t nb)
{
	struct guest *g = (struct guest *)port;

	if (port != &uplink && g->takes_not) {
		g->asked++;
		return 0;
	}
	rte_pktmbuf_free_bulk(pkts, nb);
	return nb;
}

static int
set_up(void **state)
{
	static struct nic_vf_conf confs[VFS];

	(void)state;
	memset(guests, 0, sizeof(guests));
	memset(&plan, 0, sizeof(plan));
	for (unsigned int vf = 0; vf < VFS; vf++) {
		guests[vf].port = (struct nic_port){.rx = fetch, .tx = take};
		guests[vf].mac = (struct rte_ether_addr){{2, 0, 0, 0, 0, (uint8_t)vf}};
		confs[vf] = (struct nic_vf_conf){
			.mac = guests[vf].mac, .vlan = 2, .spoof_check = true, .mtu = 1500};
		plan.ports[vf] = &guests[vf].port;
	}
	uplink = (struct nic_port){.rx = fetch_nothing, .tx = take};
	plan.number = 1;
	plan.nb_vfs = VFS;
	plan.connected = plan.up = (1 << VFS) - 1;
	plan.uplink = &uplink;
	plan.uplink_up = true;
	plan.uplink_speed = 10000;
	nic_switch_build(&plan.sw, confs, VFS);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	nic_worker_stop();
	return (int)rte_mempool_in_use_count(pool);
}

static void
work(void)
{
	struct xebra_err err = {0};

	if (nic_worker_start(pool, &plan, &err) < 0)
		fail_msg("%s", err.text);
}

/* Wait for a counter; the test's own time is the limit. */
static void
wait_for(const uint64_t *counter, uint64_t n)
{
	while (__atomic_load_n(counter, __ATOMIC_ACQUIRE) < n)
		usleep(1000);
}

static void
no_buffer_for_what_a_vf_sends_is_told_and_is_no_drop(void **state)
{
	const struct nic_vf_stats *stats;

	(void)state;
	guests[0].poor = true;
	guests[0].left = 1;
	work();
	stats = &nic_worker_get()->vf_stats[0];
	wait_for(&stats->no_memory, 100);
	assert_int_equal(stats->tx_packets, 0);
	__atomic_store_n(&guests[0].poor, false, __ATOMIC_RELEASE);
	wait_for(&nic_worker_get()->uplink_stats.tx_packets, 1);
	assert_int_equal(stats->tx_packets, 1);
	for (unsigned int i = 0; i < NIC_DROP_MAX; i++)
		assert_int_equal(stats->drops[i], 0);
}

static void
one_that_takes_nothing_keeps_nobody_from_his(void **state)
{
	const struct nic_vf_stats *stats;

	(void)state;
	guests[0].left = FRAMES;
	guests[1].takes_not = true;
	work();
	stats = nic_worker_get()->vf_stats;
	wait_for(&stats[2].rx_packets, FRAMES);
	wait_for(&nic_worker_get()->uplink_stats.tx_packets, FRAMES);
	wait_for(&stats[1].drops[NIC_DROP_RX_FULL], FRAMES);
	assert_int_equal(stats[1].rx_packets, 0);
	/* Nothing is offered to it twice. */
	assert_true(guests[1].asked <= FRAMES);
	assert_int_equal(stats[0].tx_packets, FRAMES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			no_buffer_for_what_a_vf_sends_is_told_and_is_no_drop, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			one_that_takes_nothing_keeps_nobody_from_his, set_up, tear_down),
	};
	/* One CPU is enough for both lcores. */
	static char words[][20] = {"test_nic_worker", "--lcores=(0,1)@0", "--no-huge", "-m", "64",
		"--no-pci", "--no-telemetry", "--no-shconf", "--log-level=4"};
	char *args[RTE_DIM(words)];

	for (size_t i = 0; i < RTE_DIM(words); i++)
		args[i] = words[i];
	if (getenv("XEBRA_TEST_LIST") == NULL) {
		if (rte_eal_init(RTE_DIM(args), args) < 0)
			return 1;
		pool = rte_pktmbuf_pool_create("frames", 4095, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
		if (pool == NULL)
			return 1;
	}
	return cmocka_run_group_tests_name("nic_worker", tests, NULL, NULL);
}
