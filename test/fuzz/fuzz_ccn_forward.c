/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Any bytes as a sequence of frames on four faces at any times, through reassembly and the whole
 * forwarder with tables so small that all their limits are met. An input is a row of
 *
 *     face and what to do (1 byte), time that passes (1 byte), length (1 byte), frame
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>

#include "ccn_fwd.h"
#include "ccn_reass.h"

#define FACES 4

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ccn_face faces[FACES];
static ccn_face_table table;
static struct ccn_fib *fib;

/* What is sent must be a packet. */
static void
sent(void *ctx, const struct ccn_face *face, const struct ccn_lp *lp, const uint8_t *bytes,
	uint32_t len)
{
	uint8_t *copy = malloc(len);
	struct ccn_pkt pkt;

	(void)ctx;
	memcpy(copy, bytes, len);
	if (face == NULL || lp->token_len > CCN_TOKEN_MAX ||
		ccn_pkt_parse(&pkt, copy, len) != CCN_OK)
		abort();
	free(copy);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char prefix[64];
	static const char *words[] = {"fuzz", "--no-huge", "-m", "128", "--no-pci", "--no-shconf",
		"--no-telemetry", "--log-level=error", "--file-prefix", prefix};
	static char *copies[RTE_DIM(words) + 1];
	static const char *prefixes[] = {"",
		"\x08\x01"
		"a",
		"\x08\x01"
		"a\x08\x01"
		"b\x08\x01"
		"c"};
	static const uint16_t lens[] = {0, 3, 9};

	(void)argc;
	(void)argv;
	snprintf(prefix, sizeof(prefix), "fuzz-%d", getpid());
	for (unsigned int i = 0; i < RTE_DIM(words); i++)
		copies[i] = strdup(words[i]);
	if (rte_eal_init(RTE_DIM(words), copies) < 0)
		abort();
	ccn_hash_init();
	fib = ccn_fib_create(16, 0);
	for (unsigned int i = 0; i < FACES; i++) {
		faces[i].id = CCN_FACE_MAX + i;
		faces[i].link = i == 3 ? CCN_LINK_GROUP : CCN_LINK_ETHER;
		faces[i].pit_max = 6;
		table[i] = &faces[i];
	}
	for (unsigned int i = 0; i < RTE_DIM(prefixes); i++) {
		struct ccn_hop hops[FACES];
		struct ccn_name name;

		for (unsigned int f = 0; f < FACES; f++)
			hops[f] = (struct ccn_hop){.face = faces[f].id, .cost = f, .weight = f + 1};
		ccn_name_parse(&name, (const uint8_t *)prefixes[i], lens[i]);
		ccn_fib_set(fib, &name, hops, FACES - i, (enum ccn_strategy)i);
	}
	return 0;
}

static void
take(struct ccn_fwd *fwd, struct ccn_reass *reass, const struct ccn_face *face, const uint8_t *data,
	uint32_t len)
{
	uint8_t *frame = malloc(len > 0 ? len : 1), *bytes;
	struct ccn_lp_rx rx;
	struct ccn_pkt pkt;
	struct ccn_lp lp;

	memcpy(frame, data, len);
	if (ccn_lp_parse(&rx, frame, len) != CCN_OK || rx.fragment == NULL)
		goto out;
	lp = rx.lp;
	bytes = frame + (rx.fragment - frame);
	len = rx.len;
	if (rx.frag_count > 1 &&
		ccn_reass_put(reass, (uint16_t)ccn_face_slot(face->id), 0, &rx, fwd->now_us, &bytes,
			&len, &lp) != CCN_REASS_WHOLE)
		goto out;
	if (ccn_pkt_parse(&pkt, bytes, len) == CCN_OK)
		ccn_fwd_take(fwd, face, &pkt, &lp);
out:
	free(frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ccn_fwd_conf conf = {.pit_entries = 16,
		.fib_size = 32,
		.cs_bytes = 96 << 10,
		.fib = fib,
		.faces = table,
		.send = sent};
	struct ccn_fwd *fwd = ccn_fwd_create(&conf, 0);
	struct ccn_reass *reass = ccn_reass_create(2, 0);
	uint64_t now_us = 1;

	if (fwd == NULL || reass == NULL)
		abort();
	while (size >= 3) {
		uint32_t len = RTE_MIN((size_t)data[2], size - 3);

		now_us += (uint64_t)data[1] << (data[0] >> 3 & 15);
		ccn_fwd_tick(fwd, now_us);
		if (data[0] & 0x80)
			ccn_cs_flush(fwd->cs);
		take(fwd, reass, &faces[data[0] % FACES], data + 3, len);
		data += 3 + len;
		size -= 3 + len;
	}
	/* Everything that was taken from a pool goes back. */
	ccn_fwd_tick(fwd, now_us + 100000000);
	ccn_cs_flush(fwd->cs);
	if (ccn_pit_count(fwd->pit) != 0 || ccn_cs_stats(fwd->cs)->used_kb != 0)
		abort();
	ccn_reass_free(reass);
	ccn_fwd_free(fwd);
	return 0;
}
