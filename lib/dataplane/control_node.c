/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The way from the workers to the control thread: one ring for each worker and each control node,
 * so that a flood on one way (ARP requests, say) neither fills nor delays the others. The control
 * thread takes a bounded number from each in turn.
 *
 * Waking: a worker writes to the eventfd only when the control thread has said that it is about to
 * wait (`waiting`), so that a busy way costs no system call per packet. Both sides fence between
 * their store and their load, hence either the worker sees `waiting` or the control thread sees
 * the packets.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_debug.h>
#include <rte_lcore.h>

#include "graph_priv.h"
#include "xebra_log.h"
#include "xebra_loop.h"

#define RING_SIZE 512
#define TURN 64 /* packets of one ring in one turn */

static struct {
	const char *node;
	xebra_control_fn take;
} ways[CONTROL_MAX];
static unsigned int nb_ways;

static int event_fd = -1;
static bool waiting;

enum {
	CONTROL_FULL
};

void
xebra_control_register(const char *node, xebra_control_fn take)
{
	if (nb_ways == CONTROL_MAX)
		rte_panic("more than %d ways to the control thread\n", CONTROL_MAX);
	ways[nb_ways].node = node;
	ways[nb_ways++].take = take;
}

unsigned int
control_count(void)
{
	return nb_ways;
}

const char *
control_name(unsigned int index)
{
	return ways[index].node;
}

static void
signal_control(void)
{
	uint64_t one = 1;

	if (write(event_fd, &one, sizeof(one)) < 0)
		return; /* EAGAIN: the counter is full, it has been signalled often enough */
}

int
xebra_control_init(const struct rte_graph *graph __rte_unused, struct rte_node *node)
{
	for (unsigned int i = 0; i < nb_ways; i++) {
		if (strcmp(ways[i].node, node->name) == 0) {
			*(uint32_t *)node->ctx = i;
			return 0;
		}
	}
	return -ENOENT;
}

uint16_t
xebra_control_process(struct rte_graph *graph, struct rte_node *node, void **objs, uint16_t nb_objs)
{
	struct rte_ring *ring = worker_self()->control[*(uint32_t *)node->ctx];
	unsigned int sent = rte_ring_sp_enqueue_burst(ring, objs, nb_objs, NULL);

	rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&waiting, __ATOMIC_RELAXED) &&
		__atomic_exchange_n(&waiting, false, __ATOMIC_ACQ_REL))
		signal_control();
	if (unlikely(sent < nb_objs))
		rte_node_enqueue(graph, node, CONTROL_FULL, &objs[sent], nb_objs - sent);
	return nb_objs;
}

/* Returns whether the ring may have more. */
static bool
take_turn(struct rte_ring *ring, xebra_control_fn take)
{
	struct rte_mbuf *m[TURN];
	unsigned int left;
	unsigned int nb = rte_ring_sc_dequeue_burst(ring, (void **)m, TURN, &left);

	for (unsigned int i = 0; i < nb; i++)
		take(m[i]);
	return left != 0;
}

static void
take_packets(int fd, uint32_t events __rte_unused, void *arg __rte_unused)
{
	uint64_t count;
	bool more = false;

	if (read(fd, &count, sizeof(count)) < 0)
		return;
	__atomic_store_n(&waiting, true, __ATOMIC_RELAXED);
	rte_atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (unsigned int w = 0; w < worker_count(); w++)
		for (unsigned int i = 0; i < nb_ways; i++)
			more |= take_turn(worker_get(w)->control[i], ways[i].take);
	if (more)
		signal_control();
}

int
control_open(void)
{
	char name[RTE_RING_NAMESIZE];
	int rc;

	for (unsigned int w = 0; w < worker_count(); w++) {
		int socket = rte_lcore_to_socket_id(worker_get(w)->pub.lcore);

		for (unsigned int i = 0; i < nb_ways; i++) {
			snprintf(name, sizeof(name), "control%u_%u", w, i);
			worker_get(w)->control[i] = rte_ring_create(
				name, RING_SIZE, socket, RING_F_SP_ENQ | RING_F_SC_DEQ);
			if (worker_get(w)->control[i] == NULL)
				return -ENOMEM;
		}
	}
	event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (event_fd < 0)
		return -errno;
	rc = xebra_loop_watch(event_fd, EPOLLIN, take_packets, NULL);
	waiting = true;
	return rc;
}

static void
free_packets(struct rte_ring *ring)
{
	void *m;

	while (ring != NULL && rte_ring_sc_dequeue(ring, &m) == 0)
		rte_pktmbuf_free(m);
}

/* The rings themselves belong to the workers. */
void
control_close(void)
{
	for (unsigned int w = 0; w < worker_count(); w++)
		for (unsigned int i = 0; i < nb_ways; i++)
			free_packets(worker_get(w)->control[i]);
	if (event_fd >= 0) {
		xebra_loop_unwatch(event_fd);
		close(event_fd);
	}
	event_fd = -1;
}

XEBRA_DROP(control_full, "For the control thread, which did not keep up.");
