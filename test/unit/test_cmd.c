/* SPDX-License-Identifier: BSD-3-Clause */
/* The command table, arguments, words, completion and what people see. */
#include <stdlib.h>
#include <string.h>

#include "xebra_test.h"

#include "fake_cmds.h"
#include "telemetry_priv.h"
#include "xebra_ctl.h"

static void
assert_json(json_t *value, const char *expected)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
	json_decref(value);
}

static void
an_unknown_command_gets_a_suggestion(void **state __rte_unused)
{
	static const struct {
		const char *line, *text;
	} cases[] = {
		{"fake ehco", "fake ehco: no such command, did you mean \"fake echo\"?"},
		{"fkae", "fkae: no such command, did you mean \"fake\"?"},
		{"zzz 1 2", "zzz 1 2: no such command, see \"help\""},
		{"fake", "fake: goes on with one of: add, count, echo, fail, large, set"},
		{"fake zzzzz lan",
			"fake zzzzz lan: no such command, \"fake\" goes on with one of: "
			"add, count, echo, fail, large, set"},
	};

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		const struct xebra_cmd *cmd;
		struct xebra_err err = {0};
		json_t *reply;

		assert_int_equal(line_run(cases[i].line, &cmd, &reply, &err), -ENOENT);
		assert_string_equal(err.text, cases[i].text);
		assert_int_equal(err.code, -ENOENT);
		assert_null(reply);
	}
}

static void
a_name_of_megabytes_is_refused(void **state __rte_unused)
{
	size_t bytes = 4 << 20;
	char *name = malloc(bytes + 1);
	struct xebra_err err = {0};
	json_t *reply;

	memset(name, 'f', bytes);
	name[bytes] = '\0';
	assert_int_equal(xebra_cmd_run(name, NULL, &reply, &err), -ENOENT);
	memcpy(name, "fake ", 5);
	assert_int_equal(xebra_cmd_run(name, NULL, &reply, &err), -ENOENT);
	free(name);
}

static void
wrong_arguments_are_named(void **state __rte_unused)
{
	static const struct {
		const char *args, *text;
	} cases[] = {
		{"{}", "fake add: prefix: missing (Where to.)"},
		{"{\"prefix\": \"a\"}", "fake add: via: missing (Next hop.)"},
		{"[\"a\"]", "fake add: the parameters must be an object, by name"},
		{"{\"prefix\": 3, \"via\": \"b\"}", "fake add: prefix: 3 is not a string"},
		{"{\"prefix\": \"a\", \"vai\": \"b\"}",
			"fake add: vai: no such parameter, did you mean \"via\"?"},
		{"{\"prefix\": \"a\", \"nonsense\": \"b\"}",
			"fake add: nonsense: no such parameter"},
		{"{\"prefix\": \"012345678901234567890\", \"via\": \"b\"}",
			"fake add: prefix: longer than 20 bytes, the most that it may be"},
		{"{\"prefix\": \"a\", \"via\": \"b\", \"weight\": 0}",
			"fake add: weight: 0 is not in 1..255"},
		{"{\"prefix\": \"a\", \"via\": \"b\", \"weight\": 256}",
			"fake add: weight: 256 is not in 1..255"},
		{"{\"prefix\": \"a\", \"via\": \"b\", \"weight\": 1.5}",
			"fake add: weight: 1.5 is not a whole number in 1..255"},
		{"{\"prefix\": \"a\", \"via\": \"b\", \"weight\": \"1\"}",
			"fake add: weight: \"1\" is not a whole number in 1..255"},
		{"{\"prefix\": \"a\", \"via\": \"b\", \"type\": \"hole\"}",
			"fake add: type: \"hole\" is not one of: blackhole, unreachable"},
		{"{\"prefix\": \"a\", \"via\": \"b\", \"quiet\": false}",
			"fake add: quiet: false is not true"},
	};

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		json_t *args = json_loads(cases[i].args, 0, NULL), *reply;
		struct xebra_err err = {0};

		assert_non_null(args);
		assert_int_equal(xebra_cmd_run("fake add", args, &reply, &err), -EINVAL);
		assert_string_equal(err.text, cases[i].text);
		json_decref(args);
	}
}

static void
a_long_value_is_cut_in_the_error(void **state __rte_unused)
{
	char text[2000];
	struct xebra_err err = {0};
	json_t *args, *reply;

	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	args = json_pack("{s:s, s:s, s:s}", "prefix", "a", "via", "b", "type", text);
	assert_int_equal(xebra_cmd_run("fake add", args, &reply, &err), -EINVAL);
	assert_non_null(strstr(err.text, "yyy... is not one of: blackhole, unreachable"));
	json_decref(args);
}

static void
words_become_arguments(void **state __rte_unused)
{
	static const struct {
		const char *line, *args;
	} cases[] = {
		{"fake add 10.0.0.0/8 via 10.1.1.1",
			"{\"prefix\":\"10.0.0.0/8\",\"via\":\"10.1.1.1\"}"},
		{"  fake\tadd a  quiet weight 3 via b # remark",
			"{\"prefix\":\"a\",\"quiet\":true,\"via\":\"b\",\"weight\":3}"},
		{"fake add via via via", "{\"prefix\":\"via\",\"via\":\"via\"}"},
		{"fake add a via b weight 0x10", "{\"prefix\":\"a\",\"via\":\"b\",\"weight\":16}"},
		{"fake echo", "{}"},
		{"fake echo detail", "{\"detail\":true}"},
		{"fake echo \"detail\"", "{\"name\":\"detail\"}"},
		{"fake echo lan detail", "{\"detail\":true,\"name\":\"lan\"}"},
		{"fake echo 'a b'", "{\"name\":\"a b\"}"},
		{"fake echo \"a\\\"b\\\\\"", "{\"name\":\"a\\\"b\\\\\"}"},
		{"fake echo \"\"", "{\"name\":\"\"}"},
		{"fake echo ip4.\"a b\".c", "{\"name\":\"ip4.\\\"a b\\\".c\"}"},
		{"fake set p {\"a\": [1, \"}\"]}", "{\"path\":\"p\",\"value\":{\"a\":[1,\"}\"]}}"},
		{"fake set p [1, 2] 5", "{\"at\":5,\"path\":\"p\",\"value\":[1,2]}"},
		{"fake set p true", "{\"path\":\"p\",\"value\":true}"},
		{"fake set p 5", "{\"path\":\"p\",\"value\":5}"},
		{"fake set p \"5\"", "{\"path\":\"p\",\"value\":\"5\"}"},
		{"fake set p lan", "{\"path\":\"p\",\"value\":\"lan\"}"},
		{"fake set p 1 -2 because it is so",
			"{\"at\":-2,\"path\":\"p\",\"value\":1,\"why\":\"because it is so\"}"},
	};

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		const struct xebra_cmd *cmd;
		struct xebra_err err = {0};
		json_t *reply;

		if (line_run(cases[i].line, &cmd, &reply, &err) < 0)
			fail_msg("%s: %s", cases[i].line, err.text);
		assert_json(reply, cases[i].args);
	}
}

static void
wrong_words_are_named(void **state __rte_unused)
{
	static const struct {
		const char *line, *text;
	} cases[] = {
		{"fake add", "fake add: prefix: missing (Where to.)"},
		{"fake add a", "fake add: via: missing (Next hop.)"},
		{"fake add a b", "fake add: \"b\" is not expected here"},
		{"fake add a via", "fake add: via: the value is missing (Next hop.)"},
		{"fake add a via b via c", "fake add: via: given twice"},
		{"fake add a via b weight x",
			"fake add: weight: \"x\" is not a whole number in 1..255"},
		{"fake add a via b weight 99999999999999999999",
			"fake add: weight: \"99999999999999999999\" is not a whole number in "
			"1..255"},
		{"fake add a via b weight 300", "fake add: weight: 300 is not in 1..255"},
		{"fake add \xff via b", "fake add: prefix: is not UTF-8"},
		{"fake count 1", "fake count: \"1\" is not expected here"},
		{"fake echo \"lan", "lan: the closing quote is missing"},
		{"fake set p {\"a\": 1", "{\"a\": 1: the closing bracket is missing"},
		{"fake echo \"lan\"x", "x: a blank must come here"},
	};

	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		const struct xebra_cmd *cmd;
		struct xebra_err err = {0};
		json_t *reply;

		assert_int_equal(line_run(cases[i].line, &cmd, &reply, &err), -EINVAL);
		assert_string_equal(err.text, cases[i].text);
	}
}

static void
empty_lines_do_nothing(void **state __rte_unused)
{
	static const char *const lines[] = {"", "   \t\r\n", "# fake fail"};

	for (size_t i = 0; i < RTE_DIM(lines); i++) {
		const struct xebra_cmd *cmd;
		struct xebra_err err = {0};
		json_t *reply;

		assert_int_equal(line_run(lines[i], &cmd, &reply, &err), 0);
		assert_null(cmd);
		assert_json(reply, "null");
	}
}

static void
lines_have_limits(void **state __rte_unused)
{
	char *line = malloc(LINE_BYTES_MAX + 1);
	const struct xebra_cmd *cmd;
	struct xebra_err err = {0};
	json_t *reply;

	memset(line, 'a', LINE_BYTES_MAX);
	line[LINE_BYTES_MAX] = '\0';
	assert_int_equal(line_run(line, &cmd, &reply, &err), -EINVAL);
	assert_string_equal(err.text, "a line of more than 65535 bytes");
	line[LINE_BYTES_MAX - 1] = '\0';
	assert_int_equal(line_run(line, &cmd, &reply, &err), -ENOENT);
	for (size_t i = 0; i < LINE_BYTES_MAX - 2; i += 2)
		memcpy(line + i, "a ", 2);
	assert_int_equal(line_run(line, &cmd, &reply, &err), -EINVAL);
	assert_string_equal(err.text, "more than 128 words");
	free(line);
}

static void
assert_printed(const struct xebra_cmd *cmd, const char *json, const char *expected)
{
	json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(value);
	xebra_cmd_print(cmd, value, out);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
	json_decref(value);
}

static void
lists_of_objects_are_tables(void **state __rte_unused)
{
	assert_printed(NULL,
		"[{\"name\": \"lan\", \"vlan\": 2, \"state\": \"up\"},"
		" {\"name\": \"uplink0\", \"vlan\": null, \"state\": \"down\", \"load\": 1.5},"
		" {\"name\": \"w\\u00e4n\", \"vlan\": 4094, \"state\": \"up\"}]",
		"name     vlan  state  load\n"
		"lan         2  up        -\n"
		"uplink0     -  down   1.50\n"
		"w\u00e4n      4094  up        -\n");
	assert_printed(NULL,
		"[{\"prefix\": \"10.0.0.0/8\", \"via\": [{\"gateway\": \"10.1.1.1\", \"weight\": "
		"1},"
		" {\"gateway\": \"10.1.1.2\", \"weight\": 3}]},"
		" {\"prefix\": \"0.0.0.0/0\", \"via\": []}]",
		"prefix      via\n"
		"10.0.0.0/8  gateway=10.1.1.1 weight=1, gateway=10.1.1.2 weight=3\n"
		"0.0.0.0/0   -\n");
}

static void
objects_are_lines(void **state __rte_unused)
{
	assert_printed(NULL,
		"{\"version\": \"1.0\", \"busy\": true, \"none\": [], \"lcores\": [1, 2],"
		" \"nodes\": [{\"node\": \"a\", \"packets\": 10}, {\"node\": \"bc\", \"packets\": "
		"9}],"
		" \"deep\": {\"x\": null, \"y\": {\"z\": \"\"}}}",
		"version: 1.0\n"
		"busy: yes\n"
		"none: -\n"
		"lcores: 1, 2\n"
		"nodes:\n"
		"  node  packets\n"
		"  a          10\n"
		"  bc          9\n"
		"deep:\n"
		"  x: -\n"
		"  y:\n"
		"    z: \"\"\n");
}

static void
simple_replies_are_plain(void **state __rte_unused)
{
	assert_printed(NULL, "null", "");
	assert_printed(NULL, "[]", "none\n");
	assert_printed(NULL, "{}", "none\n");
	assert_printed(NULL, "\"a\\nb\"", "a\nb\n");
	assert_printed(NULL, "\"a\\n\"", "a\n");
	assert_printed(NULL, "17", "17\n");
	assert_printed(NULL, "[\"a\", \"b\"]", "a\nb\n");
}

static void
names_cannot_speak_to_the_terminal(void **state __rte_unused)
{
	assert_printed(NULL, "{\"a\\u001b[2J\": \"\\u001b]0;x\\u0007\\n\\u009b1m\\u007f\"}",
		"a?[2J: ?]0;x???1m?\n");
	assert_printed(NULL, "\"\\u001b[2J\\ttab\"", "?[2J\ttab\n");
}

static void
assert_completed(const char *line, const char *expected)
{
	json_t *list = complete_line(line), *item;
	char text[1024] = "";
	size_t i, used = 0;

	assert_non_null(list);
	json_array_foreach (list, i, item) {
		const char *word = json_string_value(json_object_get(item, "word"));

		if (word == NULL)
			word = json_string_value(json_object_get(item, "hint"));
		assert_non_null(word);
		used += snprintf(text + used, sizeof(text) - used, "%s%s", i > 0 ? " " : "", word);
	}
	json_decref(list);
	if (strcmp(text, expected) != 0)
		fail_msg("\"%s\" offers: %s", line, text);
}

static void
completion_offers_what_may_stand_there(void **state __rte_unused)
{
	static const struct {
		const char *line, *offers;
	} cases[] = {
		{"fa", "fake"},
		{"fake", "fake"},
		{"fake ", "add count echo fail large set"},
		{"fake e", "echo"},
		{"fake echo ", "detail lan wan <name>"},
		{"fake echo l", "lan <name>"},
		{"fake echo lan ", "detail"},
		{"fake echo detail ", "lan wan <name>"},
		{"fake add ", "<prefix>"},
		{"fake add a ", "quiet type via weight"},
		{"fake add a via ", "lan wan <via>"},
		{"fake add a via b ", "quiet type weight"},
		{"fake add a via b type ", "blackhole unreachable"},
		{"fake add a via b type u", "unreachable"},
		{"fake add a via b weight ", "<weight>"},
		{"fake add a nonsense ", ""},
		{"fake count ", ""},
		{"zzz ", ""},
		{"fake echo \"a", "<name>"},
		{"help fa", "fake"},
		{"help fake ", "add count echo fail large set"},
		{"help fake ec", "echo"},
	};

	for (size_t i = 0; i < RTE_DIM(cases); i++)
		assert_completed(cases[i].line, cases[i].offers);
}

static void
help_explains_a_command(void **state __rte_unused)
{
	const struct xebra_cmd *cmd;
	struct xebra_err err = {0};
	json_t *reply;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	assert_int_equal(line_run("help fake add", &cmd, &reply, &err), 0);
	out = open_memstream(&text, &size);
	xebra_cmd_print(cmd, reply, out);
	fclose(out);
	assert_string_equal(text,
		"fake add <prefix> via <via> [weight <weight>] [type blackhole|unreachable] "
		"[quiet]\n"
		"  Add.\n"
		"    prefix  Where to.\n"
		"    via     Next hop.\n"
		"    weight  Share.\n"
		"    type    Kind.\n"
		"    quiet   Say nothing.\n");
	free(text);
	json_decref(reply);

	assert_int_equal(line_run("help fake", &cmd, &reply, &err), 0);
	assert_int_equal(json_array_size(reply), 6);
	json_decref(reply);
	assert_int_equal(line_run("help fake ehco", &cmd, &reply, &err), -ENOENT);
	assert_string_equal(err.text, "fake ehco: no such command, did you mean \"fake echo\"?");
}

static void
the_reference_has_every_command(void **state __rte_unused)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	xebra_ctl_reference(out);
	fclose(out);
	assert_non_null(strstr(text,
		"fake add\n"
		"~~~~~~~~\n"
		"\n"
		"Add.\n"
		"\n"
		"::\n"
		"\n"
		"    fake add <prefix> via <via> [weight <weight>] "
		"[type blackhole|unreachable] [quiet]\n"
		"\n"
		"``prefix``\n"
		"    Where to.\n"
		"\n"
		"``via``\n"
		"    Next hop.\n"
		"\n"
		"``weight``\n"
		"    Share. A whole number in 1..255. Optional.\n"
		"\n"
		"``type``\n"
		"    Kind. One of ``blackhole``, ``unreachable``. Optional.\n"));
	assert_non_null(strstr(text, "Telemetry: ``/xebra/fake/echo``\n"));
	assert_non_null(strstr(text, "Telemetry: ``/xebra/version``\n"));
	assert_non_null(strstr(text, "\nquit\n~~~~\n"));
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_command_gets_a_suggestion),
		cmocka_unit_test(a_name_of_megabytes_is_refused),
		cmocka_unit_test(wrong_arguments_are_named),
		cmocka_unit_test(a_long_value_is_cut_in_the_error),
		cmocka_unit_test(words_become_arguments),
		cmocka_unit_test(wrong_words_are_named),
		cmocka_unit_test(empty_lines_do_nothing),
		cmocka_unit_test(lines_have_limits),
		cmocka_unit_test(lists_of_objects_are_tables),
		cmocka_unit_test(objects_are_lines),
		cmocka_unit_test(simple_replies_are_plain),
		cmocka_unit_test(names_cannot_speak_to_the_terminal),
		cmocka_unit_test(completion_offers_what_may_stand_there),
		cmocka_unit_test(help_explains_a_command),
		cmocka_unit_test(the_reference_has_every_command),
	};

	json_object_seed(1);
	return cmocka_run_group_tests_name("cmd", tests, NULL, NULL);
}
