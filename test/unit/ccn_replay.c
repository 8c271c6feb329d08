/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The forwarder behind a pipe, on virtual time, for test_ccn_model.py. Lines in:
 *
 *     face SLOT pair|group                      a face
 *     route URI STRATEGY SLOT:COST:WEIGHT ...   strategy: 0 best-route, 1 multicast, 2 round-robin
 *     TIME_US SLOT HEX                          a link packet arrives
 *
 * For each packet, lines out: "SLOT HEX" for each one sent, then "= VERDICT PENDING STORED".
 */
#include <inttypes.h>
#include <stdlib.h>

#include "xebra_test.h"

#include "ccn_fwd.h"
#include "test_ccn.h"

#define LINE_MAX_LEN (4 * CCN_PKT_MAX)

static struct ccn_face faces[16];
static ccn_face_table table;
static struct ccn_fib *fib;
static struct ccn_fwd *fwd;

static void
print_hex(const uint8_t *bytes, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		printf("%02x", bytes[i]);
}

static void
sent(void *ctx, const struct ccn_face *face, const struct ccn_lp *lp, const uint8_t *bytes,
	uint32_t len)
{
	uint8_t header[CCN_LP_HEADER_MAX];

	(void)ctx;
	printf("%u ", ccn_face_slot(face->id));
	print_hex(header, ccn_lp_write(header, lp, len, 0, 0, 1));
	print_hex(bytes, len);
	printf("\n");
}

static void
add_face(char *words)
{
	unsigned int slot = (unsigned int)atoi(words);

	if (slot >= RTE_DIM(faces))
		exit(2);
	faces[slot].id = CCN_FACE_MAX + slot;
	faces[slot].pit_max = 100000;
	faces[slot].link = strstr(words, "group") ? CCN_LINK_GROUP : CCN_LINK_ETHER;
	table[slot] = &faces[slot];
}

static void
add_route(char *words)
{
	struct ccn_hop hops[CCN_HOPS_MAX];
	char *save, *uri = strtok_r(words, " \n", &save), *word;
	int strategy = atoi(strtok_r(NULL, " \n", &save));
	uint8_t value[CCN_NAME_MAX];
	struct ccn_name name;
	unsigned int n = 0;

	while ((word = strtok_r(NULL, " \n", &save)) != NULL && n < CCN_HOPS_MAX) {
		if (sscanf(word, "%u:%u:%u", &hops[n].face, &hops[n].cost, &hops[n].weight) != 3)
			exit(2);
		hops[n].face += CCN_FACE_MAX;
		n++;
	}
	ccn_name_parse(&name, value, (uint32_t)ccn_name_from_uri(uri, value, NULL));
	if (ccn_fib_set(fib, &name, hops, n, (enum ccn_strategy)strategy) < 0)
		exit(2);
}

static void
take_packet(const char *line)
{
	static uint8_t bytes[CCN_PKT_MAX + 256];
	enum ccn_verdict verdict = CCN_V_MAX;
	unsigned int slot, byte;
	uint64_t now_us;
	uint32_t len = 0;
	struct ccn_lp_rx rx;
	struct ccn_pkt pkt;
	int at;

	if (sscanf(line, "%" SCNu64 " %u %n", &now_us, &slot, &at) != 2)
		exit(2);
	for (const char *p = line + at; sscanf(p, "%2x", &byte) == 1 && len < sizeof(bytes); p += 2)
		bytes[len++] = (uint8_t)byte;
	ccn_fwd_tick(fwd, now_us);
	if (ccn_lp_parse(&rx, bytes, len) == CCN_OK &&
		ccn_pkt_parse(&pkt, bytes + (rx.fragment - bytes), rx.len) == CCN_OK)
		verdict = ccn_fwd_take(fwd, &faces[slot], &pkt, &rx.lp);
	printf("= %d %u %u\n", verdict, ccn_pit_count(fwd->pit), ccn_cs_stats(fwd->cs)->packets);
	fflush(stdout);
}

int
main(void)
{
	static char line[LINE_MAX_LEN];
	struct ccn_fwd_conf conf = {.pit_entries = 16384,
		.fib_size = 64,
		.cs_bytes = 16 << 20,
		.faces = table,
		.send = sent};

	if (test_eal_init("ccn_replay") < 0)
		return 1;
	ccn_hash_init();
	fib = ccn_fib_create(32, 0);
	conf.fib = fib;
	fwd = ccn_fwd_create(&conf, 0);
	if (fib == NULL || fwd == NULL)
		return 1;
	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strncmp(line, "face ", 5) == 0)
			add_face(line + 5);
		else if (strncmp(line, "route ", 6) == 0)
			add_route(line + 6);
		else
			take_packet(line);
	}
	ccn_fwd_free(fwd);
	ccn_fib_free(fib);
	return 0;
}
