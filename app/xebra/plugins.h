/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PLUGINS_H
#define PLUGINS_H

#include <jansson.h>

#include "xebra_err.h"

/*
 * Load the plugins that a configuration names, so that the sections they register are known when it
 * is checked. Plugins that are loaded already stay. Error: "path: why".
 */
int plugins_load(const json_t *config, struct xebra_err *err);

#endif
