/* SPDX-License-Identifier: BSD-3-Clause */
/* Telemetry: what DPDK's own server says for us, to a client that asks from another thread. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "xebra_test.h"

#include <rte_eal.h>

#include "ctl_priv.h"
#include "telemetry_priv.h"
#include "xebra_ctl.h"
#include "xebra_loop.h"

static const char *fake_reply = "null"; /* what "show fake-reply" answers */

static int
show_reply(const json_t *args, json_t **reply, struct xebra_err *err)
{
	const char *name = json_string_value(json_object_get(args, "name"));

	if (name != NULL && strcmp(name, "bad") == 0)
		return xebra_err_set(err, -ENOENT, "bad: is not there");
	if (name != NULL)
		*reply = json_deep_copy(args);
	else
		*reply = json_loads(fake_reply, JSON_DECODE_ANY, NULL);
	return 0;
}

static const struct xebra_cmd_param params[] = {
	{.name = "name", .help = "Which.", .type = XEBRA_PARAM_STRING, .optional = true},
	{.name = "number", .help = "How many.", .type = XEBRA_PARAM_INT, .optional = true},
	{0},
};

static struct xebra_cmd show_reply_cmd = {
	.name = "show fake-reply",
	.help = "Answer. What follows is much longer than the help texts that DPDK takes, which "
		"are of "
		"127 bytes at most, and must be cut so that it takes them.",
	.params = params,
	.run = show_reply,
	.telemetry = true,
};
XEBRA_CMD(show_reply_cmd)

static int telemetry_fd = -1;
static char answer[20000];

/* DPDK's telemetry socket: one message a question, one an answer. */
static void *
ask(void *question)
{
	ssize_t n = -1;

	if (send(telemetry_fd, question, strlen(question), MSG_NOSIGNAL) > 0)
		n = recv(telemetry_fd, answer, sizeof(answer) - 1, 0);
	answer[RTE_MAX(n, 0)] = '\0';
	xebra_loop_stop();
	return NULL;
}

/* Ask from another thread while the control thread, which is this one, runs its loop. */
static const char *
ask_in_loop(const char *question)
{
	char *text = strdup(question);
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, ask, text), 0);
	assert_int_equal(xebra_loop_run(), 0);
	pthread_join(thread, NULL);
	free(text);
	return answer;
}

static void
assert_answers(const char *reply, const char *expected)
{
	char text[1000];

	fake_reply = reply;
	snprintf(text, sizeof(text), "{\"/xebra/fake_reply\":%s}", expected);
	assert_string_equal(ask_in_loop("/xebra/fake_reply"), text);
}

static void
values_become_what_telemetry_has(void **state __rte_unused)
{
	assert_answers("\"text\"", "\"text\"");
	assert_answers("null", "\"null\"");
	assert_answers("{\"s\": \"a\", \"n\": 5, \"neg\": -5, \"big\": 9223372036854775807,"
		       " \"low\": -9223372036854775807, \"f\": 1.6, \"t\": true, \"no\": false, "
		       "\"z\": null}",
		"{\"s\":\"a\",\"n\":5,\"neg\":-5,\"big\":9223372036854775807,"
		"\"low\":\"-9223372036854775807\",\"f\":2,\"t\":1,\"no\":0}");
	assert_answers("[1, 2, 3]", "[1,2,3]");
	assert_answers("[\"a\", \"b\"]", "[\"a\",\"b\"]");
	assert_answers("[1, \"b\", -3]", "[\"1\",\"b\",\"-3\"]");
	assert_answers("{\"a.b-c d\": 1, \"\": 2}", "{\"a_b_c_d\":1,\"_\":2}");
}

static void
rows_are_found_by_their_names(void **state __rte_unused)
{
	assert_answers("[{\"name\": \"lan\", \"mtu\": 1500}, {\"name\": \"wan\", \"mtu\": 9000}]",
		"{\"lan\":{\"name\":\"lan\",\"mtu\":1500},\"wan\":{\"name\":\"wan\",\"mtu\":9000}"
		"}");
	/* No name, or one that another row has: by place. */
	assert_answers("[{\"n\": 1}, {\"n\": 2}]", "{\"0\":{\"n\":1},\"1\":{\"n\":2}}");
	assert_answers("[{\"p\": \"0.0.0.0/0\"}, {\"p\": \"0.0.0.0/0\"}]",
		"{\"0_0_0_0/0\":{\"p\":\"0.0.0.0/0\"},\"1\":{\"p\":\"0.0.0.0/0\"}}");
	assert_answers("{\"nodes\": [{\"node\": \"rx\", \"packets\": 3}], \"list\": [4, 5]}",
		"{\"nodes\":{\"rx\":{\"node\":\"rx\",\"packets\":3}},\"list\":[4,5]}");
	assert_answers(
		"[{\"p\": \"x\", \"via\": [{\"g\": \"a\", \"w\": 1}, {\"g\": \"b\", \"w\": 2}]}]",
		"{\"x\":{\"p\":\"x\",\"via\":{\"a\":{\"g\":\"a\",\"w\":1},\"b\":{\"g\":\"b\",\"w\":"
		"2}}}}");
}

/* What is too much is left out in whole rows, and the answer says how many. */
static void
what_does_not_fit_is_counted(void **state __rte_unused)
{
	json_t *rows = json_array(), *reply, *shown, *row;
	const char *key;
	size_t whole = 0;
	char *text;

	for (int i = 0; i < 1000; i++)
		json_array_append_new(rows,
			json_pack("{s:o, s:s, s:i}", "name", json_sprintf("row%d", i), "text",
				"forty bytes of text for every single row", "number", i));
	text = json_dumps(rows, 0);
	fake_reply = text;
	reply = json_loads(ask_in_loop("/xebra/fake_reply"), 0, NULL);
	assert_non_null(reply);
	shown = json_object_get(reply, "/xebra/fake_reply");
	json_object_foreach (shown, key, row) {
		if (strcmp(key, "left_out") == 0)
			continue;
		assert_int_equal(json_object_size(row), 3);
		assert_int_equal(json_integer_value(json_object_get(row, "number")), whole);
		whole++;
	}
	assert_true(whole > 50);
	assert_int_equal(json_integer_value(json_object_get(shown, "left_out")), 1000 - whole);
	json_decref(reply);
	json_decref(rows);
	free(text);
}

static void
parameters_follow_a_comma(void **state __rte_unused)
{
	assert_string_equal(
		ask_in_loop("/xebra/fake_reply,lan"), "{\"/xebra/fake_reply\":{\"name\":\"lan\"}}");
	assert_string_equal(ask_in_loop("/xebra/fake_reply,a b,7"),
		"{\"/xebra/fake_reply\":{\"name\":\"a b\",\"number\":7}}");
	assert_string_equal(ask_in_loop("/xebra/fake_reply,bad"), "{\"/xebra/fake_reply\":null}");
	assert_string_equal(ask_in_loop("/xebra/fake_reply,a,b,c"), "{\"/xebra/fake_reply\":null}");
}

static void
help_is_cut_to_what_dpdk_takes(void **state __rte_unused)
{
	assert_non_null(strstr(ask_in_loop("/help,/xebra/fake_reply"), "Answer. What follows"));
}

static void
a_client_waits_for_a_busy_control_thread_only_so_long(void **state __rte_unused)
{
	char question[] = "/xebra/fake_reply,lan";

	/* This thread, which ought to answer, does not run its loop. */
	telemetry_wait_ms = 100;
	ask(question);
	assert_string_equal(answer, "{\"/xebra/fake_reply\":null}");
	/* What was given up is forgotten, and the next is answered. */
	telemetry_wait_ms = 60000;
	assert_int_equal(xebra_loop_run(), 0);
	assert_string_equal(
		ask_in_loop("/xebra/fake_reply,wan"), "{\"/xebra/fake_reply\":{\"name\":\"wan\"}}");
}

static void *
stop_ctl_when_asked(void *question)
{
	send(telemetry_fd, question, strlen(question), MSG_NOSIGNAL);
	return NULL;
}

static void
the_end_of_the_program_keeps_nobody_waiting(void **state __rte_unused)
{
	char question[] = "/xebra/fake_reply,lan";
	struct xebra_err err = {0};
	pthread_t thread;
	ssize_t n;

	assert_int_equal(pthread_create(&thread, NULL, stop_ctl_when_asked, question), 0);
	pthread_join(thread, NULL);
	/* Whether the question is there already or comes too late: the answer is null. */
	xebra_ctl_stop();
	n = recv(telemetry_fd, answer, sizeof(answer) - 1, 0);
	assert_true(n > 0);
	answer[n] = '\0';
	assert_string_equal(answer, "{\"/xebra/fake_reply\":null}");
	assert_int_equal(xebra_ctl_start(NULL, &err), 0);
	assert_string_equal(ask_in_loop("/xebra/fake_reply,again"),
		"{\"/xebra/fake_reply\":{\"name\":\"again\"}}");
}

static int
start(void **state __rte_unused)
{
	/* EAL keeps them. */
	static char words[][64] = {"test", "--no-huge", "-m", "64", "--no-pci", "--log-level=error",
		"--file-prefix", ""};
	static char *argv[RTE_DIM(words) + 1];
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct xebra_err err = {0};

	snprintf(words[7], sizeof(words[7]), "test-telemetry-%d", getpid());
	for (size_t i = 0; i < RTE_DIM(words); i++)
		argv[i] = words[i];
	if (rte_eal_init(RTE_DIM(words), argv) < 0 || xebra_loop_init() < 0 ||
		xebra_ctl_start(NULL, &err) < 0)
		return -1;
	telemetry_wait_ms = 60000;
	telemetry_fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/dpdk_telemetry.v2",
		rte_eal_get_runtime_dir());
	if (connect(telemetry_fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	/* Who it is, which DPDK says first. */
	return recv(telemetry_fd, answer, sizeof(answer), 0) > 0 ? 0 : -1;
}

static int
stop(void **state __rte_unused)
{
	char command[256];

	close(telemetry_fd);
	xebra_ctl_stop();
	xebra_loop_fini();
	snprintf(command, sizeof(command), "rm -rf '%s'", rte_eal_get_runtime_dir());
	return rte_eal_cleanup() | system(command);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_become_what_telemetry_has),
		cmocka_unit_test(rows_are_found_by_their_names),
		cmocka_unit_test(what_does_not_fit_is_counted),
		cmocka_unit_test(parameters_follow_a_comma),
		cmocka_unit_test(help_is_cut_to_what_dpdk_takes),
		cmocka_unit_test(a_client_waits_for_a_busy_control_thread_only_so_long),
		cmocka_unit_test(the_end_of_the_program_keeps_nobody_waiting),
	};

	return cmocka_run_group_tests_name("telemetry", tests, start, stop);
}
