# SPDX-License-Identifier: BSD-3-Clause
"""802.1Q interfaces: several networks on one cable, and none that reads another's packets."""
import subprocess

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import ARP, Dot1Q, Ether

from xbt import Lab, Wire


@pytest.fixture(scope="module")
def lab():
    """VLANs 2 and 3 on one cable, VLAN 5 on another."""
    lab = Lab()
    lab.network("two", 2, vlan=2, port=1)
    lab.network("three", 3, vlan=3, port=1)
    lab.network("five", 5, vlan=5, port=2)
    lab.start()
    return lab


def test_hosts_in_different_vlans_reach_each_other_through_the_router(lab):
    before = lab.router.mbufs_in_use()
    hosts = {"two": 2, "three": 3, "five": 5}
    for name in hosts:
        for other, number in hosts.items():
            if other != name:
                assert "ttl=63" in lab[name].ping(f"10.0.{number}.2")
    lab["two"].transfer(lab["three"], "10.0.3.2", size=500_000)
    lab.router.no_mbufs_lost(before)


def test_packets_leave_with_the_tag_of_their_network(lab):
    wire = Wire(lab["trunk1"], "eth0")
    lab["five"].ping("10.0.3.2")
    wire.drain()
    ping = lab["five"].popen("ping", "-n", "-i", "0.2", "10.0.3.2", stdout=subprocess.DEVNULL)
    echo = wire.expect("the echo request", lambda p: ICMP in p and p[ICMP].type == 8 and p[IP].dst == "10.0.3.2")
    ping.kill()
    ping.wait()
    assert Dot1Q in echo and echo[Dot1Q].vlan == 3


def test_a_frame_without_the_right_tag_belongs_to_nobody(lab):
    wire = Wire(lab["trunk1"], "eth0")
    mac = lab.router.find("show interface", name="two")["mac"]

    def who_has(tag):
        ether = Ether(src=wire.mac, dst="ff:ff:ff:ff:ff:ff")
        return (ether if tag is None else ether / Dot1Q(vlan=tag)) / ARP(
            op=1, hwsrc=wire.mac, psrc="10.0.2.77", pdst="10.0.2.1")

    def answer(p):
        return ARP in p and p[ARP].op == 2 and p[ARP].pdst == "10.0.2.77"

    wire.exchange(who_has(2), "an ARP reply in VLAN 2", answer)
    wire.drain()
    before = lab.router.drops().get("eth_no_interface", 0)
    # Questions with no tag, another network's tag and nobody's tag, then one that is answered.
    wire.send(who_has(None), who_has(3), who_has(4))
    heard = []
    wire.exchange(who_has(2), "an ARP reply in VLAN 2", lambda p: answer(p) and (heard.append(p) or p[Dot1Q].vlan == 2))
    assert {p[Dot1Q].vlan for p in heard} == {2}
    assert heard[0][ARP].hwsrc == mac
    assert lab.router.drops().get("eth_no_interface", 0) >= before + 2
