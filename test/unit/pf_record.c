/* SPDX-License-Identifier: BSD-3-Clause */
#include "xebra_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_string_fns.h>

#include "pf_record.h"

static const struct pf_kernel *kernel;
static FILE *tape;
static bool playing;

/* One line of the tape that is played; the part after its word. */
static char *line;
static size_t line_room;

static const char *
next_line(const char *word)
{
	size_t len = strlen(word);
	ssize_t n = getline(&line, &line_room, tape);

	if (n <= 0)
		fail_msg("the recording is at its end, and there is a \"%s\"", word);
	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, word, len) != 0 || line[len] != ' ')
		fail_msg("the recording goes on with \"%.80s\", not with \"%s\"", line, word);
	return line + len + 1;
}

/* ---- Bytes ---- */

static void
put_bytes(const char *word, const void *buf, ssize_t n)
{
	const uint8_t *bytes = buf;

	if (n < 0) {
		fprintf(tape, "%s %zd\n", word, n);
		return;
	}
	fprintf(tape, "%s ", word);
	for (ssize_t i = 0; i < n; i++)
		fprintf(tape, "%02x", bytes[i]);
	fputc('\n', tape);
}

static ssize_t
get_bytes(const char *text, uint8_t *bytes, size_t size)
{
	size_t n = strlen(text) / 2;

	if (text[0] == '-')
		return strtol(text, NULL, 10);
	assert_true(n <= size);
	for (size_t i = 0; i < n; i++) {
		unsigned int byte;

		assert_int_equal(sscanf(text + 2 * i, "%2x", &byte), 1);
		bytes[i] = byte;
	}
	return n;
}

/* ---- The socket ---- */

struct tape_socket {
	struct nl_socket base;
	struct nl_socket *real; /* NULL: played */
};

static int
tape_send(struct nl_socket *base, const void *buf, size_t len)
{
	struct tape_socket *s = (struct tape_socket *)base;
	static uint8_t bytes[NL_BUF_BYTES];

	if (!playing) {
		put_bytes("send", buf, len);
		return s->real->send(s->real, buf, len);
	}
	assert_int_equal(get_bytes(next_line("send"), bytes, sizeof(bytes)), len);
	assert_memory_equal(bytes, buf, len);
	return 0;
}

static ssize_t
tape_recv(struct nl_socket *base, void *buf, size_t size)
{
	struct tape_socket *s = (struct tape_socket *)base;
	ssize_t n;

	if (playing)
		return get_bytes(next_line("recv"), buf, size);
	n = s->real->recv(s->real, buf, size);
	put_bytes("recv", buf, n);
	return n;
}

static void
tape_close(struct nl_socket *base)
{
	struct tape_socket *s = (struct tape_socket *)base;

	if (s->real != NULL)
		s->real->close(s->real);
	free(s);
}

int __wrap_nl_socket_open(bool events, struct nl_socket **s);

int
__wrap_nl_socket_open(bool events, struct nl_socket **s)
{
	struct tape_socket *made;
	int rc;

	if (tape == NULL)
		return kernel->socket_open(events, s);
	made = calloc(1, sizeof(*made));
	made->base = (struct nl_socket){
		.send = tape_send, .recv = tape_recv, .close = tape_close, .fd = -1};
	rc = playing ? 0 : kernel->socket_open(events, &made->real);
	if (rc < 0)
		free(made);
	else
		*s = &made->base;
	return rc;
}

/* ---- sysfs ---- */

/* A question and its answer in one line: "read pf0 speed 0 10000". */
static int
ask_tape(const char *word, const char *interface, const char *file, char *text, size_t size)
{
	const char *rest = next_line(word);
	size_t len = strlen(interface) + 1 + strlen(file);
	char *end;
	int rc;

	if (strlen(rest) < len + 2 || strncmp(rest, interface, strlen(interface)) != 0 ||
		strncmp(rest + strlen(interface) + 1, file, strlen(file)) != 0)
		fail_msg("the recording has \"%s\", and %s %s is asked for", rest, interface, file);
	rc = strtol(rest + len + 1, &end, 10);
	if (text != NULL)
		strlcpy(text, *end == ' ' ? end + 1 : "", size);
	return rc;
}

int __wrap_sysfs_read(const char *interface, const char *file, char *text, size_t size);
int __wrap_sysfs_link(const char *interface, const char *file, char *text, size_t size);
int __wrap_sysfs_write(const char *interface, const char *file, unsigned int number);

int
__wrap_sysfs_read(const char *interface, const char *file, char *text, size_t size)
{
	int rc;

	if (tape != NULL && playing)
		return ask_tape("read", interface, file, text, size);
	rc = kernel->read(interface, file, text, size);
	if (tape != NULL)
		fprintf(tape, "read %s %s %d %s\n", interface, file, rc, rc == 0 ? text : "");
	return rc;
}

int
__wrap_sysfs_link(const char *interface, const char *file, char *text, size_t size)
{
	int rc;

	if (tape != NULL && playing)
		return ask_tape("link", interface, file, text, size);
	rc = kernel->link(interface, file, text, size);
	if (tape != NULL)
		fprintf(tape, "link %s %s %d %s\n", interface, file, rc, rc == 0 ? text : "");
	return rc;
}

int
__wrap_sysfs_write(const char *interface, const char *file, unsigned int number)
{
	int rc;

	if (tape != NULL && playing)
		return ask_tape("write", interface, file, NULL, 0);
	rc = kernel->write(interface, file, number);
	if (tape != NULL)
		fprintf(tape, "write %s %s %d %u\n", interface, file, rc, number);
	return rc;
}

/* ---- The real kernel ---- */

int __real_nl_socket_open(bool events, struct nl_socket **s);
int __real_sysfs_read(const char *interface, const char *file, char *text, size_t size);
int __real_sysfs_link(const char *interface, const char *file, char *text, size_t size);
int __real_sysfs_write(const char *interface, const char *file, unsigned int number);

const struct pf_kernel pf_real_kernel = {
	.socket_open = __real_nl_socket_open,
	.read = __real_sysfs_read,
	.write = __real_sysfs_write,
	.link = __real_sysfs_link,
};

void
pf_kernel_use(const struct pf_kernel *use)
{
	kernel = use;
}

static int
open_tape(const char *file, bool play)
{
	tape = fopen(file, play ? "re" : "we");
	playing = play;
	return tape != NULL ? 0 : -errno;
}

int
pf_record_start(const struct pf_kernel *use, const char *file)
{
	kernel = use;
	return open_tape(file, false);
}

int
pf_replay_start(const char *file)
{
	return open_tape(file, true);
}

unsigned int
pf_record_end(void)
{
	unsigned int left = 0;

	while (playing && getline(&line, &line_room, tape) > 0)
		left++;
	fclose(tape);
	tape = NULL;
	playing = false;
	free(line);
	line = NULL;
	line_room = 0;
	return left;
}
