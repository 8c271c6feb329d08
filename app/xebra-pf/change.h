/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CHANGE_H
#define CHANGE_H

/*
 * Commands that change something change the configuration, and that makes it so: what a command
 * can do, editing the file and reloading can do as well, and "config save" keeps it.
 */

#include "manager.h"
#include "xebra_cmd.h"

/* The parameters that several commands have, by what they are of. */
#define PARAM_TERMS                                                                         \
	{                                                                                   \
		.name = "cap",                                                              \
		.help = "Never more, Mb/s; 0: no cap.",                                     \
		.type = XEBRA_PARAM_INT,                                                    \
		.optional = true,                                                           \
		.keyword = true,                                                            \
		.min = 0,                                                                   \
		.max = XEBRA_SHARE_RATE_MAX,                                                \
	},                                                                                  \
		{                                                                           \
			.name = "guarantee",                                                \
			.help = "Never less when it is wanted, Mb/s; 0: none.",             \
			.type = XEBRA_PARAM_INT,                                            \
			.optional = true,                                                   \
			.keyword = true,                                                    \
			.min = 0,                                                           \
			.max = XEBRA_SHARE_RATE_MAX,                                        \
		},                                                                          \
	{                                                                                   \
		.name = "weight", .help = "Part in what is left.", .type = XEBRA_PARAM_INT, \
		.optional = true, .keyword = true, .min = 0, .max = XEBRA_SHARE_WEIGHT_MAX, \
	}

/* The names, for completion. */
void complete_guest(json_t *words);
void complete_vnet(json_t *words);
void complete_pf_name(json_t *words);

/* A copy of one entry of a section as it is written, to be changed; NULL with err: there is none.
 */
json_t *entry_as_written(const char *section, const char *name, struct xebra_err *err);

/* Make a changed entry (reference stolen; NULL: deleted) the configuration's. */
int change_entry(const char *section, const char *name, json_t *entry, struct xebra_err *err);

/* Copy those arguments that are given into an entry. */
void take_args(json_t *entry, const json_t *args, const char *const *names);

extern const char *const term_names[]; /* cap, guarantee, weight */

#endif
