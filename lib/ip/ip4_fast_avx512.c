/* SPDX-License-Identifier: BSD-3-Clause */
#define IP4_FAST_NAME ip4_fast_avx512
#include "ip4_fast_body.h"
