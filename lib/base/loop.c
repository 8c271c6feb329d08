/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Timers stand in a list ordered by expiry; a router has tens of them, not thousands (tables that
 * age keep their own wheels and ask for one timer). A watch that is removed while events of the
 * same epoll_wait() are still to be delivered is only marked, and freed once they are: its
 * descriptor may have been given out again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>

#include "xebra_loop.h"

struct watch {
	LIST_ENTRY(watch) next;
	int fd;
	bool dead;
	xebra_fd_cb cb;
	void *arg;
};

struct xebra_timer {
	TAILQ_ENTRY(xebra_timer) next;
	uint64_t expiry_ms;
	uint32_t period_ms;
	bool running; /* inside its callback: in no list */
	bool stopped; /* stopped from there */
	xebra_timer_cb cb;
	void *arg;
};

static struct {
	int epoll_fd;
	int stop_fd;
	bool stop;
	LIST_HEAD(, watch) watches;
	LIST_HEAD(, watch) dead;
	TAILQ_HEAD(, xebra_timer) timers;
} loop = {.epoll_fd = -1, .stop_fd = -1};

uint64_t
xebra_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
stop_wanted(int fd, uint32_t events __rte_unused, void *arg __rte_unused)
{
	uint64_t count;

	if (read(fd, &count, sizeof(count)) == sizeof(count))
		loop.stop = true;
}

int
xebra_loop_init(void)
{
	LIST_INIT(&loop.watches);
	LIST_INIT(&loop.dead);
	TAILQ_INIT(&loop.timers);
	loop.stop = false;
	loop.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop.epoll_fd < 0)
		return -errno;
	loop.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop.stop_fd < 0)
		return -errno;
	return xebra_loop_watch(loop.stop_fd, EPOLLIN, stop_wanted, NULL);
}

static void
free_dead(void)
{
	struct watch *w;

	while ((w = LIST_FIRST(&loop.dead)) != NULL) {
		LIST_REMOVE(w, next);
		free(w);
	}
}

void
xebra_loop_fini(void)
{
	struct xebra_timer *timer;
	struct watch *w;

	while ((w = LIST_FIRST(&loop.watches)) != NULL)
		xebra_loop_unwatch(w->fd);
	free_dead();
	while ((timer = TAILQ_FIRST(&loop.timers)) != NULL)
		xebra_timer_stop(timer);
	if (loop.stop_fd >= 0)
		close(loop.stop_fd);
	if (loop.epoll_fd >= 0)
		close(loop.epoll_fd);
	loop.stop_fd = -1;
	loop.epoll_fd = -1;
}

static struct watch *
find_watch(int fd)
{
	struct watch *w;

	LIST_FOREACH (w, &loop.watches, next)
		if (w->fd == fd)
			return w;
	return NULL;
}

int
xebra_loop_watch(int fd, uint32_t events, xebra_fd_cb cb, void *arg)
{
	struct watch *w = find_watch(fd);
	int op = EPOLL_CTL_MOD;

	if (w == NULL) {
		w = calloc(1, sizeof(*w));
		if (w == NULL)
			return -ENOMEM;
		w->fd = fd;
		LIST_INSERT_HEAD(&loop.watches, w, next);
		op = EPOLL_CTL_ADD;
	}
	w->cb = cb;
	w->arg = arg;

	struct epoll_event event = {.events = events, .data.ptr = w};

	if (epoll_ctl(loop.epoll_fd, op, fd, &event) < 0) {
		int rc = -errno;

		if (op == EPOLL_CTL_MOD) {
			/* An event of this very batch may still point to it. */
			xebra_loop_unwatch(fd);
		} else {
			LIST_REMOVE(w, next);
			free(w);
		}
		return rc;
	}
	return 0;
}

void
xebra_loop_unwatch(int fd)
{
	struct watch *w = find_watch(fd);

	if (w == NULL)
		return;
	epoll_ctl(loop.epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	w->dead = true;
	LIST_REMOVE(w, next);
	LIST_INSERT_HEAD(&loop.dead, w, next);
}

static void
insert_timer(struct xebra_timer *timer)
{
	struct xebra_timer *later;

	TAILQ_FOREACH (later, &loop.timers, next)
		if (later->expiry_ms > timer->expiry_ms)
			break;
	if (later != NULL)
		TAILQ_INSERT_BEFORE(later, timer, next);
	else
		TAILQ_INSERT_TAIL(&loop.timers, timer, next);
}

struct xebra_timer *
xebra_timer_start(uint32_t delay_ms, uint32_t period_ms, xebra_timer_cb cb, void *arg)
{
	struct xebra_timer *timer = calloc(1, sizeof(*timer));

	if (timer == NULL)
		return NULL;
	timer->expiry_ms = xebra_now_ms() + delay_ms;
	timer->period_ms = period_ms;
	timer->cb = cb;
	timer->arg = arg;
	insert_timer(timer);
	return timer;
}

void
xebra_timer_stop(struct xebra_timer *timer)
{
	if (timer == NULL)
		return;
	if (timer->running) {
		timer->stopped = true;
		return;
	}
	TAILQ_REMOVE(&loop.timers, timer, next);
	free(timer);
}

static void
run_timer(struct xebra_timer *timer)
{
	TAILQ_REMOVE(&loop.timers, timer, next);
	timer->running = true;
	timer->cb(timer->arg);
	timer->running = false;
	if (timer->stopped || timer->period_ms == 0) {
		free(timer);
		return;
	}
	/* After a long callback the missed calls are left out, not made up for. */
	timer->expiry_ms =
		RTE_MAX(timer->expiry_ms, xebra_now_ms() - timer->period_ms) + timer->period_ms;
	insert_timer(timer);
}

/* Milliseconds to sleep for epoll_wait(); timers that are due are run first. */
static int
run_timers(void)
{
	uint64_t now = xebra_now_ms();
	struct xebra_timer *timer;

	while (!loop.stop && (timer = TAILQ_FIRST(&loop.timers)) != NULL && timer->expiry_ms <= now)
		run_timer(timer);
	timer = TAILQ_FIRST(&loop.timers);
	if (timer == NULL)
		return -1;
	now = xebra_now_ms();
	return timer->expiry_ms > now ? (int)RTE_MIN(timer->expiry_ms - now, 60000u) : 0;
}

int
xebra_loop_run(void)
{
	struct epoll_event events[32];

	while (!loop.stop) {
		int wait_ms = run_timers();
		int n;

		if (loop.stop)
			break;
		n = epoll_wait(loop.epoll_fd, events, RTE_DIM(events), wait_ms);
		if (n < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; i < n; i++) {
			struct watch *w = events[i].data.ptr;

			if (!w->dead)
				w->cb(w->fd, events[i].events, w->arg);
		}
		free_dead();
	}
	loop.stop = false;
	return 0;
}

void
xebra_loop_stop(void)
{
	uint64_t one = 1;

	if (write(loop.stop_fd, &one, sizeof(one)) < 0)
		loop.stop = true;
}
