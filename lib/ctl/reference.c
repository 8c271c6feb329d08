/* SPDX-License-Identifier: BSD-3-Clause */
/* The reference of all commands in the guide, from the table. */
#include <inttypes.h>
#include <string.h>

#include "ctl_priv.h"
#include "telemetry_priv.h"
#include "xebra_ctl.h"

static void
put_limits(const struct xebra_cmd_param *param, FILE *out)
{
	if (param->type == XEBRA_PARAM_INT && (param->min != 0 || param->max != 0))
		fprintf(out, " A whole number in %" PRId64 "..%" PRId64 ".", param->min,
			param->max);
	else if (param->type == XEBRA_PARAM_INT)
		fputs(" A whole number.", out);
	else if (param->type == XEBRA_PARAM_JSON)
		fputs(" JSON.", out);
	if (param->type == XEBRA_PARAM_WORD) {
		fputs(" One of", out);
		for (size_t i = 0; param->words[i] != NULL; i++)
			fprintf(out, "%s ``%s``", i == 0 ? "" : ",", param->words[i]);
		fputc('.', out);
	}
	if (param->optional)
		fputs(" Optional.", out);
}

static void
put_command(const struct xebra_cmd *cmd, FILE *out)
{
	char path[TELEMETRY_PATH_MAX];

	fprintf(out, "%s\n", cmd->name);
	for (size_t i = 0; i < strlen(cmd->name); i++)
		fputc('~', out);
	fprintf(out, "\n\n%s\n\n::\n\n    ", cmd->help);
	cmd_print_usage(cmd, out);
	fputs("\n\n", out);
	for (const struct xebra_cmd_param *p = cmd->params; p != NULL && p->name != NULL; p++) {
		fprintf(out, "``%s``\n    %s", p->name, p->help);
		put_limits(p, out);
		fputs("\n\n", out);
	}
	if (cmd->telemetry && telemetry_path(cmd, path))
		fprintf(out, "Telemetry: ``%s``\n\n", path);
}

void
xebra_ctl_reference(FILE *out)
{
	size_t n;
	struct xebra_cmd *const *table = cmd_table(&n);

	for (size_t i = 0; i < n; i++)
		put_command(table[i], out);
}
