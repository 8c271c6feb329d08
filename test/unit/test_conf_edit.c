/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands: showing, the candidate, going back, files. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_world.h"

#define START "{\"ports\": {\"p0\": {}}, \"interfaces\": {\"lan\": {\"port\": \"p0\"}}}"

static char folder[32];
static char file[64];
static struct xebra_err err;

static void
write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int
start(void **state)
{
	(void)state;
	world_make();
	strcpy(folder, "/tmp/xebra-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/router.json", folder);
	write_file(file, START);
	memset(&err, 0, sizeof(err));
	return xebra_conf_start(file, &err);
}

static int
stop(void **state)
{
	char command[64];

	(void)state;
	world.fail_in = 0;
	xebra_conf_stop();
	world_free();
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* Run a command with up to two string arguments and forget the reply. */
static int
run(const char *name, const char *key, const char *value)
{
	json_t *reply;
	int rc = fake_cmd_run(name, json_pack("{s:s*}", key, value), &reply, &err);

	json_decref(reply);
	return rc;
}

static int
set(const char *path, const char *value)
{
	json_t *reply;
	int rc = fake_cmd_run("config set",
		json_pack("{s:s, s:o}", "path", path, "value",
			json_loads(value, JSON_DECODE_ANY, NULL)),
		&reply, &err);

	json_decref(reply);
	return rc;
}

static int
rollback(int steps)
{
	json_t *reply;

	return fake_cmd_run("config rollback", json_pack("{s:i}", "steps", steps), &reply, &err);
}

/* What a command prints for people. */
static char *
printed(const char *name, json_t *args)
{
	struct xebra_cmd *cmd;
	json_t *reply;
	char *text;
	size_t size;
	FILE *out;

	assert_int_equal(fake_cmd_run(name, args, &reply, &err), 0);
	out = open_memstream(&text, &size);
	TAILQ_FOREACH (cmd, &fake_cmd_table, next)
		if (strcmp(cmd->name, name) == 0)
			cmd->print(reply, out);
	fclose(out);
	json_decref(reply);
	return text;
}

static void
assert_prints(const char *name, json_t *args, const char *expected)
{
	char *text = printed(name, args);

	assert_string_equal(text, expected);
	free(text);
}

static void
show_config_shows_the_part_asked_for(void **state)
{
	(void)state;
	assert_prints("show config", json_pack("{s:s}", "path", "interfaces.lan.port"), "\"p0\"\n");
	assert_prints("show config", json_pack("{s:s, s:b}", "path", "ports.p0", "defaults", 1),
		"{\n  \"device\": \"d\",\n  \"mtu\": 1500\n}\n");
	assert_int_equal(run("show config", "path", "ports.p7"), -ENOENT);
	assert_string_equal(err.text, "ports.p7: not in the configuration");
	assert_int_equal(run("show config", "path", "prots"), -EINVAL);
	assert_string_equal(err.text, "prots: unknown key; did you mean \"ports\"?");
}

static void
a_path_with_an_error_says_where(void **state)
{
	static const struct {
		const char *path, *why;
	} bad[] = {
		{"a..b", "path: a name is missing at byte 3"},
		{".a", "path: a name is missing at byte 1"},
		{"a.", "path: a name is missing at byte 3"},
		{"a.\"b", "path: a quote is not closed at byte 3"},
		{"a.\"\\x\"", "path: not a string as JSON has them at byte 3"},
		{"a[b]", "path: not an index at byte 2"},
		{"a[-1]", "path: not an index at byte 2"},
		{"a[1", "path: not an index at byte 2"},
		{"a[99999999999999999999]", "path: not an index at byte 2"},
		{"a.\xff", "path: not UTF-8 at byte 3"},
		{"a b", "path: a dot is missing at byte 2"},
		{"a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q", "path: too many steps at byte 32"},
	};
	struct conf_path path;

	(void)state;
	for (size_t i = 0; i < RTE_DIM(bad); i++) {
		assert_int_equal(conf_path_parse(bad[i].path, &path, &err), -EINVAL);
		assert_memory_equal(err.text, bad[i].why, strlen(bad[i].why));
	}
}

static void
a_path_reads_as_it_is_written(void **state)
{
	static const char *const good[] = {"ports", "ports.p0.mtu",
		"ip.routes.\"10.0.0.0/16\".weight", "a.\"b \\\"c\\\" \\u0001\"[0][17].d",
		"\"x.y\".z", "a.\"\".b"};
	struct conf_path path;
	char text[200];

	(void)state;
	for (size_t i = 0; i < RTE_DIM(good); i++) {
		assert_int_equal(conf_path_parse(good[i], &path, &err), 0);
		conf_path_print(&path, text, sizeof(text));
		assert_string_equal(text, good[i]);
	}
}

static void
a_candidate_is_prepared_compared_and_committed(void **state)
{
	(void)state;
	assert_int_equal(run("config commit", "x", NULL), -ENOENT);
	assert_prints("config diff", NULL, "no difference\n");
	assert_int_equal(set("ports.p1", "{\"mtu\": 9}"), 0);
	assert_int_equal(set("interfaces.lan.port", "\"p1\""), 0);
	assert_int_equal(set("ip.routes.\"10.0.0.0/8\"", "{\"interface\": \"lan\"}"), 0);
	assert_int_equal(run("config unset", "path", "ports.p0"), 0);
	/* Nothing is done yet. */
	assert_int_equal(json_object_size(world.ports), 1);
	assert_prints("config diff", NULL,
		"- ports.p0: {}\n"
		"+ ports.p1: {\"mtu\": 9}\n"
		"- interfaces.lan.port: \"p0\"\n"
		"+ interfaces.lan.port: \"p1\"\n"
		"+ ip: {\"routes\": {\"10.0.0.0/8\": {\"interface\": \"lan\"}}}\n");
	assert_int_equal(run("config commit", "x", NULL), 0);
	assert_true(world_is(xebra_conf_running_complete()));
	assert_non_null(json_object_get(world.ports, "p1"));
	assert_null(json_object_get(world.ports, "p0"));
	assert_null(conf_candidate());
}

static void
the_candidate_takes_only_what_can_be(void **state)
{
	(void)state;
	assert_int_equal(set("ports.p0.mtu", "\"big\""), -EINVAL);
	assert_string_equal(err.text, "ports.p0.mtu: \"big\" is not a whole number in 0..9000");
	assert_int_equal(set("ports.p0.mut", "1"), -EINVAL);
	assert_string_equal(err.text, "ports.p0.mut: unknown key; did you mean \"mtu\"?");
	assert_int_equal(set("ports.p0.mtu.x", "1"), -EINVAL);
	assert_string_equal(err.text, "ports.p0.mtu.x: nothing can be here");
	assert_int_equal(set("", "1"), -EINVAL);
	assert_int_equal(run("config unset", "path", "ports.p7"), -ENOENT);
	assert_string_equal(err.text, "ports.p7: there is no such thing");
	run("config discard", "x", NULL);
	/* Right by itself, wrong with the rest: the commit says so, and the candidate stays. */
	assert_int_equal(set("interfaces.wan", "{\"port\": \"p7\"}"), 0);
	assert_int_equal(run("config commit", "x", NULL), -ENOENT);
	assert_string_equal(err.text, "interfaces.wan.port: there is no p7");
	assert_int_equal(set("interfaces.wan.port", "\"p0\""), 0);
	assert_int_equal(run("config commit", "x", NULL), 0);
	assert_int_equal(json_object_size(world.interfaces), 2);
}

static void
a_candidate_does_not_undo_what_commands_did_meanwhile(void **state)
{
	static const char *const route[] = {"ip", "routes", "10.0.0.0/8", NULL};
	static const char *const mtu[] = {"ports", "p0", "mtu", NULL};

	(void)state;
	assert_int_equal(set("interfaces.wan", "{\"port\": \"p0\"}"), 0);
	json_object_set_new(world.routes, "10.0.0.0/8",
		json_pack("{s:s, s:i}", "interface", "lan", "weight", 1));
	xebra_conf_record(route, json_pack("{s:s}", "interface", "lan"));
	assert_int_equal(xebra_conf_change(mtu, json_integer(900), &err), 0);
	assert_int_equal(run("config commit", "x", NULL), 0);
	assert_non_null(json_object_get(world.routes, "10.0.0.0/8"));
	assert_non_null(json_object_get(world.interfaces, "wan"));
	assert_true(world_is(xebra_conf_running_complete()));
}

static void
rollback_goes_back_and_forth(void **state)
{
	(void)state;
	assert_int_equal(rollback(1), -ENOENT);
	assert_string_equal(err.text, "there is no configuration 1 steps back");
	for (int n = 1; n <= CONF_HISTORY_MAX + 3; n++) {
		char mtu[8];

		snprintf(mtu, sizeof(mtu), "%d", n);
		assert_int_equal(set("ports.p0.mtu", mtu), 0);
		assert_int_equal(run("config commit", "x", NULL), 0);
	}
	assert_int_equal(rollback(1), 0);
	assert_prints("show config", json_pack("{s:s}", "path", "ports.p0.mtu"), "12\n");
	assert_true(world_is(xebra_conf_running_complete()));
	assert_int_equal(rollback(1), 0);
	assert_prints("show config", json_pack("{s:s}", "path", "ports.p0.mtu"), "13\n");
	/* Two more have been added: the oldest of those kept is 5. */
	assert_int_equal(rollback(CONF_HISTORY_MAX), 0);
	assert_prints("show config", json_pack("{s:s}", "path", "ports.p0.mtu"), "5\n");
	assert_null(conf_history_get(CONF_HISTORY_MAX + 1));
}

static void
a_rollback_that_fails_changes_nothing(void **state)
{
	(void)state;
	assert_int_equal(set("ports.p0.mtu", "9"), 0);
	assert_int_equal(run("config commit", "x", NULL), 0);
	world.fail_in = 1;
	assert_int_equal(rollback(1), -EIO);
	assert_prints("show config", json_pack("{s:s}", "path", "ports.p0.mtu"), "9\n");
	assert_true(world_is(xebra_conf_running_complete()));
	assert_non_null(conf_history_get(1));
	assert_null(conf_history_get(2));
}

static void
save_writes_what_a_start_can_read(void **state)
{
	struct xebra_err why = {0};
	char link[80];
	struct stat st;
	json_t *saved;

	(void)state;
	chmod(file, 0604);
	snprintf(link, sizeof(link), "%s/link.json", folder);
	assert_int_equal(symlink("router.json", link), 0);
	assert_int_equal(set("ports.p1", "{\"mtu\": 7}"), 0);
	assert_int_equal(run("config commit", "x", NULL), 0);
	assert_int_equal(run("config save", "file", link), 0);
	/* The link is still one, the file keeps its mode, and nothing else lies about. */
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0604);
	assert_int_equal(xebra_conf_read(file, &saved, &why), 0);
	assert_true(json_equal(saved, xebra_conf_running()));
	json_decref(saved);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(folder), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
}

static void
a_save_that_fails_leaves_the_file(void **state)
{
	char path[96];

	(void)state;
	snprintf(path, sizeof(path), "%s/none/x.json", folder);
	assert_int_equal(run("config save", "file", path), -ENOENT);
	assert_non_null(strstr(err.text, "x.json: cannot write: No such file or directory"));
	/* A folder cannot be replaced by a file. */
	assert_int_equal(run("config save", "file", folder), -EISDIR);
	assert_int_equal(access(file, R_OK), 0);
}

static void
reload_takes_the_file_or_nothing(void **state)
{
	char expected[128];

	(void)state;
	write_file(file, "{\"ports\": {\"p0\": {}, \"p1\": {}}}");
	assert_int_equal(run("config reload", "x", NULL), 0);
	assert_int_equal(json_object_size(world.ports), 2);
	write_file(file, "{\"ports\": {\"p0\": {\"mtu\": 9001}}}");
	assert_int_equal(run("config reload", "x", NULL), -ERANGE);
	snprintf(expected, sizeof(expected), "%s: ports.p0.mtu: 9001 is not in 0..9000", file);
	assert_string_equal(err.text, expected);
	write_file(file, "{\"ports\": {\"p0\": {}, \"p0\": {}}}");
	assert_int_equal(run("config reload", "x", NULL), -EINVAL);
	unlink(file);
	assert_int_equal(run("config reload", "x", NULL), -ENOENT);
	assert_int_equal(json_object_size(world.ports), 2);
	assert_true(world_is(xebra_conf_running_complete()));
	assert_int_equal(rollback(1), 0);
	assert_int_equal(json_object_size(world.interfaces), 1);
}

static void
reload_reads_what_a_link_points_to_by_then(void **state)
{
	char link[80], other[80];

	(void)state;
	xebra_conf_stop();
	snprintf(link, sizeof(link), "%s/link.json", folder);
	snprintf(other, sizeof(other), "%s/other.json", folder);
	write_file(other, "{\"ports\": {\"p3\": {}}}");
	assert_int_equal(symlink("router.json", link), 0);
	assert_int_equal(xebra_conf_start(link, &err), 0);
	assert_non_null(json_object_get(world.ports, "p0"));
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("other.json", link), 0);
	assert_int_equal(run("config reload", "x", NULL), 0);
	assert_null(json_object_get(world.ports, "p0"));
	assert_non_null(json_object_get(world.ports, "p3"));
}

static int
refuse_p1(const json_t *config, struct xebra_err *why)
{
	if (json_object_get(json_object_get(config, "ports"), "p1") != NULL)
		return xebra_err_set(why, -EPERM, "ports.p1: not here");
	return 0;
}

/* What was checked is what is installed, whatever happens to the file in between. */
static void
what_is_loaded_is_installed(void **state)
{
	char expected[200];

	(void)state;
	xebra_conf_stop();
	write_file(file, "{\"ports\": {\"p7\": {}}}");
	assert_int_equal(xebra_conf_load(file, refuse_p1, &err), 0);
	assert_null(json_object_get(world.ports, "p7"));
	write_file(file, "{\"ports\": {\"p1\": {}}}");
	assert_int_equal(xebra_conf_install(&err), 0);
	assert_non_null(json_object_get(world.ports, "p7"));
	assert_null(json_object_get(world.ports, "p1"));
	xebra_conf_stop();
	assert_int_equal(xebra_conf_load(file, refuse_p1, &err), -EPERM);
	snprintf(expected, sizeof(expected), "%s: ports.p1: not here", file);
	assert_string_equal(err.text, expected);
	/* Loaded and not installed: nothing is left behind. */
	assert_int_equal(xebra_conf_load(file, NULL, &err), 0);
}

static void
a_relative_file_is_still_found_from_another_folder(void **state)
{
	char *before = get_current_dir_name();

	(void)state;
	xebra_conf_stop();
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(xebra_conf_start("router.json", &err), 0);
	assert_int_equal(chdir(before), 0);
	free(before);
	write_file(file, "{\"ports\": {\"p0\": {}, \"p1\": {}}}");
	assert_int_equal(run("config reload", "x", NULL), 0);
	assert_int_equal(json_object_size(world.ports), 2);
}

static void
a_loaded_file_is_a_candidate_as_a_whole(void **state)
{
	char other[80];

	(void)state;
	snprintf(other, sizeof(other), "%s/other.json", folder);
	write_file(other, "{\"ports\": {\"p3\": {}}}");
	assert_int_equal(run("config check", "file", other), 0);
	assert_null(conf_candidate());
	assert_int_equal(run("config load", "file", other), 0);
	assert_prints("config diff", NULL,
		"- ports.p0: {}\n"
		"+ ports.p3: {}\n"
		"- interfaces: {\"lan\": {\"port\": \"p0\"}}\n");
	assert_int_equal(run("config commit", "x", NULL), 0);
	assert_int_equal(json_object_size(world.ports), 1);
	assert_non_null(json_object_get(world.ports, "p3"));
	write_file(other, "{");
	assert_int_equal(run("config load", "file", other), -EINVAL);
	assert_null(conf_candidate());
}

static const char *
port_of(const char *interface)
{
	return json_string_value(
		json_object_get(json_object_get(world.interfaces, interface), "port"));
}

/* Also when it was read as one object with others. */
static void
what_is_changed_is_changed_in_one_place(void **state)
{
	char other[80];

	(void)state;
	snprintf(other, sizeof(other), "%s/other.json", folder);
	write_file(other,
		"{\"ports\": {\"p0\": {}, \"p1\": {}}, \"interfaces\": "
		"{\"a\": {\"port\": \"p0\"}, \"b\": {\"port\": \"p0\"}}}");
	assert_int_equal(run("config load", "file", other), 0);
	assert_int_equal(set("interfaces.a.port", "\"p1\""), 0);
	assert_int_equal(run("config commit", "x", NULL), 0);
	assert_string_equal(port_of("a"), "p1");
	assert_string_equal(port_of("b"), "p0");
}

/* The candidate and the running configuration have parts in common, and each changes its own. */
static void
what_both_have_is_changed_in_one_of_them(void **state)
{
	const char *const path[] = {"ports", "p9", NULL};
	const char *const used[] = {"ports", "p0", NULL};
	json_t *before = json_deep_copy(xebra_conf_running());

	(void)state;
	assert_int_equal(set("ports.p1", "{}"), 0);
	assert_int_equal(set("interfaces.lan.port", "\"p1\""), 0);
	assert_true(json_equal(before, xebra_conf_running()));
	/* The other way round; a change that is refused changes nothing. */
	assert_int_equal(xebra_conf_change(path, json_pack("{s:i}", "no", 1), &err), -EINVAL);
	assert_true(json_equal(before, xebra_conf_running()));
	assert_true(xebra_conf_change(used, NULL, &err) < 0);
	assert_true(json_equal(before, xebra_conf_running()));
	assert_int_equal(xebra_conf_change(path, json_object(), &err), 0);
	assert_non_null(json_object_get(world.ports, "p9"));
	assert_string_equal(port_of("lan"), "p0");
	json_decref(before);
}

static void
a_file_that_is_wrong_says_where(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"", ": empty; the least configuration is {}"},
		{"{\"ports\": {},\n \"ports\": {}}", ":2:8: ports: twice; once is allowed"},
		{"{\"ports\": {\"p0\": {\"mtu\": 1, \"m\\u0074u\": 2}}}",
			":1:38: ports.p0.mtu: twice; once is allowed"},
		{"[[], [1, {\"a\": \"}]\", \"b\\\"\": {\"c\": 1, \"c\": 2}}]]",
			":1:40: [1][1].\"b\\\"\".c: twice; once is allowed"},
		{"{\n  \"ports\": {,}\n}", ":2:13: string or '}' expected near ','"},
		{"{} {}", ":1:4: end of file expected near '{'"},
		{"{\"a\nb\": 1}", ":1:3: unexpected newline near '\"a'"},
		{"{\"\\u0000\": 1}",
			":1:9: NUL byte in object key not supported near '\"\\u0000\"'"},
		{"{\x1b[31m", ":1:2: string or '}' expected near '?'"},
		{"[1]", ": not a configuration: an object of sections"},
		{"{\"ports\": 9223372036854775808}",
			":1:29: ports: 9223372036854775808 is too large a number"},
		{"9223372036854775808", ":1:19: 9223372036854775808 is too large a number"},
		{"{\"ports\": {\"p0\": {\"mtu\": -99999999999999999999}}}",
			":1:46: ports.p0.mtu: -99999999999999999999 is not in 0..9000"},
	};
	char expected[160];

	(void)state;
	for (size_t i = 0; i < RTE_DIM(bad); i++) {
		write_file(file, bad[i].text);
		assert_int_equal(run("config check", "file", file), -EINVAL);
		snprintf(expected, sizeof(expected), "%s%s", file, bad[i].why);
		assert_string_equal(err.text, expected);
	}
	assert_int_equal(run("config check", "file", folder), -EINVAL);
	snprintf(expected, sizeof(expected), "%s: not a regular file", folder);
	assert_string_equal(err.text, expected);
}

static void
a_file_of_brackets_is_refused_and_survived(void **state)
{
	const size_t n = 1 << 20;
	char *text = malloc(n + 1);

	(void)state;
	memset(text, '[', n);
	text[n] = '\0';
	write_file(file, text);
	free(text);
	assert_int_equal(run("config check", "file", file), -EINVAL);
	assert_non_null(strstr(err.text, "depth"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(show_config_shows_the_part_asked_for),
		TEST(a_path_with_an_error_says_where),
		TEST(a_path_reads_as_it_is_written),
		TEST(a_candidate_is_prepared_compared_and_committed),
		TEST(the_candidate_takes_only_what_can_be),
		TEST(a_candidate_does_not_undo_what_commands_did_meanwhile),
		TEST(rollback_goes_back_and_forth),
		TEST(a_rollback_that_fails_changes_nothing),
		TEST(save_writes_what_a_start_can_read),
		TEST(a_save_that_fails_leaves_the_file),
		TEST(reload_takes_the_file_or_nothing),
		TEST(reload_reads_what_a_link_points_to_by_then),
		TEST(what_is_loaded_is_installed),
		TEST(a_relative_file_is_still_found_from_another_folder),
		TEST(a_loaded_file_is_a_candidate_as_a_whole),
		TEST(what_is_changed_is_changed_in_one_place),
		TEST(what_both_have_is_changed_in_one_of_them),
		TEST(a_file_that_is_wrong_says_where),
		TEST(a_file_of_brackets_is_refused_and_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
