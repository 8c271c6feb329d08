/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RPC_PRIV_H
#define RPC_PRIV_H

/* JSON-RPC without sockets: bytes in, bytes out, work in slices. Control thread only. */

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "xebra_err.h"

#define RPC_REQUEST_MAX (16u << 20)  /* bytes of a request or a batch */
#define RPC_REQUESTS_MAX (64u << 20) /* bytes of all requests that have not arrived in full */
#define RPC_REQUEST_SMALL (1u << 20) /* bytes of one that are always taken */
#define RPC_VALUES_MAX (256u << 10)  /* JSON values in it: each costs memory, however short */
#define RPC_REPLY_MAX (256u << 20)   /* bytes of one reply */
#define RPC_REPLIES_MAX (512u << 20) /* bytes of all replies that wait to be read */
#define RPC_OUT_HIGH (256u << 10)    /* a client that has so much unread is not served further */
#define RPC_SLICE 64                 /* requests of one client before others have their turn */

/* buf.c: a queue of bytes */

struct buf {
	char *data;
	size_t start, end, room;
};

/* 0, or -ENOMEM: nothing was added. */
int buf_add(struct buf *buf, const void *data, size_t len);

/* Room for `len` more bytes at data + end; NULL when there is no memory. */
char *buf_reserve(struct buf *buf, size_t len);

void buf_take(struct buf *buf, size_t len);

void buf_free(struct buf *buf);

static inline size_t
buf_len(const struct buf *buf)
{
	return buf->end - buf->start;
}

/* write.c: add a value as JSON of at most max bytes; on failure nothing is added. */
int write_json(struct buf *buf, const json_t *value, size_t max);

/* scan.c: where one JSON value ends */

struct scan {
	unsigned int depth;
	unsigned int values;
	bool started, string, escape, scalar;
	size_t at; /* bytes of the value that were looked at */
};

enum scan_result {
	SCAN_MORE,  /* the value goes on */
	SCAN_VALUE, /* the first scan->at bytes are one value (or what stands for one) */
	SCAN_BLANK, /* the first scan->at bytes are blank */
	SCAN_TOO_LARGE,
};

/*
 * Look at the bytes behind scan->at. What is no JSON ends at the end of the line, so that one
 * mistake costs one error.
 */
enum scan_result scan_value(struct scan *scan, const char *data, size_t len);

/* rpc.c: one client */

struct rpc_client {
	struct buf in, out;
	struct scan scan;
	bool broken; /* what it sends cannot be understood any more; close when out is empty */

	/* The request at hand. */
	json_t *request; /* NULL: none */
	bool batch;
	size_t next;  /* of the batch */
	bool bracket; /* of the batch's reply is open */

	/* The lines at hand, when the request is ctl.lines. */
	json_t *lines, *lines_id;
	size_t next_line;
	bool lines_json;  /* replies as data, not as text */
	bool lines_comma; /* something stands in the reply's list */

	size_t counted_in, counted_out; /* bytes of each in the sums over all clients */
};

void rpc_client_init(struct rpc_client *client);
void rpc_client_fini(struct rpc_client *client);

/* Whether rpc_client_step() can do anything. */
bool rpc_client_ready(const struct rpc_client *client);

/*
 * Do up to RPC_SLICE requests, fewer when they take long or fill the output queue. Returns the
 * number of requests done.
 */
unsigned int rpc_client_step(struct rpc_client *client);

/* To be called when bytes of in came or of out were taken: keeps the sums over all clients. */
void rpc_client_count(struct rpc_client *client);

/* For methods.c: the reply to one request. id NULL: a notification, nothing is sent. */
void rpc_reply(struct rpc_client *client, const json_t *id, const json_t *result);
void rpc_reply_error(
	struct rpc_client *client, const json_t *id, int code, const char *message, json_t *data);
void rpc_reply_err(struct rpc_client *client, const json_t *id, const struct xebra_err *err);

/* The error object of a command that refused, a new reference. */
json_t *rpc_refusal(const struct xebra_err *err);

/* A reply that is a list, written piece by piece. rpc_list_add() takes the reference. */
void rpc_list_begin(struct rpc_client *client, const json_t *id);
void rpc_list_add(struct rpc_client *client, json_t *item);
void rpc_list_end(struct rpc_client *client);

/* Codes of JSON-RPC 2.0, section 5.1, and ours. */
#define RPC_PARSE_ERROR (-32700)
#define RPC_INVALID_REQUEST (-32600)
#define RPC_METHOD_NOT_FOUND (-32601)
#define RPC_INVALID_PARAMS (-32602)
#define RPC_INTERNAL_ERROR (-32603)
#define RPC_REFUSED (-32000) /* the command's own error; data.errno, data.name */
#define RPC_BUSY (-32001)    /* too many clients */

/* methods.c: the methods that are no commands; false: not one of them. */
bool rpc_method(struct rpc_client *client, const char *method, const json_t *params, json_t *id);

/* Run the next of ctl.lines; the reply is sent after the last. */
void rpc_lines_step(struct rpc_client *client);

#endif
