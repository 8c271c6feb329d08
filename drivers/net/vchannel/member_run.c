/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * A member at work: configured and set up like the V-Channel, told all that the V-Channel was told,
 * started, watched, stopped; and all of it again after its driver has asked for a reset, as that of
 * a VF does when its PF was reset.
 */

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "vchannel_priv.h"

#define PROBE_DESCRIPTORS 64 /* unless the device wants more */

static int
on_member_event(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	struct vchannel *vc = arg;
	struct vchannel_member *m;

	RTE_SET_USED(ret);
	VCHANNEL_FOREACH (m, vc) {
		if (m->port != port)
			continue;
		if (type == RTE_ETH_EVENT_INTR_RMV)
			m->removed = true;
		else if (type == RTE_ETH_EVENT_INTR_RESET)
			m->reset = true;
	}
	vchannel_control_kick(vc);
	return 0;
}

static const enum rte_eth_event_type member_events[] = {
	RTE_ETH_EVENT_INTR_LSC, RTE_ETH_EVENT_INTR_RMV, RTE_ETH_EVENT_INTR_RESET};

static void
watch(struct vchannel *vc, struct vchannel_member *m)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(member_events); i++)
		rte_eth_dev_callback_register(m->port, member_events[i], on_member_event, vc);
	m->watched = true;
}

void
vchannel_member_unwatch(struct vchannel *vc, struct vchannel_member *m)
{
	unsigned int i;

	if (!m->watched)
		return;
	m->watched = false;
	/* A port that is gone has no number to name it by, only all ports have. */
	for (i = 0; i < RTE_DIM(member_events); i++)
		while (rte_eth_dev_callback_unregister(m->gone ? RTE_ETH_ALL : m->port,
			       member_events[i], on_member_event, vc) == -EAGAIN)
			rte_delay_us_sleep(10);
	if (!m->gone)
		return;
	VCHANNEL_FOREACH (m, vc)
		if (m->watched)
			watch(vc, m);
}

static int
configure(struct vchannel *vc, struct vchannel_member *m, const struct rte_eth_dev_info *info)
{
	struct rte_eth_conf conf = vc->data->dev_conf;
	const uint16_t nb_rx = vc->data->nb_rx_queues, nb_tx = vc->data->nb_tx_queues;

	m->probe_queue = UINT16_MAX;
	conf.intr_conf.lsc = !!(*info->dev_flags & RTE_ETH_DEV_INTR_LSC);
	conf.intr_conf.rmv = !!(*info->dev_flags & RTE_ETH_DEV_INTR_RMV);
	conf.intr_conf.rxq = 0;
	conf.rxmode.mtu = vc->data->mtu;
	conf.rxmode.offloads &= info->rx_offload_capa;
	conf.txmode.offloads &= info->tx_offload_capa;
	if (conf.rx_adv_conf.rss_conf.rss_key != NULL &&
		conf.rx_adv_conf.rss_conf.rss_key_len != info->hash_key_size)
		conf.rx_adv_conf.rss_conf.rss_key = NULL;
	conf.rx_adv_conf.rss_conf.rss_hf &= info->flow_type_rss_offloads;
	if (vc->args.probe_ms == 0)
		return rte_eth_dev_configure(m->port, nb_rx, nb_tx, &conf);
	m->probe_queue = nb_tx;
	/* Some drivers have as many of one kind of queue as of the other, and no more. */
	if (info->max_tx_queues > nb_tx &&
		rte_eth_dev_configure(m->port, nb_rx, nb_tx + 1, &conf) == 0)
		return 0;
	m->probe_queue = UINT16_MAX;
	VCHANNEL_LOG(WARNING,
		"%s: member %s has no transmit queue to spare for probes: link state only",
		vc->data->name, m->name);
	return rte_eth_dev_configure(m->port, nb_rx, nb_tx, &conf);
}

static int
set_up_queues(struct vchannel *vc, struct vchannel_member *m)
{
	uint16_t nb_rx, nb_tx, i, queues = vc->data->nb_tx_queues;
	int rc;

	for (i = 0; i < vc->data->nb_rx_queues; i++) {
		const struct vchannel_rxq *q = vc->data->rx_queues[i];

		nb_rx = q->nb_desc;
		nb_tx = 0;
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(m->port, &nb_rx, NULL);
		if (rc == 0)
			rc = rte_eth_rx_queue_setup(
				m->port, i, nb_rx, q->socket, &q->conf, q->pool);
		if (rc != 0)
			return rc;
	}
	if (m->probe_queue != UINT16_MAX)
		queues++;
	for (i = 0; i < queues; i++) {
		/* The probes' queue is like the first. */
		const struct vchannel_txq *q =
			vc->data->tx_queues[i < vc->data->nb_tx_queues ? i : 0];

		nb_tx = i < vc->data->nb_tx_queues ? q->nb_desc : PROBE_DESCRIPTORS;
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(m->port, NULL, &nb_tx);
		if (rc == 0)
			rc = rte_eth_tx_queue_setup(m->port, i, nb_tx, q->socket, &q->conf);
		if (rc != 0)
			return rc;
	}
	return 0;
}

/* Some drivers take the MTU from the configuration, and some only when told. */
static int
tell_mtu(const struct vchannel *vc, struct vchannel_member *m)
{
	int rc = rte_eth_dev_set_mtu(m->port, vc->data->mtu);

	return rc == -ENOTSUP ? 0 : rc;
}

static void
begin_counting(struct vchannel *vc, struct vchannel_member *m)
{
	uint32_t deaths = m->live.deaths;
	struct rte_eth_stats stats;

	vchannel_hw_read(m, &m->hw_base);
	m->sent_base = vchannel_tx_total(vc, vchannel_slot(vc, m)).packets;
	m->opackets_base = rte_eth_stats_get(m->port, &stats) == 0 ? stats.opackets : 0;
	memset(&m->live, 0, sizeof(m->live));
	m->live.deaths = deaths;
	memset(&m->completions, 0, sizeof(m->completions));
	m->started_at = vchannel_ns();
	m->heard_at = 0;
	m->echo_at = 0;
	m->heard_seen = m->heard;
	m->echo_seen = m->heard_echo;
}

int
vchannel_member_start(struct vchannel *vc, struct vchannel_member *m)
{
	struct rte_eth_dev_info info;
	int rc;

	m->progress = rte_zmalloc(
		"vchannel_progress", RTE_MAX(vc->data->nb_tx_queues, 1) * sizeof(*m->progress), 0);
	if (m->progress == NULL)
		return vchannel_fail(-ENOMEM, "member: %s: no memory", m->name);
	m->reset = false;
	vchannel_member_note(m);
	rc = rte_eth_dev_info_get(m->port, &info);
	if (rc == 0)
		rc = configure(vc, m, &info);
	if (rc == 0)
		rc = set_up_queues(vc, m);
	if (rc == 0)
		rc = tell_mtu(vc, m);
	if (rc != 0) {
		vchannel_fail(rc, "member: %s cannot be configured: %s", m->name, strerror(-rc));
		goto fail;
	}
	rc = vchannel_member_set_mac(vc, m);
	if (rc != 0)
		goto fail;
	watch(vc, m);
	rc = rte_eth_dev_start(m->port);
	if (rc != 0) {
		vchannel_fail(rc, "member: %s cannot be started: %s", m->name, strerror(-rc));
		goto fail;
	}
	m->running = true;
	m->told = true;
	rc = vchannel_member_filters(vc, m);
	if (rc == 0)
		rc = vchannel_member_rss(vc, m);
	if (rc != 0) {
		vchannel_member_stop(vc, m);
		goto fail;
	}
	begin_counting(vc, m);
	return 0;

fail:
	vchannel_member_unwatch(vc, m);
	vchannel_member_give_back(vc, m);
	rte_free(m->progress);
	m->progress = NULL;
	return rc;
}

void
vchannel_member_stop(struct vchannel *vc, struct vchannel_member *m)
{
	int rc;

	vchannel_member_unwatch(vc, m);
	if (!m->gone) {
		vchannel_hw_fold(vc, m);
		rc = rte_eth_dev_stop(m->port);
		if (rc != 0)
			VCHANNEL_LOG(WARNING, "%s: member %s does not stop: %s", vc->data->name,
				m->name, strerror(-rc));
	}
	rte_free(m->progress);
	m->progress = NULL;
	m->running = false;
	m->link_up = false;
	m->live.alive = false;
	m->live.seen = false;
}

int
vchannel_member_renew(struct vchannel *vc, struct vchannel_member *m)
{
	int rc;

	if (m->running)
		vchannel_member_stop(vc, m);
	rc = rte_eth_dev_reset(m->port);
	/* A driver without that call has nothing to do but to start again. */
	if (rc != 0 && rc != -ENOTSUP)
		return vchannel_fail(rc, "member: %s cannot be reset: %s", m->name, strerror(-rc));
	return vchannel_member_start(vc, m);
}
