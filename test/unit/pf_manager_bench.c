/* SPDX-License-Identifier: BSD-3-Clause */
#include "xebra_test.h"

#include <stdio.h>
#include <unistd.h>

#include "pf_manager_bench.h"
#include "xebra_conf.h"
#include "xebra_loop.h"

/* Whatever a configuration calls its backend, it is the fake. */
const struct xebra_pf_ops *__wrap_xebra_pf_backend(const char *name);

const struct xebra_pf_ops *
__wrap_xebra_pf_backend(const char *name)
{
	(void)name;
	return &fake_ops;
}

struct fake_xen xen;

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

char folder[] = "/tmp/xebra-test-XXXXXX";
char state_file[64];
static char file[64];

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

int
start(const char *text, struct xebra_err *err)
{
	*err = (struct xebra_err){0};
	write_config(text);
	return xebra_conf_start(file, err);
}

void
must_start(const char *text)
{
	struct xebra_err err;

	if (start(text, &err) < 0)
		fail_msg("%s", err.text);
}

int
reload(const char *text, struct xebra_err *err)
{
	*err = (struct xebra_err){0};
	write_config(text);
	return xebra_conf_reload(err);
}

void
must_reload(const char *text)
{
	struct xebra_err err;

	if (reload(text, &err) < 0)
		fail_msg("%s", err.text);
}

void
look(void)
{
	manager_look();
	xebra_timer_start(40, 0, (xebra_timer_cb)(void *)xebra_loop_stop, NULL);
	assert_int_equal(xebra_loop_run(), 0);
}

int
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

int
teardown(void **state)
{
	(void)state;
	xebra_conf_stop();
	xebra_loop_fini();
	unlink(file);
	unlink(state_file);
	return rmdir(folder);
}

struct vf *
vf(unsigned int number)
{
	return &pf_find("p0")->vfs[number];
}

bool
is_closed(const struct xebra_pf_vf *settings)
{
	return settings->link == XEBRA_PF_LINK_DISABLE;
}

void
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

unsigned int
steps_of(unsigned int number)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < fake.nb_log; i++)
		n += fake.log[i].vf == number;
	return n;
}
