# SPDX-License-Identifier: BSD-3-Clause
"""The whole system as in config/lab: two virtual networks on one wire, two NICs, a manager, a router in each network."""
import subprocess
import time

import pytest
from scapy.layers.l2 import ARP

from xbt import Wire, environment, program, wait_until
from xbt.content import Producer, fetch
from xbt.load import Load, hear_no_load
from xbt.system import NICS, VNETS, System

SERVER = "10.0.2.2"     # in both networks


@pytest.fixture
def system():
    system = System()
    yield system
    system.stop()


def due(caps, link):
    """What VFs are due of a link with these caps while all want all."""
    return [cap * min(1, link / sum(caps)) for cap in caps]


def test_two_networks_with_the_same_addresses_do_not_meet(system):
    wires = {name: Wire(host, "eth0") for name, host in system.hosts.items()}
    for name in VNETS:
        system.host(f"{name}-lan").ping(SERVER)
        # The host that answered has learnt of its own router, and of nobody else.
        mac = system.routers[name].find("show interface", name="wire")["mac"]
        assert system.host(f"{name}-wan").neighbor("eth0", "10.0.2.1") == mac
    content = bytes(range(256)) * 100
    producer = Producer(wires["blue-wan"], "/lab/file", content)
    mac = system.routers["blue"].find("show interface", name="lan")["mac"]
    assert fetch(wires["blue-lan"], mac, "/lab/file") == content
    producer.stop()
    assert system.host("red-lan").pings(SERVER, 5) == 5
    # Nothing of CCN, and of ARP only what is red's, has come to red.
    seen = []
    while (packet := wires["red-wan"].recv(0.2)) is not None:
        seen.append(packet)
    assert seen and all(packet.type in (0x800, 0x806) for packet in seen)
    assert all(packet.hwsrc == "02:00:00:00:02:01" for packet in seen if ARP in packet)


def test_caps_changed_while_it_runs_reach_hardware_and_guests(system):
    link = system.link_rate
    for red, blue in ((link * 3 // 10, link * 7 // 10), (link * 8 // 10, link * 6 // 10), (0, 0)):
        system.caps({("red", "nic0"): red, ("blue", "nic0"): blue, ("red", "nic1"): blue, ("blue", "nic1"): red})
        shares = due([red or link, blue or link], link)
        right = {("red", "nic0"): shares[0], ("blue", "nic0"): shares[1],
                 ("red", "nic1"): shares[1], ("blue", "nic1"): shares[0]}
        wait_until("the V-Channels weigh their links by the shares", lambda: all(
            abs(weight - right[key]) <= 1 for key, weight in system.weights().items()))
        for nic, caps in (("nic0", (red, blue)), ("nic1", (blue, red))):
            rows = system.nics[nic].ctl("show", "vf")
            assert tuple(rows[vf]["max_rate"] for vf in (0, 1)) == caps
    assert system.manager.ctl("show", "drift") == []


def test_a_guest_cannot_reach_the_other_network_whatever_it_sends(system):
    system.host("red-lan").ping(SERVER)
    load = Load(system.host("red-lan"), SERVER, 2 * system.link_rate)
    watches = [Wire(system.host(name), "eth0") for name in ("red-wan", "red-lan")]
    for watch in watches:
        hear_no_load(watch)
    nic = system.nics["nic0"]
    mallory = system.mallory()
    before = system.vfs()
    mallory.start()
    wait_until("frames of every kind were stopped", lambda: all(
        nic.drops(2).get(reason, 0) > 100 for reason in ("spoofed_mac", "spoofed_vlan", "bad_source", "runt", "too_long")))
    after = system.vfs()
    mallory.stop()
    load.stop()
    # Red goes on: by both of its links, and its router still answers.
    assert all(after["red", name] > before["red", name] for name in NICS)
    assert system.host("red-lan").pings(SERVER, 5) == 5
    assert [mallory.found_in(watch) for watch in watches] == [0, 0]
    assert system.routers["red"].ctl("show", "vchannel")[0]["state"] == "alive"


@pytest.mark.limit(600)
def test_twenty_changes_a_second_for_a_minute_end_as_the_last_one_says(system):
    system.host("red-lan").ping(SERVER)
    loads = [Load(system.host(f"{name}-lan"), SERVER, system.link_rate) for name in VNETS]
    link = system.link_rate
    lines = subprocess.Popen([program("xebractl"), "-s", system.manager.socket, "-"], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment())
    begun = time.monotonic()
    for n in range(1200):
        # One that is late does not catch up in a burst; the number counts.
        time.sleep(max(0, begun + n / 20 - time.monotonic()))
        lines.stdin.write(f"bandwidth set guest {VNETS[n % 2]} pf {NICS[n // 2 % 2]} cap {1 + n * 7 % link}\n")
        lines.stdin.flush()
    output, _ = lines.communicate(timeout=300)
    assert lines.returncode == 0, output
    for load in loads:
        load.stop()
    last = {(VNETS[n % 2], NICS[n // 2 % 2]): 1 + n * 7 % link for n in range(1196, 1200)}
    for (guest, nic), cap in last.items():
        assert system.nics[nic].vf(VNETS.index(guest))["max_rate"] == cap
    for nic in NICS:
        shares = due([last["red", nic], last["blue", nic]], link)
        wait_until("the V-Channels follow", lambda: [
            abs(system.weights()[name, nic] - share) <= 1 for name, share in zip(VNETS, shares)] == [True, True])
    assert system.manager.ctl("show", "drift") == []
    assert all(row["error"] == "" for router in system.routers.values() for row in router.ctl("show", "caps"))
    assert system.host("blue-lan").pings(SERVER, 5) == 5
