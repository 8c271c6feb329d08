/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From devargs to an ethdev and back. A device that EAL has found or was told of (PCI, --vdev) is
 * used as it is and only closed at the end; any other is plugged in here and pulled out again.
 *
 * Drivers say why they fail in the log. While a device is probed the log goes to memory, so that
 * the reason can be part of the one line that a person will read.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_log.h>

#include "port_priv.h"

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

static int
probe_logged(const char *device, struct xebra_err *err)
{
	FILE *stream = rte_log_get_stream();
	char *log = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&log, &size);
	int rc;

	if (memory == NULL)
		return xebra_err_set(err, -ENOMEM, "no memory");
	rte_openlog_stream(memory);
	rc = rte_dev_probe(device);
	rte_openlog_stream(stream);
	fclose(memory);
	if (rc == 0 && size != 0)
		fputs(log, stream);
	if (rc != 0)
		xebra_err_set(err, rc < 0 ? rc : -ENODEV, "%s: cannot be opened: %s", device,
			size != 0 ? first_line(log) : "no such device, or no driver for it");
	free(log);
	return rc;
}

int
port_device_open(const struct port_conf *conf, uint16_t *id, bool *probed, struct xebra_err *err)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	const char *device = conf->device;
	char args[DEVARGS_MAX];
	int rc;

	*probed = false;
	if (split_name(device, name, sizeof(name)) < 0 || strlen(device) >= sizeof(args))
		return xebra_err_set(err, -EINVAL, "%s: not a device name", device);
	strcpy(args, device);
	if (rte_eth_dev_get_port_by_name(name, id) != 0) {
		if (af_packet_is(name)) {
			rc = af_packet_complete(args, sizeof(args), conf, err);
			if (rc < 0)
				return rc;
		}
		rc = probe_logged(args, err);
		if (rc != 0)
			return rc;
		*probed = true;
	}
	if (rte_eth_dev_get_port_by_name(name, id) != 0)
		return xebra_err_set(err, -ENODEV, "%s: is no network device", device);
	if (port_by_id(*id) != NULL) {
		*probed = false;
		return xebra_err_set(
			err, -EBUSY, "%s: is port %s already", device, port_by_id(*id)->pub.name);
	}
	return 0;
}

void
port_device_close(uint16_t id, bool probed)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(id, &info) != 0)
		return;
	rte_eth_dev_close(id);
	if (probed && info.device != NULL)
		rte_dev_remove(info.device);
}
