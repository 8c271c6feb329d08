/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "xebra_err.h"

/* Texts quote what strangers wrote, and no one of them shall speak to the terminal. */
static void
make_one_line(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

int
xebra_err_set(struct xebra_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return code;
	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	make_one_line(err->text);
	return code;
}

int
xebra_err_at(struct xebra_err *err, const char *fmt, ...)
{
	char text[sizeof(err->text)];
	size_t used;
	va_list ap;
	int n;

	if (err == NULL)
		return 0;
	memcpy(text, err->text, sizeof(text));
	va_start(ap, fmt);
	n = vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	used = RTE_MIN((size_t)RTE_MAX(n, 0), sizeof(err->text) - 1);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", text);
	make_one_line(err->text);
	return err->code;
}

#define NEAR_BYTES_MAX 64

/*
 * Changes that make one word of the other: letters added, left out, replaced, or two neighbours
 * swapped. Long words are never near: whoever sends a word of megabytes shall not have it compared.
 */
static size_t
word_distance(const char *a, const char *b)
{
	size_t rows[3][NEAR_BYTES_MAX], *before = rows[0], *last = rows[1], *row = rows[2];
	size_t n = strnlen(b, NEAR_BYTES_MAX);

	if (n == NEAR_BYTES_MAX || strnlen(a, NEAR_BYTES_MAX) == NEAR_BYTES_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		size_t *oldest = before;

		before = last;
		last = row;
		row = oldest;
		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			row[j] = last[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = RTE_MIN(row[j], RTE_MIN(row[j - 1], last[j]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = RTE_MIN(row[j], before[j - 2] + 1);
		}
	}
	return row[n];
}

const char *
xebra_nearest_word(const char *word, const char *const *words)
{
	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	for (; *words != NULL; words++) {
		size_t distance = word_distance(word, *words);

		if (distance < best && distance <= RTE_MAX(strlen(*words) / 3, (size_t)1)) {
			best = distance;
			nearest = *words;
		}
	}
	return nearest;
}
