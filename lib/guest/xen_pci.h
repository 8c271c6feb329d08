/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEN_PCI_H
#define XEN_PCI_H

/*
 * The xenstore entries of a PCI backend, in which the toolstack says what devices a domain was
 * given (Xen's xen/include/public/io/pciif.h):
 *
 *     num_devs = "2"
 *     dev-0 = "0000:03:10.1"   state-0 = "4"
 *     dev-1 = "0000:03:10.3"   state-1 = "6"
 *
 * Nothing here asks the xenstore: how to get an entry is a parameter.
 */

#include <rte_pci.h>

/* The states of a device, of XenbusState in Xen's xen/include/public/io/xenbus.h. */
#define XEN_PCI_STATE_CLOSED 6

/*
 * The text of an entry, below the backend's path, to be freed; NULL: it is not there.
 */
typedef char *(*xen_pci_get)(void *arg, const char *key);

/*
 * The devices that a backend's entries say the domain holds: all but those that are closed. An
 * entry that makes no sense is as one that is not there.
 *
 * Returns their number, at most `max`.
 */
unsigned int xen_pci_devices(
	xen_pci_get get, void *arg, struct rte_pci_addr *devices, unsigned int max);

#endif
