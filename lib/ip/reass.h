/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_REASS_H
#define IP4_REASS_H

#include <stdint.h>
#include <sys/queue.h>

#include <rte_mbuf.h>

/*
 * Datagrams for us that come in fragments (RFC 1812, 4.2.2.7; RFC 1122, 3.3.2). Bounded in
 * datagrams and in fragments; the oldest datagram makes room. A fragment that overlaps another ends
 * its datagram: honest senders do not do this. Pure: time is an argument, what is lost leaves by a
 * callback.
 */

/*
 * Fragments of one datagram; the list of them is walked for each that comes. 64 KB over links of
 * 576 bytes are 119. A datagram in more pieces is given up.
 */
#define REASS_FRAGMENTS 128

enum reass_loss {
	REASS_TIMEOUT, /* Not complete in time. */
	REASS_FULL,    /* No room. */
	REASS_BAD,     /* Overlapping, without data, or beyond 65535 bytes. */
	REASS_DUPLICATE,
};

struct reass_conf {
	uint32_t max;        /* Datagrams. */
	uint32_t fragments;  /* All together. */
	uint32_t timeout_ms; /* From the first to arrive. */
};

struct reass_datagram;
TAILQ_HEAD(reass_list, reass_datagram);

struct reass {
	struct reass_conf conf;
	/* A fragment is lost; owns it. */
	void (*lose)(struct rte_mbuf *m, enum reass_loss why);
	struct reass_list datagrams; /* Oldest first. */
	uint32_t count;
	uint32_t fragments;
};

void reass_init(struct reass *r, void (*lose)(struct rte_mbuf *m, enum reass_loss why));

/*
 * Take a fragment with a checked header. Returns the whole datagram when it was the last that was
 * missing (first buffer: the header of the first fragment), else NULL.
 */
struct rte_mbuf *reass_add(struct reass *r, struct rte_mbuf *m, uint64_t now_ms);

/* Let time pass. */
void reass_step(struct reass *r, uint64_t now_ms);

/* Forget all. */
void reass_clear(struct reass *r);

#endif
