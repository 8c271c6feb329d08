/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PF manager when something fails or it is killed: a change is made wholly or not at all, and
 * whoever comes after it goes on where it was.
 */
#include "xebra_test.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pf_manager_bench.h"
#include "xebra_conf.h"
#include "xebra_loop.h"

/* ---- What fails ---- */

static void
a_change_that_fails_anywhere_is_undone(void **state)
{
	struct xebra_pf_vf before[FAKE_VFS];
	struct xebra_err err;
	unsigned int n = 0;
	int rc;

	(void)state;
	must_start(CONFIG(GUESTS_1));
	memcpy(before, fake.vfs, sizeof(before));
	do {
		fake.fail_in = ++n;
		rc = reload(CONFIG(GUESTS_2), &err);
		if (fake.fail_in != 0)
			break; /* so many steps there are not */
		assert_int_equal(rc, -EIO);
		assert_non_null(strstr(err.text, "guests."));
		assert_non_null(strstr(err.text, "pf p0 vf "));
		assert_non_null(strstr(err.text, "broken"));
		for (unsigned int i = 0; i < FAKE_VFS; i++)
			assert_int_equal(
				xebra_pf_differ(&fake.vfs[i], &before[i], XEBRA_PF_ALL), 0);
		assert_as_configured();
	} while (n < 1000);
	assert_in_range(n, 10, 100);
	assert_int_equal(rc, 0);
	assert_int_equal(fake.vfs[3].vlan, 3);
}

static void
a_start_that_fails_leaves_the_vfs_as_they_were(void **state)
{
	struct xebra_pf_vf before[FAKE_VFS];
	struct xebra_err err;

	(void)state;
	memcpy(before, fake.vfs, sizeof(before));
	for (unsigned int n = 1; n < 60; n += 7) {
		fake.fail_in = n;
		assert_int_equal(start(CONFIG(GUESTS_1), &err), -EIO);
		for (unsigned int i = 0; i < FAKE_VFS; i++)
			assert_int_equal(xebra_pf_differ(&fake.vfs[i], &before[i],
						 XEBRA_PF_ALL & ~XEBRA_PF_MAC),
				0);
	}
}

static void
what_a_driver_takes_but_does_not_do_is_noticed(void **state)
{
	struct xebra_err err;

	(void)state;
	fake.deaf = XEBRA_PF_TRUNK;
	assert_int_equal(start(CONFIG(GUESTS_1), &err), -EIO);
	assert_non_null(strstr(err.text, "trunk: driver fake took [70, 77], but [] is in effect"));
}

static void
what_a_driver_does_not_have_is_refused_before_anything_is_done(void **state)
{
	static const struct {
		uint32_t lacks;
		const char *says;
	} lacks[] = {
		{XEBRA_PF_MAX_RATE, "guests.r1.vfs[0].cap: driver fake of pf p0 limits no rates"},
		{XEBRA_PF_TRUNK,
			"guests.b1.vfs[0].vlans: driver fake of pf p0 has one VLAN per VF"},
		{XEBRA_PF_CAN_PRIORITY, "vnets.blue.priority: driver fake of pf p0 inserts none"},
	};

	(void)state;
	for (size_t i = 0; i < RTE_DIM(lacks); i++) {
		struct xebra_err err;

		fake_make(CAN_SHARE & ~lacks[i].lacks);
		assert_int_equal(start(CONFIG(GUESTS_1), &err), -EOPNOTSUPP);
		assert_non_null(strstr(err.text, lacks[i].says));
		assert_int_equal(fake.nb_log, 0);
	}
}

static void
a_vf_that_cannot_be_put_right_is_reported_closed_and_tried_again(void **state)
{
	(void)state;
	must_start(CONFIG(GUESTS_1));
	fake.vfs[3].vlan = 9;
	fake.vfs[5].trust = true;
	/* Closing works, the VLAN does not. */
	fake.fail_in = 2;
	look();
	assert_non_null(strstr(vf(3)->err.text, "guests.r1.vfs[0]: pf p0 vf 3: broken"));
	assert_true(is_closed(&fake.vfs[3]));
	/* The other one was seen to. */
	assert_false(fake.vfs[5].trust);
	look();
	assert_as_configured();
}

/* What makes a VF tighter is set while it is open: it does not stay so when that fails. */
static void
a_vf_that_cannot_be_made_tighter_is_closed(void **state)
{
	(void)state;
	must_start(CONFIG(GUESTS_1));
	fake.vfs[3].spoof_check = false;
	fake.fail_in = 1;
	look();
	assert_non_null(strstr(vf(3)->err.text, "guests.r1.vfs[0]: pf p0 vf 3: broken"));
	assert_true(is_closed(&fake.vfs[3]));
	look();
	assert_as_configured();
}

static void
a_pf_that_is_lost_is_opened_again(void **state)
{
	struct xebra_err err;

	(void)state;
	must_start(CONFIG(GUESTS_1));
	fake.gone = true;
	look();
	assert_null(pf_find("p0")->dev);
	assert_non_null(strstr(pf_find("p0")->err.text, "fake"));
	/* What needs it is refused meanwhile. */
	assert_true(reload(CONFIG(GUESTS_2), &err) < 0);
	assert_non_null(strstr(err.text, "guests."));
	/* It comes back as new, as a software NIC does. */
	fake_make(CAN_SHARE);
	look();
	assert_as_configured();
	assert_int_equal(fake.vfs[3].vlan, 2);
}

/* ---- Crashes ---- */

/* Reload in a child that is gone before it takes its n-th step. False: it took fewer. */
static bool
reload_and_die(const char *text, unsigned int n)
{
	struct xebra_err err;
	int status;
	pid_t child;

	fake.dies_in = n;
	child = fork();
	if (child == 0) {
		reload(text, &err);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	fake.dies_in = 0;
	return WEXITSTATUS(status) == 0;
}

static void
one_that_was_killed_anywhere_goes_on_where_it_was(void **state)
{
	unsigned int n = 0;
	bool died;

	(void)state;
	do {
		struct xebra_pf_vf kept;

		fake_make(CAN_SHARE);
		unlink(state_file);
		must_start(CONFIG(GUESTS_1));
		kept = fake.vfs[0];
		died = reload_and_die(CONFIG(GUESTS_2), ++n);
		xebra_conf_stop();
		fake.nb_log = 0;
		must_start(CONFIG(GUESTS_2));
		assert_as_configured();
		/* The one that both have never noticed. */
		assert_int_equal(steps_of(0), 0);
		assert_int_equal(xebra_pf_differ(&fake.vfs[0], &kept, XEBRA_PF_ALL), 0);
		xebra_conf_stop();
	} while (died);
	assert_in_range(n, 10, 100);
}

static bool
was_reset(unsigned int number)
{
	for (unsigned int i = 0; i < fake.nb_log; i++)
		if (fake.log[i].vf == number && fake.log[i].setting == FAKE_RESET)
			return true;
	return false;
}

static void
after_a_kill_no_guest_gets_a_vf_that_another_one_had_as_it_is(void **state)
{
	unsigned int n = 0;
	bool died, open;

	(void)state;
	do {
		fake_make(CAN_SHARE);
		unlink(state_file);
		must_start(CONFIG(GUESTS_1));
		died = reload_and_die(CONFIG(GUESTS_2), ++n);
		xebra_conf_stop();
		/* r1 or b2 can use it. */
		open = !is_closed(&fake.vfs[3]);
		fake.nb_log = 0;
		must_start(CONFIG("\"guests\": {\"c1\": {\"vnet\": \"blue\", \"vfs\": "
				  "[{\"pf\": \"p0\", \"vf\": 3}]}}"));
		assert_as_configured();
		assert_true(!open || was_reset(3));
		xebra_conf_stop();
	} while (died);
}

static void
the_end_of_the_program_touches_nothing(void **state)
{
	(void)state;
	must_start(CONFIG(GUESTS_1));
	fake.nb_log = 0;
	xebra_conf_stop();
	assert_int_equal(fake.nb_log, 0);
}

static void
without_a_state_file_what_is_right_is_adopted(void **state)
{
	(void)state;
	must_start(CONFIG(GUESTS_2));
	xebra_conf_stop();
	unlink(state_file);
	fake.nb_log = 0;
	must_start(CONFIG(GUESTS_2));
	/* Its MAC is in the file; the others' were made up, and are new now. */
	assert_int_equal(steps_of(5), 0);
	assert_as_configured();
}

static void
a_broken_state_file_is_refused(void **state)
{
	static const char *const broken[] = {"", "[]",
		"{\"version\": 2, \"vfs\": {}, \"guests\": {}}",
		"{\"version\": 1, \"vfs\": {\"p0\": []}, \"guests\": {}}",
		"{\"version\": 1, \"vfs\": {\"p0\": {\"0\": 1}}, \"guests\": {}}",
		("{\"version\": 1, \"vfs\": {}, \"guests\": {\"r1\": [{\"pf\": \"p0\", \"vf\": "
		 "-1, \"mac\": \"\"}]}}"),
		"{\"version\": 1, \"vfs\": {}, \"guests\": {\"r1\": [{\"vf\": 1}]}}"};

	(void)state;
	for (size_t i = 0; i < RTE_DIM(broken); i++) {
		FILE *f = fopen(state_file, "w");
		struct xebra_err err;

		fputs(broken[i], f);
		fclose(f);
		assert_true(start(CONFIG(GUESTS_1), &err) < 0);
		assert_non_null(strstr(err.text, "manager.state"));
		assert_int_equal(fake.nb_log, 0);
	}
}

static void
without_a_place_for_its_state_nothing_is_done(void **state)
{
	struct xebra_err err;

	(void)state;
	snprintf(state_file, sizeof(state_file), "%s/none/state", folder);
	assert_true(start(CONFIG(GUESTS_1), &err) < 0);
	assert_non_null(strstr(err.text, "manager.state"));
	assert_non_null(strstr(err.text, "cannot write"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_change_that_fails_anywhere_is_undone),
		TEST(a_start_that_fails_leaves_the_vfs_as_they_were),
		TEST(what_a_driver_takes_but_does_not_do_is_noticed),
		TEST(what_a_driver_does_not_have_is_refused_before_anything_is_done),
		TEST(a_vf_that_cannot_be_put_right_is_reported_closed_and_tried_again),
		TEST(a_vf_that_cannot_be_made_tighter_is_closed),
		TEST(a_pf_that_is_lost_is_opened_again),
		TEST(one_that_was_killed_anywhere_goes_on_where_it_was),
		TEST(after_a_kill_no_guest_gets_a_vf_that_another_one_had_as_it_is),
		TEST(the_end_of_the_program_touches_nothing),
		TEST(without_a_state_file_what_is_right_is_adopted),
		TEST(a_broken_state_file_is_refused),
		TEST(without_a_place_for_its_state_nothing_is_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
