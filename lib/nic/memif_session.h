/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NIC_MEMIF_SESSION_H
#define NIC_MEMIF_SESSION_H

/*
 * From a client's first word to its rings: the server's side of the memif protocol, one message at
 * a time, without the socket. Control thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "memif_ring.h"
#include "xebra_err.h"

/* Memory that one client may have mapped here. */
#define MEMIF_MEMORY_MAX (UINT64_C(256) << 20)

enum memif_state {
	MEMIF_STATE_NEW,
	MEMIF_STATE_GREETED,
	MEMIF_STATE_CONNECTED
};

/* Where a client says that a ring is. */
struct memif_place {
	bool known;
	uint16_t region;
	uint32_t offset;
	uint8_t log2_size;
};

struct memif_session {
	enum memif_state state;
	char peer[MEMIF_NAME_LEN + 1]; /* what the client calls itself; anything printable */
	uint64_t mapped;               /* bytes */
	struct memif_place from[MEMIF_TX_RINGS_MAX];
	struct memif_place to;
	struct memif_link link; /* whole when the state is CONNECTED */
};

/* The first message, from us. */
void memif_session_hello(struct memif_message *hello);

void memif_session_init(struct memif_session *s, struct rte_mempool *pool);

/* Unmap all. Nobody may use the link any more. */
void memif_session_fini(struct memif_session *s);

/*
 * Take a message and the descriptor that came with it (-1: none; it is the caller's, also
 * afterwards). 0, with the reply to send; or a negative errno value with what to tell the client.
 */
int memif_session_take(struct memif_session *s, const struct memif_message *msg, int fd,
	struct memif_message *reply, struct xebra_err *err);

/* The last message, from us, with the reason. */
void memif_session_bye(const char *reason, struct memif_message *bye);

#endif
