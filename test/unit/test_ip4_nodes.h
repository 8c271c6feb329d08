/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_IP4_NODES_H
#define TEST_IP4_NODES_H

/*
 * The nodes of the IPv4 layer in a graph of their own: crafted packets go in, and it is seen which
 * node they end in and what is sent. For test_ip4_forward.c and test_ip4_messages.c, which have one
 * test for each behaviour that RFC 1812 asks for.
 */
#include "xebra_test.h"

#include <rte_arp.h>
#include <rte_errno.h>
#include <rte_graph.h>
#include <rte_graph_worker.h>
#include <rte_malloc.h>

#include "conf.h"
#include "node.h"
#include "test_ip4.h"
#include "xebra_loop.h"

#define LAN 1
#define WAN 2
#define SMALL 3
#define OFF 4
#define SMALL_MTU 600
#define SENT_MAX 64

/* The pool of the tests takes the place of the router's. */
struct rte_mempool *__wrap_xebra_pkt_pool(void);
static struct rte_mempool *pool;

struct rte_mempool *
__wrap_xebra_pkt_pool(void)
{
	return pool;
}

/*
 * In a crowd, a packet comes between three easy ones, and the four are looked at together where the
 * machine can do that. What becomes of the easy ones is not told.
 */
#define COMPANIONS 3
#define COMPANION_DST "172.16.99.99"
static bool crowd;

/* When not 0, the time that the worker sees. */
static uint64_t frozen;

static struct xebra_worker worker;
static struct rte_graph *graph;
static const char *into; /* The node that packets are given to. */
static struct rte_mbuf *given[SENT_MAX];
static uint16_t nb_given;
static struct rte_mbuf *sent[SENT_MAX];
static uint16_t nb_sent;

static uint16_t
source(struct rte_graph *g, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	uint16_t nb = nb_given;

	(void)objs;
	(void)nb_objs;
	for (uint16_t i = 0; i < nb; i++)
		rte_node_enqueue_x1(g, node, strcmp(into, "arp_input") == 0, given[i]);
	nb_given = 0;
	return nb;
}

static struct rte_node_register source_node = {
	.name = "test_source",
	.flags = RTE_NODE_SOURCE_F,
	.process = source,
	.nb_edges = 2,
	.next_nodes = {"ip4_input", "arp_input"},
};
RTE_NODE_REGISTER(source_node)

static bool
is_companion(struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);

	return ip->dst_addr == RTE_BE32(0xac106363) /* 172.16.99.99 */;
}

static uint16_t
send_sink(struct rte_graph *g, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	(void)g;
	(void)node;
	for (uint16_t i = 0; i < nb_objs; i++) {
		if (is_companion(objs[i])) {
			rte_pktmbuf_free(objs[i]);
			continue;
		}
		assert_true(nb_sent < SENT_MAX);
		sent[nb_sent++] = objs[i];
	}
	return nb_objs;
}

static struct rte_node_register tx_node = {.name = "test_tx", .process = send_sink};
RTE_NODE_REGISTER(tx_node)

static uint16_t
free_sink(struct rte_graph *g, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	(void)g;
	(void)node;
	rte_pktmbuf_free_bulk((struct rte_mbuf **)objs, nb_objs);
	return nb_objs;
}

/* In the place of the ways to the control thread, which is not there. */
#define STAND_IN(what)                                        \
	static struct rte_node_register what##_node = {       \
		.name = "test_" #what, .process = free_sink}; \
	RTE_NODE_REGISTER(what##_node)

STAND_IN(ip4_resolve)
STAND_IN(ip4_reassemble)
STAND_IN(arp_control)

static uint32_t
addr(const char *text)
{
	uint32_t a;

	assert_int_equal(ip4_addr_parse(text, &a), 0);
	return a;
}

/* What the packets are made of. */
struct packet {
	const char *src, *dst;
	uint16_t iface;
	uint8_t flags;
	uint8_t proto;
	uint8_t ttl;
	uint16_t fragment; /* Flags and offset, host order. */
	uint16_t data;     /* Bytes after the header. */
	uint16_t padding;  /* Bytes after the datagram. */
	const uint8_t *options;
	uint8_t options_len;
	uint8_t icmp_type;
};

static const struct packet plain = {
	.src = "10.0.1.2",
	.dst = "172.16.0.1",
	.iface = LAN,
	.proto = IPPROTO_UDP,
	.ttl = 64,
	.data = 26,
};

static struct rte_mbuf *
make(const struct packet *p)
{
	uint32_t hlen = 20u + p->options_len;
	uint32_t total = hlen + p->data, len = total + p->padding;
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool), *last;
	struct rte_ipv4_hdr *ip;
	uint8_t *icmp;

	assert_non_null(m);
	rte_pktmbuf_append(m, RTE_ETHER_HDR_LEN);
	rte_pktmbuf_adj(m, RTE_ETHER_HDR_LEN);
	last = m;
	for (uint32_t left = len; left > 0;) {
		uint32_t part = RTE_MIN(left, 1600u);
		char *bytes;

		if (last->data_len > 0) {
			last->next = rte_pktmbuf_alloc(pool);
			last = last->next;
			m->nb_segs++;
		}
		bytes = rte_pktmbuf_mtod(last, char *);
		for (uint32_t i = 0; i < part; i++)
			bytes[i] = (char)(len - left + i);
		last->data_len = part;
		m->pkt_len += part;
		left -= part;
	}
	ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);
	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = 0x40 | hlen / 4;
	ip->total_length = rte_cpu_to_be_16(total);
	ip->packet_id = RTE_BE16(0x1234);
	ip->fragment_offset = rte_cpu_to_be_16(p->fragment);
	ip->time_to_live = p->ttl;
	ip->next_proto_id = p->proto;
	ip->src_addr = rte_cpu_to_be_32(addr(p->src));
	ip->dst_addr = rte_cpu_to_be_32(addr(p->dst));
	if (p->options_len > 0)
		memcpy(ip + 1, p->options, p->options_len);
	ip4_checksum(ip);
	if (p->proto == IPPROTO_ICMP && p->data >= 8 && (p->fragment & 0x1fff) == 0) {
		uint16_t sum = 0;

		icmp = (uint8_t *)ip + hlen;
		memset(icmp, 0, 8);
		icmp[0] = p->icmp_type;
		assert_int_equal(rte_raw_cksum_mbuf(m, hlen, p->data, &sum), 0);
		sum = (uint16_t)~sum;
		memcpy(icmp + 2, &sum, 2);
	}
	xebra_pkt_set(m, p->iface, RTE_ETHER_HDR_LEN, p->flags);
	return m;
}

static uint64_t
count_of(const char *name)
{
	rte_graph_off_t off;
	rte_node_t n;
	struct rte_node *node;

	rte_graph_foreach_node(
		n, off, graph, node) if (strcmp(node->name, name) == 0) return node->total_objs;
	fail_msg("no node %s", name);
	return 0;
}

/* Three easy packets around the one that is given. */
static void
add_companions(void)
{
	struct packet p = plain;

	p.dst = COMPANION_DST;
	given[2] = given[0];
	for (unsigned int i = 0; i <= COMPANIONS; i++)
		if (i != 2)
			given[i] = make(&p);
	nb_given = 1 + COMPANIONS;
}

static void
walk(const char *node)
{
	into = node;
	worker.now = frozen != 0 ? frozen : rte_rdtsc();
	if (crowd && nb_given == 1 && strcmp(node, "ip4_input") == 0)
		add_companions();
	rte_graph_walk(graph);
}

static void
sent_free(void)
{
	rte_pktmbuf_free_bulk(sent, nb_sent);
	nb_sent = 0;
}

/* Give one packet and see that exactly this node counts it. */
static void
give(struct rte_mbuf *m, const char *end)
{
	uint64_t expected = count_of(end) + 1;

	if (crowd && strcmp(end, "test_tx") == 0)
		expected += COMPANIONS;
	given[nb_given++] = m;
	walk("ip4_input");
	if (count_of(end) != expected)
		fail_msg("the packet did not end in %s", end);
}

/* A packet that must be dropped and about which nothing is sent. */
static void
drop(struct rte_mbuf *m, const char *end)
{
	give(m, end);
	assert_int_equal(nb_sent, 0);
}

static void
drop_packet(const struct packet *p, const char *end)
{
	drop(make(p), end);
}

static struct rte_ipv4_hdr *
sent_ip(unsigned int i)
{
	return rte_pktmbuf_mtod_offset(sent[i], struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);
}

static void
sum_is_right(const struct rte_ipv4_hdr *ip)
{
	assert_int_equal(rte_raw_cksum(ip, ip4_hlen(ip)), 0xffff);
}

/* A packet that must be dropped and answered. */
static void
answered(struct rte_mbuf *m, const char *end, uint8_t type, uint8_t code, uint32_t rest)
{
	uint8_t quoted[548];
	uint32_t len = RTE_MIN(m->pkt_len, sizeof(quoted));
	const void *bytes = rte_pktmbuf_read(m, 0, len, quoted);
	rte_be32_t src = ip4_hdr(m)->src_addr;
	const uint8_t *icmp;
	uint32_t word;

	if (bytes != quoted)
		memcpy(quoted, bytes, len);
	give(m, end);
	assert_int_equal(nb_sent, 1);
	sum_is_right(sent_ip(0));
	icmp = (const uint8_t *)(sent_ip(0) + 1);
	assert_int_equal(icmp[0], type);
	assert_int_equal(icmp[1], code);
	memcpy(&word, &icmp[4], 4);
	assert_int_equal(rte_be_to_cpu_32(word), rest);
	assert_int_equal(rte_raw_cksum(icmp, 8 + len), 0xffff);
	/* RFC 1812 4.3.2.3: as much of the packet as fits in 576 bytes, unchanged. */
	assert_int_equal(sent[0]->pkt_len, RTE_ETHER_HDR_LEN + 28 + len);
	assert_memory_equal(icmp + 8, quoted, len);
	assert_int_equal(sent_ip(0)->dst_addr, src);
	assert_int_equal(sent_ip(0)->time_to_live, 64);
	/* 4.3.2.5: precedence 6. */
	assert_int_equal(sent_ip(0)->type_of_service >> 5, 6);
	sent_free();
}

static void
answered_packet(const struct packet *p, const char *end, uint8_t type, uint8_t code)
{
	answered(make(p), end, type, code, 0);
}

/* Let an edge lead to a stand-in. */
static void
redirect_edges(const char *node, const char *from, const char *to)
{
	rte_node_t id = rte_node_from_name(node);
	char *names[64];
	rte_edge_t n;

	assert_int_not_equal(id, RTE_NODE_ID_INVALID);
	n = rte_node_edge_count(id);
	for (rte_edge_t i = 0; i < n; i++)
		names[i] = NULL;
	assert_true(n <= RTE_DIM(names));
	rte_node_edge_get(id, names);
	for (rte_edge_t i = 0; i < n; i++)
		if (strcmp(names[i], from) == 0)
			assert_int_equal(rte_node_edge_update(id, i, &to, 1), 1);
}

/* All nodes that can be reached from a node. */
static uint16_t
reachable(const char *start, const char **all, uint16_t max)
{
	uint16_t n = 0, at = 0;

	all[n++] = start;
	for (; at < n; at++) {
		rte_node_t id = rte_node_from_name(all[at]);
		char *names[64];
		rte_edge_t edges = rte_node_edge_count(id);

		rte_node_edge_get(id, names);
		for (rte_edge_t e = 0; e < edges; e++) {
			bool known = false;

			for (uint16_t i = 0; i < n; i++)
				known |= strcmp(all[i], names[e]) == 0;
			assert_true(known || n < max);
			if (!known)
				all[n++] = names[e];
		}
	}
	return n;
}

static void
interface_make(uint16_t id, const char *name, uint16_t mtu, uint16_t vlan)
{
	struct xebra_iface *iface = rte_zmalloc(NULL, sizeof(*iface), RTE_CACHE_LINE_SIZE);

	iface->id = id;
	iface->port = id;
	iface->vlan = vlan;
	iface->mtu = mtu;
	iface->l2_len = vlan != 0 ? 18 : 14;
	iface->up = true;
	iface->mac.addr_bytes[0] = 2;
	iface->mac.addr_bytes[5] = id;
	snprintf(iface->name, sizeof(iface->name), "%s", name);
	xebra_iface_table[id] = iface;
}

static void
neighbor_make(uint16_t iface, const char *ip, uint8_t last)
{
	struct rte_ether_addr mac = {{2, 0, 0, 0, iface, last}};

	assert_int_equal(neighbor_set_static(&ip4_neighbors, iface, addr(ip), &mac, 0), 0);
}

static void
route_make(const char *prefix, const char *text)
{
	json_t *route = json_loads(text, 0, NULL), *complete = NULL;

	assert_non_null(route);
	assert_int_equal(xebra_conf_check_value(&ip4_route_key, route, &complete, NULL), 0);
	assert_int_equal(ip4_conf_route_set(prefix, complete), 0);
	json_decref(complete);
	json_decref(route);
}

static void
tables_make(void)
{
	static const struct neighbor_conf conf = {.max = 100,
		.hold = 4,
		.hold_total = 100,
		.reachable_ms = 1000,
		.stale_ms = 1000,
		.retry_ms = 1000,
		.probes = 3,
		.rate = 100};

	interface_make(LAN, "lan", 1500, 0);
	interface_make(WAN, "wan", 1500, 0);
	interface_make(SMALL, "small", SMALL_MTU, 5);
	interface_make(OFF, "off", 1500, 0);
	assert_int_equal(ip4_start(), 0);
	neighbor_configure(&ip4_neighbors, &conf);
	ip4.icmp_rate = 1000000;
	ip4.icmp_burst = 100000;
	ip4.hash_seed = 1; /* flows go the same ways in every run */
	for (uint16_t i = LAN; i <= SMALL; i++) {
		assert_int_equal(
			ip4_address_add(i, RTE_IPV4(10, 0, 0, 1) + (uint32_t)(i << 8), 24), 0);
		ip4_iface_enable(i, true);
	}
	ip4_adj_redirects(true);
	neighbor_make(LAN, "10.0.1.2", 2);
	neighbor_make(LAN, "10.0.1.9", 9);
	neighbor_make(WAN, "10.0.2.2", 2);
	neighbor_make(SMALL, "10.0.3.2", 2);
	route_make("172.16.0.0/16", "{\"via\": [{\"gateway\": \"10.0.2.2\"}]}");
	route_make("172.17.0.0/16", "{\"via\": [{\"gateway\": \"10.0.1.9\"}]}");
	route_make("172.18.0.0/16", "{\"via\": [{\"gateway\": \"10.0.1.9\"}]}");
	route_make("172.20.0.0/16",
		"{\"via\": [{\"gateway\": \"10.0.2.2\", \"weight\": 3},"
		"{\"gateway\": \"10.0.3.2\"}]}");
	route_make("192.0.2.0/24", "{\"type\": \"blackhole\"}");
	route_make("198.51.100.0/24", "{\"type\": \"unreachable\"}");
	route_make("203.0.113.0/24", "{\"type\": \"prohibit\"}");
}

static int
begin(void **state)
{
	static const char *const senders[] = {"ip4_input", "ip4_forward", "ip4_output"};
	const char *nodes[128];
	struct rte_graph_param param = {.socket_id = SOCKET_ID_ANY, .node_patterns = nodes};
	rte_graph_t id;

	(void)state;
	pool = rte_pktmbuf_pool_create("test", 2047, 0, 0, 2176, SOCKET_ID_ANY);
	assert_non_null(pool);
	assert_int_equal(xebra_loop_init(), 0);
	tables_make();
	RTE_PER_LCORE(xebra_worker) = &worker;
	for (unsigned int i = 0; i < RTE_DIM(senders); i++) {
		redirect_edges(senders[i], "port_tx", "test_tx");
		redirect_edges(senders[i], "ip4_resolve", "test_ip4_resolve");
	}
	redirect_edges("ip4_local", "ip4_reassemble", "test_ip4_reassemble");
	redirect_edges("arp_input", "arp_control", "test_arp_control");
	param.nb_node_patterns = reachable("test_source", nodes, RTE_DIM(nodes));
	id = rte_graph_create("test", &param);
	assert_int_not_equal(id, RTE_GRAPH_ID_INVALID);
	graph = rte_graph_lookup("test");
	return 0;
}

/* No packet is lost, whatever has become of it. */
static int
end(void **state)
{
	(void)state;
	assert_int_equal(rte_mempool_in_use_count(pool), 0);
	ip4_stop();
	xebra_loop_fini();
	return 0;
}

static int
alone(void **state)
{
	(void)state;
	crowd = false;
	return 0;
}

static int
in_a_crowd(void **state)
{
	(void)state;
	crowd = true;
	return 0;
}

/* A test, twice. */
#define TEST(function)                                                                           \
	{.name = #function, .test_func = function, .setup_func = alone},                         \
	{                                                                                        \
		.name = #function "_in_a_crowd", .test_func = function, .setup_func = in_a_crowd \
	}

#endif
