/* SPDX-License-Identifier: BSD-3-Clause */
/* The uplink, VFs over vhost-user, and VFs that are devices: an ethdev with one queue each way. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ethdev.h>

#include "nic_port.h"
#include "xebra_device.h"

#define DESCRIPTORS 1024

/* Frames that did not fit into one buffer: nothing of the NIC's handles them. */
static uint16_t
drop_chained(struct nic_port *port, struct rte_mbuf **pkts, uint16_t nb)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < nb; i++) {
		if (likely(pkts[i]->nb_segs == 1)) {
			pkts[kept++] = pkts[i];
			continue;
		}
		rte_pktmbuf_free(pkts[i]);
		port->too_long++;
	}
	return kept;
}

static uint16_t
ethdev_rx(struct nic_port *port, struct rte_mbuf **pkts, uint16_t nb)
{
	const struct nic_ethdev *e = (const struct nic_ethdev *)port;

	return drop_chained(port, pkts, rte_eth_rx_burst(e->id, 0, pkts, nb));
}

static uint16_t
ethdev_tx(struct nic_port *port, struct rte_mbuf **pkts, uint16_t nb)
{
	const struct nic_ethdev *e = (const struct nic_ethdev *)port;

	return rte_eth_tx_burst(e->id, 0, pkts, nb);
}

static int
setup(const struct nic_ethdev *e, uint16_t mtu, struct rte_mempool *pool, struct xebra_err *err)
{
	uint16_t nb_rx = DESCRIPTORS, nb_tx = DESCRIPTORS;
	struct rte_eth_conf conf = {0};
	struct rte_eth_dev_info info;
	int socket, rc = rte_eth_dev_info_get(e->id, &info);

	if (rc == 0) {
		conf.rxmode.mtu = RTE_MIN(mtu, xebra_device_max_mtu(&info));
		rc = rte_eth_dev_configure(e->id, 1, 1, &conf);
	}
	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(e->id, &nb_rx, &nb_tx);
	socket = rte_eth_dev_socket_id(e->id);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(e->id, 0, nb_rx, socket, NULL, pool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(e->id, 0, nb_tx, socket, NULL);
	if (rc != 0)
		return xebra_err_set(
			err, rc, "%s: cannot be configured: %s", e->device, strerror(-rc));
	return xebra_device_set_mtu(e->device, e->id, mtu, err);
}

static int
start(struct nic_ethdev *e, struct xebra_err *err)
{
	int rc = rte_eth_dev_start(e->id);

	if (rc != 0)
		return xebra_err_set(err, rc, "%s: does not start: %s", e->device, strerror(-rc));
	e->started = true;
	rc = rte_eth_promiscuous_enable(e->id);
	if (rc != 0 && rc != -ENOTSUP)
		return xebra_err_set(err, rc, "%s: cannot receive all there is (promiscuous): %s",
			e->device, strerror(-rc));
	return 0;
}

int
nic_ethdev_open(struct nic_ethdev *e, const char *device, uint16_t mtu, struct rte_mempool *pool,
	struct xebra_err *err)
{
	struct xebra_device what = {device, mtu, 1};
	int rc;

	*e = (struct nic_ethdev){.port = {.rx = ethdev_rx, .tx = ethdev_tx}};
	e->device = strdup(device);
	if (e->device == NULL)
		return xebra_err_set(err, -ENOMEM, "no memory");
	rc = xebra_device_open(&what, &e->id, &e->probed, err);
	if (rc != 0) {
		free(e->device);
		e->device = NULL;
		return rc;
	}
	rc = setup(e, mtu, pool, err);
	if (rc == 0)
		rc = start(e, err);
	if (rc != 0)
		nic_ethdev_close(e);
	return rc;
}

void
nic_ethdev_close(struct nic_ethdev *e)
{
	if (e->device == NULL)
		return;
	if (e->started)
		rte_eth_dev_stop(e->id);
	xebra_device_close(e->id, e->probed);
	free(e->device);
	*e = (struct nic_ethdev){0};
}

bool
nic_ethdev_link_up(const struct nic_ethdev *e, uint32_t *speed)
{
	return e->started && xebra_device_link_up(e->device, e->id, speed);
}
