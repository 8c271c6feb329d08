/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The netlink backend against a kernel and drivers that are written after the real ones
 * (fake_rtnl.h), and against recordings.
 */
#include "fake_rtnl.h"

#include <sys/socket.h>

#include "pf_conformance.h"
#include "pf_record.h"
#include "xebra_loop.h"

static const struct pf_kernel fake_kernel = {
	.socket_open = rtnl_socket_open,
	.read = rtnl_sysfs_read,
	.write = rtnl_sysfs_write,
	.link = rtnl_sysfs_link,
};

static int
open_pf0(unsigned int vfs, struct xebra_pf **pf, struct xebra_err *err)
{
	const struct xebra_pf_conf conf = {.name = "p0", .device = "pf0", .vfs = vfs};

	*err = (struct xebra_err){0};
	return xebra_pf_backend("netlink")->open(&conf, pf, err);
}

static struct xebra_pf *
must_open(const char *driver)
{
	struct xebra_err err;
	struct xebra_pf *pf;

	rtnl_make(driver);
	if (open_pf0(0, &pf, &err) < 0)
		fail_msg("%s", err.text);
	return pf;
}

static void
assert_refused(unsigned int vfs, int code, const char *text)
{
	struct xebra_pf *pf = NULL;
	struct xebra_err err;

	assert_int_equal(open_pf0(vfs, &pf, &err), code);
	assert_string_equal(err.text, text);
	assert_null(pf);
}

static int
setup(void **state)
{
	(void)state;
	pf_kernel_use(&fake_kernel);
	rtnl_make("mlx5_core");
	return xebra_loop_init();
}

static int
teardown(void **state)
{
	(void)state;
	xebra_loop_fini();
	return 0;
}

static void
it_keeps_the_promises_of_a_backend_with_every_driver(void **state)
{
	(void)state;
	for (size_t i = 0; i < RTE_DIM(rtnl_drivers); i++) {
		struct xebra_pf *pf = must_open(rtnl_drivers[i].name);

		for (const struct pf_promise *p = pf_promises; p->name != NULL; p++)
			p->test(pf);
		pf->ops->close(pf);
	}
}

static void
a_drivers_abilities_are_found_out_without_touching_a_vf(void **state)
{
	static const struct {
		const char *driver;
		uint32_t can;
	} expected[] = {
		{"igb",
			XEBRA_PF_MAC | XEBRA_PF_VLAN | XEBRA_PF_MAX_RATE | XEBRA_PF_SPOOF_CHECK |
				XEBRA_PF_TRUST},
		{"ixgbe",
			XEBRA_PF_MAC | XEBRA_PF_VLAN | XEBRA_PF_MAX_RATE | XEBRA_PF_SPOOF_CHECK |
				XEBRA_PF_TRUST | XEBRA_PF_LINK},
		{"mlx5_core",
			XEBRA_PF_MAC | XEBRA_PF_VLAN | XEBRA_PF_MAX_RATE | XEBRA_PF_SPOOF_CHECK |
				XEBRA_PF_TRUST | XEBRA_PF_LINK | XEBRA_PF_MIN_RATE},
		{"old", XEBRA_PF_MAC | XEBRA_PF_VLAN | XEBRA_PF_MAX_RATE},
	};

	(void)state;
	for (size_t i = 0; i < RTE_DIM(expected); i++) {
		struct xebra_pf *pf = must_open(expected[i].driver);
		struct xebra_pf_info info;
		struct xebra_err err;

		for (unsigned int vf = 0; vf < RTNL_VFS; vf++) {
			assert_int_equal(rtnl.state[vf].link_state, 0);
			assert_int_equal(rtnl.spoof_check[vf].setting, 1);
			assert_int_equal(rtnl.vlan[vf].vlan, 0);
		}
		assert_int_equal(pf->ops->info(pf, &info, &err), 0);
		assert_int_equal(info.can & XEBRA_PF_ALL, expected[i].can);
		assert_int_equal((info.can & XEBRA_PF_CAN_STATS) != 0, rtnl.driver->stats);
		assert_string_equal(info.driver, expected[i].driver);
		assert_int_equal(info.speed, 10000);
		pf->ops->close(pf);
	}
}

static void
a_vf_is_found_where_a_guest_sees_it(void **state)
{
	struct xebra_pf *pf = must_open("igb");
	char text[64];

	(void)state;
	assert_int_equal(pf->ops->where(pf, 2, text, sizeof(text)), 0);
	assert_string_equal(text, "0000:01:10.2");
	assert_int_equal(pf->ops->where(pf, RTNL_VFS, text, sizeof(text)), -ENOENT);
	pf->ops->close(pf);
}

static void
vfs_are_made_where_there_are_none(void **state)
{
	struct xebra_pf *pf;
	struct xebra_err err;

	(void)state;
	rtnl.nb_vfs = 0;
	assert_int_equal(open_pf0(3, &pf, &err), 0);
	assert_int_equal(rtnl.nb_vfs, 3);
	pf->ops->close(pf);
	/* And are left alone where there are some. */
	assert_int_equal(open_pf0(3, &pf, &err), 0);
	pf->ops->close(pf);
	assert_int_equal(open_pf0(0, &pf, &err), 0);
	pf->ops->close(pf);
	assert_int_equal(rtnl.writes, 1);
}

static void
another_number_of_vfs_takes_nobody_his(void **state)
{
	(void)state;
	assert_refused(3, -EBUSY,
		"vfs: there are 4 already, not 3, and another number would take them all away: "
		"write 0 to /sys/class/net/pf0/device/sriov_numvfs first");
	assert_refused(5, -ERANGE, "vfs: 5 are more than the device has (4)");
	rtnl.nb_vfs = 0;
	assert_refused(
		0, -EINVAL, "vfs: pf0 has no VFs yet: say how many there shall be (up to 4)");
	assert_int_equal(rtnl.writes, 0);
}

static void
what_is_no_pf_is_refused_with_the_cause(void **state)
{
	struct xebra_pf *pf = NULL;
	struct xebra_err err;

	(void)state;
	rtnl.absent = true;
	assert_refused(0, -ENODEV, "pf0: No such device");
	rtnl.absent = false;
	rtnl.total = 0;
	assert_refused(4, -EOPNOTSUPP, "pf0: it has no SR-IOV (driver mlx5_core)");
	rtnl.total = RTNL_VFS;
	rtnl.forbidden = true;
	assert_refused(0, -EPERM, "mac: Operation not permitted (driver mlx5_core)");
	rtnl.nb_vfs = 0;
	assert_refused(2, -EACCES, "vfs: pf0: making 2 VFs: Permission denied");

	const struct xebra_pf_conf conf = {.name = "p0", .device = "a-name-longer-than-any"};

	assert_int_equal(xebra_pf_backend("netlink")->open(&conf, &pf, &err), -ENODEV);
}

static void
the_kernels_words_are_passed_on(void **state)
{
	struct xebra_pf *pf = must_open("ixgbe");
	struct xebra_pf_vf to = {.known = XEBRA_PF_ALL, .vlan = 7};
	struct xebra_err err = {0};

	(void)state;
	rtnl.why = "VF is in use";
	rtnl.refuse_with = -EBUSY;
	assert_int_equal(pf->ops->set(pf, 1, XEBRA_PF_VLAN, &to, &err), -EBUSY);
	assert_string_equal(err.text, "vlan: Device or resource busy: VF is in use (driver ixgbe)");
	pf->ops->close(pf);
}

static void
a_pf_that_has_gone_or_lost_its_vfs_is_an_error(void **state)
{
	struct xebra_pf *pf = must_open("ixgbe");
	struct xebra_pf_vf vfs[RTNL_VFS];
	struct xebra_err err = {0};

	(void)state;
	rtnl.nb_vfs = 2;
	assert_int_equal(pf->ops->read(pf, vfs, RTNL_VFS, &err), -ENODEV);
	assert_string_equal(err.text, "pf0: there are only 2 VFs left");
	rtnl.absent = true;
	assert_int_equal(pf->ops->read(pf, vfs, 2, &err), -ENODEV);
	pf->ops->close(pf);
}

static void
answers_that_lie_about_their_length_are_none(void **state)
{
	static struct nl_link link;
	uint8_t text[64] __attribute__((aligned(8))) = {0};
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(text);
	static const uint32_t lies[] = {0, 15, 33, 64, 0x7fffffff, 0x80000000, 0xffffffff};
	char why[64];

	(void)state;
	nlh->nlmsg_type = RTM_NEWLINK;
	for (size_t i = 0; i < RTE_DIM(lies); i++) {
		nlh->nlmsg_len = lies[i];
		assert_int_equal(nl_take_answer(text, 32, 0, &link, why, sizeof(why)), -EAGAIN);
		assert_false(nl_concerns(text, 32, 0));
	}
	/* A link without room for what a link is. */
	nlh->nlmsg_len = 16;
	assert_int_equal(nl_take_answer(text, 32, 0, &link, why, sizeof(why)), -EPROTO);
}

static void
note_change(struct xebra_pf *pf, void *arg)
{
	(void)pf;
	++*(unsigned int *)arg;
	xebra_loop_stop();
}

static void
give_up(void *arg)
{
	(void)arg;
	fail_msg("nothing was heard of a change");
}

static void
a_change_is_heard_of(void **state)
{
	struct xebra_err err = {0};
	unsigned int changes = 0;
	const struct xebra_pf_conf conf = {
		.name = "p0", .device = "pf0", .changed = note_change, .changed_arg = &changes};
	uint8_t text[256] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(text);
	struct ifinfomsg *ifm = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifm));
	struct xebra_timer *limit;
	struct xebra_pf *pf;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair), 0);
	rtnl.event_fd = pair[0];
	assert_int_equal(xebra_pf_backend("netlink")->open(&conf, &pf, &err), 0);
	/* Another interface's is none of ours; one of ours is. */
	nlh->nlmsg_type = RTM_NEWLINK;
	ifm->ifi_index = RTNL_IFINDEX + 1;
	assert_int_equal(send(pair[1], text, nlh->nlmsg_len, 0), nlh->nlmsg_len);
	ifm->ifi_index = RTNL_IFINDEX;
	assert_int_equal(send(pair[1], text, nlh->nlmsg_len, 0), nlh->nlmsg_len);
	limit = xebra_timer_start(60000, 0, give_up, NULL);
	assert_int_equal(xebra_loop_run(), 0);
	xebra_timer_stop(limit);
	assert_int_equal(changes, 1);
	pf->ops->close(pf);
	close(pair[0]);
	close(pair[1]);
}

static void
all_promises(const char *driver)
{
	struct xebra_pf *pf = must_open(driver);

	for (const struct pf_promise *p = pf_promises; p->name != NULL; p++)
		p->test(pf);
	pf->ops->close(pf);
}

static void
a_recording_plays_back_as_it_was(void **state)
{
	char file[] = "/tmp/xebra-test-XXXXXX";

	(void)state;
	close(mkstemp(file));
	for (size_t i = 0; i < RTE_DIM(rtnl_drivers); i++) {
		assert_int_equal(pf_record_start(&fake_kernel, file), 0);
		all_promises(rtnl_drivers[i].name);
		assert_int_equal(pf_record_end(), 0);
		assert_int_equal(pf_replay_start(file), 0);
		all_promises(rtnl_drivers[i].name);
		assert_int_equal(pf_record_end(), 0);
	}
	unlink(file);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			it_keeps_the_promises_of_a_backend_with_every_driver, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_drivers_abilities_are_found_out_without_touching_a_vf, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_vf_is_found_where_a_guest_sees_it, setup, teardown),
		cmocka_unit_test_setup_teardown(vfs_are_made_where_there_are_none, setup, teardown),
		cmocka_unit_test_setup_teardown(
			another_number_of_vfs_takes_nobody_his, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_no_pf_is_refused_with_the_cause, setup, teardown),
		cmocka_unit_test_setup_teardown(the_kernels_words_are_passed_on, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_pf_that_has_gone_or_lost_its_vfs_is_an_error, setup, teardown),
		cmocka_unit_test(answers_that_lie_about_their_length_are_none),
		cmocka_unit_test_setup_teardown(a_change_is_heard_of, setup, teardown),
		cmocka_unit_test_setup_teardown(a_recording_plays_back_as_it_was, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
