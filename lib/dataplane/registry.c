/* SPDX-License-Identifier: BSD-3-Clause */
/* Who has registered with the data plane: network layers and reasons to drop. */
#include <string.h>

#include <rte_debug.h>

#include "graph_priv.h"

#define DROPS_MAX 256

static struct xebra_family *families;
static struct {
	const char *node;
	const char *help;
} drops[DROPS_MAX];
static unsigned int nb_drops;

void
xebra_family_register(struct xebra_family *family)
{
	family->next = families;
	families = family;
}

const struct xebra_family *
family_first(void)
{
	return families;
}

const struct xebra_family *
family_of_type(rte_be16_t ether_type)
{
	for (const struct xebra_family *f = families; f != NULL; f = f->next)
		for (const struct xebra_ether_type *t = f->types; t->type != 0; t++)
			if (rte_cpu_to_be_16(t->type) == ether_type)
				return f;
	return NULL;
}

bool
family_node_active(const char *node)
{
	for (const struct xebra_family *f = families; f != NULL; f = f->next) {
		size_t len = strlen(f->name);

		if (strncmp(node, f->name, len) == 0 && node[len] == '_')
			return f->active();
	}
	return true;
}

void
xebra_drop_register(const char *node, const char *help)
{
	if (nb_drops == DROPS_MAX)
		rte_panic("more than %d reasons to drop packets\n", DROPS_MAX);
	drops[nb_drops].node = node;
	drops[nb_drops++].help = help;
}

const char *
drop_help(const char *node)
{
	for (unsigned int i = 0; i < nb_drops; i++)
		if (strcmp(drops[i].node, node) == 0)
			return drops[i].help;
	return NULL;
}
