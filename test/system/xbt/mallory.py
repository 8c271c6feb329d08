# SPDX-License-Identifier: BSD-3-Clause
"""A guest that tries to get out of its virtual network: a memif client which sends what no honest one does.

    mallory = Mallory(nic.path(2), nic.mac(2), other_vlan=2)
    mallory.start()
    ...
    mallory.stop()
    assert mallory.found_in(watch) == 0     # a Wire in the other network
"""
import struct
import threading

from .memif import Memif

MARK = b"this was sent by mallory"
BROADCAST = b"\xff" * 6
_VICTIMS = (b"\x02\0\0\0\x02\x01", b"\x02\0\0\0\x02\x02")     # red's router and red-wan


def _tag(vlan, tpid=0x8100, priority=0):
    return struct.pack("!HH", tpid, priority << 13 | vlan)


def _frame(destination, source, *tags, kind=0x88b5, size=60):
    body = b"".join(tags) + struct.pack("!H", kind) + MARK
    return (destination + source + body).ljust(size, b".")


def _arp(source, target):
    return BROADCAST + source + struct.pack("!HHHBBH", 0x806, 1, 0x800, 6, 4, 1) + source + bytes([10, 0, 2, 1]) + \
        bytes(6) + bytes(target) + MARK


class Mallory(threading.Thread):
    """mac: the VF's own address, as text; vlan, other_vlan: its network's and the other one's."""

    def __init__(self, path, mac, vlan=3, other_vlan=2, pause=0.002):
        super().__init__(daemon=True)
        self._memif = Memif(path)
        self._pause = pause
        self._end = threading.Event()
        self.sent = 0
        self.error = None
        me = bytes.fromhex(mac.replace(":", ""))
        self.frames = {
            "the other VLAN's tag": [_frame(d, me, _tag(other_vlan)) for d in (*_VICTIMS, BROADCAST)],
            "its own VLAN's tag": [_frame(BROADCAST, me, _tag(vlan))],
            "double tags": [_frame(d, me, _tag(vlan, tpid), _tag(other_vlan)) for d in (_VICTIMS[0], BROADCAST)
                            for tpid in (0x8100, 0x88a8)],
            "priority tags": [_frame(d, me, _tag(0, priority=7), _tag(other_vlan)) for d in (_VICTIMS[1], BROADCAST)] +
                             [_frame(BROADCAST, me, _tag(0, priority=7))],
            "forged addresses": [_frame(d, source) for source in (*_VICTIMS, b"\x02" + bytes(5), BROADCAST)
                                 for d in (*_VICTIMS, BROADCAST)],
            "many addresses": [_frame(BROADCAST, b"\x02\x66" + struct.pack("!I", n)) for n in range(32)],
            "broadcasts and multicasts": [_frame(d, me) for d in (BROADCAST, b"\x01\0\x5e\0\0\x05", b"\x33\x33\0\0\0\x01",
                                                                  b"\x01\x80\xc2\0\0\0")],
            "ARP for the other side": [_arp(me, (10, 0, 2, 2)), _arp(_VICTIMS[0], (10, 0, 2, 2))],
            "unicast to the other side": [_frame(d, me) for d in _VICTIMS],
            "jumbo frames and runts": [_frame(BROADCAST, me, size=2000), BROADCAST + me, b"\x01", MARK[:13]],
        }

    def kinds(self):
        return list(self.frames)

    def run(self):
        frames = [frame for some in self.frames.values() for frame in some]
        try:
            while not self._end.wait(self._pause):
                for frame in frames[:self._memif.room()]:
                    self._memif.send(frame)
                    self.sent += 1
                frames = frames[1:] + frames[:1]        # each comes first sometimes
        except Exception as e:      # told by stop()
            self.error = e

    def stop(self):
        self._end.set()
        self.join()
        self._memif.close()
        if self.error:
            raise self.error

    @staticmethod
    def found_in(wire):
        """How many of the frames that have arrived at a Wire were Mallory's."""
        found = 0
        while (frame := wire.recv_bytes(0.2)) is not None:
            found += MARK in frame
        return found
