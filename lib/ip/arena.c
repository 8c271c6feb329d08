/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "arena.h"

#define ITEMS_MAX (1u << 26)
#define STEP (2u << 20) /* Bytes of memory put there at once: a huge page. */

static size_t
reserved(const struct arena *arena)
{
	return (size_t)ITEMS_MAX * arena->size;
}

static void *
item_at(const struct arena *arena, uint32_t item)
{
	return (char *)arena->items + (size_t)item * arena->size;
}

static bool
reserve(struct arena *arena)
{
	void *items = mmap(NULL, reserved(arena), PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (items == MAP_FAILED)
		return false;
	/* A walk through a large tree is a walk through the TLB. Without huge pages it works, too.
	 */
	madvise(items, reserved(arena), MADV_HUGEPAGE);
	arena->items = items;
	return true;
}

/* Have memory for so many bytes from the start. */
static bool
grow(struct arena *arena, size_t bytes)
{
	if (arena->items == NULL && !reserve(arena))
		return false;
	while (arena->bytes < bytes) {
		if (mprotect((char *)arena->items + arena->bytes, STEP, PROT_READ | PROT_WRITE) < 0)
			return false;
		arena->bytes += STEP;
	}
	return true;
}

uint32_t
arena_new(struct arena *arena)
{
	uint32_t item = arena->free;

	if (item != 0) {
		memcpy(&arena->free, item_at(arena, item), sizeof(arena->free));
		memset(item_at(arena, item), 0, sizeof(arena->free));
	} else {
		item = arena->top + 1;
		if (item == ITEMS_MAX || !grow(arena, (item + 1) * (size_t)arena->size))
			return 0;
		arena->top = item;
	}
	arena->count++;
	return item;
}

void
arena_free(struct arena *arena, uint32_t item)
{
	memset(item_at(arena, item), 0, arena->size);
	memcpy(item_at(arena, item), &arena->free, sizeof(arena->free));
	arena->free = item;
	arena->count--;
}

void
arena_clear(struct arena *arena)
{
	if (arena->items != NULL)
		munmap(arena->items, reserved(arena));
	*arena = (struct arena){.size = arena->size};
}
