/* SPDX-License-Identifier: BSD-3-Clause */
#include "liveness.h"

bool
vchannel_stalled(struct vchannel_progress *p, uint64_t refused, uint64_t taken, uint64_t stuck_ns,
	uint64_t now)
{
	bool in_vain = refused != p->refused;

	if (taken != p->taken) {
		p->stalled_at = 0;
	} else if (in_vain) {
		if (p->stalled_at == 0)
			p->stalled_at = now;
		p->vain_at = now;
	}
	p->refused = refused;
	p->taken = taken;
	return stuck_ns != 0 && p->stalled_at != 0 && p->vain_at - p->stalled_at >= stuck_ns;
}

bool
vchannel_silent(struct vchannel_completions *c, uint64_t handed, uint64_t done, uint64_t limit_ns,
	uint64_t now)
{
	bool more = c->seen && handed != c->handed, moved = c->seen && done != c->done;

	c->counts |= moved;
	if (moved)
		c->since = 0;
	else if (more && c->since == 0)
		c->since = now;
	c->seen = true;
	c->handed = handed;
	c->done = done;
	return limit_ns != 0 && c->counts && c->since != 0 && now - c->since >= limit_ns;
}

static void
note_stuck(struct vchannel_liveness *l, const struct vchannel_news *news, uint64_t now)
{
	if (news->stuck && !l->stuck) {
		l->stuck = true;
		l->retry = l->retry == 0 ? VCHANNEL_RETRY_FIRST : 2 * l->retry;
		if (l->retry > VCHANNEL_RETRY_MAX)
			l->retry = VCHANNEL_RETRY_MAX;
		l->retry_at = now + l->retry;
	} else if (l->stuck && !news->stuck && now >= l->retry_at) {
		l->stuck = false;
	}
	/* Long good conduct clears the record. */
	if (l->alive && l->retry != 0 && now - l->retry_at > VCHANNEL_RETRY_MAX)
		l->retry = 0;
}

bool
vchannel_judge(struct vchannel_liveness *l, const struct vchannel_news *news, uint64_t up_delay,
	uint64_t now)
{
	bool was = l->alive, good;

	note_stuck(l, news, now);
	good = news->link && !l->stuck && !news->unheard;
	if (!good) {
		l->alive = false;
	} else {
		if (!l->good)
			l->good_at = now;
		if (!l->seen || now - l->good_at >= up_delay)
			l->alive = true;
	}
	l->good = good;
	l->seen = true;
	if (was && !l->alive)
		l->deaths++;
	return was != l->alive;
}
