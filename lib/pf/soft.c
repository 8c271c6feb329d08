/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A software NIC: dpdk-xebra-nic, asked over its control socket as xebractl would ask it.
 *
 * The NIC is a process of its own, and its settings live in it. So a manager that stops, crashes or
 * is replaced disturbs its traffic as little as a real NIC's.
 *
 * A NIC that does not answer (it is stopped, its machine is overloaded) is waited for once. From
 * then on the connection is watched, and nothing is asked before the late answer is there.
 *
 * The NIC tells nothing by itself: changes by others are found when the manager reads.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <rte_string_fns.h>

#include "xebra_client.h"
#include "xebra_loop.h"
#include "xebra_mac.h"
#include "xebra_pf.h"

/* That takes no time, unless thousands are waiting to be let in. */
#define CONNECT_MS 100

/* It has them all. */
#define CAN (XEBRA_PF_ALL | XEBRA_PF_CAN_STATS | XEBRA_PF_CAN_SHARE | XEBRA_PF_CAN_PRIORITY)

struct soft_pf {
	struct xebra_pf base;
	char *socket;
	struct xebra_client *client;
	bool watched; /* for an answer that is late */
};

static struct xebra_pf_ops soft_ops;

static struct soft_pf *
soft(struct xebra_pf *pf)
{
	return (struct soft_pf *)pf;
}

static void
unwatch(struct soft_pf *pf)
{
	if (pf->watched)
		xebra_loop_unwatch(xebra_client_fd(pf->client));
	pf->watched = false;
}

/* It has spoken, or hung up. */
static void
hear(int fd __rte_unused, uint32_t events __rte_unused, void *arg)
{
	struct soft_pf *pf = arg;

	unwatch(pf);
	xebra_pf_tell(&pf->base);
}

static int
ask(struct soft_pf *pf, const char *method, json_t *params, json_t **result, struct xebra_err *err)
{
	int rc;

	if (xebra_client_broken(pf->client)) {
		json_decref(params);
		return xebra_err_set(err, -ENOTCONN, "%s: the connection has broken", pf->socket);
	}
	rc = xebra_client_call(pf->client, method, params, xebra_pf_patience_ms(), result, err);
	if (!xebra_client_late(pf->client))
		unwatch(pf);
	else if (pf->base.changed != NULL)
		pf->watched = xebra_loop_watch(xebra_client_fd(pf->client), EPOLLIN, hear, pf) == 0;
	return rc;
}

static int
not_understood(const struct soft_pf *pf, const char *what, struct xebra_err *err)
{
	return xebra_err_set(err, -EPROTO,
		"%s: \"%s\" was answered by something that is no "
		"dpdk-xebra-nic of this version",
		pf->socket, what);
}

/* ---- Reading ---- */

static uint64_t
number(const json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 ? (uint64_t)n : 0;
}

static bool
take_mac(const json_t *object, struct rte_ether_addr *mac)
{
	const char *text = json_string_value(json_object_get(object, "mac"));

	return text != NULL && rte_ether_unformat_addr(text, mac) == 0;
}

static bool
take_trunk(const json_t *list, struct xebra_pf_vf *vf)
{
	json_t *vlan;
	size_t i;

	if (!json_is_array(list) || json_array_size(list) > XEBRA_PF_TRUNK_MAX)
		return false;
	json_array_foreach (list, i, vlan)
		vf->trunk[i] = (uint16_t)json_integer_value(vlan);
	vf->nb_trunk = (uint16_t)json_array_size(list);
	return true;
}

static bool
take_link(const json_t *object, enum xebra_pf_link *link)
{
	const char *word = json_string_value(json_object_get(object, "link"));

	for (int i = 0; word != NULL && xebra_pf_link_names[i] != NULL; i++) {
		if (strcmp(word, xebra_pf_link_names[i]) == 0) {
			*link = i;
			return true;
		}
	}
	return false;
}

/* A row of "show vf". False when it is not one as we know them. */
static bool
take_vf(const json_t *row, struct xebra_pf_vf *vf)
{
	*vf = (struct xebra_pf_vf){
		.known = XEBRA_PF_ALL,
		.vlan = (uint16_t)number(row, "vlan"),
		.priority = (uint8_t)number(row, "priority"),
		.spoof_check = json_is_true(json_object_get(row, "spoof_check")),
		.trust = json_is_true(json_object_get(row, "trust")),
		.max_rate = (uint32_t)number(row, "max_rate"),
		.min_rate = (uint32_t)number(row, "min_rate"),
		.weight = (uint32_t)number(row, "weight"),
		.mtu = (uint16_t)number(row, "mtu"),
	};
	return take_mac(row, &vf->mac) && take_link(row, &vf->link) &&
		take_trunk(json_object_get(row, "trunk"), vf) &&
		json_is_boolean(json_object_get(row, "spoof_check")) &&
		json_is_boolean(json_object_get(row, "trust"));
}

static void
take_stats(const json_t *row, struct xebra_pf_stats *stats)
{
	const json_t *from = json_object_get(row, "stats");
	json_t *drops = json_object_get(from, "drops"), *count;
	const char *reason;

	*stats = (struct xebra_pf_stats){
		.rx_packets = number(from, "rx_packets"),
		.rx_bytes = number(from, "rx_bytes"),
		.tx_packets = number(from, "tx_packets"),
		.tx_bytes = number(from, "tx_bytes"),
	};
	json_object_foreach (drops, reason, count)
		stats->drops += (uint64_t)json_integer_value(count);
}

/* "show vf", all rows of VFs 0 to n - 1. */
static int
ask_vfs(struct soft_pf *pf, unsigned int n, json_t **rows, struct xebra_err *err)
{
	int rc = ask(pf, "show vf", json_object(), rows, err);

	if (rc < 0)
		return rc;
	if (json_is_array(*rows) && json_array_size(*rows) >= n)
		return 0;
	json_decref(*rows);
	return not_understood(pf, "show vf", err);
}

static int
soft_read(struct xebra_pf *base, struct xebra_pf_vf *vfs, unsigned int n, struct xebra_err *err)
{
	struct soft_pf *pf = soft(base);
	json_t *rows, *row;
	int rc = ask_vfs(pf, n, &rows, err);

	if (rc < 0)
		return rc;
	for (unsigned int i = 0; rc == 0 && i < n; i++) {
		row = json_array_get(rows, i);
		if (json_integer_value(json_object_get(row, "vf")) != i || !take_vf(row, &vfs[i]))
			rc = not_understood(pf, "show vf", err);
	}
	json_decref(rows);
	return rc;
}

static int
soft_stats(
	struct xebra_pf *base, struct xebra_pf_stats *stats, unsigned int n, struct xebra_err *err)
{
	json_t *rows;
	int rc = ask_vfs(soft(base), n, &rows, err);

	if (rc < 0)
		return rc;
	for (unsigned int i = 0; i < n; i++)
		take_stats(json_array_get(rows, i), &stats[i]);
	json_decref(rows);
	return 0;
}

static int
soft_info(struct xebra_pf *base, struct xebra_pf_info *info, struct xebra_err *err)
{
	struct soft_pf *pf = soft(base);
	const json_t *uplink;
	json_t *nic;
	int rc = ask(pf, "show nic", json_object(), &nic, err);

	if (rc < 0)
		return rc;
	uplink = json_object_get(nic, "uplink");
	*info = (struct xebra_pf_info){
		.driver = "dpdk-xebra-nic",
		.nb_vfs = (unsigned int)number(nic, "vfs"),
		.can = CAN,
		.speed = (uint32_t)number(uplink, "speed"),
		.rate_min = 1,
		.rate_step = 1,
		.mtu = (uint16_t)number(uplink, "mtu"),
		.link_up = json_is_true(json_object_get(uplink, "link_up")),
	};
	strlcpy(info->device, pf->socket, sizeof(info->device));
	if (!take_mac(uplink, &info->mac) || info->nb_vfs == 0 || info->nb_vfs > XEBRA_PF_VFS_MAX)
		rc = not_understood(pf, "show nic", err);
	json_decref(nic);
	return rc;
}

static int
soft_where(struct xebra_pf *base, unsigned int vf, char *text, size_t size)
{
	json_t *params = json_pack("{s:i}", "vf", (int)vf), *rows;
	const char *path;
	int rc = ask(soft(base), "show vf", params, &rows, NULL);

	if (rc < 0)
		return rc;
	path = json_string_value(json_object_get(json_array_get(rows, 0), "path"));
	rc = path != NULL ? 0 : -ENOENT;
	if (rc == 0)
		strlcpy(text, path, size);
	json_decref(rows);
	return rc;
}

/* ---- Setting ---- */

static json_t *
on_off(bool on)
{
	return json_string(on ? "on" : "off");
}

static json_t *
trunk_json(const struct xebra_pf_vf *vf)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < vf->nb_trunk; i++)
		json_array_append_new(list, json_integer(vf->trunk[i]));
	return list;
}

static json_t *
set_params(unsigned int vf, uint32_t what, const struct xebra_pf_vf *to)
{
	json_t *params = json_pack("{s:i}", "vf", (int)vf);

	if (what & XEBRA_PF_MAC)
		json_object_set_new(params, "mac", xebra_mac_json(&to->mac));
	if (what & XEBRA_PF_VLAN) {
		json_object_set_new(params, "vlan", json_integer(to->vlan));
		json_object_set_new(params, "priority", json_integer(to->priority));
	}
	if (what & XEBRA_PF_TRUNK)
		json_object_set_new(params, "trunk", trunk_json(to));
	if (what & XEBRA_PF_SPOOF_CHECK)
		json_object_set_new(params, "spoof_check", on_off(to->spoof_check));
	if (what & XEBRA_PF_TRUST)
		json_object_set_new(params, "trust", on_off(to->trust));
	if (what & XEBRA_PF_LINK)
		json_object_set_new(params, "link", json_string(xebra_pf_link_names[to->link]));
	if (what & XEBRA_PF_MAX_RATE)
		json_object_set_new(params, "max_rate", json_integer(to->max_rate));
	if (what & XEBRA_PF_MIN_RATE)
		json_object_set_new(params, "min_rate", json_integer(to->min_rate));
	if (what & XEBRA_PF_WEIGHT)
		json_object_set_new(params, "weight", json_integer(to->weight));
	if (what & XEBRA_PF_MTU)
		json_object_set_new(params, "mtu", json_integer(to->mtu));
	return params;
}

static int
soft_set(struct xebra_pf *base, unsigned int vf, uint32_t what, const struct xebra_pf_vf *to,
	struct xebra_err *err)
{
	return ask(soft(base), "vf set", set_params(vf, what, to), NULL, err);
}

static int
soft_reset(struct xebra_pf *base, unsigned int vf, struct xebra_err *err)
{
	return ask(soft(base), "vf reset", json_pack("{s:i}", "vf", (int)vf), NULL, err);
}

/* ---- Opening ---- */

static void
soft_close(struct xebra_pf *base)
{
	struct soft_pf *pf = soft(base);

	unwatch(pf);
	xebra_client_close(pf->client);
	free(pf->socket);
	free(pf);
}

static int
start(struct soft_pf *pf, unsigned int vfs, struct xebra_err *err)
{
	struct xebra_pf_info info;
	int rc = xebra_client_open(pf->socket, CONNECT_MS, &pf->client, err);

	if (rc == -ENOENT || rc == -ECONNREFUSED)
		return xebra_err_set(err, rc, "%s: no dpdk-xebra-nic listens there", pf->socket);
	if (rc == 0)
		rc = soft_info(&pf->base, &info, err);
	if (rc < 0)
		return rc;
	if (vfs > info.nb_vfs)
		return xebra_err_set(
			err, -ERANGE, "vfs: %u are more than the NIC has (%u)", vfs, info.nb_vfs);
	return 0;
}

static int
soft_open(const struct xebra_pf_conf *conf, struct xebra_pf **pf, struct xebra_err *err)
{
	struct soft_pf *made = calloc(1, sizeof(*made));
	int rc;

	if (made != NULL)
		made->socket = strdup(conf->device);
	if (made == NULL || made->socket == NULL) {
		free(made);
		return xebra_err_set(err, -ENOMEM, "out of memory");
	}
	xebra_pf_init(&made->base, &soft_ops, conf);
	rc = start(made, conf->vfs, err);
	if (rc == 0 || rc == -ETIMEDOUT)
		*pf = &made->base;
	else
		soft_close(&made->base);
	return rc;
}

static struct xebra_pf_ops soft_ops = {
	.name = "soft",
	.open = soft_open,
	.close = soft_close,
	.info = soft_info,
	.read = soft_read,
	.set = soft_set,
	.reset = soft_reset,
	.stats = soft_stats,
	.where = soft_where,
};
XEBRA_PF_BACKEND(soft_ops)
