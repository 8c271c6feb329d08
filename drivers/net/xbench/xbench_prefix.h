/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XBENCH_PREFIX_H
#define XBENCH_PREFIX_H

/**
 * @file
 * Destinations: IPv4 or IPv6 prefixes, each with the port at which its packets are to leave.
 * No I/O but reading a file; one thread.
 */

#include <stdint.h>

/** Any port may be the egress. */
#define XBENCH_ANY_PORT 255

/** An address of either family, network order; IPv4 uses the first four bytes. */
struct xbench_addr {
	uint8_t b[16];
};

/** One prefix and its egress. */
struct xbench_prefix {
	struct xbench_addr addr; /**< Host bits are zero. */
	uint8_t len;             /**< Bits. */
	uint8_t egress;          /**< Number of the net_xbench port, or XBENCH_ANY_PORT. */
};

/** The prefixes of one port, of one family. All zero: empty. */
struct xbench_prefixes {
	struct xbench_prefix
		*list; /**< Sorted by length, then address, after xbench_prefixes_sort(). */
	uint32_t n;
	uint32_t size;
	uint32_t first[130]; /**< Where each length begins in the list. */
	uint8_t width;       /**< Address width: 32 or 128 bits; 0 while empty. */
};

/**
 * Add "address/length" or "address/length@egress".
 *
 * @return
 *   0; -EINVAL: no prefix, or not of the family of the others; -ENOMEM.
 */
int xbench_prefixes_add(struct xbench_prefixes *set, const char *text);

/**
 * Add a file's prefixes: one a line, "address/length [egress]", '#' starts a comment.
 *
 * @param[out] line
 *   The line at fault, counted from 1.
 * @return
 *   0 or a negative errno value.
 */
int xbench_prefixes_load(struct xbench_prefixes *set, const char *path, unsigned int *line);

/** Sort, once, before picking and looking up. */
void xbench_prefixes_sort(struct xbench_prefixes *set);

/** The longest prefix that an address is in, or NULL. */
const struct xbench_prefix *xbench_prefixes_lookup(
	const struct xbench_prefixes *set, const struct xbench_addr *addr);

/**
 * An address in one of the prefixes, and its egress by longest match.
 *
 * @param seed
 *   State of the generator; the same seed gives the same addresses.
 */
struct xbench_addr xbench_prefixes_pick(
	const struct xbench_prefixes *set, uint64_t *seed, uint8_t *egress);

void xbench_prefixes_free(struct xbench_prefixes *set);

/** Next number of a small repeatable generator (splitmix64). */
uint64_t xbench_random(uint64_t *seed);

#endif
