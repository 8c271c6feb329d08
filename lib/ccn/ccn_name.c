/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "ccn_name.h"

uint64_t ccn_hash_key[3];

void
ccn_hash_init(void)
{
	if (ccn_hash_key[0] != 0)
		return;
	if (getrandom(ccn_hash_key, sizeof(ccn_hash_key), 0) != sizeof(ccn_hash_key))
		abort(); /* the kernel has no randomness: nothing secret can be made */
	for (unsigned int i = 0; i < RTE_DIM(ccn_hash_key); i++)
		ccn_hash_key[i] |= 1;
}

/* Digest components have the length of SHA-256 (section "Name"). */
static enum ccn_bad
check_component(struct ccn_name *name, const struct ccn_tlv *component)
{
	if (unlikely(component->type > UINT16_MAX))
		return CCN_BAD_NAME;
	if (unlikely(name->digest))
		return CCN_BAD_NAME; /* an implicit digest can only be the last component */
	if (likely(component->type > CCN_T_PARAMS))
		return CCN_OK;
	if (component->len != CCN_DIGEST_LEN)
		return CCN_BAD_NAME;
	if (component->type == CCN_T_DIGEST) {
		name->digest = 1;
	} else {
		if (name->params >= 0)
			return CCN_BAD_NAME; /* one at most */
		name->params = (int8_t)name->n;
	}
	return CCN_OK;
}

enum ccn_bad
ccn_name_parse(struct ccn_name *name, const uint8_t *value, uint32_t len)
{
	const uint8_t *p = value, *end = value + len, *start;
	struct ccn_tlv component;
	enum ccn_bad bad;

	name->n = 0;
	name->digest = 0;
	name->params = -1;
	if (unlikely(len > CCN_NAME_MAX))
		return CCN_BAD_LONG_NAME;
	name->value = value;
	name->len = (uint16_t)len;
	name->end[0] = 0;
	name->hash[0] = ccn_hash_key[1];
	while (p < end) {
		start = p;
		bad = ccn_tlv_read(&p, end, &component);
		if (unlikely(bad != CCN_OK))
			return bad;
		if (unlikely(name->n == CCN_COMPONENTS_MAX))
			return CCN_BAD_LONG_NAME;
		bad = check_component(name, &component);
		if (unlikely(bad != CCN_OK))
			return bad;
		name->hash[name->n + 1] = ccn_hash(name->hash[name->n], start, (size_t)(p - start));
		name->n++;
		name->end[name->n] = (uint16_t)(p - value);
	}
	return CCN_OK;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986 section 2.3, and what NDN adds: '=' may be left as it is in a value. */
static bool
plain(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' ||
		c == '.' || c == '_' || c == '~';
}

/* Convention of "NDN naming conventions": v=3 is a component of type 54 with an integer. */
static const struct {
	const char *prefix;
	uint32_t type;
	bool hex;
} conventions[] = {
	{"sha256digest=", CCN_T_DIGEST, true},
	{"params-sha256=", CCN_T_PARAMS, true},
	{"seg=", 50, false},
	{"off=", 52, false},
	{"v=", 54, false},
	{"t=", 56, false},
	{"seq=", 58, false},
};

/* A value of hexadecimal digits, or of text with escapes; returns bytes or a negative errno. */
static int
decode_value(const char *text, size_t len, bool hex, uint8_t *value, struct xebra_err *err)
{
	int n = 0, high, low;
	bool dots = !hex;

	for (size_t i = 0; i < len; n++) {
		if (hex || text[i] == '%') {
			size_t at = hex ? i : i + 1;

			if (at + 2 > len || (high = hex_digit(text[at])) < 0 ||
				(low = hex_digit(text[at + 1])) < 0)
				return xebra_err_set(err, -EINVAL,
					"'%.*s' wants two hexadecimal digits at byte %zu", (int)len,
					text, at);
			value[n] = (uint8_t)(high << 4 | low);
			dots = dots && value[n] == '.';
			i = at + 2;
		} else if (plain(text[i]) || text[i] == '=') {
			dots = dots && text[i] == '.';
			value[n] = (uint8_t)text[i++];
		} else {
			return xebra_err_set(err, -EINVAL,
				"'%.*s': byte %zu has to be written as %%%02X", (int)len, text, i,
				(uint8_t)text[i]);
		}
	}
	if (!dots)
		return n;
	/* A component of only periods is written with three more of them. */
	if (n < 3)
		return xebra_err_set(err, -EINVAL,
			n == 0 ? "an empty component is written as '...'"
			       : "a component of only periods is written with three more");
	return n - 3;
}

/* Digits after the convention's prefix. */
static int
decode_number(const char *text, size_t len, uint8_t *value, struct xebra_err *err)
{
	uint64_t number = 0;
	uint32_t size;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || number > (UINT64_MAX - 9) / 10)
			return xebra_err_set(
				err, -EINVAL, "'%.*s' is not a number", (int)len, text);
		number = number * 10 + (uint64_t)(text[i] - '0');
	}
	if (len == 0)
		return xebra_err_set(err, -EINVAL, "a number is missing after '='");
	size = ccn_integer_size(number);
	for (uint32_t i = 0; i < size; i++)
		value[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
	return (int)size;
}

/* "8=abc": a type in digits. 0 when there is none, -EINVAL when it is impossible. */
static int
explicit_type(const char *text, size_t len, uint32_t *type, struct xebra_err *err)
{
	uint32_t number = 0;
	size_t i;

	for (i = 0; i < len && text[i] >= '0' && text[i] <= '9' && number <= UINT16_MAX; i++)
		number = number * 10 + (uint32_t)(text[i] - '0');
	if (i == 0 || i == len || text[i] != '=')
		return 0;
	if (number == 0 || number > UINT16_MAX)
		return xebra_err_set(
			err, -EINVAL, "component type %.*s is not in 1..65535", (int)i, text);
	*type = number;
	return (int)i + 1;
}

static int
decode_component(
	const char *text, size_t len, uint32_t *type, uint8_t *value, struct xebra_err *err)
{
	int skip;

	*type = CCN_T_GENERIC;
	for (unsigned int i = 0; i < RTE_DIM(conventions); i++) {
		size_t prefix = strlen(conventions[i].prefix);

		if (len < prefix || strncmp(text, conventions[i].prefix, prefix) != 0)
			continue;
		*type = conventions[i].type;
		return conventions[i].hex
			? decode_value(text + prefix, len - prefix, true, value, err)
			: decode_number(text + prefix, len - prefix, value, err);
	}
	skip = explicit_type(text, len, type, err);
	if (skip < 0)
		return skip;
	return decode_value(text + skip, len - (size_t)skip, false, value, err);
}

int
ccn_name_from_uri(const char *uri, uint8_t *value, struct xebra_err *err)
{
	uint8_t component[CCN_NAME_MAX];
	struct ccn_name check;
	uint32_t type, total = 0;
	size_t len;
	int n;

	if (strncmp(uri, "ndn:", 4) == 0)
		uri += 4;
	if (uri[0] != '/')
		return xebra_err_set(err, -EINVAL, "a name begins with '/'");
	for (uri++; *uri != '\0'; uri += len + (uri[len] == '/')) {
		len = strcspn(uri, "/");
		if (len == 0)
			return xebra_err_set(
				err, -EINVAL, "an empty component is written as '...'");
		if (len > sizeof(component))
			return xebra_err_set(
				err, -EINVAL, "a component of %zu bytes is too long", len);
		n = decode_component(uri, len, &type, component, err);
		if (n < 0)
			return n;
		if (total + ccn_tlv_size(type, (uint32_t)n) > CCN_NAME_MAX)
			return xebra_err_set(err, -EINVAL,
				"a name has at most %d bytes in its packet form", CCN_NAME_MAX);
		memcpy(ccn_tlv_write(value + total, type, (uint32_t)n), component, (size_t)n);
		total += ccn_tlv_size(type, (uint32_t)n);
	}
	switch (ccn_name_parse(&check, value, total)) {
	case CCN_OK:
		return (int)total;
	case CCN_BAD_LONG_NAME:
		return xebra_err_set(
			err, -EINVAL, "a name has at most %d components", CCN_COMPONENTS_MAX);
	default:
		return xebra_err_set(err, -EINVAL,
			"digests have %d bytes, and an implicit one can only come last",
			CCN_DIGEST_LEN);
	}
}

/* One component as text; returns characters, or more than fit. */
static size_t
component_text(const struct ccn_tlv *c, char *text, size_t size)
{
	size_t at = 0;
	bool dots = c->type != CCN_T_DIGEST && c->type != CCN_T_PARAMS;

	if (c->type == CCN_T_DIGEST || c->type == CCN_T_PARAMS)
		at += (size_t)snprintf(text, size, "/%s",
			c->type == CCN_T_DIGEST ? "sha256digest=" : "params-sha256=");
	else if (c->type == CCN_T_GENERIC)
		at += (size_t)snprintf(text, size, "/");
	else
		at += (size_t)snprintf(text, size, "/%u=", c->type);
	for (uint32_t i = 0; i < c->len && at < size; i++) {
		dots = dots && c->value[i] == '.';
		if (c->type == CCN_T_DIGEST || c->type == CCN_T_PARAMS)
			at += (size_t)snprintf(text + at, size - at, "%02x", c->value[i]);
		else if (plain((char)c->value[i]))
			at += (size_t)snprintf(text + at, size - at, "%c", c->value[i]);
		else
			at += (size_t)snprintf(text + at, size - at, "%%%02X", c->value[i]);
	}
	if (dots && at < size)
		at += (size_t)snprintf(text + at, size - at, "...");
	return at;
}

char *
ccn_name_to_uri(const uint8_t *value, uint32_t len, char *text, size_t size)
{
	const uint8_t *p = value, *end = value + len;
	struct ccn_tlv c;
	size_t at = 0;

	if (len == 0)
		snprintf(text, size, "/");
	while (at < size && p < end && ccn_tlv_read(&p, end, &c) == CCN_OK)
		at += component_text(&c, text + at, size - at);
	return text;
}
