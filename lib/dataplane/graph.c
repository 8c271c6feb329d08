/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The graphs of the workers. Every worker has one of its own, all of the same shape: "port_rx" and
 * whatever can be reached from it. What differs between configurations are the edges of two nodes,
 * which are set before building: "eth_input" has one to each network layer in use, "inject" one to
 * each place where the control thread may put packets. Layers that are not in use have no node.
 *
 * New graphs are built beside the old ones and swapped between two walks. When all workers have
 * gone over, the old ones' counts are kept and they are freed. A graph that cannot be built leaves
 * everything as it was.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_graph.h>
#include <rte_lcore.h>

#include "graph_priv.h"
#include "xebra_log.h"

#define EDGES_MAX 64

static struct shape *building;
static uint32_t numbers; /* of shapes */
static bool changed = true;

/* By node id: of graphs that are gone, and what "stats clear" subtracts. */
static struct node_counts *retired, *cleared;
static rte_node_t nb_retired, nb_cleared;

void
xebra_graph_changed(void)
{
	changed = true;
}

const struct shape *
graph_building(void)
{
	return building;
}

static int
set_edges(const char *node, rte_edge_t first, const char **names, uint16_t nb)
{
	rte_node_t id = rte_node_from_name(node);

	if (id == RTE_NODE_ID_INVALID)
		return -ENOENT;
	if (rte_node_edge_count(id) > first && rte_node_edge_shrink(id, first) != first)
		return -rte_errno;
	if (nb == 0)
		return 0;
	return rte_node_edge_update(id, first, names, nb) == nb ? 0 : -rte_errno;
}

/* How many edges a node was registered with, before set_edges() changed it. */
static rte_edge_t
own_edges(const char *node)
{
	static struct {
		const char *node;
		rte_edge_t edges;
	} known[2];

	for (unsigned int i = 0; i < RTE_DIM(known); i++) {
		if (known[i].node == NULL) {
			known[i].node = node;
			known[i].edges = rte_node_edge_count(rte_node_from_name(node));
		}
		if (strcmp(known[i].node, node) == 0)
			return known[i].edges;
	}
	return 0;
}

static rte_edge_t
edge_to(const char **names, uint16_t *nb, rte_edge_t first, const char *name)
{
	for (uint16_t i = 0; i < *nb; i++)
		if (strcmp(names[i], name) == 0)
			return first + i;
	if (*nb == EDGES_MAX)
		return RTE_EDGE_ID_INVALID;
	names[*nb] = name;
	return first + (*nb)++;
}

static int
add_types(struct shape *shape, struct xebra_err *err)
{
	rte_edge_t first = own_edges("eth_input");
	const char *names[EDGES_MAX];
	uint16_t nb = 0;
	int rc;

	for (const struct xebra_family *f = family_first(); f != NULL; f = f->next) {
		if (!f->active())
			continue;
		if (f->fast != NULL && !trace_wanted() && shape->nb_fast < FAST_MAX)
			shape->fast[shape->nb_fast++] = f->fast();
		for (const struct xebra_ether_type *t = f->types; t->type != 0; t++) {
			if (shape->nb_types == ETH_TYPES_MAX)
				return xebra_err_set(err, -E2BIG, "too many EtherTypes in use");
			shape->types[shape->nb_types].type = rte_cpu_to_be_16(t->type);
			shape->types[shape->nb_types++].edge = edge_to(names, &nb, first, t->node);
		}
	}
	rc = set_edges("eth_input", first, names, nb);
	if (rc < 0)
		return xebra_err_set(err, rc, "eth_input: edges: %s", strerror(-rc));
	return 0;
}

static int
add_places(struct shape *shape, struct xebra_err *err)
{
	rte_edge_t first = own_edges("inject");
	const char *names[EDGES_MAX];
	uint16_t nb = 0;
	int rc;

	for (unsigned int i = 0; i < INJECT_MAX; i++) {
		shape->inject[i] = RTE_EDGE_ID_INVALID;
		if (i < inject_count() && family_node_active(inject_name(i)))
			shape->inject[i] = edge_to(names, &nb, first, inject_name(i));
	}
	rc = set_edges("inject", first, names, nb);
	if (rc < 0)
		return xebra_err_set(err, rc, "inject: edges: %s", strerror(-rc));
	return 0;
}

static void
free_shape(struct shape *shape)
{
	if (shape == NULL)
		return;
	free(shape->traced);
	free(shape);
}

static struct shape *
make_shape(struct xebra_err *err)
{
	struct shape *shape = calloc(1, sizeof(*shape));

	if (shape == NULL) {
		xebra_err_set(err, -ENOMEM, "no memory for a graph");
		return NULL;
	}
	shape->number = ++numbers;
	if (trace_wanted()) {
		shape->traced = calloc(rte_node_max_count(), sizeof(shape->traced[0]));
		if (shape->traced == NULL) {
			xebra_err_set(err, -ENOMEM, "no memory for a graph");
			free_shape(shape);
			return NULL;
		}
	}
	if (add_types(shape, err) < 0 || add_places(shape, err) < 0) {
		free_shape(shape);
		return NULL;
	}
	return shape;
}

static struct generation *
make_generation(const struct worker *w, struct shape *shape, struct xebra_err *err)
{
	const char *patterns[] = {"port_rx"};
	struct rte_graph_param param = {
		.socket_id = (int)rte_lcore_to_socket_id(w->pub.lcore),
		.nb_node_patterns = RTE_DIM(patterns),
		.node_patterns = patterns,
	};
	struct generation *gen = calloc(1, sizeof(*gen));

	if (gen == NULL) {
		xebra_err_set(err, -ENOMEM, "no memory for a graph");
		return NULL;
	}
	snprintf(gen->name, sizeof(gen->name), "xebra_%u_%u", shape->number, w->pub.index);
	gen->shape = shape;
	gen->id = rte_graph_create(gen->name, &param);
	if (gen->id == RTE_GRAPH_ID_INVALID) {
		xebra_err_set(
			err, -rte_errno, "the graph cannot be built: %s", rte_strerror(rte_errno));
		free(gen);
		return NULL;
	}
	gen->graph = rte_graph_lookup(gen->name);
	if (shape->traced != NULL)
		trace_wrap(gen);
	return gen;
}

static void
add_counts(struct node_counts *sum, const struct rte_node *node)
{
	sum->packets += node->total_objs;
	sum->calls += node->total_calls;
	sum->cycles += node->total_cycles;
}

/* Room in `retired` for all nodes. */
static bool
grow_retired(void)
{
	rte_node_t nb = rte_node_max_count();
	struct node_counts *more;

	if (nb <= nb_retired)
		return true;
	more = realloc(retired, nb * sizeof(*more));
	if (more == NULL)
		return false;
	memset(&more[nb_retired], 0, (nb - nb_retired) * sizeof(*more));
	retired = more;
	nb_retired = nb;
	return true;
}

static void
retire_counts(const struct generation *gen)
{
	const struct rte_node *node;
	rte_graph_off_t off;
	rte_node_t count;

	if (!grow_retired()) {
		XEBRA_LOG(WARNING, "no memory: the counts of a graph are lost");
		return;
	}
	rte_graph_foreach_node(count, off, gen->graph, node) add_counts(&retired[node->id], node);
}

/* Nobody walks it any more. */
static void
free_generation(struct generation *gen)
{
	if (gen == NULL)
		return;
	rte_graph_destroy(gen->id);
	free(gen);
}

/* Give the workers their graphs (all NULL: none) and free the ones that they had. */
static void
swap(struct generation **gens)
{
	struct shape *old_shape = NULL;

	for (unsigned int i = 0; i < worker_count(); i++) {
		struct worker *w = worker_get(i);
		struct generation *old = w->next;

		__atomic_store_n(&w->next, gens[i], __ATOMIC_RELEASE);
		gens[i] = old;
		worker_wake(w);
	}
	xebra_rcu_sync();
	for (unsigned int i = 0; i < worker_count(); i++) {
		if (gens[i] == NULL)
			continue;
		retire_counts(gens[i]);
		old_shape = gens[i]->shape;
		free_generation(gens[i]);
	}
	free_shape(old_shape);
}

int
graph_build(struct xebra_err *err)
{
	struct generation *gens[XEBRA_WORKER_MAX] = {NULL};

	building = make_shape(err);
	if (building == NULL)
		return err->code;
	for (unsigned int i = 0; i < worker_count(); i++) {
		gens[i] = make_generation(worker_get(i), building, err);
		if (gens[i] == NULL) {
			while (i-- > 0)
				free_generation(gens[i]);
			free_shape(building);
			building = NULL;
			return err->code;
		}
	}
	swap(gens);
	building = NULL;
	changed = false;
	return 0;
}

int
graph_settle(struct xebra_err *err)
{
	if (!changed || worker_count() == 0)
		return 0;
	return graph_build(err);
}

void
graph_drop(void)
{
	struct generation *gens[XEBRA_WORKER_MAX] = {NULL};

	swap(gens);
	changed = true;
}

static void
current_counts(rte_node_t id, struct node_counts *counts)
{
	const struct rte_node *node;
	rte_graph_off_t off;
	rte_node_t count;

	memset(counts, 0, sizeof(*counts));
	if (id < nb_retired)
		*counts = retired[id];
	for (unsigned int i = 0; i < worker_count(); i++) {
		const struct generation *gen = worker_get(i)->next;

		if (gen == NULL)
			continue;
		rte_graph_foreach_node(count, off, gen->graph, node) if (node->id == id)
			add_counts(counts, node);
	}
}

void
graph_counts(rte_node_t id, struct node_counts *counts)
{
	current_counts(id, counts);
	if (id >= nb_cleared)
		return;
	counts->packets -= cleared[id].packets;
	counts->calls -= cleared[id].calls;
	counts->cycles -= cleared[id].cycles;
}

void
graph_count_control(const char *name)
{
	rte_node_t id = rte_node_from_name(name);

	if (id != RTE_NODE_ID_INVALID && grow_retired())
		retired[id].packets++;
}

/* Workers write their counts; clearing is to remember where they stood. */
int
graph_counts_clear(struct xebra_err *err)
{
	rte_node_t nb = rte_node_max_count();
	struct node_counts *stood = calloc(nb, sizeof(*stood));

	if (stood == NULL)
		return xebra_err_set(err, -ENOMEM, "no memory");
	for (rte_node_t id = 0; id < nb; id++)
		current_counts(id, &stood[id]);
	free(cleared);
	cleared = stood;
	nb_cleared = nb;
	return 0;
}
