/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XBENCH_NAME_H
#define XBENCH_NAME_H

/**
 * @file
 * Names of Interests and Data (NDN packet format 0.3, section "Name"), below prefixes from a file.
 * No I/O but reading a file; one thread.
 */

#include <stdint.h>

#define XBENCH_NAME_MAX 100       /**< Bytes of a name. */
#define XBENCH_NAME_PREFIX_MAX 60 /**< Bytes of a prefix. */
#define XBENCH_NAME_COMPONENTS 6  /**< Most components of a prefix. */
#define XBENCH_NAME_SEGMENTS 8    /**< Flows that differ in their last component only. */

/** A name: its components' TLVs. */
struct xbench_name {
	uint8_t len, components;
	uint8_t value[XBENCH_NAME_MAX];
};

/** Prefixes. All zero: none. */
struct xbench_names {
	struct xbench_name *list;
	uint32_t n, size;
};

/**
 * Add a prefix such as "/news/today": letters, digits, '-', '_'.
 *
 * @return
 *   0; -EINVAL: no such name, or too long; -ENOMEM.
 */
int xbench_names_add(struct xbench_names *set, const char *text);

/** Add a file's prefixes, one a line; see xbench_prefixes_load(). */
int xbench_names_load(struct xbench_names *set, const char *path, unsigned int *line);

/**
 * The name of a flow: a prefix drawn at random, components up to four to eight in all, and a
 * segment number. Segments of one object are far apart: each of @p flows / XBENCH_NAME_SEGMENTS
 * objects has its first before any has its second.
 *
 * @param seed
 *   The same seed gives the same names.
 */
void xbench_names_make(const struct xbench_names *set, uint64_t seed, uint32_t flow, uint32_t flows,
	struct xbench_name *name);

/** A name of one text component and a number. */
void xbench_name_number(struct xbench_name *name, const char *text, uint64_t number);

void xbench_names_free(struct xbench_names *set);

#endif
