/* SPDX-License-Identifier: BSD-3-Clause */
/* What the packet format v0.3 and NDNLPv2 allow and forbid, packet by packet. */
#include <errno.h>

#include "xebra_test.h"

#include "test_ccn.h"

/* Hexadecimal text to bytes; spaces are for the reader. */
static uint32_t
unhex(const char *text, uint8_t *bytes)
{
	uint32_t n = 0;
	unsigned int byte;

	while (sscanf(text, " %2x", &byte) == 1) {
		bytes[n++] = (uint8_t)byte;
		text += strspn(text, " ") + 2;
	}
	return n;
}

static void
names_read_and_write_as_uri(void **state)
{
	static const char *const same[] = {"/", "/a", "/a/b.c/-_~", "/%00%FF", "/...", "/a/54=%03",
		"/....", "/x/1024=%2F",
		("/a/sha256digest="
		 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")};
	uint8_t value[CCN_NAME_MAX];
	char text[256];
	struct xebra_err err;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(same); i++) {
		int len = ccn_name_from_uri(same[i], value, &err);

		assert_true(len >= 0);
		assert_string_equal(
			ccn_name_to_uri(value, (uint32_t)len, text, sizeof(text)), same[i]);
	}
	assert_int_equal(ccn_name_from_uri("ndn:/a/v=259", value, &err), 7);
	assert_memory_equal(value,
		"\x08\x01"
		"a\x36\x02\x01\x03",
		7);
	assert_int_equal(ccn_name_from_uri("/8=a/", value, &err), 3);
}

static void
a_wrong_name_is_refused_with_its_reason(void **state)
{
	static const char *const wrong[] = {"", "a", "//", "/a//b", "/.", "/..", "/a b", "/%4",
		"/%zz", "/0=a", "/65536=a", "/seg=x", "/v=", "/sha256digest=00",
		"/sha256digest=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f/x",
		("/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29/"
		 "30/31/32/33")};
	uint8_t value[CCN_NAME_MAX];

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(wrong); i++) {
		struct xebra_err err = {0};

		assert_int_equal(ccn_name_from_uri(wrong[i], value, &err), -EINVAL);
		assert_true(strlen(err.text) > 0);
	}
}

static void
a_name_that_is_cut_does_not_overrun(void **state)
{
	uint8_t value[CCN_NAME_MAX];
	char text[16];
	struct xebra_err err;
	int len = ccn_name_from_uri("/abcdefgh/%00%00%00%00/ijk", value, &err);

	(void)state;
	assert_true(strlen(ccn_name_to_uri(value, (uint32_t)len, text, sizeof(text))) < 16);
}

/* Hexadecimal packets, with what they are. Names are /A where nothing else matters. */
static const struct {
	const char *hex;
	enum ccn_bad bad;
} packets[] = {
	/* Interests */
	{"05 05 0703 080141", CCN_OK},
	{"05 0b 0703 080141 0a04 01020304", CCN_OK},
	{"05 15 0703 080141 2100 1200 0a04 01020304 0c01 0a 2201 05", CCN_OK},
	{"05 02 0700", CCN_BAD_NAME},
	{"05 00", CCN_BAD_TRUNCATED},
	{"05", CCN_BAD_TRUNCATED},
	{"05 06 0703 080141", CCN_BAD_TRUNCATED},
	{"05 05 0704 080141", CCN_BAD_OVERLONG},
	{"05 05 0703 080241", CCN_BAD_OVERLONG},
	{"05 07 0703 080141 2101", CCN_BAD_OVERLONG},
	{"05 06 0703 080141 0a", CCN_BAD_TRUNCATED},
	{"05 fd0005 0703 080141", CCN_BAD_MINIMAL},
	{"05 07 07fd0003 080141", CCN_BAD_MINIMAL},
	{"05 07 0705 fd0008 0141", CCN_BAD_MINIMAL},
	{"05 ff0000000000000005 0703 080141", CCN_BAD_TYPE},
	{"00 05 0703 080141", CCN_BAD_TYPE},
	{"07 03 080141", CCN_BAD_TYPE},
	{"05 08 0706 080141 000141", CCN_BAD_TYPE},          /* component type 0 */
	{"05 0c 070a 080141 fe00010000 0141", CCN_BAD_NAME}, /* component type 65536 */
	{"05 08 0706 010141 080142", CCN_BAD_NAME},          /* short digest */
	{"05 08 0703 080141 0a01 01", CCN_BAD_FIELD},        /* nonce of one byte */
	{"05 08 0703 080141 2101 00", CCN_BAD_FIELD},        /* CanBePrefix has no value */
	{"05 0a 0703 080141 0c03 010203", CCN_BAD_FIELD},    /* integer of three bytes */
	{"05 07 0703 080141 0c00", CCN_BAD_FIELD},
	{"05 09 0703 080141 2202 0102", CCN_BAD_FIELD},    /* HopLimit of two bytes */
	{"05 09 0703 080141 1200 2100", CCN_BAD_CRITICAL}, /* wrong order */
	{"05 09 0703 080141 2100 2100", CCN_BAD_CRITICAL}, /* twice */
	{"05 07 2100 0703 080141", CCN_BAD_CRITICAL},      /* before the name */
	{"05 09 fc00 0703 080141 fc00", CCN_BAD_CRITICAL}, /* ignorable, but before it */
	{"05 0b 0703 080141 fc00 2100 fc00", CCN_OK},      /* unknown, even: ignored */
	{"05 07 0703 080141 fb00", CCN_BAD_CRITICAL},      /* unknown, odd */
	{"05 07 0703 080141 1f00", CCN_BAD_CRITICAL},      /* unknown, below 32 */
	{"05 0d 0703 080141 2201 05 2201 06 0a04", CCN_BAD_OVERLONG},
	{"05 0b 0703 080141 2201 05 2201 06", CCN_OK}, /* HopLimit again: ignorable */
	{"05 07 0703 080141 2400", CCN_BAD_FIELD},     /* parameters without digest */
	{"05 29 0725 080141 0220 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	 "2400",
		CCN_OK},
	{"05 27 0725 080141 0220 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		CCN_BAD_FIELD},                         /* digest without parameters */
	{"05 0c 0703 080141 1e05 0703 080148", CCN_OK}, /* ForwardingHint */
	{"05 0c 0703 080141 1e05 0803 080148", CCN_BAD_FIELD},
	/* Data */
	{"06 0e 0703 080141 1500 1603 1b0100 1700", CCN_OK},
	{"06 0c 0703 080141 1603 1b0100 1700", CCN_OK},
	{"06 17 0703 080141 1407 180100 1902 03e8 1500 1603 1b0100 1700", CCN_OK},
	{"06 17 0703 080141 1407 1902 03e8 180100 1500 1603 1b0100 1700", CCN_BAD_CRITICAL},
	{"06 10 0703 080141 1402 fc00 1603 1b0100 1700", CCN_OK},
	{"06 05 0703 080141", CCN_BAD_FIELD}, /* no signature */
	{"06 0a 0703 080141 1603 1b0100", CCN_BAD_FIELD},
	{"06 07 0703 080141 1700", CCN_BAD_CRITICAL},       /* value without info */
	{"06 09 0703 080141 1600 1700", CCN_BAD_TRUNCATED}, /* no SignatureType */
	{"06 0e 0703 080141 1603 1b0100 1700 1500", CCN_BAD_CRITICAL},
	{"06 0e 0703 080141 1603 1b0100 1700 fc00", CCN_OK},
};

static void
packets_are_judged_by_the_format(void **state)
{
	uint8_t bytes[256];
	struct ccn_pkt pkt;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(packets); i++) {
		uint32_t len = unhex(packets[i].hex, bytes);
		enum ccn_bad bad = ccn_pkt_parse(&pkt, bytes, len);

		if (bad != packets[i].bad)
			fail_msg("%s: %d instead of %d", packets[i].hex, bad, packets[i].bad);
	}
}

static void
an_interest_is_understood(void **state)
{
	uint8_t bytes[CCN_PKT_MAX];
	struct interest_spec spec = {.can_be_prefix = true,
		.must_be_fresh = true,
		.nonce = 0x04030201,
		.hop_limit = 7,
		.lifetime_ms = 300,
		.hint = "/far/away"};
	struct ccn_pkt pkt = parsed(bytes, make_interest(bytes, "/a/b/c", spec));

	(void)state;
	assert_true(pkt.can_be_prefix && pkt.must_be_fresh);
	assert_int_equal(pkt.nonce, 0x04030201);
	assert_int_equal(bytes[pkt.hop_limit_at], 7);
	assert_int_equal(pkt.lifetime_ms, 300);
	assert_int_equal(pkt.name.n, 3);
	assert_int_equal(pkt.name.end[2], 6);
	assert_int_equal(pkt.hint.n, 2);
	pkt = parsed(bytes, make_interest(bytes, "/a", (struct interest_spec){.nonce = 1}));
	assert_int_equal(pkt.lifetime_ms, CCN_LIFETIME_DEFAULT);
	spec.lifetime_ms = UINT32_MAX;
	pkt = parsed(bytes, make_interest(bytes, "/a", spec));
	assert_int_equal(pkt.lifetime_ms, CCN_LIFETIME_MAX);
}

static void
a_missing_nonce_is_added_in_its_place(void **state)
{
	uint8_t with[CCN_PKT_MAX], without[CCN_PKT_MAX], added[CCN_PKT_MAX];
	struct interest_spec spec = {.can_be_prefix = true,
		.nonce = 9,
		.hop_limit = 3,
		.lifetime_ms = 70000,
		.hint = "/h"};
	uint32_t with_len = make_interest(with, "/some/name", spec);
	struct ccn_pkt pkt;

	(void)state;
	spec.no_nonce = true;
	pkt = parsed(without, make_interest(without, "/some/name", spec));
	assert_int_equal(ccn_pkt_add_nonce(&pkt, 9, added), with_len);
	assert_memory_equal(added, with, with_len);
}

static void
prefixes_have_the_hashes_of_names(void **state)
{
	uint8_t a[CCN_PKT_MAX], b[CCN_PKT_MAX];
	struct ccn_pkt full = parsed(
		a, make_interest(a, "/a/bcd/efghijklmnopqrstuv/w", (struct interest_spec){0}));
	struct ccn_pkt part = parsed(b, make_interest(b, "/a/bcd", (struct interest_spec){0}));

	(void)state;
	assert_true(ccn_name_equal(&full.name, &part.name, 2));
	assert_true(full.name.hash[1] != full.name.hash[2]);
	part = parsed(b, make_interest(b, "/ab/cd", (struct interest_spec){0}));
	assert_true(full.name.hash[2] != part.name.hash[2]);
}

static const struct {
	const char *hex;
	enum ccn_bad bad;
} link_packets[] = {
	{"64 09 5007 05 05 0703080141", CCN_OK},
	{"05 05 0703080141 00000000", CCN_OK}, /* padding */
	{"64 09 5007 05 05 0703080141 0000", CCN_OK},
	{"64 00", CCN_OK}, /* idle */
	{"64 0f 6204 01020304 5007 05 05 0703080141", CCN_OK},
	{"64 0b 6200 5007 05 05 0703080141", CCN_BAD_FIELD}, /* empty token */
	{"64 0f 6202 0102 6200 5007 05 05 0703080141", CCN_BAD_CRITICAL},
	{"64 11 fd0320 05 fd0321 01 96 5007 05 05 0703080141", CCN_BAD_OVERLONG},
	{"64 12 fd0320 05 fd0321 01 96 5007 05 05 0703080141", CCN_OK},
	{"64 0d fd0320 00 5007 05 05 0703080141", CCN_OK},
	{"64 0e fd0340 01 01 5007 05 05 0703080141", CCN_OK},
	{"64 0d fd0344 00 5007 05 05 0703080141", CCN_OK},           /* 836: ignorable */
	{"64 0d fd0345 00 5007 05 05 0703080141", CCN_BAD_CRITICAL}, /* 837 */
	{"64 0b 6000 5007 05 05 0703080141", CCN_BAD_CRITICAL},
	{"64 0b 5007 05 05 0703080141 5400", CCN_BAD_CRITICAL}, /* after the fragment */
	{"64 0e 5201 00 5300 5007 05 05 0703080141", CCN_BAD_FIELD},
	{"64 0c 5301 02 5007 05 05 0703080141", CCN_BAD_FIELD}, /* no sequence */
	{"64 16 5108 0000000000000001 5301 02 5007 05 05 0703080141", CCN_OK},
	{"64 19 5108 0000000000000001 5201 02 5301 02 5007 05 05 0703080141", CCN_BAD_FIELD},
	{"64 0f 5101 01 5301 02 5007 05 05 0703080141", CCN_BAD_FIELD},
	{"64 0c 5301 00 5007 05 05 0703080141", CCN_BAD_FIELD},
	{"64 0b 5009 64 07 5005 05 03 070108", CCN_BAD_NESTED},
	{"64 02 6400", CCN_BAD_NESTED},
	{"64 02 5000", CCN_BAD_FIELD},
	{"64 0b 6201 01 6201 01 5003 010203", CCN_BAD_CRITICAL}, /* twice */
	{"64 20 5007 05 05 0703080141", CCN_BAD_TRUNCATED},
	{"08 01 41", CCN_BAD_TYPE},
	{"", CCN_BAD_TRUNCATED},
};

static void
link_packets_are_judged_by_the_protocol(void **state)
{
	uint8_t bytes[256];
	struct ccn_lp_rx rx;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(link_packets); i++) {
		uint32_t len = unhex(link_packets[i].hex, bytes);
		enum ccn_bad bad = ccn_lp_parse(&rx, bytes, len);

		if (bad != link_packets[i].bad)
			fail_msg("%s: %d instead of %d", link_packets[i].hex, bad,
				link_packets[i].bad);
	}
}

static void
what_is_written_for_the_link_is_read_again(void **state)
{
	uint8_t frame[CCN_LP_HEADER_MAX + 300];
	struct ccn_lp lp = {.nack = true,
		.nack_reason = CCN_NACK_NO_ROUTE,
		.token_len = 32,
		.congestion = 1,
		.no_cache = true};
	struct ccn_lp_rx rx;
	uint32_t header;

	(void)state;
	memset(lp.token, 0xa5, sizeof(lp.token));
	header = ccn_lp_write(frame, &lp, 300, UINT64_MAX, 0, 9);
	assert_in_range(header, 1, CCN_LP_HEADER_MAX);
	memset(frame + header, 5, 300);
	assert_int_equal(ccn_lp_parse(&rx, frame, header + 300), CCN_OK);
	assert_true(rx.lp.nack && rx.lp.no_cache);
	assert_int_equal(rx.lp.nack_reason, CCN_NACK_NO_ROUTE);
	assert_int_equal(rx.lp.token_len, 32);
	assert_memory_equal(rx.lp.token, lp.token, 32);
	assert_int_equal(rx.lp.congestion, 1);
	assert_true(rx.sequence == UINT64_MAX);
	assert_int_equal(rx.frag_count, 9);
	assert_int_equal(rx.len, 300);
	assert_ptr_equal(rx.fragment, frame + header);
	assert_int_equal(ccn_lp_write(frame, &(struct ccn_lp){0}, 300, 0, 0, 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_read_and_write_as_uri),
		cmocka_unit_test(a_wrong_name_is_refused_with_its_reason),
		cmocka_unit_test(a_name_that_is_cut_does_not_overrun),
		cmocka_unit_test(packets_are_judged_by_the_format),
		cmocka_unit_test(an_interest_is_understood),
		cmocka_unit_test(a_missing_nonce_is_added_in_its_place),
		cmocka_unit_test(prefixes_have_the_hashes_of_names),
		cmocka_unit_test(link_packets_are_judged_by_the_protocol),
		cmocka_unit_test(what_is_written_for_the_link_is_read_again),
	};

	ccn_hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
