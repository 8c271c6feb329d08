/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ARP in the control thread: answers to those who ask for our addresses, our own questions, and
 * what is learned. Learned is only who has asked us or was asked by us; news that nobody wanted
 * updates what is known but adds nothing, and a sender must be on the network of the interface it
 * came by.
 */
#include <errno.h>
#include <string.h>

#include <rte_arp.h>

#include "node.h"
#include "xebra_log.h"
#include "xebra_loop.h"
#include "xebra_mac.h"

#define CONFLICT_MS 10000 /* RFC 5227, 2.4: defend at most every 10 s. */

static const struct rte_ether_addr everybody = {.addr_bytes = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const struct rte_ether_addr nobody;

static unsigned int inject_wrong_network, inject_conflict, inject_not_for_us;
static uint64_t defended_ms;

static void
arp_send(const struct xebra_iface *iface, uint16_t op, const struct rte_ether_addr *dst,
	uint32_t sender, const struct rte_ether_addr *target_mac, uint32_t target)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(xebra_pkt_pool());
	struct rte_arp_hdr *arp;

	if (m == NULL)
		return;
	arp = (struct rte_arp_hdr *)rte_pktmbuf_append(m, sizeof(*arp));
	if (arp == NULL)
		goto fail;
	arp->arp_hardware = RTE_BE16(RTE_ARP_HRD_ETHER);
	arp->arp_protocol = RTE_BE16(RTE_ETHER_TYPE_IPV4);
	arp->arp_hlen = RTE_ETHER_ADDR_LEN;
	arp->arp_plen = sizeof(rte_be32_t);
	arp->arp_opcode = rte_cpu_to_be_16(op);
	arp->arp_data.arp_sha = iface->mac;
	arp->arp_data.arp_sip = rte_cpu_to_be_32(sender);
	arp->arp_data.arp_tha = *target_mac;
	arp->arp_data.arp_tip = rte_cpu_to_be_32(target);
	xebra_pkt_set(m, XEBRA_IFACE_NONE, 0, 0);
	if (xebra_iface_encap(iface, m, dst, RTE_ETHER_TYPE_ARP) < 0 ||
		xebra_inject(xebra_inject_port_tx(), m) < 0)
		goto fail;
	return;
fail:
	rte_pktmbuf_free(m);
}

void
ip4_arp_request(const struct neighbor *n, bool broadcast)
{
	const struct xebra_iface *iface = xebra_iface_get(n->iface);
	uint32_t sender = ip4.nh[n->index].src;

	if (iface == NULL || !iface->up)
		return;
	arp_send(iface, RTE_ARP_OP_REQUEST, broadcast ? &everybody : &n->mac, sender, &nobody,
		n->addr);
}

void
ip4_arp_announce(const struct xebra_iface *iface, uint32_t addr)
{
	arp_send(iface, RTE_ARP_OP_REQUEST, &everybody, addr, &nobody, addr);
}

/* The address of ours on the interface, or NULL. */
static const struct ip4_address *
own_address(uint16_t iface, uint32_t addr)
{
	const struct ip4_address *a;

	TAILQ_FOREACH (a, &ip4_addresses, link)
		if (a->iface == iface && a->addr == addr)
			return a;
	return NULL;
}

/* Somebody else uses our address: say that it is ours. */
static void
conflict(const struct xebra_iface *iface, uint32_t addr, const struct rte_ether_addr *mac)
{
	char text[IP4_ADDR_TEXT], mac_text[RTE_ETHER_ADDR_FMT_SIZE];
	uint64_t now = xebra_now_ms();

	if (defended_ms != 0 && now - defended_ms < CONFLICT_MS)
		return;
	defended_ms = now;
	XEBRA_LOG(WARNING, "interface %s: our address %s is also used by %s", iface->name,
		ip4_addr_text(text, addr), xebra_mac_text(mac_text, mac));
	ip4_arp_announce(iface, addr);
}

/* Returns the drop to put it into, or -1: done. */
static int
handle(const struct xebra_iface *iface, const struct rte_arp_hdr *arp)
{
	const struct rte_arp_ipv4 *data = &arp->arp_data;
	uint32_t sender = rte_be_to_cpu_32(data->arp_sip);
	uint32_t target = rte_be_to_cpu_32(data->arp_tip);
	bool for_us = own_address(iface->id, target) != NULL;
	bool known = false, request = arp->arp_opcode == RTE_BE16(RTE_ARP_OP_REQUEST);

	if (own_address(iface->id, sender) != NULL) {
		conflict(iface, sender, &data->arp_sha);
		return (int)inject_conflict;
	}
	/* A probe has no sender: answered, not learned. */
	if (sender != 0) {
		if (ip4_address_towards(sender, iface->id) == NULL)
			return (int)inject_wrong_network;
		known = neighbor_confirm(&ip4_neighbors, iface->id, sender, &data->arp_sha,
			for_us && request, xebra_now_ms());
	}
	if (for_us && request)
		arp_send(iface, RTE_ARP_OP_REPLY, &data->arp_sha, target, &data->arp_sha, sender);
	return for_us || known ? -1 : (int)inject_not_for_us;
}

static void
take(struct rte_mbuf *m)
{
	const struct xebra_iface *iface = xebra_iface_get(xebra_pkt_iface(m));
	int drop = -1;

	if (iface != NULL && ip4_started())
		drop = handle(iface, rte_pktmbuf_mtod(m, const struct rte_arp_hdr *));
	if (drop < 0 || xebra_inject((unsigned int)drop, m) < 0)
		rte_pktmbuf_free(m);
}

XEBRA_CONTROL(arp_control, take)
XEBRA_DROP(arp_wrong_network, "The sender's address is not of the interface's networks.");
XEBRA_DROP(arp_conflict, "Another station uses an address of ours.");

RTE_INIT(ip4_arp_init)
{
	inject_wrong_network = xebra_inject_register("arp_wrong_network");
	inject_not_for_us = xebra_inject_register("arp_not_for_us");
	inject_conflict = xebra_inject_register("arp_conflict");
}
