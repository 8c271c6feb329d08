/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_LOG_H
#define XEBRA_LOG_H

/**
 * @file
 * One log type for the programs, "xebra" (EAL's --log-level=xebra:debug). Never called per packet.
 */

#include <rte_log.h>

extern int xebra_logtype;

/** XEBRA_LOG(NOTICE, "port %s: link up", name): levels are RTE_LOG's; the newline is added. */
#define XEBRA_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_##level, xebra_logtype, "XEBRA: " fmt "\n", ##__VA_ARGS__)

#endif
