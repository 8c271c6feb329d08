/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "neighbor.h"

#define TOKEN 1000 /* A request, in thousandths. */
#define USED_POLL_MS 1000

static uint32_t
hash_of(uint16_t iface, uint32_t addr)
{
	return (((addr ^ (uint32_t)iface << 16) * 0x9e3779b1u) >> 8) % NEIGHBOR_HASH;
}

static void
timer_clear(struct neighbor *n)
{
	if (n->deadline_ms != 0)
		LIST_REMOVE(n, timer_link);
	n->deadline_ms = 0;
}

static void
timer_set(struct neighbor_table *t, struct neighbor *n, uint64_t deadline_ms)
{
	uint64_t tick = deadline_ms / NEIGHBOR_TICK_MS;

	timer_clear(n);
	/* Never into a slot that the wheel has passed. */
	if (tick <= t->tick)
		tick = t->tick + 1;
	n->deadline_ms = tick * NEIGHBOR_TICK_MS;
	LIST_INSERT_HEAD(&t->slot[tick % NEIGHBOR_SLOTS], n, timer_link);
}

static bool
is_counted(const struct neighbor *n)
{
	return n->refs == 0 && n->state != NEIGHBOR_STATIC;
}

/* Counts are taken off before a change of state or references, and put on after it. */
static void
count(struct neighbor_table *t, const struct neighbor *n, int sign)
{
	if (!is_counted(n))
		return;
	t->count += sign;
	if (n->state == NEIGHBOR_INCOMPLETE)
		t->incomplete += sign;
}

static void
state_set(struct neighbor_table *t, struct neighbor *n, enum neighbor_state state)
{
	count(t, n, -1);
	if (n->state == NEIGHBOR_STALE)
		TAILQ_REMOVE(&t->stale, n, stale_link);
	n->state = state;
	n->tries = 0;
	if (state == NEIGHBOR_STALE)
		TAILQ_INSERT_TAIL(&t->stale, n, stale_link);
	count(t, n, 1);
}

/* Give the held packets to whom they belong now. */
static void
held_empty(struct neighbor_table *t, struct neighbor *n,
	void (*take)(struct neighbor *n, void *packet))
{
	void **held = n->held;
	uint32_t held_count = n->held_count;

	n->held = NULL;
	n->held_count = 0;
	t->held -= held_count;
	t->ops->full(n, false);
	for (uint32_t i = 0; i < held_count; i++)
		take(n, held[i]);
	free(held);
}

static struct neighbor *
neighbor_new(struct neighbor_table *t, uint16_t iface, uint32_t addr, uint64_t now_ms)
{
	struct neighbor *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	n->iface = iface;
	n->addr = addr;
	n->confirmed_ms = now_ms;
	if (t->ops->create(n) < 0) {
		free(n);
		return NULL;
	}
	LIST_INSERT_HEAD(&t->hash[hash_of(iface, addr)], n, hash_link);
	count(t, n, 1);
	return n;
}

static void
neighbor_remove(struct neighbor_table *t, struct neighbor *n)
{
	timer_clear(n);
	held_empty(t, n, t->ops->fail);
	if (n->state != NEIGHBOR_INCOMPLETE)
		t->ops->unresolved(n);
	if (n->state == NEIGHBOR_STALE)
		TAILQ_REMOVE(&t->stale, n, stale_link);
	count(t, n, -1);
	LIST_REMOVE(n, hash_link);
	t->ops->destroy(n);
	free(n);
}

/* One more dynamic neighbour may be made. */
static bool
room(struct neighbor_table *t, bool incomplete)
{
	if (incomplete && t->incomplete >= RTE_MAX(t->conf.max / 4, 1u))
		return false;
	if (t->count < t->conf.max)
		return true;
	for (struct neighbor *n = TAILQ_FIRST(&t->stale); n != NULL;
		n = TAILQ_NEXT(n, stale_link)) {
		if (n->refs > 0)
			continue;
		neighbor_remove(t, n);
		return true;
	}
	return false;
}

/* Ask when the rate allows it; else the next tick tries again. */
static void
ask(struct neighbor_table *t, struct neighbor *n, bool broadcast, uint64_t now_ms)
{
	uint64_t most = (uint64_t)t->conf.rate * TOKEN;

	t->tokens += (now_ms - t->tokens_ms) * t->conf.rate;
	t->tokens_ms = now_ms;
	if (t->tokens > most)
		t->tokens = most;
	if (t->tokens < TOKEN) {
		timer_set(t, n, now_ms + NEIGHBOR_TICK_MS);
		return;
	}
	t->tokens -= TOKEN;
	n->tries++;
	timer_set(t, n, now_ms + t->conf.retry_ms);
	t->ops->request(n, broadcast);
}

/* Nobody answered. */
static void
give_up(struct neighbor_table *t, struct neighbor *n)
{
	if (n->refs == 0) {
		neighbor_remove(t, n);
		return;
	}
	timer_clear(n);
	if (n->state != NEIGHBOR_INCOMPLETE)
		t->ops->unresolved(n);
	state_set(t, n, NEIGHBOR_INCOMPLETE);
	held_empty(t, n, t->ops->fail);
}

static void
probe(struct neighbor_table *t, struct neighbor *n, uint64_t now_ms)
{
	state_set(t, n, NEIGHBOR_PROBE);
	ask(t, n, false, now_ms);
}

static void
expire_stale(struct neighbor_table *t, struct neighbor *n, uint64_t now_ms)
{
	if (t->ops->used(n) || n->refs > 0)
		probe(t, n, now_ms);
	else if (now_ms - n->confirmed_ms >= (uint64_t)t->conf.reachable_ms + t->conf.stale_ms)
		neighbor_remove(t, n);
	else
		timer_set(t, n, now_ms + RTE_MIN(t->conf.stale_ms, (uint32_t)USED_POLL_MS));
}

static void
expire(struct neighbor_table *t, struct neighbor *n, uint64_t now_ms)
{
	switch (n->state) {
	case NEIGHBOR_INCOMPLETE:
		if (n->tries < t->conf.probes)
			ask(t, n, true, now_ms);
		else
			give_up(t, n);
		break;
	case NEIGHBOR_REACHABLE:
		state_set(t, n, NEIGHBOR_STALE);
		expire_stale(t, n, now_ms);
		break;
	case NEIGHBOR_STALE:
		expire_stale(t, n, now_ms);
		break;
	case NEIGHBOR_PROBE:
		if (n->tries < 2 * t->conf.probes)
			ask(t, n, n->tries >= t->conf.probes, now_ms);
		else
			give_up(t, n);
		break;
	default:
		break;
	}
}

void
neighbor_step(struct neighbor_table *t, uint64_t now_ms)
{
	uint64_t last = now_ms / NEIGHBOR_TICK_MS;
	struct neighbor *n, *next;

	/* After a long pause one turn of the wheel sees everybody. */
	if (last > t->tick + NEIGHBOR_SLOTS)
		t->tick = last - NEIGHBOR_SLOTS;
	while (t->tick < last) {
		t->tick++;
		for (n = LIST_FIRST(&t->slot[t->tick % NEIGHBOR_SLOTS]); n != NULL; n = next) {
			next = LIST_NEXT(n, timer_link);
			if (n->deadline_ms > now_ms)
				continue;
			timer_clear(n);
			expire(t, n, now_ms);
		}
	}
}

void
neighbor_init(struct neighbor_table *t, const struct neighbor_ops *ops, uint64_t now_ms)
{
	memset(t, 0, sizeof(*t));
	t->ops = ops;
	t->tick = now_ms / NEIGHBOR_TICK_MS;
	t->tokens_ms = now_ms;
	TAILQ_INIT(&t->stale);
}

void
neighbor_configure(struct neighbor_table *t, const struct neighbor_conf *conf)
{
	if (t->conf.rate == 0)
		t->tokens = (uint64_t)conf->rate * TOKEN;
	t->conf = *conf;
}

struct neighbor *
neighbor_find(const struct neighbor_table *t, uint16_t iface, uint32_t addr)
{
	struct neighbor *n;

	LIST_FOREACH (n, &t->hash[hash_of(iface, addr)], hash_link)
		if (n->addr == addr && n->iface == iface)
			return n;
	return NULL;
}

struct neighbor *
neighbor_next(const struct neighbor_table *t, const struct neighbor *n)
{
	uint32_t slot = 0;

	if (n != NULL) {
		if (LIST_NEXT(n, hash_link) != NULL)
			return LIST_NEXT(n, hash_link);
		slot = hash_of(n->iface, n->addr) + 1;
	}
	for (; slot < NEIGHBOR_HASH; slot++)
		if (!LIST_EMPTY(&t->hash[slot]))
			return LIST_FIRST(&t->hash[slot]);
	return NULL;
}

void
neighbor_clear(struct neighbor_table *t)
{
	struct neighbor *n;

	while ((n = neighbor_next(t, NULL)) != NULL)
		neighbor_remove(t, n);
}

int
neighbor_hold(
	struct neighbor_table *t, uint16_t iface, uint32_t addr, void *packet, uint64_t now_ms)
{
	struct neighbor *n = neighbor_find(t, iface, addr);

	if (n == NULL) {
		if (t->held >= t->conf.hold_total)
			return -ENOBUFS;
		if (!room(t, true))
			return -ENOSPC;
		n = neighbor_new(t, iface, addr, now_ms);
		if (n == NULL)
			return -ENOSPC;
	}
	if (n->state != NEIGHBOR_INCOMPLETE)
		return -EEXIST;
	if (n->deadline_ms == 0)
		ask(t, n, true, now_ms);
	if (n->held == NULL) {
		n->held = calloc(t->conf.hold, sizeof(*n->held));
		n->held_room = t->conf.hold;
	}
	if (n->held == NULL || n->held_count >= n->held_room || t->held >= t->conf.hold_total)
		return -ENOBUFS;
	n->held[n->held_count++] = packet;
	t->held++;
	if (n->held_count >= n->held_room)
		t->ops->full(n, true);
	return 0;
}

bool
neighbor_confirm(struct neighbor_table *t, uint16_t iface, uint32_t addr,
	const struct rte_ether_addr *mac, bool create, uint64_t now_ms)
{
	struct neighbor *n = neighbor_find(t, iface, addr);
	bool changed;

	if (n == NULL) {
		if (!create || !room(t, false))
			return false;
		n = neighbor_new(t, iface, addr, now_ms);
		if (n == NULL)
			return false;
	}
	if (n->state == NEIGHBOR_STATIC)
		return true;
	changed = n->state == NEIGHBOR_INCOMPLETE || !rte_is_same_ether_addr(&n->mac, mac);
	rte_ether_addr_copy(mac, &n->mac);
	state_set(t, n, NEIGHBOR_REACHABLE);
	n->confirmed_ms = now_ms;
	timer_set(t, n, now_ms + t->conf.reachable_ms);
	t->ops->used(n);
	if (changed)
		t->ops->resolved(n);
	held_empty(t, n, t->ops->release);
	return true;
}

int
neighbor_set_static(struct neighbor_table *t, uint16_t iface, uint32_t addr,
	const struct rte_ether_addr *mac, uint64_t now_ms)
{
	struct neighbor *n = neighbor_find(t, iface, addr);

	if (n == NULL)
		n = neighbor_new(t, iface, addr, now_ms);
	if (n == NULL)
		return -ENOMEM;
	timer_clear(n);
	rte_ether_addr_copy(mac, &n->mac);
	state_set(t, n, NEIGHBOR_STATIC);
	n->confirmed_ms = now_ms;
	t->ops->resolved(n);
	held_empty(t, n, t->ops->release);
	return 0;
}

void
neighbor_unset_static(struct neighbor_table *t, struct neighbor *n)
{
	t->ops->unresolved(n);
	state_set(t, n, NEIGHBOR_INCOMPLETE);
	if (n->refs == 0)
		neighbor_remove(t, n);
}

struct neighbor *
neighbor_ref(struct neighbor_table *t, uint16_t iface, uint32_t addr, uint64_t now_ms)
{
	struct neighbor *n = neighbor_find(t, iface, addr);

	if (n == NULL)
		n = neighbor_new(t, iface, addr, now_ms);
	if (n == NULL)
		return NULL;
	count(t, n, -1);
	n->refs++;
	count(t, n, 1);
	if (n->state == NEIGHBOR_INCOMPLETE && n->deadline_ms == 0)
		ask(t, n, true, now_ms);
	return n;
}

void
neighbor_unref(struct neighbor_table *t, struct neighbor *n)
{
	count(t, n, -1);
	n->refs--;
	count(t, n, 1);
	/* Nobody waits for an answer, so nobody would remove it. */
	if (n->refs == 0 && n->state == NEIGHBOR_INCOMPLETE)
		neighbor_remove(t, n);
}

void
neighbor_forget(struct neighbor_table *t, struct neighbor *n)
{
	if (n->state != NEIGHBOR_STATIC)
		give_up(t, n);
}

const char *
neighbor_state_name(const struct neighbor *n)
{
	static const char *const name[] = {
		[NEIGHBOR_INCOMPLETE] = "incomplete",
		[NEIGHBOR_REACHABLE] = "reachable",
		[NEIGHBOR_STALE] = "stale",
		[NEIGHBOR_PROBE] = "probe",
		[NEIGHBOR_STATIC] = "static",
	};

	return name[n->state];
}
