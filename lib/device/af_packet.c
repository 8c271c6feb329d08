/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What has to be known about one driver, net_af_packet, because it is the one that anybody can try
 * a program with (any network interface of the kernel's will do):
 *
 * - its sockets share out what arrives, so it must have as many queues as are read;
 * - its frames have a fixed size (framesz) and it says that it cannot have any above 1518 bytes,
 *   which is true only for the default; with larger ones the kernel's MTU alone decides. It takes
 *   them to lie one after the other, so a block of pages must be filled by whole frames;
 * - it calls a missing interface an input/output error, and every link up.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_kvargs.h>
#include <rte_string_fns.h>

#include "device_priv.h"

#define BLOCK_FRAMES 4 /* xebra_device_frame_room() is whole KB: four of them are whole pages */

static int
append(char *device, size_t size, struct xebra_err *err, const char *key, unsigned int value)
{
	size_t len = strlen(device);

	if (snprintf(device + len, size - len, ",%s=%u", key, value) >= (int)(size - len))
		return xebra_err_set(err, -E2BIG, "%s: too long", device);
	return 0;
}

static int
check_args(const struct rte_kvargs *kvargs, const char *device, const struct xebra_device *conf,
	struct xebra_err *err)
{
	const char *iface = rte_kvargs_get(kvargs, "iface");
	const char *pairs = rte_kvargs_get(kvargs, "qpairs");

	if (iface == NULL)
		return xebra_err_set(
			err, -EINVAL, "%s: iface=<network interface> is missing", device);
	if (if_nametoindex(iface) == 0)
		return xebra_err_set(
			err, -ENODEV, "%s: no such network interface: %s", device, iface);
	if (pairs != NULL && atoi(pairs) != conf->rx_queues)
		return xebra_err_set(err, -EINVAL, "%s: qpairs must be the port's rx_queues (%u)",
			device, conf->rx_queues);
	return 0;
}

/* The driver tells only that it could not. */
static int
check_permission(const char *device, struct xebra_err *err)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return xebra_err_set(err, -errno,
			"%s: no packet socket: %s (run as root or with CAP_NET_RAW)", device,
			strerror(errno));
	close(fd);
	return 0;
}

bool
xebra_device_is_af_packet(const char *device)
{
	return strncmp(device, "net_af_packet", strlen("net_af_packet")) == 0;
}

const char *
xebra_device_interface(const char *device, char *name)
{
	const char *args = strchr(device, ',');
	struct rte_kvargs *kvargs;
	const char *iface;

	if (args == NULL || !xebra_device_is_af_packet(device))
		return NULL;
	kvargs = rte_kvargs_parse(args + 1, NULL);
	iface = kvargs != NULL ? rte_kvargs_get(kvargs, "iface") : NULL;
	if (iface != NULL)
		strlcpy(name, iface, IF_NAMESIZE);
	rte_kvargs_free(kvargs);
	return iface != NULL ? name : NULL;
}

int
af_packet_complete(
	char *device, size_t size, const struct xebra_device *conf, struct xebra_err *err)
{
	const char *args = strchr(device, ',');
	struct rte_kvargs *kvargs = rte_kvargs_parse(args != NULL ? args + 1 : "", NULL);
	unsigned int room = xebra_device_frame_room(conf->mtu);
	int rc;

	if (kvargs == NULL)
		return xebra_err_set(err, -EINVAL, "%s: not \"driver,key=value,...\"", device);
	rc = check_args(kvargs, device, conf, err);
	if (rc == 0)
		rc = check_permission(device, err);
	if (rc == 0 && conf->rx_queues > 1 && rte_kvargs_get(kvargs, "qpairs") == NULL)
		rc = append(device, size, err, "qpairs", conf->rx_queues);
	if (rc == 0 && conf->mtu > RTE_ETHER_MTU && rte_kvargs_get(kvargs, "framesz") == NULL) {
		rc = append(device, size, err, "framesz", room);
		if (rc == 0)
			rc = append(device, size, err, "blocksz", room * BLOCK_FRAMES);
	}
	rte_kvargs_free(kvargs);
	return rc;
}

/* Ask the kernel about an interface; `request` is the question in and the answer out. */
static int
ask(unsigned int if_index, unsigned long question, struct ifreq *request)
{
	int fd, rc;

	if (if_indextoname(if_index, request->ifr_name) == NULL)
		return -errno;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = ioctl(fd, question, request) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

int
af_packet_set_mtu(unsigned int if_index, uint16_t mtu)
{
	struct ifreq request = {.ifr_mtu = mtu};

	return ask(if_index, SIOCSIFMTU, &request);
}

bool
af_packet_link_up(unsigned int if_index)
{
	struct ifreq request = {0};

	return ask(if_index, SIOCGIFFLAGS, &request) == 0 &&
		(request.ifr_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
}
