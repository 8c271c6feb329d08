/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VCHANNEL_PRIV_H
#define VCHANNEL_PRIV_H

/*
 * What the files of the driver share.
 *
 *   vdev.c             birth from devargs, and death
 *   vchannel_ethdev.c  configure, start, stop: the ethdev itself
 *   queue.c            its queues
 *   info.c             what all members can do, as one device
 *   filter.c, rss.c    addresses, modes, VLANs, MTU; hash settings: passed on to every member
 *   member.c           a member's life: claimed, added, deleted, released
 *   member_run.c       configured, started, reset, stopped
 *   hotplug.c          devices that come and go by themselves
 *   rx.c, tx.c         the burst functions; place.h finds the member of a packet
 *   bucket.c, adapt.c, flow.c, liveness.c   pure: tables, balance, hashing, judging
 *   control.c          the periodic task: who is alive, which buckets move
 *   probe.c            frames by which two V-Channels test each link
 *   stats.c, api.c, telemetry.c             what can be seen and said from outside
 *
 * Memory: `struct vchannel` is dev_private, in shared memory, so that a secondary process reads
 * counters. Each queue writes its own counters only.
 *
 * Locks: `lock` serialises everything but the bursts. Member ethdevs are called with it held. An
 * application's callback is called without it. A member's callback may come from within a call
 * into the member, so it takes no lock and leaves the work to the control task; only the end of a
 * port, which never is our doing, is waited for.
 *
 * Between bursts and the rest: a queue's `seq` is odd within a burst. Whoever took something away
 * (a member's bit in rx_mask, its buckets) waits until each queue has left the burst of that time.
 */

#include <pthread.h>
#include <string.h>

#include <ethdev_driver.h>
#include <rte_mbuf.h>
#include <rte_version.h>

#include "adapt.h"
#include "args.h"
#include "bucket.h"
#include "liveness.h"
#include "rte_pmd_vchannel.h"
#include "vchannel_log.h"

#define VCHANNEL_CHUNK 64 /* packets that a transmit burst handles at once */
#define VCHANNEL_MACS_MAX 64
#define VCHANNEL_MC_MAX 64
#define VCHANNEL_PTYPES 64
#define VCHANNEL_RETA_MAX 512
#define VCHANNEL_RSS_KEY 64 /* bytes, the longest */

/* Bits of txq_flags. */
#define VCHANNEL_TX_NIC_HASH 1
#define VCHANNEL_TX_MEASURE 2 /* count bytes per bucket */

struct vchannel;

/* What one queue exchanged with one member. */
struct vchannel_count {
	uint64_t packets;
	uint64_t bytes;
	uint64_t refused; /* packets that the member did not take; that we did not want of it */
};

struct vchannel_rxq {
	uint64_t seq; /* odd within a burst */
	struct vchannel *vc;
	uint16_t id;
	uint16_t first; /* slot to poll first next time */
	struct vchannel_count count[VCHANNEL_MEMBERS_MAX];
	/* set-up, for the members */
	struct rte_mempool *pool;
	struct rte_eth_rxconf conf;
	uint16_t nb_desc;
	unsigned int socket;
} __rte_cache_aligned;

struct vchannel_txq {
	uint64_t seq; /* odd within a burst */
	struct vchannel *vc;
	uint16_t id;
	struct vchannel_count count[VCHANNEL_NONE + 1];
	uint32_t *load; /* [buckets] bytes sent, wrapping */
	struct rte_eth_txconf conf;
	uint16_t nb_desc;
	unsigned int socket;
	struct rte_mbuf *out[VCHANNEL_NONE + 1][VCHANNEL_CHUNK]; /* a chunk being sorted */
} __rte_cache_aligned;

/* What a member's own counters said when we began to count. */
struct vchannel_hw {
	uint64_t imissed, ierrors, oerrors, rx_nombuf;
};

/* Settings of a device before it was a member. */
struct vchannel_found {
	bool promiscuous;
	bool allmulticast;
	uint16_t mtu;
};

struct vchannel_member {
	bool used;    /* the slot is taken */
	bool running; /* configured and started by us */
	bool removed; /* unplugged: no calls into the device but stop */
	bool gone;    /* its port was closed by somebody: no calls at all */
	bool watched; /* callbacks are registered */
	bool reset;   /* its driver wants to be reset, or the last attempt failed */
	bool noted;   /* how it was found is in `found` */
	bool told;    /* the settings of the V-Channel are its own as well */
	bool link_up;
	bool mac_set;             /* its own address was replaced */
	bool promiscuous_for_mac; /* it cannot change its address: it has to hear all */
	uint16_t port;
	uint16_t probe_queue; /* transmit queue of the control task; UINT16_MAX: none */
	uint32_t weight;      /* configured, Mb/s; 0: the link's speed */
	uint32_t speed;       /* of the link, Mb/s */
	char name[RTE_ETH_NAME_MAX_LEN];
	struct rte_ether_addr mac; /* its own */
	struct vchannel_liveness live;
	struct vchannel_progress *progress; /* [queues] */
	struct vchannel_completions completions;
	uint64_t completions_at; /* ns; last look */
	uint64_t renew_at;       /* ns; next attempt to reset it ... */
	uint64_t renew_pause;    /* ... and the pause before it */
	struct vchannel_found found;
	uint64_t stranded;
	uint64_t sent_base;     /* our count and ... */
	uint64_t opackets_base; /* ... the device's when it was started */
	struct vchannel_hw hw_base;
	struct vchannel_count rx_base, tx_base; /* queue counters when the slot was taken */
	/* probes */
	uint64_t heard;                 /* probes received; written by receive queues */
	uint64_t heard_echo;            /* of these, such as said that ours arrive */
	uint64_t heard_seen, echo_seen; /* at the control task's last look */
	uint64_t heard_at, echo_at;     /* ns */
	uint64_t started_at;            /* ns */
	uint32_t probe_seq;
};

struct vchannel {
	/* read by every burst */
	uint32_t rx_mask __rte_cache_aligned; /* slots to poll */
	uint32_t rx_drop;                     /* slots whose packets are not for the application */
	uint32_t txq_flags;
	uint32_t shift;      /* 32 - log2(buckets) */
	uint32_t tick_shift; /* TSC to the table's ticks */
	struct vchannel_table *table;
	struct vchannel_flow_conf flow;
	uint16_t port_id;
	bool probing;                     /* look for probe frames on receipt */
	uint16_t port[VCHANNEL_NONE + 1]; /* of each slot */

	/* everything else is under the lock */
	pthread_mutex_t lock __rte_cache_aligned;
	struct rte_eth_dev_data *data;
	struct vchannel_args args; /* as created; mode and weights change later */
	struct vchannel_member member[VCHANNEL_MEMBERS_MAX];
	struct vchannel_wanted wanted[VCHANNEL_MEMBERS_MAX]; /* devices that are not there yet */
	uint16_t nb_wanted;
	uint64_t owner;
	bool watching; /* for new ports */
	bool started;
	bool ticking; /* the periodic task is due */
	bool mac_chosen;
	bool lsc_due; /* tell the application once the lock is free */
	int active;   /* active-backup's member, or -1 */
	uint32_t switchovers;
	struct rte_eth_link link;

	/* moves */
	bool settling;       /* waiting for all queues to leave their burst, to arm moves */
	uint64_t *seen;      /* [rx queues + tx queues] seq at the change */
	uint64_t pending_at; /* ns; since when moves are pending */
	/* adaptive mode */
	struct vchannel_adapt *adapt;
	uint64_t *bytes;     /* [buckets] of this period */
	uint32_t *load_seen; /* [buckets * tx queues] */
	uint64_t adapt_at;
	/* probes */
	struct rte_mempool *probe_pool;
	uint64_t probe_at;
	uint64_t peer_since; /* ns; 0: nobody answers */
	uint64_t peer_mac;   /* as rte_ether_addr in the low bytes; 0 unknown */

	/* settings that new members inherit */
	struct rte_ether_addr mc[VCHANNEL_MC_MAX];
	uint32_t nb_mc;
	bool rss_set;
	uint64_t rss_hf;
	uint8_t rss_key[VCHANNEL_RSS_KEY];
	uint8_t rss_key_len;
	bool reta_set;
	uint16_t reta_size;
	struct rte_eth_rss_reta_entry64 reta[VCHANNEL_RETA_MAX / RTE_ETH_RETA_GROUP_SIZE];
	uint32_t ptypes[VCHANNEL_PTYPES];

	/* counters of queues and members that left, and what was before the last reset */
	struct vchannel_count rx_gone[VCHANNEL_MEMBERS_MAX], tx_gone[VCHANNEL_MEMBERS_MAX];
	struct vchannel_hw hw_gone;
	uint64_t stranded_gone;
	struct rte_eth_stats reset_stats;
};

/* All slots in use; `if` first, so that a body may be a block or a statement. */
#define VCHANNEL_FOREACH(m, vc)                                                    \
	for ((m) = (vc)->member; (m) < (vc)->member + VCHANNEL_MEMBERS_MAX; (m)++) \
		if ((m)->used)

static inline unsigned int
vchannel_slot(const struct vchannel *vc, const struct vchannel_member *m)
{
	return m - vc->member;
}

/* Can be configured, queried, told. */
static inline bool
vchannel_usable(const struct vchannel_member *m)
{
	return !m->removed && !m->gone;
}

/* rte_is_same_ether_addr() reads 16-bit words, which a compiler may take for other objects. */
static inline bool
vchannel_same_mac(const struct rte_ether_addr *a, const struct rte_ether_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

void vchannel_lock(struct vchannel *vc);
bool vchannel_trylock(struct vchannel *vc);
void vchannel_unlock(struct vchannel *vc); /* and tell the application what happened */
/* The same from where the application must not be called; the control task tells it. */
void vchannel_unlock_quietly(struct vchannel *vc);

/* vchannel_ethdev.c */
extern const struct eth_dev_ops vchannel_ops, vchannel_secondary_ops;
bool vchannel_is(const struct rte_eth_dev *dev);
struct vchannel *vchannel_by_port(uint16_t port_id);

/* vdev.c */
void vchannel_free(struct vchannel *vc); /* all that dev_private points to */

/* queue.c */
int vchannel_rxq_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc, unsigned int socket,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool);
void vchannel_rxq_release(struct rte_eth_dev *dev, uint16_t id);
int vchannel_txq_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc, unsigned int socket,
	const struct rte_eth_txconf *conf);
void vchannel_txq_release(struct rte_eth_dev *dev, uint16_t id);
void vchannel_rxq_info(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_rxq_info *info);
void vchannel_txq_info(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_txq_info *info);

/* info.c */
int vchannel_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info);
/* Can this device do what the running V-Channel needs? */
int vchannel_check_fit(struct vchannel *vc, uint16_t port, const char *name);
#if RTE_VERSION >= RTE_VERSION_NUM(24, 3, 0, 0)
const uint32_t *vchannel_ptypes_get(struct rte_eth_dev *dev, size_t *n);
#else
const uint32_t *vchannel_ptypes_get(struct rte_eth_dev *dev);
#endif
int vchannel_ptypes_set(struct rte_eth_dev *dev, uint32_t mask);

/* filter.c */
int vchannel_promiscuous_enable(struct rte_eth_dev *dev);
int vchannel_promiscuous_disable(struct rte_eth_dev *dev);
int vchannel_allmulticast_enable(struct rte_eth_dev *dev);
int vchannel_allmulticast_disable(struct rte_eth_dev *dev);
int vchannel_mac_set(struct rte_eth_dev *dev, struct rte_ether_addr *mac);
int vchannel_mac_add(
	struct rte_eth_dev *dev, struct rte_ether_addr *mac, uint32_t index, uint32_t pool);
void vchannel_mac_remove(struct rte_eth_dev *dev, uint32_t index);
int vchannel_mc_list_set(struct rte_eth_dev *dev, struct rte_ether_addr *set, uint32_t n);
int vchannel_mtu_set(struct rte_eth_dev *dev, uint16_t mtu);
int vchannel_vlan_filter_set(struct rte_eth_dev *dev, uint16_t vlan, int on);
int vchannel_vlan_offload_set(struct rte_eth_dev *dev, int mask);
int vchannel_member_set_mac(struct vchannel *vc, struct vchannel_member *m);
/* Before the first change to a device, and after the last: as it was found. */
void vchannel_member_note(struct vchannel_member *m);
void vchannel_member_give_back(struct vchannel *vc, struct vchannel_member *m);
/* Bring a member that was just started to the state of the others. */
int vchannel_member_filters(struct vchannel *vc, struct vchannel_member *m);

/* rss.c */
int vchannel_reta_update(
	struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf, uint16_t size);
int vchannel_reta_query(
	struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf, uint16_t size);
int vchannel_rss_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
int vchannel_rss_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf);
int vchannel_member_rss(struct vchannel *vc, struct vchannel_member *m);

/* member.c */
bool vchannel_port_is(uint16_t port, const char *name);
uint16_t vchannel_port_find(const char *name); /* RTE_MAX_ETHPORTS: there is none */
struct vchannel_member *vchannel_find(struct vchannel *vc, const char *name);
/* Make the port ours. Returns its slot, or NULL with *rc. */
struct vchannel_member *vchannel_member_claim(
	struct vchannel *vc, uint16_t port, const char *name, uint32_t weight, int *rc);
int vchannel_member_add(struct vchannel *vc, const char *name, uint32_t weight);
int vchannel_member_del(struct vchannel *vc, struct vchannel_member *m);
/* The slot is free after this; the member carries nothing and is stopped, or gone. */
void vchannel_member_release(struct vchannel *vc, struct vchannel_member *m);

/* member_run.c */
int vchannel_member_start(struct vchannel *vc, struct vchannel_member *m);
void vchannel_member_stop(struct vchannel *vc, struct vchannel_member *m);
/* Stop, reset and start it; it carries nothing and nobody polls it. */
int vchannel_member_renew(struct vchannel *vc, struct vchannel_member *m);
void vchannel_member_unwatch(struct vchannel *vc, struct vchannel_member *m);

/* hotplug.c */
/* Claim the devices that are there by now; those that are not stay wanted. One that cannot be a
 * member is wanted no more: negative then. */
int vchannel_claim_wanted(struct vchannel *vc);
/* It left without being asked to: when it is back, it is a member again. */
void vchannel_want_back(struct vchannel *vc, const struct vchannel_member *m);
int vchannel_watch_ports(struct vchannel *vc);
void vchannel_unwatch_ports(struct vchannel *vc);

/* control.c */
int vchannel_control_start(struct vchannel *vc);
void vchannel_control_stop(struct vchannel *vc);
void vchannel_control_kick(struct vchannel *vc); /* look at once; from any thread, takes no lock */
/* Weights or live members changed: deal buckets anew, and update the link. */
void vchannel_redeal(struct vchannel *vc);
/* Judge all members now. */
void vchannel_judge_all(struct vchannel *vc);
void vchannel_link_refresh(struct vchannel *vc);
uint32_t vchannel_weight(const struct vchannel_member *m);
void vchannel_weights(const struct vchannel *vc, uint32_t *weight);
/* Wait until no queue is in the burst it is in now; 0 or -ETIMEDOUT. */
int vchannel_quiesce(struct vchannel *vc);
uint32_t vchannel_ticks(const struct vchannel *vc);
uint32_t vchannel_gap(const struct vchannel *vc); /* the flowlet gap in ticks */
uint64_t vchannel_ns(void);

/* rx.c */
uint16_t vchannel_rx_burst(void *queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t vchannel_no_burst(void *queue, struct rte_mbuf **pkts, uint16_t n);
/* int or uint32_t, as this DPDK wants it */
__typeof__(((eth_rx_queue_count_t)0)((void *)0)) vchannel_rx_count(void *queue);

/* tx.c */
uint16_t vchannel_tx_burst(void *queue, struct rte_mbuf **pkts, uint16_t n);
uint16_t vchannel_tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t n);
int vchannel_tx_cleanup(void *queue, uint32_t n);

/* stats.c */
struct vchannel_count vchannel_rx_total(const struct vchannel *vc, unsigned int slot);
struct vchannel_count vchannel_tx_total(const struct vchannel *vc, unsigned int slot);
struct vchannel_count vchannel_member_rx(const struct vchannel *vc, unsigned int slot);
struct vchannel_count vchannel_member_tx(const struct vchannel *vc, unsigned int slot);
/* A queue goes: keep its counts. */
void vchannel_rx_fold(struct vchannel *vc, const struct vchannel_rxq *q);
void vchannel_tx_fold(struct vchannel *vc, const struct vchannel_txq *q);
void vchannel_hw_read(const struct vchannel_member *m, struct vchannel_hw *hw);
void vchannel_hw_fold(struct vchannel *vc, struct vchannel_member *m);
/* What the member has of us and has not sent, as far as its own counter tells, is lost. */
void vchannel_count_stranded(struct vchannel *vc, struct vchannel_member *m);
int vchannel_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats);
int vchannel_stats_reset(struct rte_eth_dev *dev);
int vchannel_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *xstats, unsigned int n);
int vchannel_xstats_names(
	struct rte_eth_dev *dev, struct rte_eth_xstat_name *names, unsigned int n);

/* probe.c */
int vchannel_probe_init(struct vchannel *vc);
void vchannel_probe_send(struct vchannel *vc, uint64_t now);
/* Is the member cut off according to its probes? */
bool vchannel_probe_unheard(struct vchannel *vc, struct vchannel_member *m, uint64_t now);
void vchannel_probe_look(struct vchannel *vc, uint64_t now);
/* Take probes out of a burst; returns the packets that are left. */
uint16_t vchannel_probe_filter(
	struct vchannel *vc, unsigned int slot, struct rte_mbuf **pkts, uint16_t n);

/* api.c */
void vchannel_info_fill(struct vchannel *vc, struct rte_pmd_vchannel_info *info);

#endif
