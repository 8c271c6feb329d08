/* SPDX-License-Identifier: BSD-3-Clause */
/* The section "pfs". */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "manager.h"
#include "xebra_conf.h"
#include "xebra_log.h"

static const char *const backends[] = {"netlink", "ixgbe", "soft", NULL};

static const struct xebra_conf_key keys[] = {
	{
		.name = "backend",
		.type = XEBRA_CONF_ENUM,
		.help = "Who programs it: netlink: the kernel's driver; ixgbe: DPDK, which owns "
			"the PF; soft: dpdk-xebra-nic.",
		.required = true,
		.words = backends,
	},
	{
		.name = "device",
		.type = XEBRA_CONF_STRING,
		.help = "netlink: the network interface, without it the PF's name; ixgbe: the PCI "
			"address.",
		.min = 1,
	},
	{
		.name = "socket",
		.type = XEBRA_CONF_STRING,
		.help = "soft: control socket of the software NIC.",
		.min = 1,
		.form = "path",
	},
	{
		.name = "vfs",
		.type = XEBRA_CONF_INT,
		.help = "Number of VFs. netlink makes them where there are none yet. Without it as "
			"many as there are.",
		.min = 1,
		.max = XEBRA_PF_VFS_MAX,
	},
	{
		.name = "rate",
		.type = XEBRA_CONF_INT,
		.help = "What its VFs share, instead of the link's speed.",
		.min = 1,
		.max = XEBRA_SHARE_RATE_MAX,
		.unit = "Mb/s",
	},
	{.name = NULL},
};

static const struct xebra_conf_key item = {
	.type = XEBRA_CONF_OBJECT,
	.help = "A physical function.",
	.keys = keys,
};

static const char *
text_of(const json_t *value, const char *key)
{
	return json_string_value(json_object_get(value, key));
}

/* What tells a PF from others: its device. */
static const char *
device_of(const char *name, const json_t *value)
{
	const char *key = strcmp(text_of(value, "backend"), "soft") == 0 ? "socket" : "device";

	return text_of(value, key) != NULL ? text_of(value, key) : name;
}

static int
check_keys(const json_t *value, struct xebra_err *err)
{
	bool soft = strcmp(text_of(value, "backend"), "soft") == 0;

	if (soft && text_of(value, "socket") == NULL)
		return xebra_err_set(err, -EINVAL, "socket: missing: where does the NIC listen?");
	if (soft && text_of(value, "device") != NULL)
		return xebra_err_set(err, -EINVAL, "device: a software NIC is found by its socket");
	if (!soft && text_of(value, "socket") != NULL)
		return xebra_err_set(err, -EINVAL, "socket: is for backend soft only");
	if (strcmp(text_of(value, "backend"), "ixgbe") == 0 && text_of(value, "device") == NULL)
		return xebra_err_set(err, -EINVAL, "device: missing: which PCI address?");
	return 0;
}

static void
place(struct xebra_err *err, const char *name)
{
	char text[PLACE_BYTES];

	snprintf(text, sizeof(text), "pfs.%s", name);
	config_place(err, text);
}

static int
check(const json_t *root, struct xebra_err *err)
{
	json_t *taken = json_object();
	const char *name, *other;
	json_t *value;
	int rc = 0;

	json_object_foreach (json_object_get(root, "pfs"), name, value) {
		rc = check_keys(value, err);
		other = text_of(taken, device_of(name, value));
		if (rc == 0 && other != NULL)
			rc = xebra_err_set(err, -EINVAL, "device: %.120s is pf %s already",
				device_of(name, value), other);
		if (rc < 0) {
			place(err, name);
			break;
		}
		json_object_set_new(taken, device_of(name, value), json_string(name));
	}
	json_decref(taken);
	return rc;
}

/* "rate" changes no device. */
static bool
same_device(const json_t *a, const json_t *b)
{
	for (const struct xebra_conf_key *key = keys; key->name != NULL; key++) {
		const json_t *x = json_object_get(a, key->name), *y = json_object_get(b, key->name);

		if (strcmp(key->name, "rate") != 0 && x != y && !json_equal(x, y))
			return false;
	}
	return true;
}

/* At the end of the program everything stays as it is; a PF that goes before is left scrubbed. */
static void
withdraw(const json_t *from __rte_unused, const json_t *to)
{
	struct pf *pf = TAILQ_FIRST(&pfs);

	while (pf != NULL) {
		struct pf *after = TAILQ_NEXT(pf, next);
		const json_t *value = json_object_get(to, pf->name);

		if (to == NULL || !same_device(pf->conf, value)) {
			if (to != NULL)
				apply_scrub(pf);
			pf_remove(pf);
		}
		pf = after;
	}
	if (to == NULL)
		config_take(&config.pfs, NULL);
}

static int
install(const json_t *from __rte_unused, const json_t *to, struct xebra_err *err)
{
	const char *name;
	json_t *value;

	config_take(&config.pfs, to);
	json_object_foreach (config.pfs, name, value) {
		struct pf *pf = pf_find(name);

		if (pf != NULL)
			config_take(&pf->conf, value);
		else if (pf_add(name, value, err) < 0)
			return xebra_err_at(err, "pfs.%s", name);
	}
	return 0;
}

static struct xebra_conf_section section = {
	.schema =
		{
			.name = "pfs",
			.type = XEBRA_CONF_MAP,
			.help = "Physical functions whose VFs are given to guests.",
			.max = 64,
			.item = &item,
		},
	.floor = XEBRA_CONF_FLOOR_PORT,
	.check = check,
	.withdraw = withdraw,
	.install = install,
};
XEBRA_CONF_SECTION(section)
