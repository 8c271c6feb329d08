/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Any bytes as what the kernel answers about a PF and its VFs. What is told of VFs stays within
 * what there can be.
 */
#include <stdlib.h>
#include <string.h>

#include "nl_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool held)
{
	if (!held)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct nl_link link;
	char why[160];
	uint32_t seq = 0;
	void *copy;
	int rc;

	/* As a datagram is: aligned, and nothing behind it. */
	copy = malloc(size + 1);
	memcpy(copy, data, size);
	if (size >= 12)
		memcpy(&seq, data + 8, sizeof(seq));
	rc = nl_take_answer(copy, size, seq, &link, why, sizeof(why));
	must(rc <= 1 && strlen(why) < sizeof(why));
	if (rc == 1) {
		must(link.nb_vfs <= XEBRA_PF_VFS_MAX);
		for (unsigned int i = 0; i < link.nb_vfs; i++)
			must(link.vfs[i].vlan <= 4095 && link.vfs[i].priority <= 7 &&
				link.vfs[i].link <= XEBRA_PF_LINK_DISABLE &&
				(link.vfs[i].known & ~XEBRA_PF_ALL) == 0);
	}
	nl_concerns(copy, size, 1);
	free(copy);
	return 0;
}
