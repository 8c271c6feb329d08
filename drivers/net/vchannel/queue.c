/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * A queue remembers how it was set up, for the members' queues, which are set up when they start.
 * Who asks for statistics meanwhile finds a whole queue or none.
 */

#include <errno.h>

#include <rte_malloc.h>

#include "vchannel_priv.h"

int
vchannel_rxq_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc, unsigned int socket,
	const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	struct vchannel_rxq *q =
		rte_zmalloc_socket("vchannel_rxq", sizeof(*q), RTE_CACHE_LINE_SIZE, socket);

	if (q == NULL)
		return -ENOMEM;
	q->vc = dev->data->dev_private;
	q->id = id;
	q->nb_desc = nb_desc;
	q->socket = socket;
	q->conf = *conf;
	q->pool = pool;
	vchannel_lock(q->vc);
	dev->data->rx_queues[id] = q;
	vchannel_unlock(q->vc);
	return 0;
}

void
vchannel_rxq_release(struct rte_eth_dev *dev, uint16_t id)
{
	struct vchannel *vc = dev->data->dev_private;
	struct vchannel_rxq *q;

	vchannel_lock(vc);
	q = dev->data->rx_queues[id];
	if (q != NULL)
		vchannel_rx_fold(vc, q);
	dev->data->rx_queues[id] = NULL;
	vchannel_unlock(vc);
	rte_free(q);
}

int
vchannel_txq_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc, unsigned int socket,
	const struct rte_eth_txconf *conf)
{
	struct vchannel *vc = dev->data->dev_private;
	struct vchannel_txq *q =
		rte_zmalloc_socket("vchannel_txq", sizeof(*q), RTE_CACHE_LINE_SIZE, socket);

	if (q == NULL)
		return -ENOMEM;
	q->load = rte_zmalloc_socket(
		"vchannel_load", vc->table->nb * sizeof(*q->load), RTE_CACHE_LINE_SIZE, socket);
	if (q->load == NULL) {
		rte_free(q);
		return -ENOMEM;
	}
	q->vc = vc;
	q->id = id;
	q->nb_desc = nb_desc;
	q->socket = socket;
	q->conf = *conf;
	vchannel_lock(vc);
	dev->data->tx_queues[id] = q;
	vchannel_unlock(vc);
	return 0;
}

void
vchannel_txq_release(struct rte_eth_dev *dev, uint16_t id)
{
	struct vchannel *vc = dev->data->dev_private;
	struct vchannel_txq *q;

	vchannel_lock(vc);
	q = dev->data->tx_queues[id];
	if (q != NULL)
		vchannel_tx_fold(vc, q);
	dev->data->tx_queues[id] = NULL;
	vchannel_unlock(vc);
	if (q != NULL)
		rte_free(q->load);
	rte_free(q);
}

void
vchannel_rxq_info(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_rxq_info *info)
{
	const struct vchannel_rxq *q = dev->data->rx_queues[id];

	info->mp = q->pool;
	info->conf = q->conf;
	info->nb_desc = q->nb_desc;
	info->scattered_rx = dev->data->scattered_rx;
}

void
vchannel_txq_info(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_txq_info *info)
{
	const struct vchannel_txq *q = dev->data->tx_queues[id];

	info->conf = q->conf;
	info->nb_desc = q->nb_desc;
}
