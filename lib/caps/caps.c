/* SPDX-License-Identifier: BSD-3-Clause */
/* The text form of caps. What it may contain is told, and checked, as a configuration's is. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <rte_string_fns.h>

#include "caps_priv.h"
#include "xebra_conf.h"
#include "xebra_mac.h"

#define RATE_MAX 400000

static const struct xebra_conf_key vf_keys[] = {
	{
		.name = "name",
		.type = XEBRA_CONF_STRING,
		.help = "What the guest calls the link.",
		.min = 1,
		.max = XEBRA_CAPS_NAME_MAX - 1,
		.check = xebra_conf_name_check,
	},
	{
		.name = "mac",
		.type = XEBRA_CONF_STRING,
		.help = "The VF's MAC address.",
		.form = "MAC address, 02:00:00:00:00:01",
		.check = xebra_mac_check,
	},
	{
		.name = "cap",
		.type = XEBRA_CONF_INT,
		.help = "What it may send; 0: what the link can.",
		.required = true,
		.max = RATE_MAX,
		.unit = "Mb/s",
	},
	{.name = NULL},
};

static const struct xebra_conf_key vf_item = {
	.type = XEBRA_CONF_OBJECT,
	.help = "A VF.",
	.keys = vf_keys,
};

static const struct xebra_conf_key keys[] = {
	{
		.name = "vfs",
		.type = XEBRA_CONF_LIST,
		.help = "The guest's VFs.",
		.required = true,
		.max = XEBRA_CAPS_MAX,
		.item = &vf_item,
	},
	{.name = NULL},
};

static const struct xebra_conf_key schema = {
	.name = "caps",
	.type = XEBRA_CONF_OBJECT,
	.help = "The caps of a guest's VFs.",
	.keys = keys,
};

static void
read_cap(const json_t *value, struct xebra_cap *cap)
{
	const char *name = json_string_value(json_object_get(value, "name"));
	const char *mac = json_string_value(json_object_get(value, "mac"));

	strlcpy(cap->name, name != NULL ? name : "", sizeof(cap->name));
	cap->has_mac = mac != NULL && rte_ether_unformat_addr(mac, &cap->mac) == 0;
	cap->mbps = (uint32_t)json_integer_value(json_object_get(value, "cap"));
}

/* Two caps for one VF, or one for none, are a mistake of whoever wrote them. */
static int
check_cap(const struct xebra_caps *caps, const struct xebra_cap *cap, struct xebra_err *err)
{
	if (cap->name[0] == '\0' && !cap->has_mac)
		return xebra_err_set(err, -EINVAL, "vfs[%u]: name or mac is missing", caps->nb);
	for (unsigned int i = 0; i < caps->nb; i++) {
		const struct xebra_cap *other = &caps->cap[i];

		if (cap->name[0] != '\0' && strcmp(cap->name, other->name) == 0)
			return xebra_err_set(err, -EINVAL, "vfs[%u].name: %s is vfs[%u] already",
				caps->nb, cap->name, i);
		/* Links under names of their own may share an address, as a V-Channel's do. */
		if (cap->has_mac && other->has_mac &&
			(cap->name[0] == '\0' || other->name[0] == '\0') &&
			rte_is_same_ether_addr(&cap->mac, &other->mac))
			return xebra_err_set(
				err, -EINVAL, "vfs[%u].mac: is vfs[%u]'s already", caps->nb, i);
	}
	return 0;
}

static int
read_caps(const json_t *root, struct xebra_caps *caps, struct xebra_err *err)
{
	const json_t *vfs = json_object_get(root, "vfs");
	json_t *complete, *value;
	size_t i;
	int rc = xebra_conf_check_value(&schema, root, &complete, err);

	if (rc < 0)
		return rc;
	json_decref(complete);
	json_array_foreach (vfs, i, value) {
		struct xebra_cap *cap = &caps->cap[caps->nb];

		read_cap(value, cap);
		rc = check_cap(caps, cap, err);
		if (rc < 0)
			return rc;
		caps->nb++;
	}
	return 0;
}

int
xebra_caps_parse(const char *text, size_t len, struct xebra_caps *caps, struct xebra_err *err)
{
	json_error_t error;
	json_t *root;
	int rc;

	memset(caps, 0, sizeof(*caps));
	if (len > CAPS_TEXT_MAX)
		return xebra_err_set(err, -E2BIG, "longer than %d bytes", CAPS_TEXT_MAX);
	root = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
	if (root == NULL)
		return xebra_err_set(err, -EINVAL, "line %d, column %d: %s", error.line,
			error.column, error.text);
	rc = read_caps(root, caps, err);
	json_decref(root);
	return rc;
}

char *
xebra_caps_print(const struct xebra_caps *caps)
{
	json_t *vfs = json_array(), *root = json_pack("{s:o}", "vfs", vfs);
	char *text;

	for (unsigned int i = 0; i < caps->nb; i++) {
		const struct xebra_cap *cap = &caps->cap[i];
		json_t *value = json_object();

		if (cap->name[0] != '\0')
			json_object_set_new(value, "name", json_string(cap->name));
		if (cap->has_mac)
			json_object_set_new(value, "mac", xebra_mac_json(&cap->mac));
		json_object_set_new(value, "cap", json_integer(cap->mbps));
		json_array_append_new(vfs, value);
	}
	text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	return text;
}

const struct xebra_cap *
xebra_caps_find(const struct xebra_caps *caps, const char *name, const struct rte_ether_addr *mac)
{
	const struct xebra_cap *found = NULL;

	for (unsigned int i = 0; i < caps->nb; i++) {
		const struct xebra_cap *cap = &caps->cap[i];

		if (cap->name[0] != '\0' && strcmp(cap->name, name) == 0)
			return cap;
		if (found == NULL && cap->has_mac && rte_is_same_ether_addr(&cap->mac, mac))
			found = cap;
	}
	return found;
}

int
caps_watch_init(struct xebra_caps_watch *watch, const char *place, xebra_caps_fn fn, void *arg,
	struct xebra_err *err)
{
	if (watch == NULL)
		return xebra_err_set(err, -ENOMEM, "no memory");
	watch->fn = fn;
	watch->arg = arg;
	watch->place = strdup(place);
	if (watch->place != NULL)
		return 0;
	free(watch);
	return xebra_err_set(err, -ENOMEM, "no memory");
}

void
caps_tell(const struct xebra_caps_watch *watch, const char *text, size_t len)
{
	struct xebra_err err = {0};
	struct xebra_caps caps;

	if (xebra_caps_parse(text, len, &caps, &err) == 0) {
		watch->fn(&caps, NULL, watch->arg);
		return;
	}
	xebra_err_at(&err, "%s", watch->place);
	watch->fn(NULL, &err, watch->arg);
}

void
caps_tell_none(const struct xebra_caps_watch *watch, int code)
{
	struct xebra_err err = {0};

	if (code == 0) {
		watch->fn(NULL, NULL, watch->arg);
		return;
	}
	xebra_err_set(&err, code, "%s: cannot read: %s", watch->place, strerror(-code));
	watch->fn(NULL, &err, watch->arg);
}

void
xebra_caps_watch_stop(struct xebra_caps_watch *watch)
{
	if (watch == NULL)
		return;
	watch->stop(watch);
	free(watch->place);
	free(watch);
}
