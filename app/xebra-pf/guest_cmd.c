/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands "guest attach", "guest detach", "vf set" and "bandwidth set guest". */
#include <errno.h>
#include <string.h>

#include "change.h"

static const char *const vf_names[] = {
	"pf", "vf", "mac", "cap", "guarantee", "weight", "vlans", NULL};

static const char *
text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* The list of a guest's entries, made when it is not written. */
static json_t *
entries_of(json_t *guest)
{
	json_t *vfs = json_object_get(guest, "vfs");

	if (vfs == NULL) {
		vfs = json_array();
		json_object_set_new(guest, "vfs", vfs);
	}
	return vfs;
}

/* ---- guest attach ---- */

static json_t *
new_guest(const json_t *args, struct xebra_err *err)
{
	json_t *vnet = json_object_get(args, "vnet");

	if (vnet == NULL) {
		xebra_err_set(err, -ENOENT,
			"there is no guest %s: give a vnet, and it is a new one",
			text(args, "guest"));
		return NULL;
	}
	return json_pack("{s:O}", "vnet", vnet);
}

/* Whether there is anything about a VF. */
static bool
says_more(const json_t *args)
{
	for (const char *const *name = vf_names; *name != NULL; name++)
		if (json_object_get(args, *name) != NULL)
			return true;
	return false;
}

static int
guest_attach(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *name = text(args, "guest");
	json_t *guest = entry_as_written("guests", name, err), *entry;

	if (json_object_get(args, "pf") == NULL && says_more(args)) {
		json_decref(guest);
		return xebra_err_set(err, -EINVAL,
			"pf: missing: what is given here is of one more VF; \"vf set\" changes "
			"one that the guest has");
	}
	if (guest == NULL)
		guest = new_guest(args, err);
	else
		take_args(guest, args, (const char *const[]){"vnet", NULL});
	if (guest == NULL)
		return err->code;
	json_object_del(guest, "attached");
	if (json_object_get(args, "pf") != NULL) {
		entry = json_object();
		take_args(entry, args, vf_names);
		json_array_append_new(entries_of(guest), entry);
	}
	return change_entry("guests", name, guest, err);
}

#define PARAM_VF                                                                    \
	{                                                                           \
		.name = "mac",                                                      \
		.help = "The only MAC that it may send from.",                      \
		.type = XEBRA_PARAM_STRING,                                         \
		.optional = true,                                                   \
		.keyword = true,                                                    \
	},                                                                          \
		PARAM_TERMS,                                                        \
	{                                                                           \
		.name = "vlans", .help = "VLANs that the guest tags itself: [77].", \
		.type = XEBRA_PARAM_JSON, .optional = true, .keyword = true,        \
	}

static const struct xebra_cmd_param attach_params[] = {
	{
		.name = "guest",
		.help = "Name of a guest, or of a new one.",
		.type = XEBRA_PARAM_STRING,
		.complete = complete_guest,
	},
	{
		.name = "vnet",
		.help = "The network that it is in.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.keyword = true,
		.complete = complete_vnet,
	},
	{
		.name = "pf",
		.help = "Give it one more VF, of this PF.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.keyword = true,
		.complete = complete_pf_name,
	},
	{
		.name = "vf",
		.help = "The VF's number; without it any free one.",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.keyword = true,
		.min = 0,
		.max = XEBRA_PF_VFS_MAX - 1,
	},
	PARAM_VF,
	{0},
};

static struct xebra_cmd attach_cmd = {
	.name = "guest attach",
	.help = "Let a guest have its VFs again, give it one more, or make a new guest.",
	.params = attach_params,
	.run = guest_attach,
};
XEBRA_CMD(attach_cmd)

/* ---- Which entry is it? ---- */

/* Index of the guest's entry that has this VF; -ENOENT with err. */
static int
find_entry(const char *guest, const char *pf, json_int_t vf, struct xebra_err *err)
{
	json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(*state_assigned(), guest), i, entry)
		if (strcmp(text(entry, "pf"), pf) == 0 &&
			json_integer_value(json_object_get(entry, "vf")) == vf)
			return (int)i;
	return xebra_err_set(
		err, -ENOENT, "guest %s does not have VF %d of pf %s", guest, (int)vf, pf);
}

/* ---- guest detach ---- */

/*
 * Take an entry out of the configuration, and what it was assigned out of the assignments, so that
 * the others keep theirs.
 */
static int
detach_one(const char *name, json_t *guest, const json_t *args, struct xebra_err *err)
{
	json_t *assigned = json_object_get(*state_assigned(), name), *gone;
	const json_t *vf = json_object_get(args, "vf");
	int i = -EINVAL, rc;

	if (vf == NULL || text(args, "pf") == NULL)
		xebra_err_set(err, -EINVAL, "pf and vf belong together");
	else
		i = find_entry(name, text(args, "pf"), json_integer_value(vf), err);
	if (i < 0) {
		json_decref(guest);
		return i;
	}
	json_array_remove(entries_of(guest), (size_t)i);
	gone = json_incref(json_array_get(assigned, (size_t)i));
	json_incref(assigned);
	json_array_remove(assigned, (size_t)i);
	rc = change_entry("guests", name, guest, err);
	if (rc < 0)
		json_array_insert(assigned, (size_t)i, gone);
	json_decref(gone);
	json_decref(assigned);
	return rc;
}

static int
guest_detach(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *name = text(args, "guest");
	json_t *guest = entry_as_written("guests", name, err);

	if (guest == NULL)
		return err->code;
	if (json_is_true(json_object_get(args, "forget"))) {
		json_decref(guest);
		return change_entry("guests", name, NULL, err);
	}
	if (json_object_get(args, "pf") != NULL || json_object_get(args, "vf") != NULL)
		return detach_one(name, guest, args, err);
	json_object_set_new(guest, "attached", json_false());
	return change_entry("guests", name, guest, err);
}

static const struct xebra_cmd_param detach_params[] = {
	{
		.name = "guest",
		.help = "Name of a guest.",
		.type = XEBRA_PARAM_STRING,
		.complete = complete_guest,
	},
	{
		.name = "pf",
		.help = "With vf: only this VF, which is then nobody's.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.keyword = true,
		.complete = complete_pf_name,
	},
	{
		.name = "vf",
		.help = "The VF's number.",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.keyword = true,
		.min = 0,
		.max = XEBRA_PF_VFS_MAX - 1,
	},
	{
		.name = "forget",
		.help = "Remove the guest from the configuration.",
		.type = XEBRA_PARAM_FLAG,
		.optional = true,
	},
	{0},
};

static struct xebra_cmd detach_cmd = {
	.name = "guest detach",
	.help = "Scrub a guest's VFs and keep them for it, take one from it, or forget it.",
	.params = detach_params,
	.run = guest_detach,
};
XEBRA_CMD(detach_cmd)

/* ---- vf set ---- */

static const char *
owner_of(const char *pf, json_int_t vf)
{
	json_t *entries;
	const char *guest;

	json_object_foreach (*state_assigned(), guest, entries)
		if (find_entry(guest, pf, vf, NULL) >= 0)
			return guest;
	return NULL;
}

static int
vf_set(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	static const char *const names[] = {"mac", "cap", "guarantee", "weight", "vlans", NULL};
	json_int_t vf = json_integer_value(json_object_get(args, "vf"));
	const char *guest_name = owner_of(text(args, "pf"), vf);
	json_t *guest;
	int i;

	if (guest_name == NULL)
		return xebra_err_set(err, -ENOENT,
			"no guest has VF %d of pf %s: give it to one with \"guest attach\"",
			(int)vf, text(args, "pf"));
	i = find_entry(guest_name, text(args, "pf"), vf, err);
	guest = entry_as_written("guests", guest_name, err);
	take_args(json_array_get(entries_of(guest), (size_t)i), args, names);
	return change_entry("guests", guest_name, guest, err);
}

static const struct xebra_cmd_param vf_set_params[] = {
	{
		.name = "pf",
		.help = "Name of a PF.",
		.type = XEBRA_PARAM_STRING,
		.complete = complete_pf_name,
	},
	{
		.name = "vf",
		.help = "Number of one of its VFs.",
		.type = XEBRA_PARAM_INT,
		.min = 0,
		.max = XEBRA_PF_VFS_MAX - 1,
	},
	PARAM_VF,
	{0},
};

static struct xebra_cmd vf_set_cmd = {
	.name = "vf set",
	.help = "Change what a guest's VF is.",
	.params = vf_set_params,
	.run = vf_set,
};
XEBRA_CMD(vf_set_cmd)

/* ---- bandwidth set guest ---- */

static int
bandwidth_set_guest(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *name = text(args, "guest"), *pf = text(args, "pf");
	json_t *guest = entry_as_written("guests", name, err), *entry;
	unsigned int n = 0;
	size_t i;

	if (guest == NULL)
		return err->code;
	json_array_foreach (json_object_get(guest, "vfs"), i, entry) {
		if (pf != NULL && strcmp(text(entry, "pf"), pf) != 0)
			continue;
		take_args(entry, args, term_names);
		n++;
	}
	if (n == 0) {
		json_decref(guest);
		return xebra_err_set(err, -ENOENT, "guest %s has no VF there", name);
	}
	return change_entry("guests", name, guest, err);
}

static const struct xebra_cmd_param bandwidth_params[] = {
	{
		.name = "guest",
		.help = "Name of a guest.",
		.type = XEBRA_PARAM_STRING,
		.complete = complete_guest,
	},
	{
		.name = "pf",
		.help = "Only its VFs of this PF.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.keyword = true,
		.complete = complete_pf_name,
	},
	PARAM_TERMS,
	{0},
};

static struct xebra_cmd bandwidth_cmd = {
	.name = "bandwidth set guest",
	.help = "Change what each of a guest's VFs gets.",
	.params = bandwidth_params,
	.run = bandwidth_set_guest,
};
XEBRA_CMD(bandwidth_cmd)
