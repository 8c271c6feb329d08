/* SPDX-License-Identifier: BSD-3-Clause */
#include "xebra_log.h"

RTE_LOG_REGISTER(xebra_logtype, xebra, NOTICE);
