/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_TEST_H
#define XEBRA_TEST_H

/* What every unit test includes: cmocka and the headers that it wants included before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* "XEBRA_TEST=name program" runs one test: what "devtools/test -k" does. */
__attribute__((constructor)) static void
choose_test(void)
{
	if (getenv("XEBRA_TEST") != NULL)
		cmocka_set_test_filter(getenv("XEBRA_TEST"));
}

/*
 * "XEBRA_TEST_LIST= program" names its tests, "test NAME" each, and runs none: the program alone
 * knows them all, some make them from tables. It stands in for what cmocka_run_group_tests() is.
 */
static inline int
list_or_run(const char *group, const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup,
	CMFixtureFunction teardown)
{
	if (getenv("XEBRA_TEST_LIST") == NULL)
		return _cmocka_run_group_tests(group, tests, n, setup, teardown);
	for (size_t i = 0; i < n; i++)
		printf("test %s\n", tests[i].name);
	return 0;
}

#define _cmocka_run_group_tests list_or_run

#endif
