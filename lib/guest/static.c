/* SPDX-License-Identifier: BSD-3-Clause */
/* Guests that are there because the configuration says so, and read their caps from a file. */
#include "xebra_guest.h"

static int
static_open(xebra_guest_changed changed __rte_unused, void *arg __rte_unused,
	struct xebra_err *err __rte_unused)
{
	return 0;
}

static void
static_close(void)
{
}

static int
static_find(const struct xebra_guest_conf *conf __rte_unused, struct xebra_guest_state *state,
	struct xebra_err *err __rte_unused)
{
	*state = (struct xebra_guest_state){.present = true};
	return 0;
}

static int
static_tell(
	const struct xebra_guest_conf *conf, const struct xebra_caps *caps, struct xebra_err *err)
{
	int rc = 0;

	if (conf->caps_file != NULL)
		rc = xebra_caps_write_file(conf->caps_file, caps, err);
	return rc < 0 ? xebra_err_at(err, "caps_file") : 0;
}

static struct xebra_guest_ops static_ops = {
	.name = "static",
	.open = static_open,
	.close = static_close,
	.find = static_find,
	.tell = static_tell,
};
XEBRA_GUEST_BACKEND(static_ops)
