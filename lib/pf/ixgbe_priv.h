/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IXGBE_PRIV_H
#define IXGBE_PRIV_H

/* What the files of the backend `ixgbe` share; ixgbe.c tells how it works. */

#include <rte_mempool.h>
#include <rte_spinlock.h>

#include "xebra_pf.h"

#define IXGBE_VFS_MAX 63

/*
 * What this hardware can, of XEBRA_PF_*. No trunk: a VLAN is inserted in every frame, also in one
 * that the guest has tagged.
 */
#define IXGBE_CAN                                                                               \
	(XEBRA_PF_MAC | XEBRA_PF_VLAN | XEBRA_PF_SPOOF_CHECK | XEBRA_PF_TRUST | XEBRA_PF_LINK | \
		XEBRA_PF_MAX_RATE)

struct ixgbe_pf {
	struct xebra_pf base;
	char device[64];
	uint16_t port;
	bool probed;
	bool started;
	struct rte_mempool *pool;
	unsigned int nb_vfs;
	int wake_fd; /* written by EAL's interrupt thread, read by the loop; -1: none */

	rte_spinlock_t lock; /* what follows, and the hardware: also used by the interrupt thread */
	struct xebra_pf_vf vf[IXGBE_VFS_MAX]; /* as the hardware is set */
	uint32_t speed;                       /* that its rates are made for, Mb/s; 0: none yet */
	uint32_t granted[IXGBE_VFS_MAX];      /* Mb/s */
};

/* ixgbe_vf.c, all with the lock held: what a VF's settings are to the hardware. */

/* Make these settings of a VF `to`. A failure in the middle leaves the VF's link down. */
int ixgbe_vf_set(struct ixgbe_pf *pf, unsigned int vf, uint32_t what, const struct xebra_pf_vf *to,
	struct xebra_err *err);

/* Make everything of a VF as it is noted, after the hardware has forgotten it. */
int ixgbe_vf_restore(struct ixgbe_pf *pf, unsigned int vf);

/* Make all rates for the link's speed. */
int ixgbe_set_rates(struct ixgbe_pf *pf);

/* ixgbe_mbox.c: what VFs ask for through the mailbox, and the link's changes. */
int ixgbe_events_start(struct ixgbe_pf *pf, struct xebra_err *err);
void ixgbe_events_stop(struct ixgbe_pf *pf);

#endif
