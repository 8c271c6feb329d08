/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Framing: finds the end of a JSON value by its brackets and quotes alone, in one pass over the
 * bytes however they arrive. Whether it is JSON is for jansson to say.
 */
#include <string.h>

#include "rpc_priv.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool
is_plain(char c)
{
	return c != '"' && c != '\\' && c != '\n';
}

/* In a string: on to its end. Control characters are not allowed there, a newline ends the value.
 */
static bool
scan_string(struct scan *scan, char c)
{
	if (c == '\n')
		return true;
	if (scan->escape)
		scan->escape = false;
	else if (c == '\\')
		scan->escape = true;
	else if (c == '"')
		scan->string = false;
	return false;
}

/* Outside of brackets: a number, a word or rubbish, up to the end of the line or a bracket. */
static bool
scan_outside(struct scan *scan, char c)
{
	switch (c) {
	case '{':
	case '[':
		if (scan->scalar) {
			scan->at--; /* the next value begins here */
			return true;
		}
		scan->depth = 1;
		scan->values = 1;
		return false;
	case '"':
		scan->string = true;
		/* fall through */
	default:
		scan->scalar = true;
		return c == '\n';
	}
}

static bool
scan_inside(struct scan *scan, char c)
{
	switch (c) {
	case '"':
		scan->string = true;
		return false;
	case '{':
	case '[':
		scan->depth++;
		scan->values++;
		return false;
	case ',':
	case ':':
		scan->values++;
		return false;
	case '}':
	case ']':
		return --scan->depth == 0;
	default:
		return false;
	}
}

enum scan_result
scan_value(struct scan *scan, const char *data, size_t len)
{
	if (!scan->started) {
		while (scan->at < len && is_blank(data[scan->at]))
			scan->at++;
		if (scan->at > 0)
			return SCAN_BLANK;
		scan->started = len > 0;
	}
	while (scan->at < len) {
		char c;
		bool ends;

		/* Most bytes are those of strings. */
		while (scan->string && !scan->escape && scan->at < len && is_plain(data[scan->at]))
			scan->at++;
		if (scan->at == len)
			break;
		c = data[scan->at++];
		if (scan->string)
			ends = scan_string(scan, c);
		else if (scan->depth == 0)
			ends = scan_outside(scan, c);
		else
			ends = scan_inside(scan, c);
		if (ends)
			return SCAN_VALUE;
		if (scan->at > RPC_REQUEST_MAX || scan->values > RPC_VALUES_MAX)
			return SCAN_TOO_LARGE;
	}
	return scan->at > RPC_REQUEST_MAX ? SCAN_TOO_LARGE : SCAN_MORE;
}
