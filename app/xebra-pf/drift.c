/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Drift: settings of a VF that somebody else has changed. They are put right, and so that whoever
 * did it, or wonders, finds out, the latest ones are remembered.
 */
#include <string.h>
#include <time.h>

#include "manager.h"
#include "xebra_log.h"

#define REMEMBERED 100

static json_t *drifts; /* oldest first */

static json_t *
now(void)
{
	time_t seconds = time(NULL);
	struct tm tm;
	char text[32];

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return json_string(text);
}

static void
note_one(const struct vf *vf, uint32_t setting)
{
	json_t *found = xebra_pf_setting_json(&vf->is, setting);
	json_t *wanted = xebra_pf_setting_json(&vf->want.vf, setting);
	char *found_text = json_dumps(found, JSON_ENCODE_ANY);
	char *wanted_text = json_dumps(wanted, JSON_ENCODE_ANY);

	XEBRA_LOG(WARNING, "pf %s vf %u: somebody set %s to %s; it should be %s", vf->pf->name,
		vf->index, xebra_pf_setting_name(setting), found_text, wanted_text);
	free(found_text);
	free(wanted_text);
	json_array_append_new(drifts,
		json_pack("{s:o, s:s, s:i, s:s, s:s, s:o, s:o, s:s}", "time", now(), "pf",
			vf->pf->name, "vf", (int)vf->index, "guest", vf->want.guest, "setting",
			xebra_pf_setting_name(setting), "found", found, "wanted", wanted, "state",
			"found"));
	if (json_array_size(drifts) > REMEMBERED)
		json_array_remove(drifts, 0);
}

/* The one that is not put right yet. */
static json_t *
open_drift(const struct vf *vf, uint32_t setting)
{
	json_t *drift;
	size_t i;

	json_array_foreach (drifts, i, drift)
		if (strcmp(json_string_value(json_object_get(drift, "pf")), vf->pf->name) == 0 &&
			json_integer_value(json_object_get(drift, "vf")) == vf->index &&
			strcmp(json_string_value(json_object_get(drift, "state")), "corrected") !=
				0 &&
			(setting == 0 ||
				strcmp(json_string_value(json_object_get(drift, "setting")),
					xebra_pf_setting_name(setting)) == 0))
			return drift;
	return NULL;
}

void
drift_note(const struct vf *vf, uint32_t settings)
{
	if (drifts == NULL)
		drifts = json_array();
	for (uint32_t left = settings; left != 0; left &= left - 1)
		if (open_drift(vf, left & -left) == NULL)
			note_one(vf, left & -left);
}

void
drift_corrected(const struct vf *vf)
{
	json_t *drift;

	while ((drift = open_drift(vf, 0)) != NULL)
		json_object_set_new(drift, "state", json_string("corrected"));
}

json_t *
drift_json(void)
{
	return drifts != NULL ? json_deep_copy(drifts) : json_array();
}

void
drift_free(void)
{
	json_decref(drifts);
	drifts = NULL;
}
