# SPDX-License-Identifier: BSD-3-Clause
"""What the router says of itself: limits and redirects. (Which error when: test_ip4_drops.py.)"""
import time

import pytest
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import Ether

from xbt import Lab, Wire, wait_until

LAN_HOST, LAN_GATEWAY = "02:00:00:00:01:02", "02:00:00:00:01:09"


class Net:
    def __init__(self, **icmp):
        lab = Lab()
        lab.cable("lan", 1)
        lab.config["interfaces"] = {"lan": {"port": "p1"}}
        lab.config["ip4"] = {
            "interfaces": {"lan": {"addresses": ["10.0.1.1/24"]}},
            "routes": {"172.16.0.0/16": {"via": [{"gateway": "10.0.1.9"}]},
                       "172.17.0.0/16": {"via": [{"gateway": "10.0.1.9"}]}},
            "neighbors": {"10.0.1.2": {"interface": "lan", "mac": LAN_HOST},
                          "10.0.1.9": {"interface": "lan", "mac": LAN_GATEWAY}},
            "icmp": icmp,
        }
        self.config = lab.config
        self.router = lab.start()
        self.lan = Wire(lab["lan"], "eth0")
        self.mac = self.router.find("show interface", name="lan")["mac"]
        self.lan.exchange(self.frame(IP(src="10.0.1.2", dst="10.0.1.1") / ICMP()), "an echo reply",
                          lambda p: ICMP in p and p[ICMP].type == 0)

    def frame(self, packet):
        return Ether(src=LAN_HOST, dst=self.mac) / packet


def test_errors_are_limited():
    net = Net(rate=1, burst=5)
    packet = net.frame(IP(src="10.0.1.2", dst="172.16.0.1", ttl=1) / UDP())
    began = time.monotonic()
    net.lan.send(*[packet] * 200)
    wait_until("all are dropped", lambda: net.router.drops().get("ip4_ttl_expired") == 200)
    shown = net.router.ctl("show", "ip4")
    # Five at once, and one for each second that the machine took, whatever that was.
    assert 5 <= shown["icmp_errors_sent"] <= 5 + time.monotonic() - began + 1
    assert shown["icmp_errors_sent"] + shown["icmp_errors_limited"] == 200
    # More are given after a time; echo has not been limited.
    net.lan.drain()
    net.lan.exchange(packet, "another error", lambda p: ICMP in p and p[ICMP].type == 11)
    net.config["ip4"]["icmp"] = {"rate": 0}
    net.router.reload(net.config)
    wait_until("it is in effect", lambda: net.router.ctl("show", "config")["ip4"]["icmp"] == {"rate": 0})
    net.lan.drain()
    before = net.router.ctl("show", "ip4")["icmp_errors_sent"]
    net.lan.send(*[packet] * 10)
    net.lan.exchange(net.frame(IP(src="10.0.1.2", dst="10.0.1.1") / ICMP(id=77)), "an echo reply",
                     lambda p: ICMP in p and p[ICMP].type == 0 and p[ICMP].id == 77)
    assert net.router.ctl("show", "ip4")["icmp_errors_sent"] == before


@pytest.fixture(scope="module")
def net():
    net = Net(rate=1000000, burst=100000)
    yield net
    net.router.stop()


def is_redirect(packet):
    return ICMP in packet and packet[ICMP].type == 5


def test_a_better_gateway_is_told(net):
    """RFC 1812 5.2.7.2: the packet is forwarded, and its sender told of the better gateway."""
    net.lan.drain()
    packet = IP(src="10.0.1.2", dst="172.16.0.1", ttl=9) / UDP()
    net.lan.send(net.frame(packet))
    got = [net.lan.expect("a packet or the redirect", lambda p: IP in p) for _ in range(2)]
    redirect = next(p for p in got if is_redirect(p))
    forwarded = next(p for p in got if not is_redirect(p))
    assert (redirect[ICMP].code, redirect[ICMP].gw, redirect[IP].src) == (1, "10.0.1.9", "10.0.1.1")
    assert (redirect[Ether].dst, redirect[IP].dst) == (LAN_HOST, "10.0.1.2")
    assert bytes(redirect[ICMP].payload) == bytes(packet)
    assert (forwarded[Ether].dst, forwarded[IP].ttl) == (LAN_GATEWAY, 8)


def test_only_to_hosts_on_the_same_network(net):
    net.lan.drain()
    net.lan.send(net.frame(IP(src="172.17.0.5", dst="172.16.0.2") / UDP()),
                 net.frame(IP(src="172.17.0.5", dst="172.16.0.3") / UDP()))
    redirects = net.lan.collect(is_redirect, lambda p: IP in p and p[IP].dst == "172.16.0.3")
    assert redirects == []


def test_redirects_can_be_switched_off(net):
    net.config["ip4"]["icmp"] = {"redirects": False}
    net.router.reload(net.config)
    wait_until("it is in effect", lambda: net.router.ctl("show", "config")["ip4"]["icmp"] == {"redirects": False})
    net.lan.drain()
    net.lan.send(net.frame(IP(src="10.0.1.2", dst="172.16.0.4") / UDP()),
                 net.frame(IP(src="10.0.1.2", dst="172.16.0.5") / UDP()))
    assert net.lan.collect(is_redirect, lambda p: IP in p and p[IP].dst == "172.16.0.5") == []
