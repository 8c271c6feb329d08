/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dpdk-xebra: the data plane of one virtual network. What it can do are the floors of lib/ that are
 * linked into it, and the plugins that its configuration names.
 */
#include "app.h"
#include "plugins.h"
#include "xebra_ctl.h"

int
main(int argc, char **argv)
{
	static const struct app app = {
		.name = "dpdk-xebra",
		.runs = "a router",
		.socket = XEBRA_CTL_SOCKET,
		.before_check = plugins_load,
	};

	return app_main(argc, argv, &app);
}
