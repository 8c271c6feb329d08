/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SHELL_PRIV_H
#define SHELL_PRIV_H

/* The shell's output: standard output, written when it takes it. Control thread only. */

#include <stdbool.h>
#include <stddef.h>

/* shell_out.c */

/*
 * Start writing to a descriptor. `drained` is called when all that was added has been written,
 * after it once had not been.
 */
void shell_out_start(int fd, void (*drained)(void));

/* Write what is left, waiting for at most a second, and stop. */
void shell_out_stop(void);

void shell_out_add(const char *text, size_t len);

/* Write what goes. */
void shell_out_flush(void);

/* Whether something waits to be written. */
bool shell_out_waits(void);

#endif
