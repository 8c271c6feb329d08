/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdarg.h>
#include <stdio.h>

#include "rte_pmd_vchannel.h"
#include "vchannel_log.h"

RTE_LOG_REGISTER(vchannel_logtype, pmd.net.vchannel, NOTICE)

static __thread char reason[256];

int
vchannel_fail(int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(reason, sizeof(reason), fmt, ap);
	va_end(ap);
	VCHANNEL_LOG(ERR, "%s", reason);
	return rc;
}

const char *
rte_pmd_vchannel_error(void)
{
	return reason;
}
