/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CCN: forwarding by name, in the packet format that lives: NDN v0.3 over NDNLPv2.
 *
 *   eth_input -> ccn_input ---------------------------------------> port_tx
 *                 |  ^   Interests, Data and Nacks that go on
 *                 |  |
 *                 |  +-- inject -- control thread <--+-- ccn_new_face   a sender without a face
 *                 |                                  +-- ccn_manage     /localhop/nfd commands
 *                 +--> ccn_<reason>
 *
 * One node does all of it, because one packet's way depends on tables that other packets write:
 *
 *   ccn_input_node.c   finds the face (ccn_face.c), takes the link packet apart (ccn_lp.c), puts
 *                      fragments together (ccn_reass.c), parses the Interest or Data (ccn_pkt.c)
 *   ccn_fwd.c          decides what becomes of it, with
 *     ccn_pit.c          who waits for what,
 *     ccn_cs.c           Data that passed,
 *     ccn_fib.c          prefixes and next hops, kept by ccn_rib.c in the control thread,
 *     ccn_strategy.c     whom to ask
 *   ccn_tx.c           makes the frames
 *
 * Names are spread over as many shards as there are workers, by their first component: a shard has
 * its own PIT and store, so that an Interest and all Data it can match meet in the same one. A
 * worker takes those packets of a row that are a shard's all the way, holding its lock; the locks
 * meet only where two workers have packets of one shard at a time. (A router whose names all begin
 * alike uses one.)
 *
 * All tables are made of ccn_table.h, which is about cache misses, as is the order in which
 * ccn_input_node.c does things.
 */
#include <errno.h>
#include <stdio.h>

#include <rte_lcore.h>
#include <rte_malloc.h>

#include "ccn_priv.h"
#include "xebra_loop.h"

#define TICK_MS 250 /* how often the control thread looks after what only time changes */

struct ccn_run *ccn_run;
static struct xebra_timer *timer;

static json_int_t
number(const json_t *section, const char *group, const char *key)
{
	return json_integer_value(json_object_get(json_object_get(section, group), key));
}

/* Entries expire when packets come; when none come, here. */
static void
tick(void *arg __rte_unused)
{
	uint64_t now_us = ccn_us(rte_rdtsc());

	for (unsigned int i = 0; i < ccn_run->n_shards; i++) {
		struct ccn_shard *shard = &ccn_run->shards[i];

		rte_spinlock_lock(&shard->lock);
		if (now_us > shard->fwd->now_us)
			ccn_fwd_tick(shard->fwd, now_us);
		rte_spinlock_unlock(&shard->lock);
	}
	ccn_clients_expire();
	ccn_rib_expire();
}

static void
free_run(struct ccn_run *run)
{
	for (unsigned int i = 0; i < run->n_shards; i++)
		ccn_fwd_free(run->shards[i].fwd);
	for (unsigned int i = 0; i < XEBRA_WORKER_MAX; i++)
		ccn_reass_free(run->reass[i]);
	ccn_fib_free(run->fib);
	rte_free(run);
}

static struct ccn_run *
make_run(const json_t *section, unsigned int workers)
{
	struct ccn_run *run = rte_zmalloc("ccn_run", sizeof(*run), RTE_CACHE_LINE_SIZE);
	uint32_t prefixes = (uint32_t)number(section, "fib", "prefixes");
	unsigned int shards = RTE_MIN(workers, (unsigned int)CCN_SHARDS_MAX);
	struct ccn_fwd_conf conf = {
		.pit_entries = (uint32_t)number(section, "pit", "entries") / shards,
		.cs_bytes = (uint64_t)number(section, "content_store", "bytes") / shards,
		.fib_size = prefixes,
		.faces = ccn_faces,
		.send = ccn_send,
		.socket = SOCKET_ID_ANY,
	};

	if (run == NULL)
		return NULL;
	run->fib = ccn_fib_create(prefixes, SOCKET_ID_ANY);
	conf.fib = run->fib;
	if (run->fib == NULL)
		goto fail;
	for (; run->n_shards < shards; run->n_shards++) {
		struct ccn_shard *shard = &run->shards[run->n_shards];

		rte_spinlock_init(&shard->lock);
		shard->fwd = ccn_fwd_create(&conf, ccn_us(rte_rdtsc()));
		if (shard->fwd == NULL)
			goto fail;
	}
	for (unsigned int i = 0; i < RTE_MIN(workers, (unsigned int)XEBRA_WORKER_MAX); i++) {
		run->reass[i] = ccn_reass_create(CCN_REASS_BUFFERS, SOCKET_ID_ANY);
		run->sequence[i] = (uint64_t)i << 56;
		if (run->reass[i] == NULL)
			goto fail;
	}
	return run;
fail:
	free_run(run);
	return NULL;
}

int
ccn_start(const json_t *section, struct xebra_err *err)
{
	struct ccn_run *run;

	if (ccn_run != NULL)
		return 0;
	ccn_hash_init();
	run = make_run(section, RTE_MAX(rte_lcore_count(), 2u) - 1);
	if (run == NULL)
		return xebra_err_set(err, -ENOMEM,
			"ccn: not enough memory for its tables (EAL's -m, or make pit.entries, "
			"fib.prefixes or content_store.bytes smaller)");
	timer = xebra_timer_start(TICK_MS, TICK_MS, tick, NULL);
	if (timer == NULL || ccn_rib_init((uint32_t)number(section, "fib", "prefixes")) < 0) {
		xebra_timer_stop(timer);
		free_run(run);
		return xebra_err_set(err, -ENOMEM, "ccn: no memory");
	}
	__atomic_store_n(&ccn_run, run, __ATOMIC_RELEASE);
	xebra_graph_changed();
	return 0;
}

void
ccn_stop(void)
{
	struct ccn_run *run = ccn_run;

	if (run == NULL)
		return;
	xebra_timer_stop(timer);
	ccn_face_clear();
	__atomic_store_n(&ccn_run, NULL, __ATOMIC_RELEASE);
	xebra_rcu_sync();
	ccn_rib_fini();
	free_run(run);
	xebra_graph_changed();
}

int
ccn_store_resize(uint64_t bytes, struct xebra_err *err)
{
	for (unsigned int i = 0; i < ccn_run->n_shards; i++) {
		struct ccn_shard *shard = &ccn_run->shards[i];
		struct ccn_cs *new = ccn_cs_create(bytes / ccn_run->n_shards, SOCKET_ID_ANY), *old;

		if (new == NULL)
			return xebra_err_set(err, -ENOMEM,
				"ccn.content_store.bytes: not enough memory (EAL's -m)");
		rte_spinlock_lock(&shard->lock);
		old = shard->fwd->cs;
		shard->fwd->cs = new;
		rte_spinlock_unlock(&shard->lock);
		/* A worker that had prefetched in the old one has finished its walk then. */
		xebra_rcu_sync();
		ccn_cs_free(old);
	}
	return 0;
}

static bool
active(void)
{
	return ccn_run != NULL;
}

static void
describe(const uint8_t *data, uint32_t len, char *text, size_t size)
{
	struct ccn_lp_rx rx;
	struct ccn_tlv packet, name;
	const uint8_t *p, *end;
	char uri[200];

	if (ccn_lp_parse(&rx, data, len) != CCN_OK) {
		snprintf(text, size, "no NDN packet");
		return;
	}
	p = rx.fragment;
	end = p == NULL ? NULL : p + rx.len;
	if (p == NULL || rx.frag_index > 0 || ccn_number_read(&p, end, &packet.type) != CCN_OK ||
		ccn_number_read(&p, end, &packet.len) != CCN_OK ||
		ccn_tlv_read(&p, end, &name) != CCN_OK || name.type != CCN_T_NAME) {
		snprintf(text, size, "NDN fragment %u of %u", rx.frag_index, rx.frag_count);
		return;
	}
	snprintf(text, size, "%s%s %s", rx.lp.nack ? "Nack of " : "",
		packet.type == CCN_T_DATA ? "Data" : "Interest",
		ccn_name_to_uri(name.value, name.len, uri, sizeof(uri)));
}

static const struct xebra_ether_type types[] = {{CCN_ETHER_TYPE, "ccn_input"}, {0}};

static struct xebra_family family = {
	.name = "ccn",
	.types = types,
	.active = active,
	.describe = describe,
};

RTE_INIT(ccn_family_init)
{
	xebra_family_register(&family);
}
