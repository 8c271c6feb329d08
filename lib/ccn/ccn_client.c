/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clients that come by themselves. Where the configuration allows it, a packet from an unknown
 * address gives its sender a face, which goes again when nothing has come from it for a while. So
 * that nobody can fill the table of faces by inventing addresses, an interface has a bounded number
 * of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <rte_ip.h>
#include <rte_udp.h>

#include "ccn_priv.h"

/* What is configured for an interface, whether it exists or not. */
struct allowance {
	LIST_ENTRY(allowance) next;
	char iface[XEBRA_NAME_MAX];
	struct ccn_clients clients;
};

bool ccn_clients_allowed[XEBRA_IFACE_MAX];

static LIST_HEAD(, allowance) allowances = LIST_HEAD_INITIALIZER(allowances);
static uint64_t since_us[CCN_FACE_MAX]; /* when a client's face was made */
static const char *counted_iface;
static uint32_t counted;
static unsigned int to_input, to_udp_input;

static struct allowance *
find(const char *iface)
{
	struct allowance *a;

	LIST_FOREACH (a, &allowances, next)
		if (strcmp(a->iface, iface) == 0)
			return a;
	return NULL;
}

static void
count_one(uint32_t id __rte_unused, const struct ccn_face_spec *spec)
{
	counted += spec->dynamic && strcmp(spec->iface, counted_iface) == 0;
}

static void
drop_one(uint32_t id __rte_unused, const struct ccn_face_spec *spec)
{
	if (spec->dynamic && strcmp(spec->iface, counted_iface) == 0)
		ccn_face_unset(spec->name);
}

void
ccn_clients_set(const char *iface, const struct ccn_clients *clients)
{
	const struct xebra_iface *i = xebra_iface_find(iface);
	struct allowance *a = find(iface);

	if (i != NULL)
		ccn_clients_allowed[i->id] = clients != NULL;
	if (clients == NULL) {
		if (a != NULL)
			LIST_REMOVE(a, next);
		free(a);
		counted_iface = iface;
		ccn_face_each(drop_one);
		return;
	}
	if (a == NULL) {
		a = calloc(1, sizeof(*a));
		if (a == NULL)
			return;
		snprintf(a->iface, sizeof(a->iface), "%s", iface);
		LIST_INSERT_HEAD(&allowances, a, next);
	}
	a->clients = *clients;
}

/* Make the face of a sender (spec: its address), if it may have one. */
static void
add_client(const struct xebra_iface *iface, struct ccn_face_spec spec)
{
	const struct allowance *a = find(iface->name);
	char name[XEBRA_NAME_MAX];
	static unsigned int number;
	int64_t id;

	if (a == NULL)
		return;
	counted_iface = iface->name;
	counted = 0;
	ccn_face_each(count_one);
	if (counted >= a->clients.max)
		return;
	do
		snprintf(name, sizeof(name), "client-%u", ++number);
	while (ccn_face_find(name) != CCN_FACE_NONE);
	spec.name = name;
	spec.iface = iface->name;
	spec.dynamic = true;
	spec.pit_max = a->clients.pit_max;
	spec.trusted = a->clients.trusted;
	id = ccn_face_set(&spec, NULL);
	if (id >= 0)
		since_us[ccn_face_slot((uint32_t)id)] = ccn_us(rte_rdtsc());
}

/* The control thread's part of "ccn_new_face": make the face, and put the packet back. */
static void
take_new_face(struct rte_mbuf *m)
{
	const uint8_t *l3 = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct xebra_iface *iface = xebra_iface_get(xebra_pkt_iface(m));
	struct ccn_face_spec spec = {.link = CCN_LINK_ETHER};
	uint64_t key;

	memcpy(&spec.mac, l3 - xebra_pkt_l2_len(m) + RTE_ETHER_ADDR_LEN, sizeof(spec.mac));
	if (ccn_run == NULL || iface == NULL) {
		rte_pktmbuf_free(m);
		return;
	}
	key = ccn_ether_key(iface->id, &spec.mac);
	if (ccn_demux_find(key) == CCN_FACE_NONE && rte_is_valid_assigned_ether_addr(&spec.mac))
		add_client(iface, spec);
	if (ccn_demux_find(key) == CCN_FACE_NONE || xebra_inject(to_input, m) < 0)
		rte_pktmbuf_free(m);
}

XEBRA_CONTROL(ccn_new_face, take_new_face)

/* Likewise for "ccn_new_udp_face"; the packet begins with its IP header, which has been checked. */
static void
take_new_udp_face(struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	const struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, rte_ipv4_hdr_len(ip));
	struct ccn_face_spec spec = {.link = CCN_LINK_UDP4,
		.ip = ip->src_addr,
		.port = udp->src_port,
		.local_ip = ip->dst_addr};
	const struct xebra_iface *iface = xebra_iface_get(xebra_pkt_iface(m));
	uint64_t key = ccn_udp_key(spec.ip, spec.port);

	if (ccn_run != NULL && iface != NULL && ccn_demux_find(key) == CCN_FACE_NONE)
		add_client(iface, spec);
	if (ccn_run == NULL || ccn_demux_find(key) == CCN_FACE_NONE ||
		xebra_inject(to_udp_input, m) < 0)
		rte_pktmbuf_free(m);
}

XEBRA_CONTROL(ccn_new_udp_face, take_new_udp_face)

/* Take a client's face away when its time is up, or its allowance is gone. */
static void
expire_one(uint32_t id, const struct ccn_face_spec *spec)
{
	uint64_t last = since_us[ccn_face_slot(id)], now_us = ccn_us(rte_rdtsc());
	const struct allowance *a = spec->dynamic ? find(spec->iface) : NULL;

	if (!spec->dynamic)
		return;
	for (unsigned int i = 0; i < ccn_run->n_shards; i++)
		last = RTE_MAX(last, ccn_run->shards[i].fwd->counts[ccn_face_slot(id)].last_rx_us);
	if (a == NULL || (now_us > last && now_us - last > a->clients.idle_s * 1000000ull))
		ccn_face_unset(spec->name);
}

void
ccn_clients_expire(void)
{
	ccn_face_each(expire_one);
}

static void
iface_event(const struct xebra_iface *iface, enum xebra_iface_event event)
{
	if (event == XEBRA_IFACE_ADDED)
		ccn_clients_allowed[iface->id] = find(iface->name) != NULL;
	if (event == XEBRA_IFACE_REMOVED)
		ccn_clients_allowed[iface->id] = false;
}

static struct xebra_iface_listener listener = {.notify = iface_event};

RTE_INIT(ccn_client_init)
{
	to_input = xebra_inject_register("ccn_input");
	to_udp_input = xebra_inject_register("ccn_udp_input");
	xebra_iface_listen(&listener);
}
