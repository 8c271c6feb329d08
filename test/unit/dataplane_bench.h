/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef DATAPLANE_BENCH_H
#define DATAPLANE_BENCH_H

/*
 * A whole data plane on a bench: real workers, real graphs, ports whose wires are rings that the
 * test holds the other ends of. A network layer "echo" takes EtherType 0x88b5 and sends frames
 * back to where they came from; 0x88b6 goes to the control thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include <rte_mbuf.h>
#include <rte_ring.h>

#define ECHO_TYPE 0x88b5
#define CONTROL_TYPE 0x88b6

#define BENCH_PORTS 2
#define BENCH_WORKERS 2

struct bench_wire {
	struct rte_ring *to_router;
	struct rte_ring *from_router;
};
extern struct bench_wire wires[BENCH_PORTS];

/* Packets that the control thread was given; how many and the last one's first word of data. */
extern unsigned int controlled;
extern uint32_t controlled_last;
extern bool controlled_in_order;

/* While this is set, a worker stands still at the first frame for "echo" that it gets. */
extern bool bench_hold;
extern unsigned int bench_held; /* workers that do */

/* EAL, rings and the data plane of this configuration ("ports" and "interfaces" members). */
int bench_start(const char *config);
void bench_stop(void);

/* Change a value at a path, NULL-ended words; JSON text, NULL deletes. Asserts success. */
void bench_change(const char *json, const char *const *path);

/* Run the control thread's loop until the condition holds; fails after a minute. */
typedef bool (*bench_condition)(void *arg);
void bench_wait(const char *what, bench_condition condition, void *arg);

/* Wait for packets dropped by this name to be exactly so many. */
void bench_wait_drop(const char *drop, uint64_t packets);
uint64_t bench_drops(const char *drop);

/* Wait until no packet is in use. */
void bench_wait_no_packets(void);

/* A frame of `len` bytes without tag (vlan < 0) or with one, number in its first data word. */
struct rte_mbuf *bench_frame(
	unsigned int port, const char *dst, int vlan, uint16_t type, uint32_t number, uint16_t len);

/* Put a frame on a wire, or take one that the router has sent (waits). */
void bench_send(unsigned int port, struct rte_mbuf *m);
struct rte_mbuf *bench_receive(unsigned int port);

/* MAC address of an interface as text, static memory. */
const char *bench_mac(const char *iface);

#endif
