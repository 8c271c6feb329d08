/* SPDX-License-Identifier: BSD-3-Clause */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "xbench_priv.h"

/*
 * What a queue gives is made when the port starts: one record per flow, in a mapping of its own
 * (not from DPDK's memory, of which an application may have asked for little). Destinations are
 * drawn at random, so walking through the records in order meets them in random order, and the
 * records themselves come through the cache as a stream, as from a NIC.
 */

#define HUGE_PAGE (2ul << 20)
#define ORDER_MIN (1u << 16)

/* The simple IMIX of RFC 6985's example: 7 of 64, 4 of 570, 1 of 1518 bytes. */
static const uint16_t imix[] = {64, 570, 64, 64, 570, 64, 64, 570, 64, 1518, 570, 64};

static int
map_records(struct xbench_flows *flows)
{
	void *mem;

	flows->bytes = RTE_ALIGN_CEIL((size_t)flows->n * flows->stride, HUGE_PAGE);
	mem = mmap(NULL, flows->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED) {
		flows->bytes = 0;
		return -ENOMEM;
	}
	madvise(mem, flows->bytes, MADV_HUGEPAGE);
	flows->records = mem;
	return 0;
}

/* The part of the mbuf that Rx writes: rearm_data, ol_flags and rx_descriptor_fields1. */
static void
fill_mbuf(struct xbench_record *record, const struct xbench_dev *dev,
	const struct xbench_head *head, uint16_t vlan, uint32_t hash)
{
	uint64_t offloads = dev->eth->data->dev_conf.rxmode.offloads;
	struct rte_mbuf m;

	memset(&m, 0, sizeof(m));
	m.data_off = RTE_PKTMBUF_HEADROOM;
	rte_mbuf_refcnt_set(&m, 1);
	m.nb_segs = 1;
	m.port = dev->eth->data->port_id;
	m.packet_type = head->ptype;
	m.data_len = head->len;
	m.pkt_len = head->len;
	if (dev->conf.rss) {
		m.ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
		m.hash.rss = hash;
	}
	if (offloads & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM)
		m.ol_flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
	if (vlan != 0) {
		m.ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		m.vlan_tci = vlan;
	}
	memcpy(record->mbuf, (uint8_t *)&m + XBENCH_MBUF_AT, sizeof(record->mbuf));
}

/* Who asks and who answers make the same names of the same seed, unless they are told not to. */
static void
make_name(const struct xbench_dev *dev, uint32_t flow, struct xbench_name *name)
{
	const struct xbench_conf *conf = &dev->conf;

	if (conf->names.n > 0)
		xbench_names_make(&conf->names, conf->seed, flow, conf->flows, name);
	else
		xbench_name_number(name, conf->name, flow);
}

static void
build_record(struct xbench_record *record, struct xbench_flows *flows, const struct xbench_dev *dev,
	uint32_t flow, const struct xbench_name *name, uint64_t *seed)
{
	const struct xbench_conf *conf = &dev->conf;
	bool strip = dev->eth->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	uint16_t size = conf->size != 0 ? conf->size : imix[flow % RTE_DIM(imix)];
	struct xbench_frame frame = {
		.proto = conf->proto,
		.dst_mac = conf->has_dmac ? conf->dmac : dev->mac,
		.src_mac = dev->check.peer,
		.sport = 1024 + flow % 64000,
		.dport = 9, /* discard */
		.vlan = strip ? 0 : conf->vlan,
		.len = size - RTE_ETHER_CRC_LEN - (strip && conf->vlan ? 4 : 0),
		.name = name,
		.flow = flow,
		.source = dev->id,
		.egress = XBENCH_ANY_PORT,
	};
	struct xbench_head head;
	uint8_t ignored;

	if (conf->proto == XBENCH_IP4 || conf->proto == XBENCH_IP6) {
		frame.dst = xbench_prefixes_pick(&conf->dst, seed, &frame.egress);
		frame.src = xbench_prefixes_pick(&conf->src, seed, &ignored);
	}
	head = xbench_frame_build(&frame, record->head);
	fill_mbuf(record, dev, &head, strip ? conf->vlan : 0, xbench_random(seed));
	flows->marker = head.marker;
	flows->l3 = sizeof(struct rte_ether_hdr) + (frame.vlan != 0 ? 4 : 0);
}

/* Ranks drawn with probability proportional to 1/rank^s, by the inverse of the summed weights. */
static int
draw_order(struct xbench_flows *flows, double s, uint64_t *seed)
{
	double *sum = malloc(flows->n * sizeof(*sum));
	uint32_t i, lo, hi, mid;

	flows->order_n = rte_align32pow2(RTE_MAX(ORDER_MIN, flows->n * 4));
	flows->order = malloc(flows->order_n * sizeof(*flows->order));
	if (sum == NULL || flows->order == NULL) {
		free(sum);
		return -ENOMEM;
	}
	for (i = 0; i < flows->n; i++)
		sum[i] = (i > 0 ? sum[i - 1] : 0) + pow(i + 1, -s);
	for (i = 0; i < flows->order_n; i++) {
		double at = (xbench_random(seed) >> 11) * 0x1p-53 * sum[flows->n - 1];

		for (lo = 0, hi = flows->n - 1; lo < hi;) {
			mid = (lo + hi) / 2;
			if (sum[mid] < at)
				lo = mid + 1;
			else
				hi = mid;
		}
		flows->order[i] = lo;
	}
	free(sum);
	return 0;
}

int
xbench_flows_build(struct xbench_flows *flows, const struct xbench_dev *dev, unsigned int queue,
	unsigned int n)
{
	/* Ports differ, runs do not. */
	uint64_t seed = dev->conf.seed + ((uint64_t)dev->id << 32) + queue;
	static const uint16_t strides[] = {
		[XBENCH_IP4] = 64,
		[XBENCH_IP6] = 96,
		[XBENCH_INTEREST] = XBENCH_HEAD_MAX,
		[XBENCH_DATA] = XBENCH_HEAD_MAX,
	};
	struct xbench_name name = {0};
	uint32_t i;
	int rc;

	xbench_flows_free(flows);
	flows->n = RTE_MAX(dev->conf.flows / n, 1u);
	flows->stride = sizeof(struct xbench_record) + strides[dev->conf.proto];
	rc = map_records(flows);
	for (i = 0; rc == 0 && i < flows->n; i++) {
		if (dev->conf.proto >= XBENCH_INTEREST)
			make_name(dev, i * n + queue, &name);
		build_record((struct xbench_record *)(flows->records + (size_t)i * flows->stride),
			flows, dev, i * n + queue, &name, &seed);
	}
	if (rc == 0 && dev->conf.zipf > 0)
		rc = draw_order(flows, dev->conf.zipf, &seed);
	if (rc != 0)
		xbench_flows_free(flows);
	return rc;
}

void
xbench_flows_free(struct xbench_flows *flows)
{
	if (flows->records != NULL)
		munmap(flows->records, flows->bytes);
	free(flows->order);
	memset(flows, 0, sizeof(*flows));
}
