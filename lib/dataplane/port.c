/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports: ethdevs under the names of the configuration.
 *
 * A port is open (its ethdev is there), started, and attached (its receive queues are dealt to the
 * workers). Before a device is touched its queues are taken from the workers and its path is closed
 * for sending, and a quiescent state has passed: drivers may assume that nobody is inside them.
 *
 * A port keeps its name while its device changes; interfaces refer to ports by name and are told
 * when a port comes, goes or changes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_string_fns.h>

#include "port_vchannel.h"
#include "worker_priv.h"
#include "xebra_log.h"

struct port_list port_list = TAILQ_HEAD_INITIALIZER(port_list);
struct port_path *xebra_port_paths[RTE_MAX_ETHPORTS];
uint16_t xebra_port_end;

struct port *
port_by_name(const char *name)
{
	struct port *port;

	TAILQ_FOREACH (port, &port_list, next)
		if (strcmp(port->pub.name, name) == 0)
			return port;
	return NULL;
}

struct port *
port_by_id(uint16_t id)
{
	struct port *port;

	TAILQ_FOREACH (port, &port_list, next)
		if (port->pub.id == id)
			return port;
	return NULL;
}

const struct xebra_port *
xebra_port_find(const char *name)
{
	struct port *port = port_by_name(name);

	return port != NULL ? &port->pub : NULL;
}

const struct xebra_port *
xebra_port_get(uint16_t id)
{
	struct port *port = port_by_id(id);

	return port != NULL ? &port->pub : NULL;
}

/* Bring the workers out of the port and stop it. */
static void
halt(struct port *port)
{
	if (!port->pub.started)
		return;
	__atomic_store_n(&port->path->sends, false, __ATOMIC_RELAXED);
	port->attached = false;
	capture_port_gone(port);
	/* Also waits until nobody is sending. */
	if (rx_plan_update(NULL) < 0)
		XEBRA_LOG(ERR, "port %s: no memory to deal the receive queues", port->pub.name);
	rte_eth_dev_stop(port->pub.id);
	port->pub.started = false;
	port->pub.link_up = false;
}

int
port_set_promiscuous(struct port *port)
{
	int rc;

	if (port->conf.promiscuous || port->promiscuous_users != 0)
		rc = rte_eth_promiscuous_enable(port->pub.id);
	else
		rc = rte_eth_promiscuous_disable(port->pub.id);
	return rc == -ENOTSUP ? 0 : rc;
}

static int
set_mac(struct port *port, const struct port_conf *conf, struct xebra_err *err)
{
	const struct rte_ether_addr *mac = conf->has_mac ? &conf->mac : &port->factory_mac;
	int rc;

	if (rte_is_same_ether_addr(mac, &port->pub.mac))
		return 0;
	rc = rte_eth_dev_default_mac_addr_set(
		port->pub.id, (struct rte_ether_addr *)(uintptr_t)mac);
	if (rc != 0)
		return xebra_err_set(
			err, rc, "mac: the device does not change it: %s", strerror(-rc));
	port->pub.mac = *mac;
	return 0;
}

static int
run(struct port *port, struct xebra_err *err)
{
	int rc = rte_eth_dev_start(port->pub.id);

	if (rc != 0)
		return xebra_err_set(
			err, rc, "device: %s: does not start: %s", port->device, strerror(-rc));
	port->pub.started = true;
	port->attached = true;
	rc = port_set_promiscuous(port);
	if (rc != 0)
		return xebra_err_set(err, rc, "promiscuous: the device refuses: %s", strerror(-rc));
	port_link_check(port);
	return rx_plan_update(err);
}

/* What the configuration's values point to is kept as well. */
static void
keep_conf(struct port *port, const struct port_conf *conf)
{
	json_t *old = (json_t *)(uintptr_t)port->conf.vchannel;

	json_incref((json_t *)(uintptr_t)conf->vchannel);
	port->conf = *conf;
	port->conf.device = port->device;
	json_decref(old);
}

/* Configure and start a port that is halted. On failure it stays halted. */
static int
install(struct port *port, const struct port_conf *conf, struct xebra_err *err)
{
	int rc;

	keep_conf(port, conf);
	rc = port_setup(port, err);
	if (rc == 0)
		rc = set_mac(port, conf, err);
	if (rc == 0 && !port->stopped)
		rc = run(port, err);
	if (rc != 0)
		halt(port);
	port->installed = rc == 0;
	return rc;
}

static void
free_port(struct port *port)
{
	struct port_path *path = port->path;

	if (path != NULL) {
		__atomic_store_n(&xebra_port_paths[port->pub.id], NULL, __ATOMIC_RELEASE);
		xebra_rcu_sync();
		rte_free(path->tx_locks);
		rte_free(path);
	}
	json_decref((json_t *)(uintptr_t)port->conf.vchannel);
	free(port->device);
	free(port);
}

static int
open_path(struct port *port, struct xebra_err *err)
{
	port->path = rte_zmalloc("port_path", sizeof(*port->path), RTE_CACHE_LINE_SIZE);
	if (port->path == NULL)
		return xebra_err_set(err, -ENOMEM, "device: no memory");
	for (unsigned int i = 0; i < VLAN_IDS; i++)
		port->path->iface[i] = XEBRA_IFACE_NONE;
	if (port->pub.id >= xebra_port_end)
		__atomic_store_n(&xebra_port_end, port->pub.id + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&xebra_port_paths[port->pub.id], port->path, __ATOMIC_RELEASE);
	return 0;
}

int
port_device_open(const struct port_conf *conf, uint16_t *id, bool *probed, struct xebra_err *err)
{
	struct xebra_device device = {conf->device, conf->mtu, conf->rx_queues};
	int rc = xebra_device_open(&device, id, probed, err);

	if (rc != 0)
		return rc;
	if (port_by_id(*id) != NULL)
		return xebra_err_set(err, -EBUSY, "%s: is port %s already", conf->device,
			port_by_id(*id)->pub.name);
	pool_lend(xebra_device_keeps(conf->device) * conf->rx_queues);
	return 0;
}

static int
open_device(struct port *port, const struct port_conf *conf, struct xebra_err *err)
{
	int rc;

	if (conf->vchannel != NULL)
		return port_vchannel_open(port, conf, err);
	rc = port_device_open(conf, &port->pub.id, &port->probed, err);
	if (rc != 0)
		xebra_err_at(err, "device");
	return rc;
}

static void
close_device(struct port *port)
{
	xebra_device_close(port->pub.id, port->probed);
	port_vchannel_close(port);
}

static int
add(const char *name, const struct port_conf *conf, struct xebra_err *err)
{
	struct port *port = calloc(1, sizeof(*port));
	int rc;

	if (port == NULL)
		return xebra_err_set(err, -ENOMEM, "device: no memory");
	strlcpy(port->pub.name, name, sizeof(port->pub.name));
	TAILQ_INIT(&port->members);
	port->device = strdup(conf->device);
	if (port->device == NULL) {
		free(port);
		return xebra_err_set(err, -ENOMEM, "device: no memory");
	}
	rc = open_device(port, conf, err);
	if (rc != 0) {
		free_port(port);
		return rc;
	}
	rte_eth_macaddr_get(port->pub.id, &port->factory_mac);
	port->pub.mac = port->factory_mac;
	rc = open_path(port, err);
	if (rc == 0) {
		port_counts_begin(port);
		TAILQ_INSERT_TAIL(&port_list, port, next);
		rte_eth_dev_callback_register(
			port->pub.id, RTE_ETH_EVENT_INTR_LSC, port_link_event, NULL);
		rc = install(port, conf, err);
		if (rc != 0) {
			port_remove(port);
			return rc;
		}
		iface_port_added(port);
		return 0;
	}
	close_device(port);
	free_port(port);
	return rc;
}

void
port_remove(struct port *port)
{
	halt(port);
	iface_port_removed(port);
	rte_eth_dev_callback_unregister(
		port->pub.id, RTE_ETH_EVENT_INTR_LSC, port_link_event, NULL);
	close_device(port);
	TAILQ_REMOVE(&port_list, port, next);
	free_port(port);
}

/* What can change while the port runs has changed, and nothing else. */
static bool
only_light_changes(const struct port *port, const struct port_conf *conf)
{
	return port->installed && port->conf.mtu == conf->mtu &&
		port->conf.rx_queues == conf->rx_queues &&
		port->conf.rx_descriptors == conf->rx_descriptors &&
		port->conf.tx_descriptors == conf->tx_descriptors;
}

static int
change_light(struct port *port, const struct port_conf *conf, struct xebra_err *err)
{
	int rc;

	keep_conf(port, conf);
	rc = set_mac(port, conf, err);
	if (rc == 0) {
		rc = port_set_promiscuous(port);
		if (rc != 0)
			xebra_err_set(
				err, rc, "promiscuous: the device refuses: %s", strerror(-rc));
	}
	return rc;
}

static int
change(struct port *port, const struct port_conf *conf, struct xebra_err *err)
{
	int rc = port_vchannel_change(port, conf, err);

	if (rc != 0) {
		port->installed = false;
		return rc;
	}
	if (only_light_changes(port, conf)) {
		rc = change_light(port, conf, err);
	} else {
		halt(port);
		rc = install(port, conf, err);
	}
	iface_port_changed(port);
	return rc;
}

int
port_apply(const char *name, const struct port_conf *conf, struct xebra_err *err)
{
	struct port *port = port_by_name(name);

	if (port != NULL && strcmp(port->device, conf->device) != 0) {
		port_remove(port);
		port = NULL;
	}
	return port != NULL ? change(port, conf, err) : add(name, conf, err);
}

int
port_start(struct port *port, struct xebra_err *err)
{
	int rc;

	port->stopped = false;
	if (port->pub.started)
		return 0;
	rc = run(port, err);
	if (rc != 0)
		halt(port);
	iface_port_changed(port);
	return rc;
}

void
port_stop(struct port *port)
{
	port->stopped = true;
	halt(port);
	iface_port_changed(port);
}
