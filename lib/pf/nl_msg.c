/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rtnetlink messages about VFs, as linux/if_link.h defines them. Answers are the kernel's, but they
 * are read as if they were a stranger's: every attribute's length is checked before it is used.
 */
/* libmnl's macros for walks cast const away, which clang sees. */
#pragma GCC diagnostic ignored "-Wcast-qual"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "nl_priv.h"

/* ---- Requests ---- */

static struct nlmsghdr *
put_header(void *buf, uint16_t type, uint16_t flags, uint32_t seq, int ifindex)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = seq;
	ifm->ifi_family = AF_UNSPEC;
	ifm->ifi_index = ifindex;
	return nlh;
}

size_t
nl_put_getlink(void *buf, size_t size, uint32_t seq, const char *name)
{
	struct nlmsghdr *nlh = put_header(buf, RTM_GETLINK, 0, seq, 0);

	if (!mnl_attr_put_strz_check(nlh, size, IFLA_IFNAME, name) ||
		!mnl_attr_put_u32_check(nlh, size, IFLA_EXT_MASK, RTEXT_FILTER_VF))
		return 0;
	return nlh->nlmsg_len;
}

static void
put_setting(struct nlmsghdr *nlh, unsigned int vf, uint32_t setting, const struct xebra_pf_vf *to)
{
	struct ifla_vf_mac mac = {.vf = vf};
	struct ifla_vf_vlan vlan = {.vf = vf, .vlan = to->vlan, .qos = to->priority};
	struct ifla_vf_spoofchk spoof_check = {.vf = vf, .setting = to->spoof_check};
	struct ifla_vf_trust trust = {.vf = vf, .setting = to->trust};
	struct ifla_vf_link_state state = {.vf = vf, .link_state = to->link};
	struct ifla_vf_tx_rate max_rate = {.vf = vf, .rate = to->max_rate};
	struct ifla_vf_rate rate = {
		.vf = vf, .min_tx_rate = to->min_rate, .max_tx_rate = to->max_rate};

	switch (setting) {
	case XEBRA_PF_MAC:
		memcpy(mac.mac, to->mac.addr_bytes, sizeof(to->mac.addr_bytes));
		mnl_attr_put(nlh, IFLA_VF_MAC, sizeof(mac), &mac);
		break;
	case XEBRA_PF_VLAN:
		mnl_attr_put(nlh, IFLA_VF_VLAN, sizeof(vlan), &vlan);
		break;
	case XEBRA_PF_SPOOF_CHECK:
		mnl_attr_put(nlh, IFLA_VF_SPOOFCHK, sizeof(spoof_check), &spoof_check);
		break;
	case XEBRA_PF_TRUST:
		mnl_attr_put(nlh, IFLA_VF_TRUST, sizeof(trust), &trust);
		break;
	case XEBRA_PF_LINK:
		mnl_attr_put(nlh, IFLA_VF_LINK_STATE, sizeof(state), &state);
		break;
	case XEBRA_PF_MAX_RATE:
		/* The older attribute leaves the guarantee as it is. */
		mnl_attr_put(nlh, IFLA_VF_TX_RATE, sizeof(max_rate), &max_rate);
		break;
	case XEBRA_PF_MIN_RATE:
		mnl_attr_put(nlh, IFLA_VF_RATE, sizeof(rate), &rate);
		break;
	}
}

size_t
nl_put_setvf(void *buf, size_t size, uint32_t seq, int ifindex, unsigned int vf, uint32_t setting,
	const struct xebra_pf_vf *to)
{
	struct nlmsghdr *nlh = put_header(buf, RTM_SETLINK, NLM_F_ACK, seq, ifindex);
	struct nlattr *list = mnl_attr_nest_start_check(nlh, size, IFLA_VFINFO_LIST);
	struct nlattr *info = mnl_attr_nest_start_check(nlh, size, IFLA_VF_INFO);

	put_setting(nlh, vf, setting, to);
	mnl_attr_nest_end(nlh, info);
	mnl_attr_nest_end(nlh, list);
	return nlh->nlmsg_len;
}

/* ---- Answers ---- */

/* Drivers that cannot tell leave it at all ones. */
static void
take_flag(struct xebra_pf_vf *vf, uint32_t setting, bool *flag, uint32_t value)
{
	if (value == UINT32_MAX)
		return;
	*flag = value != 0;
	vf->known |= setting;
}

/* An attribute's payload when it is long enough for what it should be. */
static const void *
payload(const struct nlattr *attr, size_t bytes)
{
	return mnl_attr_get_payload_len(attr) >= bytes ? mnl_attr_get_payload(attr) : NULL;
}

static void
take_stats(const struct nlattr *nest, struct xebra_pf_stats *stats)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
	{
		const void *p = payload(attr, sizeof(uint64_t));
		uint64_t count;

		if (p == NULL)
			continue;
		memcpy(&count, p, sizeof(count));
		switch (mnl_attr_get_type(attr)) {
		case IFLA_VF_STATS_RX_PACKETS:
			stats->rx_packets = count;
			break;
		case IFLA_VF_STATS_TX_PACKETS:
			stats->tx_packets = count;
			break;
		case IFLA_VF_STATS_RX_BYTES:
			stats->rx_bytes = count;
			break;
		case IFLA_VF_STATS_TX_BYTES:
			stats->tx_bytes = count;
			break;
		case IFLA_VF_STATS_RX_DROPPED:
		case IFLA_VF_STATS_TX_DROPPED:
			stats->drops += count;
			break;
		}
	}
}

union vf_attr {
	struct ifla_vf_mac mac;
	struct ifla_vf_vlan vlan;
	struct ifla_vf_rate rate;
	struct ifla_vf_spoofchk spoof_check;
	struct ifla_vf_link_state state;
	struct ifla_vf_trust trust;
};

static size_t
vf_attr_bytes(uint16_t type)
{
	static const size_t bytes[] = {
		[IFLA_VF_MAC] = sizeof(struct ifla_vf_mac),
		[IFLA_VF_VLAN] = sizeof(struct ifla_vf_vlan),
		[IFLA_VF_RATE] = sizeof(struct ifla_vf_rate),
		[IFLA_VF_SPOOFCHK] = sizeof(struct ifla_vf_spoofchk),
		[IFLA_VF_LINK_STATE] = sizeof(struct ifla_vf_link_state),
		[IFLA_VF_TRUST] = sizeof(struct ifla_vf_trust),
	};

	return type < RTE_DIM(bytes) ? bytes[type] : 0;
}

static void
take_vf_attr(const struct nlattr *attr, struct xebra_pf_vf *vf, struct xebra_pf_stats *stats)
{
	size_t len = mnl_attr_get_payload_len(attr);
	union vf_attr u = {0};

	if (len < vf_attr_bytes(mnl_attr_get_type(attr)))
		return;
	memcpy(&u, mnl_attr_get_payload(attr), RTE_MIN(sizeof(u), len));
	switch (mnl_attr_get_type(attr)) {
	case IFLA_VF_MAC:
		memcpy(vf->mac.addr_bytes, u.mac.mac, sizeof(vf->mac.addr_bytes));
		vf->known |= XEBRA_PF_MAC;
		break;
	case IFLA_VF_VLAN:
		vf->vlan = u.vlan.vlan & 0xfff;
		vf->priority = u.vlan.qos & 7;
		vf->known |= XEBRA_PF_VLAN;
		break;
	case IFLA_VF_RATE:
		vf->min_rate = u.rate.min_tx_rate;
		vf->max_rate = u.rate.max_tx_rate;
		vf->known |= XEBRA_PF_MIN_RATE | XEBRA_PF_MAX_RATE;
		break;
	case IFLA_VF_SPOOFCHK:
		take_flag(vf, XEBRA_PF_SPOOF_CHECK, &vf->spoof_check, u.spoof_check.setting);
		break;
	case IFLA_VF_TRUST:
		take_flag(vf, XEBRA_PF_TRUST, &vf->trust, u.trust.setting);
		break;
	case IFLA_VF_LINK_STATE:
		if (u.state.link_state <= XEBRA_PF_LINK_DISABLE) {
			vf->link = u.state.link_state;
			vf->known |= XEBRA_PF_LINK;
		}
		break;
	case IFLA_VF_STATS:
		take_stats(attr, stats);
		break;
	}
}

/* VFs come in order, but each says its number itself, in every attribute. */
static void
take_vf(const struct nlattr *info, struct nl_link *link)
{
	const struct nlattr *attr;
	const uint32_t *number = NULL;

	mnl_attr_for_each_nested(attr, info) if (mnl_attr_get_type(attr) == IFLA_VF_MAC) number =
		payload(attr, sizeof(struct ifla_vf_mac));
	if (number == NULL || *number >= XEBRA_PF_VFS_MAX)
		return;
	link->vfs[*number] = (struct xebra_pf_vf){0};
	link->stats[*number] = (struct xebra_pf_stats){0};
	mnl_attr_for_each_nested(attr, info)
		take_vf_attr(attr, &link->vfs[*number], &link->stats[*number]);
	link->nb_vfs = RTE_MAX(link->nb_vfs, *number + 1);
}

static void
take_vfs(const struct nlattr *list, struct nl_link *link)
{
	const struct nlattr *info;

	mnl_attr_for_each_nested(info, list) if (mnl_attr_get_type(info) == IFLA_VF_INFO)
		take_vf(info, link);
}

static void
take_link(const struct nlmsghdr *nlh, struct nl_link *link)
{
	const struct ifinfomsg *ifm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	memset(link, 0, sizeof(*link));
	link->ifindex = ifm->ifi_index;
	link->up = (ifm->ifi_flags & IFF_RUNNING) != 0;
	mnl_attr_for_each(attr, nlh, sizeof(*ifm))
	{
		const void *p;

		switch (mnl_attr_get_type(attr)) {
		case IFLA_MTU:
			p = payload(attr, sizeof(link->mtu));
			if (p != NULL)
				memcpy(&link->mtu, p, sizeof(link->mtu));
			break;
		case IFLA_ADDRESS:
			p = payload(attr, sizeof(link->mac));
			if (p != NULL)
				memcpy(&link->mac, p, sizeof(link->mac));
			break;
		case IFLA_VFINFO_LIST:
			take_vfs(attr, link);
			break;
		}
	}
}

/* The kernel's words about an error, when it has any (NETLINK_EXT_ACK). */
static void
take_why(const struct nlmsghdr *nlh, char *why, size_t size)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	size_t skip = sizeof(*e);
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	/* Without NETLINK_CAP_ACK the request stands in between. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len > sizeof(e->msg))
		skip += MNL_ALIGN(e->msg.nlmsg_len - sizeof(e->msg));
	if (mnl_nlmsg_get_payload_len(nlh) < skip)
		return;
	mnl_attr_for_each(attr, nlh, skip) if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
		snprintf(why, size, "%.*s", (int)mnl_attr_get_payload_len(attr),
			(const char *)mnl_attr_get_payload(attr));
}

static int
take_message(const struct nlmsghdr *nlh, struct nl_link *link, char *why, size_t why_size)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == RTM_NEWLINK) {
		if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct ifinfomsg))
			return -EPROTO;
		take_link(nlh, link);
		return 1;
	}
	if (nlh->nlmsg_type != NLMSG_ERROR || mnl_nlmsg_get_payload_len(nlh) < sizeof(*e))
		return -EPROTO;
	if (e->error == 0)
		return 0;
	take_why(nlh, why, why_size);
	return e->error < 0 && e->error > -4096 ? e->error : -EPROTO;
}

/*
 * Whether a whole message is there, padding included. libmnl's mnl_nlmsg_ok() takes a length as
 * signed, and so one of 4 GB for a short one.
 */
static bool
is_whole(const struct nlmsghdr *nlh, int left)
{
	return left >= (int)sizeof(*nlh) && nlh->nlmsg_len >= sizeof(*nlh) &&
		nlh->nlmsg_len <= (unsigned int)left &&
		MNL_ALIGN(nlh->nlmsg_len) <= (unsigned int)left;
}

int
nl_take_answer(
	const void *buf, size_t len, uint32_t seq, struct nl_link *link, char *why, size_t why_size)
{
	const struct nlmsghdr *nlh = buf;
	int left = (int)len;

	why[0] = '\0';
	for (; is_whole(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		if (nlh->nlmsg_seq == seq)
			return take_message(nlh, link, why, why_size);
	return -EAGAIN;
}

bool
nl_concerns(const void *buf, size_t len, int ifindex)
{
	const struct nlmsghdr *nlh = buf;
	int left = (int)len;

	for (; is_whole(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
		const struct ifinfomsg *ifm = mnl_nlmsg_get_payload(nlh);

		if ((nlh->nlmsg_type == RTM_NEWLINK || nlh->nlmsg_type == RTM_DELLINK) &&
			mnl_nlmsg_get_payload_len(nlh) >= sizeof(*ifm) && ifm->ifi_index == ifindex)
			return true;
	}
	return false;
}
