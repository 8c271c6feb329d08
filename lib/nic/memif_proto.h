/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NIC_MEMIF_PROTO_H
#define NIC_MEMIF_PROTO_H

/*
 * The memif protocol, version 2.0, as on the socket and in shared memory. Host byte order. What a
 * peer writes is never used before it is checked.
 *
 * "s2m" is from the client (slave), who owns the memory, to the server (master), who maps it; "m2s"
 * the other way.
 */

#include <stdint.h>

#include <rte_common.h>

#define MEMIF_COOKIE 0x3E31F20
#define MEMIF_VERSION 0x200
#define MEMIF_NAME_LEN 32
#define MEMIF_SECRET_LEN 24
#define MEMIF_REASON_LEN 96
#define MEMIF_MODE_ETHERNET 0
#define MEMIF_MESSAGE_LEN 128

enum memif_type {
	MEMIF_NONE,
	MEMIF_ACK,
	MEMIF_HELLO,
	MEMIF_INIT,
	MEMIF_ADD_REGION,
	MEMIF_ADD_RING,
	MEMIF_CONNECT,
	MEMIF_CONNECTED,
	MEMIF_DISCONNECT,
};

struct memif_hello {
	char name[MEMIF_NAME_LEN];
	uint16_t min_version;
	uint16_t max_version;
	uint16_t max_region;   /* index */
	uint16_t max_m2s_ring; /* index */
	uint16_t max_s2m_ring; /* index */
	uint8_t max_log2_ring_size;
} __rte_packed;

struct memif_init {
	uint16_t version;
	uint32_t id;
	uint8_t mode;
	char secret[MEMIF_SECRET_LEN];
	char name[MEMIF_NAME_LEN];
} __rte_packed;

/* Comes with the descriptor of a file to map. */
struct memif_add_region {
	uint16_t index;
	uint64_t size;
} __rte_packed;

#define MEMIF_RING_S2M 1

/* Comes with the descriptor of an eventfd. */
struct memif_add_ring {
	uint16_t flags;
	uint16_t index;
	uint16_t region;
	uint32_t offset;
	uint8_t log2_ring_size;
	uint16_t private_hdr_size;
} __rte_packed;

struct memif_disconnect {
	uint32_t code;
	char reason[MEMIF_REASON_LEN];
} __rte_packed;

struct memif_message {
	uint16_t type;
	union {
		struct memif_hello hello;
		struct memif_init init;
		struct memif_add_region add_region;
		struct memif_add_ring add_ring;
		char name[MEMIF_NAME_LEN]; /* CONNECT, CONNECTED: of the interface */
		struct memif_disconnect disconnect;
		uint8_t room[MEMIF_MESSAGE_LEN - sizeof(uint16_t)];
	};
} __rte_packed;

#define MEMIF_DESC_NEXT 1 /* the frame goes on in the next buffer */

struct memif_desc {
	uint16_t flags;
	uint16_t region;
	uint32_t length;
	uint32_t offset;
	uint32_t metadata;
};

#define MEMIF_RING_POLLED 1 /* the reader of the doorbell polls: do not ring */

struct memif_ring {
	uint32_t cookie;
	uint16_t flags;
	uint16_t head;
	uint8_t cacheline1[64 - 8];
	uint16_t tail;
	uint8_t cacheline2[64 - 2];
	struct memif_desc desc[];
};

#endif
