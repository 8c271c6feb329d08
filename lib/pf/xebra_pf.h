/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_PF_H
#define XEBRA_PF_H

/**
 * @file
 * Physical functions (PF) and what their virtual functions (VF) may do, behind one interface.
 *
 * A backend knows one way to a PF: `netlink` (a kernel driver's VF operations), `ixgbe` (a PF that
 * DPDK owns), `soft` (dpdk-xebra-nic). It reads and sets, one setting of one VF at a time, and has
 * no opinion about what is right: plan.c says in which order a VF gets from what is to what should
 * be, dpdk-xebra-pf says what should be.
 *
 * A setting that a backend's driver does not have is missing in xebra_pf_info.can. It is then
 * neither read nor set; whether one can do without it is the manager's business.
 *
 * All functions: control thread only. They answer at once, or, where they ask another process, as
 * soon as it answers: xebra_pf_be_patient(). Rates are Mb/s of Ethernet frames (without preamble
 * and gap); 0: none.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <jansson.h>
#include <rte_bitops.h>
#include <rte_common.h>
#include <rte_ether.h>

#include "xebra_err.h"

#define XEBRA_PF_NAME_MAX 32  /**< bytes of a PF's name in the configuration, with the NUL */
#define XEBRA_PF_VFS_MAX 256  /**< VFs of a PF */
#define XEBRA_PF_TRUNK_MAX 32 /**< VLANs that a guest may use with tags of its own */

/** Settings of a VF, as bits: what is known, wanted, supported or to be set. */
#define XEBRA_PF_MAC RTE_BIT32(0)
#define XEBRA_PF_VLAN RTE_BIT32(1) /**< VLAN id and its priority: one setting */
#define XEBRA_PF_TRUNK RTE_BIT32(2)
#define XEBRA_PF_SPOOF_CHECK RTE_BIT32(3)
#define XEBRA_PF_TRUST RTE_BIT32(4)
#define XEBRA_PF_LINK RTE_BIT32(5)
#define XEBRA_PF_MAX_RATE RTE_BIT32(6)
#define XEBRA_PF_MIN_RATE RTE_BIT32(7)
#define XEBRA_PF_WEIGHT RTE_BIT32(8)
#define XEBRA_PF_MTU RTE_BIT32(9)
#define XEBRA_PF_SETTINGS 10 /**< how many there are */
#define XEBRA_PF_ALL (RTE_BIT32(XEBRA_PF_SETTINGS) - 1)

/** Those that keep a VF inside its network: in place before its link goes up. */
#define XEBRA_PF_ISOLATION \
	(XEBRA_PF_MAC | XEBRA_PF_VLAN | XEBRA_PF_TRUNK | XEBRA_PF_SPOOF_CHECK | XEBRA_PF_TRUST)

/** Capabilities that are no settings, in xebra_pf_info.can as well. */
#define XEBRA_PF_CAN_STATS RTE_BIT32(16)    /**< stats() */
#define XEBRA_PF_CAN_SHARE RTE_BIT32(17)    /**< shares its link itself: max-min, by weight */
#define XEBRA_PF_CAN_PRIORITY RTE_BIT32(18) /**< a VLAN's priority other than 0 */

/** What a VF's link follows, in the order of IFLA_VF_LINK_STATE_*. */
enum xebra_pf_link {
	XEBRA_PF_LINK_AUTO,    /**< the PF's */
	XEBRA_PF_LINK_ENABLE,  /**< always up */
	XEBRA_PF_LINK_DISABLE, /**< always down: nothing passes */
};

/** A VF's settings. */
struct xebra_pf_vf {
	uint32_t known; /**< XEBRA_PF_*: which of the following mean something */
	struct rte_ether_addr mac;
	uint16_t vlan;     /**< inserted on sending, stripped on receiving; 0: none */
	uint8_t priority;  /**< 802.1p of the inserted tag, 0..7 */
	uint16_t nb_trunk; /**< of trunk */
	uint16_t trunk[XEBRA_PF_TRUNK_MAX]; /**< VLANs that pass with the guest's tags, ascending */
	bool spoof_check;                   /**< only its MAC and its VLANs as source */
	bool trust;                         /**< may become promiscuous, change its MAC */
	enum xebra_pf_link link;
	uint32_t max_rate; /**< cap */
	uint32_t min_rate; /**< guarantee */
	uint32_t weight;   /**< of its share of what is left */
	uint16_t mtu;      /**< bytes of layer 3 */
};

/** A VF's counters, from the guest's view: tx is what the guest sends. */
struct xebra_pf_stats {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t drops; /**< in both directions, as far as the driver tells */
};

/** What a PF is and can. */
struct xebra_pf_info {
	char driver[32]; /**< of the kernel, of DPDK, or "dpdk-xebra-nic" */
	char device[64]; /**< interface, PCI address or socket */
	struct rte_ether_addr mac;
	unsigned int nb_vfs;    /**< that there are */
	uint32_t can;           /**< XEBRA_PF_*: settings and capabilities */
	uint32_t speed;         /**< of the link, Mb/s; 0: not known, or down */
	uint32_t rate_min;      /**< smallest cap that can be set, Mb/s */
	uint32_t rate_step;     /**< caps are multiples of it, Mb/s; at least 1 */
	uint32_t rate_overhead; /**< bytes of a packet that caps count and counters do not */
	uint16_t mtu;           /**< the largest that a VF can have; 0: not known */
	bool link_up;
};

struct xebra_pf;

/** Tells the manager that something about a PF or its VFs may have changed: read it again. */
typedef void (*xebra_pf_changed)(struct xebra_pf *pf, void *arg);

/** How to find a PF: its entry in the configuration. */
struct xebra_pf_conf {
	const char *name;   /**< in the configuration */
	const char *device; /**< netlink: interface; ixgbe: PCI address or vdev; soft: socket */
	unsigned int vfs;   /**< VFs that there shall be; 0: as many as there are */
	xebra_pf_changed changed; /**< may be NULL */
	void *changed_arg;
};

/**
 * A backend. Errors begin with what was asked for, not with the PF or VF, which the caller knows:
 * "vlan: Operation not supported (driver igb)".
 *
 * -ETIMEDOUT from any function: it is there, and does not answer. It is waited for only once, from
 * the question that it owes an answer to; after that all functions fail with this at once. When it
 * has answered it tells (xebra_pf_changed), and the same PF can be used again; what was set in
 * between may be in effect or not. After any other error of info() or read() the PF is of no more
 * use: close it.
 */
struct xebra_pf_ops {
	TAILQ_ENTRY(xebra_pf_ops) next;
	const char *name; /**< in the configuration: "netlink" */

	/**
	 * Open a PF and make sure of its VFs: they are made where there are none yet. VFs that are
	 * there already are not touched, and a number of them other than conf->vfs is an error.
	 *
	 * @param pf
	 *   The PF, allocated by the backend, struct xebra_pf its first member. On success, and
	 * with -ETIMEDOUT.
	 * @return
	 *   0, -ETIMEDOUT, or -ENODEV, -EOPNOTSUPP (no SR-IOV), -EPERM, -ECONNREFUSED, ... with err
	 * set.
	 */
	int (*open)(const struct xebra_pf_conf *conf, struct xebra_pf **pf, struct xebra_err *err);

	/** Forget a PF. Its VFs go on as they are. */
	void (*close)(struct xebra_pf *pf);

	/** What the PF is, now (its link may have changed). */
	int (*info)(struct xebra_pf *pf, struct xebra_pf_info *info, struct xebra_err *err);

	/**
	 * Read the settings of VFs 0 to n - 1, as they are in effect (never from a memory of what
	 * was set).
	 */
	int (*read)(struct xebra_pf *pf, struct xebra_pf_vf *vfs, unsigned int n,
		struct xebra_err *err);

	/**
	 * Set those settings of a VF that are in @p what, all or nothing where the driver can; a
	 * caller that wants to know which one failed sets one at a time.
	 *
	 * @param what
	 *   XEBRA_PF_* bits, a subset of what the PF can.
	 */
	int (*set)(struct xebra_pf *pf, unsigned int vf, uint32_t what,
		const struct xebra_pf_vf *to, struct xebra_err *err);

	/**
	 * Take from a VF what its settings do not cover, before it gets another guest or none: the
	 * guest's MAC, a software NIC's peer and counters. The caller has disabled the link where
	 * that is possible, and sets everything else afterwards; it stays disabled.
	 */
	int (*reset)(struct xebra_pf *pf, unsigned int vf, struct xebra_err *err);

	/** Counters of VFs 0 to n - 1. NULL: none. */
	int (*stats)(struct xebra_pf *pf, struct xebra_pf_stats *stats, unsigned int n,
		struct xebra_err *err);

	/** The cap that the hardware gives when asked for @p rate, Mb/s. NULL: as asked. */
	double (*real_rate)(struct xebra_pf *pf, uint32_t rate);

	/** Where a VF is for a guest: PCI address or socket's path. -ENOENT: nowhere. */
	int (*where)(struct xebra_pf *pf, unsigned int vf, char *text, size_t size);
};

/** An open PF; backends have it first in a structure of their own. */
struct xebra_pf {
	const struct xebra_pf_ops *ops;
	char name[XEBRA_PF_NAME_MAX];
	xebra_pf_changed changed; /**< may be NULL: use xebra_pf_tell() */
	void *changed_arg;
};

/** Register a backend; call it in a constructor. */
void xebra_pf_register(struct xebra_pf_ops *ops);

#define XEBRA_PF_BACKEND(ops)             \
	RTE_INIT(xebra_pf_register_##ops) \
	{                                 \
		xebra_pf_register(&ops);  \
	}

/** The backend of a name, or NULL. */
const struct xebra_pf_ops *xebra_pf_backend(const char *name);

/** Fill in what all backends' PFs have. For a backend's open(). */
void xebra_pf_init(
	struct xebra_pf *pf, const struct xebra_pf_ops *ops, const struct xebra_pf_conf *conf);

/** Tell the manager that something may have changed. For backends. */
void xebra_pf_tell(struct xebra_pf *pf);

/**
 * Whether the backends may wait for another process as long as one that is very busy takes (5 s; it
 * is so at first), because somebody wants to know, or only as long as nothing suffers from (1 s).
 */
void xebra_pf_be_patient(bool patient);

/** That time in milliseconds. For backends. */
int xebra_pf_patience_ms(void);

/** The settings among @p what in which two VFs differ; those that one does not know are none. */
uint32_t xebra_pf_differ(const struct xebra_pf_vf *a, const struct xebra_pf_vf *b, uint32_t what);

/** Copy settings, and that they are known. */
void xebra_pf_copy(struct xebra_pf_vf *to, const struct xebra_pf_vf *from, uint32_t what);

/** Name of one setting: "mac", "vlan", "trunk", ... "mtu". */
const char *xebra_pf_setting_name(uint32_t setting);

/** Words of enum xebra_pf_link, ended by NULL: "auto", "enable", "disable". */
extern const char *const xebra_pf_link_names[];

/** Value of one setting for replies and messages, a new reference: "02:..", 3, [4, 5], true. */
json_t *xebra_pf_setting_json(const struct xebra_pf_vf *vf, uint32_t setting);

/** One step of a plan. */
struct xebra_pf_step {
	enum {
		XEBRA_PF_STEP_SET,   /**< set `setting` to what is wanted, or the link down */
		XEBRA_PF_STEP_RESET, /**< reset() */
	} type;
	uint32_t setting;      /**< one XEBRA_PF_* bit */
	struct xebra_pf_vf to; /**< its value */
};

#define XEBRA_PF_STEPS_MAX (XEBRA_PF_SETTINGS + 3)

/**
 * The steps that make a VF what it should be, in the order in which they can be taken without a
 * hole (plan.c).
 *
 * @param is
 *   What was read.
 * @param want
 *   What should be; settings that it does not know may stay as they are.
 * @param can
 *   xebra_pf_info.can.
 * @param new_owner
 *   Somebody else had the VF, or nobody knows: it is reset first.
 * @param steps
 *   Room for XEBRA_PF_STEPS_MAX.
 * @return
 *   Number of steps; 0: it is what it should be.
 */
unsigned int xebra_pf_plan(const struct xebra_pf_vf *is, const struct xebra_pf_vf *want,
	uint32_t can, bool new_owner, struct xebra_pf_step *steps);

/** A VF that nobody has: link down, no VLAN, no rates, no trust, anti-spoof on; of @p can. */
void xebra_pf_scrubbed(struct xebra_pf_vf *vf, uint32_t can);

#endif
