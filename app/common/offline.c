/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <rte_common.h>

#include "app_priv.h"
#include "xebra_conf.h"
#include "xebra_ctl.h"

int
app_help(const struct app *app, char **words)
{
	const char *eal = app->eal_optional ? "[[EAL options] --]" : "[EAL options] --";
	const int width = (int)strlen(app->name) + 20;

	(void)words;
	printf("Usage:\n"
	       "  %s %s --config FILE [--interactive] [--socket PATH]\n"
	       "  %*srun %s\n",
		app->name, eal, width, "", app->runs);
	printf("  %s config check FILE  say whether a configuration is right\n"
	       "  %s config schema      print the JSON Schema of configurations\n"
	       "  %s commands           print the reference of all commands\n"
	       "  %s --version\n"
	       "\n",
		app->name, app->name, app->name, app->name);
	printf("  --config FILE    the configuration (JSON); SIGHUP reads it again\n"
	       "  --interactive    a shell on this terminal\n"
	       "  --socket PATH    where xebractl finds it, before control.socket\n"
	       "\n"
	       "EAL options are those of every DPDK program. Without huge pages: --no-huge -m "
	       "512.\n");
	return EXIT_SUCCESS;
}

static int
version(const struct app *app, char **words)
{
	(void)words;
	printf("%s " XEBRA_VERSION "\n", app->name);
	return EXIT_SUCCESS;
}

static int
config_check(const struct app *app, char **words)
{
	struct xebra_err err = {0};

	if (xebra_conf_load(words[0], app->before_check, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILURE;
	}
	/* It is not given back: the process ends, and a full table takes seconds to free. */
	printf("%s: ok\n", words[0]);
	return EXIT_SUCCESS;
}

static int
config_schema(const struct app *app, char **words)
{
	json_t *schema = xebra_conf_schema(app->name);
	int rc;

	(void)words;
	if (schema == NULL)
		return EXIT_FAILURE;
	rc = json_dumpf(schema, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(schema);
	return rc == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int
commands(const struct app *app, char **words)
{
	(void)app;
	(void)words;
	xebra_ctl_reference(stdout);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const struct offline {
	const char *words[3];
	const char *arg; /* the one argument's name, or NULL */
	int (*run)(const struct app *app, char **args);
} offline[] = {
	{{"--help"}, NULL, app_help},
	{{"-h"}, NULL, app_help},
	{{"--version"}, NULL, version},
	{{"config", "check"}, "FILE", config_check},
	{{"config", "schema"}, NULL, config_schema},
	{{"commands"}, NULL, commands},
};

/* How many of a command's words the command line begins with. */
static int
matched(const struct offline *o, int argc, char **argv)
{
	int n = 0;

	while (o->words[n] != NULL && n + 1 < argc && strcmp(o->words[n], argv[n + 1]) == 0)
		n++;
	return n;
}

/* Behind n words that are right comes one that is nobody's. */
static int
unknown_word(const struct app *app, int n, int argc, char **argv)
{
	const char *known[RTE_DIM(offline) + 1], *meant;
	size_t used = 0;

	for (size_t i = 0; i < RTE_DIM(offline); i++)
		if (matched(&offline[i], argc, argv) == n && offline[i].words[n] != NULL)
			known[used++] = offline[i].words[n];
	known[used] = NULL;
	meant = xebra_nearest_word(argv[n + 1], known);
	fprintf(stderr, "%s: unknown: %s%s%s", app->name, n > 0 ? argv[1] : "", n > 0 ? " " : "",
		argv[n + 1]);
	if (meant != NULL)
		fprintf(stderr, "; did you mean \"%s\"?", meant);
	fprintf(stderr, "%s see %s --help\n", meant != NULL ? "" : ";", app->name);
	return EXIT_FAILURE;
}

/* The n words are right, and what should follow is missing or is too much. */
static int
wrong_use(const struct app *app, int n, int argc, char **argv)
{
	const char *before = "usage: ";

	fprintf(stderr, "%s: ", app->name);
	for (size_t i = 0; i < RTE_DIM(offline); i++) {
		const struct offline *o = &offline[i];

		if (matched(o, argc, argv) < n)
			continue;
		fprintf(stderr, "%s%s %s%s%s%s%s", before, app->name, o->words[0],
			o->words[1] != NULL ? " " : "", o->words[1] != NULL ? o->words[1] : "",
			o->arg != NULL ? " " : "", o->arg != NULL ? o->arg : "");
		before = ", ";
	}
	fputc('\n', stderr);
	return EXIT_FAILURE;
}

/*
 * The command line is no command. It is one with a slip when it begins with a word, as EAL's
 * options never do, or with an option of ours and is not about EAL.
 */
static bool
slip(int argc, char **argv, const struct app *app, int *status)
{
	bool whole = false;
	int n = 0;

	if (argc < 2)
		return false;
	for (size_t i = 0; i < RTE_DIM(offline); i++)
		n = RTE_MAX(n, matched(&offline[i], argc, argv));
	for (size_t i = 0; i < RTE_DIM(offline); i++)
		whole |= matched(&offline[i], argc, argv) == n && offline[i].words[n] == NULL;
	if (argv[1][0] == '-' && (n == 0 || app_args_separator(argc, argv) < argc))
		return false;
	*status = !whole && argc > n + 1 ? unknown_word(app, n, argc, argv)
					 : wrong_use(app, n, argc, argv);
	return true;
}

bool
app_offline(int argc, char **argv, const struct app *app, int *status)
{
	for (size_t i = 0; i < RTE_DIM(offline); i++) {
		const struct offline *o = &offline[i];
		int n = matched(o, argc, argv);

		if (o->words[n] != NULL || argc - 1 - n != (o->arg != NULL))
			continue;
		*status = o->run(app, argv + 1 + n);
		return true;
	}
	return slip(argc, argv, app, status);
}
