# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-xebra-pf and dpdk-xebra-nic together, with traffic: guests come and go, managers die."""
import json
import os
import random
import signal
import threading

import jsonschema
import pytest
from scapy.layers.l2 import Dot1Q, Ether
from scapy.packet import Raw

from xbt import BUILD, TOP, CommandFailed, Memif, NicLab, environment, program, run, wait_until
from xbt.manager import Manager

OUTSIDE = "02:aa:00:00:00:01"
TYPE = 0x88b5       # for experiments


def frame(src, dst, text):
    head = Ether(src=src, dst=dst, type=TYPE)
    return head / Raw(text.encode().ljust(46, b"."))


def has(text, vlan=None):
    def match(packet):
        tag = packet[Dot1Q].vlan if Dot1Q in packet else None
        return Raw in packet and bytes(packet[Raw].load).rstrip(b".\0") == text.encode() and tag == vlan

    return match


class Steady(threading.Thread):
    """One frame after the other between two guests; each has to arrive."""

    def __init__(self, source, destination, src, dst):
        super().__init__(daemon=True)
        self.source, self.destination, self.src, self.dst = source, destination, src, dst
        self.count = 0
        self.going = True
        self.error = None

    def run(self):
        try:
            while self.going:
                text = f"steady {self.count}"
                self.source.send(frame(self.src, self.dst, text))
                self.destination.expect(text, has(text))
                self.count += 1
        except (AssertionError, OSError) as e:
            self.error = e

    def wait_for_more(self, frames=20):
        target = self.count + frames
        wait_until("the steady guests have sent more", lambda: self.error or self.count >= target)
        assert self.error is None, self.error

    def stop(self):
        self.going = False
        self.join()
        assert self.error is None, self.error


def config_of(lab):
    mac = "02:00:00:00:00:1{}".format
    return {
        "pfs": {"nic0": {"backend": "soft", "socket": lab.nic.socket}},
        "vnets": {"red": {"vlan": 2}, "blue": {"vlan": 3}, "green": {"vlan": 4}},
        "guests": {"r1": {"vnet": "red", "vfs": [{"pf": "nic0", "vf": 0, "mac": mac(0)}]},
                   "r2": {"vnet": "red", "vfs": [{"pf": "nic0", "vf": 1, "mac": mac(1), "cap": 500}]}},
    }


def settled(lab, manager):
    """Every VF of the real NIC is what the file says. Raises AssertionError."""
    config = manager.ctl("show", "config", "defaults")
    assigned = manager.state()["guests"]
    owned = set()
    for name, guest in config["guests"].items():
        if not guest["attached"]:
            continue
        for entry, place in zip(guest["vfs"], assigned[name]):
            row = lab.nic.vf(place["vf"])
            owned.add(place["vf"])
            assert (row["vlan"], row["mac"], row["max_rate"], row["spoof_check"], row["trust"], row["link"]) == \
                (config["vnets"][guest["vnet"]]["vlan"], entry.get("mac", place["mac"]), entry["cap"], True, False, "auto")
    for row in lab.nic.ctl("show", "vf"):
        if row["vf"] not in owned:
            assert (row["vlan"], row["trunk"], row["max_rate"], row["link"], row["connected"]) == \
                (0, [], 0, "disable", False), row
    return True


@pytest.fixture
def lab():
    lab = NicLab(vfs=4)
    lab.manager = Manager(lab.ns, config_of(lab))
    return lab


def test_the_soft_backend_keeps_the_promises_of_a_backend():
    lab = NicLab(vfs=3, rate=10000)
    done = run(os.path.join(BUILD, "test", "unit", "pf_conformance"), "soft", lab.nic.socket, env=environment(),
               check=False, timeout=300)
    assert done.returncode == 0, done.stdout


def test_a_guest_reaches_its_network_and_no_other(lab):
    r1, r2 = lab.guest(0), lab.guest(1)
    lab.manager.ctl("guest", "attach", "b1", "vnet", "blue", "pf", "nic0", "vf", 2, "mac", "02:00:00:00:00:12")
    b1 = lab.guest(2)
    r1.send(frame("02:00:00:00:00:10", "ff:ff:ff:ff:ff:ff", "to red"))
    r2.expect("it", has("to red"))
    lab.outside.expect("it", has("to red", 2))
    b1.send(frame("02:00:00:00:00:12", "ff:ff:ff:ff:ff:ff", "to blue"))
    lab.outside.expect("it", has("to blue", 3))
    # From somebody else's address nothing goes out.
    b1.send(frame("02:00:00:00:00:10", "ff:ff:ff:ff:ff:ff", "forged"))
    wait_until("it is dropped", lambda: lab.nic.drops(2).get("spoofed_mac"))
    assert settled(lab, lab.manager)


def test_what_somebody_sets_on_the_nic_is_put_right(lab):
    r1, r2 = lab.guest(0), lab.guest(1)
    steady = Steady(r1, r2, "02:00:00:00:00:10", "02:00:00:00:00:11")
    lab.nic.vf_set(1, max_rate=7, trust=True)
    lab.nic.vf_set(3, link="enable", vlan=3)
    wait_until("all is as configured", lambda: settled(lab, lab.manager))
    wait_until("it is told", lambda: {(d["vf"], d["setting"]) for d in lab.manager.ctl("show", "drift")} ==
               {(1, "max_rate"), (1, "trust"), (3, "link"), (3, "vlan")})
    steady.start()
    steady.wait_for_more()
    steady.stop()


def test_a_nic_that_is_killed_is_set_up_again(lab):
    lab.nic.kill()
    wait_until("it is lost", lambda: lab.manager.find("show pf", pf="nic0")["state"].startswith("lost"))
    lab.nic.start()
    wait_until("all is as configured", lambda: settled(lab, lab.manager))
    r1, r2 = lab.guest(0), lab.guest(1)
    r1.send(frame("02:00:00:00:00:10", "02:00:00:00:00:11", "again"))
    r2.expect("it", has("again"))


def test_a_nic_that_is_stopped_holds_nobody_up(lab):
    other = NicLab(vfs=2)
    config = config_of(lab)
    config["pfs"]["nic1"] = {"backend": "soft", "socket": other.nic.socket}
    config["guests"]["b1"] = {"vnet": "blue", "vfs": [{"pf": "nic1", "vf": 0}]}
    lab.manager.commit(config)
    steady = Steady(lab.guest(0), lab.guest(1), "02:00:00:00:00:10", "02:00:00:00:00:11")
    lab.nic.send_signal(signal.SIGSTOP)
    try:
        wait_until("it is lost", lambda: "does not answer" in lab.manager.find("show pf", pf="nic0")["state"])
        lab.manager.ctl("vf", "set", "nic1", 0, "cap", 300)
        assert other.nic.vf(0)["max_rate"] == 300
        other.nic.vf_set(0, vlan=7)
        wait_until("the other's VF is put right", lambda: other.nic.vf(0)["vlan"] == 3)
        with pytest.raises(CommandFailed, match="does not answer"):
            lab.manager.ctl("vf", "set", "nic0", 1, "cap", 300)
    finally:
        lab.nic.send_signal(signal.SIGCONT)
    wait_until("it is back", lambda: lab.manager.find("show pf", pf="nic0")["state"] == "up")
    lab.manager.commit(config_of(lab))
    assert settled(lab, lab.manager)
    # Its guests have not been disturbed: nobody had to connect again.
    steady.start()
    steady.wait_for_more()
    steady.stop()


class Life:
    """One life of a guest on VF 2 or 3, in blue or green."""

    def __init__(self, lab, number, rng):
        self.lab, self.number = lab, number
        self.vf = 2 + number % 2
        self.vnet, self.vlan = rng.choice([("blue", 3), ("green", 4)])
        self.mac = f"02:00:00:00:01:{number:02x}"
        self.end = rng.choice(["detached", "closed", "forgotten"])

    def live(self):
        self.lab.manager.ctl("guest", "attach", "x", "vnet", self.vnet, "pf", "nic0", "vf", self.vf, "mac", self.mac)
        guest = Memif(self.lab.nic.path(self.vf))
        text = f"life {self.number}"
        guest.send(frame(self.mac, "ff:ff:ff:ff:ff:ff", text))
        self.lab.outside.expect(text, has(text, self.vlan))
        # It dies by itself, or its VF is taken from it while it is there.
        if self.end == "closed":
            guest.close()
        return guest

    def die(self, guest):
        if self.end == "detached":
            self.lab.manager.ctl("guest", "detach", "x", "pf", "nic0", "vf", self.vf)
        self.lab.manager.ctl("guest", "detach", "x", "forget")
        if self.end != "closed":
            guest.refused()
        row = self.lab.nic.vf(self.vf)
        assert (row["link"], row["vlan"], row["connected"]) == ("disable", 0, False), row
        assert row["mac"] != self.mac and row["stats"]["tx_packets"] == 0, row


@pytest.mark.limit(900)
def test_guests_appear_die_and_come_back_200_times_under_traffic(lab):
    rng = random.Random(200)
    steady = Steady(lab.guest(0), lab.guest(1), "02:00:00:00:00:10", "02:00:00:00:00:11")
    steady.start()
    for number in range(200):
        life = Life(lab, number, rng)
        life.die(life.live())
        if number % 25 == 0:
            steady.wait_for_more()
    steady.wait_for_more()
    steady.stop()
    assert settled(lab, lab.manager)
    assert lab.manager.ctl("show", "drift") == []
    assert {row["state"] for row in lab.manager.ctl("show", "vf")} == {"in use", "free"}


@pytest.mark.limit(900)
def test_a_manager_killed_at_random_points_disturbs_nobody_and_ends_where_the_file_says(lab):
    rng = random.Random(9)
    steady = Steady(lab.guest(0), lab.guest(1), "02:00:00:00:00:10", "02:00:00:00:00:11")
    steady.start()
    config = config_of(lab)
    for number in range(40):
        vnet = rng.choice(["blue", "green"])
        config["guests"] = {name: guest for name, guest in config["guests"].items() if name in ("r1", "r2")}
        for vf in (2, 3):
            if rng.random() < 0.7:
                config["guests"][f"x{number}-{vf}"] = {"vnet": vnet, "vfs": [{"pf": "nic0", "vf": vf}]}
        config["vnets"][vnet]["vlan"] = 10 + number
        lab.manager.reload(config)
        # The reload is under way or done, or has not begun.
        pause = threading.Event()
        pause.wait(rng.random() * 0.02)
        lab.manager.kill()
        lab.manager.start()
        wait_until("all is as configured", lambda: settled(lab, lab.manager))
        steady.wait_for_more(2)
    steady.stop()
    assert lab.manager.ctl("show", "drift") == []


def test_the_example_for_a_software_nic_runs_as_it_is():
    lab = NicLab(vfs=8)
    with open(os.path.join(TOP, "config", "pf", "soft.json"), encoding="utf-8") as f:
        config = json.load(f)
    # All but where things are on the machine.
    config["pfs"]["nic0"]["socket"] = lab.nic.socket
    caps = f"{lab.nic.folder}/red-router.caps"
    config["guests"]["red-router"]["caps_file"] = caps
    lab.manager = Manager(lab.ns, config)
    assert settled(lab, lab.manager)
    assert lab.nic.vf(0)["max_rate"] == 600
    with open(caps, encoding="utf-8") as f:
        told = json.load(f)["vfs"]
    assert [(cap["name"], cap["mac"]) for cap in told] == [("nic0", "02:00:00:00:02:00")] and 0 < told[0]["cap"] <= 600


@pytest.mark.parametrize("name", ["soft", "sriov"])
def test_the_examples_are_right(name):
    path = os.path.join(TOP, "config", "pf", f"{name}.json")
    run(program("dpdk-xebra-pf"), "config", "check", path, env=environment())
    schema = json.loads(run(program("dpdk-xebra-pf"), "config", "schema", env=environment()).stdout)
    with open(path, encoding="utf-8") as f:
        jsonschema.validate(json.load(f), schema)


def test_a_change_that_the_nic_refuses_is_undone(lab):
    before = [{k: v for k, v in row.items() if k != "stats"} for row in lab.nic.ctl("show", "vf")]
    config = config_of(lab)
    config["vnets"]["red"]["vlan"] = 22
    config["vnets"]["blue"]["mtu"] = 9000
    config["guests"]["b1"] = {"vnet": "blue", "vfs": [{"pf": "nic0", "vf": 2}]}
    with pytest.raises(CommandFailed) as failed:
        lab.manager.commit(config)
    assert "vnets.blue.mtu: 9000 is more than pf nic0 has (1500)" in str(failed.value)
    assert [{k: v for k, v in row.items() if k != "stats"} for row in lab.nic.ctl("show", "vf")] == before
