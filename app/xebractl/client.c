/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "xebractl.h"

static struct {
	const char *path;
	int fd;
	json_int_t id;
	char *out;
	size_t out_start, out_end;
	char *in; /* replies are lines */
	size_t in_start, in_seen, in_end, in_room;
} client = {.fd = -1};

void
trouble(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("xebractl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(EXIT_TROUBLE);
}

void
client_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *hint = "";

	client.path = path;
	if (strlen(path) >= sizeof(address.sun_path))
		trouble("%s: the path is too long for a socket", path);
	memcpy(address.sun_path, path, strlen(path));
	client.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client.fd < 0)
		trouble("socket: %s", strerror(errno));
	if (connect(client.fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return;
	if (errno == ENOENT || errno == ECONNREFUSED)
		hint = " (does dpdk-xebra run? -s SOCKET tells where)";
	else if (errno == EACCES)
		hint = " (you are not in the socket's group)";
	trouble("%s: %s%s", path, strerror(errno), hint);
}

bool
client_sending(void)
{
	return client.out_start < client.out_end;
}

void
client_request(const char *method, json_t *params)
{
	json_t *request = json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id", ++client.id,
		"method", method, "params", params);
	char *text = request != NULL ? json_dumps(request, JSON_COMPACT) : NULL;
	size_t left = client.out_end - client.out_start, len;
	char *out;

	if (text == NULL)
		trouble("the command is not UTF-8, or there is no memory");
	len = strlen(text);
	out = malloc(left + len + 1);
	if (out == NULL)
		trouble("no memory");
	if (left > 0)
		memcpy(out, client.out + client.out_start, left);
	memcpy(out + left, text, len);
	out[left + len] = '\n';
	free(client.out);
	client.out = out;
	client.out_start = 0;
	client.out_end = left + len + 1;
	free(text);
	json_decref(request);
}

static void
send_some(void)
{
	ssize_t n = send(client.fd, client.out + client.out_start,
		client.out_end - client.out_start, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0)
		client.out_start += n;
	/* EPIPE: what the other side said before it closed is still to be read. */
	else if (errno == EPIPE)
		client.out_start = client.out_end;
	else if (errno != EAGAIN && errno != EINTR)
		trouble("%s: %s", client.path, strerror(errno));
}

static void
receive_some(void)
{
	size_t left = client.in_end - client.in_start;
	ssize_t n;

	if (client.in_start > 0) {
		memmove(client.in, client.in + client.in_start, left);
		client.in_seen -= client.in_start;
		client.in_start = 0;
		client.in_end = left;
	}
	if (client.in_room - left < 65536) {
		client.in_room = client.in_room * 2 + 65536;
		client.in = realloc(client.in, client.in_room);
		if (client.in == NULL)
			trouble("no memory for the reply");
	}
	n = recv(
		client.fd, client.in + client.in_end, client.in_room - client.in_end, MSG_DONTWAIT);
	if (n == 0)
		trouble("%s: the connection was closed", client.path);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		trouble("%s: %s", client.path, strerror(errno));
	if (n > 0)
		client.in_end += n;
}

/* The next whole line that has arrived, or NULL. */
static json_t *
take_reply(void)
{
	char *from = client.in + client.in_seen;
	char *newline = client.in_end > client.in_seen
		? memchr(from, '\n', client.in_end - client.in_seen)
		: NULL;
	json_error_t error;
	json_t *reply;

	if (newline == NULL) {
		client.in_seen = client.in_end;
		return NULL;
	}
	reply = json_loadb(
		client.in + client.in_start, newline - client.in - client.in_start, 0, &error);
	if (!json_is_object(reply))
		trouble("%s: not an answer as we know it: %s", client.path, error.text);
	client.in_start = client.in_seen = newline + 1 - client.in;
	return reply;
}

json_t *
client_wait(int fd)
{
	json_t *reply;

	while ((reply = take_reply()) == NULL) {
		struct pollfd polled[2] = {
			{.fd = client.fd, .events = POLLIN | (client_sending() ? POLLOUT : 0)},
			{.fd = fd, .events = POLLIN},
		};

		if (poll(polled, 2, -1) < 0 && errno != EINTR)
			trouble("poll: %s", strerror(errno));
		if (polled[0].revents & POLLOUT)
			send_some();
		if (polled[0].revents & ~POLLOUT)
			receive_some();
		if (polled[1].revents != 0)
			return NULL;
	}
	return reply;
}

const char *
reply_error(const json_t *reply)
{
	const json_t *error = json_object_get(reply, "error");
	const char *message = json_string_value(json_object_get(error, "message"));

	if (error == NULL)
		return NULL;
	return message != NULL ? message : "refused, without a reason";
}

void
print_reply(const json_t *result)
{
	const json_t *text = json_object_get(result, "text");
	const json_t *reply = json_object_get(result, "reply");

	if (json_is_string(text)) {
		fwrite(json_string_value(text), 1, json_string_length(text), stdout);
	} else if (reply != NULL) {
		json_dumpf(reply, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
		fputc('\n', stdout);
	}
}
