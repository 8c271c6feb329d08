/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MEMIF_CLIENT_H
#define MEMIF_CLIENT_H

/*
 * A memif client without a socket, for tests and for the fuzzer: memory with a ring each way and
 * buffers, and the session of a server that has connected to it.
 */

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include "memif_session.h"

#define CLIENT_LOG2 5
#define CLIENT_RING (1 << CLIENT_LOG2)
#define CLIENT_BUFFER 2048u
#define CLIENT_RING_LEN (sizeof(struct memif_ring) + CLIENT_RING * sizeof(struct memif_desc))
#define CLIENT_MEMORY (2 * CLIENT_RING_LEN + 2 * CLIENT_RING * CLIENT_BUFFER)

static struct {
	struct memif_session session;
	struct memif_message reply;
	struct xebra_err err;
	uint8_t *memory;
	struct memif_ring *to, *from; /* the server; as the client sees them */
	int fd;
} client;

static struct rte_mempool *client_pool;

/* EAL without anything, and a pool of packets. */
static int
client_eal(void)
{
	static char words[][16] = {"test", "--no-huge", "-m", "32", "--no-shconf", "--no-pci",
		"--no-telemetry", "--log-level=4"};
	char *argv[RTE_DIM(words)];

	for (size_t i = 0; i < RTE_DIM(words); i++)
		argv[i] = words[i];
	if (rte_eal_init(RTE_DIM(argv), argv) < 0)
		return -1;
	client_pool = rte_pktmbuf_pool_create(
		"client", 511, 0, 0, RTE_PKTMBUF_HEADROOM + CLIENT_BUFFER, SOCKET_ID_ANY);
	return client_pool != NULL ? 0 : -1;
}

static inline int
client_file(uint64_t size, int seals)
{
	int fd = memfd_create("client", MFD_ALLOW_SEALING);

	if (ftruncate(fd, (off_t)size) < 0 || (seals != 0 && fcntl(fd, F_ADD_SEALS, seals) < 0))
		return -1;
	return fd;
}

static inline int
client_say(const struct memif_message *msg, int fd)
{
	client.err = (struct xebra_err){0};
	return memif_session_take(&client.session, msg, fd, &client.reply, &client.err);
}

static inline int
client_init(void)
{
	struct memif_message msg = {.type = MEMIF_INIT, .init = {.version = MEMIF_VERSION}};

	return client_say(&msg, -1);
}

static inline int
client_region(uint16_t index, uint64_t size, int fd)
{
	struct memif_message msg = {.type = MEMIF_ADD_REGION, .add_region = {index, size}};

	return client_say(&msg, fd);
}

static inline int
client_ring(bool to, uint16_t index, uint16_t region, uint64_t offset, uint8_t log2)
{
	struct memif_message msg = {
		.type = MEMIF_ADD_RING,
		.add_ring = {to ? MEMIF_RING_S2M : 0, index, region, (uint32_t)offset, log2, 0},
	};

	return client_say(&msg, -1);
}

static inline int
client_connect(void)
{
	struct memif_message msg = {.type = MEMIF_CONNECT};

	return client_say(&msg, -1);
}

/* The memory of a client that does all as it should. */
static inline void
client_lay_out(void)
{
	uint32_t buffer = 2 * CLIENT_RING_LEN;

	client.to = (struct memif_ring *)(void *)client.memory;
	client.from = (struct memif_ring *)(void *)(client.memory + CLIENT_RING_LEN);
	for (int i = 0; i < CLIENT_RING; i++) {
		client.to->desc[i] = (struct memif_desc){0, 0, 0, buffer, 0};
		buffer += CLIENT_BUFFER;
		client.from->desc[i] = (struct memif_desc){0, 0, CLIENT_BUFFER, buffer, 0};
		buffer += CLIENT_BUFFER;
	}
	client.to->cookie = client.from->cookie = MEMIF_COOKIE;
}

/* INIT and ADD_REGION. */
static inline int
client_share(void)
{
	memif_session_init(&client.session, client_pool);
	client.fd = client_file(CLIENT_MEMORY, F_SEAL_SHRINK);
	client.memory = mmap(NULL, CLIENT_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, client.fd, 0);
	client_lay_out();
	return client_init() == 0 ? client_region(0, CLIENT_MEMORY, client.fd) : -1;
}

static inline int
client_open(void)
{
	if (client_share() < 0 || client_ring(true, 0, 0, 0, CLIENT_LOG2) < 0 ||
		client_ring(false, 0, 0, CLIENT_RING_LEN, CLIENT_LOG2) < 0 || client_connect() < 0)
		return -1;
	client.from->head = CLIENT_RING;
	return 0;
}

static inline void
client_close(void)
{
	memif_session_fini(&client.session);
	munmap(client.memory, CLIENT_MEMORY);
	close(client.fd);
}

#endif
