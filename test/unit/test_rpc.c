/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON-RPC: framing, dispatch, batches, limits, and how clients share the control thread. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "xebra_test.h"

#include "fake_cmds.h"
#include "rpc_priv.h"
#include "server_priv.h"
#include "xebra_loop.h"
#include "xebra_socket.h"

#define REQUEST(id, method, params) \
	"{\"jsonrpc\": \"2.0\", \"id\": " id ", \"method\": \"" method "\", \"params\": " params "}"
#define NOTE(method) "{\"jsonrpc\": \"2.0\", \"method\": \"" method "\"}"

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
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":[{\"line\":0,\"error\":\"the reply is "
		"too "
		"large: ask for a part of it\"}]}\n");
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
		"{\"line\":2,\"error\":\"10.0.0.0/8: is there already\"},"
		"{\"line\":3,\"text\":\"name: a\\n\"},"
		"{\"line\":4,\"error\":\"ctl.lines: a line must be a string\"}]}\n");
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

/* The server, with its socket */

static char folder[] = "/tmp/xebra-rpc-XXXXXX";
static char path[64];

static int
open_server(void **state __rte_unused)
{
	struct xebra_err err = {0};

	fake_counts = 0;
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/s/sock", folder);
	if (xebra_loop_init() < 0)
		return -1;
	return server_start(path, NULL, &err);
}

static int
close_server(void **state __rte_unused)
{
	char sub[64];

	server_stop();
	xebra_loop_fini();
	snprintf(sub, sizeof(sub), "%s/s", folder);
	/* Fails when something was left behind. */
	return rmdir(sub) | rmdir(folder);
}

static int
connect_client(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(address.sun_path, path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void
send_text(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static char received[1 << 20];

/* Let the loop run until the socket has a whole line for us. */
static void
check_line(void *arg)
{
	int fd = *(int *)arg;
	ssize_t n = recv(fd, received, sizeof(received) - 1, MSG_PEEK | MSG_DONTWAIT);

	if (n == 0 || (n > 0 && memchr(received, '\n', n) != NULL))
		xebra_loop_stop();
}

static const char *
receive_line(int fd)
{
	struct xebra_timer *timer = xebra_timer_start(0, 1, check_line, &fd);
	ssize_t n;

	assert_int_equal(xebra_loop_run(), 0);
	xebra_timer_stop(timer);
	n = recv(fd, received, sizeof(received) - 1, MSG_DONTWAIT);
	assert_true(n >= 0);
	received[n] = '\0';
	return received;
}

static void
the_socket_is_for_its_owner_only(void **state __rte_unused)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
a_second_instance_is_refused(void **state __rte_unused)
{
	struct xebra_socket second;
	struct xebra_err err = {0};
	char expected[200];
	int fd;

	assert_int_equal(xebra_socket_open(&second, SOCK_STREAM, path, NULL, &err), -EADDRINUSE);
	snprintf(expected, sizeof(expected),
		"%s is in use by another instance (stop it, or choose another socket)", path);
	assert_string_equal(err.text, expected);
	/* And the first is none the worse for it. */
	fd = connect_client();
	send_text(fd, REQUEST("1", "fake echo", "{}"));
	assert_string_equal(receive_line(fd), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
	close(fd);
}

static void
a_socket_left_behind_is_replaced(void **state __rte_unused)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct xebra_socket again;
	struct xebra_err err = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	/* As a killed program leaves it: bound, but nobody listens and nobody has the lock. */
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/left", folder);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(xebra_socket_open(&again, SOCK_STREAM, address.sun_path, NULL, &err), 0);
	xebra_socket_close(&again);
	assert_int_equal(access(address.sun_path, F_OK), -1);
}

static void
what_is_no_socket_is_left_alone(void **state __rte_unused)
{
	struct xebra_socket sock;
	struct xebra_err err = {0};
	char file[80], expected[200];
	int fd;

	snprintf(file, sizeof(file), "%s/file", folder);
	fd = open(file, O_CREAT | O_WRONLY, 0600);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(xebra_socket_open(&sock, SOCK_STREAM, file, NULL, &err), -EEXIST);
	snprintf(expected, sizeof(expected),
		"%s exists and is not a socket (remove it, or choose another socket)", file);
	assert_string_equal(err.text, expected);
	assert_int_equal(unlink(file), 0);
}

static void
a_group_that_is_none_is_named(void **state __rte_unused)
{
	struct xebra_socket sock;
	struct xebra_err err = {0};
	char other[80];

	snprintf(other, sizeof(other), "%s/other", folder);
	assert_int_equal(
		xebra_socket_open(&sock, SOCK_STREAM, other, "no-such-group", &err), -ENOENT);
	assert_string_equal(err.text,
		"there is no group \"no-such-group\" (make it with groupadd, "
		"or leave control.group out)");
	assert_int_equal(access(other, F_OK), -1);
}

static unsigned int counts_when_the_other_ran;

static int
run_other(const json_t *args __rte_unused, json_t **reply __rte_unused,
	struct xebra_err *err __rte_unused)
{
	counts_when_the_other_ran = fake_counts;
	return 0;
}

static struct xebra_cmd fake_other_cmd = {
	.name = "other client", .help = "Note how far the first has come.", .run = run_other};
XEBRA_CMD(fake_other_cmd)

/*
 * Both requests are there before the loop runs at all, so that nothing depends on time: the first
 * client's batch is begun first, and the second client must have its turn before the batch ends.
 */
static void
a_long_batch_lets_others_through(void **state __rte_unused)
{
	int first = connect_client(), second = connect_client();
	char *batch = strdup("["), *longer;

	for (unsigned int i = 0; i < 1000; i++) {
		assert_true(
			asprintf(&longer, "%s%s" NOTE("fake count"), batch, i > 0 ? "," : "") > 0);
		free(batch);
		batch = longer;
	}
	assert_true(strlen(batch) < 65000);
	send_text(first, batch);
	send_text(first, "]" REQUEST("1", "fake echo", "{}"));
	send_text(second, REQUEST("2", "other client", "{}"));
	assert_string_equal(
		receive_line(second), "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":null}\n");
	assert_true(counts_when_the_other_ran < 1000);
	assert_string_equal(receive_line(first), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
	assert_int_equal(fake_counts, 1000);
	free(batch);
	close(first);
	close(second);
}

static void
a_client_that_never_reads_hurts_no_one(void **state __rte_unused)
{
	int slow = connect_client(), other = connect_client();

	for (unsigned int i = 0; i < 100; i++)
		send_text(slow, REQUEST("1", "fake large", "{\"bytes\": 200000}"));
	send_text(slow, NOTE("fake count"));
	for (unsigned int i = 0; i < 20; i++) {
		send_text(other, REQUEST("2", "fake echo", "{}"));
		assert_string_equal(
			receive_line(other), "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n");
	}
	/* 20 MB of replies wait, of which we hold but a part. */
	assert_int_equal(fake_counts, 0);
	close(slow);
	send_text(other, REQUEST("3", "fake echo", "{}"));
	assert_string_equal(receive_line(other), "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}\n");
	close(other);
}

/* Descriptors that this process has open, the server's among them. */
static unsigned int
count_descriptors(void)
{
	unsigned int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
requests_of_a_client_that_has_gone_are_done(void **state __rte_unused)
{
	unsigned int before = count_descriptors();
	int gone = connect_client(), other;
	char notes[500 * sizeof(NOTE("fake count"))] = "";

	for (unsigned int i = 0; i < 500; i++)
		memcpy(notes + i * strlen(NOTE("fake count")), NOTE("fake count"),
			sizeof(NOTE("fake count")));
	send_text(gone, notes);
	close(gone);
	/* In order of arrival: once this one is answered for the last time, that one is done. */
	other = connect_client();
	for (unsigned int i = 0; i < 100 && fake_counts < 500; i++) {
		send_text(other, REQUEST("1", "fake echo", "{}"));
		receive_line(other);
	}
	assert_int_equal(fake_counts, 500);
	/* And nothing of it stays: open are only the two ends of the other's connection. */
	for (unsigned int i = 0; i < 100 && count_descriptors() > before + 2; i++) {
		send_text(other, REQUEST("1", "fake echo", "{}"));
		receive_line(other);
	}
	assert_int_equal(count_descriptors(), before + 2);
	close(other);
}

static void
half_closed_clients_get_their_answers(void **state __rte_unused)
{
	int fd = connect_client();

	send_text(fd, REQUEST("1", "fake echo", "{}") REQUEST("2", "fake echo", "{}"));
	shutdown(fd, SHUT_WR);
	assert_string_equal(receive_line(fd),
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n"
		"{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n");
	assert_string_equal(receive_line(fd), "");
	close(fd);
}

static void
too_many_clients_are_told_so(void **state __rte_unused)
{
	int fds[SERVER_CLIENTS_MAX + 1];

	for (size_t i = 0; i < RTE_DIM(fds); i++) {
		fds[i] = connect_client();
		send_text(fds[i], REQUEST("1", "fake echo", "{}"));
		if (i < SERVER_CLIENTS_MAX)
			assert_string_equal(receive_line(fds[i]),
				"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
	}
	assert_string_equal(receive_line(fds[SERVER_CLIENTS_MAX]),
		"{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32001,\"message\":\"too "
		"many clients\"}}\n");
	close(fds[0]);
	/* Its place is free again as soon as the loop has seen it go. */
	send_text(fds[1], REQUEST("1", "fake echo", "{}"));
	receive_line(fds[1]);
	close(fds[SERVER_CLIENTS_MAX]);
	fds[0] = connect_client();
	send_text(fds[0], REQUEST("1", "fake echo", "{}"));
	assert_string_equal(receive_line(fds[0]), "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n");
	for (size_t i = 0; i < SERVER_CLIENTS_MAX; i++)
		close(fds[i]);
}

#define SERVER_TEST(name) cmocka_unit_test_setup_teardown(name, open_server, close_server)
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
		CLIENT_TEST(deep_nesting_is_refused),
		CLIENT_TEST(zero_bytes_are_no_json),
		CLIENT_TEST(one_step_is_a_slice),
		CLIENT_TEST(who_does_not_read_is_not_served_further),
		CLIENT_TEST(all_replies_together_are_bounded),
		CLIENT_TEST(replies_are_json),
		CLIENT_TEST(words_and_lines_are_understood),
		CLIENT_TEST(many_lines_get_one_short_answer),
		CLIENT_TEST(the_table_can_be_asked_for),
		SERVER_TEST(the_socket_is_for_its_owner_only),
		SERVER_TEST(a_second_instance_is_refused),
		SERVER_TEST(a_socket_left_behind_is_replaced),
		SERVER_TEST(what_is_no_socket_is_left_alone),
		SERVER_TEST(a_group_that_is_none_is_named),
		SERVER_TEST(a_long_batch_lets_others_through),
		SERVER_TEST(a_client_that_never_reads_hurts_no_one),
		SERVER_TEST(requests_of_a_client_that_has_gone_are_done),
		SERVER_TEST(half_closed_clients_get_their_answers),
		SERVER_TEST(too_many_clients_are_told_so),
	};

	return cmocka_run_group_tests_name("rpc", tests, NULL, NULL);
}
