/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_kvargs.h>

#include "xbench_priv.h"

#define FLOWS_MAX (1u << 22)

/* One devarg: its key, and what reads its value into the configuration. */
struct arg {
	const char *key;
	int (*read)(struct xbench_conf *conf, const char *value);
};

static int
read_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	char *end;

	errno = 0;
	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	*value = strtoull(text, &end, 10);
	if (errno != 0 || *end != '\0' || *value < min || *value > max)
		return -ERANGE;
	return 0;
}

static int
read_real(const char *text, double max, double *value)
{
	char *end;

	*value = strtod(text, &end);
	if (end == text || *end != '\0')
		return -EINVAL;
	return *value >= 0 && *value <= max ? 0 : -ERANGE;
}

static int
read_bool(const char *text, bool *value)
{
	uint64_t number;
	int rc = read_number(text, 0, 1, &number);

	*value = rc == 0 && number == 1;
	return rc;
}

static int
read_word(const char *text, const char *const *words, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	return -EINVAL;
}

#define READ_NUMBER(field, min, max)                                        \
	static int read_##field(struct xbench_conf *conf, const char *text) \
	{                                                                   \
		uint64_t value = 0;                                         \
		int rc = read_number(text, min, max, &value);               \
                                                                            \
		conf->field = value;                                        \
		return rc;                                                  \
	}
#define READ_BOOL(field)                                                    \
	static int read_##field(struct xbench_conf *conf, const char *text) \
	{                                                                   \
		return read_bool(text, &conf->field);                       \
	}
#define READ_MAC(field)                                                                \
	static int read_##field(struct xbench_conf *conf, const char *text)            \
	{                                                                              \
		conf->has_##field = true;                                              \
		return rte_ether_unformat_addr(text, &conf->field) == 0 ? 0 : -EINVAL; \
	}

READ_NUMBER(flows, 1, FLOWS_MAX)
READ_NUMBER(vlan, 1, 4094)
READ_NUMBER(tx_vlan, 1, 4094)
READ_NUMBER(packets, 0, XBENCH_ENDLESS - 1)
READ_NUMBER(check, 0, UINT32_MAX)
READ_NUMBER(loss, 0, 1000000)
READ_NUMBER(lag, 0, UINT32_MAX)
READ_NUMBER(seed, 0, UINT64_MAX)
READ_BOOL(rss)
READ_BOOL(latency)
READ_BOOL(fast_free)
READ_BOOL(answer)
READ_MAC(mac)
READ_MAC(dmac)
READ_MAC(peer)

static int
read_size(struct xbench_conf *conf, const char *text)
{
	uint64_t value = 0;
	int rc = strcmp(text, "imix") == 0 ? 0 : read_number(text, 64, 1522, &value);

	conf->size = value;
	return rc;
}

static int
read_rate(struct xbench_conf *conf, const char *text)
{
	return read_real(text, 1e9, &conf->rate);
}

static int
read_zipf(struct xbench_conf *conf, const char *text)
{
	return read_real(text, 10, &conf->zipf);
}

static int
read_proto(struct xbench_conf *conf, const char *text)
{
	static const char *const words[] = {"ip4", "ip6", "interest", "data"};
	int word = read_word(text, words, RTE_DIM(words));

	conf->proto = word;
	return RTE_MIN(word, 0);
}

static int
read_expect(struct xbench_conf *conf, const char *text)
{
	static const char *const words[] = {"none", "io", "swap", "route"};
	int word = read_word(text, words, RTE_DIM(words));

	conf->expect = word;
	return RTE_MIN(word, 0);
}

static int
read_dst(struct xbench_conf *conf, const char *text)
{
	return xbench_prefixes_add(&conf->dst, text);
}

static int
read_src(struct xbench_conf *conf, const char *text)
{
	return xbench_prefixes_add(&conf->src, text);
}

static int
read_dstfile(struct xbench_conf *conf, const char *text)
{
	unsigned int line;
	int rc = xbench_prefixes_load(&conf->dst, text, &line);

	if (rc != 0)
		XBENCH_LOG(ERR, "%s: line %u: no prefix, or not of one family", text, line);
	return rc;
}

static int
read_namefile(struct xbench_conf *conf, const char *text)
{
	unsigned int line;
	int rc = xbench_names_load(&conf->names, text, &line);

	if (rc != 0)
		XBENCH_LOG(ERR, "%s: line %u: no name prefix", text, line);
	return rc;
}

static int
read_name(struct xbench_conf *conf, const char *text)
{
	if (strlen(text) >= sizeof(conf->name))
		return -ERANGE;
	snprintf(conf->name, sizeof(conf->name), "%s", text);
	return 0;
}

/* "down@500" or "up@800": ms after the port was opened, in order. */
static int
read_link(struct xbench_conf *conf, const char *text)
{
	struct xbench_link_step *step = &conf->link[conf->n_link];
	const char *at = strchr(text, '@');

	if (at == NULL || conf->n_link == RTE_DIM(conf->link))
		return -EINVAL;
	step->up = strncmp(text, "up@", 3) == 0;
	if (!step->up && strncmp(text, "down@", 5) != 0)
		return -EINVAL;
	conf->n_link++;
	return read_number(at + 1, 0, UINT32_MAX, &step->at_ms);
}

static int
read_report(struct xbench_conf *conf, const char *text)
{
	RTE_SET_USED(conf);
	return xbench_report_files(text, NULL);
}

static int
read_gate(struct xbench_conf *conf, const char *text)
{
	RTE_SET_USED(conf);
	return xbench_report_files(NULL, text);
}

static const struct arg args_known[] = {
	{"proto", read_proto},
	{"flows", read_flows},
	{"size", read_size},
	{"vlan", read_vlan},
	{"txvlan", read_tx_vlan},
	{"dst", read_dst},
	{"dstfile", read_dstfile},
	{"src", read_src},
	{"name", read_name},
	{"namefile", read_namefile},
	{"lag", read_lag},
	{"zipf", read_zipf},
	{"rss", read_rss},
	{"latency", read_latency},
	{"packets", read_packets},
	{"rate", read_rate},
	{"check", read_check},
	{"expect", read_expect},
	{"mac", read_mac},
	{"dmac", read_dmac},
	{"peer", read_peer},
	{"loss", read_loss},
	{"link", read_link},
	{"answer", read_answer},
	{"fastfree", read_fast_free},
	{"gate", read_gate},
	{"report", read_report},
	{"seed", read_seed},
};

static int
read_one(const char *key, const char *value, void *opaque)
{
	unsigned int i;
	int rc;

	for (i = 0; i < RTE_DIM(args_known); i++) {
		if (strcmp(key, args_known[i].key) != 0)
			continue;
		rc = value == NULL ? -EINVAL : args_known[i].read(opaque, value);
		if (rc != 0)
			XBENCH_LOG(ERR, "%s=%s: %s", key, value != NULL ? value : "",
				rc == -ERANGE ? "out of range" : strerror(-rc));
		return rc;
	}
	XBENCH_LOG(ERR, "%s: unknown key", key);
	return -EINVAL;
}

static int
add_defaults(struct xbench_conf *conf)
{
	bool ip6 = conf->proto == XBENCH_IP6;
	uint8_t width = ip6 ? 128 : 32;
	int rc = 0;

	if (conf->dst.n == 0)
		rc = xbench_prefixes_add(&conf->dst, ip6 ? "2001:db8::/48" : "198.18.0.0/15");
	if (rc == 0 && conf->src.n == 0)
		rc = xbench_prefixes_add(&conf->src, ip6 ? "2001:db8:ffff::/64" : "192.0.2.0/24");
	if (rc == 0 && (conf->dst.width != width || conf->src.width != width)) {
		XBENCH_LOG(ERR, "dst, src: not of the family that proto says");
		rc = -EINVAL;
	}
	if (rc == 0 && conf->names.n > 0 && conf->latency) {
		XBENCH_LOG(ERR, "latency: not with namefile");
		rc = -EINVAL;
	}
	xbench_prefixes_sort(&conf->dst);
	xbench_prefixes_sort(&conf->src);
	return rc;
}

int
xbench_conf_parse(struct xbench_conf *conf, const char *args, uint8_t id)
{
	struct rte_kvargs *list;
	int rc;

	*conf = (struct xbench_conf){
		.flows = 1,
		.packets = XBENCH_ENDLESS,
		.size = RTE_ETHER_MIN_LEN,
		.check = 256,
		.seed = 1,
		.rss = true,
		.fast_free = true,
		.name = "bench",
		.mac = {{0x02, 0x58, 0x42, 0x00, id, 0x01}},
		.peer = {{0x02, 0x58, 0x42, 0x00, id, 0x02}},
	};
	list = rte_kvargs_parse(args != NULL ? args : "", NULL);
	if (list == NULL) {
		XBENCH_LOG(ERR, "%s: not a list of key=value", args);
		return -EINVAL;
	}
	rc = rte_kvargs_process(list, NULL, read_one, conf);
	rte_kvargs_free(list);
	return rc != 0 ? rc : add_defaults(conf);
}

void
xbench_conf_free(struct xbench_conf *conf)
{
	xbench_prefixes_free(&conf->dst);
	xbench_prefixes_free(&conf->src);
	xbench_names_free(&conf->names);
}
