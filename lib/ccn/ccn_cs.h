/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_CS_H
#define CCN_CS_H

/*
 * The content store of one worker: Data that passed, to be given again.
 *
 * It is a tree of names held together by hashes: a node per stored Data, and a node per prefix of
 * one. An exact Interest costs one search; storing the next segment of a known object costs two
 * (its own node and its parent's); an Interest with CanBePrefix goes from its node down to the
 * Data stored last below it.
 *
 * What goes when room is needed is decided by S3-FIFO (Yang et al., SOSP 2023): new Data enters a
 * small queue of a tenth of the room; what was asked for again while there moves on to the main
 * queue, the rest leaves and is remembered as a ghost for a while; a ghost that returns goes
 * straight to the main queue. So a scan of a large file does not wash out what is popular. Packets
 * lie in chained blocks; the number of bytes is fixed at start and includes the nodes.
 */

#include "ccn_blocks.h"
#include "ccn_pkt.h"
#include "ccn_recent.h"
#include "ccn_table.h"

struct ccn_cs;

/** Written by the owning worker; others may read. */
struct ccn_cs_stats {
	uint64_t hits;
	uint64_t misses;
	uint64_t inserts;
	uint64_t evictions;
	uint32_t packets; /**< Data stored now. */
	uint32_t used_kb; /**< Memory in use by packets and nodes, 1024 bytes. */
};

/** Make a store of about @p bytes; below 64 kB it stores nothing. NULL without memory. */
struct ccn_cs *ccn_cs_create(uint64_t bytes, int socket);

void ccn_cs_free(struct ccn_cs *cs);

/**
 * Look for Data that satisfies an Interest.
 *
 * @param to
 *   CCN_PKT_MAX bytes: the Data.
 * @return
 *   Bytes of Data, 0: none.
 */
uint32_t ccn_cs_find(
	struct ccn_cs *cs, const struct ccn_pkt *interest, uint64_t now_us, uint8_t *to);

/** Store a Data, in place of one of the same name. */
void ccn_cs_insert(struct ccn_cs *cs, const struct ccn_pkt *data, uint64_t now_us);

/** Forget everything. */
void ccn_cs_flush(struct ccn_cs *cs);

const struct ccn_cs_stats *ccn_cs_stats(const struct ccn_cs *cs);

/** Touch what the search for an Interest's name, or storing a Data, will want first. */
void ccn_cs_prefetch(const struct ccn_cs *cs, const struct ccn_pkt *pkt);

/** Some time later: what it will want next. Something for ccn_cs_prefetch_rest(), or NULL. */
const void *ccn_cs_prefetch_node(const struct ccn_cs *cs, const struct ccn_pkt *pkt);

/** Some time later: the rest. */
void ccn_cs_prefetch_rest(const struct ccn_cs *cs, const struct ccn_pkt *pkt, const void *found);

#endif
