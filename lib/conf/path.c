/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf_priv.h"

/*
 * The grammar: steps with dots between; a step is plain letters (anything but . [ ] " and blanks),
 * a JSON string in quotes, or an index in brackets, which has no dot before it.
 */
struct reader {
	const char *text; /* all of it, for errors */
	const char *at;
	struct conf_path *path;
	size_t used; /* of path->text */
	struct xebra_err *err;
};

static int
bad_path(struct reader *r, const char *why)
{
	return xebra_err_set(r->err, -EINVAL, "path: %s at byte %zu; write it like %s", why,
		(size_t)(r->at - r->text) + 1, "ip4.routes.\"10.0.0.0/8\".via[0].gateway");
}

static int
add_name(struct reader *r, const char *name, size_t len)
{
	char *copy = r->path->text + r->used;
	json_t *string;

	string = json_stringn(name, len);
	if (string == NULL)
		return bad_path(r, "not UTF-8");
	json_decref(string);
	if (len + 1 > sizeof(r->path->text) - r->used)
		return bad_path(r, "too long");
	memcpy(copy, name, len);
	copy[len] = '\0';
	r->used += len + 1;
	r->path->steps[r->path->nb_steps++] = (struct conf_step){.name = copy};
	return 0;
}

static int
read_quoted(struct reader *r)
{
	const char *end = r->at + 1;
	json_t *name;
	int rc;

	while (*end != '\0' && *end != '"')
		end += end[0] == '\\' && end[1] != '\0' ? 2 : 1;
	if (*end == '\0')
		return bad_path(r, "a quote is not closed");
	name = json_loadb(r->at, end + 1 - r->at, JSON_DECODE_ANY, NULL);
	if (name == NULL)
		return bad_path(r, "not a string as JSON has them");
	rc = add_name(r, json_string_value(name), json_string_length(name));
	json_decref(name);
	r->at = end + 1;
	return rc;
}

static int
read_index(struct reader *r)
{
	unsigned long index;
	char *end;

	if (!isdigit((unsigned char)r->at[1]))
		return bad_path(r, "not an index");
	errno = 0;
	index = strtoul(r->at + 1, &end, 10);
	if (*end != ']' || errno != 0)
		return bad_path(r, "not an index");
	r->path->steps[r->path->nb_steps++] = (struct conf_step){.index = index};
	r->at = end + 1;
	return 0;
}

static int
read_step(struct reader *r)
{
	size_t len;
	int rc;

	if (r->path->nb_steps == CONF_PATH_STEPS)
		return bad_path(r, "too many steps");
	if (*r->at == '[' && r->path->nb_steps > 0)
		return read_index(r);
	if (r->path->nb_steps > 0) {
		if (*r->at != '.')
			return bad_path(r, "a dot is missing");
		r->at++;
	}
	if (*r->at == '"')
		return read_quoted(r);
	len = strcspn(r->at, ".[]\" \t");
	if (len == 0)
		return bad_path(r, "a name is missing");
	rc = add_name(r, r->at, len);
	r->at += len;
	return rc;
}

int
conf_path_parse(const char *text, struct conf_path *path, struct xebra_err *err)
{
	struct reader r = {.text = text, .at = text, .path = path, .err = err};
	int rc;

	path->nb_steps = 0;
	while (*r.at != '\0') {
		rc = read_step(&r);
		if (rc < 0)
			return rc;
	}
	return 0;
}

void
conf_path_from_names(const char *const *names, struct conf_path *path)
{
	path->nb_steps = 0;
	for (; *names != NULL && path->nb_steps < CONF_PATH_STEPS; names++)
		path->steps[path->nb_steps++] = (struct conf_step){.name = *names};
}

/* The first n steps as places, the last first; uses the caller's array. */
static const struct conf_place *
to_places(const struct conf_path *path, unsigned int n, struct conf_place *places)
{
	const struct conf_place *up = NULL;

	for (unsigned int i = 0; i < n; i++) {
		places[i] = (struct conf_place){
			.up = up, .name = path->steps[i].name, .index = path->steps[i].index};
		up = &places[i];
	}
	return up;
}

void
conf_path_print(const struct conf_path *path, char *text, size_t size)
{
	struct conf_place places[CONF_PATH_STEPS];

	conf_place_print(to_places(path, path->nb_steps, places), text, size);
}

static json_t *
child(json_t *value, const struct conf_step *step)
{
	return step->name != NULL ? json_object_get(value, step->name)
				  : json_array_get(value, step->index);
}

json_t *
conf_path_get(json_t *root, const struct conf_path *path)
{
	for (unsigned int i = 0; i < path->nb_steps && root != NULL; i++)
		root = child(root, &path->steps[i]);
	return root;
}

/* One step down in the registration. */
static const struct xebra_conf_key *
child_key(const struct xebra_conf_key *key, const struct conf_step *step,
	const struct conf_place *place, struct xebra_err *err)
{
	if (key->type == XEBRA_CONF_OBJECT && step->name != NULL) {
		for (const struct xebra_conf_key *k = key->keys; k->name != NULL; k++)
			if (strcmp(k->name, step->name) == 0)
				return k;
		conf_unknown_key(key, step->name, place, err);
		return NULL;
	}
	if (key->type == XEBRA_CONF_MAP && step->name != NULL)
		return key->item;
	if (key->type == XEBRA_CONF_LIST && step->name == NULL)
		return key->item;
	conf_fail(err, place, -ENOENT, "nothing can be here");
	return NULL;
}

const struct xebra_conf_key *
conf_path_key(const struct conf_path *path, struct xebra_err *err)
{
	struct conf_place places[CONF_PATH_STEPS];
	const struct xebra_conf_section *section;
	const struct xebra_conf_key *key;

	if (path->nb_steps == 0 || path->steps[0].name == NULL) {
		xebra_err_set(err, -EINVAL, "path: a section's name is missing");
		return NULL;
	}
	section = conf_section_find(path->steps[0].name);
	if (section == NULL) {
		conf_unknown_section(path->steps[0].name, to_places(path, 1, places), err);
		return NULL;
	}
	key = &section->schema;
	for (unsigned int i = 1; i < path->nb_steps && key != NULL; i++)
		key = child_key(key, &path->steps[i], to_places(path, i + 1, places), err);
	return key;
}

/* Set one step's value; a list may grow by one item at its end. */
static int
put_child(json_t *parent, const struct conf_step *step, json_t *value)
{
	size_t size = json_array_size(parent);

	if (step->name != NULL)
		return json_object_set_new(parent, step->name, value) < 0 ? -ENOMEM : 0;
	if (json_is_array(parent) && step->index < size)
		return json_array_set_new(parent, step->index, value) < 0 ? -ENOMEM : 0;
	if (json_is_array(parent) && step->index == size)
		return json_array_append_new(parent, value) < 0 ? -ENOMEM : 0;
	json_decref(value);
	return -ENOENT;
}

/*
 * What a step leads to, to be changed: other places that share it keep what they have. Borrowed;
 * -ENOENT: there is nothing.
 */
static int
own_child(json_t *parent, const struct conf_step *step, json_t **own)
{
	json_t *value = child(parent, step);
	int rc = value != NULL ? 0 : -ENOENT;

	if (value != NULL && value->refcount > 1) {
		value = json_copy(value);
		rc = value != NULL ? put_child(parent, step, value) : -ENOMEM;
	}
	*own = value;
	return rc;
}

/* The container that a step leads to, made when it is not there. Borrowed. */
static int
make_child(json_t *parent, const struct conf_step *step, const struct xebra_conf_key *key,
	bool complete, json_t **made)
{
	json_t *full = NULL;
	int rc = own_child(parent, step, made);

	if (rc != -ENOENT || step->name == NULL)
		return rc;
	*made = conf_empty_value(key);
	if (complete && conf_check_key(key, *made, NULL, &full, NULL) == 0) {
		json_decref(*made);
		*made = full;
	}
	return put_child(parent, step, *made);
}

int
conf_path_put(json_t *root, const struct conf_path *path, json_t *value, bool complete)
{
	unsigned int last = path->nb_steps - 1;
	struct conf_path here = *path;
	int rc;

	for (unsigned int i = 0; i < last; i++) {
		here.nb_steps = i + 1;
		rc = make_child(root, &path->steps[i], conf_path_key(&here, NULL), complete, &root);
		if (rc < 0) {
			json_decref(value);
			return rc;
		}
	}
	return put_child(root, &path->steps[last], value);
}

int
conf_path_remove(json_t *root, const struct conf_path *path)
{
	const struct conf_step *last = &path->steps[path->nb_steps - 1];
	int rc = 0;

	for (unsigned int i = 0; i + 1 < path->nb_steps && rc == 0; i++)
		rc = own_child(root, &path->steps[i], &root);
	if (rc < 0)
		return rc;
	rc = last->name != NULL ? json_object_del(root, last->name)
				: json_array_remove(root, last->index);
	return rc < 0 ? -ENOENT : 0;
}
