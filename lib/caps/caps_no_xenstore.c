/* SPDX-License-Identifier: BSD-3-Clause */
/* In the place of caps_xenstore.c where Xen's libraries are not. */
#include <errno.h>

#include "caps_priv.h"

int
xebra_caps_watch_xenstore(const char *node, xebra_caps_fn fn __rte_unused, void *arg __rte_unused,
	struct xebra_caps_watch **watch __rte_unused, struct xebra_err *err)
{
	return xebra_err_set(err, -ENOTSUP, "%s: this program was built without Xen", node);
}
