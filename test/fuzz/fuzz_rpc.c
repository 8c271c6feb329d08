/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bytes from the control socket, in pieces, and lines of words: framing, dispatch, arguments,
 * rendering, completion. Whatever comes in, what goes out is one JSON value a line.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/fake_cmds.h"
#include "rpc_priv.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The commands of the program would write files; the ones that are meant are those of the test. */
int
LLVMFuzzerInitialize(int *argc __rte_unused, char ***argv __rte_unused)
{
	size_t n;
	struct xebra_cmd *const *table = cmd_table(&n);

	for (size_t i = 0; i < n; i++)
		if (strncmp(table[i]->name, "fake ", 5) != 0 && strcmp(table[i]->name, "help") != 0)
			table[i]->run = fake_echo;
	fake_large_cmd.run = fake_echo;
	return 0;
}

static void
check_answers(struct rpc_client *client)
{
	struct buf *out = &client->out;

	while (buf_len(out) > 0) {
		char *line = out->data + out->start;
		char *end = memchr(line, '\n', buf_len(out));
		json_t *answer;

		if (end == NULL)
			abort();
		answer = json_loadb(line, end - line, 0, NULL);
		if (answer == NULL)
			abort();
		json_decref(answer);
		buf_take(out, end - line + 1);
	}
}

static void
run_bytes(const uint8_t *data, size_t size, size_t piece)
{
	struct rpc_client client;

	rpc_client_init(&client);
	for (size_t at = 0; at < size && !client.broken; at += piece) {
		if (buf_add(&client.in, data + at, RTE_MIN(piece, size - at)) < 0)
			abort();
		while (rpc_client_ready(&client))
			rpc_client_step(&client);
		/* Between requests every answer is complete. */
		if (client.request == NULL)
			check_answers(&client);
	}
	rpc_client_fini(&client);
}

static void
run_line(const uint8_t *data, size_t size)
{
	char *line = strndup((const char *)data, size), *text = NULL;
	const struct xebra_cmd *cmd;
	struct xebra_err err = {0};
	json_t *reply;
	size_t length = 0;
	FILE *out;

	if (line_run(line, &cmd, &reply, &err) == 0) {
		out = open_memstream(&text, &length);
		xebra_cmd_print(cmd, reply, out);
		fclose(out);
		free(text);
		json_decref(reply);
	} else if (err.text[0] == '\0' || reply != NULL) {
		abort();
	}
	json_decref(complete_line(line));
	free(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] & 0x80)
		run_line(data + 1, size - 1);
	else
		run_bytes(data + 1, size - 1, data[0] + 1);
	return 0;
}
