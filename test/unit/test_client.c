/* SPDX-License-Identifier: BSD-3-Clause */
/* The client of a control socket: results, refusals, and other sides that behave badly. */
#include "xebra_test.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "xebra_client.h"

static struct {
	struct sockaddr_un address;
	int listener;
	pthread_t thread;
	const char *says; /* to the first request */
	char asked[4096]; /* the request */
} server;

/* Take one connection, read one request, say what is to be said and close. */
static void *
serve(void *arg)
{
	int fd = accept(server.listener, NULL, NULL);

	(void)arg;
	assert_true(fd >= 0);
	memset(server.asked, 0, sizeof(server.asked));
	assert_true(recv(fd, server.asked, sizeof(server.asked) - 1, 0) > 0);
	/* In pieces, so that a reply is put together from several. */
	for (const char *at = server.says; *at != '\0'; at++)
		assert_int_equal(send(fd, at, 1, MSG_NOSIGNAL), 1);
	close(fd);
	return NULL;
}

static int
setup(void **state)
{
	char folder[] = "/tmp/xebra-test-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(folder));
	server.address.sun_family = AF_UNIX;
	snprintf(server.address.sun_path, sizeof(server.address.sun_path), "%s/sock", folder);
	server.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		bind(server.listener, (struct sockaddr *)&server.address, sizeof(server.address)),
		0);
	return listen(server.listener, 1);
}

static int
teardown(void **state)
{
	(void)state;
	close(server.listener);
	unlink(server.address.sun_path);
	*strrchr(server.address.sun_path, '/') = '\0';
	return rmdir(server.address.sun_path);
}

/* One call to a server that says this. Returns the code; the connection may be looked at. */
static int
call_with(json_t *params, const char *says, int timeout_ms, json_t **result, struct xebra_err *err,
	bool *broken)
{
	struct xebra_client *client;
	int rc;

	server.says = says;
	assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
	assert_int_equal(xebra_client_open(server.address.sun_path, 1000, &client, err), 0);
	assert_false(xebra_client_broken(client));
	rc = xebra_client_call(client, "show nic", params, timeout_ms, result, err);
	*broken = xebra_client_broken(client);
	xebra_client_close(client);
	assert_int_equal(pthread_join(server.thread, NULL), 0);
	return rc;
}

static int
call(const char *says, int timeout_ms, json_t **result, struct xebra_err *err, bool *broken)
{
	return call_with(json_object(), says, timeout_ms, result, err, broken);
}

static void
fractions_are_asked_as_they_are_written(void **state)
{
	struct xebra_err err = {0};
	bool broken;

	(void)state;
	assert_int_equal(call_with(json_pack("{s:f}", "rate", 0.2), "{\"id\": 1, \"result\": 1}\n",
				 60000, NULL, &err, &broken),
		0);
	assert_non_null(strstr(server.asked, "{\"rate\":0.2}"));
}

static void
a_result_is_handed_over(void **state)
{
	struct xebra_err err = {0};
	json_t *result = NULL;
	bool broken;

	(void)state;
	assert_int_equal(call("{\"jsonrpc\": \"2.0\", \"id\": 1, \"result\": {\"vfs\": 8}}\n",
				 60000, &result, &err, &broken),
		0);
	assert_int_equal(json_integer_value(json_object_get(result, "vfs")), 8);
	assert_false(broken);
	json_decref(result);
}

static void
a_refusal_keeps_its_reason_and_number_and_the_connection(void **state)
{
	struct xebra_err err = {0};
	bool broken;

	(void)state;
	assert_int_equal(call("{\"id\": 1, \"error\": {\"code\": -32000, \"message\": \"no VF 9\","
			      " \"data\": {\"errno\": 2}}}\n",
				 60000, NULL, &err, &broken),
		-ENOENT);
	assert_string_equal(err.text, "no VF 9");
	assert_false(broken);
	/* A number that is none of ours does not become a success. */
	assert_int_equal(call("{\"id\": 1, \"error\": {\"message\": \"?\", \"data\": {\"errno\": "
			      "-5}}}\n",
				 60000, NULL, &err, &broken),
		-EREMOTEIO);
}

static void
a_side_that_behaves_badly_breaks_the_connection(void **state)
{
	static const struct {
		const char *says;
		int timeout_ms;
		int code;
	} bad[] = {
		{"", 60000, -ECONNRESET},
		{"{\"id\": 1, \"res", 60000, -ECONNRESET},
		{"garbage\n", 60000, -EPROTO},
		{"[]\n", 60000, -EPROTO},
		{"{\"id\": 7, \"result\": 1}\n", 60000, -EPROTO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct xebra_err err = {0};
		bool broken = false;

		assert_int_equal(
			call(bad[i].says, bad[i].timeout_ms, NULL, &err, &broken), bad[i].code);
		assert_true(broken);
		assert_non_null(strstr(err.text, server.address.sun_path));
	}
}

/* Answer two requests, the first one when it is told to; the numbers are those of the requests. */
static void *
serve_late(void *arg)
{
	static const char late[] = "{\"id\": 1, \"result\": 1}\n";
	static const char soon[] = "{\"id\": 2, \"result\": 2}\n";
	int fd = accept(server.listener, NULL, NULL), *told = arg;
	char text[4096];

	assert_true(recv(fd, text, sizeof(text), 0) > 0);
	assert_int_equal(read(told[0], text, 1), 1);
	assert_int_equal(send(fd, late, strlen(late), 0), (ssize_t)strlen(late));
	assert_true(recv(fd, text, sizeof(text), 0) > 0);
	assert_int_equal(send(fd, soon, strlen(soon), 0), (ssize_t)strlen(soon));
	close(fd);
	return NULL;
}

static void
a_late_answer_is_awaited_once_and_not_taken_for_another(void **state)
{
	struct pollfd polled = {.events = POLLIN};
	struct xebra_client *client;
	struct xebra_err err = {0};
	json_t *result = NULL;
	int told[2];

	(void)state;
	assert_int_equal(pipe(told), 0);
	assert_int_equal(pthread_create(&server.thread, NULL, serve_late, told), 0);
	assert_int_equal(xebra_client_open(server.address.sun_path, 1000, &client, &err), 0);
	assert_int_equal(
		xebra_client_call(client, "a", json_object(), 10, &result, &err), -ETIMEDOUT);
	assert_non_null(strstr(err.text, "it does not answer"));
	assert_true(xebra_client_late(client));
	assert_false(xebra_client_broken(client));
	/* Its time is over: whatever is asked now does not even reach the other side. */
	assert_int_equal(
		xebra_client_call(client, "b", json_object(), 10, &result, &err), -ETIMEDOUT);
	polled.fd = xebra_client_fd(client);
	assert_int_equal(poll(&polled, 1, 0), 0);
	assert_int_equal(write(told[1], "", 1), 1);
	assert_int_equal(poll(&polled, 1, 60000), 1);
	assert_int_equal(xebra_client_call(client, "c", json_object(), 60000, &result, &err), 0);
	assert_int_equal(json_integer_value(result), 2);
	assert_false(xebra_client_late(client));
	json_decref(result);
	xebra_client_close(client);
	assert_int_equal(pthread_join(server.thread, NULL), 0);
	close(told[0]);
	close(told[1]);
}

static void
nobody_there_is_said_with_the_path(void **state)
{
	struct xebra_client *client = NULL;
	struct xebra_err err = {0};

	(void)state;
	assert_int_equal(xebra_client_open("/nonexistent/sock", 10, &client, &err), -ENOENT);
	assert_string_equal(err.text, "/nonexistent/sock: No such file or directory");
	assert_null(client);
	xebra_client_close(client);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_result_is_handed_over, setup, teardown),
		cmocka_unit_test_setup_teardown(
			fractions_are_asked_as_they_are_written, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_refusal_keeps_its_reason_and_number_and_the_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_side_that_behaves_badly_breaks_the_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_late_answer_is_awaited_once_and_not_taken_for_another, setup, teardown),
		cmocka_unit_test(nobody_there_is_said_with_the_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
