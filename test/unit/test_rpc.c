/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON-RPC: framing, dispatch, batches, limits. */
#include <stdlib.h>
#include <string.h>

#include "xebra_test.h"

#include "fake_cmds.h"
#include "rpc_priv.h"

static struct rpc_client client;

static int
set_up(void **state __rte_unused)
{
	rpc_client_init(&client);
	fake_counts = 0;
	return 0;
}

static int
tear_down(void **state __rte_unused)
{
	rpc_client_fini(&client);
	return 0;
}

/* What has been answered so far, as text; the answer is taken from the queue. */
static char *
take_out(void)
{
	char *text = strndup(client.out.data != NULL ? client.out.data + client.out.start : "",
		buf_len(&client.out));

	buf_take(&client.out, buf_len(&client.out));
	return text;
}

static void
run_all(void)
{
	while (rpc_client_ready(&client) && rpc_client_step(&client) > 0)
		;
}

static void
assert_answer(const char *request, const char *expected)
{
	char *text;

	assert_int_equal(buf_add(&client.in, request, strlen(request)), 0);
	run_all();
	text = take_out();
	assert_string_equal(text, expected);
	free(text);
}

static void
a_request_gets_its_answer(void **state __rte_unused)
{
	assert_answer(REQUEST("1", "fake echo", "{\"name\": \"lan\"}"),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"name\":\"lan\"}}\n");
	assert_answer("{\"jsonrpc\": \"2.0\", \"id\": \"a\", \"method\": \"fake count\"}",
		"{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":null}\n");
	assert_answer("{\"jsonrpc\": \"2.0\", \"id\": null, \"method\": \"fake count\"}",
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":null}\n");
}

static void
errors_have_the_codes_of_the_specification(void **state __rte_unused)
{
	assert_answer("{\"jsonrpc\": \"2.0\", \"method\": }\n",
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"not "
		"JSON: unexpected token near '}' (line 1, column 30)\"}}\n");
	assert_answer("{\"id\": 5, \"method\": \"fake count\"}",
		"{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32600,\"message\":\"jsonrpc "
		"must be \\\"2.0\\\"\"}}\n");
	assert_answer("{\"jsonrpc\": \"2.0\", \"id\": 5}",
		"{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32600,\"message\":\"method "
		"must be a string\"}}\n");
	assert_answer("{\"jsonrpc\": \"2.0\", \"id\": {}, \"method\": \"fake count\"}",
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"id "
		"must be a string, a number or null\"}}\n");
	assert_answer("7\n",
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,"
		"\"message\":\"a request is an object\"}}\n");
	assert_answer(REQUEST("6", "fake ehco", "{}"),
		"{\"jsonrpc\":\"2.0\",\"id\":6,\"error\":{\"code\":-32601,\"message\":\"fake "
		"ehco: no such command, did you mean \\\"fake echo\\\"?\"}}\n");
	assert_answer(REQUEST("7", "fake add", "{\"prefix\": \"a\"}"),
		"{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":-32602,\"message\":\"fake "
		"add: via: missing (Next hop.)\"}}\n");
	assert_answer(REQUEST("8", "fake fail", "{}"),
		"{\"jsonrpc\":\"2.0\",\"id\":8,\"error\":{\"code\":-32000,\"message\":"
		"\"10.0.0.0/8: is there already\",\"data\":{\"errno\":17,\"name\":\"EEXIST\"}}}"
		"\n");
	assert_int_equal(fake_counts, 0);
}

static void
notifications_are_not_answered(void **state __rte_unused)
{
	assert_answer(NOTE("fake count") NOTE("fake fail") NOTE("no such"), "");
	assert_int_equal(fake_counts, 1);
	assert_answer("[" NOTE("fake count") "," NOTE("fake count") "]", "");
	assert_int_equal(fake_counts, 3);
}

static void
a_batch_gets_one_answer(void **state __rte_unused)
{
	assert_answer("[" REQUEST("1", "fake echo", "{}") "," NOTE("fake count") ", 3, " REQUEST(
			      "2", "fake echo", "{\"detail\": true}") "]",
		"[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}},"
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":\"a "
		"request is an object\"}},"
		"{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"detail\":true}}]\n");
	assert_answer("[]",
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,"
		"\"message\":\"an empty batch\"}}\n");
}

/* Requests in every style that a client may write them in. */
static const char mixed[] = " \r\n" REQUEST("1", "fake echo", "{}") "\n" REQUEST(
	"2", "fake echo", "{}") REQUEST("3", "fake echo",
	"{\"name\": \"}]\\\"{[\\\\\"}") "\n\n\t"
					"{\"jsonrpc\": \"2.0\",\n \"id\": 4,\n \"method\":\n "
					"\"fake count\"\n}\r\n"
					"nonsense here\n"
					"[" REQUEST("5", "fake echo",
						"{}") "]"
						      "\"text\"\n"
						      "{\"id\" \"a\nb\"}\n" REQUEST(
							      "6", "fake echo", "{}") "\n";

static void
bytes_may_come_in_any_pieces(void **state __rte_unused)
{
	char *whole, *pieces;

	buf_add(&client.in, mixed, sizeof(mixed) - 1);
	run_all();
	whole = take_out();
	assert_non_null(strstr(whole, "\"id\":1,\"result\":{}}\n"));
	assert_non_null(strstr(whole, "\"id\":2,\"result\":{}}\n"));
	assert_non_null(strstr(whole, "\"id\":3,\"result\":{\"name\":\"}]\\\"{[\\\\\"}}\n"));
	assert_non_null(strstr(whole, "\"id\":4,\"result\":null}\n"));
	assert_non_null(strstr(whole, "[{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}]\n"));
	assert_non_null(strstr(whole, "\"id\":6,\"result\":{}}\n"));
	for (size_t piece = 1; piece < 17; piece++) {
		for (size_t at = 0; at < sizeof(mixed) - 1; at += piece) {
			buf_add(&client.in, mixed + at, RTE_MIN(piece, sizeof(mixed) - 1 - at));
			run_all();
		}
		pieces = take_out();
		assert_string_equal(pieces, whole);
		free(pieces);
	}
	free(whole);
}

static void
a_parse_error_costs_one_line(void **state __rte_unused)
{
	char *text;
	unsigned int errors = 0;

	buf_add(&client.in, "GET / HTTP/1.1\n", 15);
	run_all();
	text = take_out();
	for (char *at = text; (at = strstr(at, "-32700")) != NULL; at++)
		errors++;
	assert_int_equal(errors, 1);
	free(text);
	assert_answer(
		REQUEST("1", "fake echo", "{}"), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
}

/* A request that is too large is noticed as it comes in, not when it is there. */
static void
assert_refused_as_too_large(const char *begin, const char *piece, size_t pieces)
{
	char *text;
	size_t i;

	buf_add(&client.in, begin, strlen(begin));
	for (i = 0; i < pieces && !client.broken; i++) {
		buf_add(&client.in, piece, strlen(piece));
		run_all();
	}
	assert_true(client.broken);
	assert_true(i < pieces);
	assert_false(rpc_client_ready(&client));
	text = take_out();
	assert_non_null(strstr(text, "a request of more than 16 MiB or 262144 values"));
	free(text);
	rpc_client_fini(&client);
}

static void
requests_are_bounded(void **state __rte_unused)
{
	char *piece = malloc(65536);

	memset(piece, 'x', 65535);
	piece[65535] = '\0';
	assert_refused_as_too_large("{\"jsonrpc\": \"", piece, 300);
	assert_refused_as_too_large("rubbish ", piece, 300);
	for (size_t i = 0; i < 65534; i += 3)
		memcpy(piece + i, "[],", 3);
	/* Long before they are too many bytes. */
	assert_refused_as_too_large("[", piece, 20);
	for (size_t i = 0; i < 65535; i++)
		piece[i] = '{';
	assert_refused_as_too_large("[", piece, 20);
	free(piece);
}

static void
all_unfinished_requests_together_are_bounded(void **state __rte_unused)
{
	char *piece = malloc(RPC_REQUEST_SMALL + 1);
	struct rpc_client others[RPC_REQUESTS_MAX >> 23];
	char *text;

	memset(piece, 'x', RPC_REQUEST_SMALL);
	piece[RPC_REQUEST_SMALL] = '\0';
	/* Others have begun with all that may be. */
	for (unsigned int i = 0; i < RTE_DIM(others); i++) {
		rpc_client_init(&others[i]);
		buf_add(&others[i].in, "\"", 1);
		for (unsigned int n = 0; n < 8; n++)
			buf_add(&others[i].in, piece, RPC_REQUEST_SMALL);
		rpc_client_step(&others[i]);
		assert_false(others[i].broken && i + 1 < RTE_DIM(others));
	}
	/* Whoever wants little is served, whoever wants more is not. */
	assert_answer(
		REQUEST("1", "fake echo", "{}"), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
	buf_add(&client.in, "\"", 1);
	buf_add(&client.in, piece, RPC_REQUEST_SMALL);
	run_all();
	assert_true(client.broken);
	text = take_out();
	assert_non_null(strstr(text, "more than 64 MiB: try again later"));
	free(text);
	rpc_client_fini(&client);
	for (unsigned int i = 0; i < RTE_DIM(others); i++)
		rpc_client_fini(&others[i]);
	/* Now there is room. */
	buf_add(&client.in, "\"", 1);
	buf_add(&client.in, piece, RPC_REQUEST_SMALL);
	run_all();
	assert_false(client.broken);
	free(piece);
}

static void
deep_nesting_is_refused(void **state __rte_unused)
{
	char *deep = malloc(200001);

	memset(deep, '[', 100000);
	memset(deep + 100000, ']', 100000);
	deep[200000] = '\0';
	assert_answer(deep,
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,"
		"\"message\":\"not JSON: maximum parsing depth reached near '[' (line "
		"1, column 2049)\"}}\n");
	free(deep);
}

static void
zero_bytes_are_no_json(void **state __rte_unused)
{
	char *text;

	buf_add(&client.in, "{\"a\0b\": 1}\n\0\0\n", 14);
	run_all();
	text = take_out();
	assert_non_null(strstr(text, "-32700"));
	free(text);
	assert_answer(REQUEST("1", "fake echo", "{\"name\": \"\\u0000\"}"),
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"not "
		"JSON: \\\\u0000 is not allowed without JSON_ALLOW_NUL near '\\\"\\\\u0000\\\"' "
		"(line 1, column 78)\"}}"
		"\n");
}

static void
one_step_is_a_slice(void **state __rte_unused)
{
	unsigned int steps = 0;

	buf_add(&client.in, "[", 1);
	for (unsigned int i = 0; i < 1000; i++)
		buf_add(&client.in, NOTE("fake count") ",", strlen(NOTE("fake count") ","));
	buf_add(&client.in, NOTE("fake count") "]", strlen(NOTE("fake count") "]"));
	while (rpc_client_ready(&client)) {
		unsigned int before = fake_counts;

		assert_true(rpc_client_step(&client) <= RPC_SLICE);
		assert_true(fake_counts - before <= RPC_SLICE);
		steps++;
	}
	assert_int_equal(fake_counts, 1001);
	assert_true(steps >= 1001 / RPC_SLICE);
}

static void
who_does_not_read_is_not_served_further(void **state __rte_unused)
{
	char *text;

	buf_add(&client.in, "[", 1);
	for (unsigned int i = 0; i < 100; i++)
		buf_add(&client.in, REQUEST("1", "fake large", "{\"bytes\": 100000}") ",",
			strlen(REQUEST("1", "fake large", "{\"bytes\": 100000}") ","));
	buf_add(&client.in, NOTE("fake count") "]", strlen(NOTE("fake count") "]"));
	run_all();
	assert_false(rpc_client_ready(&client));
	assert_true(buf_len(&client.out) >= RPC_OUT_HIGH);
	assert_true(buf_len(&client.out) < RPC_OUT_HIGH + 110000);
	assert_int_equal(fake_counts, 0);
	while (fake_counts == 0) {
		free(take_out());
		assert_true(rpc_client_ready(&client));
		run_all();
	}
	text = take_out();
	assert_string_equal(text + strlen(text) - 3, "}]\n");
	free(text);
}

static void
all_replies_together_are_bounded(void **state __rte_unused)
{
	struct rpc_client other;

	/* Somebody else has almost all of it, unread. */
	rpc_client_init(&other);
	assert_non_null(buf_reserve(&other.out, RPC_REPLIES_MAX));
	other.out.end = RPC_REPLIES_MAX - 100000;
	rpc_client_count(&other);
	assert_answer(REQUEST("1", "fake large", "{\"bytes\": 100000}"),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32603,\"message\":\"the reply "
		"is too large: ask for a part of it\"}}\n");
	assert_answer(REQUEST("1", "ctl.lines", "{\"lines\": [\"fake large 100000\"]}"),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[{\"line\":0,\"error\":{\"code\":"
		"-32603,\"message\":\"the reply is too large: ask for a part of it\"}}]}\n");
	assert_answer(REQUEST("1", "fake large", "{\"bytes\": 1}"),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":\"x\"}\n");
	rpc_client_fini(&other);
	buf_add(&client.in, REQUEST("1", "fake large", "{\"bytes\": 100000}"),
		strlen(REQUEST("1", "fake large", "{\"bytes\": 100000}")));
	run_all();
	assert_true(buf_len(&client.out) > 100000);
}

static void
replies_are_json(void **state __rte_unused)
{
	static const char args[] =
		"{\"path\": \"\\u0001\\n\\t\\r\\\"\\\\/\\u00e4\\u20ac\", \"value\": [null, true, "
		"false, -5, "
		"9223372036854775807, 0.1, 1e300, 2.0, {}, [], {\"a\\\"b\": [1]}]}";
	char *request, *text;
	json_t *sent = json_loads(args, 0, NULL), *reply;

	assert_non_null(sent);
	assert_true(asprintf(&request, REQUEST("1", "fake set", "%s"), args) > 0);
	buf_add(&client.in, request, strlen(request));
	run_all();
	text = take_out();
	reply = json_loads(text, 0, NULL);
	assert_non_null(reply);
	assert_true(json_equal(json_object_get(reply, "result"), sent));
	json_decref(sent);
	json_decref(reply);
	free(request);
	free(text);
}

static void
words_and_lines_are_understood(void **state __rte_unused)
{
	assert_answer(REQUEST("1", "ctl.shell", "{\"line\": \"fake echo lan\"}"),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"text\":\"name: lan\\n\"}}\n");
	assert_answer(REQUEST("2", "ctl.shell",
			      "{\"words\": [\"fake\", \"echo\", \"a b\"], \"json\": true}"),
		"{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"reply\":{\"name\":\"a b\"}}}\n");
	assert_answer(REQUEST("3", "ctl.shell", "{\"line\": \"fake fail\"}"),
		"{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":-32000,\"message\":"
		"\"10.0.0.0/8: is there already\",\"data\":{\"errno\":17,\"name\":\"EEXIST\"}}}"
		"\n");
	assert_answer(REQUEST("4", "ctl.shell", "{\"line\": \"a\", \"words\": []}"),
		"{\"jsonrpc\":\"2.0\",\"id\":4,\"error\":{\"code\":-32602,\"message\":"
		"\"ctl.shell: either words, an array, or line, a string, is needed\"}}\n");
	assert_answer(REQUEST("5", "ctl.shell", "{\"words\": [1]}"),
		"{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32000,\"message\":"
		"\"ctl.shell: words must be strings\",\"data\":{\"errno\":22,\"name\":"
		"\"EINVAL\"}}}\n");
}

static void
many_lines_get_one_short_answer(void **state __rte_unused)
{
	assert_answer(REQUEST("1", "ctl.lines",
			      "{\"lines\": [\"fake count\", \"\", \"fake fail\", \"fake echo a\","
			      " 5, \"# remark\", \"fake count\"]}"),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":["
		"{\"line\":2,\"error\":{\"code\":-32000,\"message\":\"10.0.0.0/8: is there "
		"already\",\"data\":{\"errno\":17,\"name\":\"EEXIST\"}}},"
		"{\"line\":3,\"text\":\"name: a\\n\"},"
		"{\"line\":4,\"error\":{\"code\":-32000,\"message\":\"ctl.lines: a line must "
		"be a string\",\"data\":{\"errno\":22,\"name\":\"EINVAL\"}}}]}\n");
	assert_int_equal(fake_counts, 2);
	assert_answer("[" REQUEST("1", "ctl.lines", "{\"lines\": [\"fake count\"]}") "," REQUEST(
			      "2", "ctl.lines", "{\"lines\": [\"fake echo\"], \"json\": true}") "]",
		"[{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[]},"
		"{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":[{\"line\":0,\"reply\":{}}]}]\n");
	assert_answer("{\"jsonrpc\": \"2.0\", \"method\": \"ctl.lines\", \"params\":"
		      " {\"lines\": [\"fake count\", \"fake echo\"]}}",
		"");
	assert_int_equal(fake_counts, 4);
	assert_answer(REQUEST("3", "ctl.lines", "{}"),
		"{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":-32602,\"message\":"
		"\"ctl.lines: lines, an array of strings, is needed\"}}\n");
}

static void
the_table_can_be_asked_for(void **state __rte_unused)
{
	json_t *reply, *cmd;
	bool found = false;
	char *text;
	size_t i;

	buf_add(&client.in, REQUEST("1", "ctl.commands", "{}"),
		strlen(REQUEST("1", "ctl.commands", "{}")));
	run_all();
	text = take_out();
	reply = json_loads(text, 0, NULL);
	assert_non_null(reply);
	json_array_foreach (json_object_get(reply, "result"), i, cmd)
		if (strcmp(json_string_value(json_object_get(cmd, "name")), "fake add") == 0)
			found = json_array_size(json_object_get(cmd, "params")) == 5;
	assert_true(found);
	json_decref(reply);
	free(text);
}

#define CLIENT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CLIENT_TEST(a_request_gets_its_answer),
		CLIENT_TEST(errors_have_the_codes_of_the_specification),
		CLIENT_TEST(notifications_are_not_answered),
		CLIENT_TEST(a_batch_gets_one_answer),
		CLIENT_TEST(bytes_may_come_in_any_pieces),
		CLIENT_TEST(a_parse_error_costs_one_line),
		CLIENT_TEST(requests_are_bounded),
		CLIENT_TEST(all_unfinished_requests_together_are_bounded),
		CLIENT_TEST(deep_nesting_is_refused),
		CLIENT_TEST(zero_bytes_are_no_json),
		CLIENT_TEST(one_step_is_a_slice),
		CLIENT_TEST(who_does_not_read_is_not_served_further),
		CLIENT_TEST(all_replies_together_are_bounded),
		CLIENT_TEST(replies_are_json),
		CLIENT_TEST(words_and_lines_are_understood),
		CLIENT_TEST(many_lines_get_one_short_answer),
		CLIENT_TEST(the_table_can_be_asked_for),
	};

	return cmocka_run_group_tests_name("rpc", tests, NULL, NULL);
}
