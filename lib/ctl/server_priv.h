/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SERVER_PRIV_H
#define SERVER_PRIV_H

/* The clients of the control socket. Control thread only. */

#include "xebra_err.h"

#define SERVER_CLIENTS_MAX 128

int server_start(const char *path, const char *group, struct xebra_err *err);

/* Give the clients what is ready for them, as far as they take it at once, and close all. */
void server_stop(void);

#endif
