/* SPDX-License-Identifier: BSD-3-Clause */

/* The short cuts of the transmit function: four packets at once, few members or many. Whatever its
 * neighbours in a burst are, a packet goes where it would go alone. */

#include "test_vchannel_dev.h"

#define PACKETS 600
#define KINDS 6

static uint16_t port;
static uint16_t went[PACKETS]; /* to which member; UINT16_MAX: nowhere yet */

static int
setup(void **state)
{
	(void)state;
	vtest_create(VTEST_DEVS);
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
note(struct vtest *v, uint16_t queue, struct rte_mbuf *pkt)
{
	(void)queue;
	assert_int_equal(went[pkt->vlan_tci], UINT16_MAX);
	went[pkt->vlan_tci] = (uint16_t)(v - vtest);
	rte_pktmbuf_free(pkt);
}

static void
create(int members, const char *more)
{
	char args[1000];
	int at = snprintf(args, sizeof(args), "up_delay_ms=0%s", more);

	for (int i = 0; i < members; i++)
		at += snprintf(args + at, sizeof(args) - at, ",member=net_vtest%d,weight=1000", i);
	port = vchannel_create(args);
	port_start(port, 1);
	for (int i = 0; i < members; i++)
		vtest[i].sink = note;
}

/* Packet n of the corpus: plain, hashed by a NIC, hashed to nothing, short, tagged, a fragment. */
static struct rte_mbuf *
packet(uint32_t n)
{
	struct rte_mbuf *m = make_packet(n, 0, 64 + n % 7);
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);

	m->vlan_tci = (uint16_t)n;
	/* Long runs of plain packets, long runs of hashed ones, and all kinds mixed. */
	switch (n < 200 ? 0 : n < 400 ? 1 : n % KINDS) {
	case 1:
		m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
		m->hash.rss = n * 7919;
		break;
	case 2:
		m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
		m->hash.rss = 0;
		break;
	case 3:
		m->data_len = m->pkt_len = 37;
		break;
	case 4:
		memmove(p + 16, p + 12, 40);
		p[12] = 0x81;
		p[13] = 0;
		break;
	case 5:
		p[20] = 0x20;
		break;
	default:
		break;
	}
	return m;
}

static void
send_some(uint32_t first, uint16_t n)
{
	struct rte_mbuf *m[100];

	for (uint16_t i = 0; i < n; i++) {
		m[i] = packet(first + i);
		went[first + i] = UINT16_MAX;
	}
	assert_int_equal(rte_eth_tx_burst(port, 0, m, n), n);
}

static void
the_burst_does_not_matter(int members, const char *more)
{
	uint16_t alone[PACKETS];
	unsigned int rng = 1, used = 0;
	uint64_t bytes = 0;

	create(members, more);
	for (uint32_t n = 0; n < PACKETS; n++)
		send_some(n, 1);
	memcpy(alone, went, sizeof(alone));
	for (int round = 0; round < 20; round++) {
		for (uint32_t n = 0, burst; n < PACKETS; n += burst) {
			burst = 1 + (uint32_t)rand_r(&rng) % 100;
			burst = RTE_MIN(burst, PACKETS - n);
			send_some(n, (uint16_t)burst);
		}
		assert_memory_equal(alone, went, sizeof(alone));
	}
	for (uint32_t n = 0; n < PACKETS; n++)
		used |= 1u << alone[n];
	assert_int_equal(used, (1u << members) - 1);
	/* What was counted is what the members had. */
	for (int i = 0; i < members; i++) {
		assert_int_equal(info_of(port)->member[i].tx_packets, vtest[i].tx[0].packets);
		assert_int_equal(info_of(port)->member[i].tx_bytes, vtest[i].tx[0].bytes);
		bytes += vtest[i].tx[0].bytes;
	}
	assert_true(bytes > 0);
}

static void
with_three_members(void **state)
{
	(void)state;
	the_burst_does_not_matter(3, "");
}

static void
with_more_members_than_a_register_counts(void **state)
{
	(void)state;
	the_burst_does_not_matter(VTEST_DEVS, "");
}

static void
without_the_nics_hash(void **state)
{
	(void)state;
	the_burst_does_not_matter(3, ",nic_hash=0,seed=77");
}

static void
with_a_symmetric_hash(void **state)
{
	(void)state;
	the_burst_does_not_matter(3, ",symmetric=1");
}

/* All in one member: nothing is sorted. */
static void
with_one_member(void **state)
{
	(void)state;
	the_burst_does_not_matter(1, "");
}

static void
many_full_members_give_back_what_they_do_not_take(void **state)
{
	struct rte_mbuf *m[100];
	uint16_t sent;

	(void)state;
	create(VTEST_DEVS, ",stuck_ms=0");
	memset(went, 0xff, sizeof(went));
	for (int i = 0; i < VTEST_DEVS; i++)
		vtest[i].room = 2;
	for (uint32_t i = 0; i < 100; i++)
		m[i] = packet(i);
	sent = rte_eth_tx_burst(port, 0, m, 100);
	assert_in_range(sent, VTEST_DEVS, 2 * VTEST_DEVS);
	for (uint16_t i = sent; i + 1 < 64; i++)
		assert_true(m[i]->vlan_tci < m[i + 1]->vlan_tci); /* in their order */
	for (uint16_t i = sent; i < 100; i++)
		assert_int_equal(went[m[i]->vlan_tci], UINT16_MAX);
	rte_pktmbuf_free_bulk(m + sent, 100 - sent);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(with_one_member),
		TEST(with_three_members),
		TEST(with_more_members_than_a_register_counts),
		TEST(without_the_nics_hash),
		TEST(with_a_symmetric_hash),
		TEST(many_full_members_give_back_what_they_do_not_take),
	};

	if (vtest_eal() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
