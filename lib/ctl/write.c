/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON as bytes. jansson's own writer looks at every character of a string as if it had to be
 * checked, and a large reply keeps the control thread busy for as long as that takes; strings that
 * jansson holds are known to be UTF-8, so that only what must be escaped is looked for here.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rpc_priv.h"

struct writer {
	struct buf *buf;
	size_t left;
};

static int
put(struct writer *w, const void *data, size_t len)
{
	if (len > w->left)
		return -EMSGSIZE;
	w->left -= len;
	return buf_add(w->buf, data, len);
}

static bool
is_plain(unsigned char c)
{
	return c >= ' ' && c != '"' && c != '\\';
}

static int
put_escape(struct writer *w, unsigned char c)
{
	char text[8];
	int n;

	if (c == '\n')
		n = snprintf(text, sizeof(text), "\\n");
	else if (c == '\t')
		n = snprintf(text, sizeof(text), "\\t");
	else if (c == '"' || c == '\\')
		n = snprintf(text, sizeof(text), "\\%c", c);
	else
		n = snprintf(text, sizeof(text), "\\u%04x", c);
	return put(w, text, n);
}

static int
put_string(struct writer *w, const char *text, size_t len)
{
	size_t from = 0, at = 0;
	int rc = put(w, "\"", 1);

	while (rc == 0 && at < len) {
		while (at < len && is_plain(text[at]))
			at++;
		rc = put(w, text + from, at - from);
		if (rc == 0 && at < len)
			rc = put_escape(w, text[at++]);
		from = at;
	}
	return rc < 0 ? rc : put(w, "\"", 1);
}

static int put_value(struct writer *w, const json_t *value);

static int
put_array(struct writer *w, const json_t *array)
{
	int rc = put(w, "[", 1);
	json_t *value;
	size_t i;

	json_array_foreach (array, i, value) {
		if (rc == 0 && i > 0)
			rc = put(w, ",", 1);
		if (rc == 0)
			rc = put_value(w, value);
		if (rc < 0)
			return rc;
	}
	return put(w, "]", 1);
}

static int
put_object(struct writer *w, const json_t *object)
{
	int rc = put(w, "{", 1);
	bool first = true;
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		if (rc == 0 && !first)
			rc = put(w, ",", 1);
		first = false;
		if (rc == 0)
			rc = put_string(w, key, strlen(key));
		if (rc == 0)
			rc = put(w, ":", 1);
		if (rc == 0)
			rc = put_value(w, value);
		if (rc < 0)
			return rc;
	}
	return put(w, "}", 1);
}

static int
put_value(struct writer *w, const json_t *value)
{
	char text[64];
	size_t n;

	switch (value != NULL ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		return put_string(w, json_string_value(value), json_string_length(value));
	case JSON_ARRAY:
		return put_array(w, value);
	case JSON_OBJECT:
		return put_object(w, value);
	case JSON_INTEGER:
		n = snprintf(
			text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return put(w, text, n);
	case JSON_REAL:
		n = json_dumpb(
			value, text, sizeof(text), JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
		return n <= sizeof(text) ? put(w, text, n) : -EINVAL;
	case JSON_TRUE:
		return put(w, "true", 4);
	case JSON_FALSE:
		return put(w, "false", 5);
	case JSON_NULL:
		return put(w, "null", 4);
	}
	return -EINVAL;
}

int
write_json(struct buf *buf, const json_t *value, size_t max)
{
	struct writer w = {.buf = buf, .left = max};
	size_t before = buf_len(buf);
	int rc = put_value(&w, value);

	if (rc < 0)
		buf->end = buf->start + before;
	return rc;
}
