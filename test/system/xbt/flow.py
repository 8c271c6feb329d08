# SPDX-License-Identifier: BSD-3-Clause
"""A stream of numbered packets of which not one may be missing.

The machine may be slow and sockets have limited buffers, so only a few packets are on the way at any time: one that
does not arrive then was lost by the router.
"""
import struct
import threading
import time

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from .wait import LONG

_WINDOW = 16        # packets on the way
_PORT = 40999


class Flow(threading.Thread):
    """UDP packets from one wire through the router to another, in the background until stop()."""

    def __init__(self, source, destination, router_mac, source_ip, destination_ip):
        """source, destination: Wire. router_mac: of the interface that `source` is connected to."""
        super().__init__(daemon=True)
        self.source = source
        self.destination = destination
        packet = bytes(Ether(src=source.mac, dst=router_mac) / IP(src=source_ip, dst=destination_ip) /
                       UDP(sport=_PORT, dport=_PORT, chksum=0) / Raw(struct.pack("!Q", 0) + b"." * 32))
        self._head, self._tail = packet[:42], packet[50:]
        self.sent = 0
        self.arrived = set()
        self.twice = 0
        self._end = threading.Event()
        self._error = None

    def run(self):
        try:
            while not self._end.is_set() or len(self.arrived) < self.sent:
                self._round()
        except Exception as e:      # told by stop()
            self._error = e

    def _round(self):
        while not self._end.is_set() and self.sent - len(self.arrived) < _WINDOW:
            self.source.send(self._head + struct.pack("!Q", self.sent) + self._tail)
            self.sent += 1
        deadline = time.monotonic() + LONG
        while not self._receive(0.05):
            if time.monotonic() >= deadline:
                missing = sorted(set(range(self.sent)) - self.arrived)
                raise AssertionError(f"{len(missing)} of {self.sent} packets did not arrive: {missing[:20]}")

    def _receive(self, timeout):
        data = self.destination.recv_bytes(timeout)
        if data is None or data[12:14] != b"\x08\x00" or data[34:38] != struct.pack("!HH", _PORT, _PORT):
            return self._end.is_set() and len(self.arrived) == self.sent
        number = struct.unpack("!Q", data[42:50])[0]
        self.twice += number in self.arrived
        self.arrived.add(number)
        return True

    def wait_for_more(self, packets=200, timeout=LONG):
        """Wait until so many more packets have arrived (or the flow has failed)."""
        goal, deadline = len(self.arrived) + packets, time.monotonic() + timeout
        while len(self.arrived) < goal and self.is_alive():
            assert time.monotonic() < deadline, f"only {len(self.arrived)} of {goal} packets in {timeout} s"
            time.sleep(0.02)

    def stop(self):
        """End the stream. Returns the number of packets; an AssertionError when one was lost or came twice."""
        self._end.set()
        self.join(2 * LONG)
        if self._error:
            raise self._error
        assert not self.is_alive(), "the stream does not end"
        assert self.twice == 0, f"{self.twice} packets came twice"
        return len(self.arrived)
