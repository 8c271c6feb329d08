/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef FAKE_PF_H
#define FAKE_PF_H

/*
 * A PF in memory, for tests only: backend "fake". It refuses what real drivers refuse, can be told
 * to fail, and notes every step, so that a test sees in which order things were done.
 */

#include <stdbool.h>
#include <stdint.h>

#include "xebra_pf.h"

#define FAKE_VFS 8
#define FAKE_LOG 4096
#define FAKE_RESET RTE_BIT32(31) /* in the log, instead of a setting */

/*
 * One PF, which outlives its handles as a real one does, and a process that uses it: it is in
 * memory that a forked child shares.
 */
struct fake_pf {
	uint32_t can;
	uint32_t speed;
	struct xebra_pf_vf vfs[FAKE_VFS];
	struct xebra_pf_stats stats[FAKE_VFS];
	unsigned int fail_in;    /* the n-th call that sets or resets fails; 0: none */
	unsigned int dies_in;    /* before the n-th such call the process ends; 0: never */
	uint32_t deaf;           /* settings that it takes and forgets */
	bool gone;               /* cannot be reached */
	struct xebra_pf *handle; /* when it is open */
	struct {
		unsigned int vf;
		uint32_t setting;
		struct xebra_pf_vf now; /* the VF afterwards */
	} log[FAKE_LOG];
	unsigned int nb_log;
};

extern struct fake_pf *fake_memory;
#define fake (*fake_memory)

extern struct xebra_pf_ops fake_ops;

/* Make it anew: nobody has a VF, and it can do this (XEBRA_PF_ALL, XEBRA_PF_CAN_*). */
void fake_make(uint32_t can);

#endif
