/* SPDX-License-Identifier: BSD-3-Clause */
#include "adapt.h"

/* One bucket of average load counts this much, and an unused one 1, so that unused buckets are
 * spread as well, but never at the expense of used ones. */
#define AVERAGE 4096

struct balance {
	const uint32_t *weight;
	double load[VCHANNEL_NONE + 1]; /* by the member that buckets shall have */
	double mean;                    /* load per weight, of all */
	double scale;                   /* from bytes to load */
	uint32_t stuck;                 /* members with nothing to give or take */
};

size_t
vchannel_adapt_size(uint32_t nb)
{
	return sizeof(struct vchannel_adapt) + nb * (sizeof(uint64_t) + sizeof(uint8_t));
}

struct vchannel_adapt *
vchannel_adapt_init(void *memory, uint32_t nb)
{
	struct vchannel_adapt *a = memory;

	a->nb = nb;
	a->load = (uint64_t *)(void *)(a + 1);
	a->rest = (uint8_t *)(a->load + nb);
	return a;
}

void
vchannel_adapt_measure(struct vchannel_adapt *a, const uint64_t *bytes)
{
	uint32_t b;

	for (b = 0; b < a->nb; b++) {
		if (a->warm)
			a->load[b] += 2 * bytes[b] - a->load[b] / 8;
		else
			a->load[b] = 16 * bytes[b];
		if (a->rest[b] > 0)
			a->rest[b]--;
	}
	a->warm = true;
}

static double
size_of(const struct balance *bal, const struct vchannel_adapt *a, uint32_t b)
{
	return 1 + a->load[b] * bal->scale;
}

static bool
weigh(struct balance *bal, const struct vchannel_adapt *a, const struct vchannel_table *t)
{
	uint64_t bytes = 0, weights = 0;
	double sum = 0;
	uint32_t b;
	int m;

	for (m = 0; m < VCHANNEL_MEMBERS_MAX; m++)
		weights += bal->weight[m];
	if (weights == 0)
		return false;
	for (b = 0; b < a->nb; b++)
		bytes += a->load[b];
	bal->scale = bytes == 0 ? 0 : (double)AVERAGE * a->nb / bytes;
	for (b = 0; b < a->nb; b++)
		bal->load[vchannel_bucket_load(t, b).want] += size_of(bal, a, b);
	for (m = 0; m < VCHANNEL_MEMBERS_MAX; m++)
		sum += bal->load[m];
	bal->mean = sum / weights;
	return true;
}

static double
per_weight(const struct balance *bal, int m)
{
	return bal->load[m] / bal->weight[m];
}

/* The heaviest and the lightest member for their weights, of those that can still help. */
static bool
worst_pair(const struct balance *bal, int *heavy, int *light)
{
	int m;

	*heavy = *light = -1;
	for (m = 0; m < VCHANNEL_MEMBERS_MAX; m++) {
		if (bal->weight[m] == 0)
			continue;
		if (*light < 0 || per_weight(bal, m) < per_weight(bal, *light))
			*light = m;
		if (bal->stuck & (UINT32_C(1) << m))
			continue;
		if (*heavy < 0 || per_weight(bal, m) > per_weight(bal, *heavy))
			*heavy = m;
	}
	return *heavy >= 0 && *heavy != *light;
}

/* The bucket of `heavy` that, given to `light`, leaves the two closest; a->nb if none improves. */
static uint32_t
best_bucket(const struct balance *bal, const struct vchannel_adapt *a,
	const struct vchannel_table *t, int heavy, int light)
{
	double ideal = (per_weight(bal, heavy) - per_weight(bal, light)) /
		(1.0 / bal->weight[heavy] + 1.0 / bal->weight[light]);
	double best = 0, size;
	uint32_t b, found = a->nb;
	union vchannel_bucket s;

	for (b = 0; b < a->nb; b++) {
		s = vchannel_bucket_load(t, b);
		if (s.want != heavy || a->rest[b] > 0)
			continue;
		size = size_of(bal, a, b);
		if (size > best && size <= ideal) {
			best = size;
			found = b;
		}
	}
	return found;
}

/* A bucket that was never idle in all its rest keeps its member: others are to try instead. */
static void
give_up(struct vchannel_adapt *a, struct vchannel_table *t, const uint32_t *weight, uint32_t now)
{
	union vchannel_bucket s;
	uint32_t b;

	if (t->pending == 0)
		return;
	for (b = 0; b < a->nb; b++) {
		s = vchannel_bucket_load(t, b);
		if (s.cur == s.want || a->rest[b] > 0 || s.cur == VCHANNEL_NONE ||
			weight[s.cur] == 0)
			continue;
		vchannel_table_request(t, b, s.cur, now);
		a->rest[b] = UINT8_MAX;
	}
}

uint32_t
vchannel_adapt_step(
	struct vchannel_adapt *a, struct vchannel_table *t, const uint32_t *weight, uint32_t now)
{
	struct balance bal = {.weight = weight};
	uint32_t moves = 0, started = 0, b;
	int heavy, light;
	double apart, limit;

	give_up(a, t, weight, now);
	if (!a->warm || !weigh(&bal, a, t))
		return 0;
	while (moves < ADAPT_MOVES && worst_pair(&bal, &heavy, &light)) {
		apart = per_weight(&bal, heavy) - per_weight(&bal, light);
		limit = started & (UINT32_C(1) << heavy) ? ADAPT_STOP : ADAPT_START;
		if (apart * 100 <= limit * bal.mean) {
			bal.stuck |= UINT32_C(1) << heavy;
			continue;
		}
		b = best_bucket(&bal, a, t, heavy, light);
		if (b == a->nb) {
			bal.stuck |= UINT32_C(1) << heavy;
			continue;
		}
		started |= UINT32_C(1) << heavy;
		bal.load[heavy] -= size_of(&bal, a, b);
		bal.load[light] += size_of(&bal, a, b);
		vchannel_table_request(t, b, light, now);
		a->rest[b] = ADAPT_REST;
		moves++;
	}
	return moves;
}
