/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_IFACE_PRIV_H
#define XEBRA_IFACE_PRIV_H

/* What the files of lib/dataplane share about interfaces. */

#include "xebra_err.h"
#include "xebra_iface.h"
#include "xebra_worker.h"

/* How an interface is configured. */
struct iface_conf {
	char port[XEBRA_NAME_MAX];
	uint16_t vlan;
	uint16_t mtu; /* 0: the port's */
	bool has_mac;
	struct rte_ether_addr mac;
	bool enabled;
};

struct iface {
	struct xebra_iface pub;
	struct iface_conf conf;
	bool bound;                      /* to its port: in the port's table of VLANs */
	bool own_mac;                    /* differs from the port's: a filter or promiscuous mode */
	bool promiscuous;                /* the port is promiscuous for it */
	struct xebra_iface_stats base;   /* subtracted: "stats clear" */
	struct xebra_iface_stats sample; /* a while ago */
	struct xebra_iface_stats rate;   /* per second */
	uint64_t sample_ms;
};

/* Make an interface, or change it to a new configuration. */
int iface_apply(const char *name, const struct iface_conf *conf, struct xebra_err *err);

/* Take it from its port (the configuration names another), keep it. */
void iface_unbind(struct iface *iface);

void iface_remove(struct iface *iface);
struct iface *iface_by_name(const char *name);

/* Counters over all workers, since start or "stats clear". */
void iface_counts(const struct iface *iface, struct xebra_iface_stats *stats);
/* Let an interface's counters begin at zero. */
void iface_counts_begin(struct iface *iface);
void iface_counts_clear(void);

/* Take samples for the rates; called every second. */
void iface_rates(void);

#endif
