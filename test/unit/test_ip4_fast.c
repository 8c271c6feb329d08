/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The fast path against the nodes: the same packets go through a whole data plane, once with a fast
 * function and once with one that leaves everything to the nodes. What comes out, what is dropped
 * and why, and what interfaces count have to be the same, byte for byte, whatever the packets are.
 */
#include <stdlib.h>
#include <string.h>

#include <rte_cpuflags.h>
#include <rte_ip.h>

#include "dataplane_bench.h"
#include "graph_priv.h"
#include "ip4_fast.h"
#include "ip4_priv.h"
#include "port_priv.h"
#include "xebra_cmd.h"
#include "xebra_loop.h"
#include "xebra_test.h"

#define ROUNDS 48
#define PACKETS 400 /* of a round */
#define OUT_MAX (2 * PACKETS)

static const char config[] =
	"\"workers\": {\"packets\": 8191, \"max_sleep_us\": 100},"
	"\"ports\": {\"p0\": {\"device\": \"net_ring_w0\"}, \"p1\": {\"device\": \"net_ring_w1\"}},"
	"\"interfaces\": {"
	"\"lan\": {\"port\": \"p0\"},"
	"\"five\": {\"port\": \"p0\", \"vlan\": 5},"
	"\"six\": {\"port\": \"p0\", \"vlan\": 6},"
	"\"bare\": {\"port\": \"p0\", \"vlan\": 7},"
	"\"wan\": {\"port\": \"p1\"},"
	"\"small\": {\"port\": \"p0\", \"vlan\": 9, \"mtu\": 600}},"
	"\"ip4\": {"
	"\"interfaces\": {\"lan\": {\"addresses\": [\"10.0.0.1/24\"]},"
	"\"five\": {\"addresses\": [\"10.0.5.1/24\"]},"
	"\"six\": {\"addresses\": [\"10.0.6.1/24\", \"10.0.60.1/24\"]},"
	"\"wan\": {\"addresses\": [\"10.0.1.1/24\"]},"
	"\"small\": {\"addresses\": [\"10.0.9.1/24\"]}},"
	"\"neighbors\": {"
	"\"10.0.0.2\": {\"interface\": \"lan\", \"mac\": \"02:00:00:00:00:02\"},"
	"\"10.0.5.2\": {\"interface\": \"five\", \"mac\": \"02:00:00:00:05:02\"},"
	"\"10.0.6.2\": {\"interface\": \"six\", \"mac\": \"02:00:00:00:06:02\"},"
	"\"10.0.1.2\": {\"interface\": \"wan\", \"mac\": \"02:00:00:00:01:02\"},"
	"\"10.0.1.3\": {\"interface\": \"wan\", \"mac\": \"02:00:00:00:01:03\"},"
	"\"10.0.9.2\": {\"interface\": \"small\", \"mac\": \"02:00:00:00:09:02\"}},"
	"\"routes\": {"
	"\"20.0.0.0/16\": {\"via\": [{\"gateway\": \"10.0.0.2\"}]},"
	"\"20.1.0.0/16\": {\"via\": [{\"gateway\": \"10.0.1.2\"}]},"
	"\"20.5.0.0/16\": {\"via\": [{\"gateway\": \"10.0.5.2\"}]},"
	"\"20.6.0.0/16\": {\"via\": [{\"gateway\": \"10.0.6.2\"}]},"
	"\"20.9.0.0/16\": {\"via\": [{\"gateway\": \"10.0.9.2\"}]},"
	"\"20.1.2.128/25\": {\"via\": [{\"gateway\": \"10.0.0.2\"}]},"
	"\"20.1.2.7/32\": {\"via\": [{\"gateway\": \"10.0.1.3\"}]},"
	"\"20.8.0.0/16\": {\"via\": [{\"gateway\": \"10.0.1.2\"}, {\"gateway\": \"10.0.1.3\"},"
	"  {\"gateway\": \"10.0.0.2\"}]},"
	"\"21.0.0.0/16\": {\"type\": \"blackhole\"},"
	"\"21.1.0.0/16\": {\"type\": \"unreachable\"},"
	"\"21.2.0.0/16\": {\"type\": \"prohibit\"},"
	"\"0.0.0.0/0\": {\"via\": [{\"gateway\": \"10.0.1.3\"}]}}}";

/* What the layer's choice of a fast function is replaced by. */
xebra_fast_fn __wrap_ip4_fast_choose(void);
xebra_fast_fn __real_ip4_fast_choose(void);
static xebra_fast_fn chosen;

xebra_fast_fn
__wrap_ip4_fast_choose(void)
{
	return chosen;
}

static uint16_t
leave_all(const struct xebra_fast_door *door, struct rte_mbuf **pkts, uint16_t nb,
	struct xebra_tx_buffers *tx, uint64_t *bytes)
{
	(void)door;
	(void)pkts;
	(void)tx;
	(void)bytes;
	return nb;
}

/* Errors and redirects that would have been sent. */
bool __wrap_ip4_icmp_error_token(struct ip4_worker *w, uint64_t now);
static unsigned int messages;

bool
__wrap_ip4_icmp_error_token(struct ip4_worker *w, uint64_t now)
{
	(void)w;
	(void)now;
	__atomic_fetch_add(&messages, 1, __ATOMIC_RELAXED);
	return false;
}

/* Random numbers that are the same in every run of a round. */
static uint64_t seed;
static bool in_runs;  /* packets to one address after another */
static bool to_tags;  /* only to neighbours behind tags, one of them on a small MTU */
static bool to_group; /* only to neighbours that share a route */
static enum {
	SOME_HASHED,
	ALL_HASHED,
	NONE_HASHED
} hashed; /* by the NIC */
static rte_be32_t last;

static uint32_t
any(uint32_t below)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(seed >> 33) % below;
}

#define PICK(list) ((list)[any(RTE_DIM(list))])

/* Often the last one again: packets of one flow come together. */
static rte_be32_t
some_destination(void)
{
	static const uint32_t tagged[] = {
		RTE_IPV4(20, 5, 0, 0), RTE_IPV4(20, 6, 0, 0), RTE_IPV4(20, 9, 0, 0)};
	static const uint32_t nets[] = {RTE_IPV4(20, 0, 0, 0), RTE_IPV4(20, 1, 0, 0),
		RTE_IPV4(20, 1, 0, 0), RTE_IPV4(20, 5, 0, 0), RTE_IPV4(20, 6, 0, 0),
		RTE_IPV4(20, 8, 0, 0), RTE_IPV4(20, 9, 0, 0), RTE_IPV4(30, 0, 0, 0)};
	static const uint32_t hosts[] = {RTE_IPV4(20, 1, 2, 7), RTE_IPV4(20, 1, 2, 8),
		RTE_IPV4(20, 1, 2, 200), RTE_IPV4(10, 0, 0, 2), RTE_IPV4(10, 0, 9, 2)};

	if (to_group)
		return rte_cpu_to_be_32(RTE_IPV4(20, 8, 0, 0) + any(65536));
	if (to_tags)
		return rte_cpu_to_be_32(PICK(tagged) + any(65536));
	if (!in_runs || last == 0 || any(40) == 0)
		last = rte_cpu_to_be_32(any(3) == 0 ? PICK(hosts) : PICK(nets) + any(65536));
	return last;
}

static rte_be32_t
special_address(void)
{
	static const uint32_t addresses[] = {0, RTE_IPV4(0, 1, 2, 3), RTE_IPV4(127, 0, 0, 1),
		RTE_IPV4(224u, 0, 0, 5), RTE_IPV4(239u, 255, 1, 2), RTE_IPV4(240u, 0, 0, 1),
		RTE_IPV4(255u, 255, 255, 255), RTE_IPV4(10, 0, 0, 1), RTE_IPV4(10, 0, 0, 255),
		RTE_IPV4(10, 0, 9, 0), RTE_IPV4(21, 0, 0, 1), RTE_IPV4(21, 1, 0, 1),
		RTE_IPV4(21, 2, 3, 4), RTE_IPV4(126, 255, 255, 255), RTE_IPV4(128u, 0, 0, 1),
		RTE_IPV4(223u, 255, 255, 255), RTE_IPV4(1, 0, 0, 0)};

	return rte_cpu_to_be_32(PICK(addresses));
}

static rte_be32_t
some_source(void)
{
	static const uint32_t nets[] = {RTE_IPV4(10, 0, 0, 8), RTE_IPV4(10, 0, 5, 8),
		RTE_IPV4(10, 0, 60, 8), RTE_IPV4(192u, 0, 2, 0), RTE_IPV4(198u, 51, 100, 0)};

	return rte_cpu_to_be_32(PICK(nets) + any(200));
}

/* A packet, its parts, and its number, by which it is found again. */
struct made {
	struct rte_mbuf *m;
	uint8_t *frame;
	struct rte_ipv4_hdr *ip;
	unsigned int l2_len;
};

/* Of a header whose version or length is wrong: right for whoever does not look at these. */
static void
right_checksum(struct rte_ipv4_hdr *ip)
{
	bool has_options = ip->version_ihl == 0x46 || ip->version_ihl == 0x47;

	ip->hdr_checksum = 0;
	ip->hdr_checksum = ~rte_raw_cksum(ip, has_options ? (ip->version_ihl & 15) * 4 : 20);
}

/* Let the checksum be one that runs over when the TTL is decremented, by way of the id. */
static void
wrap_checksum(struct rte_ipv4_hdr *ip)
{
	uint16_t wanted = 0xfffc + any(3);

	for (ip->packet_id = 0; ip->packet_id != 0xffff; ip->packet_id++) {
		right_checksum(ip);
		if (ip->hdr_checksum == wanted)
			return;
	}
}

static struct made
easy_packet(unsigned int port, uint32_t number)
{
	static const char *const names[2][4] = {
		{"lan", "five", "six", "small"}, {"wan", "wan", "wan", "wan"}};
	static const uint8_t protocols[] = {IPPROTO_UDP, IPPROTO_TCP, IPPROTO_SCTP, IPPROTO_ICMP};
	const struct xebra_iface *iface = xebra_iface_find(names[port][any(4)]);
	uint32_t ports = any(UINT32_MAX);
	uint16_t payload = any(4) == 0 ? any(500) : 26;
	uint16_t type = RTE_ETHER_TYPE_IPV4;
	int vlan = iface->vlan != 0 ? (int)(iface->vlan | any(8) << 13) : -1;
	struct made p = {.l2_len = iface->l2_len};
	char mac[RTE_ETHER_ADDR_FMT_SIZE];

	rte_ether_format_addr(mac, sizeof(mac), &iface->mac);
	if (any(12) == 0)
		payload += 700;
	payload = RTE_MAX(payload, 12);
	p.m = bench_frame(port, mac, vlan, type, 0, p.l2_len + 20 + payload);
	p.frame = rte_pktmbuf_mtod(p.m, uint8_t *);
	number |= (uint32_t)iface->id << 16;
	p.ip = (struct rte_ipv4_hdr *)(p.frame + p.l2_len);
	*p.ip = (struct rte_ipv4_hdr){.version_ihl = 0x45,
		.type_of_service = any(256),
		.total_length = rte_cpu_to_be_16(20 + payload),
		.packet_id = any(65536),
		.time_to_live = 2 + any(254),
		.next_proto_id = PICK(protocols),
		.src_addr = some_source(),
		.dst_addr = some_destination()};
	right_checksum(p.ip);
	if (any(20) == 0)
		wrap_checksum(p.ip);
	memcpy(p.ip + 1, &ports, sizeof(ports));
	memcpy((uint8_t *)(p.ip + 1) + 8, &number, sizeof(number));
	p.m->hash.rss = any(UINT32_MAX);
	if (hashed == SOME_HASHED ? any(2) == 0 : hashed == ALL_HASHED)
		p.m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
	return p;
}

/* Give a packet's tail to a second segment. */
static void
chain(struct rte_mbuf *m)
{
	uint16_t tail = 1 + any(m->data_len - 1);
	struct rte_mbuf *second = rte_pktmbuf_alloc(xebra_pkt_pool());

	assert_non_null(second);
	memcpy(rte_pktmbuf_append(second, tail),
		rte_pktmbuf_mtod_offset(m, void *, m->data_len - tail), tail);
	rte_pktmbuf_trim(m, tail);
	assert_int_equal(rte_pktmbuf_chain(m, second), 0);
}

static void
spoil_frame(struct made *p)
{
	switch (any(9)) {
	case 0:
		p->frame[any(6)] ^= 1 << any(8);
		break;
	case 1:
		memset(p->frame, 0xff, 6);
		break;
	case 2:
		p->frame[0] |= 1;
		break;
	case 3:
		p->frame[p->l2_len - 2 + any(2)] ^= 1 << any(8);
		break;
	case 4:
		p->frame[12 + any(p->l2_len - 12)] ^= 1 << any(8);
		break;
	case 5:
		rte_pktmbuf_trim(p->m, any(p->m->data_len - p->l2_len));
		break;
	case 6:
		rte_pktmbuf_append(p->m, 1 + any(30));
		break;
	case 7:
		/* To the interface without IPv4, which has the same MAC address. */
		if (p->l2_len > RTE_ETHER_HDR_LEN)
			p->frame[RTE_ETHER_HDR_LEN + 1] = 7;
		break;
	default:
		p->m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		p->m->vlan_tci = 4 + any(4);
	}
}

static void
spoil_header(struct made *p)
{
	switch (any(11)) {
	case 0:
		p->ip->version_ihl = any(256);
		break;
	case 1:
		p->ip->version_ihl = 0x46;
		/* No operation, or the end: zeros do not show in the checksum. */
		memset(p->ip + 1, any(2), 4);
		break;
	case 2:
		p->ip->total_length = rte_cpu_to_be_16(any(2) ? any(60) : any(700));
		break;
	case 3:
		p->ip->time_to_live = any(3);
		break;
	case 4:
		p->ip->src_addr = special_address();
		break;
	case 5:
		p->ip->dst_addr = special_address();
		break;
	case 6:
		p->ip->fragment_offset = any(65536);
		break;
	case 7:
		((uint8_t *)p->ip)[any(20)] ^= 1 << any(8);
		return;
	case 8:
		((uint8_t *)p->ip)[any(20)] ^= 1 << any(8);
		p->m->ol_flags |= any(2) ? RTE_MBUF_F_RX_IP_CKSUM_GOOD : RTE_MBUF_F_RX_IP_CKSUM_BAD;
		return;
	case 9:
		/* What would be ports is padding, in part or not. */
		p->ip->total_length = rte_cpu_to_be_16(20 + any(6));
		break;
	default:
		p->ip->hdr_checksum ^= 0xffff;
		return;
	}
	right_checksum(p->ip);
}

/* How a round is: 0 all easy, 1 one in ten is not, 2 half are not. */
static struct rte_mbuf *
some_packet(unsigned int port, uint32_t number, unsigned int kind)
{
	struct made p = easy_packet(port, number);
	static const unsigned int one_in[] = {0, 10, 2};

	if (kind == 0 || any(one_in[kind]) != 0)
		return p.m;
	if (any(3) == 0)
		spoil_frame(&p);
	else
		spoil_header(&p);
	if (any(8) == 0 && p.m->data_len > 60)
		chain(p.m);
	return p.m;
}

struct frame {
	uint16_t port, len;
	uint32_t number;
	uint8_t bytes[2048];
};

/* What a round gave. */
struct result {
	unsigned int nb;
	struct frame out[OUT_MAX];
	unsigned int messages;
	json_t *drops, *interfaces;
};

static struct result with, without;
static bool closed; /* nothing is taken from the wires */

static void
keep(struct result *r, unsigned int port, struct rte_mbuf *m)
{
	struct frame *f = &r->out[r->nb++];
	const uint8_t *bytes;

	assert_true(r->nb < OUT_MAX);
	memset(f, 0, sizeof(*f));
	f->port = port;
	f->len = m->pkt_len;
	bytes = rte_pktmbuf_read(m, 0, m->pkt_len, f->bytes);
	assert_non_null(bytes);
	if (bytes != f->bytes)
		memcpy(f->bytes, bytes, f->len);
	/* Behind an easy header; of others it is something else, but the same in both runs. */
	memcpy(&f->number, &f->bytes[(f->bytes[12] == 0x81 ? 18 : 14) + 28], sizeof(f->number));
	rte_pktmbuf_free(m);
}

static bool
settled(void *arg)
{
	struct result *r = arg;
	void *m;

	for (unsigned int port = 0; !closed && port < BENCH_PORTS; port++)
		while (rte_ring_dequeue(wires[port].from_router, &m) == 0)
			keep(r, port, m);
	return rte_mempool_in_use_count(xebra_pkt_pool()) == 0;
}

static json_t *
reply_of(const char *command)
{
	json_t *reply = NULL;
	struct xebra_err err;

	if (xebra_cmd_run(command, NULL, &reply, &err) < 0)
		fail_msg("%s: %s", command, err.text);
	return reply;
}

/* Counters but not rates. */
static json_t *
interface_counts(void)
{
	json_t *rows = reply_of("show interface"), *row, *counts = json_object();
	static const char *const keys[] = {"rx_packets", "rx_bytes", "tx_packets", "tx_bytes"};
	size_t i;

	json_array_foreach (rows, i, row)
		for (unsigned int k = 0; k < RTE_DIM(keys); k++) {
			char key[64];

			snprintf(key, sizeof(key), "%s %s",
				json_string_value(json_object_get(row, "name")), keys[k]);
			assert_non_null(json_object_get(row, keys[k]));
			json_object_set(counts, key, json_object_get(row, keys[k]));
		}
	json_decref(rows);
	return counts;
}

static void
run_round(struct result *r, xebra_fast_fn fast, uint64_t round, unsigned int kind)
{
	struct rte_mbuf *pkts[PACKETS];
	struct xebra_err err;
	json_t *stats;

	chosen = fast;
	assert_int_equal(graph_build(&err), 0);
	json_decref(reply_of("stats clear"));
	memset(r, 0, sizeof(*r));
	seed = round * 7919 + 17;
	in_runs = round & 1;
	to_tags = round % 8 == 4;
	to_group = round % 8 == 6;
	hashed = to_group ? (round / 24 + round / 8) % 3 : SOME_HASHED;
	last = 0;
	messages = 0;
	for (unsigned int i = 0; i < PACKETS; i++)
		pkts[i] = some_packet(i & 1, i, kind);
	for (unsigned int port = 0; port < BENCH_PORTS; port++)
		for (unsigned int i = port; i < PACKETS; i += BENCH_PORTS)
			bench_send(port, pkts[i]);
	bench_wait("all packets are forwarded or dropped", settled, r);
	r->messages = messages;
	stats = reply_of("show stats");
	r->drops = json_incref(json_object_get(stats, "drops"));
	json_decref(stats);
	r->interfaces = interface_counts();
}

static int
by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct frame));
}

static void
same_json(const char *what, json_t *a, json_t *b)
{
	char *text_a, *text_b;

	if (json_equal(a, b))
		return;
	text_a = json_dumps(a, JSON_INDENT(1) | JSON_SORT_KEYS);
	text_b = json_dumps(b, JSON_INDENT(1) | JSON_SORT_KEYS);
	print_message("%s with: %s\nwithout: %s\n", what, text_a, text_b);
	free(text_a);
	free(text_b);
	fail_msg("%s differ", what);
}

/*
 * Packets of one interface to one port stay in order. Those that may be due a redirect or be
 * fragments take the nodes and so come a little later.
 */
static void
in_order(const struct result *r)
{
	uint16_t last[BENCH_PORTS][64] = {0};

	for (unsigned int i = 0; i < r->nb; i++) {
		const struct frame *f = &r->out[i];
		const struct rte_ipv4_hdr *ip =
			(const void *)&f->bytes[f->bytes[12] == 0x81 ? 18 : 14];
		uint16_t number = (uint16_t)f->number, iface = f->number >> 16;

		if ((uint8_t)ip->src_addr == 10 || ip->fragment_offset != 0)
			continue;
		assert_true(number + 1 > last[f->port][iface]);
		last[f->port][iface] = number + 1;
	}
}

static void
compare_counts(void)
{
	same_json("drops", with.drops, without.drops);
	same_json("counters", with.interfaces, without.interfaces);
	json_decref(with.drops);
	json_decref(with.interfaces);
	json_decref(without.drops);
	json_decref(without.interfaces);
}

static void
compare(xebra_fast_fn fast)
{
	for (unsigned int round = 0; round < ROUNDS; round++) {
		unsigned int kind = round % 3;

		run_round(&without, leave_all, round, kind);
		run_round(&with, fast, round, kind);
		if (kind == 0)
			in_order(&with);
		qsort(with.out, with.nb, sizeof(with.out[0]), by_bytes);
		qsort(without.out, without.nb, sizeof(with.out[0]), by_bytes);
		assert_int_equal(with.nb, without.nb);
		assert_int_equal(with.messages, without.messages);
		for (unsigned int i = 0; i < with.nb; i++)
			assert_memory_equal(&with.out[i], &without.out[i], sizeof(with.out[i]));
		compare_counts();
	}
}

static uint64_t
fast_packets(void)
{
	uint64_t packets = 0;

	for (unsigned int i = 0; i < worker_count(); i++)
		packets += worker_get(i)->fast_packets;
	return packets;
}

/* What there is nothing to say against is taken, else the comparison means nothing. */
static void
takes_easy_packets(xebra_fast_fn fast)
{
	uint64_t before = fast_packets(), nodes;
	struct node_counts counts;

	run_round(&with, fast, 2, 0);
	json_decref(with.drops);
	json_decref(with.interfaces);
	graph_counts(rte_node_from_name("eth_input"), &counts);
	nodes = counts.packets;
	assert_int_equal(fast_packets() - before + nodes, PACKETS);
	/* Too long for one of the interfaces, or due a redirect: some. */
	assert_true(nodes < PACKETS / 5);
}

static void
sse(void **state)
{
	(void)state;
	takes_easy_packets(ip4_fast_sse);
	compare(ip4_fast_sse);
}

static void
avx2(void **state)
{
	(void)state;
	if (rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX2) <= 0)
		skip();
	takes_easy_packets(ip4_fast_avx2);
	compare(ip4_fast_avx2);
}

static void
avx512(void **state)
{
	(void)state;
	if (rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512VL) <= 0)
		skip();
	takes_easy_packets(ip4_fast_avx512);
	compare(ip4_fast_avx512);
}

/* The only round in which nothing may come out: all of it is dropped by this name. */
static void
compare_unsent(const char *drop)
{
	run_round(&without, leave_all, 3, 0);
	run_round(&with, __real_ip4_fast_choose(), 3, 0);
	assert_int_equal(with.nb + without.nb, 0);
	assert_true(bench_drops(drop) > PACKETS / 2);
	assert_int_equal(json_integer_value(json_object_get(with.interfaces, "wan tx_packets")), 0);
	compare_counts();
}

/* A frame that is not sent is not counted, by a port with tags nor by one without. */
static void
what_a_port_does_not_take_is_not_counted(void **state)
{
	void *filling = &wires;

	(void)state;
	for (unsigned int port = 0; port < BENCH_PORTS; port++)
		xebra_port_paths[port]->sends = false;
	compare_unsent("port_tx_down");
	for (unsigned int port = 0; port < BENCH_PORTS; port++)
		xebra_port_paths[port]->sends = true;
	closed = true;
	for (unsigned int port = 0; port < BENCH_PORTS; port++)
		while (rte_ring_enqueue(wires[port].from_router, filling) == 0)
			;
	compare_unsent("port_tx_full");
	for (unsigned int port = 0; port < BENCH_PORTS; port++)
		while (rte_ring_dequeue(wires[port].from_router, &filling) == 0)
			assert_ptr_equal(filling, &wires);
	closed = false;
}

static int
start(void **state)
{
	static struct result announcements;
	int rc;

	(void)state;
	chosen = leave_all;
	rc = bench_start(config);
	if (rc == 0)
		bench_wait("what is said at the start", settled, &announcements);
	return rc;
}

static int
stop(void **state)
{
	(void)state;
	bench_stop();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sse),
		cmocka_unit_test(avx2),
		cmocka_unit_test(avx512),
		cmocka_unit_test(what_a_port_does_not_take_is_not_counted),
	};

	return cmocka_run_group_tests_name("ip4_fast", tests, start, stop);
}
