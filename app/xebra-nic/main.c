/* SPDX-License-Identifier: BSD-3-Clause */
/* dpdk-xebra-nic: a software NIC with virtual functions. All of it is lib/nic. */
#include "app.h"

int
main(int argc, char **argv)
{
	static const struct app app = {
		.name = "dpdk-xebra-nic",
		.runs = "a software NIC",
		.socket = "/run/xebra/nic.sock",
	};

	return app_main(argc, argv, &app);
}
