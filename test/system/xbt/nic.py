# SPDX-License-Identifier: BSD-3-Clause
"""dpdk-xebra-nic with its uplink on a cable, and guests on its VFs.

    lab = NicLab(vfs=2)
    lab.nic.vf_set(0, vlan=2, link="enable")
    guest = lab.guest(0)                        # a Memif
    guest.send(frame(lab.nic.mac(0), "broadcast"))
    lab.outside.expect("the frame, tagged", lambda p: Dot1Q in p and p[Dot1Q].vlan == 2)
"""
import json

from .daemon import Daemon
from .memif import Memif
from .netns import Namespace, link
from .packets import Wire
from .wait import LONG, wait_until


class SoftNic(Daemon):
    """A dpdk-xebra-nic: see Daemon."""

    program = "dpdk-xebra-nic"
    tells = ("show nic", "show vf")

    def write_config(self, config):
        super().write_config({**config, "vfs": {"folder": f"{self.folder}/vfs", **config["vfs"]}})

    def path(self, vf):
        """The VF's socket."""
        return f"{self.folder}/vfs/vf{vf}.sock"

    def vf(self, vf):
        """A VF as `show vf` tells it."""
        return self.ctl("show", "vf", "vf", vf)[0]

    def vf_set(self, vf, **settings):
        """vf_set(0, vlan=2, trust=True, trunk=[3, 4])"""
        words = []
        for key, value in settings.items():
            if isinstance(value, bool):
                value = "on" if value else "off"
            words += [key, json.dumps(value) if isinstance(value, list) else value]
        self.ctl("vf", "set", "vf", vf, *words)

    def mac(self, vf):
        return self.vf(vf)["mac"]

    def drops(self, vf):
        """{"spoofed_mac": 3}"""
        return self.vf(vf)["stats"]["drops"]

    def buffers_at_rest(self, timeout=LONG):
        """Wait until no more buffers are in use than the uplink's rings hold."""
        def back():
            used = self.ctl("show", "nic")["buffers"]["in_use"]
            assert used == 0, used
            return True

        wait_until("all buffers of the NIC are free", back, timeout)


class NicLab:
    """A NIC whose uplink is a veth; `outside` is the Wire at its other end."""

    def __init__(self, vfs=2, mtu=1500, start=True, **more):
        """more: further settings of the uplink."""
        self.ns = Namespace("nic")
        self.peer = Namespace("outside")
        link(self.ns, "up0", self.peer, "eth0", mtu)
        self.outside = Wire(self.peer, "eth0")
        self.config = {"uplink": {"device": "net_af_packet0,iface=up0", "mtu": mtu, **more}, "vfs": {"count": vfs}}
        self.nic = None
        if start:
            self.start()

    def start(self, **more):
        self.nic = SoftNic(self.ns, self.config, **more)
        return self.nic

    def guest(self, vf, **more):
        """Connect to a VF. more: see Memif."""
        guest = Memif(self.nic.path(vf), **more)
        wait_until(f"VF {vf} is connected", lambda: self.nic.vf(vf)["connected"])
        return guest
