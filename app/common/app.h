/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APP_H
#define APP_H

/*
 * What the programs of Xebra have in common, from the command line to the exit status. A program is
 * the sections and commands that are linked into it (lib/), and one call:
 *
 *     int main(int argc, char **argv)
 *     {
 *             static const struct app app = {.name = "dpdk-xebra", ...};
 *
 *             return app_main(argc, argv, &app);
 *     }
 *
 * It does "config check FILE", "config schema", "commands", --help and --version without EAL; a
 * configuration is checked before EAL is started.
 */

#include <stdbool.h>

#include <jansson.h>

#include "xebra_err.h"

/* What differs between programs. Constant for the life of the program. */
struct app {
	const char *name;   /* of the program: "dpdk-xebra" */
	const char *runs;   /* what it runs, in the words of --help: "a router" */
	const char *socket; /* control.socket when the configuration does not say it */
	/*
	 * It can do without EAL: then it is started only when the command line has a "--", which
	 * separates EAL's options from the program's. Else the "--" must be there.
	 */
	bool eal_optional;
	/* Called with a configuration before it is checked: xebra_conf_load(). May be NULL. */
	int (*before_check)(const json_t *config, struct xebra_err *err);
};

/* Do what the command line says. Returns the program's exit status. */
int app_main(int argc, char **argv, const struct app *app);

#endif
