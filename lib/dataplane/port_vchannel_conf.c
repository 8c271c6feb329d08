/* SPDX-License-Identifier: BSD-3-Clause */
/* "ports.NAME.vchannel": what a V-Channel may be configured with. */
#include <errno.h>
#include <stdio.h>

#include "port_vchannel.h"
#include "rte_pmd_vchannel.h"

static const char *const mode_words[] = {"weighted", "adaptive", "active-backup", NULL};

static const struct xebra_conf_key member_keys[] = {
	{
		.name = "device",
		.type = XEBRA_CONF_STRING,
		.help = "A PCI address, or the name and arguments of a DPDK device.",
		.required = true,
		.min = 1,
		.form = "0000:01:10.0 or net_af_packet0,iface=eth1",
	},
	{
		.name = "weight",
		.type = XEBRA_CONF_INT,
		.help = "Its share of the flows; without it the speed of its link.",
		.min = 1,
		.max = RTE_PMD_VCHANNEL_WEIGHT_MAX,
		.unit = "Mb/s",
	},
	{.name = NULL},
};

static const struct xebra_conf_key member_item = {
	.type = XEBRA_CONF_OBJECT,
	.help = "A link of the V-Channel.",
	.keys = member_keys,
};

const struct xebra_conf_key port_vchannel_keys[] = {
	{
		.name = "members",
		.type = XEBRA_CONF_MAP,
		.help = "The devices, by names of your choice; they come and go while it runs.",
		.required = true,
		.item = &member_item,
	},
	{
		.name = "mode",
		.type = XEBRA_CONF_ENUM,
		.help = "How flows are given to members: in proportion to the weights, by measured "
			"load, or all to one while it lives.",
		.dflt = "\"weighted\"",
		.words = mode_words,
	},
	{
		.name = "caps_file",
		.type = XEBRA_CONF_STRING,
		.help = "File in which the host writes the caps of the links, by their names here "
			"or "
			"their MAC addresses. A link that has a cap there weighs that, whatever "
			"its "
			"weight here is; changes are followed.",
		.min = 1,
		.form = "path",
	},
	{
		.name = "caps_xenstore",
		.type = XEBRA_CONF_STRING,
		.help = "The same in a node of the xenstore, for a guest of Xen: dpdk-xebra-pf "
			"writes "
			"\"xebra/caps\".",
		.min = 1,
		.form = "path, from the domain's own one on",
	},
	{
		.name = "primary",
		.type = XEBRA_CONF_STRING,
		.help = "active-backup: the member that is to carry the flows; without it the "
			"first.",
		.min = 1,
		.form = "name of a member",
	},
	{
		.name = "switch_back",
		.type = XEBRA_CONF_BOOL,
		.help = "active-backup: return to the primary when it is back.",
		.dflt = "false",
	},
	{
		.name = "symmetric",
		.type = XEBRA_CONF_BOOL,
		.help = "Both directions of a conversation take the same member.",
		.dflt = "false",
	},
	{
		.name = "seed",
		.type = XEBRA_CONF_INT,
		.help = "Changes the hash: V-Channels in a row should have different ones.",
		.dflt = "0",
		.min = 0,
		.max = UINT32_MAX,
	},
	{
		.name = "gap_us",
		.type = XEBRA_CONF_INT,
		.help = "A flow may change its member after it has paused for so long.",
		.dflt = "1000",
		.min = 0,
		.max = 1000000,
		.unit = "us",
	},
	{
		.name = "force_ms",
		.type = XEBRA_CONF_INT,
		.help = "Move a flow that does not pause after waiting for so long; 0: never.",
		.dflt = "0",
		.min = 0,
		.max = 3600000,
		.unit = "ms",
	},
	{
		.name = "up_delay_ms",
		.type = XEBRA_CONF_INT,
		.help = "A link that came up gets flows after so long.",
		.dflt = "100",
		.min = 0,
		.max = 3600000,
		.unit = "ms",
	},
	{
		.name = "stuck_ms",
		.type = XEBRA_CONF_INT,
		.help = "A link that transmits nothing for so long is dead; 0: never.",
		.dflt = "200",
		.min = 0,
		.max = 3600000,
		.unit = "ms",
	},
	{
		.name = "probe_ms",
		.type = XEBRA_CONF_INT,
		.help = "Probe each member so often for a peer that answers; 0: rely on links.",
		.dflt = "0",
		.min = 0,
		.max = 60000,
		.unit = "ms",
	},
	{.name = NULL},
};

int
port_vchannel_device(const char *name, const json_t *value, char *device, size_t size)
{
	/* Whether there are probes decides about a queue; how often can change. */
	int n = snprintf(device, size, "net_vchannel_%s,symmetric=%d,seed=%lld,probe_ms=%d", name,
		json_is_true(json_object_get(value, "symmetric")),
		(long long)json_integer_value(json_object_get(value, "seed")),
		json_integer_value(json_object_get(value, "probe_ms")) != 0);

	return n >= 0 && (size_t)n < size ? 0 : -E2BIG;
}

int
port_vchannel_check(const json_t *value, struct xebra_err *err)
{
	const char *primary = json_string_value(json_object_get(value, "primary"));

	if (primary == NULL || json_object_get(json_object_get(value, "members"), primary) != NULL)
		return 0;
	return xebra_err_set(err, -ENOENT, "vchannel.primary: there is no member %s", primary);
}
