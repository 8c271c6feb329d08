/* SPDX-License-Identifier: BSD-3-Clause */
/* Arguments against parameters: the check that stands before every handler. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "ctl_priv.h"

#define STRING_BYTES_MAX 4095

void
cmd_print_param(const struct xebra_cmd_param *param, FILE *out)
{
	const char *open = param->optional ? "[" : "", *close = param->optional ? "]" : "";

	fputs(open, out);
	if (param->type == XEBRA_PARAM_FLAG) {
		fprintf(out, "%s%s", param->name, close);
		return;
	}
	if (param->keyword)
		fprintf(out, "%s ", param->name);
	if (param->type == XEBRA_PARAM_WORD) {
		for (size_t i = 0; param->words[i] != NULL; i++)
			fprintf(out, "%s%s", i == 0 ? "" : "|", param->words[i]);
		fputs(close, out);
		return;
	}
	fprintf(out, "<%s>%s%s", param->name, param->rest ? "..." : "", close);
}

void
cmd_print_usage(const struct xebra_cmd *cmd, FILE *out)
{
	fputs(cmd->name, out);
	for (const struct xebra_cmd_param *p = cmd->params; p != NULL && p->name != NULL; p++) {
		fputc(' ', out);
		cmd_print_param(p, out);
	}
}

static const struct xebra_cmd_param *
find_param(const struct xebra_cmd *cmd, const char *name)
{
	for (const struct xebra_cmd_param *p = cmd->params; p != NULL && p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static int
err_unknown(const struct xebra_cmd *cmd, const char *name, struct xebra_err *err)
{
	const char *names[CMD_PARAMS_MAX + 1];
	const char *near;
	size_t n = 0;

	for (const struct xebra_cmd_param *p = cmd->params; p != NULL && p->name != NULL; p++)
		names[n++] = p->name;
	names[n] = NULL;
	near = xebra_nearest_word(name, names);
	if (near != NULL)
		return xebra_err_set(
			err, -EINVAL, "%.64s: no such parameter, did you mean \"%s\"?", name, near);
	return xebra_err_set(err, -EINVAL, "%.64s: no such parameter", name);
}

/* Set err to "VALUE is not WHAT", the value cut to something that a line can hold. */
static int
err_value(const json_t *value, const char *what, struct xebra_err *err)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	int rc = xebra_err_set(err, -EINVAL, "%.80s%s is not %s", text != NULL ? text : "value",
		text != NULL && strlen(text) > 80 ? "..." : "", what);

	free(text);
	return rc;
}

static int
check_int(const struct xebra_cmd_param *param, const json_t *value, struct xebra_err *err)
{
	char what[80];
	bool any = param->min == 0 && param->max == 0;

	if (json_is_integer(value) &&
		(any ||
			(json_integer_value(value) >= param->min &&
				json_integer_value(value) <= param->max)))
		return 0;
	if (any)
		return err_value(value, "a whole number", err);
	if (!json_is_integer(value))
		snprintf(what, sizeof(what), "a whole number in %" PRId64 "..%" PRId64, param->min,
			param->max);
	else
		snprintf(what, sizeof(what), "in %" PRId64 "..%" PRId64, param->min, param->max);
	return err_value(value, what, err);
}

static int
check_word(const struct xebra_cmd_param *param, const json_t *value, struct xebra_err *err)
{
	const char *word = json_string_value(value);
	char what[300] = "one of: ";
	size_t used = strlen(what);

	for (size_t i = 0; param->words[i] != NULL; i++) {
		if (word != NULL && strcmp(word, param->words[i]) == 0)
			return 0;
		if (used < sizeof(what))
			used += snprintf(what + used, sizeof(what) - used, "%s%s",
				i == 0 ? "" : ", ", param->words[i]);
	}
	return err_value(value, what, err);
}

static int
check_value(const struct xebra_cmd_param *param, const json_t *value, struct xebra_err *err)
{
	size_t max = param->max > 0 ? (size_t)param->max : STRING_BYTES_MAX;

	switch (param->type) {
	case XEBRA_PARAM_STRING:
		if (!json_is_string(value))
			return err_value(value, "a string", err);
		if (json_string_length(value) > max)
			return xebra_err_set(err, -EINVAL,
				"longer than %zu bytes, the most that it may be", max);
		return 0;
	case XEBRA_PARAM_INT:
		return check_int(param, value, err);
	case XEBRA_PARAM_WORD:
		return check_word(param, value, err);
	case XEBRA_PARAM_FLAG:
		return json_is_true(value) ? 0 : err_value(value, "true", err);
	case XEBRA_PARAM_JSON:
		return 0;
	}
	return xebra_err_set(err, -EINVAL, "a parameter of an unknown type");
}

static int
check_each(const struct xebra_cmd *cmd, const json_t *args, struct xebra_err *err)
{
	const struct xebra_cmd_param *param;
	const char *name;
	json_t *value;
	int rc;

	/* The macro wants a json_t that it may change; reading does not. */
	json_object_foreach ((json_t *)(uintptr_t)args, name, value) {
		param = find_param(cmd, name);
		if (param == NULL)
			return err_unknown(cmd, name, err);
		rc = check_value(param, value, err);
		if (rc < 0) {
			xebra_err_at(err, "%s", param->name);
			return rc;
		}
	}
	return 0;
}

int
cmd_check_args(const struct xebra_cmd *cmd, const json_t *args, struct xebra_err *err)
{
	int rc = 0;

	if (args != NULL && !json_is_object(args))
		rc = xebra_err_set(err, -EINVAL, "the parameters must be an object, by name");
	else if (args != NULL)
		rc = check_each(cmd, args, err);
	for (const struct xebra_cmd_param *p = cmd->params; rc == 0 && p && p->name; p++)
		if (!p->optional && json_object_get(args, p->name) == NULL)
			rc = xebra_err_set(err, -EINVAL, "%s: missing (%s)", p->name, p->help);
	if (rc < 0)
		xebra_err_at(err, "%s", cmd->name);
	return rc;
}
