/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_CMD_H
#define XEBRA_CMD_H

/**
 * @file
 * The one command table. From an entry come the shell's command (completion, help), the JSON-RPC
 * method of the same name, what xebractl prints, the telemetry endpoint and the guide's reference.
 *
 * All handlers run in the control thread, one at a time, and must not block.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/queue.h>

#include <jansson.h>
#include <rte_common.h>

#include "xebra_err.h"

enum xebra_param_type {
	XEBRA_PARAM_STRING, /**< UTF-8 without NUL, of at most max bytes (0: 4095). */
	XEBRA_PARAM_INT,    /**< Whole number in min..max (both 0: any). */
	XEBRA_PARAM_WORD,   /**< One of words. */
	XEBRA_PARAM_FLAG,   /**< Keyword without a value; JSON true. */
	/**
	 * Any JSON value. In the shell JSON text (objects and lists may have spaces in them); a
	 * word that is none, or that stands in quotes, is a string.
	 */
	XEBRA_PARAM_JSON,
};

/**
 * A parameter. In the shell positional ones come first, in order, then keywords in any order
 * ("route add 10.0.0.0/8 via 10.1.1.1 weight 3"). In JSON-RPC params is an object by name.
 */
struct xebra_cmd_param {
	const char *name; /**< NULL ends an array. */
	const char *help;
	enum xebra_param_type type;
	bool optional;
	bool keyword; /**< Written "name value" in the shell; else only the value. */
	int64_t min, max;
	const char *const *words; /**< WORD: ended by NULL. */
	bool rest; /**< STRING, last positional: all remaining words, one space between. */
	/** Words to offer on completion (STRING), appended to the array; may be NULL. */
	void (*complete)(json_t *words);
};

/**
 * Run a command.
 *
 * @param args
 *   Object: every given parameter by name, types and ranges checked. Borrowed.
 * @param reply
 *   Set to a new reference; leaving it untouched means null ("done").
 * @return
 *   0, or a negative errno value with err set.
 */
typedef int (*xebra_cmd_fn)(const json_t *args, json_t **reply, struct xebra_err *err);

/** Print a reply for people. Must not change it. */
typedef void (*xebra_cmd_print_fn)(const json_t *reply, FILE *out);

/** A command. Constant but for the list link. */
struct xebra_cmd {
	TAILQ_ENTRY(xebra_cmd) next;
	const char *name; /**< Words with one space between: "show interface", "route add". */
	const char *help; /**< One sentence. */
	const struct xebra_cmd_param *params; /**< NULL: none. */
	xebra_cmd_fn run;
	/**
	 * How people see the reply. NULL: the generic form (arrays of objects are tables with a
	 * column a key, objects are "key: value" lines, nested ones indented).
	 */
	xebra_cmd_print_fn print;
	bool telemetry; /**< Reads only: also "/xebra/<words joined by '/', without 'show'>". */
};

/** Add a command to the table; call it in a constructor. Two of one name: the program ends. */
void xebra_cmd_register(struct xebra_cmd *cmd);

#define XEBRA_CMD(cmd)                     \
	RTE_INIT(xebra_cmd_register_##cmd) \
	{                                  \
		xebra_cmd_register(&cmd);  \
	}

/**
 * Check arguments against a command's parameters and run it.
 *
 * @param name
 *   The command's words.
 * @param args
 *   Object, or NULL for none.
 * @param reply
 *   On success a new reference (json_null() when there is nothing to say).
 * @return
 *   0, -ENOENT (no such command, with a suggestion), -EINVAL (arguments), or the handler's error.
 */
int xebra_cmd_run(const char *name, const json_t *args, json_t **reply, struct xebra_err *err);

/** Print a reply as the command wants it printed. @p cmd NULL: the generic form. */
void xebra_cmd_print(const struct xebra_cmd *cmd, const json_t *reply, FILE *out);

#endif
