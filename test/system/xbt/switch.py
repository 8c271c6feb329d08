# SPDX-License-Identifier: BSD-3-Clause
"""An access switch: one trunk with 802.1Q tags, and access ports without, each in one VLAN.

A thread of ours carries the frames, because not every kernel has VLAN devices. It is slow and honest.
"""
import select
import struct
import threading

from . import tidy
from .packets import Wire

_TPID = 0x8100


class Switch(threading.Thread):
    """A switch around a trunk (a Wire). One access port a VLAN: nothing has to be learnt."""

    def __init__(self, trunk):
        super().__init__(daemon=True)
        self.trunk = trunk
        self.access_wires = {}
        self._end = threading.Event()
        tidy.Made(f"switch on {trunk.name}", self.stop)
        self.start()

    def access(self, vid, ns, interface):
        """Make an interface the access port of VLAN `vid`."""
        self.access_wires[vid] = Wire(ns, interface)

    def stop(self):
        self._end.set()
        self.join()

    def run(self):
        while not self._end.is_set():
            ports = dict(self.access_wires)
            try:
                ready, _, _ = select.select([self.trunk, *ports.values()], [], [], 0.1)
                for wire in ready:
                    self._carry(wire, ports)
            except (OSError, ValueError):   # a socket was closed: the test is over
                return

    def _carry(self, wire, ports):
        while (frame := wire.recv_bytes(0)) is not None:
            if wire is self.trunk:
                tpid, tci = struct.unpack("!HH", frame[12:16])
                port = ports.get(tci & 0xfff) if tpid == _TPID else None
                if port:
                    port.send(frame[:12] + frame[16:])
            else:
                vid = next(v for v, w in ports.items() if w is wire)
                self.trunk.send(frame[:12] + struct.pack("!HH", _TPID, vid) + frame[12:])
