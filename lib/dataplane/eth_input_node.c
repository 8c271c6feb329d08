/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which interface a frame came in by, whether it is for us, and which network layer takes it.
 *
 * Frames come in runs of one kind: same port, destination, VLAN and EtherType. What has been found
 * out about one (a verdict) holds for the next while these are the same, so the common case is two
 * comparisons a frame; and when all of a burst go one way, the burst moves as a whole.
 *
 * A VLAN tag is in the frame, or the driver has taken it out (RTE_MBUF_F_RX_VLAN_STRIPPED). VLAN
 * id 0 is a priority tag: the frame counts as untagged (IEEE 802.1Q, 6.9).
 */
#include <string.h>

#include <rte_ether.h>

#include "graph_priv.h"
#include "port_priv.h"
#include "xebra_iface.h"

#define PREFETCH 4 /* frames ahead */

/* The six bytes of a MAC address in a word as loaded. */
#if RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN
#define MAC_MASK 0x0000ffffffffffffULL
#else
#error "kind_of() has not been written for big endian machines"
#endif

enum {
	NO_INTERFACE,
	NOT_FOR_US,
	UNKNOWN_TYPE,
	DOUBLE_TAGGED,
	INTERFACE_DOWN,
	TOO_SHORT,
	TOO_LONG,
	FIRST_TYPE
};

/* What makes frames of one kind. */
struct kind {
	uint64_t dst;  /* MAC address as loaded, port in the upper 16 bits */
	uint64_t type; /* EtherType as loaded, VLAN id << 16, header length << 32 */
};

struct verdict {
	struct kind kind;
	uint32_t max_len; /* of the frame */
	uint16_t l2_len;
	uint16_t iface;
	rte_edge_t edge;
	uint8_t flags;
	uint32_t packets; /* so many frames had this verdict */
	uint64_t bytes;
};

static inline const struct shape *
shape_of(const struct rte_node *node)
{
	return *(const struct shape *const *)node->ctx;
}

/* Loads up to 18 bytes, which every receive buffer has; how many are the frame's is asked later. */
static inline struct kind
kind_of(const struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	const rte_be16_t *fields = (const rte_be16_t *)(frame + 2 * RTE_ETHER_ADDR_LEN);
	uint64_t l2_len = RTE_ETHER_HDR_LEN;
	uint16_t type = fields[0];
	uint16_t vlan = 0;
	struct kind kind;
	uint64_t dst;

	if (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED)
		vlan = m->vlan_tci & 0xfff;
	if (type == RTE_BE16(RTE_ETHER_TYPE_VLAN) && vlan == 0) {
		vlan = rte_be_to_cpu_16(fields[1]) & 0xfff;
		type = fields[2];
		l2_len += RTE_VLAN_HLEN;
	}
	memcpy(&dst, frame, sizeof(dst));
	kind.dst = (dst & MAC_MASK) | (uint64_t)m->port << 48;
	kind.type = type | (uint64_t)vlan << 16 | l2_len << 32;
	return kind;
}

static rte_edge_t
edge_of_type(const struct shape *shape, rte_be16_t type)
{
	for (unsigned int i = 0; i < shape->nb_types; i++)
		if (shape->types[i].type == type)
			return shape->types[i].edge;
	if (type == RTE_BE16(RTE_ETHER_TYPE_VLAN) || type == RTE_BE16(RTE_ETHER_TYPE_QINQ))
		return DOUBLE_TAGGED;
	return UNKNOWN_TYPE;
}

/* The interface of a kind of frames, NULL when it has none. */
static const struct xebra_iface *
iface_of_kind(const struct kind *kind)
{
	const struct port_path *path;
	uint16_t port = kind->dst >> 48;

	if (port >= RTE_MAX_ETHPORTS)
		return NULL;
	path = __atomic_load_n(&xebra_port_paths[port], __ATOMIC_ACQUIRE);
	if (path == NULL)
		return NULL;
	return xebra_iface_get(
		__atomic_load_n(&path->iface[(kind->type >> 16) & 0xfff], __ATOMIC_RELAXED));
}

const struct xebra_iface *
eth_input_iface(const struct rte_mbuf *m)
{
	struct kind kind = kind_of(m);

	return iface_of_kind(&kind);
}

static void
judge(struct verdict *v, const struct kind *kind, const struct shape *shape)
{
	const struct xebra_iface *iface = iface_of_kind(kind);
	uint64_t dst = kind->dst & MAC_MASK;

	v->kind = *kind;
	v->l2_len = kind->type >> 32;
	v->iface = XEBRA_IFACE_NONE;
	v->max_len = UINT32_MAX;
	v->flags = 0;
	v->packets = 0;
	v->bytes = 0;
	if (iface == NULL) {
		v->edge = NO_INTERFACE;
		return;
	}
	if (!iface->up) {
		v->edge = INTERFACE_DOWN;
		return;
	}
	if (rte_is_multicast_ether_addr((const struct rte_ether_addr *)&dst)) {
		v->flags = XEBRA_PKT_GROUP;
	} else if (!rte_is_same_ether_addr((const struct rte_ether_addr *)&dst, &iface->mac)) {
		v->edge = NOT_FOR_US;
		return;
	}
	v->iface = iface->id;
	v->max_len = (uint32_t)iface->mtu + v->l2_len;
	v->edge = edge_of_type(shape, (rte_be16_t)kind->type);
}

static inline void
count(struct verdict *v)
{
	struct xebra_iface_stats *stats;

	if (v->iface == XEBRA_IFACE_NONE)
		return;
	stats = &xebra_worker_self()->iface_stats[v->iface];
	stats->rx_packets += v->packets;
	stats->rx_bytes += v->bytes;
}

/* Give a frame the mark of its verdict and point it at the network layer's header. */
static inline rte_edge_t
apply(struct verdict *v, struct rte_mbuf *m)
{
	if (unlikely(m->data_len < v->l2_len))
		return TOO_SHORT;
	if (unlikely(m->pkt_len > v->max_len))
		return TOO_LONG;
	v->packets++;
	v->bytes += m->pkt_len;
	xebra_pkt_set(m, v->iface, v->l2_len, v->flags);
	m->data_off += v->l2_len;
	m->data_len -= v->l2_len;
	m->pkt_len -= v->l2_len;
	return v->edge;
}

static uint16_t
eth_input(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	const struct shape *shape = shape_of(node);
	struct rte_mbuf **pkts = (struct rte_mbuf **)objs;
	struct verdict v = {.iface = XEBRA_IFACE_NONE, .kind.dst = UINT64_MAX};
	rte_edge_t run_edge = RTE_EDGE_ID_INVALID;
	uint16_t run = 0;

	for (uint16_t i = 0; i < RTE_MIN(nb_objs, PREFETCH); i++)
		rte_prefetch0(rte_pktmbuf_mtod(pkts[i], void *));
	for (uint16_t i = 0; i < nb_objs; i++) {
		struct kind kind;
		rte_edge_t edge;

		if (likely(i + PREFETCH < nb_objs))
			rte_prefetch0(rte_pktmbuf_mtod(pkts[i + PREFETCH], void *));
		kind = kind_of(pkts[i]);
		if (unlikely(kind.dst != v.kind.dst || kind.type != v.kind.type)) {
			count(&v);
			judge(&v, &kind, shape);
		}
		edge = apply(&v, pkts[i]);
		if (unlikely(edge != run_edge)) {
			if (i > run)
				rte_node_enqueue(graph, node, run_edge, &objs[run], i - run);
			run = i;
			run_edge = edge;
		}
	}
	count(&v);
	if (likely(run == 0))
		rte_node_next_stream_move(graph, node, run_edge);
	else
		rte_node_enqueue(graph, node, run_edge, &objs[run], nb_objs - run);
	return nb_objs;
}

static int
eth_input_init(const struct rte_graph *graph __rte_unused, struct rte_node *node)
{
	*(const struct shape **)node->ctx = graph_building();
	return 0;
}

static struct rte_node_register eth_input_node = {
	.name = "eth_input",
	.process = eth_input,
	.init = eth_input_init,
	.nb_edges = FIRST_TYPE,
	.next_nodes =
		{
			[NO_INTERFACE] = "eth_no_interface",
			[NOT_FOR_US] = "eth_not_for_us",
			[UNKNOWN_TYPE] = "eth_unknown_type",
			[DOUBLE_TAGGED] = "eth_double_tagged",
			[INTERFACE_DOWN] = "eth_interface_down",
			[TOO_SHORT] = "eth_too_short",
			[TOO_LONG] = "eth_too_long",
		},
};
RTE_NODE_REGISTER(eth_input_node)

XEBRA_DROP(eth_no_interface, "No interface has the frame's port and VLAN.");
XEBRA_DROP(eth_not_for_us, "The frame's destination is another station's MAC address.");
XEBRA_DROP(eth_unknown_type, "No configured network layer takes the frame's EtherType.");
XEBRA_DROP(eth_double_tagged, "The frame has more than one VLAN tag.");
XEBRA_DROP(eth_interface_down, "The frame's interface is disabled or its port has no link.");
XEBRA_DROP(eth_too_short, "The frame ends before its Ethernet header does.");
XEBRA_DROP(eth_too_long, "The frame is longer than the interface's MTU allows.");
