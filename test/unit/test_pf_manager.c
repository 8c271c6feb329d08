/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The PF manager with a PF in memory: what is configured becomes real in an order without holes,
 * wholly or not at all, and stays so whatever fails and whoever meddles.
 */
#include "xebra_test.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake_pf.h"
#include "manager.h"
#include "xebra_conf.h"
#include "xebra_guest.h"
#include "xebra_loop.h"

#define CAN_SHARE (XEBRA_PF_ALL | XEBRA_PF_CAN_STATS | XEBRA_PF_CAN_SHARE | XEBRA_PF_CAN_PRIORITY)
#define CAN_CAP (XEBRA_PF_ALL & ~(XEBRA_PF_MIN_RATE | XEBRA_PF_WEIGHT)) | XEBRA_PF_CAN_STATS

/* Whatever a configuration calls its backend, it is the fake. */
const struct xebra_pf_ops *__wrap_xebra_pf_backend(const char *name);

const struct xebra_pf_ops *
__wrap_xebra_pf_backend(const char *name)
{
	(void)name;
	return &fake_ops;
}

/* A hypervisor with one domain, which comes, goes and is given another VF as the test likes. */
static struct {
	struct xebra_guest_state state;
	struct xebra_caps told;
} xen;

static int
xen_open(xebra_guest_changed changed, void *arg, struct xebra_err *err)
{
	(void)changed;
	(void)arg;
	(void)err;
	return 0;
}

static void
xen_close(void)
{
}

static int
xen_find(
	const struct xebra_guest_conf *conf, struct xebra_guest_state *state, struct xebra_err *err)
{
	(void)err;
	assert_string_equal(conf->domain, "web");
	*state = xen.state;
	return 0;
}

static int
xen_tell(const struct xebra_guest_conf *conf, const struct xebra_caps *caps, struct xebra_err *err)
{
	(void)conf;
	(void)err;
	xen.told = *caps;
	return 0;
}

static const struct xebra_guest_ops xen_ops = {
	.name = "xen", .open = xen_open, .close = xen_close, .find = xen_find, .tell = xen_tell};

const struct xebra_guest_ops *__real_xebra_guest_backend(const char *name);
const struct xebra_guest_ops *__wrap_xebra_guest_backend(const char *name);

const struct xebra_guest_ops *
__wrap_xebra_guest_backend(const char *name)
{
	return strcmp(name, "xen") == 0 ? &xen_ops : __real_xebra_guest_backend(name);
}

static char folder[] = "/tmp/xebra-test-XXXXXX";
static char file[64], state_file[64];

#define PFS "\"pfs\": {\"p0\": {\"backend\": \"netlink\", \"device\": \"fake\"}}"
#define VNETS "\"vnets\": {\"red\": {\"vlan\": 2}, \"blue\": {\"vlan\": 3, \"priority\": 5}}"
#define GUESTS_1                                                                          \
	"\"guests\": {\"r1\": {\"vnet\": \"red\", \"vfs\": [{\"pf\": \"p0\", \"vf\": 3, " \
	"\"cap\": 3000}, {\"pf\": \"p0\"}]},"                                             \
	" \"b1\": {\"vnet\": \"blue\", \"vfs\": [{\"pf\": \"p0\", \"vf\": 5, \"vlans\": " \
	"[77, 70]}]}}"
/* VF 3 goes from red to blue, r1 keeps its other one, b1's has another MAC. */
#define GUESTS_2                                                                        \
	"\"guests\": {\"r1\": {\"vnet\": \"red\", \"vfs\": [{\"pf\": \"p0\"}]},"        \
	" \"b2\": {\"vnet\": \"blue\", \"vfs\": [{\"pf\": \"p0\", \"vf\": 3}]},"        \
	" \"b1\": {\"vnet\": \"blue\", \"vfs\": [{\"pf\": \"p0\", \"vf\": 5, \"mac\": " \
	"\"02:00:00:00:00:05\"}]}}"
#define CONFIG(guests) "{" PFS ", " VNETS ", " guests "}"

static void
write_config(const char *text)
{
	json_t *config = json_loads(text, 0, NULL);
	json_t *manager = json_pack("{s:s}", "state", state_file);

	assert_non_null(config);
	json_object_set_new(config, "manager", manager);
	assert_int_equal(json_dump_file(config, file, 0), 0);
	json_decref(config);
}

static int
start(const char *text, struct xebra_err *err)
{
	*err = (struct xebra_err){0};
	write_config(text);
	return xebra_conf_start(file, err);
}

static void
must_start(const char *text)
{
	struct xebra_err err;

	if (start(text, &err) < 0)
		fail_msg("%s", err.text);
}

static int
reload(const char *text, struct xebra_err *err)
{
	*err = (struct xebra_err){0};
	write_config(text);
	return xebra_conf_reload(err);
}

static void
must_reload(const char *text)
{
	struct xebra_err err;

	if (reload(text, &err) < 0)
		fail_msg("%s", err.text);
}

/* One look of the manager, as its timer would have it. */
static void
look(void)
{
	manager_look();
	xebra_timer_start(40, 0, (xebra_timer_cb)(void *)xebra_loop_stop, NULL);
	assert_int_equal(xebra_loop_run(), 0);
}

static int
setup(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/xebra-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/config.json", folder);
	snprintf(state_file, sizeof(state_file), "%s/state", folder);
	fake_make(CAN_SHARE);
	return xebra_loop_init();
}

static int
teardown(void **state)
{
	(void)state;
	xebra_conf_stop();
	xebra_loop_fini();
	unlink(file);
	unlink(state_file);
	return rmdir(folder);
}

static struct vf *
vf(unsigned int number)
{
	return &pf_find("p0")->vfs[number];
}

static bool
is_closed(const struct xebra_pf_vf *settings)
{
	return settings->link == XEBRA_PF_LINK_DISABLE;
}

/* What the file says is what the PF has, VF by VF; others are scrubbed. */
static void
assert_as_configured(void)
{
	for (unsigned int i = 0; i < FAKE_VFS; i++) {
		uint32_t differ = xebra_pf_differ(&fake.vfs[i], &vf(i)->want.vf, fake.can);

		if (differ != 0)
			fail_msg("VF %u: %s is not as it should be", i,
				xebra_pf_setting_name(differ));
		assert_int_equal(vf(i)->err.code, 0);
		if (vf(i)->want.guest[0] == '\0')
			assert_true(is_closed(&fake.vfs[i]));
	}
}

static unsigned int
steps_of(unsigned int number)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < fake.nb_log; i++)
		n += fake.log[i].vf == number;
	return n;
}

/* ---- Making it so ---- */

static void
the_start_makes_the_file_real(void **state)
{
	(void)state;
	must_start(CONFIG(GUESTS_1));
	assert_as_configured();
	assert_int_equal(fake.vfs[3].vlan, 2);
	assert_int_equal(fake.vfs[3].max_rate, 3000);
	assert_int_equal(fake.vfs[5].vlan, 3);
	assert_int_equal(fake.vfs[5].priority, 5);
	assert_int_equal(fake.vfs[5].nb_trunk, 2);
	assert_int_equal(fake.vfs[5].trunk[0], 70);
	assert_true(fake.vfs[5].spoof_check);
	assert_false(fake.vfs[5].trust);
	/* "any free" is the first one. */
	assert_string_equal(vf(0)->want.guest, "r1");
}

static void
nothing_is_done_twice(void **state)
{
	(void)state;
	must_start(CONFIG(GUESTS_1));
	fake.nb_log = 0;
	look();
	must_reload(CONFIG(GUESTS_1));
	assert_int_equal(fake.nb_log, 0);
}

static void
no_guest_sees_another_ones_network_on_the_way(void **state)
{
	struct xebra_pf_vf old, new;

	(void)state;
	must_start(CONFIG(GUESTS_1));
	old = fake.vfs[3];
	fake.nb_log = 0;
	must_reload(CONFIG(GUESTS_2));
	new = fake.vfs[3];
	assert_int_equal(new.vlan, 3);
	for (unsigned int i = 0; i < fake.nb_log; i++) {
		const struct xebra_pf_vf *now = &fake.log[i].now;

		if (fake.log[i].vf != 3 || is_closed(now))
			continue;
		assert_true(xebra_pf_differ(now, &old, XEBRA_PF_ISOLATION) == 0 ||
			xebra_pf_differ(now, &new, XEBRA_PF_ISOLATION) == 0);
	}
	/* r1 kept its other VF, untouched. */
	assert_int_equal(steps_of(0), 0);
	assert_as_configured();
}

static void
a_guest_that_goes_leaves_scrubbed_vfs(void **state)
{
	(void)state;
	must_start(CONFIG(GUESTS_1));
	must_reload("{" PFS ", " VNETS "}");
	for (unsigned int i = 0; i < FAKE_VFS; i++) {
		assert_true(is_closed(&fake.vfs[i]));
		assert_int_equal(fake.vfs[i].vlan, 0);
		assert_int_equal(fake.vfs[i].nb_trunk, 0);
		assert_int_equal(fake.vfs[i].max_rate, 0);
	}
	assert_as_configured();
}

static void
a_pf_that_goes_leaves_scrubbed_vfs(void **state)
{
	(void)state;
	must_start(CONFIG(GUESTS_1));
	must_reload("{" VNETS "}");
	assert_null(fake.handle);
	for (unsigned int i = 0; i < FAKE_VFS; i++)
		assert_true(is_closed(&fake.vfs[i]));
}

static void
a_guest_keeps_its_vf_and_mac(void **state)
{
	struct rte_ether_addr mac;

	(void)state;
	must_start(CONFIG(GUESTS_1));
	mac = fake.vfs[0].mac;
	/* VF 0 is wanted by nobody else; with a VF that goes before it, "any" stays where it is. */
	must_reload(CONFIG(GUESTS_2));
	assert_string_equal(vf(0)->want.guest, "r1");
	assert_true(rte_is_same_ether_addr(&fake.vfs[0].mac, &mac));
	/* Across a restart as well. */
	xebra_conf_stop();
	fake.nb_log = 0;
	must_start(CONFIG(GUESTS_2));
	assert_true(rte_is_same_ether_addr(&fake.vfs[0].mac, &mac));
	assert_int_equal(fake.nb_log, 0);
	/* When somebody is given that VF by its number, it gets another one. */
	must_reload(
		"{" PFS ", " VNETS ", \"guests\": {\"r1\": {\"vnet\": \"red\", \"vfs\": [{\"pf\": "
		"\"p0\"}]}, \"x\": {\"vnet\": \"blue\", \"vfs\": [{\"pf\": \"p0\", \"vf\": 0}]}}}");
	assert_string_equal(vf(0)->want.guest, "x");
	assert_string_equal(vf(1)->want.guest, "r1");
	assert_false(rte_is_same_ether_addr(&fake.vfs[0].mac, &mac));
}

static void
a_detached_guests_vfs_are_kept_for_it_but_down(void **state)
{
	(void)state;
	must_start("{" PFS ", " VNETS
		   ", \"guests\": {\"r1\": {\"vnet\": \"red\", \"attached\": false, "
		   "\"vfs\": [{\"pf\": \"p0\"}]}, \"b\": {\"vnet\": \"blue\", \"vfs\": [{\"pf\": "
		   "\"p0\"}]}}}");
	assert_true(is_closed(&fake.vfs[0]));
	assert_int_equal(fake.vfs[0].vlan, 0);
	assert_string_equal(vf(1)->want.guest, "b");
	assert_as_configured();
}

/* ---- Domains ---- */

#define DOMAIN_CONFIG                                                                          \
	"{" PFS ", " VNETS ", \"guests\": {\"web\": {\"domain\": \"web\", \"vnet\": \"red\", " \
	"\"vfs\": [{\"pf\": \"p0\", \"cap\": 700}]}}}"

/* The domain holds the fake's VF of this number, as the toolstack would have given it. */
static void
domain_comes(uint32_t id, unsigned int number)
{
	xen.state = (struct xebra_guest_state){.present = true, .instance = id};
	xen.state.knows_devices = true;
	xen.state.nb_devices = 1;
	xen.state.device[0].bus = 1;
	xen.state.device[0].function = number;
}

static void
a_domain_has_the_vf_that_it_holds_for_as_long_as_it_lives(void **state)
{
	struct rte_ether_addr mac;

	(void)state;
	memset(&xen, 0, sizeof(xen));
	must_start(DOMAIN_CONFIG);
	for (unsigned int i = 0; i < FAKE_VFS; i++)
		assert_true(is_closed(&fake.vfs[i]));
	domain_comes(5, 6);
	look();
	assert_as_configured();
	assert_int_equal(fake.vfs[6].vlan, 2);
	assert_true(is_closed(&fake.vfs[0]));
	assert_int_equal(xen.told.nb, 1);
	assert_int_equal(xen.told.cap[0].mbps, 700);
	mac = fake.vfs[6].mac;
	/* It was away in between, and nobody saw it: the VF is reset all the same. */
	domain_comes(9, 6);
	fake.nb_log = 0;
	look();
	assert_true(steps_of(6) > 0);
	assert_int_equal(fake.log[1].setting, FAKE_RESET);
	assert_true(rte_is_same_ether_addr(&fake.vfs[6].mac, &mac));
	assert_as_configured();
	/* It dies. */
	xen.state = (struct xebra_guest_state){0};
	look();
	assert_true(is_closed(&fake.vfs[6]));
	assert_int_equal(fake.vfs[6].vlan, 0);
	/* It comes back with another VF, and the MAC that it had. */
	domain_comes(12, 2);
	look();
	assert_int_equal(fake.vfs[2].vlan, 2);
	assert_true(rte_is_same_ether_addr(&fake.vfs[2].mac, &mac));
	assert_true(is_closed(&fake.vfs[6]));
	assert_as_configured();
}

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

/* ---- Drift ---- */

static void
what_others_change_is_told_and_put_right(void **state)
{
	json_t *drifts;

	(void)state;
	must_start(CONFIG(GUESTS_1));
	fake.vfs[3].vlan = 9;
	fake.vfs[3].spoof_check = false;
	fake.vfs[1].link = XEBRA_PF_LINK_ENABLE;
	look();
	assert_as_configured();
	drifts = drift_json();
	assert_int_equal(json_array_size(drifts), 3);
	for (unsigned int i = 0; i < 3; i++)
		assert_string_equal(
			json_string_value(json_object_get(json_array_get(drifts, i), "state")),
			"corrected");
	json_decref(drifts);
}

static void
what_we_change_is_no_drift(void **state)
{
	json_t *drifts;

	(void)state;
	must_start(CONFIG(GUESTS_1));
	must_reload(CONFIG(GUESTS_2));
	look();
	must_reload(
		"{" PFS ", \"vnets\": {\"red\": {\"vlan\": 2, \"cap\": 500}, \"blue\": {\"vlan\": "
		"4}}, " GUESTS_1 "}");
	look();
	fake.speed = 1000;
	look();
	look();
	drifts = drift_json();
	assert_int_equal(json_array_size(drifts), 0);
	json_decref(drifts);
}

/* ---- Bandwidth ---- */

static void
caps_above_the_link_are_shared_in_proportion(void **state)
{
	(void)state;
	fake_make(CAN_CAP);
	must_start(
		"{" PFS
		", \"vnets\": {\"red\": {\"vlan\": 2}, \"blue\": {\"vlan\": 3}}, \"guests\": {"
		"\"r\": {\"vnet\": \"red\", \"vfs\": [{\"pf\": \"p0\", \"vf\": 0, \"cap\": 8000}]},"
		"\"b\": {\"vnet\": \"blue\", \"vfs\": [{\"pf\": \"p0\", \"vf\": 1, \"cap\": "
		"6000}]}}}");
	assert_in_range(fake.vfs[0].max_rate, 5710, 5718);
	assert_in_range(fake.vfs[1].max_rate, 4282, 4290);
}

/* Time that passes while VF 0 sends all it may and VF 1 nothing; steps of 50 ms. */
static void
only_the_first_sends(unsigned int steps)
{
	while (steps-- > 0) {
		fake.stats[0].tx_packets += 1000;
		fake.stats[0].tx_bytes += (uint64_t)fake.vfs[0].max_rate * 1000000 / 8 / 20;
		usleep(50000);
		bandwidth_step();
	}
}

static void
what_one_does_not_use_the_other_gets(void **state)
{
	json_t *drifts;

	(void)state;
	fake_make(CAN_CAP);
	must_start(
		"{" PFS
		", \"vnets\": {\"red\": {\"vlan\": 2}, \"blue\": {\"vlan\": 3}}, \"guests\": {"
		"\"r\": {\"vnet\": \"red\", \"vfs\": [{\"pf\": \"p0\", \"vf\": 0, \"cap\": 8000}]},"
		"\"b\": {\"vnet\": \"blue\", \"vfs\": [{\"pf\": \"p0\", \"vf\": 1, \"cap\": "
		"6000}]}}}");
	only_the_first_sends(6);
	assert_in_range(fake.vfs[0].max_rate, 7900, 8000);
	/* The loop's rates are what should be, and no drift. */
	look();
	assert_in_range(fake.vfs[0].max_rate, 7000, 8000);
	drifts = drift_json();
	assert_int_equal(json_array_size(drifts), 0);
	json_decref(drifts);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_start_makes_the_file_real),
		TEST(nothing_is_done_twice),
		TEST(no_guest_sees_another_ones_network_on_the_way),
		TEST(a_guest_that_goes_leaves_scrubbed_vfs),
		TEST(a_pf_that_goes_leaves_scrubbed_vfs),
		TEST(a_guest_keeps_its_vf_and_mac),
		TEST(a_detached_guests_vfs_are_kept_for_it_but_down),
		TEST(a_domain_has_the_vf_that_it_holds_for_as_long_as_it_lives),
		TEST(a_change_that_fails_anywhere_is_undone),
		TEST(a_start_that_fails_leaves_the_vfs_as_they_were),
		TEST(what_a_driver_takes_but_does_not_do_is_noticed),
		TEST(what_a_driver_does_not_have_is_refused_before_anything_is_done),
		TEST(a_vf_that_cannot_be_put_right_is_reported_closed_and_tried_again),
		TEST(a_pf_that_is_lost_is_opened_again),
		TEST(one_that_was_killed_anywhere_goes_on_where_it_was),
		TEST(the_end_of_the_program_touches_nothing),
		TEST(without_a_state_file_what_is_right_is_adopted),
		TEST(a_broken_state_file_is_refused),
		TEST(without_a_place_for_its_state_nothing_is_done),
		TEST(what_others_change_is_told_and_put_right),
		TEST(what_we_change_is_no_drift),
		TEST(caps_above_the_link_are_shared_in_proportion),
		TEST(what_one_does_not_use_the_other_gets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
