/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the schema of "guests" cannot say. A VLAN belongs to one vnet, as its own or as one that its
 * guests use with tags of their own, and to nobody else: so no guest reaches another vnet by what
 * the file says. A VF is given once. A MAC is used once on a PF; on several PFs one guest may have
 * the same, because the links of a V-Channel share an address.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guests_check.h"
#include "manager.h"

struct checking {
	json_t *root;
	json_t *vfs;     /* {"nic0/3": "guests.r1.vfs[0]"} */
	json_t *macs;    /* {"02:..": {"guest": "r1", "pfs": {"nic0": "guests.r1.vfs[0]"}}} */
	json_t *vlans;   /* {"77": "red"} */
	json_t *domains; /* {"web": "r1"} */
	struct xebra_err *err;
	/* The entry that is being checked. */
	const char *guest, *vnet;
	char place[PLACE_BYTES];
};

static json_t *
get(const json_t *object, const char *key)
{
	return json_object_get(object, key);
}

static const char *
text(const json_t *object, const char *key)
{
	return json_string_value(get(object, key));
}

static json_int_t
number(const json_t *object, const char *key)
{
	return json_integer_value(get(object, key));
}

static int
check_pf(struct checking *c, const json_t *entry)
{
	const json_t *pf = get(get(c->root, "pfs"), text(entry, "pf"));
	json_int_t vfs = number(pf, "vfs"), rate = number(pf, "rate");
	json_int_t cap = number(entry, "cap"), guarantee = number(entry, "guarantee");

	if (pf == NULL)
		return xebra_err_set(c->err, -EINVAL, "pf: there is no pf %s", text(entry, "pf"));
	if (vfs != 0 && number(entry, "vf") >= vfs)
		return xebra_err_set(c->err, -EINVAL, "vf: %d is not in 0..%d of pf %s",
			(int)number(entry, "vf"), (int)vfs - 1, text(entry, "pf"));
	if (rate != 0 && cap > rate)
		return xebra_err_set(c->err, -EINVAL, "cap: %d Mb/s is more than pf %s has (%d)",
			(int)cap, text(entry, "pf"), (int)rate);
	if (cap != 0 && guarantee > cap)
		return xebra_err_set(c->err, -EINVAL,
			"guarantee: %d Mb/s is more than its cap of %d", (int)guarantee, (int)cap);
	if (rate != 0 && guarantee > rate)
		return xebra_err_set(c->err, -EINVAL,
			"guarantee: %d Mb/s is more than pf %s has (%d)", (int)guarantee,
			text(entry, "pf"), (int)rate);
	return 0;
}

static int
check_vf(struct checking *c, const json_t *entry)
{
	const char *other;
	char key[64];

	if (get(entry, "vf") == NULL)
		return 0;
	snprintf(key, sizeof(key), "%s/%d", text(entry, "pf"), (int)number(entry, "vf"));
	other = text(c->vfs, key);
	if (other != NULL)
		return xebra_err_set(c->err, -EINVAL, "vf: VF %d of pf %s is %s's already",
			(int)number(entry, "vf"), text(entry, "pf"), other);
	json_object_set_new(c->vfs, key, json_string(c->place));
	return 0;
}

/* One spelling for all: "02:AA:.." and "02:aa:.." are the same. */
static void
spell(const char *mac, char *spelt, size_t size)
{
	struct rte_ether_addr addr;

	rte_ether_unformat_addr(mac, &addr);
	rte_ether_format_addr(spelt, (uint16_t)size, &addr);
}

static int
check_mac(struct checking *c, const json_t *entry)
{
	const char *mac = text(entry, "mac"), *other;
	char key[RTE_ETHER_ADDR_FMT_SIZE];
	json_t *use;

	if (mac == NULL)
		return 0;
	spell(mac, key, sizeof(key));
	use = get(c->macs, key);
	if (use == NULL) {
		use = json_pack("{s:s, s:{}}", "guest", c->guest, "pfs");
		json_object_set_new(c->macs, key, use);
	}
	other = text(get(use, "pfs"), text(entry, "pf"));
	if (strcmp(text(use, "guest"), c->guest) != 0)
		return xebra_err_set(
			c->err, -EINVAL, "mac: %s is guest %s's already", mac, text(use, "guest"));
	if (other != NULL)
		return xebra_err_set(c->err, -EINVAL,
			"mac: %s is that of %s already, on the same "
			"pf",
			mac, other);
	json_object_set_new(get(use, "pfs"), text(entry, "pf"), json_string(c->place));
	return 0;
}

static int
check_own_vlan(struct checking *c, json_int_t vlan)
{
	const char *other;
	char key[16];

	snprintf(key, sizeof(key), "%d", (int)vlan);
	other = text(c->vlans, key);
	if (other != NULL && strcmp(other, c->vnet) != 0)
		return xebra_err_set(c->err, -EINVAL, "%d is vnet %s's already", (int)vlan, other);
	if (vlan == number(get(get(c->root, "vnets"), c->vnet), "vlan"))
		return xebra_err_set(c->err, -EINVAL,
			"%d is vnet %s's own: its frames have no tag in the guest", (int)vlan,
			c->vnet);
	json_object_set_new(c->vlans, key, json_string(c->vnet));
	return 0;
}

static int
check_own_vlans(struct checking *c, const json_t *entry)
{
	json_t *list = get(entry, "vlans"), *vlan;
	size_t i, j;

	json_array_foreach (list, i, vlan) {
		int rc = check_own_vlan(c, json_integer_value(vlan));

		for (j = 0; rc == 0 && j < i; j++)
			if (json_equal(json_array_get(list, j), vlan))
				rc = xebra_err_set(c->err, -EINVAL, "%d is there twice",
					(int)json_integer_value(vlan));
		if (rc < 0)
			return xebra_err_at(c->err, "vlans[%zu]", i);
	}
	return 0;
}

static int
check_entry(struct checking *c, const json_t *entry)
{
	int rc = check_pf(c, entry);

	if (rc == 0)
		rc = check_vf(c, entry);
	if (rc == 0)
		rc = check_mac(c, entry);
	if (rc == 0)
		rc = check_own_vlans(c, entry);
	return rc < 0 ? config_place(c->err, c->place) : 0;
}

static int
check_domain(struct checking *c, const json_t *guest)
{
	const char *domain = text(guest, "domain"), *other;

	if (domain == NULL)
		return 0;
	other = text(c->domains, domain);
	if (other != NULL)
		return xebra_err_set(c->err, -EINVAL,
			"guests.%s.domain: \"%.80s\" is guest %s's "
			"already",
			c->guest, domain, other);
	json_object_set_new(c->domains, domain, json_string(c->guest));
	return 0;
}

static int
check_guest(struct checking *c, const json_t *guest)
{
	json_t *entry;
	size_t i;
	int rc;

	c->vnet = text(guest, "vnet");
	if (get(get(c->root, "vnets"), c->vnet) == NULL)
		return xebra_err_set(
			c->err, -EINVAL, "guests.%s.vnet: there is no vnet %s", c->guest, c->vnet);
	rc = check_domain(c, guest);
	json_array_foreach (get(guest, "vfs"), i, entry) {
		snprintf(c->place, sizeof(c->place), "guests.%s.vfs[%zu]", c->guest, i);
		rc = rc == 0 ? check_entry(c, entry) : rc;
	}
	return rc;
}

/* More VFs than a PF has, where the file says how many it has. */
static int
check_enough(const struct checking *c)
{
	json_t *used = json_object(), *guest, *entry;
	const char *name;
	size_t i;
	int rc = 0;

	json_object_foreach (get(c->root, "guests"), name, guest) {
		json_array_foreach (get(guest, "vfs"), i, entry) {
			const char *pf = text(entry, "pf");
			json_int_t has = number(get(get(c->root, "pfs"), pf), "vfs");
			json_int_t n = number(used, pf) + 1;

			json_object_set_new(used, pf, json_integer(n));
			if (rc == 0 && has != 0 && n > has)
				rc = xebra_err_set(c->err, -EINVAL,
					"guests.%s.vfs[%zu].pf: pf %s has only %d VFs", name, i, pf,
					(int)has);
		}
	}
	json_decref(used);
	return rc;
}

static void
note_vnets(struct checking *c)
{
	const char *name;
	json_t *vnet;
	char key[16];

	json_object_foreach (get(c->root, "vnets"), name, vnet) {
		snprintf(key, sizeof(key), "%d", (int)number(vnet, "vlan"));
		json_object_set_new(c->vlans, key, json_string(name));
	}
}

int
guests_check(const json_t *root, struct xebra_err *err)
{
	struct checking c = {
		.root = (json_t *)(uintptr_t)root,
		.vfs = json_object(),
		.macs = json_object(),
		.vlans = json_object(),
		.domains = json_object(),
		.err = err,
	};
	json_t *guest;
	int rc = 0;

	note_vnets(&c);
	json_object_foreach (get(root, "guests"), c.guest, guest)
		rc = rc == 0 ? check_guest(&c, guest) : rc;
	if (rc == 0)
		rc = check_enough(&c);
	json_decref(c.vfs);
	json_decref(c.macs);
	json_decref(c.vlans);
	json_decref(c.domains);
	return rc;
}
