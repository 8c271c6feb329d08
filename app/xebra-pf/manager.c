/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PF manager
 * ==============
 *
 * The configuration says what should be, the PFs say what is, and the manager makes the difference
 * go away. It remembers nothing that it could read. That is all there is to a restart, to a crash,
 * and to somebody's `ip link set eth0 vf 3 vlan 7`: at the next look there is a difference, or
 * there is none.
 *
 * The parts, in the order of a look:
 *
 *     pf_life.c    read every PF's VFs; open again what was lost
 *     guests.c     which guests are there
 *     assign.c     which VF and MAC a guest has where the file leaves it open
 *     wanted.c     what every VF should be
 *     bandwidth.c  what rates that makes
 *     apply.c      the steps (lib/pf/plan.c), the reading back, the undoing; state.c, drift.c
 *
 * A look is taken when the configuration changes: then everything that changed has to succeed, or
 * what has been done is undone and the change is refused, with the place of the error. And it is
 * taken when a PF or the hypervisor says that something happened, and every manager.check ms for
 * those that say nothing: then each VF is for itself, one that cannot be made right is reported
 * (`show vf`, the log) and tried again at the next look.
 *
 * When the program ends it leaves everything as it is.
 */
#include <errno.h>
#include <string.h>

#include "manager.h"
#include "xebra_log.h"
#include "xebra_loop.h"

/* Events come in swarms, also those of our own changes. */
#define SOON_MS 20

struct config config;

static struct xebra_timer *check_timer, *soon_timer, *share_timer;

void
config_take(json_t **section, const json_t *value)
{
	json_incref((json_t *)(uintptr_t)value);
	json_decref(*section);
	*section = (json_t *)(uintptr_t)value;
}

int
config_place(struct xebra_err *err, const char *place)
{
	struct xebra_err below = *err;

	return xebra_err_set(err, below.code, "%s.%s", place, below.text);
}

/* What a VF was made, and is not any more, is somebody else's doing. */
static void
see_drift(struct vf *vf)
{
	uint32_t differ = xebra_pf_differ(&vf->is, &vf->want.vf, vf->pf->info.can);

	if (vf->settled && differ != 0)
		drift_note(vf, differ);
}

static void
read_all(void)
{
	struct pf *pf;

	TAILQ_FOREACH (pf, &pfs, next)
		if (pf_read(pf) == 0)
			for (unsigned int i = 0; i < pf->nb_vfs; i++)
				see_drift(&pf->vfs[i]);
}

static bool
same_wish(const struct wish *a, const struct wish *b)
{
	return strcmp(a->owner, b->owner) == 0 && strcmp(a->vnet, b->vnet) == 0 &&
		a->terms.cap == b->terms.cap && a->terms.guarantee == b->terms.guarantee &&
		a->terms.weight == b->terms.weight && a->vf.known == b->vf.known &&
		xebra_pf_differ(&a->vf, &b->vf,
			XEBRA_PF_ALL &
				~(XEBRA_PF_MAX_RATE | XEBRA_PF_MIN_RATE | XEBRA_PF_WEIGHT)) == 0;
}

/* What should be next is what should be now. Rates go on where they were. */
static void
take_wishes(void)
{
	struct pf *pf;

	TAILQ_FOREACH (pf, &pfs, next) {
		for (unsigned int i = 0; i < pf->nb_vfs; i++) {
			struct vf *vf = &pf->vfs[i];
			struct xebra_pf_vf rates = vf->want.vf;

			vf->changed = !same_wish(&vf->want, &vf->next);
			vf->last = vf->want;
			vf->want = vf->next;
			if (!vf->changed)
				xebra_pf_copy(&vf->want.vf, &rates,
					vf->want.vf.known &
						(XEBRA_PF_MAX_RATE | XEBRA_PF_MIN_RATE |
							XEBRA_PF_WEIGHT));
		}
	}
	bandwidth_plan();
}

static void
take_back_wishes(void)
{
	struct pf *pf;

	TAILQ_FOREACH (pf, &pfs, next)
		for (unsigned int i = 0; i < pf->nb_vfs; i++)
			pf->vfs[i].want = pf->vfs[i].last;
}

int
manager_settle(struct xebra_err *err)
{
	json_t **assigned = state_assigned();
	json_t *before = json_incref(*assigned);
	int rc;

	xebra_pf_be_patient(true);
	read_all();
	rc = guests_open(err);
	if (rc == 0) {
		guests_look();
		rc = wanted_make(assigned, err);
	}
	if (rc == 0)
		rc = bandwidth_check(err);
	if (rc == 0) {
		take_wishes();
		rc = apply(true, err);
		if (rc < 0)
			take_back_wishes();
	}
	if (rc < 0) {
		json_decref(*assigned);
		*assigned = json_incref(before);
	} else {
		guests_tell();
	}
	json_decref(before);
	xebra_pf_be_patient(false);
	return rc;
}

/* Once for the log as long as it stays the same. */
static void
complain(const struct xebra_err *err)
{
	static char last[sizeof(err->text)];

	if (strcmp(last, err->text) != 0 && err->text[0] != '\0')
		XEBRA_LOG(ERR, "%s", err->text);
	memcpy(last, err->text, sizeof(last));
}

/*
 * What is wanted may have changed as well: guests come and go by themselves, and a PF may not be
 * able any more to do what was promised. Then the VFs stay what they are.
 */
static void
look(void)
{
	struct xebra_err err = {0};

	read_all();
	guests_look();
	if (wanted_make(state_assigned(), &err) == 0)
		take_wishes();
	complain(&err);
	apply(false, NULL);
	guests_tell();
}

static void
look_soon(void *arg)
{
	(void)arg;
	soon_timer = NULL;
	look();
}

static void
look_regularly(void *arg)
{
	(void)arg;
	look();
	bandwidth_measure();
}

static void
share(void *arg)
{
	(void)arg;
	bandwidth_step();
	guests_tell();
}

void
manager_look(void)
{
	if (soon_timer == NULL && check_timer != NULL)
		soon_timer = xebra_timer_start(SOON_MS, 0, look_soon, NULL);
}

int
manager_start(struct xebra_err *err)
{
	uint32_t check_ms = (uint32_t)json_integer_value(json_object_get(config.manager, "check"));

	manager_stop();
	check_timer = xebra_timer_start(check_ms, check_ms, look_regularly, NULL);
	share_timer = xebra_timer_start(XEBRA_SHARE_PERIOD_MS, XEBRA_SHARE_PERIOD_MS, share, NULL);
	if (check_timer == NULL || share_timer == NULL)
		return xebra_err_set(err, -ENOMEM, "manager: out of memory");
	return 0;
}

void
manager_stop(void)
{
	xebra_timer_stop(check_timer);
	xebra_timer_stop(soon_timer);
	xebra_timer_stop(share_timer);
	check_timer = soon_timer = share_timer = NULL;
}
