/* SPDX-License-Identifier: BSD-3-Clause */
#include <string.h>

#include "conf_place.h"

int
conf_place(struct xebra_err *err, const char *section, const char *name)
{
	const char *quote = strpbrk(name, "./") != NULL ? "\"" : "";
	struct xebra_err below = *err;

	return xebra_err_set(
		err, below.code, "%s.%s%s%s.%s", section, quote, name, quote, below.text);
}
