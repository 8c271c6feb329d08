/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NIC_SWITCH_H
#define NIC_SWITCH_H

/*
 * Where a frame may go: the VLAN and MAC decisions of the NIC, without any input or output. The
 * rules are told at the head of nic_switch.c.
 *
 * Control thread: nic_switch_build(). Worker: the decisions, on a table that does not change.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>

#include "nic_drop.h"

#define NIC_VFS_MAX 63
#define NIC_VLANS 4096
#define NIC_TRUNK_MAX 64
#define NIC_GROUPS_MAX 32
#define NIC_MACS 256 /* places of the table, a power of two */

enum nic_link {
	NIC_LINK_AUTO,
	NIC_LINK_ENABLE,
	NIC_LINK_DISABLE
};

/* What a VF is and may do. Rates in Mb/s, 0: none. */
struct nic_vf_conf {
	struct rte_ether_addr mac;
	uint16_t vlan;                 /* of its untagged frames; 0: it may not send such */
	uint8_t priority;              /* 802.1p, of its untagged frames */
	uint16_t nb_trunk;             /* VLANs that it tags itself */
	uint16_t trunk[NIC_TRUNK_MAX]; /* each 1..4094, once, not vlan */
	bool spoof_check;
	bool trust;
	bool promiscuous; /* only with trust */
	bool all_groups;  /* it receives all multicast of its VLANs; else: */
	uint16_t nb_groups;
	struct rte_ether_addr groups[NIC_GROUPS_MAX];
	enum nic_link link;
	uint32_t max_rate;
	uint32_t min_rate;
	uint32_t weight; /* 0: as max_rate, or the uplink's rate */
	uint16_t mtu;
};

struct nic_mac {
	struct rte_ether_addr mac;
	uint8_t vf; /* NIC_VFS_MAX: free */
};

struct nic_switch {
	uint64_t members[NIC_VLANS]; /* VFs that are in a VLAN, tagged or not */
	struct nic_mac macs[NIC_MACS];
	uint64_t promiscuous;
	uint64_t all_groups;
	struct nic_vf_conf vfs[NIC_VFS_MAX];
};

/* Where a frame goes. */
struct nic_verdict {
	uint64_t vfs; /* VFs that get it */
	uint16_t tci; /* its VLAN tag, outside of VFs that have the VLAN untagged */
	bool tagged;  /* it has this tag now */
	bool uplink;  /* the uplink gets it, tagged */
};

/* Lay out the tables for these VFs. The MACs differ. */
void nic_switch_build(struct nic_switch *sw, const struct nic_vf_conf *vfs, unsigned int nb);

/* A frame that a VF sends. Reads no more than `len` bytes. NIC_DROP_NOT, or why it is dropped. */
enum nic_drop nic_switch_from_vf(const struct nic_switch *sw, unsigned int vf, const uint8_t *frame,
	uint32_t len, struct nic_verdict *verdict);

/* A frame that the uplink has received. */
enum nic_uplink_drop nic_switch_from_uplink(const struct nic_switch *sw, const uint8_t *frame,
	uint32_t len, struct nic_verdict *verdict);

/* Does a VF get this VLAN with its tag? (It is in the VLAN.) */
static inline bool
nic_switch_keeps_tag(const struct nic_switch *sw, unsigned int vf, uint16_t tci)
{
	return (tci & 0xfff) != sw->vfs[vf].vlan;
}

#endif
