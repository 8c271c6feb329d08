/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands about trace. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_ether.h>

#include "graph_priv.h"
#include "trace_priv.h"
#include "xebra_cmd.h"
#include "xebra_mac.h"

#define PACKETS_MAX 10000
#define DEFAULT_PACKETS 10
#define TEXT_MAX 256

static void
complete_iface(json_t *words)
{
	const struct xebra_iface *iface;

	for (iface = xebra_iface_next(0); iface != NULL; iface = xebra_iface_next(iface->id + 1))
		json_array_append_new(words, json_string(iface->name));
}

static const struct xebra_cmd_param start_params[] = {
	{
		.name = "packets",
		.help = "How many packets to trace (default 10).",
		.type = XEBRA_PARAM_INT,
		.optional = true,
		.keyword = true,
		.min = 1,
		.max = PACKETS_MAX,
	},
	{
		.name = "interface",
		.help = "Trace only packets that come in by this interface.",
		.type = XEBRA_PARAM_STRING,
		.optional = true,
		.keyword = true,
		.complete = complete_iface,
	},
	{.name = NULL},
};

static int
start(const json_t *args, json_t **reply __rte_unused, struct xebra_err *err)
{
	const json_t *packets = json_object_get(args, "packets");
	const char *name = json_string_value(json_object_get(args, "interface"));
	const struct xebra_iface *iface = name != NULL ? xebra_iface_find(name) : NULL;

	if (name != NULL && iface == NULL)
		return xebra_err_set(err, -ENOENT, "there is no interface %s", name);
	return trace_start(packets != NULL ? json_integer_value(packets) : DEFAULT_PACKETS,
		iface != NULL ? iface->id : XEBRA_IFACE_NONE, err);
}

static int
stop(const json_t *args __rte_unused, json_t **reply __rte_unused, struct xebra_err *err)
{
	return trace_stop(err);
}

/* Where the data is a whole frame, with its Ethernet header. */
static bool
has_frame(const char *node)
{
	static const char *const nodes[] = {"eth_input", "eth_too_short", "eth_too_long", "port_tx",
		"port_tx_full", "port_tx_down", "port_tx_too_long", "port_tx_no_buffer"};

	for (unsigned int i = 0; i < RTE_DIM(nodes); i++)
		if (strcmp(nodes[i], node) == 0)
			return true;
	return false;
}

/* A packet's network layer header, as its layer describes it, else its first bytes. */
static void
describe_packet(rte_be16_t type, const uint8_t *data, uint32_t len, char *text, size_t size)
{
	const struct xebra_family *family = family_of_type(type);
	size_t at = 0;

	text[0] = '\0';
	if (family != NULL && family->describe != NULL) {
		family->describe(data, len, text, size);
		return;
	}
	for (uint32_t i = 0; i < RTE_MIN(len, 16u) && at + 3 < size; i++)
		at += snprintf(text + at, size - at, "%02x ", data[i]);
	if (at > 0)
		text[at - 1] = '\0';
}

/* Returns the EtherType, 0 when the frame is too short to have one. */
static rte_be16_t
describe_frame(const uint8_t *data, uint32_t len, char *text, size_t size)
{
	const struct rte_ether_hdr *eth = (const struct rte_ether_hdr *)data;
	char dst[RTE_ETHER_ADDR_FMT_SIZE], src[RTE_ETHER_ADDR_FMT_SIZE], vlan[16] = "";
	uint32_t l2_len = sizeof(*eth);
	rte_be16_t type;
	size_t at;

	if (len < l2_len) {
		snprintf(text, size, "%u bytes", len);
		return 0;
	}
	memcpy(&type, &eth->ether_type, sizeof(type));
	if (type == RTE_BE16(RTE_ETHER_TYPE_VLAN) && len >= l2_len + RTE_VLAN_HLEN) {
		snprintf(vlan, sizeof(vlan), " vlan %u", (data[14] << 8 | data[15]) & 0xfff);
		memcpy(&type, &data[16], sizeof(type));
		l2_len += RTE_VLAN_HLEN;
	}
	at = snprintf(text, size, "%s > %s%s type 0x%04x; ", xebra_mac_text(src, &eth->src_addr),
		xebra_mac_text(dst, &eth->dst_addr), vlan, rte_be_to_cpu_16(type));
	if (at < size)
		describe_packet(type, data + l2_len, len - l2_len, text + at, size - at);
	return type;
}

/* Packets are followed by number: what one was at eth_input it is everywhere after. */
static json_t *
describe_record(const struct trace_record *r, rte_be16_t *type, uint64_t first_tsc)
{
	const char *node = rte_node_id_to_name(r->node);
	double us = (double)(r->tsc - first_tsc) * 1e6 / (double)rte_get_tsc_hz();
	char text[TEXT_MAX];

	if (has_frame(node)) {
		rte_be16_t found = describe_frame(r->data, r->kept, text, sizeof(text));

		if (*type == 0)
			*type = found;
	} else {
		describe_packet(*type, r->data, r->kept, text, sizeof(text));
	}
	return json_pack("{s:i, s:f, s:i, s:s, s:i, s:s}", "packet", (int)r->packet + 1, "time_us",
		(double)(uint64_t)(us * 10) / 10, "worker", r->worker, "node", node, "length",
		(int)r->length, "text", text);
}

static int
by_packet(const void *a, const void *b)
{
	const struct trace_record *x = *(const struct trace_record *const *)a;
	const struct trace_record *y = *(const struct trace_record *const *)b;

	if (x->packet != y->packet)
		return x->packet < y->packet ? -1 : 1;
	return x->tsc < y->tsc ? -1 : x->tsc > y->tsc;
}

static int
show(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err)
{
	const struct trace_record **records, *r;
	unsigned int nb = 0, used = 0;
	rte_be16_t type = 0;

	while (trace_record(nb) != NULL)
		nb++;
	records = calloc(nb + 1, sizeof(*records));
	if (records == NULL)
		return xebra_err_set(err, -ENOMEM, "no memory");
	for (unsigned int i = 0; i < nb; i++) {
		r = trace_record(i);
		if (__atomic_load_n(&r->ready, __ATOMIC_ACQUIRE))
			records[used++] = r;
	}
	qsort(records, used, sizeof(*records), by_packet);
	*reply = json_array();
	for (unsigned int i = 0; i < used; i++) {
		if (i == 0 || records[i]->packet != records[i - 1]->packet)
			type = 0;
		json_array_append_new(*reply, describe_record(records[i], &type, records[0]->tsc));
	}
	free(records);
	if (trace_lost() != 0)
		json_array_append_new(*reply, json_pack("{s:i}", "lost", (int)trace_lost()));
	return 0;
}

/* One paragraph a packet. */
static void
print(const json_t *reply, FILE *out)
{
	json_int_t last = 0;
	const json_t *row;
	size_t i;

	json_array_foreach (reply, i, row) {
		json_int_t packet = json_integer_value(json_object_get(row, "packet"));

		if (json_object_get(row, "lost") != NULL) {
			fprintf(out, "%lld steps more were lost\n",
				(long long)json_integer_value(json_object_get(row, "lost")));
			continue;
		}
		if (packet != last)
			fprintf(out, "%spacket %lld, worker %lld\n", last != 0 ? "\n" : "",
				(long long)packet,
				(long long)json_integer_value(json_object_get(row, "worker")));
		last = packet;
		fprintf(out, "  %10.1f us  %-20s %5lld bytes  %s\n",
			json_number_value(json_object_get(row, "time_us")),
			json_string_value(json_object_get(row, "node")),
			(long long)json_integer_value(json_object_get(row, "length")),
			json_string_value(json_object_get(row, "text")));
	}
}

static struct xebra_cmd start_cmd = {
	.name = "trace start",
	.help = "Trace the way of the next packets through the nodes.",
	.params = start_params,
	.run = start,
};
XEBRA_CMD(start_cmd)

static struct xebra_cmd stop_cmd = {
	.name = "trace stop",
	.help = "Stop tracing; it also stops by itself when all packets have come.",
	.run = stop,
};
XEBRA_CMD(stop_cmd)

static struct xebra_cmd show_cmd = {
	.name = "trace show",
	.help = "Show the packets traced since the last start, node by node.",
	.run = show,
	.print = print,
};
XEBRA_CMD(show_cmd)
