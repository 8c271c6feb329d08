/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_CAPTURE_PRIV_H
#define XEBRA_CAPTURE_PRIV_H

/* What capture.c does and capture_cmd.c asks for. */

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "port_priv.h"

#define CAPTURE_ANY_VLAN UINT16_MAX

/* What to capture. */
struct capture_request {
	const char *file;
	const struct port *port; /* NULL: all ports */
	uint16_t vlan;           /* CAPTURE_ANY_VLAN, or 0: untagged, or a VLAN id */
	uint32_t snaplen;        /* bytes of each frame; 0: whole frames */
	uint64_t packets;        /* to end after; 0: when stopped */
};

struct capture_status {
	char file[PATH_MAX];
	bool running;
	uint64_t packets; /* written to the file */
	uint64_t dropped; /* not captured: the writer did not keep up */
	int error;        /* negative errno value of a write that failed, or 0 */
};

/* Begin; one capture at a time. */
int capture_start(const struct capture_request *request, struct xebra_err *err);

/* End, when one is running; what is on its way to the file is written. */
void capture_stop(void);

/* The running capture, or the last one. False: there was none. */
bool capture_status(struct capture_status *status);

#endif
