/* SPDX-License-Identifier: BSD-3-Clause */
/* The section "ccn": what its schema cannot say. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "ccn_conf.h"

/* A name as a part of a place: in quotes when it has a period. Good until the next call but one. */
static const char *
part_of_place(const char *name)
{
	static char text[2][XEBRA_NAME_MAX + 2];
	static unsigned int turn;

	if (strchr(name, '.') == NULL)
		return name;
	turn ^= 1;
	snprintf(text[turn], sizeof(text[turn]), "\"%s\"", name);
	return text[turn];
}

/* Two keys may be one name ("/a" and "/8=a"): the second would silently win. */
static int
check_same_names(const char *what, json_t *map, struct xebra_err *err)
{
	json_t *seen = json_object();
	const char *uri;
	json_t *value;
	int rc = 0;

	json_object_foreach (map, uri, value) {
		uint8_t name[CCN_NAME_MAX];
		char plain[CCN_URI_MAX];
		int len = ccn_name_from_uri(uri, name, NULL);
		const char *other;

		ccn_name_to_uri(name, (uint32_t)RTE_MAX(len, 0), plain, sizeof(plain));
		other = json_string_value(json_object_get(seen, plain));
		if (other != NULL) {
			rc = xebra_err_set(err, -EINVAL,
				"ccn.%s.\"%s\": is the same name as \"%s\"", what, uri, other);
			break;
		}
		json_object_set_new(seen, plain, json_string(uri));
	}
	json_decref(seen);
	return rc;
}

/* Is this address one of ours? */
static bool
has_address(json_t *ip4_ifaces, const char *address)
{
	size_t len = strlen(address), i;
	const char *name;
	json_t *iface, *own;

	json_object_foreach (ip4_ifaces, name, iface)
		json_array_foreach (json_object_get(iface, "addresses"), i, own)
			if (strncmp(json_string_value(own), address, len) == 0 &&
				json_string_value(own)[len] == '/')
				return true;
	return false;
}

/* An Ethernet face is on an interface; a UDP face is sent from an address of ours. */
static int
check_link(const char *name, const json_t *face, const json_t *root, struct xebra_err *err)
{
	json_t *ip4 = json_object_get(json_object_get(root, "ip4"), "interfaces");
	const char *iface = json_string_value(json_object_get(face, "interface"));
	const char *local = json_string_value(json_object_get(face, "local"));
	const char *place = part_of_place(name);
	bool udp = strncmp(json_string_value(json_object_get(face, "remote")), "udp:", 4) == 0;

	if (udp && iface != NULL)
		return xebra_err_set(err, -EINVAL,
			"ccn.faces.%s.interface: a UDP face has none (IPv4 routes it)", place);
	if (udp && local == NULL)
		return xebra_err_set(err, -EINVAL,
			"ccn.faces.%s: local is missing (a UDP face is sent from an address of "
			"ours)",
			place);
	if (udp && !has_address(ip4, local))
		return xebra_err_set(err, -EINVAL,
			"ccn.faces.%s.local: %s is no address of an ip4 interface", place, local);
	if (!udp && local != NULL)
		return xebra_err_set(
			err, -EINVAL, "ccn.faces.%s.local: only UDP faces have this", place);
	if (!udp && iface == NULL)
		return xebra_err_set(err, -EINVAL, "ccn.faces.%s: interface is missing", place);
	if (!udp && json_object_get(json_object_get(root, "interfaces"), iface) == NULL)
		return xebra_err_set(err, -EINVAL,
			"ccn.faces.%s.interface: there is no interface %s", place, iface);
	return 0;
}

/* One form for each remote: who writes it in capitals or without its port means the same. */
static void
remote_key(const json_t *face, char *key, size_t size)
{
	const char *iface = json_string_value(json_object_get(face, "interface"));
	const char *remote = json_string_value(json_object_get(face, "remote"));
	rte_be32_t ip;
	rte_be16_t port;

	if (ccn_conf_udp(remote, &ip, &port) == 0) {
		snprintf(key, size, "udp %08x %04x", ip, port);
		return;
	}
	snprintf(key, size, "%s %s", iface, remote);
	for (char *c = key + strlen(iface); *c != '\0'; c++)
		*c = (char)tolower(*c);
}

static int
check_faces(json_t *faces, const json_t *root, struct xebra_err *err)
{
	json_t *face, *remotes = json_object();
	const char *name;
	int rc = 0;

	if (json_object_size(faces) >= CCN_FACE_MAX)
		rc = xebra_err_set(err, -E2BIG, "ccn.faces: more than %d", CCN_FACE_MAX - 1);
	json_object_foreach (faces, name, face) {
		char key[2 * XEBRA_NAME_MAX + 16];
		const char *other;

		if (rc == 0)
			rc = check_link(name, face, root, err);
		if (rc < 0)
			break;
		remote_key(face, key, sizeof(key));
		other = json_string_value(json_object_get(remotes, key));
		if (other != NULL)
			rc = xebra_err_set(err, -EINVAL,
				"ccn.faces.%s.remote: face %s has this remote already",
				part_of_place(name), other);
		json_object_set_new(remotes, key, json_string(name));
	}
	json_decref(remotes);
	return rc;
}

static int
check_routes(json_t *routes, const json_t *faces, struct xebra_err *err)
{
	const char *prefix;
	json_t *route, *hop;
	size_t i, j;

	json_object_foreach (routes, prefix, route) {
		json_t *via = json_object_get(route, "via");

		json_array_foreach (via, i, hop) {
			const char *face = json_string_value(json_object_get(hop, "face"));

			if (json_object_get(faces, face) == NULL)
				return xebra_err_set(err, -EINVAL,
					"ccn.routes.\"%s\".via[%zu].face: there is no face %s",
					prefix, i, face);
			for (j = 0; j < i; j++)
				if (strcmp(json_string_value(
						   json_object_get(json_array_get(via, j), "face")),
					    face) == 0)
					return xebra_err_set(err, -EINVAL,
						"ccn.routes.\"%s\".via[%zu].face: %s is there "
						"already",
						prefix, i, face);
		}
	}
	return 0;
}

static int
check(const json_t *root, struct xebra_err *err)
{
	const json_t *ccn = json_object_get(root, "ccn");
	const json_t *ifaces = json_object_get(root, "interfaces");
	json_t *faces = json_object_get(ccn, "faces"), *value;
	const char *name;
	int rc;

	json_object_foreach (json_object_get(ccn, "clients"), name, value)
		if (json_object_get(ifaces, name) == NULL)
			return xebra_err_set(err, -EINVAL,
				"ccn.clients.%s: there is no interface %s", part_of_place(name),
				name);
	rc = check_faces(faces, root, err);
	if (rc == 0)
		rc = check_routes(json_object_get(ccn, "routes"), faces, err);
	if (rc == 0)
		rc = check_same_names("routes", json_object_get(ccn, "routes"), err);
	if (rc == 0)
		rc = check_same_names("strategies", json_object_get(ccn, "strategies"), err);
	return rc;
}

static struct xebra_conf_section section = {
	.schema =
		{
			.name = "ccn",
			.type = XEBRA_CONF_OBJECT,
			.help = "Content-centric networking: forwarding by name, as NDN does it.",
			.keys = ccn_conf_keys,
		},
	.floor = XEBRA_CONF_FLOOR_FAMILY,
	.check = check,
	.withdraw = ccn_conf_withdraw,
	.install = ccn_conf_install,
	.settle = ccn_conf_settle,
};
XEBRA_CONF_SECTION(section)
