/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef SERVER_PRIV_H
#define SERVER_PRIV_H

/* The socket and its clients. Control thread only. */

#include "xebra_err.h"

/* socket.c */

struct ctl_socket {
	int fd;
	int lock_fd;
	char path[108];
};

/*
 * Open a listening socket that only its owner, or a group, may use. The lock beside it
 * (PATH.lock) says whether another program has it: a socket that is left from a program that
 * was killed is replaced, one in use is an error.
 */
int ctl_socket_open(
	struct ctl_socket *sock, const char *path, const char *group, struct xebra_err *err);

/* Close and remove it. */
void ctl_socket_close(struct ctl_socket *sock);

/* server.c */

#define SERVER_CLIENTS_MAX 128

int server_start(const char *path, const char *group, struct xebra_err *err);

/* Give the clients what is ready for them, as far as they take it at once, and close all. */
void server_stop(void);

#endif
