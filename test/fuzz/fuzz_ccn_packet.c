/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Any bytes as a frame: nothing is read out of bounds; what is accepted is accepted again when it
 * is written anew, and its name survives being text.
 */

#include <stdlib.h>

#include "ccn_lp.h"
#include "ccn_pkt.h"
#include "ccn_sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool good)
{
	if (!good)
		abort();
}

static void
check_name(const struct ccn_name *name)
{
	uint8_t value[CCN_NAME_MAX];
	char uri[CCN_URI_MAX];
	int len;

	ccn_name_to_uri(name->value, name->len, uri, sizeof(uri));
	len = ccn_name_from_uri(uri, value, NULL);
	check(len == name->len && memcmp(value, name->value, name->len) == 0);
}

/* An Interest without a nonce is the same with one, but for the nonce. */
static void
check_nonce(struct ccn_pkt *pkt)
{
	uint8_t *with = malloc(pkt->len + CCN_NONCE_SIZE + 4);
	uint32_t len = ccn_pkt_add_nonce(pkt, 0x01020304, with);
	struct ccn_pkt again;

	if (len <= CCN_PKT_MAX) {
		check(ccn_pkt_parse(&again, with, len) == CCN_OK);
		check(again.nonce == 0x01020304 && again.nonce_at != 0);
		check(ccn_name_equal(&again.name, &pkt->name, pkt->name.n));
		check(again.lifetime_ms == pkt->lifetime_ms);
	}
	free(with);
}

static void
check_link(const struct ccn_lp_rx *rx)
{
	uint8_t *frame = malloc(CCN_LP_HEADER_MAX + rx->len);
	uint32_t header =
		ccn_lp_write(frame, &rx->lp, rx->len, rx->sequence, rx->frag_index, rx->frag_count);
	struct ccn_lp_rx again;

	check(header <= CCN_LP_HEADER_MAX);
	memcpy(frame + header, rx->fragment, rx->len);
	if (header > 0) {
		check(ccn_lp_parse(&again, frame, header + rx->len) == CCN_OK);
		check(again.len == rx->len && again.frag_count == rx->frag_count);
		if (rx->frag_index == 0)
			check(again.lp.token_len == rx->lp.token_len &&
				again.lp.nack_reason == rx->lp.nack_reason);
	}
	free(frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *frame = malloc(size > 0 ? size : 1);
	struct ccn_lp_rx rx;
	struct ccn_pkt pkt;

	ccn_hash_init();
	/* A copy of its own, so that ASan guards both ends. */
	memcpy(frame, data, size);
	if (ccn_lp_parse(&rx, frame, (uint32_t)size) == CCN_OK && rx.fragment != NULL) {
		uint8_t *packet = malloc(rx.len);

		check_link(&rx);
		memcpy(packet, rx.fragment, rx.len);
		if (ccn_pkt_parse(&pkt, packet, rx.len) == CCN_OK) {
			check_name(&pkt.name);
			if (pkt.type == CCN_T_INTEREST && pkt.nonce_at == 0)
				check_nonce(&pkt);
			if (pkt.type == CCN_T_INTEREST)
				ccn_sign_check(&pkt);
		}
		free(packet);
	}
	free(frame);
	return 0;
}
