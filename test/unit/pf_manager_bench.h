/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PF_MANAGER_BENCH_H
#define PF_MANAGER_BENCH_H

/* The PF manager on a bench: a PF in memory (fake_pf.h), a hypervisor with one domain. */

#include <stdbool.h>

#include "fake_pf.h"
#include "manager.h"
#include "xebra_guest.h"

#define CAN_SHARE (XEBRA_PF_ALL | XEBRA_PF_CAN_STATS | XEBRA_PF_CAN_SHARE | XEBRA_PF_CAN_PRIORITY)
#define CAN_CAP (XEBRA_PF_ALL & ~(XEBRA_PF_MIN_RATE | XEBRA_PF_WEIGHT)) | XEBRA_PF_CAN_STATS

/* A hypervisor with one domain, which comes, goes and is given another VF as the test likes. */
struct fake_xen {
	struct xebra_guest_state state;
	struct xebra_caps told;
};
extern struct fake_xen xen;

/* The folder of the files of the manager under test, and its state file. */
extern char folder[];
extern char state_file[64];

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

int setup(void **state);
int teardown(void **state);

/* Start or reload with this configuration, which gets a "manager" section with the state file. */
int start(const char *text, struct xebra_err *err);
void must_start(const char *text);
int reload(const char *text, struct xebra_err *err);
void must_reload(const char *text);

/* One look of the manager, as its timer would have it. */
void look(void);

/* A VF of the PF "p0", as the manager sees it. */
struct vf *vf(unsigned int number);

bool is_closed(const struct xebra_pf_vf *settings);

/* What the file says is what the PF has, VF by VF; others are scrubbed. */
void assert_as_configured(void);

/* Steps that were taken with a VF. */
unsigned int steps_of(unsigned int number);

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
