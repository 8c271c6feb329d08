/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CTL_PRIV_H
#define CTL_PRIV_H

/* What the files of this folder share. Control thread only. */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "xebra_cmd.h"
#include "xebra_err.h"

/* cmd.c: the table */

#define CMD_NAME_MAX 64   /* bytes of a command's name, with the NUL */
#define CMD_PARAMS_MAX 63 /* parameters of a command */
#define CMD_WORDS_MAX 4   /* words of a command's name */

/* All commands in the order of their names; *n is their number. */
struct xebra_cmd *const *cmd_table(size_t *n);

/* Words of the longest name. */
size_t cmd_words_most(void);

struct xebra_cmd *cmd_find(const char *name);

/* Whether the command's name is these words and, to be true, at least one more. */
bool cmd_begins_with(const struct xebra_cmd *cmd, const char *words);

/* Set err to "NAME: no such command ..." with a suggestion or the words that may follow. */
int cmd_not_found(const char *name, struct xebra_err *err);

/* Check arguments against the parameters; errors are "NAME: PARAM: why". args may be NULL. */
int cmd_check_args(const struct xebra_cmd *cmd, const json_t *args, struct xebra_err *err);

/* Run with arguments that were checked; *reply is a new reference, json_null() at least. */
int cmd_run_checked(
	const struct xebra_cmd *cmd, const json_t *args, json_t **reply, struct xebra_err *err);

/* A parameter as a usage line shows it: "<prefix>", "[via <via>]", "[detail]". */
void cmd_print_param(const struct xebra_cmd_param *param, FILE *out);

/* The usage line: "route add <prefix> via <via> [weight <weight>]", no newline. */
void cmd_print_usage(const struct xebra_cmd *cmd, FILE *out);

/* words.c: what people type */

#define WORDS_MAX 128        /* words of a line */
#define LINE_BYTES_MAX 65536 /* bytes of a line, with the NUL */

struct words {
	size_t n;
	struct {
		const char *text;
		bool quoted; /* stood in quotes: a string even where it looks like JSON */
	} word[WORDS_MAX];
};

/*
 * Split a line in place. A word that begins with a quote goes to the matching one, backslash
 * escapes in double quotes; one that begins with a bracket is JSON and goes to the matching
 * bracket; '#' at the beginning of a word ends the line.
 */
int words_split(char *line, struct words *words, struct xebra_err *err);

/* Find the command with the longest name that the words begin with and make its arguments. */
int words_parse(const struct words *words, const struct xebra_cmd **cmd, json_t **args,
	struct xebra_err *err);

/* The first n words with a space between; NULL when they cannot be a command's name. */
const char *words_join(const struct words *words, size_t n, char name[CMD_NAME_MAX]);

/*
 * Run words or a line. *cmd is set as soon as it is known; NULL when there are no words, which
 * succeeds. *reply is a new reference on success.
 */
int words_run(const struct words *words, const struct xebra_cmd **cmd, json_t **reply,
	struct xebra_err *err);
int line_run(const char *line, const struct xebra_cmd **cmd, json_t **reply, struct xebra_err *err);

/* complete.c: what may come next in a line */

/*
 * Candidates for the last word of a line (empty when the line ends in a blank), sorted: an array
 * of {"word", "help"}; where any word may stand {"hint", "help"}. New reference or NULL.
 */
json_t *complete_line(const char *line);

/* The last word of the line, as far as it is typed. */
const char *complete_partial(const char *line);

/* cmd_json.c: the table as data */

/* Name, help, usage, parameters of a command; new reference. */
json_t *cmd_to_json(const struct xebra_cmd *cmd);

/* A string that is valid UTF-8 whatever the bytes were; new reference. */
json_t *json_text(const char *text);

#endif
