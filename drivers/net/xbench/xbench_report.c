/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_telemetry.h>
#include <rte_version.h>

#include "xbench_priv.h"

#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
#define add_number rte_tel_data_add_dict_uint
#else
#define add_number rte_tel_data_add_dict_u64
#endif

/*
 * Programs such as l3fwd print nothing that a bench could use, and some run without telemetry. So a
 * timer in EAL's interrupt thread writes what all ports of the process have seen to a file, ten
 * times a second and once more when a port closes; it also opens the ports once the gate file
 * exists, and plays their link scripts. Whoever runs the bench waits for the report's "done".
 */

#define TICK_US 100000
#define PATH_MAX_LEN 256
/* Nothing new for so many ticks after the last packet was given: it will not come any more. */
#define QUIET_TICKS 3

static struct {
	pthread_mutex_t lock;
	char report[PATH_MAX_LEN], gate[PATH_MAX_LEN];
	struct xbench_dev *devs;
	bool ticking, done;
	uint64_t last_taken;
	unsigned int quiet;
} all = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
xbench_report_files(const char *report, const char *gate)
{
	const char *text = report != NULL ? report : gate;
	char *path = report != NULL ? all.report : all.gate;

	if (strlen(text) >= PATH_MAX_LEN - sizeof(".new"))
		return -ENAMETOOLONG;
	snprintf(path, PATH_MAX_LEN, "%s", text);
	return 0;
}

static double
ns(const struct xbench_histogram *h, double share)
{
	return xbench_histogram_quantile(h, share) * 1e9 / rte_get_tsc_hz();
}

static void
write_port(FILE *file, const struct xbench_dev *dev)
{
	struct xbench_totals sum;
	unsigned int i;

	xbench_totals(dev, &sum);
	fprintf(file,
		"{\"name\": \"%s\", \"id\": %u, \"started\": %s, \"given\": %" PRIu64
		", \"missed\": %" PRIu64 ", \"no_mbuf\": %" PRIu64 ", \"answered\": %" PRIu64
		", \"taken\": %" PRIu64 ", \"taken_bytes\": %" PRIu64 ", \"small\": %" PRIu64
		", \"lost\": %" PRIu64 ", \"checked\": %" PRIu64,
		dev->eth->data->name, dev->id, dev->started ? "true" : "false", sum.given,
		sum.missed, sum.nombuf, sum.answered, sum.taken, sum.taken_bytes, sum.small,
		sum.lost, sum.checked);
	for (i = 0; i < XBENCH_FLAWS; i++)
		fprintf(file, ", \"%s\": %" PRIu64, xbench_flaw_names[i], sum.flaws[i]);
	if (dev->first_flaw != XBENCH_OK) {
		fprintf(file, ", \"first_flaw\": \"%s\", \"first_frame\": \"",
			xbench_flaw_names[dev->first_flaw]);
		for (i = 0; i < dev->first_len; i++)
			fprintf(file, "%02x", dev->first_frame[i]);
		fputc('"', file);
	}
	if (sum.latency.count > 0)
		fprintf(file,
			", \"latency_ns\": {\"count\": %" PRIu64
			", \"p50\": %.0f, \"p99\": %.0f, \"p999\": %.0f, \"max\": %.0f}",
			sum.latency.count, ns(&sum.latency, 0.5), ns(&sum.latency, 0.99),
			ns(&sum.latency, 0.999), sum.latency.max * 1e9 / rte_get_tsc_hz());
	fputc('}', file);
}

static void
write_lcores(FILE *file)
{
	static float sorted[XBENCH_WINDOWS_KEPT];
	const char *comma = "";
	unsigned int i, n;

	for (i = 0; i <= RTE_MAX_LCORE; i++) {
		n = xbench_meter_sorted(&xbench_meters[i], sorted);
		if (n == 0)
			continue;
		fprintf(file,
			"%s{\"lcore\": %u, \"windows\": %u, \"min\": %.3f, \"p10\": %.3f, "
			"\"p50\": %.3f, \"p90\": %.3f, \"max\": %.3f}",
			comma, i, xbench_meters[i].windows, xbench_meters[i].shortest,
			sorted[n / 10], sorted[n / 2], sorted[n * 9 / 10], sorted[n - 1]);
		comma = ", ";
	}
}

static void
write_report(void)
{
	char path[PATH_MAX_LEN + 8];
	const struct xbench_dev *dev;
	FILE *file;

	if (all.report[0] == '\0')
		return;
	snprintf(path, sizeof(path), "%s.new", all.report);
	file = fopen(path, "we");
	if (file == NULL)
		return;
	fprintf(file, "{\"tsc_hz\": %" PRIu64 ", \"window\": %u, \"done\": %s, \"ports\": [",
		rte_get_tsc_hz(), XBENCH_WINDOW, all.done ? "true" : "false");
	for (dev = all.devs; dev != NULL; dev = dev->next) {
		write_port(file, dev);
		if (dev->next != NULL)
			fputs(", ", file);
	}
	fputs("], \"lcores\": [", file);
	write_lcores(file);
	fputs("]}\n", file);
	if (fclose(file) == 0)
		rename(path, all.report);
}

void
xbench_report_write(void)
{
	pthread_mutex_lock(&all.lock);
	write_report();
	pthread_mutex_unlock(&all.lock);
}

static void
open_port(struct xbench_dev *dev)
{
	if (!dev->started || dev->open)
		return;
	dev->opened_ms = now_ms();
	dev->open = true;
}

static void
play_link_script(struct xbench_dev *dev)
{
	const struct xbench_conf *conf = &dev->conf;

	while (dev->open && dev->link_step < conf->n_link &&
		now_ms() - dev->opened_ms >= conf->link[dev->link_step].at_ms)
		xbench_link_set(dev, conf->link[dev->link_step++].up);
}

/* Done: every source has given all it had, and the sinks have been quiet since. */
static void
look_whether_done(void)
{
	const struct xbench_dev *dev;
	struct xbench_totals sum;
	uint64_t taken = 0;
	bool exhausted = true, any = false;

	for (dev = all.devs; dev != NULL; dev = dev->next) {
		xbench_totals(dev, &sum);
		taken += sum.taken + sum.lost;
		if (dev->conf.packets == 0 || dev->conf.packets == XBENCH_ENDLESS)
			continue;
		any = true;
		exhausted &= dev->started && sum.exhausted;
	}
	all.quiet = taken == all.last_taken && any && exhausted ? all.quiet + 1 : 0;
	all.last_taken = taken;
	all.done = all.quiet >= QUIET_TICKS;
}

static void
tick(void *arg)
{
	struct xbench_dev *dev;
	bool go;

	RTE_SET_USED(arg);
	pthread_mutex_lock(&all.lock);
	go = all.gate[0] == '\0' || access(all.gate, F_OK) == 0;
	for (dev = all.devs; dev != NULL; dev = dev->next) {
		if (go)
			open_port(dev);
		play_link_script(dev);
	}
	look_whether_done();
	write_report();
	all.ticking = all.devs != NULL && rte_eal_alarm_set(TICK_US, tick, NULL) == 0;
	pthread_mutex_unlock(&all.lock);
}

void
xbench_report_join(struct xbench_dev *dev)
{
	struct xbench_dev **p;

	pthread_mutex_lock(&all.lock);
	for (p = &all.devs; *p != NULL && (*p)->id <= dev->id; p = &(*p)->next)
		;
	dev->next = *p;
	*p = dev;
	pthread_mutex_unlock(&all.lock);
}

void
xbench_report_leave(struct xbench_dev *dev)
{
	struct xbench_dev **p;
	bool last;

	pthread_mutex_lock(&all.lock);
	/* The report of a run is what it was before its first port went away. */
	if (!all.done)
		write_report();
	for (p = &all.devs; *p != NULL; p = &(*p)->next) {
		if (*p == dev) {
			*p = dev->next;
			break;
		}
	}
	last = all.devs == NULL;
	if (last)
		all.ticking = false;
	pthread_mutex_unlock(&all.lock);
	/* Not under the lock: this waits for a tick that is running. */
	if (last)
		rte_eal_alarm_cancel(tick, NULL);
}

void
xbench_report_started(struct xbench_dev *dev)
{
	RTE_SET_USED(dev);
	pthread_mutex_lock(&all.lock);
	all.done = false;
	all.quiet = 0;
	if (all.gate[0] == '\0')
		open_port(dev);
	if (!all.ticking)
		all.ticking = rte_eal_alarm_set(TICK_US, tick, NULL) == 0;
	pthread_mutex_unlock(&all.lock);
}

static int
list_ports(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct xbench_dev *dev;

	RTE_SET_USED(cmd);
	RTE_SET_USED(params);
	rte_tel_data_start_array(d, RTE_TEL_STRING_VAL);
	pthread_mutex_lock(&all.lock);
	for (dev = all.devs; dev != NULL; dev = dev->next)
		rte_tel_data_add_array_string(d, dev->eth->data->name);
	pthread_mutex_unlock(&all.lock);
	return 0;
}

static void
add_totals(struct rte_tel_data *d, const struct xbench_dev *dev)
{
	struct xbench_totals sum;
	unsigned int i;

	xbench_totals(dev, &sum);
	rte_tel_data_start_dict(d);
	add_number(d, "given", sum.given);
	add_number(d, "missed", sum.missed);
	add_number(d, "no_mbuf", sum.nombuf);
	add_number(d, "taken", sum.taken);
	add_number(d, "small", sum.small);
	add_number(d, "lost", sum.lost);
	add_number(d, "checked", sum.checked);
	for (i = 0; i < XBENCH_FLAWS; i++)
		add_number(d, xbench_flaw_names[i], sum.flaws[i]);
}

static int
show_port(const char *cmd, const char *params, struct rte_tel_data *d)
{
	const struct xbench_dev *dev;
	int rc = -EINVAL;

	RTE_SET_USED(cmd);
	if (params == NULL)
		return -EINVAL;
	pthread_mutex_lock(&all.lock);
	for (dev = all.devs; dev != NULL; dev = dev->next) {
		if (strcmp(params, dev->eth->data->name) == 0) {
			add_totals(d, dev);
			rc = 0;
			break;
		}
	}
	pthread_mutex_unlock(&all.lock);
	return rc;
}

RTE_INIT(xbench_telemetry)
{
	rte_telemetry_register_cmd("/xbench/list", list_ports, "Names of the net_xbench ports");
	rte_telemetry_register_cmd("/xbench/port", show_port,
		"What a net_xbench port gave, took and found wrong. Parameters: name");
}
