/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_FAST_H
#define IP4_FAST_H

/* The fast function of the IPv4 layer, compiled for several instruction sets (ip4_fast_body.h). */

#include "xebra_fast.h"

#define IP4_FAST(name)                                                                         \
	uint16_t name(const struct xebra_fast_door *door, struct rte_mbuf **pkts, uint16_t nb, \
		struct xebra_tx_buffers *tx, uint64_t *bytes)

IP4_FAST(ip4_fast_sse);
IP4_FAST(ip4_fast_avx2);
IP4_FAST(ip4_fast_avx512);

/* The one for this machine, or for EAL's --force-max-simd-bitwidth. */
xebra_fast_fn ip4_fast_choose(void);

#endif
