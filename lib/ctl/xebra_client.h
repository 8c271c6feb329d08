/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_CLIENT_H
#define XEBRA_CLIENT_H

/**
 * @file
 * The other end of a control socket: a connection that makes JSON-RPC requests and takes replies.
 *
 * For xebractl, and for a program that asks another one (dpdk-xebra-pf asks dpdk-xebra-nic). It
 * uses nothing of DPDK but header files. A connection that broke (the other side closed it, or said
 * what is no reply) stays broken: xebra_client_broken(), close it and open anew.
 *
 * Any thread; a connection belongs to one.
 */

#include <stdbool.h>

#include <jansson.h>

#include "xebra_err.h"

struct xebra_client;

/**
 * Connect to a control socket.
 *
 * @param timeout_ms
 *   How long to wait for a place in the other side's queue, milliseconds; -1: for ever.
 * @return
 *   0, or a negative errno value, -ENOENT and -ECONNREFUSED when nobody listens, with err
 *   "PATH: why".
 */
int xebra_client_open(
	const char *path, int timeout_ms, struct xebra_client **client, struct xebra_err *err);

/** Close a connection; NULL is allowed. */
void xebra_client_close(struct xebra_client *client);

/** Whether it is of no more use. */
bool xebra_client_broken(const struct xebra_client *client);

/** Whether there are requests that have not been sent in full. */
bool xebra_client_sending(const struct xebra_client *client);

/**
 * Queue a request; xebra_client_wait() sends it. Replies come in the order of requests.
 *
 * @param params
 *   Object, reference stolen, also on failure; NULL when it could not be made.
 * @return
 *   0, or -ENOMEM (which is also what text that is not UTF-8 leads to) with err set.
 */
int xebra_client_request(
	struct xebra_client *client, const char *method, json_t *params, struct xebra_err *err);

/**
 * Send what goes, and wait for a reply.
 *
 * @param fd
 *   Stop waiting as well when this can be read (it then returns with no reply); -1: none.
 * @param timeout_ms
 *   For how long, milliseconds; -1: for ever.
 * @param reply
 *   The whole reply object, a new reference; NULL when `fd` was first, or the time is over.
 * @return
 *   0, or a negative errno value with err "PATH: why": the connection is broken.
 */
int xebra_client_wait(
	struct xebra_client *client, int fd, int timeout_ms, json_t **reply, struct xebra_err *err);

/** The error's message, borrowed, or NULL when the reply is no error. */
const char *xebra_client_error(const json_t *reply);

/**
 * Make a request and wait for its result. No other request may be under way.
 *
 * When the other side is late, xebra_client_late() is true from then on and the answer is no longer
 * wanted: a later call takes it first, and waits for it only as long as its own time, counted from
 * when the late request was made, has not passed. So somebody silent costs its time once. That it
 * has spoken is seen from xebra_client_fd().
 *
 * @param params
 *   Object, reference stolen, also on failure.
 * @param timeout_ms
 *   How long to wait, milliseconds; -1: for ever.
 * @param result
 *   On success a new reference. NULL: not wanted.
 * @return
 *   0; -ETIMEDOUT with err "PATH: why"; what the other side refused with (err is its message); or
 * as xebra_client_wait().
 */
int xebra_client_call(struct xebra_client *client, const char *method, json_t *params,
	int timeout_ms, json_t **result, struct xebra_err *err);

/** Whether the other side still owes the answer to a call that did not wait for it any longer. */
bool xebra_client_late(const struct xebra_client *client);

/** The socket, to be watched for what can be read. */
int xebra_client_fd(const struct xebra_client *client);

#endif
