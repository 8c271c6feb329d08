/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PFs come with the configuration and go with it. In between they can be lost: a driver is
 * reloaded, a software NIC dies. A lost PF keeps its place, and is opened anew at every look. One
 * that is there but does not answer is lost as well, without being closed: it tells when it
 * answers, and costs nobody time until then.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <rte_string_fns.h>

#include "manager.h"
#include "xebra_log.h"

struct pf_list pfs = TAILQ_HEAD_INITIALIZER(pfs);

struct pf *
pf_find(const char *name)
{
	struct pf *pf;

	TAILQ_FOREACH (pf, &pfs, next)
		if (strcmp(pf->name, name) == 0)
			return pf;
	return NULL;
}

static const char *
text_of(const json_t *conf, const char *key)
{
	return json_string_value(json_object_get(conf, key));
}

static void
note_change(struct xebra_pf *dev, void *arg)
{
	(void)dev;
	(void)arg;
	manager_look();
}

/* Say once what isolation a driver does not give. */
static void
tell_lacks(const struct pf *pf)
{
	static const uint32_t needed[] = {XEBRA_PF_SPOOF_CHECK, XEBRA_PF_TRUST, XEBRA_PF_LINK};

	for (size_t i = 0; i < RTE_DIM(needed); i++)
		if (!(pf->info.can & needed[i]))
			XEBRA_LOG(WARNING, "pf %s: driver %s has no %s: what it is for is not done",
				pf->name, pf->info.driver, xebra_pf_setting_name(needed[i]));
}

static void
find_address(struct vf *vf)
{
	struct xebra_pf *dev = vf->pf->dev;
	char where[PATH_MAX];

	vf->has_address = dev->ops->where != NULL &&
		dev->ops->where(dev, vf->index, where, sizeof(where)) == 0 &&
		rte_pci_addr_parse(where, &vf->address) == 0;
}

/* Once: what others point to stays where it is. VFs that come later are nobody's business. */
static int
make_vfs(struct pf *pf)
{
	if (pf->vfs != NULL)
		return 0;
	pf->vfs = calloc(pf->info.nb_vfs, sizeof(*pf->vfs));
	if (pf->vfs == NULL)
		return -ENOMEM;
	pf->nb_vfs = pf->info.nb_vfs;
	for (unsigned int i = 0; i < pf->nb_vfs; i++) {
		pf->vfs[i].pf = pf;
		pf->vfs[i].index = i;
		find_address(&pf->vfs[i]);
	}
	return 0;
}

static int
open_pf(struct pf *pf, struct xebra_err *err)
{
	const char *backend = text_of(pf->conf, "backend");
	const struct xebra_pf_ops *ops = xebra_pf_backend(backend);
	struct xebra_pf_conf conf = {
		.name = pf->name,
		.device = text_of(pf->conf, "device"),
		.vfs = (unsigned int)json_integer_value(json_object_get(pf->conf, "vfs")),
		.changed = note_change,
	};
	int rc;

	if (ops == NULL)
		return xebra_err_set(
			err, -ENOTSUP, "backend: %s is not built into this program", backend);
	if (conf.device == NULL)
		conf.device = text_of(pf->conf, "socket");
	if (conf.device == NULL)
		conf.device = pf->name;
	rc = ops->open(&conf, &pf->dev, err);
	if (rc == 0) {
		rc = ops->info(pf->dev, &pf->info, err);
		if (rc == 0 && pf->nb_vfs > pf->info.nb_vfs)
			rc = xebra_err_set(err, -ENODEV, "it has %u VFs, and had %u",
				pf->info.nb_vfs, pf->nb_vfs);
		if (rc == 0 && make_vfs(pf) < 0)
			rc = xebra_err_set(err, -ENOMEM, "out of memory");
	}
	return rc;
}

static void
close_pf(struct pf *pf)
{
	if (pf->dev != NULL)
		pf->dev->ops->close(pf->dev);
	if (pf->silent != NULL)
		pf->silent->ops->close(pf->silent);
	pf->dev = pf->silent = NULL;
}

int
pf_add(const char *name, const json_t *conf, struct xebra_err *err)
{
	struct pf *pf = calloc(1, sizeof(*pf));
	int rc;

	if (pf == NULL)
		return xebra_err_set(err, -ENOMEM, "out of memory");
	strlcpy(pf->name, name, sizeof(pf->name));
	pf->conf = json_incref((json_t *)(uintptr_t)conf);
	xebra_pf_be_patient(true);
	rc = open_pf(pf, err);
	xebra_pf_be_patient(false);
	if (rc < 0) {
		close_pf(pf);
		json_decref(pf->conf);
		free(pf->vfs);
		free(pf);
		return rc;
	}
	state_recall(pf);
	tell_lacks(pf);
	TAILQ_INSERT_TAIL(&pfs, pf, next);
	return 0;
}

void
pf_remove(struct pf *pf)
{
	TAILQ_REMOVE(&pfs, pf, next);
	close_pf(pf);
	bandwidth_free(pf);
	json_decref(pf->conf);
	free(pf->vfs);
	free(pf);
}

static void
lose(struct pf *pf, const struct xebra_err *err)
{
	/* Once for the log as long as it stays the same. */
	if (strcmp(pf->err.text, err->text) != 0)
		XEBRA_LOG(ERR, "pf %s is lost: %s", pf->name, err->text);
	pf->err = *err;
	if (err->code == -ETIMEDOUT) {
		pf->silent = pf->dev;
		pf->dev = NULL;
	} else {
		close_pf(pf);
	}
}

static int
reach(struct pf *pf, struct xebra_err *err)
{
	if (pf->silent == NULL)
		return open_pf(pf, err);
	pf->dev = pf->silent;
	pf->silent = NULL;
	return 0;
}

static int
read_vfs(struct pf *pf, struct xebra_err *err)
{
	struct xebra_pf_vf *vfs = calloc(pf->nb_vfs, sizeof(*vfs));
	int rc;

	if (vfs == NULL)
		return xebra_err_set(err, -ENOMEM, "out of memory");
	rc = pf->dev->ops->read(pf->dev, vfs, pf->nb_vfs, err);
	for (unsigned int i = 0; rc == 0 && i < pf->nb_vfs; i++)
		pf->vfs[i].is = vfs[i];
	free(vfs);
	return rc;
}

int
pf_read(struct pf *pf)
{
	struct xebra_err err = {0};
	bool was_lost = pf->dev == NULL;
	int rc = was_lost ? reach(pf, &err) : 0;

	if (rc == 0)
		rc = pf->dev->ops->info(pf->dev, &pf->info, &err);
	if (rc == 0 && pf->info.nb_vfs < pf->nb_vfs)
		rc = xebra_err_set(
			&err, -ENODEV, "%u of %u VFs are left", pf->info.nb_vfs, pf->nb_vfs);
	if (rc == 0)
		rc = read_vfs(pf, &err);
	if (rc < 0) {
		lose(pf, &err);
		return rc;
	}
	if (was_lost) {
		XEBRA_LOG(NOTICE, "pf %s is back", pf->name);
		pf->err = (struct xebra_err){0};
		/* What is different now is no one's doing. */
		for (unsigned int i = 0; i < pf->nb_vfs; i++)
			pf->vfs[i].settled = false;
	}
	return 0;
}

uint32_t
pf_speed(const struct pf *pf)
{
	json_int_t rate = json_integer_value(json_object_get(pf->conf, "rate"));

	return rate > 0 ? (uint32_t)rate : pf->info.speed;
}
