/* SPDX-License-Identifier: BSD-3-Clause */

/* Receive-side scaling: hash functions, key and redirection table, the same on every member. */

#include <errno.h>
#include <string.h>

#include "vchannel_priv.h"

/* A member's table may be larger than ours, which is the smallest: ours is repeated. */
static int
write_reta(struct vchannel *vc, struct vchannel_member *m)
{
	struct rte_eth_rss_reta_entry64 conf[VCHANNEL_RETA_MAX / RTE_ETH_RETA_GROUP_SIZE];
	const unsigned int group = RTE_ETH_RETA_GROUP_SIZE;
	struct rte_eth_dev_info info;
	unsigned int i, j;
	int rc = rte_eth_dev_info_get(m->port, &info);

	if (rc != 0 || info.reta_size == 0)
		return rc;
	if (info.reta_size > VCHANNEL_RETA_MAX)
		return -ENOTSUP;
	memset(conf, 0, sizeof(conf));
	for (i = 0; i < info.reta_size; i++) {
		j = i % vc->reta_size;
		conf[i / group].mask |= UINT64_C(1) << (i % group);
		conf[i / group].reta[i % group] = vc->reta[j / group].reta[j % group];
	}
	return rte_eth_dev_rss_reta_update(m->port, conf, info.reta_size);
}

int
vchannel_reta_update(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf, uint16_t size)
{
	const unsigned int group = RTE_ETH_RETA_GROUP_SIZE;
	struct vchannel *vc = dev->data->dev_private;
	struct vchannel_member *m;
	unsigned int i;
	int rc = 0;

	if (size > VCHANNEL_RETA_MAX || size == 0)
		return -EINVAL;
	vchannel_lock(vc);
	for (i = 0; i < size; i++) {
		if (!vc->reta_set)
			vc->reta[i / group].reta[i % group] =
				dev->data->nb_rx_queues ? i % dev->data->nb_rx_queues : 0;
		if (conf[i / group].mask & (UINT64_C(1) << (i % group)))
			vc->reta[i / group].reta[i % group] = conf[i / group].reta[i % group];
	}
	vc->reta_set = true;
	vc->reta_size = size;
	VCHANNEL_FOREACH (m, vc)
		if (m->running && vchannel_usable(m) && rc == 0)
			rc = write_reta(vc, m);
	vchannel_unlock(vc);
	return rc;
}

int
vchannel_reta_query(struct rte_eth_dev *dev, struct rte_eth_rss_reta_entry64 *conf, uint16_t size)
{
	const unsigned int group = RTE_ETH_RETA_GROUP_SIZE;
	struct vchannel *vc = dev->data->dev_private;
	unsigned int i;

	if (size > VCHANNEL_RETA_MAX)
		return -EINVAL;
	vchannel_lock(vc);
	for (i = 0; i < size; i++) {
		if (!(conf[i / group].mask & (UINT64_C(1) << (i % group))))
			continue;
		if (vc->reta_set)
			conf[i / group].reta[i % group] = vc->reta[i / group].reta[i % group];
		else
			conf[i / group].reta[i % group] =
				dev->data->nb_rx_queues ? i % dev->data->nb_rx_queues : 0;
	}
	vchannel_unlock(vc);
	return 0;
}

static int
write_hash(struct vchannel *vc, struct vchannel_member *m)
{
	struct rte_eth_rss_conf conf = {.rss_hf = vc->rss_hf};
	struct rte_eth_dev_info info;
	uint8_t key[VCHANNEL_RSS_KEY];
	int rc = rte_eth_dev_info_get(m->port, &info);

	if (rc != 0)
		return rc;
	conf.rss_hf &= info.flow_type_rss_offloads;
	if (vc->rss_key_len != 0 && vc->rss_key_len == info.hash_key_size) {
		memcpy(key, vc->rss_key, sizeof(key));
		conf.rss_key = key;
		conf.rss_key_len = vc->rss_key_len;
	}
	return rte_eth_dev_rss_hash_update(m->port, &conf);
}

int
vchannel_rss_update(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	struct vchannel *vc = dev->data->dev_private;
	struct vchannel_member *m;
	int rc = 0;

	if (conf->rss_key != NULL && conf->rss_key_len > VCHANNEL_RSS_KEY)
		return -EINVAL;
	vchannel_lock(vc);
	vc->rss_hf = conf->rss_hf;
	if (conf->rss_key != NULL) {
		memcpy(vc->rss_key, conf->rss_key, conf->rss_key_len);
		vc->rss_key_len = conf->rss_key_len;
	}
	vc->rss_set = true;
	VCHANNEL_FOREACH (m, vc)
		if (m->running && vchannel_usable(m) && rc == 0)
			rc = write_hash(vc, m);
	vchannel_unlock(vc);
	return rc;
}

/* All members have the same settings: the first that answers speaks for them. */
int
vchannel_rss_get(struct rte_eth_dev *dev, struct rte_eth_rss_conf *conf)
{
	struct vchannel *vc = dev->data->dev_private;
	struct vchannel_member *m;
	int rc = -ENOTSUP;

	vchannel_lock(vc);
	VCHANNEL_FOREACH (m, vc)
		if (m->running && vchannel_usable(m) && rc != 0)
			rc = rte_eth_dev_rss_hash_conf_get(m->port, conf);
	vchannel_unlock(vc);
	return rc;
}

int
vchannel_member_rss(struct vchannel *vc, struct vchannel_member *m)
{
	int rc = 0;

	if (vc->rss_set)
		rc = write_hash(vc, m);
	if (rc == 0 && vc->reta_set)
		rc = write_reta(vc, m);
	if (rc != 0)
		vchannel_fail(rc, "member: %s refuses the RSS settings", m->name);
	return rc;
}
