/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which worker polls which receive queue. All queues of all attached ports are dealt anew whenever
 * a port comes or goes; a worker's list is replaced, never changed, and the old one is freed after
 * a quiescent state. Between the old lists and the new ones there is a moment without any, so that
 * two workers never poll one queue; packets wait in the queues for that long.
 */
#include <errno.h>

#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_malloc.h>

#include "port_priv.h"
#include "worker_priv.h"

#define QUEUES_MAX (RTE_MAX_ETHPORTS * 64)

void
rx_plan_deal(const int *queue_sockets, unsigned int nb_queues, const int *worker_sockets,
	unsigned int nb_workers, unsigned int *owner)
{
	unsigned int load[XEBRA_WORKER_MAX] = {0};

	for (unsigned int q = 0; q < nb_queues; q++) {
		unsigned int best = 0;

		for (unsigned int w = 1; w < nb_workers; w++) {
			bool near = queue_sockets[q] == worker_sockets[w];
			bool best_near = queue_sockets[q] == worker_sockets[best];

			/* A far core costs more than a core shared with one queue more. */
			if (load[w] + !near < load[best] + !best_near)
				best = w;
		}
		owner[q] = best;
		load[best]++;
	}
}

static unsigned int
gather(struct rx_queue *queues, int *sockets)
{
	struct port *port;
	unsigned int nb = 0;

	TAILQ_FOREACH (port, &port_list, next) {
		for (uint16_t q = 0; port->attached && q < port->pub.rx_queues; q++) {
			if (nb == QUEUES_MAX)
				return nb;
			queues[nb].port = port->pub.id;
			queues[nb].queue = q;
			queues[nb].interrupt = port->rx_interrupts;
			sockets[nb++] = rte_eth_dev_socket_id(port->pub.id);
		}
	}
	return nb;
}

/* Take all interrupts from their workers: the queues are about to get others, or none. */
static void
release_interrupts(void)
{
	struct port *port;

	TAILQ_FOREACH (port, &port_list, next) {
		for (uint16_t q = 0; q < RTE_DIM(port->rx_waker); q++) {
			if (port->rx_waker[q] == NULL)
				continue;
			rte_eth_dev_rx_intr_disable(port->pub.id, q);
			rte_eth_dev_rx_intr_ctl_q(port->pub.id, q, port->rx_waker[q]->epoll_fd,
				RTE_INTR_EVENT_DEL, NULL);
			port->rx_waker[q] = NULL;
		}
	}
}

/* Whether a device has interrupts is found out by trying, and ethdev calls that an error. */
static int
quietly_add(uint16_t port, uint16_t queue, int epoll_fd)
{
	int ethdev = rte_log_register("lib.ethdev");
	int level = rte_log_get_level(ethdev);
	int rc;

	rte_log_set_level(ethdev, RTE_LOG_CRIT);
	rc = rte_eth_dev_rx_intr_ctl_q(port, queue, epoll_fd, RTE_INTR_EVENT_ADD, NULL);
	rte_log_set_level(ethdev, level);
	return rc;
}

/* Let a queue wake its worker; when that cannot be, polling goes on. */
static void
aim_interrupt(struct rx_queue *queue, struct worker *w)
{
	struct port *port = port_by_id(queue->port);

	if (!queue->interrupt)
		return;
	queue->interrupt = false;
	if (queue->queue >= RTE_DIM(port->rx_waker))
		return;
	if (quietly_add(queue->port, queue->queue, w->epoll_fd) != 0) {
		port->rx_interrupts = false;
		return;
	}
	port->rx_waker[queue->queue] = w;
	queue->interrupt = true;
}

static struct rx_plan *
make_plan(unsigned int worker, const struct rx_queue *queues, const unsigned int *owner,
	unsigned int nb)
{
	struct rx_plan *plan =
		rte_zmalloc_socket("rx_plan", sizeof(*plan) + nb * sizeof(plan->queues[0]),
			RTE_CACHE_LINE_SIZE, rte_lcore_to_socket_id(worker_get(worker)->pub.lcore));

	if (plan == NULL)
		return NULL;
	for (unsigned int i = 0; i < nb; i++)
		if (owner[i] == worker)
			plan->queues[plan->nb_queues++] = queues[i];
	return plan;
}

static void
swap_plans(struct rx_plan **plans)
{
	for (unsigned int i = 0; i < worker_count(); i++) {
		struct worker *w = worker_get(i);
		struct rx_plan *old = w->rx;

		__atomic_store_n(&w->rx, plans[i], __ATOMIC_RELEASE);
		plans[i] = old;
		worker_wake(w);
	}
	xebra_rcu_sync();
	for (unsigned int i = 0; i < worker_count(); i++) {
		rte_free(plans[i]);
		plans[i] = NULL;
	}
}

int
rx_plan_update(struct xebra_err *err)
{
	static struct rx_queue queues[QUEUES_MAX];
	static int sockets[QUEUES_MAX];
	static unsigned int owner[QUEUES_MAX];
	struct rx_plan *plans[XEBRA_WORKER_MAX] = {NULL};
	int worker_sockets[XEBRA_WORKER_MAX] = {0};
	unsigned int nb = gather(queues, sockets);

	for (unsigned int i = 0; i < worker_count(); i++)
		worker_sockets[i] = rte_lcore_to_socket_id(worker_get(i)->pub.lcore);
	rx_plan_deal(sockets, nb, worker_sockets, worker_count(), owner);

	swap_plans(plans); /* nobody polls */
	release_interrupts();
	for (unsigned int i = 0; i < worker_count(); i++) {
		plans[i] = make_plan(i, queues, owner, nb);
		if (plans[i] == NULL)
			return xebra_err_set(
				err, -ENOMEM, "rx_queues: no memory for a list of queues");
		plans[i]->interrupts = true;
		for (uint16_t q = 0; q < plans[i]->nb_queues; q++) {
			aim_interrupt(&plans[i]->queues[q], worker_get(i));
			plans[i]->interrupts &= plans[i]->queues[q].interrupt;
		}
	}
	swap_plans(plans);
	return 0;
}
