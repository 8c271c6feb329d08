/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef NIC_SCHED_H
#define NIC_SCHED_H

/*
 * Who may send now: caps, guarantees and shares of the VFs, and everybody's turn on the lcore. No
 * input or output, and no clock: time is what the caller says, in cycles. How it works is told at
 * the head of nic_sched.c. Worker only.
 */

#include <stdbool.h>
#include <stdint.h>

#include "nic_switch.h"

/* The uplink takes turns on the lcore like a VF. */
#define NIC_SCHED_UPLINK NIC_VFS_MAX
#define NIC_SCHED_SOURCES (NIC_VFS_MAX + 1)
#define NIC_SCHED_TURN 32 /* frames of a turn, at most */

/* Bytes that may be sent, filled by time. */
struct nic_bucket {
	double tokens; /* bytes; below 0: overdrawn */
	double rate;   /* bytes per cycle; 0: no limit */
	double most;   /* bytes that may be saved */
	uint64_t last; /* cycles */
};

struct nic_sched_vf {
	double finish; /* level at which all that it has sent is its share */
	double weight; /* above 0 */
	double frame;  /* bytes of its frames, about */
	struct nic_bucket cap;
	struct nic_bucket guarantee;
};

struct nic_sched {
	struct nic_bucket link;          /* the uplink's rate; 0: what the device takes */
	double level;                    /* VFs that have not reached it may send to the uplink */
	double step;                     /* of the last rise */
	double hz;                       /* cycles per second */
	uint64_t active;                 /* VFs that had something to send when last asked */
	uint64_t denied;                 /* VFs that had to wait for the level in this walk */
	uint64_t cpu[NIC_SCHED_SOURCES]; /* cycles used */
	uint64_t cpu_level;              /* those who have used less may have a turn */
	uint64_t cpu_wanted;             /* sources that had a turn in this walk, or wait for one */
	struct nic_sched_vf vfs[NIC_VFS_MAX];
};

void nic_sched_init(struct nic_sched *s, double hz, uint64_t now);

/* Set the uplink's rate, Mb/s; 0: it takes what it takes. */
void nic_sched_set_link(struct nic_sched *s, uint32_t rate);

/* Set a VF's terms: rates in Mb/s, 0: none; weight above 0. What it has sent stays counted. */
void nic_sched_set_vf(struct nic_sched *s, unsigned int vf, uint32_t max_rate, uint32_t min_rate,
	uint32_t weight);

/* How many frames may be taken from a VF now, at most `most`. */
unsigned int nic_sched_allow(struct nic_sched *s, unsigned int vf, uint64_t now, unsigned int most);

/* A VF was asked and had nothing. */
void nic_sched_idle(struct nic_sched *s, unsigned int vf);

/* What was taken from a VF: frames and bytes, and bytes of those for the uplink. */
void nic_sched_sent(struct nic_sched *s, unsigned int vf, unsigned int frames, uint64_t bytes,
	uint64_t uplink_bytes);

/*
 * After every VF had its chance: let the level rise, when somebody waits for it and the uplink has
 * room. True when somebody waits for time to pass.
 */
bool nic_sched_round(struct nic_sched *s, uint64_t now, bool uplink_busy);

/* Turns on the lcore: may this source (a VF or NIC_SCHED_UPLINK) have one? */
static inline bool
nic_cpu_turn(struct nic_sched *s, unsigned int source)
{
	if (s->cpu[source] <= s->cpu_level)
		return true;
	s->cpu_wanted |= UINT64_C(1) << source;
	return false;
}

/* A source has had a turn of so many cycles. */
void nic_cpu_used(struct nic_sched *s, unsigned int source, uint64_t cycles);

/* After every source had its chance. */
void nic_cpu_round(struct nic_sched *s);

#endif
