/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAKE_RTNL_H
#define FAKE_RTNL_H

/*
 * The kernel's side of rtnetlink and sysfs for one PF "pf0", as far as the netlink backend goes:
 * requests are checked and carried out the way net/core/rtnetlink.c and a driver do, with drivers
 * that differ as real ones do. What is replayed here was written after the kernel's source, not
 * recorded from such a NIC.
 */

/* libmnl's macros for walks cast const away, which clang sees. */
#pragma GCC diagnostic ignored "-Wcast-qual"

#include "xebra_test.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <rte_string_fns.h>

#include "nl_priv.h"

#define RTNL_VFS 4
#define RTNL_IFINDEX 7

/* A driver: which operations it has. */
struct rtnl_driver {
	const char *name;
	bool link, trust, spoof_check, guarantee, stats, zero_mac;
	bool no_vlan; /* can do nothing of use */
};

static const struct rtnl_driver rtnl_drivers[] = {
	{.name = "igb", .trust = true, .spoof_check = true, .zero_mac = true},
	{.name = "ixgbe", .link = true, .trust = true, .spoof_check = true, .stats = true},
	{.name = "mlx5_core",
		.link = true,
		.trust = true,
		.spoof_check = true,
		.guarantee = true,
		.stats = true,
		.zero_mac = true},
	{.name = "old", .zero_mac = true},
};

static struct {
	const struct rtnl_driver *driver;
	bool absent;         /* there is no interface of that name */
	bool forbidden;      /* EPERM for whoever wants to change something */
	unsigned int nb_vfs; /* sriov_numvfs */
	unsigned int total;  /* sriov_totalvfs; 0: no SR-IOV */
	int refuse_with;     /* to the next change */
	const char *why;     /* the words with it */
	unsigned int writes; /* of sriov_numvfs */
	struct ifla_vf_mac mac[RTNL_VFS];
	struct ifla_vf_vlan vlan[RTNL_VFS];
	struct ifla_vf_rate rate[RTNL_VFS];
	struct ifla_vf_spoofchk spoof_check[RTNL_VFS];
	struct ifla_vf_trust trust[RTNL_VFS];
	struct ifla_vf_link_state state[RTNL_VFS];
	uint64_t packets;
	int event_fd; /* where the backend hears of changes */
	uint8_t answer[65536] __attribute__((aligned(8)));
	size_t answer_len;
} rtnl;

static void
rtnl_make(const char *driver)
{
	memset(&rtnl, 0, sizeof(rtnl));
	rtnl.event_fd = -1;
	rtnl.nb_vfs = rtnl.total = RTNL_VFS;
	for (size_t i = 0; i < RTE_DIM(rtnl_drivers); i++)
		if (strcmp(rtnl_drivers[i].name, driver) == 0)
			rtnl.driver = &rtnl_drivers[i];
	assert_non_null(rtnl.driver);
	for (unsigned int i = 0; i < RTNL_VFS; i++) {
		rtnl.mac[i].vf = rtnl.vlan[i].vf = rtnl.rate[i].vf = i;
		rtnl.spoof_check[i].vf = rtnl.trust[i].vf = rtnl.state[i].vf = i;
		rtnl.spoof_check[i].setting = 1;
	}
}

/* ---- RTM_GETLINK ---- */

static void
rtnl_put_stats(struct nlmsghdr *nlh)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, IFLA_VF_STATS);

	rtnl.packets += rtnl.driver->stats;
	for (uint16_t type = IFLA_VF_STATS_RX_PACKETS; type <= IFLA_VF_STATS_TX_DROPPED; type++)
		if (type != IFLA_VF_STATS_PAD)
			mnl_attr_put_u64(nlh, type, rtnl.packets);
	mnl_attr_nest_end(nlh, nest);
}

static void
rtnl_put_vf(struct nlmsghdr *nlh, unsigned int vf)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, IFLA_VF_INFO);
	struct ifla_vf_spoofchk spoof_check = rtnl.spoof_check[vf];
	struct ifla_vf_trust trust = rtnl.trust[vf];

	if (!rtnl.driver->spoof_check)
		spoof_check.setting = UINT32_MAX;
	if (!rtnl.driver->trust)
		trust.setting = UINT32_MAX;
	mnl_attr_put(nlh, IFLA_VF_MAC, sizeof(rtnl.mac[vf]), &rtnl.mac[vf]);
	mnl_attr_put(nlh, IFLA_VF_VLAN, sizeof(rtnl.vlan[vf]), &rtnl.vlan[vf]);
	mnl_attr_put(nlh, IFLA_VF_RATE, sizeof(rtnl.rate[vf]), &rtnl.rate[vf]);
	mnl_attr_put(nlh, IFLA_VF_SPOOFCHK, sizeof(spoof_check), &spoof_check);
	mnl_attr_put(nlh, IFLA_VF_LINK_STATE, sizeof(rtnl.state[vf]), &rtnl.state[vf]);
	mnl_attr_put(nlh, IFLA_VF_TRUST, sizeof(trust), &trust);
	rtnl_put_stats(nlh);
	mnl_attr_nest_end(nlh, nest);
}

static void
rtnl_answer_link(uint32_t seq)
{
	static const uint8_t mac[6] = {0xa0, 0x36, 0x9f, 0, 0, 1};
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(rtnl.answer);
	struct ifinfomsg *ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));
	struct nlattr *list;

	nlh->nlmsg_type = RTM_NEWLINK;
	nlh->nlmsg_seq = seq;
	ifm->ifi_index = RTNL_IFINDEX;
	ifm->ifi_flags = IFF_UP | IFF_RUNNING;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, "pf0");
	mnl_attr_put_u32(nlh, IFLA_MTU, 1500);
	mnl_attr_put(nlh, IFLA_ADDRESS, sizeof(mac), mac);
	mnl_attr_put_u32(nlh, IFLA_NUM_VF, rtnl.nb_vfs);
	list = mnl_attr_nest_start(nlh, IFLA_VFINFO_LIST);
	for (unsigned int i = 0; i < rtnl.nb_vfs; i++)
		rtnl_put_vf(nlh, i);
	mnl_attr_nest_end(nlh, list);
	rtnl.answer_len = nlh->nlmsg_len;
}

/* ---- RTM_SETLINK ---- */

static void
rtnl_answer_error(uint32_t seq, int error)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(rtnl.answer);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(nlh, sizeof(*e));

	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_seq = seq;
	nlh->nlmsg_flags = NLM_F_CAPPED;
	e->error = error;
	if (error != 0 && rtnl.why != NULL) {
		nlh->nlmsg_flags |= NLM_F_ACK_TLVS;
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, rtnl.why);
	}
	rtnl.answer_len = nlh->nlmsg_len;
}

static bool
rtnl_has(uint16_t type)
{
	switch (type) {
	case IFLA_VF_SPOOFCHK:
		return rtnl.driver->spoof_check;
	case IFLA_VF_TRUST:
		return rtnl.driver->trust;
	case IFLA_VF_LINK_STATE:
		return rtnl.driver->link;
	}
	return true;
}

static int
rtnl_set_mac(const struct ifla_vf_mac *mac)
{
	static const uint8_t zero[6];
	bool is_zero = memcmp(mac->mac, zero, 6) == 0;

	if ((mac->mac[0] & 1) || (is_zero && !rtnl.driver->zero_mac))
		return -EINVAL;
	rtnl.mac[mac->vf] = *mac;
	return 0;
}

static int
rtnl_set_rate(const struct ifla_vf_rate *rate)
{
	if (rate->min_tx_rate != rtnl.rate[rate->vf].min_tx_rate && !rtnl.driver->guarantee)
		return -EINVAL;
	if (rate->max_tx_rate > 10000 ||
		(rate->max_tx_rate != 0 && rate->min_tx_rate > rate->max_tx_rate))
		return -EINVAL;
	rtnl.rate[rate->vf] = *rate;
	return 0;
}

static int
rtnl_set(const struct nlattr *attr)
{
	const void *p = mnl_attr_get_payload(attr);
	uint32_t vf = *(const uint32_t *)p;
	struct ifla_vf_rate rate;

	if (!rtnl_has(mnl_attr_get_type(attr)))
		return -EOPNOTSUPP;
	if (vf >= rtnl.nb_vfs)
		return -EINVAL;
	switch (mnl_attr_get_type(attr)) {
	case IFLA_VF_MAC:
		return rtnl_set_mac(p);
	case IFLA_VF_VLAN:
		memcpy(&rtnl.vlan[vf], p, sizeof(rtnl.vlan[vf]));
		return rtnl.vlan[vf].vlan > 4095 || rtnl.vlan[vf].qos > 7 ? -EINVAL : 0;
	case IFLA_VF_SPOOFCHK:
		memcpy(&rtnl.spoof_check[vf], p, sizeof(rtnl.spoof_check[vf]));
		return 0;
	case IFLA_VF_TRUST:
		memcpy(&rtnl.trust[vf], p, sizeof(rtnl.trust[vf]));
		return 0;
	case IFLA_VF_LINK_STATE:
		memcpy(&rtnl.state[vf], p, sizeof(rtnl.state[vf]));
		return 0;
	case IFLA_VF_TX_RATE:
		rate = rtnl.rate[vf];
		rate.max_tx_rate = ((const struct ifla_vf_tx_rate *)p)->rate;
		return rtnl_set_rate(&rate);
	case IFLA_VF_RATE:
		return rtnl_set_rate(p);
	}
	return -EINVAL;
}

static int
rtnl_setlink(const struct nlmsghdr *nlh)
{
	const struct ifinfomsg *ifm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *list, *info, *attr;
	int rc = 0;

	if (rtnl.forbidden)
		return -EPERM;
	if (ifm->ifi_index != RTNL_IFINDEX)
		return -ENODEV;
	if (rtnl.refuse_with != 0) {
		rc = rtnl.refuse_with;
		rtnl.refuse_with = 0;
		return rc;
	}
	mnl_attr_for_each(list, nlh, sizeof(*ifm))
	{
		assert_int_equal(mnl_attr_get_type(list), IFLA_VFINFO_LIST);
		mnl_attr_for_each_nested(info, list)
		{
			assert_int_equal(mnl_attr_get_type(info), IFLA_VF_INFO);
			mnl_attr_for_each_nested(attr, info) rc = rc == 0 ? rtnl_set(attr) : rc;
		}
	}
	return rc;
}

/* ---- The socket ---- */

static int
rtnl_send(struct nl_socket *s, const void *buf, size_t len)
{
	const struct nlmsghdr *nlh = buf;

	(void)s;
	assert_true(mnl_nlmsg_ok(nlh, len));
	assert_int_equal(nlh->nlmsg_len, len);
	if (nlh->nlmsg_type == RTM_GETLINK && !rtnl.absent)
		rtnl_answer_link(nlh->nlmsg_seq);
	else if (nlh->nlmsg_type == RTM_GETLINK)
		rtnl_answer_error(nlh->nlmsg_seq, -ENODEV);
	else
		rtnl_answer_error(nlh->nlmsg_seq, rtnl_setlink(nlh));
	return 0;
}

static ssize_t
rtnl_recv(struct nl_socket *s, void *buf, size_t size)
{
	size_t len = rtnl.answer_len;
	ssize_t n;

	if (s->fd >= 0) {
		n = read(s->fd, buf, size);
		return n < 0 ? -errno : n;
	}
	if (len == 0)
		return -EAGAIN;
	assert_true(len <= size);
	memcpy(buf, rtnl.answer, len);
	rtnl.answer_len = 0;
	return len;
}

static void
rtnl_close(struct nl_socket *s)
{
	free(s);
}

static int
rtnl_socket_open(bool events, struct nl_socket **s)
{
	*s = calloc(1, sizeof(**s));
	**s = (struct nl_socket){.send = rtnl_send,
		.recv = rtnl_recv,
		.close = rtnl_close,
		.fd = events ? rtnl.event_fd : -1};
	return 0;
}

/* ---- sysfs ---- */

static int
rtnl_sysfs_read(const char *interface, const char *file, char *text, size_t size)
{
	assert_string_equal(interface, "pf0");
	if (strcmp(file, "speed") == 0)
		snprintf(text, size, "10000");
	else if (rtnl.total == 0)
		return -ENOENT;
	else if (strcmp(file, "device/sriov_totalvfs") == 0)
		snprintf(text, size, "%u", rtnl.total);
	else
		snprintf(text, size, "%u", rtnl.nb_vfs);
	return 0;
}

static int
rtnl_sysfs_write(const char *interface, const char *file, unsigned int number)
{
	assert_string_equal(interface, "pf0");
	assert_string_equal(file, "device/sriov_numvfs");
	if (rtnl.forbidden)
		return -EACCES;
	rtnl.writes++;
	rtnl.nb_vfs = number;
	return 0;
}

static int
rtnl_sysfs_link(const char *interface, const char *file, char *text, size_t size)
{
	unsigned int vf;

	(void)interface;
	if (strcmp(file, "device/driver") == 0)
		strlcpy(text, rtnl.driver->name, size);
	else if (sscanf(file, "device/virtfn%u", &vf) == 1 && vf < rtnl.nb_vfs)
		snprintf(text, size, "0000:01:10.%u", vf);
	else
		return -ENOENT;
	return 0;
}

#endif
