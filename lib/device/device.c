/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From devargs to an ethdev and back. A device that EAL has found or was told of (PCI, --vdev) is
 * used as it is and only closed at the end; any other is plugged in here and pulled out again.
 *
 * Drivers say why they fail in the log. While a device is probed the log goes to memory, so that
 * the reason can be part of the one line that a person will read.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bus.h>
#include <rte_bus_vdev.h>
#include <rte_dev.h>
#include <rte_devargs.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#include "device_priv.h"

/* What net_af_xdp has in the rings of one queue. */
#define AF_XDP_FILL 2048 /* for what will be received, always */
#define AF_XDP_SENT 2048 /* sent, and the kernel's word for it not yet read, at most */

static bool
is_af_xdp(const char *device)
{
	return strncmp(device, "net_af_xdp", strlen("net_af_xdp")) == 0;
}

/* "net_af_packet0,iface=veth0" -> "net_af_packet0" */
static int
split_name(const char *device, char *name, size_t size)
{
	size_t len = strcspn(device, ",");

	if (len == 0 || len >= size)
		return -EINVAL;
	memcpy(name, device, len);
	name[len] = '\0';
	return 0;
}

/* The first line that was logged, which is nearest to the cause, without its newline. */
static const char *
first_line(char *log)
{
	log[strcspn(log, "\n")] = '\0';
	return log;
}

/*
 * rte_dev_probe() also tells secondary processes, in messages with room for 127 bytes of devargs
 * (24.11 refuses longer ones, 22.11 cuts them there). A virtual device with more is known to this
 * process only.
 */
static int
probe(const char *device)
{
	struct rte_devargs parsed = {0};
	int rc;

	if (strlen(device) < 128 || rte_devargs_parse(&parsed, device) != 0)
		return rte_dev_probe(device);
	if (strcmp(rte_bus_name(parsed.bus), "vdev") == 0)
		rc = rte_vdev_init(parsed.name, parsed.args);
	else
		rc = rte_dev_probe(device);
	rte_devargs_reset(&parsed);
	return rc;
}

/*
 * What to do about a device that cannot be opened, where EAL has only words for those who know it;
 * NULL: it has said enough.
 */
static const char *
advice(const char *device, const char *log)
{
	struct rte_devargs parsed = {0};
	bool pci;

	if (rte_devargs_parse(&parsed, device) != 0)
		return "no such device: a PCI address (0000:01:10.0) is wanted, or a driver with a "
		       "number and what it needs (net_af_packet0,iface=eth1)";
	pci = strcmp(rte_bus_name(parsed.bus), "pci") == 0;
	rte_devargs_reset(&parsed);
	if (pci && !rte_eal_has_pci())
		return "the program was started with --no-pci: start it without";
	if (pci && strcasestr(log, "cannot find device") != NULL)
		return "there is no such PCI device, or no driver of DPDK's has it: see "
		       "dpdk-devbind.py --status";
	return log[0] == '\0' ? "no such device, or no driver for it" : NULL;
}

static int
probe_logged(const char *device, struct xebra_err *err)
{
	FILE *stream = rte_log_get_stream();
	char *log = NULL;
	const char *hint;
	size_t size = 0;
	FILE *memory = open_memstream(&log, &size);
	int rc;

	if (memory == NULL)
		return xebra_err_set(err, -ENOMEM, "no memory");
	rte_openlog_stream(memory);
	rc = probe(device);
	rte_openlog_stream(stream);
	fclose(memory);
	if (rc == 0 && size != 0)
		fputs(log, stream);
	if (rc != 0) {
		hint = advice(device, log);
		xebra_err_set(err, rc < 0 ? rc : -ENODEV, "%s: cannot be opened: %s", device,
			hint != NULL ? hint : first_line(log));
	}
	free(log);
	return rc;
}

/* What a packet socket cannot: keep others off its interface. */
static int
claim(const char *device, uint16_t id, struct xebra_err *err)
{
	struct rte_eth_dev_info info;
	char iface[IF_NAMESIZE];
	int rc;

	if (!xebra_device_is_af_packet(device) || rte_eth_dev_info_get(id, &info) != 0 ||
		if_indextoname(info.if_index, iface) == NULL)
		return 0;
	rc = device_claim(id, info.if_index, iface, err);
	return rc < 0 ? xebra_err_at(err, "%s", device) : 0;
}

int
xebra_device_open(
	const struct xebra_device *device, uint16_t *id, bool *probed, struct xebra_err *err)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	const char *text = device->device;
	char args[XEBRA_DEVICE_MAX];
	int rc;

	*probed = false;
	if (split_name(text, name, sizeof(name)) < 0 || strlen(text) >= sizeof(args))
		return xebra_err_set(err, -EINVAL, "%s: not a device name", text);
	strcpy(args, text);
	if (rte_eth_dev_get_port_by_name(name, id) != 0) {
		if (xebra_device_is_af_packet(name)) {
			rc = af_packet_complete(args, sizeof(args), device, err);
			if (rc < 0)
				return rc;
		}
		rc = probe_logged(args, err);
		if (rc != 0)
			return rc;
		*probed = true;
	}
	if (rte_eth_dev_get_port_by_name(name, id) != 0)
		return xebra_err_set(err, -ENODEV, "%s: is no network device", text);
	rc = claim(text, *id, err);
	if (rc < 0 && *probed)
		xebra_device_close(*id, true);
	return rc;
}

void
xebra_device_close(uint16_t id, bool probed)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(id, &info) != 0)
		return;
	rte_eth_dev_close(id);
	device_release(id);
	if (probed && info.device != NULL)
		rte_dev_remove(info.device);
}

/* As rte_eth_dev_configure() reckons. */
uint32_t
xebra_device_max_mtu(const struct rte_eth_dev_info *info)
{
	uint32_t overhead = RTE_ETHER_HDR_LEN + RTE_ETHER_CRC_LEN;

	if (info->max_mtu != UINT16_MAX && info->max_rx_pktlen > info->max_mtu)
		overhead = info->max_rx_pktlen - info->max_mtu;
	return RTE_MIN(info->max_rx_pktlen - overhead, info->max_mtu);
}

int
xebra_device_set_mtu(const char *device, uint16_t id, uint16_t mtu, struct xebra_err *err)
{
	struct rte_eth_dev_info info;
	int rc = rte_eth_dev_info_get(id, &info);

	if (rc == 0)
		rc = xebra_device_is_af_packet(device) ? af_packet_set_mtu(info.if_index, mtu)
						       : rte_eth_dev_set_mtu(id, mtu);
	if (rc != 0 && rc != -ENOTSUP)
		return xebra_err_set(err, rc, "mtu: the device refuses %u: %s", mtu, strerror(-rc));
	return 0;
}

bool
xebra_device_link_up(const char *device, uint16_t id, uint32_t *speed)
{
	struct rte_eth_dev_info info;
	struct rte_eth_link link = {0};
	bool up;

	up = rte_eth_link_get_nowait(id, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
	if (speed != NULL)
		*speed = link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed;
	if (up && (xebra_device_is_af_packet(device) || is_af_xdp(device)) &&
		rte_eth_dev_info_get(id, &info) == 0)
		up = af_packet_link_up(info.if_index);
	return up;
}

uint32_t
xebra_device_keeps(const char *device)
{
	return is_af_xdp(device) ? AF_XDP_FILL + AF_XDP_SENT : 0;
}
