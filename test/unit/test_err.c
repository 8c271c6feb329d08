/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <string.h>

#include "xebra_err.h"
#include "xebra_test.h"

static void
an_error_reads_place_then_reason(void **state)
{
	struct xebra_err err = {0};

	(void)state;
	assert_int_equal(xebra_err_set(&err, -ERANGE, "%d is not in 1..4094", 5000), -ERANGE);
	assert_int_equal(xebra_err_at(&err, "%s: vlan", "r.json"), -ERANGE);
	assert_string_equal(err.text, "r.json: vlan: 5000 is not in 1..4094");
}

static void
a_long_error_is_cut_not_overrun(void **state)
{
	struct xebra_err err = {0};
	char place[600];

	(void)state;
	memset(place, 'p', sizeof(place));
	place[sizeof(place) - 1] = '\0';
	xebra_err_set(&err, -EINVAL, "why");
	xebra_err_at(&err, "%s", place);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void
an_error_is_one_line_whatever_it_quotes(void **state)
{
	struct xebra_err err = {0};

	(void)state;
	xebra_err_set(&err, -EINVAL, "\"a\nb\x1b[31m\" is no name");
	xebra_err_at(&err, "x\x7fy");
	assert_string_equal(err.text, "x?y: \"a?b?[31m\" is no name");
}

static void
nobody_needs_to_want_the_error(void **state)
{
	(void)state;
	assert_int_equal(xebra_err_set(NULL, -EEXIST, "x"), -EEXIST);
	assert_int_equal(xebra_err_at(NULL, "x"), 0);
}

static void
a_slip_of_the_pen_finds_its_word(void **state)
{
	static const char *const words[] = {"address", "prefix", "vlan", NULL};

	(void)state;
	assert_string_equal(xebra_nearest_word("adress", words), "address");
	assert_string_equal(xebra_nearest_word("vlam", words), "vlan");
	assert_null(xebra_nearest_word("gateway", words));
	assert_null(xebra_nearest_word("", words));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_reads_place_then_reason),
		cmocka_unit_test(a_long_error_is_cut_not_overrun),
		cmocka_unit_test(an_error_is_one_line_whatever_it_quotes),
		cmocka_unit_test(nobody_needs_to_want_the_error),
		cmocka_unit_test(a_slip_of_the_pen_finds_its_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
