/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "rpc_priv.h"

char *
buf_reserve(struct buf *buf, size_t len)
{
	size_t used = buf_len(buf), room = buf->room;
	char *data;

	if (buf->room - buf->end >= len)
		return buf->data + buf->end;
	/* Moved only when half is free: each byte is copied a bounded number of times. */
	if (buf->start >= used && buf->room - used >= len) {
		memmove(buf->data, buf->data + buf->start, used);
		buf->start = 0;
		buf->end = used;
		return buf->data + buf->end;
	}
	room = RTE_MAX(RTE_MAX(room * 2, (size_t)4096), used + len);
	data = malloc(room);
	if (data == NULL)
		return NULL;
	if (used > 0)
		memcpy(data, buf->data + buf->start, used);
	free(buf->data);
	*buf = (struct buf){.data = data, .end = used, .room = room};
	return data + used;
}

int
buf_add(struct buf *buf, const void *data, size_t len)
{
	char *to = buf_reserve(buf, len);

	if (to == NULL)
		return -ENOMEM;
	memcpy(to, data, len);
	buf->end += len;
	return 0;
}

void
buf_take(struct buf *buf, size_t len)
{
	buf->start += RTE_MIN(len, buf_len(buf));
	if (buf->start < buf->end)
		return;
	buf->start = buf->end = 0;
	/* What one large request or reply needed is not kept for ever. */
	if (buf->room > (1u << 20))
		buf_free(buf);
}

void
buf_free(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){0};
}
