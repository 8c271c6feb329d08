/* SPDX-License-Identifier: BSD-3-Clause */
/* The table as data: for "help", for ctl.commands and for whoever wants to generate a client. */
#include <stdlib.h>
#include <string.h>

#include "ctl_priv.h"

json_t *
json_text(const char *text)
{
	json_t *string = json_string(text);
	char *copy;

	if (string != NULL)
		return string;
	copy = strdup(text);
	if (copy == NULL)
		return NULL;
	for (char *c = copy; *c != '\0'; c++)
		if ((unsigned char)*c >= 0x80)
			*c = '?';
	string = json_string(copy);
	free(copy);
	return string;
}

static const char *
type_name(enum xebra_param_type type)
{
	switch (type) {
	case XEBRA_PARAM_STRING:
		return "string";
	case XEBRA_PARAM_INT:
		return "integer";
	case XEBRA_PARAM_WORD:
		return "word";
	case XEBRA_PARAM_FLAG:
		return "flag";
	case XEBRA_PARAM_JSON:
		return "json";
	}
	return "?";
}

static json_t *
param_to_json(const struct xebra_cmd_param *param)
{
	json_t *object = json_pack("{s:s, s:s, s:b, s:b, s:s}", "name", param->name, "type",
		type_name(param->type), "optional", param->optional, "keyword",
		param->keyword || param->type == XEBRA_PARAM_FLAG, "help", param->help);
	json_t *words;

	if (param->type == XEBRA_PARAM_INT && (param->min != 0 || param->max != 0)) {
		json_object_set_new(object, "min", json_integer(param->min));
		json_object_set_new(object, "max", json_integer(param->max));
	}
	if (param->type == XEBRA_PARAM_WORD) {
		words = json_array();
		for (size_t i = 0; param->words[i] != NULL; i++)
			json_array_append_new(words, json_string(param->words[i]));
		json_object_set_new(object, "words", words);
	}
	return object;
}

static json_t *
usage_to_json(const struct xebra_cmd *cmd)
{
	char *text = NULL;
	size_t size = 0;
	json_t *string;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	cmd_print_usage(cmd, out);
	fclose(out);
	string = json_string(text);
	free(text);
	return string;
}

json_t *
cmd_to_json(const struct xebra_cmd *cmd)
{
	json_t *params = json_array();

	for (const struct xebra_cmd_param *p = cmd->params; p != NULL && p->name != NULL; p++)
		json_array_append_new(params, param_to_json(p));
	return json_pack("{s:s, s:o, s:s, s:b, s:o}", "name", cmd->name, "usage",
		usage_to_json(cmd), "help", cmd->help, "telemetry", cmd->telemetry, "params",
		params);
}
