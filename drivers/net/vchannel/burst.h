/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VCHANNEL_BURST_H
#define VCHANNEL_BURST_H

/* How a burst says that it is under way; vchannel_quiesce() listens. */

#include "vchannel_priv.h"

static inline void
enter(uint64_t *seq)
{
	__atomic_store_n(seq, *seq + 1, __ATOMIC_RELAXED);
	/* The other half of this fence is vchannel_quiesce()'s. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

static inline void
leave(uint64_t *seq)
{
	__atomic_store_n(seq, *seq + 1, __ATOMIC_RELEASE);
}

#endif
