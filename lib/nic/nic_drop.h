/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NIC_DROP_H
#define NIC_DROP_H

/* Why frames are dropped. Every reason has a name for statistics and a sentence for the guide. */

/* Reasons, with the VF that they are counted for: the one that sent, or (rx_...) the receiver. */
#define NIC_DROPS(X)                                                                     \
	X(LINK_DOWN, "link_down", "sent while the VF's link is down")                    \
	X(RUNT, "runt", "sent, shorter than its own header")                             \
	X(TOO_LONG, "too_long", "sent, longer than the VF's MTU")                        \
	X(BAD_SOURCE, "bad_source", "sent with a group address as source")               \
	X(SPOOFED_MAC, "spoofed_mac", "sent with a source address that is not the VF's") \
	X(SPOOFED_VLAN, "spoofed_vlan", "sent with a VLAN tag that the VF may not use")  \
	X(DOUBLE_TAG, "double_tag", "sent with a tag below the tag, without trust")      \
	X(NO_VLAN, "no_vlan", "sent without tag by a VF that has no VLAN of its own")    \
	X(TO_ITSELF, "to_itself", "sent to the VF's own address")                        \
	X(UPLINK_DOWN, "uplink_down", "sent to the uplink, which is down")               \
	X(UPLINK_FULL, "uplink_full", "sent to the uplink, which takes no more")         \
	X(RX_FULL, "rx_full", "for the VF, which does not take what comes")              \
	X(RX_LINK_DOWN, "rx_link_down",                                                  \
		"for the VF, whose link is down or which is not connected")              \
	X(RX_TOO_LONG, "rx_too_long", "for the VF, longer than its MTU")

/* Reasons to drop what the uplink received. */
#define NIC_UPLINK_DROPS(X)                                         \
	X(RUNT, "runt", "shorter than its own header")              \
	X(TOO_LONG, "too_long", "longer than one packet buffer")    \
	X(UNTAGGED, "untagged", "without VLAN tag, or with VLAN 0") \
	X(OTHER_VLAN, "other_vlan", "for a VLAN that no VF is in")  \
	X(NO_RECEIVER, "no_receiver", "for an address that no VF of its VLAN has")

#define NIC_DROP_ENUM(id, name, help) NIC_DROP_##id,
#define NIC_UPLINK_DROP_ENUM(id, name, help) NIC_UPLINK_DROP_##id,

enum nic_drop {
	NIC_DROPS(NIC_DROP_ENUM) NIC_DROP_MAX,
	NIC_DROP_NOT = NIC_DROP_MAX, /* it is not dropped */
};

enum nic_uplink_drop {
	NIC_UPLINK_DROPS(NIC_UPLINK_DROP_ENUM) NIC_UPLINK_DROP_MAX,
	NIC_UPLINK_DROP_NOT = NIC_UPLINK_DROP_MAX,
};

#endif
