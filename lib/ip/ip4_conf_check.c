/* SPDX-License-Identifier: BSD-3-Clause */
/* What the registration of "ip4" cannot say: references, and addresses that contradict. */
#include <errno.h>
#include <string.h>

#include "addr.h"
#include "conf.h"
#include "conf_own.h"

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

/* A gateway that another path of the route has already would count twice. */
static int
twice_check(const json_t *via, size_t i, struct xebra_err *err)
{
	const json_t *path = json_array_get(via, i);
	const json_t *gateway = json_object_get(path, "gateway");
	const json_t *iface = json_object_get(path, "interface");

	for (size_t j = 0; j < i; j++) {
		const json_t *other = json_array_get(via, j);
		const json_t *by = json_object_get(other, "interface");

		if (json_equal(json_object_get(other, "gateway"), gateway) &&
			(by == NULL || iface == NULL || json_equal(by, iface)))
			return xebra_err_set(err, -EINVAL, "%s is via[%zu] already",
				json_string_value(gateway), j);
	}
	return 0;
}

/* An error of a gateway gets its place: below the root, or within a command's route (no name). */
static int
at_path(struct xebra_err *err, const char *name, size_t i, const char *key)
{
	if (name == NULL)
		return xebra_err_at(err, "via[%zu].%s", i, key);
	return xebra_err_at(err, "ip4.routes.\"%s\".via[%zu].%s", name, i, key);
}

static int
path_check(const json_t *root, const struct ip4_conf_own_list *own, const char *name,
	const json_t *via, size_t i, struct xebra_err *err)
{
	const json_t *path = json_array_get(via, i);
	const char *iface = json_string_value(json_object_get(path, "interface"));
	uint32_t gateway;

	if (iface != NULL && interface_check(root, iface, err) < 0)
		return at_path(err, name, i, "interface");
	ip4_addr_parse(json_string_value(json_object_get(path, "gateway")), &gateway);
	if (ip4_conf_own_station_check(own, gateway, err) < 0 || twice_check(via, i, err) < 0)
		return at_path(err, name, i, "gateway");
	return 0;
}

static int
route_check(const json_t *root, const struct ip4_conf_own_list *own, const char *name,
	const json_t *route, struct xebra_err *err)
{
	const json_t *via = json_object_get(route, "via");
	const json_t *type = json_object_get(route, "type");

	if ((via == NULL) == (type == NULL)) {
		xebra_err_set(err, -EINVAL, "%s: one of them says where packets go",
			via == NULL ? "neither \"via\" nor \"type\" is given"
				    : "\"via\" and \"type\" are both given");
		return name != NULL ? xebra_err_at(err, "ip4.routes.\"%s\"", name) : err->code;
	}
	for (size_t i = 0; i < json_array_size(via); i++) {
		int ret = path_check(root, own, name, via, i, err);

		if (ret < 0)
			return ret;
	}
	return 0;
}

static int
neighbor_check(const json_t *root, const struct ip4_conf_own_list *own, const char *text,
	const json_t *neighbor, struct xebra_err *err)
{
	const char *iface = json_string_value(json_object_get(neighbor, "interface"));
	const struct ip4_conf_own *network;
	uint32_t addr;

	if (interface_check(root, iface, err) < 0)
		return xebra_err_at(err, "interface");
	if (json_object_get(json_object_get(json_object_get(root, "ip4"), "interfaces"), iface) ==
		NULL)
		return xebra_err_set(
			err, -EINVAL, "interface: \"%s\" is not among ip4.interfaces", iface);
	ip4_addr_parse(text, &addr);
	if (ip4_conf_own_station_check(own, addr, err) < 0)
		return err->code;
	network = ip4_conf_own_network(own, addr);
	if (network == NULL || strcmp(network->iface, iface) != 0)
		return xebra_err_set(
			err, -EINVAL, "%s is on no network of interface %s", text, iface);
	return 0;
}

int
ip4_conf_route_check(const json_t *root, const json_t *route, struct xebra_err *err)
{
	struct ip4_conf_own_list own;
	int ret = ip4_conf_own_gather(root, &own, err);

	if (ret == 0)
		ret = route_check(root, &own, NULL, route, err);
	ip4_conf_own_free(&own);
	return ret;
}

int
ip4_conf_neighbor_check(
	const json_t *root, const char *addr, const json_t *neighbor, struct xebra_err *err)
{
	struct ip4_conf_own_list own;
	int ret = ip4_conf_own_gather(root, &own, err);

	if (ret == 0)
		ret = neighbor_check(root, &own, addr, neighbor, err);
	ip4_conf_own_free(&own);
	return ret;
}

static int
interfaces_check(const json_t *root, const json_t *interfaces, struct xebra_err *err)
{
	const char *name;
	char text[40];
	json_t *iface;

	json_object_foreach (ip4_json(interfaces), name, iface)
		if (interface_check(root, name, err) < 0)
			return xebra_err_at(
				err, "ip4.interfaces.%s", ip4_conf_step(text, sizeof(text), name));
	return 0;
}

/* What refers to our addresses, once they do not contradict each other. */
static int
references_check(const json_t *root, const struct ip4_conf_own_list *own, struct xebra_err *err)
{
	const json_t *ip4 = json_object_get(root, "ip4");
	const char *name;
	json_t *value;

	json_object_foreach (json_object_get(ip4, "routes"), name, value)
		if (route_check(root, own, name, value, err) < 0)
			return err->code;
	json_object_foreach (json_object_get(ip4, "neighbors"), name, value)
		if (neighbor_check(root, own, name, value, err) < 0)
			return xebra_err_at(err, "ip4.neighbors.\"%s\"", name);
	return 0;
}

int
ip4_conf_check(const json_t *root, struct xebra_err *err)
{
	const json_t *ip4 = json_object_get(root, "ip4");
	struct ip4_conf_own_list own;
	int ret;

	ret = interfaces_check(root, json_object_get(ip4, "interfaces"), err);
	if (ret < 0)
		return ret;
	ret = ip4_conf_own_gather(root, &own, err);
	if (ret < 0)
		return xebra_err_at(err, "ip4.interfaces");
	ret = ip4_conf_own_overlap_check(&own, err);
	if (ret == 0)
		ret = references_check(root, &own, err);
	ip4_conf_own_free(&own);
	return ret;
}
