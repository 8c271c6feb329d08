/* SPDX-License-Identifier: BSD-3-Clause */
/* What the router says and takes: ICMP, options, fragments, redirects, ARP (RFC 1812, 4.2 and 4.3).
 */
#include "test_ip4_nodes.h"

static void
test_no_error_about(void **state)
{
	static const uint8_t errors[] = {3, 4, 5, 11, 12};
	struct packet p = plain;

	(void)state;
	p.ttl = 1;
	p.proto = IPPROTO_ICMP;
	for (unsigned int i = 0; i < RTE_DIM(errors); i++) {
		p.icmp_type = errors[i];
		drop_packet(&p, "ip4_ttl_expired");
	}
	p.icmp_type = 8;
	answered_packet(&p, "ip4_ttl_expired", 11, 0);
	p.fragment = 185;
	drop_packet(&p, "ip4_ttl_expired");
	p.fragment = RTE_IPV4_HDR_MF_FLAG;
	p.proto = IPPROTO_UDP;
	p.data = 24;
	answered_packet(&p, "ip4_ttl_expired", 11, 0);
	/* Nobody to be told: no way back. */
	p.fragment = 0;
	p.src = "8.8.8.8";
	drop_packet(&p, "ip4_ttl_expired");
}

static void
test_error_rate(void **state)
{
	struct packet p = plain;
	uint64_t limited = ip4_worker[0].errors_limited;

	(void)state;
	p.ttl = 1;
	ip4.icmp_rate = 2;
	ip4.icmp_burst = 3;
	frozen = ip4_worker[0].tokens_tsc + 3600 * rte_get_tsc_hz();
	for (int i = 0; i < 10; i++)
		give(make(&p), "ip4_ttl_expired");
	assert_int_equal(nb_sent, 3);
	assert_int_equal(ip4_worker[0].errors_limited, limited + 7);
	/* Half a second later there is one more. */
	frozen += rte_get_tsc_hz() / 2;
	for (int i = 0; i < 10; i++)
		give(make(&p), "ip4_ttl_expired");
	assert_int_equal(nb_sent, 4);
	sent_free();
	/* None at all, whatever was saved up. */
	ip4.icmp_rate = 0;
	ip4_worker[0].tokens = 3 * rte_get_tsc_hz();
	frozen += rte_get_tsc_hz();
	drop_packet(&p, "ip4_ttl_expired");
	ip4.icmp_rate = 1000000;
	ip4.icmp_burst = 100000;
	frozen = 0;
}

/* RFC 1812 4.3.2.7, by itself: most of these packets are dropped before anybody asks. */
static void
test_error_allowed(void **state)
{
	static const struct {
		const char *src, *dst;
		uint16_t iface;
		uint8_t flags;
		bool allowed;
	} cases[] = {
		{"10.0.1.2", "172.16.0.1", LAN, 0, true},
		{"10.0.1.2", "172.16.0.1", LAN, XEBRA_PKT_GROUP, false},
		{"10.0.1.2", "10.0.2.255", LAN, 0, false},
		{"10.0.1.2", "224.0.0.1", LAN, 0, false},
		{"10.0.1.2", "127.0.0.1", LAN, 0, false},
		{"0.0.0.0", "172.16.0.1", LAN, 0, false},
		{"127.0.0.1", "172.16.0.1", LAN, 0, false},
		{"224.0.0.1", "172.16.0.1", LAN, 0, false},
		{"255.255.255.255", "172.16.0.1", LAN, 0, false},
		{"10.0.1.2", "172.16.0.1", XEBRA_IFACE_NONE, 0, false},
	};

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		struct packet p = plain;
		struct rte_mbuf *m;

		p.src = cases[i].src;
		p.dst = cases[i].dst;
		p.iface = cases[i].iface;
		p.flags = cases[i].flags;
		m = make(&p);
		assert_int_equal(ip4_icmp_error_allowed(m), cases[i].allowed);
		rte_pktmbuf_free(m);
	}
}

static void
test_df(void **state)
{
	struct packet p = plain;

	(void)state;
	p.dst = "10.0.3.2";
	p.data = SMALL_MTU - 20 + 1;
	p.fragment = RTE_IPV4_HDR_DF_FLAG;
	answered(make(&p), "ip4_fragmentation_needed", 3, 4, SMALL_MTU);
	p.data--;
	give(make(&p), "test_tx");
	sent_free();
}

/* Cut with these options, put together again, and compare. */
static void
fragment_and_join(uint16_t data, uint16_t field)
{
	static const uint8_t options[8] = {0x94, 4, 0, 0, 7, 3, 4, 0};
	struct packet p = plain;
	uint8_t whole[9000] = {0}, expected[9000];
	uint32_t expected_len = data, offset, most = 0;
	struct rte_mbuf *m;

	p.dst = "10.0.3.2";
	p.data = data;
	p.fragment = field;
	p.options = options;
	p.options_len = 8;
	m = make(&p);
	rte_memcpy(expected, rte_pktmbuf_read(m, 28, data, expected), data);
	given[nb_given++] = m;
	walk("ip4_input");
	assert_true(nb_sent > 1);
	for (unsigned int i = 0; i < nb_sent; i++) {
		struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(sent[i], void *, 18);
		uint32_t hlen = ip4_hlen(ip), len = rte_be_to_cpu_16(ip->total_length) - hlen;
		uint16_t f = rte_be_to_cpu_16(ip->fragment_offset);

		assert_true(sent[i]->pkt_len - 18 <= SMALL_MTU);
		assert_int_equal(sent[i]->pkt_len - 18, hlen + len);
		sum_is_right(ip);
		assert_int_equal(ip->packet_id, RTE_BE16(0x1234));
		assert_int_equal(ip->time_to_live, 63);
		/* Router alert is copied, record route is not (RFC 791). */
		assert_int_equal(hlen, i == 0 ? 28 : 24);
		assert_memory_equal(ip + 1, options, 4);
		offset = ((f & 0x1fffu) - (field & 0x1fffu)) * 8;
		if (i < nb_sent - 1u)
			assert_true(f & RTE_IPV4_HDR_MF_FLAG);
		else
			assert_int_equal(f & RTE_IPV4_HDR_MF_FLAG, field & RTE_IPV4_HDR_MF_FLAG);
		memcpy(&whole[offset], (uint8_t *)ip + hlen, len);
		most = RTE_MAX(most, offset + len);
	}
	assert_int_equal(most, expected_len);
	assert_memory_equal(whole, expected, expected_len);
	sent_free();
}

static void
test_fragmentation(void **state)
{
	(void)state;
	fragment_and_join(1000, 0);
	fragment_and_join(SMALL_MTU, 0);
	/* A fragment that is cut again, one in the middle and the last. */
	fragment_and_join(1200, 100 | RTE_IPV4_HDR_MF_FLAG);
	fragment_and_join(1201, 100);
}

/* 64 pieces are enough for everybody. */
static void
test_too_many_fragments(void **state)
{
	struct packet p = plain;
	uint16_t mtu;

	(void)state;
	p.dst = "10.0.3.2";
	p.data = 65 * 48;
	mtu = ip4.nh[ip4_fib_lookup(ip4.fib, addr(p.dst))].mtu;
	ip4.nh[ip4_fib_lookup(ip4.fib, addr(p.dst))].mtu = 68;
	drop_packet(&p, "ip4_fragment_failed");
	ip4.nh[ip4_fib_lookup(ip4.fib, addr(p.dst))].mtu = mtu;
}

static void
test_echo(void **state)
{
	struct packet p = plain;
	const uint8_t *icmp;

	(void)state;
	p.dst = "10.0.2.1";
	p.proto = IPPROTO_ICMP;
	p.icmp_type = 8;
	p.ttl = 1;
	p.data = 1400;
	give(make(&p), "test_tx");
	assert_int_equal(sent[0]->port, LAN);
	sum_is_right(sent_ip(0));
	assert_int_equal(sent_ip(0)->src_addr, rte_cpu_to_be_32(addr("10.0.2.1")));
	assert_int_equal(sent_ip(0)->dst_addr, rte_cpu_to_be_32(addr("10.0.1.2")));
	assert_int_equal(sent_ip(0)->time_to_live, 64);
	icmp = (const uint8_t *)(sent_ip(0) + 1);
	assert_int_equal(icmp[0], 0);
	assert_int_equal(rte_raw_cksum(icmp, 1400), 0xffff);
	sent_free();
	/* A reply to us is nobody's. */
	p.icmp_type = 0;
	drop_packet(&p, "ip4_icmp_ignored");
	p.data = 7;
	drop_packet(&p, "ip4_icmp_too_short");
}

static void
test_icmp_checksum(void **state)
{
	struct packet p = plain;
	struct rte_mbuf *m;

	(void)state;
	p.dst = "10.0.2.1";
	p.proto = IPPROTO_ICMP;
	p.icmp_type = 8;
	m = make(&p);
	rte_pktmbuf_mtod(m, uint8_t *)[30] ^= 1;
	drop(m, "ip4_icmp_bad_checksum");
}

static void
test_local_protocols(void **state)
{
	struct packet p = plain;

	(void)state;
	p.dst = "10.0.1.1";
	answered_packet(&p, "ip4_port_unreachable", 3, 3);
	p.proto = IPPROTO_TCP;
	answered_packet(&p, "ip4_port_unreachable", 3, 3);
	p.proto = 47;
	answered_packet(&p, "ip4_protocol_unreachable", 3, 2);
	p.fragment = RTE_IPV4_HDR_MF_FLAG;
	drop_packet(&p, "test_ip4_reassemble");
}

static void
test_source_route(void **state)
{
	static const uint8_t loose[8] = {131, 7, 4, 10, 0, 2, 9, 0};
	static const uint8_t strict[8] = {1, 137, 7, 4, 10, 0, 2, 9};
	struct packet p = plain;

	(void)state;
	p.options = loose;
	p.options_len = 8;
	answered_packet(&p, "ip4_source_route", 3, 5);
	p.options = strict;
	answered_packet(&p, "ip4_source_route", 3, 5);
	/* Also one that ends here first. */
	p.dst = "10.0.1.1";
	answered_packet(&p, "ip4_source_route", 3, 5);
}

static void
test_malformed_options(void **state)
{
	static const struct {
		uint8_t bytes[8];
		uint8_t pointer;
	} bad[] = {
		{{7, 0, 4, 0, 0, 0, 0, 0}, 21},     /* no length */
		{{7, 9, 4, 0, 0, 0, 0, 0}, 21},     /* beyond the header */
		{{1, 1, 1, 1, 1, 1, 1, 7}, 28},     /* no byte for the length */
		{{7, 7, 3, 0, 0, 0, 0, 0}, 22},     /* pointer into itself */
		{{7, 6, 4, 0, 0, 0, 0, 0}, 22},     /* room, but not for an address */
		{{68, 8, 4, 0, 0, 0, 0, 0}, 22},    /* pointer into itself */
		{{68, 8, 5, 2, 0, 0, 0, 0}, 23},    /* unknown kind of timestamp */
		{{68, 4, 5, 0xf0, 0, 0, 0, 0}, 23}, /* overflow runs over */
		{{68, 8, 5, 1, 0, 0, 0, 0}, 22},    /* room for a time, not for the address */
	};
	struct packet p = plain;

	(void)state;
	p.options_len = 8;
	for (unsigned int i = 0; i < RTE_DIM(bad); i++) {
		p.options = bad[i].bytes;
		answered(make(&p), "ip4_bad_option", 12, 0, (uint32_t)bad[i].pointer << 24);
	}
}

static void
test_recording_options(void **state)
{
	static const uint8_t route[8] = {7, 7, 4, 0, 0, 0, 0, 0};
	static const uint8_t full[8] = {7, 7, 8, 1, 2, 3, 4, 0};
	static const uint8_t times[12] = {68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0};
	static const uint8_t crowded[4] = {68, 4, 5, 0};
	struct packet p = plain;
	uint8_t *option;

	(void)state;
	p.options = route;
	p.options_len = 8;
	give(make(&p), "test_tx");
	option = (uint8_t *)(sent_ip(0) + 1);
	/* The address of the interface that it leaves by. */
	assert_memory_equal(option, "\x07\x07\x08\x0a\0\x02\x01\0", 8);
	sum_is_right(sent_ip(0));
	sent_free();
	p.options = full;
	give(make(&p), "test_tx");
	assert_memory_equal(sent_ip(0) + 1, full, 8);
	sent_free();
	p.options = times;
	p.options_len = 12;
	give(make(&p), "test_tx");
	option = (uint8_t *)(sent_ip(0) + 1);
	assert_memory_equal(option, "\x44\x0c\x0d\x01\x0a\0\x02\x01", 8);
	sum_is_right(sent_ip(0));
	sent_free();
	p.options = crowded;
	p.options_len = 4;
	give(make(&p), "test_tx");
	assert_memory_equal(sent_ip(0) + 1, "\x44\x04\x05\x10", 4);
	sum_is_right(sent_ip(0));
	sent_free();
}

/* Router alert and what nobody knows pass unchanged (RFC 1812 4.2.2.1). */
static void
test_other_options_pass(void **state)
{
	static const uint8_t alert[8] = {148, 4, 0, 0, 0x9e, 4, 1, 2};
	struct packet p = plain;

	(void)state;
	p.options = alert;
	p.options_len = 8;
	give(make(&p), "test_tx");
	assert_memory_equal(sent_ip(0) + 1, alert, 8);
	assert_int_equal(sent_ip(0)->time_to_live, 63);
	sent_free();
}

/* RFC 1812 5.2.7.2: forwarded, and the sender is told of the better gateway. */
static void
test_redirect(void **state)
{
	struct packet p = plain;
	const uint8_t *icmp;

	(void)state;
	p.dst = "172.17.0.1";
	given[nb_given++] = make(&p);
	walk("ip4_input");
	assert_int_equal(nb_sent, 2);
	icmp = (const uint8_t *)(sent_ip(1) + 1);
	assert_int_equal(sent_ip(0)->dst_addr, rte_cpu_to_be_32(addr("172.17.0.1")));
	assert_int_equal(sent_ip(1)->next_proto_id, IPPROTO_ICMP);
	assert_int_equal(icmp[0], 5);
	assert_int_equal(icmp[1], 1);
	assert_memory_equal(icmp + 4, "\x0a\0\x01\x09", 4);
	sent_free();
	/* Not about a packet that is not forwarded. */
	p.ttl = 1;
	answered_packet(&p, "ip4_ttl_expired", 11, 0);
	p.ttl = 64;
	/* Not to one who is not on the network of the gateway. */
	p.src = "172.18.0.1";
	give(make(&p), "test_tx");
	assert_int_equal(nb_sent, 1);
	sent_free();
	ip4_adj_redirects(false);
	p.src = "10.0.1.2";
	give(make(&p), "test_tx");
	assert_int_equal(nb_sent, 1);
	sent_free();
	ip4_adj_redirects(true);
}

static void
give_arp(const char *sip, const char *tip, uint16_t iface, void (*spoil)(struct rte_mbuf *m),
	const char *end)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint64_t before = count_of(end);
	struct rte_arp_hdr *arp;

	arp = (struct rte_arp_hdr *)rte_pktmbuf_append(m, sizeof(*arp));
	assert_non_null(arp);
	if (arp == NULL)
		return;
	memset(arp, 0, sizeof(*arp));
	arp->arp_hardware = RTE_BE16(1);
	arp->arp_protocol = RTE_BE16(0x0800);
	arp->arp_hlen = 6;
	arp->arp_plen = 4;
	arp->arp_opcode = RTE_BE16(1);
	memcpy(&arp->arp_data.arp_sha, "\x02\0\0\0\x01\x02", 6);
	arp->arp_data.arp_sip = rte_cpu_to_be_32(addr(sip));
	arp->arp_data.arp_tip = rte_cpu_to_be_32(addr(tip));
	xebra_pkt_set(m, iface, RTE_ETHER_HDR_LEN, XEBRA_PKT_GROUP);
	if (spoil != NULL)
		spoil(m);
	given[nb_given++] = m;
	walk("arp_input");
	assert_int_equal(count_of(end), before + 1);
}

static void
spoil_length(struct rte_mbuf *m)
{
	rte_pktmbuf_trim(m, 1);
}

static void
spoil_opcode(struct rte_mbuf *m)
{
	rte_pktmbuf_mtod(m, struct rte_arp_hdr *)->arp_opcode = RTE_BE16(3);
}

static void
spoil_protocol(struct rte_mbuf *m)
{
	rte_pktmbuf_mtod(m, struct rte_arp_hdr *)->arp_protocol = RTE_BE16(0x86dd);
}

static void
spoil_mac(struct rte_mbuf *m)
{
	rte_pktmbuf_mtod(m, struct rte_arp_hdr *)->arp_data.arp_sha.addr_bytes[0] = 1;
}

static void
test_arp(void **state)
{
	(void)state;
	give_arp("10.0.1.3", "10.0.1.1", LAN, NULL, "test_arp_control");
	give_arp("0.0.0.0", "10.0.1.1", LAN, NULL, "test_arp_control");
	give_arp("10.0.1.2", "10.0.1.2", LAN, NULL, "test_arp_control"); /* a neighbour's news */
	give_arp("10.0.1.1", "10.0.1.1", LAN, NULL, "test_arp_control"); /* our address! */
	give_arp("10.0.1.3", "10.0.1.4", LAN, NULL, "arp_not_for_us");
	give_arp("10.0.1.3", "10.0.1.1", OFF, NULL, "arp_not_enabled");
	give_arp("127.0.0.1", "10.0.1.1", LAN, NULL, "arp_bad_sender");
	give_arp("10.0.1.3", "10.0.1.1", LAN, spoil_mac, "arp_bad_sender");
	give_arp("10.0.1.3", "10.0.1.1", LAN, spoil_length, "arp_too_short");
	give_arp("10.0.1.3", "10.0.1.1", LAN, spoil_opcode, "arp_malformed");
	give_arp("10.0.1.3", "10.0.1.1", LAN, spoil_protocol, "arp_malformed");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_error_about),
		TEST(test_error_rate),
		TEST(test_error_allowed),
		TEST(test_df),
		TEST(test_fragmentation),
		TEST(test_too_many_fragments),
		TEST(test_echo),
		TEST(test_icmp_checksum),
		TEST(test_local_protocols),
		TEST(test_source_route),
		TEST(test_malformed_options),
		TEST(test_recording_options),
		TEST(test_other_options_pass),
		TEST(test_redirect),
		TEST(test_arp),
	};

	if (test_eal_init("test_ip4_messages") < 0)
		return 1;
	return cmocka_run_group_tests(tests, begin, end);
}
