/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_CCN_H
#define TEST_CCN_H

/* Packets for the tests of lib/ccn. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>

#include "ccn_lp.h"
#include "ccn_pkt.h"

/* EAL on ordinary pages, beside any other program. */
static inline int
test_eal_init(const char *name)
{
	char prefix[64];
	const char *const words[] = {name, "--no-huge", "-m", "128", "--no-pci", "--no-shconf",
		"--no-telemetry", "--log-level=error", "--file-prefix", prefix};
	/* For good: EAL keeps some of them. */
	static char text[RTE_DIM(words)][sizeof(prefix)];
	char *argv[RTE_DIM(words) + 1] = {NULL};

	snprintf(prefix, sizeof(prefix), "%s-%d", name, getpid());
	for (unsigned int i = 0; i < RTE_DIM(words); i++) {
		snprintf(text[i], sizeof(text[i]), "%s", words[i]);
		argv[i] = text[i];
	}
	return rte_eal_init(RTE_DIM(words), argv);
}

/* What an Interest is to have. */
struct interest_spec {
	bool can_be_prefix, must_be_fresh, no_nonce;
	uint32_t nonce;
	int hop_limit;        /* 0: none */
	uint32_t lifetime_ms; /* 0: none */
	const char *hint;
};

static inline uint8_t *
put_name(uint8_t *p, const char *uri)
{
	uint8_t value[CCN_NAME_MAX];
	struct xebra_err err;
	int len = ccn_name_from_uri(uri, value, &err);

	assert_true(len >= 0);
	p = ccn_tlv_write(p, CCN_T_NAME, (uint32_t)len);
	memcpy(p, value, (size_t)len);
	return p + len;
}

static inline uint32_t
wrap(uint8_t *to, uint32_t type, const uint8_t *inner, uint32_t len)
{
	uint8_t *p = ccn_tlv_write(to, type, len);

	memcpy(p, inner, len);
	return (uint32_t)(p + len - to);
}

static inline uint32_t
make_interest(uint8_t *to, const char *uri, struct interest_spec spec)
{
	uint8_t inner[CCN_PKT_MAX], hint[CCN_NAME_MAX + 8], *p = put_name(inner, uri);

	if (spec.can_be_prefix)
		p = ccn_tlv_write(p, CCN_T_PREFIX, 0);
	if (spec.must_be_fresh)
		p = ccn_tlv_write(p, CCN_T_FRESH, 0);
	if (spec.hint != NULL)
		p += wrap(p, CCN_T_HINT, hint, (uint32_t)(put_name(hint, spec.hint) - hint));
	if (!spec.no_nonce) {
		p = ccn_tlv_write(p, CCN_T_NONCE, 4);
		memcpy(p, &spec.nonce, 4);
		p += 4;
	}
	if (spec.lifetime_ms != 0)
		p = ccn_integer_write(p, CCN_T_LIFETIME, spec.lifetime_ms);
	if (spec.hop_limit != 0)
		p = ccn_integer_write(p, CCN_T_HOPLIMIT, (uint64_t)spec.hop_limit);
	return wrap(to, CCN_T_INTEREST, inner, (uint32_t)(p - inner));
}

static inline uint32_t
make_data(uint8_t *to, const char *uri, uint32_t freshness_ms, const char *content)
{
	uint8_t inner[CCN_PKT_MAX], *p = put_name(inner, uri);

	if (freshness_ms != 0) {
		p = ccn_tlv_write(p, CCN_T_METAINFO,
			ccn_tlv_size(CCN_T_FRESHNESS, ccn_integer_size(freshness_ms)));
		p = ccn_integer_write(p, CCN_T_FRESHNESS, freshness_ms);
	}
	p = ccn_tlv_write(p, CCN_T_CONTENT, (uint32_t)strlen(content));
	memcpy(p, content, strlen(content));
	p += strlen(content);
	p = ccn_tlv_write(p, CCN_T_SIGINFO, 3);
	p = ccn_integer_write(p, CCN_T_SIGTYPE, 0);
	p = ccn_tlv_write(p, CCN_T_SIGVALUE, 0);
	return wrap(to, CCN_T_DATA, inner, (uint32_t)(p - inner));
}

/* Parse what was made by the functions above. */
static inline struct ccn_pkt
parsed(uint8_t *bytes, uint32_t len)
{
	struct ccn_pkt pkt;

	assert_int_equal(ccn_pkt_parse(&pkt, bytes, len), CCN_OK);
	return pkt;
}

#endif
