/* SPDX-License-Identifier: BSD-3-Clause */
/* The backends that there are, and a VF's settings as values: compared, copied, as JSON. */
#include <errno.h>
#include <string.h>

#include <rte_string_fns.h>

#include "xebra_mac.h"
#include "xebra_pf.h"

#define PATIENT_MS 5000
#define IMPATIENT_MS 1000

/* In order of name, so that nothing depends on the linker. */
static TAILQ_HEAD(, xebra_pf_ops) backends = TAILQ_HEAD_INITIALIZER(backends);

void
xebra_pf_register(struct xebra_pf_ops *ops)
{
	struct xebra_pf_ops *after;

	TAILQ_FOREACH (after, &backends, next)
		if (strcmp(after->name, ops->name) > 0)
			break;
	if (after != NULL)
		TAILQ_INSERT_BEFORE(after, ops, next);
	else
		TAILQ_INSERT_TAIL(&backends, ops, next);
}

const struct xebra_pf_ops *
xebra_pf_backend(const char *name)
{
	const struct xebra_pf_ops *ops;

	TAILQ_FOREACH (ops, &backends, next)
		if (strcmp(ops->name, name) == 0)
			return ops;
	return NULL;
}

void
xebra_pf_init(struct xebra_pf *pf, const struct xebra_pf_ops *ops, const struct xebra_pf_conf *conf)
{
	pf->ops = ops;
	strlcpy(pf->name, conf->name, sizeof(pf->name));
	pf->changed = conf->changed;
	pf->changed_arg = conf->changed_arg;
}

void
xebra_pf_tell(struct xebra_pf *pf)
{
	if (pf->changed != NULL)
		pf->changed(pf, pf->changed_arg);
}

static int patience_ms = PATIENT_MS;

void
xebra_pf_be_patient(bool patient)
{
	patience_ms = patient ? PATIENT_MS : IMPATIENT_MS;
}

int
xebra_pf_patience_ms(void)
{
	return patience_ms;
}

static bool
trunk_differs(const struct xebra_pf_vf *a, const struct xebra_pf_vf *b)
{
	return a->nb_trunk != b->nb_trunk ||
		memcmp(a->trunk, b->trunk, a->nb_trunk * sizeof(a->trunk[0])) != 0;
}

uint32_t
xebra_pf_differ(const struct xebra_pf_vf *a, const struct xebra_pf_vf *b, uint32_t what)
{
	uint32_t differ = 0;

	if (!rte_is_same_ether_addr(&a->mac, &b->mac))
		differ |= XEBRA_PF_MAC;
	if (a->vlan != b->vlan || a->priority != b->priority)
		differ |= XEBRA_PF_VLAN;
	if (trunk_differs(a, b))
		differ |= XEBRA_PF_TRUNK;
	if (a->spoof_check != b->spoof_check)
		differ |= XEBRA_PF_SPOOF_CHECK;
	if (a->trust != b->trust)
		differ |= XEBRA_PF_TRUST;
	if (a->link != b->link)
		differ |= XEBRA_PF_LINK;
	if (a->max_rate != b->max_rate)
		differ |= XEBRA_PF_MAX_RATE;
	if (a->min_rate != b->min_rate)
		differ |= XEBRA_PF_MIN_RATE;
	if (a->weight != b->weight)
		differ |= XEBRA_PF_WEIGHT;
	if (a->mtu != b->mtu)
		differ |= XEBRA_PF_MTU;
	return differ & what & a->known & b->known;
}

void
xebra_pf_copy(struct xebra_pf_vf *to, const struct xebra_pf_vf *from, uint32_t what)
{
	what &= from->known;
	to->known |= what;
	if (what & XEBRA_PF_MAC)
		to->mac = from->mac;
	if (what & XEBRA_PF_VLAN) {
		to->vlan = from->vlan;
		to->priority = from->priority;
	}
	if (what & XEBRA_PF_TRUNK) {
		to->nb_trunk = from->nb_trunk;
		memcpy(to->trunk, from->trunk, sizeof(to->trunk));
	}
	if (what & XEBRA_PF_SPOOF_CHECK)
		to->spoof_check = from->spoof_check;
	if (what & XEBRA_PF_TRUST)
		to->trust = from->trust;
	if (what & XEBRA_PF_LINK)
		to->link = from->link;
	if (what & XEBRA_PF_MAX_RATE)
		to->max_rate = from->max_rate;
	if (what & XEBRA_PF_MIN_RATE)
		to->min_rate = from->min_rate;
	if (what & XEBRA_PF_WEIGHT)
		to->weight = from->weight;
	if (what & XEBRA_PF_MTU)
		to->mtu = from->mtu;
}

static const char *const setting_names[XEBRA_PF_SETTINGS] = {
	"mac",
	"vlan",
	"trunk",
	"spoof_check",
	"trust",
	"link",
	"max_rate",
	"min_rate",
	"weight",
	"mtu",
};

const char *
xebra_pf_setting_name(uint32_t setting)
{
	return setting_names[rte_bsf32(setting & XEBRA_PF_ALL)];
}

const char *const xebra_pf_link_names[] = {"auto", "enable", "disable", NULL};

static json_t *
trunk_json(const struct xebra_pf_vf *vf)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < vf->nb_trunk; i++)
		json_array_append_new(list, json_integer(vf->trunk[i]));
	return list;
}

static json_t *
vlan_json(const struct xebra_pf_vf *vf)
{
	if (vf->priority == 0)
		return json_integer(vf->vlan);
	return json_pack("{s:i, s:i}", "vlan", (int)vf->vlan, "priority", (int)vf->priority);
}

json_t *
xebra_pf_setting_json(const struct xebra_pf_vf *vf, uint32_t setting)
{
	switch (setting & vf->known) {
	case XEBRA_PF_MAC:
		return xebra_mac_json(&vf->mac);
	case XEBRA_PF_VLAN:
		return vlan_json(vf);
	case XEBRA_PF_TRUNK:
		return trunk_json(vf);
	case XEBRA_PF_SPOOF_CHECK:
		return json_boolean(vf->spoof_check);
	case XEBRA_PF_TRUST:
		return json_boolean(vf->trust);
	case XEBRA_PF_LINK:
		return json_string(xebra_pf_link_names[vf->link]);
	case XEBRA_PF_MAX_RATE:
		return json_integer(vf->max_rate);
	case XEBRA_PF_MIN_RATE:
		return json_integer(vf->min_rate);
	case XEBRA_PF_WEIGHT:
		return json_integer(vf->weight);
	case XEBRA_PF_MTU:
		return json_integer(vf->mtu);
	default:
		return json_null();
	}
}
