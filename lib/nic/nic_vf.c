/* SPDX-License-Identifier: BSD-3-Clause */
/* What a VF may do: how it begins, and which settings go together. */
#include <errno.h>
#include <string.h>

#include "nic_priv.h"

/* As a VF that nobody has been given: it can neither send nor receive. */
void
nic_vf_scrub(struct nic_vf *vf)
{
	struct nic_vf_conf *conf = &vf->conf;

	memset(conf, 0, sizeof(*conf));
	/* An address of the NIC's choosing: local, and other than those of a NIC on another uplink.
	 */
	conf->mac = nic.uplink_mac;
	conf->mac.addr_bytes[0] = 0x02;
	conf->mac.addr_bytes[1] ^= 0x78; /* 'x' */
	conf->mac.addr_bytes[2] = (uint8_t)vf->index;
	conf->spoof_check = true;
	conf->all_groups = true;
	conf->link = NIC_LINK_DISABLE;
	conf->mtu = nic.uplink_mtu;
}

static int
check_vlans(const struct nic_vf_conf *conf, struct xebra_err *err)
{
	for (unsigned int i = 0; i < conf->nb_trunk; i++) {
		if (conf->trunk[i] == conf->vlan)
			return xebra_err_set(err, -EINVAL,
				"trunk: %u is the VLAN that the VF has without tag", conf->vlan);
		for (unsigned int j = 0; j < i; j++)
			if (conf->trunk[j] == conf->trunk[i])
				return xebra_err_set(
					err, -EINVAL, "trunk: %u is there twice", conf->trunk[i]);
	}
	return 0;
}

static int
check_mac(const struct nic_vf *vf, const struct nic_vf_conf *conf, struct xebra_err *err)
{
	for (unsigned int i = 0; i < nic.nb_vfs; i++)
		if (i != vf->index && rte_is_same_ether_addr(&nic.vfs[i].conf.mac, &conf->mac))
			return xebra_err_set(err, -EEXIST, "mac: it is VF %u's", i);
	return 0;
}

static int
check_rates(const struct nic_vf *vf, const struct nic_vf_conf *conf, struct xebra_err *err)
{
	uint32_t rate = nic_uplink_rate();
	uint64_t sum = conf->min_rate;

	if (conf->max_rate != 0 && conf->min_rate > conf->max_rate)
		return xebra_err_set(err, -EINVAL, "min_rate: %u is more than max_rate (%u)",
			conf->min_rate, conf->max_rate);
	for (unsigned int i = 0; i < nic.nb_vfs; i++)
		if (i != vf->index)
			sum += nic.vfs[i].conf.min_rate;
	if (conf->min_rate != 0 && rate == 0)
		return xebra_err_set(
			err, -EINVAL, "min_rate: the uplink's rate is not known: set uplink.rate");
	if (conf->min_rate != 0 && sum > rate)
		return xebra_err_set(err, -ERANGE,
			"min_rate: all guarantees together would be %" PRIu64
			" Mb/s, the uplink has %u",
			sum, rate);
	return 0;
}

int
nic_vf_check(const struct nic_vf *vf, const struct nic_vf_conf *conf, struct xebra_err *err)
{
	int rc = check_mac(vf, conf, err);

	if (rc == 0)
		rc = check_vlans(conf, err);
	if (rc == 0)
		rc = check_rates(vf, conf, err);
	if (rc == 0 && conf->promiscuous && !conf->trust)
		rc = xebra_err_set(
			err, -EPERM, "promiscuous: only for a VF that is trusted (trust on)");
	if (rc == 0 && conf->mtu > nic.uplink_mtu)
		rc = xebra_err_set(err, -ERANGE, "mtu: %u is more than the uplink's (%u)",
			conf->mtu, nic.uplink_mtu);
	return rc;
}

int
nic_vf_reset(struct nic_vf *vf, struct xebra_err *err)
{
	int rc = 0;

	nic_vf_scrub(vf);
	/* What a device has in its rings is wasted, as it is for a link that is down. */
	if (nic.kind == NIC_KIND_VHOST)
		vf->port = NULL;
	nic_publish();
	if (nic.kind == NIC_KIND_MEMIF)
		nic_memif_drop(vf, "the VF is reset");
	else if (nic.kind == NIC_KIND_VHOST)
		rc = nic_vhost_drop(vf, err);
	/* Frames that were on their way have been counted, too: the worker has the plan without it.
	 */
	vf->scrubbed = nic_worker_get()->vf_stats[vf->index];
	return rc;
}
