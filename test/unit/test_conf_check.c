/* SPDX-License-Identifier: BSD-3-Clause */
/* Every kind of check, with the words that a person reads. */
#include <errno.h>
#include <string.h>

#include "conf_priv.h"
#include "fake_cmd_table.h"
#include "xebra_test.h"

static int
check_even(const char *text, struct xebra_err *err)
{
	if (strlen(text) % 2 == 0)
		return 0;
	return xebra_err_set(err, -EINVAL, "\"%s\" has an odd number of letters", text);
}

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct xebra_conf_key number_item = {
	.type = XEBRA_CONF_INT, .help = "A number.", .min = -1, .max = 9};

static const struct xebra_conf_key inner_keys[] = {
	{.name = "vlan",
		.type = XEBRA_CONF_INT,
		.help = "VLAN.",
		.required = true,
		.min = 1,
		.max = 4094},
	{.name = "delay",
		.type = XEBRA_CONF_INT,
		.help = "Delay.",
		.dflt = "5",
		.max = 1000,
		.unit = "ms"},
	{0},
};

static const struct xebra_conf_key inner_item = {
	.type = XEBRA_CONF_OBJECT, .help = "One.", .keys = inner_keys};

static const struct xebra_conf_key tray_keys[] = {
	{.name = "on", .type = XEBRA_CONF_BOOL, .help = "On.", .dflt = "true"},
	{.name = "even",
		.type = XEBRA_CONF_STRING,
		.help = "Even.",
		.max = 8,
		.form = "an even word",
		.check = check_even},
	{.name = "text", .type = XEBRA_CONF_STRING, .help = "Text.", .min = 1},
	{.name = "colour",
		.type = XEBRA_CONF_ENUM,
		.help = "Colour.",
		.dflt = "\"red\"",
		.words = colours},
	{.name = "numbers",
		.type = XEBRA_CONF_LIST,
		.help = "Numbers.",
		.min = 1,
		.max = 3,
		.item = &number_item},
	{.name = "names", .type = XEBRA_CONF_MAP, .help = "By name.", .item = &inner_item},
	{.name = "evens",
		.type = XEBRA_CONF_MAP,
		.help = "By even name.",
		.max = 2,
		.name_check = check_even,
		.item = &inner_item},
	{.name = "inner",
		.type = XEBRA_CONF_OBJECT,
		.help = "Always there.",
		.dflt = "{\"vlan\": 1}",
		.keys = inner_keys},
	{0},
};

/* What only a look at the whole can find. */
static int
check_tray(const json_t *root, struct xebra_err *err)
{
	const json_t *tray = json_object_get(root, "tray");

	/* The check gets the complete configuration. */
	assert_non_null(json_object_get(tray, "colour"));
	if (json_object_get(tray, "even") != NULL && json_object_get(tray, "text") != NULL)
		return xebra_err_set(err, -EINVAL, "tray.text: not together with tray.even");
	return 0;
}

static struct xebra_conf_section tray = {
	.schema = {.name = "tray", .type = XEBRA_CONF_OBJECT, .help = "Tray.", .keys = tray_keys},
	.check = check_tray,
};
XEBRA_CONF_SECTION(tray)

static const struct xebra_conf_key path_item = {
	.type = XEBRA_CONF_STRING, .help = "A path.", .max = 8};

static struct xebra_conf_section paths = {
	.schema = {.name = "paths", .type = XEBRA_CONF_LIST, .help = "Paths.", .item = &path_item},
};
XEBRA_CONF_SECTION(paths)

static const struct {
	const char *json, *error;
} refusals[] = {
	{"[]", "not a configuration: an object of sections"},
	{"{\"tary\": {}}", "tary: unknown key; did you mean \"tray\"?"},
	{"{\"nothing\": {}}", "nothing: unknown key; known here: paths, tray"},
	{"{\"$schema\": 1}", "$schema: unknown key; known here: paths, tray"},
	{"{\"tray\": []}", "tray: a list is not an object"},
	{"{\"paths\": {}}", "paths: an object is not a list"},
	{"{\"paths\": [\"a\", 1]}", "paths[1]: 1 is not a string"},
	{"{\"tray\": {\"color\": \"red\"}}", "tray.color: unknown key; did you mean \"colour\"?"},
	{"{\"tray\": {\"a.b\": 1}}",
		"tray.\"a.b\": unknown key; known here: on, even, text, colour, numbers, names, "
		"evens, inner"},
	{"{\"tray\": {\"on\": 1}}", "tray.on: 1 is not true or false"},
	{"{\"tray\": {\"on\": null}}", "tray.on: null is not true or false"},
	{"{\"tray\": {\"even\": \"odd\"}}", "tray.even: \"odd\" has an odd number of letters"},
	{"{\"tray\": {\"even\": true}}", "tray.even: true is not a string: an even word"},
	{"{\"tray\": {\"even\": \"0123456789\"}}",
		"tray.even: a string of 10 bytes, where 0..8 are allowed"},
	{"{\"tray\": {\"text\": \"\"}}",
		"tray.text: a string of 0 bytes, where 1..255 are allowed"},
	{"{\"tray\": {\"colour\": \"gren\"}}",
		"tray.colour: \"gren\" is not one of \"red\", \"green\", \"blue\"; did you mean "
		"\"green\"?"},
	{"{\"tray\": {\"colour\": 7.5}}",
		"tray.colour: 7.5 is not one of \"red\", \"green\", \"blue\""},
	{"{\"tray\": {\"numbers\": []}}", "tray.numbers: 0 given, at least 1 needed"},
	{"{\"tray\": {\"numbers\": [1, 2, 3, 4]}}", "tray.numbers: 4 given, at most 3 allowed"},
	{"{\"tray\": {\"numbers\": [0, 10]}}", "tray.numbers[1]: 10 is not in -1..9"},
	{"{\"tray\": {\"numbers\": [1.0]}}", "tray.numbers[0]: 1.0 is not a whole number in -1..9"},
	{"{\"tray\": {\"numbers\": [[]]}}",
		"tray.numbers[0]: a list is not a whole number in -1..9"},
	{"{\"tray\": {\"names\": {\"a b\": {\"vlan\": 1}}}}",
		"tray.names.\"a b\": not a name: 1 to 31 letters, digits, '-', '_' and '.' are "
		"allowed"},
	{"{\"tray\": {\"names\": {\"a.b\": {\"vlan\": 5000}}}}",
		"tray.names.\"a.b\".vlan: 5000 is not in 1..4094"},
	{"{\"tray\": {\"names\": {\"a\": {}}}}", "tray.names.a.vlan: missing: VLAN."},
	{"{\"tray\": {\"names\": {\"a\": {\"vlan\": 1, \"delay\": -1}}}}",
		"tray.names.a.delay: -1 is not in 0..1000 ms"},
	{"{\"tray\": {\"names\": {\"a\": {\"vlan\": 1, \"delay\": \"1\"}}}}",
		"tray.names.a.delay: \"1\" is not a whole number in 0..1000 ms"},
	{"{\"tray\": {\"evens\": {\"odd\": {\"vlan\": 1}}}}",
		"tray.evens.odd: \"odd\" has an odd number of letters"},
	{"{\"tray\": {\"evens\": {\"aa\": {}, \"bb\": {}, \"cc\": {}}}}",
		"tray.evens: 3 given, at most 2 allowed"},
	{"{\"tray\": {\"inner\": {\"vlan\": 0}}}", "tray.inner.vlan: 0 is not in 1..4094"},
	{"{\"tray\": {\"even\": \"ab\", \"text\": \"c\"}}",
		"tray.text: not together with tray.even"},
};

static void
every_refusal_names_place_value_and_what_is_allowed(void **state)
{
	(void)state;
	for (size_t i = 0; i < RTE_DIM(refusals); i++) {
		json_t *config = json_loads(refusals[i].json, 0, NULL);
		struct xebra_err err = {0};

		assert_non_null(config);
		assert_true(conf_check_root(config, NULL, &err) < 0);
		assert_string_equal(err.text, refusals[i].error);
		assert_true(err.code < 0);
		json_decref(config);
	}
}

static void
what_strangers_write_stays_one_short_line(void **state)
{
	struct xebra_err err = {0};
	char *name = malloc(100001);
	json_t *config;

	(void)state;
	memset(name, 'n', 100000);
	memcpy(name, "a\nb\x1b[31m", 8);
	name[100000] = '\0';
	config = json_pack("{s:{s:s, s:{s:i}}}", "tray", "colour", name, "names", name, 1);
	assert_non_null(config);
	assert_true(conf_check_root(config, NULL, &err) < 0);
	assert_true(strlen(err.text) < 400);
	assert_string_equal(strpbrk(err.text, "\n\x1b") == NULL ? "clean" : err.text, "clean");
	assert_non_null(strstr(err.text, "tray.colour: \"a\\nb"));
	json_object_del(json_object_get(config, "tray"), "colour");
	assert_true(conf_check_root(config, NULL, &err) < 0);
	assert_non_null(strstr(err.text, "tray.names.\"a\\nb"));
	assert_true(strlen(err.text) < 400);
	json_decref(config);
	free(name);
}

static void
a_cut_value_is_still_utf8(void **state)
{
	char text[96];
	char letters[400] = "";
	json_t *value;
	json_t *again;

	(void)state;
	for (int shift = 0; shift < 3; shift++) {
		memset(letters, 'x', shift);
		letters[shift] = '\0';
		for (int i = 0; i < 100; i++)
			strcat(letters, "\xe2\x82\xac");
		value = json_string(letters);
		conf_describe(value, text, sizeof(text));
		/* jansson refuses what is no UTF-8. */
		again = json_string(text);
		assert_non_null(again);
		assert_non_null(strstr(text, "..."));
		json_decref(again);
		json_decref(value);
	}
}

static void
defaults_are_filled_in_and_what_is_written_stays(void **state)
{
	static const char *const written =
		"{\"tray\": {\"names\": {\"b\": {\"vlan\": 2}, \"a\": {\"delay\": 9, \"vlan\": "
		"1}}}}";
	static const char *const expected =
		"{\"paths\": [], \"tray\": {\"on\": true, \"colour\": \"red\", \"names\": {\"b\": "
		"{\"vlan\": 2, \"delay\": 5}, \"a\": {\"vlan\": 1, \"delay\": 9}}, \"inner\": "
		"{\"vlan\": 1, \"delay\": 5}}}";
	json_t *config = json_loads(written, 0, NULL);
	json_t *before = json_deep_copy(config);
	struct xebra_err err = {0};
	json_t *complete;
	char *text;

	(void)state;
	assert_int_equal(conf_check_root(config, &complete, &err), 0);
	text = json_dumps(complete, 0);
	assert_string_equal(text, expected);
	assert_true(json_equal(config, before));
	free(text);
	json_decref(complete);
	json_decref(before);
	json_decref(config);
}

static void
a_complete_configuration_is_its_own_completion(void **state)
{
	json_t *config = json_loads("{\"$schema\": \"x\", \"tray\": {\"text\": \"t\"}}", 0, NULL);
	json_t *once;
	json_t *twice;

	(void)state;
	assert_int_equal(conf_check_root(config, &once, NULL), 0);
	assert_int_equal(conf_check_root(once, &twice, NULL), 0);
	assert_true(json_equal(once, twice));
	json_decref(config);
	json_decref(once);
	json_decref(twice);
}

static void
members_alike_are_read_as_one(void **state)
{
	static const char text[] =
		"{\"a\": {\"x\": [1, null]}, \"b\": \"\", \"c\": [{\"y\": [], \"z\": []}], "
		"\"d\": {\"x\": [1, null]}, \"e\": {\"x\": [1, true]}}";
	json_t *whole = json_loads(text, 0, NULL), *config, *in_list;
	struct xebra_err err = {0};

	(void)state;
	assert_int_equal(conf_parse_text("f.json", text, sizeof(text) - 1, &config, &err), 0);
	assert_true(json_equal(config, whole));
	assert_ptr_equal(json_object_get(config, "a"), json_object_get(config, "d"));
	in_list = json_array_get(json_object_get(config, "c"), 0);
	assert_ptr_equal(json_object_get(in_list, "y"), json_object_get(in_list, "z"));
	json_decref(config);
	json_decref(whole);
}

/* More of them than are remembered, and none is taken for another. */
static void
values_alike_are_completed_alike(void **state)
{
	json_t *names = json_object(), *value, *full;
	const char *name;
	json_t *config, *complete;
	char text[16];

	(void)state;
	for (int i = 0; i < 200; i++) {
		int vlan = 1 + (i < 100 ? i % 2 : i % 7);

		snprintf(text, sizeof(text), "n%d", i);
		json_object_set_new(names, text,
			i % 3 == 0 ? json_pack("{s:i, s:i}", "vlan", vlan, "delay", 5)
				   : json_pack("{s:i}", "vlan", vlan));
	}
	config = json_pack("{s:{s:o}}", "tray", "names", names);
	assert_int_equal(conf_check_root(config, &complete, NULL), 0);
	names = json_object_get(json_object_get(complete, "tray"), "names");
	assert_int_equal(json_object_size(names), 200);
	json_object_foreach (
		json_object_get(json_object_get(config, "tray"), "names"), name, value) {
		assert_int_equal(xebra_conf_check_value(&inner_item, value, &full, NULL), 0);
		assert_true(json_equal(full, json_object_get(names, name)));
		json_decref(full);
	}
	assert_ptr_equal(json_object_get(names, "n1"), json_object_get(names, "n5"));
	json_decref(config);
	json_decref(complete);
}

static void
one_value_can_be_checked_alone(void **state)
{
	json_t *value = json_pack("{s:i}", "vlan", 4095);
	struct xebra_err err = {0};
	json_t *complete;

	(void)state;
	assert_int_equal(xebra_conf_check_value(&inner_item, value, &complete, &err), -ERANGE);
	assert_string_equal(err.text, "vlan: 4095 is not in 1..4094");
	json_object_set_new(value, "vlan", json_integer(7));
	assert_int_equal(xebra_conf_check_value(&inner_item, value, &complete, &err), 0);
	assert_int_equal(json_integer_value(json_object_get(complete, "delay")), 5);
	json_decref(complete);
	json_decref(value);
}

static void
names_are_letters_digits_and_little_else(void **state)
{
	static const char *const good[] = {
		"a", "LAN-1", "x_y.z", "0123456789012345678901234567890"};
	static const char *const bad[] = {
		"", "a/b", "a b", "\xc3\xa4", "01234567890123456789012345678901"};

	(void)state;
	for (size_t i = 0; i < RTE_DIM(good); i++)
		assert_int_equal(xebra_conf_name_check(good[i], NULL), 0);
	for (size_t i = 0; i < RTE_DIM(bad); i++)
		assert_int_equal(xebra_conf_name_check(bad[i], NULL), -EINVAL);
}

static void
the_schema_says_what_the_checker_says(void **state)
{
	json_t *schema = xebra_conf_schema("a test");
	json_t *properties = json_object_get(schema, "properties");
	json_t *keys;
	json_t *name;

	(void)state;
	assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
	keys = json_object_get(json_object_get(properties, "tray"), "properties");
	assert_int_equal(json_object_size(keys), RTE_DIM(tray_keys) - 1);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(keys, "numbers"), "maxItems")),
		3);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(keys, "colour"), "default")),
		"red");
	name = json_object_get(json_object_get(keys, "names"), "additionalProperties");
	assert_string_equal(
		json_string_value(json_array_get(json_object_get(name, "required"), 0)), "vlan");
	json_decref(schema);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_refusal_names_place_value_and_what_is_allowed),
		cmocka_unit_test(what_strangers_write_stays_one_short_line),
		cmocka_unit_test(a_cut_value_is_still_utf8),
		cmocka_unit_test(defaults_are_filled_in_and_what_is_written_stays),
		cmocka_unit_test(a_complete_configuration_is_its_own_completion),
		cmocka_unit_test(members_alike_are_read_as_one),
		cmocka_unit_test(values_alike_are_completed_alike),
		cmocka_unit_test(one_value_can_be_checked_alone),
		cmocka_unit_test(names_are_letters_digits_and_little_else),
		cmocka_unit_test(the_schema_says_what_the_checker_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
