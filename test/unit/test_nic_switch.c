/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The NIC's switch. Besides the rules one by one: whatever VFs are given and whatever they send,
 * nothing leaves the VLANs that the sender is in, and nobody receives what is not in his.
 */
#include <string.h>

#include "nic_switch.h"
#include "xebra_test.h"

#define NB 8
#define FRAME_MAX 64

static struct nic_switch sw;
static struct nic_vf_conf confs[NIC_VFS_MAX];

static void
begin(unsigned int nb)
{
	memset(confs, 0, sizeof(confs));
	for (unsigned int vf = 0; vf < nb; vf++) {
		confs[vf].mac = (struct rte_ether_addr){{2, 0, 0, 0, 0, (uint8_t)vf}};
		confs[vf].spoof_check = true;
		confs[vf].all_groups = true;
		confs[vf].mtu = 1500;
	}
}

/* A frame of 60 bytes; tags as written, ended by a TPID of 0. */
static uint32_t
frame(uint8_t *to, const uint8_t *dst, const uint8_t *src, const uint16_t (*tags)[2])
{
	uint8_t *p = to + 12;

	memset(to, 0, FRAME_MAX);
	memcpy(to, dst, 6);
	memcpy(to + 6, src, 6);
	for (; tags != NULL && (*tags)[0] != 0; tags++, p += 4) {
		p[0] = (*tags)[0] >> 8;
		p[1] = (uint8_t)(*tags)[0];
		p[2] = (*tags)[1] >> 8;
		p[3] = (uint8_t)(*tags)[1];
	}
	p[0] = 0x88;
	p[1] = 0xb5;
	return 60;
}

static enum nic_drop
from_vf(unsigned int vf, const uint8_t *dst, const uint16_t (*tags)[2], struct nic_verdict *v)
{
	uint8_t data[FRAME_MAX];
	uint32_t len = frame(data, dst, confs[vf].mac.addr_bytes, tags);

	return nic_switch_from_vf(&sw, vf, data, len, v);
}

static const uint8_t all[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t elsewhere[] = {2, 0x77, 0, 0, 0, 1};

static void
a_vlan_of_its_own(void **state)
{
	struct nic_verdict v;

	(void)state;
	begin(4);
	confs[0].vlan = confs[1].vlan = 2;
	confs[0].priority = 5;
	confs[2].vlan = confs[3].vlan = 3;
	nic_switch_build(&sw, confs, 4);
	assert_int_equal(from_vf(0, all, NULL, &v), NIC_DROP_NOT);
	assert_true(v.vfs == 1 << 1 && v.uplink && !v.tagged && v.tci == (5 << 13 | 2));
	assert_int_equal(from_vf(0, confs[1].mac.addr_bytes, NULL, &v), NIC_DROP_NOT);
	assert_true(v.vfs == 1 << 1 && !v.uplink);
	/* The other network's address is nothing but an address outside. */
	assert_int_equal(from_vf(0, confs[2].mac.addr_bytes, NULL, &v), NIC_DROP_NOT);
	assert_true(v.vfs == 0 && v.uplink);
	assert_int_equal(from_vf(0, confs[0].mac.addr_bytes, NULL, &v), NIC_DROP_TO_ITSELF);
	assert_true(!nic_switch_keeps_tag(&sw, 0, v.tci));
}

static void
tags_that_are_not_given_are_dropped(void **state)
{
	static const uint16_t tags[][4][2] = {
		{{0x8100, 2}},
		{{0x8100, 3}},
		{{0x8100, 0}},
		{{0x8100, 4095}},
		{{0x88a8, 2}},
		{{0x9100, 3}},
		{{0x8100, 0}, {0x8100, 3}},
		{{0x8100, 0xe002}},
	};
	struct nic_verdict v;

	(void)state;
	begin(2);
	confs[0].vlan = 2;
	confs[0].spoof_check = false;
	confs[0].trust = true;
	confs[1].vlan = 3;
	nic_switch_build(&sw, confs, 2);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		assert_int_equal(from_vf(0, all, tags[i], &v), NIC_DROP_SPOOFED_VLAN);
}

static void
a_trunk_has_its_vlans_and_one_tag(void **state)
{
	static const uint16_t five[][2] = {{0x8100, 3 << 13 | 5}, {0}};
	static const uint16_t seven[][2] = {{0x8100, 7}, {0}};
	static const uint16_t twice[][2] = {{0x8100, 5}, {0x8100, 7}, {0}};
	static const uint16_t outer[][2] = {{0x88a8, 5}, {0x8100, 5}, {0}};
	struct nic_verdict v;

	(void)state;
	begin(3);
	confs[0].nb_trunk = 2;
	confs[0].trunk[0] = 5;
	confs[0].trunk[1] = 6;
	confs[1].vlan = 5;
	confs[2].vlan = 7;
	nic_switch_build(&sw, confs, 3);
	assert_int_equal(from_vf(0, all, NULL, &v), NIC_DROP_NO_VLAN);
	assert_int_equal(from_vf(0, all, five, &v), NIC_DROP_NOT);
	assert_true(v.vfs == 1 << 1 && v.uplink && v.tagged && v.tci == (3 << 13 | 5));
	assert_true(nic_switch_keeps_tag(&sw, 0, v.tci) && !nic_switch_keeps_tag(&sw, 1, v.tci));
	assert_int_equal(from_vf(0, all, seven, &v), NIC_DROP_SPOOFED_VLAN);
	assert_int_equal(from_vf(0, all, outer, &v), NIC_DROP_SPOOFED_VLAN);
	assert_int_equal(from_vf(0, all, twice, &v), NIC_DROP_DOUBLE_TAG);
	confs[0].trust = true;
	nic_switch_build(&sw, confs, 3);
	assert_int_equal(from_vf(0, all, twice, &v), NIC_DROP_NOT);
	assert_int_equal(v.vfs, 1 << 1);
}

static void
groups_and_promiscuity(void **state)
{
	static const uint8_t group[] = {1, 0, 0x5e, 0, 0, 5}, other[] = {1, 0, 0x5e, 0, 0, 6};
	struct nic_verdict v;

	(void)state;
	begin(5);
	for (unsigned int vf = 0; vf < 5; vf++)
		confs[vf].vlan = vf == 4 ? 3 : 2;
	confs[1].all_groups = confs[2].all_groups = false;
	confs[1].nb_groups = 1;
	memcpy(&confs[1].groups[0], group, sizeof(group));
	confs[3].promiscuous = confs[4].promiscuous = true;
	nic_switch_build(&sw, confs, 5);
	assert_int_equal(from_vf(0, group, NULL, &v), NIC_DROP_NOT);
	assert_int_equal(v.vfs, 1 << 1 | 1 << 3);
	assert_int_equal(from_vf(0, other, NULL, &v), NIC_DROP_NOT);
	assert_int_equal(v.vfs, 1 << 3);
	assert_int_equal(from_vf(0, all, NULL, &v), NIC_DROP_NOT);
	assert_int_equal(v.vfs, 1 << 1 | 1 << 2 | 1 << 3);
	/* Without trust nobody is promiscuous; with it, in his VLANs only. */
	assert_int_equal(from_vf(0, confs[1].mac.addr_bytes, NULL, &v), NIC_DROP_NOT);
	assert_int_equal(v.vfs, 1 << 1);
	confs[3].trust = confs[4].trust = true;
	nic_switch_build(&sw, confs, 5);
	assert_int_equal(from_vf(0, confs[1].mac.addr_bytes, NULL, &v), NIC_DROP_NOT);
	assert_true(v.vfs == (1 << 1 | 1 << 3) && !v.uplink);
	assert_int_equal(from_vf(0, elsewhere, NULL, &v), NIC_DROP_NOT);
	assert_true(v.vfs == 1 << 3 && v.uplink);
}

static void
sources_and_lengths(void **state)
{
	struct nic_verdict v;
	uint8_t data[FRAME_MAX];

	(void)state;
	begin(2);
	confs[0].vlan = 2;
	confs[0].mtu = 1000;
	nic_switch_build(&sw, confs, 2);
	frame(data, all, confs[1].mac.addr_bytes, NULL);
	assert_int_equal(nic_switch_from_vf(&sw, 0, data, 60, &v), NIC_DROP_SPOOFED_MAC);
	frame(data, all, all, NULL);
	assert_int_equal(nic_switch_from_vf(&sw, 0, data, 60, &v), NIC_DROP_BAD_SOURCE);
	frame(data, all, confs[0].mac.addr_bytes, NULL);
	assert_int_equal(nic_switch_from_vf(&sw, 0, data, 1014, &v), NIC_DROP_NOT);
	assert_int_equal(nic_switch_from_vf(&sw, 0, data, 1015, &v), NIC_DROP_TOO_LONG);
	for (uint32_t len = 0; len < 14; len++)
		assert_int_equal(nic_switch_from_vf(&sw, 0, data, len, &v), NIC_DROP_RUNT);
}

static void
all_63_are_found(void **state)
{
	struct nic_verdict v;

	(void)state;
	begin(NIC_VFS_MAX);
	srand(3);
	for (unsigned int vf = 0; vf < NIC_VFS_MAX; vf++) {
		for (unsigned int i = 1; i < 6; i++)
			confs[vf].mac.addr_bytes[i] = (uint8_t)rand();
		confs[vf].vlan = 9;
	}
	nic_switch_build(&sw, confs, NIC_VFS_MAX);
	for (unsigned int vf = 1; vf < NIC_VFS_MAX; vf++) {
		assert_int_equal(from_vf(0, confs[vf].mac.addr_bytes, NULL, &v), NIC_DROP_NOT);
		assert_true(v.vfs == UINT64_C(1) << vf && !v.uplink);
	}
	assert_int_equal(from_vf(62, all, NULL, &v), NIC_DROP_NOT);
	assert_true(v.vfs == (UINT64_C(1) << 62) - 1);
}

/* Is the VF in this VLAN, by what it was given? */
static bool
is_in(unsigned int vf, uint16_t vlan)
{
	for (unsigned int i = 0; i < confs[vf].nb_trunk; i++)
		if (confs[vf].trunk[i] == vlan)
			return true;
	return vlan != 0 && confs[vf].vlan == vlan;
}

static void
give_by_chance(void)
{
	begin(NB);
	for (unsigned int vf = 0; vf < NB; vf++) {
		confs[vf].vlan = rand() % 5;
		for (uint16_t vlan = 1; vlan < 6; vlan++)
			if (vlan != confs[vf].vlan && rand() % 6 == 0)
				confs[vf].trunk[confs[vf].nb_trunk++] = vlan;
		confs[vf].spoof_check = rand() % 4 != 0;
		confs[vf].trust = rand() % 4 == 0;
		confs[vf].promiscuous = rand() % 2 == 0;
		confs[vf].all_groups = rand() % 2 == 0;
	}
	nic_switch_build(&sw, confs, NB);
}

/* Anything that looks a bit like a frame, up to `len` bytes in memory of its own. */
static uint8_t *
send_by_chance(uint32_t *len)
{
	static const uint16_t tpids[] = {0x8100, 0x8100, 0x8100, 0x88a8, 0x9100};
	uint16_t tags[4][2] = {{0}};
	uint8_t data[FRAME_MAX], dst[6], src[6], *copy;

	for (int i = 0, n = rand() % 4; i < n; i++) {
		tags[i][0] = tpids[rand() % 5];
		tags[i][1] = (uint16_t)(rand() % 8 << 13 | rand() % 7);
	}
	memcpy(dst, rand() % 3 == 0 ? all : confs[rand() % NB].mac.addr_bytes, 6);
	memcpy(src, confs[rand() % NB].mac.addr_bytes, 6);
	dst[0] |= rand() % 8 == 0;
	src[0] |= rand() % 16 == 0;
	frame(data, dst, src, (const uint16_t(*)[2])tags);
	*len = rand() % 4 == 0 ? (uint32_t)rand() % 24 : 60;
	copy = malloc(*len + 1);
	memcpy(copy, data, *len);
	return copy;
}

/* What is forwarded is in a VLAN of the sender's, and so is everybody who gets it. */
static void
check_verdict(const struct nic_verdict *v, const uint8_t *data, unsigned int from)
{
	uint16_t vlan = v->tci & 0xfff;

	assert_true(vlan != 0 && vlan < 4095);
	assert_true(v->tagged == (data[12] == 0x81 && data[13] == 0x00));
	if (v->tagged)
		assert_int_equal(v->tci, data[14] << 8 | data[15]);
	for (unsigned int vf = 0; vf < 64; vf++) {
		if ((v->vfs >> vf & 1) == 0)
			continue;
		assert_true(vf < NB && vf != from && is_in(vf, vlan));
		if (memcmp(data, confs[vf].mac.addr_bytes, 6) != 0 && (data[0] & 1) == 0)
			assert_true(confs[vf].trust && confs[vf].promiscuous);
	}
}

static void
networks_stay_apart_whatever_is_sent(void **state)
{
	unsigned int forwarded = 0;

	(void)state;
	srand(11);
	for (int i = 0; i < 300000; i++) {
		unsigned int vf = (unsigned int)rand() % NB;
		struct nic_verdict v;
		uint8_t *data;
		uint32_t len;

		if (i % 100 == 0)
			give_by_chance();
		data = send_by_chance(&len);
		if (nic_switch_from_vf(&sw, vf, data, len, &v) == NIC_DROP_NOT) {
			assert_true(is_in(vf, v.tci & 0xfff));
			assert_true(v.tagged == ((v.tci & 0xfff) != confs[vf].vlan));
			if (confs[vf].spoof_check)
				assert_memory_equal(data + 6, &confs[vf].mac, 6);
			check_verdict(&v, data, vf);
			forwarded++;
		}
		if (nic_switch_from_uplink(&sw, data, len, &v) == NIC_UPLINK_DROP_NOT) {
			assert_true(v.vfs != 0 && !v.uplink && v.tagged);
			check_verdict(&v, data, NIC_VFS_MAX);
			forwarded++;
		}
		free(data);
	}
	assert_true(forwarded > 10000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vlan_of_its_own),
		cmocka_unit_test(tags_that_are_not_given_are_dropped),
		cmocka_unit_test(a_trunk_has_its_vlans_and_one_tag),
		cmocka_unit_test(groups_and_promiscuity),
		cmocka_unit_test(sources_and_lengths),
		cmocka_unit_test(all_63_are_found),
		cmocka_unit_test(networks_stay_apart_whatever_is_sent),
	};

	return cmocka_run_group_tests_name("nic_switch", tests, NULL, NULL);
}
