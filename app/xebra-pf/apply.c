/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Making VFs what they should be.
 *
 * A VF that has been somebody else's goes through the scrubbed state, and whose it is then is
 * written to the state file in between: after it was scrubbed, and before its link goes up. So a
 * program that was killed at any point finds, when it starts again, either a VF that is being taken
 * away, which it scrubs once more, or one that is being given, which it goes on with; and one that
 * is in use it leaves alone. A VF of which the file knows nothing is adopted when it is just as it
 * should be, and scrubbed otherwise.
 *
 * Everything that has been set is read back. A VF that could not be made right has its link taken
 * down: it is not left half in one network and half in another.
 */
#include <errno.h>
#include <string.h>

#include <rte_string_fns.h>

#include "manager.h"
#include "xebra_log.h"

#define FOREACH_VF(pf, vf)             \
	TAILQ_FOREACH (pf, &pfs, next) \
		for (struct vf *vf = pf->vfs; vf < pf->vfs + pf->nb_vfs; vf++)

static int
place(const struct vf *vf, struct xebra_err *err)
{
	xebra_err_at(err, "pf %s vf %u", vf->pf->name, vf->index);
	return vf->want.place[0] != '\0' ? xebra_err_at(err, "%s", vf->want.place) : err->code;
}

static int
take_step(struct vf *vf, const struct xebra_pf_step *step, struct xebra_err *err)
{
	struct xebra_pf *dev = vf->pf->dev;
	int rc;

	vf->touched = true;
	if (step->type == XEBRA_PF_STEP_RESET)
		return dev->ops->reset(dev, vf->index, err);
	rc = dev->ops->set(dev, vf->index, step->setting, &step->to, err);
	if (rc == 0)
		xebra_pf_copy(&vf->is, &step->to, step->setting);
	return rc;
}

static int
take_steps(struct vf *vf, const struct xebra_pf_vf *to, bool new_owner, struct xebra_err *err)
{
	struct xebra_pf_step steps[XEBRA_PF_STEPS_MAX];
	unsigned int n = xebra_pf_plan(&vf->is, to, vf->pf->info.can, new_owner, steps);
	int rc = 0;

	for (unsigned int i = 0; rc == 0 && i < n; i++)
		rc = take_step(vf, &steps[i], err);
	return rc;
}

/* Keep a VF that is neither here nor there from sending. */
static void
close_link(struct vf *vf)
{
	struct xebra_pf_step down = {
		.type = XEBRA_PF_STEP_SET,
		.setting = XEBRA_PF_LINK,
		.to = {.known = XEBRA_PF_LINK, .link = XEBRA_PF_LINK_DISABLE},
	};

	if ((vf->pf->info.can & XEBRA_PF_LINK) && vf->pf->dev != NULL)
		take_step(vf, &down, NULL);
}

/* Note a failure, once for the log as long as it stays the same. */
static void
fail(struct vf *vf, struct xebra_err *err)
{
	place(vf, err);
	vf->settled = false;
	if (strcmp(vf->err.text, err->text) != 0)
		XEBRA_LOG(ERR, "%s", err->text);
	vf->err = *err;
}

static bool
is_right(const struct vf *vf)
{
	return xebra_pf_differ(&vf->is, &vf->want.vf, vf->pf->info.can) == 0;
}

/* ---- Passes over all VFs ---- */

struct pass {
	bool undo;
	struct xebra_err *err; /* with undo: the first failure */
	bool failed;
};

static void
failed(struct pass *pass, struct vf *vf, struct xebra_err *err)
{
	vf->failed = true;
	if (pass->undo && vf->changed && !pass->failed) {
		place(vf, err);
		*pass->err = *err;
		pass->failed = true;
	} else if (!pass->undo || !vf->changed) {
		fail(vf, err);
		close_link(vf);
	}
}

static void
scrub(struct pass *pass, struct vf *vf)
{
	struct xebra_pf_vf free_vf;
	struct xebra_err err = {0};

	xebra_pf_scrubbed(&free_vf, vf->pf->info.can);
	if (take_steps(vf, &free_vf, true, &err) < 0) {
		failed(pass, vf, &err);
		return;
	}
	vf->had[0] = '\0';
}

/* Away from whoever had a VF and shall not have it any more. */
static void
take_away(struct pass *pass)
{
	struct pf *pf;

	FOREACH_VF (pf, vf) {
		if (pf->dev == NULL || pass->failed || vf->had[0] == '\0' ||
			strcmp(vf->had, vf->want.owner) == 0)
			continue;
		if (strcmp(vf->had, UNKNOWN) == 0 && is_right(vf))
			strlcpy(vf->had, vf->want.owner, sizeof(vf->had));
		else
			scrub(pass, vf);
	}
}

static void
note_owners(void)
{
	struct pf *pf;

	FOREACH_VF (pf, vf)
		if (pf->dev != NULL && vf->had[0] == '\0')
			strlcpy(vf->had, vf->want.owner, sizeof(vf->had));
}

/* Every VF that is whose it should be gets what it should have. */
static void
give(struct pass *pass)
{
	struct pf *pf;

	FOREACH_VF (pf, vf) {
		struct xebra_err err = {0};

		if (pf->dev == NULL || pass->failed || strcmp(vf->had, vf->want.owner) != 0)
			continue;
		if (take_steps(vf, &vf->want.vf, false, &err) < 0)
			failed(pass, vf, &err);
	}
}

/* Read the PFs again whose VFs have been touched. */
static void
read_back(void)
{
	struct pf *pf;

	TAILQ_FOREACH (pf, &pfs, next) {
		bool touched = false;

		for (unsigned int i = 0; i < pf->nb_vfs; i++)
			touched |= pf->vfs[i].touched;
		if (touched && pf->dev != NULL)
			pf_read(pf);
	}
}

static int
not_in_effect(const struct vf *vf, struct xebra_err *err)
{
	uint32_t differ = xebra_pf_differ(&vf->is, &vf->want.vf, vf->pf->info.can);
	uint32_t setting = differ & -differ;
	json_t *is = xebra_pf_setting_json(&vf->is, setting);
	json_t *want = xebra_pf_setting_json(&vf->want.vf, setting);
	char *is_text = json_dumps(is, JSON_ENCODE_ANY);
	char *want_text = json_dumps(want, JSON_ENCODE_ANY);
	int rc = xebra_err_set(err, -EIO, "%s: driver %s took %s, but %s is in effect",
		xebra_pf_setting_name(setting), vf->pf->info.driver, want_text, is_text);

	free(is_text);
	free(want_text);
	json_decref(is);
	json_decref(want);
	return rc;
}

static void
verify(struct pass *pass)
{
	struct pf *pf;

	FOREACH_VF (pf, vf) {
		struct xebra_err err = {0};

		if (pass->failed)
			return;
		if (vf->failed)
			continue;
		if (pf->dev == NULL) {
			err = pf->err;
			if (vf->want.guest[0] != '\0')
				failed(pass, vf, &err);
			continue;
		}
		if (!is_right(vf)) {
			not_in_effect(vf, &err);
			failed(pass, vf, &err);
			continue;
		}
		if (vf->touched || !vf->settled)
			drift_corrected(vf);
		vf->settled = true;
		vf->err = (struct xebra_err){0};
	}
}

/* ---- Undoing ---- */

static void
undo_all(void)
{
	struct xebra_err err;
	struct pf *pf;

	FOREACH_VF (pf, vf) {
		if (!vf->touched && strcmp(vf->had, vf->had_before) == 0)
			continue;
		strlcpy(vf->had, vf->had_before, sizeof(vf->had));
		err = (struct xebra_err){0};
		if (pf->dev == NULL || take_steps(vf, &vf->before, false, &err) < 0)
			XEBRA_LOG(ERR, "pf %s vf %u: going back failed too: %s", pf->name,
				vf->index, pf->dev == NULL ? pf->err.text : err.text);
	}
	err = (struct xebra_err){0};
	if (state_save(&err) < 0)
		XEBRA_LOG(ERR, "%s", err.text);
}

static void
begin(void)
{
	struct pf *pf;

	FOREACH_VF (pf, vf) {
		vf->touched = vf->failed = false;
		vf->before = vf->is;
		strlcpy(vf->had_before, vf->had, sizeof(vf->had_before));
	}
}

/* What was done has to be known to whoever comes after us, before more is done. */
static void
save(struct pass *pass)
{
	static char last[sizeof(pass->err->text)];
	struct xebra_err err = {0};

	if (pass->failed || state_save(&err) == 0)
		return;
	if (pass->undo) {
		*pass->err = err;
		pass->failed = true;
		return;
	}
	/* Once as long as it stays the same. */
	if (strcmp(last, err.text) != 0)
		XEBRA_LOG(ERR, "%s", err.text);
	memcpy(last, err.text, sizeof(last));
}

int
apply(bool undo, struct xebra_err *err)
{
	struct pass pass = {.undo = undo, .err = err};

	begin();
	take_away(&pass);
	read_back();
	if (!pass.failed) {
		note_owners();
		save(&pass);
	}
	give(&pass);
	read_back();
	verify(&pass);
	if (!pass.failed)
		return 0;
	undo_all();
	read_back();
	return err->code;
}

void
apply_scrub(struct pf *pf)
{
	struct pass pass = {0};

	if (pf->dev == NULL)
		return;
	for (unsigned int i = 0; i < pf->nb_vfs; i++) {
		struct vf *vf = &pf->vfs[i];

		vf->want = (struct wish){0};
		if (vf->had[0] != '\0')
			scrub(&pass, vf);
	}
}
