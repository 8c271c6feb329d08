/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TELEMETRY_PRIV_H
#define TELEMETRY_PRIV_H

#include <stdbool.h>

#include <jansson.h>
#include <rte_telemetry.h>

#include "xebra_cmd.h"
#include "xebra_err.h"

#define TELEMETRY_PATH_MAX 56 /* DPDK's limit, with the NUL */

/* telemetry.c */

/* How long a telemetry client waits for the control thread. */
extern unsigned int telemetry_wait_ms;

/* The endpoint of a command: "show port" is "/xebra/port". False: too long for DPDK. */
bool telemetry_path(const struct xebra_cmd *cmd, char path[TELEMETRY_PATH_MAX]);

int telemetry_start(struct xebra_err *err);
void telemetry_stop(void);

/* telemetry_data.c: see there for what becomes of what. Returns 0 or a negative errno value. */
int telemetry_data(struct rte_tel_data *data, const json_t *reply);

#endif
