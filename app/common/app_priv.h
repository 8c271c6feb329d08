/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef APP_PRIV_H
#define APP_PRIV_H

/* What the files of app/common share. */

#include "app.h"

/* What the command line says. Strings point into argv. */
struct app_args {
	bool eal;           /* EAL is to be started */
	int eal_argc;       /* how many of argv are EAL's: those before "--" */
	const char *config; /* --config FILE */
	const char *socket; /* --socket PATH, or NULL */
	bool interactive;   /* --interactive */
	bool help;          /* --help: nothing else is looked at */
};

/* The place of "--" on a command line, or argc. */
int app_args_separator(int argc, char **argv);

/* Read the command line of a program that is to run. -EINVAL with err set. */
int app_args_parse(
	int argc, char **argv, const struct app *app, struct app_args *args, struct xebra_err *err);

/*
 * Do what needs neither EAL nor a running program: --help, --version, "config check FILE", "config
 * schema", ... False when the command line asks for none of it; else `status` is what to exit with.
 */
bool app_offline(int argc, char **argv, const struct app *app, int *status);

/* Print how the program is used. Returns the exit status; `words` is for the table of commands. */
int app_help(const struct app *app, char **words);

/* Start EAL. On failure err says why and what to do, as far as that can be found out. */
int app_eal_init(int argc, char **argv, struct xebra_err *err);

/* Tell the service manager, when there is one: see sd_notify(3) for what `state` may be. */
void app_notify(const char *state);

#endif
