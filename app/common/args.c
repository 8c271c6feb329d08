/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "app_priv.h"

int
app_args_separator(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--") == 0)
			return i;
	return argc;
}

int
app_args_parse(
	int argc, char **argv, const struct app *app, struct app_args *args, struct xebra_err *err)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"socket", required_argument, NULL, 's'},
		{"interactive", no_argument, NULL, 'i'},
		{"help", no_argument, NULL, 'h'},
		{NULL},
	};
	int ours = app_args_separator(argc, argv);
	char **words;
	int c;

	*args = (struct app_args){.eal = true, .eal_argc = ours};
	if (ours == argc) {
		if (!app->eal_optional)
			return xebra_err_set(err, -EINVAL,
				"arguments: no \"--\": %s [EAL options] -- --config FILE",
				app->name);
		args->eal = false;
		ours = 0;
	}
	words = argv + ours;
	optind = 1;
	/* The leading ':' keeps getopt from printing lines of its own. */
	while ((c = getopt_long(argc - ours, words, ":h", options, NULL)) != -1) {
		if (c == 'c')
			args->config = optarg;
		else if (c == 's')
			args->socket = optarg;
		else if (c == 'i')
			args->interactive = true;
		else if (c == 'h')
			args->help = true;
		else if (c == ':')
			return xebra_err_set(
				err, -EINVAL, "arguments: %s needs a value", words[optind - 1]);
		else
			return xebra_err_set(err, -EINVAL,
				"arguments: unknown option %s; see %s --help", words[optind - 1],
				app->name);
	}
	if (args->help)
		return 0;
	if (optind < argc - ours)
		return xebra_err_set(err, -EINVAL,
			"arguments: do not know what to do with \"%s\"; see %s --help",
			words[optind], app->name);
	if (args->config == NULL)
		return xebra_err_set(err, -EINVAL,
			"arguments: --config FILE is missing; see %s --help", app->name);
	return 0;
}
