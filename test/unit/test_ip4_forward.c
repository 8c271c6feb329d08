/* SPDX-License-Identifier: BSD-3-Clause */
/* What is forwarded and what is not (RFC 1812, 5.2 and 5.3). */
#include "test_ip4_nodes.h"

static void
test_forwarded(void **state)
{
	struct rte_mbuf *m = make(&plain);
	uint8_t before[46];
	struct rte_ether_hdr *eth;

	(void)state;
	memcpy(before, rte_pktmbuf_mtod(m, void *), sizeof(before));
	give(m, "test_tx");
	assert_int_equal(nb_sent, 1);
	assert_int_equal(sent[0]->port, WAN);
	assert_int_equal(sent[0]->pkt_len, RTE_ETHER_HDR_LEN + 46);
	assert_int_equal(sent[0]->data_len, RTE_ETHER_HDR_LEN + 46);
	eth = rte_pktmbuf_mtod(sent[0], struct rte_ether_hdr *);
	assert_memory_equal(&eth->dst_addr, "\x02\0\0\0\x02\x02", 6);
	assert_memory_equal(&eth->src_addr, "\x02\0\0\0\0\x02", 6);
	assert_int_equal(eth->ether_type, RTE_BE16(RTE_ETHER_TYPE_IPV4));
	sum_is_right(sent_ip(0));
	assert_int_equal(sent_ip(0)->time_to_live, 63);
	/* Nothing else has changed. */
	before[8] = sent_ip(0)->time_to_live;
	memcpy(&before[10], &sent_ip(0)->hdr_checksum, 2);
	assert_memory_equal(sent_ip(0), before, sizeof(before));
	sent_free();
}

static void
test_tagged_header(void **state)
{
	struct packet p = plain;
	struct rte_mbuf *m;

	(void)state;
	p.dst = "10.0.3.2";
	m = make(&p);
	give(m, "test_tx");
	assert_int_equal(sent[0]->pkt_len, 18 + 46);
	assert_memory_equal(rte_pktmbuf_mtod(sent[0], uint8_t *) + 12, "\x81\0\0\x05\x08\0\x45", 7);
	sent_free();
}

static void
test_padding_is_cut(void **state)
{
	struct packet p = plain;

	(void)state;
	p.data = 8;
	p.padding = 18;
	give(make(&p), "test_tx");
	assert_int_equal(sent[0]->pkt_len, RTE_ETHER_HDR_LEN + 28);
	assert_int_equal(sent[0]->data_len, RTE_ETHER_HDR_LEN + 28);
	sent_free();
	/* Whole segments of it. */
	p.data = 1000;
	p.padding = 3000;
	give(make(&p), "test_tx");
	assert_int_equal(sent[0]->pkt_len, RTE_ETHER_HDR_LEN + 1020);
	assert_int_equal(sent[0]->nb_segs, 1);
	sent_free();
}

/* Every checksum and its successor, against one computed anew. */
static void
test_ttl_checksum(void **state)
{
	struct rte_ipv4_hdr ip = {.version_ihl = 0x45, .time_to_live = 17, .next_proto_id = 6};

	(void)state;
	for (uint32_t id = 0; id <= 0xffff; id++) {
		struct rte_ipv4_hdr fresh;
		struct ip4_words w;

		ip.time_to_live = 17;
		ip.packet_id = id;
		ip4_checksum(&ip);
		w = ip4_words_load(&ip);
		assert_int_equal(ip4_sum_wrong(&w), 0);
		ip4_ttl_decrement(&ip);
		fresh = ip;
		ip4_checksum(&fresh);
		assert_memory_equal(&ip, &fresh, sizeof(ip));
		ip.packet_id ^= 0x0101;
		w = ip4_words_load(&ip);
		assert_int_not_equal(ip4_sum_wrong(&w), 0);
	}
}

static void
test_bad_lengths(void **state)
{
	struct rte_mbuf *m = make(&plain);

	(void)state;
	rte_pktmbuf_trim(m, m->pkt_len - 19);
	drop(m, "ip4_too_short");
	m = make(&plain);
	ip4_hdr(m)->version_ihl = 0x44;
	drop(m, "ip4_bad_header_length");
	m = make(&plain);
	ip4_hdr(m)->version_ihl = 0x4f;
	drop(m, "ip4_bad_header_length");
	m = make(&plain);
	ip4_hdr(m)->total_length = RTE_BE16(47);
	ip4_checksum(ip4_hdr(m));
	drop(m, "ip4_bad_total_length");
	m = make(&plain);
	ip4_hdr(m)->total_length = RTE_BE16(19);
	ip4_checksum(ip4_hdr(m));
	drop(m, "ip4_bad_total_length");
}

static void
test_bad_version(void **state)
{
	struct rte_mbuf *m = make(&plain);

	(void)state;
	ip4_hdr(m)->version_ihl = 0x65;
	ip4_checksum(ip4_hdr(m));
	drop(m, "ip4_bad_version");
}

static void
test_bad_checksum(void **state)
{
	static const uint8_t nop[4] = {1, 1, 1, 0};
	struct packet p = plain;
	struct rte_mbuf *m = make(&plain);

	(void)state;
	ip4_hdr(m)->hdr_checksum ^= RTE_BE16(0x0100);
	drop(m, "ip4_bad_checksum");
	/* Of a header with options, all of it counts. */
	p.options = nop;
	p.options_len = 4;
	m = make(&p);
	rte_pktmbuf_mtod(m, uint8_t *)[20] = 0;
	drop(m, "ip4_bad_checksum");
	/* The port has looked at it. */
	m = make(&plain);
	m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_BAD;
	give(m, "test_tx");
	sent_free();
	m = make(&plain);
	ip4_hdr(m)->hdr_checksum ^= RTE_BE16(0x0100);
	m->ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	give(m, "test_tx");
	sent_free();
}

static void
test_martian_sources(void **state)
{
	static const char *const sources[] = {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1",
		"239.1.2.3", "240.0.0.1", "255.255.255.255", "10.0.1.1", "10.0.2.1", "10.0.1.255",
		"10.0.1.0", "10.0.2.255"};
	struct packet p = plain;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(sources); i++) {
		p.src = sources[i];
		drop_packet(&p, "ip4_martian_source");
	}
}

static void
test_martian_destinations(void **state)
{
	static const char *const destinations[] = {
		"0.0.0.0", "0.1.2.3", "127.0.0.1", "240.0.0.1", "255.255.255.254"};
	struct packet p = plain;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(destinations); i++) {
		p.dst = destinations[i];
		drop_packet(&p, "ip4_martian_destination");
	}
}

static void
test_interface_without_ip4(void **state)
{
	struct packet p = plain;

	(void)state;
	p.iface = OFF;
	drop_packet(&p, "ip4_not_enabled");
}

static void
test_broadcasts(void **state)
{
	struct packet p = plain;

	(void)state;
	p.flags = XEBRA_PKT_GROUP;
	drop_packet(&p, "ip4_group_frame");
	p.dst = "10.0.1.1";
	drop_packet(&p, "ip4_group_frame");
	p.dst = "10.0.1.255";
	drop_packet(&p, "ip4_broadcast");
	p.dst = "255.255.255.255";
	drop_packet(&p, "ip4_broadcast");
	p.dst = "224.0.0.5";
	drop_packet(&p, "ip4_multicast");
	p.flags = 0;
	p.dst = "10.0.2.255";
	drop_packet(&p, "ip4_directed_broadcast");
	p.dst = "10.0.2.0";
	drop_packet(&p, "ip4_directed_broadcast");
	/* No error about these, whatever else is wrong. */
	p.ttl = 1;
	drop_packet(&p, "ip4_directed_broadcast");
}

static void
test_routes_to_nowhere(void **state)
{
	struct packet p = plain;

	(void)state;
	p.dst = "192.0.2.7";
	drop_packet(&p, "ip4_blackhole");
	p.dst = "198.51.100.7";
	answered_packet(&p, "ip4_host_unreachable", 3, 1);
	p.dst = "203.0.113.7";
	answered_packet(&p, "ip4_prohibited", 3, 13);
	p.dst = "8.8.8.8";
	answered_packet(&p, "ip4_no_route", 3, 0);
}

static void
test_ttl(void **state)
{
	struct packet p = plain;

	(void)state;
	p.ttl = 1;
	answered_packet(&p, "ip4_ttl_expired", 11, 0);
	p.ttl = 0;
	answered_packet(&p, "ip4_ttl_expired", 11, 0);
	p.ttl = 2;
	give(make(&p), "test_tx");
	assert_int_equal(sent_ip(0)->time_to_live, 1);
	sent_free();
	/* RFC 1812 5.3.1: a packet for us is taken whatever its TTL. */
	p.ttl = 1;
	p.dst = "10.0.2.1";
	answered_packet(&p, "ip4_port_unreachable", 3, 3);
}

static void
test_unresolved(void **state)
{
	struct packet p = plain;

	(void)state;
	p.dst = "10.0.2.77";
	drop_packet(&p, "test_ip4_resolve");
	/* RFC 1812 5.2.1.2: the TTL comes first. */
	p.ttl = 1;
	answered_packet(&p, "ip4_ttl_expired", 11, 0);
}

/* Flows are shared by weight, and a flow stays where it is; fragments go by
 * addresses. */
static void
test_ecmp(void **state)
{
	struct packet p = plain;
	unsigned int wan = 0, n = 2000;
	uint16_t first = 0;
	uint16_t port;

	(void)state;
	p.dst = "172.20.0.1";
	for (unsigned int i = 0; i < n; i++) {
		struct rte_mbuf *m = make(&p), *again;

		rte_pktmbuf_mtod(m, uint8_t *)[20] = i >> 8;
		rte_pktmbuf_mtod(m, uint8_t *)[21] = i;
		again = rte_pktmbuf_copy(m, pool, 0, UINT32_MAX);
		again->hash.fdir.hi = m->hash.fdir.hi;
		give(m, "test_tx");
		port = sent[0]->port;
		sent_free();
		give(again, "test_tx");
		assert_int_equal(sent[0]->port, port);
		sent_free();
		wan += port == WAN;
	}
	/* Weights 3 (wan) and 1: 1500 expected, 19 is the standard
	 * deviation. */
	assert_in_range(wan, 1350, 1650);
	for (unsigned int i = 0; i < 50; i++) {
		struct rte_mbuf *m;

		p.fragment = i == 0 ? RTE_IPV4_HDR_MF_FLAG : i;
		m = make(&p);
		rte_pktmbuf_mtod(m, uint8_t *)[20] = i;
		give(m, "test_tx");
		if (i == 0)
			first = sent[0]->port;
		assert_int_equal(sent[0]->port, first);
		sent_free();
	}
}

/* A burst of all kinds: each goes its way, the easy ones in order.
 */
static void
test_mixed_burst(void **state)
{
	struct packet p = plain, expired = plain;
	uint64_t before = count_of("ip4_ttl_expired");
	uint16_t last = 0;

	(void)state;
	expired.ttl = 1;
	expired.proto = IPPROTO_ICMP;
	expired.icmp_type = 11;
	for (unsigned int i = 0; i < SENT_MAX; i++) {
		given[i] = make(i % 3 == 1 ? &expired : &p);
		ip4_hdr(given[i])->packet_id = rte_cpu_to_be_16(i + 1);
		ip4_checksum(ip4_hdr(given[i]));
	}
	nb_given = SENT_MAX;
	walk("ip4_input");
	assert_int_equal(count_of("ip4_ttl_expired"), before + SENT_MAX / 3);
	assert_int_equal(nb_sent, SENT_MAX - SENT_MAX / 3);
	for (unsigned int i = 0; i < nb_sent; i++) {
		uint16_t id = rte_be_to_cpu_16(sent_ip(i)->packet_id);

		assert_true(id > last);
		last = id;
	}
	sent_free();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_forwarded),
		TEST(test_tagged_header),
		TEST(test_padding_is_cut),
		TEST(test_ttl_checksum),
		TEST(test_bad_lengths),
		TEST(test_bad_version),
		TEST(test_bad_checksum),
		TEST(test_martian_sources),
		TEST(test_martian_destinations),
		TEST(test_interface_without_ip4),
		TEST(test_broadcasts),
		TEST(test_routes_to_nowhere),
		TEST(test_ttl),
		TEST(test_unresolved),
		TEST(test_ecmp),
		TEST(test_mixed_burst),
	};

	if (test_eal_init("test_ip4_forward") < 0)
		return 1;
	return cmocka_run_group_tests(tests, begin, end);
}
