/* SPDX-License-Identifier: BSD-3-Clause */

/*
 * Which frames belong together, which do not, and that no byte behind a frame is read: every frame
 * here ends where an unreadable page begins.
 */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bucket.h"
#include "flow.h"
#include "xebra_test.h"

static const struct vchannel_flow_conf plain = {.ndn_depth = VCHANNEL_NDN_DEPTH};
static const struct vchannel_flow_conf symmetric = {
	.symmetric = true, .ndn_depth = VCHANNEL_NDN_DEPTH};

struct frame {
	uint32_t len;
	uint8_t data[1024];
};

static uint8_t *wall; /* first byte of the unreadable page */
static size_t room;   /* readable bytes before it */

static int
build_wall(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *at =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	if (at == MAP_FAILED || mprotect(at + page, page, PROT_NONE) != 0)
		return -1;
	wall = at + page;
	room = page;
	return 0;
}

static uint32_t
hash_of(const struct vchannel_flow_conf *conf, const struct frame *f)
{
	uint32_t slow, four[4];

	assert_true(f->len <= room);
	memcpy(wall - f->len, f->data, f->len);
	slow = vchannel_flow_hash(conf, wall - f->len, f->len);
	if (!conf->symmetric && f->len >= VCHANNEL_PLAIN_LEN) {
		const uint8_t *const data[4] = {
			wall - f->len, wall - f->len, wall - f->len, wall - f->len};

		if (vchannel_flow_hash_four(conf->seed, data, four))
			for (int k = 0; k < 4; k++)
				assert_int_equal(four[k], slow);
	}
	return slow;
}

#define H(f) hash_of(&plain, &(f))
#define assert_alike(a, b) assert_int_equal(H(a), H(b))
#define assert_differ(a, b) assert_int_not_equal(H(a), H(b))
#define assert_same_ways(a, b) \
	assert_int_equal(hash_of(&symmetric, &(a)), hash_of(&symmetric, &(b)))

static void
put(struct frame *f, const void *bytes, uint32_t n)
{
	memcpy(f->data + f->len, bytes, n);
	f->len += n;
}

static void
put16(struct frame *f, uint16_t v)
{
	uint8_t b[2] = {v >> 8, v & 255};

	put(f, b, 2);
}

static struct frame
ether(uint8_t dst, uint8_t src, uint16_t type)
{
	struct frame f = {0};
	uint8_t macs[12] = {2, 0, 0, 0, 0, dst, 2, 0, 0, 0, 0, src};

	put(&f, macs, sizeof(macs));
	put16(&f, type);
	return f;
}

static void
put_ip4(struct frame *f, uint8_t proto, uint32_t src, uint32_t dst, uint16_t frag, int options)
{
	uint8_t h[20] = {0x45};

	h[0] += options;
	h[6] = frag >> 8;
	h[7] = frag & 255;
	h[8] = 64;
	h[9] = proto;
	for (int i = 0; i < 4; i++) {
		h[12 + i] = src >> (24 - 8 * i);
		h[16 + i] = dst >> (24 - 8 * i);
	}
	put(f, h, sizeof(h));
	for (int i = 0; i < options; i++)
		put(f, "\1\1\1\1", 4);
}

static void
put_ports(struct frame *f, uint16_t src, uint16_t dst)
{
	static const uint8_t rest[24];

	put16(f, src);
	put16(f, dst);
	put(f, rest, sizeof(rest));
}

static struct frame
ip4(uint8_t proto, uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport)
{
	struct frame f = ether(1, 2, 0x0800);

	put_ip4(&f, proto, src, dst, 0, 0);
	put_ports(&f, sport, dport);
	return f;
}

static void
put_ip6(struct frame *f, uint8_t next, uint8_t src, uint8_t dst)
{
	uint8_t h[40] = {0x60};

	h[6] = next;
	h[7] = 64;
	h[8] = h[24] = 0x20;
	h[23] = src;
	h[39] = dst;
	put(f, h, sizeof(h));
}

static struct frame
ip6(uint8_t next, uint8_t src, uint8_t dst, uint16_t sport, uint16_t dport)
{
	struct frame f = ether(1, 2, 0x86dd);

	put_ip6(&f, next, src, dst);
	put_ports(&f, sport, dport);
	return f;
}

static void
ports_tell_ipv4_flows_apart(void **state)
{
	static const uint8_t protos[] = {6, 17, 132};

	(void)state;
	for (size_t i = 0; i < sizeof(protos); i++) {
		struct frame a = ip4(protos[i], 1, 2, 10, 20), b = a;

		b.data[60] = 0xff; /* payload */
		b.data[22] = 3;    /* TTL */
		assert_alike(a, b);
		b = ip4(protos[i], 1, 2, 11, 20);
		assert_differ(a, b);
		b = ip4(protos[i], 1, 2, 10, 21);
		assert_differ(a, b);
		b = ip4(protos[i], 1, 3, 10, 20);
		assert_differ(a, b);
		b = ip4(protos[i], 4, 2, 10, 20);
		assert_differ(a, b);
	}
}

static void
options_are_stepped_over(void **state)
{
	struct frame a = ip4(6, 1, 2, 10, 20), b = ether(1, 2, 0x0800), c = ether(1, 2, 0x0800);

	(void)state;
	put_ip4(&b, 6, 1, 2, 0, 10);
	put_ports(&b, 10, 20);
	assert_alike(a, b);
	put_ip4(&c, 6, 1, 2, 0, 10);
	put_ports(&c, 10, 21);
	assert_differ(b, c);
}

static void
fragments_stay_together(void **state)
{
	static const uint16_t frags[] = {0x2000, 0x2001, 0x0100, 0x1fff};
	struct frame first = ether(1, 2, 0x0800), other;

	(void)state;
	put_ip4(&first, 17, 1, 2, 0x2000, 0);
	put_ports(&first, 10, 20);
	for (int i = 0; i < 4; i++) {
		other = ether(1, 2, 0x0800);
		put_ip4(&other, 17, 1, 2, frags[i], 0);
		put_ports(&other, 77 + i, 99);
		assert_alike(first, other);
	}
	/* "Don't fragment" is no fragment. */
	other = ether(1, 2, 0x0800);
	put_ip4(&other, 17, 1, 2, 0x4000, 0);
	put_ports(&other, 10, 20);
	assert_differ(first, other);
	other = ip4(1, 1, 2, 5, 6); /* ICMP: addresses only */
	assert_alike(first, other);
}

static struct frame
tagged(const struct frame *f, int tags, uint16_t outer)
{
	struct frame t = {0};

	put(&t, f->data, 12);
	for (int i = 0; i < tags; i++) {
		put16(&t, i == 0 ? outer : 0x8100);
		put16(&t, 100 + i);
	}
	put(&t, f->data + 12, f->len - 12);
	return t;
}

static void
vlan_tags_are_stepped_over(void **state)
{
	static const uint16_t outer[] = {0x8100, 0x88a8, 0x9100};
	struct frame a = ip4(6, 1, 2, 10, 20), b = ip6(17, 1, 2, 10, 20), t, u;

	(void)state;
	for (int i = 0; i < 3; i++) {
		for (int n = 1; n <= 2; n++) {
			t = tagged(&a, n, outer[i]);
			assert_alike(a, t);
			t = tagged(&b, n, outer[i]);
			assert_alike(b, t);
		}
	}
	/* A third tag is other traffic: MAC addresses. */
	t = tagged(&a, 3, 0x88a8);
	u = ip4(6, 7, 8, 9, 10);
	u = tagged(&u, 3, 0x88a8);
	assert_alike(t, u);
}

static void
put_extension(struct frame *f, uint8_t kind, uint8_t next)
{
	uint8_t h[24] = {next};

	switch (kind) {
	case 44: /* atomic fragment */
		put(f, h, 8);
		break;
	case 51: /* AH with a 12-byte check value */
		h[1] = 4;
		put(f, h, 24);
		break;
	default:
		h[1] = 2;
		put(f, h, 24);
	}
}

static void
ipv6_extension_headers_are_walked(void **state)
{
	static const uint8_t kinds[] = {0, 43, 44, 51, 60, 135, 139, 140};
	struct frame a = ip6(6, 1, 2, 10, 20), b = ether(1, 2, 0x86dd), c;

	(void)state;
	put_ip6(&b, kinds[0], 1, 2);
	for (int i = 0; i < 8; i++)
		put_extension(&b, kinds[i], i < 7 ? kinds[i + 1] : 6);
	c = b;
	put_ports(&b, 10, 20);
	assert_alike(a, b);
	put_ports(&c, 10, 21);
	assert_differ(b, c);
	/* All the same length and place: a changed kind that nobody knows ends the walk. */
	b.data[14 + 6] = 200;
	c.data[14 + 6] = 200;
	assert_alike(b, c);
}

static void
ipv6_fragments_stay_together(void **state)
{
	struct frame f[3], whole = ip6(17, 1, 2, 10, 20);
	static const uint8_t offsets[3][2] = {{0, 1}, {0x05, 0xa9}, {0x0b, 0x50}};

	(void)state;
	for (int i = 0; i < 3; i++) {
		uint8_t h[8] = {17, 0, offsets[i][0], offsets[i][1], 9, 9, 9, 9};

		f[i] = ether(1, 2, 0x86dd);
		put_ip6(&f[i], 44, 1, 2);
		put(&f[i], h, 8);
		put_ports(&f[i], 100 + i, 20);
	}
	assert_alike(f[0], f[1]);
	assert_alike(f[0], f[2]);
	assert_differ(f[0], whole);
}

static void
tunnels_spread_by_outer_source_port(void **state)
{
	static const uint16_t ports[] = {4789, 4341};
	struct frame a, b;

	(void)state;
	for (int i = 0; i < 2; i++) {
		a = ip4(17, 1, 2, 50000, ports[i]);
		b = ip4(17, 1, 2, 50001, ports[i]);
		assert_differ(a, b);
	}
}

static void
other_traffic_goes_by_mac(void **state)
{
	struct frame a = ether(1, 2, 0x88cc), b = ether(1, 2, 0x88cc), c = ether(1, 3, 0x88cc);

	(void)state;
	put16(&a, 1);
	put16(&b, 2);
	put16(&c, 1);
	assert_alike(a, b);
	assert_differ(a, c);
}

static void
put_tlv(struct frame *f, uint8_t type, const void *value, uint8_t len)
{
	put(f, &type, 1);
	put(f, &len, 1);
	put(f, value, len);
}

/* An NDN packet named /a/b/..., one letter a component; lp: 0 bare, n > 0: LP header, n fragments.
 */
static struct frame
ndn(uint8_t type, const char *name, uint8_t lp)
{
	struct frame f = ether(1, 2, 0x8624), n = {0}, body = {0}, packet = {0}, link = {0};

	for (; *name != '\0'; name++)
		put_tlv(&n, 8, name, 1);
	put_tlv(&body, 7, n.data, n.len);
	if (type == 5)
		put_tlv(&body, 0x0a, "\1\2\3\4", 4);
	else
		put_tlv(&body, 0x15, "content", 7);
	put_tlv(&packet, type, body.data, body.len);
	if (lp > 0) {
		put_tlv(&link, 0x51, "12345678", 8);
		put_tlv(&link, 0x53, &lp, 1);
		put_tlv(&link, 0x50, packet.data, packet.len);
		put_tlv(&f, 0x64, link.data, link.len);
	} else {
		put(&f, packet.data, packet.len);
	}
	return f;
}

static void
data_follows_its_interest(void **state)
{
	struct frame interest = ndn(5, "abc", 0), data = ndn(6, "abcde", 0), other;

	(void)state;
	assert_alike(interest, data);
	other = ndn(6, "abxy", 0);
	assert_alike(interest, other); /* two components make a flow */
	other = ndn(5, "axc", 0);
	assert_differ(interest, other);
	other = ndn(5, "a", 0);
	data = ndn(6, "a", 0);
	assert_alike(other, data);
	other = ndn(6, "abcde", 1);
	assert_alike(interest, other);
	other = tagged(&interest, 1, 0x8100);
	assert_alike(interest, other);
}

static void
ndn_link_fragments_stay_together(void **state)
{
	struct frame first = ndn(6, "abcde", 3), second = ndn(6, "xyz", 3), mac;

	(void)state;
	assert_alike(first, second);
	mac = ether(1, 2, 0x88cc);
	assert_alike(first, mac);
}

static void
the_name_depth_is_a_matter_of_configuration(void **state)
{
	struct vchannel_flow_conf deep = {.ndn_depth = 4};
	struct frame a = ndn(5, "abcd", 0), b = ndn(5, "abce", 0);

	(void)state;
	assert_alike(a, b);
	assert_int_not_equal(hash_of(&deep, &a), hash_of(&deep, &b));
}

static void
symmetric_hash_is_the_same_both_ways(void **state)
{
	struct frame a, b;

	(void)state;
	a = ip4(6, 0x0a000001, 0x0a000002, 10, 20);
	b = ip4(6, 0x0a000002, 0x0a000001, 20, 10);
	assert_same_ways(a, b);
	assert_differ(a, b);
	b = ip4(6, 0x0a000002, 0x0a000001, 10, 20); /* not its answer */
	assert_int_not_equal(hash_of(&symmetric, &a), hash_of(&symmetric, &b));
	a = ip4(17, 5, 5, 10, 20);
	b = ip4(17, 5, 5, 20, 10);
	assert_same_ways(a, b);
	a = ip6(17, 9, 3, 10, 20);
	b = ip6(17, 3, 9, 20, 10);
	assert_same_ways(a, b);
	a = ether(1, 2, 0x88cc);
	b = ether(2, 1, 0x88cc);
	assert_same_ways(a, b);
	assert_differ(a, b);
}

static void
a_seed_spreads_differently(void **state)
{
	struct vchannel_flow_conf seeded = plain;
	struct frame f = ip4(6, 1, 2, 10, 20);

	(void)state;
	seeded.seed = 12345;
	assert_int_not_equal(H(f), hash_of(&seeded, &f));
}

static void
a_frame_cut_anywhere_is_not_read_past(void **state)
{
	struct frame frames[8] = {ip4(6, 1, 2, 10, 20), ip6(17, 1, 2, 10, 20), ndn(5, "abc", 0),
		ndn(6, "abc", 1), ndn(6, "abc", 7)};
	struct frame f;

	(void)state;
	frames[5] = tagged(&frames[0], 2, 0x88a8);
	frames[6] = tagged(&frames[1], 3, 0x88a8);
	frames[7] = ether(1, 2, 0x86dd);
	put_ip6(&frames[7], 0, 1, 2);
	put_extension(&frames[7], 0, 51);
	put_extension(&frames[7], 51, 6);
	put_ports(&frames[7], 1, 2);
	for (int i = 0; i < 8; i++) {
		for (uint32_t len = 0; len <= frames[i].len; len++) {
			f = frames[i];
			f.len = len;
			hash_of(&plain, &f);
			hash_of(&symmetric, &f);
		}
	}
	/* What is whole counts: an IP header without ports goes by addresses. */
	f = frames[0];
	f.len = 14 + 20 + 3;
	frames[1] = ip4(6, 1, 2, 33, 44);
	frames[1].len = 14 + 20;
	assert_alike(f, frames[1]);
}

static void
random_bytes_are_not_read_past(void **state)
{
	static const uint16_t types[] = {0x0800, 0x86dd, 0x8624, 0x8100, 0x88a8};
	unsigned int rng = 5;
	struct frame f;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		f = ether(1, 2, types[i % 5]);
		f.len += (uint32_t)rand_r(&rng) % 90;
		for (uint32_t k = 14; k < f.len; k++)
			f.data[k] = (uint8_t)(rand_r(&rng) >> 8);
		if (i & 8)
			f.data[14] = i % 5 == 0 ? 0x45 : 0x60;
		if (i & 16)
			f.data[20] = 0;
		hash_of(i & 32 ? &symmetric : &plain, &f);
	}
}

/* The worst deviation of a member's flows from its weight, in per cent of all flows. */
static double
spread(const uint32_t *weight, uint32_t (*hash)(uint32_t flow))
{
	static _Alignas(64) uint8_t memory[256 * 1024];
	double flows[VCHANNEL_NONE + 1] = {0}, sum = 0, worst = 0;
	struct vchannel_table *t;

	assert_true(vchannel_table_size(4096) <= sizeof(memory));
	memset(memory, 0, sizeof(memory));
	t = vchannel_table_init(memory, 4096, 1);
	vchannel_table_deal(t, weight, 0, 0);
	for (uint32_t f = 0; f < 10000; f++)
		flows[t->map[vchannel_flow_bucket(hash(f), 20)]]++;
	for (int m = 0; m < VCHANNEL_MEMBERS_MAX; m++)
		sum += weight[m];
	for (int m = 0; m < VCHANNEL_MEMBERS_MAX; m++) {
		double off = flows[m] / 100 - 100 * weight[m] / sum;

		worst = off > worst ? off : -off > worst ? -off : worst;
	}
	return worst;
}

static uint32_t
by_ports(uint32_t flow)
{
	struct frame f = ip4(17, 0x0a000001, 0x0a000002, 1024 + flow, 80);

	return H(f);
}

static uint32_t
by_addresses(uint32_t flow)
{
	struct frame f = ip4(6, 0x0a000000 + flow % 100, 0xc0a80000 + flow / 100, 1000, 80);

	return H(f);
}

static uint32_t
at_random(uint32_t flow)
{
	unsigned int rng = flow;
	uint32_t src = (uint32_t)rand_r(&rng), dst = (uint32_t)rand_r(&rng);
	struct frame f = ip4(6, src, dst, rand_r(&rng) & 0xffff, rand_r(&rng) & 0xffff);

	return H(f);
}

static uint32_t
by_a_nic_that_counts(uint32_t flow)
{
	return flow + 1;
}

static void
flows_are_shared_by_weight_within_one_per_cent(void **state)
{
	static const uint32_t weights[3][VCHANNEL_MEMBERS_MAX] = {
		{2000, 4000, 6000}, {1000, 1000}, {1000, 3000, 7000, 11000}};
	uint32_t (*const hashes[])(uint32_t) = {
		by_ports, by_addresses, at_random, by_a_nic_that_counts};

	(void)state;
	for (int w = 0; w < 3; w++)
		for (int h = 0; h < 4; h++) {
			double off = spread(weights[w], hashes[h]);

			print_message("# weights %d, flows %d: %.2f %% off\n", w, h, off);
			assert_true(off < 1);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_tell_ipv4_flows_apart),
		cmocka_unit_test(options_are_stepped_over),
		cmocka_unit_test(fragments_stay_together),
		cmocka_unit_test(vlan_tags_are_stepped_over),
		cmocka_unit_test(ipv6_extension_headers_are_walked),
		cmocka_unit_test(ipv6_fragments_stay_together),
		cmocka_unit_test(tunnels_spread_by_outer_source_port),
		cmocka_unit_test(other_traffic_goes_by_mac),
		cmocka_unit_test(data_follows_its_interest),
		cmocka_unit_test(ndn_link_fragments_stay_together),
		cmocka_unit_test(the_name_depth_is_a_matter_of_configuration),
		cmocka_unit_test(symmetric_hash_is_the_same_both_ways),
		cmocka_unit_test(a_seed_spreads_differently),
		cmocka_unit_test(a_frame_cut_anywhere_is_not_read_past),
		cmocka_unit_test(random_bytes_are_not_read_past),
		cmocka_unit_test(flows_are_shared_by_weight_within_one_per_cent),
	};

	return cmocka_run_group_tests(tests, build_wall, NULL);
}
