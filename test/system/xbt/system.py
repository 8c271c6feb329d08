# SPDX-License-Identifier: BSD-3-Clause
"""The whole system on one machine, from config/lab: two software NICs and the PF manager of a node, a router in each
of two virtual networks, one wire, and kernel hosts on both sides.

    red-lan  10.0.1.2 -- dpdk-xebra red  =(V-Channel)= VF 0 of nic0 and of nic1 \\               / red-wan  10.0.2.2
                                                                                  wire -- far --
    blue-lan 10.0.1.2 -- dpdk-xebra blue =(V-Channel)= VF 1 of nic0 and of nic1 /               \\ blue-wan 10.0.2.2

Both networks have the same addresses: nothing but the VLAN (red 2, blue 3) tells them apart on the wire. "far" is a
third software NIC, as a switch with an access port for each network's host.

    system = System()
    system.host("red-lan").ping("10.0.2.2")
    system.caps({("red", "nic0"): 10, ("blue", "nic0"): 30})
    before = system.vfs()
"""
import json
import os
import shutil
import time

from . import tidy
from .daemon import TOP, Daemon
from .host import Host
from .mallory import Mallory
from .netns import Namespace, link
from .nic import SoftNic
from .router import Router
from .wait import wait_until

FOLDER = os.path.join(TOP, "config", "lab")
VNETS = ("red", "blue")
NICS = ("nic0", "nic1")
_RUN = "/run/xebra"      # where config/lab has all sockets
MAC = {"red-wan": "02:00:00:00:02:02", "blue-wan": "02:00:00:00:03:02"}


class Manager(Daemon):
    """A dpdk-xebra-pf: see Daemon."""

    program = "dpdk-xebra-pf"
    tells = ("show pf", "show vf", "show guest")


def configuration(name):
    """One file of config/lab."""
    with open(os.path.join(FOLDER, f"{name}.json"), encoding="utf-8") as f:
        return json.load(f)


class System:
    """All of it, running. `link_rate`: Mb/s of each NIC; None: as in config/lab."""

    def __init__(self, link_rate=None):
        os.makedirs(_RUN, exist_ok=True)
        tidy.Made(f"folder {_RUN}", lambda: shutil.rmtree(_RUN, ignore_errors=True))
        self.hosts = {}
        self.nics = {}
        self.routers = {}
        self._wire()
        for name in NICS:
            config = configuration(name)
            if link_rate:
                config["uplink"]["rate"] = link_rate
            self.nics[name] = SoftNic(self.node, config, memory=128)
        self.link_rate = self.nics["nic0"].ctl("show", "nic")["uplink"]["speed"]
        self.far = SoftNic(self.far_side, configuration("far"), memory=128)
        self.manager = Manager(self.node, configuration("pf"), memory=64)
        for name in VNETS:
            self.routers[name] = Router(self.guests[name], configuration(name), memory=192)
        for name, router in self.routers.items():
            wait_until(f"both links of {name} are alive",
                       lambda router=router: [row["state"] for row in router.ctl("show", "vchannel")] == ["alive"] * 2)

    def _wire(self):
        self.node, self.far_side, self.wire = Namespace("node"), Namespace("far"), Namespace("wire")
        self.wire.run("ip", "link", "add", "wire", "type", "bridge", "mcast_snooping", 0)
        for ns, name in ((self.node, "up0"), (self.node, "up1"), (self.far_side, "far")):
            link(ns, name, self.wire, name)
            self.wire.run("ip", "link", "set", name, "master", "wire", "up")
            if ns is self.node:     # two ports of one machine: what leaves by one does not come back by the other
                self.wire.run("ip", "link", "set", name, "type", "bridge_slave", "isolated", "on")
        self.wire.run("ip", "link", "set", "wire", "up")
        self.guests = {name: Namespace(name) for name in VNETS}
        for name in VNETS:
            lan, wan = Host(f"{name}-lan"), Host(f"{name}-wan")
            link(lan, "eth0", self.guests[name], "lan")
            link(wan, "eth0", self.far_side, name)
            wan.run("ip", "link", "set", "eth0", "address", MAC[f"{name}-wan"])
            for host, number in ((lan, 1), (wan, 2)):
                host.address("eth0", f"10.0.{number}.2/24")
                host.route("default", f"10.0.{number}.1")
            self.hosts |= {f"{name}-lan": lan, f"{name}-wan": wan}

    def host(self, name):
        return self.hosts[name]

    def mallory(self):
        """The third guest's VF, in the hands of somebody who wants out of blue."""
        vf = self.nics["nic0"].vf(2)
        return Mallory(vf["path"], vf["mac"])

    def caps(self, caps):
        """Change caps while all runs: {("red", "nic0"): Mb/s, 0 for none}."""
        for (guest, nic), cap in caps.items():
            self.manager.ctl("bandwidth", "set", "guest", guest, "pf", nic, "cap", cap)

    def vfs(self):
        """What each VF has sent so far, bytes: {("red", "nic0"): n}."""
        sent = {}
        for nic, program in self.nics.items():
            rows = program.ctl("show", "vf")
            for index, name in enumerate(VNETS):
                sent[name, nic] = rows[index]["stats"]["tx_bytes"]
        return sent

    def weights(self):
        """What each V-Channel gives its links, Mb/s: {("red", "nic0"): n}."""
        return {(name, row["member"]): row["weight_mbps"]
                for name, router in self.routers.items() for row in router.ctl("show", "vchannel")}

    def rates(self, seconds):
        """What each VF sends, Mb/s, over some seconds: {("red", "nic0"): r}."""
        before, begun = self.vfs(), time.monotonic()
        time.sleep(seconds)
        after, took = self.vfs(), time.monotonic() - begun
        return {key: (after[key] - before[key]) * 8 / took / 1e6 for key in after}

    def frames(self, name):
        """(what a network's VFs have sent so far, what has reached its host on the other side)."""
        index = VNETS.index(name)
        sent = sum(program.ctl("show", "vf")[index]["stats"]["tx_packets"] for program in self.nics.values())
        return sent, self.far.ctl("show", "vf")[index]["stats"]["rx_packets"]

    def watch(self, name, seconds):
        """Over some seconds: (rates, which part of what a network's VFs have sent was lost on the way)."""
        sent, arrived = self.frames(name)
        rates = self.rates(seconds)
        sent_now, arrived_now = self.frames(name)
        return rates, 1 - (arrived_now - arrived) / max(sent_now - sent, 1)

    def stop(self):
        for router in self.routers.values():
            router.stop()
        self.manager.stop()
        for nic in (*self.nics.values(), self.far):
            nic.stop()
