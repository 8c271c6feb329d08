/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef GUESTS_CHECK_H
#define GUESTS_CHECK_H

#include <jansson.h>

#include "xebra_err.h"

/* Check the guests of a whole, complete configuration. Error: path below the root. */
int guests_check(const json_t *root, struct xebra_err *err);

#endif
