/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_SOCKET_H
#define XEBRA_SOCKET_H

/**
 * @file
 * Listening Unix sockets of a program that may have been killed, or may run twice. Control thread.
 */

#include "xebra_err.h"

/** A listening socket. The caller owns it; only fd is of interest. */
struct xebra_socket {
	int fd; /**< -1: not open. Non-blocking. */
	int lock_fd;
	char path[108];
};

/**
 * Open a listening socket that only its owner, or a group, may use. The lock beside it (PATH.lock)
 * says whether another program has it: a socket that is left from a program that was killed is
 * replaced, one in use is an error. Its directory is made when it is missing.
 *
 * @param type
 *   SOCK_STREAM or SOCK_SEQPACKET.
 * @param group
 *   Name of the group whose members may use it besides its owner; NULL: nobody.
 * @return
 *   0, -EADDRINUSE, -EEXIST (the path is no socket), -ENAMETOOLONG, -ENOENT (no such group), or
 *   what the system said; err says what to do.
 */
int xebra_socket_open(struct xebra_socket *sock, int type, const char *path, const char *group,
	struct xebra_err *err);

/** Close and remove it. */
void xebra_socket_close(struct xebra_socket *sock);

#endif
