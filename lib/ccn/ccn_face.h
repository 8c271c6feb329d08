/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef CCN_FACE_H
#define CCN_FACE_H

/*
 * Faces: the neighbours that Interests and Data come from and go to. A face is one remote (an
 * Ethernet address on an interface, or an IP address and UDP port) or all who listen to the
 * Ethernet group on an interface.
 *
 * An id is a slot of the table and how often that slot was used before, so that an id that a PIT
 * record still holds never names another face.
 */

#include <rte_byteorder.h>
#include <rte_ether.h>

#include "ccn_pit.h"
#include "xebra_iface.h"

#define CCN_ETHER_TYPE 0x8624
#define CCN_UDP_PORT 6363
#define CCN_UDP_MTU 1400 /**< Where nothing else is said: fits all usual paths. */
#define CCN_FACE_NONE UINT32_MAX

enum ccn_link {
	CCN_LINK_GROUP, /**< The Ethernet group of an interface. */
	CCN_LINK_ETHER, /**< One Ethernet address. */
	CCN_LINK_UDP4,  /**< One IPv4 address and port. */
	CCN_LINK_NONE,  /**< Its configuration is about to change: nobody now. */
};

/** A face, as workers read it; replaced, not changed. */
struct ccn_face {
	uint32_t id;
	enum ccn_link link;
	bool trusted;       /**< May register prefixes. */
	bool dynamic;       /**< Made for a client that was not configured. */
	uint16_t iface;     /**< Interface id; XEBRA_IFACE_NONE for UDP. */
	uint16_t mtu;       /**< Bytes of a link packet. */
	uint32_t pit_max;   /**< PIT records it may hold at each worker. */
	uint32_t rate_mbps; /**< What the link carries, for congestion marks; 0: do not mark. */
	struct rte_ether_addr mac; /**< Remote; the group for CCN_LINK_GROUP. */
	uint8_t l2_len;
	uint8_t l2[18];      /**< Ethernet header to send with. */
	rte_be32_t ip;       /**< Remote. */
	rte_be16_t port;     /**< Remote. */
	rte_be32_t local_ip; /**< Ours. */
	char name[XEBRA_NAME_MAX];
};

/** True on a link that several neighbours share: no Nacks there, and they hear each other. */
static inline bool
ccn_face_shared(const struct ccn_face *face)
{
	return face->link == CCN_LINK_GROUP;
}

/** By slot; read by workers, written by the control thread. */
typedef struct ccn_face *ccn_face_table[CCN_FACE_MAX];

extern ccn_face_table ccn_faces;

/** The face of an id, or NULL when it is gone. */
static inline const struct ccn_face *
ccn_face_get(struct ccn_face *const *table, uint32_t id)
{
	const struct ccn_face *face = __atomic_load_n(&table[ccn_face_slot(id)], __ATOMIC_ACQUIRE);

	return face != NULL && face->id == id ? face : NULL;
}

#endif
