/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * The same frames through net_bonding (mode 2, l34) and through a V-Channel of equal weights: both
 * deliver every packet once, and keep each flow on one member.
 */

#include <rte_version.h>

#include "test_vchannel_dev.h"

#if RTE_VERSION >= RTE_VERSION_NUM(23, 11, 0, 0)
#define MEMBER "member"
#else
#define MEMBER "slave"
#endif

#define FLOWS 120
#define PACKETS 20 /* per flow */

/* net_bonding keeps its parsed arguments for good; that is not what a leak checker is to find here.
 */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:rte_kvargs_parse\n";
}

enum kind {
	TCP4,
	UDP4,
	FRAGMENT4,
	TCP6,
	VLAN4,
	SHORT,
	OTHER,
	KINDS
};

static struct {
	uint8_t delivered[FLOWS][PACKETS];
	uint8_t members[FLOWS]; /* mask */
	uint32_t packets[3];
} seen[2]; /* by net_bonding, by net_vchannel */

static void
record(struct vtest *v, uint16_t queue, struct rte_mbuf *pkt)
{
	int member = (int)(v - vtest);
	uint32_t flow = pkt->hash.fdir.hi, n = pkt->hash.fdir.lo;

	(void)queue;
	seen[member / 3].delivered[flow][n]++;
	seen[member / 3].members[flow] |= (uint8_t)(1 << member % 3);
	seen[member / 3].packets[member % 3]++;
	rte_pktmbuf_free(pkt);
}

static uint32_t
build(uint8_t *p, enum kind kind, uint8_t flow, uint8_t n)
{
	uint8_t *ip = p + 14;

	p[0] = 2;
	p[5] = flow;
	p[6] = 2;
	p[11] = flow / 2;
	switch (kind) {
	case VLAN4:
		p[12] = 0x81;
		p[15] = 7;
		p[16] = 0x08;
		ip = p + 18;
		break;
	case TCP6:
		p[12] = 0x86;
		p[13] = 0xdd;
		ip[0] = 0x60;
		ip[6] = 6;
		ip[8] = ip[24] = 0x20;
		ip[23] = flow;
		ip[39] = 1;
		ip[40] = ip[42] = flow;
		ip[60] = n; /* a TCP sequence number */
		return 100;
	case OTHER:
		p[12] = 0x88;
		p[13] = 0xcc;
		p[20] = n;
		return 60;
	default:
		p[12] = 0x08;
	}
	ip[0] = 0x45;
	ip[5] = n; /* identification */
	ip[9] = kind == TCP4 ? 6 : 17;
	ip[12] = ip[16] = 10;
	ip[15] = flow;
	ip[19] = 1;
	if (kind == FRAGMENT4) {
		ip[6] = n % 2 ? 0x20 : 0x00;
		ip[7] = (uint8_t)(1 + n); /* an offset: what follows are no ports */
		ip[20] = (uint8_t)(7 * n);
		return 200;
	}
	ip[21] = flow;
	ip[23] = 80;
	ip[30] = n;
	return kind == SHORT ? 14 + 20 + 2 : 90;
}

static struct rte_mbuf *
make(uint8_t flow, uint8_t n)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(vtest_pool(16383));
	uint8_t *p;

	assert_non_null(m);
	p = rte_pktmbuf_mtod(m, uint8_t *);
	/* net_bonding reads past short frames: let it find the same there every time. */
	memset(p, 0, 256);
	m->data_len = (uint16_t)build(p, flow % KINDS, flow, n);
	m->pkt_len = m->data_len;
	m->hash.fdir.hi = flow;
	m->hash.fdir.lo = n;
	return m;
}

static void
send_corpus(uint16_t port)
{
	struct rte_mbuf *m[FLOWS];

	for (uint8_t n = 0; n < PACKETS; n++) {
		for (uint8_t f = 0; f < FLOWS; f++)
			m[f] = make(f, n);
		assert_int_equal(rte_eth_tx_burst(port, 0, m, FLOWS), FLOWS);
	}
}

static void
check(int which)
{
	for (int f = 0; f < FLOWS; f++) {
		for (int n = 0; n < PACKETS; n++)
			assert_int_equal(seen[which].delivered[f][n], 1);
		assert_int_equal(seen[which].members[f] & (seen[which].members[f] - 1), 0);
	}
	for (int i = 0; i < 3; i++)
		assert_true(seen[which].packets[i] > 0);
}

static void
both_deliver_each_packet_once_and_keep_flows_together(void **state)
{
	static const char args[] = "mode=2,xmit_policy=l34," MEMBER "=net_vtest0," MEMBER
				   "=net_vtest1," MEMBER "=net_vtest2";
	uint16_t port, bond;
	struct rte_mbuf *m;

	(void)state;
	vtest_create(6);
	if (rte_vdev_init("net_bonding0", args) != 0) {
		print_message("# this DPDK has no net_bonding\n");
		skip();
	}
	assert_int_equal(rte_eth_dev_get_port_by_name("net_bonding0", &bond), 0);
	port = vchannel_create("member=net_vtest3,weight=1,member=net_vtest4,weight=1,"
			       "member=net_vtest5,weight=1");
	port_start(port, 1);
	port_start(bond, 1);
	for (int i = 0; i < 6; i++)
		vtest[i].sink = record;
	/* net_bonding takes members in as their links are reported up, in its own time. */
	for (int i = 0; i < 3; i++)
		set_link(i, true);
	WAIT_UNTIL(({
		for (uint8_t f = 0; f < FLOWS; f++) {
			m = make(f, 0);
			if (rte_eth_tx_burst(bond, 0, &m, 1) != 1)
				rte_pktmbuf_free(m);
		}
		seen[0].packets[0] > 0 && seen[0].packets[1] > 0 && seen[0].packets[2] > 0;
	}));
	memset(seen, 0, sizeof(seen));
	send_corpus(bond);
	send_corpus(port);
	check(0);
	check(1);
	vchannel_destroy();
	rte_eth_dev_stop(bond);
	rte_vdev_uninit("net_bonding0");
	vtest_destroy();
	assert_int_equal(rte_mempool_in_use_count(vtest_pool(16383)), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_deliver_each_packet_once_and_keep_flows_together),
	};

	if (vtest_eal() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
