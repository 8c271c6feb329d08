/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CONF_PRIV_H
#define CONF_PRIV_H

/* What the files of lib/conf share. Control thread only, as everything here. */

#include <stdio.h>

#include "xebra_conf.h"

/* ---- Places: where in a configuration something is, for error messages ---- */

/* One step on the way from the root, on the stack of whoever walks down. The root has no step. */
struct conf_place {
	const struct conf_place *up; /* NULL: the root */
	const char *name;            /* NULL: item `index` of a list */
	size_t index;
};

/* Write "interfaces.lan.vlan" or ip4.routes."10.0.0.0/8".via[0]; long ones are cut. */
void conf_place_print(const struct conf_place *place, char *text, size_t size);

/* Set err to "place: why". Returns code. */
int conf_fail(struct xebra_err *err, const struct conf_place *place, int code, const char *fmt, ...)
	__rte_format_printf(4, 5);

/* A value in one short line for an error message: 5000, "text", an object, a list. */
void conf_describe(json_t *value, char *text, size_t size);

/* ---- Paths: places that people write ---- */

#define CONF_PATH_STEPS 16

struct conf_step {
	const char *name; /* NULL: item `index` of a list */
	size_t index;
};

struct conf_path {
	unsigned int nb_steps; /* 0: the root */
	struct conf_step steps[CONF_PATH_STEPS];
	char text[1024]; /* holds the names */
};

/* Read a path as conf_place_print() writes it. -EINVAL with err set. */
int conf_path_parse(const char *text, struct conf_path *path, struct xebra_err *err);

/* A path from names, ended by NULL; the names are borrowed. */
void conf_path_from_names(const char *const *names, struct conf_path *path);

/* Write it as an error message would. */
void conf_path_print(const struct conf_path *path, char *text, size_t size);

/* What is there, borrowed; NULL when nothing is. */
json_t *conf_path_get(json_t *root, const struct conf_path *path);

/* The registration of what belongs there; NULL with err set when nothing does. Not the root. */
const struct xebra_conf_key *conf_path_key(const struct conf_path *path, struct xebra_err *err);

/*
 * A configuration may share parts with another one, and have one part at several places: both
 * functions copy the containers on the way that are shared before they change them.
 *
 * Put a value there (reference stolen, also on failure), making the objects on the way; with
 * `complete` they are made with their defaults. Not the root. The path has a registration.
 */
int conf_path_put(json_t *root, const struct conf_path *path, json_t *value, bool complete);

/* Remove what is there. -ENOENT when nothing is. Root: as above. */
int conf_path_remove(json_t *root, const struct conf_path *path);

/* ---- Sections ---- */

TAILQ_HEAD(conf_sections, xebra_conf_section);

/* Lowest floor first; names in order within a floor, so that nothing depends on the linker. */
extern struct conf_sections conf_sections;

struct xebra_conf_section *conf_section_find(const char *name);

/* A section's or key's value when nothing is said: {} or [], without the defaults inside. */
json_t *conf_empty_value(const struct xebra_conf_key *key);

/* "unknown key", with the nearest of the section names or of an object's keys, or all of them. */
int conf_unknown_section(const char *name, const struct conf_place *place, struct xebra_err *err);
int conf_unknown_key(const struct xebra_conf_key *object, const char *name,
	const struct conf_place *place, struct xebra_err *err);

/* ---- Checking ---- */

/* The JSON Schema keyword that editors look for; allowed at the top and otherwise ignored. */
#define CONF_SCHEMA_KEY "$schema"

/* Check a value; `complete`, when not NULL, gets it with its defaults (a new reference). */
int conf_check_key(const struct xebra_conf_key *key, json_t *value, const struct conf_place *place,
	json_t **complete, struct xebra_err *err);

/* Check a whole configuration, the sections' own checks included. `complete` as above. */
int conf_check_root(json_t *config, json_t **complete, struct xebra_err *err);

/* -EBUSY with err set when a key that needs a restart differs. Both are complete. */
int conf_check_restart(json_t *from, json_t *to, struct xebra_err *err);

/* A key's default value, a new reference, or NULL when there is none (or no memory). */
json_t *conf_default(const struct xebra_conf_key *key);

/* ---- Files ---- */

/* Parse a text; `name` is what errors call it. */
int conf_parse_text(
	const char *name, const char *text, size_t len, json_t **config, struct xebra_err *err);

/* A value of a map is compared with so many others: a full table alternates between few gateways.
 */
#define CONF_ALIKE 4

/*
 * Make members of an object that are alike one value, at all levels. Whoever changes a part of a
 * configuration makes it its own first (path.c).
 */
void conf_merge_alike(json_t *value);

/* Write the place in a text where a parser, to which the first `len` bytes are right, has stopped.
 */
void conf_parse_place(const char *text, size_t len, char *place, size_t size);

/* Write a configuration to a file, whole or not at all; an existing file keeps its mode. */
int conf_write_file(const char *file, json_t *config, struct xebra_err *err);

/* ---- Differences ---- */

/* The differences as an array of {"change", "path", "from", "to"}, a new reference. */
json_t *conf_diff(json_t *from, json_t *to);

/* ---- Committing ---- */

/*
 * Make a configuration the running one (reference stolen, also on failure). `by` says why, for the
 * history; NULL: a command's change, which is no step of its own there. Nothing is done when it is
 * the same as the running one.
 */
int conf_commit(json_t *config, const char *by, struct xebra_err *err);

/* Commit the n-th latest configuration, 1 is the one before the running one. */
int conf_rollback(unsigned int n, struct xebra_err *err);

/* The file given at the start; NULL before. */
const char *conf_file(void);

/* ---- Earlier configurations ---- */

#define CONF_HISTORY_MAX 10

struct conf_past {
	char *text;       /* compact JSON */
	size_t len;       /* bytes of it */
	const char *by;   /* what replaced it: "commit", "reload", ... */
	uint64_t time_ms; /* when it was replaced, monotonic */
};

/* Note a configuration that has been replaced. Lack of memory loses it, with a warning. */
void conf_history_push(json_t *config, const char *by);

/* The n-th latest, 1 is the one before the running one; NULL when there is none. */
const struct conf_past *conf_history_get(unsigned int n);

void conf_history_clear(void);

/* ---- The candidate ---- */

/* The candidate, borrowed; NULL when there is none. */
json_t *conf_candidate(void);

/* Make a whole configuration the candidate (reference stolen). */
void conf_candidate_load(json_t *config);

/*
 * Set (reference stolen) or delete (NULL) the value at a path of the candidate, which starts as a
 * copy of the running configuration. The value is checked, the whole only when it is committed.
 */
int conf_candidate_set(const struct conf_path *path, json_t *value, struct xebra_err *err);

void conf_candidate_discard(void);

/* Commit the candidate; it stays when that fails. -ENOENT when there is none. */
int conf_candidate_commit(struct xebra_err *err);

/* A change that a command made to the running configuration itself (value borrowed or NULL). */
void conf_candidate_follow(const struct conf_path *path, json_t *value);

#endif
