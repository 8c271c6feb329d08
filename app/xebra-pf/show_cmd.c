/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands "show ...": what is, as it was read last. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "manager.h"
#include "xebra_cmd.h"
#include "xebra_mac.h"

static json_t *mutable(const json_t *value)
{
	return (json_t *)(uintptr_t)value;
}

static json_t *
copy_of(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return value != NULL ? json_incref(value) : json_null();
}

static void
complete_pf(json_t *words)
{
	struct pf *pf;

	TAILQ_FOREACH (pf, &pfs, next)
		json_array_append_new(words, json_string(pf->name));
}

/* ---- show pf ---- */

/* What its VFs can be told, in the words of "show vf". */
static json_t *
abilities(uint32_t can)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < XEBRA_PF_SETTINGS; i++)
		if (can & RTE_BIT32(i))
			json_array_append_new(
				list, json_string(xebra_pf_setting_name(RTE_BIT32(i))));
	if (can & XEBRA_PF_CAN_PRIORITY)
		json_array_append_new(list, json_string("priority"));
	if (can & XEBRA_PF_CAN_STATS)
		json_array_append_new(list, json_string("stats"));
	if (can & XEBRA_PF_CAN_SHARE)
		json_array_append_new(list, json_string("share"));
	return list;
}

static unsigned int
free_vfs(const struct pf *pf)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < pf->nb_vfs; i++)
		n += pf->vfs[i].want.place[0] == '\0';
	return n;
}

static json_t *
pf_state(const struct pf *pf)
{
	if (pf->dev == NULL)
		return json_sprintf("lost: %s", pf->err.text);
	return json_string(pf->info.link_up ? "up" : "link down");
}

static int
show_pf(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	struct pf *pf;

	*reply = json_array();
	TAILQ_FOREACH (pf, &pfs, next) {
		uint32_t speed = pf_speed(pf);

		json_array_append_new(*reply,
			json_pack("{s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:i, s:i, s:i, s:i, s:i, "
				  "s:o}",
				"pf", pf->name, "backend", copy_of(pf->conf, "backend"), "driver",
				pf->info.driver, "device", pf->info.device, "state", pf_state(pf),
				"mac", xebra_mac_json(&pf->info.mac), "speed_mbps",
				speed != 0 ? json_integer(speed) : json_null(), "mtu",
				(int)pf->info.mtu, "vfs", (int)pf->nb_vfs, "free",
				(int)free_vfs(pf), "rate_min", (int)pf->info.rate_min, "rate_step",
				(int)pf->info.rate_step, "can", abilities(pf->info.can)));
	}
	return 0;
}

static struct xebra_cmd show_pf_cmd = {
	.name = "show pf",
	.help = "Show the PFs, their state, and what their drivers can do.",
	.run = show_pf,
	.telemetry = true,
};
XEBRA_CMD(show_pf_cmd)

/* ---- show vf ---- */

static json_t *
vf_state(const struct vf *vf)
{
	if (vf->pf->dev == NULL)
		return json_string("pf lost");
	if (vf->err.code != 0)
		return json_string(vf->err.text);
	if (vf->want.guest[0] != '\0')
		return json_string("in use");
	if (vf->want.place[0] == '\0' && guest_holder(vf) != NULL)
		return json_sprintf("held by %s, which was not given it", guest_holder(vf));
	if (vf->want.place[0] != '\0')
		return json_sprintf("kept (%s)", vf->want.place);
	return json_string("free");
}

static json_t *
where(const struct vf *vf)
{
	struct xebra_pf *dev = vf->pf->dev;
	char text[256];

	if (dev == NULL || dev->ops->where == NULL ||
		dev->ops->where(dev, vf->index, text, sizeof(text)) < 0)
		return json_null();
	return json_string(text);
}

/* Counters are read now; NULL: there are none. */
static json_t *
vf_row(const struct vf *vf, const struct xebra_pf_stats *stats)
{
	json_t *row = json_pack("{s:s, s:i, s:s, s:s, s:o, s:o}", "pf", vf->pf->name, "vf",
		(int)vf->index, "guest", vf->want.guest, "vnet", vf->want.vnet, "state",
		vf_state(vf), "where", where(vf));

	for (unsigned int i = 0; i < XEBRA_PF_SETTINGS; i++)
		json_object_set_new(row, xebra_pf_setting_name(RTE_BIT32(i)),
			xebra_pf_setting_json(&vf->is, RTE_BIT32(i)));
	if (stats == NULL)
		return row;
	json_object_set_new(row, "rx_packets", json_integer((json_int_t)stats->rx_packets));
	json_object_set_new(row, "rx_bytes", json_integer((json_int_t)stats->rx_bytes));
	json_object_set_new(row, "tx_packets", json_integer((json_int_t)stats->tx_packets));
	json_object_set_new(row, "tx_bytes", json_integer((json_int_t)stats->tx_bytes));
	json_object_set_new(row, "drops", json_integer((json_int_t)stats->drops));
	return row;
}

static void
add_vfs(json_t *rows, const struct pf *pf, const json_t *only)
{
	struct xebra_pf_stats stats[XEBRA_PF_VFS_MAX];
	bool counted = pf->dev != NULL && (pf->info.can & XEBRA_PF_CAN_STATS) &&
		pf->dev->ops->stats(pf->dev, stats, pf->nb_vfs, NULL) == 0;

	for (unsigned int i = 0; i < pf->nb_vfs; i++)
		if (only == NULL || json_integer_value(only) == i)
			json_array_append_new(
				rows, vf_row(&pf->vfs[i], counted ? &stats[i] : NULL));
}

static int
show_vf(const json_t *args, json_t **reply, struct xebra_err *err)
{
	const char *name = json_string_value(json_object_get(args, "pf"));
	const json_t *vf = json_object_get(args, "vf");
	struct pf *pf;

	if (name == NULL && vf != NULL)
		return xebra_err_set(err, -EINVAL, "vf: of which pf?");
	if (name != NULL && pf_find(name) == NULL)
		return xebra_err_set(err, -ENOENT, "there is no pf %s", name);
	if (vf != NULL && json_integer_value(vf) >= pf_find(name)->nb_vfs)
		return xebra_err_set(
			err, -ENOENT, "pf %s has no VF %d", name, (int)json_integer_value(vf));
	*reply = json_array();
	TAILQ_FOREACH (pf, &pfs, next)
		if (name == NULL || strcmp(pf->name, name) == 0)
			add_vfs(*reply, pf, vf);
	return 0;
}

static const struct xebra_cmd_param show_vf_params[] = {
	{
		.name = "pf",
		.help = "Only those of this PF.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.complete = complete_pf,
	},
	{
		.name = "vf",
		.help = "Only this one.",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.min = 0,
		.max = XEBRA_PF_VFS_MAX - 1,
	},
	{0},
};

static struct xebra_cmd show_vf_cmd = {
	.name = "show vf",
	.help = "Show the VFs: whose they are, what was read from their PF, counters (tx is what "
		"the guest sends).",
	.params = show_vf_params,
	.run = show_vf,
	.telemetry = true,
};
XEBRA_CMD(show_vf_cmd)

/* ---- show vnet, show guest ---- */

static void
count_vnet(const char *name, int *nb_vfs, double *sends)
{
	struct pf *pf;

	*nb_vfs = 0;
	*sends = 0;
	TAILQ_FOREACH (pf, &pfs, next) {
		for (uint16_t i = 0; i < pf->link.nb_vfs; i++) {
			if (strcmp(pf->sharers[i]->want.vnet, name) != 0)
				continue;
			++*nb_vfs;
			*sends += pf->link.vfs[i].measured;
		}
	}
}

static int
show_vnet(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	const char *name;
	json_t *vnet;

	*reply = json_array();
	json_object_foreach (config.vnets, name, vnet) {
		double sends;
		int nb_vfs;

		count_vnet(name, &nb_vfs, &sends);
		json_array_append_new(*reply,
			json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:I}", "vnet", name,
				"vlan", copy_of(vnet, "vlan"), "priority",
				copy_of(vnet, "priority"), "mtu", copy_of(vnet, "mtu"), "cap",
				copy_of(vnet, "cap"), "guarantee", copy_of(vnet, "guarantee"),
				"weight", copy_of(vnet, "weight"), "vfs", nb_vfs, "sends",
				(json_int_t)lround(sends)));
	}
	return 0;
}

static struct xebra_cmd show_vnet_cmd = {
	.name = "show vnet",
	.help = "Show the virtual networks, and what their VFs send (Mb/s).",
	.run = show_vnet,
	.telemetry = true,
};
XEBRA_CMD(show_vnet_cmd)

static json_t *
vfs_of(const char *guest)
{
	json_t *list = json_array(), *entry;
	size_t i;

	json_array_foreach (json_object_get(*state_assigned(), guest), i, entry)
		json_array_append_new(list,
			json_sprintf("%s/%d", json_string_value(json_object_get(entry, "pf")),
				(int)json_integer_value(json_object_get(entry, "vf"))));
	return list;
}

/* The worst that can be said of its VFs. */
static json_t *
guest_state(const char *name, const json_t *guest)
{
	struct pf *pf;

	if (!guest_is_there(name, guest))
		return json_string("away");
	TAILQ_FOREACH (pf, &pfs, next)
		for (unsigned int i = 0; i < pf->nb_vfs; i++)
			if (strcmp(pf->vfs[i].want.guest, name) == 0 && pf->vfs[i].err.code != 0)
				return json_string(pf->vfs[i].err.text);
	return json_string("there");
}

static int
show_guest(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	const char *name;
	json_t *guest;

	*reply = json_array();
	json_object_foreach (mutable(config.guests), name, guest)
		json_array_append_new(*reply,
			json_pack("{s:s, s:o, s:o, s:o}", "guest", name, "vnet",
				copy_of(guest, "vnet"), "state", guest_state(name, guest), "vfs",
				vfs_of(name)));
	return 0;
}

static struct xebra_cmd show_guest_cmd = {
	.name = "show guest",
	.help = "Show the guests, whether they are there, and their VFs (PF/number).",
	.run = show_guest,
	.telemetry = true,
};
XEBRA_CMD(show_guest_cmd)

/* ---- show drift, show bandwidth ---- */

static int
show_drift(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	*reply = drift_json();
	return 0;
}

static struct xebra_cmd show_drift_cmd = {
	.name = "show drift",
	.help = "Show which settings of VFs somebody else has changed, and whether they are put "
		"right.",
	.run = show_drift,
	.telemetry = true,
};
XEBRA_CMD(show_drift_cmd)

static int
show_bandwidth(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	*reply = bandwidth_json();
	return 0;
}

static struct xebra_cmd show_bandwidth_cmd = {
	.name = "show bandwidth",
	.help = "Show who shares each PF's link (Mb/s): what is configured, what each is due when "
		"all send, what it sends, its limit now and the one that the hardware gives.",
	.run = show_bandwidth,
	.telemetry = true,
};
XEBRA_CMD(show_bandwidth_cmd)
