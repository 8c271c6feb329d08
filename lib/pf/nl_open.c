/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a PF of the kernel's is and can: found out when it is opened, and its VFs are made.
 *
 * Drivers differ in what they have. What one reads tells a part of it: a spoof check or trust that
 * a driver does not know reads as all ones. For the rest there is a question that does no harm:
 * the kernel looks whether the driver has an operation before the driver looks at the VF's number,
 * so setting something of a VF that cannot exist is refused with EOPNOTSUPP where the operation is
 * missing and with another error where it is there. Whoever may not ask at all gets EPERM, and
 * knows it before any VF has been touched.
 *
 * What cannot be asked is in a table: rates that are multiples of something, and guarantees, which
 * most Intel drivers refuse.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <rte_string_fns.h>

#include "nl_priv.h"
#include "xebra_loop.h"

/* No driver has so many VFs; the kernel itself refuses numbers from INT_MAX on. */
#define NO_VF 0xffff

/* ---- Drivers ---- */

static const struct nl_driver drivers[] = {
	{"ixgbe", 11, 1, false},
	{"i40e", 50, 50, false},
	{"ice", 1, 1, true},
	{"mlx5_core", 1, 1, true},
	{"bnxt_en", 1, 1, true},
	{"qede", 1, 1, true},
	{"netdevsim", 1, 1, true},
	{NULL, 1, 1, false},
};

const struct nl_driver *
nl_driver_of(const struct netlink_pf *pf)
{
	const struct nl_driver *d;

	for (d = drivers; d->name != NULL; d++)
		if (strcmp(d->name, pf->driver) == 0)
			break;
	return d;
}

/* ---- Abilities ---- */

static int
find_out(struct netlink_pf *pf, struct xebra_err *err)
{
	static const uint32_t asked[] = {XEBRA_PF_MAC, XEBRA_PF_VLAN, XEBRA_PF_SPOOF_CHECK,
		XEBRA_PF_TRUST, XEBRA_PF_LINK, XEBRA_PF_MAX_RATE};
	const struct xebra_pf_vf nothing = {0};
	uint32_t told = pf->link.vfs[0].known;

	for (size_t i = 0; i < RTE_DIM(asked); i++) {
		int rc = nl_set_one(pf, NO_VF, asked[i], &nothing, err);

		if (rc == -EPERM)
			return rc;
		if (rc != -EOPNOTSUPP && (told & asked[i]))
			pf->can |= asked[i];
	}
	if (nl_driver_of(pf)->guarantee)
		pf->can |= told & XEBRA_PF_MIN_RATE;
	pf->can |= XEBRA_PF_CAN_PRIORITY;
	if (!(pf->can & XEBRA_PF_VLAN))
		return xebra_err_set(err, -EOPNOTSUPP, "%s: driver %s cannot keep VFs in VLANs",
			pf->interface, pf->driver);
	if (err != NULL)
		*err = (struct xebra_err){0};
	return 0;
}

/* ---- VFs ---- */

/* A file with a number; the error says of what. */
static int
read_number(struct netlink_pf *pf, const char *file, unsigned int *number, struct xebra_err *err)
{
	char text[32], *end;
	int rc = sysfs_read(pf->interface, file, text, sizeof(text));

	if (rc == -ENOENT)
		return xebra_err_set(err, -EOPNOTSUPP, "%s: it has no SR-IOV (driver %s)",
			pf->interface, pf->driver[0] != '\0' ? pf->driver : "without a device");
	if (rc == 0) {
		*number = strtoul(text, &end, 10);
		rc = end == text || *end != '\0' ? -EPROTO : 0;
	}
	if (rc < 0)
		return xebra_err_set(err, rc, "%s: %s: %s", pf->interface, file, strerror(-rc));
	return 0;
}

/* VFs that are there are somebody's: they are never taken away to make another number of them. */
static int
make_vfs(struct netlink_pf *pf, unsigned int wanted, struct xebra_err *err)
{
	unsigned int now, most;
	int rc;

	rc = read_number(pf, "device/sriov_totalvfs", &most, err);
	if (rc == 0)
		rc = read_number(pf, "device/sriov_numvfs", &now, err);
	if (rc < 0)
		return rc;
	if (wanted > most)
		return xebra_err_set(
			err, -ERANGE, "vfs: %u are more than the device has (%u)", wanted, most);
	if (now > 0 && (wanted == 0 || wanted == now))
		return 0;
	if (wanted == 0)
		return xebra_err_set(err, -EINVAL,
			"vfs: %s has no VFs yet: say how many there shall be (up to %u)",
			pf->interface, most);
	if (now > 0)
		return xebra_err_set(err, -EBUSY,
			"vfs: there are %u already, not %u, and another number would take them "
			"all away: write 0 to /sys/class/net/%s/device/sriov_numvfs first",
			now, wanted, pf->interface);
	rc = sysfs_write(pf->interface, "device/sriov_numvfs", wanted);
	if (rc < 0)
		return xebra_err_set(err, rc, "vfs: %s: making %u VFs: %s", pf->interface, wanted,
			strerror(-rc));
	return 0;
}

/* ---- Changes ---- */

static void
take_event(int fd, uint32_t events, void *arg)
{
	struct netlink_pf *pf = arg;
	bool ours = (events & EPOLLERR) != 0; /* some were lost */
	ssize_t n;

	(void)fd;
	while ((n = pf->events->recv(pf->events, pf->buf, sizeof(pf->buf))) > 0 || n == -ENOBUFS)
		ours |= n < 0 || nl_concerns(pf->buf, n, pf->ifindex);
	if (ours)
		xebra_pf_tell(&pf->base);
}

static int
listen_for_changes(struct netlink_pf *pf, struct xebra_err *err)
{
	int rc;

	if (pf->base.changed == NULL)
		return 0;
	rc = nl_socket_open(true, &pf->events);
	if (rc == 0)
		rc = xebra_loop_watch(pf->events->fd, EPOLLIN, take_event, pf);
	if (rc < 0)
		return xebra_err_set(err, rc, "%s: events: %s", pf->interface, strerror(-rc));
	return 0;
}

int
nl_open(struct netlink_pf *pf, const struct xebra_pf_conf *conf, struct xebra_err *err)
{
	int rc;

	if (strlen(conf->device) >= sizeof(pf->interface))
		return xebra_err_set(
			err, -ENODEV, "%s: no interface has so long a name", conf->device);
	strlcpy(pf->interface, conf->device, sizeof(pf->interface));
	rc = nl_socket_open(false, &pf->ask);
	if (rc < 0)
		return xebra_err_set(err, rc, "netlink: %s", strerror(-rc));
	rc = nl_read_link(pf, err);
	if (rc < 0)
		return rc;
	pf->ifindex = pf->link.ifindex;
	sysfs_link(pf->interface, "device/driver", pf->driver, sizeof(pf->driver));
	rc = make_vfs(pf, conf->vfs, err);
	if (rc == 0)
		rc = nl_read_link(pf, err);
	if (rc < 0)
		return rc;
	if (pf->link.nb_vfs == 0)
		return xebra_err_set(err, -EOPNOTSUPP,
			"%s: driver %s does not tell of its VFs (IFLA_VFINFO_LIST)", pf->interface,
			pf->driver);
	rc = find_out(pf, err);
	return rc == 0 ? listen_for_changes(pf, err) : rc;
}
