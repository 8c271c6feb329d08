/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_cpuflags.h>
#include <rte_vect.h>

#include "ip4_fast.h"

/* The version for AVX-512 has its instructions, but on registers of 256 bits. */
xebra_fast_fn
ip4_fast_choose(void)
{
	if (rte_vect_get_max_simd_bitwidth() < RTE_VECT_SIMD_256 ||
		rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX2) <= 0 ||
		rte_cpu_get_flag_enabled(RTE_CPUFLAG_BMI2) <= 0)
		return ip4_fast_sse;
	if (rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512F) > 0 &&
		rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512BW) > 0 &&
		rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512DQ) > 0 &&
		rte_cpu_get_flag_enabled(RTE_CPUFLAG_AVX512VL) > 0)
		return ip4_fast_avx512;
	return ip4_fast_avx2;
}
