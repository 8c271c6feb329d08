/* SPDX-License-Identifier: BSD-3-Clause */
#include <stdlib.h>
#include <string.h>

#include "xbench_meter.h"

struct xbench_meter xbench_meters[RTE_MAX_LCORE + 1];

void
xbench_meter_turn(struct xbench_meter *meter, const void *queue)
{
	uint64_t now;
	float cycles;

	if (meter->anchor == NULL)
		meter->anchor = queue;
	if (queue != meter->anchor)
		return;
	now = rte_rdtsc();
	if (meter->begin != 0) {
		cycles = (float)(now - meter->begin) / meter->packets;
		if (meter->windows == 0 || cycles < meter->shortest)
			meter->shortest = cycles;
		meter->kept[meter->windows % XBENCH_WINDOWS_KEPT] = cycles;
		meter->windows++;
	}
	meter->packets = 0;
	meter->begin = now;
}

void
xbench_meters_reset(void)
{
	memset(xbench_meters, 0, sizeof(xbench_meters));
}

static int
by_value(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

unsigned int
xbench_meter_sorted(const struct xbench_meter *meter, float *out)
{
	unsigned int n = RTE_MIN(meter->windows, (uint32_t)XBENCH_WINDOWS_KEPT);

	memcpy(out, meter->kept, n * sizeof(*out));
	qsort(out, n, sizeof(*out), by_value);
	return n;
}

void
xbench_histogram_merge(struct xbench_histogram *to, const struct xbench_histogram *from)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(to->bucket); i++)
		to->bucket[i] += from->bucket[i];
	to->count += from->count;
	to->max = RTE_MAX(to->max, from->max);
}

/* The largest value that falls into a bucket. */
static uint64_t
bucket_top(unsigned int i)
{
	unsigned int log = i / 16 + 3;

	if (i < 16)
		return i;
	return (1ull << log) + ((uint64_t)(i % 16 + 1) << (log - 4)) - 1;
}

uint64_t
xbench_histogram_quantile(const struct xbench_histogram *h, double share)
{
	uint64_t seen = 0;
	unsigned int i;

	if (h->count == 0)
		return 0;
	for (i = 0; i < RTE_DIM(h->bucket); i++) {
		seen += h->bucket[i];
		if (seen > 0 && seen >= share * h->count)
			return RTE_MIN(bucket_top(i), h->max);
	}
	return h->max;
}
