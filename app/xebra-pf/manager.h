/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef MANAGER_H
#define MANAGER_H

/*
 * What the files of dpdk-xebra-pf share: the PFs and VFs of this node, as they are and as they
 * should be. manager.c tells how it works. Control thread only, as everything here.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include <jansson.h>
#include <rte_pci.h>

#include "xebra_err.h"
#include "xebra_pf.h"
#include "xebra_share.h"

#define NAME_BYTES XEBRA_PF_NAME_MAX
#define OWNER_BYTES (NAME_BYTES + 12)
#define PLACE_BYTES 64
#define UNKNOWN "?" /* vf.had: the state file does not say; no guest can have this name */

/* What a VF should be. */
struct wish {
	char guest[NAME_BYTES];  /* who shall have it; "": nobody */
	char owner[OWNER_BYTES]; /* the guest and which life of it; "": nobody */
	char place[PLACE_BYTES]; /* in the configuration: "guests.r1.vfs[0]" */
	char vnet[NAME_BYTES];
	unsigned int entry;    /* which of the guest's vfs */
	struct xebra_pf_vf vf; /* its settings */
	struct xebra_share_terms terms;
};

struct vf {
	struct pf *pf;
	unsigned int index;
	struct xebra_pf_vf is; /* as read last */
	struct wish want;      /* as it should be */
	struct wish last;      /* as it should have been before the configuration at hand */
	struct wish next;      /* as it should be if the configuration at hand is accepted */
	char had[OWNER_BYTES]; /* owner that it was last made ready for; "" scrubbed; UNKNOWN */
	struct xebra_err err;  /* why it is not as it should be; code 0: it is */
	bool settled;          /* was as it should be when it was last looked at */
	bool changed;          /* want is another one than the one before */
	bool has_address;
	struct rte_pci_addr address; /* where a guest sees it */
	/* Of the pass under way; for undoing what a refused configuration has done so far. */
	bool touched, failed;
	struct xebra_pf_vf before;
	char had_before[OWNER_BYTES];
};

struct pf {
	TAILQ_ENTRY(pf) next;
	char name[NAME_BYTES];
	json_t *conf;              /* its entry, complete */
	struct xebra_pf *dev;      /* NULL: it cannot be reached */
	struct xebra_pf *silent;   /* it is there, and does not answer: to be dev when it does */
	struct xebra_pf_info info; /* as read last */
	struct xebra_err err;      /* why it cannot be reached */
	unsigned int nb_vfs;       /* of vfs */
	struct vf *vfs;
	/* Its link and who shares it (bandwidth.c); the arrays go with it. */
	struct xebra_share_link link;
	struct vf **sharers; /* the VF of each of link.vfs */
};

TAILQ_HEAD(pf_list, pf);

/* The sections of the configuration that is being made real, complete; NULL before the first. */
struct config {
	json_t *manager, *pfs, *vnets, *guests;
};

extern struct pf_list pfs;
extern struct config config;

/* Make an error about a key ("cap: why") one with its whole place. Returns the error's code. */
int config_place(struct xebra_err *err, const char *place);

/* Note a section's new value (borrowed; NULL: none), for the sections' functions. */
void config_take(json_t **section, const json_t *value);

/* ---- pf_life.c: opening, losing, closing ---- */

struct pf *pf_find(const char *name);

/* Add a PF with its entry in the configuration. Error: without the PF's place. */
int pf_add(const char *name, const json_t *conf, struct xebra_err *err);

/* Forget a PF, leaving its VFs as they are. */
void pf_remove(struct pf *pf);

/* Read a PF and all its VFs; open it again when it had been lost. Errors are noted in pf->err. */
int pf_read(struct pf *pf);

/* Mb/s that a PF's VFs share: pfs.NAME.rate, or the link's speed; 0: not known. */
uint32_t pf_speed(const struct pf *pf);

/* ---- wanted.c: what every VF should be (no I/O) ---- */

/*
 * Fill in vf->next of all VFs from the configuration and from which guests are there. Whatever
 * cannot be is an error with its place; nothing else is changed then.
 *
 * assigned: which VF and MAC each guest's entries have had so far, and have then (reference is
 * replaced): {"r1": [{"pf", "vf", "mac"}]}.
 */
int wanted_make(json_t **assigned, struct xebra_err *err);

/* ---- assign.c: which VF for "any free", which MAC for none given (no I/O) ---- */

/*
 * Make the assignments that a configuration needs out of those that there were: what a guest has
 * had, it keeps. Returns a new reference, or NULL with err set.
 */
json_t *assign(const json_t *guests, const json_t *before, struct xebra_err *err);

/* ---- apply.c: making it so ---- */

/*
 * Make every VF what its want says, in an order without holes. With `undo`, a VF that cannot be
 * made so is an error with its place, and what has been done is undone. Without, it is noted in
 * vf->err, and the others are seen to.
 */
int apply(bool undo, struct xebra_err *err);

/* Scrub all VFs of a PF that is taken out of the configuration. */
void apply_scrub(struct pf *pf);

/* ---- state.c: what has to survive the program ---- */

/* Read the state file; one that is not there is empty. */
int state_load(const char *file, struct xebra_err *err);

/* Write it, whole or not at all, when anything has changed. */
int state_save(struct xebra_err *err);

/* Assignments, as wanted_make() takes them; owned by state.c. */
json_t **state_assigned(void);

/* Fill in vf->had of a PF's VFs that are new to us. */
void state_recall(struct pf *pf);

void state_free(void);

/* ---- drift.c: what others have done ---- */

/* Note that settings of a VF were found changed by somebody else. */
void drift_note(const struct vf *vf, uint32_t settings);

/* The VF is as it should be (again). */
void drift_corrected(const struct vf *vf);

/* All that are remembered, oldest first, a new reference. */
json_t *drift_json(void);

void drift_free(void);

/* ---- bandwidth.c ---- */

/*
 * Whether what the configuration at hand promises can be kept: the terms of the VFs' next, those of
 * guests that are not there included. Error: a place and why.
 */
int bandwidth_check(struct xebra_err *err);

/* Work out the rates of all VFs' wants anew, after wants, guests or links have changed. */
void bandwidth_plan(void);

/* Note what VFs have sent since the last time, where the control loop does not do it. */
void bandwidth_measure(void);

/* One round of the control loop, every XEBRA_SHARE_PERIOD_MS. */
void bandwidth_step(void);

json_t *bandwidth_json(void);

void bandwidth_free(struct pf *pf);

/* ---- guests.c: which guests are there, and telling them ---- */

/* Reach the hypervisor when a guest of the configuration needs it. Error: place and why. */
int guests_open(struct xebra_err *err);

/* Ask after all guests of the configuration. */
void guests_look(void);

/* Whether a guest (with its entry in the configuration) is to have its VFs now. */
bool guest_is_there(const char *name, const json_t *guest);

/* Which guest, and which life of it: what vf.had remembers. */
void guest_owner(const char *name, char *owner, size_t size);

/* Whether the hypervisor says that a guest holds this VF. */
bool guest_holds(const char *name, const struct vf *vf);

/* The guest that holds a VF; NULL: none that we know of. */
const char *guest_holder(const struct vf *vf);

/* Tell the guests that are there what their VFs get, where it has changed. */
void guests_tell(void);

void guests_free(void);

/* ---- manager.c ---- */

/* The configuration at hand is to become real: all of it, or an error and nothing. */
int manager_settle(struct xebra_err *err);

/* Look at everything again soon, for instance because a PF said that something has changed. */
void manager_look(void);

/* Start and stop looking by itself. */
int manager_start(struct xebra_err *err);
void manager_stop(void);

#endif
