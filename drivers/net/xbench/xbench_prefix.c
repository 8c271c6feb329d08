/* SPDX-License-Identifier: BSD-3-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "xbench_prefix.h"

uint64_t
xbench_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static void
mask_host_bits(struct xbench_addr *addr, unsigned int len)
{
	unsigned int i = len / 8;

	if (i < sizeof(addr->b) && len % 8 != 0)
		addr->b[i++] &= 0xff00 >> (len % 8);
	for (; i < sizeof(addr->b); i++)
		addr->b[i] = 0;
}

static int
append(struct xbench_prefixes *set, const struct xbench_prefix *prefix)
{
	struct xbench_prefix *list;

	if (set->n == set->size) {
		uint32_t size = RTE_MAX(64u, set->size * 2);

		list = realloc(set->list, size * sizeof(*list));
		if (list == NULL)
			return -ENOMEM;
		set->list = list;
		set->size = size;
	}
	set->list[set->n++] = *prefix;
	return 0;
}

/* The number at the start of a text, at most max; -1 when there is none. */
static long
number(const char *text, long max, const char **end)
{
	char *stop;
	long value;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	value = strtol(text, &stop, 10);
	*end = stop;
	return value > max ? -1 : value;
}

int
xbench_prefixes_add(struct xbench_prefixes *set, const char *text)
{
	struct xbench_prefix prefix = {.egress = XBENCH_ANY_PORT};
	const char *slash = strchr(text, '/');
	char addr[64];
	uint8_t width;
	long value;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, text, slash - text);
	addr[slash - text] = '\0';
	width = strchr(addr, ':') != NULL ? 128 : 32;
	if (inet_pton(width == 128 ? AF_INET6 : AF_INET, addr, &prefix.addr) != 1)
		return -EINVAL;
	if (set->width != 0 && set->width != width)
		return -EINVAL;
	value = number(slash + 1, width, &text);
	if (value < 0)
		return -EINVAL;
	prefix.len = value;
	text += strspn(text, " \t@");
	if (*text != '\0' && *text != '\n' && *text != '#') {
		value = number(text, XBENCH_ANY_PORT, &text);
		if (value < 0 || text[strspn(text, " \t\n")] != '\0')
			return -EINVAL;
		prefix.egress = value;
	}
	mask_host_bits(&prefix.addr, prefix.len);
	set->width = width;
	return append(set, &prefix);
}

int
xbench_prefixes_load(struct xbench_prefixes *set, const char *path, unsigned int *line)
{
	FILE *file = fopen(path, "re");
	char text[128];
	int rc = 0;

	*line = 0;
	if (file == NULL)
		return -errno;
	while (rc == 0 && fgets(text, sizeof(text), file) != NULL) {
		const char *start = text + strspn(text, " \t\n");

		++*line;
		if (*start != '\0' && *start != '#')
			rc = xbench_prefixes_add(set, start);
	}
	fclose(file);
	if (rc == 0 && set->n == 0)
		rc = -ENODATA;
	return rc;
}

static int
by_length_and_address(const void *a, const void *b)
{
	const struct xbench_prefix *x = a, *y = b;

	if (x->len != y->len)
		return x->len - y->len;
	return memcmp(&x->addr, &y->addr, sizeof(x->addr));
}

void
xbench_prefixes_sort(struct xbench_prefixes *set)
{
	unsigned int len;
	uint32_t i = 0;

	if (set->n > 0)
		qsort(set->list, set->n, sizeof(*set->list), by_length_and_address);
	for (len = 0; len < RTE_DIM(set->first); len++) {
		while (i < set->n && set->list[i].len < len)
			i++;
		set->first[len] = i;
	}
}

const struct xbench_prefix *
xbench_prefixes_lookup(const struct xbench_prefixes *set, const struct xbench_addr *addr)
{
	struct xbench_prefix key;
	const struct xbench_prefix *found;
	int len;

	for (len = set->width; len >= 0; len--) {
		uint32_t first = set->first[len], n = set->first[len + 1] - first;

		if (n == 0)
			continue;
		key.len = len;
		key.addr = *addr;
		mask_host_bits(&key.addr, len);
		found = bsearch(&key, set->list + first, n, sizeof(key), by_length_and_address);
		if (found != NULL)
			return found;
	}
	return NULL;
}

struct xbench_addr
xbench_prefixes_pick(const struct xbench_prefixes *set, uint64_t *seed, uint8_t *egress)
{
	const struct xbench_prefix *prefix = &set->list[xbench_random(seed) % set->n];
	struct xbench_addr addr = prefix->addr, host;
	uint64_t random[2] = {xbench_random(seed), xbench_random(seed)};
	unsigned int i, len = prefix->len;

	memcpy(&host, random, sizeof(host));
	for (i = len / 8; i < set->width / 8u; i++) {
		uint8_t mask = i == len / 8 ? 0xff >> (len % 8) : 0xff;

		addr.b[i] |= host.b[i] & mask;
	}
	prefix = xbench_prefixes_lookup(set, &addr);
	*egress = prefix->egress;
	return addr;
}

void
xbench_prefixes_free(struct xbench_prefixes *set)
{
	free(set->list);
	memset(set, 0, sizeof(*set));
}
