/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_GUEST_H
#define XEBRA_GUEST_H

/**
 * @file
 * Guests, whatever runs them, behind one interface: `xen` (domains), `static` (processes,
 * containers and VMs that are there as long as the configuration names them).
 *
 * A backend says whether a guest is there and, where it can know, which PCI devices it really
 * holds; it tells the guest the caps of its VFs; and it tells the manager when to look again.
 *
 * Control thread only.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <rte_common.h>
#include <rte_pci.h>

#include "xebra_caps.h"
#include "xebra_err.h"

/** PCI devices that one guest can hold. */
#define XEBRA_GUEST_DEVICES_MAX 64

/** Bytes of a UUID as text, with the NUL. */
#define XEBRA_GUEST_UUID_SIZE 37

/** How to find a guest, and how to tell it something. */
struct xebra_guest_conf {
	const char *name;      /**< Its name in the configuration. */
	const char *domain;    /**< xen: the domain's name or UUID. */
	const char *caps_file; /**< static: where it reads its caps; NULL: it does not. */
};

/** A guest as it is now. */
struct xebra_guest_state {
	bool present;
	/**
	 * Changes when the guest was away in between, also when nobody saw that (xen: the domain
	 * id): its VFs are another owner's then.
	 */
	uint32_t instance;
	char uuid[XEBRA_GUEST_UUID_SIZE]; /**< Empty: not known. */
	bool knows_devices;               /**< The following is known. */
	unsigned int nb_devices;
	struct rte_pci_addr device[XEBRA_GUEST_DEVICES_MAX];
};

/** Some guest may have come, gone, or got or given back a device: look again. */
typedef void (*xebra_guest_changed)(void *arg);

/** A backend. Errors begin with what was asked for, not with the guest, which the caller knows. */
struct xebra_guest_ops {
	TAILQ_ENTRY(xebra_guest_ops) next;
	const char *name; /**< "xen" */

	/**
	 * Begin to work, and to watch from the loop. May be called again after close().
	 *
	 * @return
	 *   0, or -ENODEV (no hypervisor of this kind here), -EACCES, ... with err set.
	 */
	int (*open)(xebra_guest_changed changed, void *arg, struct xebra_err *err);

	/** End it. Guests and what they were told stay as they are. */
	void (*close)(void);

	/** What is known of a guest. Also 0 when it is not there. */
	int (*find)(const struct xebra_guest_conf *conf, struct xebra_guest_state *state,
		struct xebra_err *err);

	/**
	 * Tell a guest its VFs' caps. It can be told again at any time, and 20 times a second.
	 *
	 * @return
	 *   0; -ENOENT: it is not there; or why it could not be told.
	 */
	int (*tell)(const struct xebra_guest_conf *conf, const struct xebra_caps *caps,
		struct xebra_err *err);
};

/** Register a backend; call it in a constructor. */
void xebra_guest_register(struct xebra_guest_ops *ops);

#define XEBRA_GUEST_BACKEND(ops)             \
	RTE_INIT(xebra_guest_register_##ops) \
	{                                    \
		xebra_guest_register(&ops);  \
	}

/** The backend of a name; NULL: there is none, as "xen" in a program built without Xen. */
const struct xebra_guest_ops *xebra_guest_backend(const char *name);

#endif
