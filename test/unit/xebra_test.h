/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_TEST_H
#define XEBRA_TEST_H

/* What every unit test includes: cmocka and the headers that it wants included before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
