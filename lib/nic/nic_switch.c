/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The switch of the NIC
 * =====================
 *
 * Nothing is learnt. A VF has one MAC address and is in the VLANs that it was given: one that it
 * has without tag (`vlan`, the NIC inserts and strips the tag), and those that it tags itself
 * (`trunk`). These tables decide everything, so no traffic of a guest's can change where another
 * guest's goes: there is no table to flood.
 *
 * From a VF, in this order:
 *
 *  - a group address as source is never right; with spoof_check only the VF's own address is;
 *  - a tag (0x8100, also with VLAN 0, and the outer tags 0x88a8 and 0x9100) must name a VLAN of the
 *    trunk, whatever spoof_check says: VLANs are what keeps networks apart. A VF without a trunk
 *    sends no tags at all;
 *  - below an allowed tag there is no second one, unless the VF is trusted: a switch outside that
 *    takes the first tag off would deliver the frame where the second one says;
 *  - without a tag it is in the VF's own VLAN, if it has one.
 *
 * Then it is a frame of a VLAN. The one VF of that VLAN that has its destination gets it, and
 * nobody else. Unknown destinations are outside: the uplink's, and never flooded to VFs. Group
 * addresses go to every VF of the VLAN (that wants the group) and to the uplink. From the uplink
 * the same, except that what no VF has is dropped. VFs that are trusted and promiscuous get all
 * that is in their VLANs. No VF gets its own frame back.
 */
#include <string.h>

#include <rte_common.h>

#include "nic_switch.h"

#define TAG_CTAG 0x8100
#define TAG_STAG 0x88a8
#define TAG_QINQ 0x9100 /* what was used before there was a standard */

static uint16_t
read16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static bool
is_tag(uint16_t type)
{
	return type == TAG_CTAG || type == TAG_STAG || type == TAG_QINQ;
}

static unsigned int
mac_place(const uint8_t *mac)
{
	uint32_t low;

	/* Addresses of one machine differ in their last bytes. */
	memcpy(&low, mac + 2, sizeof(low));
	return (low * 2654435761u) >> 24;
}

static unsigned int
find_mac(const struct nic_switch *sw, const uint8_t *mac)
{
	unsigned int i = mac_place(mac);

	while (sw->macs[i].vf != NIC_VFS_MAX &&
		memcmp(&sw->macs[i].mac, mac, RTE_ETHER_ADDR_LEN) != 0)
		i = (i + 1) % NIC_MACS;
	return sw->macs[i].vf;
}

static void
add_mac(struct nic_switch *sw, const struct rte_ether_addr *mac, unsigned int vf)
{
	unsigned int i = mac_place(mac->addr_bytes);

	/* At most 63 of the 256 places are taken. */
	while (sw->macs[i].vf != NIC_VFS_MAX)
		i = (i + 1) % NIC_MACS;
	sw->macs[i].mac = *mac;
	sw->macs[i].vf = vf;
}

void
nic_switch_build(struct nic_switch *sw, const struct nic_vf_conf *vfs, unsigned int nb)
{
	RTE_BUILD_BUG_ON(NIC_MACS != 256);
	memset(sw, 0, sizeof(*sw));
	for (unsigned int i = 0; i < NIC_MACS; i++)
		sw->macs[i].vf = NIC_VFS_MAX;
	for (unsigned int vf = 0; vf < nb; vf++) {
		const struct nic_vf_conf *conf = &vfs[vf];
		uint64_t bit = UINT64_C(1) << vf;

		sw->vfs[vf] = *conf;
		add_mac(sw, &conf->mac, vf);
		if (conf->vlan != 0)
			sw->members[conf->vlan] |= bit;
		for (unsigned int i = 0; i < conf->nb_trunk; i++)
			sw->members[conf->trunk[i]] |= bit;
		if (conf->trust && conf->promiscuous)
			sw->promiscuous |= bit;
		if (conf->all_groups)
			sw->all_groups |= bit;
	}
}

/* Those of the VFs that want a multicast group. */
static uint64_t
members_of_group(const struct nic_switch *sw, uint64_t vfs, const uint8_t *mac)
{
	uint64_t wanted = vfs & (sw->all_groups | sw->promiscuous);
	uint64_t choosy = vfs & ~wanted;

	for (; choosy != 0; choosy &= choosy - 1) {
		unsigned int vf = __builtin_ctzll(choosy);
		const struct nic_vf_conf *conf = &sw->vfs[vf];

		for (unsigned int i = 0; i < conf->nb_groups; i++) {
			if (memcmp(&conf->groups[i], mac, RTE_ETHER_ADDR_LEN) != 0)
				continue;
			wanted |= UINT64_C(1) << vf;
			break;
		}
	}
	return wanted;
}

/* The VFs of a VLAN that a destination address stands for. */
static uint64_t
receivers(const struct nic_switch *sw, uint16_t vlan, const uint8_t *mac)
{
	uint64_t members = sw->members[vlan];
	unsigned int vf;

	if (mac[0] & 1) {
		static const uint8_t broadcast[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

		if (memcmp(mac, broadcast, sizeof(broadcast)) == 0)
			return members;
		return members_of_group(sw, members, mac);
	}
	vf = find_mac(sw, mac);
	return vf < NIC_VFS_MAX ? members & (UINT64_C(1) << vf) : 0;
}

static bool
in_trunk(const struct nic_switch *sw, unsigned int vf, uint16_t vlan)
{
	return vlan != sw->vfs[vf].vlan && (sw->members[vlan] >> vf & 1) != 0;
}

/* The tag that a VF's frame has, or gets; or why it may not. */
static enum nic_drop
classify(const struct nic_switch *sw, unsigned int vf, const uint8_t *frame, uint32_t len,
	struct nic_verdict *verdict)
{
	const struct nic_vf_conf *conf = &sw->vfs[vf];
	uint16_t type = read16(frame + 2 * RTE_ETHER_ADDR_LEN);

	verdict->tagged = is_tag(type);
	if (!verdict->tagged) {
		verdict->tci = conf->priority << 13 | conf->vlan;
		return conf->vlan != 0 ? NIC_DROP_NOT : NIC_DROP_NO_VLAN;
	}
	if (len < RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)
		return NIC_DROP_RUNT;
	verdict->tci = read16(frame + RTE_ETHER_HDR_LEN);
	if (type != TAG_CTAG || !in_trunk(sw, vf, verdict->tci & 0xfff))
		return NIC_DROP_SPOOFED_VLAN;
	if (is_tag(read16(frame + RTE_ETHER_HDR_LEN + 2)) && !conf->trust)
		return NIC_DROP_DOUBLE_TAG;
	return NIC_DROP_NOT;
}

enum nic_drop
nic_switch_from_vf(const struct nic_switch *sw, unsigned int vf, const uint8_t *frame, uint32_t len,
	struct nic_verdict *verdict)
{
	const struct nic_vf_conf *conf = &sw->vfs[vf];
	const uint8_t *source = frame + RTE_ETHER_ADDR_LEN;
	uint64_t self = UINT64_C(1) << vf;
	enum nic_drop drop;
	bool is_group;

	if (len < RTE_ETHER_HDR_LEN)
		return NIC_DROP_RUNT;
	if (source[0] & 1)
		return NIC_DROP_BAD_SOURCE;
	if (conf->spoof_check && memcmp(source, &conf->mac, RTE_ETHER_ADDR_LEN) != 0)
		return NIC_DROP_SPOOFED_MAC;
	drop = classify(sw, vf, frame, len, verdict);
	if (drop != NIC_DROP_NOT)
		return drop;
	if (len > (uint32_t)conf->mtu + RTE_ETHER_HDR_LEN + (verdict->tagged ? RTE_VLAN_HLEN : 0))
		return NIC_DROP_TOO_LONG;
	is_group = (frame[0] & 1) != 0;
	verdict->vfs = receivers(sw, verdict->tci & 0xfff, frame);
	if (verdict->vfs == self && !is_group)
		return NIC_DROP_TO_ITSELF;
	verdict->uplink = is_group || verdict->vfs == 0;
	verdict->vfs |= sw->promiscuous & sw->members[verdict->tci & 0xfff];
	verdict->vfs &= ~self;
	return NIC_DROP_NOT;
}

enum nic_uplink_drop
nic_switch_from_uplink(const struct nic_switch *sw, const uint8_t *frame, uint32_t len,
	struct nic_verdict *verdict)
{
	uint16_t vlan;

	if (len < RTE_ETHER_HDR_LEN)
		return NIC_UPLINK_DROP_RUNT;
	if (read16(frame + 2 * RTE_ETHER_ADDR_LEN) != TAG_CTAG)
		return NIC_UPLINK_DROP_UNTAGGED;
	if (len < RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN)
		return NIC_UPLINK_DROP_RUNT;
	verdict->tci = read16(frame + RTE_ETHER_HDR_LEN);
	verdict->tagged = true;
	verdict->uplink = false;
	vlan = verdict->tci & 0xfff;
	if (vlan == 0)
		return NIC_UPLINK_DROP_UNTAGGED;
	if (sw->members[vlan] == 0)
		return NIC_UPLINK_DROP_OTHER_VLAN;
	verdict->vfs = receivers(sw, vlan, frame) | (sw->promiscuous & sw->members[vlan]);
	return verdict->vfs != 0 ? NIC_UPLINK_DROP_NOT : NIC_UPLINK_DROP_NO_RECEIVER;
}
