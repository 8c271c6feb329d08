/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRACTL_H
#define XEBRACTL_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

/* Exit status. */
#define EXIT_REFUSED 1 /* the program said no */
#define EXIT_TROUBLE 2 /* usage, no connection */

/* client.c: a connection; all functions end the program with EXIT_TROUBLE when it breaks. */

void client_connect(const char *path);

/* Queue a request; takes the reference to params. Replies come in the order of requests. */
void client_request(const char *method, json_t *params);

/*
 * Send what goes, and wait until a reply is there, or until `fd` (when not negative) can be read:
 * then NULL. A reply is the whole object, a new reference.
 */
json_t *client_wait(int fd);

/* Print a reply {"text"} or {"reply"} to standard output. */
void print_reply(const json_t *result);

/* Print a value, or the error object of a refused command, to standard output: --json. */
void print_json(const json_t *value);
void print_refusal(json_t *error);

void trouble(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* lines.c: the commands of standard input. Returns the exit status. */
int run_lines(bool json);

#endif
