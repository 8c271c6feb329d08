/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef PF_RECORD_H
#define PF_RECORD_H

/*
 * What the netlink backend says to the kernel and hears from it, written to a file, or played back
 * from one. A line an event: "send HEX", "recv HEX" or "recv -ERRNO", and of sysfs "read", "write"
 * and "link" with what was asked for and what came of it. Played back, what the backend says has
 * to be what was recorded, byte for byte.
 *
 * Programs that use it are linked with --wrap for nl_socket_open and the sysfs_ functions.
 */

#include <stdbool.h>

#include "nl_priv.h"

/* What is recorded; the program's real one, or a fake. */
struct pf_kernel {
	int (*socket_open)(bool events, struct nl_socket **s);
	int (*read)(const char *interface, const char *file, char *text, size_t size);
	int (*write)(const char *interface, const char *file, unsigned int number);
	int (*link)(const char *interface, const char *file, char *text, size_t size);
};

/* Use this kernel, without a recording. */
void pf_kernel_use(const struct pf_kernel *kernel);

/* Use this kernel, and record. Returns 0 or a negative errno value. */
int pf_record_start(const struct pf_kernel *kernel, const char *file);

/* Play a file back, instead of any kernel. */
int pf_replay_start(const char *file);

/* End either. Returns the number of lines that were not played back. */
unsigned int pf_record_end(void);

/* The real kernel. */
extern const struct pf_kernel pf_real_kernel;

#endif
