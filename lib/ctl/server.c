/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clients on the socket.
 *
 * Each client has its turn: one slice of work (rpc.c), then what can be written at once is written,
 * then the client waits for whatever it needs next. Those that could go on stand in a queue, and
 * an eventfd that is always readable makes the loop come back for the first of them, after it has
 * looked at everything else: whoever sends a million requests is served between the others.
 *
 * A client is read from only when there is nothing left to do for it and it reads its replies, so
 * that each keeps a bounded number of bytes here and the rest in its own socket. One that closes
 * after its last request (hung up) is still served to the end, its replies are thrown away.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include <rte_common.h>

#include "rpc_priv.h"
#include "server_priv.h"
#include "xebra_log.h"
#include "xebra_loop.h"
#include "xebra_socket.h"

#define READ_BYTES (64u << 10)
#define ACCEPT_PAUSE_MS 1000

struct client {
	TAILQ_ENTRY(client) next;
	TAILQ_ENTRY(client) next_ready;
	struct rpc_client rpc;
	int fd;
	bool ready; /* in the queue */
	bool eof;   /* sends no more */
	bool hung;  /* reads no more either; not watched */
};

TAILQ_HEAD(client_list, client);

static struct {
	struct xebra_socket socket;
	int kick_fd;
	struct client_list clients, ready;
	unsigned int clients_n;
	struct xebra_timer *accept_timer;
} server = {.socket.fd = -1, .kick_fd = -1};

static void run_first(int fd, uint32_t events, void *arg);
static void client_event(int fd, uint32_t events, void *arg);

static void
enqueue(struct client *client)
{
	if (client->ready)
		return;
	if (TAILQ_EMPTY(&server.ready))
		xebra_loop_watch(server.kick_fd, EPOLLIN, run_first, NULL);
	client->ready = true;
	TAILQ_INSERT_TAIL(&server.ready, client, next_ready);
}

static void
dequeue(struct client *client)
{
	if (!client->ready)
		return;
	client->ready = false;
	TAILQ_REMOVE(&server.ready, client, next_ready);
	if (TAILQ_EMPTY(&server.ready))
		xebra_loop_watch(server.kick_fd, 0, run_first, NULL);
}

static void
close_client(struct client *client)
{
	dequeue(client);
	TAILQ_REMOVE(&server.clients, client, next);
	server.clients_n--;
	xebra_loop_unwatch(client->fd);
	close(client->fd);
	rpc_client_fini(&client->rpc);
	free(client);
}

static void
read_some(struct client *client)
{
	char *to = buf_reserve(&client->rpc.in, READ_BYTES);
	ssize_t n;

	if (to == NULL) {
		client->rpc.broken = true;
		return;
	}
	n = recv(client->fd, to, READ_BYTES, MSG_DONTWAIT);
	if (n > 0)
		client->rpc.in.end += n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		client->eof = true;
}

static void
write_some(struct client *client)
{
	struct buf *out = &client->rpc.out;
	ssize_t n;

	while (buf_len(out) > 0 && !client->hung) {
		n = send(client->fd, out->data + out->start, buf_len(out),
			MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			client->hung = true;
		if (n < 0)
			break;
		buf_take(out, n);
	}
	if (client->hung)
		buf_take(out, buf_len(out));
	rpc_client_count(&client->rpc);
}

static uint32_t
wanted_events(const struct client *client)
{
	size_t waiting = buf_len(&client->rpc.out);
	uint32_t events = waiting > 0 ? EPOLLOUT : 0;

	if (!client->ready && !client->eof && !client->rpc.broken && waiting < RPC_OUT_HIGH)
		events |= EPOLLIN;
	return events;
}

/* What the client waits for now: its next turn, the socket, or nothing more. */
static void
settle_client(struct client *client)
{
	bool more = rpc_client_ready(&client->rpc);
	bool over = client->rpc.broken || (client->eof && !more);

	if (over && buf_len(&client->rpc.out) == 0) {
		close_client(client);
		return;
	}
	if (more || client->hung)
		enqueue(client);
	if (client->hung)
		xebra_loop_unwatch(client->fd);
	else if (xebra_loop_watch(client->fd, wanted_events(client), client_event, client) < 0)
		close_client(client);
}

static void
client_event(int fd __rte_unused, uint32_t events, void *arg)
{
	struct client *client = arg;

	if (events & (EPOLLHUP | EPOLLERR))
		client->hung = true;
	write_some(client);
	if (!client->ready) {
		if (!rpc_client_ready(&client->rpc) && !client->rpc.broken && !client->eof)
			read_some(client);
		rpc_client_step(&client->rpc);
		write_some(client);
	}
	settle_client(client);
}

static void
run_first(int fd __rte_unused, uint32_t events __rte_unused, void *arg __rte_unused)
{
	struct client *client = TAILQ_FIRST(&server.ready);

	if (client == NULL)
		return;
	dequeue(client);
	client_event(client->fd, 0, client);
}

static void
add_client(int fd)
{
	static const char busy[] = "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32001,"
				   "\"message\":\"too many clients\"}}\n";
	struct client *client = NULL;

	if (server.clients_n >= SERVER_CLIENTS_MAX) {
		send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
		close(fd);
		return;
	}
	client = calloc(1, sizeof(*client));
	if (client == NULL || xebra_loop_watch(fd, EPOLLIN, client_event, client) < 0) {
		free(client);
		close(fd);
		return;
	}
	client->fd = fd;
	rpc_client_init(&client->rpc);
	TAILQ_INSERT_TAIL(&server.clients, client, next);
	server.clients_n++;
}

static void accept_some(int fd, uint32_t events, void *arg);

static void
accept_again(void *arg __rte_unused)
{
	server.accept_timer = NULL;
	xebra_loop_watch(server.socket.fd, EPOLLIN, accept_some, NULL);
}

static void
accept_some(int fd, uint32_t events __rte_unused, void *arg __rte_unused)
{
	int client_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (client_fd >= 0) {
		add_client(client_fd);
		return;
	}
	if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM)
		return;
	/* The client stays in the backlog; asking again at once would only spin. */
	XEBRA_LOG(WARNING, "control socket: accept: %s", strerror(errno));
	xebra_loop_watch(fd, 0, accept_some, NULL);
	server.accept_timer = xebra_timer_start(ACCEPT_PAUSE_MS, 0, accept_again, NULL);
}

int
server_start(const char *path, const char *group, struct xebra_err *err)
{
	int rc;

	TAILQ_INIT(&server.clients);
	TAILQ_INIT(&server.ready);
	/* Elsewhere a folder that is missing is one that was meant otherwise. */
	if (strncmp(path, "/run/", 5) == 0 && xebra_socket_make_directory(path, err) < 0)
		return err->code;
	rc = xebra_socket_open(&server.socket, SOCK_STREAM, path, group, err);
	if (rc < 0)
		return rc;
	server.kick_fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = server.kick_fd < 0 ? -errno : 0;
	if (rc == 0)
		rc = xebra_loop_watch(server.kick_fd, 0, run_first, NULL);
	if (rc == 0)
		rc = xebra_loop_watch(server.socket.fd, EPOLLIN, accept_some, NULL);
	if (rc < 0) {
		xebra_err_set(err, rc, "control socket: %s", strerror(-rc));
		server_stop();
	}
	return rc;
}

void
server_stop(void)
{
	struct client *client;

	if (server.socket.fd < 0)
		return;
	while ((client = TAILQ_FIRST(&server.clients)) != NULL) {
		write_some(client);
		close_client(client);
	}
	xebra_timer_stop(server.accept_timer);
	server.accept_timer = NULL;
	xebra_loop_unwatch(server.socket.fd);
	xebra_socket_close(&server.socket);
	if (server.kick_fd >= 0) {
		xebra_loop_unwatch(server.kick_fd);
		close(server.kick_fd);
	}
	server.kick_fd = -1;
}
