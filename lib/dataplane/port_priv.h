/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_PORT_PRIV_H
#define XEBRA_PORT_PRIV_H

/* What the files of lib/dataplane share about ports. */

#include <sys/queue.h>

#include <jansson.h>
#include <rte_ethdev.h>
#include <rte_spinlock.h>

#include "xebra_device.h"
#include "xebra_err.h"
#include "xebra_port.h"
#include "xebra_worker.h"

#define VLAN_IDS 4096
#define DEVARGS_MAX XEBRA_DEVICE_MAX
#define RX_WAKERS 64 /* queues of a port that can have interrupts; more are polled */

struct worker;
struct port_caps;

/*
 * What workers need of a port. Allocated with the port, freed after a quiescent state. The
 * control thread changes single words of it while workers read.
 */
struct port_path {
	bool sends;               /* started, with link */
	bool tagged;              /* has interfaces with a VLAN */
	bool plain;               /* takes packets of one segment only, which nobody shares */
	uint16_t tx_queues;       /* fewer than workers: they are shared, under tx_locks */
	uint32_t max_tx_len;      /* bytes of the longest frame, untagged */
	rte_spinlock_t *tx_locks; /* by queue; NULL: every worker has its own queue */
	uint16_t iface[VLAN_IDS]; /* id by VLAN id, [0] untagged; XEBRA_IFACE_NONE */
} __rte_cache_aligned;

extern struct port_path *xebra_port_paths[RTE_MAX_ETHPORTS];
extern uint16_t xebra_port_end; /* no port ever had this id or a higher one */

/* How a port is configured. */
struct port_conf {
	const char *device;     /* devargs; of a V-Channel without its members */
	const json_t *vchannel; /* NULL: a device */
	uint16_t mtu;
	uint16_t rx_queues;
	uint16_t rx_descriptors;
	uint16_t tx_descriptors;
	bool promiscuous;
	bool has_mac;
	struct rte_ether_addr mac;
};

TAILQ_HEAD(port_members, port_member);

struct port {
	TAILQ_ENTRY(port) next;
	struct xebra_port pub;
	struct port_conf conf;       /* as installed */
	char *device;                /* devargs, owner of conf.device */
	struct port_members members; /* of a V-Channel */
	struct port_caps *caps;      /* where its weights come from; NULL: the configuration */
	bool probed;                 /* by the router, which removes it then */
	bool installed;              /* configured as conf says */
	bool attached;               /* its queues may be dealt to workers */
	bool stopped;                /* by command */
	bool poll_link;              /* no link state interrupts */
	bool rx_interrupts;
	struct rte_ether_addr factory_mac;
	struct worker *rx_waker[RX_WAKERS]; /* by queue: who its interrupt wakes */
	unsigned int promiscuous_users;     /* interfaces that need it */
	struct port_path *path;
	struct rte_eth_stats sample;   /* the latest for the rates, */
	uint64_t sample_ms;            /* of this time */
	struct xebra_iface_stats rate; /* per second */
};

TAILQ_HEAD(port_list, port);
extern struct port_list port_list;

struct port *port_by_name(const char *name);
struct port *port_by_id(uint16_t id);

/* Make a port from nothing, or change it to a new configuration. */
int port_apply(const char *name, const struct port_conf *conf, struct xebra_err *err);

/* Take a port away: its interfaces lose it, its device is closed. */
void port_remove(struct port *port);

/* By command: start and stop a port without changing its configuration. */
int port_start(struct port *port, struct xebra_err *err);
void port_stop(struct port *port);

/* Open the ethdev of devargs, unless another port has it. */
int port_device_open(
	const struct port_conf *conf, uint16_t *id, bool *probed, struct xebra_err *err);

/* port_setup.c: queues, offloads, MTU of a stopped port. */
int port_setup(struct port *port, struct xebra_err *err);
int port_set_promiscuous(struct port *port);

/* port_link.c: link state; watch begins with the first port. */
int port_link_init(void);
void port_link_fini(void);
void port_link_check(struct port *port);
int port_link_event(uint16_t id, enum rte_eth_event_type type, void *arg, void *ret);

/* The port is about to be stopped: nobody listens to it any more (capture.c). */
void capture_port_gone(const struct port *port);

/*
 * port_stats.c: the device's counters. They begin, for the rates, where they are when the port
 * comes; port_rates() takes samples and is called every second.
 */
void port_counts(const struct port *port, struct rte_eth_stats *stats);
void port_counts_begin(struct port *port);
void port_counts_clear(void);
void port_rates(void);

/* Interfaces of a port (iface.c). */
void iface_port_added(struct port *port);
void iface_port_removed(struct port *port);
void iface_port_changed(struct port *port);

#endif
