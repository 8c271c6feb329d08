/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What every VF should be, worked out from the configuration, from which guests are there, and from
 * what the PFs can. A VF that no guest has, or whose guest is not there, should be scrubbed.
 *
 * What a guest's VF always is, whatever the file says: spoof check on, trust off, and its link
 * follows the PF's. A driver that cannot keep a promise that the file makes (a VLAN's priority, a
 * guest's own tags, an MTU) is an error here, before anything is done.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_string_fns.h>

#include "manager.h"

static json_t *mutable(const json_t *value)
{
	return (json_t *)(uintptr_t)value;
}

static uint32_t
number(const json_t *object, const char *key)
{
	return (uint32_t)json_integer_value(json_object_get(object, key));
}

static void
read_terms(const json_t *entry, struct xebra_share_terms *terms)
{
	terms->cap = number(entry, "cap");
	terms->guarantee = number(entry, "guarantee");
	terms->weight = number(entry, "weight");
}

/* The guest's own VLANs, in order, as drivers report them. */
static void
read_trunk(const json_t *entry, struct xebra_pf_vf *vf)
{
	const json_t *list = json_object_get(entry, "vlans");
	json_t *item;
	size_t i;

	vf->nb_trunk = 0;
	json_array_foreach (list, i, item) {
		uint16_t vlan = (uint16_t)json_integer_value(item);
		unsigned int at = vf->nb_trunk++;

		for (; at > 0 && vf->trunk[at - 1] > vlan; at--)
			vf->trunk[at] = vf->trunk[at - 1];
		vf->trunk[at] = vlan;
	}
}

static int
check_can(const struct pf *pf, const struct xebra_pf_vf *vf, const struct wish *wish,
	struct xebra_err *err)
{
	if (vf->nb_trunk > 0 && !(pf->info.can & XEBRA_PF_TRUNK))
		return xebra_err_set(err, -EOPNOTSUPP,
			"%s.vlans: driver %s of pf %s has one VLAN per VF", wish->place,
			pf->info.driver, pf->name);
	if ((wish->terms.cap != 0 || wish->terms.guarantee != 0) &&
		!(pf->info.can & XEBRA_PF_MAX_RATE))
		return xebra_err_set(err, -EOPNOTSUPP, "%s.%s: driver %s of pf %s limits no rates",
			wish->place, wish->terms.cap != 0 ? "cap" : "guarantee", pf->info.driver,
			pf->name);
	if (vf->priority > 0 && !(pf->info.can & XEBRA_PF_CAN_PRIORITY))
		return xebra_err_set(err, -EOPNOTSUPP,
			"vnets.%s.priority: driver %s of pf %s inserts none", wish->vnet,
			pf->info.driver, pf->name);
	if (pf->info.mtu != 0 && vf->mtu > pf->info.mtu)
		return xebra_err_set(err, -ERANGE, "vnets.%s.mtu: %u is more than pf %s has (%u)",
			wish->vnet, vf->mtu, pf->name, pf->info.mtu);
	return 0;
}

/* What a guest's VF is when the guest is there. */
static int
make_settings(const struct pf *pf, const json_t *entry, const json_t *assigned, struct wish *wish,
	struct xebra_err *err)
{
	const json_t *vnet = json_object_get(config.vnets, wish->vnet);
	struct xebra_pf_vf *vf = &wish->vf;
	const char *mac = json_string_value(json_object_get(assigned, "mac"));
	int rc;

	*vf = (struct xebra_pf_vf){
		.known = XEBRA_PF_ALL,
		.vlan = (uint16_t)number(vnet, "vlan"),
		.priority = (uint8_t)number(vnet, "priority"),
		.mtu = (uint16_t)number(vnet, "mtu"),
		.spoof_check = true,
		.link = XEBRA_PF_LINK_AUTO,
	};
	rte_ether_unformat_addr(mac, &vf->mac);
	read_trunk(entry, vf);
	rc = check_can(pf, vf, wish, err);
	/* Rates are bandwidth.c's, and only those that it works out. */
	vf->known &= pf->info.can;
	if (!(pf->info.can & XEBRA_PF_CAN_SHARE))
		vf->known &= ~(XEBRA_PF_MIN_RATE | XEBRA_PF_WEIGHT);
	return rc;
}

static int
wish_entry(const char *guest, const json_t *value, size_t index, const json_t *assigned,
	struct xebra_err *err)
{
	const json_t *entry = json_array_get(json_object_get(value, "vfs"), index);
	const char *name = json_string_value(json_object_get(assigned, "pf"));
	unsigned int number_of_vf = number(assigned, "vf");
	struct pf *pf = pf_find(name);
	struct wish *wish;
	int rc;

	if (pf == NULL || number_of_vf >= pf->nb_vfs)
		return xebra_err_set(err, -ENODEV,
			"guests.%s.vfs[%zu].vf: pf %s has %u VFs, no VF %u", guest, index, name,
			pf != NULL ? pf->nb_vfs : 0, number_of_vf);
	wish = &pf->vfs[number_of_vf].next;
	strlcpy(wish->vnet, json_string_value(json_object_get(value, "vnet")), sizeof(wish->vnet));
	snprintf(wish->place, sizeof(wish->place), "guests.%s.vfs[%zu]", guest, index);
	wish->entry = (unsigned int)index;
	read_terms(entry, &wish->terms);
	strlcpy(wish->guest, guest, sizeof(wish->guest));
	guest_owner(guest, wish->owner, sizeof(wish->owner));
	rc = make_settings(pf, entry, assigned, wish, err);
	if (rc == 0 && !guest_is_there(guest, value)) {
		wish->guest[0] = wish->owner[0] = '\0';
		xebra_pf_scrubbed(&wish->vf, pf->info.can);
	}
	return rc;
}

static void
wish_nothing(void)
{
	struct pf *pf;

	TAILQ_FOREACH (pf, &pfs, next) {
		for (unsigned int i = 0; i < pf->nb_vfs; i++) {
			struct wish *wish = &pf->vfs[i].next;

			*wish = (struct wish){0};
			xebra_pf_scrubbed(&wish->vf, pf->info.can);
		}
	}
}

int
wanted_make(json_t **assigned, struct xebra_err *err)
{
	json_t *after = assign(config.guests, *assigned, err);
	const char *guest;
	json_t *value, *entry;
	size_t i;
	int rc = 0;

	if (after == NULL)
		return err->code;
	wish_nothing();
	json_object_foreach (mutable(config.guests), guest, value) {
		json_array_foreach (json_object_get(after, guest), i, entry) {
			rc = rc == 0 ? wish_entry(guest, value, i, entry, err) : rc;
		}
	}
	if (rc < 0) {
		json_decref(after);
		return rc;
	}
	json_decref(*assigned);
	*assigned = after;
	return 0;
}
