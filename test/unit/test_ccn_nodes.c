/* SPDX-License-Identifier: BSD-3-Clause */
/* What the nodes of CCN do between the configuration's coming and going and that of the graph. */
#include <string.h>

#include "ccn_priv.h"
#include "dataplane_bench.h"
#include "xebra_test.h"

#define NDN_TYPE 0x8624

static const char config[] =
	"\"workers\": {\"packets\": 8191},"
	"\"ports\": {\"p0\": {\"device\": \"net_ring_w0\"}, \"p1\": {\"device\": \"net_ring_w1\"}},"
	"\"interfaces\": {\"left\": {\"port\": \"p0\"}, \"right\": {\"port\": \"p1\"}},"
	"\"ccn\": {\"faces\": {\"right\": {\"interface\": \"right\", \"remote\": "
	"\"02:00:00:00:00:09\"}}}";

static int
start(void **state)
{
	(void)state;
	return bench_start(config);
}

static int
stop(void **state)
{
	(void)state;
	bench_stop();
	return 0;
}

/* A worker may still run a graph with CCN in it when CCN has been withdrawn. */
static void
what_comes_after_ccn_has_gone_is_dropped_by_name(void **state)
{
	struct ccn_run *run = ccn_run;

	(void)state;
	assert_non_null(run);
	__atomic_store_n(&ccn_run, NULL, __ATOMIC_RELEASE);
	bench_send(0, bench_frame(0, bench_mac("left"), -1, NDN_TYPE, 0, 60));
	bench_wait_drop("ccn_off", 1);
	__atomic_store_n(&ccn_run, run, __ATOMIC_RELEASE);
	bench_wait_no_packets();
	/* And it is back: now the packet is looked at, and is none. */
	bench_send(0, bench_frame(0, bench_mac("left"), -1, NDN_TYPE, 0, 60));
	bench_wait_drop("ccn_no_face", 1);
	bench_wait_no_packets();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_after_ccn_has_gone_is_dropped_by_name),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
