/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that show: "show nic", "show vf". */
#include <errno.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_mempool.h>

#include "nic_cmd.h"
#include "xebra_cmd.h"
#include "xebra_mac.h"

#define NAME_OF(id, name, help) name,

static const char *const drop_names[] = {NIC_DROPS(NAME_OF)};
static const char *const uplink_drop_names[] = {NIC_UPLINK_DROPS(NAME_OF)};
static const char *const kind_names[] = {"memif", "vhost", "device"};

static uint64_t
look(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

struct nic_vf *
nic_vf_of(const json_t *args, struct xebra_err *err)
{
	json_int_t n = json_integer_value(json_object_get(args, "vf"));

	if (n >= (json_int_t)nic.nb_vfs) {
		xebra_err_set(err, -ENOENT, "vf: there is no VF %d, they are 0 to %u", (int)n,
			nic.nb_vfs - 1);
		return NULL;
	}
	return &nic.vfs[n];
}

/* Reasons that never applied are left out. */
static json_t *
describe_drops(
	const uint64_t *counts, const uint64_t *before, const char *const *names, unsigned int nb)
{
	json_t *drops = json_object();

	for (unsigned int i = 0; i < nb; i++) {
		uint64_t n = look(&counts[i]) - (before != NULL ? before[i] : 0);

		if (n != 0)
			json_object_set_new(drops, names[i], json_integer((json_int_t)n));
	}
	return drops;
}

static json_t *
since(const uint64_t *counter, uint64_t before)
{
	return json_integer((json_int_t)(look(counter) - before));
}

static json_t *
describe_vf_stats(const struct nic_vf *vf)
{
	const struct nic_vf_stats *now = &nic_worker_get()->vf_stats[vf->index];
	const struct nic_vf_stats *before = &vf->scrubbed;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "rx_packets",
		since(&now->rx_packets, before->rx_packets), "rx_bytes",
		since(&now->rx_bytes, before->rx_bytes), "tx_packets",
		since(&now->tx_packets, before->tx_packets), "tx_bytes",
		since(&now->tx_bytes, before->tx_bytes), "no_memory",
		since(&now->no_memory, before->no_memory), "drops",
		describe_drops(now->drops, before->drops, drop_names, NIC_DROP_MAX));
}

static json_t *
describe_trunk(const struct nic_vf_conf *conf)
{
	json_t *trunk = json_array();

	for (unsigned int i = 0; i < conf->nb_trunk; i++)
		json_array_append_new(trunk, json_integer(conf->trunk[i]));
	return trunk;
}

static json_t *
describe_groups(const struct nic_vf_conf *conf)
{
	json_t *groups;

	if (conf->all_groups)
		return json_string("all");
	groups = json_array();
	for (unsigned int i = 0; i < conf->nb_groups; i++)
		json_array_append_new(groups, xebra_mac_json(&conf->groups[i]));
	return groups;
}

static json_t *
describe_vf(const struct nic_vf *vf)
{
	const struct nic_vf_conf *conf = &vf->conf;

	return json_pack("{s:i, s:s, s:b, s:o, s:i, s:i, s:o, s:o, s:b, s:b, s:b, s:s, s:b, s:I, "
			 "s:I, s:I, s:i, s:o}",
		"vf", (int)vf->index, "path", vf->path, "connected", vf->port != NULL, "mac",
		xebra_mac_json(&conf->mac), "vlan", conf->vlan, "priority", conf->priority, "trunk",
		describe_trunk(conf), "multicast", describe_groups(conf), "spoof_check",
		conf->spoof_check, "trust", conf->trust, "promiscuous", conf->promiscuous, "link",
		nic_link_words[conf->link], "link_up", nic_vf_is_up(vf), "max_rate",
		(json_int_t)conf->max_rate, "min_rate", (json_int_t)conf->min_rate, "weight",
		(json_int_t)conf->weight, "mtu", conf->mtu, "stats", describe_vf_stats(vf));
}

static int
show_vf(const json_t *args, json_t **reply, struct xebra_err *err)
{
	const struct nic_vf *vf;

	if (json_object_get(args, "vf") != NULL) {
		vf = nic_vf_of(args, err);
		if (vf == NULL)
			return err->code;
		*reply = json_pack("[o]", describe_vf(vf));
		return 0;
	}
	*reply = json_array();
	for (unsigned int i = 0; i < nic.nb_vfs; i++)
		json_array_append_new(*reply, describe_vf(&nic.vfs[i]));
	return 0;
}

/* A line a VF: what is most wanted. Everything is in the reply. */
static void
print_vf(const json_t *reply, FILE *out)
{
	const json_t *vf;
	size_t i;

	fprintf(out, "%3s %-17s %5s %-8s %-5s %9s %9s %8s %15s %15s %10s\n", "VF", "MAC", "VLAN",
		"LINK", "PEER", "MAX_RATE", "MIN_RATE", "WEIGHT", "RX_PACKETS", "TX_PACKETS",
		"DROPPED");
	json_array_foreach ((json_t *)(uintptr_t)reply, i, vf) {
		json_t *stats = json_object_get(vf, "stats"), *count;
		json_int_t dropped = 0;
		const char *name;

		json_object_foreach (json_object_get(stats, "drops"), name, count)
			dropped += json_integer_value(count);
#define INT(object, key) (long long)json_integer_value(json_object_get(object, key))
		fprintf(out, "%3lld %-17s %5lld %-8s %-5s %9lld %9lld %8lld %15lld %15lld %10lld\n",
			INT(vf, "vf"), json_string_value(json_object_get(vf, "mac")),
			INT(vf, "vlan"),
			json_is_true(json_object_get(vf, "link_up")) ? "up" : "down",
			json_is_true(json_object_get(vf, "connected")) ? "yes" : "no",
			INT(vf, "max_rate"), INT(vf, "min_rate"), INT(vf, "weight"),
			INT(stats, "rx_packets"), INT(stats, "tx_packets"), (long long)dropped);
#undef INT
	}
}

static json_t *
describe_uplink(void)
{
	return json_pack("{s:s, s:o, s:b, s:I, s:I, s:i}", "device", nic.uplink.device, "mac",
		xebra_mac_json(&nic.uplink_mac), "link_up", nic.uplink_up, "speed",
		(json_int_t)nic_uplink_rate(), "rate", (json_int_t)nic.uplink_rate, "mtu",
		nic.uplink_mtu);
}

static json_t *
describe_stats(const struct nic_worker *w)
{
	const struct nic_uplink_stats *stats = &w->uplink_stats;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "rx_packets",
		since(&stats->rx_packets, 0), "rx_bytes", since(&stats->rx_bytes, 0), "tx_packets",
		since(&stats->tx_packets, 0), "tx_bytes", since(&stats->tx_bytes, 0), "no_memory",
		since(&stats->no_memory, 0), "drops",
		describe_drops(stats->drops, NULL, uplink_drop_names, NIC_UPLINK_DROP_MAX));
}

static json_t *
describe_worker(const struct nic_worker *w)
{
	double us = (double)rte_get_tsc_hz() / 1e6;

	return json_pack("{s:o, s:I, s:o}", "walks", since(&w->walks, 0), "busy_us",
		(json_int_t)((double)look(&w->busy_cycles) / us), "sleeps", since(&w->sleeps, 0));
}

static int
show_nic(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	const struct nic_worker *w = nic_worker_get();

	*reply = json_pack("{s:o, s:i, s:s, s:o, s:o, s:{s:i, s:i}}", "uplink", describe_uplink(),
		"vfs", (int)nic.nb_vfs, "kind", kind_names[nic.kind], "stats", describe_stats(w),
		"worker", describe_worker(w), "buffers", "size", (int)nic.pool->size, "in_use",
		(int)rte_mempool_in_use_count(nic.pool));
	return 0;
}

static const struct xebra_cmd_param show_vf_params[] = {
	{
		.name = "vf",
		.help = "Number of a VF; without it all.",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.keyword = true,
		.min = 0,
		.max = NIC_VFS_MAX - 1,
	},
	{.name = NULL},
};

static struct xebra_cmd show_nic_cmd = {
	.name = "show nic",
	.help = "Show the NIC: its uplink, with counters, and its worker.",
	.run = show_nic,
	.telemetry = true,
};
XEBRA_CMD(show_nic_cmd)

static struct xebra_cmd show_vf_cmd = {
	.name = "show vf",
	.help = "Show the VFs: what they may do, who is connected, what they have sent and "
		"received.",
	.params = show_vf_params,
	.run = show_vf,
	.print = print_vf,
	.telemetry = true,
};
XEBRA_CMD(show_vf_cmd)
