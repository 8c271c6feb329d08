/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PF_CONFORMANCE_H
#define PF_CONFORMANCE_H

/*
 * What every PF backend promises (lib/pf/xebra_pf.h), as tests that take an open PF: the same for
 * the fake, netlink, ixgbe and soft. They use VFs 0 and 1, leave both scrubbed and need no order.
 */

#include "xebra_pf.h"

/* A promise, by the name of its test. */
struct pf_promise {
	const char *name;
	void (*test)(struct xebra_pf *pf);
};

/* All promises, ended by one without a name. */
extern const struct pf_promise pf_promises[];

/* Take the steps of a plan. Fails the test when one is refused. */
void pf_take_steps(
	struct xebra_pf *pf, unsigned int vf, const struct xebra_pf_step *steps, unsigned int n);

/* Plan and take the steps from what the VF is to what it should be. */
void pf_make(struct xebra_pf *pf, unsigned int vf, const struct xebra_pf_vf *want, bool new_owner);

/* Settings of a kind, with what the PF can: the same for the same number. */
struct xebra_pf_vf pf_some_settings(const struct xebra_pf_info *info, unsigned int number);

#endif
