/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "addr.h"
#include "conf.h"
#include "conf_own.h"
#include "rib.h"

const char *
ip4_conf_step(char *text, size_t size, const char *name)
{
	snprintf(text, size, strchr(name, '.') != NULL ? "\"%s\"" : "%s", name);
	return text;
}

static int
compare(const void *a, const void *b)
{
	const struct ip4_conf_own *x = a, *y = b;
	uint32_t px = x->addr & ip4_mask(x->len), py = y->addr & ip4_mask(y->len);

	if (px != py)
		return px < py ? -1 : 1;
	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

int
ip4_conf_own_gather(const json_t *root, struct ip4_conf_own_list *list, struct xebra_err *err)
{
	const json_t *interfaces = json_object_get(json_object_get(root, "ip4"), "interfaces");
	const json_t *addresses, *item;
	size_t i, room = 0;
	const char *name;
	json_t *iface;

	json_object_foreach (ip4_json(interfaces), name, iface)
		room += json_array_size(json_object_get(iface, "addresses"));
	*list = (struct ip4_conf_own_list){.own = calloc(room + 1, sizeof(*list->own))};
	if (list->own == NULL)
		return xebra_err_set(err, -ENOMEM, "no memory");
	json_object_foreach (ip4_json(interfaces), name, iface) {
		addresses = json_object_get(iface, "addresses");
		json_array_foreach (ip4_json(addresses), i, item) {
			struct ip4_conf_own *o = &list->own[list->n++];

			ip4_prefix_parse(json_string_value(item), &o->addr, &o->len);
			o->iface = name;
			o->index = i;
		}
	}
	qsort(list->own, list->n, sizeof(*list->own), compare);
	return 0;
}

void
ip4_conf_own_free(struct ip4_conf_own_list *list)
{
	free(list->own);
	list->own = NULL;
}

static int
overlap_error(
	const struct ip4_conf_own *first, const struct ip4_conf_own *second, struct xebra_err *err)
{
	char text[IP4_PREFIX_TEXT], other[IP4_PREFIX_TEXT], name[40];
	bool same = first->addr == second->addr;

	return xebra_err_set(err, -EEXIST,
		"ip4.interfaces.%s.addresses[%zu]: %s %s %s of interface %s",
		ip4_conf_step(name, sizeof(name), second->iface), second->index,
		ip4_prefix_text(text, second->addr, second->len),
		same ? "is the same address as" : "is in the network of",
		ip4_prefix_text(other, first->addr, first->len), first->iface);
}

int
ip4_conf_own_overlap_check(const struct ip4_conf_own_list *list, struct xebra_err *err)
{
	const struct ip4_conf_own *wide = list->own;

	for (size_t i = 1; i < list->n; i++) {
		const struct ip4_conf_own *o = &list->own[i];
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

const struct ip4_conf_own *
ip4_conf_own_network(const struct ip4_conf_own_list *list, uint32_t addr)
{
	size_t low = 0, high = list->n;
	const struct ip4_conf_own *o;

	/* The first whose network has it, or begins behind it. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		o = &list->own[middle];
		if (ip4_prefix_has(o->addr, o->len, addr) || (o->addr & ip4_mask(o->len)) > addr)
			high = middle;
		else
			low = middle + 1;
	}
	o = &list->own[low];
	return low < list->n && ip4_prefix_has(o->addr, o->len, addr) ? o : NULL;
}

int
ip4_conf_own_station_check(
	const struct ip4_conf_own_list *list, uint32_t addr, struct xebra_err *err)
{
	const struct ip4_conf_own *o = ip4_conf_own_network(list, addr);
	char text[IP4_ADDR_TEXT], network[IP4_PREFIX_TEXT];

	ip4_addr_text(text, addr);
	if (o == NULL)
		return 0;
	if (o->len < 31 &&
		((addr & ~ip4_mask(o->len)) == 0 || (addr | ip4_mask(o->len)) == UINT32_MAX))
		return xebra_err_set(err, -EINVAL, "%s is the broadcast address of %s", text,
			ip4_prefix_text(network, o->addr & ip4_mask(o->len), o->len));
	for (; o < list->own + list->n && ip4_prefix_has(o->addr, o->len, addr); o++)
		if (o->addr == addr)
			return xebra_err_set(err, -EINVAL,
				"%s is the router's own address on interface %s", text, o->iface);
	return 0;
}
