/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dpdk-xebra-pf: gives each guest of this host its VFs, keeps each in its network, and each link
 * shared as it should be. manager.c tells how.
 */
#include "app.h"

int
main(int argc, char **argv)
{
	static const struct app app = {
		.name = "dpdk-xebra-pf",
		.runs = "the PF manager of this host",
		.socket = "/run/xebra/pf.sock",
		.eal_optional = true,
	};

	return app_main(argc, argv, &app);
}
