/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLUGINS_H
#define PLUGINS_H

#include "xebra_err.h"

/*
 * Read a configuration file, load the plugins that it names, so that the sections they register
 * are known, and check it. Plugins that are loaded already stay. Error: "FILE: path: why".
 */
int plugins_check_file(const char *file, struct xebra_err *err);

#endif
