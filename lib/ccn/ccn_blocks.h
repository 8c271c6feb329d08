/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_BLOCKS_H
#define CCN_BLOCKS_H

/*
 * Memory for things of many lengths without allocation per packet: equal blocks, chained. What a
 * store may hold is the number of blocks it was made with.
 */

#include <stdint.h>
#include <string.h>

#include <rte_common.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>

#define CCN_BLOCK_NONE UINT32_MAX

/** A store of blocks; one thread. */
struct ccn_blocks {
	uint32_t n;
	uint32_t payload; /**< Bytes of content in each. */
	uint32_t free;    /**< First free block. */
	uint32_t n_free;
	uint32_t *next; /**< By block. */
	uint8_t *bytes;
};

/** Make a store; 0 or -1 without memory. */
static inline int
ccn_blocks_init(struct ccn_blocks *b, uint32_t n, uint32_t payload, int socket)
{
	b->n = b->n_free = n;
	b->payload = payload;
	b->next = rte_malloc_socket(
		"ccn_blocks", sizeof(uint32_t) * (size_t)RTE_MAX(n, 1u), 0, socket);
	b->bytes = rte_malloc_socket(
		"ccn_blocks", (size_t)payload * RTE_MAX(n, 1u), RTE_CACHE_LINE_SIZE, socket);
	b->free = n == 0 ? CCN_BLOCK_NONE : 0;
	if (b->next == NULL || b->bytes == NULL)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		b->next[i] = i + 1 < n ? i + 1 : CCN_BLOCK_NONE;
	return 0;
}

static inline void
ccn_blocks_fini(struct ccn_blocks *b)
{
	rte_free(b->next);
	rte_free(b->bytes);
}

/** Blocks that @p len bytes take. */
static inline uint32_t
ccn_blocks_for(const struct ccn_blocks *b, uint32_t len)
{
	return (len + b->payload - 1) / b->payload;
}

/** Put bytes in; the first block, or CCN_BLOCK_NONE when there are not enough free ones. */
static inline uint32_t
ccn_blocks_put(struct ccn_blocks *b, const uint8_t *bytes, uint32_t len)
{
	uint32_t need = ccn_blocks_for(b, len), first = b->free, block = CCN_BLOCK_NONE;

	if (need > b->n_free || need == 0)
		return CCN_BLOCK_NONE;
	for (uint32_t i = 0; i < need; i++) {
		uint32_t part = RTE_MIN(len, b->payload);

		block = b->free;
		memcpy(b->bytes + (size_t)block * b->payload, bytes, part);
		bytes += part;
		len -= part;
		b->free = b->next[block];
	}
	b->next[block] = CCN_BLOCK_NONE;
	b->n_free -= need;
	return first;
}

/** Copy a chain's first @p len bytes out. */
static inline void
ccn_blocks_get(const struct ccn_blocks *b, uint32_t block, uint8_t *bytes, uint32_t len)
{
	while (len > 0) {
		uint32_t part = RTE_MIN(len, b->payload);

		memcpy(bytes, b->bytes + (size_t)block * b->payload, part);
		bytes += part;
		len -= part;
		block = b->next[block];
	}
}

/** Touch a chain's first block. */
static inline void
ccn_blocks_prefetch(const struct ccn_blocks *b, uint32_t block)
{
	rte_prefetch0(&b->next[block]);
	for (uint32_t at = 0; at < b->payload; at += RTE_CACHE_LINE_SIZE)
		rte_prefetch0(b->bytes + (size_t)block * b->payload + at);
}

/** Are the @p len bytes at @p skip of a chain these? */
static inline int
ccn_blocks_equal(const struct ccn_blocks *b, uint32_t block, uint32_t skip, const uint8_t *bytes,
	uint32_t len)
{
	while (skip >= b->payload) {
		skip -= b->payload;
		block = b->next[block];
	}
	while (len > 0) {
		uint32_t part = RTE_MIN(len, b->payload - skip);

		if (memcmp(bytes, b->bytes + (size_t)block * b->payload + skip, part) != 0)
			return 0;
		bytes += part;
		len -= part;
		skip = 0;
		block = b->next[block];
	}
	return 1;
}

/** Give a chain back. */
static inline void
ccn_blocks_drop(struct ccn_blocks *b, uint32_t block)
{
	while (block != CCN_BLOCK_NONE) {
		uint32_t next = b->next[block];

		b->next[block] = b->free;
		b->free = block;
		b->n_free++;
		block = next;
	}
}

#endif
