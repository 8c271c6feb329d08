/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_PRIV_H
#define IP4_PRIV_H

/*
 * What the files of the IPv4 layer share.
 *
 * The data path reads `ip4` (tables and settings) and writes `ip4_worker[]` (one for each worker).
 * The control side is built in layers, each using those before it:
 *   rib, fib, nexthop, neighbor   pure structures
 *   route                         several routes of a prefix, the best goes to the FIB
 *   adj                           neighbours get next hops and /32 entries; their callbacks
 *   paths                         gateways of routes, found on connected networks; ECMP groups
 *   address                       addresses of ours and what they imply
 *   arp, reassembly               packets that the control thread handles
 *   ip4_conf, ip4_cmd             configuration and commands
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <rte_common.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include "fib.h"
#include "neighbor.h"
#include "nexthop.h"
#include "rib.h"
#include "xebra_iface.h"
#include "xebra_ip4.h"
#include "xebra_worker.h"

/* Next hops that exist once. */
struct ip4_special {
	uint32_t local, broadcast, multicast, martian, blackhole, unreachable, prohibit;
};

#define IP4_OWN_BITS 12 /* Logarithm of the filter's size. */
#define IP4_OWN_FACTOR 0x9e3779b1u

/* A network, network order: addresses for which (addr ^ net) & mask is 0. */
struct ip4_net {
	rte_be32_t net, mask;
};

/* What the data path reads; written by the control thread. */
struct ip4_data {
	struct ip4_fib *fib; /* NULL as long as no interface has been configured for IPv4. */
	struct ip4_nexthop *nh;
	/* Sources that can be ours (addresses and broadcasts), by hash: 0 says no for sure. */
	uint8_t own[1 << IP4_OWN_BITS];
	uint32_t own_bits[8] __rte_aligned(32); /* The same, a bit for each 16 of them. */
	uint8_t enabled[XEBRA_IFACE_MAX];       /* IPv4 is configured on the interface. */
	/* Sources that can be neighbours on an interface: no others are due a redirect there. */
	struct ip4_net on_link[XEBRA_IFACE_MAX];
	uint32_t hash_seed; /* So that routers in a row choose differently. */
	uint32_t icmp_rate; /* Errors a second and worker; 0: none. */
	uint32_t icmp_burst;
};

extern struct ip4_data ip4;

/* ICMP, of one worker. Counts are read by the control thread. */
struct ip4_worker {
	uint64_t tokens; /* Of errors, in ticks of the TSC times errors a second. */
	uint64_t tokens_tsc;
	uint64_t errors_sent;
	uint64_t errors_limited; /* Not sent: the rate was used up. */
	uint64_t errors_refused; /* Not sent: RFC 1812 4.3.2.7 forbids it. */
	uint64_t redirects_sent;
	uint16_t packet_id;
} __rte_cache_aligned;

extern struct ip4_worker ip4_worker[XEBRA_WORKER_MAX];

static inline uint32_t
ip4_own_hash(rte_be32_t addr)
{
	return (addr * IP4_OWN_FACTOR) >> (32 - IP4_OWN_BITS);
}

static inline bool
ip4_own_maybe(const struct ip4_data *data, rte_be32_t addr)
{
	return data->own[ip4_own_hash(addr)] != 0;
}

/* ip4.c */
extern struct rib ip4_rib;
extern struct ip4_nh_table ip4_nh;
extern struct ip4_special ip4_special;
/* Make the tables if there are none yet, and begin to work. 0 or a negative errno value. */
int ip4_start(void);
/* Forget all routes and neighbours; no addresses are left. The tables stay: workers run. */
void ip4_stop(void);
bool ip4_started(void);

/* route.c */
struct ip4_paths;

/* Kept small, as a full table has a million: what leads to another is its number in an arena. */
struct ip4_route {
	uint32_t next;           /* Route of the same prefix, less trusted. */
	uint32_t node;           /* In ip4_rib. */
	struct ip4_paths *paths; /* XEBRA_IP4_VIA; else NULL and */
	uint32_t index;          /* the next hop. */
	uint8_t origin;          /* enum xebra_ip4_origin */
};

extern struct arena ip4_routes;

/* A route by its number: what a node's `routes` and a route's `next` are. NULL: no more. */
static inline struct ip4_route *
ip4_route_get(uint32_t number)
{
	return number != 0 ? (struct ip4_route *)ip4_routes.items + number : NULL;
}

/* The next hop that a route leads to now; 0: it cannot be used. */
uint32_t ip4_route_index(const struct ip4_route *route);
/* Set the route of an origin: to a next hop, or (paths not NULL; reference taken over) to paths. */
int ip4_route_set(uint32_t prefix, uint8_t len, enum xebra_ip4_origin origin, uint32_t index,
	struct ip4_paths *paths);
/* What these paths lead to has changed: routes by way of them are tried again. */
void ip4_route_paths_changed(void);
/* The route of an origin of exactly this prefix, or NULL. */
struct ip4_route *ip4_route_find(uint32_t prefix, uint8_t len, enum xebra_ip4_origin origin);
/* What is in the FIB for an address that the control thread looks up. */
const struct ip4_nexthop *ip4_route_lookup(uint32_t addr);
/* Take out all routes of an origin; returns their number. */
unsigned int ip4_route_flush(enum xebra_ip4_origin origin);

/* paths.c */
struct ip4_path {
	struct xebra_ip4_path spec;
	struct neighbor *neighbor; /* NULL: not to be reached. */
	struct neighbor *before;   /* While it is found again: what routes may still lead to. */
};

struct ip4_paths {
	LIST_ENTRY(ip4_paths) hash_link;
	uint32_t hash;
	uint32_t refs;
	uint32_t index; /* Next hop; 0: none of them can be reached. */
	uint32_t group; /* Next hop of the group; 0: there is but one. */
	bool changed;   /* The index has, and routes do not know yet. */
	unsigned int n;
	struct ip4_path path[];
};

/* The paths of a specification, shared by all routes that have the same; NULL: no memory. */
struct ip4_paths *ip4_paths_get(const struct xebra_ip4_path *spec, unsigned int n);
void ip4_paths_put(struct ip4_paths *paths);
/* Interfaces or addresses have changed: find all gateways again. */
void ip4_paths_resolve_all(void);

/* adj.c */
extern struct neighbor_table ip4_neighbors;
int ip4_adj_init(void);
void ip4_adj_fini(void);
/* An interface's MAC address, MTU or place has changed. */
void ip4_adj_iface_changed(const struct xebra_iface *iface);
/* Forget the neighbours of an interface; packets for static ones wait. */
void ip4_adj_iface_down(const struct xebra_iface *iface);
/* Addresses of an interface have changed: neighbours of networks that are gone are forgotten. */
void ip4_adj_refresh(uint16_t iface);
/* Send ICMP redirects or do not. */
void ip4_adj_redirects(bool on);

/* address.c */
struct ip4_address {
	TAILQ_ENTRY(ip4_address) link;
	uint32_t addr;
	uint8_t len;
	uint16_t iface;
	uint32_t glean;     /* Next hop of the connected network. */
	uint32_t broadcast; /* Next hop of its broadcast addresses. */
	bool connected;     /* Its network is in the RIB. */
};

TAILQ_HEAD(ip4_address_list, ip4_address);
extern struct ip4_address_list ip4_addresses;

int ip4_address_add(uint16_t iface, uint32_t addr, uint8_t len);
void ip4_address_del(uint16_t iface, uint32_t addr, uint8_t len);
/* The address of ours whose connected network has an address; iface XEBRA_IFACE_NONE: any. */
const struct ip4_address *ip4_address_towards(uint32_t addr, uint16_t iface);
/* Switch IPv4 on or off on an interface. */
void ip4_iface_enable(uint16_t iface, bool on);

/* arp.c */
void ip4_arp_request(const struct neighbor *n, bool broadcast);
/* Tell the network who has an address (RFC 5227, 2.3). */
void ip4_arp_announce(const struct xebra_iface *iface, uint32_t addr);

/* resolve.c: packets that wait for a MAC address */
void ip4_packet_again(struct rte_mbuf *m);
void ip4_packet_unreachable(struct rte_mbuf *m);

/* reass_control.c */
void ip4_reass_init(void);
void ip4_reass_fini(void);
void ip4_reass_configure(uint32_t max, uint32_t timeout_ms);

#endif
