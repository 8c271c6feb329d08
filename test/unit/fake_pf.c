/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake_pf.h"

struct fake_pf *fake_memory;

void
fake_make(uint32_t can)
{
	if (fake_memory == NULL)
		fake_memory = mmap(NULL, sizeof(fake), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(&fake, 0, sizeof(fake));
	fake.can = can;
	fake.speed = 10000;
	for (unsigned int i = 0; i < FAKE_VFS; i++) {
		fake.vfs[i] = (struct xebra_pf_vf){
			.known = can & XEBRA_PF_ALL, .link = XEBRA_PF_LINK_AUTO, .mtu = 1500};
		fake.vfs[i].mac.addr_bytes[0] = 0x0a;
		fake.vfs[i].mac.addr_bytes[5] = i;
	}
}

static int
fake_open(const struct xebra_pf_conf *conf, struct xebra_pf **pf, struct xebra_err *err)
{
	if (fake.gone || strcmp(conf->device, "fake") != 0)
		return xebra_err_set(err, -ENODEV, "%s: there is none", conf->device);
	if (conf->vfs > FAKE_VFS)
		return xebra_err_set(err, -ERANGE, "vfs: there are %u", FAKE_VFS);
	*pf = calloc(1, sizeof(**pf));
	xebra_pf_init(*pf, &fake_ops, conf);
	fake.handle = *pf;
	return 0;
}

static void
fake_close(struct xebra_pf *pf)
{
	fake.handle = NULL;
	free(pf);
}

static int
fake_info(struct xebra_pf *pf __rte_unused, struct xebra_pf_info *info, struct xebra_err *err)
{
	if (fake.gone)
		return xebra_err_set(err, -ENODEV, "fake: gone");
	*info = (struct xebra_pf_info){
		.driver = "fake",
		.device = "fake",
		.nb_vfs = FAKE_VFS,
		.can = fake.can,
		.speed = fake.speed,
		.link_up = fake.speed != 0,
		.rate_min = 1,
		.rate_step = 1,
		.mtu = 9000,
	};
	return 0;
}

static int
fake_read(struct xebra_pf *pf __rte_unused, struct xebra_pf_vf *vfs, unsigned int n,
	struct xebra_err *err)
{
	if (fake.gone)
		return xebra_err_set(err, -ENODEV, "fake: gone");
	memcpy(vfs, fake.vfs, n * sizeof(*vfs));
	return 0;
}

static int
fake_check(unsigned int vf, uint32_t what, const struct xebra_pf_vf *to, struct xebra_err *err)
{
	uint32_t max = what & XEBRA_PF_MAX_RATE ? to->max_rate : fake.vfs[vf].max_rate;
	uint32_t min = what & XEBRA_PF_MIN_RATE ? to->min_rate : fake.vfs[vf].min_rate;

	if (what & ~fake.can)
		return xebra_err_set(err, -EOPNOTSUPP, "it cannot do that");
	if ((what & XEBRA_PF_VLAN) && to->vlan > 4094)
		return xebra_err_set(err, -EINVAL, "vlan: no such VLAN");
	if ((what & XEBRA_PF_MAC) && !rte_is_valid_assigned_ether_addr(&to->mac))
		return xebra_err_set(err, -EINVAL, "mac: no unicast address");
	if (max > fake.speed && fake.speed != 0)
		return xebra_err_set(err, -EINVAL, "max_rate: above the link");
	if (max != 0 && min > max)
		return xebra_err_set(err, -EINVAL, "min_rate: above max_rate");
	return 0;
}

static int
fake_step(unsigned int vf, uint32_t setting, struct xebra_err *err)
{
	if (fake.gone)
		return xebra_err_set(err, -ENODEV, "fake: gone");
	if (vf >= FAKE_VFS)
		return xebra_err_set(err, -EINVAL, "there is no VF %u", vf);
	if (fake.fail_in != 0 && --fake.fail_in == 0)
		return xebra_err_set(err, -EIO, "broken");
	if (fake.dies_in != 0 && --fake.dies_in == 0)
		_exit(0);
	if (fake.nb_log < FAKE_LOG) {
		fake.log[fake.nb_log].vf = vf;
		fake.log[fake.nb_log].setting = setting;
		fake.nb_log++;
	}
	return 0;
}

static int
fake_set(struct xebra_pf *pf __rte_unused, unsigned int vf, uint32_t what,
	const struct xebra_pf_vf *to, struct xebra_err *err)
{
	int rc = fake_step(vf, what, err);

	if (rc == 0)
		rc = fake_check(vf, what, to, err);
	if (rc < 0)
		return rc;
	xebra_pf_copy(&fake.vfs[vf], to, what & ~fake.deaf);
	fake.log[fake.nb_log - 1].now = fake.vfs[vf];
	return 0;
}

static int
fake_reset(struct xebra_pf *pf __rte_unused, unsigned int vf, struct xebra_err *err)
{
	int rc = fake_step(vf, FAKE_RESET, err);

	if (rc < 0)
		return rc;
	fake.vfs[vf].mac = (struct rte_ether_addr){{0x0a, 0, 0, 0, 0, vf}};
	fake.log[fake.nb_log - 1].now = fake.vfs[vf];
	return 0;
}

static int
fake_stats(struct xebra_pf *pf __rte_unused, struct xebra_pf_stats *stats, unsigned int n,
	struct xebra_err *err __rte_unused)
{
	memcpy(stats, fake.stats, n * sizeof(*stats));
	return 0;
}

static int
fake_where(struct xebra_pf *pf __rte_unused, unsigned int vf, char *text, size_t size)
{
	snprintf(text, size, "0000:01:00.%u", vf);
	return 0;
}

struct xebra_pf_ops fake_ops = {
	.name = "fake",
	.open = fake_open,
	.close = fake_close,
	.info = fake_info,
	.read = fake_read,
	.set = fake_set,
	.reset = fake_reset,
	.stats = fake_stats,
	.where = fake_where,
};
XEBRA_PF_BACKEND(fake_ops)
