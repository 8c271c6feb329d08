/* SPDX-License-Identifier: BSD-3-Clause */
#ifdef XEBRA_HAS_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "app_priv.h"

void
app_notify(const char *state)
{
#ifdef XEBRA_HAS_SYSTEMD
	sd_notify(0, state);
#else
	(void)state;
#endif
}
