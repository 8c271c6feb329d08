/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef TEST_IP4_H
#define TEST_IP4_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>

/* EAL on ordinary pages, beside any other program. */
static inline int
test_eal_init(const char *name)
{
	char prefix[64];
	const char *const words[] = {name, "--no-huge", "-m", "256", "--no-pci", "--no-shconf",
		"--no-telemetry", "--log-level=error", "--file-prefix", prefix};
	/* For good: EAL keeps some of them. */
	static char text[RTE_DIM(words)][sizeof(prefix)];
	char *argv[RTE_DIM(words) + 1] = {NULL};

	snprintf(prefix, sizeof(prefix), "%s-%d", name, getpid());
	for (unsigned int i = 0; i < RTE_DIM(words); i++) {
		snprintf(text[i], sizeof(text[i]), "%s", words[i]);
		argv[i] = text[i];
	}
	return rte_eal_init(RTE_DIM(words), argv);
}

#endif
