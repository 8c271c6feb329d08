/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Devices that come and go by themselves. A member that devargs name may appear later, as a PCI
 * device does when the bus is scanned after the vdevs: it is claimed in the event of its birth. One
 * that is closed or pulled out leaves at once, and is waited for.
 */

#include <errno.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_string_fns.h>

#include "vchannel_priv.h"

int
vchannel_claim_wanted(struct vchannel *vc)
{
	uint16_t left = 0, i;
	int rc = 0;

	for (i = 0; i < vc->nb_wanted; i++) {
		const struct vchannel_wanted w = vc->wanted[i];

		if (w.unborn || vchannel_port_find(w.name) == RTE_MAX_ETHPORTS)
			vc->wanted[left++] = w;
		else if (vchannel_member_add(vc, w.name, w.weight) != 0)
			rc = -EINVAL;
	}
	vc->nb_wanted = left;
	return rc;
}

void
vchannel_want_back(struct vchannel *vc, const struct vchannel_member *m)
{
	struct vchannel_wanted *w;

	if (vc->nb_wanted == RTE_DIM(vc->wanted))
		return;
	w = &vc->wanted[vc->nb_wanted++];
	strlcpy(w->name, m->name, sizeof(w->name));
	w->weight = m->weight;
	w->unborn = true;
}

/* A port is born. It is not usable yet, only its name is known: claim it before others do. */
static int
on_new_port(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	struct vchannel *vc = arg;
	uint16_t i;
	int rc;

	RTE_SET_USED(type);
	RTE_SET_USED(ret);
	vchannel_lock(vc);
	for (i = 0; i < vc->nb_wanted; i++) {
		if (!vchannel_port_is(port, vc->wanted[i].name))
			continue;
		vc->wanted[i].unborn = false;
		if (vc->started)
			break; /* the control task adds it when it is complete */
		if (vchannel_member_claim(
			    vc, port, vc->wanted[i].name, vc->wanted[i].weight, &rc) != NULL)
			vc->wanted[i] = vc->wanted[--vc->nb_wanted];
		break;
	}
	vchannel_unlock_quietly(vc);
	return 0;
}

/* The port is being closed by somebody else. When this returns nobody here touches it any more. The
 * application is not told from here: it might close the V-Channel, which waits for this very
 * callback to end. */
static int
on_port_end(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	struct vchannel *vc = arg;
	struct vchannel_member *m;

	RTE_SET_USED(type);
	RTE_SET_USED(ret);
	if (port == vc->port_id)
		return 0;
	vchannel_lock(vc);
	VCHANNEL_FOREACH (m, vc) {
		if (m->port != port)
			continue;
		m->gone = true;
		m->live.deaths += m->live.alive;
		m->live.alive = false;
		__atomic_and_fetch(
			&vc->rx_mask, ~(UINT32_C(1) << vchannel_slot(vc, m)), __ATOMIC_RELEASE);
		vchannel_redeal(vc);
		if (vc->started) {
			/* The device's memory goes when we return. The control task does the
			 * rest. */
			while (vchannel_quiesce(vc) != 0)
				VCHANNEL_LOG(WARNING,
					"%s: a thread is still within a burst on %s, which is "
					"closed",
					vc->data->name, m->name);
		} else {
			vchannel_member_release(vc, m);
			vchannel_want_back(vc, m);
		}
	}
	vchannel_unlock_quietly(vc);
	return 0;
}

int
vchannel_watch_ports(struct vchannel *vc)
{
	int rc = rte_eth_dev_callback_register(RTE_ETH_ALL, RTE_ETH_EVENT_NEW, on_new_port, vc);

	if (rc == 0)
		rc = rte_eth_dev_callback_register(
			RTE_ETH_ALL, RTE_ETH_EVENT_DESTROY, on_port_end, vc);
	vc->watching = true; /* to be undone, be it half */
	return rc;
}

void
vchannel_unwatch_ports(struct vchannel *vc)
{
	if (!vc->watching)
		return;
	while (rte_eth_dev_callback_unregister(RTE_ETH_ALL, RTE_ETH_EVENT_NEW, on_new_port, vc) ==
		-EAGAIN)
		rte_delay_us_sleep(10);
	while (rte_eth_dev_callback_unregister(
		       RTE_ETH_ALL, RTE_ETH_EVENT_DESTROY, on_port_end, vc) == -EAGAIN)
		rte_delay_us_sleep(10);
	vc->watching = false;
}
