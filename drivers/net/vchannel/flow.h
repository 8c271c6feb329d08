/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef VCHANNEL_FLOW_H
#define VCHANNEL_FLOW_H

/*
 * From a frame to the hash of its flow. What makes a flow:
 *
 *   IPv4, IPv6 with TCP, UDP, SCTP   addresses and ports (VXLAN and LISP: the outer UDP source
 * port, in which the sender hides the inner flow) fragments, other protocols       addresses: later
 * fragments have no ports NDN (EtherType 0x8624)           the first components of the name, so
 * that a Data packet goes where its Interest went; link-layer fragments: MAC addresses everything
 * else                  MAC addresses
 *
 * Up to two VLAN tags and any IPv6 extension headers are stepped over. A frame cut short is
 * hashed on the outermost layer that is whole. No byte outside data[0..len) is ever read.
 *
 * With `symmetric` both directions of a conversation hash alike.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_hash_crc.h>

#define VCHANNEL_NDN_DEPTH 2 /* name components, unless configured */
#define VCHANNEL_NDN_DEPTH_MAX 16

struct vchannel_flow_conf {
	uint32_t seed; /* two devices with different seeds spread the same flows differently */
	bool symmetric;
	uint8_t ndn_depth; /* name components that make a flow */
};

/* Hash of any frame, host order; for len 0 the seed's. */
uint32_t vchannel_flow_hash(
	const struct vchannel_flow_conf *conf, const uint8_t *data, uint32_t len);

/* Hash of an NDN packet (after the Ethernet header); false: no name in it, or a fragment. */
bool vchannel_ndn_hash(
	const struct vchannel_flow_conf *conf, const uint8_t *data, uint32_t len, uint32_t *hash);

/* The hash's bucket among 2^(32 - shift). Multiplying by 2^32 / golden ratio spreads neighbouring
 * values evenly, so a NIC's hash with few good bits will do. */
static inline uint32_t
vchannel_flow_bucket(uint32_t hash, uint32_t shift)
{
	return (hash * UINT32_C(0x9E3779B1)) >> shift;
}

/* CRC32 of any bytes; unlike rte_hash_crc() it may start at any address. */
static inline uint32_t
vchannel_hash_bytes(uint32_t seed, const uint8_t *at, uint32_t len)
{
	uint64_t word = 0;

	for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		seed = rte_hash_crc_8byte(word, seed);
	}
	for (; len > 0; at++, len--)
		seed = rte_hash_crc_1byte(*at, seed);
	return seed;
}

/* Addresses and ports, each a 64-bit half so that a frame costs two CRC instructions. */
static inline uint32_t
vchannel_hash_ip4(uint32_t seed, uint64_t addresses, uint32_t ports)
{
	return rte_hash_crc_4byte(ports, rte_hash_crc_8byte(addresses, seed));
}

#define VCHANNEL_PLAIN_LEN (14 + 20 + 4)

/*
 * The common frame, four of them: untagged IPv4 without options, not a fragment, TCP or UDP, of at
 * least VCHANNEL_PLAIN_LEN bytes each, which are there. The EtherType, the header's length, the
 * fragment's offset and the protocol lie within 16 bytes: one comparison with each of the two
 * patterns, one branch for the four. False: at least one is another, and takes
 * vchannel_flow_hash(), which gives the same value for such frames.
 */
static inline bool
vchannel_flow_hash_four(uint32_t seed, const uint8_t *const data[4], uint32_t hash[4])
{
	typedef uint8_t bytes16 __attribute__((vector_size(16)));
	static const bytes16 mask = {0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0x3f, 0xff, 0, 0xff};
	static const bytes16 tcp = {0x08, 0x00, 0x45, 0, 0, 0, 0, 0, 0, 0, 0, 6};
	static const bytes16 udp = {0x08, 0x00, 0x45, 0, 0, 0, 0, 0, 0, 0, 0, 17};
	bytes16 plain = ~(bytes16){0}, header;
	uint64_t both[2], addresses;
	uint32_t ports;
	int k;

	for (k = 0; k < 4; k++) {
		memcpy(&header, data[k] + 12, sizeof(header));
		header &= mask;
		plain &= (bytes16)(header == tcp) | (bytes16)(header == udp);
	}
	memcpy(both, &plain, sizeof(both));
	if ((both[0] & both[1]) != UINT64_MAX)
		return false;
	for (k = 0; k < 4; k++) {
		memcpy(&addresses, data[k] + 26, sizeof(addresses));
		memcpy(&ports, data[k] + 34, sizeof(ports));
		hash[k] = vchannel_hash_ip4(seed, addresses, ports);
	}
	return true;
}

#endif
