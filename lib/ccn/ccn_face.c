/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "ccn_priv.h"

/* A face as it is wanted. Workers see it (ccn_faces) while its interface exists. */
struct wanted {
	struct ccn_face_spec spec;
	char name[XEBRA_NAME_MAX];
	char iface[XEBRA_NAME_MAX];
	uint32_t id;
};

ccn_face_table ccn_faces;
struct ccn_demux *ccn_demux;
uint32_t ccn_group_face[XEBRA_IFACE_MAX];

static const struct rte_ether_addr group = {{0x01, 0x00, 0x5e, 0x00, 0x17, 0xaa}};
static struct wanted *wanted[CCN_FACE_MAX];
static uint32_t uses[CCN_FACE_MAX]; /* how often a slot was taken */
static uint32_t next_slot = 1;      /* 0 is never a face's, so that no id is 0 */

static struct wanted *
find(const char *name)
{
	for (unsigned int i = 0; i < CCN_FACE_MAX; i++)
		if (wanted[i] != NULL && strcmp(wanted[i]->name, name) == 0)
			return wanted[i];
	return NULL;
}

uint32_t
ccn_face_find(const char *name)
{
	const struct wanted *w = find(name);

	return w == NULL ? CCN_FACE_NONE : w->id;
}

const char *
ccn_face_name(uint32_t id)
{
	const struct wanted *w = wanted[ccn_face_slot(id)];

	return w != NULL && w->id == id ? w->name : "-";
}

static uint64_t
key_of(const struct ccn_face *face)
{
	return face->link == CCN_LINK_UDP4 ? ccn_udp_key(face->ip, face->port)
					   : ccn_ether_key(face->iface, &face->mac);
}

/* Say anew who is who. Two faces of one remote are refused before, so keys are different. */
static int
rebuild_demux(void)
{
	uint32_t n = 4 * CCN_FACE_MAX;
	struct ccn_demux *d = calloc(1, sizeof(*d) + n * sizeof(d->slot[0])), *old = ccn_demux;

	if (d == NULL)
		return -ENOMEM;
	d->mask = n - 1;
	for (unsigned int i = 0; i < CCN_FACE_MAX; i++) {
		const struct ccn_face *face = ccn_faces[i];
		uint32_t at;

		if (face == NULL || face->link == CCN_LINK_GROUP)
			continue;
		at = (uint32_t)(ccn_mix(key_of(face), ccn_hash_key[0]) & d->mask);
		while (d->slot[at].key != 0)
			at = (at + 1) & d->mask;
		d->slot[at].key = key_of(face);
		d->slot[at].face = face->id;
	}
	__atomic_store_n(&ccn_demux, d, __ATOMIC_RELEASE);
	xebra_rcu_sync();
	free(old);
	return 0;
}

/* What workers are to see of a face now: NULL when its interface is not there. */
static struct ccn_face *
make_face(const struct wanted *w, const struct xebra_iface *iface)
{
	bool udp = w->spec.link == CCN_LINK_UDP4;
	struct ccn_face *face;

	if (iface == NULL && !udp)
		return NULL;
	face = calloc(1, sizeof(*face));
	if (face == NULL)
		return NULL;
	face->id = w->id;
	face->link = w->spec.link;
	face->trusted = w->spec.trusted;
	face->dynamic = w->spec.dynamic;
	face->pit_max = w->spec.pit_max;
	face->rate_mbps = w->spec.rate_mbps;
	snprintf(face->name, sizeof(face->name), "%s", w->name);
	if (udp) {
		face->iface = XEBRA_IFACE_NONE;
		face->mtu = w->spec.mtu == 0 ? CCN_UDP_MTU : w->spec.mtu;
		face->ip = w->spec.ip;
		face->port = w->spec.port;
		face->local_ip = w->spec.local_ip;
		return face;
	}
	face->mac = face->link == CCN_LINK_GROUP ? group : w->spec.mac;
	face->iface = iface->id;
	face->mtu = w->spec.mtu == 0 ? iface->mtu : RTE_MIN(w->spec.mtu, iface->mtu);
	face->l2_len = iface->l2_len;
	xebra_iface_header(iface, &face->mac, CCN_ETHER_TYPE, face->l2);
	return face;
}

/* Put a face, or none, before the workers. Steals it. */
static int
publish(uint32_t id, struct ccn_face *face)
{
	uint32_t slot = ccn_face_slot(id);
	struct ccn_face *old = ccn_faces[slot];
	int rc;

	__atomic_store_n(&ccn_faces[slot], face, __ATOMIC_RELEASE);
	if (old != NULL && old->link == CCN_LINK_GROUP && ccn_group_face[old->iface] == id)
		ccn_group_face[old->iface] = CCN_FACE_NONE;
	if (face != NULL && face->link == CCN_LINK_GROUP)
		__atomic_store_n(&ccn_group_face[face->iface], id, __ATOMIC_RELAXED);
	rc = rebuild_demux();
	if (rc < 0) /* the old one may still name the face: its id will not be found */
		xebra_rcu_sync();
	free(old);
	return rc;
}

/* Show workers a face as it is wanted now. */
static int
show(const struct wanted *w, const struct xebra_iface *iface)
{
	struct ccn_face *face = make_face(w, iface);

	if (face == NULL && (iface != NULL || w->spec.link == CCN_LINK_UDP4))
		return -ENOMEM;
	return publish(w->id, face);
}

static uint32_t
new_id(void)
{
	for (unsigned int i = 0; i < CCN_FACE_MAX; i++) {
		uint32_t slot = (next_slot + i) % CCN_FACE_MAX;

		if (slot == 0 || wanted[slot] != NULL)
			continue;
		next_slot = slot + 1;
		return ++uses[slot] % (UINT32_MAX / CCN_FACE_MAX) * CCN_FACE_MAX + slot;
	}
	return CCN_FACE_NONE;
}

/* The counts of a face that had the slot before are not the new one's. */
static void
forget_counts(uint32_t id)
{
	for (unsigned int i = 0; ccn_run != NULL && i < ccn_run->n_shards; i++) {
		struct ccn_shard *shard = &ccn_run->shards[i];

		rte_spinlock_lock(&shard->lock);
		memset(&shard->fwd->counts[ccn_face_slot(id)], 0, sizeof(*shard->fwd->counts));
		rte_spinlock_unlock(&shard->lock);
	}
}

static const struct wanted *
same_remote(const struct wanted *w)
{
	for (unsigned int i = 0; i < CCN_FACE_MAX; i++) {
		const struct wanted *other = wanted[i];

		if (other == NULL || other == w || other->spec.link != w->spec.link)
			continue;
		if (w->spec.link == CCN_LINK_UDP4 &&
			(other->spec.ip != w->spec.ip || other->spec.port != w->spec.port))
			continue;
		if (w->spec.link != CCN_LINK_UDP4 && strcmp(other->iface, w->iface) != 0)
			continue;
		if (w->spec.link == CCN_LINK_ETHER &&
			!rte_is_same_ether_addr(&other->spec.mac, &w->spec.mac))
			continue;
		return other;
	}
	return NULL;
}

int64_t
ccn_face_set(const struct ccn_face_spec *spec, struct xebra_err *err)
{
	struct wanted *w = find(spec->name);
	const struct wanted *same;
	bool new = w == NULL;
	int rc;

	if (new) {
		w = calloc(1, sizeof(*w));
		if (w == NULL)
			return xebra_err_set(err, -ENOMEM, "no memory");
		w->id = new_id();
		if (w->id == CCN_FACE_NONE) {
			free(w);
			return xebra_err_set(
				err, -ENOSPC, "there are %d faces already", CCN_FACE_MAX - 1);
		}
	}
	w->spec = *spec;
	snprintf(w->name, sizeof(w->name), "%s", spec->name);
	snprintf(w->iface, sizeof(w->iface), "%s", spec->iface == NULL ? "" : spec->iface);
	w->spec.name = w->name;
	w->spec.iface = w->iface;
	same = same_remote(w);
	if (same != NULL && same->spec.dynamic && !spec->dynamic) {
		ccn_face_unset(same->name); /* a client that is configured now */
		same = NULL;
	}
	if (same != NULL) {
		xebra_err_set(err, -EEXIST, "face %s has this remote already", same->name);
		goto fail;
	}
	wanted[ccn_face_slot(w->id)] = w;
	if (new)
		forget_counts(w->id);
	rc = show(w, xebra_iface_find(w->iface));
	if (rc < 0) {
		xebra_err_set(err, rc, "no memory");
		goto fail;
	}
	return w->id;
fail:
	if (new) {
		wanted[ccn_face_slot(w->id)] = NULL;
		free(w);
	}
	return err == NULL ? -EEXIST : err->code;
}

void
ccn_face_vacate(const char *name)
{
	struct wanted *w = find(name);

	if (w == NULL)
		return;
	publish(w->id, NULL);
	w->spec.link = CCN_LINK_NONE;
}

void
ccn_face_unset(const char *name)
{
	struct wanted *w = find(name);

	if (w == NULL)
		return;
	ccn_rib_face_gone(w->id);
	publish(w->id, NULL);
	wanted[ccn_face_slot(w->id)] = NULL;
	free(w);
}

void
ccn_face_clear(void)
{
	for (unsigned int i = 0; i < CCN_FACE_MAX; i++)
		if (wanted[i] != NULL)
			ccn_face_unset(wanted[i]->name);
	xebra_rcu_sync();
	free(ccn_demux);
	ccn_demux = NULL;
}

void
ccn_face_each(void (*visit)(uint32_t id, const struct ccn_face_spec *spec))
{
	for (unsigned int i = 0; i < CCN_FACE_MAX; i++)
		if (wanted[i] != NULL)
			visit(wanted[i]->id, &wanted[i]->spec);
}

/* Interfaces come, go and change under the faces. */
static void
iface_event(const struct xebra_iface *iface, enum xebra_iface_event event)
{
	if (event == XEBRA_IFACE_UP || event == XEBRA_IFACE_DOWN)
		return;
	for (unsigned int i = 0; i < CCN_FACE_MAX; i++)
		if (wanted[i] != NULL && wanted[i]->spec.link != CCN_LINK_UDP4 &&
			strcmp(wanted[i]->iface, iface->name) == 0)
			show(wanted[i], event == XEBRA_IFACE_REMOVED ? NULL : iface);
}

static struct xebra_iface_listener listener = {.notify = iface_event};

RTE_INIT(ccn_face_init)
{
	for (unsigned int i = 0; i < XEBRA_IFACE_MAX; i++)
		ccn_group_face[i] = CCN_FACE_NONE;
	xebra_iface_listen(&listener);
}

static json_t *
remote_json(const struct wanted *w)
{
	const uint8_t *ip = (const uint8_t *)&w->spec.ip;
	char text[64];

	if (w->spec.link == CCN_LINK_GROUP)
		return json_string("group");
	if (w->spec.link == CCN_LINK_UDP4) {
		snprintf(text, sizeof(text), "udp:%u.%u.%u.%u:%u", ip[0], ip[1], ip[2], ip[3],
			rte_be_to_cpu_16(w->spec.port));
		return json_string(text);
	}
	rte_ether_format_addr(text, sizeof(text), &w->spec.mac);
	return json_string(text);
}

static uint64_t
sum(uint32_t id, size_t field)
{
	uint64_t total = 0;

	for (unsigned int i = 0; ccn_run != NULL && i < ccn_run->n_shards; i++) {
		const struct ccn_face_counts *c =
			&ccn_run->shards[i].fwd->counts[ccn_face_slot(id)];
		uint64_t value;

		memcpy(&value, (const char *)c + field, sizeof(value));
		total += value;
	}
	return total;
}

json_t *
ccn_face_json(void)
{
	static const struct {
		const char *name;
		size_t field;
	} fields[] = {
#define FIELD(f) {#f, offsetof(struct ccn_face_counts, f)}
		FIELD(rx_interests),
		FIELD(rx_data),
		FIELD(rx_nacks),
		FIELD(rx_bytes),
		FIELD(tx_interests),
		FIELD(tx_data),
		FIELD(tx_nacks),
		FIELD(tx_bytes),
		FIELD(tx_dropped),
		FIELD(cs_hits),
		FIELD(aggregated),
		FIELD(dropped),
		FIELD(marked),
#undef FIELD
	};
	json_t *all = json_array(), *one;

	for (unsigned int i = 0; i < CCN_FACE_MAX; i++) {
		const struct wanted *w = wanted[i];

		if (w == NULL)
			continue;
		one = json_pack("{s:s, s:s, s:o, s:i, s:b, s:b, s:b}", "face", w->name, "interface",
			w->iface, "remote", remote_json(w), "mtu",
			ccn_faces[i] == NULL ? 0 : ccn_faces[i]->mtu, "trusted", w->spec.trusted,
			"client", w->spec.dynamic, "bound", ccn_faces[i] != NULL);
		for (unsigned int f = 0; f < RTE_DIM(fields); f++)
			json_object_set_new(one, fields[f].name,
				json_integer((json_int_t)sum(w->id, fields[f].field)));
		json_array_append_new(all, one);
	}
	return all;
}
