/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From routes to the forwarding table: a prefix keeps the routes of all origins, ordered by trust;
 * the first that can be used is what the FIB has. Setting or unsetting a route costs a walk down
 * the tree and one FIB update, however many routes there are.
 */
#include <errno.h>

#include "ip4_priv.h"

struct arena ip4_routes = ARENA_INIT(struct ip4_route);

uint32_t
ip4_route_index(const struct ip4_route *route)
{
	return route->paths != NULL ? route->paths->index : route->index;
}

/* A route of the node has changed what it leads to: the best goes to the FIB. */
static int
update(struct rib_node *node)
{
	const struct ip4_route *route = ip4_route_get(node->routes);
	const struct rib_node *cover;
	uint32_t index = 0;
	int ret;

	for (; route != NULL && index == 0; route = ip4_route_get(route->next))
		index = ip4_route_index(route);
	if (index == node->index)
		return 0;
	if (index != 0) {
		ret = ip4_fib_add(ip4.fib, node->prefix, node->len, index);
		if (ret < 0)
			return ret;
		node->index = index;
		return 0;
	}
	node->index = 0;
	cover = rib_cover(&ip4_rib, node);
	ip4_fib_del(ip4.fib, node->prefix, node->len, cover != NULL ? cover->len : 0,
		cover != NULL ? cover->index : 0);
	return 0;
}

void
ip4_route_paths_changed(void)
{
	const struct ip4_route *route = ip4_routes.items;

	/* In order of memory: a full table takes milliseconds. */
	for (uint32_t i = 1; i <= ip4_routes.top; i++)
		if (route[i].paths != NULL && route[i].paths->changed)
			update(rib_node(&ip4_rib, route[i].node));
}

/* The place in the list where a route of an origin is, or has to go. */
static uint32_t *
place(struct rib_node *node, enum xebra_ip4_origin origin)
{
	uint32_t *link = &node->routes;

	while (*link != 0 && ip4_route_get(*link)->origin < origin)
		link = &ip4_route_get(*link)->next;
	return link;
}

struct ip4_route *
ip4_route_find(uint32_t prefix, uint8_t len, enum xebra_ip4_origin origin)
{
	struct rib_node *node = rib_find(&ip4_rib, prefix, len);
	struct ip4_route *route;

	if (node == NULL)
		return NULL;
	route = ip4_route_get(*place(node, origin));
	return route != NULL && route->origin == origin ? route : NULL;
}

static void
route_free(uint32_t *link)
{
	uint32_t number = *link;
	struct ip4_route *route = ip4_route_get(number);
	struct rib_node *node = rib_node(&ip4_rib, route->node);

	*link = route->next;
	arena_free(&ip4_routes, number);
	if (node->routes == 0)
		rib_put(&ip4_rib, node);
}

static int
route_new(uint32_t prefix, uint8_t len, enum xebra_ip4_origin origin, uint32_t index,
	struct ip4_paths *paths)
{
	uint32_t number = arena_new(&ip4_routes);
	struct rib_node *node = number != 0 ? rib_get(&ip4_rib, prefix, len) : NULL;
	uint32_t *link;
	int ret;

	if (node == NULL) {
		if (number != 0)
			arena_free(&ip4_routes, number);
		return -ENOMEM;
	}
	link = place(node, origin);
	*ip4_route_get(number) = (struct ip4_route){.next = *link,
		.node = rib_number(&ip4_rib, node),
		.paths = paths,
		.index = index,
		.origin = origin};
	*link = number;
	ret = update(node);
	if (ret < 0)
		route_free(link);
	return ret;
}

int
ip4_route_set(uint32_t prefix, uint8_t len, enum xebra_ip4_origin origin, uint32_t index,
	struct ip4_paths *paths)
{
	struct ip4_route *route = ip4_route_find(prefix, len, origin);
	struct ip4_paths *old;
	uint32_t old_index;
	int ret;

	if (route == NULL)
		return route_new(prefix, len, origin, index, paths);
	old = route->paths;
	old_index = route->index;
	route->index = index;
	route->paths = paths;
	ret = update(rib_node(&ip4_rib, route->node));
	if (ret < 0) {
		route->index = old_index;
		route->paths = old;
	} else if (old != NULL) {
		ip4_paths_put(old);
	}
	return ret;
}

int
xebra_ip4_route_unset(uint32_t prefix, uint8_t len, enum xebra_ip4_origin origin)
{
	struct ip4_route *route = ip4_route_find(prefix, len, origin);
	struct ip4_paths *paths;
	struct rib_node *node;

	if (route == NULL)
		return -ENOENT;
	node = rib_node(&ip4_rib, route->node);
	paths = route->paths;
	route->index = 0;
	route->paths = NULL;
	/* May fail only when it is replaced by another that needs memory in the FIB, which a longer
	 * prefix alone does, and there its room is already taken. */
	update(node);
	route_free(place(node, origin));
	if (paths != NULL)
		ip4_paths_put(paths);
	return 0;
}

int
xebra_ip4_route_set(uint32_t prefix, uint8_t len, enum xebra_ip4_origin origin,
	enum xebra_ip4_action action, const struct xebra_ip4_path *path, unsigned int n)
{
	const uint32_t special[] = {
		[XEBRA_IP4_BLACKHOLE] = ip4_special.blackhole,
		[XEBRA_IP4_UNREACHABLE] = ip4_special.unreachable,
		[XEBRA_IP4_PROHIBIT] = ip4_special.prohibit,
	};
	struct ip4_paths *paths;
	int ret;

	if (!ip4_started())
		return -ENODEV;
	if (len > 32 || (prefix & ~ip4_mask(len)) != 0 || action >= RTE_DIM(special))
		return -EINVAL;
	if (action != XEBRA_IP4_VIA)
		return ip4_route_set(prefix, len, origin, special[action], NULL);
	if (n == 0 || n > XEBRA_IP4_PATH_MAX)
		return -EINVAL;
	paths = ip4_paths_get(path, n);
	if (paths == NULL)
		return -ENOMEM;
	ret = ip4_route_set(prefix, len, origin, 0, paths);
	if (ret < 0)
		ip4_paths_put(paths);
	return ret;
}

const struct ip4_nexthop *
ip4_route_lookup(uint32_t addr)
{
	return &ip4.nh[ip4_fib_lookup(ip4.fib, addr)];
}

unsigned int
ip4_route_flush(enum xebra_ip4_origin origin)
{
	unsigned int n = 0;

	/* Not along the tree: with a route may go a neighbor, and with that the node next to it. */
	for (uint32_t i = 1; i <= ip4_routes.top; i++) {
		const struct ip4_route *route = ip4_route_get(i);
		const struct rib_node *node = rib_node(&ip4_rib, route->node);

		if (node != NULL && route->origin == origin)
			n += xebra_ip4_route_unset(node->prefix, node->len, origin) == 0;
	}
	return n;
}
