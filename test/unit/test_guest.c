/* SPDX-License-Identifier: BSD-3-Clause */
/* Guests without Xen, and what a PCI backend's entries in the xenstore say. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "xebra_guest.h"
#include "xebra_test.h"
#include "xen_pci.h"

static void
a_static_guest_is_there_and_reads_its_caps_in_a_file(void **state)
{
	const struct xebra_guest_ops *ops = xebra_guest_backend("static");
	struct xebra_guest_conf conf = {.name = "r1", .caps_file = "test_guest.caps"};
	struct xebra_caps caps = {.nb = 1, .cap = {{.name = "nic0", .mbps = 3000}}};
	struct xebra_guest_state guest;
	struct xebra_err err = {0};
	char text[256] = "";
	FILE *file;

	(void)state;
	assert_non_null(ops);
	assert_int_equal(ops->open(NULL, NULL, &err), 0);
	assert_int_equal(ops->find(&conf, &guest, &err), 0);
	assert_true(guest.present);
	assert_false(guest.knows_devices);
	assert_int_equal(ops->tell(&conf, &caps, &err), 0);
	file = fopen(conf.caps_file, "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, "{\"vfs\":[{\"name\":\"nic0\",\"cap\":3000}]}\n");
	unlink(conf.caps_file);
	conf.caps_file = NULL;
	assert_int_equal(ops->tell(&conf, &caps, &err), 0);
	conf.caps_file = "/nowhere/r1.caps";
	assert_int_equal(ops->tell(&conf, &caps, &err), -ENOENT);
	assert_string_equal(
		err.text, "caps_file: /nowhere/r1.caps: cannot write: No such file or directory");
	ops->close();
}

static void
an_unknown_kind_of_guest_is_none(void **state)
{
	(void)state;
	assert_null(xebra_guest_backend("bhyve"));
}

/* Entries as "key=text" strings, ended by NULL. */
static char *
get_entry(void *arg, const char *key)
{
	for (const char *const *entry = arg; *entry != NULL; entry++)
		if (strncmp(*entry, key, strlen(key)) == 0 && (*entry)[strlen(key)] == '=')
			return strdup(*entry + strlen(key) + 1);
	return NULL;
}

static unsigned int
devices(const char *const *entries, struct rte_pci_addr *out, unsigned int max)
{
	return xen_pci_devices(get_entry, (void *)(uintptr_t)entries, out, max);
}

static void
devices_are_all_that_are_not_closed(void **state)
{
	static const char *const entries[] = {"num_devs=4", "dev-0=0000:03:10.1", "state-0=4",
		"dev-1=0000:03:10.3", "state-1=6", "dev-2=0001:aB:1f.7", "state-2=3",
		"dev-3=0000:00:00.0", NULL};
	struct rte_pci_addr out[4];

	(void)state;
	assert_int_equal(devices(entries, out, 4), 3);
	assert_int_equal(out[1].domain, 1);
	assert_int_equal(out[1].bus, 0xab);
	assert_int_equal(out[1].devid, 0x1f);
	assert_int_equal(out[1].function, 7);
	assert_int_equal(devices(entries, out, 1), 1);
	assert_int_equal(devices(entries, out, 0), 0);
}

static void
entries_that_make_no_sense_are_as_none(void **state)
{
	static const char *const numbers[] = {
		"", "-1", "+1", " 1", "1 ", "1x", "99999999999999999999", "257", "0x1", "one"};
	static const char *const addresses[] = {"", "03:10.1", "0000:03:10", "0000:03:10.8",
		"0000:03:20.0", "0000:103:10.1", " 0000:03:10.1", "0000:03:10.1 ", "0000:3:10.1",
		"0000:03:10.1,opt", "-000:03:10.1", "zzzz:03:10.1"};
	struct rte_pci_addr out[2];
	char entry[64];
	const char *entries[] = {"num_devs=1", entry, NULL};

	(void)state;
	for (unsigned int i = 0; i < RTE_DIM(addresses); i++) {
		snprintf(entry, sizeof(entry), "dev-0=%s", addresses[i]);
		assert_int_equal(devices(entries, out, 2), 0);
	}
	entries[0] = "dev-0=0000:03:10.1";
	for (unsigned int i = 0; i < RTE_DIM(numbers); i++) {
		snprintf(entry, sizeof(entry), "num_devs=%s", numbers[i]);
		assert_int_equal(devices(entries, out, 2), 0);
	}
	snprintf(entry, sizeof(entry), "num_devs=256");
	assert_int_equal(devices(entries, out, 2), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_static_guest_is_there_and_reads_its_caps_in_a_file),
		cmocka_unit_test(an_unknown_kind_of_guest_is_none),
		cmocka_unit_test(devices_are_all_that_are_not_closed),
		cmocka_unit_test(entries_that_make_no_sense_are_as_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
