/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "app.h"

/* The place of "--", or argc. */
static int
find_separator(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--") == 0)
			return i;
	return argc;
}

int
app_args_parse(int argc, char **argv, struct app_args *args, struct xebra_err *err)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"socket", required_argument, NULL, 's'},
		{"interactive", no_argument, NULL, 'i'},
		{NULL},
	};
	int ours = find_separator(argc, argv);
	char **words = argv + ours;
	int c;

	*args = (struct app_args){.eal_argc = ours};
	if (ours == argc)
		return xebra_err_set(err, -EINVAL,
			"arguments: no \"--\": dpdk-xebra [EAL options] -- --config FILE");
	optind = 1;
	/* The leading ':' keeps getopt from printing lines of its own. */
	while ((c = getopt_long(argc - ours, words, ":", options, NULL)) != -1) {
		if (c == 'c')
			args->config = optarg;
		else if (c == 's')
			args->socket = optarg;
		else if (c == 'i')
			args->interactive = true;
		else if (c == ':')
			return xebra_err_set(
				err, -EINVAL, "arguments: %s needs a value", words[optind - 1]);
		else
			return xebra_err_set(err, -EINVAL,
				"arguments: unknown option %s; see dpdk-xebra --help",
				words[optind - 1]);
	}
	if (optind < argc - ours)
		return xebra_err_set(err, -EINVAL,
			"arguments: do not know what to do with \"%s\"; see dpdk-xebra --help",
			words[optind]);
	if (args->config == NULL)
		return xebra_err_set(
			err, -EINVAL, "arguments: --config FILE is missing; see dpdk-xebra --help");
	return 0;
}
