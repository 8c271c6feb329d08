/* SPDX-License-Identifier: BSD-3-Clause */
/* A connection to a control socket: requests out, one line each; replies in, one line each. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "xebra_client.h"

#define READ_BYTES 65536

struct xebra_client {
	char *path;
	int fd;
	bool broken;
	bool late;        /* the call that made the latest request has ended without its answer */
	int64_t asked_ms; /* when it was made */
	json_int_t id;    /* of the latest request */
	char *out;
	size_t out_start, out_end;
	char *in; /* replies are lines; in_seen: before it no newline */
	size_t in_start, in_seen, in_end, in_room;
};

static int
fail(struct xebra_client *client, struct xebra_err *err, int code, const char *why)
{
	client->broken = true;
	return xebra_err_set(err, code, "%s: %s", client->path, why);
}

static int
connect_to(struct xebra_client *client, int timeout_ms, struct xebra_err *err)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};

	if (strlen(client->path) >= sizeof(address.sun_path))
		return fail(client, err, -ENAMETOOLONG, "the path is too long for a socket");
	memcpy(address.sun_path, client->path, strlen(client->path));
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return fail(client, err, -errno, strerror(errno));
	/* It is the time to send that limits connect(). */
	if (timeout_ms >= 0 &&
		setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return fail(client, err, -errno, strerror(errno));
	if (connect(client->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fail(client, err, -errno, strerror(errno));
	return 0;
}

int
xebra_client_open(
	const char *path, int timeout_ms, struct xebra_client **client, struct xebra_err *err)
{
	struct xebra_client *made = calloc(1, sizeof(*made));
	int rc;

	if (made != NULL)
		made->path = strdup(path);
	if (made == NULL || made->path == NULL) {
		free(made);
		return xebra_err_set(err, -ENOMEM, "%s: out of memory", path);
	}
	made->fd = -1;
	rc = connect_to(made, timeout_ms, err);
	if (rc < 0) {
		xebra_client_close(made);
		return rc;
	}
	*client = made;
	return 0;
}

void
xebra_client_close(struct xebra_client *client)
{
	if (client == NULL)
		return;
	if (client->fd >= 0)
		close(client->fd);
	free(client->out);
	free(client->in);
	free(client->path);
	free(client);
}

bool
xebra_client_broken(const struct xebra_client *client)
{
	return client->broken;
}

bool
xebra_client_sending(const struct xebra_client *client)
{
	return client->out_start < client->out_end;
}

/* Put a line at the end of what is to be sent. */
static int
queue(struct xebra_client *client, const char *text)
{
	size_t left = client->out_end - client->out_start, len = strlen(text);
	char *out = malloc(left + len + 1);

	if (out == NULL)
		return -ENOMEM;
	if (left > 0)
		memcpy(out, client->out + client->out_start, left);
	memcpy(out + left, text, len);
	out[left + len] = '\n';
	free(client->out);
	client->out = out;
	client->out_start = 0;
	client->out_end = left + len + 1;
	return 0;
}

int
xebra_client_request(
	struct xebra_client *client, const char *method, json_t *params, struct xebra_err *err)
{
	json_t *request = json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id", ++client->id,
		"method", method, "params", params);
	char *text = request != NULL ? json_dumps(request, JSON_COMPACT | JSON_REAL_PRECISION(15))
				     : NULL;
	int rc = text != NULL ? queue(client, text) : -ENOMEM;

	free(text);
	json_decref(request);
	if (rc < 0)
		xebra_err_set(err, rc, "the command is not UTF-8, or there is no memory");
	return rc;
}

static int
send_some(struct xebra_client *client, struct xebra_err *err)
{
	ssize_t n = send(client->fd, client->out + client->out_start,
		client->out_end - client->out_start, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0)
		client->out_start += n;
	/* EPIPE: what the other side said before it closed is still to be read. */
	else if (errno == EPIPE)
		client->out_start = client->out_end;
	else if (errno != EAGAIN && errno != EINTR)
		return fail(client, err, -errno, strerror(errno));
	return 0;
}

/* Room for READ_BYTES at the end of the input; what has been taken from its start goes. */
static int
make_room(struct xebra_client *client)
{
	size_t left = client->in_end - client->in_start, room = client->in_room;
	char *in;

	if (client->in_start > 0) {
		memmove(client->in, client->in + client->in_start, left);
		client->in_seen -= client->in_start;
		client->in_start = 0;
		client->in_end = left;
	}
	if (room - left >= READ_BYTES)
		return 0;
	room = room * 2 + READ_BYTES;
	in = realloc(client->in, room);
	if (in == NULL)
		return -ENOMEM;
	client->in = in;
	client->in_room = room;
	return 0;
}

static int
receive_some(struct xebra_client *client, struct xebra_err *err)
{
	ssize_t n;

	if (make_room(client) < 0)
		return fail(client, err, -ENOMEM, "no memory for the reply");
	n = recv(client->fd, client->in + client->in_end, client->in_room - client->in_end,
		MSG_DONTWAIT);
	if (n == 0)
		return fail(client, err, -ECONNRESET, "the connection was closed");
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return fail(client, err, -errno, strerror(errno));
	if (n > 0)
		client->in_end += n;
	return 0;
}

/* The next whole line that has arrived; *reply NULL: there is none. */
static int
take_reply(struct xebra_client *client, json_t **reply, struct xebra_err *err)
{
	char *newline = NULL;
	json_error_t error;

	*reply = NULL;
	if (client->in_end > client->in_seen)
		newline = memchr(
			client->in + client->in_seen, '\n', client->in_end - client->in_seen);
	if (newline == NULL) {
		client->in_seen = client->in_end;
		return 0;
	}
	*reply = json_loadb(
		client->in + client->in_start, newline - client->in - client->in_start, 0, &error);
	if (!json_is_object(*reply)) {
		json_decref(*reply);
		*reply = NULL;
		return fail(client, err, -EPROTO, "not an answer as we know it");
	}
	client->in_start = client->in_seen = newline + 1 - client->in;
	return 0;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
xebra_client_wait(
	struct xebra_client *client, int fd, int timeout_ms, json_t **reply, struct xebra_err *err)
{
	int64_t end = now_ms() + timeout_ms;
	bool over = false;
	int rc;

	for (;;) {
		struct pollfd polled[2] = {
			{.fd = client->fd,
				.events = POLLIN | (xebra_client_sending(client) ? POLLOUT : 0)},
			{.fd = fd, .events = POLLIN},
		};
		int left = -1;

		rc = take_reply(client, reply, err);
		if (rc < 0 || *reply != NULL || over)
			return rc;
		if (timeout_ms >= 0)
			left = end > now_ms() ? (int)(end - now_ms()) : 0;
		/* What has arrived is taken in any case. */
		over = left == 0;
		if (poll(polled, 2, left) < 0 && errno != EINTR)
			return fail(client, err, -errno, strerror(errno));
		if (polled[0].revents & POLLOUT)
			rc = send_some(client, err);
		if (rc == 0 && (polled[0].revents & ~POLLOUT))
			rc = receive_some(client, err);
		if (rc < 0)
			return rc;
		if (polled[1].revents != 0)
			return 0;
	}
}

const char *
xebra_client_error(const json_t *reply)
{
	const json_t *error = json_object_get(reply, "error");
	const char *message = json_string_value(json_object_get(error, "message"));

	if (error == NULL)
		return NULL;
	return message != NULL ? message : "refused, without a reason";
}

bool
xebra_client_late(const struct xebra_client *client)
{
	return client->late;
}

int
xebra_client_fd(const struct xebra_client *client)
{
	return client->fd;
}

/* The reply to the latest request, for which there is so much time since it was made. */
static int
await(struct xebra_client *client, int timeout_ms, json_t **reply, struct xebra_err *err)
{
	int64_t left = client->asked_ms + timeout_ms - now_ms();
	int rc;

	if (timeout_ms < 0)
		left = -1;
	else if (left < 0)
		left = 0;
	rc = xebra_client_wait(client, -1, (int)left, reply, err);
	client->late = rc == 0 && *reply == NULL;
	if (client->late)
		return xebra_err_set(err, -ETIMEDOUT, "%s: it does not answer", client->path);
	return rc;
}

int
xebra_client_call(struct xebra_client *client, const char *method, json_t *params, int timeout_ms,
	json_t **result, struct xebra_err *err)
{
	const json_t *data;
	const char *error;
	json_int_t code;
	json_t *reply;
	int rc = 0;

	if (client->late) {
		rc = await(client, timeout_ms, &reply, err);
		if (rc < 0) {
			json_decref(params);
			return rc;
		}
		json_decref(reply);
	}
	rc = xebra_client_request(client, method, params, err);
	client->asked_ms = now_ms();
	if (rc == 0)
		rc = await(client, timeout_ms, &reply, err);
	if (rc < 0)
		return rc;
	error = xebra_client_error(reply);
	if (error != NULL) {
		data = json_object_get(json_object_get(reply, "error"), "data");
		code = json_integer_value(json_object_get(data, "errno"));
		rc = xebra_err_set(
			err, code > 0 && code < 4096 ? -(int)code : -EREMOTEIO, "%s", error);
	} else if (json_integer_value(json_object_get(reply, "id")) != client->id) {
		rc = fail(client, err, -EPROTO, "an answer to another question");
	} else if (result != NULL) {
		*result = json_incref(json_object_get(reply, "result"));
	}
	json_decref(reply);
	return rc;
}
