# SPDX-License-Identifier: BSD-3-Clause
"""Fragments: to the router itself, through it, and those that do not fit together (RFC 1812 4.2.2.7)."""
import pytest
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from xbt import Lab, Wire, wait_until

LAN_HOST, WAN_HOST = "02:00:00:00:01:02", "02:00:00:00:02:02"
MAC = "02:00:00:00:00:aa"


class Net:
    """Two silent wires on TAP ports, because fragments are to arrive as fragments."""

    def __init__(self, **reassembly):
        lab = Lab()
        lab.cable("lan", 1, driver="tap")
        lab.cable("wan", 2, driver="tap")
        lab.config["interfaces"] = {"lan": {"port": "p1", "mac": MAC},
                                    "wan": {"port": "p2", "mac": "02:00:00:00:00:bb", "mtu": 1000}}
        lab.config["ip4"] = {
            "interfaces": {"lan": {"addresses": ["10.0.1.1/24"]}, "wan": {"addresses": ["10.0.2.1/24"]}},
            "routes": {"172.16.0.0/16": {"via": [{"gateway": "10.0.2.2"}]}},
            "neighbors": {"10.0.1.2": {"interface": "lan", "mac": LAN_HOST},
                          "10.0.2.2": {"interface": "wan", "mac": WAN_HOST}},
            "icmp": {"rate": 1000000, "burst": 100000},
            "reassembly": reassembly,
        }
        self.router = lab.start()
        self.lan, self.wan = Wire(lab["lan"], "eth0"), Wire(lab["wan"], "eth0")
        self.lan.exchange(self.frame(IP(src="10.0.1.2", dst="172.16.255.1") / UDP()), "a forwarded packet",
                          lambda p: IP in p and p[IP].dst == "172.16.255.1", on=self.wan)

    def frame(self, packet):
        return Ether(src=LAN_HOST, dst=MAC) / packet

    def fragment(self, offset, data, more=True, number=1, **fields):
        return self.frame(IP(**{"src": "10.0.1.2", "dst": "10.0.1.1", "id": number, "frag": offset // 8,
                                "flags": "MF" if more else 0, "proto": 1, **fields}) / Raw(data))

    def dropped(self, reason, packets):
        wait_until(f"{reason} counts {packets}", lambda: self.router.drops().get(reason) == packets)


@pytest.fixture(scope="module")
def net():
    net = Net()
    before = net.router.mbufs_in_use()
    yield net
    net.router.no_mbufs_lost(before)
    net.router.stop()


def echo(size):
    return bytes(ICMP(type=8, id=1, seq=1) / Raw(bytes(i % 251 for i in range(size - 8))))


def test_an_echo_in_fragments_out_of_order(net):
    data = echo(3000)
    net.lan.send(net.fragment(2000, data[2000:], more=False), net.fragment(0, data[:1000]),
                 net.fragment(1000, data[1000:2000]))
    got = {}
    while not got or max(got) + len(got[max(got)]) < 3000 or sum(map(len, got.values())) < 3000:
        reply = net.lan.expect("a fragment of the reply", lambda p: IP in p and p[IP].src == "10.0.1.1")
        got[reply[IP].frag * 8] = bytes(reply[IP].payload)[:reply[IP].len - 20]
    whole = b"".join(got[offset] for offset in sorted(got))
    assert whole[0] == 0 and whole[4:] == data[4:]
    assert ICMP(whole).chksum == ICMP(bytes(ICMP(type=0, id=1, seq=1) / Raw(data[8:]))).chksum


def test_overlapping_fragments_are_refused(net):
    data = echo(2000)
    net.lan.send(net.fragment(0, data[:1000], number=2), net.fragment(992, data[992:2000], more=False, number=2))
    net.dropped("ip4_bad_fragment", 2)


def test_a_fragment_twice_counts_once(net):
    data = echo(2000)
    net.lan.send(net.fragment(0, data[:1000], number=3), net.fragment(0, data[:1000], number=3))
    net.dropped("ip4_duplicate_fragment", 1)
    net.lan.send(net.fragment(1000, data[1000:], more=False, number=3))
    net.lan.expect("the reply", lambda p: IP in p and p[IP].src == "10.0.1.1" and p[IP].frag == 0)


def test_a_fragment_beyond_64_kb_is_refused(net):
    before = net.router.drops().get("ip4_bad_fragment", 0)
    net.lan.send(net.fragment(65528, b"x" * 16, more=False, number=4))
    net.dropped("ip4_bad_fragment", before + 1)


def test_about_a_fragment_but_the_first_nothing_is_said(net):
    """RFC 1812 4.3.2.7."""
    net.lan.drain()
    net.lan.send(net.fragment(800, b"x" * 80, dst="172.16.0.1", ttl=1))
    net.dropped("ip4_ttl_expired", 1)
    net.lan.send(net.fragment(0, b"x" * 80, dst="172.16.0.1", ttl=1, proto=17))
    errors = net.lan.collect(lambda p: ICMP in p and p[ICMP].type == 11 and p[ICMP].payload.frag == 100,
                             lambda p: ICMP in p and p[ICMP].type == 11 and p[ICMP].payload.frag == 0)
    assert errors == []


def test_a_fragment_is_fragmented_again(net):
    net.wan.drain()
    net.lan.send(net.fragment(8000, bytes(i % 256 for i in range(1400)), dst="172.16.0.1", number=9, proto=17))
    first, second = (net.wan.expect("a fragment", lambda p: IP in p and p[IP].id == 9) for _ in range(2))
    assert (first[IP].frag * 8, second[IP].frag * 8) == (8000, 8976)
    assert first[IP].flags == "MF" and second[IP].flags == "MF"
    assert first[IP].len == 996 and second[IP].len == 20 + 1400 - 976
    assert bytes(first[IP].payload)[:976] + bytes(second[IP].payload)[:424] == bytes(i % 256 for i in range(1400))


def test_what_does_not_fit_and_may_not_be_cut(net):
    packet = IP(src="10.0.1.2", dst="172.16.0.1", flags="DF", ttl=9) / UDP() / Raw(b"x" * 973)
    net.lan.send(net.frame(packet))
    error = net.lan.expect("fragmentation needed", lambda p: ICMP in p and p[ICMP].type == 3)
    assert (error[ICMP].code, error[ICMP].nexthopmtu) == (4, 1000)
    assert error[ICMP].payload.ttl == 9     # as it came
    net.dropped("ip4_fragmentation_needed", 1)


def test_fragments_that_stay_alone():
    """RFC 1122 3.3.2: given up after the time; the sender is told if the first fragment had come."""
    net = Net(timeout_ms=300)
    before = net.router.mbufs_in_use()
    net.lan.send(net.fragment(0, echo(1000)))
    error = net.lan.expect("time exceeded", lambda p: ICMP in p and p[ICMP].type == 11)
    assert error[ICMP].code == 1 and error[IP].src == "10.0.1.1"
    net.dropped("ip4_reassembly_timeout", 1)
    net.lan.send(net.fragment(1000, b"x" * 80, number=2))
    net.dropped("ip4_reassembly_timeout", 2)
    assert net.router.ctl("show", "ip4")["icmp_errors_sent"] == 1
    net.router.no_mbufs_lost(before)


def test_datagrams_in_pieces_are_bounded():
    net = Net(datagrams=4)
    for number in range(1, 11):
        net.lan.send(net.fragment(0, echo(80), number=number))
    # The oldest made room.
    net.dropped("ip4_reassembly_full", 6)
    net.lan.send(net.fragment(80, b"", more=False, number=10))
    net.dropped("ip4_bad_fragment", 1)


def test_a_host_pings_the_router_with_64_kb():
    lab = Lab()
    lab.network("lan", 1, driver="tap")
    router = lab.start()
    before = router.mbufs_in_use()
    lab["lan"].ping("10.0.1.1", "-s", "20000")
    lab["lan"].ping("10.0.1.1", "-s", "65507")
    router.no_mbufs_lost(before)
