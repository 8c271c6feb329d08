/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port over several devices. The members' devices are opened first, the V-Channel is made of them
 * by name, and from then on members come, go and change their weight, and options change, through
 * the driver's own functions while the port runs: neither the workers nor the interfaces notice.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_string_fns.h>

#include "port_vchannel.h"
#include "rte_pmd_vchannel.h"
#include "xebra_log.h"

/* A member's device, opened for the port. */
struct port_member {
	TAILQ_ENTRY(port_member) next;
	char name[XEBRA_NAME_MAX];
	char *device; /* devargs */
	uint16_t id;
	bool probed;
	struct rte_ether_addr mac; /* its own, not the V-Channel's */
	uint32_t configured;       /* weight, Mb/s; 0: the link's */
	uint32_t weight;           /* in use */
};

static const char *
device_of(const json_t *member)
{
	return json_string_value(json_object_get(member, "device"));
}

static uint32_t
weight_of(const json_t *member)
{
	return (uint32_t)json_integer_value(json_object_get(member, "weight"));
}

/* What the host says goes before what the configuration does. */
static uint32_t
weight_due(const struct port *port, const struct port_member *m)
{
	uint32_t weight;

	return port_caps_weight(port, m->name, &m->mac, &weight) ? weight : m->configured;
}

static const char *
ethdev_name(const struct port_member *m, char *name)
{
	return rte_eth_dev_get_name_by_port(m->id, name) == 0 ? name : "";
}

static void
close_member(struct port *port, struct port_member *m)
{
	TAILQ_REMOVE(&port->members, m, next);
	xebra_device_close(m->id, m->probed);
	free(m->device);
	free(m);
}

static int
open_member(struct port *port, const struct port_conf *conf, const char *name, const json_t *value,
	struct xebra_err *err)
{
	struct port_member *m = calloc(1, sizeof(*m));
	struct port_conf member_conf = *conf;
	int rc;

	if (m == NULL)
		return xebra_err_set(err, -ENOMEM, "vchannel: no memory");
	member_conf.device = device_of(value);
	strlcpy(m->name, name, sizeof(m->name));
	m->configured = weight_of(value);
	m->device = strdup(member_conf.device);
	if (m->device == NULL) {
		free(m);
		return xebra_err_set(err, -ENOMEM, "vchannel: no memory");
	}
	rc = port_device_open(&member_conf, &m->id, &m->probed, err);
	if (rc != 0) {
		free(m->device);
		free(m);
		return xebra_err_at(err, "vchannel.members.%s.device", name);
	}
	rte_eth_macaddr_get(m->id, &m->mac);
	m->weight = weight_due(port, m);
	TAILQ_INSERT_TAIL(&port->members, m, next);
	return 0;
}

static int
open_members(struct port *port, const struct port_conf *conf, struct xebra_err *err)
{
	json_t *members = json_object_get(conf->vchannel, "members");
	const char *name;
	json_t *value;
	int rc = 0;

	json_object_foreach (members, name, value) {
		rc = open_member(port, conf, name, value, err);
		if (rc < 0)
			break;
	}
	return rc;
}

static struct port_member *
find_member(struct port *port, const char *name)
{
	struct port_member *m;

	TAILQ_FOREACH (m, &port->members, next)
		if (strcmp(m->name, name) == 0)
			return m;
	return NULL;
}

/* Keys that are device arguments of the same name and can change later. */
static const char *const options[] = {
	"gap_us", "force_ms", "up_delay_ms", "stuck_ms", "probe_ms", "switch_back"};

static void
option_value(const json_t *vchannel, const char *key, char *text, size_t size)
{
	const json_t *value = json_object_get(vchannel, key);

	snprintf(text, size, "%lld",
		json_is_integer(value) ? (long long)json_integer_value(value)
				       : (long long)json_is_true(value));
}

/* The ethdev of the configured primary; "" when there is none. */
static const char *
primary_name(struct port *port, const json_t *vchannel, char *name)
{
	const char *primary = json_string_value(json_object_get(vchannel, "primary"));
	const struct port_member *m = primary != NULL ? find_member(port, primary) : NULL;

	return m != NULL ? ethdev_name(m, name) : "";
}

/* The devargs with what can change later as it is now. */
static int
whole_device(struct port *port, const struct port_conf *conf, char *device, size_t size)
{
	char name[RTE_ETH_NAME_MAX_LEN], text[24];
	const struct port_member *m;
	size_t at = snprintf(device, size, "%s,mode=%s", conf->device,
		json_string_value(json_object_get(conf->vchannel, "mode")));

	for (unsigned int i = 0; i < RTE_DIM(options) && at < size; i++) {
		option_value(conf->vchannel, options[i], text, sizeof(text));
		at += snprintf(device + at, size - at, ",%s=%s", options[i], text);
	}
	if (at < size && primary_name(port, conf->vchannel, name)[0] != '\0')
		at += snprintf(device + at, size - at, ",primary=%s", name);
	TAILQ_FOREACH (m, &port->members, next) {
		if (at < size)
			at += snprintf(device + at, size - at, ",member=%s", ethdev_name(m, name));
		if (at < size && m->weight != 0)
			at += snprintf(device + at, size - at, ",weight=%u", m->weight);
	}
	return at < size ? 0 : -E2BIG;
}

int
port_vchannel_open(struct port *port, const struct port_conf *conf, struct xebra_err *err)
{
	char device[DEVARGS_MAX];
	struct port_conf whole = *conf;
	int rc = port_caps_follow(port, conf->vchannel, err);

	if (rc == 0)
		rc = open_members(port, conf, err);
	if (rc == 0) {
		whole.device = device;
		rc = whole_device(port, conf, device, sizeof(device));
		if (rc < 0)
			xebra_err_set(err, rc, "vchannel.members: too many");
	}
	if (rc == 0) {
		rc = port_device_open(&whole, &port->pub.id, &port->probed, err);
		if (rc != 0)
			xebra_err_at(err, "vchannel");
	}
	if (rc != 0)
		port_vchannel_close(port);
	return rc;
}

void
port_vchannel_close(struct port *port)
{
	port_caps_follow(port, NULL, NULL);
	while (!TAILQ_EMPTY(&port->members))
		close_member(port, TAILQ_FIRST(&port->members));
}

/* Members that are no longer wanted, or with another device. */
static int
remove_members(struct port *port, const json_t *members, struct xebra_err *err)
{
	char name[RTE_ETH_NAME_MAX_LEN];
	struct port_member *m, *next;
	int rc;

	for (m = TAILQ_FIRST(&port->members); m != NULL; m = next) {
		const json_t *value = json_object_get(members, m->name);

		next = TAILQ_NEXT(m, next);
		if (value != NULL && strcmp(device_of(value), m->device) == 0)
			continue;
		rc = rte_pmd_vchannel_member_del(port->pub.id, ethdev_name(m, name));
		if (rc != 0 && rc != -ENOENT)
			return xebra_err_set(err, rc, "vchannel.members.%s: does not go: %s",
				m->name, rte_pmd_vchannel_error());
		close_member(port, m);
	}
	return 0;
}

static int
add_member(struct port *port, const struct port_conf *conf, const char *name, const json_t *value,
	struct xebra_err *err)
{
	char ethdev[RTE_ETH_NAME_MAX_LEN];
	struct port_member *m;
	int rc = open_member(port, conf, name, value, err);

	if (rc < 0)
		return rc;
	m = TAILQ_LAST(&port->members, port_members);
	rc = rte_pmd_vchannel_member_add(port->pub.id, ethdev_name(m, ethdev), m->weight);
	if (rc == 0)
		return 0;
	xebra_err_set(err, rc, "vchannel.members.%s: %s", name, rte_pmd_vchannel_error());
	close_member(port, m);
	return rc;
}

static int
set_weight(struct port *port, struct port_member *m, struct xebra_err *err)
{
	uint32_t weight = weight_due(port, m);
	char name[RTE_ETH_NAME_MAX_LEN];
	int rc;

	if (m->weight == weight)
		return 0;
	rc = rte_pmd_vchannel_weight_set(port->pub.id, ethdev_name(m, name), weight);
	if (rc != 0)
		return xebra_err_set(err, rc, "vchannel.members.%s.weight: %s", m->name,
			rte_pmd_vchannel_error());
	m->weight = weight;
	return 0;
}

int
port_vchannel_weigh(struct port *port, struct xebra_err *err)
{
	struct port_member *m;
	int rc = 0;

	TAILQ_FOREACH (m, &port->members, next) {
		rc = set_weight(port, m, err);
		if (rc < 0)
			break;
	}
	return rc;
}

/* A member that stays, with what may have changed about it. */
static int
change_member(struct port *port, const struct port_conf *conf, const char *name,
	const json_t *value, struct xebra_err *err)
{
	struct port_member *m = find_member(port, name);

	if (m == NULL)
		return add_member(port, conf, name, value, err);
	m->configured = weight_of(value);
	return set_weight(port, m, err);
}

static int
set_mode(struct port *port, const json_t *vchannel, struct xebra_err *err)
{
	const char *word = json_string_value(json_object_get(vchannel, "mode"));
	enum rte_pmd_vchannel_mode mode, now;
	int rc = rte_pmd_vchannel_mode_by_name(word, &mode);

	if (rc == 0)
		rc = rte_pmd_vchannel_mode_get(port->pub.id, &now);
	if (rc == 0 && now != mode)
		rc = rte_pmd_vchannel_mode_set(port->pub.id, mode);
	if (rc != 0)
		return xebra_err_set(err, rc, "vchannel.mode: %s", rte_pmd_vchannel_error());
	return 0;
}

static int
set_options(struct port *port, const json_t *vchannel, struct xebra_err *err)
{
	char name[RTE_ETH_NAME_MAX_LEN], text[24];
	int rc = rte_pmd_vchannel_option_set(
		port->pub.id, "primary", primary_name(port, vchannel, name));

	for (unsigned int i = 0; i < RTE_DIM(options) && rc == 0; i++) {
		option_value(vchannel, options[i], text, sizeof(text));
		rc = rte_pmd_vchannel_option_set(port->pub.id, options[i], text);
	}
	/* The driver's reason begins with the key. */
	return rc == 0 ? 0 : xebra_err_set(err, rc, "vchannel.%s", rte_pmd_vchannel_error());
}

void
port_vchannel_withdraw(struct port *port, const json_t *value)
{
	struct xebra_err err;

	if (remove_members(port, json_object_get(value, "members"), &err) < 0)
		XEBRA_LOG(ERR, "port %s: %s", port->pub.name, err.text);
}

int
port_vchannel_change(struct port *port, const struct port_conf *conf, struct xebra_err *err)
{
	json_t *members = json_object_get(conf->vchannel, "members");
	const char *name;
	json_t *value;
	int rc;

	if (conf->vchannel == NULL)
		return 0;
	rc = remove_members(port, members, err);
	if (rc == 0)
		rc = port_caps_follow(port, conf->vchannel, err);
	if (rc < 0)
		return rc;
	json_object_foreach (members, name, value) {
		rc = change_member(port, conf, name, value, err);
		if (rc < 0)
			return rc;
	}
	rc = set_options(port, conf->vchannel, err);
	return rc < 0 ? rc : set_mode(port, conf->vchannel, err);
}

static const struct port_member *
member_by_id(const struct port *port, uint16_t id)
{
	const struct port_member *m;

	TAILQ_FOREACH (m, &port->members, next)
		if (m->id == id)
			return m;
	return NULL;
}

/* The name that the configuration gives a member's device, for commands. */
const char *
port_vchannel_member_name(const struct port *port, uint16_t id)
{
	const struct port_member *m = member_by_id(port, id);

	return m != NULL ? m->name : NULL;
}

const char *
port_vchannel_weight_from(const struct port *port, uint16_t id)
{
	const struct port_member *m = member_by_id(port, id);
	uint32_t weight;

	if (m != NULL && port_caps_weight(port, m->name, &m->mac, &weight))
		return "caps";
	return m != NULL && m->configured != 0 ? "configuration" : "link";
}
