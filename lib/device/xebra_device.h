/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_DEVICE_H
#define XEBRA_DEVICE_H

/**
 * @file
 * From devargs to an ethdev and back, with errors that a person can use, and what has to be known
 * about devices and drivers to configure one. Control thread only.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

#include "xebra_err.h"

/** Most bytes of devargs, with the 0 at the end. */
#define XEBRA_DEVICE_MAX 2048

/** What is to be opened, and what for. */
struct xebra_device {
	const char *device; /**< PCI address, or name and arguments of a device. */
	uint16_t mtu;       /**< That it will be used with, bytes. */
	uint16_t rx_queues; /**< That will be read. */
};

/**
 * Open a device. One that EAL has found or was told of (PCI, --vdev) is used as it is, any other is
 * plugged in. An interface of the kernel's that a net_af_packet opens is this program's alone in
 * its network namespace until the device is closed: -EBUSY for any other that comes through here.
 *
 * @param id
 *   Its port id.
 * @param probed
 *   True when it was plugged in here, for xebra_device_close().
 * @return
 *   0, or a negative errno value with err "DEVICE: why".
 */
int xebra_device_open(
	const struct xebra_device *device, uint16_t *id, bool *probed, struct xebra_err *err);

/** Close a stopped device, and pull it out when it was plugged in here. */
void xebra_device_close(uint16_t id, bool probed);

/** The largest MTU that a device can have. */
uint32_t xebra_device_max_mtu(const struct rte_eth_dev_info *info);

/**
 * Set the MTU of a device that is stopped.
 *
 * @param device
 *   Its devargs.
 * @return
 *   0 (also when the device knows no MTU), or a negative errno value with err "mtu: why".
 */
int xebra_device_set_mtu(const char *device, uint16_t id, uint16_t mtu, struct xebra_err *err);

/**
 * Whether a started device has link, without waiting. Devices that stand on an interface of the
 * kernel's and say that they always have are as that one is.
 *
 * @param device
 *   Its devargs.
 * @param speed
 *   NULL, or set to the link's speed, Mb/s; 0: not known.
 */
bool xebra_device_link_up(const char *device, uint16_t id, uint32_t *speed);

/** Is it a net_af_packet, whose only limit of the MTU is the kernel's? */
bool xebra_device_is_af_packet(const char *device);

/**
 * The kernel's interface that a net_af_packet stands on.
 *
 * @return
 *   Its name in @p name (IF_NAMESIZE bytes), or NULL: another driver, or none is named.
 */
const char *xebra_device_interface(const char *device, char *name);

/**
 * Most packet buffers that each queue of a device keeps for ever: net_af_xdp closes without giving
 * back what is in its rings. 0: any other driver.
 */
uint32_t xebra_device_keeps(const char *device);

/** Bytes of a packet buffer that holds a frame of this MTU, with what drivers want besides. */
static inline uint32_t
xebra_device_frame_room(uint16_t mtu)
{
	return mtu <= RTE_ETHER_MTU ? 2048 : RTE_ALIGN_CEIL(mtu + 136u, 1024u);
}

#endif
