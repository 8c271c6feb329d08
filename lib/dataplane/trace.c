/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Trace: the way of single packets through the graph.
 *
 * While nothing is traced there is nothing in the packet path that could be. Tracing builds a graph
 * whose nodes' process functions are wrapped: the wrapper looks at the packets of a call, notes
 * those that carry the mark, and calls the real function. Packets get their mark and their number
 * at the door of "eth_input"; the mark is a flag of the mbuf and so stays with a packet that goes
 * to the control thread and comes back.
 *
 * Records lie in one array that all workers take places from; what does not fit is counted as lost.
 * When the wanted number of packets has been marked, a timer soon takes the wrappers out again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_mbuf_dyn.h>

#include "graph_priv.h"
#include "trace_priv.h"
#include "xebra_log.h"
#include "xebra_loop.h"

#define STEPS 16        /* nodes that a packet visits, reckoned generously */
#define CHECK_MS 500    /* how often to look whether all packets have come */
#define SETTLE_CHECKS 4 /* looks after that, for packets that are still on their way */

static struct {
	bool active;
	uint16_t iface;
	uint32_t max_packets;
	uint32_t nb_records; /* room */
	uint32_t packets;    /* marked or refused; may run past max_packets */
	uint32_t used;       /* records taken; may run past nb_records */
	struct trace_record *records;
	struct xebra_timer *timer;
	unsigned int checks;
} trace;

static uint64_t mark_flag; /* in ol_flags; 0: not registered yet */
static int number_offset;  /* of the packet's number in the mbuf */

static inline uint32_t *
number(struct rte_mbuf *m)
{
	return RTE_MBUF_DYNFIELD(m, number_offset, uint32_t *);
}

static void
mark(struct rte_mbuf *m)
{
	const struct xebra_iface *iface;
	uint32_t n;

	if ((m->ol_flags & mark_flag) != 0 ||
		__atomic_load_n(&trace.packets, __ATOMIC_RELAXED) >= trace.max_packets)
		return;
	if (trace.iface != XEBRA_IFACE_NONE) {
		iface = eth_input_iface(m);
		if (iface == NULL || iface->id != trace.iface)
			return;
	}
	n = __atomic_fetch_add(&trace.packets, 1, __ATOMIC_RELAXED);
	if (n >= trace.max_packets)
		return;
	m->ol_flags |= mark_flag;
	*number(m) = n;
}

static void
record(rte_node_t node, struct rte_mbuf *m)
{
	uint32_t place = __atomic_fetch_add(&trace.used, 1, __ATOMIC_RELAXED);
	struct trace_record *r;

	if (place >= trace.nb_records)
		return;
	r = &trace.records[place];
	r->tsc = rte_rdtsc();
	r->node = node;
	r->packet = *number(m);
	r->length = m->pkt_len;
	r->worker = xebra_worker_self()->index;
	r->kept = RTE_MIN(m->data_len, TRACE_DATA);
	memcpy(r->data, rte_pktmbuf_mtod(m, void *), r->kept);
	__atomic_store_n(&r->ready, true, __ATOMIC_RELEASE);
}

static inline void
look(const struct rte_node *node, void **objs, uint16_t nb_objs)
{
	for (uint16_t i = 0; i < nb_objs; i++) {
		struct rte_mbuf *m = objs[i];

		if ((m->ol_flags & mark_flag) != 0)
			record(node->id, m);
	}
}

static uint16_t
traced(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	look(node, objs, nb_objs);
	return worker_self()->current->shape->traced[node->id](graph, node, objs, nb_objs);
}

static uint16_t
traced_entry(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	for (uint16_t i = 0; i < nb_objs; i++)
		mark(objs[i]);
	return traced(graph, node, objs, nb_objs);
}

bool
trace_wanted(void)
{
	return trace.active;
}

/* Sources have no packets at their door, and "inject" has tokens. */
void
trace_wrap(const struct generation *gen)
{
	struct rte_node *node;
	rte_graph_off_t off;
	rte_node_t count;

	rte_graph_foreach_node(count, off, gen->graph, node)
	{
		if (strcmp(node->name, "port_rx") == 0 || strcmp(node->name, "inject") == 0)
			continue;
		gen->shape->traced[node->id] = node->process;
		node->process = strcmp(node->name, "eth_input") == 0 ? traced_entry : traced;
	}
}

static int
register_mark(struct xebra_err *err)
{
	static const struct rte_mbuf_dynflag flag = {.name = "xebra_trace_mark"};
	static const struct rte_mbuf_dynfield field = {
		.name = "xebra_trace_number",
		.size = sizeof(uint32_t),
		.align = __alignof__(uint32_t),
	};
	int bit;

	if (mark_flag != 0)
		return 0;
	bit = rte_mbuf_dynflag_register(&flag);
	number_offset = rte_mbuf_dynfield_register(&field);
	if (bit < 0 || number_offset < 0)
		return xebra_err_set(err, -rte_errno, "no room in packets for a mark: %s",
			rte_strerror(rte_errno));
	mark_flag = RTE_BIT64(bit);
	return 0;
}

static void
check_end(void *arg __rte_unused)
{
	struct xebra_err err;

	if (trace.packets < trace.max_packets || ++trace.checks < SETTLE_CHECKS)
		return;
	if (trace_stop(&err) < 0)
		XEBRA_LOG(ERR, "trace: %s", err.text);
}

int
trace_stop(struct xebra_err *err)
{
	if (trace.active) {
		int rc;

		trace.active = false;
		rc = worker_count() == 0 ? 0 : graph_build(err);
		if (rc < 0) {
			/* The wrappers run on and write records; the timer will try again. */
			trace.active = true;
			return rc;
		}
	}
	xebra_timer_stop(trace.timer);
	trace.timer = NULL;
	return 0;
}

int
trace_start(unsigned int packets, uint16_t iface, struct xebra_err *err)
{
	int rc = trace_stop(err);

	if (rc == 0)
		rc = register_mark(err);
	if (rc < 0)
		return rc;
	free(trace.records);
	memset(&trace, 0, sizeof(trace));
	trace.nb_records = packets * STEPS;
	trace.records = calloc(trace.nb_records, sizeof(trace.records[0]));
	trace.timer = xebra_timer_start(CHECK_MS, CHECK_MS, check_end, NULL);
	if (trace.records == NULL || trace.timer == NULL) {
		trace.nb_records = 0;
		xebra_timer_stop(trace.timer);
		trace.timer = NULL;
		return xebra_err_set(err, -ENOMEM, "no memory");
	}
	trace.iface = iface;
	trace.max_packets = packets;
	trace.active = true;
	rc = graph_build(err);
	if (rc < 0)
		trace_end();
	return rc;
}

/* At the end of the program, when no graph is left. */
void
trace_end(void)
{
	xebra_timer_stop(trace.timer);
	free(trace.records);
	memset(&trace, 0, sizeof(trace));
}

const struct trace_record *
trace_record(unsigned int index)
{
	if (index >= RTE_MIN(__atomic_load_n(&trace.used, __ATOMIC_RELAXED), trace.nb_records))
		return NULL;
	return &trace.records[index];
}

unsigned int
trace_lost(void)
{
	uint32_t used = __atomic_load_n(&trace.used, __ATOMIC_RELAXED);

	return used > trace.nb_records ? used - trace.nb_records : 0;
}
