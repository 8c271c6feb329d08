/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The candidate: the one configuration that is being prepared. It begins either as a whole file,
 * which is then what is wanted, or as a copy of the running configuration, at the first change. In
 * the second case it goes on following the changes that commands ("route add") make to the running
 * one, so that committing one's own change does not undo somebody else's.
 */
#include <errno.h>
#include <string.h>

#include "conf_priv.h"

static json_t *candidate;
static bool follows; /* began as a copy of the running one */

json_t *
conf_candidate(void)
{
	return candidate;
}

void
conf_candidate_discard(void)
{
	json_decref(candidate);
	candidate = NULL;
}

void
conf_candidate_load(json_t *config)
{
	conf_candidate_discard();
	candidate = config;
	follows = false;
}

static int
begin(struct xebra_err *err)
{
	if (candidate != NULL)
		return 0;
	/* What both have stays shared until one of them changes: conf_path_put(). */
	candidate = json_copy((json_t *)(uintptr_t)xebra_conf_running());
	follows = true;
	return candidate != NULL ? 0 : xebra_err_set(err, -ENOMEM, "out of memory");
}

int
conf_candidate_set(const struct conf_path *path, json_t *value, struct xebra_err *err)
{
	const struct xebra_conf_key *key = conf_path_key(path, err);
	char place[256];
	int rc;

	conf_path_print(path, place, sizeof(place));
	if (key == NULL) {
		json_decref(value);
		return -EINVAL;
	}
	rc = value != NULL ? conf_check_key(key, value, NULL, NULL, err) : 0;
	if (rc < 0)
		xebra_err_at(err, "%s", place);
	else
		rc = begin(err);
	if (rc < 0) {
		json_decref(value);
		return rc;
	}
	rc = value != NULL ? conf_path_put(candidate, path, value, false)
			   : conf_path_remove(candidate, path);
	if (rc < 0)
		xebra_err_set(err, rc, "%s: %s", place,
			rc == -ENOENT ? "there is no such thing" : strerror(-rc));
	return rc;
}

int
conf_candidate_commit(struct xebra_err *err)
{
	int rc;

	if (candidate == NULL)
		return xebra_err_set(err, -ENOENT,
			"there is no candidate: begin one with \"config load\" or \"config set\"");
	rc = conf_commit(json_incref(candidate), "commit", err);
	if (rc == 0)
		conf_candidate_discard();
	return rc;
}

void
conf_candidate_follow(const struct conf_path *path, json_t *value)
{
	if (candidate == NULL || !follows)
		return;
	if (value == NULL)
		conf_path_remove(candidate, path);
	else
		conf_path_put(candidate, path, json_deep_copy(value), false);
}
