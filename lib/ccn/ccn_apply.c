/* SPDX-License-Identifier: BSD-3-Clause */
/* From the section "ccn" to faces, routes, strategies. */
#include <arpa/inet.h>
#include <errno.h>

#include "ccn_conf.h"

static uint32_t pit_per_face;

static json_int_t
integer(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static json_t *
part(const json_t *section, const char *key)
{
	return json_object_get(section, key);
}

/* CCN is in use when somebody could send it something. */
static bool
wants_ccn(const json_t *section)
{
	return json_object_size(part(section, "faces")) > 0 ||
		json_object_size(part(section, "clients")) > 0;
}

void
ccn_conf_name(const char *uri, struct ccn_name *name, uint8_t value[CCN_NAME_MAX])
{
	int len = ccn_name_from_uri(uri, value, NULL);

	ccn_name_parse(name, value, (uint32_t)RTE_MAX(len, 0));
}

void
ccn_withdraw_route(const char *prefix)
{
	uint8_t value[CCN_NAME_MAX];
	struct ccn_name name;

	ccn_conf_name(prefix, &name, value);
	ccn_rib_del(&name, CCN_FACE_NONE, CCN_STATIC);
}

int
ccn_apply_route(const char *prefix, const json_t *value, struct xebra_err *err)
{
	uint8_t bytes[CCN_NAME_MAX];
	struct ccn_name name;
	json_t *hop;
	size_t i;

	ccn_withdraw_route(prefix);
	ccn_conf_name(prefix, &name, bytes);
	json_array_foreach (part(value, "via"), i, hop) {
		uint32_t face = ccn_face_find(json_string_value(json_object_get(hop, "face")));

		if (face == CCN_FACE_NONE)
			return xebra_err_set(err, -ENOENT, "via[%zu].face: there is no face %s", i,
				json_string_value(json_object_get(hop, "face")));
		if (ccn_rib_add(&name, face, CCN_STATIC, (uint32_t)integer(hop, "cost"),
			    (uint32_t)integer(hop, "weight"), 0, err) < 0)
			return err->code;
	}
	return 0;
}

static int
apply_face(const char *name, const json_t *value, struct xebra_err *err)
{
	const char *remote = json_string_value(json_object_get(value, "remote"));
	struct ccn_face_spec spec = {
		.name = name,
		.iface = json_string_value(json_object_get(value, "interface")),
		.link = CCN_LINK_GROUP,
		.mtu = (uint16_t)integer(value, "mtu"),
		.pit_max = pit_per_face,
		.rate_mbps = (uint32_t)integer(value, "rate"),
		.trusted = json_is_true(json_object_get(value, "trusted")),
	};
	int64_t id;

	if (ccn_conf_udp(remote, &spec.ip, &spec.port) == 0) {
		spec.link = CCN_LINK_UDP4;
		inet_pton(AF_INET, json_string_value(json_object_get(value, "local")),
			&spec.local_ip);
	} else if (strcmp(remote, "group") != 0) {
		spec.link = CCN_LINK_ETHER;
		rte_ether_unformat_addr(remote, &spec.mac);
	}
	id = ccn_face_set(&spec, err);
	return id < 0 ? (int)id : 0;
}

static int
apply_strategy(const char *prefix, const json_t *value, struct xebra_err *err)
{
	uint8_t bytes[CCN_NAME_MAX];
	struct ccn_name name;
	int strategy = -1;

	ccn_conf_name(prefix, &name, bytes);
	for (int i = 0; value != NULL && ccn_strategy_words[i] != NULL; i++)
		if (strcmp(ccn_strategy_words[i], json_string_value(value)) == 0)
			strategy = i;
	return ccn_rib_strategy(&name, strategy, err);
}

static void
apply_clients(const char *iface, const json_t *value)
{
	struct ccn_clients clients = {
		.trusted = json_is_true(json_object_get(value, "trusted")),
		.max = (uint32_t)integer(value, "max"),
		.idle_s = (uint32_t)integer(value, "idle"),
		.pit_max = pit_per_face,
	};

	ccn_clients_set(iface, value == NULL ? NULL : &clients);
}

static bool
same_remote(const json_t *one, const json_t *other)
{
	const json_t *iface = json_object_get(one, "interface");

	if (!json_equal(json_object_get(one, "remote"), json_object_get(other, "remote")))
		return false;
	return iface == NULL || json_equal(iface, json_object_get(other, "interface"));
}

void
ccn_conf_withdraw(const json_t *from, const json_t *to)
{
	const char *name;
	json_t *value;

	if (ccn_run == NULL)
		return;
	json_object_foreach (part(from, "clients"), name, value)
		if (json_object_get(part(to, "clients"), name) == NULL)
			apply_clients(name, NULL);
	if (!wants_ccn(to)) {
		ccn_stop();
		return;
	}
	json_object_foreach (part(from, "routes"), name, value)
		if (!json_equal(value, json_object_get(part(to, "routes"), name)))
			ccn_withdraw_route(name);
	json_object_foreach (part(from, "strategies"), name, value)
		if (json_object_get(part(to, "strategies"), name) == NULL)
			apply_strategy(name, NULL, NULL);
	json_object_foreach (part(from, "faces"), name, value) {
		const json_t *new = json_object_get(part(to, "faces"), name);

		if (new == NULL)
			ccn_face_unset(name);
		else if (!same_remote(value, new))
			ccn_face_vacate(name);
	}
}

/* Call apply for each value of a map that is new, or for all. */
static int
apply_map(const json_t *from, const json_t *to, const char *key, bool all,
	int (*apply)(const char *name, const json_t *value, struct xebra_err *err),
	struct xebra_err *err)
{
	const char *name;
	json_t *value;

	json_object_foreach (part(to, key), name, value) {
		if (!all && json_equal(value, json_object_get(part(from, key), name)))
			continue;
		if (apply(name, value, err) < 0)
			return xebra_err_at(err,
				strpbrk(name, "./") == NULL ? "ccn.%s.%s" : "ccn.%s.\"%s\"", key,
				name);
	}
	return 0;
}

int
ccn_conf_install(const json_t *from, const json_t *to, struct xebra_err *err)
{
	uint32_t per_face = (uint32_t)integer(part(to, "pit"), "entries_per_face");
	json_int_t bytes = integer(part(to, "content_store"), "bytes");
	bool fresh = ccn_run == NULL, all = fresh || per_face != pit_per_face;
	const char *name;
	json_t *value;
	int rc;

	if (!wants_ccn(to))
		return 0;
	rc = ccn_start(to, err);
	if (rc < 0)
		return rc;
	pit_per_face = per_face;
	if (!fresh && bytes != integer(part(from, "content_store"), "bytes")) {
		rc = ccn_store_resize((uint64_t)bytes, err);
		if (rc < 0)
			return rc;
	}
	rc = apply_map(from, to, "faces", all, apply_face, err);
	if (rc < 0)
		return rc;
	json_object_foreach (part(to, "clients"), name, value)
		apply_clients(name, value);
	rc = apply_map(from, to, "strategies", fresh, apply_strategy, err);
	if (rc < 0)
		return rc;
	return apply_map(from, to, "routes", fresh, ccn_apply_route, err);
}

int
ccn_conf_settle(struct xebra_err *err __rte_unused)
{
	ccn_rib_settle();
	return 0;
}
