/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any PF whose kernel driver implements the VF operations: what `ip link set eth0 vf 3 ...` does,
 * over rtnetlink. What its driver has is found out when it is opened (nl_open.c).
 *
 * Counters are believed in when one of them is not zero, because the kernel reports zeros for
 * drivers that have none. A guest's own tags (trunk) have no operation in the kernel: a VF has one
 * VLAN.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_string_fns.h>

#include "nl_priv.h"
#include "xebra_loop.h"

static struct xebra_pf_ops netlink_ops;

static struct netlink_pf *
netlink(struct xebra_pf *pf)
{
	return (struct netlink_pf *)pf;
}

/* ---- Asking the kernel ---- */

/* Send what is in the buffer and wait for its answer. Link answers go to pf->link. */
static int
exchange(struct netlink_pf *pf, size_t len, const char *what, struct xebra_err *err)
{
	char why[160];
	ssize_t n;
	int rc;

	rc = len > 0 ? pf->ask->send(pf->ask, pf->buf, len) : -EMSGSIZE;
	if (rc < 0)
		return xebra_err_set(err, rc, "%s: %s", what, strerror(-rc));
	do {
		n = pf->ask->recv(pf->ask, pf->buf, sizeof(pf->buf));
		if (n < 0)
			return xebra_err_set(err, n, "%s: no answer: %s", what, strerror(-n));
		rc = nl_take_answer(pf->buf, n, pf->seq, &pf->link, why, sizeof(why));
	} while (rc == -EAGAIN);
	if (rc >= 0)
		return 0;
	return xebra_err_set(err, rc, "%s: %s%s%s%s%s%s", what, strerror(-rc),
		why[0] != '\0' ? ": " : "", why, pf->driver[0] != '\0' ? " (driver " : "",
		pf->driver, pf->driver[0] != '\0' ? ")" : "");
}

int
nl_read_link(struct netlink_pf *pf, struct xebra_err *err)
{
	size_t len = nl_put_getlink(pf->buf, sizeof(pf->buf), ++pf->seq, pf->interface);
	int rc = exchange(pf, len, pf->interface, err);

	/* Somebody may have given the name to another interface. */
	if (rc == 0 && pf->ifindex != 0 && pf->link.ifindex != pf->ifindex)
		rc = xebra_err_set(err, -ENODEV, "%s: it is another interface now", pf->interface);
	return rc;
}

int
nl_set_one(struct netlink_pf *pf, unsigned int vf, uint32_t setting, const struct xebra_pf_vf *to,
	struct xebra_err *err)
{
	size_t len =
		nl_put_setvf(pf->buf, sizeof(pf->buf), ++pf->seq, pf->ifindex, vf, setting, to);

	return exchange(pf, len, xebra_pf_setting_name(setting), err);
}

static void
netlink_close(struct xebra_pf *base)
{
	struct netlink_pf *pf = netlink(base);

	if (pf->events != NULL) {
		xebra_loop_unwatch(pf->events->fd);
		pf->events->close(pf->events);
	}
	if (pf->ask != NULL)
		pf->ask->close(pf->ask);
	free(pf);
}

static int
netlink_open(const struct xebra_pf_conf *conf, struct xebra_pf **pf, struct xebra_err *err)
{
	struct netlink_pf *made = calloc(1, sizeof(*made));
	int rc;

	if (made == NULL)
		return xebra_err_set(err, -ENOMEM, "out of memory");
	xebra_pf_init(&made->base, &netlink_ops, conf);
	rc = nl_open(made, conf, err);
	if (rc < 0)
		netlink_close(&made->base);
	else
		*pf = &made->base;
	return rc;
}

/* ---- The operations ---- */

static uint32_t
speed_of(const struct netlink_pf *pf)
{
	char text[32];
	long speed;

	/* A link that is down has none, or says -1. */
	if (sysfs_read(pf->interface, "speed", text, sizeof(text)) < 0)
		return 0;
	speed = strtol(text, NULL, 10);
	return speed > 0 && speed < 10000000 ? (uint32_t)speed : 0;
}

static bool
counts(const struct nl_link *link)
{
	for (unsigned int i = 0; i < link->nb_vfs; i++)
		if (link->stats[i].rx_packets > 0 || link->stats[i].tx_packets > 0)
			return true;
	return false;
}

static int
netlink_info(struct xebra_pf *base, struct xebra_pf_info *info, struct xebra_err *err)
{
	struct netlink_pf *pf = netlink(base);
	int rc = nl_read_link(pf, err);

	if (rc < 0)
		return rc;
	if (counts(&pf->link))
		pf->can |= XEBRA_PF_CAN_STATS;
	*info = (struct xebra_pf_info){
		.mac = pf->link.mac,
		.nb_vfs = pf->link.nb_vfs,
		.can = pf->can,
		.speed = speed_of(pf),
		.rate_min = nl_driver_of(pf)->rate_min,
		.rate_step = nl_driver_of(pf)->rate_step,
		.mtu = (uint16_t)RTE_MIN(pf->link.mtu, (uint32_t)UINT16_MAX),
		.link_up = pf->link.up,
	};
	strlcpy(info->driver, pf->driver, sizeof(info->driver));
	strlcpy(info->device, pf->interface, sizeof(info->device));
	return 0;
}

static int
read_vfs(struct netlink_pf *pf, unsigned int n, struct xebra_err *err)
{
	int rc = nl_read_link(pf, err);

	if (rc == 0 && n > pf->link.nb_vfs)
		rc = xebra_err_set(err, -ENODEV, "%s: there are only %u VFs left", pf->interface,
			pf->link.nb_vfs);
	return rc;
}

static int
netlink_read(struct xebra_pf *base, struct xebra_pf_vf *vfs, unsigned int n, struct xebra_err *err)
{
	struct netlink_pf *pf = netlink(base);
	int rc = read_vfs(pf, n, err);

	for (unsigned int i = 0; rc == 0 && i < n; i++) {
		vfs[i] = pf->link.vfs[i];
		vfs[i].known &= pf->can;
	}
	return rc;
}

static int
netlink_stats(
	struct xebra_pf *base, struct xebra_pf_stats *stats, unsigned int n, struct xebra_err *err)
{
	struct netlink_pf *pf = netlink(base);
	int rc = read_vfs(pf, n, err);

	if (rc == 0)
		memcpy(stats, pf->link.stats, n * sizeof(*stats));
	return rc;
}

/* What the kernel would refuse with a bare EINVAL, or not at all. */
static int
check_values(const struct netlink_pf *pf, uint32_t what, const struct xebra_pf_vf *to,
	struct xebra_err *err)
{
	if (what & ~pf->can)
		return xebra_err_set(err, -EOPNOTSUPP, "%s: driver %s does not have it",
			xebra_pf_setting_name(what & ~pf->can), pf->driver);
	if ((what & XEBRA_PF_VLAN) && (to->vlan > 4094 || to->priority > 7))
		return xebra_err_set(
			err, -EINVAL, "vlan: %u with priority %u is none", to->vlan, to->priority);
	if ((what & XEBRA_PF_MAC) && !rte_is_valid_assigned_ether_addr(&to->mac))
		return xebra_err_set(err, -EINVAL, "mac: it is no unicast address");
	return 0;
}

static int
netlink_set(struct xebra_pf *base, unsigned int vf, uint32_t what, const struct xebra_pf_vf *to,
	struct xebra_err *err)
{
	struct netlink_pf *pf = netlink(base);
	struct xebra_pf_vf full = *to;
	int rc = check_values(pf, what, to, err);

	if (rc == 0 && (what & XEBRA_PF_MIN_RATE) && !(what & XEBRA_PF_MAX_RATE)) {
		rc = read_vfs(pf, vf + 1, err);
		full.max_rate = pf->link.vfs[vf % XEBRA_PF_VFS_MAX].max_rate;
	}
	for (uint32_t left = what & XEBRA_PF_ALL; rc == 0 && left != 0; left &= left - 1)
		rc = nl_set_one(pf, vf, left & -left, &full, err);
	return rc;
}

/*
 * The old guest's MAC goes. Zeros are the kernel's "none"; a driver that wants a real address gets
 * a local one that tells PF and VF.
 */
static int
netlink_reset(struct xebra_pf *base, unsigned int vf, struct xebra_err *err)
{
	struct netlink_pf *pf = netlink(base);
	struct xebra_pf_vf none = {.known = XEBRA_PF_MAC};
	int rc;

	if (!(pf->can & XEBRA_PF_MAC))
		return 0;
	rc = nl_set_one(pf, vf, XEBRA_PF_MAC, &none, err);
	if (rc != -EINVAL && rc != -EADDRNOTAVAIL)
		return rc;
	none.mac =
		(struct rte_ether_addr){{0x02, 0x58, pf->ifindex >> 8, pf->ifindex, vf >> 8, vf}};
	return nl_set_one(pf, vf, XEBRA_PF_MAC, &none, err);
}

static int
netlink_where(struct xebra_pf *base, unsigned int vf, char *text, size_t size)
{
	char file[32];

	snprintf(file, sizeof(file), "device/virtfn%u", vf);
	return sysfs_link(netlink(base)->interface, file, text, size);
}

static struct xebra_pf_ops netlink_ops = {
	.name = "netlink",
	.open = netlink_open,
	.close = netlink_close,
	.info = netlink_info,
	.read = netlink_read,
	.set = netlink_set,
	.reset = netlink_reset,
	.stats = netlink_stats,
	.where = netlink_where,
};
XEBRA_PF_BACKEND(netlink_ops)
