/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_CONF_PLACE_H
#define XEBRA_CONF_PLACE_H

#include "xebra_err.h"

/*
 * Complete an error that begins with a key of a port or an interface ("mtu: ...") to the path below
 * the root ("ports.p0.mtu: ..."). Returns the error's code.
 */
int conf_place(struct xebra_err *err, const char *section, const char *name);

#endif
