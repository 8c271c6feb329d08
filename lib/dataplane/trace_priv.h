/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_TRACE_PRIV_H
#define XEBRA_TRACE_PRIV_H

/* What trace.c records and trace_cmd.c shows. */

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>
#include <rte_graph.h>

#include "xebra_err.h"

#define TRACE_DATA 96 /* bytes kept of a packet at each node */

/* A packet at the door of a node. */
struct trace_record {
	uint64_t tsc;
	rte_node_t node;
	uint32_t packet; /* number of the packet, from 0 */
	uint32_t length; /* of the packet there, bytes */
	uint16_t worker;
	uint16_t kept;                             /* bytes of data */
	bool ready;                                /* written whole */
	uint8_t data[TRACE_DATA] __rte_aligned(8); /* structures are laid over it */
};

/* Trace the next packets that come in, those of one interface unless it is XEBRA_IFACE_NONE. */
int trace_start(unsigned int packets, uint16_t iface, struct xebra_err *err);

/* End tracing; what was recorded stays. */
int trace_stop(struct xebra_err *err);

/* What was recorded, in the order of recording; NULL past the end. */
const struct trace_record *trace_record(unsigned int index);

/* Records for which there was no room. */
unsigned int trace_lost(void);

#endif
