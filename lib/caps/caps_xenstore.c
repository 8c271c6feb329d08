/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Caps in a node of the xenstore, read by the guest. A watch fires once when it is made, and for
 * whatever happens to the node, its coming and going as well.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <xenstore.h>

#include "caps_priv.h"
#include "xebra_loop.h"

struct node_watch {
	struct xebra_caps_watch watch;
	struct xs_handle *xs;
};

static void
tell_node(const struct node_watch *n)
{
	unsigned int len = 0;
	char *text = xs_read(n->xs, XBT_NULL, n->watch.place, &len);

	if (text == NULL)
		caps_tell_none(&n->watch, errno == ENOENT ? 0 : -errno);
	else
		caps_tell(&n->watch, text, len);
	free(text);
}

static void
node_changed(int fd __rte_unused, uint32_t events __rte_unused, void *arg)
{
	struct node_watch *n = arg;
	bool fired = false;
	char **event;

	while ((event = xs_check_watch(n->xs)) != NULL) {
		free(event);
		fired = true;
	}
	if (fired)
		tell_node(n);
}

static void
stop_node(struct xebra_caps_watch *watch)
{
	struct node_watch *n = container_of(watch, struct node_watch, watch);

	if (n->xs == NULL)
		return;
	xebra_loop_unwatch(xs_fileno(n->xs));
	xs_close(n->xs);
}

static int
open_store(struct node_watch *n, struct xebra_err *err)
{
	const char *node = n->watch.place;
	int rc;

	n->xs = xs_open(0);
	if (n->xs == NULL)
		return xebra_err_set(
			err, -ENODEV, "%s: no xenstore here: %s", node, strerror(errno));
	if (!xs_watch(n->xs, node, node))
		return xebra_err_set(
			err, -errno, "%s: cannot be watched: %s", node, strerror(errno));
	rc = xebra_loop_watch(xs_fileno(n->xs), EPOLLIN, node_changed, n);
	return rc < 0 ? xebra_err_set(err, rc, "%s: cannot be watched: %s", node, strerror(-rc))
		      : 0;
}

int
xebra_caps_watch_xenstore(const char *node, xebra_caps_fn fn, void *arg,
	struct xebra_caps_watch **watch, struct xebra_err *err)
{
	struct node_watch *n = calloc(1, sizeof(*n));
	int rc = caps_watch_init(n != NULL ? &n->watch : NULL, node, fn, arg, err);

	if (rc < 0)
		return rc;
	n->watch.stop = stop_node;
	rc = open_store(n, err);
	if (rc < 0) {
		xebra_caps_watch_stop(&n->watch);
		return rc;
	}
	tell_node(n);
	*watch = &n->watch;
	return 0;
}
