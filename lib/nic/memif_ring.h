/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NIC_MEMIF_RING_H
#define NIC_MEMIF_RING_H

/*
 * Frames through rings in memory that a stranger shares with us, and may write to at any time. What
 * is believed and what is not is told at the head of memif_ring.c. One thread for a link.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>

#include "memif_proto.h"

#define MEMIF_REGIONS_MAX 16
#define MEMIF_TX_RINGS_MAX 8 /* that a client may send on */
#define MEMIF_LOG2_RING_MAX 12

/* Memory of the client's that is mapped here; as long as it is, `size` bytes of it are there. */
struct memif_region {
	uint8_t *addr;
	uint64_t size;
};

/* A ring and our place in it. */
struct memif_queue {
	struct memif_ring *ring;
	uint16_t size; /* a power of two */
	uint16_t next; /* our own count of what went through */
};

struct memif_link {
	struct memif_region regions[MEMIF_REGIONS_MAX];
	uint16_t nb_regions;
	uint16_t nb_from; /* rings that the client sends on */
	uint16_t turn;    /* the one to look at first */
	struct memif_queue from[MEMIF_TX_RINGS_MAX];
	struct memif_queue to; /* what the client receives */
	struct rte_mempool *pool;
	/* Set by whoever moves frames. */
	bool broken;        /* the client did not keep to the protocol: it is to go */
	uint64_t too_long;  /* frames that do not fit into a buffer */
	uint64_t no_memory; /* calls that had no buffer for what there is: it stays there */
};

/* Take frames that the client has sent; each is one buffer. */
uint16_t memif_receive(struct memif_link *link, struct rte_mbuf **pkts, uint16_t nb);

/*
 * Give frames to the client. Returns how many went; these are freed, the others stay the caller's.
 */
uint16_t memif_send(struct memif_link *link, struct rte_mbuf **pkts, uint16_t nb);

#endif
