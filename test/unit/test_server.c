/* SPDX-License-Identifier: BSD-3-Clause */
/* The control socket: who may use it, and how clients share the control thread. */
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
	snprintf(path, sizeof(path), "%s/sock", folder);
	if (xebra_loop_init() < 0)
		return -1;
	return server_start(path, NULL, &err);
}

static int
close_server(void **state __rte_unused)
{
	server_stop();
	xebra_loop_fini();
	/* Fails when something was left behind. */
	return rmdir(folder);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
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

	return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
