/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DEVICE_PRIV_H
#define DEVICE_PRIV_H

/* What the files of lib/device share. */

#include <stddef.h>

#include "xebra_device.h"

/* af_packet.c. Completing: devargs get what is implied by what they are opened for. */
int af_packet_complete(
	char *args, size_t size, const struct xebra_device *device, struct xebra_err *err);
int af_packet_set_mtu(unsigned int if_index, uint16_t mtu);
bool af_packet_link_up(unsigned int if_index);

/*
 * claim.c: an interface of the kernel's has one user in a network namespace. -EBUSY with err set
 * when somebody else has it. The claim is that of an ethdev, which may have it already.
 */
int device_claim(uint16_t id, unsigned int if_index, const char *iface, struct xebra_err *err);
void device_release(uint16_t id);

#endif
