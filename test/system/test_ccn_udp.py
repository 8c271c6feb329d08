# SPDX-License-Identifier: BSD-3-Clause
"""CCN over UDP and IPv4, beside IPv4 itself: kernel sockets on both sides."""
import socket
import struct

import ndn
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from xbt import LONG, Lab, Wire, wait_until


class Socket:
    """A UDP socket at a host, for the router at one of its addresses."""

    def __init__(self, host, router, port=0):
        self.socket = host.call(socket.socket, socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("", port))
        self.socket.connect((router, 6363))

    def send(self, packet):
        self.socket.send(packet)

    def receive(self, timeout=LONG):
        self.socket.settimeout(timeout)
        return ndn.parse(self.socket.recv(65536))

    def ask(self, other, uri):
        """Send an Interest, again while nothing comes, until `other` has it (the first packets wait for ARP)."""
        def once():
            once.nonce += 1
            self.send(ndn.link(ndn.interest(uri, nonce=once.nonce, lifetime=60000), token=b"T"))
            try:
                p = other.receive(1)
            except socket.timeout:
                return None
            return p if p.name == uri else None

        once.nonce = 0
        return wait_until(f"Interest {uri} comes through", once)


def udp_lab(**clients):
    lab = Lab()
    lab.network("left", 1)
    lab.network("right", 2)
    lab.config["ccn"] = {
        "faces": {"right": {"remote": "udp:10.0.2.2:7000", "local": "10.0.2.1"}},
        "clients": {"left": {"max": 2, **clients}},
        "routes": {"/right": {"via": [{"face": "right"}]}},
    }
    lab.start()
    return lab


def test_a_client_and_a_configured_face_over_udp():
    lab = udp_lab()
    before = lab.router.mbufs_in_use()
    right, left = Socket(lab["right"], "10.0.2.1", 7000), Socket(lab["left"], "10.0.1.1")
    assert left.ask(right, "/right/u").name == "/right/u"
    right.send(ndn.data("/right/u", b"over udp"))
    got = left.receive()
    assert (got.content, got.token) == (b"over udp", b"T")
    face = lab.router.find("show ccn face", client=True)
    assert face["remote"] == f"udp:10.0.1.2:{left.socket.getsockname()[1]}"
    # In fragments both ways.
    left.ask(right, "/right/long")
    packet = ndn.data("/right/long", struct.pack("!2000H", *range(2000)))
    pieces = [packet[i:i + 1000] for i in range(0, len(packet), 1000)]

    def send():
        """All within the half second that the router waits for them: tried again where the machine was slower."""
        send.sequence += 100
        for i, piece in enumerate(pieces):
            right.send(ndn.link(piece, sequence=send.sequence + i, index=i, count=len(pieces)))
        try:
            return left.receive(3)
        except socket.timeout:
            return None

    send.sequence = 0
    p = wait_until("the packet is put together", send)
    parts = {p.index: p}
    while len(parts) < p.count:
        p = left.receive()
        parts[p.index] = p
    assert b"".join(parts[i].payload for i in sorted(parts)) == packet
    lab.router.no_mbufs_lost(before)


def test_ipv4_goes_on_beside_it():
    lab = udp_lab()
    assert "ttl=63" in lab["left"].ping("10.0.2.2")
    assert "ttl=64" in lab["left"].ping("10.0.1.1")


def test_clients_are_bounded():
    lab = udp_lab(max=1)
    right = Socket(lab["right"], "10.0.2.1", 7000)
    first, second = (Socket(lab["left"], "10.0.1.1") for _ in range(2))
    first.ask(right, "/right/1")
    second.send(ndn.interest("/right/2", nonce=1))
    first.ask(right, "/right/3")
    assert len([f for f in lab.router.ctl("show", "ccn", "face") if f["client"]]) == 1


def test_a_bad_datagram_is_dropped():
    lab = udp_lab()
    wire = Wire(lab["left"], "eth0")
    mac = lab.router.find("show interface", name="left")["mac"]
    packet = ndn.interest("/right/bad", nonce=1)
    ip = Ether(src=wire.mac, dst=mac) / IP(src="10.0.1.2", dst="10.0.1.1")
    for bad in (UDP(sport=9, dport=6363, len=7), UDP(sport=9, dport=6363, len=1000),
                UDP(sport=9, dport=6363, chksum=0x1234)):
        before = lab.router.drops().get("ccn_bad_udp", 0)

        def dropped():
            wire.send(ip / bad / Raw(packet))
            return lab.router.drops().get("ccn_bad_udp", 0) > before

        wait_until("it is dropped", dropped)
    # None of them has made a face.
    assert [row for row in lab.router.ctl("show", "ccn", "face") if row["client"]] == []
    lab.router.no_mbufs_lost()
