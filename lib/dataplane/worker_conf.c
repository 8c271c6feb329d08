/* SPDX-License-Identifier: BSD-3-Clause */
/* The section "workers": who works, how workers wait, how much packet memory there is. */
#include <errno.h>
#include <string.h>

#include <rte_lcore.h>

#include "capture_priv.h"
#include "graph_priv.h"
#include "iface_priv.h"
#include "port_priv.h"
#include "xebra_conf.h"
#include "xebra_loop.h"

#define RATE_MS 1000

static struct xebra_timer *rate_timer;
static uint16_t largest_mtu; /* of the ports of the configuration that is being started */

static const char *const polling_words[] = {"adaptive", "spin", NULL};

static const struct xebra_conf_key lcore_item = {
	.type = XEBRA_CONF_INT,
	.help = "An lcore id.",
	.min = 0,
	.max = RTE_MAX_LCORE - 1,
};

static const struct xebra_conf_key keys[] = {
	{
		.name = "lcores",
		.type = XEBRA_CONF_LIST,
		.help = "The lcores that forward packets, of those that EAL was given; without it "
			"all "
			"but the main lcore, which is the control thread.",
		.restart = true,
		.min = 1,
		.max = XEBRA_WORKER_MAX,
		.item = &lcore_item,
	},
	{
		.name = "polling",
		.type = XEBRA_CONF_ENUM,
		.help = "What a worker without packets does: spin, or (adaptive) pause and then "
			"sleep "
			"until a packet interrupts it or max_sleep_us have passed.",
		.dflt = "\"adaptive\"",
		.words = polling_words,
	},
	{
		.name = "max_sleep_us",
		.type = XEBRA_CONF_INT,
		.help = "The longest sleep of adaptive polling while a port without receive "
			"interrupts has to be polled.",
		.dflt = "250",
		.min = 1,
		.max = 1000000,
		.unit = "us",
	},
	{
		.name = "packets",
		.type = XEBRA_CONF_INT,
		.help = "Packet buffers of each NUMA node; 2^n - 1 uses memory best.",
		.restart = true,
		.dflt = "16383",
		.min = 1023,
		.max = 16777215,
	},
	{
		.name = "packet_size",
		.type = XEBRA_CONF_INT,
		.help = "Bytes of one packet buffer; longer frames need a device that scatters "
			"them "
			"over several. Without it as many as the largest MTU of the ports needs.",
		.restart = true,
		.min = 2048,
		.max = 16384,
		.unit = "bytes",
	},
	{.name = NULL},
};

static unsigned int
default_lcores(uint16_t *lcores)
{
	unsigned int nb = 0, lcore;

	RTE_LCORE_FOREACH_WORKER (lcore) {
		if (nb == XEBRA_WORKER_MAX)
			break;
		lcores[nb++] = lcore;
	}
	return nb;
}

static int
named_lcores(const json_t *list, uint16_t *lcores, struct xebra_err *err)
{
	const json_t *item;
	size_t i;

	json_array_foreach ((json_t *)(uintptr_t)list, i, item) {
		unsigned int lcore = json_integer_value(item);

		if (!rte_lcore_is_enabled(lcore))
			return xebra_err_set(err, -EINVAL,
				"workers.lcores[%zu]: EAL was not given lcore %u (see -l)", i,
				lcore);
		if (lcore == rte_get_main_lcore())
			return xebra_err_set(err, -EINVAL,
				"workers.lcores[%zu]: %u is the main lcore, which is the control "
				"thread (see --main-lcore)",
				i, lcore);
		lcores[i] = lcore;
	}
	return (int)json_array_size(list);
}

static int
check_lcores(const json_t *list, struct xebra_err *err)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		for (size_t before = 0; before < i; before++)
			if (json_equal(json_array_get(list, before), json_array_get(list, i)))
				return xebra_err_set(err, -EINVAL,
					"workers.lcores[%zu]: %d is there twice", i,
					(int)json_integer_value(json_array_get(list, i)));
	return 0;
}

/* Packet memory is made before the ports: note now what they will need. */
static int
check(const json_t *root, struct xebra_err *err)
{
	const json_t *workers = json_object_get(root, "workers");
	const char *name;
	json_t *port;

	largest_mtu = 0;
	json_object_foreach (json_object_get(root, "ports"), name, port) {
		uint16_t mtu = (uint16_t)json_integer_value(json_object_get(port, "mtu"));

		largest_mtu = RTE_MAX(largest_mtu, mtu);
	}
	return check_lcores(json_object_get(workers, "lcores"), err);
}

static uint32_t
packet_size(const json_t *to)
{
	const json_t *size = json_object_get(to, "packet_size");

	return size != NULL ? (uint32_t)json_integer_value(size)
			    : xebra_device_frame_room(largest_mtu);
}

static void
take_rates(void *arg __rte_unused)
{
	iface_rates();
	port_rates();
}

static int
start(const json_t *to, struct xebra_err *err)
{
	const json_t *list = json_object_get(to, "lcores");
	uint16_t lcores[XEBRA_WORKER_MAX];
	int nb, rc;

	nb = list != NULL ? named_lcores(list, lcores, err) : (int)default_lcores(lcores);
	if (nb < 0)
		return nb;
	if (nb == 0)
		return xebra_err_set(err, -EINVAL,
			"workers.lcores: EAL was given one lcore only; a router needs two (-l 0,1, "
			"or "
			"--lcores '(0,1)@0' on a single core)");
	rc = worker_launch(lcores, nb, err);
	if (rc < 0)
		return xebra_err_at(err, "workers.lcores");
	rc = pool_create(json_integer_value(json_object_get(to, "packets")), packet_size(to), err);
	if (rc < 0)
		return xebra_err_at(err, "workers.packets");
	rc = port_link_init();
	rate_timer = xebra_timer_start(RATE_MS, RATE_MS, take_rates, NULL);
	if (rc < 0 || rate_timer == NULL)
		return xebra_err_set(err, -ENOMEM, "workers: no memory for timers");
	return 0;
}

static int
install(const json_t *from __rte_unused, const json_t *to, struct xebra_err *err)
{
	const char *polling = json_string_value(json_object_get(to, "polling"));

	xebra_polling.max_sleep_us = json_integer_value(json_object_get(to, "max_sleep_us"));
	xebra_polling.spin = strcmp(polling, "spin") == 0;
	return worker_count() == 0 ? start(to, err) : 0;
}

static void
withdraw(const json_t *from __rte_unused, const json_t *to)
{
	if (to != NULL)
		return;
	xebra_timer_stop(rate_timer);
	rate_timer = NULL;
	capture_stop();
	port_link_fini();
	graph_drop();
	trace_end();
	worker_end();
	pool_free();
}

static struct xebra_conf_section section = {
	.schema =
		{
			.name = "workers",
			.type = XEBRA_CONF_OBJECT,
			.help = "The threads that forward packets.",
			.keys = keys,
		},
	.floor = XEBRA_CONF_FLOOR_WORKER,
	.check = check,
	.withdraw = withdraw,
	.install = install,
	.settle = graph_settle,
};
XEBRA_CONF_SECTION(section)
