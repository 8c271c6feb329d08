/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_PRIV_H
#define CCN_PRIV_H

/* What the files of the CCN layer share; ccn.c tells how they fit. */

#include <jansson.h>
#include <rte_cycles.h>
#include <rte_spinlock.h>

#include "ccn_fwd.h"
#include "ccn_reass.h"
#include "xebra_node.h"
#include "xebra_worker.h"

#define CCN_SHARDS_MAX 8
#define CCN_REASS_BUFFERS 64 /* at each worker */

/* A part of the forwarder: the names whose first component hashes to it. */
struct ccn_shard {
	rte_spinlock_t lock;
	struct ccn_fwd *fwd;
} __rte_cache_aligned;

/* Which face a sender is; replaced as a whole. Linear probing, half empty. */
struct ccn_demux {
	uint32_t mask;
	struct {
		uint64_t key; /* 0: empty */
		uint32_t face;
	} slot[];
};

/* Everything that workers use; NULL in ccn_run while CCN is not configured. */
struct ccn_run {
	unsigned int n_shards;
	struct ccn_fib *fib;
	struct ccn_shard shards[CCN_SHARDS_MAX];
	struct ccn_reass *reass[XEBRA_WORKER_MAX];
	uint64_t sequence[XEBRA_WORKER_MAX]; /* of fragments sent */
};

/* Neighbours that nobody configured get a face of their own where an interface allows it. */
struct ccn_clients {
	bool trusted;
	uint32_t max;
	uint32_t idle_s;
	uint32_t pit_max;
};

extern struct ccn_run *ccn_run;
extern struct ccn_demux *ccn_demux;
extern uint32_t ccn_group_face[XEBRA_IFACE_MAX]; /* by interface: its group's face */
extern bool ccn_clients_allowed[XEBRA_IFACE_MAX];

/* The forwarder's clock. Any thread. */
static inline uint64_t
ccn_us(uint64_t tsc)
{
	return tsc / (rte_get_tsc_hz() / 1000000);
}

static inline struct ccn_shard *
ccn_shard_of(struct ccn_run *run, const struct ccn_name *name)
{
	return &run->shards[run->n_shards == 1 ? 0 : (name->hash[1] >> 32) % run->n_shards];
}

static inline uint64_t
ccn_ether_key(uint16_t iface, const struct rte_ether_addr *mac)
{
	uint64_t key = 0;

	memcpy(&key, mac, sizeof(*mac));
	return key | (uint64_t)(iface + 1u) << 48;
}

static inline uint64_t
ccn_udp_key(uint32_t ip, uint16_t port)
{
	return 1ULL << 63 | (uint64_t)ip << 16 | port;
}

/* The face of a sender, or CCN_FACE_NONE. Workers. */
static inline uint32_t
ccn_demux_find(uint64_t key)
{
	const struct ccn_demux *d = __atomic_load_n(&ccn_demux, __ATOMIC_ACQUIRE);

	if (d == NULL)
		return CCN_FACE_NONE;
	for (uint32_t i = (uint32_t)(ccn_mix(key, ccn_hash_key[0]) & d->mask); d->slot[i].key != 0;
		i = (i + 1) & d->mask)
		if (d->slot[i].key == key)
			return d->slot[i].face;
	return CCN_FACE_NONE;
}

/* ccn.c: start and stop, as the configuration says. */
int ccn_start(const json_t *section, struct xebra_err *err);
void ccn_stop(void);
/* Make all content stores anew with so many bytes in all. */
int ccn_store_resize(uint64_t bytes, struct xebra_err *err);

/* ccn_face.c: the table of faces. Control thread. */

/* What a face is to be. */
struct ccn_face_spec {
	const char *name;
	const char *iface; /* UDP: where a client is counted, or NULL */
	enum ccn_link link;
	struct rte_ether_addr mac;
	rte_be32_t ip;
	rte_be16_t port;
	rte_be32_t local_ip;
	uint16_t mtu; /* 0: the interface's, with UDP CCN_UDP_MTU */
	uint32_t pit_max;
	uint32_t rate_mbps;
	bool trusted;
	bool dynamic;
};

/* Make a face, or change the one of this name. Its id, or a negative errno with err. */
int64_t ccn_face_set(const struct ccn_face_spec *spec, struct xebra_err *err);
/* Take a face away, and its registered routes. */
void ccn_face_unset(const char *name);
/* Let another face have its remote; ccn_face_set() gives it a new one. */
void ccn_face_vacate(const char *name);
/* Id of a face, or CCN_FACE_NONE. */
uint32_t ccn_face_find(const char *name);
/* Name of a face, or "-" when it is gone. */
const char *ccn_face_name(uint32_t id);
void ccn_face_clear(void);
/* Call for every face, which may be taken away meanwhile. */
void ccn_face_each(void (*visit)(uint32_t id, const struct ccn_face_spec *spec));
/* As "show ccn face" says it. */
json_t *ccn_face_json(void);

/* ccn_client.c: faces for neighbours that are not configured. Control thread. */

/* Allow clients on an interface, or (NULL) no more. */
void ccn_clients_set(const char *iface, const struct ccn_clients *clients);
/* Take away clients' faces that were idle for too long. */
void ccn_clients_expire(void);

/* ccn_rib.c: routes and strategies, and the FIB that follows from them. Control thread. */

enum ccn_origin {
	CCN_STATIC,     /* configuration and command */
	CCN_REGISTERED, /* a client's command */
};

int ccn_rib_init(uint32_t max);
void ccn_rib_fini(void);
/* Add a next hop or change it. expires_ms: on the loop's clock, 0: never. */
int ccn_rib_add(const struct ccn_name *prefix, uint32_t face, enum ccn_origin origin, uint32_t cost,
	uint32_t weight, uint64_t expires_ms, struct xebra_err *err);
/* Take a next hop out; CCN_FACE_NONE: all of the origin. -ENOENT when there is none. */
int ccn_rib_del(const struct ccn_name *prefix, uint32_t face, enum ccn_origin origin);
int ccn_rib_strategy(const struct ccn_name *prefix, int strategy, struct xebra_err *err);
/* A face is gone. */
void ccn_rib_face_gone(uint32_t face);
/* Let registrations end. */
void ccn_rib_expire(void);
/* Free what readers may have held. */
void ccn_rib_settle(void);
json_t *ccn_rib_json(const struct ccn_name *under, unsigned int max);
json_t *ccn_rib_strategy_json(void);
extern const char *const ccn_strategy_words[];

/* ccn_tx.c: ways out. ctx of ccn_send() */
struct ccn_tx {
	struct rte_graph *graph;
	struct rte_node *node;
	struct ccn_run *run;
	struct ccn_fwd *fwd;  /* whose turn it is */
	struct rte_mbuf *own; /* the packet whose turn it is, if it may be sent itself */
	unsigned int worker;
	unsigned int n;
	struct rte_mbuf *out[64];
};

/* A ccn_send_fn. */
void ccn_send(void *ctx, const struct ccn_face *face, const struct ccn_lp *lp, const uint8_t *bytes,
	uint32_t len);
/*
 * A buffer with a packet's bytes, for ccn_frame(): *own, which is NULL afterwards, or a new one.
 * They may lie in *own. NULL without a buffer.
 */
struct rte_mbuf *ccn_buffer(struct rte_mbuf **own, const uint8_t *bytes, uint32_t len);
/* Make a buffer the frame of a link packet. NULL when it is NULL or that does not fit. */
struct rte_mbuf *ccn_frame(struct rte_mbuf *m, const struct ccn_face *face, const struct ccn_lp *lp,
	uint64_t sequence, uint32_t index, uint32_t count);
/* Send on what was gathered. */
void ccn_tx_flush(struct ccn_tx *tx);
enum {
	CCN_EDGE_PORT_TX,
	CCN_EDGE_IP4_OUTPUT,
};
/* UDP: read the headers, and let data point behind them. False: something is wrong with them. */
bool ccn_udp_strip(struct rte_mbuf *m, uint64_t *key);
/* The opposite. */
void ccn_udp_unstrip(struct rte_mbuf *m);
/* UDP: put the headers before a packet. */
bool ccn_udp_encap(const struct ccn_face *face, struct rte_mbuf *m);

/* Bytes that one frame to a face can carry, of a packet of `len`. */
uint32_t ccn_part_size(const struct ccn_face *face, const struct ccn_lp *lp, uint32_t len);

#endif
