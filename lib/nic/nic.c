/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The software NIC
 * ================
 *
 * A NIC with SR-IOV in software: an uplink, which is any ethdev, and up to 63 virtual functions,
 * which are sockets that guests connect to. It does what such a NIC does for its VFs, and what its
 * driver for the physical function would program is set with commands, by dpdk-xebra-pf or by hand.
 *
 *   nic_switch.c              where a frame may go: VLANs, MAC addresses, anti-spoofing
 *   nic_sched.c               who may send now: caps, guarantees, shares
 *   memif_ring.c              frames through memory that a hostile guest shares
 *   memif_session.c           the words that come before; as hostile
 *   nic_forward.c             what the switch decides is carried out
 *   nic_worker.c              the lcore that does all this, by turns
 *   nic_vf_memif.c            the socket of a VF and who is connected to it
 *   nic_ethdev.c              the uplink, and VFs that are ethdevs
 *   nic_vf.c, nic_conf.c      settings
 *   nic_cmd.c, nic_vf_cmd.c   commands
 *
 * The first four are without input or output, and tested alone.
 *
 * The control thread makes a plan (struct nic_plan) of what it was told and gives it to the worker;
 * there are two, which take turns, so that dropping a client or cutting a VF off cannot fail for
 * want of memory.
 *
 * Nothing that one VF does makes another wait. A VF's frames stay in its own memory until it may
 * send them; what a VF does not take is dropped at once; a turn is short and everybody has one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#include "nic_priv.h"
#include "xebra_device.h"
#include "xebra_log.h"
#include "xebra_loop.h"

#define LINK_MS 200         /* between looks at the links of devices */
#define SPEED_UNKNOWN 10000 /* Mb/s that VFs without cap weigh then */
#define BUFFERS 4096        /* besides those in the rings of devices */
#define POOL_CACHE 256

struct nic nic;
static struct nic_plan plans[2];
static unsigned int current_plan;
static struct xebra_timer *link_timer;

uint32_t
nic_uplink_rate(void)
{
	return nic.uplink_rate != 0 ? nic.uplink_rate : nic.uplink_speed;
}

bool
nic_vf_is_up(const struct nic_vf *vf)
{
	if (vf->port == NULL)
		return false;
	return vf->conf.link == NIC_LINK_ENABLE ||
		(vf->conf.link == NIC_LINK_AUTO && nic.uplink_up);
}

static void
make_plan(struct nic_plan *plan)
{
	static struct nic_vf_conf confs[NIC_VFS_MAX];
	uint32_t rate = nic_uplink_rate();

	plan->nb_vfs = nic.nb_vfs;
	plan->connected = 0;
	plan->up = 0;
	for (unsigned int i = 0; i < nic.nb_vfs; i++) {
		const struct nic_vf *vf = &nic.vfs[i];

		confs[i] = vf->conf;
		plan->ports[i] = vf->port;
		plan->connected |= (uint64_t)(vf->port != NULL) << i;
		plan->up |= (uint64_t)nic_vf_is_up(vf) << i;
	}
	plan->uplink = &nic.uplink.port;
	plan->uplink_up = nic.uplink_up;
	plan->uplink_rate = nic.uplink_rate;
	plan->uplink_speed = rate != 0 ? rate : SPEED_UNKNOWN;
	nic_switch_build(&plan->sw, confs, nic.nb_vfs);
}

void
nic_publish(void)
{
	struct nic_plan *next = &plans[1 - current_plan];

	next->number = plans[current_plan].number + 1;
	make_plan(next);
	current_plan = 1 - current_plan;
	nic_worker_go_on(next);
}

/* Links of devices, and what depends on them. */
static void
check_links(void *arg __rte_unused)
{
	bool up = nic_ethdev_link_up(&nic.uplink, &nic.uplink_speed);
	bool changed = up != nic.uplink_up;

	if (changed)
		XEBRA_LOG(NOTICE, "uplink: link %s", up ? "up" : "down");
	nic.uplink_up = up;
	for (unsigned int i = 0; i < nic.nb_vfs && nic.kind != NIC_KIND_MEMIF; i++) {
		struct nic_vf *vf = &nic.vfs[i];
		bool there = nic_ethdev_link_up(&vf->ethdev, NULL);

		changed |= there != (vf->port != NULL);
		vf->port = there ? &vf->ethdev.port : NULL;
	}
	if (changed)
		nic_publish();
}

static int
make_pool(uint16_t mtu, unsigned int nb_vfs, struct xebra_err *err)
{
	unsigned int nb = BUFFERS + NIC_PENDING + NIC_ETHDEV_BUFFERS;

	if (nic.kind != NIC_KIND_MEMIF)
		nb += nb_vfs * NIC_ETHDEV_BUFFERS;
	nic.pool = rte_pktmbuf_pool_create("nic_frames", nb - 1, POOL_CACHE, 0,
		RTE_PKTMBUF_HEADROOM + xebra_device_frame_room(mtu), rte_socket_id());
	if (nic.pool == NULL)
		return xebra_err_set(err, -rte_errno,
			"no memory for %u packets: %s (give EAL more memory with -m)", nb,
			rte_strerror(rte_errno));
	return 0;
}

int
nic_open_uplink(const char *device, uint16_t mtu, unsigned int nb_vfs, struct xebra_err *err)
{
	int rc = make_pool(mtu, nb_vfs, err);

	if (rc < 0)
		return rc;
	rc = nic_ethdev_open(&nic.uplink, device, mtu, nic.pool, err);
	if (rc < 0)
		return xebra_err_at(err, "uplink.device");
	nic.uplink_mtu = mtu;
	rte_eth_macaddr_get(nic.uplink.id, &nic.uplink_mac);
	nic.uplink_up = nic_ethdev_link_up(&nic.uplink, &nic.uplink_speed);
	return 0;
}

void
nic_close_uplink(void)
{
	nic_ethdev_close(&nic.uplink);
	rte_mempool_free(nic.pool);
	nic.pool = NULL;
}

/* DPDK's library makes the socket, when the device is configured. */
static int
make_vhost(struct nic_vf *vf, struct xebra_err *err)
{
	char device[XEBRA_DEVICE_MAX];
	mode_t mask;
	int rc;

	snprintf(device, sizeof(device), "net_vhost%u,iface=%s,queues=1", vf->index, vf->path);
	mask = umask(0177);
	rc = nic_ethdev_open(&vf->ethdev, device, nic.uplink_mtu, nic.pool, err);
	umask(mask);
	return rc;
}

static int
open_vhost(struct nic_vf *vf, struct xebra_err *err)
{
	int rc = xebra_socket_make_directory(vf->path, err);

	if (rc == 0)
		rc = xebra_socket_reserve(&vf->socket, SOCK_STREAM, vf->path, err);
	return rc == 0 ? make_vhost(vf, err) : rc;
}

int
nic_vhost_drop(struct nic_vf *vf, struct xebra_err *err)
{
	nic_ethdev_close(&vf->ethdev);
	return make_vhost(vf, err);
}

static int
open_vf(struct nic_vf *vf, const char *folder, const json_t *devices, struct xebra_err *err)
{
	int rc;

	if (folder != NULL)
		rc = asprintf(&vf->path, "%s/vf%u.sock", folder, vf->index);
	else
		rc = asprintf(
			&vf->path, "%s", json_string_value(json_array_get(devices, vf->index)));
	if (rc < 0) {
		vf->path = NULL;
		return xebra_err_set(err, -ENOMEM, "no memory");
	}
	if (nic.kind == NIC_KIND_MEMIF)
		return nic_memif_open(vf, err);
	if (nic.kind == NIC_KIND_VHOST)
		return open_vhost(vf, err);
	return nic_ethdev_open(&vf->ethdev, vf->path, nic.uplink_mtu, nic.pool, err);
}

int
nic_open_vfs(enum nic_kind kind, unsigned int nb, const char *folder, const json_t *devices,
	struct xebra_err *err)
{
	int rc = 0;

	nic.kind = kind;
	for (unsigned int i = 0; i < nb && rc == 0; i++) {
		struct nic_vf *vf = &nic.vfs[i];

		*vf = (struct nic_vf){.index = i, .socket = {.fd = -1, .lock_fd = -1}};
		nic_vf_scrub(vf);
		nic.nb_vfs = i + 1;
		rc = open_vf(vf, folder, devices, err);
		if (rc < 0)
			return folder != NULL ? xebra_err_at(err, "vfs.folder")
					      : xebra_err_at(err, "vfs.devices[%u]", i);
	}
	nic_publish();
	rc = nic_worker_start(nic.pool, &plans[current_plan], err);
	if (rc < 0)
		return rc;
	link_timer = xebra_timer_start(0, LINK_MS, check_links, NULL);
	return link_timer != NULL ? 0 : xebra_err_set(err, -ENOMEM, "no memory for a timer");
}

void
nic_close_vfs(void)
{
	xebra_timer_stop(link_timer);
	link_timer = NULL;
	nic_worker_stop();
	for (unsigned int i = 0; i < nic.nb_vfs; i++) {
		struct nic_vf *vf = &nic.vfs[i];

		if (nic.kind == NIC_KIND_MEMIF)
			nic_memif_close(vf);
		nic_ethdev_close(&vf->ethdev);
		xebra_socket_close(&vf->socket);
		free(vf->path);
		vf->path = NULL;
	}
	nic.nb_vfs = 0;
}
