/* SPDX-License-Identifier: BSD-3-Clause */
/* The forwarder on virtual time: who gets what, and what is bounded. */
#include "xebra_test.h"

#include "ccn_fwd.h"
#include "test_ccn.h"

#define FACES 6
#define MS 1000ull

static struct ccn_face faces[FACES]; /* 0 is not used; the last one is shared */
static ccn_face_table table;
static struct ccn_fib *fib;
static struct ccn_fwd *fwd;
static uint64_t now_us;

/* What was sent last, and how much since it was looked at. */
static struct {
	unsigned int n;
	uint32_t face[16];
	struct ccn_lp lp[16];
	uint8_t bytes[CCN_PKT_MAX];
	uint32_t len;
} out;

static void
sent(void *ctx, const struct ccn_face *face, const struct ccn_lp *lp, const uint8_t *bytes,
	uint32_t len)
{
	(void)ctx;
	assert_in_range(out.n, 0, 15);
	out.face[out.n] = ccn_face_slot(face->id);
	out.lp[out.n] = *lp;
	memcpy(out.bytes, bytes, len);
	out.len = len;
	out.n++;
}

static void
route(const char *uri, enum ccn_strategy strategy, unsigned int n, const struct ccn_hop *hops)
{
	struct ccn_hop copy[CCN_HOPS_MAX];
	uint8_t value[CCN_NAME_MAX];
	struct ccn_name name;

	for (unsigned int i = 0; i < n; i++) {
		copy[i] = hops[i];
		copy[i].face = faces[hops[i].face].id;
	}
	ccn_name_parse(&name, value, (uint32_t)ccn_name_from_uri(uri, value, NULL));
	assert_int_equal(ccn_fib_set(fib, &name, copy, n, strategy), 0);
}

static int
setup(void **state)
{
	struct ccn_fwd_conf conf = {.pit_entries = 32,
		.fib_size = 64,
		.cs_bytes = 1 << 20,
		.faces = table,
		.send = sent};

	(void)state;
	fib = ccn_fib_create(32, 0);
	for (uint32_t i = 1; i < FACES; i++) {
		faces[i] = (struct ccn_face){.id = 7 * CCN_FACE_MAX + i,
			.pit_max = 8,
			.link = i == FACES - 1 ? CCN_LINK_GROUP : CCN_LINK_ETHER};
		table[i] = &faces[i];
	}
	conf.fib = fib;
	now_us = 1000000;
	fwd = ccn_fwd_create(&conf, now_us);
	route("/two", CCN_BEST_ROUTE, 2, (struct ccn_hop[]){{2, 10, 1}, {3, 20, 1}});
	route("/all", CCN_MULTICAST, 3, (struct ccn_hop[]){{2, 0, 1}, {3, 0, 1}, {4, 0, 1}});
	route("/turns", CCN_ROUND_ROBIN, 2, (struct ccn_hop[]){{2, 0, 3}, {3, 0, 1}});
	route("/group", CCN_BEST_ROUTE, 1, (struct ccn_hop[]){{5, 0, 1}});
	return fib == NULL || fwd == NULL;
}

static int
teardown(void **state)
{
	(void)state;
	ccn_fwd_tick(fwd, now_us + 100000 * MS);
	assert_int_equal(ccn_pit_count(fwd->pit), 0);
	ccn_fwd_free(fwd);
	ccn_fib_free(fib);
	return 0;
}

static enum ccn_verdict
interest(unsigned int face, const char *uri, struct interest_spec spec)
{
	uint8_t bytes[CCN_PKT_MAX];
	struct ccn_pkt pkt = parsed(bytes, make_interest(bytes, uri, spec));
	struct ccn_lp lp = {.token_len = 1, .token = {(uint8_t)face}};

	out.n = 0;
	ccn_fwd_tick(fwd, now_us);
	return ccn_fwd_take(fwd, &faces[face], &pkt, &lp);
}

static enum ccn_verdict
ask(unsigned int face, const char *uri, uint32_t nonce)
{
	return interest(face, uri, (struct interest_spec){.nonce = nonce});
}

static enum ccn_verdict
data(unsigned int face, const char *uri)
{
	uint8_t bytes[CCN_PKT_MAX];
	struct ccn_pkt pkt = parsed(bytes, make_data(bytes, uri, 0, "d"));

	out.n = 0;
	ccn_fwd_tick(fwd, now_us);
	return ccn_fwd_take(fwd, &faces[face], &pkt, &(struct ccn_lp){.congestion = 1});
}

static enum ccn_verdict
nack(unsigned int face, const char *uri, uint32_t nonce, uint32_t reason)
{
	uint8_t bytes[CCN_PKT_MAX];
	struct ccn_pkt pkt =
		parsed(bytes, make_interest(bytes, uri, (struct interest_spec){.nonce = nonce}));

	out.n = 0;
	ccn_fwd_tick(fwd, now_us);
	return ccn_fwd_take(
		fwd, &faces[face], &pkt, &(struct ccn_lp){.nack = true, .nack_reason = reason});
}

static void
assert_sent_to(unsigned int n, const unsigned int *to)
{
	assert_int_equal(out.n, n);
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(out.face[i], to[i]);
}

#define ASSERT_SENT(...)                                               \
	assert_sent_to(RTE_DIM(((const unsigned int[]){__VA_ARGS__})), \
		(const unsigned int[]){__VA_ARGS__})

static void
data_goes_back_with_each_ones_token(void **state)
{
	(void)state;
	assert_int_equal(ask(1, "/two/a", 1), CCN_V_DONE);
	ASSERT_SENT(2);
	assert_int_equal(out.lp[0].token_len, 0);
	assert_int_equal(ask(4, "/two/a", 2), CCN_V_DONE);
	assert_int_equal(out.n, 0); /* aggregated */
	assert_int_equal(data(2, "/two/a"), CCN_V_DONE);
	ASSERT_SENT(1, 4);
	assert_int_equal(out.lp[0].token[0], 1);
	assert_int_equal(out.lp[1].token[0], 4);
	assert_int_equal(out.lp[0].congestion, 1); /* the mark goes on */
	assert_int_equal(data(2, "/two/a"), CCN_V_UNASKED);
	assert_int_equal(ask(4, "/two/a", 3), CCN_V_DONE);
	ASSERT_SENT(4); /* from the store */
}

static void
a_repetition_is_held_back_then_goes_another_way(void **state)
{
	(void)state;
	ask(1, "/two/r", 1);
	ASSERT_SENT(2);
	now_us += 9 * MS;
	ask(1, "/two/r", 2);
	assert_int_equal(out.n, 0);
	now_us += 2 * MS;
	ask(1, "/two/r", 3);
	ASSERT_SENT(3);
	now_us += 15 * MS; /* the pause has doubled */
	ask(1, "/two/r", 4);
	assert_int_equal(out.n, 0);
	now_us += 10 * MS;
	ask(1, "/two/r", 5);
	ASSERT_SENT(2); /* asked longest ago */
}

static void
loops_are_found_alive_and_dead(void **state)
{
	(void)state;
	ask(1, "/two/l", 9);
	assert_int_equal(ask(4, "/two/l", 9), CCN_V_LOOP);
	ASSERT_SENT(4);
	assert_int_equal(out.lp[0].nack_reason, CCN_NACK_DUPLICATE);
	assert_int_equal(ask(1, "/two/l", 9), CCN_V_DONE); /* only repeats itself */
	now_us += 5000 * MS;
	assert_int_equal(ask(4, "/two/l", 9), CCN_V_LOOP); /* expired, but not forgotten */
	now_us += 7000 * MS;
	assert_int_equal(ask(4, "/two/l", 9), CCN_V_DONE);
	ask(5, "/two/s", 3);
	assert_int_equal(ask(5, "/two/s", 3), CCN_V_LOOP); /* on a shared link it is one */
	assert_int_equal(out.n, 0);                        /* and nobody is told */
}

static void
a_nack_tries_another_then_goes_back_to_all(void **state)
{
	(void)state;
	ask(1, "/two/n", 1);
	ask(4, "/two/n", 2);
	assert_int_equal(nack(3, "/two/n", 1, CCN_NACK_NO_ROUTE), CCN_V_BAD_NACK);
	assert_int_equal(nack(2, "/two/n", 7, CCN_NACK_NO_ROUTE), CCN_V_BAD_NACK);
	assert_int_equal(nack(2, "/two/n", 1, CCN_NACK_NO_ROUTE), CCN_V_DONE);
	ASSERT_SENT(3);
	assert_int_equal(nack(3, "/two/n", 1, CCN_NACK_CONGESTION), CCN_V_DONE);
	ASSERT_SENT(1, 4);
	assert_int_equal(out.lp[1].nack_reason, CCN_NACK_CONGESTION); /* the least severe */
	assert_int_equal(parsed(out.bytes, out.len).nonce, 2);        /* with its own nonce */
	assert_int_equal(nack(3, "/two/n", 1, CCN_NACK_CONGESTION), CCN_V_BAD_NACK);
}

static void
multicast_asks_all_but_the_asker(void **state)
{
	(void)state;
	ask(3, "/all/a", 1);
	ASSERT_SENT(2, 4);
	nack(2, "/all/a", 1, CCN_NACK_NO_ROUTE);
	assert_int_equal(out.n, 0); /* the other may still answer */
	nack(4, "/all/a", 1, 0);
	ASSERT_SENT(3);
	assert_int_equal(out.lp[0].nack_reason, CCN_NACK_NO_ROUTE);
}

static void
turns_go_by_weight(void **state)
{
	unsigned int to[4] = {0};
	char uri[32];

	(void)state;
	for (unsigned int i = 0; i < 8; i++) {
		sprintf(uri, "/turns/%u", i);
		ask(1, uri, i);
		assert_int_equal(out.n, 1);
		to[out.face[0]]++;
		data(out.face[0], uri);
	}
	assert_int_equal(to[2], 6);
	assert_int_equal(to[3], 2);
}

static void
what_has_no_way_is_refused(void **state)
{
	(void)state;
	assert_int_equal(ask(1, "/nowhere", 1), CCN_V_NO_ROUTE);
	assert_int_equal(out.lp[0].nack_reason, CCN_NACK_NO_ROUTE);
	assert_int_equal(ask(5, "/nowhere", 2), CCN_V_NO_ROUTE);
	assert_int_equal(out.n, 0);                              /* not on a shared link */
	assert_int_equal(ask(5, "/group/a", 3), CCN_V_NO_ROUTE); /* they have heard it */
	assert_int_equal(ask(1, "/localhost/a", 4), CCN_V_SCOPE);
	assert_int_equal(ask(1, "/localhop/a", 5), CCN_V_NO_ROUTE);
	assert_int_equal(ask(1, "/localhop/nfd/rib/register/x", 6), CCN_V_UNTRUSTED);
	faces[1].trusted = true;
	assert_int_equal(ask(1, "/localhop/nfd/rib/register/x", 6), CCN_V_MANAGE);
	assert_int_equal(ccn_pit_count(fwd->pit), 0);
}

static void
hop_limits_count_down(void **state)
{
	struct interest_spec spec = {.nonce = 1, .hop_limit = 2};
	struct ccn_pkt pkt;

	(void)state;
	assert_int_equal(interest(1, "/two/h", spec), CCN_V_DONE);
	pkt = parsed(out.bytes, out.len);
	assert_int_equal(pkt.bytes[pkt.hop_limit_at], 1);
	spec = (struct interest_spec){.nonce = 2, .hop_limit = 1};
	assert_int_equal(interest(1, "/two/i", spec), CCN_V_HOP_LIMIT);
	assert_int_equal(ccn_pit_count(fwd->pit), 1);
	data(2, "/two/h");
	spec.nonce = 3;
	assert_int_equal(interest(4, "/two/h", spec), CCN_V_DONE); /* the store may answer */
	ASSERT_SENT(4);
}

static void
an_interest_without_nonce_gets_one(void **state)
{
	(void)state;
	assert_int_equal(
		interest(1, "/two/x", (struct interest_spec){.no_nonce = true}), CCN_V_DONE);
	ASSERT_SENT(2);
	assert_int_not_equal(parsed(out.bytes, out.len).nonce_at, 0);
}

static void
the_hint_says_where_to(void **state)
{
	struct interest_spec spec = {.nonce = 1, .hint = "/group/x"};

	(void)state;
	assert_int_equal(interest(1, "/unrouted", spec), CCN_V_DONE);
	ASSERT_SENT(5);
	assert_int_equal(data(5, "/unrouted"), CCN_V_DONE);
	spec = (struct interest_spec){.nonce = 2, .hint = "/unrouted/too"};
	assert_int_equal(interest(1, "/two/hint", spec), CCN_V_DONE);
	ASSERT_SENT(2);
}

static void
a_flooding_face_leaves_room_for_others(void **state)
{
	char uri[32];

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		sprintf(uri, "/two/f/%u", i);
		assert_int_equal(ask(1, uri, i), i < 8 ? CCN_V_DONE : CCN_V_FACE_FULL);
	}
	ASSERT_SENT(1);
	assert_int_equal(out.lp[0].nack_reason, CCN_NACK_CONGESTION);
	assert_int_equal(ask(4, "/two/mine", 1), CCN_V_DONE);
	ASSERT_SENT(2);
}

static void
a_face_that_is_gone_gets_nothing(void **state)
{
	(void)state;
	ask(1, "/two/gone", 1);
	table[1] = NULL;
	assert_int_equal(data(2, "/two/gone"), CCN_V_DONE);
	assert_int_equal(out.n, 0);
	table[2] = NULL;
	ask(4, "/two/gone2", 1);
	ASSERT_SENT(3);
	/* Another face in the same slot is not the one that asked. */
	table[1] = &faces[1];
	ask(1, "/two/gone3", 1);
	faces[1].id += CCN_FACE_MAX;
	assert_int_equal(data(3, "/two/gone3"), CCN_V_DONE);
	assert_int_equal(out.n, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(data_goes_back_with_each_ones_token),
		TEST(a_repetition_is_held_back_then_goes_another_way),
		TEST(loops_are_found_alive_and_dead),
		TEST(a_nack_tries_another_then_goes_back_to_all),
		TEST(multicast_asks_all_but_the_asker),
		TEST(turns_go_by_weight),
		TEST(what_has_no_way_is_refused),
		TEST(hop_limits_count_down),
		TEST(an_interest_without_nonce_gets_one),
		TEST(the_hint_says_where_to),
		TEST(a_flooding_face_leaves_room_for_others),
		TEST(a_face_that_is_gone_gets_nothing),
	};

	if (test_eal_init("test_ccn_forward") < 0)
		return 1;
	ccn_hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
