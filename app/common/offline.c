/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <rte_common.h>

#include "app_priv.h"
#include "xebra_conf.h"
#include "xebra_ctl.h"

static int
help(const struct app *app, char **words)
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

int
app_check_file(const struct app *app, const char *file, struct xebra_err *err)
{
	json_t *config;
	int rc;

	if (app->check_file != NULL)
		return app->check_file(file, err);
	rc = xebra_conf_read(file, &config, err);
	if (rc == 0)
		json_decref(config);
	return rc;
}

static int
config_check(const struct app *app, char **words)
{
	struct xebra_err err = {0};

	if (app_check_file(app, words[0], &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILURE;
	}
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
	int nb_args;
	int (*run)(const struct app *app, char **args);
} offline[] = {
	{{"--help"}, 0, help},
	{{"-h"}, 0, help},
	{{"--version"}, 0, version},
	{{"config", "check"}, 1, config_check},
	{{"config", "schema"}, 0, config_schema},
	{{"commands"}, 0, commands},
};

bool
app_offline(int argc, char **argv, const struct app *app, int *status)
{
	for (size_t i = 0; i < RTE_DIM(offline); i++) {
		const struct offline *o = &offline[i];
		int n = 0;

		while (o->words[n] != NULL && n + 1 < argc && strcmp(o->words[n], argv[n + 1]) == 0)
			n++;
		if (o->words[n] != NULL || argc - 1 - n != o->nb_args)
			continue;
		*status = o->run(app, argv + 1 + n);
		return true;
	}
	return false;
}
