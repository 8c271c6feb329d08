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
 * replaced, one in use is an error.
 *
 * @param type
 *   SOCK_STREAM or SOCK_SEQPACKET.
 * @param group
 *   Name of the group whose members may use it besides its owner; NULL: nobody.
 * @return
 *   0, -EADDRINUSE, -EEXIST (the path is no socket), -ENAMETOOLONG, -ENOENT (no such group or
 * directory), or what the system said; err says what to do.
 */
int xebra_socket_open(struct xebra_socket *sock, int type, const char *path, const char *group,
	struct xebra_err *err);

/**
 * The same for a socket that somebody else is going to make, a library: its path is ours and free.
 * fd stays -1.
 */
int xebra_socket_reserve(
	struct xebra_socket *sock, int type, const char *path, struct xebra_err *err);

/**
 * Make the directory that a socket will be in when it is missing, as all below /run are after every
 * boot. Only the last step of it is made.
 *
 * @return
 *   0, or what the system said; err says what to do.
 */
int xebra_socket_make_directory(const char *path, struct xebra_err *err);

/** Close and remove it, and whatever is at a reserved path. Safe when it is not open. */
void xebra_socket_close(struct xebra_socket *sock);

#endif
