/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP over IPv4: datagrams to our addresses and port 6363 come from "ip4_local", ours go to
 * "ip4_output". The two layers know of each other only these names, and the port.
 */
#include <rte_ip.h>
#include <rte_udp.h>

#include "ccn_priv.h"
#include "xebra_ip4.h"

#define TTL 64
#define HEADERS (sizeof(struct rte_ipv4_hdr) + sizeof(struct rte_udp_hdr))

static RTE_DEFINE_PER_LCORE(uint16_t, packet_id);

/* The UDP checksum is right or was left out (RFC 768); RFC 1122, 4.1.3.4: else it is not taken. */
static bool
checksum_good(const struct rte_mbuf *m, const struct rte_ipv4_hdr *ip,
	const struct rte_udp_hdr *udp, uint16_t hlen)
{
	return udp->dgram_cksum == 0 || rte_ipv4_udptcp_cksum_mbuf_verify(m, ip, hlen) == 0;
}

bool
ccn_udp_strip(struct rte_mbuf *m, uint64_t *key)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, const struct rte_ipv4_hdr *);
	uint16_t hlen = rte_ipv4_hdr_len(ip), len;
	const struct rte_udp_hdr *udp =
		rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, hlen);

	if (m->data_len < hlen + sizeof(*udp))
		return false;
	len = rte_be_to_cpu_16(udp->dgram_len);
	if (len < sizeof(*udp) || m->pkt_len < (uint32_t)hlen + len ||
		!checksum_good(m, ip, udp, hlen))
		return false;
	*key = ccn_udp_key(ip->src_addr, udp->src_port);
	rte_pktmbuf_adj(m, hlen + (uint16_t)sizeof(*udp));
	/* Where the headers are, for ccn_udp_unstrip(). */
	m->l3_len = hlen;
	return true;
}

void
ccn_udp_unstrip(struct rte_mbuf *m)
{
	rte_pktmbuf_prepend(m, (uint16_t)(m->l3_len + sizeof(struct rte_udp_hdr)));
}

bool
ccn_udp_encap(const struct ccn_face *face, struct rte_mbuf *m)
{
	uint16_t len = (uint16_t)m->pkt_len;
	struct rte_ipv4_hdr *ip =
		(struct rte_ipv4_hdr *)(void *)rte_pktmbuf_prepend(m, (uint16_t)HEADERS);
	struct rte_udp_hdr *udp = (struct rte_udp_hdr *)(ip + 1);

	if (ip == NULL)
		return false;
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16((uint16_t)(len + HEADERS)),
		.packet_id = rte_cpu_to_be_16(RTE_PER_LCORE(packet_id)++),
		.time_to_live = TTL,
		.next_proto_id = IPPROTO_UDP,
		.src_addr = face->local_ip,
		.dst_addr = face->ip,
	};
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp->src_port = RTE_BE16(CCN_UDP_PORT);
	udp->dst_port = face->port;
	udp->dgram_len = rte_cpu_to_be_16((uint16_t)(len + sizeof(*udp)));
	udp->dgram_cksum = 0;
	udp->dgram_cksum = rte_ipv4_udptcp_cksum(ip, udp);
	xebra_pkt_set(m, XEBRA_IFACE_NONE, 0, 0);
	return true;
}

static bool
active(void)
{
	return __atomic_load_n(&ccn_run, __ATOMIC_RELAXED) != NULL;
}

static struct xebra_ip4_udp taker = {
	.port = CCN_UDP_PORT,
	.node = "ccn_udp_input",
	.active = active,
};

RTE_INIT(ccn_udp_init)
{
	xebra_ip4_udp_register(&taker);
}
