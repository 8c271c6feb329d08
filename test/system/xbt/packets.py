# SPDX-License-Identifier: BSD-3-Clause
"""Crafted packets: raw sockets on the interfaces of namespaces, packets as scapy makes and reads them.

The socket is open before anything is sent, so no reply can be missed. Give every packet its Ethernet addresses:
scapy would otherwise look them up in the wrong namespace.
"""
import select
import socket
import struct
import time

from scapy.layers.l2 import Ether

from . import tidy
from .wait import LONG, Timeout

_ETH_P_ALL = 3
_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, _PACKET_AUXDATA, _PACKET_MR_PROMISC = 263, 1, 8, 1
_TP_STATUS_VLAN_VALID, _TP_STATUS_VLAN_TPID_VALID = 1 << 4, 1 << 6
_SO_RCVBUFFORCE = 33


class Wire:
    """One end of a cable: sends frames, and hears every frame that arrives at the interface."""

    def __init__(self, ns, interface):
        self.name = f"{interface} in {ns.name}"
        self.mac = ns.mac(interface)
        self._socket = ns.call(self._open, interface)
        self._made = tidy.Made(f"socket on {self.name}", self.close)

    @staticmethod
    def _open(interface):
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        try:
            s.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 16 << 20)
        except PermissionError:     # root of a user namespace alone: what the system allows everybody
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
        # The kernel takes the VLAN tag out of the frame and hands it over beside it.
        s.setsockopt(_SOL_PACKET, _PACKET_AUXDATA, 1)
        s.bind((interface, _ETH_P_ALL))
        s.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, struct.pack(
            "IHH8s", socket.if_nametoindex(interface), _PACKET_MR_PROMISC, 0, b""))
        return s

    def close(self):
        self._made.undone()
        self._socket.close()

    def fileno(self):
        """For select()."""
        return self._socket.fileno()

    def setsockopt(self, level, option, value):
        self._socket.setsockopt(level, option, value)

    def send(self, *packets):
        """Send frames: scapy packets that begin with Ether, or bytes."""
        for packet in packets:
            self._socket.send(bytes(packet))

    def recv_bytes(self, timeout=LONG):
        """The next frame that arrived, with its VLAN tag, as bytes; None when none came in `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while True:
            ready, _, _ = select.select([self._socket], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                return None
            data, control, _, source = self._socket.recvmsg(65536, socket.CMSG_SPACE(20))
            if source[2] != socket.PACKET_OUTGOING:
                return _with_tag(data, control)

    def recv(self, timeout=LONG):
        """The next frame that arrived as a scapy packet, or None."""
        data = self.recv_bytes(timeout)
        return None if data is None else Ether(data)

    def drain(self):
        """Forget what has arrived so far. Returns how many frames that were."""
        n = 0
        while self.recv_bytes(0) is not None:
            n += 1
        return n

    def expect(self, what, match, timeout=LONG):
        """The first frame to arrive for which match(packet) is true.

        what: that frame in words, for the error, which also shows what arrived instead.
        """
        seen = []
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            packet = self.recv(left)
            if packet is None:
                break
            if match(packet):
                return packet
            seen.append(packet.summary())
        raise Timeout(f"waited {timeout:.0f} s for {what} on {self.name}; arrived: {seen[-20:] or 'nothing'}")

    def exchange(self, packets, what, match, on=None, timeout=LONG, every=1.0):
        """Send, and send again every second, until a matching frame arrives (on wire `on`, default this one).

        For replies that may rightly be missing at first: an unresolved neighbour, a rate limit.
        """
        packets = packets if isinstance(packets, (list, tuple)) else [packets]
        deadline = time.monotonic() + timeout
        while True:
            self.send(*packets)
            try:
                return (on or self).expect(what, match, min(every, timeout))
            except Timeout:
                if time.monotonic() >= deadline:
                    raise

    def collect(self, match, until, timeout=LONG):
        """The frames that match(packet), up to the one for which until(packet) is true.

        How to show that something does not arrive without waiting for nothing: send it, then a packet that
        does arrive on the same way.
        """
        found = []

        def one(packet):
            if until(packet):
                return True
            if match(packet):
                found.append(packet)
            return False

        self.expect("the last packet of a sequence", one, timeout)
        return found


def _with_tag(data, control):
    for level, kind, aux in control:
        if level != _SOL_PACKET or kind != _PACKET_AUXDATA:
            continue
        status, _, _, _, _, tci, tpid = struct.unpack("=IIIHHHH", aux[:20])
        if status & _TP_STATUS_VLAN_VALID:
            tpid = tpid if status & _TP_STATUS_VLAN_TPID_VALID else 0x8100
            return data[:12] + struct.pack("!HH", tpid, tci) + data[12:]
    return data
