/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON-RPC 2.0 (jsonrpc.org/specification) for one client: bytes in, bytes out.
 *
 * Requests are JSON values one after the other, with newlines between them or without. The method
 * is a command's name, params its arguments by name; a batch is an array of requests. Every reply
 * is one line. methods.c has the few methods that are no commands.
 *
 * The control thread has more to do than to serve one client, so work is cut in slices: a call of
 * rpc_client_step() does some requests and returns, also in the middle of a batch, whose reply is
 * therefore written piece by piece. A client that does not read its replies is not served further
 * once RPC_OUT_HIGH bytes wait for it; what it costs is bounded by that and its largest reply.
 *
 * Everything that arrives is hostile. A request is bounded in bytes and in JSON values before
 * jansson sees it (an array of a million empty arrays is short, but large in memory), and jansson
 * bounds the depth.
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include <rte_common.h>

#include "ctl_priv.h"
#include "rpc_priv.h"

#define SLICE_NS 1000000
#define TOO_LARGE "the reply is too large: ask for a part of it"

static size_t unfinished; /* bytes of all requests that are not done, most of which are not whole */
static size_t waiting;    /* bytes of all replies that nobody has read yet */

void
rpc_client_count(struct rpc_client *client)
{
	unfinished += buf_len(&client->in) - client->counted_in;
	client->counted_in = buf_len(&client->in);
	waiting += buf_len(&client->out) - client->counted_out;
	client->counted_out = buf_len(&client->out);
}

void
rpc_client_init(struct rpc_client *client)
{
	*client = (struct rpc_client){0};
}

static void
forget_request(struct rpc_client *client)
{
	json_decref(client->request);
	client->request = NULL;
	client->batch = false;
	client->bracket = false;
	client->next = 0;
}

void
rpc_client_fini(struct rpc_client *client)
{
	forget_request(client);
	json_decref(client->lines);
	json_decref(client->lines_id);
	buf_free(&client->in);
	buf_free(&client->out);
	rpc_client_count(client);
	rpc_client_init(client);
}

/* Replies */

static int
add_text(struct rpc_client *client, const char *text)
{
	return buf_add(&client->out, text, strlen(text));
}

/* Begin a reply: what stands between it and the one before, and its head. */
static int
begin_reply(struct rpc_client *client, const json_t *id)
{
	int rc = 0;

	if (client->batch) {
		rc |= add_text(client, client->bracket ? "," : "[");
		client->bracket = true;
	}
	rc |= add_text(client, "{\"jsonrpc\":\"2.0\",\"id\":");
	rc |= write_json(&client->out, id, RPC_REQUEST_MAX);
	return rc;
}

static void
end_reply(struct rpc_client *client, int rc)
{
	rc |= add_text(client, client->batch ? "}" : "}\n");
	/* No memory for a reply: the client would wait for ever; it is cut off instead. */
	if (rc != 0)
		client->broken = true;
}

static json_t *
make_error(int code, const char *message, json_t *data)
{
	json_t *error = json_pack("{s:i, s:o}", "code", code, "message", json_text(message));

	if (data != NULL)
		json_object_set_new(error, "data", data);
	return error;
}

json_t *
rpc_refusal(const struct xebra_err *err)
{
	const char *name = strerrorname_np(-err->code);

	return make_error(RPC_REFUSED, err->text,
		json_pack("{s:i, s:s}", "errno", -err->code, "name", name != NULL ? name : "?"));
}

/* Takes the reference to the error. */
static void
reply_error(struct rpc_client *client, const json_t *id, json_t *error)
{
	int rc;

	if (id != NULL) {
		rc = begin_reply(client, id);
		rc |= add_text(client, ",\"error\":");
		rc |= write_json(&client->out, error, RPC_REQUEST_MAX);
		end_reply(client, rc);
	}
	json_decref(error);
}

void
rpc_reply_error(
	struct rpc_client *client, const json_t *id, int code, const char *message, json_t *data)
{
	reply_error(client, id, make_error(code, message, data));
}

void
rpc_reply_err(struct rpc_client *client, const json_t *id, const struct xebra_err *err)
{
	reply_error(client, id, rpc_refusal(err));
}

/* Add a value that may be large. */
static int
add_result(struct rpc_client *client, const json_t *result)
{
	rpc_client_count(client);
	if (waiting >= RPC_REPLIES_MAX)
		return -EMSGSIZE;
	return write_json(
		&client->out, result, RTE_MIN(RPC_REPLIES_MAX - waiting, (size_t)RPC_REPLY_MAX));
}

void
rpc_reply(struct rpc_client *client, const json_t *id, const json_t *result)
{
	size_t before = buf_len(&client->out);
	bool bracket = client->bracket;
	int rc;

	if (id == NULL)
		return;
	rc = begin_reply(client, id);
	rc |= add_text(client, ",\"result\":");
	if (rc == 0 && add_result(client, result) < 0) {
		client->out.end = client->out.start + before;
		client->bracket = bracket;
		rpc_reply_error(client, id, RPC_INTERNAL_ERROR, TOO_LARGE, NULL);
		return;
	}
	end_reply(client, rc);
}

void
rpc_list_begin(struct rpc_client *client, const json_t *id)
{
	client->lines_comma = false;
	if (id != NULL && (begin_reply(client, id) | add_text(client, ",\"result\":[")) != 0)
		client->broken = true;
}

void
rpc_list_add(struct rpc_client *client, json_t *item)
{
	int rc = 0;

	if (client->lines_id != NULL) {
		if (client->lines_comma)
			rc |= add_text(client, ",");
		client->lines_comma = true;
		if (add_result(client, item) < 0) {
			json_object_clear(item);
			json_object_set_new(item, "line", json_integer(client->next_line));
			json_object_set_new(
				item, "error", make_error(RPC_INTERNAL_ERROR, TOO_LARGE, NULL));
			rc |= write_json(&client->out, item, RPC_REQUEST_MAX);
		}
		if (rc != 0)
			client->broken = true;
	}
	json_decref(item);
}

void
rpc_list_end(struct rpc_client *client)
{
	if (client->lines_id != NULL)
		end_reply(client, add_text(client, "]"));
}

/* Requests */

static void
run_command(struct rpc_client *client, const char *method, const json_t *params, const json_t *id)
{
	const struct xebra_cmd *cmd = cmd_find(method);
	struct xebra_err err = {0};
	json_t *reply;

	if (cmd == NULL) {
		cmd_not_found(method, &err);
		rpc_reply_error(client, id, RPC_METHOD_NOT_FOUND, err.text, NULL);
		return;
	}
	if (cmd_check_args(cmd, params, &err) < 0) {
		rpc_reply_error(client, id, RPC_INVALID_PARAMS, err.text, NULL);
		return;
	}
	if (cmd_run_checked(cmd, params, &reply, &err) < 0) {
		rpc_reply_err(client, id, &err);
		return;
	}
	rpc_reply(client, id, reply);
	json_decref(reply);
}

static void
run_request(struct rpc_client *client, json_t *request)
{
	const char *method = json_string_value(json_object_get(request, "method"));
	const char *version = json_string_value(json_object_get(request, "jsonrpc"));
	json_t *params = json_object_get(request, "params");
	json_t *id = json_object_get(request, "id");
	const char *wrong = NULL;

	if (!json_is_object(request))
		wrong = "a request is an object";
	else if (version == NULL || strcmp(version, "2.0") != 0)
		wrong = "jsonrpc must be \"2.0\"";
	else if (method == NULL)
		wrong = "method must be a string";
	else if (id != NULL && !json_is_string(id) && !json_is_number(id) && !json_is_null(id))
		wrong = "id must be a string, a number or null";
	else if (params != NULL && !json_is_object(params) && !json_is_array(params))
		wrong = "params must be an object";
	if (wrong != NULL) {
		/* To the request's own id where it can be seen (section 5). */
		if (!json_is_string(id) && !json_is_number(id))
			id = json_null();
		rpc_reply_error(client, id, RPC_INVALID_REQUEST, wrong, NULL);
	} else if (!rpc_method(client, method, params, id)) {
		run_command(client, method, params, id);
	}
}

/* The next request, or the next piece of one. */
static void
run_next(struct rpc_client *client)
{
	if (client->lines == NULL) {
		json_t *request = client->batch ? json_array_get(client->request, client->next++)
						: client->request;

		run_request(client, request);
	} else {
		rpc_lines_step(client);
	}
	if (client->lines != NULL)
		return;
	if (client->batch && client->next < json_array_size(client->request))
		return;
	if (client->bracket && add_text(client, "]\n") < 0)
		client->broken = true;
	forget_request(client);
}

/* Bytes that are no request: say so once. */
static void
refuse_bytes(struct rpc_client *client, int code, const char *text)
{
	rpc_reply_error(client, json_null(), code, text, NULL);
}

static void
parse_request(struct rpc_client *client, size_t len)
{
	json_error_t error;
	char text[320];

	client->request = json_loadb(client->in.data + client->in.start, len,
		JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	buf_take(&client->in, len);
	if (client->request == NULL) {
		snprintf(text, sizeof(text), "not JSON: %s (line %d, column %d)", error.text,
			error.line, error.column);
		refuse_bytes(client, RPC_PARSE_ERROR, text);
		return;
	}
	client->batch = json_is_array(client->request);
	if (client->batch && json_array_size(client->request) == 0) {
		forget_request(client);
		refuse_bytes(client, RPC_INVALID_REQUEST, "an empty batch");
	}
}

/* Whether this client's share of what is not finished is one that others need. */
static bool
takes_too_much(struct rpc_client *client)
{
	rpc_client_count(client);
	return unfinished > RPC_REQUESTS_MAX && buf_len(&client->in) > RPC_REQUEST_SMALL;
}

/* Get the next request from the bytes that have arrived. Returns false when there is none yet. */
static bool
next_request(struct rpc_client *client)
{
	const char *data = client->in.data + client->in.start;

	switch (scan_value(&client->scan, data, buf_len(&client->in))) {
	case SCAN_MORE:
		if (!takes_too_much(client))
			return false;
		refuse_bytes(client, RPC_INVALID_REQUEST,
			"the requests of all clients have more than 64 MiB: try again later");
		client->broken = true;
		break;
	case SCAN_BLANK:
		buf_take(&client->in, client->scan.at);
		break;
	case SCAN_VALUE:
		parse_request(client, client->scan.at);
		break;
	case SCAN_TOO_LARGE:
		refuse_bytes(client, RPC_INVALID_REQUEST,
			"a request of more than 16 MiB or 262144 values");
		client->broken = true;
		break;
	}
	client->scan = (struct scan){0};
	return true;
}

static bool
is_full(const struct rpc_client *client)
{
	return buf_len(&client->out) >= RPC_OUT_HIGH;
}

bool
rpc_client_ready(const struct rpc_client *client)
{
	if (client->broken || is_full(client))
		return false;
	return client->request != NULL || client->scan.at < buf_len(&client->in);
}

static uint64_t
now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

unsigned int
rpc_client_step(struct rpc_client *client)
{
	uint64_t end = now_ns() + SLICE_NS;
	unsigned int done = 0;

	while (done < RPC_SLICE && rpc_client_ready(client)) {
		if (client->request == NULL && !next_request(client))
			break;
		if (client->request != NULL)
			run_next(client);
		done++;
		/* Most requests take less than asking for the time does. */
		if (done % 8 == 0 && now_ns() >= end)
			break;
	}
	rpc_client_count(client);
	return done;
}
