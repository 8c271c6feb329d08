/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From one configuration to another.
 *
 * There are two trees of the running configuration: as written (shown, saved, compared) and
 * complete (with its defaults: what the sections got). A commit checks and completes the new one,
 * lets go of what differs from the top floor down, installs what differs from the bottom floor up
 * and lets everybody settle. A section whose value is the same gets one and the same pointer as
 * `from` and `to`, so that it sees at a glance that there is nothing to do, and a large section is
 * not held in memory twice.
 *
 * When a step fails, the same way is walked back. Going back can fail too, because what was there
 * may have gone for good (a port whose device was pulled out in between). Then everything that can
 * be installed is, since some forwarding is better than none, the configuration is said to be
 * `partial`, and the next commit starts from nothing: only then are `from` and what is really
 * installed sure to be the same again.
 *
 * Nothing here touches the workers. They go on forwarding while the control thread checks and
 * compares, however large the configuration is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_priv.h"
#include "xebra_log.h"

static struct {
	char *file;
	json_t *running;  /* as written */
	json_t *complete; /* with defaults */
	json_t *loaded; /* the first configuration, until it is installed; the same with defaults */
	json_t *loaded_complete;
	bool partial; /* less than `complete` is installed */
} conf;

static json_t *
section_value(json_t *complete, const struct xebra_conf_section *section)
{
	return complete != NULL ? json_object_get(complete, section->schema.name) : NULL;
}

static void
withdraw(json_t *from, json_t *to)
{
	struct xebra_conf_section *s;

	if (from == NULL)
		return;
	/* clang-format off: it does not know the macro */
	TAILQ_FOREACH_REVERSE(s, &conf_sections, conf_sections, next)
	if (s->withdraw != NULL && section_value(from, s) != NULL)
		s->withdraw(section_value(from, s), section_value(to, s));
	/* clang-format on */
}

/* With `all`, go on after an error (the first is told): as much as possible is wanted. */
static int
install(json_t *from, json_t *to, bool all, struct xebra_err *err)
{
	struct xebra_err next = {0};
	struct xebra_conf_section *s;
	int first = 0;

	TAILQ_FOREACH (s, &conf_sections, next) {
		int rc = 0;

		if (s->install != NULL)
			rc = s->install(section_value(from, s), section_value(to, s),
				first == 0 ? err : &next);
		first = first == 0 ? rc : first;
		if (rc < 0 && !all)
			return rc;
	}
	TAILQ_FOREACH (s, &conf_sections, next) {
		int rc = s->settle != NULL ? s->settle(first == 0 ? err : &next) : 0;

		first = first == 0 ? rc : first;
		if (rc < 0 && !all)
			return rc;
	}
	return first;
}

/* The transition from -> to has failed somewhere: walk it back. */
static void
go_back(json_t *from, json_t *to)
{
	struct xebra_err err = {0};

	withdraw(to, from);
	if (from == NULL || conf.partial || install(to, from, true, &err) == 0)
		return;
	conf.partial = true;
	XEBRA_LOG(ERR,
		"going back to the earlier configuration failed too: %s: only a part of it is "
		"installed until the next commit",
		err.text);
}

static int
transition(json_t *from, json_t *to, struct xebra_err *err)
{
	int rc;

	withdraw(from, to);
	rc = install(from, to, false, err);
	if (rc < 0)
		go_back(from, to);
	return rc;
}

/* Make sections of equal value one object. */
static int
share_equal_sections(json_t *from, json_t *to)
{
	struct xebra_conf_section *s;

	TAILQ_FOREACH (s, &conf_sections, next) {
		json_t *value = section_value(from, s);

		if (value == NULL || !json_equal(value, section_value(to, s)))
			continue;
		if (json_object_set(to, s->schema.name, value) < 0)
			return -ENOMEM;
	}
	return 0;
}

/*
 * After a way back that failed: take down what is left of it, so that we know where we stand. What
 * stands on the process floor stays: nothing on the way goes through it, and whoever asked for this
 * commit may wait for his answer on the control socket. Returns what stays, a new reference.
 */
static json_t *
start_from_nothing(void)
{
	struct xebra_conf_section *s;
	json_t *stays = json_object();

	TAILQ_FOREACH (s, &conf_sections, next)
		if (s->floor == XEBRA_CONF_FLOOR_PROCESS)
			json_object_set(stays, s->schema.name, section_value(conf.complete, s));
	withdraw(conf.complete, stays);
	return stays;
}

/* Commit to `complete` from a part of the earlier configuration. Back to that when it fails. */
static int
install_from_nothing(json_t *complete, struct xebra_err *err)
{
	json_t *stays = start_from_nothing();
	struct xebra_err again = {0};
	int rc = share_equal_sections(stays, complete);

	if (rc < 0)
		xebra_err_set(err, rc, "out of memory");
	else
		rc = transition(stays, complete, err);
	if (rc < 0)
		install(stays, conf.complete, true, &again);
	else
		conf.partial = false;
	json_decref(stays);
	return rc;
}

static int
install_complete(json_t *complete, struct xebra_err *err)
{
	int rc;

	if (conf.partial)
		return install_from_nothing(complete, err);
	rc = conf.complete != NULL ? share_equal_sections(conf.complete, complete) : 0;
	if (rc < 0)
		return xebra_err_set(err, rc, "out of memory");
	return transition(conf.complete, complete, err);
}

/* Equal in all that counts: where an editor finds the schema is nobody's section. */
static bool
is_same(const json_t *a, const json_t *b)
{
	struct xebra_conf_section *s;

	TAILQ_FOREACH (s, &conf_sections, next) {
		json_t *of_a = json_object_get(a, s->schema.name);
		json_t *of_b = json_object_get(b, s->schema.name);

		if (of_a != of_b && !json_equal(of_a, of_b))
			return false;
	}
	return true;
}

int
conf_commit(json_t *config, const char *by, struct xebra_err *err)
{
	json_t *complete = NULL;
	int rc;

	if (config == NULL)
		return xebra_err_set(err, -ENOMEM, "out of memory");
	rc = conf_check_root(config, &complete, err);
	if (rc == 0 && conf.complete != NULL)
		rc = conf_check_restart(conf.complete, complete, err);
	if (rc == 0 && (conf.partial || !json_equal(conf.complete, complete)))
		rc = install_complete(complete, err);
	if (rc < 0) {
		json_decref(complete);
		json_decref(config);
		return rc;
	}
	if (conf.running != NULL && by != NULL && !is_same(conf.running, config))
		conf_history_push(conf.running, by);
	json_decref(conf.running);
	json_decref(conf.complete);
	conf.running = config;
	conf.complete = complete;
	return 0;
}

/*
 * The file's absolute path, so that it stays the same file whatever becomes of the working folder.
 * Symbolic links are not followed: a reload reads what they point to by then.
 */
static char *
absolute_path(const char *file)
{
	char *folder = file[0] != '/' ? get_current_dir_name() : NULL;
	char *path = NULL;

	if (file[0] == '/')
		return strdup(file);
	if (folder == NULL || asprintf(&path, "%s/%s", folder, file) < 0)
		path = NULL;
	free(folder);
	return path;
}

int
xebra_conf_load(const char *file, int (*before)(const json_t *config, struct xebra_err *err),
	struct xebra_err *err)
{
	int rc;

	rc = xebra_conf_parse(file, &conf.loaded, err);
	if (rc < 0)
		return rc;
	rc = before != NULL ? before(conf.loaded, err) : 0;
	if (rc == 0)
		rc = conf_check_root(conf.loaded, &conf.loaded_complete, err);
	if (rc == 0)
		conf.file = absolute_path(file);
	if (rc == 0 && conf.file == NULL)
		rc = xebra_err_set(err, -ENOMEM, "out of memory");
	if (rc < 0) {
		xebra_err_at(err, "%s", file);
		xebra_conf_stop();
	}
	return rc;
}

int
xebra_conf_install(struct xebra_err *err)
{
	int rc = transition(NULL, conf.loaded_complete, err);

	if (rc < 0) {
		xebra_err_at(err, "%s", conf.file);
		xebra_conf_stop();
		return rc;
	}
	conf.running = conf.loaded;
	conf.complete = conf.loaded_complete;
	conf.loaded = conf.loaded_complete = NULL;
	return 0;
}

int
xebra_conf_start(const char *file, struct xebra_err *err)
{
	int rc = xebra_conf_load(file, NULL, err);

	return rc < 0 ? rc : xebra_conf_install(err);
}

void
xebra_conf_stop(void)
{
	withdraw(conf.complete, NULL);
	conf_candidate_discard();
	conf_history_clear();
	json_decref(conf.running);
	json_decref(conf.complete);
	json_decref(conf.loaded);
	json_decref(conf.loaded_complete);
	free(conf.file);
	memset(&conf, 0, sizeof(conf));
}

int
xebra_conf_reload(struct xebra_err *err)
{
	json_t *config;
	int rc;

	rc = xebra_conf_parse(conf.file, &config, err);
	if (rc < 0)
		return rc;
	rc = conf_commit(config, "reload", err);
	if (rc < 0)
		xebra_err_at(err, "%s", conf.file);
	return rc;
}

int
conf_rollback(unsigned int n, struct xebra_err *err)
{
	const struct conf_past *past = conf_history_get(n);
	json_t *config;
	int rc;

	if (past == NULL)
		return xebra_err_set(err, -ENOENT, "there is no configuration %u steps back", n);
	rc = conf_parse_text("history", past->text, past->len, &config, err);
	return rc < 0 ? rc : conf_commit(config, "rollback", err);
}

const char *
conf_file(void)
{
	return conf.file;
}

const json_t *
xebra_conf_running(void)
{
	return conf.running;
}

const json_t *
xebra_conf_running_complete(void)
{
	return conf.complete;
}

/* Put the complete form of a value, or nothing, where the value as written has gone. */
static int
record_complete(const struct conf_path *path, json_t *value)
{
	const struct xebra_conf_key *key = conf_path_key(path, NULL);
	json_t *full;
	int rc;

	if (key == NULL)
		return -ENOENT;
	if (value == NULL && conf_path_get(conf.complete, path) == NULL)
		return 0;
	if (value == NULL && path->nb_steps > 1 && key->dflt == NULL)
		return conf_path_remove(conf.complete, path);
	full = value != NULL ? json_incref(value) : NULL;
	if (full == NULL)
		full = key->dflt != NULL ? conf_default(key) : conf_empty_value(key);
	value = full;
	rc = conf_check_key(key, value, NULL, &full, NULL);
	json_decref(value);
	return rc < 0 ? rc : conf_path_put(conf.complete, path, full, true);
}

void
xebra_conf_record(const char *const *names, json_t *value)
{
	struct conf_path path;
	char text[128];
	int rc;

	conf_path_from_names(names, &path);
	rc = record_complete(&path, value);
	conf_candidate_follow(&path, value);
	if (value != NULL)
		rc = RTE_MIN(rc, conf_path_put(conf.running, &path, value, false));
	else
		conf_path_remove(conf.running, &path);
	if (rc == 0)
		return;
	conf_path_print(&path, text, sizeof(text));
	XEBRA_LOG(ERR, "%s: the change is in effect, but could not be noted: %s", text,
		strerror(-rc));
}

int
xebra_conf_change(const char *const *names, json_t *value, struct xebra_err *err)
{
	json_t *config = json_copy(conf.running); /* conf_path_put() copies what it changes. */
	struct conf_path path;
	int rc = -ENOMEM;

	conf_path_from_names(names, &path);
	json_incref(value);
	if (config == NULL || conf_path_key(&path, err) == NULL) {
		rc = config == NULL ? xebra_err_set(err, -ENOMEM, "out of memory") : -ENOENT;
		json_decref(value);
		goto end;
	}
	rc = value != NULL ? conf_path_put(config, &path, value, false)
			   : conf_path_remove(config, &path);
	if (rc < 0) {
		xebra_err_set(err, rc, "%s", strerror(-rc));
		goto end;
	}
	rc = conf_commit(json_incref(config), NULL, err);
	if (rc == 0)
		conf_candidate_follow(&path, value);
end:
	json_decref(config);
	json_decref(value);
	return rc;
}
