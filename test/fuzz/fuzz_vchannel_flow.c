/* SPDX-License-Identifier: BSD-3-Clause */

/* Any bytes as a frame: nothing is read out of bounds, and the short way agrees with the long one.
 */

#include <stdlib.h>

#include "flow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vchannel_flow_conf conf = {.ndn_depth = VCHANNEL_NDN_DEPTH};
	uint32_t slow, four[4];
	uint8_t *frame;

	if (size < 1)
		return 0;
	conf.symmetric = data[0] & 1;
	conf.seed = data[0] >> 1;
	data++;
	size--;
	/* A copy of its own, so that ASan guards both ends. */
	frame = malloc(size);
	if (frame == NULL)
		return 0;
	memcpy(frame, data, size);
	slow = vchannel_flow_hash(&conf, frame, size);
	if (!conf.symmetric && size >= VCHANNEL_PLAIN_LEN) {
		const uint8_t *const frames[4] = {frame, frame, frame, frame};

		if (vchannel_flow_hash_four(conf.seed, frames, four))
			for (int k = 0; k < 4; k++)
				if (four[k] != slow)
					abort();
	}
	free(frame);
	return 0;
}
