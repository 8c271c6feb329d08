/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What has to survive the program: which VF and MAC a guest was given where the configuration
 * leaves it open, and for which guest each VF was last made ready. The file is small and written
 * whole, and only when something of it has changed.
 *
 *     {"version": 1,
 *      "guests": {"r1": [{"pf": "nic0", "vf": 3, "mac": "02:6f:...", "any": true}]},
 *      "vfs": {"nic0": {"3": "r1"}}}
 *
 * A PF that "vfs" has no entry for is one that we know nothing of. A VF that is missing in its PF's
 * entry is scrubbed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <rte_string_fns.h>

#include "manager.h"
#include "xebra_conf.h"
#include "xebra_file.h"

#define VERSION 1

static struct {
	char *file;
	json_t *saved; /* as it is in the file; NULL: not there */
	json_t *assigned;
} state;

/* The form of what was read: a file that somebody has edited is refused, not believed. */
static bool
is_assignment(const json_t *entry)
{
	return json_is_string(json_object_get(entry, "pf")) &&
		json_is_integer(json_object_get(entry, "vf")) &&
		json_integer_value(json_object_get(entry, "vf")) >= 0 &&
		json_integer_value(json_object_get(entry, "vf")) < XEBRA_PF_VFS_MAX &&
		json_is_string(json_object_get(entry, "mac"));
}

static bool
is_state(json_t *root)
{
	json_t *vfs = json_object_get(root, "vfs"), *guests = json_object_get(root, "guests");
	json_t *value, *entry;
	const char *name, *vf;
	size_t i;

	if (json_integer_value(json_object_get(root, "version")) != VERSION ||
		!json_is_object(vfs) || !json_is_object(guests))
		return false;
	json_object_foreach (guests, name, value) {
		if (!json_is_array(value))
			return false;
		json_array_foreach (value, i, entry)
			if (!is_assignment(entry))
				return false;
	}
	json_object_foreach (vfs, name, value) {
		if (!json_is_object(value))
			return false;
		json_object_foreach (value, vf, entry)
			if (!json_is_string(entry))
				return false;
	}
	return true;
}

int
state_load(const char *file, struct xebra_err *err)
{
	struct stat st;
	int rc = 0;

	state_free();
	state.file = strdup(file);
	state.assigned = json_object();
	if (state.file == NULL || state.assigned == NULL)
		return xebra_err_set(err, -ENOMEM, "out of memory");
	if (stat(file, &st) < 0 && errno == ENOENT)
		return 0;
	rc = xebra_conf_parse(file, &state.saved, err);
	if (rc < 0)
		return rc;
	if (!is_state(state.saved))
		return xebra_err_set(err, -EINVAL,
			"%s: not a state file of this version: remove it, and VFs that are not "
			"as they should be are scrubbed",
			file);
	json_decref(state.assigned);
	state.assigned = json_incref(json_object_get(state.saved, "guests"));
	return 0;
}

json_t **
state_assigned(void)
{
	return &state.assigned;
}

void
state_recall(struct pf *pf)
{
	const json_t *known = json_object_get(json_object_get(state.saved, "vfs"), pf->name);

	for (unsigned int i = 0; i < pf->nb_vfs; i++) {
		const char *guest;
		char key[16];

		snprintf(key, sizeof(key), "%u", i);
		guest = json_string_value(json_object_get(known, key));
		if (guest == NULL)
			guest = known != NULL ? "" : UNKNOWN;
		strlcpy(pf->vfs[i].had, guest, sizeof(pf->vfs[i].had));
	}
}

/* Owners of a PF's VFs. One that we know nothing of yet stays so: no VF of it was touched. */
static json_t *
owners(const struct pf *pf)
{
	json_t *vfs = json_object();

	for (unsigned int i = 0; i < pf->nb_vfs; i++) {
		char key[16];

		snprintf(key, sizeof(key), "%u", i);
		if (pf->vfs[i].had[0] != '\0')
			json_object_set_new(vfs, key, json_string(pf->vfs[i].had));
	}
	return vfs;
}

static json_t *
current(void)
{
	json_t *vfs = json_object();
	struct pf *pf;

	TAILQ_FOREACH (pf, &pfs, next)
		json_object_set_new(vfs, pf->name, owners(pf));
	return json_pack(
		"{s:i, s:O, s:o}", "version", VERSION, "guests", state.assigned, "vfs", vfs);
}

int
state_save(struct xebra_err *err)
{
	json_t *now = current();
	char *text;
	int rc;

	if (now == NULL)
		return xebra_err_set(err, -ENOMEM, "out of memory");
	if (json_equal(now, state.saved)) {
		json_decref(now);
		return 0;
	}
	text = json_dumps(now, JSON_INDENT(1));
	rc = text != NULL ? xebra_file_replace(state.file, text, strlen(text), 0640) : -ENOMEM;
	free(text);
	if (rc < 0) {
		json_decref(now);
		return xebra_err_set(
			err, rc, "manager.state: %s: cannot write: %s", state.file, strerror(-rc));
	}
	json_decref(state.saved);
	/* A copy: assignments go on changing. */
	state.saved = json_deep_copy(now);
	json_decref(now);
	return 0;
}

void
state_free(void)
{
	free(state.file);
	json_decref(state.saved);
	json_decref(state.assigned);
	memset(&state, 0, sizeof(state));
}
