/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xebractl: one command for a running program, or many from standard input.
 *
 * The words go to the program as they are, which knows its commands and makes text of the reply;
 * nothing here has to change when a command is added.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xebra_client.h"
#include "xebractl.h"

#define DEFAULT_SOCKET "/run/xebra/xebra.sock"

static const char usage[] =
	"usage: xebractl [-s SOCKET] [--json] WORDS...\n"
	"       xebractl [-s SOCKET] [--json] -      commands from standard input, one a line\n"
	"\n"
	"  -s, --socket SOCKET  where the program listens (default: " DEFAULT_SOCKET ")\n"
	"  --json               print replies as they are: JSON, one line a command; what was\n"
	"                       refused is {\"error\": ...}\n"
	"  --version, --help\n"
	"\n"
	"\"xebractl help\" lists the commands of the program that runs.\n"
	"Exit status: 0 done, 1 refused, 2 wrong usage or no connection.\n";

struct options {
	const char *socket;
	bool json;
	int words; /* index of the first */
};

/* Options end at the first word: what follows belongs to the command. */
static void
parse_options(int argc, char **argv, struct options *options)
{
	int i;

	options->socket = DEFAULT_SOCKET;
	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1] != '\0'; i++) {
		if (strcmp(argv[i], "--") == 0) {
			i++;
			break;
		}
		if (strcmp(argv[i], "--json") == 0) {
			options->json = true;
		} else if ((strcmp(argv[i], "-s") == 0 || strcmp(argv[i], "--socket") == 0) &&
			i + 1 < argc) {
			options->socket = argv[++i];
		} else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			fputs(usage, stdout);
			exit(0);
		} else if (strcmp(argv[i], "--version") == 0) {
			puts("xebractl " XEBRA_VERSION);
			exit(0);
		} else {
			fprintf(stderr, "xebractl: %s: unknown, or its value is missing\n%s",
				argv[i], usage);
			exit(EXIT_TROUBLE);
		}
	}
	options->words = i;
	if (i == argc) {
		fputs(usage, stderr);
		exit(EXIT_TROUBLE);
	}
}

static int
run_words(int n, char **words, bool json)
{
	json_t *list = json_array(), *reply;
	const char *error;

	for (int i = 0; i < n; i++)
		if (json_array_append_new(list, json_string(words[i])) < 0)
			trouble("word %d is not UTF-8", i + 1);
	client_request("ctl.shell", json_pack("{s:o, s:b}", "words", list, "json", json));
	reply = client_wait(-1);
	error = xebra_client_error(reply);
	if (error != NULL && json)
		print_refusal(json_object_get(reply, "error"));
	if (error != NULL)
		fprintf(stderr, "xebractl: %s\n", error);
	else
		print_reply(json_object_get(reply, "result"));
	json_decref(reply);
	return error != NULL ? EXIT_REFUSED : 0;
}

int
main(int argc, char **argv)
{
	struct options options = {0};
	int rc;

	parse_options(argc, argv, &options);
	client_connect(options.socket);
	if (strcmp(argv[options.words], "-") == 0 && options.words + 1 == argc)
		rc = run_lines(options.json);
	else
		rc = run_words(argc - options.words, argv + options.words, options.json);
	if (fflush(stdout) != 0 && rc == 0) {
		perror("xebractl: standard output");
		rc = EXIT_TROUBLE;
	}
	return rc;
}
