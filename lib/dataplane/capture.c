/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capture: frames as the ports receive and send them, to a pcapng file.
 *
 * Callbacks on the ports' queues, which are there only during a capture, copy the frames that are
 * wanted into a pool of the capture's own and put the copies on a ring; a thread writes them to the
 * file, so that neither the workers nor the control thread ever wait for a disk. When the writer
 * does not keep up, the pool or the ring is exhausted, and what is not captured is counted; the
 * frames themselves are forwarded all the same.
 *
 * Ending goes the same way backwards: callbacks out, a quiescent state, then the writer empties the
 * ring and ends. A timer ends a capture that has all it wanted.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_pcapng.h>
#include <rte_string_fns.h>

#include "capture_priv.h"
#include "graph_priv.h"
#include "xebra_compat.h"
#include "xebra_log.h"
#include "xebra_loop.h"

#define RING_SIZE 1024
#define WRITE_BURST 32
#define WRITE_PAUSE_US 1000
#define CHECK_MS 200

struct hook {
	uint16_t port;
	uint16_t queue;
	bool tx;
	const struct rte_eth_rxtx_callback *callback;
};

struct capture {
	struct capture_status status;
	uint16_t vlan;
	uint32_t snaplen;
	uint64_t wanted;  /* packets; UINT64_MAX: no end */
	uint64_t taken;   /* by workers; may run past wanted */
	uint64_t dropped; /* by workers */
	bool end;         /* the writer's sign */
	pthread_t writer;
	rte_pcapng_t *out;
	struct rte_mempool *pool;
	struct rte_ring *ring;
	struct xebra_timer *timer;
	unsigned int nb_hooks;
	struct hook *hooks;
};

static struct capture capture;

/* The VLAN that a frame is of, 0 when of none; see eth_input. */
static uint16_t
vlan_of(const struct rte_mbuf *m)
{
	const rte_be16_t *fields =
		rte_pktmbuf_mtod_offset(m, const rte_be16_t *, 2 * RTE_ETHER_ADDR_LEN);

	if (m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED && (m->vlan_tci & 0xfff) != 0)
		return m->vlan_tci & 0xfff;
	if (m->data_len >= RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN &&
		fields[0] == RTE_BE16(RTE_ETHER_TYPE_VLAN))
		return rte_be_to_cpu_16(fields[1]) & 0xfff;
	return 0;
}

static struct rte_mbuf *
copy(const struct capture *c, uint16_t port, uint16_t queue, const struct rte_mbuf *m, bool tx)
{
	enum rte_pcapng_direction direction =
		tx ? RTE_PCAPNG_DIRECTION_OUT : RTE_PCAPNG_DIRECTION_IN;

#if XEBRA_DPDK(23, 11)
	return rte_pcapng_copy(port, queue, m, c->pool, c->snaplen, direction, NULL);
#else
	return rte_pcapng_copy(
		port, queue, m, c->pool, c->snaplen, rte_get_tsc_cycles(), direction);
#endif
}

static void
take(struct capture *c, uint16_t port, uint16_t queue, const struct rte_mbuf *m, bool tx)
{
	struct rte_mbuf *mine;

	if (c->vlan != CAPTURE_ANY_VLAN && vlan_of(m) != c->vlan)
		return;
	if (__atomic_load_n(&c->taken, __ATOMIC_RELAXED) >= c->wanted ||
		__atomic_fetch_add(&c->taken, 1, __ATOMIC_RELAXED) >= c->wanted)
		return;
	mine = copy(c, port, queue, m, tx);
	if (mine != NULL && rte_ring_mp_enqueue(c->ring, mine) == 0)
		return;
	rte_pktmbuf_free(mine);
	__atomic_fetch_add(&c->dropped, 1, __ATOMIC_RELAXED);
}

static uint16_t
received(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t nb,
	uint16_t max __rte_unused, void *arg)
{
	for (uint16_t i = 0; i < nb; i++)
		take(arg, port, queue, pkts[i], false);
	return nb;
}

static uint16_t
sending(uint16_t port, uint16_t queue, struct rte_mbuf **pkts, uint16_t nb, void *arg)
{
	for (uint16_t i = 0; i < nb; i++)
		take(arg, port, queue, pkts[i], true);
	return nb;
}

/* Returns whether there was something. */
static bool
write_some(struct capture *c)
{
	struct rte_mbuf *pkts[WRITE_BURST];
	unsigned int nb = rte_ring_sc_dequeue_burst(c->ring, (void **)pkts, WRITE_BURST, NULL);

	if (nb == 0)
		return false;
	if (c->status.error == 0) {
		if (rte_pcapng_write_packets(c->out, pkts, nb) < 0)
			__atomic_store_n(&c->status.error, -errno, __ATOMIC_RELAXED);
		else
			__atomic_fetch_add(&c->status.packets, nb, __ATOMIC_RELAXED);
	}
	rte_pktmbuf_free_bulk(pkts, nb);
	return true;
}

static void *
write_all(void *arg)
{
	struct capture *c = arg;

	for (;;) {
		/* The sign is read first: what was put on the ring before it is written. */
		bool end = __atomic_load_n(&c->end, __ATOMIC_ACQUIRE);

		if (write_some(c))
			continue;
		if (end)
			return NULL;
		usleep(WRITE_PAUSE_US);
	}
}

static int
start_writer(struct capture *c)
{
	sigset_t all, before;
	int rc;

	/* Signals are for the control thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&c->writer, NULL, write_all, c);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -rc;
}

static int
open_file(struct capture *c, struct xebra_err *err)
{
	int fd = open(c->status.file, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return xebra_err_set(err, -errno, "%s: %s", c->status.file, strerror(errno));
	c->out = rte_pcapng_fdopen(fd, NULL, NULL, "dpdk-xebra " XEBRA_VERSION, NULL);
	if (c->out == NULL) {
		close(fd);
		return xebra_err_set(
			err, -rte_errno, "%s: %s", c->status.file, rte_strerror(rte_errno));
	}
	return 0;
}

static int
name_port(struct capture *c, const struct port *port, struct xebra_err *err)
{
#if XEBRA_DPDK(23, 11)
	if (rte_pcapng_add_interface(c->out, port->pub.id, port->pub.name, NULL, NULL) < 0)
		return xebra_err_set(err, -EIO, "%s: cannot be written to", c->status.file);
#else
	(void)c; /* rte_pcapng_fdopen() has written all ports there are */
	(void)port;
	(void)err;
#endif
	return 0;
}

static int
make_memory(struct capture *c, struct xebra_err *err)
{
	c->ring = rte_ring_create("xebra_capture", RING_SIZE, SOCKET_ID_ANY, RING_F_SC_DEQ);
	c->pool = rte_pktmbuf_pool_create("capture", RING_SIZE + WRITE_BURST, 0, 0,
		rte_pcapng_mbuf_size(c->snaplen), SOCKET_ID_ANY);
	if (c->ring == NULL || c->pool == NULL)
		return xebra_err_set(err, -ENOMEM,
			"no memory for %d frames of %u bytes (a smaller snaplen needs less)",
			RING_SIZE + WRITE_BURST, c->snaplen);
	return 0;
}

static int
add_hook(struct capture *c, uint16_t port, uint16_t queue, bool tx)
{
	struct hook *hooks = realloc(c->hooks, (c->nb_hooks + 1) * sizeof(*hooks));
	struct hook *hook;

	if (hooks == NULL)
		return -ENOMEM;
	c->hooks = hooks;
	hook = &hooks[c->nb_hooks];
	hook->port = port;
	hook->queue = queue;
	hook->tx = tx;
	hook->callback = tx ? rte_eth_add_tx_callback(port, queue, sending, c)
			    : rte_eth_add_rx_callback(port, queue, received, c);
	if (hook->callback == NULL)
		return -rte_errno;
	c->nb_hooks++;
	return 0;
}

static int
hook_port(struct capture *c, const struct port *port, struct xebra_err *err)
{
	int rc = 0;

	for (uint16_t q = 0; q < port->pub.rx_queues && rc == 0; q++)
		rc = add_hook(c, port->pub.id, q, false);
	for (uint16_t q = 0; q < port->pub.tx_queues && rc == 0; q++)
		rc = add_hook(c, port->pub.id, q, true);
	if (rc < 0)
		xebra_err_set(err, rc, "port %s cannot be listened to: %s", port->pub.name,
			strerror(-rc));
	return rc;
}

/* Take the callbacks of one port out, or of all (port RTE_MAX_ETHPORTS). */
static void
unhook(struct capture *c, uint16_t port)
{
	unsigned int left = 0;

	for (unsigned int i = 0; i < c->nb_hooks; i++) {
		const struct hook *h = &c->hooks[i];

		if (port != RTE_MAX_ETHPORTS && h->port != port)
			continue;
		if (h->tx)
			rte_eth_remove_tx_callback(h->port, h->queue, h->callback);
		else
			rte_eth_remove_rx_callback(h->port, h->queue, h->callback);
	}
	xebra_rcu_sync();
	for (unsigned int i = 0; i < c->nb_hooks; i++) {
		if (port == RTE_MAX_ETHPORTS || c->hooks[i].port == port)
			rte_free((void *)(uintptr_t)c->hooks[i].callback);
		else
			c->hooks[left++] = c->hooks[i];
	}
	c->nb_hooks = left;
}

void
capture_port_gone(const struct port *port)
{
	if (capture.status.running)
		unhook(&capture, port->pub.id);
}

static void
release(struct capture *c)
{
	rte_pcapng_close(c->out);
	c->out = NULL;
	rte_ring_free(c->ring);
	c->ring = NULL;
	rte_mempool_free(c->pool);
	c->pool = NULL;
	free(c->hooks);
	c->hooks = NULL;
	xebra_timer_stop(c->timer);
	c->timer = NULL;
}

void
capture_stop(void)
{
	struct capture *c = &capture;

	if (!c->status.running)
		return;
	unhook(c, RTE_MAX_ETHPORTS);
	__atomic_store_n(&c->end, true, __ATOMIC_RELEASE);
	pthread_join(c->writer, NULL);
	release(c);
	c->status.running = false;
	XEBRA_LOG(INFO, "capture: %s: %" PRIu64 " packets", c->status.file, c->status.packets);
}

static void
check_end(void *arg __rte_unused)
{
	const struct capture *c = &capture;

	if (__atomic_load_n(&c->taken, __ATOMIC_RELAXED) >= c->wanted ||
		__atomic_load_n(&c->status.error, __ATOMIC_RELAXED) != 0)
		capture_stop();
}

static int
prepare(struct capture *c, const struct capture_request *request, struct xebra_err *err)
{
	uint16_t mtu = RTE_ETHER_MTU;
	struct port *port;
	int rc;

	TAILQ_FOREACH (port, &port_list, next)
		mtu = RTE_MAX(mtu, port->pub.mtu);
	memset(c, 0, sizeof(*c));
	if (strlcpy(c->status.file, request->file, sizeof(c->status.file)) >=
		sizeof(c->status.file))
		return xebra_err_set(err, -ENAMETOOLONG, "file: too long a name");
	c->vlan = request->vlan;
	c->snaplen = request->snaplen != 0 ? request->snaplen : xebra_device_frame_room(mtu);
	c->wanted = request->packets != 0 ? request->packets : UINT64_MAX;
	rc = open_file(c, err);
	TAILQ_FOREACH (port, &port_list, next)
		if (rc == 0 && (request->port == NULL || request->port == port))
			rc = name_port(c, port, err);
	if (rc == 0)
		rc = make_memory(c, err);
	if (rc < 0)
		return rc;
	c->timer = xebra_timer_start(CHECK_MS, CHECK_MS, check_end, NULL);
	if (c->timer == NULL)
		return xebra_err_set(err, -ENOMEM, "no memory");
	rc = start_writer(c);
	if (rc < 0)
		return xebra_err_set(err, rc, "no thread for the file: %s", strerror(-rc));
	return 0;
}

int
capture_start(const struct capture_request *request, struct xebra_err *err)
{
	struct capture *c = &capture;
	struct port *port;
	int rc;

	if (c->status.running)
		return xebra_err_set(
			err, -EBUSY, "a capture to %s is running; stop it first", c->status.file);
	rc = prepare(c, request, err);
	if (rc < 0) {
		release(c);
		memset(c, 0, sizeof(*c));
		return rc;
	}
	c->status.running = true;
	TAILQ_FOREACH (port, &port_list, next)
		if (rc == 0 && (request->port == NULL || request->port == port))
			rc = hook_port(c, port, err);
	if (rc < 0)
		capture_stop();
	return rc;
}

bool
capture_status(struct capture_status *status)
{
	*status = capture.status;
	status->packets = __atomic_load_n(&capture.status.packets, __ATOMIC_RELAXED);
	status->dropped = __atomic_load_n(&capture.dropped, __ATOMIC_RELAXED);
	return status->file[0] != '\0';
}
