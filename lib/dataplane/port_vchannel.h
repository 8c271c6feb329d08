/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_PORT_VCHANNEL_H
#define XEBRA_PORT_VCHANNEL_H

/*
 * Ports that are V-Channels: several devices as one (drivers/net/vchannel). All of it is there only
 * when the driver is built.
 */

#include "port_priv.h"
#include "xebra_conf.h"

#ifdef XEBRA_HAS_VCHANNEL

/* The key "vchannel" of a port. */
extern const struct xebra_conf_key port_vchannel_keys[];

/* What members and other keys have to do with one another. */
int port_vchannel_check(const json_t *value, struct xebra_err *err);

/* The devargs of a port's V-Channel but for what can change while it runs. */
int port_vchannel_device(const char *name, const json_t *value, char *device, size_t size);

/* Open the members' devices and the V-Channel over them. */
int port_vchannel_open(struct port *port, const struct port_conf *conf, struct xebra_err *err);

/* Let go of the members that `value` does not have: others may want their devices. */
void port_vchannel_withdraw(struct port *port, const json_t *value);

/* Change members, weights, mode and options while packets flow. */
int port_vchannel_change(struct port *port, const struct port_conf *conf, struct xebra_err *err);

/* Where a member's weight comes from, by its DPDK port id: "caps", "configuration" or "link". */
const char *port_vchannel_weight_from(const struct port *port, uint16_t id);

/* Give all members the weights that they should have now. */
int port_vchannel_weigh(struct port *port, struct xebra_err *err);

/* The configured name of a member by its DPDK port id; NULL when it has none. */
const char *port_vchannel_member_name(const struct port *port, uint16_t id);

/* Close the members' devices, after the V-Channel's. */
void port_vchannel_close(struct port *port);

/* port_vchannel_caps.c: follow caps as a port's "vchannel" says, or nothing any more (NULL). */
int port_caps_follow(struct port *port, const json_t *vchannel, struct xebra_err *err);

/*
 * The weight that the host gives a member: true and Mb/s, 0 for its link's speed; false when it has
 * said nothing about it.
 */
bool port_caps_weight(const struct port *port, const char *member, const struct rte_ether_addr *mac,
	uint32_t *weight);

#else

static inline int
port_vchannel_open(struct port *port __rte_unused, const struct port_conf *conf __rte_unused,
	struct xebra_err *err)
{
	return xebra_err_set(err, -ENOTSUP, "vchannel: this program was built without");
}

static inline void
port_vchannel_withdraw(struct port *port __rte_unused, const json_t *value __rte_unused)
{
}

static inline int
port_vchannel_change(struct port *port __rte_unused, const struct port_conf *conf __rte_unused,
	struct xebra_err *err __rte_unused)
{
	return 0;
}

static inline void
port_vchannel_close(struct port *port __rte_unused)
{
}

#endif

#endif
