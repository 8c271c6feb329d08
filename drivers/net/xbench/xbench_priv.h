/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XBENCH_PRIV_H
#define XBENCH_PRIV_H

/**
 * @file
 * What the files of the net_xbench driver share. See xbench_ethdev.c for how the parts fit.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <ethdev_driver.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "xbench_frame.h"
#include "xbench_meter.h"
#include "xbench_prefix.h"

#define XBENCH_QUEUES_MAX 16
#define XBENCH_LINK_STEPS 8
#define XBENCH_ENDLESS (UINT64_MAX / 2)

extern int xbench_logtype;

#define XBENCH_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_##level, xbench_logtype, "net_xbench: " fmt "\n", ##__VA_ARGS__)

/** One step of a link script. */
struct xbench_link_step {
	uint64_t at_ms; /**< After the port was opened. */
	bool up;
};

/** A port's devargs, checked. */
struct xbench_conf {
	enum xbench_proto proto;
	enum xbench_expect expect;
	uint32_t flows;
	uint16_t size; /**< Frame bytes with FCS; 0: IMIX. */
	uint16_t vlan, tx_vlan;
	double zipf;      /**< Exponent; 0: every flow alike. */
	double rate;      /**< Packets per second; 0: as fast as it is asked. */
	uint64_t packets; /**< Given in all; XBENCH_ENDLESS: no end. */
	uint32_t check;   /**< One packet in so many is checked; 0: none. */
	uint32_t loss;    /**< Per million, lost on the way out. */
	uint64_t seed;
	bool rss, latency, fast_free, answer;
	bool has_mac, has_dmac, has_peer;
	struct rte_ether_addr mac, dmac, peer;
	struct xbench_prefixes dst, src;
	struct xbench_names names;
	char name[24];
	uint64_t lag; /**< Data: Interests that wait while others come. */
	struct xbench_link_step link[XBENCH_LINK_STEPS];
	unsigned int n_link;
};

/**
 * Read devargs. Sets the process-wide gate and report file as well. Errors are logged with the key.
 *
 * @return
 *   0 or a negative errno value; xbench_conf_free() is needed in either case.
 */
int xbench_conf_parse(struct xbench_conf *conf, const char *args, uint8_t id);
void xbench_conf_free(struct xbench_conf *conf);
extern const char *const xbench_keys[];

/**
 * A packet to give: what goes into the mbuf from rearm_data to the RSS hash, then the frame's head.
 * Records lie one behind the other, each @c stride bytes long.
 */
#define XBENCH_MBUF_AT offsetof(struct rte_mbuf, data_off)

struct xbench_record {
	uint8_t mbuf[32];
	uint8_t head[];
} __rte_aligned(32);

/** What a queue gives: its share of the port's flows. */
struct xbench_flows {
	uint8_t *records;
	uint32_t n, stride; /**< Records and bytes of each. */
	uint32_t *order;    /**< Indices drawn by popularity; NULL: one after the other. */
	uint32_t order_n;
	uint16_t marker; /**< Offset of the marker in the frame. */
	uint16_t l3;     /**< Offset of what follows the Ethernet header. */
	size_t bytes;    /**< Mapped at records. */
};

struct xbench_dev;

struct xbench_rxq {
	struct xbench_dev *dev;
	struct rte_mempool *pool;
	struct xbench_flows flows;
	const uint8_t *end;
	uint64_t quota; /**< Given at most. */
	double tsc_per_packet;
	uint16_t id, nb_desc;

	const uint8_t *next __rte_cache_aligned;
	uint64_t given, bytes, nombuf;
	uint64_t missed; /**< Due, but not asked for in time: a NIC's ring would have overflowed. */
	uint64_t answered;
	uint64_t start; /**< TSC of the first poll, for the rate. */
	uint32_t order_at;
};

struct xbench_txq {
	struct xbench_dev *dev;
	bool fast_free;
	bool every; /**< Every packet is looked at: answers or loss. */
	uint16_t id, nb_desc;
	uint32_t period;

	uint32_t until __rte_cache_aligned; /**< Packets before the next check. */
	uint32_t stuck;                     /**< Taken since the link went down. */
	uint64_t taken, bytes;
	uint64_t small; /**< Shorter than any frame of ours: ARP and the like. */
	uint64_t lost;  /**< Dropped by the loss setting or a link that is down. */
	uint64_t flaws[XBENCH_FLAWS];
	uint64_t seed;
	struct xbench_histogram latency;
};

/** A port. Lives in dev_private. */
struct xbench_dev {
	struct rte_eth_dev *eth;
	struct xbench_dev *next; /**< In the list that the report walks. */
	uint8_t id;
	bool started;
	volatile bool open; /**< Gives packets. */
	volatile bool link_up;
	uint64_t opened_ms;
	unsigned int link_step;
	struct xbench_conf conf;
	struct xbench_check check;
	struct rte_ether_addr mac;
	struct rte_ring *answers;
	struct xbench_rxq *rxq[XBENCH_QUEUES_MAX];
	struct xbench_txq *txq[XBENCH_QUEUES_MAX];
	enum xbench_flaw
		first_flaw; /**< Of the first bad frame, for whoever has to find out why. */
	uint16_t first_len;
	uint8_t first_frame[96];
};

/** Sums over a port's queues. */
struct xbench_totals {
	uint64_t given, given_bytes, nombuf, missed, answered;
	uint64_t taken, taken_bytes, small, lost, checked;
	uint64_t flaws[XBENCH_FLAWS];
	struct xbench_histogram latency;
	bool exhausted; /**< All that was to be given was given. */
};

void xbench_totals(const struct xbench_dev *dev, struct xbench_totals *sum);

/** Build what Rx queue @p queue of @p n gives; the device is configured. Returns 0 or -ENOMEM. */
int xbench_flows_build(struct xbench_flows *flows, const struct xbench_dev *dev, unsigned int queue,
	unsigned int n);
void xbench_flows_free(struct xbench_flows *flows);

/** Rx and Tx functions for the device as it is configured. */
eth_rx_burst_t xbench_rx_select(const struct xbench_dev *dev);
eth_tx_burst_t xbench_tx_select(const struct xbench_dev *dev);

/** Answer ARP requests and neighbour solicitations: the frame becomes its answer. */
bool xbench_answer(const struct xbench_dev *dev, struct rte_mbuf *m);

int xbench_stats_get(struct rte_eth_dev *eth, struct rte_eth_stats *stats);
int xbench_stats_reset(struct rte_eth_dev *eth);
int xbench_xstats_get(struct rte_eth_dev *eth, struct rte_eth_xstat *out, unsigned int n);
int xbench_xstats_names(
	struct rte_eth_dev *eth, struct rte_eth_xstat_name *names, unsigned int size);

/** The process-wide report: who is in it, where it goes, and what opens the ports. */
int xbench_report_files(const char *report, const char *gate);
void xbench_report_join(struct xbench_dev *dev);
void xbench_report_leave(struct xbench_dev *dev);
/** A port was started: begin to look after it. */
void xbench_report_started(struct xbench_dev *dev);
/** Write the report now. */
void xbench_report_write(void);

/** Change a port's link, telling the application. */
void xbench_link_set(struct xbench_dev *dev, bool up);

#endif
