/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Xen's domains as guests, and a guest that reads its caps in the xenstore, without Xen: the calls
 * of its libraries are faked (fake_xen.h).
 */
#include "fake_xen.h"
#include "xebra_guest.h"
#include "xebra_loop.h"

static const struct xebra_guest_conf r1 = {.name = "r1", .domain = "router-1"};
static const struct xebra_guest_conf by_uuid = {
	.name = "r1", .domain = "000102A0-0405-0607-0809-0a0b0c0d0e0f"};

static const struct xebra_guest_ops *xen;
static int changes;

static void
note_change(void *arg)
{
	assert_ptr_equal(arg, &changes);
	changes++;
	xebra_loop_stop();
}

static int
start(void **state)
{
	struct xebra_err err = {0};

	xen = xebra_guest_backend("xen");
	if (fake_start(state) != 0 || xebra_loop_init() != 0 || xen == NULL)
		return -1;
	changes = 0;
	return xen->open(note_change, &changes, &err);
}

static int
end(void **state)
{
	xen->close();
	xebra_loop_fini();
	return fake_end(state);
}

/* As the toolstack starts a domain. */
static void
add_domain(uint32_t id, const char *name)
{
	char path[64];
	xc_domaininfo_t *info = &fake.domain[fake.nb_domains++];

	memset(info, 0, sizeof(*info));
	info->domain = id;
	for (int i = 0; i < 16; i++)
		info->handle[i] = i == 3 ? 0xa0 + id - 5 : (uint32_t)i;
	snprintf(path, sizeof(path), "/local/domain/%u/name", id);
	fake_write(path, name);
	fake_fire_for("@introduceDomain");
}

static void
add_device(uint32_t id, int index, const char *device, const char *state)
{
	char path[96], count[8];

	snprintf(path, sizeof(path), "/local/domain/0/backend/pci/%u/0/dev-%d", id, index);
	fake_write(path, device);
	snprintf(path, sizeof(path), "/local/domain/0/backend/pci/%u/0/state-%d", id, index);
	fake_write(path, state);
	snprintf(path, sizeof(path), "/local/domain/0/backend/pci/%u/0/num_devs", id);
	snprintf(count, sizeof(count), "%d", index + 1);
	fake_write(path, count);
}

static struct xebra_guest_state
found(const struct xebra_guest_conf *conf)
{
	struct xebra_guest_state guest;
	struct xebra_err err = {0};

	assert_int_equal(xen->find(conf, &guest, &err), 0);
	return guest;
}

static void
a_domain_is_found_by_name_and_by_uuid(void **state)
{
	(void)state;
	assert_false(found(&r1).present);
	add_domain(4, "other");
	add_domain(5, "router-1");
	assert_true(found(&r1).present);
	assert_int_equal(found(&by_uuid).instance, 5);
	assert_string_equal(found(&r1).uuid, "000102a0-0405-0607-0809-0a0b0c0d0e0f");
}

static void
a_domain_is_found_among_many(void **state)
{
	(void)state;
	for (uint32_t id = 100; id < 100 + FAKE_DOMAINS - 1; id++)
		fake.domain[fake.nb_domains++].domain = id;
	add_domain(900, "router-1");
	assert_int_equal(found(&r1).instance, 900);
}

static void
a_domain_that_dies_is_gone_and_another_one_when_it_is_back(void **state)
{
	(void)state;
	add_domain(5, "router-1");
	fake.domain[0].flags = XEN_DOMINF_shutdown;
	assert_false(found(&r1).present);
	fake.domain[0].flags = XEN_DOMINF_dying;
	assert_false(found(&r1).present);
	assert_string_equal(found(&r1).uuid, "");
	add_domain(6, "router-1");
	assert_int_equal(found(&r1).instance, 6);
}

static void
what_a_domain_really_holds_is_told(void **state)
{
	struct xebra_guest_state guest;

	(void)state;
	add_domain(5, "router-1");
	add_device(5, 0, "0000:03:10.1", "4");
	add_device(5, 1, "0000:03:10.3", "6");
	add_device(5, 2, "0001:83:00.7", "3");
	add_device(50, 0, "0000:03:10.5", "4");
	guest = found(&r1);
	assert_true(guest.knows_devices);
	assert_int_equal(guest.nb_devices, 2);
	assert_int_equal(guest.device[0].bus, 3);
	assert_int_equal(guest.device[0].devid, 0x10);
	assert_int_equal(guest.device[0].function, 1);
	assert_int_equal(guest.device[1].domain, 1);
	assert_int_equal(guest.device[1].bus, 0x83);
}

/* Run the loop until the manager was told to look again. */
static void
expect_change(void)
{
	int before = changes;

	assert_int_equal(xebra_loop_run(), 0);
	assert_int_equal(changes, before + 1);
}

static void
coming_and_going_and_devices_are_told_of(void **state)
{
	(void)state;
	/* Watches fire when they are made; those of all are one change. */
	expect_change();
	add_domain(5, "router-1");
	expect_change();
	add_device(5, 0, "0000:03:10.1", "4");
	expect_change();
	fake_fire_for("@releaseDomain");
	expect_change();
}

static void
caps_are_written_where_only_the_guest_may_read_them(void **state)
{
	struct xebra_caps caps = {.nb = 1, .cap = {{.name = "nic0", .mbps = 3000}}};
	struct xebra_err err = {0};
	int node, folder;

	(void)state;
	assert_int_equal(xen->tell(&r1, &caps, &err), -ENOENT);
	assert_string_equal(err.text, "domain: router-1 is not there");
	add_domain(5, "router-1");
	assert_int_equal(xen->tell(&r1, &caps, &err), 0);
	node = fake_find("/local/domain/5/xebra/caps");
	folder = fake_find("/local/domain/5/xebra");
	assert_true(node >= 0 && folder >= 0);
	assert_string_equal(fake.node[node].text, "{\"vfs\":[{\"name\":\"nic0\",\"cap\":3000}]}");
	for (int i = node;; i = folder) {
		assert_int_equal(fake.node[i].nb_perms, 2);
		assert_int_equal(fake.node[i].perms[0].id, 0);
		assert_int_equal(fake.node[i].perms[0].perms, XS_PERM_NONE);
		assert_int_equal(fake.node[i].perms[1].id, 5);
		assert_int_equal(fake.node[i].perms[1].perms, XS_PERM_READ);
		if (i == folder)
			break;
	}
}

static void
calls_that_fail_are_reported(void **state)
{
	struct xebra_caps caps = {0};
	struct xebra_guest_state guest;
	struct xebra_err err = {0};

	(void)state;
	add_domain(5, "router-1");
	fake.failing = "xc_domain_getinfolist";
	assert_int_equal(xen->find(&r1, &guest, &err), -EIO);
	assert_string_equal(
		err.text, "domain: the hypervisor does not list them: Input/output error");
	fake.failing = "xs_set_permissions";
	assert_int_equal(xen->tell(&r1, &caps, &err), -EIO);
	assert_string_equal(
		err.text, "domain: router-1 cannot be told its caps: Input/output error");
}

static void
without_a_hypervisor_it_does_not_start(void **state)
{
	static const char *const calls[] = {"xc_interface_open", "xs_open", "xs_watch"};
	static const char *const texts[] = {"the hypervisor cannot be reached: Input/output error",
		"the xenstore cannot be reached: Input/output error",
		"xenstore: @introduceDomain cannot be watched: Input/output error"};

	(void)state;
	xen->close();
	for (unsigned int i = 0; i < RTE_DIM(calls); i++) {
		struct xebra_err err = {0};

		fake.failing = calls[i];
		assert_true(xen->open(note_change, &changes, &err) < 0);
		assert_string_equal(err.text, texts[i]);
		assert_int_equal(fake.open, 0);
	}
}

/* The guest's side. */

static struct xebra_caps seen;
static char seen_error[480];
static int tellings;

static void
note_caps(const struct xebra_caps *caps, const struct xebra_err *err, void *arg)
{
	(void)arg;
	memset(&seen, 0, sizeof(seen));
	if (caps != NULL)
		seen = *caps;
	snprintf(seen_error, sizeof(seen_error), "%s", err != NULL ? err->text : "");
	if (++tellings > 1)
		xebra_loop_stop();
}

static void
a_guest_follows_its_node(void **state)
{
	struct xebra_caps_watch *watch;
	struct xebra_err err = {0};

	(void)state;
	xen->close();
	tellings = 0;
	assert_int_equal(
		xebra_caps_watch_xenstore(XEBRA_CAPS_NODE, note_caps, NULL, &watch, &err), 0);
	assert_int_equal(tellings, 1);
	assert_int_equal(seen.nb, 0);
	fake_write(XEBRA_CAPS_NODE, "{\"vfs\":[{\"name\":\"nic0\",\"cap\":3000}]}");
	assert_int_equal(xebra_loop_run(), 0);
	assert_int_equal(seen.cap[0].mbps, 3000);
	fake_write(XEBRA_CAPS_NODE, "{\"vfs\":[{\"cap\":3000}]}");
	assert_int_equal(xebra_loop_run(), 0);
	assert_string_equal(seen_error, "xebra/caps: vfs[0]: name or mac is missing");
	fake_remove(XEBRA_CAPS_NODE);
	assert_int_equal(xebra_loop_run(), 0);
	assert_string_equal(seen_error, "");
	xebra_caps_watch_stop(watch);
	fake.failing = "xs_open";
	assert_int_equal(
		xebra_caps_watch_xenstore(XEBRA_CAPS_NODE, note_caps, NULL, &watch, &err), -ENODEV);
	assert_string_equal(err.text, "xebra/caps: no xenstore here: Input/output error");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_domain_is_found_by_name_and_by_uuid),
		TEST(a_domain_is_found_among_many),
		TEST(a_domain_that_dies_is_gone_and_another_one_when_it_is_back),
		TEST(what_a_domain_really_holds_is_told),
		TEST(coming_and_going_and_devices_are_told_of),
		TEST(caps_are_written_where_only_the_guest_may_read_them),
		TEST(calls_that_fail_are_reported),
		TEST(without_a_hypervisor_it_does_not_start),
		TEST(a_guest_follows_its_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
