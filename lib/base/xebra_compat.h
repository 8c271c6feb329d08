/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_COMPAT_H
#define XEBRA_COMPAT_H

/**
 * @file
 * The differences between the DPDK versions that Xebra builds against (22.11 and later), in one
 * place.
 */

#include <rte_version.h>

/** True when DPDK is at least year.month, e.g. XEBRA_DPDK(23, 11). */
#define XEBRA_DPDK(year, month) (RTE_VERSION >= RTE_VERSION_NUM(year, month, 0, 0))

#if !XEBRA_DPDK(23, 3)
#define rte_tel_data_add_dict_uint rte_tel_data_add_dict_u64
#define rte_tel_data_add_array_uint rte_tel_data_add_array_u64
#endif

#endif
