/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a VF may ask of its PF, and what it gets
 * =============================================
 *
 * A guest's driver talks to the PF through a mailbox, and DPDK's PF driver would grant it a new MAC
 * address, any VLAN and more addresses. It asks the application first, in EAL's interrupt thread.
 * A VF that is not trusted is refused all of these, but for what it has anyway.
 *
 * One request is not asked about: when a VF resets itself, the driver takes out its VLAN insertion
 * and lets it send and receive, and tells the application afterwards. So everything is set again at
 * once, in that very call, with the link closed until all of it is in place. Between the driver's
 * writes and ours lie some microseconds in which a guest that is prepared for it can send without a
 * tag; the VLAN anti-spoof check stays on meanwhile.
 *
 * A change of the link's speed is another event of that thread: rates are factors of it, and are
 * made anew; the manager is told from the loop.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_pmd_ixgbe.h>

#include "ixgbe_priv.h"
#include "xebra_log.h"
#include "xebra_loop.h"

/* Requests, in the lower half of a message's first word (the mailbox API of Intel's drivers). */
enum {
	VF_RESET = 0x01,
	VF_SET_MAC_ADDR = 0x02,
	VF_SET_MULTICAST = 0x03,
	VF_SET_LPE = 0x05,
	VF_API_NEGOTIATE = 0x08,
	VF_GET_QUEUES = 0x09,
};

/* May a VF without trust have this? */
static bool
is_harmless(const struct xebra_pf_vf *is, uint16_t request, const uint32_t *msg)
{
	switch (request) {
	case VF_SET_MULTICAST:
	case VF_SET_LPE:
	case VF_API_NEGOTIATE:
	case VF_GET_QUEUES:
		return true;
	case VF_SET_MAC_ADDR:
		return memcmp(&msg[1], &is->mac, sizeof(is->mac)) == 0;
	default:
		return false;
	}
}

static void
wake(const struct ixgbe_pf *pf)
{
	if (eventfd_write(pf->wake_fd, 1) < 0)
		XEBRA_LOG(ERR, "pf %s: the manager cannot be woken", pf->base.name);
}

static int
vf_asks(uint16_t port __rte_unused, enum rte_eth_event_type type __rte_unused, void *arg, void *ret)
{
	struct rte_pmd_ixgbe_mb_event_param *asked = ret;
	struct ixgbe_pf *pf = arg;
	int rc = 0;

	if (asked->vfid >= pf->nb_vfs) {
		asked->retval = RTE_PMD_IXGBE_MB_EVENT_NOOP_NACK;
		return 0;
	}
	rte_spinlock_lock(&pf->lock);
	if (asked->msg_type == VF_RESET)
		rc = ixgbe_vf_restore(pf, asked->vfid);
	else if (pf->vf[asked->vfid].trust ||
		is_harmless(&pf->vf[asked->vfid], asked->msg_type, asked->msg))
		asked->retval = RTE_PMD_IXGBE_MB_EVENT_PROCEED;
	else
		asked->retval = RTE_PMD_IXGBE_MB_EVENT_NOOP_NACK;
	if (rc != 0)
		pf->vf[asked->vfid].link = XEBRA_PF_LINK_DISABLE;
	rte_spinlock_unlock(&pf->lock);
	if (rc != 0)
		wake(pf);
	return 0;
}

static int
link_changed(uint16_t port __rte_unused, enum rte_eth_event_type type __rte_unused, void *arg,
	void *ret __rte_unused)
{
	wake(arg);
	return 0;
}

static void
woken(int fd, uint32_t events __rte_unused, void *arg)
{
	struct ixgbe_pf *pf = arg;
	eventfd_t count;
	int rc;

	eventfd_read(fd, &count);
	rte_spinlock_lock(&pf->lock);
	rc = ixgbe_set_rates(pf);
	rte_spinlock_unlock(&pf->lock);
	if (rc != 0)
		XEBRA_LOG(ERR, "pf %s: rates cannot be set for the link's new speed: %s",
			pf->base.name, strerror(-rc));
	xebra_pf_tell(&pf->base);
}

int
ixgbe_events_start(struct ixgbe_pf *pf, struct xebra_err *err)
{
	int rc = 0;

	pf->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (pf->wake_fd < 0)
		rc = -errno;
	if (rc == 0)
		rc = xebra_loop_watch(pf->wake_fd, EPOLLIN, woken, pf);
	if (rc == 0)
		rc = rte_eth_dev_callback_register(pf->port, RTE_ETH_EVENT_VF_MBOX, vf_asks, pf);
	if (rc == 0)
		rc = rte_eth_dev_callback_register(
			pf->port, RTE_ETH_EVENT_INTR_LSC, link_changed, pf);
	return rc == 0 ? 0 : xebra_err_set(err, rc, "%s: no events: %s", pf->device, strerror(-rc));
}

void
ixgbe_events_stop(struct ixgbe_pf *pf)
{
	rte_eth_dev_callback_unregister(pf->port, RTE_ETH_EVENT_VF_MBOX, vf_asks, pf);
	rte_eth_dev_callback_unregister(pf->port, RTE_ETH_EVENT_INTR_LSC, link_changed, pf);
	if (pf->wake_fd < 0)
		return;
	xebra_loop_unwatch(pf->wake_fd);
	close(pf->wake_fd);
	pf->wake_fd = -1;
}
