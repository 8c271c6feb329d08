/* SPDX-License-Identifier: BSD-3-Clause */
/* Fragments for us on their way through the control thread. */
#include "node.h"
#include "reass.h"
#include "xebra_loop.h"

#define STEP_MS 100

static struct reass reass;
static struct xebra_timer *timer;
static unsigned int inject_local, inject_error, inject_loss[4];

static void
put(unsigned int place, struct rte_mbuf *m)
{
	if (xebra_inject(place, m) < 0)
		rte_pktmbuf_free(m);
}

static void
lose(struct rte_mbuf *m, enum reass_loss why)
{
	/* RFC 1122 3.3.2: the sender is told when the first fragment is there. */
	if (why == REASS_TIMEOUT &&
		!(ip4_hdr(m)->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)))
		put(inject_error, m);
	else
		put(inject_loss[why], m);
}

static void
step(void *arg __rte_unused)
{
	reass_step(&reass, xebra_now_ms());
}

void
ip4_reass_init(void)
{
	struct reass_conf conf = reass.conf;

	reass_init(&reass, lose);
	reass.conf = conf;
	timer = xebra_timer_start(STEP_MS, STEP_MS, step, NULL);
}

void
ip4_reass_fini(void)
{
	xebra_timer_stop(timer);
	timer = NULL;
	reass_clear(&reass);
}

void
ip4_reass_configure(uint32_t max, uint32_t timeout_ms)
{
	reass.conf.max = max;
	reass.conf.fragments = max * 16;
	reass.conf.timeout_ms = timeout_ms;
}

static void
take(struct rte_mbuf *m)
{
	struct rte_mbuf *whole;

	if (!ip4_started()) {
		rte_pktmbuf_free(m);
		return;
	}
	whole = reass_add(&reass, m, xebra_now_ms());
	if (whole != NULL)
		put(inject_local, whole);
}

XEBRA_CONTROL(ip4_reassemble, take)
XEBRA_DROP(ip4_reassembly_full, "For us: no room for another fragment.");
XEBRA_DROP(ip4_bad_fragment, "For us: fragments overlap, or are longer than a datagram can be.");
XEBRA_DROP(ip4_duplicate_fragment, "For us: the fragment is already there.");

RTE_INIT(ip4_reass_register)
{
	inject_local = xebra_inject_register("ip4_local");
	inject_error = xebra_inject_register("ip4_error_reassembly");
	inject_loss[REASS_TIMEOUT] = xebra_inject_register("ip4_reassembly_timeout");
	inject_loss[REASS_FULL] = xebra_inject_register("ip4_reassembly_full");
	inject_loss[REASS_BAD] = xebra_inject_register("ip4_bad_fragment");
	inject_loss[REASS_DUPLICATE] = xebra_inject_register("ip4_duplicate_fragment");
}
