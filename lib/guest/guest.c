/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "xebra_guest.h"

static TAILQ_HEAD(, xebra_guest_ops) backends = TAILQ_HEAD_INITIALIZER(backends);

void
xebra_guest_register(struct xebra_guest_ops *ops)
{
	TAILQ_INSERT_TAIL(&backends, ops, next);
}

const struct xebra_guest_ops *
xebra_guest_backend(const char *name)
{
	struct xebra_guest_ops *ops;

	TAILQ_FOREACH (ops, &backends, next)
		if (strcmp(ops->name, name) == 0)
			return ops;
	return NULL;
}
