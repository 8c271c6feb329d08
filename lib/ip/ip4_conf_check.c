/* SPDX-License-Identifier: BSD-3-Clause */
/* What the registration of "ip4" cannot say: references, and addresses that contradict. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "conf.h"
#include "rib.h"

/* An address of the configuration, for finding those whose networks overlap. */
struct own {
	uint32_t addr;
	uint8_t len;
	const char *iface;
	size_t index; /* In the interface's list. */
};

/* A name as one step of a path. */
static const char *
step(char *text, size_t size, const char *name)
{
	snprintf(text, size, strchr(name, '.') != NULL ? "\"%s\"" : "%s", name);
	return text;
}

static int
interface_check(const json_t *root, const char *name, struct xebra_err *err)
{
	const json_t *interfaces = json_object_get(root, "interfaces");
	const char *known[64], *meant, *key;
	unsigned int n = 0;
	json_t *value;

	if (json_object_get(interfaces, name) != NULL)
		return 0;
	json_object_foreach (ip4_json(interfaces), key, value)
		if (n < RTE_DIM(known) - 1)
			known[n++] = key;
	known[n] = NULL;
	meant = xebra_nearest_word(name, known);
	if (meant != NULL)
		return xebra_err_set(err, -ENOENT,
			"there is no interface \"%s\"; did you mean \"%s\"?", name, meant);
	return xebra_err_set(err, -ENOENT, "there is no interface \"%s\"", name);
}

int
ip4_conf_route_check(const json_t *root, const json_t *route, struct xebra_err *err)
{
	const json_t *via = json_object_get(route, "via"), *path;
	const json_t *type = json_object_get(route, "type");
	size_t i;

	if ((via == NULL) == (type == NULL))
		return xebra_err_set(
			err, -EINVAL, "either \"via\" or \"type\" is needed, not both");
	json_array_foreach (ip4_json(via), i, path) {
		const char *iface = json_string_value(json_object_get(path, "interface"));

		if (iface != NULL && interface_check(root, iface, err) < 0)
			return xebra_err_at(err, "via[%zu].interface", i);
	}
	return 0;
}

int
ip4_conf_neighbor_check(const json_t *root, const json_t *neighbor, struct xebra_err *err)
{
	const char *iface = json_string_value(json_object_get(neighbor, "interface"));

	if (interface_check(root, iface, err) < 0)
		return xebra_err_at(err, "interface");
	if (json_object_get(json_object_get(json_object_get(root, "ip4"), "interfaces"), iface) ==
		NULL)
		return xebra_err_set(
			err, -EINVAL, "interface: \"%s\" is not among ip4.interfaces", iface);
	return 0;
}

/* By network, the wider first; so who overlaps comes one after the other. */
static int
own_compare(const void *a, const void *b)
{
	const struct own *x = a, *y = b;
	uint32_t px = x->addr & ip4_mask(x->len), py = y->addr & ip4_mask(y->len);

	if (px != py)
		return px < py ? -1 : 1;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static int
overlap_error(const struct own *first, const struct own *second, struct xebra_err *err)
{
	char text[IP4_PREFIX_TEXT], other[IP4_PREFIX_TEXT], name[40];
	bool same = first->addr == second->addr;

	return xebra_err_set(err, -EEXIST,
		"ip4.interfaces.%s.addresses[%zu]: %s %s %s of interface %s",
		step(name, sizeof(name), second->iface), second->index,
		ip4_prefix_text(text, second->addr, second->len),
		same ? "is the same address as" : "is in the network of",
		ip4_prefix_text(other, first->addr, first->len), first->iface);
}

static int
overlap_check(struct own *own, size_t n, struct xebra_err *err)
{
	const struct own *wide = own;

	qsort(own, n, sizeof(*own), own_compare);
	for (size_t i = 1; i < n; i++) {
		const struct own *o = &own[i];
		bool within = ip4_prefix_has(wide->addr, wide->len, o->addr);

		if (o->addr == o[-1].addr && within)
			return overlap_error(&o[-1], o, err);
		/* One interface may have several addresses of one network. */
		if (within && (o->len != wide->len || strcmp(o->iface, wide->iface) != 0))
			return overlap_error(wide, o, err);
		if (!within)
			wide = o;
	}
	return 0;
}

/* All addresses in one array, which the caller frees. */
static int
own_gather(const json_t *interfaces, struct own **own, size_t *n)
{
	const json_t *addresses, *item;
	const char *name;
	size_t i, room = 0;
	json_t *iface;

	*n = 0;
	json_object_foreach (ip4_json(interfaces), name, iface)
		room += json_array_size(json_object_get(iface, "addresses"));
	*own = calloc(room + 1, sizeof(**own));
	if (*own == NULL)
		return -ENOMEM;
	json_object_foreach (ip4_json(interfaces), name, iface) {
		addresses = json_object_get(iface, "addresses");
		json_array_foreach (ip4_json(addresses), i, item) {
			struct own *o = &(*own)[(*n)++];

			ip4_prefix_parse(json_string_value(item), &o->addr, &o->len);
			o->iface = name;
			o->index = i;
		}
	}
	return 0;
}

static int
interfaces_check(const json_t *root, const json_t *interfaces, struct xebra_err *err)
{
	const char *name;
	char text[40];
	json_t *iface;
	struct own *own;
	size_t n;
	int ret;

	json_object_foreach (ip4_json(interfaces), name, iface)
		if (interface_check(root, name, err) < 0)
			return xebra_err_at(
				err, "ip4.interfaces.%s", step(text, sizeof(text), name));
	ret = own_gather(interfaces, &own, &n);
	if (ret < 0)
		return xebra_err_set(err, ret, "ip4.interfaces: %s", strerror(-ret));
	ret = overlap_check(own, n, err);
	free(own);
	return ret;
}

int
ip4_conf_check(const json_t *root, struct xebra_err *err)
{
	const json_t *ip4 = json_object_get(root, "ip4");
	const char *name;
	json_t *value;
	int ret;

	ret = interfaces_check(root, json_object_get(ip4, "interfaces"), err);
	if (ret < 0)
		return ret;
	json_object_foreach (json_object_get(ip4, "routes"), name, value)
		if (ip4_conf_route_check(root, value, err) < 0)
			return xebra_err_at(err, "ip4.routes.\"%s\"", name);
	json_object_foreach (json_object_get(ip4, "neighbors"), name, value)
		if (ip4_conf_neighbor_check(root, value, err) < 0)
			return xebra_err_at(err, "ip4.neighbors.\"%s\"", name);
	return 0;
}
