/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef IP4_UDP_H
#define IP4_UDP_H

#include <rte_graph.h>
#include <rte_ip.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

/* Give "ip4_local" its edges to those who registered. Before the first graph with it is built. */
void ip4_udp_connect(void);

/* The edge of "ip4_local" for a datagram, RTE_EDGE_ID_INVALID: nobody takes it. */
rte_edge_t ip4_udp_edge(const struct rte_mbuf *m, const struct rte_ipv4_hdr *ip);

#endif
