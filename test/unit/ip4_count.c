/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What test/perf/test_instructions.py has callgrind count: a worker's walk of its graph with full
 * receive queues of IPv4 packets that the fast path takes. The worker itself is stopped, its graph
 * is walked here, so nothing depends on time and only walk() is counted. Prints how many packets
 * went through it.
 *
 *     ip4_count sse|avx2 DESTINATIONS WALKS
 *
 * With one destination every packet of a port goes to the same neighbour behind the other port,
 * else each of them goes to either port as chance will have it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_graph_worker.h>
#include <rte_ip.h>
#include <rte_launch.h>

#include "dataplane_bench.h"
#include "graph_priv.h"
#include "ip4_fast.h"
#include "xebra_iface.h"
#include "xebra_test.h"

#define QUEUE 192 /* packets that wait at each port: a walk finds no queue empty */
#define FRAME_LEN 60
#define DESTINATIONS_MAX 65536

#if defined(__OPTIMIZE__) && !defined(__clang__) && __GNUC__ == 12
#define GCC12_OPTIMIZED 1
#else
#define GCC12_OPTIMIZED 0
#endif

static const char config[] =
	"\"workers\": {\"lcores\": [1], \"packets\": 8191},"
	"\"ports\": {\"p0\": {\"device\": \"net_ring_w0\"}, \"p1\": {\"device\": \"net_ring_w1\"}},"
	"\"interfaces\": {\"if0\": {\"port\": \"p0\"}, \"if1\": {\"port\": \"p1\"}},"
	"\"ip4\": {"
	"\"interfaces\": {\"if0\": {\"addresses\": [\"10.0.0.1/24\"]},"
	"\"if1\": {\"addresses\": [\"10.1.0.1/24\"]}},"
	"\"neighbors\": {"
	"\"10.0.0.2\": {\"interface\": \"if0\", \"mac\": \"02:00:00:00:00:02\"},"
	"\"10.1.0.2\": {\"interface\": \"if1\", \"mac\": \"02:00:00:00:01:02\"}},"
	"\"routes\": {"
	"\"20.0.0.0/16\": {\"via\": [{\"gateway\": \"10.0.0.2\"}]},"
	"\"20.1.0.0/16\": {\"via\": [{\"gateway\": \"10.1.0.2\"}]}}}";

static uint32_t destinations;

/* What the layer's choice of a fast function is replaced by. */
xebra_fast_fn __wrap_ip4_fast_choose(void);
static xebra_fast_fn chosen;

xebra_fast_fn
__wrap_ip4_fast_choose(void)
{
	return chosen;
}

/* The same in every run. */
static uint32_t
some_destination(unsigned int port)
{
	static uint64_t seed;
	uint32_t n;

	if (destinations == 1)
		return RTE_IPV4(20, 1 - port, 0, 1);
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	n = (uint32_t)(seed >> 33) % destinations;
	return RTE_IPV4(20, n & 1, 0, 0) + (n >> 1);
}

static struct rte_mbuf *
packet(unsigned int port)
{
	const char *mac = bench_mac(port == 0 ? "if0" : "if1");
	struct rte_mbuf *m = bench_frame(port, mac, -1, RTE_ETHER_TYPE_IPV4, 0, FRAME_LEN);
	struct rte_ipv4_hdr *ip =
		rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);

	*ip = (struct rte_ipv4_hdr){.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(FRAME_LEN - RTE_ETHER_HDR_LEN),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = RTE_BE32(RTE_IPV4(192u, 0, 2, 1)),
		.dst_addr = rte_cpu_to_be_32(some_destination(port))};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	return m;
}

static void
fill(unsigned int port)
{
	for (unsigned int n = rte_ring_count(wires[port].to_router); n < QUEUE; n++)
		bench_send(port, packet(port));
}

/* Take what came out. Every frame has to have been routed. */
static unsigned int
drain(unsigned int port)
{
	unsigned int n = 0;
	void *m = NULL;

	for (; rte_ring_dequeue(wires[port].from_router, &m) == 0; n++) {
		const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod_offset(
			(struct rte_mbuf *)m, struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);

		if (ip->time_to_live != 63 || (rte_be_to_cpu_32(ip->dst_addr) >> 16 & 0xff) != port)
			abort();
		rte_pktmbuf_free(m);
	}
	return n;
}

/* What is counted; its name is callgrind's switch. */
static __attribute__((noinline)) void
walk(struct rte_graph *graph)
{
	rte_graph_walk(graph);
	rte_compiler_barrier(); /* no tail call */
}

/* What the router sends of its own accord at its start. */
static void
drain_announcements(struct rte_graph *graph)
{
	void *m = NULL;

	rte_graph_walk(graph);
	for (unsigned int port = 0; port < BENCH_PORTS; port++)
		while (rte_ring_dequeue(wires[port].from_router, &m) == 0)
			rte_pktmbuf_free(m);
}

/* The worker's thread ends; whoever walks its graph from now on is the worker. */
static struct worker *
take_over(void)
{
	struct worker *w = worker_get(0);

	__atomic_store_n(&w->stop, true, __ATOMIC_RELAXED);
	worker_wake(w);
	rte_eal_wait_lcore(w->pub.lcore);
	RTE_PER_LCORE(xebra_worker) = &w->pub;
	drain_announcements(w->next->graph);
	return w;
}

int
main(int argc, char **argv)
{
	uint64_t packets = 0;
	struct worker *w;
	int walks;

	if (argc != 4) {
		fprintf(stderr, "usage: ip4_count sse|avx2 DESTINATIONS WALKS\n");
		return EXIT_FAILURE;
	}
	chosen = strcmp(argv[1], "avx2") == 0 ? ip4_fast_avx2 : ip4_fast_sse;
	destinations = RTE_MIN(RTE_MAX((uint32_t)atoi(argv[2]), 1u), (uint32_t)DESTINATIONS_MAX);
	walks = atoi(argv[3]);
	if (bench_start(config) != 0)
		return EXIT_FAILURE;
	w = take_over();
	for (int i = 0; i < walks; i++) {
		fill(0);
		fill(1);
		walk(w->next->graph);
		packets += drain(0) + drain(1);
	}
	if (packets != w->fast_packets)
		abort();
	printf("{\"packets\": %llu, \"gcc12_optimized\": %s}\n", (unsigned long long)packets,
		GCC12_OPTIMIZED ? "true" : "false");
	bench_stop();
	return EXIT_SUCCESS;
}
