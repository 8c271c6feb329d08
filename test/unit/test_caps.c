/* SPDX-License-Identifier: BSD-3-Clause */
/* What the host tells a guest: the form, the file that is replaced, the guest that follows it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xebra_caps.h"
#include "xebra_loop.h"
#include "xebra_test.h"

static char folder[64], file[96];

static struct {
	struct xebra_caps caps;
	bool there;
	char error[480];
	int times;
} told;

static int
start(void **state)
{
	(void)state;
	memset(&told, 0, sizeof(told));
	snprintf(folder, sizeof(folder), "test_caps.XXXXXX");
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(file, sizeof(file), "%s/r1.caps", folder);
	return xebra_loop_init();
}

static int
end(void **state)
{
	(void)state;
	xebra_loop_fini();
	unlink(file);
	return rmdir(folder) < 0 && errno != ENOENT;
}

static void
refused(const char *text, const char *why)
{
	struct xebra_caps caps;
	struct xebra_err err = {0};

	assert_true(xebra_caps_parse(text, strlen(text), &caps, &err) < 0);
	assert_string_equal(err.text, why);
}

static void
mistakes_are_told_with_their_place(void **state)
{
	(void)state;
	refused("{", "line 1, column 1: string or '}' expected near end of file");
	refused("{\"vfs\": [{\"cap\": 1}]}", "vfs[0]: name or mac is missing");
	refused("{\"vfs\": [{\"name\": \"a\"}]}",
		"vfs[0].cap: missing: What it may send; 0: what the link can.");
	refused("{\"vfs\": [{\"name\": \"a\", \"cap\": 1}, {\"name\": \"a\", \"cap\": 2}]}",
		"vfs[1].name: a is vfs[0] already");
	refused("{\"vfs\": [{\"mac\": \"02:00:00:00:00:01\", \"cap\": 1}, "
		"{\"mac\": \"02:00:00:00:00:01\", \"cap\": 2}]}",
		"vfs[1].mac: is vfs[0]'s already");
}

static void
a_vf_is_found_by_its_name_before_its_address(void **state)
{
	static const char text[] =
		"{\"vfs\": [{\"mac\": \"02:00:00:00:00:02\", \"cap\": 100},"
		" {\"name\": \"a\", \"mac\": \"02:00:00:00:00:01\", \"cap\": 1},"
		" {\"name\": \"b\", \"mac\": \"02:00:00:00:00:01\", \"cap\": 2}]}";
	const struct rte_ether_addr one = {{2, 0, 0, 0, 0, 1}}, two = {{2, 0, 0, 0, 0, 2}},
				    three = {{2, 0, 0, 0, 0, 3}};
	struct xebra_err err = {0};
	struct xebra_caps caps;
	char *again;

	(void)state;
	assert_int_equal(xebra_caps_parse(text, strlen(text), &caps, &err), 0);
	assert_int_equal(xebra_caps_find(&caps, "b", &one)->mbps, 2);
	assert_int_equal(xebra_caps_find(&caps, "c", &two)->mbps, 100);
	assert_null(xebra_caps_find(&caps, "c", &three));
	assert_null(xebra_caps_find(&caps, "", &three));
	again = xebra_caps_print(&caps);
	assert_string_equal(again,
		"{\"vfs\":[{\"mac\":\"02:00:00:00:00:02\",\"cap\":100},"
		"{\"name\":\"a\",\"mac\":\"02:00:00:00:00:01\",\"cap\":1},"
		"{\"name\":\"b\",\"mac\":\"02:00:00:00:00:01\",\"cap\":2}]}");
	free(again);
}

static void
note(const struct xebra_caps *caps, const struct xebra_err *err, void *arg)
{
	(void)arg;
	told.there = caps != NULL;
	if (caps != NULL)
		told.caps = *caps;
	snprintf(told.error, sizeof(told.error), "%s", err != NULL ? err->text : "");
	if (told.times++ > 0)
		xebra_loop_stop();
}

/* Write the file as an editor does, not as a whole. */
static void
scribble(const char *text)
{
	FILE *out = fopen(file, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void
a_file_is_followed_as_it_comes_changes_and_goes(void **state)
{
	struct xebra_caps caps = {.nb = 1, .cap = {{.name = "a", .mbps = 10}}};
	struct xebra_caps_watch *watch;
	struct xebra_err err = {0};
	char error[256];

	(void)state;
	assert_int_equal(xebra_caps_watch_file(file, note, NULL, &watch, &err), 0);
	assert_int_equal(told.times, 1);
	assert_false(told.there);
	for (uint32_t mbps = 10; mbps < 30; mbps++) {
		caps.cap[0].mbps = mbps;
		assert_int_equal(xebra_caps_write_file(file, &caps, &err), 0);
		assert_int_equal(xebra_loop_run(), 0);
		assert_true(told.there);
		assert_int_equal(told.caps.cap[0].mbps, mbps);
	}
	scribble("{\"vfs\": 3}");
	assert_int_equal(xebra_loop_run(), 0);
	assert_false(told.there);
	snprintf(error, sizeof(error), "%s: vfs: 3 is not a list", file);
	assert_string_equal(told.error, error);
	unlink(file);
	assert_int_equal(xebra_loop_run(), 0);
	assert_false(told.there);
	assert_string_equal(told.error, "");
	xebra_caps_watch_stop(watch);
}

static void
what_cannot_be_read_is_reported_and_holds_nothing_up(void **state)
{
	struct xebra_caps_watch *watch;
	struct xebra_err err = {0};
	char *much = malloc(70000);
	char error[256];

	(void)state;
	assert_int_equal(
		xebra_caps_watch_file("nowhere/r1.caps", note, NULL, &watch, &err), -ENOENT);
	assert_string_equal(err.text,
		"nowhere/r1.caps: its folder cannot be watched: No such file or directory");
	assert_int_equal(xebra_caps_watch_file(file, note, NULL, &watch, &err), 0);
	memset(much, ' ', 70000);
	much[69999] = '\0';
	scribble(much);
	free(much);
	assert_int_equal(xebra_loop_run(), 0);
	snprintf(error, sizeof(error), "%s: longer than 65536 bytes", file);
	assert_string_equal(told.error, error);
	xebra_caps_watch_stop(watch);
	unlink(file);
	assert_int_equal(mkfifo(file, 0600), 0);
	assert_int_equal(xebra_caps_watch_file(file, note, NULL, &watch, &err), 0);
	assert_false(told.there);
	xebra_caps_watch_stop(watch);
}

static void
a_folder_that_goes_is_noticed(void **state)
{
	struct xebra_caps caps = {0};
	struct xebra_caps_watch *watch;
	struct xebra_err err = {0};

	(void)state;
	assert_int_equal(xebra_caps_write_file(file, &caps, &err), 0);
	assert_int_equal(xebra_caps_watch_file(file, note, NULL, &watch, &err), 0);
	assert_true(told.there);
	unlink(file);
	rmdir(folder);
	assert_int_equal(xebra_loop_run(), 0);
	assert_false(told.there);
	xebra_caps_watch_stop(watch);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mistakes_are_told_with_their_place),
		TEST(a_vf_is_found_by_its_name_before_its_address),
		TEST(a_file_is_followed_as_it_comes_changes_and_goes),
		TEST(what_cannot_be_read_is_reported_and_holds_nothing_up),
		TEST(a_folder_that_goes_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
