/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAKE_CMD_TABLE_H
#define FAKE_CMD_TABLE_H

/*
 * A command table for tests of folders that register commands but are tested without lib/ctl (whose
 * section "control" would open a socket).
 */

#include <string.h>

#include "xebra_cmd.h"

static TAILQ_HEAD(, xebra_cmd) fake_cmd_table = TAILQ_HEAD_INITIALIZER(fake_cmd_table);

void
xebra_cmd_register(struct xebra_cmd *cmd)
{
	TAILQ_INSERT_TAIL(&fake_cmd_table, cmd, next);
}

/* Run a command's handler; the arguments are not checked. Steals args. */
static inline int
fake_cmd_run(const char *name, json_t *args, json_t **reply, struct xebra_err *err)
{
	struct xebra_cmd *cmd;
	int rc = -ENOENT;

	*reply = NULL;
	TAILQ_FOREACH (cmd, &fake_cmd_table, next)
		if (strcmp(cmd->name, name) == 0)
			rc = cmd->run(args, reply, err);
	json_decref(args);
	return rc;
}

#endif
