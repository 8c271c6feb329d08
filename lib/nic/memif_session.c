/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * HELLO, INIT, ADD_REGION, ADD_RING, CONNECT: the client says which memory it shares and where in
 * it its rings are; each message is acknowledged. All of it is checked before anything is believed.
 *
 * Memory is taken only from files that stay as long as they are: a memfd, sealed against shrinking,
 * as the protocol wants it. From any other file the client could take pages away for good while we
 * copy, which would be the end of this process (SIGBUS). Huge pages are refused for the same
 * reason: there may be none left when one is touched first. All pages are made at once, so that the
 * worker does not have to. A client can still take single pages out (no seal forbids that); the
 * next touch makes a new one, at the cost of that touch, which memif_ring.c bounds for a frame.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "memif_session.h"

void
memif_session_hello(struct memif_message *hello)
{
	memset(hello, 0, sizeof(*hello));
	hello->type = MEMIF_HELLO;
	snprintf(hello->hello.name, sizeof(hello->hello.name), "dpdk-xebra-nic %s", XEBRA_VERSION);
	hello->hello.min_version = MEMIF_VERSION;
	hello->hello.max_version = MEMIF_VERSION;
	hello->hello.max_region = MEMIF_REGIONS_MAX - 1;
	hello->hello.max_s2m_ring = MEMIF_TX_RINGS_MAX - 1;
	hello->hello.max_m2s_ring = 0;
	hello->hello.max_log2_ring_size = MEMIF_LOG2_RING_MAX;
}

void
memif_session_bye(const char *reason, struct memif_message *bye)
{
	memset(bye, 0, sizeof(*bye));
	bye->type = MEMIF_DISCONNECT;
	snprintf(bye->disconnect.reason, sizeof(bye->disconnect.reason), "%s", reason);
}

void
memif_session_init(struct memif_session *s, struct rte_mempool *pool)
{
	memset(s, 0, sizeof(*s));
	s->link.pool = pool;
}

void
memif_session_fini(struct memif_session *s)
{
	for (uint16_t i = 0; i < s->link.nb_regions; i++)
		munmap(s->link.regions[i].addr, s->link.regions[i].size);
	s->link.nb_regions = 0;
}

static int
take_init(struct memif_session *s, const struct memif_init *init, struct xebra_err *err)
{
	if (s->state != MEMIF_STATE_NEW)
		return xebra_err_set(err, -EPROTO, "INIT: once is enough");
	if (init->version != MEMIF_VERSION)
		return xebra_err_set(err, -EPROTO, "INIT: memif 2.0 is spoken here");
	if (init->id != 0)
		return xebra_err_set(err, -ENOENT, "INIT: a VF's socket has one interface, id 0");
	if (init->mode != MEMIF_MODE_ETHERNET)
		return xebra_err_set(err, -EPROTO, "INIT: only Ethernet");
	memcpy(s->peer, init->name, MEMIF_NAME_LEN);
	for (char *c = s->peer; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	s->state = MEMIF_STATE_GREETED;
	return 0;
}

/* Will `size` bytes of this file be there as long as it is open? */
static int
check_file(int fd, uint64_t size, struct xebra_err *err)
{
	struct statfs fs;
	struct stat st;
	int seals;

	if (fd < 0)
		return xebra_err_set(err, -EBADF, "ADD_REGION: the file is missing");
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0 || (seals & F_SEAL_SHRINK) == 0)
		return xebra_err_set(err, -EPERM,
			"ADD_REGION: the file is not sealed against shrinking (F_SEAL_SHRINK)");
	if (fstatfs(fd, &fs) < 0 || fs.f_type != TMPFS_MAGIC)
		return xebra_err_set(err, -EPERM,
			"ADD_REGION: only ordinary memory (no zero-copy, no huge pages)");
	if (fstat(fd, &st) < 0 || st.st_size < 0 || (uint64_t)st.st_size < size)
		return xebra_err_set(err, -EINVAL, "ADD_REGION: the file is shorter than it says");
	return 0;
}

static int
take_region(
	struct memif_session *s, const struct memif_add_region *add, int fd, struct xebra_err *err)
{
	struct memif_link *link = &s->link;
	void *addr;
	int rc;

	if (link->nb_regions == MEMIF_REGIONS_MAX || add->index != link->nb_regions)
		return xebra_err_set(
			err, -EINVAL, "ADD_REGION: index %u is not the next one", add->index);
	if (add->size == 0 || add->size > MEMIF_MEMORY_MAX - s->mapped)
		return xebra_err_set(err, -E2BIG, "ADD_REGION: a client may share 1 byte to %u MiB",
			(unsigned int)(MEMIF_MEMORY_MAX >> 20));
	rc = check_file(fd, add->size, err);
	if (rc < 0)
		return rc;
	addr = mmap(NULL, add->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (addr == MAP_FAILED)
		return xebra_err_set(err, -errno, "ADD_REGION: %s", strerror(errno));
	/* Kernels before 5.14 do not know it. */
	if (madvise(addr, add->size, MADV_POPULATE_WRITE) < 0 && errno != EINVAL) {
		rc = xebra_err_set(err, -errno, "ADD_REGION: %s", strerror(errno));
		munmap(addr, add->size);
		return rc;
	}
	link->regions[link->nb_regions++] = (struct memif_region){addr, add->size};
	s->mapped += add->size;
	return 0;
}

static int
take_ring(struct memif_session *s, const struct memif_add_ring *add, struct xebra_err *err)
{
	bool from = (add->flags & MEMIF_RING_S2M) != 0;
	struct memif_place *place = from ? &s->from[add->index % MEMIF_TX_RINGS_MAX] : &s->to;

	if (add->index >= (from ? MEMIF_TX_RINGS_MAX : 1))
		return xebra_err_set(err, -EINVAL, "ADD_RING: index %u is too large", add->index);
	if (place->known)
		return xebra_err_set(err, -EINVAL, "ADD_RING: index %u is there twice", add->index);
	if (add->log2_ring_size == 0 || add->log2_ring_size > MEMIF_LOG2_RING_MAX)
		return xebra_err_set(
			err, -EINVAL, "ADD_RING: the size is not 2^1 to 2^%u", MEMIF_LOG2_RING_MAX);
	*place = (struct memif_place){true, add->region, add->offset, add->log2_ring_size};
	return 0;
}

/* Find a ring in the client's memory, and begin it anew. */
static int
open_ring(const struct memif_session *s, const struct memif_place *place, struct memif_queue *q,
	struct xebra_err *err)
{
	uint64_t len = sizeof(struct memif_ring) + (sizeof(struct memif_desc) << place->log2_size);
	const struct memif_region *region;

	if (!place->known)
		return xebra_err_set(err, -EINVAL, "CONNECT: a ring is missing");
	if (place->region >= s->link.nb_regions)
		return xebra_err_set(err, -EINVAL, "CONNECT: a ring is in no region");
	region = &s->link.regions[place->region];
	if (place->offset % RTE_CACHE_LINE_SIZE != 0 || place->offset > region->size ||
		len > region->size - place->offset)
		return xebra_err_set(
			err, -EINVAL, "CONNECT: a ring does not lie, aligned, within its region");
	q->ring = (struct memif_ring *)(void *)(region->addr + place->offset);
	q->size = 1 << place->log2_size;
	q->next = 0;
	if (q->ring->cookie != MEMIF_COOKIE)
		return xebra_err_set(err, -EINVAL, "CONNECT: a ring has not the cookie");
	__atomic_store_n(&q->ring->head, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&q->ring->tail, 0, __ATOMIC_RELAXED);
	return 0;
}

static int
take_connect(struct memif_session *s, struct xebra_err *err)
{
	struct memif_link *link = &s->link;
	int rc = open_ring(s, &s->to, &link->to, err);

	while (rc == 0 && link->nb_from < MEMIF_TX_RINGS_MAX && s->from[link->nb_from].known) {
		struct memif_queue *q = &link->from[link->nb_from];

		rc = open_ring(s, &s->from[link->nb_from], q, err);
		if (rc == 0)
			q->ring->flags = MEMIF_RING_POLLED;
		link->nb_from++;
	}
	if (rc == 0 && link->nb_from == 0)
		rc = xebra_err_set(err, -EINVAL, "CONNECT: a ring to send on is missing");
	if (rc == 0)
		s->state = MEMIF_STATE_CONNECTED;
	return rc;
}

/* What is for a client that has introduced itself, and is not connected yet. */
static int
take_request(struct memif_session *s, const struct memif_message *msg, int fd,
	struct memif_message *reply, struct xebra_err *err)
{
	if (s->state != MEMIF_STATE_GREETED)
		return xebra_err_set(err, -EPROTO, "message %u: not now", msg->type);
	switch (msg->type) {
	case MEMIF_ADD_REGION:
		return take_region(s, &msg->add_region, fd, err);
	case MEMIF_ADD_RING:
		return take_ring(s, &msg->add_ring, err);
	case MEMIF_CONNECT:
		reply->type = MEMIF_CONNECTED;
		snprintf(reply->name, sizeof(reply->name), "dpdk-xebra-nic");
		return take_connect(s, err);
	}
	return xebra_err_set(err, -EPROTO, "message %u: unknown", msg->type);
}

int
memif_session_take(struct memif_session *s, const struct memif_message *msg, int fd,
	struct memif_message *reply, struct xebra_err *err)
{
	memset(reply, 0, sizeof(*reply));
	reply->type = MEMIF_ACK;
	if (msg->type == MEMIF_INIT)
		return take_init(s, &msg->init, err);
	if (msg->type == MEMIF_DISCONNECT)
		return xebra_err_set(err, -ECONNRESET, "the client takes its leave");
	return take_request(s, msg, fd, reply, err);
}
