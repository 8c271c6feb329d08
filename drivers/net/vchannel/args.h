/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VCHANNEL_ARGS_H
#define VCHANNEL_ARGS_H

/* The devargs: key=value pairs; `weight` belongs to the `member` before it. */

#include <rte_ethdev.h>

#include "flow.h"
#include "rte_pmd_vchannel.h"

struct vchannel_wanted {
	char name[RTE_ETH_NAME_MAX_LEN];
	uint32_t weight; /* Mb/s; 0: the link's speed */
	bool unborn;     /* the device of that name was pulled out: wait for the next one */
};

struct vchannel_args {
	struct vchannel_wanted member[RTE_PMD_VCHANNEL_MEMBERS_MAX];
	uint16_t nb_members;
	char primary[RTE_ETH_NAME_MAX_LEN]; /* active-backup's first choice; "": the first member */
	bool switch_back;                   /* return to the primary when it is back */
	bool has_mac;
	struct rte_ether_addr mac;
	enum rte_pmd_vchannel_mode mode;
	uint32_t buckets;
	uint32_t gap_us;
	uint32_t interval_ms; /* of the control task */
	uint32_t force_ms;    /* do a move after waiting so long; 0: wait forever */
	uint32_t up_delay_ms;
	uint32_t stuck_ms; /* a queue that takes nothing so long is dead; 0: never */
	uint32_t probe_ms; /* a liveness probe per member so often; 0: none */
	bool nic_hash;     /* use the hash that the NIC left in the mbuf */
	struct vchannel_flow_conf flow;
};

/* 0, or a negative errno with the reason in rte_pmd_vchannel_error(). */
int vchannel_args_parse(struct vchannel_args *args, const char *device, const char *text);

/* Change what can be changed later: in `args`, when the key and the value are right. A primary has
 * to be looked up by who knows the members. */
int vchannel_args_change(struct vchannel_args *args, const char *key, const char *value);

int vchannel_weight_check(uint32_t weight, bool zero_ok);

#endif
