/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a frame costs the NIC's worker with so many VFs, all of which always have frames for the
 * uplink: without any device, so that 63 VFs can be had. Prints the shortest window and the median
 * of all, in TSC cycles a packet, as JSON.
 *
 *     nic_bench EAL-OPTIONS -- VFS WINDOWS
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_mbuf.h>

#include "nic_priv.h"

#define WINDOW_US 20000
#define WINDOWS_MAX 1000
#define FRAME_LEN 60

struct source {
	struct nic_port port;
	uint8_t head[RTE_ETHER_HDR_LEN];
	struct rte_mempool *pool;
};

static struct source sources[NIC_VFS_MAX];
static struct nic_port uplink;
static struct nic_plan plan;

static uint16_t
give(struct nic_port *port, struct rte_mbuf **pkts, uint16_t nb)
{
	struct source *s = (struct source *)port;

	if (rte_pktmbuf_alloc_bulk(s->pool, pkts, nb) != 0)
		return 0;
	for (uint16_t i = 0; i < nb; i++) {
		memcpy(rte_pktmbuf_mtod(pkts[i], void *), s->head, sizeof(s->head));
		pkts[i]->data_len = FRAME_LEN;
		pkts[i]->pkt_len = FRAME_LEN;
	}
	return nb;
}

static uint16_t
give_nothing(struct nic_port *port __rte_unused, struct rte_mbuf **pkts __rte_unused,
	uint16_t nb __rte_unused)
{
	return 0;
}

static uint16_t
take(struct nic_port *port __rte_unused, struct rte_mbuf **pkts, uint16_t nb)
{
	rte_pktmbuf_free_bulk(pkts, nb);
	return nb;
}

static void
lay_out(unsigned int vfs, struct rte_mempool *pool)
{
	static struct nic_vf_conf confs[NIC_VFS_MAX];
	static const uint8_t outside[] = {2, 0xaa, 0, 0, 0, 1};

	for (unsigned int vf = 0; vf < vfs; vf++) {
		struct source *s = &sources[vf];

		confs[vf].mac = (struct rte_ether_addr){{2, 0, 0, 0, 1, (uint8_t)vf}};
		confs[vf].vlan = 2 + vf;
		confs[vf].spoof_check = true;
		confs[vf].mtu = 1500;
		s->port = (struct nic_port){.rx = give, .tx = take};
		s->pool = pool;
		memcpy(s->head, outside, 6);
		memcpy(s->head + 6, &confs[vf].mac, 6);
		s->head[12] = 0x08;
		plan.ports[vf] = &s->port;
		plan.connected |= UINT64_C(1) << vf;
	}
	uplink = (struct nic_port){.rx = give_nothing, .tx = take};
	plan.number = 1;
	plan.nb_vfs = vfs;
	plan.up = plan.connected;
	plan.uplink = &uplink;
	plan.uplink_up = true;
	plan.uplink_speed = 10000;
	nic_switch_build(&plan.sw, confs, vfs);
}

static int
by_size(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Cycles a packet of some windows, the shortest first. */
static void
measure(double *cycles, unsigned int windows)
{
	const struct nic_worker *w = nic_worker_get();

	for (unsigned int i = 0; i < windows; i++) {
		uint64_t packets = __atomic_load_n(&w->uplink_stats.tx_packets, __ATOMIC_RELAXED);
		uint64_t start = rte_rdtsc();

		usleep(WINDOW_US);
		packets = __atomic_load_n(&w->uplink_stats.tx_packets, __ATOMIC_RELAXED) - packets;
		cycles[i] = (double)(rte_rdtsc() - start) / (double)RTE_MAX(packets, 1u);
	}
	qsort(cycles, windows, sizeof(cycles[0]), by_size);
}

int
main(int argc, char **argv)
{
	struct xebra_err err = {0};
	static double cycles[WINDOWS_MAX];
	struct rte_mempool *pool;
	unsigned int vfs, windows;
	int used = rte_eal_init(argc, argv);

	if (used < 0 || argc - used < 3) {
		fprintf(stderr, "usage: nic_bench EAL-OPTIONS -- VFS WINDOWS\n");
		return EXIT_FAILURE;
	}
	vfs = RTE_MIN((unsigned int)atoi(argv[used + 1]), (unsigned int)NIC_VFS_MAX);
	windows =
		RTE_MIN(RTE_MAX((unsigned int)atoi(argv[used + 2]), 1u), (unsigned int)WINDOWS_MAX);
	pool = rte_pktmbuf_pool_create("bench", 8191, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
	if (pool == NULL)
		return EXIT_FAILURE;
	lay_out(vfs, pool);
	nic_worker_set_polling(true, 1);
	if (nic_worker_start(pool, &plan, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILURE;
	}
	measure(cycles, windows);
	printf("{\"vfs\": %u, \"min\": %.2f, \"median\": %.2f, \"tsc_hz\": %llu}\n", vfs, cycles[0],
		cycles[windows / 2], (unsigned long long)rte_get_tsc_hz());
	nic_worker_stop();
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
