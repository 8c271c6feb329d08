/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Earlier configurations are kept as compact text: a tenth of the memory of the parsed trees, and
 * nothing of them can be changed by what happens to the running one. A ring of CONF_HISTORY_MAX,
 * and together no more than HISTORY_BYTES as long as there is more than one.
 */
#include <stdlib.h>
#include <string.h>

#include "conf_priv.h"
#include "xebra_log.h"
#include "xebra_loop.h"

#define HISTORY_BYTES (64u << 20)

static struct conf_past past[CONF_HISTORY_MAX]; /* the latest first */
static unsigned int nb_past;

static void
forget_oldest(void)
{
	nb_past--;
	free(past[nb_past].text);
	memset(&past[nb_past], 0, sizeof(past[nb_past]));
}

static size_t
bytes(void)
{
	size_t sum = 0;

	for (unsigned int i = 0; i < nb_past; i++)
		sum += past[i].len;
	return sum;
}

void
conf_history_push(json_t *config, const char *by)
{
	char *text = json_dumps(config, JSON_COMPACT);

	if (text == NULL) {
		XEBRA_LOG(WARNING, "no memory to keep the earlier configuration for a rollback");
		return;
	}
	if (nb_past == CONF_HISTORY_MAX)
		forget_oldest();
	memmove(&past[1], &past[0], nb_past * sizeof(past[0]));
	past[0] = (struct conf_past){
		.text = text, .len = strlen(text), .by = by, .time_ms = xebra_now_ms()};
	nb_past++;
	while (nb_past > 1 && bytes() > HISTORY_BYTES)
		forget_oldest();
}

const struct conf_past *
conf_history_get(unsigned int n)
{
	return n >= 1 && n <= nb_past ? &past[n - 1] : NULL;
}

void
conf_history_clear(void)
{
	while (nb_past > 0)
		forget_oldest();
}
