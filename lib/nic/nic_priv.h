/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NIC_PRIV_H
#define NIC_PRIV_H

/* What the files of lib/nic share: the VFs, the plan, the worker. */

#include <jansson.h>

#include "memif_session.h"
#include "nic_port.h"
#include "nic_sched.h"
#include "nic_switch.h"
#include "xebra_err.h"
#include "xebra_socket.h"

#define NIC_BURST NIC_SCHED_TURN /* frames */
#define NIC_PENDING 1024         /* frames that wait for the uplink */

/* Counters of one VF, written by the worker alone. tx is what the VF sends. */
struct nic_vf_stats {
	uint64_t rx_packets, rx_bytes;
	uint64_t tx_packets, tx_bytes;
	uint64_t no_memory; /* turns without a free packet buffer: its frames wait in its ring */
	uint64_t drops[NIC_DROP_MAX];
};

struct nic_uplink_stats {
	uint64_t rx_packets, rx_bytes;
	uint64_t tx_packets, tx_bytes;
	uint64_t no_memory; /* copies of group frames that could not be made */
	uint64_t drops[NIC_UPLINK_DROP_MAX];
};

/*
 * All that the worker works by. Made by the control thread, never changed while the worker has it:
 * a new one is put in its place, and when the worker has begun with it, nobody has the old one.
 */
struct nic_plan {
	uint32_t number;
	unsigned int nb_vfs;
	uint64_t connected; /* VFs with a port */
	uint64_t up;        /* of these, with link: they send and receive */
	struct nic_port *ports[NIC_VFS_MAX];
	struct nic_port *uplink;
	bool uplink_up;
	uint32_t uplink_rate;  /* Mb/s that are given out; 0: what the device takes */
	uint32_t uplink_speed; /* Mb/s, for the weight of VFs without cap */
	struct nic_switch sw;
};

/* Frames on their way to one VF, gathered within one turn. */
struct nic_buffer {
	uint16_t nb;
	struct rte_mbuf *pkts[NIC_BURST];
};

struct nic_worker {
	/* Set by the control thread. */
	const struct nic_plan *plan;
	bool stop;
	bool spin;
	uint32_t max_sleep_us;
	int wake_fd;

	/* Set by the worker. */
	uint32_t seen __rte_cache_aligned; /* number of the plan it has begun with */
	bool sleeping;
	uint64_t now; /* TSC, of the last turn */
	uint32_t idle_walks;
	uint64_t walks, busy_cycles, sleeps;
	struct rte_mempool *pool;
	uint64_t touched; /* VFs with something in their buffer */
	uint16_t nb_pending;
	struct rte_mbuf *pending[NIC_PENDING]; /* for the uplink */
	struct nic_buffer buffers[NIC_VFS_MAX];
	struct nic_vf_stats vf_stats[NIC_VFS_MAX];
	struct nic_uplink_stats uplink_stats;
	struct nic_sched sched;
};

/* nic_forward.c. Frames of a VF; they are gone then. Returns the bytes that went to the uplink. */
uint64_t nic_forward_from_vf(struct nic_worker *w, const struct nic_plan *plan, unsigned int vf,
	struct rte_mbuf **pkts, uint16_t nb);
/* Frames of the uplink. */
void nic_forward_from_uplink(
	struct nic_worker *w, const struct nic_plan *plan, struct rte_mbuf **pkts, uint16_t nb);
/* Give the VFs what is for them; what they do not take at once is dropped. */
void nic_forward_flush(struct nic_worker *w, const struct nic_plan *plan);
/* Give the uplink what it takes; the rest waits. */
void nic_uplink_flush(struct nic_worker *w, const struct nic_plan *plan);

/* nic_worker.c */
int nic_worker_start(struct rte_mempool *pool, const struct nic_plan *plan, struct xebra_err *err);
void nic_worker_stop(void);
/* Go on with another plan. When it returns, nobody works by the one before. */
void nic_worker_go_on(const struct nic_plan *plan);
void nic_worker_set_polling(bool spin, uint32_t max_sleep_us);
/* Its counters; NULL: it does not run. */
const struct nic_worker *nic_worker_get(void);

enum nic_kind {
	NIC_KIND_MEMIF,
	NIC_KIND_VHOST,
	NIC_KIND_DEVICE
};

struct nic_client;

/* A VF, for the control thread. */
struct nic_vf {
	unsigned int index;
	struct nic_vf_conf conf;
	char *path;                   /* socket, or devargs */
	struct nic_port *port;        /* NULL: nobody is there */
	struct nic_vf_stats scrubbed; /* counters when it was last reset */
	struct nic_ethdev ethdev;     /* VHOST, DEVICE */
	struct xebra_socket socket;   /* MEMIF */
	struct nic_client *client;    /* MEMIF: on the socket; its port may not be there yet */
};

/* What there is. */
struct nic {
	enum nic_kind kind;
	unsigned int nb_vfs;
	struct nic_vf vfs[NIC_VFS_MAX];
	struct rte_mempool *pool;
	struct nic_ethdev uplink;
	struct rte_ether_addr uplink_mac;
	uint16_t uplink_mtu;
	uint32_t uplink_rate; /* configured, Mb/s; 0: not */
	uint32_t uplink_speed;
	bool uplink_up;
};
extern struct nic nic;

/* nic.c. Tell the worker how things are now. */
void nic_publish(void);
/* The uplink's rate for sharing, Mb/s; 0: not known. */
uint32_t nic_uplink_rate(void);
bool nic_vf_is_up(const struct nic_vf *vf);
int nic_open_uplink(const char *device, uint16_t mtu, unsigned int nb_vfs, struct xebra_err *err);
void nic_close_uplink(void);
/* `places`: folder of sockets, or NULL and a list of devargs. */
int nic_open_vfs(enum nic_kind kind, unsigned int nb, const char *folder, const json_t *devices,
	struct xebra_err *err);
void nic_close_vfs(void);
/* Drop the front end of a VF's vhost device, which is made anew. The worker is out of it. */
int nic_vhost_drop(struct nic_vf *vf, struct xebra_err *err);

/* nic_vf.c. What a VF may do. */
void nic_vf_scrub(struct nic_vf *vf);
/* Check new settings against the other VFs. Error: "key: why". */
int nic_vf_check(const struct nic_vf *vf, const struct nic_vf_conf *conf, struct xebra_err *err);
/* Scrub, drop the connection, begin counting anew. Error: the VF's socket is gone; try again. */
int nic_vf_reset(struct nic_vf *vf, struct xebra_err *err);

/* nic_vf_memif.c. */
int nic_memif_open(struct nic_vf *vf, struct xebra_err *err);
void nic_memif_close(struct nic_vf *vf);
/* Drop the client, if there is one. */
void nic_memif_drop(struct nic_vf *vf, const char *why);

#endif
