/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The interactive shell. On a terminal DPDK's line editor (librte_cmdline) does keys and history,
 * and asks complete.c what may come next; elsewhere lines are read as they are. Either way a line
 * goes through the command table like that of any other client, and while its output waits to be
 * written no further input is read.
 *
 * Input is read with read() on a descriptor that the loop says is ready, and never more than it
 * then has; a file cannot be watched and is read from a timer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <termios.h>
#include <unistd.h>

#include <cmdline_rdline.h>
#include <rte_common.h>

#include "ctl_priv.h"
#include "rpc_priv.h"
#include "shell_priv.h"
#include "xebra_ctl.h"
#include "xebra_loop.h"

#define PROMPT "xebra> "
#define CHOICES_MAX 100

static struct {
	bool running;
	bool reading;       /* watched, or the timer runs */
	bool eof;           /* no more input comes */
	bool ended;         /* quit, or all of the input is done */
	struct rdline *rdl; /* NULL: not a terminal */
	struct termios before;
	struct xebra_timer *timer; /* reads a file */
	struct buf input;          /* not a terminal: what is no whole line yet */
	json_t *choices;           /* being listed */
} shell;

static void input_ready(int fd, uint32_t events, void *arg);

/* Lines */

static void
print_text(const char *text)
{
	shell_out_add(text, strlen(text));
}

static void
run_line(const char *line)
{
	const struct xebra_cmd *cmd;
	struct xebra_err err = {0};
	json_t *reply;
	char *text = NULL;
	size_t size = 0;
	FILE *out;

	if (line_run(line, &cmd, &reply, &err) < 0) {
		print_text("error: ");
		print_text(err.text);
		print_text("\n");
		return;
	}
	out = open_memstream(&text, &size);
	if (out != NULL) {
		xebra_cmd_print(cmd, reply, out);
		fclose(out);
		shell_out_add(text, size);
		free(text);
	}
	json_decref(reply);
	if (cmd != NULL && strcmp(cmd->name, "quit") == 0)
		shell.ended = true;
}

/* Completion, as librte_cmdline asks for it */

static const char *
choice_word(size_t i)
{
	return json_string_value(json_object_get(json_array_get(shell.choices, i), "word"));
}

/* How many bytes of the words that may come next are the same in all. */
static size_t
common_length(size_t *words)
{
	const char *first = choice_word(0);
	size_t common = first != NULL ? strlen(first) : 0;

	for (*words = 0; choice_word(*words) != NULL; ++*words) {
		size_t same = 0;

		while (same < common && choice_word(*words)[same] == first[same])
			same++;
		common = same;
	}
	return common;
}

static void
format_choice(size_t i, char *dst, unsigned int size)
{
	const json_t *choice = json_array_get(shell.choices, i);
	const char *word = choice_word(i), *help;

	if (word == NULL)
		word = json_string_value(json_object_get(choice, "hint"));
	help = json_string_value(json_object_get(choice, "help"));
	if (i == CHOICES_MAX)
		snprintf(dst, size, "... and %zu more", json_array_size(shell.choices) - i);
	else if (help == NULL || help[0] == '\0')
		snprintf(dst, size, "%s", word);
	else
		snprintf(dst, size, "%-16s  %s", word, help);
}

/* The next line of the list of choices; 0 after the last. */
static int
next_choice(char *dst, unsigned int size, int *state)
{
	size_t i = *state;

	if (i >= json_array_size(shell.choices) || i > CHOICES_MAX)
		return 0;
	format_choice(i, dst, size);
	*state = i + 1;
	return 1;
}

/*
 * state 0: the tab key, -1: the help key, above: the next of the list. Returns 0 (nothing),
 * RDLINE_RES_COMPLETE with what is to be added in dst, or 1 with a line of the list in dst.
 */
static int
complete(
	struct rdline *rdl __rte_unused, const char *line, char *dst, unsigned int size, int *state)
{
	size_t words, common, typed = strlen(complete_partial(line));
	bool tab = *state == 0;

	if (*state > 0)
		return next_choice(dst, size, state);
	json_decref(shell.choices);
	shell.choices = complete_line(line);
	if (json_array_size(shell.choices) == 0)
		return 0;
	common = common_length(&words);
	if (tab && (common > typed || words == 1) && common + 2 < size) {
		/* The only one: on to the next word. */
		snprintf(dst, size, "%.*s%s", (int)(common - typed), choice_word(0) + typed,
			words == 1 ? " " : "");
		return RDLINE_RES_COMPLETE;
	}
	*state = 0;
	return next_choice(dst, size, state);
}

/* Input */

static int
write_char(struct rdline *rdl __rte_unused, char c)
{
	shell_out_add(&c, 1);
	return 1;
}

/* The size that rdline gives is that of what stands before the cursor; the line ends at '\n'. */
static void
validate(struct rdline *rdl, const char *buf, unsigned int size __rte_unused)
{
	char *line = strndup(buf, strcspn(buf, "\n"));

	if (line == NULL)
		return;
	if (line[strspn(line, " \t")] != '\0')
		rdline_add_history(rdl, line);
	run_line(line);
	free(line);
}

static void
take_keys(const char *data, size_t len)
{
	for (size_t i = 0; i < len && !shell.ended; i++) {
		switch (rdline_char_in(shell.rdl, data[i])) {
		case RDLINE_RES_VALIDATED:
			if (!shell.ended)
				rdline_newline(shell.rdl, PROMPT);
			break;
		case RDLINE_RES_EOF:
			print_text("\n");
			shell.ended = true;
			break;
		}
	}
}

/* Run the lines that are there, as long as their output is taken. */
static void
take_lines(void)
{
	struct buf *in = &shell.input;

	while (!shell.ended && buf_len(in) > 0 && !shell_out_waits()) {
		char *line = in->data + in->start;
		char *end = memchr(line, '\n', buf_len(in));

		if (end == NULL && !shell.eof)
			break;
		line = strndup(line, end != NULL ? (size_t)(end - line) : buf_len(in));
		buf_take(
			in, end != NULL ? (size_t)(end - (in->data + in->start)) + 1 : buf_len(in));
		if (line != NULL)
			run_line(line);
		free(line);
		shell_out_flush();
	}
	if (buf_len(in) >= LINE_BYTES_MAX &&
		memchr(in->data + in->start, '\n', buf_len(in)) == NULL) {
		print_text("error: a line that is too long\n");
		shell.ended = true;
	}
}

static void
stop_reading(void)
{
	if (!shell.reading)
		return;
	xebra_timer_stop(shell.timer);
	if (shell.timer == NULL)
		xebra_loop_unwatch(STDIN_FILENO);
	shell.timer = NULL;
	shell.reading = false;
}

static void
read_file(void *arg __rte_unused)
{
	input_ready(STDIN_FILENO, EPOLLIN, NULL);
}

static int
start_reading(void)
{
	int rc;

	if (shell.reading)
		return 0;
	rc = xebra_loop_watch(STDIN_FILENO, EPOLLIN, input_ready, NULL);
	if (rc == -EPERM) {
		shell.timer = xebra_timer_start(0, 1, read_file, NULL);
		rc = shell.timer != NULL ? 0 : -ENOMEM;
	}
	shell.reading = rc == 0;
	return rc;
}

/* After input or output: read on, wait, or end. */
static void
go_on(void)
{
	if (shell.eof && buf_len(&shell.input) == 0)
		shell.ended = true;
	if (shell.ended) {
		stop_reading();
		xebra_loop_stop();
	} else if (shell_out_waits()) {
		stop_reading();
	} else {
		start_reading();
	}
}

static void
output_written(void)
{
	take_lines();
	go_on();
}

static void
input_ready(int fd, uint32_t events __rte_unused, void *arg __rte_unused)
{
	char data[4096];
	ssize_t n = read(fd, data, sizeof(data));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0 && shell.rdl != NULL)
		take_keys(data, n);
	else if (n > 0 && buf_add(&shell.input, data, n) == 0)
		take_lines();
	if (n <= 0) {
		shell.eof = true;
		take_lines();
	}
	shell_out_flush();
	go_on();
}

/* Start and end */

static void
restore_terminal(void)
{
	if (shell.running && shell.rdl != NULL)
		tcsetattr(STDIN_FILENO, TCSANOW, &shell.before);
}

/* Keys one by one, unechoed, and Ctrl-C as a key that clears the line. */
static int
prepare_terminal(void)
{
	struct termios raw;
	static bool registered;

	if (tcgetattr(STDIN_FILENO, &shell.before) < 0)
		return -errno;
	shell.rdl = rdline_new(write_char, validate, complete, NULL);
	if (shell.rdl == NULL)
		return -ENOMEM;
	raw = shell.before;
	raw.c_lflag &= ~(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	/* Also when something calls exit(): nobody likes a terminal that does not echo. */
	if (!registered)
		atexit(restore_terminal);
	registered = true;
	return 0;
}

int
xebra_shell_start(struct xebra_err *err)
{
	int rc = 0;

	if (shell.running)
		return 0;
	memset(&shell, 0, sizeof(shell));
	if (isatty(STDIN_FILENO))
		rc = prepare_terminal();
	shell_out_start(STDOUT_FILENO, output_written);
	shell.running = true;
	if (rc == 0)
		rc = start_reading();
	if (rc < 0) {
		xebra_shell_stop();
		return xebra_err_set(err, rc,
			"shell: standard input cannot be used: %s (start without --interactive)",
			strerror(-rc));
	}
	if (shell.rdl != NULL)
		rdline_newline(shell.rdl, PROMPT);
	shell_out_flush();
	return 0;
}

void
xebra_shell_stop(void)
{
	if (!shell.running)
		return;
	stop_reading();
	shell_out_stop();
	restore_terminal();
	shell.running = false;
	rdline_free(shell.rdl);
	shell.rdl = NULL;
	json_decref(shell.choices);
	shell.choices = NULL;
	buf_free(&shell.input);
}
