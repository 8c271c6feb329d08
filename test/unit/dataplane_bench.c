/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ether.h>
#include <rte_mempool.h>

#include "dataplane_bench.h"
#include "graph_priv.h"
#include "xebra_cmd.h"
#include "xebra_conf.h"
#include "xebra_loop.h"
#include "xebra_test.h"

#define RING_SIZE 8192

struct bench_wire wires[BENCH_PORTS];
unsigned int controlled;
uint32_t controlled_last;
bool controlled_in_order = true;
bool bench_hold;
unsigned int bench_held;

static char folder[] = "/tmp/xebra-bench-XXXXXX";
static char config_file[64];

/* The network layer of the bench. */
static bool
always(void)
{
	return true;
}

static struct xebra_family echo_family = {
	.name = "echo",
	.types =
		(const struct xebra_ether_type[]){
			{ECHO_TYPE, "echo_input"},
			{CONTROL_TYPE, "echo_control"},
			{0},
		},
	.active = always,
};

RTE_INIT(register_echo)
{
	xebra_family_register(&echo_family);
}

static void
stand_still(void)
{
	__atomic_add_fetch(&bench_held, 1, __ATOMIC_RELAXED);
	while (__atomic_load_n(&bench_hold, __ATOMIC_ACQUIRE))
		usleep(100);
	__atomic_sub_fetch(&bench_held, 1, __ATOMIC_RELAXED);
}

static uint16_t
echo_input(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	if (__atomic_load_n(&bench_hold, __ATOMIC_ACQUIRE))
		stand_still();
	for (uint16_t i = 0; i < nb_objs; i++) {
		struct rte_mbuf *m = objs[i];
		const struct xebra_iface *iface = xebra_iface_get(xebra_pkt_iface(m));
		struct rte_ether_addr peer;

		memcpy(&peer,
			rte_pktmbuf_mtod_offset(m, uint8_t *, -(int)xebra_pkt_l2_len(m)) +
				RTE_ETHER_ADDR_LEN,
			sizeof(peer));
		if (xebra_iface_encap(iface, m, &peer, ECHO_TYPE) < 0)
			abort();
	}
	rte_node_next_stream_move(graph, node, 0);
	return nb_objs;
}

static struct rte_node_register echo_node = {
	.name = "echo_input",
	.process = echo_input,
	.nb_edges = 1,
	.next_nodes = {"port_tx"},
};
RTE_NODE_REGISTER(echo_node)

static void
take_controlled(struct rte_mbuf *m)
{
	uint32_t number;

	memcpy(&number, rte_pktmbuf_mtod(m, void *), sizeof(number));
	if (controlled != 0 && number <= controlled_last)
		controlled_in_order = false;
	controlled_last = number;
	controlled++;
	rte_pktmbuf_free(m);
}
XEBRA_CONTROL(echo_control, take_controlled)

/* Three lcores on whatever CPUs there are. EAL wants to write to its arguments. */
static int
start_eal(void)
{
	static char args[][128] = {"bench", "--no-huge", "-m", "192", "--no-pci", "--no-shconf",
		"--no-telemetry", "--lcores", "", "--file-prefix", ""};
	char *argv[RTE_DIM(args)];
	int last = (int)sysconf(_SC_NPROCESSORS_ONLN) - 1;

	snprintf(args[8], sizeof(args[8]), "0@(0-%d),1@(0-%d),2@(0-%d)", last, last, last);
	snprintf(args[10], sizeof(args[10]), "bench%d", getpid());
	for (unsigned int i = 0; i < RTE_DIM(args); i++)
		argv[i] = args[i];
	return rte_eal_init(RTE_DIM(args), argv) < 0 ? -rte_errno : 0;
}

static struct rte_ring *
make_ring(const char *name, unsigned int port)
{
	char text[RTE_RING_NAMESIZE];

	snprintf(text, sizeof(text), "%s%u", name, port);
	return rte_ring_create(text, RING_SIZE, SOCKET_ID_ANY, 0);
}

static int
make_wire(unsigned int port)
{
	struct bench_wire *w = &wires[port];
	char name[16];

	snprintf(name, sizeof(name), "w%u", port);
	w->to_router = make_ring("to", port);
	w->from_router = make_ring("from", port);
	if (w->to_router == NULL || w->from_router == NULL)
		return -ENOMEM;
	return rte_eth_from_rings(name, &w->to_router, 1, &w->from_router, 1, 0) < 0 ? -ENODEV : 0;
}

static int
write_config(const char *config)
{
	FILE *out;

	if (mkdtemp(folder) == NULL)
		return -errno;
	snprintf(config_file, sizeof(config_file), "%s/config.json", folder);
	out = fopen(config_file, "w");
	if (out == NULL)
		return -errno;
	fprintf(out, "{\"control\": {\"socket\": \"%s/s\"}, %s}", folder, config);
	return fclose(out);
}

int
bench_start(const char *config)
{
	struct xebra_err err = {0};
	int rc = start_eal();

	for (unsigned int i = 0; i < BENCH_PORTS && rc == 0; i++)
		rc = make_wire(i);
	if (rc == 0)
		rc = xebra_loop_init();
	if (rc == 0)
		rc = write_config(config);
	if (rc == 0)
		rc = xebra_conf_start(config_file, &err);
	if (rc != 0)
		print_error("bench: %s\n", err.text[0] != '\0' ? err.text : strerror(-rc));
	return rc;
}

void
bench_stop(void)
{
	xebra_conf_stop();
	xebra_loop_fini();
	unlink(config_file);
	rmdir(folder);
	rte_eal_cleanup();
}

void
bench_change(const char *json, const char *const *path)
{
	json_t *value = json != NULL ? json_loads(json, JSON_DECODE_ANY, NULL) : NULL;
	struct xebra_err err = {0};

	if (xebra_conf_change(path, value, &err) < 0)
		fail_msg("change: %s", err.text);
}

struct waiting {
	bench_condition condition;
	void *arg;
	bool holds;
	uint64_t deadline_ms;
};

static void
look(void *arg)
{
	struct waiting *w = arg;

	w->holds = w->condition(w->arg);
	if (w->holds || xebra_now_ms() > w->deadline_ms)
		xebra_loop_stop();
}

void
bench_wait(const char *what, bench_condition condition, void *arg)
{
	struct waiting w = {condition, arg, false, xebra_now_ms() + 60000};
	struct xebra_timer *timer = xebra_timer_start(0, 1, look, &w);

	assert_non_null(timer);
	assert_int_equal(xebra_loop_run(), 0);
	xebra_timer_stop(timer);
	if (!w.holds)
		fail_msg("waited a minute for: %s", what);
}

uint64_t
bench_drops(const char *drop)
{
	struct node_counts counts;
	rte_node_t id = rte_node_from_name(drop);

	assert_true(id != RTE_NODE_ID_INVALID);
	graph_counts(id, &counts);
	return counts.packets;
}

struct drop_goal {
	const char *name;
	uint64_t packets;
};

static bool
dropped(void *arg)
{
	const struct drop_goal *goal = arg;

	return bench_drops(goal->name) == goal->packets;
}

void
bench_wait_drop(const char *drop, uint64_t packets)
{
	struct drop_goal goal = {drop, packets};

	bench_wait(drop, dropped, &goal);
}

static bool
no_packets(void *arg)
{
	(void)arg;
	return rte_mempool_in_use_count(xebra_pkt_pool()) == 0;
}

void
bench_wait_no_packets(void)
{
	bench_wait("no packet in use", no_packets, NULL);
}

struct rte_mbuf *
bench_frame(
	unsigned int port, const char *dst, int vlan, uint16_t type, uint32_t number, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(xebra_pkt_pool());
	rte_be16_t *fields;
	uint8_t *frame;

	assert_non_null(m);
	frame = (uint8_t *)rte_pktmbuf_append(m, len);
	assert_non_null(frame);
	memset(frame, 0, len);
	assert_int_equal(rte_ether_unformat_addr(dst, (struct rte_ether_addr *)frame), 0);
	frame[6] = 0x02;
	frame[11] = 0xee;
	fields = (rte_be16_t *)(frame + 12);
	if (vlan >= 0) {
		*fields++ = RTE_BE16(RTE_ETHER_TYPE_VLAN);
		*fields++ = rte_cpu_to_be_16(vlan);
	}
	*fields++ = rte_cpu_to_be_16(type);
	if (len >= (uint8_t *)fields - frame + sizeof(number))
		memcpy(fields, &number, sizeof(number));
	m->port = port;
	return m;
}

/* net_ring does not set the port: bench_frame() has. Ports are used in the order of the wires. */
void
bench_send(unsigned int port, struct rte_mbuf *m)
{
	m->port = port;
	assert_int_equal(rte_ring_enqueue(wires[port].to_router, m), 0);
}

static bool
sent_something(void *arg)
{
	const struct rte_ring *ring = arg;

	return !rte_ring_empty(ring);
}

struct rte_mbuf *
bench_receive(unsigned int port)
{
	void *m = NULL;

	bench_wait("a frame from the router", sent_something, wires[port].from_router);
	assert_int_equal(rte_ring_dequeue(wires[port].from_router, &m), 0);
	return m;
}

const char *
bench_mac(const char *iface)
{
	static char text[RTE_ETHER_ADDR_FMT_SIZE];
	const struct xebra_iface *found = xebra_iface_find(iface);

	assert_non_null(found);
	rte_ether_format_addr(text, sizeof(text), &found->mac);
	return text;
}
