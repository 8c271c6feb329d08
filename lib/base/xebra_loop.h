/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef XEBRA_LOOP_H
#define XEBRA_LOOP_H

/**
 * @file
 * The control thread's event loop: file descriptors and timers, one thread, no locks.
 *
 * Everything that changes tables, answers clients or keeps time runs here, one callback after the
 * other; nothing in a callback may block. Only xebra_loop_stop() may be called from elsewhere.
 */

#include <stdbool.h>
#include <stdint.h>

struct xebra_timer;

/** Called when a descriptor is ready. @p events: EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR. */
typedef void (*xebra_fd_cb)(int fd, uint32_t events, void *arg);

/** Called when a timer expires. */
typedef void (*xebra_timer_cb)(void *arg);

/** Make the loop. Returns 0 or a negative errno value. Once, before any other function. */
int xebra_loop_init(void);

/** Free the loop, its timers and its watches (descriptors stay open: their owners close them). */
void xebra_loop_fini(void);

/**
 * Watch a descriptor, or change what is watched for.
 *
 * @param events
 *   EPOLLIN and/or EPOLLOUT, level triggered; 0 keeps only EPOLLHUP and EPOLLERR.
 * @return
 *   0, -ENOMEM, or what epoll_ctl said.
 */
int xebra_loop_watch(int fd, uint32_t events, xebra_fd_cb cb, void *arg);

/** Stop watching. Safe from inside any callback, also for events already gathered. */
void xebra_loop_unwatch(int fd);

/**
 * Start a timer.
 *
 * @param delay_ms
 *   Time to the first call, milliseconds.
 * @param period_ms
 *   Time between later calls; 0: only one call, after which the timer is freed.
 * @return
 *   The timer, or NULL when there is no memory.
 */
struct xebra_timer *xebra_timer_start(
	uint32_t delay_ms, uint32_t period_ms, xebra_timer_cb cb, void *arg);

/** Stop and free a timer; NULL is allowed. Safe from inside its own callback. */
void xebra_timer_stop(struct xebra_timer *timer);

/** Milliseconds of the monotonic clock, as the timers use it. */
uint64_t xebra_now_ms(void);

/** Run until xebra_loop_stop(). Returns 0 or a negative errno value. */
int xebra_loop_run(void);

/** Make xebra_loop_run() return after the current callback. Any thread; signal-safe. */
void xebra_loop_stop(void);

#endif
