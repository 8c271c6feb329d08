/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_NEIGHBOR_H
#define IP4_NEIGHBOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <rte_ether.h>

/*
 * Neighbours: who on a connected network has which MAC address (RFC 826, RFC 1122 2.3.2).
 *
 *                 packet                    reply
 *    (none) ------------------> INCOMPLETE -------> REACHABLE <-----------------+
 *       ^                           | no answer        | reachable_ms over      | reply
 *       |                           v                  v                        |
 *       +---------------------- held packets       used meanwhile? -- yes -> PROBE
 *       |                       are answered            | no             ^      | no answer
 *       |                                               v        used    |      v
 *       +------------------ stale_ms over ----------- STALE -------------+   (none)
 *
 * INCOMPLETE asks by broadcast, `probes` times. PROBE asks by unicast, then by broadcast, `probes`
 * times each, so that a neighbour whose MAC address has changed is found again without having been
 * forgotten. STATIC neighbours are as configured and have no timers. A neighbour that is a gateway
 * of a route ("referenced") is never forgotten, only without MAC address: it is asked again when a
 * packet wants to go there.
 *
 * Everything is bounded: neighbours, those of them that are incomplete (a quarter: somebody who
 * scans a network must not push out who really is there), packets held for one and for all,
 * requests in a second. When the table is full the neighbour that is stale for longest makes room.
 *
 * Pure: time comes as an argument, what is to be done leaves by callbacks. Control thread only.
 */

enum neighbor_state {
	NEIGHBOR_INCOMPLETE,
	NEIGHBOR_REACHABLE,
	NEIGHBOR_STALE,
	NEIGHBOR_PROBE,
	NEIGHBOR_STATIC,
};

struct neighbor {
	LIST_ENTRY(neighbor) hash_link;
	LIST_ENTRY(neighbor) timer_link; /* In a slot of the wheel when deadline is not 0. */
	TAILQ_ENTRY(neighbor) stale_link;
	uint32_t addr; /* Host order. */
	uint16_t iface;
	uint8_t state;
	uint8_t tries; /* Requests without an answer. */
	struct rte_ether_addr mac;
	uint32_t refs;         /* Routes whose gateway it is. */
	uint32_t index;        /* Its next hop; the owner of the callbacks keeps it here. */
	uint64_t confirmed_ms; /* When the state was entered that its age is told from. */
	uint64_t deadline_ms;  /* 0: nothing to wait for. */
	void **held;           /* Packets, oldest first; NULL when none. */
	uint32_t held_count;
	uint32_t held_room;
};

struct neighbor_conf {
	uint32_t max;          /* Neighbours, without static and referenced ones. */
	uint32_t hold;         /* Packets held for one neighbour. */
	uint32_t hold_total;   /* Packets held for all. */
	uint32_t reachable_ms; /* From an answer to the next question. */
	uint32_t stale_ms;     /* From unused to forgotten. */
	uint32_t retry_ms;     /* From a question to its repetition. */
	uint32_t probes;       /* Questions of a kind. */
	uint32_t rate;         /* Questions a second, all together. */
};

struct neighbor_ops {
	/* Reserve what belongs to a neighbour (its next hop). 0 or a negative errno value. */
	int (*create)(struct neighbor *n);
	/* It goes; no packets are held. */
	void (*destroy)(struct neighbor *n);
	/* Ask for its MAC address; by unicast to n->mac when not by broadcast. */
	void (*request)(struct neighbor *n, bool broadcast);
	/* n->mac is valid now or has changed: packets may be sent. */
	void (*resolved)(struct neighbor *n);
	/* n->mac is not valid any more. */
	void (*unresolved)(struct neighbor *n);
	/* A held packet may go: the neighbour is resolved. Owns the packet. */
	void (*release)(struct neighbor *n, void *packet);
	/* A held packet cannot go: nobody answered (or the neighbour was removed). Owns it. */
	void (*fail)(struct neighbor *n, void *packet);
	/* Packets went there since this was last asked. */
	bool (*used)(struct neighbor *n);
	/* No more packets can be held for it, or can again. */
	void (*full)(struct neighbor *n, bool full);
};

#define NEIGHBOR_HASH 16384
#define NEIGHBOR_SLOTS 1024
#define NEIGHBOR_TICK_MS 32

LIST_HEAD(neighbor_list, neighbor);
TAILQ_HEAD(neighbor_tailq, neighbor);

struct neighbor_table {
	struct neighbor_conf conf;
	const struct neighbor_ops *ops;
	struct neighbor_list hash[NEIGHBOR_HASH];
	struct neighbor_list slot[NEIGHBOR_SLOTS];
	struct neighbor_tailq stale; /* Longest stale first. */
	uint64_t tick;               /* The wheel has been turned up to here. */
	uint32_t count;              /* Dynamic, not referenced. */
	uint32_t incomplete;         /* Of those. */
	uint32_t held;               /* Packets, all together. */
	uint64_t tokens;             /* Of requests, in thousandths. */
	uint64_t tokens_ms;          /* When they were counted. */
};

void neighbor_init(struct neighbor_table *t, const struct neighbor_ops *ops, uint64_t now_ms);

/* Set or change the limits; takes effect from the next event of each neighbour. */
void neighbor_configure(struct neighbor_table *t, const struct neighbor_conf *conf);

/* Remove all neighbours; packets held fail. */
void neighbor_clear(struct neighbor_table *t);

struct neighbor *neighbor_find(const struct neighbor_table *t, uint16_t iface, uint32_t addr);

/* All neighbours: NULL starts, NULL ends. The one given may be removed after the call. */
struct neighbor *neighbor_next(const struct neighbor_table *t, const struct neighbor *n);

/*
 * A packet wants to go to an address that is not resolved: hold it and ask.
 *
 * @return
 *   0: the packet is held. -ENOSPC: the table is full. -ENOBUFS: no more packets can be held.
 *   -EEXIST: the neighbour is resolved meanwhile, send. After errors the packet is the caller's.
 */
int neighbor_hold(
	struct neighbor_table *t, uint16_t iface, uint32_t addr, void *packet, uint64_t now_ms);

/*
 * An ARP packet says who has an address.
 *
 * @param create
 *   Learn it when it is not known (it has asked us: we shall answer), else only update.
 * @return
 *   True when the neighbour is known now.
 */
bool neighbor_confirm(struct neighbor_table *t, uint16_t iface, uint32_t addr,
	const struct rte_ether_addr *mac, bool create, uint64_t now_ms);

/* Make or change a static neighbour. 0 or a negative errno value. */
int neighbor_set_static(struct neighbor_table *t, uint16_t iface, uint32_t addr,
	const struct rte_ether_addr *mac, uint64_t now_ms);

/* A static neighbour becomes a dynamic one without MAC address (and goes if not referenced). */
void neighbor_unset_static(struct neighbor_table *t, struct neighbor *n);

/* A route wants it as gateway: found or made, and asked for. NULL: no memory. */
struct neighbor *neighbor_ref(
	struct neighbor_table *t, uint16_t iface, uint32_t addr, uint64_t now_ms);

/* The route wants it no more. */
void neighbor_unref(struct neighbor_table *t, struct neighbor *n);

/* Forget what was learned about it (static ones stay); it goes unless it is referenced. */
void neighbor_forget(struct neighbor_table *t, struct neighbor *n);

/* Let time pass. */
void neighbor_step(struct neighbor_table *t, uint64_t now_ms);

const char *neighbor_state_name(const struct neighbor *n);

#endif
