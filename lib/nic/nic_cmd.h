/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NIC_CMD_H
#define NIC_CMD_H

/* What the commands share. */

#include "nic_priv.h"

/* The words for enum nic_link, ended by NULL. */
extern const char *const nic_link_words[];

/* The VF of a parameter "vf"; NULL with err set when there is none. */
struct nic_vf *nic_vf_of(const json_t *args, struct xebra_err *err);

#endif
