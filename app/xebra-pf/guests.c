/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which guests are there, which VFs they really hold, and telling them their caps (lib/guest).
 *
 * A guest with a domain is Xen's; any other is there as long as the configuration says so. A domain
 * that was away in between is another owner of its VFs, even under the same name: they are scrubbed
 * before it has them again. When the hypervisor cannot say, what it said last is believed.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <rte_string_fns.h>

#include "manager.h"
#include "xebra_guest.h"
#include "xebra_log.h"

struct guest {
	TAILQ_ENTRY(guest) next;
	char name[NAME_BYTES];
	struct xebra_guest_state state;
	struct xebra_caps told;
	struct xebra_err lost; /* why nothing is known of it; code 0: something is */
	struct xebra_err err;  /* why it could not be told; code 0: it could */
	bool seen;             /* in the configuration */
};

static TAILQ_HEAD(, guest) guests = TAILQ_HEAD_INITIALIZER(guests);

/* The hypervisor's backend; NULL: it is not open, no guest needs it. */
static const struct xebra_guest_ops *xen;

static const char *
text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static struct xebra_guest_conf
conf_of(const char *name, const json_t *value)
{
	return (struct xebra_guest_conf){.name = name,
		.domain = text(value, "domain"),
		.caps_file = text(value, "caps_file")};
}

static const struct xebra_guest_ops *
backend_of(const json_t *value)
{
	return text(value, "domain") != NULL ? xen : xebra_guest_backend("static");
}

static struct guest *
find(const char *name)
{
	struct guest *g;

	TAILQ_FOREACH (g, &guests, next)
		if (strcmp(g->name, name) == 0)
			return g;
	return NULL;
}

/* ---- The hypervisor ---- */

static void
guest_changed(void *arg)
{
	(void)arg;
	manager_look();
}

static const char *
first_with_domain(void)
{
	const char *name;
	json_t *value;

	json_object_foreach (config.guests, name, value)
		if (text(value, "domain") != NULL)
			return name;
	return NULL;
}

static void
close_xen(void)
{
	if (xen != NULL)
		xen->close();
	xen = NULL;
}

int
guests_open(struct xebra_err *err)
{
	const struct xebra_guest_ops *ops = xebra_guest_backend("xen");
	const char *name = first_with_domain();

	if (name == NULL)
		close_xen();
	if (name == NULL || xen != NULL)
		return 0;
	if (ops == NULL)
		return xebra_err_set(err, -ENOTSUP,
			"guests.%s.domain: this program was built without Xen", name);
	if (ops->open(guest_changed, NULL, err) < 0)
		return xebra_err_at(err, "guests.%s.domain", name);
	xen = ops;
	return 0;
}

/* ---- Who is there ---- */

static void
look_for(struct guest *g, const json_t *value)
{
	const struct xebra_guest_ops *ops = backend_of(value);
	struct xebra_guest_conf conf = conf_of(g->name, value);
	struct xebra_guest_state state;
	struct xebra_err err = {0};

	if (ops == NULL || ops->find(&conf, &state, &err) < 0) {
		if (strcmp(err.text, g->lost.text) != 0)
			XEBRA_LOG(ERR, "guests.%s: %s", g->name, err.text);
		g->lost = err;
		return;
	}
	g->lost = (struct xebra_err){0};
	if (state.present != g->state.present || state.instance != g->state.instance) {
		XEBRA_LOG(NOTICE, "guest %s is %s", g->name, state.present ? "there" : "away");
		/* A new life has heard nothing yet. */
		g->told = (struct xebra_caps){0};
	}
	g->state = state;
}

void
guests_look(void)
{
	struct guest *g, *after;
	const char *name;
	json_t *value;

	TAILQ_FOREACH (g, &guests, next)
		g->seen = false;
	json_object_foreach (config.guests, name, value) {
		g = find(name);
		if (g == NULL)
			g = calloc(1, sizeof(*g));
		if (g == NULL)
			continue;
		if (g->name[0] == '\0') {
			strlcpy(g->name, name, sizeof(g->name));
			TAILQ_INSERT_TAIL(&guests, g, next);
		}
		g->seen = true;
		look_for(g, value);
	}
	for (g = TAILQ_FIRST(&guests); g != NULL; g = after) {
		after = TAILQ_NEXT(g, next);
		if (g->seen)
			continue;
		TAILQ_REMOVE(&guests, g, next);
		free(g);
	}
}

bool
guest_is_there(const char *name, const json_t *value)
{
	const struct guest *g = find(name);

	return json_is_true(json_object_get(value, "attached")) && g != NULL && g->state.present;
}

void
guest_owner(const char *name, char *owner, size_t size)
{
	const struct guest *g = find(name);

	if (g == NULL || g->state.instance == 0)
		strlcpy(owner, name, size);
	else
		snprintf(owner, size, "%s#%u", name, g->state.instance);
}

bool
guest_holds(const char *name, const struct vf *vf)
{
	const struct guest *g = find(name);

	if (g == NULL || !vf->has_address)
		return false;
	for (unsigned int i = 0; i < g->state.nb_devices; i++)
		if (rte_pci_addr_cmp(&g->state.device[i], &vf->address) == 0)
			return true;
	return false;
}

const char *
guest_holder(const struct vf *vf)
{
	const struct guest *g;

	TAILQ_FOREACH (g, &guests, next)
		if (guest_holds(g->name, vf))
			return g->name;
	return NULL;
}

/* ---- Telling them ---- */

/* What a VF can count on while all send: what a V-Channel's flows are to be shared by. */
static uint32_t
cap_of(const struct pf *pf, uint16_t i)
{
	const struct xebra_share_vf *share = &pf->link.vfs[i];

	/* A link of unknown speed says nothing. */
	return pf_speed(pf) != 0 ? (uint32_t)lround(share->entitled) : share->terms.cap;
}

/* A guest with one VF of a PF may know it by the PF's name; several it can only tell by MAC. */
static unsigned int
vfs_of(const struct pf *pf, const char *guest)
{
	unsigned int n = 0;

	for (uint16_t i = 0; i < pf->link.nb_vfs; i++)
		n += strcmp(pf->sharers[i]->want.guest, guest) == 0;
	return n;
}

static void
add_caps(const struct pf *pf, const char *guest, struct xebra_caps *caps)
{
	bool named = vfs_of(pf, guest) == 1;

	for (uint16_t i = 0; i < pf->link.nb_vfs; i++) {
		const struct vf *vf = pf->sharers[i];
		struct xebra_cap *cap = &caps->cap[caps->nb];

		if (caps->nb == XEBRA_CAPS_MAX || strcmp(vf->want.guest, guest) != 0)
			continue;
		if (named)
			strlcpy(cap->name, pf->name, sizeof(cap->name));
		cap->has_mac = true;
		cap->mac = vf->want.vf.mac;
		cap->mbps = cap_of(pf, i);
		caps->nb++;
	}
}

static void
tell(struct guest *g, const json_t *value)
{
	const struct xebra_guest_ops *ops = backend_of(value);
	struct xebra_guest_conf conf = conf_of(g->name, value);
	struct xebra_err err = {0};
	struct xebra_caps caps;
	const struct pf *pf;

	memset(&caps, 0, sizeof(caps));
	TAILQ_FOREACH (pf, &pfs, next)
		add_caps(pf, g->name, &caps);
	if (ops == NULL || (g->err.code == 0 && memcmp(&caps, &g->told, sizeof(caps)) == 0))
		return;
	if (ops->tell(&conf, &caps, &err) < 0 && err.code != -ENOENT) {
		if (strcmp(err.text, g->err.text) != 0)
			XEBRA_LOG(ERR, "guests.%s: it cannot be told its caps: %s", g->name,
				err.text);
	} else {
		g->told = caps;
	}
	g->err = err;
}

void
guests_tell(void)
{
	const char *name;
	json_t *value;

	json_object_foreach (config.guests, name, value) {
		struct guest *g = find(name);

		if (g != NULL && guest_is_there(name, value))
			tell(g, value);
	}
}

void
guests_free(void)
{
	struct guest *g;

	close_xen();
	while ((g = TAILQ_FIRST(&guests)) != NULL) {
		TAILQ_REMOVE(&guests, g, next);
		free(g);
	}
}
