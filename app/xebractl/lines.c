/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Commands from standard input, one a line, many in one request and some requests under way at
 * once: a million routes take as long as the router needs to take them in. Whoever types them by
 * hand, or through a slow pipe, gets each answer at once: a request is sent as soon as no further
 * line is there.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xebra_client.h"
#include "xebractl.h"

#define LINES_MAX 2000
#define BYTES_MAX (1u << 20) /* of lines in a request; one line may be as long */
#define REQUESTS_MAX 4       /* under way */

static struct {
	char in[BYTES_MAX];
	size_t start, end;
	bool eof;

	json_t *lines; /* gathered for the next request */
	size_t lines_bytes;
	unsigned long first; /* number of its first line */
	bool json;
	bool refused;

	struct {
		unsigned long first, n;
	} request[REQUESTS_MAX]; /* under way, oldest first */
	unsigned int requests;
} input;

static bool
input_is_ready(void)
{
	struct pollfd polled = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&polled, 1, 0) == 1;
}

static void
read_input(void)
{
	ssize_t n;

	memmove(input.in, input.in + input.start, input.end - input.start);
	input.end -= input.start;
	input.start = 0;
	if (input.end == sizeof(input.in))
		trouble("line %lu: longer than %zu bytes",
			input.first + json_array_size(input.lines), sizeof(input.in));
	n = read(STDIN_FILENO, input.in + input.end, sizeof(input.in) - input.end);
	if (n < 0 && errno != EINTR)
		trouble("standard input: %s", strerror(errno));
	if (n == 0)
		input.eof = true;
	if (n > 0)
		input.end += n;
}

/* Move whole lines from the input to the next request, as many as it takes. */
static void
gather_lines(void)
{
	while (json_array_size(input.lines) < LINES_MAX && input.lines_bytes < BYTES_MAX) {
		char *line = input.in + input.start;
		char *end = memchr(line, '\n', input.end - input.start);
		size_t len;
		json_t *text;

		if (end == NULL && input.eof && input.start < input.end)
			end = input.in + input.end;
		if (end == NULL)
			return;
		len = end - line;
		text = json_stringn(line, len);
		if (text == NULL || memchr(line, '\0', len) != NULL)
			trouble("line %lu: not UTF-8 text",
				input.first + json_array_size(input.lines));
		json_array_append_new(input.lines, text);
		input.lines_bytes += len;
		input.start += len;
		if (input.start < input.end)
			input.start++;
	}
}

static void
send_lines(void)
{
	size_t n = json_array_size(input.lines);

	input.request[input.requests].first = input.first;
	input.request[input.requests++].n = n;
	input.first += n;
	client_request(
		"ctl.lines", json_pack("{s:o, s:b}", "lines", input.lines, "json", input.json));
	input.lines = json_array();
	input.lines_bytes = 0;
}

static void
show_refusal(unsigned long line, json_t *reply)
{
	if (input.json)
		print_refusal(json_object_get(reply, "error"));
	fflush(stdout);
	fprintf(stderr, "line %lu: %s\n", line, xebra_client_error(reply));
	input.refused = true;
}

/* With --json every line has its line, also those that the program has nothing to say about. */
static void
show_silence(unsigned long from, unsigned long to)
{
	while (input.json && from++ < to)
		puts("null");
}

static void
show_results(json_t *reply)
{
	unsigned long first = input.request[0].first, n = input.request[0].n, next = 0, line;
	const char *error = xebra_client_error(reply);
	json_t *result;
	size_t i;

	if (error != NULL)
		trouble("lines from %lu on: %s", first, error);
	json_array_foreach (json_object_get(reply, "result"), i, result) {
		line = json_integer_value(json_object_get(result, "line"));
		show_silence(next, line);
		if (xebra_client_error(result) != NULL)
			show_refusal(first + line, result);
		else
			print_reply(result);
		next = line + 1;
	}
	show_silence(next, n);
	fflush(stdout);
	json_decref(reply);
	input.requests--;
	memmove(input.request, input.request + 1, input.requests * sizeof(input.request[0]));
}

int
run_lines(bool json)
{
	input.json = json;
	input.lines = json_array();
	input.first = 1;
	for (;;) {
		bool room = input.requests < REQUESTS_MAX;
		bool wants_input = false;
		json_t *reply;

		if (room) {
			gather_lines();
			wants_input = !input.eof && json_array_size(input.lines) < LINES_MAX &&
				input.lines_bytes < BYTES_MAX;
		}
		if (wants_input && input_is_ready()) {
			read_input();
			continue;
		}
		if (room && json_array_size(input.lines) > 0) {
			send_lines();
			continue;
		}
		if (input.requests == 0 && input.eof)
			break;
		reply = client_wait(wants_input ? STDIN_FILENO : -1);
		if (reply != NULL)
			show_results(reply);
	}
	json_decref(input.lines);
	return input.refused ? EXIT_REFUSED : 0;
}
