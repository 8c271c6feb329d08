/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_NEXTHOP_H
#define IP4_NEXTHOP_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_common.h>

/*
 * Next hops: what a lookup in the forwarding table gives. One cache line each, in an array whose
 * indices are stable, read by the workers and written by the control thread.
 *
 * What may change under the eyes of a worker: most fields are single stores. The Ethernet header is
 * not: it is written only while the type is not IP4_NH_FORWARD (nor fast_mtu set, which says the
 * same to who does not care for the type), and rewritten only after a quiescent state has passed
 * since it was.
 */

enum ip4_nh_type {
	IP4_NH_NONE,        /* No route. Index 0 is always this. */
	IP4_NH_FORWARD,     /* To a neighbour whose MAC address is known. */
	IP4_NH_GROUP,       /* One of several, by the flow's hash. */
	IP4_NH_RESOLVE,     /* To a neighbour whose MAC address is not known. */
	IP4_NH_GLEAN,       /* On a connected network, no neighbour yet. */
	IP4_NH_LOCAL,       /* An address of ours. */
	IP4_NH_BROADCAST,   /* A broadcast address of a connected network, or 255.255.255.255. */
	IP4_NH_MULTICAST,   /* 224.0.0.0/4 */
	IP4_NH_MARTIAN,     /* Must not be on the wire as a destination. */
	IP4_NH_BLACKHOLE,   /* Dropped in silence. */
	IP4_NH_UNREACHABLE, /* Answered with host unreachable. */
	IP4_NH_PROHIBIT,    /* Answered with communication administratively prohibited. */
};

#define IP4_L2_MAX 18 /* Bytes of the longest Ethernet header, with one tag. */

/* A table of 2^n next hop indices for ECMP; never changed once published. */
struct ip4_buckets {
	uint32_t mask;
	uint32_t index[];
};

struct ip4_nexthop {
	/* What the fast path asks first, in 8 bytes. */
	uint16_t fast_mtu; /* mtu as long as the type is IP4_NH_FORWARD; else 0. */
	uint16_t iface;
	uint16_t redirect_iface; /* Same as iface when redirects are to be sent, else none. */
	uint8_t l2_len;          /* Bytes of the Ethernet header. */
	uint8_t used; /* 1: a worker has sent to it since the control thread cleared this. */

	uint16_t mtu;                   /* Bytes of layer 3. */
	uint16_t port;                  /* DPDK port of the interface. */
	uint8_t type;                   /* enum ip4_nh_type */
	uint8_t full;                   /* RESOLVE: no more packets can be held, drop at once. */
	uint8_t header[IP4_L2_MAX + 2]; /* Right-aligned in the first IP4_L2_MAX bytes. */
	uint32_t addr;                  /* The neighbour, host order. */
	uint32_t src;                   /* Our address towards it, host order. */
	/* For redirects, network order: the same, and its network's mask (0, all ones: none). */
	uint32_t src_be, src_mask_be;
	const struct ip4_buckets *buckets;
} __rte_cache_aligned;

#define IP4_NH_MAX (1u << 20)

/*
 * The table grows by moving: an index stays, a pointer is good until the next allocation (for the
 * control thread) or until the worker's next quiescent state.
 */
struct ip4_nh_table {
	struct ip4_nexthop **nh; /* Where the workers find the array. */
	uint32_t size;
	uint32_t *free;
	uint32_t free_count;
	uint32_t limbo_count; /* At the end of free[]: freed since the last sync. */
	void (*sync)(void);
};

/* The array's address is kept in *nh. 0 or -ENOMEM. */
int ip4_nh_init(struct ip4_nh_table *table, struct ip4_nexthop **nh, void (*sync)(void));
void ip4_nh_fini(struct ip4_nh_table *table);

/* A cleared entry of a type; 0: no memory, or IP4_NH_MAX are in use. */
uint32_t ip4_nh_alloc(struct ip4_nh_table *table, enum ip4_nh_type type);

/* Give an entry back. Nothing points to it any more, but workers may still be looking at it. */
void ip4_nh_free(struct ip4_nh_table *table, uint32_t index);

/* Most members of a group. */
#define IP4_GROUP_MAX 64

/* A member of a group, as ip4_buckets_deal() wants it. */
struct ip4_member {
	uint32_t index;  /* Next hop. */
	uint32_t weight; /* 1..; buckets are dealt in proportion. */
};

/* Buckets for n members: at least 32 for each, a power of two. */
uint32_t ip4_buckets_size(uint32_t n);

/*
 * Deal buckets to members in proportion to their weights, by largest remainder, so that as few as
 * possible change hands against an older table of the same size (NULL: none).
 *
 * @param index
 *   Filled in: the next hop of each bucket.
 */
void ip4_buckets_deal(uint32_t *index, uint32_t size, const uint32_t *old,
	const struct ip4_member *member, uint32_t n);

#endif
