/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * 10 000 mutations of a configuration that uses every section of the router, against the sections
 * as they are registered: none crashes the check, each that is refused names a place in the file
 * that exists (or whose last key is what is missing there), and each that is accepted completes to
 * a configuration that is accepted again and complete. XEBRA_SEED chooses other mutations; those
 * that are accepted are written to the file XEBRA_ACCEPTED, one a line, for other checkers to
 * judge.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_priv.h"
#include "xebra_test.h"

#define MUTATIONS 10000

static const char *const base =
	"{"
	" \"control\": {\"socket\": \"/tmp/x.sock\", \"group\": \"root\"},"
	" \"workers\": {\"lcores\": [1, 2], \"polling\": \"spin\", \"packets\": 8191},"
	" \"ports\": {"
	"  \"p0\": {\"device\": \"net_null0\", \"mtu\": 1500, \"rx_queues\": 1,"
	"   \"mac\": \"02:00:00:00:00:01\", \"promiscuous\": true},"
	"  \"p1\": {\"device\": \"0000:01:10.0\"},"
	"  \"up\": {\"vchannel\": {"
	"   \"members\": {"
	"    \"a\": {\"device\": \"net_null5\", \"weight\": 2000},"
	"    \"b\": {\"device\": \"net_null6\"}},"
	"   \"mode\": \"adaptive\", \"gap_us\": 500}}},"
	" \"interfaces\": {"
	"  \"lan\": {\"port\": \"p0\"},"
	"  \"wan\": {\"port\": \"p1\", \"vlan\": 7, \"mtu\": 1400, \"enabled\": false}},"
	" \"ip4\": {"
	"  \"interfaces\": {"
	"   \"lan\": {\"addresses\": [\"10.0.1.1/24\", \"10.0.3.1/24\"]},"
	"   \"wan\": {\"addresses\": [\"10.0.2.1/24\"]}},"
	"  \"routes\": {"
	"   \"0.0.0.0/0\": {\"via\": [{\"gateway\": \"10.0.2.2\", \"interface\": \"wan\","
	"    \"weight\": 2}, {\"gateway\": \"10.0.1.9\"}]},"
	"   \"192.0.2.0/24\": {\"type\": \"blackhole\"}},"
	"  \"neighbors\": {\"10.0.1.5\": {\"interface\": \"lan\", \"mac\": "
	"\"02:00:00:00:00:05\"}}},"
	" \"ccn\": {"
	"  \"faces\": {"
	"   \"group\": {\"interface\": \"lan\", \"trusted\": true},"
	"   \"one\": {\"interface\": \"wan\", \"remote\": \"02:00:00:00:00:05\", \"rate\": 100},"
	"   \"udp\": {\"remote\": \"udp:10.0.2.9:6363\", \"local\": \"10.0.2.1\", \"mtu\": 1200}},"
	"  \"clients\": {\"lan\": {\"max\": 3, \"idle\": 60}},"
	"  \"routes\": {\"/\": {\"via\": [{\"face\": \"udp\"}]},"
	"   \"/a/b\": {\"via\": [{\"face\": \"one\", \"cost\": 3, \"weight\": 2},"
	"    {\"face\": \"group\"}]}},"
	"  \"strategies\": {\"/a\": \"multicast\", \"/\": \"round-robin\"},"
	"  \"content_store\": {\"bytes\": 0},"
	"  \"pit\": {\"entries\": 64, \"entries_per_face\": 32},"
	"  \"fib\": {\"prefixes\": 100}}"
	"}";

static const char *const strings[] = {"", "x", "p0", "p1", "lan", "wan", "lan2", "10.0.1.1/24",
	"10.0.1.1", "10.0.0.0/8", "10.0.0.1/33", "256.1.1.1/8", "1.2.3", "0.0.0.0/0",
	"255.255.255.255/32", "224.0.0.1", "127.0.0.1/8", "02:00:00:00:00:01", "ff:ff:ff:ff:ff:ff",
	"01:00:00:00:00:00", "blackhole", "unreachable", "spin", "adaptive", "net_null0",
	"0000:01:10.0", "/", "/a", "\n", "\x7f", "\xc3\xa4", "\"", "\\", "%s%n", "../../x",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

static const json_int_t numbers[] = {0, 1, -1, 2, 7, 64, 128, 1400, 1500, 4094, 4095, 9000, 65535,
	65536, INT32_MAX, UINT32_MAX, INT64_MAX, INT64_MIN};

static unsigned int
random_below(unsigned int n)
{
	return rand() % n;
}

/* A value out of nothing, of any kind, seldom deep. */
static json_t *
random_value(int depth)
{
	json_t *value;

	switch (random_below(depth > 0 ? 8 : 6)) {
	case 0:
		return json_integer(numbers[random_below(RTE_DIM(numbers))]);
	case 1:
		return json_integer(rand() - RAND_MAX / 2);
	case 2:
		return json_real((rand() - RAND_MAX / 2) / 1000.0);
	case 3:
		return json_boolean(rand() & 1);
	case 4:
		return rand() & 1 ? json_null() : json_string("");
	case 5:
		return json_string(strings[random_below(RTE_DIM(strings))]);
	case 6:
		value = json_array();
		for (unsigned int n = random_below(4); n > 0; n--)
			json_array_append_new(value, random_value(depth - 1));
		return value;
	default:
		value = json_object();
		for (unsigned int n = random_below(4); n > 0; n--)
			json_object_set_new(value, strings[random_below(RTE_DIM(strings))],
				random_value(depth - 1));
		return value;
	}
}

/* A container of the tree by chance: each step down is an even bet. */
static json_t *
random_container(json_t *tree)
{
	for (;;) {
		json_t *found[64], *child;
		unsigned int n = 0;
		const char *name;
		size_t i;

		json_object_foreach (tree, name, child)
			if ((json_is_object(child) || json_is_array(child)) && n < RTE_DIM(found))
				found[n++] = child;
		json_array_foreach (tree, i, child)
			if ((json_is_object(child) || json_is_array(child)) && n < RTE_DIM(found))
				found[n++] = child;
		if (n == 0 || random_below(5) == 0)
			return tree;
		tree = found[random_below(n)];
	}
}

static const char *
random_key(json_t *object)
{
	size_t n = json_object_size(object);
	void *at = json_object_iter(object);

	for (unsigned int skip = n > 0 ? random_below(n) : 0; skip > 0; skip--)
		at = json_object_iter_next(object, at);
	return at != NULL ? json_object_iter_key(at) : NULL;
}

/* One letter of a word changed, left out or doubled; the word stays UTF-8 only by luck. */
static void
misspell(const char *word, char *text, size_t size)
{
	size_t len;

	snprintf(text, size - 1, "%s", word);
	len = strlen(text);
	if (len == 0)
		return;
	switch (random_below(3)) {
	case 0:
		text[random_below(len)] = 'a' + random_below(26);
		return;
	case 1:
		len = random_below(len);
		memmove(text + len, text + len + 1, strlen(text + len));
		return;
	default:
		len = random_below(len);
		memmove(text + len + 1, text + len, strlen(text + len) + 1);
	}
}

static void
mutate_object(json_t *object)
{
	const char *key = random_key(object);
	char name[64];
	json_t *value;

	if (key == NULL) {
		json_object_set_new(
			object, strings[random_below(RTE_DIM(strings))], random_value(2));
		return;
	}
	value = json_object_get(object, key);
	switch (random_below(6)) {
	case 0:
		json_object_del(object, key);
		return;
	case 1: /* renamed */
		misspell(key, name, sizeof(name));
		json_incref(value);
		json_object_del(object, key);
		json_object_set_new(object, name, value);
		return;
	case 2: /* once more under another name */
		misspell(key, name, sizeof(name));
		json_object_set_new(object, name, json_deep_copy(value));
		return;
	case 3: /* a string a little wrong */
		if (json_is_string(value)) {
			misspell(json_string_value(value), name, sizeof(name));
			json_object_set_new(object, key, json_string(name));
			return;
		}
		/* fall through */
	case 4:
		json_object_set_new(object, key, random_value(3));
		return;
	default: /* the right kind, perhaps out of range */
		if (json_is_integer(value))
			json_object_set_new(
				object, key, json_integer(numbers[random_below(RTE_DIM(numbers))]));
		else
			json_object_set_new(
				object, key, json_string(strings[random_below(RTE_DIM(strings))]));
	}
}

static void
mutate_array(json_t *array)
{
	size_t n = json_array_size(array);

	switch (n > 0 ? random_below(4) : 0) {
	case 0:
		json_array_append_new(array, random_value(2));
		return;
	case 1:
		json_array_remove(array, random_below(n));
		return;
	case 2:
		json_array_set_new(array, random_below(n), random_value(2));
		return;
	default:
		json_array_append_new(
			array, json_deep_copy(json_array_get(array, random_below(n))));
	}
}

/* The error's path leads somewhere; only its last step may be what is not there. */
static bool
names_a_place(json_t *config, const char *text)
{
	struct xebra_err err = {0};
	const char *end = text;
	bool quoted = false;
	struct conf_path path;
	char place[256];

	/* The place ends at the first ": " that is not in quotes. */
	for (; *end != '\0' && (quoted || strncmp(end, ": ", 2) != 0); end++) {
		if (*end == '"')
			quoted = !quoted;
		else if (quoted && *end == '\\' && end[1] != '\0')
			end++;
	}
	if (*end == '\0' || end == text || (size_t)(end - text) >= sizeof(place))
		return false;
	snprintf(place, sizeof(place), "%.*s", (int)(end - text), text);
	/* A very long name is cut in the error. */
	if (strstr(place, "...") != NULL)
		return true;
	if (conf_path_parse(place, &path, &err) < 0 || path.nb_steps == 0)
		return false;
	path.nb_steps--;
	return conf_path_get(config, &path) != NULL;
}

static FILE *accepted_file;

static void
check_one(json_t *config, unsigned int *accepted)
{
	struct xebra_err err = {0};
	json_t *complete, *again;

	if (conf_check_root(config, &complete, &err) < 0) {
		if (!names_a_place(config, err.text) || strchr(err.text, '\n') != NULL) {
			json_dumpf(config, stderr, 0);
			fail_msg("no place in: %s", err.text);
		}
		return;
	}
	(*accepted)++;
	if (accepted_file != NULL) {
		json_dumpf(config, accepted_file, JSON_COMPACT);
		fputc('\n', accepted_file);
	}
	assert_int_equal(conf_check_root(complete, &again, &err), 0);
	assert_true(json_equal(complete, again));
	json_decref(again);
	json_decref(complete);
}

static void
the_base_is_right(void **state)
{
	struct xebra_err err = {0};
	json_t *config = json_loads(base, JSON_REJECT_DUPLICATES, NULL);
	struct xebra_conf_section *s;

	(void)state;
	assert_non_null(config);
	conf_check_root(config, NULL, &err);
	assert_string_equal(err.text, "");
	/* A new section belongs into the base. */
	TAILQ_FOREACH (s, &conf_sections, next)
		assert_non_null(json_object_get(config, s->schema.name));
	json_decref(config);
}

/* A default is a value like any other, and everything has a sentence that explains it. */
static void
check_registration(const struct xebra_conf_key *key, const struct conf_place *place)
{
	json_t *dflt = conf_default(key);
	struct xebra_err err = {0};
	char text[256];

	conf_place_print(place, text, sizeof(text));
	if (key->help == NULL || key->help[0] == '\0' || key->help[strlen(key->help) - 1] != '.')
		fail_msg("%s: no sentence of help", text);
	if (key->type == XEBRA_CONF_INT && key->min >= key->max)
		fail_msg("%s: no range", text);
	if (key->dflt != NULL && dflt == NULL)
		fail_msg("%s: the default is no JSON", text);
	if (dflt != NULL && conf_check_key(key, dflt, place, NULL, &err) < 0)
		fail_msg("the default is wrong: %s", err.text);
	json_decref(dflt);
	if (key->type == XEBRA_CONF_LIST || key->type == XEBRA_CONF_MAP) {
		struct conf_place here = {.up = place, .name = "NAME"};

		check_registration(key->item, &here);
	}
	if (key->type != XEBRA_CONF_OBJECT)
		return;
	for (const struct xebra_conf_key *k = key->keys; k->name != NULL; k++) {
		struct conf_place here = {.up = place, .name = k->name};

		check_registration(k, &here);
	}
}

static void
the_registrations_are_sound(void **state)
{
	struct xebra_conf_section *s;

	(void)state;
	TAILQ_FOREACH (s, &conf_sections, next) {
		struct conf_place here = {.name = s->schema.name};

		check_registration(&s->schema, &here);
	}
}

static void
a_mutated_tree_is_right_or_refused_with_its_place(void **state)
{
	const char *seed = getenv("XEBRA_SEED");
	unsigned int accepted = 0;

	(void)state;
	srand(seed != NULL ? strtoul(seed, NULL, 10) : 1);
	for (int n = 0; n < MUTATIONS; n++) {
		json_t *config = json_loads(base, 0, NULL);

		for (unsigned int times = 1 + random_below(3); times > 0; times--) {
			json_t *where = random_container(config);

			if (json_is_object(where))
				mutate_object(where);
			else
				mutate_array(where);
		}
		check_one(config, &accepted);
		json_decref(config);
	}
	/* Mutations that are all refused (or none) would test nothing. */
	assert_in_range(accepted, MUTATIONS / 100, MUTATIONS / 2);
}

static void
a_mutated_text_is_right_or_refused_with_its_place(void **state)
{
	static const char bytes[] = "{}[]\",:\\0123456789.eE-+ \n\t\x01\x7f\xc3\xff/ntrue";
	const char *seed = getenv("XEBRA_SEED");
	unsigned int parsed = 0, accepted = 0;
	size_t len = strlen(base);

	(void)state;
	srand(seed != NULL ? strtoul(seed, NULL, 10) : 2);
	for (int n = 0; n < MUTATIONS; n++) {
		struct xebra_err err = {0};
		char *text = strdup(base);
		json_t *config;

		for (unsigned int times = 1 + random_below(2); times > 0; times--)
			text[random_below(len)] = bytes[random_below(sizeof(bytes) - 1)];
		if (conf_parse_text("f.json", text, len, &config, &err) == 0) {
			parsed++;
			check_one(config, &accepted);
			json_decref(config);
		} else {
			/* FILE:line:column: why, in one line. */
			assert_memory_equal(err.text, "f.json:", 7);
			assert_true(isdigit((unsigned char)err.text[7]));
			assert_null(strchr(err.text, '\n'));
		}
		free(text);
	}
	assert_in_range(parsed, MUTATIONS / 100, MUTATIONS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_registrations_are_sound),
		cmocka_unit_test(the_base_is_right),
		cmocka_unit_test(a_mutated_tree_is_right_or_refused_with_its_place),
		cmocka_unit_test(a_mutated_text_is_right_or_refused_with_its_place),
	};

	const char *file = getenv("XEBRA_ACCEPTED");
	int failed;

	if (file != NULL && (accepted_file = fopen(file, "w")) == NULL) {
		perror(file);
		return EXIT_FAILURE;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	if (accepted_file != NULL)
		fclose(accepted_file);
	return failed;
}
