/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as packets: nothing is read out of bounds while headers and options are checked, and
 * fragments that somehow fit together make a whole whose lengths agree.
 */
#include <stdlib.h>

#include "node.h"
#include "reass.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEADROOM 32

/* A packet in a buffer of its own, so that ASan guards its end. */
static struct rte_mbuf *
packet_new(const uint8_t *data, size_t size)
{
	struct rte_mbuf *m = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*m));

	memset(m, 0, sizeof(*m));
	m->buf_addr = malloc(HEADROOM + size);
	m->buf_len = HEADROOM + size;
	m->data_off = HEADROOM;
	m->data_len = size;
	m->pkt_len = size;
	m->nb_segs = 1;
	memcpy(rte_pktmbuf_mtod(m, void *), data, size);
	xebra_pkt_set(m, 1, 14, 0);
	return m;
}

static void
packet_free(struct rte_mbuf *m)
{
	while (m != NULL) {
		struct rte_mbuf *next = m->next;

		free(m->buf_addr);
		free(m);
		m = next;
	}
}

static void
lose(struct rte_mbuf *m, enum reass_loss why __rte_unused)
{
	packet_free(m);
}

/* A packet that has passed the checks. */
static void
use(struct rte_mbuf *m, struct reass *reass, uint64_t now)
{
	struct rte_ipv4_hdr *ip = ip4_hdr(m);
	uint8_t pointer = 0;

	if (m->pkt_len != rte_be_to_cpu_16(ip->total_length) || ip4_hlen(ip) > m->data_len)
		abort();
	if (ip4_options_process(ip, RTE_IPV4(10, 0, 0, 1), 1, &pointer) == IP4_OPTIONS_BAD &&
		(pointer < IP4_HLEN || pointer > ip4_hlen(ip)))
		abort();
	if (!ip4_is_fragment(ip)) {
		packet_free(m);
		return;
	}
	m = reass_add(reass, m, now);
	if (m == NULL)
		return;
	ip = ip4_hdr(m);
	if (m->pkt_len != rte_be_to_cpu_16(ip->total_length) || ip4_is_fragment(ip))
		abort();
	packet_free(m);
}

/* Packets, each after a byte with its length; checksums are made right, else nothing would pass. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reass reass;

	ip4.enabled[1] = 1;
	reass_init(&reass, lose);
	reass.conf = (struct reass_conf){.max = 4, .fragments = 8, .timeout_ms = 10};
	for (uint64_t now = 0; size > 1; now++) {
		size_t len = RTE_MIN((size_t)data[0], size - 1);
		struct rte_mbuf *m = packet_new(data + 1, len);
		enum ip4_check check;

		m->ol_flags = RTE_MBUF_F_RX_IP_CKSUM_GOOD;
		check = ip4_check(m);
		if (check == IP4_CHECK_OK || check == IP4_CHECK_OPTIONS)
			use(m, &reass, now);
		else
			packet_free(m);
		reass_step(&reass, now);
		data += len + 1;
		size -= len + 1;
	}
	reass_clear(&reass);
	return 0;
}
