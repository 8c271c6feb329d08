/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prefix registration as NFD's management does it: a client sends a signed Interest
 *
 *     /localhop/nfd/rib/register/<ControlParameters>/...      (or rib/unregister)
 *
 * and gets a ControlResponse. Policy: commands are taken from faces that are configured as trusted
 * and from no others. They have to be signed; a signature that is a digest is checked (ccn_sign.c),
 * one that was made with a key is not, since nobody here knows whose keys may do what: the link is
 * what is trusted. A client can route names to itself only. What it registered goes with its face,
 * with its ExpirationPeriod, or when it says so. The response is signed with its digest
 * (DigestSha256).
 *
 * The route flags child-inherit and capture are not done: the longest prefix alone counts.
 */
#include <errno.h>
#include <stdio.h>

#include "ccn_priv.h"
#include "ccn_sign.h"
#include "xebra_loop.h"

#define SEQUENCE_SPACE (255ULL << 56) /* workers number their fragments elsewhere */

enum {
	T_RESPONSE = 0x65,
	T_STATUS_CODE = 0x66,
	T_STATUS_TEXT = 0x67,
	T_PARAMETERS = 0x68,
	T_FACE_ID = 0x69,
	T_COST = 0x6a,
	T_FLAGS = 0x6c,
	T_EXPIRATION = 0x6d,
	T_ORIGIN = 0x6f,
};

/* ControlParameters: what register and unregister use of them. */
struct parameters {
	struct ccn_name name;
	bool has_name;
	bool has_expiration;
	uint64_t face_id;
	uint64_t origin;
	uint64_t cost;
	uint64_t flags;
	uint64_t expiration_ms;
};

/* ControlResponse: codes as HTTP's. */
struct response {
	unsigned int code;
	char text[128];
};

static enum ccn_bad
read_parameter(struct parameters *par, const struct ccn_tlv *tlv)
{
	switch (tlv->type) {
	case CCN_T_NAME:
		par->has_name = true;
		return ccn_name_parse(&par->name, tlv->value, tlv->len);
	case T_FACE_ID:
		return ccn_tlv_integer(tlv, &par->face_id);
	case T_ORIGIN:
		return ccn_tlv_integer(tlv, &par->origin);
	case T_COST:
		return ccn_tlv_integer(tlv, &par->cost);
	case T_FLAGS:
		return ccn_tlv_integer(tlv, &par->flags);
	case T_EXPIRATION:
		par->has_expiration = true;
		return ccn_tlv_integer(tlv, &par->expiration_ms);
	default:
		return ccn_type_critical(tlv->type) ? CCN_BAD_CRITICAL : CCN_OK;
	}
}

/* The component after the verb. */
static enum ccn_bad
read_parameters(struct parameters *par, const struct ccn_tlv *component)
{
	const uint8_t *p = component->value, *end = p + component->len;
	struct ccn_tlv outer, tlv;
	enum ccn_bad bad = ccn_tlv_read(&p, end, &outer);

	memset(par, 0, sizeof(*par));
	par->flags = 1;
	if (bad != CCN_OK)
		return bad;
	if (outer.type != T_PARAMETERS)
		return CCN_BAD_TYPE;
	p = outer.value;
	end = p + outer.len;
	while (p < end && bad == CCN_OK) {
		bad = ccn_tlv_read(&p, end, &tlv);
		if (bad == CCN_OK)
			bad = read_parameter(par, &tlv);
	}
	return bad;
}

static void
say(struct response *to, unsigned int code, const char *text)
{
	to->code = code;
	snprintf(to->text, sizeof(to->text), "%.*s", (int)sizeof(to->text) - 1, text);
}

static void
register_prefix(const struct parameters *par, uint32_t face, struct response *response)
{
	uint64_t expires_ms = 0;
	struct xebra_err err = {0};

	if (par->has_expiration)
		expires_ms = xebra_now_ms() + RTE_MIN(par->expiration_ms, UINT64_MAX / 4) + 1;
	switch (ccn_rib_add(&par->name, face, CCN_REGISTERED,
		(uint32_t)RTE_MIN(par->cost, (uint64_t)INT32_MAX), 1, expires_ms, &err)) {
	case 0:
		say(response, 200, "Success");
		break;
	default:
		say(response, 500, err.text);
	}
}

/* Do what a command says. */
static void
execute(const struct ccn_tlv *verb, const struct parameters *par, uint32_t face,
	struct response *response)
{
	if (!par->has_name) {
		say(response, 400, "ControlParameters.Name is missing");
	} else if (par->face_id != 0 && par->face_id != face) {
		say(response, 403, "a prefix can be registered for oneself only");
	} else if (verb->len == 8 && memcmp(verb->value, "register", 8) == 0) {
		register_prefix(par, face, response);
	} else if (verb->len == 10 && memcmp(verb->value, "unregister", 10) == 0) {
		ccn_rib_del(&par->name, face, CCN_REGISTERED);
		say(response, 200, "Success");
	} else {
		say(response, 501, "only rib/register and rib/unregister are done here");
	}
	ccn_rib_settle();
}

static uint8_t *
write_text(uint8_t *p, uint32_t type, const void *text, uint32_t len)
{
	p = ccn_tlv_write(p, type, len);
	memcpy(p, text, len);
	return p + len;
}

/* ControlParameters as they were taken, for the response's body. */
static uint8_t *
write_parameters(uint8_t *p, const struct parameters *par, uint32_t face)
{
	uint8_t inner[CCN_NAME_MAX + 64], *q = inner;

	q = write_text(q, CCN_T_NAME, par->name.value, par->name.len);
	q = ccn_integer_write(q, T_FACE_ID, face);
	q = ccn_integer_write(q, T_ORIGIN, par->origin);
	q = ccn_integer_write(q, T_COST, par->cost);
	q = ccn_integer_write(q, T_FLAGS, par->flags);
	if (par->has_expiration)
		q = ccn_integer_write(q, T_EXPIRATION, par->expiration_ms);
	return write_text(p, T_PARAMETERS, inner, (uint32_t)(q - inner));
}

/* The Data that answers a command; returns its bytes. */
static uint32_t
write_data(uint8_t *to, const struct ccn_name *name, const struct response *response,
	const struct parameters *par, uint32_t face)
{
	uint8_t body[CCN_NAME_MAX + 512], inner[2 * CCN_NAME_MAX + 700], *p = body;
	uint8_t digest[CCN_DIGEST_LEN];
	uint32_t body_len;

	p = ccn_integer_write(p, T_STATUS_CODE, response->code);
	p = write_text(p, T_STATUS_TEXT, response->text, (uint32_t)strlen(response->text));
	if (response->code == 200)
		p = write_parameters(p, par, face);
	body_len = (uint32_t)(p - body);
	p = write_text(inner, CCN_T_NAME, name->value, name->len);
	p = ccn_tlv_write(p, CCN_T_METAINFO, 4);
	p = ccn_integer_write(p, CCN_T_FRESHNESS, 1000);
	p = ccn_tlv_write(p, CCN_T_CONTENT, ccn_tlv_size(T_RESPONSE, body_len));
	p = write_text(p, T_RESPONSE, body, body_len);
	p = ccn_tlv_write(p, CCN_T_SIGINFO, 3);
	p = ccn_integer_write(p, CCN_T_SIGTYPE, 0);
	ccn_pkt_digest(inner, (uint32_t)(p - inner), digest);
	p = write_text(p, CCN_T_SIGVALUE, digest, sizeof(digest));
	return (uint32_t)(write_text(to, CCN_T_DATA, inner, (uint32_t)(p - inner)) - to);
}

static unsigned int to_ip4_output;

RTE_INIT(ccn_manage_init)
{
	to_ip4_output = xebra_inject_register("ip4_output");
}

/* Send without a worker. */
static void
reply(const struct ccn_face *face, const struct ccn_lp *lp, const uint8_t *bytes, uint32_t len)
{
	static uint64_t sequence = SEQUENCE_SPACE;
	uint32_t part = ccn_part_size(face, lp, len), count = (len + part - 1) / part;

	for (uint32_t i = 0; i < count; i++, bytes += part, len -= part) {
		struct rte_mbuf *m = NULL;

		part = RTE_MIN(part, len);
		m = ccn_frame(ccn_buffer(&m, bytes, part), face, lp, sequence + i, i, count);
		if (m != NULL &&
			xebra_inject(face->link == CCN_LINK_UDP4 ? to_ip4_output
								 : xebra_inject_port_tx(),
				m) < 0)
			rte_pktmbuf_free(m);
	}
	sequence += count;
}

/* A command's name: /localhop/nfd/rib/<verb>/<parameters>/... */
static bool
split(const struct ccn_name *name, struct ccn_tlv *verb, struct ccn_tlv *parameters)
{
	static const uint8_t rib[] = {8, 3, 'r', 'i', 'b'};
	const uint8_t *p = name->value + name->end[3], *end = name->value + name->len;

	return name->n >= 5 && name->end[3] - name->end[2] == sizeof(rib) &&
		memcmp(name->value + name->end[2], rib, sizeof(rib)) == 0 &&
		ccn_tlv_read(&p, end, verb) == CCN_OK &&
		ccn_tlv_read(&p, end, parameters) == CCN_OK;
}

static void
take_command(const struct ccn_face *face, const struct ccn_lp *asked, const struct ccn_pkt *pkt)
{
	struct ccn_lp lp = {.token_len = asked->token_len};
	uint8_t data[2 * CCN_NAME_MAX + 800];
	struct ccn_tlv verb, component;
	struct parameters par = {0};
	enum ccn_signed sign = ccn_sign_check(pkt);
	struct response response;

	if (sign == CCN_SIGNED_NOT)
		say(&response, 403, "the command is not signed");
	else if (sign == CCN_SIGNED_WRONG)
		say(&response, 403, "the command's digest or signature is not that of its bytes");
	else if (!split(&pkt->name, &verb, &component))
		say(&response, 501, "only rib/register and rib/unregister are done here");
	else if (read_parameters(&par, &component) != CCN_OK)
		say(&response, 400, "ControlParameters cannot be read");
	else
		execute(&verb, &par, face->id, &response);
	memcpy(lp.token, asked->token, asked->token_len);
	reply(face, &lp, data, write_data(data, &pkt->name, &response, &par, face->id));
}

/* The control thread's part of "ccn_manage": a link packet, and its face in the hash field. */
static void
take_manage(struct rte_mbuf *m)
{
	const struct ccn_face *face = ccn_run == NULL ? NULL : ccn_face_get(ccn_faces, m->hash.rss);
	uint8_t *bytes = rte_pktmbuf_mtod(m, uint8_t *);
	struct ccn_lp_rx rx;
	struct ccn_pkt pkt;

	if (face != NULL && ccn_lp_parse(&rx, bytes, m->data_len) == CCN_OK &&
		rx.fragment != NULL &&
		ccn_pkt_parse(&pkt, bytes + (rx.fragment - bytes), rx.len) == CCN_OK)
		take_command(face, &rx.lp, &pkt);
	rte_pktmbuf_free(m);
}

XEBRA_CONTROL(ccn_manage, take_manage)
