/* SPDX-License-Identifier: BSD-3-Clause */
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "xebra_loop.h"
#include "xebra_test.h"

static int calls;
static struct xebra_timer *periodic;
static int pipes[2][2];

static int
start_loop(void **state)
{
	(void)state;
	calls = 0;
	return xebra_loop_init();
}

static int
end_loop(void **state)
{
	(void)state;
	xebra_loop_fini();
	return 0;
}

static void
stop_after_three(void *arg)
{
	(void)arg;
	if (++calls == 3) {
		xebra_timer_stop(periodic);
		xebra_loop_stop();
	}
}

static void
a_periodic_timer_can_stop_itself(void **state)
{
	(void)state;
	periodic = xebra_timer_start(1, 1, stop_after_three, NULL);
	assert_non_null(periodic);
	assert_int_equal(xebra_loop_run(), 0);
	assert_int_equal(calls, 3);
}

static void
drop_both(int fd, uint32_t events, void *arg)
{
	(void)fd;
	(void)events;
	(void)arg;
	calls++;
	xebra_loop_unwatch(pipes[0][0]);
	xebra_loop_unwatch(pipes[1][0]);
	xebra_loop_stop();
}

static void
a_watch_removed_by_another_is_not_called_again(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		assert_int_equal(write(pipes[i][1], "x", 1), 1);
		assert_int_equal(xebra_loop_watch(pipes[i][0], EPOLLIN, drop_both, NULL), 0);
	}
	assert_int_equal(xebra_loop_run(), 0);
	assert_int_equal(calls, 1);
	for (int i = 0; i < 2; i++) {
		close(pipes[i][0]);
		close(pipes[i][1]);
	}
}

static void
close_both_and_change(int fd, uint32_t events, void *arg)
{
	(void)fd;
	(void)events;
	(void)arg;
	calls++;
	for (int i = 0; i < 2; i++) {
		close(pipes[i][0]);
		assert_int_equal(
			xebra_loop_watch(pipes[i][0], EPOLLIN, close_both_and_change, NULL),
			-EBADF);
	}
	xebra_loop_stop();
}

static void
a_watch_that_cannot_be_changed_is_not_called_again(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe(pipes[i]), 0);
		assert_int_equal(write(pipes[i][1], "x", 1), 1);
		assert_int_equal(
			xebra_loop_watch(pipes[i][0], EPOLLIN, close_both_and_change, NULL), 0);
	}
	assert_int_equal(xebra_loop_run(), 0);
	assert_int_equal(calls, 1);
	for (int i = 0; i < 2; i++)
		close(pipes[i][1]);
}

static void
timers_run_in_the_order_of_their_expiry(void **state)
{
	(void)state;
	calls = 2;
	assert_non_null(xebra_timer_start(2, 0, stop_after_three, NULL));
	periodic = xebra_timer_start(600000, 0, stop_after_three, NULL);
	assert_int_equal(xebra_loop_run(), 0);
	assert_int_equal(calls, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_periodic_timer_can_stop_itself, start_loop, end_loop),
		cmocka_unit_test_setup_teardown(
			a_watch_removed_by_another_is_not_called_again, start_loop, end_loop),
		cmocka_unit_test_setup_teardown(
			a_watch_that_cannot_be_changed_is_not_called_again, start_loop, end_loop),
		cmocka_unit_test_setup_teardown(
			timers_run_in_the_order_of_their_expiry, start_loop, end_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
