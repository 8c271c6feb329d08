/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Any bytes as a guest's caps, and any bytes as the entries of a PCI backend. Caps that are taken
 * read back as they were. The first byte chooses.
 */
#include <stdlib.h>
#include <string.h>

#include "xebra_caps.h"
#include "xen_pci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool held)
{
	if (!held)
		abort();
}

static void
as_caps(const char *text, size_t size)
{
	struct xebra_err err = {0};
	struct xebra_caps caps, again;
	char *printed;

	if (xebra_caps_parse(text, size, &caps, &err) < 0) {
		must(err.code < 0 && err.text[0] != '\0');
		return;
	}
	printed = xebra_caps_print(&caps);
	must(printed != NULL && xebra_caps_parse(printed, strlen(printed), &again, &err) == 0);
	must(memcmp(&caps, &again, sizeof(caps)) == 0);
	free(printed);
}

struct bytes {
	const uint8_t *data;
	size_t size;
};

/* Every entry is the next bytes up to a NUL, whatever its key. */
static char *
get_entry(void *arg, const char *key)
{
	struct bytes *b = arg;
	size_t len = strnlen((const char *)b->data, b->size);
	char *text;

	(void)key;
	if (b->size == 0)
		return NULL;
	text = strndup((const char *)b->data, len);
	len += len < b->size;
	b->data += len;
	b->size -= len;
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = {data + 1, size - 1};
	struct rte_pci_addr devices[4];

	if (size < 1)
		return 0;
	if (data[0] & 1)
		as_caps((const char *)data + 1, size - 1);
	else
		must(xen_pci_devices(get_entry, &bytes, devices, 4) <= 4);
	return 0;
}
