/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VCHANNEL_LOG_H
#define VCHANNEL_LOG_H

#include <rte_common.h>
#include <rte_log.h>

extern int vchannel_logtype; /* "pmd.net.vchannel" */

#define VCHANNEL_LOG(level, fmt, ...) \
	rte_log(RTE_LOG_##level, vchannel_logtype, "VCHANNEL: " fmt "\n", ##__VA_ARGS__)

/* Keep the reason for rte_pmd_vchannel_error(), log it, and return rc. */
int vchannel_fail(int rc, const char *fmt, ...) __rte_format_printf(2, 3);

#endif
