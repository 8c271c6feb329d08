/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_ether.h>
#include <rte_kvargs.h>
#include <rte_string_fns.h>

#include "args.h"
#include "bucket.h"
#include "vchannel_log.h"

static const char *const mode_names[] = {
	[RTE_PMD_VCHANNEL_WEIGHTED] = "weighted",
	[RTE_PMD_VCHANNEL_ADAPTIVE] = "adaptive",
	[RTE_PMD_VCHANNEL_ACTIVE_BACKUP] = "active-backup",
};

const char *
rte_pmd_vchannel_mode_name(enum rte_pmd_vchannel_mode mode)
{
	return (unsigned int)mode < RTE_DIM(mode_names) ? mode_names[mode] : "unknown";
}

int
rte_pmd_vchannel_mode_by_name(const char *name, enum rte_pmd_vchannel_mode *mode)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(mode_names); i++) {
		if (strcmp(name, mode_names[i]) == 0) {
			*mode = i;
			return 0;
		}
	}
	return vchannel_fail(
		-EINVAL, "mode: \"%s\" is not weighted, adaptive or active-backup", name);
}

int
vchannel_weight_check(uint32_t weight, bool zero_ok)
{
	if ((weight == 0 && !zero_ok) || weight > VCHANNEL_WEIGHT_MAX)
		return vchannel_fail(-ERANGE, "weight: %u is not in %d..%d Mb/s", weight,
			zero_ok ? 0 : 1, VCHANNEL_WEIGHT_MAX);
	return 0;
}

static int
parse_number(const char *key, const char *value, uint32_t min, uint32_t max, uint32_t *out)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(value, &end, 0);
	if (value[0] < '0' || value[0] > '9' || *end != '\0')
		return vchannel_fail(-EINVAL, "%s: \"%s\" is not a number", key, value);
	if (errno != 0 || n < min || n > max)
		return vchannel_fail(-ERANGE, "%s: %s is not in %u..%u", key, value, min, max);
	*out = (uint32_t)n;
	return 0;
}

static int
parse_bool(const char *key, const char *value, bool *out)
{
	uint32_t n;
	int rc = parse_number(key, value, 0, 1, &n);

	if (rc == 0)
		*out = n != 0;
	return rc;
}

static int
parse_member(struct vchannel_args *args, const char *device, const char *value)
{
	uint16_t i;

	if (value[0] == '\0' || strlen(value) >= sizeof(args->member[0].name))
		return vchannel_fail(-EINVAL, "member: \"%s\" is no device name", value);
	if (strcmp(value, device) == 0)
		return vchannel_fail(-ELOOP, "member: %s cannot be a member of itself", value);
	for (i = 0; i < args->nb_members; i++)
		if (strcmp(args->member[i].name, value) == 0)
			return vchannel_fail(-EEXIST, "member: %s is there twice", value);
	if (args->nb_members == RTE_PMD_VCHANNEL_MEMBERS_MAX)
		return vchannel_fail(-ENOSPC, "member: more than %d", RTE_PMD_VCHANNEL_MEMBERS_MAX);
	strlcpy(args->member[args->nb_members++].name, value, sizeof(args->member[0].name));
	return 0;
}

static int
parse_weight(struct vchannel_args *args, const char *value)
{
	struct vchannel_wanted *w;

	if (args->nb_members == 0)
		return vchannel_fail(-EINVAL, "weight: there is no member before it");
	w = &args->member[args->nb_members - 1];
	if (w->weight != 0)
		return vchannel_fail(-EEXIST, "weight: member %s has two", w->name);
	return parse_number("weight", value, 1, VCHANNEL_WEIGHT_MAX, &w->weight);
}

static int
parse_buckets(struct vchannel_args *args, const char *value)
{
	int rc = parse_number(
		"buckets", value, VCHANNEL_BUCKETS_MIN, VCHANNEL_BUCKETS_MAX, &args->buckets);

	if (rc == 0 && !rte_is_power_of_2(args->buckets))
		return vchannel_fail(-EINVAL, "buckets: %s is not a power of two", value);
	return rc;
}

static int
parse_mac(struct vchannel_args *args, const char *value)
{
	if (rte_ether_unformat_addr(value, &args->mac) != 0 ||
		!rte_is_valid_assigned_ether_addr(&args->mac))
		return vchannel_fail(-EINVAL, "mac: \"%s\" is no unicast MAC address", value);
	args->has_mac = true;
	return 0;
}

/* Keys whose value is a number and nothing else. */
static int
parse_plain(struct vchannel_args *args, const char *key, const char *value)
{
	const struct {
		const char *key;
		uint32_t min, max, *out;
	} numbers[] = {
		{"gap_us", 0, 1000000, &args->gap_us},
		{"interval_ms", 1, 1000, &args->interval_ms},
		{"force_ms", 0, 3600000, &args->force_ms},
		{"up_delay_ms", 0, 3600000, &args->up_delay_ms},
		{"stuck_ms", 0, 3600000, &args->stuck_ms},
		{"probe_ms", 0, 60000, &args->probe_ms},
		{"seed", 0, UINT32_MAX, &args->flow.seed},
	};
	const struct {
		const char *key;
		bool *out;
	} bools[] = {
		{"nic_hash", &args->nic_hash},
		{"symmetric", &args->flow.symmetric},
		{"switch_back", &args->switch_back},
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(numbers); i++)
		if (strcmp(key, numbers[i].key) == 0)
			return parse_number(
				key, value, numbers[i].min, numbers[i].max, numbers[i].out);
	for (i = 0; i < RTE_DIM(bools); i++)
		if (strcmp(key, bools[i].key) == 0)
			return parse_bool(key, value, bools[i].out);
	return vchannel_fail(-EINVAL, "%s: unknown key", key);
}

static int
parse_pair(struct vchannel_args *args, const char *device, const char *key, const char *value)
{
	uint32_t depth;
	int rc;

	if (value == NULL)
		return vchannel_fail(-EINVAL, "%s: has no value", key);
	if (strcmp(key, "member") == 0)
		return parse_member(args, device, value);
	if (strcmp(key, "weight") == 0)
		return parse_weight(args, value);
	if (strcmp(key, "mode") == 0)
		return rte_pmd_vchannel_mode_by_name(value, &args->mode);
	if (strcmp(key, "buckets") == 0)
		return parse_buckets(args, value);
	if (strcmp(key, "mac") == 0)
		return parse_mac(args, value);
	if (strcmp(key, "primary") == 0) {
		strlcpy(args->primary, value, sizeof(args->primary));
		return 0;
	}
	if (strcmp(key, "ndn_depth") == 0) {
		rc = parse_number(key, value, 1, VCHANNEL_NDN_DEPTH_MAX, &depth);
		if (rc == 0)
			args->flow.ndn_depth = (uint8_t)depth;
		return rc;
	}
	return parse_plain(args, key, value);
}

int
vchannel_args_change(struct vchannel_args *args, const char *key, const char *value)
{
	static const char *const changeable[] = {"gap_us", "force_ms", "interval_ms", "up_delay_ms",
		"stuck_ms", "probe_ms", "switch_back"};
	const bool probes = args->probe_ms != 0;
	struct vchannel_args new = *args;
	unsigned int i;
	int rc;

	for (i = 0; i < RTE_DIM(changeable); i++)
		if (strcmp(key, changeable[i]) == 0)
			break;
	if (i == RTE_DIM(changeable))
		return vchannel_fail(-EINVAL, "%s: is not one that can be changed later", key);
	rc = parse_plain(&new, key, value);
	if (rc != 0)
		return rc;
	if (probes != (new.probe_ms != 0))
		return vchannel_fail(-EBUSY,
			"probe_ms: probes have a queue or not since the device was created");
	*args = new;
	return 0;
}

static int
check_whole(const struct vchannel_args *args)
{
	uint16_t i;

	if (args->primary[0] == '\0')
		return 0;
	for (i = 0; i < args->nb_members; i++)
		if (strcmp(args->member[i].name, args->primary) == 0)
			return 0;
	return vchannel_fail(-ENOENT, "primary: %s is not a member", args->primary);
}

int
vchannel_args_parse(struct vchannel_args *args, const char *device, const char *text)
{
	struct rte_kvargs *list;
	unsigned int i;
	int rc = 0;

	memset(args, 0, sizeof(*args));
	args->buckets = 4096;
	args->gap_us = 1000;
	args->interval_ms = 10;
	args->up_delay_ms = 100;
	args->stuck_ms = 200;
	args->nic_hash = true;
	args->flow.ndn_depth = VCHANNEL_NDN_DEPTH;
	if (text == NULL || text[0] == '\0')
		return 0;
	list = rte_kvargs_parse(text, NULL);
	if (list == NULL)
		return vchannel_fail(-EINVAL, "\"%s\" is not key=value,key=value,...", text);
	for (i = 0; i < list->count && rc == 0; i++)
		rc = parse_pair(args, device, list->pairs[i].key, list->pairs[i].value);
	rte_kvargs_free(list);
	return rc == 0 ? check_whole(args) : rc;
}
