/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef RTE_PMD_VCHANNEL_H
#define RTE_PMD_VCHANNEL_H

/**
 * @file
 * net_vchannel: several ethdevs of unequal bandwidth as one, every flow on one of them, flows in
 * proportion to their weights.
 *
 * A V-Channel is created with devargs (see the guide), or at run time with
 * rte_eal_hotplug_add("vdev", "net_vchannel0", "member=net_ring0,weight=1000"). The functions here
 * change a V-Channel while packets flow; each works from any thread of the primary process
 * (-ENOTSUP in a secondary one, which can only read) except from within a burst function, and may
 * take some milliseconds. On failure the device is as it was before, and rte_pmd_vchannel_error()
 * says why in words.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Members that one V-Channel can have. */
#define RTE_PMD_VCHANNEL_MEMBERS_MAX 31

/** The largest weight, Mb/s. */
#define RTE_PMD_VCHANNEL_WEIGHT_MAX 400000

/** How flows are given to members. */
enum rte_pmd_vchannel_mode {
	RTE_PMD_VCHANNEL_WEIGHTED,      /**< Buckets in proportion to the weights. */
	RTE_PMD_VCHANNEL_ADAPTIVE,      /**< Measured bytes in proportion to the weights. */
	RTE_PMD_VCHANNEL_ACTIVE_BACKUP, /**< One member carries all; the others wait for its
	                                   failure. */
};

/** One member as it is now. Counters run since the member was added. */
struct rte_pmd_vchannel_member {
	char name[RTE_ETH_NAME_MAX_LEN]; /**< The member's ethdev name. */
	uint16_t port_id;                /**< The member's port. */
	uint32_t weight;                 /**< In use, Mb/s: as configured, else the link's speed. */
	bool weight_from_link;           /**< No weight is configured. */
	bool link_up;                    /**< What its link state says. */
	bool alive;                      /**< It may carry flows. */
	bool active;                     /**< It is to carry flows (active-backup: the one). */
	uint32_t buckets;                /**< Buckets that it carries. */
	uint32_t buckets_wanted;         /**< Buckets that it will, once pending moves are done. */
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t tx_packets; /**< Handed to the member. */
	uint64_t tx_bytes;
	uint64_t tx_unsent;   /**< Offered to the member, not taken, given back to the caller. */
	uint64_t tx_stranded; /**< Handed over and not reported sent when it died. */
	uint32_t deaths;      /**< Times that it was alive and ceased to be. */
};

/** A V-Channel as it is now. */
struct rte_pmd_vchannel_info {
	enum rte_pmd_vchannel_mode mode;
	uint32_t buckets;     /**< Size of the bucket table. */
	uint32_t gap_us;      /**< Flowlet gap, us. */
	uint32_t pending;     /**< Bucket moves that wait for their gap. */
	uint64_t moved;       /**< Bucket moves done within a flow's gap. */
	uint64_t forced;      /**< Bucket moves done at once: dead member, first member, force. */
	uint32_t switchovers; /**< Times that active-backup chose another member. */
	uint16_t nb_members;
	struct rte_pmd_vchannel_member member[RTE_PMD_VCHANNEL_MEMBERS_MAX];
};

/**
 * Add a member while the V-Channel runs or not. It is configured and started like the others, and
 * gets its share of the flows.
 *
 * @param port_id the V-Channel
 * @param member  PCI address, ethdev name, or port number in decimal digits
 * @param weight  1..RTE_PMD_VCHANNEL_WEIGHT_MAX Mb/s, or 0 for its link's speed
 * @return 0; -ENODEV: no such V-Channel or no such device; -EBUSY: it belongs to another
 *   device or application; -EEXIST: it is a member already; -ELOOP: it is a V-Channel; -ERANGE:
 *   weight; -ENOSPC: too many members; -ENOTSUP: it lacks an offload, a queue or the MTU in use;
 *   or what its own driver said.
 */
int rte_pmd_vchannel_member_add(uint16_t port_id, const char *member, uint32_t weight);

/**
 * Take a member out. Its flows move to the others at once; the device is stopped, gets its own MAC
 * address back, and is its owner's to close or use again.
 *
 * @return 0; -ENODEV: no such V-Channel; -ENOENT: not a member; -ETIMEDOUT: a thread has been
 *   within a burst for a second (the member carries nothing any more: try again).
 */
int rte_pmd_vchannel_member_del(uint16_t port_id, const char *member);

/**
 * Change a member's weight, for instance to the transmit cap that its VF was given. Flows move when
 * they pause.
 *
 * @param weight 1..RTE_PMD_VCHANNEL_WEIGHT_MAX Mb/s, or 0 for its link's speed
 * @return 0, -ENODEV, -ENOENT or -ERANGE.
 */
int rte_pmd_vchannel_weight_set(uint16_t port_id, const char *member, uint32_t weight);

/**
 * Change a device argument while packets flow.
 *
 * @param key   gap_us, force_ms, interval_ms, up_delay_ms, stuck_ms, switch_back, primary, or
 *   probe_ms, which cannot become 0 nor cease to be
 * @param value as in devargs; primary: a member, or "" for the first one
 * @return 0; -ENODEV; -EINVAL: no such key, or one that only creation sets; -ERANGE; -ENOENT: the
 *   primary is not a member; -EBUSY: probe_ms from or to 0; -ENOTSUP in a secondary process.
 */
int rte_pmd_vchannel_option_set(uint16_t port_id, const char *key, const char *value);

/** Change the mode. @return 0, -ENODEV or -EINVAL. */
int rte_pmd_vchannel_mode_set(uint16_t port_id, enum rte_pmd_vchannel_mode mode);

/** The mode. @return 0 or -ENODEV. */
int rte_pmd_vchannel_mode_get(uint16_t port_id, enum rte_pmd_vchannel_mode *mode);

/**
 * Do all pending bucket moves now, at the price of reordering flows that did not pause.
 *
 * @return the number of buckets moved, or -ENODEV.
 */
int rte_pmd_vchannel_force(uint16_t port_id);

/** All there is to know. @return 0 or -ENODEV. */
int rte_pmd_vchannel_info_get(uint16_t port_id, struct rte_pmd_vchannel_info *info);

/** Is this port a V-Channel of this process? */
bool rte_pmd_vchannel_is(uint16_t port_id);

/** "weighted", "adaptive" or "active-backup". */
const char *rte_pmd_vchannel_mode_name(enum rte_pmd_vchannel_mode mode);

/** The mode of that name. @return 0 or -EINVAL. */
int rte_pmd_vchannel_mode_by_name(const char *name, enum rte_pmd_vchannel_mode *mode);

/** Why the last call of this thread that failed did so: "weight: 0 is not in 1..400000". */
const char *rte_pmd_vchannel_error(void);

#ifdef __cplusplus
}
#endif

#endif
