/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Xen's domains as guests
 * =======================
 *
 * The hypervisor knows which domains there are and what state they are in (libxenctrl); the
 * xenstore knows their names and which PCI devices the toolstack gave them, and tells when that
 * changes: the special watches @introduceDomain and @releaseDomain fire when a domain comes or
 * goes, a watch on the PCI backend's folder when a device is given or taken. Whatever fires, the
 * answer is the same: tell the manager to look again, and it asks for each guest from scratch. So
 * nothing can be missed, and there is no state here that could be wrong.
 *
 * A domain that dies, or has shut down and waits to be destroyed, is not there any more: its VFs
 * are somebody else's.
 *
 * A guest's caps are written to "xebra/caps" below its own path in the xenstore. The node belongs
 * to domain 0, the guest may only read it; it goes with the domain. With each write the guest's
 * own watch fires.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>

#include <xenctrl.h>
#include <xenstore.h>

#include "xebra_guest.h"
#include "xebra_loop.h"
#include "xen_pci.h"

#define DOMAINS_AT_ONCE 64
#define PATH_SIZE 128
#define BACKENDS "/local/domain/0/backend/pci"

static struct {
	xc_interface *xc;
	struct xs_handle *xs;
	xebra_guest_changed changed;
	void *changed_arg;
} xen;

static void
something_changed(int fd __rte_unused, uint32_t events __rte_unused, void *arg __rte_unused)
{
	bool fired = false;
	char **event;

	while ((event = xs_check_watch(xen.xs)) != NULL) {
		free(event);
		fired = true;
	}
	if (fired)
		xen.changed(xen.changed_arg);
}

static void
xen_close(void)
{
	if (xen.xs != NULL) {
		xebra_loop_unwatch(xs_fileno(xen.xs));
		xs_close(xen.xs);
	}
	if (xen.xc != NULL)
		xc_interface_close(xen.xc);
	xen.xs = NULL;
	xen.xc = NULL;
}

static int
watch_all(struct xebra_err *err)
{
	static const char *const watched[] = {"@introduceDomain", "@releaseDomain", BACKENDS};
	int rc;

	for (unsigned int i = 0; i < RTE_DIM(watched); i++)
		if (!xs_watch(xen.xs, watched[i], watched[i])) {
			rc = -errno;
			return xebra_err_set(err, rc, "xenstore: %s cannot be watched: %s",
				watched[i], strerror(-rc));
		}
	rc = xebra_loop_watch(xs_fileno(xen.xs), EPOLLIN, something_changed, NULL);
	return rc < 0 ? xebra_err_set(err, rc, "xenstore: cannot be watched: %s", strerror(-rc))
		      : 0;
}

static int
xen_open(xebra_guest_changed changed, void *arg, struct xebra_err *err)
{
	int rc = 0;

	xen.changed = changed;
	xen.changed_arg = arg;
	xen.xc = xc_interface_open(NULL, NULL, 0);
	if (xen.xc == NULL)
		return xebra_err_set(
			err, -ENODEV, "the hypervisor cannot be reached: %s", strerror(errno));
	xen.xs = xs_open(0);
	if (xen.xs == NULL)
		rc = xebra_err_set(
			err, -ENODEV, "the xenstore cannot be reached: %s", strerror(errno));
	else
		rc = watch_all(err);
	if (rc < 0)
		xen_close();
	return rc;
}

static void
print_uuid(const xen_domain_handle_t u, char *text)
{
	snprintf(text, XEBRA_GUEST_UUID_SIZE,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1],
		u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14],
		u[15]);
}

/* The text of a node, to be freed; NULL: not there. */
static char *
read_node(const char *path, const char *key)
{
	char whole[2 * PATH_SIZE];
	unsigned int len;

	snprintf(whole, sizeof(whole), "%s/%s", path, key);
	return xs_read(xen.xs, XBT_NULL, whole, &len);
}

static bool
is_called(uint32_t domid, const char *name)
{
	char path[PATH_SIZE];
	char *text;
	bool same;

	snprintf(path, sizeof(path), "/local/domain/%" PRIu32, domid);
	text = read_node(path, "name");
	same = text != NULL && strcmp(text, name) == 0;
	free(text);
	return same;
}

/* Is this the domain, by UUID or by name, and alive? */
static bool
is_domain(const xc_domaininfo_t *info, const char *domain, char *uuid)
{
	if (info->flags & (XEN_DOMINF_dying | XEN_DOMINF_shutdown))
		return false;
	print_uuid(info->handle, uuid);
	return strcasecmp(uuid, domain) == 0 || is_called(info->domain, domain);
}

/* Returns the domain's id, -ENOENT or why there is no list. */
static int
find_domain(const char *domain, char *uuid)
{
	xc_domaininfo_t info[DOMAINS_AT_ONCE];
	uint32_t first = 0;
	int n;

	while ((n = xc_domain_getinfolist(xen.xc, first, DOMAINS_AT_ONCE, info)) > 0) {
		for (int i = 0; i < n; i++)
			if (is_domain(&info[i], domain, uuid))
				return info[i].domain;
		first = info[n - 1].domain + 1;
	}
	return n < 0 ? -errno : -ENOENT;
}

static char *
get_backend_entry(void *arg, const char *key)
{
	return read_node(arg, key);
}

/* A domain has one PCI backend, under a number. */
static void
find_devices(uint32_t domid, struct xebra_guest_state *state)
{
	char path[PATH_SIZE];
	unsigned int nb = 0;
	char **backends;

	state->knows_devices = true;
	snprintf(path, sizeof(path), BACKENDS "/%" PRIu32, domid);
	backends = xs_directory(xen.xs, XBT_NULL, path, &nb);
	for (unsigned int i = 0; backends != NULL && i < nb; i++) {
		char backend[PATH_SIZE + 64];

		snprintf(backend, sizeof(backend), "%s/%.60s", path, backends[i]);
		state->nb_devices += xen_pci_devices(get_backend_entry, backend,
			&state->device[state->nb_devices],
			XEBRA_GUEST_DEVICES_MAX - state->nb_devices);
	}
	free(backends);
}

static int
xen_find(
	const struct xebra_guest_conf *conf, struct xebra_guest_state *state, struct xebra_err *err)
{
	int domid;

	memset(state, 0, sizeof(*state));
	domid = find_domain(conf->domain, state->uuid);
	if (domid == -ENOENT) {
		state->uuid[0] = '\0';
		return 0;
	}
	if (domid < 0)
		return xebra_err_set(err, domid, "domain: the hypervisor does not list them: %s",
			strerror(-domid));
	state->present = true;
	state->instance = domid;
	find_devices(domid, state);
	return 0;
}

/* A node of domain 0's that the guest may read. */
static bool
let_read(const char *path, uint32_t domid)
{
	struct xs_permissions perms[] = {
		{.id = 0, .perms = XS_PERM_NONE},
		{.id = domid, .perms = XS_PERM_READ},
	};

	return xs_set_permissions(xen.xs, XBT_NULL, path, perms, RTE_DIM(perms));
}

static int
write_caps(uint32_t domid, const char *text)
{
	char path[PATH_SIZE];
	char *slash;

	snprintf(path, sizeof(path), "/local/domain/%" PRIu32 "/" XEBRA_CAPS_NODE, domid);
	if (!xs_write(xen.xs, XBT_NULL, path, text, strlen(text)) || !let_read(path, domid))
		return -errno;
	slash = strrchr(path, '/');
	*slash = '\0';
	return let_read(path, domid) ? 0 : -errno;
}

static int
xen_tell(const struct xebra_guest_conf *conf, const struct xebra_caps *caps, struct xebra_err *err)
{
	char uuid[XEBRA_GUEST_UUID_SIZE];
	int domid = find_domain(conf->domain, uuid);
	char *text;
	int rc;

	if (domid < 0)
		return xebra_err_set(err, domid, "domain: %s is not there", conf->domain);
	text = xebra_caps_print(caps);
	rc = text != NULL ? write_caps(domid, text) : -ENOMEM;
	free(text);
	return rc < 0 ? xebra_err_set(err, rc, "domain: %s cannot be told its caps: %s",
				conf->domain, strerror(-rc))
		      : 0;
}

static struct xebra_guest_ops xen_ops = {
	.name = "xen",
	.open = xen_open,
	.close = xen_close,
	.find = xen_find,
	.tell = xen_tell,
};
XEBRA_GUEST_BACKEND(xen_ops)
