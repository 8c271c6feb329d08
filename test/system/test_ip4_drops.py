# SPDX-License-Identifier: BSD-3-Clause
"""Every reason to drop an IPv4 or ARP packet, provoked by a packet made for it.

Of each it is checked that exactly this reason counts exactly one packet, that nothing is forwarded, and that the
sender is told if and only if it has to be.
"""
import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption, IPOption_LSRR, IPOption_RR, IPOption_SSRR
from scapy.layers.l2 import ARP, Dot1Q, Ether
from scapy.packet import Raw

from xbt import Lab, Wire, wait_until

BROADCAST = "ff:ff:ff:ff:ff:ff"
LAN_HOST, WAN_HOST = "02:00:00:00:01:02", "02:00:00:00:02:02"


class Net:
    """A router between two silent wires."""

    def __init__(self):
        lab = Lab()
        lab.cable("lan", 1)
        lab.cable("wan", 2)
        lab.config["interfaces"] = {"lan": {"port": "p1"}, "wan": {"port": "p2"}, "off": {"port": "p1", "vlan": 9}}
        lab.config["ip4"] = {
            "interfaces": {"lan": {"addresses": ["10.0.1.1/24"]}, "wan": {"addresses": ["10.0.2.1/24"]}},
            "routes": {
                "172.16.0.0/16": {"via": [{"gateway": "10.0.2.2"}]},
                "192.0.2.0/24": {"type": "blackhole"},
                "198.51.100.0/24": {"type": "unreachable"},
                "203.0.113.0/24": {"type": "prohibit"},
            },
            "neighbors": {"10.0.1.2": {"interface": "lan", "mac": LAN_HOST},
                          "10.0.2.2": {"interface": "wan", "mac": WAN_HOST}},
            "icmp": {"rate": 1000000, "burst": 100000},
        }
        self.router = lab.start()
        self.lan, self.wan = Wire(lab["lan"], "eth0"), Wire(lab["wan"], "eth0")
        self.mac = self.router.find("show interface", name="lan")["mac"]
        self.ether = Ether(src=LAN_HOST, dst=self.mac)
        self.number = 0
        # Until both ways work, and what the router says when its interfaces come up is over.
        self.lan.exchange(self.marker(), "a forwarded packet", self.is_marker, on=self.wan)

    def marker(self):
        self.number += 1
        return self.ether / IP(src="10.0.1.2", dst="172.16.255.1", id=self.number) / UDP(dport=9) / Raw(b"marker")

    def is_marker(self, packet):
        return IP in packet and packet[IP].dst == "172.16.255.1" and packet[IP].id == self.number

    def drop(self, packet, reason):
        """Send a packet; returns what came back to the sender, when only this reason has counted it."""
        before = self.router.drops()
        self.lan.drain()
        self.wan.drain()
        self.lan.send(packet)
        expected = {**before, reason: before.get(reason, 0) + 1}
        wait_until(f"{reason} has counted one packet, and no other reason any",
                   lambda: self.router.drops() == expected)
        self.lan.send(self.marker())
        forwarded = self.wan.collect(lambda p: True, self.is_marker)
        assert not forwarded, [p.summary() for p in forwarded]
        assert self.router.drops() == expected
        back = []
        while (answer := self.lan.recv(0)) is not None:
            back.append(answer)
        return back


@pytest.fixture(scope="module")
def net():
    net = Net()
    before = net.router.mbufs_in_use()
    yield net
    net.router.no_mbufs_lost(before)
    net.router.stop()


def ip(**fields):
    return IP(**{"src": "10.0.1.2", "dst": "172.16.0.1", **fields})


SILENT = {
    "header cut off": ("ip4_too_short", Raw(bytes(ip() / UDP())[:19])),
    "version 6": ("ip4_bad_version", ip(version=6) / UDP()),
    "header of 16 bytes": ("ip4_bad_header_length", ip(ihl=4) / UDP()),
    "header beyond the packet": ("ip4_bad_header_length", Raw(b"\x4f" + bytes(ip() / UDP())[1:])),
    "wrong checksum": ("ip4_bad_checksum", ip(chksum=0x1234) / UDP()),
    "total length below the header's": ("ip4_bad_total_length", ip(len=19) / UDP() / Raw(b"x" * 40)),
    "total length beyond the frame's": ("ip4_bad_total_length", ip(len=200) / UDP() / Raw(b"x" * 40)),
    "source 0.0.0.0": ("ip4_martian_source", ip(src="0.0.0.0") / UDP()),
    "source 0.1.2.3": ("ip4_martian_source", ip(src="0.1.2.3") / UDP()),
    "source loopback": ("ip4_martian_source", ip(src="127.0.0.1") / UDP()),
    "source multicast": ("ip4_martian_source", ip(src="224.1.2.3") / UDP()),
    "source class E": ("ip4_martian_source", ip(src="250.0.0.1") / UDP()),
    "source limited broadcast": ("ip4_martian_source", ip(src="255.255.255.255") / UDP()),
    "source directed broadcast": ("ip4_martian_source", ip(src="10.0.2.255") / UDP()),
    "source ours": ("ip4_martian_source", ip(src="10.0.1.1") / UDP()),
    "destination 0.1.2.3": ("ip4_martian_destination", ip(dst="0.1.2.3") / UDP()),
    "destination loopback": ("ip4_martian_destination", ip(dst="127.0.0.1") / UDP()),
    "destination class E": ("ip4_martian_destination", ip(dst="250.0.0.1") / UDP()),
    "limited broadcast": ("ip4_broadcast", ip(dst="255.255.255.255") / UDP()),
    "broadcast on its network": ("ip4_broadcast", ip(dst="10.0.1.255") / UDP()),
    "directed broadcast": ("ip4_directed_broadcast", ip(dst="10.0.2.255") / UDP()),
    "directed broadcast, all zeros": ("ip4_directed_broadcast", ip(dst="10.0.2.0") / UDP()),
    "multicast": ("ip4_multicast", ip(dst="239.1.2.3") / UDP()),
    "blackhole": ("ip4_blackhole", ip(dst="192.0.2.1") / UDP()),
    "ICMP too short": ("ip4_icmp_too_short", ip(dst="10.0.1.1", proto=1) / Raw(b"\x08\x00\xf7\xff")),
    "ICMP checksum": ("ip4_icmp_bad_checksum", ip(dst="10.0.1.1") / ICMP(chksum=0x1234) / Raw(b"x" * 20)),
    "ICMP reply for us": ("ip4_icmp_ignored", ip(dst="10.0.1.1") / ICMP(type=0)),
    "ICMP error for us": ("ip4_icmp_ignored", ip(dst="10.0.1.1") / ICMP(type=3, code=1) / ip() / UDP()),
    # About these RFC 1812 4.3.2.7 forbids an error.
    "expired ICMP error": ("ip4_ttl_expired", ip(ttl=1) / ICMP(type=3, code=1) / ip() / UDP()),
}


@pytest.mark.parametrize("case", SILENT)
def test_dropped_in_silence(net, case):
    reason, packet = SILENT[case]
    # scapy would otherwise take a version 6 for IPv6.
    ether = Ether(src=LAN_HOST, dst=net.mac, type=0x0800)
    assert net.drop(ether / packet, reason) == []


TOLD = {
    "TTL 1": ("ip4_ttl_expired", 11, 0, ip(ttl=1) / UDP()),
    "TTL 0": ("ip4_ttl_expired", 11, 0, ip(ttl=0) / UDP()),
    "no route": ("ip4_no_route", 3, 0, ip(dst="8.8.8.8") / UDP()),
    "unreachable route": ("ip4_host_unreachable", 3, 1, ip(dst="198.51.100.1") / UDP()),
    "prohibit route": ("ip4_prohibited", 3, 13, ip(dst="203.0.113.1") / UDP()),
    "protocol for us": ("ip4_protocol_unreachable", 3, 2, ip(dst="10.0.1.1", proto=47) / Raw(b"x" * 20)),
    "UDP for us": ("ip4_port_unreachable", 3, 3, ip(dst="10.0.1.1") / UDP(dport=7)),
    "UDP for us, TTL 1": ("ip4_port_unreachable", 3, 3, ip(dst="10.0.2.1", ttl=1) / UDP(dport=7)),
    "TCP for us": ("ip4_port_unreachable", 3, 3, ip(dst="10.0.1.1") / TCP(dport=80, flags="S")),
    "loose source route": ("ip4_source_route", 3, 5, ip(options=[IPOption_LSRR(routers=["10.0.2.9"])]) / UDP()),
    "strict source route": ("ip4_source_route", 3, 5, ip(options=[IPOption_SSRR(routers=["10.0.2.9"])]) / UDP()),
    "malformed option": ("ip4_bad_option", 12, 0, ip(options=[IPOption(option=7, length=2, value=b"")]) / UDP()),
    "a packet of 1400 bytes": ("ip4_ttl_expired", 11, 0, ip(ttl=1) / UDP() / Raw(b"x" * 1372)),
}


@pytest.mark.parametrize("case", TOLD)
def test_dropped_and_told(net, case):
    reason, kind, code, packet = TOLD[case]
    back = net.drop(net.ether / packet, reason)
    assert len(back) == 1, [p.summary() for p in back]
    error = back[0]
    assert (error[Ether].dst, error[Ether].src) == (LAN_HOST, net.mac)
    assert (error[IP].src, error[IP].dst) == ("10.0.1.1", "10.0.1.2")
    assert (error[ICMP].type, error[ICMP].code) == (kind, code)
    assert error[IP].tos >> 5 == 6                      # RFC 1812 4.3.2.5
    original = bytes(packet)[:576 - 28]                 # 4.3.2.3
    assert bytes(error[ICMP])[8:8 + len(original)] == original
    assert error[IP].len == 28 + len(original)
    for layer in (IP, ICMP):                            # checksums are right: scapy makes the same
        fresh = error[layer].copy()
        del fresh.chksum
        assert layer(bytes(fresh)).chksum == error[layer].chksum


def test_a_frame_to_all_with_a_packet_for_one(net):
    assert net.drop(Ether(src=LAN_HOST, dst=BROADCAST) / ip() / UDP(), "ip4_group_frame") == []
    assert net.drop(Ether(src=LAN_HOST, dst="01:00:5e:00:00:05") / ip() / UDP(), "ip4_group_frame") == []


def test_an_interface_without_ip4(net):
    frame = Ether(src=LAN_HOST, dst=net.mac) / Dot1Q(vlan=9)
    assert net.drop(frame / ip() / UDP(), "ip4_not_enabled") == []
    frame = Ether(src=LAN_HOST, dst=BROADCAST) / Dot1Q(vlan=9)
    assert net.drop(frame / ARP(hwsrc=LAN_HOST, psrc="10.0.1.2", pdst="10.0.1.1"), "arp_not_enabled") == []


def arp(**fields):
    return ARP(**{"hwsrc": LAN_HOST, "psrc": "10.0.1.3", "pdst": "10.0.1.1", **fields})


ARPS = {
    "cut off": ("arp_too_short", Raw(bytes(arp())[:27])),
    "not Ethernet": ("arp_malformed", arp(hwtype=6)),
    "not IPv4": ("arp_malformed", arp(ptype=0x86dd)),
    "neither request nor reply": ("arp_malformed", arp(op=8)),
    "sender's MAC a group": ("arp_bad_sender", arp(hwsrc="01:00:5e:00:00:01")),
    "sender's MAC zero": ("arp_bad_sender", arp(hwsrc="00:00:00:00:00:00")),
    "sender loopback": ("arp_bad_sender", arp(psrc="127.0.0.1")),
    "sender multicast": ("arp_bad_sender", arp(psrc="224.0.0.1")),
    "for another": ("arp_not_for_us", arp(pdst="10.0.1.77")),
    "for our address elsewhere": ("arp_not_for_us", arp(pdst="10.0.2.1")),
    "sender of another network": ("arp_wrong_network", arp(psrc="10.0.2.3")),
}


@pytest.mark.parametrize("case", ARPS)
def test_dropped_arp(net, case):
    reason, packet = ARPS[case]
    frame = Ether(src=LAN_HOST, dst=BROADCAST, type=0x0806) / packet
    assert net.drop(frame, reason) == []


def test_somebody_else_has_our_address(net):
    back = net.drop(Ether(src=LAN_HOST, dst=BROADCAST) / arp(psrc="10.0.1.1", pdst="10.0.1.77"), "arp_conflict")
    # We say whose it is (RFC 5227, 2.4).
    assert [(p[ARP].psrc, p[ARP].pdst, p[ARP].hwsrc) for p in back] == [("10.0.1.1", "10.0.1.1", net.mac)]


def test_recorded_route(net):
    """RFC 1812 4.2.2.2: the address of the interface that the packet leaves by."""
    packet = ip(dst="172.16.0.7", options=[IPOption_RR(pointer=4, routers=["0.0.0.0", "0.0.0.0"])]) / UDP()
    got = net.lan.exchange(net.ether / packet, "the packet with its route",
                           lambda p: IP in p and p[IP].dst == "172.16.0.7", on=net.wan)
    assert got[IP].options[0].routers == ["10.0.2.1", "0.0.0.0"] and got[IP].options[0].pointer == 8


def test_what_is_forwarded(net):
    """One byte of TTL and the checksum change, the padding is gone, everything else stays."""
    packet = ip(dst="172.16.0.8", ttl=9, id=77, tos=0x2e) / UDP(sport=1, dport=2) / Raw(b"ab")
    got = net.lan.exchange(bytes(net.ether / packet) + b"p" * 16, "the forwarded packet",
                           lambda p: IP in p and p[IP].dst == "172.16.0.8", on=net.wan)
    assert (got[Ether].src, got[Ether].dst) == (
        net.router.find("show interface", name="wan")["mac"], WAN_HOST)
    packet[IP].ttl = 8
    assert bytes(got[IP]) == bytes(packet)
