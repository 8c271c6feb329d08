/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where packets come in: from which face, is it a link packet, is it whole, what is it; then the
 * forwarder of its name takes it. What that costs is above all waiting for memory: tables of a
 * million names are in no cache. So a row of packets goes through each step together, all are
 * parsed, then all touch the buckets that their names hash to, then all what they find there, and
 * so on, and only then the forwarder takes one after the other.
 *
 * What goes on to one face is the packet that came, with another header; to more faces, copies.
 */
#include "ccn_priv.h"

#define ROW 32

enum {
	PORT_TX = CCN_EDGE_PORT_TX,
	IP4_OUTPUT = CCN_EDGE_IP4_OUTPUT,
	MANAGE,
	NEW_FACE,
	OFF,
	NO_FACE,
	FRAGMENT_LOST,
	BAD_UDP,
	BAD,                               /* enum ccn_bad from CCN_BAD_TRUNCATED on */
	VERDICT = BAD + CCN_BAD_LONG_NAME, /* enum ccn_verdict from CCN_V_HOP_LIMIT on */
	EDGES = VERDICT + CCN_V_MAX - CCN_V_HOP_LIMIT,
	/* No edges: */
	FREE = EDGES, /* the packet is done with */
	SENT,         /* it is on its way */
	GO_ON,        /* it is a network packet */
};

struct row {
	struct rte_mbuf *m;
	const struct ccn_face *face;
	struct ccn_shard *shard;
	struct ccn_ahead ahead;
	bool shared; /* its bytes lie where the next one's may */
	struct ccn_lp lp;
	struct ccn_pkt pkt;
};

static inline rte_edge_t
bad_edge(enum ccn_bad bad)
{
	return (rte_edge_t)(BAD + bad - CCN_BAD_TRUNCATED);
}

/* The sender's Ethernet address, as long as the frame's header is there. */
static const struct rte_ether_addr *
sender_of(const struct rte_mbuf *m)
{
	const uint8_t *l3 = rte_pktmbuf_mtod(m, const uint8_t *);

	return (const struct rte_ether_addr *)(l3 - xebra_pkt_l2_len(m) + RTE_ETHER_ADDR_LEN);
}

static uint32_t
ether_face(const struct rte_mbuf *m)
{
	uint16_t iface = xebra_pkt_iface(m);

	if (xebra_pkt_flags(m) & XEBRA_PKT_GROUP)
		return __atomic_load_n(&ccn_group_face[iface], __ATOMIC_RELAXED);
	return ccn_demux_find(ccn_ether_key(iface, sender_of(m)));
}

/* The face of a packet whose data then points at its link packet. GO_ON, or an edge. */
static rte_edge_t
find_face(struct row *row, bool udp)
{
	struct rte_mbuf *m = row->m;
	uint16_t iface = xebra_pkt_iface(m);
	uint64_t key = 0;
	uint32_t id;

	if (udp && !ccn_udp_strip(m, &key))
		return BAD_UDP;
	id = udp ? ccn_demux_find(key) : ether_face(m);
	row->face = id == CCN_FACE_NONE ? NULL : ccn_face_get(ccn_faces, id);
	if (likely(row->face != NULL))
		return GO_ON;
	if (udp)
		ccn_udp_unstrip(m);
	return iface < XEBRA_IFACE_MAX && (xebra_pkt_flags(m) & XEBRA_PKT_GROUP) == 0 &&
			ccn_clients_allowed[iface]
		? NEW_FACE
		: NO_FACE;
}

/* A fragment came; FREE when it was not the last one, GO_ON when bytes and lp are set. */
static rte_edge_t
reassemble(struct ccn_run *run, uint64_t now_us, const struct ccn_lp_rx *rx, struct row *row,
	uint8_t **bytes, uint32_t *len)
{
	uint64_t sender = 0;

	if (row->face->link != CCN_LINK_UDP4)
		memcpy(&sender, sender_of(row->m), RTE_ETHER_ADDR_LEN);
	switch (ccn_reass_put(run->reass[xebra_worker_self()->index],
		(uint16_t)ccn_face_slot(row->face->id), sender, rx, now_us, bytes, len, &row->lp)) {
	case CCN_REASS_WHOLE:
		return GO_ON;
	case CCN_REASS_WRONG:
		return FRAGMENT_LOST;
	default:
		return FREE;
	}
}

/* Parse one packet into a row; GO_ON: it is one. */
static rte_edge_t
read_packet(struct ccn_run *run, uint64_t now_us, struct row *row, uint8_t *scratch, bool udp)
{
	struct rte_mbuf *m = row->m;
	rte_edge_t edge = find_face(row, udp);
	uint32_t len;
	struct ccn_lp_rx rx;
	enum ccn_bad bad;
	uint8_t *bytes;

	row->shared = false;
	if (unlikely(edge != GO_ON))
		return edge;
	/* A frame of several buffers is read in one piece. */
	len = RTE_MIN(m->pkt_len, (uint32_t)CCN_PKT_MAX + 256);
	bytes = rte_pktmbuf_mtod(m, uint8_t *);
	if (unlikely(m->nb_segs > 1)) {
		rte_pktmbuf_read(m, 0, len, scratch);
		if (m->data_len < len) {
			bytes = scratch;
			row->shared = true;
		}
	}
	bad = ccn_lp_parse(&rx, bytes, len);
	if (unlikely(bad != CCN_OK))
		return bad_edge(bad);
	if (unlikely(rx.fragment == NULL))
		return FREE;
	bytes += rx.fragment - bytes;
	len = rx.len;
	row->lp = rx.lp;
	if (unlikely(rx.frag_count > 1)) {
		edge = reassemble(run, now_us, &rx, row, &bytes, &len);
		if (edge != GO_ON)
			return edge;
		row->shared = true;
	}
	bad = ccn_pkt_parse(&row->pkt, bytes, len);
	return likely(bad == CCN_OK) ? GO_ON : bad_edge(bad);
}

/* The control thread wants the bare packet, its face and its token: a frame of its own. */
static rte_edge_t
hand_over(struct ccn_tx *tx, const struct row *row)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(xebra_pkt_pool());
	uint8_t header[CCN_LP_HEADER_MAX];
	uint32_t len = ccn_lp_write(header, &row->lp, row->pkt.len, 0, 0, 1);
	char *p = m == NULL ? NULL : rte_pktmbuf_append(m, (uint16_t)(len + row->pkt.len));

	if (p == NULL) {
		rte_pktmbuf_free(m);
		return FRAGMENT_LOST;
	}
	memcpy(p, header, len);
	memcpy(p + len, row->pkt.bytes, row->pkt.len);
	xebra_pkt_set(m, row->face->iface, 0, 0);
	m->hash.rss = row->face->id;
	rte_node_enqueue_x1(tx->graph, tx->node, MANAGE, m);
	return FREE;
}

/* Let the forwarder have one packet. */
static rte_edge_t
forward(struct ccn_tx *tx, struct row *row)
{
	struct rte_mbuf *m = row->m;
	bool alone = m->nb_segs == 1 && RTE_MBUF_DIRECT(m) && rte_mbuf_refcnt_read(m) == 1;
	enum ccn_verdict verdict;

	tx->own = likely(alone) ? m : NULL;
	verdict = ccn_fwd_take(tx->fwd, row->face, &row->pkt, &row->lp);
	if (likely(verdict == CCN_V_DONE))
		return alone && tx->own == NULL ? SENT : FREE;
	if (verdict == CCN_V_MANAGE)
		return hand_over(tx, row);
	return (rte_edge_t)(VERDICT + verdict - CCN_V_HOP_LIMIT);
}

/* The packets of a row whose names are a shard's. */
static void
forward_shard(struct ccn_tx *tx, struct ccn_shard *shard, struct row *rows, rte_edge_t *edges,
	unsigned int n, uint64_t now_us)
{
	uint32_t mine = 0, left;

	for (unsigned int i = 0; i < n; i++)
		mine |= (uint32_t)(edges[i] == GO_ON && rows[i].shard == shard) << i;
	if (mine == 0)
		return;
	rte_spinlock_lock(&shard->lock);
	tx->fwd = shard->fwd;
	shard->fwd->ctx = tx;
	if (likely(now_us > shard->fwd->now_us)) /* another worker's walk may have begun later */
		ccn_fwd_tick(shard->fwd, now_us);
	for (left = mine; left != 0; left &= left - 1) {
		struct row *row = &rows[rte_bsf32(left)];

		ccn_fwd_prefetch_entries(tx->fwd, &row->pkt, &row->ahead);
	}
	for (left = mine; left != 0; left &= left - 1) {
		struct row *row = &rows[rte_bsf32(left)];

		ccn_fwd_prefetch_rest(tx->fwd, &row->pkt, &row->ahead);
	}
	for (left = mine; left != 0; left &= left - 1) {
		unsigned int i = rte_bsf32(left);

		edges[i] = forward(tx, &rows[i]);
	}
	rte_spinlock_unlock(&shard->lock);
}

/* Forward what was parsed, and give up the frames. */
static void
forward_row(struct ccn_tx *tx, struct row *rows, rte_edge_t *edges, unsigned int n, uint64_t now_us)
{
	struct rte_mbuf *done[ROW];
	unsigned int n_done = 0;

	for (unsigned int i = 0; i < tx->run->n_shards; i++)
		forward_shard(tx, &tx->run->shards[i], rows, edges, n, now_us);
	for (unsigned int i = 0; i < n; i++) {
		if (edges[i] == FREE)
			done[n_done++] = rows[i].m;
		else if (unlikely(edges[i] != SENT))
			rte_node_enqueue_x1(tx->graph, tx->node, edges[i], rows[i].m);
	}
	rte_pktmbuf_free_bulk(done, n_done);
}

static RTE_DEFINE_PER_LCORE(struct row, row_memory[ROW]);
static RTE_DEFINE_PER_LCORE(uint8_t, scratch[CCN_PKT_MAX + 256]);

static void
take_row(struct ccn_tx *tx, struct rte_mbuf **pkts, unsigned int n, uint64_t now_us, bool udp)
{
	struct row *rows = RTE_PER_LCORE(row_memory);
	rte_edge_t edges[ROW];
	unsigned int from = 0;

	for (unsigned int i = 0; i < n; i++) {
		rows[i].m = pkts[i];
		edges[i] = read_packet(tx->run, now_us, &rows[i], RTE_PER_LCORE(scratch), udp);
		if (unlikely(edges[i] != GO_ON))
			continue;
		rows[i].shard = ccn_shard_of(tx->run, &rows[i].pkt.name);
		ccn_fwd_prefetch_buckets(rows[i].shard->fwd, &rows[i].pkt);
		if (likely(!rows[i].shared))
			continue;
		forward_row(tx, &rows[from], &edges[from], i + 1 - from, now_us);
		from = i + 1;
	}
	forward_row(tx, &rows[from], &edges[from], n - from, now_us);
}

static __rte_always_inline uint16_t
process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs, bool udp)
{
	struct rte_mbuf **pkts = (struct rte_mbuf **)objs;
	struct ccn_tx tx = {.graph = graph, .node = node};
	uint64_t now_us = ccn_us(xebra_worker_self()->now);

	tx.run = __atomic_load_n(&ccn_run, __ATOMIC_ACQUIRE);
	tx.worker = xebra_worker_self()->index;
	if (unlikely(tx.run == NULL)) {
		rte_node_next_stream_move(graph, node, OFF);
		return nb_objs;
	}
	for (uint16_t i = 0; i < nb_objs; i += ROW)
		take_row(&tx, &pkts[i], RTE_MIN(ROW, nb_objs - i), now_us, udp);
	ccn_tx_flush(&tx);
	return nb_objs;
}

static uint16_t
ccn_input(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	return process(graph, node, objs, nb_objs, false);
}

static uint16_t
ccn_udp_input(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	return process(graph, node, objs, nb_objs, true);
}

#define NEXT_NODES                                                                              \
	[PORT_TX] = "port_tx", [IP4_OUTPUT] = "ip4_output", [MANAGE] = "ccn_manage",            \
	[OFF] = "ccn_off", [NO_FACE] = "ccn_no_face", [FRAGMENT_LOST] = "ccn_bad_fragment",     \
	[BAD_UDP] = "ccn_bad_udp", [BAD + CCN_BAD_TRUNCATED - 1] = "ccn_truncated",             \
	[BAD + CCN_BAD_OVERLONG - 1] = "ccn_overlong",                                          \
	[BAD + CCN_BAD_MINIMAL - 1] = "ccn_not_minimal",                                        \
	[BAD + CCN_BAD_TYPE - 1] = "ccn_bad_type", [BAD + CCN_BAD_NESTED - 1] = "ccn_nested",   \
	[BAD + CCN_BAD_CRITICAL - 1] = "ccn_critical",                                          \
	[BAD + CCN_BAD_FIELD - 1] = "ccn_bad_field", [BAD + CCN_BAD_NAME - 1] = "ccn_bad_name", \
	[BAD + CCN_BAD_LONG_NAME - 1] = "ccn_long_name",                                        \
	[VERDICT + CCN_V_HOP_LIMIT - CCN_V_HOP_LIMIT] = "ccn_hop_limit",                        \
	[VERDICT + CCN_V_SCOPE - CCN_V_HOP_LIMIT] = "ccn_scope",                                \
	[VERDICT + CCN_V_UNTRUSTED - CCN_V_HOP_LIMIT] = "ccn_untrusted",                        \
	[VERDICT + CCN_V_LOOP - CCN_V_HOP_LIMIT] = "ccn_loop",                                  \
	[VERDICT + CCN_V_PIT_FULL - CCN_V_HOP_LIMIT] = "ccn_pit_full",                          \
	[VERDICT + CCN_V_FACE_FULL - CCN_V_HOP_LIMIT] = "ccn_face_full",                        \
	[VERDICT + CCN_V_NO_ROUTE - CCN_V_HOP_LIMIT] = "ccn_no_route",                          \
	[VERDICT + CCN_V_UNASKED - CCN_V_HOP_LIMIT] = "ccn_unasked",                            \
	[VERDICT + CCN_V_BAD_NACK - CCN_V_HOP_LIMIT] = "ccn_bad_nack"

static struct rte_node_register ccn_input_node = {
	.name = "ccn_input",
	.process = ccn_input,
	.nb_edges = EDGES,
	.next_nodes = {NEXT_NODES, [NEW_FACE] = "ccn_new_face"},
};
RTE_NODE_REGISTER(ccn_input_node)

static struct rte_node_register ccn_udp_input_node = {
	.name = "ccn_udp_input",
	.process = ccn_udp_input,
	.nb_edges = EDGES,
	.next_nodes = {NEXT_NODES, [NEW_FACE] = "ccn_new_udp_face"},
};
RTE_NODE_REGISTER(ccn_udp_input_node)

XEBRA_DROP(ccn_off, "CCN has just been taken out of the configuration.");
XEBRA_DROP(ccn_no_face, "No face has the sender's address, and the interface takes no clients.");
XEBRA_DROP(
	ccn_bad_fragment, "A fragment of too many or contradicting others, or no buffer for it.");
XEBRA_DROP(ccn_bad_udp, "A UDP datagram with a wrong length or checksum.");
XEBRA_DROP(ccn_truncated, "The packet ends inside an element.");
XEBRA_DROP(ccn_overlong, "An element is longer than the one around it, or the packet than 8800.");
XEBRA_DROP(ccn_not_minimal, "A type or length is not written in its shortest form.");
XEBRA_DROP(ccn_bad_type, "Neither Interest, Data nor link packet, or an impossible type.");
XEBRA_DROP(ccn_nested, "A link packet inside a link packet.");
XEBRA_DROP(ccn_critical, "A critical element that is unknown, repeated or in the wrong place.");
XEBRA_DROP(ccn_bad_field, "An element with an impossible value, or a required one is missing.");
XEBRA_DROP(ccn_bad_name, "The name is empty, or has a component of an impossible kind.");
XEBRA_DROP(ccn_long_name, "The name has more than 32 components or 2048 bytes.");
XEBRA_DROP(ccn_hop_limit, "The Interest has come as far as its HopLimit allows.");
XEBRA_DROP(ccn_scope, "A name under /localhost does not come over a network.");
XEBRA_DROP(ccn_untrusted, "A command from a face that may not give any.");
XEBRA_DROP(ccn_loop, "The Interest has been here before.");
XEBRA_DROP(ccn_pit_full, "No room for another pending Interest.");
XEBRA_DROP(ccn_face_full, "The face has as many pending Interests as it may.");
XEBRA_DROP(ccn_no_route, "No prefix of the name has a next hop to send to.");
XEBRA_DROP(ccn_unasked, "Data that nobody waits for.");
XEBRA_DROP(ccn_bad_nack, "A Nack for what was not asked, or on a link of many.");
