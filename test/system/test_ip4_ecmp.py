# SPDX-License-Identifier: BSD-3-Clause
"""Routes over several gateways: shared by weight, a flow stays on its way, and few move when a gateway goes."""
from collections import Counter

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Dot1Q, Ether

from xbt import Lab, Wire, wait_until

LAN_HOST = "02:00:00:00:01:02"
FLOWS = 400
ROUTE = "172.16.0.0/16"


class Net:
    """Three gateways, each on a VLAN of the wire "wan", with weights 1, 1 and 2."""

    def __init__(self):
        lab = Lab()
        lab.cable("lan", 1)
        lab.cable("wan", 2)
        lab.config["interfaces"] = {"lan": {"port": "p1"}} | {
            f"wan{n}": {"port": "p2", "vlan": n} for n in (2, 3, 4)}
        lab.config["ip4"] = {
            "interfaces": {"lan": {"addresses": ["10.0.1.1/24"]}} | {
                f"wan{n}": {"addresses": [f"10.0.{n}.1/24"]} for n in (2, 3, 4)},
            "neighbors": {f"10.0.{n}.2": {"interface": f"wan{n}", "mac": f"02:00:00:00:0{n}:02"} for n in (2, 3, 4)},
            "routes": {ROUTE: {"via": [{"gateway": "10.0.2.2"}, {"gateway": "10.0.3.2"},
                                       {"gateway": "10.0.4.2", "weight": 2}]}},
        }
        self.router = lab.start()
        self.lan, self.wan = Wire(lab["lan"], "eth0"), Wire(lab["wan"], "eth0")
        self.mac = self.router.find("show interface", name="lan")["mac"]
        self.round = 0

    def packet(self, port, number):
        return Ether(src=LAN_HOST, dst=self.mac) / IP(src="10.0.1.2", dst="172.16.0.1", id=number) / UDP(
            sport=1000 + port, dport=9)

    def ways(self):
        """The VLAN that each flow takes, {flow: VLAN}. Every flow is sent until it has arrived."""
        self.round += 1
        ways = {}

        def send_missing():
            self.lan.send(*[self.packet(port, self.round) for port in range(FLOWS) if port not in ways])
            while len(ways) < FLOWS and (packet := self.wan.recv(1)) is not None:
                if IP in packet and packet[IP].id == self.round:
                    assert packet[Dot1Q].vlan == ways.setdefault(packet[UDP].sport - 1000, packet[Dot1Q].vlan)
            return len(ways) == FLOWS

        wait_until("every flow has arrived", send_missing, every=0)
        return ways


@pytest.fixture(scope="module")
def net():
    net = Net()
    yield net
    net.router.stop()


def test_flows_are_shared_by_weight_and_stay(net):
    ways = net.ways()
    share = Counter(ways.values())
    # 100, 100 and 200 are expected; buckets are exact, flows are thrown: five standard deviations.
    assert abs(share[2] - 100) < 45 and abs(share[3] - 100) < 45 and abs(share[4] - 200) < 50, share
    assert net.ways() == ways


def test_only_the_flows_of_a_lost_gateway_move(net):
    before = net.ways()
    net.router.ctl("interface", "disable", "wan3")
    wait_until("the gateway is out", lambda: [via["state"] for via in net.router.find(
        "show route", prefix=ROUTE)["via"]] == ["static", "unreachable", "static"])
    without = net.ways()
    assert set(without.values()) == {2, 4}
    assert all(without[flow] == before[flow] for flow in before if before[flow] != 3)
    net.router.ctl("interface", "enable", "wan3")
    wait_until("the gateway is back", lambda: [via["state"] for via in net.router.find(
        "show route", prefix=ROUTE)["via"]] == ["static"] * 3)
    again = net.ways()
    assert all(again[flow] in (without[flow], 3) for flow in again)
    assert abs(Counter(again.values())[3] - 100) < 45


def test_a_gateway_is_added_and_taken_out_by_command(net):
    net.router.ctl("route", "add", "172.17.0.0/16", "via", "10.0.2.2")
    net.router.ctl("route", "add", "172.17.0.0/16", "via", "10.0.3.2", "weight", "5")
    route = net.router.find("show route", prefix="172.17.0.0/16")
    assert [(via["gateway"], via["weight"]) for via in route["via"]] == [("10.0.2.2", 1), ("10.0.3.2", 5)]
    net.router.ctl("route", "del", "172.17.0.0/16", "via", "10.0.2.2")
    route = net.router.find("show route", prefix="172.17.0.0/16")
    assert [via["gateway"] for via in route["via"]] == ["10.0.3.2"]
    net.router.ctl("route", "del", "172.17.0.0/16")
    assert "172.17.0.0/16" not in [row["prefix"] for row in net.router.ctl("show", "route")]
