/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * /vchannel/list                  ports that are V-Channels
 * /vchannel/info,<port>           one of them; "members" has names
 * /vchannel/member,<port>,<name>  one member
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_telemetry.h>

#include "vchannel_priv.h"

#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define add_number rte_tel_data_add_dict_uint
#else
#define add_number rte_tel_data_add_dict_u64
#endif

static int
list(const char *cmd, const char *params, struct rte_tel_data *d)
{
	uint16_t port;

	RTE_SET_USED(cmd);
	RTE_SET_USED(params);
	rte_tel_data_start_array(d, RTE_TEL_INT_VAL);
	for (port = 0; port < RTE_MAX_ETHPORTS; port++)
		if (rte_pmd_vchannel_is(port))
			rte_tel_data_add_array_int(d, port);
	return 0;
}

/* The V-Channel whose port number `params` begins with; *rest is what comes after a comma. */
static int
find(const char *params, struct rte_pmd_vchannel_info *i, const char **rest)
{
	unsigned long port;
	char *end;

	if (params == NULL || params[0] < '0' || params[0] > '9')
		return -EINVAL;
	port = strtoul(params, &end, 10);
	if ((*end != '\0' && *end != ',') || port >= RTE_MAX_ETHPORTS ||
		!rte_pmd_vchannel_is((uint16_t)port))
		return -EINVAL;
	*rest = *end == ',' ? end + 1 : end;
	return rte_pmd_vchannel_info_get((uint16_t)port, i);
}

static int
info(const char *cmd, const char *params, struct rte_tel_data *d)
{
	struct rte_pmd_vchannel_info i;
	struct rte_tel_data *members;
	const char *rest;
	uint16_t k;

	RTE_SET_USED(cmd);
	if (find(params, &i, &rest) != 0)
		return -EINVAL;
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "mode", rte_pmd_vchannel_mode_name(i.mode));
	add_number(d, "buckets", i.buckets);
	add_number(d, "gap_us", i.gap_us);
	add_number(d, "pending", i.pending);
	add_number(d, "moved", i.moved);
	add_number(d, "forced", i.forced);
	add_number(d, "switchovers", i.switchovers);
	members = rte_tel_data_alloc();
	if (members == NULL)
		return -ENOMEM;
	rte_tel_data_start_array(members, RTE_TEL_STRING_VAL);
	for (k = 0; k < i.nb_members; k++)
		rte_tel_data_add_array_string(members, i.member[k].name);
	rte_tel_data_add_dict_container(d, "members", members, 0);
	return 0;
}

static int
member(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct rte_pmd_vchannel_member *m;
	struct rte_pmd_vchannel_info i;
	const char *name;
	uint16_t k;

	RTE_SET_USED(cmd);
	if (find(params, &i, &name) != 0)
		return -EINVAL;
	for (k = 0; k < i.nb_members && strcmp(i.member[k].name, name) != 0; k++)
		;
	if (k == i.nb_members)
		return -EINVAL;
	m = &i.member[k];
	rte_tel_data_start_dict(d);
	rte_tel_data_add_dict_string(d, "name", m->name);
	add_number(d, "port", m->port_id);
	add_number(d, "weight", m->weight);
	add_number(d, "weight_from_link", m->weight_from_link);
	add_number(d, "link_up", m->link_up);
	add_number(d, "alive", m->alive);
	add_number(d, "active", m->active);
	add_number(d, "buckets", m->buckets);
	add_number(d, "buckets_wanted", m->buckets_wanted);
	add_number(d, "rx_packets", m->rx_packets);
	add_number(d, "rx_bytes", m->rx_bytes);
	add_number(d, "tx_packets", m->tx_packets);
	add_number(d, "tx_bytes", m->tx_bytes);
	add_number(d, "tx_unsent", m->tx_unsent);
	add_number(d, "tx_stranded", m->tx_stranded);
	add_number(d, "deaths", m->deaths);
	return 0;
}

RTE_INIT(vchannel_telemetry)
{
	rte_telemetry_register_cmd("/vchannel/list", list, "Ports that are V-Channels.");
	rte_telemetry_register_cmd("/vchannel/info", info, "A V-Channel. Parameter: port");
	rte_telemetry_register_cmd("/vchannel/member", member,
		"A member of a V-Channel. Parameters: port, name of the member");
}
