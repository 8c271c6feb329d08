/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xen_pci.h"

#define DEVICES_MAX 256 /* entries that are looked at, whatever num_devs says */

/* A number without sign and space, or -1. */
static long
get_number(xen_pci_get get, void *arg, const char *key, int i)
{
	char name[32];
	char *text, *end;
	long number = -1;

	snprintf(name, sizeof(name), i < 0 ? "%s" : "%s-%d", key, i);
	text = get(arg, name);
	if (text != NULL && text[0] >= '0' && text[0] <= '9') {
		number = strtol(text, &end, 10);
		if (*end != '\0' || number > DEVICES_MAX)
			number = -1;
	}
	free(text);
	return number;
}

/* DPDK's parser takes spaces, left out zeros and slots and functions that PCI has not. */
static bool
get_device(xen_pci_get get, void *arg, int i, struct rte_pci_addr *device)
{
	char name[32], again[PCI_PRI_STR_SIZE];
	bool good = false;
	char *text;

	snprintf(name, sizeof(name), "dev-%d", i);
	text = get(arg, name);
	if (text != NULL && rte_pci_addr_parse(text, device) == 0) {
		rte_pci_device_name(device, again, sizeof(again));
		good = strcasecmp(text, again) == 0 && device->devid < 32 && device->function < 8;
	}
	free(text);
	return good;
}

unsigned int
xen_pci_devices(xen_pci_get get, void *arg, struct rte_pci_addr *devices, unsigned int max)
{
	long entries = get_number(get, arg, "num_devs", -1);
	unsigned int nb = 0;

	for (int i = 0; i < entries && nb < max; i++)
		if (get_number(get, arg, "state", i) != XEN_PCI_STATE_CLOSED &&
			get_device(get, arg, i, &devices[nb]))
			nb++;
	return nb;
}
