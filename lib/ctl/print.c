/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON as text for people. Replies hold names from files, guests and packets: control characters
 * are replaced, so that none of them speaks to the terminal.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl_priv.h"

static void print_value(const json_t *value, int indent, FILE *out);

/* Reading needs no json_t that may be changed, but jansson's iterators do. */
static json_t *
writable(const json_t *value)
{
	return (json_t *)(uintptr_t)value;
}

static void
put_text(const char *text, bool lines, FILE *out)
{
	for (; *text != '\0'; text++) {
		unsigned char c = *text;

		if ((c < ' ' && !(lines && (c == '\n' || c == '\t'))) || c == 0x7f)
			fputc('?', out);
		else if (c == 0xc2 && (unsigned char)text[1] >= 0x80 &&
			(unsigned char)text[1] < 0xa0)
			/* U+0080 to U+009F control terminals as well. */
			fputc('?', out), text++;
		else
			fputc(c, out);
	}
}

static bool
is_scalar(const json_t *value)
{
	return !json_is_object(value) && !json_is_array(value);
}

/* A value within a line. */
static void
put_inline(const json_t *value, FILE *out)
{
	const char *name, *between = "";
	json_t *inner;
	size_t i;

	switch (value == NULL ? JSON_NULL : json_typeof(value)) {
	case JSON_STRING:
		put_text(json_string_length(value) > 0 ? json_string_value(value) : "\"\"", false,
			out);
		return;
	case JSON_INTEGER:
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return;
	case JSON_REAL:
		fprintf(out, "%.2f", json_real_value(value));
		return;
	case JSON_TRUE:
		fputs("yes", out);
		return;
	case JSON_FALSE:
		fputs("no", out);
		return;
	case JSON_NULL:
		fputc('-', out);
		return;
	case JSON_ARRAY:
		if (json_array_size(value) == 0)
			fputc('-', out);
		json_array_foreach (value, i, inner) {
			fputs(i == 0 ? "" : ", ", out);
			put_inline(inner, out);
		}
		return;
	case JSON_OBJECT:
		if (json_object_size(value) == 0)
			fputc('-', out);
		json_object_foreach (writable(value), name, inner) {
			fputs(between, out);
			put_text(name, false, out);
			fputc('=', out);
			put_inline(inner, out);
			between = " ";
		}
		return;
	}
}

/* Letters, not bytes: UTF-8 continuation bytes take no column. */
static int
text_width(const char *text)
{
	int width = 0;

	for (; *text != '\0'; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

struct column {
	const char *key;
	int width;
	bool right; /* numbers only */
};

struct table {
	struct column *columns;
	size_t n;
};

static struct column *
find_column(struct table *table, size_t guess, const char *key)
{
	struct column *columns;

	/* Rows mostly have the same keys in the same order. */
	if (guess < table->n && strcmp(table->columns[guess].key, key) == 0)
		return &table->columns[guess];
	for (size_t i = 0; i < table->n; i++)
		if (strcmp(table->columns[i].key, key) == 0)
			return &table->columns[i];
	columns = realloc(table->columns, (table->n + 1) * sizeof(*columns));
	if (columns == NULL)
		return NULL;
	table->columns = columns;
	columns[table->n] = (struct column){.key = key, .width = text_width(key), .right = true};
	return &columns[table->n++];
}

/* A cell as text; the buffer is the stream's and valid until the next cell. */
struct cell {
	char *text;
	size_t size;
	FILE *out;
};

static const char *
cell_text(struct cell *cell, const json_t *value)
{
	rewind(cell->out);
	put_inline(value, cell->out);
	fputc('\0', cell->out);
	fflush(cell->out);
	return cell->text;
}

static bool
measure_columns(const json_t *rows, struct table *table, struct cell *cell)
{
	const char *key;
	json_t *row, *value;
	size_t i;

	json_array_foreach (rows, i, row) {
		size_t place = 0;

		json_object_foreach (row, key, value) {
			struct column *column = find_column(table, place++, key);

			if (column == NULL)
				return false;
			column->width = RTE_MAX(column->width, text_width(cell_text(cell, value)));
			column->right &= json_is_number(value) || json_is_null(value);
		}
	}
	return true;
}

static void
put_cell(const struct column *column, const char *text, bool last, FILE *out)
{
	int pad = column->width - text_width(text);

	if (column->right)
		fprintf(out, "%*s%s", pad, "", text);
	else
		fprintf(out, "%s%*s", text, last ? 0 : pad, "");
	fputs(last ? "\n" : "  ", out);
}

static void
print_table(const json_t *rows, int indent, FILE *out)
{
	struct table table = {0};
	struct cell cell = {0};
	json_t *row;
	size_t i;

	cell.out = open_memstream(&cell.text, &cell.size);
	if (cell.out == NULL)
		return;
	if (!measure_columns(rows, &table, &cell))
		goto end;
	fprintf(out, "%*s", indent, "");
	for (i = 0; i < table.n; i++)
		put_cell(&table.columns[i], table.columns[i].key, i + 1 == table.n, out);
	json_array_foreach (rows, i, row) {
		fprintf(out, "%*s", indent, "");
		for (size_t c = 0; c < table.n; c++)
			put_cell(&table.columns[c],
				cell_text(&cell, json_object_get(row, table.columns[c].key)),
				c + 1 == table.n, out);
	}
end:
	fclose(cell.out);
	free(cell.text);
	free(table.columns);
}

static bool
is_table(const json_t *value)
{
	json_t *row;
	size_t i;

	json_array_foreach (value, i, row)
		if (!json_is_object(row) || json_object_size(row) == 0)
			return false;
	return json_array_size(value) > 0;
}

static void
print_list(const json_t *list, int indent, FILE *out)
{
	json_t *value;
	size_t i;

	json_array_foreach (list, i, value) {
		if (is_scalar(value)) {
			fprintf(out, "%*s", indent, "");
			put_inline(value, out);
			fputc('\n', out);
		} else {
			print_value(value, indent, out);
		}
	}
}

static void
print_object(const json_t *object, int indent, FILE *out)
{
	const char *key;
	json_t *value;

	json_object_foreach (writable(object), key, value) {
		fprintf(out, "%*s", indent, "");
		put_text(key, false, out);
		if (is_scalar(value) || (json_is_array(value) && !is_table(value))) {
			fputs(": ", out);
			put_inline(value, out);
			fputc('\n', out);
		} else if (json_is_object(value) && json_object_size(value) == 0) {
			fputs(": -\n", out);
		} else {
			fputs(":\n", out);
			print_value(value, indent + 2, out);
		}
	}
}

static void
print_value(const json_t *value, int indent, FILE *out)
{
	if (is_table(value))
		print_table(value, indent, out);
	else if (json_is_array(value))
		print_list(value, indent, out);
	else if (json_is_object(value))
		print_object(value, indent, out);
}

static void
print_generic(const json_t *reply, FILE *out)
{
	if (json_is_null(reply))
		return;
	if (json_is_string(reply)) {
		const char *text = json_string_value(reply);

		put_text(text, true, out);
		if (text[0] != '\0' && text[strlen(text) - 1] != '\n')
			fputc('\n', out);
	} else if (is_scalar(reply)) {
		put_inline(reply, out);
		fputc('\n', out);
	} else if (json_array_size(reply) == 0 && json_object_size(reply) == 0) {
		fputs("none\n", out);
	} else {
		print_value(reply, 0, out);
	}
}

void
xebra_cmd_print(const struct xebra_cmd *cmd, const json_t *reply, FILE *out)
{
	if (cmd != NULL && cmd->print != NULL && !json_is_null(reply))
		cmd->print(reply, out);
	else
		print_generic(reply, out);
}
