/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that change a VF: "vf set", "vf reset". What a PF's driver would do in a NIC. */
#include <errno.h>
#include <string.h>

#include "nic_cmd.h"
#include "xebra_cmd.h"
#include "xebra_mac.h"

static const char *const switch_words[] = {"on", "off", NULL};
const char *const nic_link_words[] = {"auto", "enable", "disable", NULL};

#define VF_PARAM                                                                    \
	{                                                                           \
		.name = "vf", .help = "Number of the VF.", .type = XEBRA_PARAM_INT, \
		.keyword = true, .min = 0, .max = NIC_VFS_MAX - 1,                  \
	}

#define NUMBER(name_, help_, max_)                                                       \
	{                                                                                \
		.name = name_, .help = help_, .type = XEBRA_PARAM_INT, .optional = true, \
		.keyword = true, .min = 0, .max = max_,                                  \
	}

#define WORD(name_, help_, words_)                                                        \
	{                                                                                 \
		.name = name_, .help = help_, .type = XEBRA_PARAM_WORD, .optional = true, \
		.keyword = true, .words = words_,                                         \
	}

static const struct xebra_cmd_param set_params[] = {
	VF_PARAM,
	{
		.name = "mac",
		.help = "Its MAC address.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.keyword = true,
	},
	NUMBER("vlan", "The VLAN that it has without tag: the NIC inserts and strips it. 0: none.",
		4094),
	NUMBER("priority", "802.1p priority of what the NIC tags.", 7),
	{
		.name = "trunk",
		.help = "List of VLANs that the VF tags itself.",
		.type = XEBRA_PARAM_JSON,
		.optional = true,
		.keyword = true,
	},
	{
		.name = "multicast",
		.help = "List of the multicast addresses that it receives, or \"all\".",
		.type = XEBRA_PARAM_JSON,
		.optional = true,
		.keyword = true,
	},
	WORD("spoof_check", "Drop what it sends from another MAC address.", switch_words),
	WORD("trust", "Whether it may be promiscuous and send double tags.", switch_words),
	WORD("promiscuous", "Receive all that is in its VLANs; needs trust.", switch_words),
	WORD("link", "Its link: as the uplink's, always up, or down.", nic_link_words),
	NUMBER("max_rate", "Most that it may send, Mb/s. 0: no limit.", 400000),
	NUMBER("min_rate", "What it can count on to the uplink, Mb/s. 0: nothing.", 400000),
	NUMBER("weight",
		"Its share of what is left of the uplink, by weight. 0: its max_rate, or the "
		"uplink's "
		"rate.",
		1000000),
	{
		.name = "mtu",
		.help = "Longest layer 3 packet that it sends and receives, bytes.",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.keyword = true,
		.min = 68,
		.max = 9600,
	},
	{.name = NULL},
};

static int
read_mac(const json_t *args, struct nic_vf_conf *conf, struct xebra_err *err)
{
	const char *text = json_string_value(json_object_get(args, "mac"));
	int rc;

	if (text == NULL)
		return 0;
	rc = xebra_mac_check(text, err);
	if (rc < 0)
		return xebra_err_at(err, "mac");
	rte_ether_unformat_addr(text, &conf->mac);
	return 0;
}

static int
read_trunk(const json_t *args, struct nic_vf_conf *conf, struct xebra_err *err)
{
	const json_t *list = json_object_get(args, "trunk"), *item;
	size_t i;

	if (list == NULL)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > NIC_TRUNK_MAX)
		return xebra_err_set(
			err, -EINVAL, "trunk: not a list of at most %d VLANs", NIC_TRUNK_MAX);
	conf->nb_trunk = 0;
	json_array_foreach ((json_t *)(uintptr_t)list, i, item) {
		json_int_t vlan = json_integer_value(item);

		if (vlan < 1 || vlan > 4094)
			return xebra_err_set(
				err, -EINVAL, "trunk: item %zu is not a VLAN in 1..4094", i);
		conf->trunk[conf->nb_trunk++] = (uint16_t)vlan;
	}
	return 0;
}

static int
read_multicast(const json_t *args, struct nic_vf_conf *conf, struct xebra_err *err)
{
	const json_t *value = json_object_get(args, "multicast"), *item;
	size_t i;

	if (value == NULL)
		return 0;
	conf->nb_groups = 0;
	conf->all_groups = json_is_string(value) && strcmp(json_string_value(value), "all") == 0;
	if (conf->all_groups)
		return 0;
	if (!json_is_array(value) || json_array_size(value) > NIC_GROUPS_MAX)
		return xebra_err_set(err, -EINVAL,
			"multicast: not \"all\", nor a list of at most %d addresses",
			NIC_GROUPS_MAX);
	json_array_foreach ((json_t *)(uintptr_t)value, i, item) {
		struct rte_ether_addr *mac = &conf->groups[conf->nb_groups++];
		const char *text = json_string_value(item);

		if (text == NULL || rte_ether_unformat_addr(text, mac) != 0 ||
			!rte_is_multicast_ether_addr(mac))
			return xebra_err_set(err, -EINVAL,
				"multicast: item %zu is not a multicast MAC address", i);
	}
	return 0;
}

/* A value of one of the words; the present one when it is not given. */
static unsigned int
word(const json_t *args, const char *key, const char *const *words, unsigned int present)
{
	const char *text = json_string_value(json_object_get(args, key));

	for (unsigned int i = 0; text != NULL && words[i] != NULL; i++)
		if (strcmp(words[i], text) == 0)
			return i;
	return present;
}

static bool
is_on(const json_t *args, const char *key, bool present)
{
	return word(args, key, switch_words, !present) == 0;
}

static unsigned int
number(const json_t *args, const char *key, unsigned int present)
{
	const json_t *value = json_object_get(args, key);

	return value != NULL ? (unsigned int)json_integer_value(value) : present;
}

static int
read_conf(const json_t *args, struct nic_vf_conf *conf, struct xebra_err *err)
{
	int rc = read_mac(args, conf, err);

	if (rc == 0)
		rc = read_trunk(args, conf, err);
	if (rc == 0)
		rc = read_multicast(args, conf, err);
	conf->vlan = (uint16_t)number(args, "vlan", conf->vlan);
	conf->priority = (uint8_t)number(args, "priority", conf->priority);
	conf->spoof_check = is_on(args, "spoof_check", conf->spoof_check);
	conf->trust = is_on(args, "trust", conf->trust);
	/* Trust that is taken back takes along what it allowed. */
	conf->promiscuous = is_on(args, "promiscuous", conf->promiscuous && conf->trust);
	conf->link = word(args, "link", nic_link_words, conf->link);
	conf->max_rate = number(args, "max_rate", conf->max_rate);
	conf->min_rate = number(args, "min_rate", conf->min_rate);
	conf->weight = number(args, "weight", conf->weight);
	conf->mtu = (uint16_t)number(args, "mtu", conf->mtu);
	return rc;
}

static int
set_vf(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	struct nic_vf *vf = nic_vf_of(args, err);
	struct nic_vf_conf conf;
	int rc;

	if (vf == NULL)
		return err->code;
	conf = vf->conf;
	rc = read_conf(args, &conf, err);
	if (rc == 0)
		rc = nic_vf_check(vf, &conf, err);
	if (rc < 0)
		return rc;
	vf->conf = conf;
	nic_publish();
	return 0;
}

static int
reset_vf(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	struct nic_vf *vf = nic_vf_of(args, err);

	if (vf == NULL)
		return err->code;
	return nic_vf_reset(vf, err);
}

static const struct xebra_cmd_param reset_params[] = {VF_PARAM, {.name = NULL}};

static struct xebra_cmd vf_set_cmd = {
	.name = "vf set",
	.help = "Set what a VF may do: all that is given, or, when any of it is wrong, nothing.",
	.params = set_params,
	.run = set_vf,
};
XEBRA_CMD(vf_set_cmd)

static struct xebra_cmd vf_reset_cmd = {
	.name = "vf reset",
	.help = "Take a VF back: its client (memif) or front end (vhost) is dropped, its settings "
		"and counters are as at the start, its link is down.",
	.params = reset_params,
	.run = reset_vf,
};
XEBRA_CMD(vf_reset_cmd)
