/* SPDX-License-Identifier: BSD-3-Clause */
/* A commit is all or nothing, whatever fails, and touches only what differs. */
#include <stdio.h>
#include <unistd.h>

#include "fake_world.h"
#include "xebra_log.h"

#define WALK 4000

/* A section as "control": what stands on the process floor, for as long as the program runs. */
static unsigned int process_ends;

static void
process_withdraw(const json_t *from, const json_t *to)
{
	(void)from;
	process_ends += to == NULL;
}

static struct xebra_conf_section process_section = {
	.schema =
		{
			.name = "process",
			.type = XEBRA_CONF_OBJECT,
			.keys = (const struct xebra_conf_key[]){{.name = NULL}},
		},
	.floor = XEBRA_CONF_FLOOR_PROCESS,
	.withdraw = process_withdraw,
};
XEBRA_CONF_SECTION(process_section)

static char file[] = "/tmp/xebra-test-XXXXXX";

static int
start(void **state)
{
	struct xebra_err err = {0};
	FILE *f;

	(void)state;
	srand(1);
	world_make();
	strcpy(file, "/tmp/xebra-test-XXXXXX");
	f = fdopen(mkstemp(file), "w");
	assert_non_null(f);
	fputs("{\"ports\": {\"p0\": {}}, \"interfaces\": {\"lan\": {\"port\": \"p0\"}}}", f);
	fclose(f);
	return xebra_conf_start(file, &err);
}

static int
stop(void **state)
{
	(void)state;
	world.fail_in = world.fail_percent = 0;
	xebra_conf_stop();
	unlink(file);
	assert_int_equal(json_object_size(world.ports), 0);
	assert_int_equal(json_object_size(world.interfaces), 0);
	assert_int_equal(json_object_size(world.routes), 0);
	world_free();
	return 0;
}

static json_t *
parse(const char *text)
{
	json_t *config = json_loads(text, 0, NULL);

	assert_non_null(config);
	return config;
}

static void
the_start_installs_the_file(void **state)
{
	(void)state;
	assert_true(world_is(xebra_conf_running_complete()));
	assert_true(world.settled);
	assert_int_equal(json_object_size(world.interfaces), 1);
}

static void
a_start_that_fails_leaves_nothing(void **state)
{
	struct xebra_err err = {0};
	char expected[200];

	(void)state;
	xebra_conf_stop();
	for (int n = 1; n <= 3; n++) {
		world.fail_in = n;
		assert_int_equal(xebra_conf_start(file, &err), -EIO);
		assert_int_equal(json_object_size(world.ports), 0);
		assert_int_equal(json_object_size(world.interfaces), 0);
		assert_null(xebra_conf_running());
	}
	snprintf(expected, sizeof(expected), "%s: settle.graph: broken", file);
	assert_string_equal(err.text, expected);
}

static void
what_stays_the_same_is_not_touched(void **state)
{
	unsigned int installs, removals;
	struct xebra_err err = {0};

	(void)state;
	assert_int_equal(conf_commit(parse("{\"ports\": {\"p0\": {}, \"p1\": {}}, \"interfaces\": "
					   "{\"lan\": {\"port\": \"p0\"}}}"),
				 "test", &err),
		0);
	installs = world.installs;
	removals = world.removals;
	/* The same with a default written out: nothing to do. */
	world.fail_in = 1;
	assert_int_equal(conf_commit(parse("{\"ports\": {\"p0\": {\"mtu\": 1500}, \"p1\": {}}, "
					   "\"interfaces\": {\"lan\": {\"port\": \"p0\"}}}"),
				 "test", &err),
		0);
	world.fail_in = 0;
	assert_int_equal(world.installs, installs);
	/* One more and one less: two steps, not a word to the rest. */
	assert_int_equal(conf_commit(parse("{\"ports\": {\"p0\": {}}, \"interfaces\": {\"lan\": "
					   "{\"port\": \"p0\"}, \"wan\": {\"port\": \"p0\"}}}"),
				 "test", &err),
		0);
	assert_int_equal(world.installs, installs + 1);
	assert_int_equal(world.removals, removals + 1);
}

static void
a_refused_configuration_changes_nothing(void **state)
{
	json_t *before = json_deep_copy(xebra_conf_running());
	struct xebra_err err = {0};
	unsigned int installs = world.installs;

	(void)state;
	assert_int_equal(
		conf_commit(parse("{\"interfaces\": {\"lan\": {\"port\": \"p9\"}}}"), "test", &err),
		-ENOENT);
	assert_string_equal(err.text, "interfaces.lan.port: there is no p9");
	assert_true(json_equal(xebra_conf_running(), before));
	assert_int_equal(world.installs, installs);
	assert_null(conf_history_get(1));
	json_decref(before);
}

static void
what_needs_a_restart_is_refused(void **state)
{
	struct xebra_err err = {0};

	(void)state;
	assert_int_equal(
		conf_commit(parse("{\"ports\": {\"p0\": {\"device\": \"e\"}}}"), "test", &err),
		-EBUSY);
	assert_string_equal(err.text,
		"ports.p0.device: cannot change while the program runs; write the file and "
		"restart it");
	/* One that comes is no change. */
	assert_int_equal(
		conf_commit(parse("{\"ports\": {\"p1\": {\"device\": \"e\"}}}"), "test", &err), 0);
	assert_true(world_is(xebra_conf_running_complete()));
}

static void
a_failure_at_any_step_goes_back_to_what_was(void **state)
{
	unsigned int failures = 0;

	(void)state;
	for (int n = 0; n < WALK; n++) {
		json_t *before = json_incref((json_t *)(uintptr_t)xebra_conf_running_complete());
		json_t *config = world_random();
		struct xebra_err err = {0};
		int rc;

		world.fail_in = rand() % 3 > 0 ? 1 + rand() % 12 : 0;
		rc = conf_commit(json_incref(config), "test", &err);
		world.fail_in = 0;
		if (rc < 0) {
			failures++;
			assert_int_equal(rc, -EIO);
			assert_ptr_equal(xebra_conf_running_complete(), before);
		} else {
			assert_true(json_equal(xebra_conf_running(), config));
		}
		assert_true(world_is(xebra_conf_running_complete()));
		assert_true(world.settled);
		json_decref(config);
		json_decref(before);
	}
	/* The walk has seen both ways often. */
	assert_in_range(failures, WALK / 10, WALK * 9 / 10);
}

/* Every entry installed is one of this configuration's. */
static bool
part_of(json_t *installed, const json_t *all)
{
	const char *name;
	json_t *value;

	json_object_foreach (installed, name, value)
		if (!json_equal(value, json_object_get(all, name)))
			return false;
	return true;
}

static void
after_a_way_back_that_failed_the_next_commit_is_whole_again(void **state)
{
	unsigned int partial = 0;

	(void)state;
	process_ends = 0;
	for (int n = 0; n < WALK / 4; n++) {
		struct xebra_err err = {0};
		const json_t *complete;

		world.fail_percent = rand() % 40;
		(void)conf_commit(world_random(), "test", &err);
		world.fail_percent = 0;
		complete = xebra_conf_running_complete();
		partial += !world_is(complete);
		assert_true(part_of(world.ports, json_object_get(complete, "ports")));
		assert_true(part_of(world.interfaces, json_object_get(complete, "interfaces")));
		assert_true(part_of(
			world.routes, json_object_get(json_object_get(complete, "ip"), "routes")));
		/* Every other time the same configuration again: it is installed all the same. */
		if (n % 2 == 0)
			assert_int_equal(
				conf_commit(json_deep_copy(xebra_conf_running()), "test", &err), 0);
		else
			assert_int_equal(conf_commit(world_random(), "test", &err), 0);
		assert_true(world_is(xebra_conf_running_complete()));
		assert_true(world.settled);
	}
	assert_true(partial > WALK / 100);
	/* Whoever asked for a commit still has the connection to hear of it. */
	assert_int_equal(process_ends, 0);
}

static void
recorded_changes_equal_a_check_of_the_whole(void **state)
{
	char prefix[24], interface[8];
	json_t *complete;

	(void)state;
	for (int n = 0; n < WALK / 4; n++) {
		const char *path[] = {"ip", "routes", prefix, NULL};
		json_t *value = NULL;
		struct xebra_err err = {0};

		if (n % 10 == 0)
			assert_int_equal(conf_commit(world_random(), "test", &err), 0);
		snprintf(prefix, sizeof(prefix), "10.%d.0.0/16", rand() % 8);
		snprintf(interface, sizeof(interface), "i%d", rand() % 6);
		if (json_object_get(world.interfaces, interface) != NULL)
			value = json_pack("{s:s}", "interface", interface);
		/* What the command itself would do to the table. */
		if (value != NULL)
			json_object_set_new(world.routes, prefix,
				json_pack("{s:s, s:i}", "interface", interface, "weight", 1));
		else
			json_object_del(world.routes, prefix);
		xebra_conf_record(path, value);
		assert_int_equal(
			conf_check_root((json_t *)(uintptr_t)xebra_conf_running(), &complete, &err),
			0);
		assert_true(json_equal(complete, xebra_conf_running_complete()));
		assert_true(world_is(complete));
		json_decref(complete);
	}
}

static void
a_recorded_default_comes_back_when_it_is_taken_away(void **state)
{
	static const char *const path[] = {"ip", "ttl", NULL};
	const json_t *ip;

	(void)state;
	xebra_conf_record(path, json_integer(3));
	ip = json_object_get(xebra_conf_running_complete(), "ip");
	assert_int_equal(json_integer_value(json_object_get(ip, "ttl")), 3);
	xebra_conf_record(path, NULL);
	ip = json_object_get(xebra_conf_running_complete(), "ip");
	assert_int_equal(json_integer_value(json_object_get(ip, "ttl")), 64);
	assert_null(json_object_get(json_object_get(xebra_conf_running(), "ip"), "ttl"));
}

static void
a_command_changes_a_part_as_a_commit_does(void **state)
{
	static const char *const mtu[] = {"ports", "p0", "mtu", NULL};
	static const char *const lan[] = {"interfaces", "lan", NULL};
	static const char *const port[] = {"ports", "p0", NULL};
	struct xebra_err err = {0};

	(void)state;
	assert_int_equal(xebra_conf_change(mtu, json_integer(9001), &err), -ERANGE);
	assert_string_equal(err.text, "ports.p0.mtu: 9001 is not in 0..9000");
	assert_int_equal(xebra_conf_change(mtu, json_integer(9000), &err), 0);
	assert_true(world_is(xebra_conf_running_complete()));
	assert_int_equal(xebra_conf_change(port, NULL, &err), -ENOENT);
	assert_int_equal(xebra_conf_change(lan, NULL, &err), 0);
	assert_int_equal(xebra_conf_change(port, NULL, &err), 0);
	assert_int_equal(xebra_conf_change(port, NULL, &err), -ENOENT);
	assert_int_equal(json_object_size(world.ports), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_start_installs_the_file, start, stop),
		cmocka_unit_test_setup_teardown(a_start_that_fails_leaves_nothing, start, stop),
		cmocka_unit_test_setup_teardown(what_stays_the_same_is_not_touched, start, stop),
		cmocka_unit_test_setup_teardown(
			a_refused_configuration_changes_nothing, start, stop),
		cmocka_unit_test_setup_teardown(what_needs_a_restart_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(
			a_failure_at_any_step_goes_back_to_what_was, start, stop),
		cmocka_unit_test_setup_teardown(
			after_a_way_back_that_failed_the_next_commit_is_whole_again, start, stop),
		cmocka_unit_test_setup_teardown(
			recorded_changes_equal_a_check_of_the_whole, start, stop),
		cmocka_unit_test_setup_teardown(
			a_recorded_default_comes_back_when_it_is_taken_away, start, stop),
		cmocka_unit_test_setup_teardown(
			a_command_changes_a_part_as_a_commit_does, start, stop),
	};

	/* Ways back that fail are many here and each logs an error. */
	rte_log_set_level(xebra_logtype, RTE_LOG_CRIT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
