/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet memory: one pool for each NUMA node that has a worker, as large as the configuration says.
 * Made before the first port and freed after the last one: then nobody may have a packet any more,
 * and one that is still out was lost by somebody, or is with a driver that is known to keep some.
 */
#include <errno.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "worker_priv.h"
#include "xebra_log.h"
#include "xebra_node.h"

#define POOL_CACHE 256

static struct rte_mempool *pools[RTE_MAX_NUMA_NODES];
static unsigned int lent; /* to devices that keep them */

static int
create_one(int socket, unsigned int packets, unsigned int packet_size, struct xebra_err *err)
{
	char name[RTE_MEMPOOL_NAMESIZE];

	if (pools[socket] != NULL)
		return 0;
	snprintf(name, sizeof(name), "packets%d", socket);
	pools[socket] = rte_pktmbuf_pool_create(
		name, packets, POOL_CACHE, 0, RTE_PKTMBUF_HEADROOM + packet_size, socket);
	if (pools[socket] == NULL)
		return xebra_err_set(err, -rte_errno,
			"no memory for %u packets of %u bytes: %s (lower workers.packets, or give "
			"EAL more memory with -m)",
			packets, packet_size, rte_strerror(rte_errno));
	return 0;
}

int
pool_create(unsigned int packets, unsigned int packet_size, struct xebra_err *err)
{
	int rc = 0;

	for (unsigned int i = 0; i < worker_count() && rc == 0; i++)
		rc = create_one(rte_lcore_to_socket_id(worker_get(i)->pub.lcore), packets,
			packet_size, err);
	return rc;
}

void
pool_lend(unsigned int packets)
{
	lent += packets;
}

static void
report_lost(const struct rte_mempool *pool)
{
	unsigned int lost = rte_mempool_in_use_count(pool);

	if (lost != 0 && lost <= lent)
		XEBRA_LOG(NOTICE,
			"%s: %u packet buffers stayed with net_af_xdp, which closes without "
			"giving back those in its rings",
			pool->name, lost);
	else if (lost != 0)
		XEBRA_LOG(ERR, "%s: %u packet buffers were lost", pool->name, lost);
}

void
pool_free(void)
{
	for (unsigned int i = 0; i < RTE_DIM(pools); i++) {
		if (pools[i] != NULL)
			report_lost(pools[i]);
		rte_mempool_free(pools[i]);
		pools[i] = NULL;
	}
	lent = 0;
}

struct rte_mempool *
pool_of_socket(int socket)
{
	if (socket >= 0 && socket < (int)RTE_DIM(pools) && pools[socket] != NULL)
		return pools[socket];
	for (unsigned int i = 0; i < RTE_DIM(pools); i++)
		if (pools[i] != NULL)
			return pools[i];
	return NULL;
}

unsigned int
pool_count(void)
{
	unsigned int nb = 0;

	for (unsigned int i = 0; i < RTE_DIM(pools); i++)
		nb += pools[i] != NULL;
	return nb;
}

struct rte_mempool *
xebra_pkt_pool(void)
{
	return pool_of_socket(rte_socket_id());
}

void
pool_walk(void (*visit)(struct rte_mempool *pool, void *arg), void *arg)
{
	for (unsigned int i = 0; i < RTE_DIM(pools); i++)
		if (pools[i] != NULL)
			visit(pools[i], arg);
}
