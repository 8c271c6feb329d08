/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * "neighbor add|del|clear". They take what the file takes, check it by the same registration,
 * change the tables at once, and note the change in the running configuration.
 */
#include <errno.h>
#include <string.h>

#include "addr.h"
#include "cmd.h"
#include "conf.h"
#include "ip4_priv.h"
#include "xebra_cmd.h"

static int
neighbor_add(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	static const char *const names[] = {"interface", "mac", NULL};
	const char *addr = json_string_value(json_object_get(args, "address"));
	json_t *neighbor, *old;
	int ret;

	if (ip4_check_host(addr, err) < 0)
		return xebra_err_at(err, "address");
	neighbor = json_object();
	ip4_cmd_copy(neighbor, args, names);
	ret = xebra_conf_check_value(&ip4_neighbor_key, neighbor, NULL, err);
	if (ret == 0)
		ret = ip4_conf_neighbor_check(xebra_conf_running(), addr, neighbor, err);
	if (ret == 0) {
		old = ip4_cmd_running("neighbors", addr);
		if (old != NULL &&
			!json_equal(json_object_get(old, "interface"),
				json_object_get(neighbor, "interface")))
			ip4_conf_neighbor_unset(addr, old);
		ret = ip4_conf_neighbor_set(addr, neighbor);
		if (ret < 0)
			xebra_err_set(err, ret, "%s", strerror(-ret));
	}
	if (ret == 0)
		ip4_cmd_record("neighbors", addr, json_incref(neighbor));
	json_decref(neighbor);
	return ret;
}

static int
neighbor_del(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *addr = json_string_value(json_object_get(args, "address"));
	json_t *old = ip4_cmd_running("neighbors", addr);

	if (old == NULL)
		return xebra_err_set(err, -ENOENT, "address: no static neighbor %s", addr);
	ip4_conf_neighbor_unset(addr, old);
	ip4_cmd_record("neighbors", addr, NULL);
	return 0;
}

static int
neighbor_forget_all(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const char *name = json_string_value(json_object_get(args, "interface"));
	const struct xebra_iface *iface = name != NULL ? xebra_iface_find(name) : NULL;
	struct neighbor *n, *next;

	if (name != NULL && iface == NULL)
		return xebra_err_set(err, -ENOENT, "interface: there is no interface \"%s\"", name);
	if (!ip4_started())
		return 0;
	for (n = neighbor_next(&ip4_neighbors, NULL); n != NULL; n = next) {
		next = neighbor_next(&ip4_neighbors, n);
		if (iface == NULL || n->iface == iface->id)
			neighbor_forget(&ip4_neighbors, n);
	}
	return 0;
}

static const struct xebra_cmd_param neighbor_add_params[] = {
	{.name = "address", .help = "Its IPv4 address.", .type = XEBRA_PARAM_STRING},
	{
		.name = "interface",
		.help = "Where it is.",
		.type = XEBRA_PARAM_STRING,
		.complete = ip4_cmd_offer_interfaces,
	},
	{.name = "mac", .help = "Its MAC address.", .type = XEBRA_PARAM_STRING},
	{0},
};

static struct xebra_cmd neighbor_add_cmd = {
	.name = "neighbor add",
	.help = "Add a static neighbour, or change it.",
	.params = neighbor_add_params,
	.run = neighbor_add,
};
XEBRA_CMD(neighbor_add_cmd)

static const struct xebra_cmd_param neighbor_del_params[] = {
	{.name = "address", .help = "Its IPv4 address.", .type = XEBRA_PARAM_STRING},
	{0},
};

static struct xebra_cmd neighbor_del_cmd = {
	.name = "neighbor del",
	.help = "Delete a static neighbour.",
	.params = neighbor_del_params,
	.run = neighbor_del,
};
XEBRA_CMD(neighbor_del_cmd)

static const struct xebra_cmd_param neighbor_clear_params[] = {
	{
		.name = "interface",
		.help = "Only neighbours of this interface.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.complete = ip4_cmd_offer_interfaces,
	},
	{0},
};

static struct xebra_cmd neighbor_clear_cmd = {
	.name = "neighbor clear",
	.help = "Forget what was learned about neighbours; static ones stay.",
	.params = neighbor_clear_params,
	.run = neighbor_forget_all,
};
XEBRA_CMD(neighbor_clear_cmd)
