/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The NIC's memif server with a client that does what it should, and with clients that do not:
 * nothing outside of their own memory is ever read or written, and nothing takes for ever.
 */
#include <errno.h>

#include "memif_client.h"
#include "xebra_test.h"

#define BURST 32

static uint16_t next_to;

static int
set_up(void **state)
{
	(void)state;
	next_to = 0;
	return client_open();
}

static int
tear_down(void **state)
{
	(void)state;
	client_close();
	/* No test keeps a buffer. */
	return (int)rte_mempool_in_use_count(client_pool);
}

/* Write a frame of so many bytes of `fill` into the next buffer. */
static void
client_send(uint8_t fill, uint32_t len, uint16_t flags)
{
	struct memif_desc *d = &client.to->desc[next_to++ % CLIENT_RING];

	memset(client.memory + d->offset, fill, RTE_MIN(len, CLIENT_BUFFER));
	d->length = len;
	d->flags = flags;
	__atomic_store_n(&client.to->head, next_to, __ATOMIC_RELEASE);
}

static uint16_t
receive(struct rte_mbuf **pkts)
{
	return memif_receive(&client.session.link, pkts, BURST);
}

static void
frames_arrive_as_they_were_sent(void **state)
{
	struct rte_mbuf *pkts[BURST];
	unsigned int seen = 0;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		client_send((uint8_t)i, 14 + i, 0);
		if (i % 7 != 0)
			continue;
		uint16_t n = receive(pkts);

		for (uint16_t j = 0; j < n; j++, seen++) {
			const uint8_t *data = rte_pktmbuf_mtod(pkts[j], uint8_t *);

			assert_int_equal(pkts[j]->pkt_len, 14 + seen);
			assert_true(data[0] == (uint8_t)seen &&
				data[pkts[j]->pkt_len - 1] == (uint8_t)seen);
			rte_pktmbuf_free(pkts[j]);
		}
		assert_int_equal(client.to->tail, next_to);
	}
	assert_true(seen > 990 && !client.session.link.broken);
	rte_pktmbuf_free_bulk(pkts, receive(pkts));
}

static void
a_frame_of_several_buffers_is_one(void **state)
{
	struct rte_mbuf *pkts[BURST];

	(void)state;
	client_send(1, 700, MEMIF_DESC_NEXT);
	client_send(2, 0, MEMIF_DESC_NEXT);
	client_send(3, 800, 0);
	client_send(4, 60, 0);
	assert_int_equal(receive(pkts), 2);
	assert_int_equal(pkts[0]->pkt_len, 1500);
	assert_int_equal(rte_pktmbuf_mtod(pkts[0], uint8_t *)[699], 1);
	assert_int_equal(rte_pktmbuf_mtod(pkts[0], uint8_t *)[700], 3);
	assert_int_equal(pkts[1]->pkt_len, 60);
	rte_pktmbuf_free_bulk(pkts, 2);
}

static void
a_frame_that_is_too_long_is_left_out(void **state)
{
	struct rte_mbuf *pkts[BURST];

	(void)state;
	client_send(1, CLIENT_BUFFER, MEMIF_DESC_NEXT);
	client_send(1, 1, 0);
	client_send(2, CLIENT_BUFFER, 0);
	assert_int_equal(receive(pkts), 1);
	assert_int_equal(pkts[0]->pkt_len, CLIENT_BUFFER);
	assert_int_equal(client.session.link.too_long, 1);
	assert_false(client.session.link.broken);
	rte_pktmbuf_free_bulk(pkts, 1);
}

static struct rte_mbuf *
packet(uint8_t fill, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(client_pool);

	assert_non_null(m);
	memset(rte_pktmbuf_append(m, len), fill, len);
	return m;
}

static void
what_is_sent_is_in_the_clients_buffers_and_no_more_than_fits(void **state)
{
	struct rte_mbuf *pkts[CLIENT_RING + 3];
	struct memif_link *link = &client.session.link;

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(pkts); i++)
		pkts[i] = packet((uint8_t)i, 100 + i);
	assert_int_equal(memif_send(link, pkts, RTE_DIM(pkts)), CLIENT_RING);
	assert_int_equal(client.from->tail, CLIENT_RING);
	for (unsigned int i = 0; i < CLIENT_RING; i++) {
		const struct memif_desc *d = &client.from->desc[i];

		assert_true(d->length == 100 + i && d->flags == 0);
		assert_int_equal(client.memory[d->offset + 99 + i], (uint8_t)i);
	}
	/* Full: at once, without waiting. */
	assert_int_equal(memif_send(link, pkts + CLIENT_RING, 3), 0);
	client.from->desc[0].length = CLIENT_BUFFER;
	client.from->head++;
	assert_int_equal(memif_send(link, pkts + CLIENT_RING, 3), 1);
	rte_pktmbuf_free_bulk(pkts + CLIENT_RING + 1, 2);
	assert_false(link->broken);
}

static void
small_buffers_take_a_frame_together(void **state)
{
	struct rte_mbuf *m = packet(9, 250);

	(void)state;
	for (int i = 0; i < CLIENT_RING; i++)
		client.from->desc[i].length = 100;
	assert_int_equal(memif_send(&client.session.link, &m, 1), 1);
	assert_true(client.from->desc[0].flags == MEMIF_DESC_NEXT &&
		client.from->desc[1].flags == MEMIF_DESC_NEXT && client.from->desc[2].flags == 0);
	assert_true(client.from->desc[2].length == 50 && client.from->tail == 3);
}

/* What a client may write into a descriptor, and must not. */
static const struct memif_desc wrong_descs[] = {
	{0, 1, 60, 0, 0}, /* no such region */
	{0, 0xffff, 60, 0, 0},
	{0, 0, 60, CLIENT_MEMORY, 0},      /* behind the end */
	{0, 0, 60, CLIENT_MEMORY - 59, 0}, /* over the end */
	{0, 0, 60, UINT32_MAX, 0},
	{0, 0, UINT32_MAX, 64, 0},
	{0, 0, UINT32_MAX, UINT32_MAX, 0},
	{MEMIF_DESC_NEXT, 0, CLIENT_MEMORY + 1, 0, 0},
};

static void
a_wrong_descriptor_ends_the_connection(void **state)
{
	struct rte_mbuf *pkts[BURST], *m;

	(void)state;
	for (size_t i = 0; i < RTE_DIM(wrong_descs); i++) {
		struct memif_link *link = &client.session.link;

		client_send(1, 60, 0);
		client.to->desc[next_to++ % CLIENT_RING] = wrong_descs[i];
		client.to->head = next_to;
		/* What was right before it is taken. */
		assert_int_equal(receive(pkts), 1);
		rte_pktmbuf_free_bulk(pkts, 1);
		assert_true(link->broken);
		assert_int_equal(receive(pkts), 0);
		client_close();
		assert_int_equal(set_up(state), 0);

		client.from->desc[0] = wrong_descs[i];
		m = packet(1, 60);
		assert_int_equal(memif_send(link, &m, 1), 0);
		assert_true(link->broken);
		rte_pktmbuf_free(m);
		client_close();
		assert_int_equal(set_up(state), 0);
	}
}

static void
a_buffer_of_nothing_is_wrong(void **state)
{
	struct rte_mbuf *m = packet(1, 60);

	(void)state;
	client.from->desc[0].length = 0;
	assert_int_equal(memif_send(&client.session.link, &m, 1), 0);
	assert_true(client.session.link.broken);
	rte_pktmbuf_free(m);
}

static void
counts_beyond_the_ring_end_the_connection(void **state)
{
	static const uint16_t heads[] = {CLIENT_RING + 1, 0x8000, 0xffff};
	struct rte_mbuf *pkts[BURST], *m;

	(void)state;
	for (size_t i = 0; i < RTE_DIM(heads); i++) {
		client.to->head = heads[i];
		assert_int_equal(receive(pkts), 0);
		assert_true(client.session.link.broken);
		client_close();
		assert_int_equal(set_up(state), 0);

		client.from->head = heads[i];
		m = packet(1, 60);
		assert_int_equal(memif_send(&client.session.link, &m, 1), 0);
		assert_true(client.session.link.broken);
		rte_pktmbuf_free(m);
		client_close();
		assert_int_equal(set_up(state), 0);
	}
}

static void
a_chain_without_end_ends(void **state)
{
	struct rte_mbuf *pkts[BURST];

	(void)state;
	for (int i = 0; i < CLIENT_RING; i++)
		client_send(1, 60, MEMIF_DESC_NEXT);
	assert_int_equal(receive(pkts), 0);
	assert_true(client.session.link.broken);
}

/* Each buffer may be a page that has to be found first: a frame has so many and no more. */
static void
a_chain_is_of_sixteen_buffers_at_most(void **state)
{
	struct rte_mbuf *pkts[BURST];

	(void)state;
	for (int i = 0; i < 16; i++)
		client_send(1, 60, i < 15 ? MEMIF_DESC_NEXT : 0);
	assert_int_equal(receive(pkts), 1);
	assert_int_equal(pkts[0]->pkt_len, 16 * 60);
	rte_pktmbuf_free_bulk(pkts, 1);
	for (int i = 0; i < 17; i++)
		client_send(1, 60, i < 16 ? MEMIF_DESC_NEXT : 0);
	assert_int_equal(receive(pkts), 0);
	assert_true(client.session.link.broken);
}

/* Our place in a ring is our own: what the client writes over ours does not matter. */
static void
the_clients_tail_is_not_believed(void **state)
{
	struct rte_mbuf *pkts[BURST];

	(void)state;
	client_send(1, 60, 0);
	client.to->tail = 0x1234;
	assert_int_equal(receive(pkts), 1);
	assert_int_equal(client.to->tail, 1);
	rte_pktmbuf_free_bulk(pkts, 1);
	pkts[0] = packet(1, 60);
	client.from->tail = 0x1234;
	client.from->cookie = 0;
	client.from->flags = 0xffff;
	assert_int_equal(memif_send(&client.session.link, pkts, 1), 1);
	assert_int_equal(client.from->tail, 1);
}

static void
without_buffers_nothing_is_taken_and_nothing_lost(void **state)
{
	struct rte_mbuf *all[511], *pkts[BURST];

	(void)state;
	client_send(1, 60, 0);
	assert_int_equal(rte_pktmbuf_alloc_bulk(client_pool, all, RTE_DIM(all)), 0);
	assert_int_equal(receive(pkts), 0);
	assert_int_equal(client.session.link.no_memory, 1);
	rte_pktmbuf_free_bulk(all, RTE_DIM(all));
	assert_int_equal(receive(pkts), 1);
	rte_pktmbuf_free_bulk(pkts, 1);
}

/* A client with several rings to send on is heard on all of them. */
static void
all_rings_are_read(void **state)
{
	struct rte_mbuf *pkts[BURST];

	(void)state;
	client_close();
	assert_int_equal(client_share(), 0);
	assert_int_equal(client_ring(true, 0, 0, 0, CLIENT_LOG2), 0);
	assert_int_equal(client_ring(true, 1, 0, CLIENT_RING_LEN, CLIENT_LOG2), 0);
	client_region(1, CLIENT_MEMORY, client.fd);
	assert_int_equal(client_ring(false, 0, 1, CLIENT_RING_LEN, CLIENT_LOG2), 0);
	assert_int_equal(client_connect(), 0);
	client.to->desc[0].length = 60;
	client.to->head = 1;
	client.from->desc[0].length = 61;
	client.from->head = 1;
	assert_int_equal(receive(pkts), 2);
	assert_int_equal(pkts[0]->pkt_len + pkts[1]->pkt_len, 121);
	rte_pktmbuf_free_bulk(pkts, 2);
}

/* Words */

static void
expect_refusal(int rc, const char *words)
{
	assert_true(rc < 0);
	if (strstr(client.err.text, words) == NULL)
		fail_msg("\"%s\" is not about \"%s\"", client.err.text, words);
}

static void
wrong_words_are_refused(void **state)
{
	struct memif_message msg = {.type = MEMIF_INIT};

	(void)state;
	client_close();
	assert_int_equal(client_share(), 0);
	expect_refusal(client_init(), "once");
	expect_refusal(client_region(0, 4096, client.fd), "index 0");
	expect_refusal(client_region(1, 4096, -1), "missing");
	expect_refusal(client_region(1, 0, client.fd), "1 byte");
	expect_refusal(client_region(1, UINT64_MAX, client.fd), "1 byte");
	expect_refusal(client_region(1, MEMIF_MEMORY_MAX, client.fd), "1 byte");
	expect_refusal(client_region(1, CLIENT_MEMORY + 1, client.fd), "shorter");
	expect_refusal(client_ring(true, MEMIF_TX_RINGS_MAX, 0, 0, 5), "too large");
	expect_refusal(client_ring(false, 1, 0, 0, 5), "too large");
	expect_refusal(client_ring(true, 0, 0, 0, 0), "size");
	expect_refusal(client_ring(true, 0, 0, 0, MEMIF_LOG2_RING_MAX + 1), "size");
	expect_refusal(client_ring(true, 0, 0, 0, 255), "size");
	expect_refusal(client_connect(), "missing");
	for (unsigned int type = MEMIF_CONNECTED; type < 300; type += 97) {
		msg.type = (uint16_t)type;
		expect_refusal(client_say(&msg, -1), "unknown");
	}
	memif_session_fini(&client.session);
	memif_session_init(&client.session, client_pool);
	expect_refusal(client_connect(), "not now");
	msg = (struct memif_message){.type = MEMIF_INIT, .init = {.version = 0x100}};
	expect_refusal(client_say(&msg, -1), "2.0");
	msg.init.version = MEMIF_VERSION;
	msg.init.id = 1;
	expect_refusal(client_say(&msg, -1), "id 0");
	msg.init.id = 0;
	msg.init.mode = 1;
	expect_refusal(client_say(&msg, -1), "Ethernet");
}

static void
rings_that_do_not_lie_in_a_region_are_refused(void **state)
{
	static const struct {
		uint16_t region;
		uint64_t offset;
		uint8_t log2;
		const char *words;
	} wrong[] = {
		{1, 0, CLIENT_LOG2, "no region"},
		{0xffff, 0, CLIENT_LOG2, "no region"},
		{0, 8, CLIENT_LOG2, "aligned"},
		{0, UINT32_MAX - 63, CLIENT_LOG2, "within"},
		{0, RTE_ALIGN_FLOOR(CLIENT_MEMORY, 64), CLIENT_LOG2, "within"},
		{0, RTE_ALIGN_FLOOR(CLIENT_MEMORY - 512, 64), CLIENT_LOG2, "within"},
		{0, RTE_ALIGN_FLOOR(CLIENT_MEMORY - 32768, 64), MEMIF_LOG2_RING_MAX, "within"},
		{0, 2 * CLIENT_RING_LEN, CLIENT_LOG2, "cookie"},
	};

	(void)state;
	client_close();
	for (size_t i = 0; i < RTE_DIM(wrong); i++) {
		assert_int_equal(client_share(), 0);
		assert_int_equal(client_ring(false, 0, 0, CLIENT_RING_LEN, CLIENT_LOG2), 0);
		assert_int_equal(
			client_ring(true, 0, wrong[i].region, wrong[i].offset, wrong[i].log2), 0);
		expect_refusal(client_connect(), wrong[i].words);
		client_close();
	}
	assert_int_equal(set_up(state), 0);
}

/* Memory that could be gone when it is touched. */
static void
only_files_that_stay_are_mapped(void **state)
{
	int files[] = {
		client_file(CLIENT_MEMORY, 0),
		client_file(CLIENT_MEMORY, F_SEAL_GROW),
		open("/dev/zero", O_RDWR),
		open("/proc/self/exe", O_RDONLY),
	};

	(void)state;
	client_close();
	memif_session_init(&client.session, client_pool);
	assert_int_equal(client_init(), 0);
	for (size_t i = 0; i < RTE_DIM(files); i++) {
		assert_true(files[i] >= 0);
		expect_refusal(client_region(0, 4096, files[i]), "sealed");
		close(files[i]);
	}
	assert_int_equal(client_share(), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(frames_arrive_as_they_were_sent),
		TEST(a_frame_of_several_buffers_is_one),
		TEST(a_frame_that_is_too_long_is_left_out),
		TEST(what_is_sent_is_in_the_clients_buffers_and_no_more_than_fits),
		TEST(small_buffers_take_a_frame_together),
		TEST(a_wrong_descriptor_ends_the_connection),
		TEST(a_buffer_of_nothing_is_wrong),
		TEST(counts_beyond_the_ring_end_the_connection),
		TEST(a_chain_without_end_ends),
		TEST(a_chain_is_of_sixteen_buffers_at_most),
		TEST(the_clients_tail_is_not_believed),
		TEST(without_buffers_nothing_is_taken_and_nothing_lost),
		TEST(all_rings_are_read),
		TEST(wrong_words_are_refused),
		TEST(rings_that_do_not_lie_in_a_region_are_refused),
		TEST(only_files_that_stay_are_mapped),
	};

	if (client_eal() < 0)
		return 1;
	return cmocka_run_group_tests_name("nic_memif", tests, NULL, NULL);
}
