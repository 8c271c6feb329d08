/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of packets that are not wanted. Why, the node's name says; how many, its count. */
#include "xebra_node.h"

uint16_t
xebra_drop_process(struct rte_graph *graph __rte_unused, struct rte_node *node __rte_unused,
	void **objs, uint16_t nb_objs)
{
	rte_pktmbuf_free_bulk((struct rte_mbuf **)objs, nb_objs);
	return nb_objs;
}
