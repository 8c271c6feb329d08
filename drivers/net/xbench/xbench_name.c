/* SPDX-License-Identifier: BSD-3-Clause */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "xbench_name.h"
#include "xbench_prefix.h"

#define COMPONENTS_MIN 4
#define COMPONENTS_MAX 8
#define TEXT_LEN 8 /* of a component that is made up */

enum {
	TLV_COMPONENT = 0x08,
	TLV_SEGMENT = 0x32, /* "NDN naming conventions" */
};

static int
add_component(struct xbench_name *name, uint8_t type, const void *value, size_t len)
{
	if (len == 0 || (size_t)name->len + 2 + len > XBENCH_NAME_MAX)
		return -EINVAL;
	name->value[name->len] = type;
	name->value[name->len + 1] = len;
	memcpy(name->value + name->len + 2, value, len);
	name->len += 2 + len;
	name->components++;
	return 0;
}

/* "/a/b" up to the end of the line. */
static int
read_prefix(struct xbench_name *name, const char *text)
{
	memset(name, 0, sizeof(*name));
	while (*text == '/') {
		const char *end = ++text;

		while (isalnum((unsigned char)*end) || *end == '-' || *end == '_')
			end++;
		if (add_component(name, TLV_COMPONENT, text, end - text) != 0)
			return -EINVAL;
		text = end;
	}
	if (text[strspn(text, " \t\n")] != '\0' || name->components == 0 ||
		name->components > XBENCH_NAME_COMPONENTS || name->len > XBENCH_NAME_PREFIX_MAX)
		return -EINVAL;
	return 0;
}

int
xbench_names_add(struct xbench_names *set, const char *text)
{
	struct xbench_name *list;

	if (set->n == set->size) {
		uint32_t size = RTE_MAX(64u, set->size * 2);

		list = realloc(set->list, size * sizeof(*list));
		if (list == NULL)
			return -ENOMEM;
		set->list = list;
		set->size = size;
	}
	if (read_prefix(&set->list[set->n], text) != 0)
		return -EINVAL;
	set->n++;
	return 0;
}

int
xbench_names_load(struct xbench_names *set, const char *path, unsigned int *line)
{
	FILE *file = fopen(path, "re");
	char text[256];
	int rc = 0;

	*line = 0;
	if (file == NULL)
		return -errno;
	while (rc == 0 && fgets(text, sizeof(text), file) != NULL) {
		++*line;
		rc = xbench_names_add(set, text);
	}
	fclose(file);
	return rc == 0 && set->n == 0 ? -ENODATA : rc;
}

static void
add_random_text(struct xbench_name *name, uint64_t *seed)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
	uint64_t bits = xbench_random(seed);
	char text[TEXT_LEN];
	unsigned int i;

	for (i = 0; i < TEXT_LEN; i++, bits >>= 5)
		text[i] = letters[bits & 31];
	add_component(name, TLV_COMPONENT, text, TEXT_LEN);
}

void
xbench_names_make(const struct xbench_names *set, uint64_t seed, uint32_t flow, uint32_t flows,
	struct xbench_name *name)
{
	uint32_t objects = RTE_MAX(flows / XBENCH_NAME_SEGMENTS, 1u);
	uint32_t segment = rte_cpu_to_be_32(flow / objects);
	unsigned int components;

	seed += (uint64_t)(flow % objects) << 32;
	*name = set->list[xbench_random(&seed) % set->n];
	components = COMPONENTS_MIN + xbench_random(&seed) % (COMPONENTS_MAX - COMPONENTS_MIN + 1);
	do
		add_random_text(name, &seed);
	while (name->components < components - 1);
	add_component(name, TLV_SEGMENT, &segment, sizeof(segment));
}

void
xbench_name_number(struct xbench_name *name, const char *text, uint64_t number)
{
	uint64_t be = rte_cpu_to_be_64(number);

	memset(name, 0, sizeof(*name));
	add_component(name, TLV_COMPONENT, text, strlen(text));
	add_component(name, TLV_COMPONENT, &be, sizeof(be));
}

void
xbench_names_free(struct xbench_names *set)
{
	free(set->list);
	memset(set, 0, sizeof(*set));
}
