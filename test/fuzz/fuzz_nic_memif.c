/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A hostile memif client: messages as the fuzzer likes them, then rings and buffers scribbled over
 * between and during calls. Nothing outside of the client's memory may be touched (ASan, and pages
 * behind it that are not there), nothing may take for ever, no buffer may be lost.
 */
#include <stdlib.h>

#include "../unit/memif_client.h"
#include "nic_switch.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc __rte_unused, char ***argv __rte_unused)
{
	if (client_eal() < 0)
		abort();
	return 0;
}

/* Frames in, looked at as the switch does; and one out. */
static void
exchange(struct memif_link *link)
{
	static struct nic_switch sw;
	struct rte_mbuf *pkts[32], *m;
	struct nic_verdict verdict;
	uint16_t n = memif_receive(link, pkts, 32);

	for (uint16_t i = 0; i < n; i++) {
		if (pkts[i]->pkt_len > CLIENT_BUFFER || pkts[i]->data_len != pkts[i]->pkt_len)
			abort();
		nic_switch_from_vf(
			&sw, 0, rte_pktmbuf_mtod(pkts[i], uint8_t *), pkts[i]->pkt_len, &verdict);
		rte_pktmbuf_free(pkts[i]);
	}
	m = rte_pktmbuf_alloc(client_pool);
	if (m == NULL)
		abort();
	memset(rte_pktmbuf_append(m, 300), 1, 300);
	if (memif_send(link, &m, 1) == 0)
		rte_pktmbuf_free(m);
}

/* Two bytes of place, one of length, and what is written there: over the rings. */
static void
scribble(const uint8_t *data, size_t size)
{
	while (size > 3) {
		size_t at = (data[0] << 8 | data[1]) % (2 * CLIENT_RING_LEN);
		size_t len = RTE_MIN((size_t)data[2] % 17, size - 3);

		if (at + len <= CLIENT_MEMORY)
			memcpy(client.memory + at, data + 3, len);
		data += 3 + len;
		size -= 3 + len;
		exchange(&client.session.link);
	}
}

/* Whole messages; a session must take or refuse each. */
static void
converse(const uint8_t *data, size_t size)
{
	struct memif_message msg;

	memif_session_fini(&client.session);
	memif_session_init(&client.session, client_pool);
	client_init();
	while (size > 0) {
		size_t len = RTE_MIN(size, (size_t)20);

		memset(&msg, 0, sizeof(msg));
		memcpy(&msg, data, len);
		client_say(&msg, client.fd);
		data += len;
		size -= len;
	}
	if (client.session.state == MEMIF_STATE_CONNECTED)
		exchange(&client.session.link);
	memif_session_fini(&client.session);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (client_open() < 0)
		abort();
	if (size > 0 && data[0] % 2 == 0)
		scribble(data + 1, size - 1);
	else if (size > 0)
		converse(data + 1, size - 1);
	client_close();
	if (rte_mempool_in_use_count(client_pool) != 0)
		abort();
	return 0;
}
