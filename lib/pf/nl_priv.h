/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PF_NL_PRIV_H
#define PF_NL_PRIV_H

/*
 * What the files of the netlink backend share. Messages (nl_msg.c) are bytes in and bytes out; the
 * socket (nl_socket.c) and sysfs (sysfs.c) are all that touches the kernel, so that tests put a
 * recording in their place.
 */

#include <net/if.h>
#include <sys/types.h>

#include "xebra_pf.h"

/* Bytes for an answer: a PF's 256 VFs do not get near it. */
#define NL_BUF_BYTES (256 * 1024)

/* ---- Messages ---- */

/* A link as RTM_NEWLINK tells it. */
struct nl_link {
	int ifindex;
	bool up; /* running, not only switched on */
	uint32_t mtu;
	struct rte_ether_addr mac;
	unsigned int nb_vfs; /* of vfs; 0 also when the link has none */
	struct xebra_pf_vf vfs[XEBRA_PF_VFS_MAX];
	struct xebra_pf_stats stats[XEBRA_PF_VFS_MAX];
};

/* Write a request for a link by name, with its VFs and their counters. Returns its bytes. */
size_t nl_put_getlink(void *buf, size_t size, uint32_t seq, const char *name);

/*
 * Write a request to set one setting of a VF. MIN_RATE is set together with the cap, which is
 * therefore to be in `to` as well. Returns its bytes.
 */
size_t nl_put_setvf(void *buf, size_t size, uint32_t seq, int ifindex, unsigned int vf,
	uint32_t setting, const struct xebra_pf_vf *to);

/*
 * Read a datagram that answers request `seq`: a link (link filled in), or the kernel's yes or no.
 *
 * Returns 1 for a link, 0 for yes, -EAGAIN when nothing in it answers that request, what the kernel
 * said no with, or -EPROTO. `why` gets the kernel's words about a no, or becomes empty.
 */
int nl_take_answer(const void *buf, size_t len, uint32_t seq, struct nl_link *link, char *why,
	size_t why_size);

/* Whether a datagram of the group "link" concerns this interface. */
bool nl_concerns(const void *buf, size_t len, int ifindex);

/* ---- The kernel ---- */

/* One socket. */
struct nl_socket {
	int (*send)(struct nl_socket *s, const void *buf, size_t len);
	ssize_t (*recv)(struct nl_socket *s, void *buf, size_t size);
	void (*close)(struct nl_socket *s);
	int fd; /* to wait for, when it was opened with events; else -1 */
};

/* Open a socket for requests or, with `events`, one that hears of changed links. */
int nl_socket_open(bool events, struct nl_socket **s);

/* ---- sysfs: files below /sys/class/net/INTERFACE ---- */

/* Read a line, without the newline. Negative errno value. */
int sysfs_read(const char *interface, const char *file, char *text, size_t size);

/* Write a number. Negative errno value. */
int sysfs_write(const char *interface, const char *file, unsigned int number);

/* The last part of what a symbolic link points to: a driver's name, a PCI address. */
int sysfs_link(const char *interface, const char *file, char *text, size_t size);

/* ---- A PF ---- */

struct netlink_pf {
	struct xebra_pf base;
	char interface[IFNAMSIZ];
	int ifindex;
	char driver[32];
	uint32_t can; /* XEBRA_PF_* */
	uint32_t seq;
	struct nl_socket *ask;
	struct nl_socket *events; /* NULL: nobody wants to know */
	struct nl_link link;      /* as read last */
	uint8_t buf[NL_BUF_BYTES] __rte_aligned(8);
};

/* netlink.c. Read its link, with its VFs, into pf->link. */
int nl_read_link(struct netlink_pf *pf, struct xebra_err *err);

/* netlink.c. Set one setting of a VF. */
int nl_set_one(struct netlink_pf *pf, unsigned int vf, uint32_t setting,
	const struct xebra_pf_vf *to, struct xebra_err *err);

/* nl_open.c. Fill in a PF that has its base only. On failure it is still to be closed. */
int nl_open(struct netlink_pf *pf, const struct xebra_pf_conf *conf, struct xebra_err *err);

/* What cannot be asked about a driver. */
struct nl_driver {
	const char *name;             /* NULL: any other */
	uint32_t rate_min, rate_step; /* Mb/s */
	bool guarantee;
};

/* nl_open.c. */
const struct nl_driver *nl_driver_of(const struct netlink_pf *pf);

#endif
