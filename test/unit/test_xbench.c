/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_byteorder.h>
#include <rte_ip.h>

#include "xbench_frame.h"
#include "xbench_meter.h"
#include "xbench_prefix.h"
#include "xebra_test.h"

static const struct xbench_check route_check = {
	.expect = XBENCH_EXPECT_ROUTE,
	.own = {{2, 0, 0, 0, 1, 1}},
	.peer = {{2, 0, 0, 0, 1, 2}},
	.port = 1,
};

static struct xbench_addr
ip4(const char *text)
{
	struct xbench_addr addr = {0};

	assert_int_equal(inet_pton(AF_INET, text, &addr), 1);
	return addr;
}

static void
the_longest_prefix_decides_the_egress(void **state)
{
	struct xbench_prefixes set = {0};
	struct xbench_addr addr;
	uint64_t seed = 7;
	uint8_t egress;
	int i;

	(void)state;
	assert_int_equal(xbench_prefixes_add(&set, "10.0.0.0/8@1"), 0);
	assert_int_equal(xbench_prefixes_add(&set, "10.1.0.0/16@2"), 0);
	assert_int_equal(xbench_prefixes_add(&set, "10.1.2.3/32 3"), 0);
	xbench_prefixes_sort(&set);
	addr = ip4("10.1.2.3");
	assert_int_equal(xbench_prefixes_lookup(&set, &addr)->egress, 3);
	addr = ip4("10.1.2.4");
	assert_int_equal(xbench_prefixes_lookup(&set, &addr)->egress, 2);
	addr = ip4("10.2.2.3");
	assert_int_equal(xbench_prefixes_lookup(&set, &addr)->egress, 1);
	addr = ip4("11.0.0.0");
	assert_null(xbench_prefixes_lookup(&set, &addr));
	for (i = 0; i < 1000; i++) {
		addr = xbench_prefixes_pick(&set, &seed, &egress);
		assert_int_equal(addr.b[0], 10);
		assert_int_equal(egress, xbench_prefixes_lookup(&set, &addr)->egress);
	}
	xbench_prefixes_free(&set);
}

static void
what_is_no_prefix_is_refused(void **state)
{
	static const char *const wrong[] = {"10.0.0.0", "10.0.0.0/33", "10.0.0/8", "/8", "x/8",
		"10.0.0.0/", "10.0.0.0/8@300", "10.0.0.0/8@x", "::/129", "10.0.0.0/-1"};
	struct xbench_prefixes set = {0};
	unsigned int i;

	(void)state;
	for (i = 0; i < RTE_DIM(wrong); i++)
		assert_int_not_equal(xbench_prefixes_add(&set, wrong[i]), 0);
	assert_int_equal(xbench_prefixes_add(&set, "2001:db8::/32@0"), 0);
	assert_int_not_equal(xbench_prefixes_add(&set, "10.0.0.0/8"), 0);
	xbench_prefixes_free(&set);
}

static void
a_prefix_file_names_its_bad_line(void **state)
{
	struct xbench_prefixes set = {0};
	char path[] = "/tmp/test_xbench.XXXXXX";
	int fd = mkstemp(path);
	unsigned int line = 0;
	FILE *file;

	(void)state;
	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	fputs("# destinations\n\n10.0.0.0/8 1\n 10.1.0.0/16 # any port\nten/8\n", file);
	fclose(file);
	assert_int_equal(xbench_prefixes_load(&set, path, &line), -EINVAL);
	assert_int_equal(line, 5);
	assert_int_equal(set.n, 2);
	assert_int_equal(set.list[0].egress, 1);
	assert_int_equal(set.list[1].egress, XBENCH_ANY_PORT);
	unlink(path);
	xbench_prefixes_free(&set);
}

/* A frame from port 0 for port 1, as a router would leave it behind. */
static struct xbench_head
routed_frame(enum xbench_proto proto, uint8_t *buf)
{
	struct xbench_frame frame = {
		.proto = proto,
		.dst_mac = route_check.peer,
		.src_mac = route_check.own,
		.src = ip4("192.0.2.1"),
		.dst = ip4("198.18.0.1"),
		.len = 60,
		.flow = 77,
		.source = 0,
		.egress = 1,
	};
	struct xbench_head head = xbench_frame_build(&frame, buf);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(buf + 14);

	if (proto == XBENCH_IP6) {
		buf[14 + offsetof(struct rte_ipv6_hdr, hop_limits)]--;
		return head;
	}
	ip->time_to_live--;
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	return head;
}

static enum xbench_flaw
flaw_of(const uint8_t *buf, size_t len)
{
	struct xbench_marker marker;

	return xbench_frame_check(&route_check, buf, len, len, 0, false, &marker);
}

static void
a_well_routed_frame_has_no_flaw(void **state)
{
	uint8_t buf[XBENCH_HEAD_MAX];
	struct xbench_marker marker;
	struct xbench_head head = routed_frame(XBENCH_IP4, buf);

	(void)state;
	assert_int_equal(head.len, 60);
	assert_int_equal(
		xbench_frame_check(&route_check, buf, head.len, head.len, 0, false, &marker),
		XBENCH_OK);
	assert_int_equal(marker.flow, 77);
	head = routed_frame(XBENCH_IP6, buf);
	assert_int_equal(flaw_of(buf, head.head_len), XBENCH_OK);
}

static void
each_flaw_is_found(void **state)
{
	static const struct {
		uint8_t at, xor;
		enum xbench_flaw flaw;
	} damage[] = {
		{5, 1, XBENCH_BAD_MAC},      /* destination address */
		{11, 4, XBENCH_BAD_MAC},     /* source address */
		{14 + 8, 1, XBENCH_BAD_TTL}, /* time to live */
		{14 + 10, 1, XBENCH_BAD_CHECKSUM},
		{14 + 19, 1, XBENCH_BAD_CHECKSUM}, /* destination changed */
		{14 + 2, 1, XBENCH_BAD_LENGTH},
		{42, 1, XBENCH_FOREIGN}, /* magic */
		{42 + 3, 2, XBENCH_BAD_EGRESS},
	};
	uint8_t buf[XBENCH_HEAD_MAX];
	struct xbench_head head;
	size_t i, len;

	(void)state;
	for (i = 0; i < RTE_DIM(damage); i++) {
		head = routed_frame(XBENCH_IP4, buf);
		buf[damage[i].at] ^= damage[i].xor ;
		assert_int_equal(flaw_of(buf, head.len), damage[i].flaw);
	}
	head = routed_frame(XBENCH_IP4, buf);
	for (len = 0; len < head.head_len; len++)
		assert_int_equal(flaw_of(buf, len), XBENCH_FOREIGN);
}

static void
tags_are_expected_or_a_flaw(void **state)
{
	struct xbench_check check = route_check;
	uint8_t buf[XBENCH_HEAD_MAX];
	struct xbench_marker marker;
	struct xbench_head head = routed_frame(XBENCH_IP4, buf);

	(void)state;
	check.vlan = 100;
	assert_int_equal(xbench_frame_check(&check, buf, head.len, head.len, 0, false, &marker),
		XBENCH_BAD_VLAN);
	assert_int_equal(xbench_frame_check(&check, buf, head.len, head.len, 100, false, &marker),
		XBENCH_OK);
	memmove(buf + 16, buf + 12, head.head_len - 12);
	memcpy(buf + 12, "\x81\x00\x00\x64", 4);
	assert_int_equal(
		xbench_frame_check(&check, buf, head.len + 4, head.len + 4, 0, false, &marker),
		XBENCH_OK);
}

static void
interests_and_data_carry_their_marker(void **state)
{
	static const enum xbench_proto protos[] = {XBENCH_INTEREST, XBENCH_DATA};
	struct xbench_check check = route_check;
	struct xbench_name name;
	uint16_t len;

	(void)state;
	xbench_name_number(&name, "video", 9);
	check.expect = XBENCH_EXPECT_NONE;
	for (unsigned int i = 0; i < RTE_DIM(protos); i++) {
		for (len = 60; len <= 1518; len++) {
			struct xbench_frame frame = {
				.proto = protos[i], .len = len, .name = &name, .flow = 9};
			uint8_t buf[XBENCH_HEAD_MAX];
			struct xbench_head head = xbench_frame_build(&frame, buf);
			size_t outer = buf[15] < 253 ? 2 + buf[15] : 4 + buf[16] * 256 + buf[17];
			struct xbench_marker marker;

			assert_int_equal(xbench_frame_check(&check, buf, head.head_len, head.len, 0,
						 false, &marker),
				XBENCH_OK);
			assert_int_equal(marker.flow, 9);
			assert_int_equal(buf[14], i == 0 ? 0x05 : 0x06);
			assert_int_equal(14 + outer, i == 0 ? head.head_len : head.len);
			if (len >= 150)
				assert_in_range(head.len, len - 4, len);
			if (i == 0)
				assert_memory_equal(
					buf + xbench_frame_nonce_at(buf, 14) - 2, "\x0a\x04", 2);
		}
	}
}

static void
names_differ_in_every_flow_and_agree_between_ports(void **state)
{
	struct xbench_names set = {0};
	struct xbench_name names[64], again;

	(void)state;
	assert_int_equal(xbench_names_add(&set, "/news"), 0);
	assert_int_equal(xbench_names_add(&set, "/a/b/c/d/e/f\n"), 0);
	for (uint32_t i = 0; i < RTE_DIM(names); i++) {
		xbench_names_make(&set, 3, i, RTE_DIM(names), &names[i]);
		xbench_names_make(&set, 3, i, RTE_DIM(names), &again);
		assert_memory_equal(&names[i], &again, sizeof(again));
		assert_in_range(names[i].components, 4, 8);
		for (uint32_t j = 0; j < i; j++)
			assert_memory_not_equal(&names[i], &names[j], sizeof(again));
	}
	/* An object's segments differ in their last component only. */
	assert_memory_equal(&names[0], &names[8], 2 + names[0].len - 1u);
	xbench_names_free(&set);
}

static void
what_is_no_name_prefix_is_refused(void **state)
{
	static const char *const wrong[] = {"", "/", "news", "/a//b", "/a/", "/a b", "/a?",
		"/1/2/3/4/5/6/7", "/0123456789012345678901234567890123456789012345678901234567890"};
	struct xbench_names set = {0};

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(wrong); i++)
		assert_int_equal(xbench_names_add(&set, wrong[i]), -EINVAL);
	assert_int_equal(set.n, 0);
	xbench_names_free(&set);
}

static void
quantiles_are_within_a_sixteenth(void **state)
{
	struct xbench_histogram *h = calloc(1, sizeof(*h));
	uint64_t v;

	(void)state;
	assert_int_equal(xbench_histogram_quantile(h, 0.5), 0);
	for (v = 1; v <= 100000; v++)
		xbench_histogram_add(h, v);
	assert_in_range(xbench_histogram_quantile(h, 0.5), 50000, 53125);
	assert_in_range(xbench_histogram_quantile(h, 0.99), 99000, 100000);
	assert_int_equal(xbench_histogram_quantile(h, 1), 100000);
	xbench_histogram_add(h, UINT64_MAX);
	assert_int_equal(xbench_histogram_quantile(h, 1), UINT64_MAX);
	free(h);
}

static void
a_window_ends_only_where_it_began(void **state)
{
	struct xbench_meter meter = {0};
	const int anchor = 0, other = 0;

	(void)state;
	meter.packets = XBENCH_WINDOW;
	xbench_meter_turn(&meter, &anchor);
	assert_int_equal(meter.windows, 0); /* the first turn begins the first window */
	meter.packets = XBENCH_WINDOW;
	xbench_meter_turn(&meter, &other);
	assert_int_equal(meter.windows, 0);
	xbench_meter_turn(&meter, &anchor);
	assert_int_equal(meter.windows, 1);
	assert_int_equal(meter.packets, 0);
	assert_true(meter.shortest > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_decides_the_egress),
		cmocka_unit_test(what_is_no_prefix_is_refused),
		cmocka_unit_test(a_prefix_file_names_its_bad_line),
		cmocka_unit_test(a_well_routed_frame_has_no_flaw),
		cmocka_unit_test(each_flaw_is_found),
		cmocka_unit_test(tags_are_expected_or_a_flaw),
		cmocka_unit_test(interests_and_data_carry_their_marker),
		cmocka_unit_test(names_differ_in_every_flow_and_agree_between_ports),
		cmocka_unit_test(what_is_no_name_prefix_is_refused),
		cmocka_unit_test(quantiles_are_within_a_sixteenth),
		cmocka_unit_test(a_window_ends_only_where_it_began),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
