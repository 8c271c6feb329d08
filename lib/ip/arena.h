/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_ARENA_H
#define IP4_ARENA_H

#include <stddef.h>
#include <stdint.h>

/*
 * Many small items of one size, in one array. An item is named by its number, 1.., which is half of
 * a pointer, and nothing is lost between items: a full table has millions of them. The array's
 * addresses are taken for good at the first item and memory is put there as it fills, so that an
 * item never moves: a pointer to it is good until it is freed.
 *
 * The first 4 bytes of a freed item are the arena's, the others are zero.
 */

struct arena {
	uint32_t size;  /* Bytes of an item, at least 4. */
	uint32_t count; /* Items in use. */
	uint32_t top;   /* The highest number ever used. */
	uint32_t free; /* The latest item freed, which has the number of the one before; 0: none. */
	size_t bytes;  /* Memory that it has. */
	void *items;   /* Number 0 is there, but not used. */
};

#define ARENA_INIT(type)             \
	{                            \
		.size = sizeof(type) \
	}

/* A new item, all zero; 0: no memory. */
uint32_t arena_new(struct arena *arena);

void arena_free(struct arena *arena, uint32_t item);

/* Free all items, and their memory. */
void arena_clear(struct arena *arena);

#endif
