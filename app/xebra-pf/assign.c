/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which VF a guest gets where the configuration says "any free", and which MAC where it says none.
 *
 * Where the hypervisor knows which VF a guest holds, it is that one. What a guest has had it keeps,
 * across changes of the configuration and restarts of the program: assignments are remembered in
 * the state file. A remembered VF counts only as long as nobody is given that VF by its number. A
 * new MAC is a random one of the locally administered kind, so that two nodes on one wire do not
 * invent the same.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "manager.h"
#include "xebra_mac.h"

struct assigning {
	json_t *guests; /* configuration */
	json_t *before; /* assignments so far */
	json_t *after;
	json_t *taken; /* {"nic0/3": true} */
	struct xebra_err *err;
};

static json_t *mutable(const json_t *value)
{
	return (json_t *)(uintptr_t)value;
}

static const char *
pf_of(const json_t *entry)
{
	return json_string_value(json_object_get(entry, "pf"));
}

static int
vf_of(const json_t *entry)
{
	const json_t *vf = json_object_get(entry, "vf");

	return vf != NULL ? (int)json_integer_value(vf) : -1;
}

static void
key_of(const char *pf, int vf, char *key, size_t size)
{
	snprintf(key, size, "%s/%d", pf, vf);
}

static bool
is_taken(const struct assigning *a, const char *pf, int vf)
{
	char key[64];

	key_of(pf, vf, key, sizeof(key));
	return json_object_get(a->taken, key) != NULL;
}

static void
take(struct assigning *a, const char *pf, int vf)
{
	char key[64];

	key_of(pf, vf, key, sizeof(key));
	json_object_set_new(a->taken, key, json_true());
}

static bool
is_mac(const json_t *entry, const char *mac)
{
	const char *its = json_string_value(json_object_get(entry, "mac"));

	return its != NULL && strcasecmp(its, mac) == 0;
}

/* Whether somebody has it already, or is given it by the configuration. */
static bool
has_mac(const struct assigning *a, const char *mac)
{
	const char *guest;
	json_t *value, *entry;
	size_t i;

	json_object_foreach (a->after, guest, value)
		json_array_foreach (value, i, entry)
			if (is_mac(entry, mac))
				return true;
	json_object_foreach (a->guests, guest, value)
		json_array_foreach (json_object_get(value, "vfs"), i, entry)
			if (is_mac(entry, mac))
				return true;
	return false;
}

static json_t *
new_mac(const struct assigning *a)
{
	struct rte_ether_addr mac;
	json_t *text = NULL;

	do {
		json_decref(text);
		rte_eth_random_addr(mac.addr_bytes);
		text = xebra_mac_json(&mac);
	} while (text != NULL && has_mac(a, json_string_value(text)));
	return text;
}

/* What the guest has had of this VF; NULL: nothing. */
static json_t *
remembered(const struct assigning *a, const char *guest, const char *pf, int vf)
{
	json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(a->before, guest), i, entry)
		if (strcmp(pf_of(entry), pf) == 0 && vf_of(entry) == vf)
			return entry;
	return NULL;
}

/* A VF of this PF that the hypervisor has given the guest; -1: none, or it does not say. */
static int
held_vf(const struct assigning *a, const char *guest, const char *name)
{
	const struct pf *pf = pf_find(name);

	for (int vf = 0; pf != NULL && vf < (int)pf->nb_vfs; vf++)
		if (!is_taken(a, name, vf) && guest_holds(guest, &pf->vfs[vf]))
			return vf;
	return -1;
}

/* A VF of this PF that the guest has had and nobody else has now; -1: none. */
static int
remembered_vf(const struct assigning *a, const char *guest, const char *pf)
{
	const struct pf *found = pf_find(pf);
	json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(a->before, guest), i, entry) {
		int vf = vf_of(entry);

		if (json_is_true(json_object_get(entry, "any")) && strcmp(pf_of(entry), pf) == 0 &&
			found != NULL && vf < (int)found->nb_vfs && !is_taken(a, pf, vf))
			return vf;
	}
	return -1;
}

static int
free_vf(const struct assigning *a, const char *name)
{
	const struct pf *pf = pf_find(name);

	for (int vf = 0; pf != NULL && vf < (int)pf->nb_vfs; vf++)
		if (!is_taken(a, name, vf))
			return vf;
	return -1;
}

/* A MAC that the guest has had on a PF, with another VF, and that nobody has now. */
static json_t *
spare_mac(const struct assigning *a, const char *guest, const char *pf)
{
	json_t *entry;
	size_t i;

	json_array_foreach (json_object_get(a->before, guest), i, entry) {
		json_t *mac = json_object_get(entry, "mac");

		if (strcmp(pf_of(entry), pf) == 0 && !has_mac(a, json_string_value(mac)))
			return mac;
	}
	return NULL;
}

/* One entry's VF and MAC are known: note them. */
static int
note(struct assigning *a, const char *guest, const json_t *entry, size_t index, int vf)
{
	const json_t *had = remembered(a, guest, pf_of(entry), vf);
	json_t *mac = json_object_get(entry, "mac");
	json_t *list = json_object_get(a->after, guest);

	if (mac == NULL)
		mac = json_object_get(had, "mac");
	if (mac == NULL)
		mac = spare_mac(a, guest, pf_of(entry));
	/* Somebody else was given the address since. */
	if (mac != NULL && json_object_get(entry, "mac") == NULL &&
		has_mac(a, json_string_value(mac)))
		mac = NULL;
	mac = mac != NULL ? json_incref(mac) : new_mac(a);
	take(a, pf_of(entry), vf);
	return json_array_set_new(list, index,
		json_pack("{s:s, s:i, s:o, s:b}", "pf", pf_of(entry), "vf", vf, "mac", mac, "any",
			vf_of(entry) < 0));
}

enum round {
	GIVEN, /* entries that say which VF */
	HELD,  /* those whose guest the hypervisor has given one already */
	KEPT,  /* those that had one */
	NEW,   /* the others */
};

static int
assign_entry(
	struct assigning *a, enum round round, const char *guest, const json_t *entry, size_t index)
{
	bool done = !json_is_null(json_array_get(json_object_get(a->after, guest), index));
	int vf = vf_of(entry);

	if (done || (round == GIVEN) != (vf >= 0))
		return 0;
	if (round == HELD)
		vf = held_vf(a, guest, pf_of(entry));
	else if (round == KEPT)
		vf = remembered_vf(a, guest, pf_of(entry));
	else if (round == NEW)
		vf = free_vf(a, pf_of(entry));
	if (vf < 0 && round != NEW)
		return 0;
	if (vf < 0)
		return xebra_err_set(a->err, -ENOSPC, "guests.%s.vfs[%zu].pf: %s has no free VF",
			guest, index, pf_of(entry));
	if (note(a, guest, entry, index, vf) < 0)
		return xebra_err_set(a->err, -ENOMEM, "out of memory");
	return 0;
}

static int
assign_round(struct assigning *a, enum round round)
{
	json_t *value, *entry;
	const char *guest;
	size_t i;
	int rc;

	json_object_foreach (a->guests, guest, value) {
		json_array_foreach (json_object_get(value, "vfs"), i, entry) {
			rc = assign_entry(a, round, guest, entry, i);
			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

/* An empty place for every entry. */
static int
make_places(struct assigning *a)
{
	const char *guest;
	json_t *value, *entry;
	size_t i;

	json_object_foreach (a->guests, guest, value) {
		json_t *list = json_array();

		json_array_foreach (json_object_get(value, "vfs"), i, entry)
			json_array_append_new(list, json_null());
		if (json_object_set_new(a->after, guest, list) < 0)
			return -ENOMEM;
	}
	return 0;
}

json_t *
assign(const json_t *guests, const json_t *before, struct xebra_err *err)
{
	struct assigning a = {
		.guests = mutable(guests),
		.before = mutable(before),
		.after = json_object(),
		.taken = json_object(),
		.err = err,
	};
	int rc = make_places(&a);

	if (rc < 0)
		xebra_err_set(err, rc, "out of memory");
	for (enum round round = GIVEN; rc == 0 && round <= NEW; round++)
		rc = assign_round(&a, round);
	json_decref(a.taken);
	if (rc == 0)
		return a.after;
	json_decref(a.after);
	return NULL;
}
