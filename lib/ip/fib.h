/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_FIB_H
#define IP4_FIB_H

#include <stddef.h>
#include <stdint.h>

#include <rte_branch_prediction.h>
#include <rte_common.h>

/*
 * The forwarding table: longest prefix match from an IPv4 address to the index of a next hop.
 *
 * DIR-24-8 as in rte_lpm and rte_fib: 2^24 entries by the upper 24 bits, and groups of 256 for
 * those that hold prefixes longer than /24. It is our own for three reasons: the lookup of a whole
 * burst is inlined into the node that needs it; every entry carries the length of its prefix, so
 * that adding or deleting a route is one pass over the entries it covers (rte_lpm scans its rules,
 * rte_fib keeps a second copy of the RIB); and a group is not used again before the workers have
 * passed a quiescent state, which rte_fib of 22.11 does not do.
 *
 * An entry, 32 bits: 0 (nothing but the default route), or
 *   bit 31    the rest is the number of a group
 *   30..25    length of the prefix, 1..32
 *   24..0     index of the next hop
 * The default route is not written to 16 million entries: it is one word beside the table.
 *
 * One writer (the control thread); readers are the workers, without locks: every change of an
 * entry is one aligned store.
 */

#define IP4_FIB_GROUP 0x80000000u
#define IP4_FIB_LEN_SHIFT 25
#define IP4_FIB_INDEX_MASK 0x01ffffffu

struct ip4_fib {
	uint32_t *tbl24;
	uint32_t *tbl8;
	uint32_t dflt; /* Next hop of 0.0.0.0/0; 0 is "no route". */

	/* Only the writer looks at what follows. */
	uint32_t groups;      /* tbl8 has room for. */
	uint32_t free_count;  /* Numbers in free[0..]: nobody can see these groups. */
	uint32_t limbo_count; /* Numbers at the end of free[]: taken out since the last sync. */
	uint32_t *free;
	void (*sync)(void); /* Returns after every reader has passed a quiescent state. */
};

/* Make an empty table; NULL when there is no memory (64 MB are needed). */
struct ip4_fib *ip4_fib_create(void (*sync)(void));

void ip4_fib_free(struct ip4_fib *fib);

/*
 * Set the next hop of a prefix (host order, host bits zero, length 0..32), new or not.
 * Returns 0 or -ENOMEM (then nothing has changed).
 */
int ip4_fib_add(struct ip4_fib *fib, uint32_t prefix, uint8_t len, uint32_t index);

/*
 * Take a prefix out; its addresses then belong to the next shorter prefix that is in the table,
 * of length cover_len and next hop cover_index (0 and 0 when there is none but the default).
 */
void ip4_fib_del(
	struct ip4_fib *fib, uint32_t prefix, uint8_t len, uint8_t cover_len, uint32_t cover_index);

/* Groups in use, for figures and tests. */
uint32_t ip4_fib_groups_used(const struct ip4_fib *fib);

/* Memory of the table. */
size_t ip4_fib_bytes(const struct ip4_fib *fib);

static inline uint32_t
ip4_fib_load(const uint32_t *entry)
{
	return __atomic_load_n(entry, __ATOMIC_RELAXED);
}

/* Next hops of n addresses (host order). */
static __rte_always_inline void
ip4_fib_lookup_bulk(const struct ip4_fib *fib, const uint32_t *addr, uint32_t *index, uint32_t n)
{
	const uint32_t *tbl24 = fib->tbl24;
	const uint32_t *tbl8 = __atomic_load_n(&fib->tbl8, __ATOMIC_ACQUIRE);
	uint32_t dflt = ip4_fib_load(&fib->dflt);
	uint32_t i;

	/* The loads do not depend on each other: the processor has many under way at once. */
	for (i = 0; i < n; i++)
		index[i] = ip4_fib_load(&tbl24[addr[i] >> 8]);
	for (i = 0; i < n; i++) {
		uint32_t e = index[i];

		if (unlikely(e & IP4_FIB_GROUP))
			e = ip4_fib_load(&tbl8[(e & ~IP4_FIB_GROUP) << 8 | (addr[i] & 0xff)]);
		e &= IP4_FIB_INDEX_MASK;
		index[i] = e != 0 ? e : dflt;
	}
}

/* Next hop of one address (host order). */
static inline uint32_t
ip4_fib_lookup(const struct ip4_fib *fib, uint32_t addr)
{
	uint32_t index;

	ip4_fib_lookup_bulk(fib, &addr, &index, 1);
	return index;
}

#endif
