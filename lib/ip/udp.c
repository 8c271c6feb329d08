/* SPDX-License-Identifier: BSD-3-Clause */
/* Who takes UDP datagrams to us: nodes of other layers, by port. */
#include <rte_graph.h>

#include "node.h"
#include "udp.h"
#include "xebra_ip4.h"

static struct xebra_ip4_udp *takers;
static bool connected;

void
xebra_ip4_udp_register(struct xebra_ip4_udp *udp)
{
	udp->next = takers;
	takers = udp;
}

void
ip4_udp_connect(void)
{
	rte_node_t local = rte_node_from_name("ip4_local");

	for (struct xebra_ip4_udp *udp = takers; udp != NULL && !connected; udp = udp->next) {
		udp->edge = rte_node_edge_count(local);
		rte_node_edge_update(local, RTE_EDGE_ID_INVALID, &udp->node, 1);
	}
	connected = true;
}

rte_edge_t
ip4_udp_edge(const struct rte_mbuf *m, const struct rte_ipv4_hdr *ip)
{
	const struct rte_udp_hdr *hdr =
		rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, ip4_hlen(ip));

	if (m->data_len < ip4_hlen(ip) + sizeof(*hdr))
		return RTE_EDGE_ID_INVALID;
	for (const struct xebra_ip4_udp *udp = takers; udp != NULL; udp = udp->next)
		if (hdr->dst_port == rte_cpu_to_be_16(udp->port) && udp->active())
			return udp->edge;
	return RTE_EDGE_ID_INVALID;
}
