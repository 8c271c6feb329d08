/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_CTL_H
#define XEBRA_CTL_H

/**
 * @file
 * Control of a running program, for its main(): the socket, the shell and the telemetry endpoints
 * that all stand on the command table of xebra_cmd.h.
 *
 * The order in a program:
 *
 *     xebra_conf_load(file)
 *     rte_eal_init(), xebra_loop_init()
 *     xebra_ctl_start(socket or NULL)         telemetry endpoints
 *     xebra_conf_install()                    the section "control" opens the socket, first of all:
 *                                             a second instance ends here, before it touches a port
 *     xebra_shell_start()                     with --interactive
 *     xebra_loop_run()                        until xebra_loop_stop(), which the command "quit"
 *                                             calls, and the shell at the end of its input
 *     xebra_shell_stop()
 *     xebra_conf_stop()                       closes and removes the socket
 *     xebra_ctl_stop()
 *     xebra_loop_fini(), rte_eal_cleanup()
 *
 * All functions: control thread only.
 */

#include <stdio.h>

#include "xebra_err.h"

/** Where the socket of dpdk-xebra is, and where xebractl looks, when nobody says otherwise. */
#define XEBRA_CTL_SOCKET "/run/xebra/xebra.sock"

/**
 * Say where the program's socket is when neither the command line nor the configuration does. Once,
 * before anything else; without it XEBRA_CTL_SOCKET.
 *
 * @param path
 *   Absolute path of at most 100 bytes, without quotes or backslashes. Copied.
 */
void xebra_ctl_default_socket(const char *path);

/**
 * Register the telemetry endpoints ("/xebra/...") and note where the socket is to be.
 *
 * @param socket
 *   Path that goes before control.socket (--socket), or NULL. Not copied: it stays valid.
 * @return
 *   0, or a negative errno value with err set.
 */
int xebra_ctl_start(const char *socket, struct xebra_err *err);

/** Refuse telemetry requests from now on, also those that wait. Safe when never started. */
void xebra_ctl_stop(void);

/**
 * Start the interactive shell on standard input and output, fed by the loop.
 *
 * On a terminal: prompt, completion, help, history. Otherwise the lines are run one after the
 * other, without a prompt. The end of the input, as "quit", stops the loop.
 *
 * @return
 *   0, or a negative errno value with err set.
 */
int xebra_shell_start(struct xebra_err *err);

/** End the shell and give the terminal back as it was. Safe when never started. */
void xebra_shell_stop(void);

/** Write the reference of all registered commands for the guide (reStructuredText). */
void xebra_ctl_reference(FILE *out);

#endif
