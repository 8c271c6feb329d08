/* SPDX-License-Identifier: BSD-3-Clause */
/* The connection of xebractl, which has only one and ends when it breaks. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "xebra_client.h"
#include "xebractl.h"

static struct xebra_client *client;

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
	struct xebra_err err = {0};
	const char *hint = "";

	if (xebra_client_open(path, -1, &client, &err) == 0)
		return;
	if (err.code == -ENOENT || err.code == -ECONNREFUSED)
		hint = " (does dpdk-xebra run? -s SOCKET tells where)";
	else if (err.code == -EACCES)
		hint = " (you are not in the socket's group)";
	trouble("%s%s", err.text, hint);
}

void
client_request(const char *method, json_t *params)
{
	struct xebra_err err = {0};

	if (xebra_client_request(client, method, params, &err) < 0)
		trouble("%s", err.text);
}

json_t *
client_wait(int fd)
{
	struct xebra_err err = {0};
	json_t *reply;

	if (xebra_client_wait(client, fd, -1, &reply, &err) < 0)
		trouble("%s", err.text);
	return reply;
}

void
print_json(const json_t *value)
{
	/* 15 digits: 0.2 stays 0.2, as the program sends it. */
	json_dumpf(value, stdout, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	fputc('\n', stdout);
}

void
print_refusal(json_t *error)
{
	json_t *line = json_pack("{s:O}", "error", error);

	print_json(line);
	json_decref(line);
}

void
print_reply(const json_t *result)
{
	const json_t *text = json_object_get(result, "text");
	const json_t *reply = json_object_get(result, "reply");

	if (json_is_string(text)) {
		fwrite(json_string_value(text), 1, json_string_length(text), stdout);
	} else if (reply != NULL) {
		print_json(reply);
	}
}
