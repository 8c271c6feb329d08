/* SPDX-License-Identifier: BSD-3-Clause */
/* Datagrams cut into fragments, shuffled, and put together again; and fragments that do not fit. */
#include "xebra_test.h"

#include "node.h"
#include "reass.h"
#include "test_ip4.h"

#define ROUNDS 300
#define FRAGMENTS_MAX 64

static struct rte_mempool *pool;
static struct reass reass;
static unsigned int lost[4];
static uint64_t seed = 88172645463325252ULL;

static uint32_t
rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16) % below;
}

static void
lose(struct rte_mbuf *m, enum reass_loss why)
{
	lost[why]++;
	rte_pktmbuf_free(m);
}

/* A fragment (or, without flag and offset, a datagram) of `data` bytes that tell their place. */
static struct rte_mbuf *
make(uint16_t id, uint32_t offset, uint32_t data, bool more)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	struct rte_ipv4_hdr *ip;
	uint8_t *bytes;

	assert_non_null(m);
	ip = (struct rte_ipv4_hdr *)rte_pktmbuf_append(m, 20 + data);
	assert_non_null(ip);
	if (ip == NULL)
		return m;
	memset(ip, 0, 20);
	ip->version_ihl = 0x45;
	ip->total_length = rte_cpu_to_be_16(20 + data);
	ip->packet_id = id;
	ip->fragment_offset = rte_cpu_to_be_16(offset / 8 | (more ? RTE_IPV4_HDR_MF_FLAG : 0));
	bytes = (uint8_t *)(ip + 1);
	for (uint32_t i = 0; i < data; i++)
		bytes[i] = (offset + i) % 251;
	ip4_checksum(ip);
	return m;
}

static struct rte_mbuf *
add(struct rte_mbuf *m, uint64_t now)
{
	return reass_add(&reass, m, now);
}

static int
begin(void **state)
{
	(void)state;
	memset(lost, 0, sizeof(lost));
	reass_init(&reass, lose);
	reass.conf = (struct reass_conf){.max = 4, .fragments = 64, .timeout_ms = 100};
	return 0;
}

static int
end(void **state)
{
	(void)state;
	reass_clear(&reass);
	assert_int_equal(reass.count, 0);
	assert_int_equal(reass.fragments, 0);
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	return 0;
}

static void
whole_is_right(struct rte_mbuf *whole, uint32_t data)
{
	const struct rte_ipv4_hdr *ip = ip4_hdr(whole);
	uint8_t bytes[2000];
	const uint8_t *p = rte_pktmbuf_read(whole, 20, data, bytes);

	assert_int_equal(rte_be_to_cpu_16(ip->total_length), 20 + data);
	assert_int_equal(whole->pkt_len, 20 + data);
	assert_false(ip4_is_fragment(ip));
	assert_int_equal(rte_raw_cksum(ip, 20), 0xffff);
	for (uint32_t i = 0; i < data; i++)
		assert_int_equal(p[i], i % 251);
	rte_mbuf_sanity_check(whole, 1);
	rte_pktmbuf_free(whole);
}

static void
test_in_any_order(void **state)
{
	struct rte_mbuf *f[FRAGMENTS_MAX], *whole;

	(void)state;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		uint32_t data = 600 + rnd(1300);
		struct rte_mbuf *m = make(round, 0, data, false);
		int n = ip4_fragment(m, 68 + rnd(500), pool, f, FRAGMENTS_MAX);

		rte_pktmbuf_free(m);
		assert_true(n > 1);
		for (int i = n - 1; i > 0; i--) {
			uint32_t j = rnd(i + 1);

			m = f[i];
			f[i] = f[j];
			f[j] = m;
		}
		for (int i = 0; i < n - 1; i++)
			assert_null(add(f[i], 0));
		whole = add(f[n - 1], 0);
		assert_non_null(whole);
		whole_is_right(whole, data);
	}
	assert_int_equal(lost[REASS_BAD] + lost[REASS_FULL] + lost[REASS_DUPLICATE], 0);
}

static void
test_time_is_up(void **state)
{
	(void)state;
	assert_null(add(make(1, 0, 80, true), 1000));
	assert_null(add(make(1, 80, 80, true), 1050));
	reass_step(&reass, 1099);
	assert_int_equal(lost[REASS_TIMEOUT], 0);
	reass_step(&reass, 1100);
	assert_int_equal(lost[REASS_TIMEOUT], 2);
}

static void
test_what_does_not_fit(void **state)
{
	(void)state;
	/* Before, after, within, around; a second end; beyond the end; nothing in it; odd length.
	 */
	assert_null(add(make(1, 80, 80, true), 0));
	assert_null(add(make(1, 40, 48, true), 0));
	assert_int_equal(lost[REASS_BAD], 2);
	assert_null(add(make(2, 80, 80, true), 0));
	assert_null(add(make(2, 152, 80, true), 0));
	assert_null(add(make(3, 80, 80, true), 0));
	assert_null(add(make(3, 96, 16, true), 0));
	assert_null(add(make(4, 80, 80, true), 0));
	assert_null(add(make(4, 0, 240, true), 0));
	assert_int_equal(lost[REASS_BAD], 8);
	assert_null(add(make(5, 80, 80, false), 0));
	assert_null(add(make(5, 160, 80, false), 0));
	assert_int_equal(lost[REASS_BAD], 10);
	assert_null(add(make(6, 80, 80, false), 0));
	assert_null(add(make(6, 160, 80, true), 0));
	assert_int_equal(lost[REASS_BAD], 12);
	assert_null(add(make(7, 80, 80, true), 0));
	assert_null(add(make(7, 0, 80, false), 0));
	assert_int_equal(lost[REASS_BAD], 14);
	assert_null(add(make(8, 80, 0, false), 0));
	assert_null(add(make(8, 0, 81, true), 0));
	assert_null(add(make(8, 65528, 80, false), 0));
	assert_int_equal(lost[REASS_BAD], 17);
	assert_int_equal(reass.count, 0);
}

static void
test_twice_is_once(void **state)
{
	struct rte_mbuf *whole;

	(void)state;
	assert_null(add(make(1, 0, 80, true), 0));
	assert_null(add(make(1, 0, 80, true), 0));
	assert_int_equal(lost[REASS_DUPLICATE], 1);
	whole = add(make(1, 80, 30, false), 0);
	assert_non_null(whole);
	whole_is_right(whole, 110);
}

static void
test_bounds(void **state)
{
	(void)state;
	for (uint16_t id = 1; id <= 5; id++)
		assert_null(add(make(id, 0, 80, true), id));
	/* The oldest made room. */
	assert_int_equal(lost[REASS_FULL], 1);
	assert_int_equal(reass.count, 4);
	for (uint32_t i = 1; i < 100; i++)
		assert_null(add(make(5, i * 8 + 80, 8, true), 5));
	assert_int_equal(reass.fragments, 64);
	assert_int_equal(lost[REASS_FULL], 1 + 99 - 60);
}

static void
test_many_fragments(void **state)
{
	struct rte_mbuf *whole;

	(void)state;
	reass.conf.fragments = 1000;
	for (uint32_t i = REASS_FRAGMENTS - 1; i > 0; i--)
		assert_null(add(make(1, i * 8, 8, i < REASS_FRAGMENTS - 1), 0));
	whole = add(make(1, 0, 8, true), 0);
	assert_non_null(whole);
	assert_int_equal(whole->nb_segs, REASS_FRAGMENTS);
	whole_is_right(whole, REASS_FRAGMENTS * 8);
	assert_int_equal(lost[REASS_FULL], 0);
	/* One more piece is one too many. */
	for (uint32_t i = 0; i < REASS_FRAGMENTS; i++)
		assert_null(add(make(2, i * 8, 8, true), 0));
	assert_int_equal(reass.fragments, REASS_FRAGMENTS);
	assert_null(add(make(2, REASS_FRAGMENTS * 8, 8, false), 0));
	assert_int_equal(lost[REASS_FULL], REASS_FRAGMENTS + 1);
	assert_int_equal(reass.count, 0);
}

/* Give a datagram 40 bytes of options (no operation). */
static void
add_options(struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)rte_pktmbuf_prepend(m, 40);

	assert_non_null(ip);
	if (ip == NULL)
		return;
	memmove(ip, (uint8_t *)ip + 40, 20);
	memset(ip + 1, 1, 40);
	ip->version_ihl = 0x4f;
	ip->total_length = rte_cpu_to_be_16(m->pkt_len);
	ip4_checksum(ip);
}

/* Each fragment fits into a datagram; with the header of the first they do not. */
static void
test_too_long_with_the_first_header(void **state)
{
	struct rte_mbuf *first = make(1, 0, 1976, true);
	unsigned int n = 1;

	(void)state;
	add_options(first);
	assert_null(add(first, 0));
	for (; n < 33; n++)
		assert_null(add(make(1, n * 1976, 1976, true), 0));
	assert_int_equal(lost[REASS_BAD], 0);
	assert_null(add(make(1, n * 1976, 65480 - n * 1976, false), 0));
	assert_int_equal(lost[REASS_BAD], 34);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_in_any_order),
		TEST(test_time_is_up),
		TEST(test_what_does_not_fit),
		TEST(test_twice_is_once),
		TEST(test_too_long_with_the_first_header),
		TEST(test_bounds),
		TEST(test_many_fragments),
	};

	if (test_eal_init("test_ip4_reass") < 0)
		return 1;
	pool = rte_pktmbuf_pool_create("test", 1023, 0, 0, 2176, SOCKET_ID_ANY);
	if (pool == NULL)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
