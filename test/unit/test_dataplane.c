/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_ether.h>

#include "dataplane_bench.h"
#include "graph_priv.h"
#include "port_priv.h"
#include "xebra_cmd.h"
#include "xebra_conf.h"
#include "xebra_loop.h"
#include "xebra_test.h"

#define MANY 3000

static const char config[] =
	"\"workers\": {\"packets\": 8191, \"max_sleep_us\": 1000},"
	"\"ports\": {\"p0\": {\"device\": \"net_ring_w0\"}, \"p1\": {\"device\": \"net_ring_w1\"}},"
	"\"interfaces\": {"
	"\"plain\": {\"port\": \"p0\"},"
	"\"five\": {\"port\": \"p0\", \"vlan\": 5, \"mac\": \"02:00:00:00:00:05\"},"
	"\"six\": {\"port\": \"p1\", \"vlan\": 6, \"mtu\": 1000}}";

static int
start(void **state)
{
	(void)state;
	return bench_start(config);
}

static int
stop(void **state)
{
	(void)state;
	bench_stop();
	return 0;
}

static uint32_t
number_of(const struct rte_mbuf *m, unsigned int l2_len)
{
	uint32_t number;

	memcpy(&number, rte_pktmbuf_mtod_offset(m, const void *, l2_len), sizeof(number));
	return number;
}

static uint16_t
word(const struct rte_mbuf *m, unsigned int offset)
{
	const uint8_t *data = rte_pktmbuf_mtod_offset(m, const uint8_t *, offset);

	return data[0] << 8 | data[1];
}

static void
a_frame_reaches_its_network_layer_and_what_that_sends_its_port(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	bench_send(0, bench_frame(0, bench_mac("plain"), -1, ECHO_TYPE, 1, 60));
	m = bench_receive(0);
	assert_int_equal(m->pkt_len, 60);
	assert_int_equal(word(m, 12), ECHO_TYPE);
	assert_int_equal(rte_pktmbuf_mtod(m, uint8_t *)[5], 0xee);
	assert_int_equal(number_of(m, 14), 1);
	rte_pktmbuf_free(m);
}

static void
a_tag_leads_to_the_interface_of_its_vlan_and_replies_have_it(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	bench_send(0, bench_frame(0, "02:00:00:00:00:05", 5, ECHO_TYPE, 2, 80));
	m = bench_receive(0);
	assert_int_equal(m->pkt_len, 80);
	assert_int_equal(word(m, 12), RTE_ETHER_TYPE_VLAN);
	assert_int_equal(word(m, 14), 5);
	assert_int_equal(number_of(m, 18), 2);
	rte_pktmbuf_free(m);
}

static void
a_tag_that_the_driver_has_taken_out_counts_as_one_in_the_frame(void **state)
{
	struct rte_mbuf *m = bench_frame(0, "02:00:00:00:00:05", -1, ECHO_TYPE, 3, 60);

	(void)state;
	m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	m->vlan_tci = 3 << 13 | 5;
	bench_send(0, m);
	m = bench_receive(0);
	assert_int_equal(m->pkt_len, 64);
	assert_int_equal(word(m, 14), 5);
	rte_pktmbuf_free(m);
}

static void
a_priority_tag_counts_as_none(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	bench_send(0, bench_frame(0, bench_mac("plain"), 0, ECHO_TYPE, 4, 64));
	m = bench_receive(0);
	assert_int_equal(m->pkt_len, 60);
	assert_int_equal(word(m, 12), ECHO_TYPE);
	rte_pktmbuf_free(m);
}

static void
expect_drop(const char *drop, struct rte_mbuf *m)
{
	uint64_t before = bench_drops(drop);

	bench_send(m->port, m);
	bench_wait_drop(drop, before + 1);
}

static void
every_reason_to_drop_a_frame_has_its_name(void **state)
{
	const char *disabled[] = {"interfaces", "plain", "enabled", NULL};
	struct rte_mbuf *m;

	(void)state;
	expect_drop("eth_no_interface", bench_frame(0, bench_mac("plain"), 7, ECHO_TYPE, 0, 64));
	expect_drop("eth_no_interface", bench_frame(1, bench_mac("six"), -1, ECHO_TYPE, 0, 64));
	expect_drop("eth_not_for_us", bench_frame(0, "02:00:00:00:00:77", -1, ECHO_TYPE, 0, 64));
	expect_drop("eth_unknown_type", bench_frame(0, bench_mac("plain"), -1, 0x88b7, 0, 64));
	expect_drop("eth_unknown_type", bench_frame(0, bench_mac("plain"), -1, 46, 0, 64));
	expect_drop("eth_too_long", bench_frame(1, bench_mac("six"), 6, ECHO_TYPE, 0, 1019));
	m = bench_frame(0, "02:00:00:00:00:05", 5, RTE_ETHER_TYPE_VLAN, 0, 64);
	expect_drop("eth_double_tagged", m);
	m = bench_frame(0, "02:00:00:00:00:05", 5, ECHO_TYPE, 0, 64);
	rte_pktmbuf_trim(m, 64 - 17);
	expect_drop("eth_too_short", m);
	bench_change("false", disabled);
	expect_drop("eth_interface_down", bench_frame(0, bench_mac("plain"), -1, ECHO_TYPE, 0, 64));
	bench_change("true", disabled);
	bench_send(1, bench_frame(1, bench_mac("six"), 6, ECHO_TYPE, 0, 1018));
	m = bench_receive(1);
	assert_int_equal(m->pkt_len, 1018);
	rte_pktmbuf_free(m);
	bench_wait_no_packets();
}

static void
a_mixed_burst_is_taken_apart_and_nothing_of_it_is_lost(void **state)
{
	uint64_t unknown = bench_drops("eth_unknown_type");
	uint64_t strange = bench_drops("eth_not_for_us");
	unsigned int echoes = 0;

	(void)state;
	for (unsigned int i = 0; i < 300; i++) {
		uint16_t type = i % 3 == 1 ? 0x88b7 : ECHO_TYPE;
		const char *dst = i % 5 == 2 ? "02:00:00:00:00:77" : bench_mac("plain");

		bench_send(0, bench_frame(0, dst, -1, type, i, 60));
	}
	for (unsigned int i = 0; i < 300; i++) {
		struct rte_mbuf *m;

		if (i % 5 == 2 || i % 3 == 1)
			continue;
		m = bench_receive(0);
		assert_int_equal(number_of(m, 14), i);
		rte_pktmbuf_free(m);
		echoes++;
	}
	bench_wait_drop("eth_not_for_us", strange + 60);
	bench_wait_drop("eth_unknown_type", unknown + 300 - echoes - 60);
	bench_wait_no_packets();
}

static bool
all_controlled(void *arg)
{
	return controlled + bench_drops("control_full") == *(uint64_t *)arg;
}

static void
the_control_thread_gets_its_packets_in_order_and_the_rest_is_counted(void **state)
{
	uint64_t all = MANY;

	(void)state;
	for (uint32_t i = 0; i < MANY; i++)
		bench_send(1, bench_frame(1, bench_mac("six"), 6, CONTROL_TYPE, i + 1, 64));
	bench_wait("the control thread has its packets", all_controlled, &all);
	assert_true(controlled_in_order);
	assert_true(controlled > 0);
	/* And once more, after it has slept. */
	bench_send(1, bench_frame(1, bench_mac("six"), 6, CONTROL_TYPE, MANY + 1, 64));
	all++;
	bench_wait("the control thread has one more", all_controlled, &all);
	bench_wait_no_packets();
}

static void
the_control_thread_can_send(void **state)
{
	const struct xebra_iface *six = xebra_iface_find("six");
	struct rte_ether_addr dst = {{2, 0, 0, 0, 0, 9}};

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		struct rte_mbuf *m = bench_frame(1, "02:00:00:00:00:09", -1, ECHO_TYPE, i, 60);

		rte_pktmbuf_adj(m, RTE_ETHER_HDR_LEN);
		assert_int_equal(xebra_iface_encap(six, m, &dst, ECHO_TYPE), 0);
		assert_int_equal(xebra_inject(xebra_inject_port_tx(), m), 0);
	}
	for (uint32_t i = 0; i < 100; i++) {
		struct rte_mbuf *m = bench_receive(1);

		assert_int_equal(number_of(m, 18), i);
		assert_int_equal(word(m, 14), 6);
		rte_pktmbuf_free(m);
	}
	bench_wait_no_packets();
}

static void
the_graph_is_exchanged_under_traffic_without_loss(void **state)
{
	struct node_counts before, after;
	struct xebra_err err;

	(void)state;
	graph_counts(rte_node_from_name("echo_input"), &before);
	for (unsigned int round = 0; round < 20; round++) {
		for (unsigned int i = 0; i < 50; i++)
			bench_send(0,
				bench_frame(
					0, bench_mac("plain"), -1, ECHO_TYPE, round * 50 + i, 60));
		assert_int_equal(graph_build(&err), 0);
	}
	for (unsigned int i = 0; i < 1000; i++) {
		struct rte_mbuf *m = bench_receive(0);

		assert_int_equal(number_of(m, 14), i);
		rte_pktmbuf_free(m);
	}
	graph_counts(rte_node_from_name("echo_input"), &after);
	assert_int_equal(after.packets - before.packets, 1000);
	bench_wait_no_packets();
}

static void
counters_are_those_of_the_interface(void **state)
{
	const struct xebra_iface *six = xebra_iface_find("six");
	json_t *reply = NULL, *row;
	struct xebra_err err;

	(void)state;
	assert_int_equal(xebra_cmd_run("stats clear", NULL, &reply, &err), 0);
	json_decref(reply);
	assert_non_null(six);
	bench_send(1, bench_frame(1, bench_mac("six"), 6, ECHO_TYPE, 0, 100));
	rte_pktmbuf_free(bench_receive(1));
	bench_wait_no_packets();

	json_t *args = json_pack("{s:s}", "name", "six");

	assert_int_equal(xebra_cmd_run("show interface", args, &reply, &err), 0);
	row = json_array_get(reply, 0);
	assert_int_equal(json_integer_value(json_object_get(row, "rx_packets")), 1);
	assert_int_equal(json_integer_value(json_object_get(row, "rx_bytes")), 100);
	assert_int_equal(json_integer_value(json_object_get(row, "tx_packets")), 1);
	assert_int_equal(json_integer_value(json_object_get(row, "tx_bytes")), 100);
	json_decref(args);
	json_decref(reply);
}

/* Which nodes a traced packet passed, in order. */
static bool
trace_has(void *arg)
{
	const char *const *wanted = arg;
	json_t *reply = NULL, *row;
	struct xebra_err err;
	size_t i, found = 0;

	assert_int_equal(xebra_cmd_run("trace show", NULL, &reply, &err), 0);
	json_array_foreach (reply, i, row)
		if (wanted[found] != NULL &&
			strcmp(json_string_value(json_object_get(row, "node")), wanted[found]) == 0)
			found++;
	json_decref(reply);
	return wanted[found] == NULL;
}

static void
trace_follows_packets_of_the_interface_and_no_others(void **state)
{
	const char *const wanted[] = {"eth_input", "echo_input", "port_tx", NULL};
	json_t *args = json_pack("{s:s, s:i}", "interface", "five", "packets", 1);
	json_t *reply = NULL;
	struct xebra_err err;

	(void)state;
	assert_int_equal(xebra_cmd_run("trace start", args, &reply, &err), 0);
	json_decref(reply);
	json_decref(args);
	bench_send(0, bench_frame(0, bench_mac("plain"), -1, ECHO_TYPE, 0, 60));
	rte_pktmbuf_free(bench_receive(0));
	assert_int_equal(xebra_cmd_run("trace show", NULL, &reply, &err), 0);
	assert_int_equal(json_array_size(reply), 0);
	json_decref(reply);
	bench_send(0, bench_frame(0, "02:00:00:00:00:05", 5, ECHO_TYPE, 0, 60));
	rte_pktmbuf_free(bench_receive(0));
	bench_wait("the trace of a packet", trace_has, (void *)(uintptr_t)wanted);
	assert_int_equal(xebra_cmd_run("trace stop", NULL, &reply, &err), 0);
	json_decref(reply);
	bench_wait_no_packets();
}

/* Whether a file holds these bytes, and is a pcapng file. */
static bool
file_has(const char *file, const uint8_t *bytes, size_t len)
{
	static uint8_t data[1 << 16];
	FILE *in = fopen(file, "r");
	size_t size;

	assert_non_null(in);
	size = fread(data, 1, sizeof(data), in);
	fclose(in);
	return size > len && memcmp(data, "\x0a\x0d\x0d\x0a", 4) == 0 &&
		memmem(data, size, bytes, len) != NULL;
}

static void
run_capture(const char *command, json_t *args, json_t **reply)
{
	struct xebra_err err = {0};

	if (xebra_cmd_run(command, args, reply, &err) < 0)
		fail_msg("%s: %s", command, err.text);
	json_decref(args);
}

static void
a_capture_has_the_frames_of_its_interface_in_both_directions(void **state)
{
	const uint8_t in[] = {0x02, 0, 0, 0, 0, 0x05, 0x02, 0, 0, 0, 0, 0xee, 0x81, 0, 0, 5};
	const uint8_t out[] = {0x02, 0, 0, 0, 0, 0xee, 0x02, 0, 0, 0, 0, 0x05, 0x81, 0, 0, 5};
	const uint8_t other[] = {0x02, 0, 0, 0, 0, 0xee, 0x88, 0xb5};
	char file[] = "/tmp/xebra-capture-XXXXXX";
	int fd = mkstemp(file);
	json_t *reply = NULL;

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	run_capture("capture start", json_pack("{s:s, s:s}", "file", file, "interface", "five"),
		&reply);
	json_decref(reply);
	bench_send(0, bench_frame(0, bench_mac("plain"), -1, ECHO_TYPE, 0, 60));
	rte_pktmbuf_free(bench_receive(0));
	bench_send(0, bench_frame(0, "02:00:00:00:00:05", 5, ECHO_TYPE, 0, 60));
	rte_pktmbuf_free(bench_receive(0));
	run_capture("capture stop", NULL, &reply);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(reply, 0), "packets")), 2);
	assert_true(json_is_false(json_object_get(json_array_get(reply, 0), "running")));
	json_decref(reply);
	assert_true(file_has(file, in, sizeof(in)));
	assert_true(file_has(file, out, sizeof(out)));
	assert_false(file_has(file, other, sizeof(other)));
	unlink(file);
	bench_wait_no_packets();
}

static bool
is_up(void *arg)
{
	return xebra_iface_find(arg)->up;
}

static void
a_port_can_be_stopped_and_started(void **state)
{
	json_t *args = json_pack("{s:s}", "name", "p0"), *reply = NULL;
	struct xebra_err err;
	struct rte_mbuf *m;

	(void)state;
	assert_int_equal(xebra_cmd_run("port stop", args, &reply, &err), 0);
	json_decref(reply);
	assert_false(xebra_iface_find("plain")->up);
	m = bench_frame(0, "02:00:00:00:00:09", -1, ECHO_TYPE, 0, 60);
	assert_int_equal(xebra_inject(xebra_inject_port_tx(), m), 0);
	bench_wait_drop("port_tx_down", 1);
	assert_int_equal(xebra_cmd_run("port start", args, &reply, &err), 0);
	json_decref(reply);
	json_decref(args);
	bench_wait("the interface is up again", is_up, (void *)(uintptr_t) "plain");
	bench_send(0, bench_frame(0, bench_mac("plain"), -1, ECHO_TYPE, 0, 60));
	rte_pktmbuf_free(bench_receive(0));
}

static void
what_does_not_fit_the_port_is_dropped_by_name(void **state)
{
	struct rte_mbuf *m = bench_frame(0, "02:00:00:00:00:09", -1, ECHO_TYPE, 0, 1600);

	(void)state;
	assert_int_equal(xebra_inject(xebra_inject_port_tx(), m), 0);
	bench_wait_drop("port_tx_too_long", 1);
	bench_wait_no_packets();
}

/* A chain of so many buffers, each with `len` bytes. */
static struct rte_mbuf *
chained_frame(unsigned int segments, uint16_t len)
{
	struct rte_mbuf *m = bench_frame(0, "02:00:00:00:00:09", -1, ECHO_TYPE, 7, len);

	for (unsigned int i = 1; i < segments; i++)
		assert_int_equal(
			rte_pktmbuf_chain(m, bench_frame(0, "02:00:00:00:00:09", -1, 0, i, len)),
			0);
	return m;
}

/* As if the device had been told that it may free buffers without looking at them. */
static void
a_port_that_frees_fast_gets_plain_packets_only(void **state)
{
	struct port_path *path = xebra_port_paths[port_by_name("p0")->pub.id];
	struct rte_mbuf *m, *shared = bench_frame(0, "02:00:00:00:00:09", -1, ECHO_TYPE, 8, 60);
	uint32_t max_len = path->max_tx_len;

	(void)state;
	path->plain = true;
	assert_int_equal(xebra_inject(xebra_inject_port_tx(), chained_frame(3, 100)), 0);
	m = bench_receive(0);
	assert_int_equal(m->nb_segs, 1);
	assert_int_equal(m->pkt_len, 300);
	assert_int_equal(number_of(m, 14), 7);
	assert_int_equal(number_of(m, 214), 2);
	rte_pktmbuf_free(m);
	/* Somebody else has it as well. */
	rte_mbuf_refcnt_update(shared, 1);
	assert_int_equal(xebra_inject(xebra_inject_port_tx(), shared), 0);
	m = bench_receive(0);
	assert_ptr_not_equal(m, shared);
	assert_int_equal(number_of(m, 14), 8);
	rte_pktmbuf_free(m);
	rte_pktmbuf_free(shared);
	/* One buffer is not enough. */
	path->max_tx_len = 9000;
	assert_int_equal(xebra_inject(xebra_inject_port_tx(), chained_frame(3, 1000)), 0);
	bench_wait_drop("port_tx_no_buffer", 1);
	path->max_tx_len = max_len;
	path->plain = false;
	bench_wait_no_packets();
}

/* What the wire is filled with is never looked at: it is taken out again before anybody reads. */
static void
what_a_full_port_does_not_take_is_dropped_by_name(void **state)
{
	struct rte_ring *wire = wires[0].from_router;
	void *filling = &wires;
	struct rte_mbuf *m;

	(void)state;
	assert_true(rte_ring_empty(wire));
	while (rte_ring_enqueue(wire, filling) == 0)
		;
	m = bench_frame(0, "02:00:00:00:00:09", -1, ECHO_TYPE, 0, 60);
	assert_int_equal(xebra_inject(xebra_inject_port_tx(), m), 0);
	bench_wait_drop("port_tx_full", 1);
	while (rte_ring_dequeue(wire, &filling) == 0)
		assert_ptr_equal(filling, &wires);
	bench_wait_no_packets();
	bench_send(0, bench_frame(0, bench_mac("plain"), -1, ECHO_TYPE, 0, 60));
	rte_pktmbuf_free(bench_receive(0));
}

/* The graphs that run know nothing of a place that has come after them. */
static void
what_is_injected_for_a_layer_that_is_gone_is_dropped_by_name(void **state)
{
	struct rte_mbuf *m = bench_frame(0, "02:00:00:00:00:09", -1, ECHO_TYPE, 0, 60);
	unsigned int place = xebra_inject_register("port_tx");

	(void)state;
	assert_int_equal(xebra_inject(place, m), 0);
	bench_wait_drop("inject_unknown", 1);
	bench_wait_no_packets();
}

static bool
both_stand(void *arg)
{
	(void)arg;
	return __atomic_load_n(&bench_held, __ATOMIC_RELAXED) == BENCH_WORKERS;
}

static void
what_a_worker_does_not_come_to_inject_is_dropped_by_name(void **state)
{
	uint64_t before = bench_drops("inject_full");
	unsigned int sent = 0;
	struct rte_mbuf *m;

	(void)state;
	__atomic_store_n(&bench_hold, true, __ATOMIC_RELEASE);
	bench_send(0, bench_frame(0, bench_mac("plain"), -1, ECHO_TYPE, 0, 60));
	bench_send(1, bench_frame(1, bench_mac("six"), 6, ECHO_TYPE, 0, 64));
	bench_wait("both workers stand still", both_stand, NULL);
	m = bench_frame(0, "02:00:00:00:00:09", -1, ECHO_TYPE, 0, 60);
	while (xebra_inject(xebra_inject_port_tx(), m) == 0) {
		sent++;
		m = bench_frame(0, "02:00:00:00:00:09", -1, ECHO_TYPE, sent, 60);
	}
	rte_pktmbuf_free(m);
	__atomic_store_n(&bench_hold, false, __ATOMIC_RELEASE);
	bench_wait_drop("inject_full", before + 1);
	/* What had found room goes out, and the two that held the workers up. */
	for (unsigned int i = 0; i < sent + 1; i++)
		rte_pktmbuf_free(bench_receive(0));
	rte_pktmbuf_free(bench_receive(1));
	bench_wait_no_packets();
}

static void
an_interface_moves_to_another_vlan_and_back(void **state)
{
	const char *path[] = {"interfaces", "six", "vlan", NULL};
	uint16_t id = xebra_iface_find("six")->id;

	(void)state;
	bench_change("60", path);
	assert_int_equal(xebra_iface_find("six")->id, id);
	expect_drop("eth_no_interface", bench_frame(1, bench_mac("six"), 6, ECHO_TYPE, 0, 64));
	bench_send(1, bench_frame(1, bench_mac("six"), 60, ECHO_TYPE, 0, 64));
	rte_pktmbuf_free(bench_receive(1));
	bench_change("6", path);
	bench_send(1, bench_frame(1, bench_mac("six"), 6, ECHO_TYPE, 0, 64));
	rte_pktmbuf_free(bench_receive(1));
}

static void
queues_are_dealt_evenly_and_near_workers_are_preferred(void **state)
{
	const int queues[] = {0, 0, 1, 1, 0, 1};
	const int workers[] = {0, 1};
	unsigned int owner[6];

	(void)state;
	rx_plan_deal(queues, 6, workers, 2, owner);
	for (unsigned int i = 0; i < 6; i++)
		assert_int_equal(owner[i], queues[i]);
	rx_plan_deal((const int[]){0, 0, 0, 0}, 4, (const int[]){0, 0}, 2, owner);
	assert_int_equal(owner[0] + owner[1] + owner[2] + owner[3], 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_reaches_its_network_layer_and_what_that_sends_its_port),
		cmocka_unit_test(a_tag_leads_to_the_interface_of_its_vlan_and_replies_have_it),
		cmocka_unit_test(a_tag_that_the_driver_has_taken_out_counts_as_one_in_the_frame),
		cmocka_unit_test(a_priority_tag_counts_as_none),
		cmocka_unit_test(every_reason_to_drop_a_frame_has_its_name),
		cmocka_unit_test(a_mixed_burst_is_taken_apart_and_nothing_of_it_is_lost),
		cmocka_unit_test(
			the_control_thread_gets_its_packets_in_order_and_the_rest_is_counted),
		cmocka_unit_test(the_control_thread_can_send),
		cmocka_unit_test(the_graph_is_exchanged_under_traffic_without_loss),
		cmocka_unit_test(counters_are_those_of_the_interface),
		cmocka_unit_test(trace_follows_packets_of_the_interface_and_no_others),
		cmocka_unit_test(a_capture_has_the_frames_of_its_interface_in_both_directions),
		cmocka_unit_test(a_port_can_be_stopped_and_started),
		cmocka_unit_test(what_does_not_fit_the_port_is_dropped_by_name),
		cmocka_unit_test(a_port_that_frees_fast_gets_plain_packets_only),
		cmocka_unit_test(what_a_full_port_does_not_take_is_dropped_by_name),
		cmocka_unit_test(what_is_injected_for_a_layer_that_is_gone_is_dropped_by_name),
		cmocka_unit_test(what_a_worker_does_not_come_to_inject_is_dropped_by_name),
		cmocka_unit_test(an_interface_moves_to_another_vlan_and_back),
		cmocka_unit_test(queues_are_dealt_evenly_and_near_workers_are_preferred),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
