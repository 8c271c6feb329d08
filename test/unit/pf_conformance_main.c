/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pf_conformance BACKEND DEVICE [--record FILE | --replay FILE]
 *
 * The promises of a backend, tried on a PF that there is: a software NIC (its socket), a NIC of
 * this machine (its interface). It changes VFs 0 and 1 as it likes and leaves them scrubbed. What
 * the netlink backend and the kernel say to each other can be recorded, and played back elsewhere.
 */
#include "xebra_test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pf_conformance.h"
#include "pf_record.h"

#define PROMISES_MAX 32

static struct xebra_pf *pf;

static void
keep_promise(void **state)
{
	const struct pf_promise *promise = *state;

	promise->test(pf);
}

static int
start_tape(int argc, char **argv)
{
	if (argc == 3) {
		pf_kernel_use(&pf_real_kernel);
		return 0;
	}
	if (argc == 5 && strcmp(argv[3], "--record") == 0)
		return pf_record_start(&pf_real_kernel, argv[4]);
	if (argc == 5 && strcmp(argv[3], "--replay") == 0)
		return pf_replay_start(argv[4]);
	return -EINVAL;
}

int
main(int argc, char **argv)
{
	const struct xebra_pf_ops *ops = argc > 2 ? xebra_pf_backend(argv[1]) : NULL;
	struct xebra_pf_conf conf = {.name = "pf"};
	struct CMUnitTest tests[PROMISES_MAX];
	struct xebra_err err = {0};
	size_t n = 0;
	int failed;

	if (ops == NULL || start_tape(argc, argv) < 0) {
		fprintf(stderr,
			"usage: pf_conformance BACKEND DEVICE [--record FILE | --replay "
			"FILE]\n");
		return 2;
	}
	conf.device = argv[2];
	if (ops->open(&conf, &pf, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		if (argc == 5)
			pf_record_end();
		return 1;
	}
	for (const struct pf_promise *p = pf_promises; p->name != NULL && n < PROMISES_MAX; p++)
		tests[n++] = (struct CMUnitTest){
			p->name, keep_promise, NULL, NULL, (void *)(uintptr_t)p};
	failed = _cmocka_run_group_tests("pf_conformance", tests, n, NULL, NULL);
	pf->ops->close(pf);
	if (argc == 5)
		pf_record_end();
	return failed;
}
