/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_TEST_H
#define XEBRA_TEST_H

/* What every unit test includes: cmocka and the headers that it wants included before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* "XEBRA_TEST=name program" runs one test: what "devtools/test -k" does. */
__attribute__((constructor)) static void
choose_test(void)
{
	if (getenv("XEBRA_TEST") != NULL)
		cmocka_set_test_filter(getenv("XEBRA_TEST"));
}

#endif
