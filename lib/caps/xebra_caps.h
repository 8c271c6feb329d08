/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_CAPS_H
#define XEBRA_CAPS_H

/**
 * @file
 * What the host tells a guest: the cap of each of its VFs, so that the guest's V-Channel can give
 * each link flows in proportion. The form is JSON,
 *
 *     {"vfs": [{"name": "nic0", "mac": "02:00:00:00:00:01", "cap": 3000}]}
 *
 * in a file (processes, containers) or in a node of the xenstore that the guest may read (Xen).
 * dpdk-xebra-pf writes it, dpdk-xebra follows it; a file may as well be written by hand.
 *
 * Control thread only.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_ether.h>

#include "xebra_err.h"

/** VFs of one guest. */
#define XEBRA_CAPS_MAX 31

/** Bytes of a name, with the NUL. */
#define XEBRA_CAPS_NAME_MAX 32

/** Where a guest reads its caps in the xenstore, below its own path there. */
#define XEBRA_CAPS_NODE "xebra/caps"

/** One VF's cap. It is told by its name, its MAC address or both. */
struct xebra_cap {
	char name[XEBRA_CAPS_NAME_MAX]; /**< Empty: none. */
	bool has_mac;
	struct rte_ether_addr mac;
	uint32_t mbps; /**< Mb/s; 0: no cap but the link. */
};

/** The caps of a guest's VFs. */
struct xebra_caps {
	unsigned int nb;
	struct xebra_cap cap[XEBRA_CAPS_MAX];
};

/**
 * Read the text form.
 *
 * @return
 *   0; -EINVAL, -ENOMEM with err "vfs[2].cap: why" or "line 1, column 5: why".
 */
int xebra_caps_parse(const char *text, size_t len, struct xebra_caps *caps, struct xebra_err *err);

/** The text form, to be freed; NULL: no memory. */
char *xebra_caps_print(const struct xebra_caps *caps);

/**
 * The cap of a VF: the one under its name, else the one of its MAC address.
 *
 * @return
 *   NULL when there is none.
 */
const struct xebra_cap *xebra_caps_find(
	const struct xebra_caps *caps, const char *name, const struct rte_ether_addr *mac);

/** Replace a file of caps as a whole. Error: "FILE: why". */
int xebra_caps_write_file(const char *file, const struct xebra_caps *caps, struct xebra_err *err);

/**
 * What was read has changed.
 *
 * @param caps
 *   NULL: there are none (the file or node is not there), or they cannot be used.
 * @param err
 *   NULL, or why they cannot be used: "FILE: vfs[2].cap: why". What was told before should stay.
 */
typedef void (*xebra_caps_fn)(
	const struct xebra_caps *caps, const struct xebra_err *err, void *arg);

struct xebra_caps_watch;

/**
 * Follow a file from the loop. It need not be there yet, its folder must be.
 *
 * @param fn
 *   Called before this function returns and at every change, also when the file goes.
 * @param watch
 *   Set on success; to be stopped by xebra_caps_watch_stop().
 * @return
 *   0, or a negative errno value with err "FILE: why".
 */
int xebra_caps_watch_file(const char *file, xebra_caps_fn fn, void *arg,
	struct xebra_caps_watch **watch, struct xebra_err *err);

/**
 * Follow a node of the xenstore, as xebra_caps_watch_file() does a file.
 *
 * @param node
 *   Path; a relative one begins at the guest's own: XEBRA_CAPS_NODE.
 * @return
 *   Also -ENOTSUP: built without Xen; -ENODEV: no xenstore here.
 */
int xebra_caps_watch_xenstore(const char *node, xebra_caps_fn fn, void *arg,
	struct xebra_caps_watch **watch, struct xebra_err *err);

/** End it. NULL is allowed. Not from within its own callback. */
void xebra_caps_watch_stop(struct xebra_caps_watch *watch);

#endif
