/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CAPS_PRIV_H
#define CAPS_PRIV_H

#include "xebra_caps.h"

#define CAPS_TEXT_MAX 65536 /* bytes; more is no list of caps */

/* What is followed. */
struct xebra_caps_watch {
	char *place; /* file or node */
	xebra_caps_fn fn;
	void *arg;
	void (*stop)(struct xebra_caps_watch *watch); /* what the kind of place needs */
};

/* Make what all watches have; -ENOMEM with err set. `watch` is zero, and freed on failure. */
int caps_watch_init(struct xebra_caps_watch *watch, const char *place, xebra_caps_fn fn, void *arg,
	struct xebra_err *err);

/* Tell what a text says, or that it cannot be used. */
void caps_tell(const struct xebra_caps_watch *watch, const char *text, size_t len);

/* Tell that nothing is there (0), or that it cannot be read (negative errno value). */
void caps_tell_none(const struct xebra_caps_watch *watch, int code);

#endif
