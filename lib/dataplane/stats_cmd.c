/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands about nodes: what they count, and how they hang together. */
#include <stdio.h>
#include <string.h>

#include <rte_malloc.h>

#include "graph_priv.h"
#include "iface_priv.h"
#include "port_priv.h"
#include "xebra_cmd.h"

/* The first worker's graph stands for all: they have one shape. */
static const struct rte_graph *
some_graph(void)
{
	if (worker_count() == 0 || worker_get(0)->next == NULL)
		return NULL;
	return worker_get(0)->next->graph;
}

static bool
is_source(const struct rte_node *node)
{
	return strcmp(node->name, "port_rx") == 0;
}

static void
add_node(json_t *nodes, const struct rte_node *node)
{
	struct node_counts counts;
	double cycles;
	json_t *row;

	graph_counts(node->id, &counts);
	row = json_pack("{s:s, s:I, s:I}", "node", node->name, "packets",
		(json_int_t)counts.packets, "calls", (json_int_t)counts.calls);
	/* What a source spends is looking at empty queues for the most part, which no packet costs.
	 */
	cycles = counts.packets != 0 ? (double)counts.cycles / (double)counts.packets : 0;
	json_object_set_new(row, "cycles_per_packet",
		is_source(node) ? json_null()
				: json_real((double)(uint64_t)(cycles * 10 + 0.5) / 10));
	json_array_append_new(nodes, row);
}

/* Drops are counted by all graphs there were, also those of layers that have gone. */
static json_t *
describe_drops(void)
{
	json_t *drops = json_array();

	for (rte_node_t id = 0; id < rte_node_max_count(); id++) {
		const char *name = rte_node_id_to_name(id);
		const char *help = name != NULL ? drop_help(name) : NULL;
		struct node_counts counts;

		if (help == NULL)
			continue;
		graph_counts(id, &counts);
		json_array_append_new(drops,
			json_pack("{s:s, s:I, s:s}", "drop", name, "packets",
				(json_int_t)counts.packets, "help", help));
	}
	return drops;
}

static int
show_stats(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	const struct rte_graph *graph = some_graph();
	json_t *nodes = json_array();
	const struct rte_node *node;
	rte_graph_off_t off;
	rte_node_t count;

	if (graph != NULL)
		rte_graph_foreach_node(count, off, graph, node) if (drop_help(node->name) == NULL)
			add_node(nodes, node);
	*reply = json_pack("{s:o, s:o}", "nodes", nodes, "drops", describe_drops());
	return 0;
}

/* People want to see what there is, not what there is not. */
static void
print_stats(const json_t *reply, FILE *out)
{
	const json_t *row;
	size_t i;

	fprintf(out, "%-24s %14s %14s %17s\n", "node", "packets", "calls", "cycles_per_packet");
	json_array_foreach (json_object_get(reply, "nodes"), i, row) {
		const json_t *cycles = json_object_get(row, "cycles_per_packet");

		fprintf(out, "%-24s %14lld %14lld ",
			json_string_value(json_object_get(row, "node")),
			(long long)json_integer_value(json_object_get(row, "packets")),
			(long long)json_integer_value(json_object_get(row, "calls")));
		if (json_is_null(cycles))
			fprintf(out, "%17s\n", "-");
		else
			fprintf(out, "%17.1f\n", json_number_value(cycles));
	}
	fprintf(out, "\n%-24s %14s  %s\n", "drop", "packets", "help");
	json_array_foreach (json_object_get(reply, "drops"), i, row) {
		long long packets = json_integer_value(json_object_get(row, "packets"));

		if (packets != 0)
			fprintf(out, "%-24s %14lld  %s\n",
				json_string_value(json_object_get(row, "drop")), packets,
				json_string_value(json_object_get(row, "help")));
	}
}

static bool
leads_to(const struct rte_node *node, rte_edge_t before, const struct rte_node *next)
{
	for (rte_edge_t i = 0; i < before; i++)
		if (node->nodes[i] == next)
			return true;
	return false;
}

/* Each once: several edges may lead to one node. */
static json_t *
describe_edges(const struct rte_node *node)
{
	json_t *edges = json_array();

	for (rte_edge_t i = 0; i < node->nb_edges; i++)
		if (!leads_to(node, i, node->nodes[i]))
			json_array_append_new(edges, json_string(node->nodes[i]->name));
	return edges;
}

static int
show_graph(const json_t *args __rte_unused, json_t **reply, struct xebra_err *err __rte_unused)
{
	const struct rte_graph *graph = some_graph();
	const struct rte_node *node;
	rte_graph_off_t off;
	rte_node_t count;

	*reply = json_array();
	if (graph == NULL)
		return 0;
	rte_graph_foreach_node(count, off, graph, node) json_array_append_new(
		*reply, json_pack("{s:s, s:o}", "node", node->name, "next", describe_edges(node)));
	return 0;
}

static int
clear_stats(const json_t *args __rte_unused, json_t **reply __rte_unused, struct xebra_err *err)
{
	port_counts_clear();
	iface_counts_clear();
	return graph_counts_clear(err);
}

static struct xebra_cmd show_stats_cmd = {
	.name = "show stats",
	.help = "Show what the nodes of the packet path have counted, and what was dropped and "
		"why.",
	.run = show_stats,
	.print = print_stats,
	.telemetry = true,
};
XEBRA_CMD(show_stats_cmd)

static struct xebra_cmd clear_stats_cmd = {
	.name = "stats clear",
	.help = "Let the counters of nodes, interfaces and ports begin at zero.",
	.run = clear_stats,
};
XEBRA_CMD(clear_stats_cmd)

static struct xebra_cmd show_graph_cmd = {
	.name = "show graph",
	.help = "Show the nodes of the packet path and where each sends packets.",
	.run = show_graph,
	.telemetry = true,
};
XEBRA_CMD(show_graph_cmd)
