/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Interfaces. One is made and removed with its name in the configuration and keeps its id and its
 * address in memory meanwhile, so that network layers may hold on to it. It is bound to a port and
 * a VLAN while that port exists: then the port's table of VLANs leads to it. When the port goes
 * (another device, say), the interface goes down and waits for a port of that name.
 *
 * `up` is what the data path asks: enabled, bound, the port started and its link up.
 */
#include <errno.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_malloc.h>
#include <rte_string_fns.h>

#include "iface_priv.h"
#include "port_priv.h"
#include "worker_priv.h"
#include "xebra_log.h"

struct xebra_iface *xebra_iface_table[XEBRA_IFACE_MAX];

static struct xebra_iface_listener *listeners;
static uint16_t next_id; /* ids go round, so that one is not soon another interface's */

void
xebra_iface_listen(struct xebra_iface_listener *listener)
{
	listener->next = listeners;
	listeners = listener;
}

static void
notify(const struct iface *iface, enum xebra_iface_event event)
{
	for (struct xebra_iface_listener *l = listeners; l != NULL; l = l->next)
		l->notify(&iface->pub, event);
}

const struct xebra_iface *
xebra_iface_next(uint16_t id)
{
	for (; id < XEBRA_IFACE_MAX; id++)
		if (xebra_iface_table[id] != NULL)
			return xebra_iface_table[id];
	return NULL;
}

struct iface *
iface_by_name(const char *name)
{
	return (struct iface *)(uintptr_t)xebra_iface_find(name);
}

const struct xebra_iface *
xebra_iface_find(const char *name)
{
	const struct xebra_iface *iface;

	for (iface = xebra_iface_next(0); iface != NULL; iface = xebra_iface_next(iface->id + 1))
		if (strcmp(iface->name, name) == 0)
			return iface;
	return NULL;
}

/* The interfaces of a port, one after the other. */
static struct iface *
next_of_port(const struct port *port, const struct iface *last)
{
	const struct xebra_iface *iface = xebra_iface_next(last == NULL ? 0 : last->pub.id + 1);

	for (; iface != NULL; iface = xebra_iface_next(iface->id + 1)) {
		struct iface *found = (struct iface *)(uintptr_t)iface;

		if (strcmp(found->conf.port, port->pub.name) == 0)
			return found;
	}
	return NULL;
}

static void
set_up(struct iface *iface)
{
	const struct port *port = iface->bound ? port_by_id(iface->pub.port) : NULL;
	bool up = iface->conf.enabled && port != NULL && port->pub.link_up;

	iface->pub.enabled = iface->conf.enabled;
	if (up == iface->pub.up)
		return;
	__atomic_store_n(&iface->pub.up, up, __ATOMIC_RELEASE);
	notify(iface, up ? XEBRA_IFACE_UP : XEBRA_IFACE_DOWN);
}

static void
drop_own_mac(struct iface *iface, struct port *port)
{
	if (!iface->own_mac)
		return;
	iface->own_mac = false;
	if (!iface->promiscuous) {
		rte_eth_dev_mac_addr_remove(port->pub.id, &iface->pub.mac);
		return;
	}
	iface->promiscuous = false;
	port->promiscuous_users--;
	port_set_promiscuous(port);
}

/*
 * A MAC address of its own needs a filter in the device, or else the device has to take in
 * everything.
 */
static void
add_own_mac(struct iface *iface, struct port *port)
{
	struct rte_eth_dev_info info;

	iface->own_mac = true;
	if (rte_eth_dev_info_get(port->pub.id, &info) == 0 && info.max_mac_addrs > 1 &&
		rte_eth_dev_mac_addr_add(port->pub.id, &iface->pub.mac, 0) == 0)
		return;
	iface->promiscuous = true;
	port->promiscuous_users++;
	if (port_set_promiscuous(port) != 0)
		XEBRA_LOG(WARNING,
			"interface %s: port %s takes neither another MAC address nor promiscuous "
			"mode",
			iface->pub.name, port->pub.name);
}

/* MAC address and MTU from the configuration or the port. Returns whether one has changed. */
static bool
set_properties(struct iface *iface, struct port *port)
{
	const struct rte_ether_addr *mac = iface->conf.has_mac ? &iface->conf.mac : &port->pub.mac;
	uint16_t mtu = iface->conf.mtu != 0 ? iface->conf.mtu : port->pub.mtu;
	bool other_mac = !rte_is_same_ether_addr(mac, &iface->pub.mac);
	bool changed = other_mac || mtu != iface->pub.mtu;

	if (other_mac)
		drop_own_mac(iface, port);
	iface->pub.mac = *mac;
	iface->pub.mtu = mtu;
	if (!iface->own_mac && !rte_is_same_ether_addr(mac, &port->pub.mac))
		add_own_mac(iface, port);
	return changed;
}

/* A port that filters VLANs passes those that its interfaces have. */
static void
filter_vlan(const struct iface *iface, bool on)
{
	struct rte_eth_conf conf;

	if (iface->pub.vlan == 0 || rte_eth_dev_conf_get(iface->pub.port, &conf) != 0 ||
		(conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_VLAN_FILTER) == 0)
		return;
	if (rte_eth_dev_vlan_filter(iface->pub.port, iface->pub.vlan, on) != 0)
		XEBRA_LOG(WARNING, "interface %s: the device's VLAN filter does not take %u",
			iface->pub.name, iface->pub.vlan);
}

static void
set_tagged(struct port *port)
{
	bool tagged = false;

	for (unsigned int i = 1; i < VLAN_IDS && !tagged; i++)
		tagged = port->path->iface[i] != XEBRA_IFACE_NONE;
	__atomic_store_n(&port->path->tagged, tagged, __ATOMIC_RELAXED);
}

static int
bind_port(struct iface *iface, struct port *port, struct xebra_err *err)
{
	uint16_t vlan = iface->conf.vlan;
	uint16_t owner = port->path->iface[vlan];

	if (owner != XEBRA_IFACE_NONE)
		return xebra_err_set(err, -EBUSY, "vlan: %u of port %s is interface %s already",
			vlan, port->pub.name, xebra_iface_get(owner)->name);
	iface->pub.port = port->pub.id;
	iface->pub.vlan = vlan;
	iface->pub.l2_len = RTE_ETHER_HDR_LEN + (vlan != 0 ? RTE_VLAN_HLEN : 0);
	set_properties(iface, port);
	iface->bound = true;
	filter_vlan(iface, true);
	__atomic_store_n(&port->path->iface[vlan], iface->pub.id, __ATOMIC_RELEASE);
	set_tagged(port);
	return 0;
}

void
iface_unbind(struct iface *iface)
{
	struct port *port = iface->bound ? port_by_id(iface->pub.port) : NULL;

	if (port == NULL)
		return;
	__atomic_store_n(&port->path->iface[iface->pub.vlan], XEBRA_IFACE_NONE, __ATOMIC_RELEASE);
	set_tagged(port);
	filter_vlan(iface, false);
	drop_own_mac(iface, port);
	iface->bound = false;
	set_up(iface);
	iface->pub.port = RTE_MAX_ETHPORTS;
}

static struct iface *
make_iface(const char *name, struct xebra_err *err)
{
	struct iface *iface;

	for (unsigned int tries = 0; xebra_iface_table[next_id] != NULL; tries++) {
		if (tries == XEBRA_IFACE_MAX) {
			xebra_err_set(
				err, -ENOSPC, "port: more than %d interfaces", XEBRA_IFACE_MAX - 1);
			return NULL;
		}
		next_id = (next_id + 1) % XEBRA_IFACE_MAX;
	}
	iface = rte_zmalloc("iface", sizeof(*iface), RTE_CACHE_LINE_SIZE);
	if (iface == NULL) {
		xebra_err_set(err, -ENOMEM, "port: no memory");
		return NULL;
	}
	iface->pub.id = next_id;
	iface->pub.port = RTE_MAX_ETHPORTS;
	iface->pub.l2_len = RTE_ETHER_HDR_LEN;
	strlcpy(iface->pub.name, name, sizeof(iface->pub.name));
	iface_counts_begin(iface);
	__atomic_store_n(&xebra_iface_table[next_id], &iface->pub, __ATOMIC_RELEASE);
	next_id = (next_id + 1) % XEBRA_IFACE_MAX;
	return iface;
}

/* Bind it, or change what can change while it is bound. */
static int
settle_on_port(struct iface *iface, struct port *port, struct xebra_err *err)
{
	bool changed;
	int rc;

	if (!iface->bound) {
		rc = bind_port(iface, port, err);
		if (rc < 0)
			return rc;
		changed = true;
	} else {
		changed = set_properties(iface, port);
	}
	if (changed)
		notify(iface, XEBRA_IFACE_CHANGED);
	return 0;
}

int
iface_apply(const char *name, const struct iface_conf *conf, struct xebra_err *err)
{
	struct iface *iface = iface_by_name(name);
	struct port *port = port_by_name(conf->port);
	int rc = 0;

	if (iface == NULL) {
		iface = make_iface(name, err);
		if (iface == NULL)
			return err->code;
		iface->conf = *conf;
		notify(iface, XEBRA_IFACE_ADDED);
	}
	if (iface->bound &&
		(iface->conf.vlan != conf->vlan || strcmp(iface->conf.port, conf->port) != 0))
		iface_unbind(iface);
	iface->conf = *conf;
	if (port != NULL)
		rc = settle_on_port(iface, port, err);
	set_up(iface);
	return rc;
}

void
iface_remove(struct iface *iface)
{
	iface_unbind(iface);
	notify(iface, XEBRA_IFACE_REMOVED);
	__atomic_store_n(&xebra_iface_table[iface->pub.id], NULL, __ATOMIC_RELEASE);
	xebra_rcu_sync();
	rte_free(iface);
}

void
iface_port_added(struct port *port)
{
	for (struct iface *i = next_of_port(port, NULL); i != NULL; i = next_of_port(port, i)) {
		struct xebra_err err;

		if (settle_on_port(i, port, &err) < 0)
			XEBRA_LOG(ERR, "interface %s: %s", i->pub.name, err.text);
		set_up(i);
	}
}

void
iface_port_removed(struct port *port)
{
	for (struct iface *i = next_of_port(port, NULL); i != NULL; i = next_of_port(port, i))
		iface_unbind(i);
}

void
iface_port_changed(struct port *port)
{
	for (struct iface *i = next_of_port(port, NULL); i != NULL; i = next_of_port(port, i)) {
		if (!i->bound)
			continue;
		settle_on_port(i, port, NULL);
		set_up(i);
	}
}

/* A header may begin at any byte. Returns the place behind. */
static uint8_t *
put_16(uint8_t *at, uint16_t value)
{
	at[0] = value >> 8;
	at[1] = value & 0xff;
	return at + sizeof(value);
}

void
xebra_iface_header(const struct xebra_iface *iface, const struct rte_ether_addr *dst,
	uint16_t ether_type, uint8_t *header)
{
	uint8_t *at = header + 2 * RTE_ETHER_ADDR_LEN;

	memcpy(header, dst, RTE_ETHER_ADDR_LEN);
	memcpy(header + RTE_ETHER_ADDR_LEN, &iface->mac, RTE_ETHER_ADDR_LEN);
	if (iface->vlan != 0) {
		at = put_16(at, RTE_ETHER_TYPE_VLAN);
		at = put_16(at, iface->vlan);
	}
	put_16(at, ether_type);
}

int
xebra_iface_encap(const struct xebra_iface *iface, struct rte_mbuf *m,
	const struct rte_ether_addr *dst, uint16_t ether_type)
{
	char *header = rte_pktmbuf_prepend(m, iface->l2_len);

	if (header == NULL)
		return -ENOSPC;
	xebra_iface_header(iface, dst, ether_type, (uint8_t *)header);
	m->port = iface->port;
	return 0;
}
