/* SPDX-License-Identifier: BSD-3-Clause */
/* Name FIB, pending Interests, content store, reassembly: each alone, on virtual time. */
#include <errno.h>
#include <stdlib.h>

#include "xebra_test.h"

#include "ccn_cs.h"
#include "ccn_fib.h"
#include "ccn_pit.h"
#include "ccn_reass.h"
#include "test_ccn.h"

static const struct ccn_lp no_lp;

static struct ccn_name
name_of(const char *uri, uint8_t *value)
{
	struct xebra_err err;
	struct ccn_name name;
	int len = ccn_name_from_uri(uri, value, &err);

	assert_true(len >= 0);
	assert_int_equal(ccn_name_parse(&name, value, (uint32_t)len), CCN_OK);
	return name;
}

static int
route(struct ccn_fib *fib, const char *uri, uint32_t face)
{
	uint8_t value[CCN_NAME_MAX];
	struct ccn_name name = name_of(uri, value);
	struct ccn_hop hop = {.face = face, .cost = 1, .weight = 1};

	return ccn_fib_set(fib, &name, &hop, 1, CCN_BEST_ROUTE);
}

/* The face that a name goes to, 0: nowhere. */
static uint32_t
routed(const struct ccn_fib *fib, const char *uri)
{
	uint8_t value[CCN_NAME_MAX];
	struct ccn_name name = name_of(uri, value);
	const struct ccn_fib_entry *e = ccn_fib_lookup(fib, &name, name.n);

	return e == NULL ? 0 : e->faces[0];
}

static void
the_longest_prefix_wins(void **state)
{
	struct ccn_fib *fib = ccn_fib_create(16, 0);

	(void)state;
	assert_int_equal(route(fib, "/", 1), 0);
	assert_int_equal(route(fib, "/a", 2), 0);
	assert_int_equal(route(fib, "/a/b/c/d/e", 3), 0);
	assert_int_equal(route(fib, "/a/b/c", 4), 0);
	assert_int_equal(routed(fib, "/x"), 1);
	assert_int_equal(routed(fib, "/a"), 2);
	assert_int_equal(routed(fib, "/a/b"), 2);
	assert_int_equal(routed(fib, "/a/b/x/d/e"), 2);
	assert_int_equal(routed(fib, "/a/b/c"), 4);
	assert_int_equal(routed(fib, "/a/b/c/d"), 4);
	assert_int_equal(routed(fib, "/a/b/c/d/e"), 3);
	assert_int_equal(routed(fib, "/a/b/c/d/e/f/g"), 3);
	assert_int_equal(route(fib, "/a/b", 5), 0); /* where there was only a mark */
	assert_int_equal(routed(fib, "/a/b/x"), 5);
	assert_int_equal(routed(fib, "/a/b/c/d/e"), 3);
	ccn_fib_free(fib);
}

static void
a_full_fib_says_so_and_stays_whole(void **state)
{
	struct ccn_fib *fib = ccn_fib_create(2, 0);

	(void)state;
	assert_int_equal(route(fib, "/a/b/c", 1), 0);
	assert_int_equal(route(fib, "/a/d/c", 2), 0);
	assert_int_equal(route(fib, "/e", 3), -ENOSPC);
	assert_int_equal(route(fib, "/a/d/c", 4), 0); /* replacing needs no room */
	assert_int_equal(routed(fib, "/a/d/c"), 4);
	assert_int_equal(ccn_fib_count(fib), 2);
	ccn_fib_free(fib);
}

#define MODEL_NAMES 400

/* Prefixes come and go at random; every name goes where the plain search says. */
static void
the_fib_agrees_with_a_plain_search(void **state)
{
	struct ccn_fib *fib = ccn_fib_create(MODEL_NAMES, 0);
	struct ccn_name names[MODEL_NAMES];
	uint8_t values[MODEL_NAMES][64];
	uint32_t faces[MODEL_NAMES] = {0}, count = 0;

	(void)state;
	srandom(6);
	for (unsigned int i = 0; i < MODEL_NAMES; i++) {
		char uri[64] = "";
		uint8_t value[CCN_NAME_MAX];

		for (long n = random() % 7; n >= 0; n--)
			sprintf(uri + strlen(uri), "/%c", (char)('a' + random() % 3));
		names[i] = name_of(uri, value);
		memcpy(values[i], value, names[i].len);
		names[i].value = values[i];
		for (unsigned int j = 0; j < i; j++)
			if (names[j].n == names[i].n &&
				ccn_name_equal(&names[i], &names[j], names[i].n))
				names[i].n = 0; /* had already: left out */
	}
	for (unsigned int step = 0; step < 4000; step++) {
		unsigned int i = (unsigned int)random() % MODEL_NAMES, best = MODEL_NAMES;
		const struct ccn_fib_entry *e;

		if (names[i].n == 0)
			continue;
		if (random() % 2) {
			struct ccn_hop hop = {.face = step + 1, .weight = 1};

			assert_int_equal(ccn_fib_set(fib, &names[i], &hop, 1, CCN_MULTICAST), 0);
			count += faces[i] == 0;
			faces[i] = step + 1;
		} else {
			assert_int_equal(ccn_fib_del(fib, &names[i]), faces[i] ? 0 : -ENOENT);
			count -= faces[i] != 0;
			faces[i] = 0;
		}
		assert_int_equal(ccn_fib_count(fib), count);
		if (step % 64 == 0)
			ccn_fib_reclaim(fib);
		i = (unsigned int)random() % MODEL_NAMES;
		for (unsigned int j = 0; j < MODEL_NAMES && names[i].n > 0; j++)
			if (faces[j] != 0 && names[j].n > 0 && names[j].n <= names[i].n &&
				ccn_name_equal(&names[i], &names[j], names[j].n) &&
				(best == MODEL_NAMES || names[j].n > names[best].n))
				best = j;
		e = names[i].n == 0 ? NULL : ccn_fib_lookup(fib, &names[i], names[i].n);
		if (names[i].n > 0)
			assert_int_equal(
				e == NULL ? 0 : e->faces[0], best == MODEL_NAMES ? 0 : faces[best]);
	}
	ccn_fib_free(fib);
}

static void
turns_are_dealt_by_weight(void **state)
{
	struct ccn_fib *fib = ccn_fib_create(4, 0);
	struct ccn_hop hops[] = {{1, 5, 5}, {2, 9, 1}, {3, 1, 2}};
	unsigned int turns[4] = {0};
	uint8_t value[CCN_NAME_MAX];
	struct ccn_name name = name_of("/a", value);
	const struct ccn_fib_entry *e;

	(void)state;
	assert_int_equal(ccn_fib_set(fib, &name, hops, 3, CCN_ROUND_ROBIN), 0);
	e = ccn_fib_get(fib, &name);
	assert_int_equal(e->faces[0], 3); /* by cost */
	assert_int_equal(e->faces[2], 2);
	assert_int_equal(e->schedule_len, 8);
	for (unsigned int i = 0; i < e->schedule_len; i++)
		turns[e->faces[e->schedule[i]]]++;
	assert_int_equal(turns[1], 5);
	assert_int_equal(turns[2], 1);
	assert_int_equal(turns[3], 2);
	ccn_fib_free(fib);
}

static unsigned int expired_entries;

static void
count_expired(struct ccn_pit_entry *entry, void *arg)
{
	(void)entry;
	(void)arg;
	expired_entries++;
}

static struct ccn_pit_entry *
pend(struct ccn_pit *pit, struct ccn_pkt *interest, uint32_t face, uint64_t now_us)
{
	struct ccn_pit_entry *e = ccn_pit_find(pit, interest, now_us);

	if (e == NULL)
		e = ccn_pit_insert(pit, interest);
	if (e != NULL && ccn_pit_wait(pit, e, face, interest, &no_lp, 8, now_us) == NULL)
		return NULL;
	return e;
}

static void
data_finds_all_who_wait_for_it(void **state)
{
	struct ccn_pit *pit = ccn_pit_create(64, 0, count_expired, NULL, 0);
	struct ccn_pit_entry *found[CCN_PIT_MATCH_MAX];
	uint8_t bytes[CCN_PKT_MAX], data_bytes[CCN_PKT_MAX], digest[CCN_DIGEST_LEN];
	char full[160] = "/a/b/c/sha256digest=";
	struct ccn_pkt data = parsed(data_bytes, make_data(data_bytes, "/a/b/c", 0, "x")), i;
	static const struct {
		const char *uri;
		bool prefix, fresh, wanted;
	} interests[] = {
		{"/a/b/c", false, false, true},
		{"/a/b/c", true, false, true},
		{"/a/b/c", false, true, true},
		{"/a", true, false, true},
		{"/a/b", false, false, false},
		{"/a/b", true, true, true},
		{"/a/b/c/d", true, false, false},
		{"/a/x/c", false, false, false},
	};
	unsigned int wanted = 0;

	(void)state;
	for (unsigned int n = 0; n < RTE_DIM(interests); n++) {
		i = parsed(bytes,
			make_interest(bytes, interests[n].uri,
				(struct interest_spec){.can_be_prefix = interests[n].prefix,
					.must_be_fresh = interests[n].fresh}));
		assert_non_null(pend(pit, &i, n + 1, 0));
		wanted += interests[n].wanted;
	}
	assert_int_equal(ccn_pit_match(pit, &data, 1, found), wanted);
	ccn_pkt_digest(data_bytes, data.len, digest);
	for (unsigned int n = 0; n < CCN_DIGEST_LEN; n++)
		sprintf(full + strlen(full), "%02x", digest[n]);
	i = parsed(bytes, make_interest(bytes, full, (struct interest_spec){0}));
	assert_non_null(pend(pit, &i, 20, 0));
	assert_int_equal(ccn_pit_match(pit, &data, 1, found), wanted + 1);
	assert_int_equal(ccn_pit_count(pit), RTE_DIM(interests) + 1);
	for (unsigned int n = 0; n <= wanted; n++)
		ccn_pit_erase(pit, found[n]);
	assert_int_equal(ccn_pit_match(pit, &data, 1, found), 0);
	ccn_pit_free(pit);
}

static void
interests_expire_exactly_and_leave_nothing(void **state)
{
	struct ccn_pit *pit = ccn_pit_create(64, 0, count_expired, NULL, 0);
	uint8_t a[CCN_PKT_MAX], b[CCN_PKT_MAX];
	struct ccn_pkt soon, late;

	(void)state;
	expired_entries = 0;
	soon = parsed(a, make_interest(a, "/soon", (struct interest_spec){.lifetime_ms = 100}));
	late = parsed(b, make_interest(b, "/late", (struct interest_spec){.lifetime_ms = 60000}));
	assert_non_null(pend(pit, &soon, 1, 5));
	assert_non_null(pend(pit, &late, 1, 5));
	assert_non_null(ccn_pit_find(pit, &soon, 100004));
	assert_null(ccn_pit_find(pit, &soon, 100005)); /* though the wheel has not turned */
	assert_int_equal(expired_entries, 1);
	ccn_pit_tick(pit, 59990000);
	assert_int_equal(ccn_pit_count(pit), 1);
	ccn_pit_tick(pit, 60020000 + 16384);
	assert_int_equal(ccn_pit_count(pit), 0);
	assert_int_equal(expired_entries, 2);
	/* A renewed one lives on, and a clock that leaps is survived. */
	soon = parsed(a, make_interest(a, "/soon", (struct interest_spec){.lifetime_ms = 100}));
	assert_non_null(pend(pit, &soon, 1, 70000000));
	assert_non_null(pend(pit, &soon, 2, 70090000));
	ccn_pit_tick(pit, 70180000);
	assert_int_equal(ccn_pit_count(pit), 1);
	ccn_pit_tick(pit, UINT64_MAX / 2);
	assert_int_equal(ccn_pit_count(pit), 0);
	ccn_pit_free(pit);
}

static void
one_face_cannot_take_all_entries(void **state)
{
	struct ccn_pit *pit = ccn_pit_create(16, 0, count_expired, NULL, 0);
	uint8_t bytes[CCN_PKT_MAX];
	char uri[300];
	struct ccn_pkt i;

	(void)state;
	for (unsigned int n = 0; n < 8; n++) {
		sprintf(uri, "/flood/%u", n);
		i = parsed(bytes, make_interest(bytes, uri, (struct interest_spec){0}));
		assert_non_null(pend(pit, &i, 1, 0));
	}
	i = parsed(bytes, make_interest(bytes, "/flood/8", (struct interest_spec){0}));
	assert_null(pend(pit, &i, 1, 0));
	/* A long name counts for what it takes. */
	memset(uri, 'n', sizeof(uri));
	uri[0] = '/';
	uri[299] = '\0';
	i = parsed(bytes, make_interest(bytes, uri, (struct interest_spec){0}));
	assert_non_null(pend(pit, &i, 2, 0));
	uri[1] = 'm';
	i = parsed(bytes, make_interest(bytes, uri, (struct interest_spec){0}));
	assert_null(pend(pit, &i, 2, 0));
	ccn_pit_free(pit);
}

static uint32_t
stored(struct ccn_cs *cs, const char *uri, bool prefix, bool fresh, uint64_t now_us, char *content)
{
	uint8_t bytes[CCN_PKT_MAX], data[CCN_PKT_MAX];
	struct ccn_pkt i = parsed(bytes,
		make_interest(bytes, uri,
			(struct interest_spec){.can_be_prefix = prefix, .must_be_fresh = fresh}));
	uint32_t len = ccn_cs_find(cs, &i, now_us, data);

	if (len > 0) { /* content is the third-last element: 2 bytes of head, then text */
		struct ccn_pkt pkt = parsed(data, len);
		const uint8_t *p = pkt.name.value + pkt.name.len, *end = data + len;
		struct ccn_tlv tlv;

		while (ccn_tlv_read(&p, end, &tlv) == CCN_OK && tlv.type != CCN_T_CONTENT)
			;
		memcpy(content, tlv.value, tlv.len);
		content[tlv.len] = '\0';
	}
	return len;
}

static void
store(struct ccn_cs *cs, const char *uri, uint32_t freshness_ms, const char *content,
	uint64_t now_us)
{
	uint8_t bytes[CCN_PKT_MAX];
	struct ccn_pkt data = parsed(bytes, make_data(bytes, uri, freshness_ms, content));

	ccn_cs_insert(cs, &data, now_us);
}

static void
the_store_answers_exactly_and_by_prefix(void **state)
{
	struct ccn_cs *cs = ccn_cs_create(1 << 20, 0);
	char content[64] = "";

	(void)state;
	store(cs, "/a/b/c", 0, "stale", 0);
	store(cs, "/a/b/d", 10, "fresh", 0);
	assert_true(stored(cs, "/a/b/c", false, false, 1, content));
	assert_string_equal(content, "stale");
	assert_false(stored(cs, "/a/b", false, false, 1, content));
	assert_true(stored(cs, "/a/b", true, false, 1, content));
	assert_string_equal(content, "fresh"); /* stored last */
	assert_true(stored(cs, "/a", true, true, 9999, content));
	assert_string_equal(content, "fresh");
	assert_false(stored(cs, "/a", true, true, 10000, content));
	assert_false(stored(cs, "/a/b/c", false, true, 1, content));
	assert_false(stored(cs, "/a/x", true, false, 1, content));
	store(cs, "/a/b/c", 10, "again", 20000);
	assert_true(stored(cs, "/a", true, true, 20001, content));
	assert_string_equal(content, "again");
	assert_int_equal(ccn_cs_stats(cs)->packets, 2);
	ccn_cs_flush(cs);
	assert_int_equal(ccn_cs_stats(cs)->packets, 0);
	assert_int_equal(ccn_cs_stats(cs)->used_kb, 0);
	assert_false(stored(cs, "/a", true, false, 1, content));
	ccn_cs_free(cs);
}

static void
what_is_asked_for_survives_a_scan(void **state)
{
	struct ccn_cs *cs = ccn_cs_create(256 << 10, 0);
	char uri[64], content[64];
	uint32_t most;

	(void)state;
	for (unsigned int i = 0; i < 20; i++) {
		sprintf(uri, "/popular/%u", i);
		store(cs, uri, 0, "p", 0);
		assert_true(stored(cs, uri, false, false, 0, content));
	}
	for (unsigned int i = 0; i < 5000; i++) {
		sprintf(uri, "/scan/%u/x/y", i);
		store(cs, uri, 0, "s", 0);
	}
	most = ccn_cs_stats(cs)->used_kb;
	assert_in_range(most, 1, 256);
	assert_true(ccn_cs_stats(cs)->evictions > 0);
	for (unsigned int i = 0; i < 20; i++) {
		sprintf(uri, "/popular/%u", i);
		assert_true(stored(cs, uri, false, false, 0, content));
	}
	ccn_cs_flush(cs);
	assert_int_equal(ccn_cs_stats(cs)->used_kb, 0);
	ccn_cs_free(cs);
}

static void
a_store_of_nothing_stores_nothing(void **state)
{
	struct ccn_cs *cs = ccn_cs_create(0, 0);
	char content[64];

	(void)state;
	store(cs, "/a", 0, "x", 0);
	assert_false(stored(cs, "/a", false, false, 0, content));
	ccn_cs_free(cs);
}

static enum ccn_reass_result
fragment(struct ccn_reass *r, uint32_t face, uint64_t first, uint32_t index, uint32_t count,
	const char *text, uint64_t now_us, char *whole)
{
	struct ccn_lp_rx rx = {.sequence = first + index,
		.frag_index = index,
		.frag_count = count,
		.fragment = (const uint8_t *)text,
		.len = (uint32_t)strlen(text),
		.lp.congestion = index + 1};
	uint8_t *bytes;
	uint32_t len;
	struct ccn_lp lp;
	enum ccn_reass_result result = ccn_reass_put(r, face, 0, &rx, now_us, &bytes, &len, &lp);

	if (result == CCN_REASS_WHOLE) {
		memcpy(whole, bytes, len);
		whole[len] = '\0';
		assert_int_equal(lp.congestion, 1); /* the first fragment's */
	}
	return result;
}

static void
fragments_join_in_any_order(void **state)
{
	struct ccn_reass *r = ccn_reass_create(4, 0);
	char whole[64];

	(void)state;
	assert_int_equal(fragment(r, 1, 10, 2, 3, "ef", 0, whole), CCN_REASS_MORE);
	assert_int_equal(fragment(r, 2, 10, 0, 2, "xy", 0, whole), CCN_REASS_MORE);
	assert_int_equal(fragment(r, 1, 10, 0, 3, "ab", 0, whole), CCN_REASS_MORE);
	assert_int_equal(fragment(r, 1, 10, 0, 3, "ab", 0, whole), CCN_REASS_REPEAT);
	assert_int_equal(fragment(r, 1, 10, 1, 3, "cd", 0, whole), CCN_REASS_WHOLE);
	assert_string_equal(whole, "abcdef");
	assert_int_equal(fragment(r, 2, 10, 1, 2, "z", 0, whole), CCN_REASS_WHOLE);
	assert_string_equal(whole, "xyz");
	/* Sequence numbers go round. */
	assert_int_equal(fragment(r, 1, UINT64_MAX, 0, 2, "o", 0, whole), CCN_REASS_MORE);
	assert_int_equal(fragment(r, 1, UINT64_MAX, 1, 2, "k", 0, whole), CCN_REASS_WHOLE);
	assert_int_equal(ccn_reass_lost(r), 0);
	ccn_reass_free(r);
}

static void
reassembly_is_bounded_and_fair(void **state)
{
	struct ccn_reass *r = ccn_reass_create(4, 0);
	char whole[64];

	(void)state;
	assert_int_equal(fragment(r, 9, 10, 0, 2, "a", 0, whole), CCN_REASS_MORE);
	for (uint64_t i = 0; i < 50; i++)
		assert_int_equal(fragment(r, 1, i * 10, 0, 2, "f", i, whole), CCN_REASS_MORE);
	assert_int_equal(fragment(r, 9, 10, 1, 2, "b", 60, whole), CCN_REASS_WHOLE);
	assert_string_equal(whole, "ab");
	assert_int_equal(
		fragment(r, 1, 5000, 0, CCN_REASS_FRAGMENTS + 1, "x", 0, whole), CCN_REASS_WRONG);
	assert_int_equal(fragment(r, 3, 10, 0, 2, "a", 100, whole), CCN_REASS_MORE);
	assert_int_equal(fragment(r, 3, 10, 1, 3, "a", 100, whole), CCN_REASS_WRONG);
	/* Too late: it begins anew. */
	assert_int_equal(fragment(r, 5, 10, 0, 2, "a", 1000, whole), CCN_REASS_MORE);
	assert_int_equal(
		fragment(r, 5, 10, 1, 2, "b", 1001 + CCN_REASS_TIMEOUT_US, whole), CCN_REASS_MORE);
	assert_true(ccn_reass_lost(r) > 40);
	ccn_reass_free(r);
}

/* Elements of one bucket; the table is made for 16, so it has 4 buckets and a reserve of 16. */
static void
a_full_bucket_goes_on_and_gives_back(void **state)
{
	struct ccn_table t;
	uint32_t n, found;

	(void)state;
	assert_int_equal(ccn_table_init(&t, 16, 0), 0);
	for (unsigned int round = 0; round < 50; round++) {
		/* All buckets are full at last: the reserve's as well. */
		for (n = 0; ccn_table_add(&t, (uint64_t)n << 32, n, n & 31); n++)
			;
		assert_int_equal(n, 17 * CCN_TABLE_WAYS);
		for (uint32_t i = 0; i < n; i++) {
			struct ccn_search s;
			uint64_t slot = ccn_table_first(&s, &t, (uint64_t)i << 32);

			assert_int_equal(ccn_slot_index(slot), i);
			assert_int_equal(ccn_slot_note(slot), i & 31);
			assert_true(ccn_table_next(&s) == 0);
		}
		/* Out of the middle, from either end. */
		for (uint32_t i = 0; i < n; i++) {
			uint32_t at = round % 2 == 0 ? (i * 37) % n : n - 1 - i;
			uint64_t hash = (uint64_t)at << 32;
			struct ccn_search s;

			ccn_table_change(&t, hash, ccn_slot_make(hash, at, at & 31), 0);
			assert_true(ccn_table_first(&s, &t, hash) == 0);
		}
		found = 0;
		for (uint32_t i = 0; i < n; i++) {
			struct ccn_search s;

			found += ccn_table_first(&s, &t, (uint64_t)i << 32) != 0;
		}
		assert_int_equal(found, 0);
		assert_int_equal(t.n_reserve, 16);
	}
	ccn_table_fini(&t);
}

static void
the_recent_are_remembered_for_their_time(void **state)
{
	struct ccn_recent r;

	(void)state;
	assert_int_equal(ccn_recent_init(&r, 64, 10, 0), 0);
	ccn_recent_add(&r, 0x1234567800000003, 5);
	assert_true(ccn_recent_has(&r, 0x1234567800000003, 15));
	assert_false(ccn_recent_has(&r, 0x1234567800000003, 16));
	assert_false(ccn_recent_has(&r, 0x1234567900000003, 5));
	for (uint32_t i = 0; i < CCN_RECENT_WAYS; i++)
		ccn_recent_add(&r, (uint64_t)i << 32 | 3, 6 + i);
	assert_false(ccn_recent_has(&r, 0x1234567800000003, 13)); /* the oldest of a full bucket */
	assert_true(ccn_recent_has(&r, 3, 13));
	ccn_recent_fini(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_wins),
		cmocka_unit_test(a_full_fib_says_so_and_stays_whole),
		cmocka_unit_test(the_fib_agrees_with_a_plain_search),
		cmocka_unit_test(turns_are_dealt_by_weight),
		cmocka_unit_test(data_finds_all_who_wait_for_it),
		cmocka_unit_test(interests_expire_exactly_and_leave_nothing),
		cmocka_unit_test(one_face_cannot_take_all_entries),
		cmocka_unit_test(the_store_answers_exactly_and_by_prefix),
		cmocka_unit_test(what_is_asked_for_survives_a_scan),
		cmocka_unit_test(a_store_of_nothing_stores_nothing),
		cmocka_unit_test(fragments_join_in_any_order),
		cmocka_unit_test(reassembly_is_bounded_and_fair),
		cmocka_unit_test(a_full_bucket_goes_on_and_gives_back),
		cmocka_unit_test(the_recent_are_remembered_for_their_time),
	};

	if (test_eal_init("test_ccn_tables") < 0)
		return 1;
	ccn_hash_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
