# SPDX-License-Identifier: BSD-3-Clause
"""Ports come, go, stop and change while the router runs, and the others do not notice."""
import copy
import socket

import pytest
from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import Ether

from xbt import Wire, two_networks, wait_until
from xbt.netns import CommandFailed


@pytest.fixture
def lab():
    lab = two_networks()
    lab["lan"].ping("10.0.2.2")
    yield lab
    lab.router.stop()


def test_a_port_is_added_and_removed_while_the_others_forward(lab):
    two = copy.deepcopy(lab.config)
    lab.network("third", 3)
    for _ in range(2):
        lab.router.reload(lab.config)
        lab["lan"].ping("10.0.3.2")
        lab["third"].ping("10.0.2.2")
        assert lab.router.find("show interface", name="third")["state"] == "up"
        lab.router.reload(two)
        wait_until("the third port is gone",
                   lambda: [p["name"] for p in lab.router.ctl("show", "port")] == ["p1", "p2"])
        lab["lan"].ping("10.0.2.2")
    lab.router.no_mbufs_lost()


def test_a_stopped_port_neither_receives_nor_sends(lab):
    lan, wan = (Wire(lab[name], "eth0") for name in ("lan", "wan"))
    lan_mac, wan_mac = (lab.router.find("show interface", name=name)["mac"] for name in ("lan", "wan"))

    def through(number):
        return Ether(src=lan.mac, dst=lan_mac) / IP(src="10.0.1.2", dst="10.0.2.2", ttl=9) / ICMP(id=number)

    def the_worker_has_been_around():
        # It polls all queues in turn: who answers on one has looked at the other.
        for number in range(3):
            lan.exchange(Ether(src=lan.mac, dst=lan_mac) / IP(src="10.0.1.2", dst="10.0.1.1") / ICMP(id=900 + number),
                         "an echo reply", lambda p: ICMP in p and p[ICMP].type == 0 and p[ICMP].id == 900 + number)

    lab.router.ctl("port", "stop", "p2")
    assert lab.router.find("show port", name="p2")["state"] == "stopped"
    assert lab.router.find("show interface", name="wan")["state"] == "down"
    received = lab.router.find("show interface", name="wan")["rx_packets"]
    lan.send(*[through(1)] * 20)
    wan.send(*[Ether(src=wan.mac, dst=wan_mac) / IP(src="10.0.2.2", dst="10.0.2.1") / ICMP(id=2)] * 20)
    the_worker_has_been_around()
    assert lab.router.find("show interface", name="wan")["rx_packets"] == received
    lab.router.ctl("port", "start", "p2")
    wait_until("wan is up", lambda: lab.router.find("show interface", name="wan")["state"] == "up")
    arrived = []
    lan.exchange(through(3), "what is sent after the start",
                 lambda p: ICMP in p and (arrived.append(p[ICMP].id) or p[ICMP].id == 3), on=wan)
    assert 1 not in arrived
    lab["lan"].ping("10.0.2.2")
    with pytest.raises(CommandFailed, match="there is no port p7"):
        lab.router.ctl("port", "stop", "p7")


def test_a_port_has_rates(lab):
    wire = Wire(lab["lan"], "eth0")
    mac = lab.router.find("show interface", name="lan")["mac"]
    frame = Ether(src=wire.mac, dst=mac) / IP(src="10.0.1.2", dst="10.0.2.2") / ICMP() / (b"." * 1000)

    def rated():
        wire.send(*[frame] * 20)
        ports = {port["name"]: port for port in lab.router.ctl("show", "port")}
        for name, way in (("p1", "rx"), ("p2", "tx")):
            port = ports[name]
            # A frame has 42 bytes at least, and at most 1514.
            assert 0 < 8 * 42 * port[f"{way}_pps"] <= port[f"{way}_bps"] < 8 * 1514 * (port[f"{way}_pps"] + 1), port
        return True

    wait_until("both ports have rates", rated)
    wait_until("silence has none", lambda: all(
        port[f"{way}_{unit}"] == 0 for port in lab.router.ctl("show", "port") for way in ("rx", "tx")
        for unit in ("pps", "bps")))


def test_a_port_goes_down_and_up_with_its_interface_in_the_kernel(lab):
    """Also when the cable's other end goes down; and what is sent meanwhile is dropped under a name."""
    def state():
        return lab.router.find("show port", name="p2")["state"], lab.router.find("show interface", name="wan")["state"]

    for ns, name in ((lab.ns, "p2"), (lab["wan"], "eth0")):
        ns.run("ip", "link", "set", name, "down")
        wait_until(f"p2 is down with {name}", lambda: state() == ("down", "down"))
        assert "10.0.2.0/24" not in [row["prefix"] for row in lab.router.ctl("show", "route")]
        before = lab.router.drops().get("ip4_no_route", 0), lab.router.find("show port", name="p2")["tx_packets"]
        assert "Net Unreachable" in lab["lan"].run("ping", "-c", 1, "-W", 20, "10.0.2.2", check=False).stdout
        assert lab.router.drops()["ip4_no_route"] > before[0]
        assert lab.router.find("show port", name="p2")["tx_packets"] == before[1]
        ns.run("ip", "link", "set", name, "up")
        wait_until(f"p2 is up with {name}", lambda: state() == ("up", "up"))
        lab["wan"].route("default", "10.0.2.1")
        lab["lan"].ping("10.0.2.2")


def test_a_port_whose_interface_is_gone_is_down(lab):
    lab.ns.run("ip", "link", "del", "p2")
    wait_until("p2 is down", lambda: lab.router.find("show port", name="p2")["state"] == "down")
    lab["lan"].ping("10.0.1.1")


def test_an_af_xdp_port_forwards_follows_its_interface_and_loses_nothing():
    """The driver keeps what is in its rings at the end: that is said, and not called lost."""
    try:
        socket.socket(getattr(socket, "AF_XDP", 44), socket.SOCK_RAW).close()
    except OSError as e:
        pytest.skip(f"this kernel has no AF_XDP: {e}")
    lab = two_networks(start=False)
    lab.config["ports"]["p1"]["device"] = "net_af_xdp1,iface=p1"
    router = lab.start()
    lab["lan"].ping("10.0.2.2")
    for word in ("down", "up"):
        lab.ns.run("ip", "link", "set", "p1", word)
        wait_until(f"p1 is {word}", lambda: router.find("show port", name="p1")["state"] == word)
    lab["lan"].route("default", "10.0.1.1")
    lab["lan"].ping("10.0.2.2")
    router.stop()
    assert "stayed with net_af_xdp" in router.log()


def test_a_disabled_interface_drops_by_name(lab):
    wire = Wire(lab["lan"], "eth0")
    mac = lab.router.find("show interface", name="lan")["mac"]
    frame = Ether(src=wire.mac, dst=mac) / IP(src="10.0.1.2", dst="10.0.2.2") / ICMP()
    lab.router.ctl("interface", "disable", "lan")
    assert lab.router.find("show interface", name="lan")["state"] == "disabled"

    def dropped():
        wire.send(frame)
        return lab.router.drops().get("eth_interface_down", 0)

    wait_until("frames are dropped as eth_interface_down", dropped)
    lab.router.ctl("interface", "enable", "lan")
    lab["lan"].ping("10.0.2.2")


def test_queues_and_mac_address_of_a_port_change(lab):
    config = copy.deepcopy(lab.config)
    config["ports"]["p1"].update(rx_queues=2, mac="02:00:00:00:01:01")
    config["ports"]["p1"]["device"] = "net_af_packet7,iface=p1"
    lab.router.reload(config)
    wait_until("p1 is another device", lambda: lab.router.find("show port", name="p1")["rx_queues"] == 2)
    assert lab.router.find("show interface", name="lan")["mac"] == "02:00:00:00:01:01"
    lab["lan"].ping("10.0.2.2")
    assert lab["lan"].neighbor("eth0", "10.0.1.1") == "02:00:00:00:01:01"
    lab.router.reload(lab.config)
    wait_until("p1 is the old device", lambda: lab.router.find("show port", name="p1")["rx_queues"] == 1)
    lab["lan"].ping("10.0.2.2")


def test_a_port_that_cannot_be_opened_changes_nothing(lab):
    config = copy.deepcopy(lab.config)
    config["ports"]["p9"] = {"device": "net_af_packet9,iface=nowhere"}
    config["ports"]["p1"]["mtu"] = 1400
    lab.router.write_config(config)
    with pytest.raises(CommandFailed, match=r"ports\.p9\.device.*no such network interface: nowhere"):
        lab.router.ctl("config", "reload")
    assert lab.router.find("show port", name="p1")["mtu"] == 1500
    lab["lan"].ping("10.0.2.2")
