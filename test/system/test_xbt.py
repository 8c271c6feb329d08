# SPDX-License-Identifier: BSD-3-Clause
"""The ground that the system tests stand on: cables, hosts, raw sockets, and that nothing of them stays."""
import subprocess

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw

from xbt import Host, Timeout, Wire, link, run, tidy, wait_until


@pytest.fixture
def pair():
    a, b = Host("a"), Host("b")
    link(a, "eth0", b, "eth0")
    a.address("eth0", "10.0.1.1/24")
    b.address("eth0", "10.0.1.2/24")
    return a, b


def test_hosts_on_a_cable_reach_each_other(pair):
    a, b = pair
    assert "ttl=64" in a.ping("10.0.1.2")
    assert a.pings("10.0.1.2", 10) == 10
    assert a.traceroute("10.0.1.2") == ["10.0.1.2"]
    assert a.neighbor("eth0", "10.0.1.2") == b.mac("eth0")
    assert a.iperf3(b, "10.0.1.2", amount="1M")["sum_received"]["bytes"] > 0


def test_a_wire_hears_what_is_sent_with_its_tag(pair):
    a, b = (Wire(host, "eth0") for host in pair)
    packet = Ether(src=a.mac, dst="02:00:00:00:00:99") / Dot1Q(vlan=5, prio=3) / IP(dst="10.9.9.9") / UDP() / Raw(
        b"x" * 40)
    a.send(packet)
    heard = b.expect("the tagged packet", lambda p: Raw in p and p[Raw].load == b"x" * 40)
    assert bytes(heard) == bytes(packet)


def test_what_does_not_arrive_is_told_with_what_did(pair):
    a, b = (Wire(host, "eth0") for host in pair)
    a.send(Ether(src=a.mac, dst=b.mac) / IP(dst="10.9.9.9") / UDP(dport=7))
    with pytest.raises(Timeout, match="10.9.9.9"):
        b.expect("a packet that nobody sent", lambda p: UDP in p and p[UDP].dport == 8, timeout=1)


def test_nothing_stays():
    before = tidy.mark()
    host = Host("short-lived")
    sleeper = host.popen("sleep", "1000")
    daemon = host.run("sh", "-c", "setsid sleep 1001 >/dev/null 2>&1 & echo $!").stdout.strip()
    assert host.name in run("ip", "netns", "list").stdout
    assert tidy.undo_since(before) == []
    assert host.name not in run("ip", "netns", "list").stdout
    assert sleeper.poll() is not None
    wait_until("the daemon is gone", lambda: subprocess.run(
        ["grep", "-qs", "sleep", f"/proc/{daemon}/cmdline"], check=False).returncode != 0)
