# SPDX-License-Identifier: BSD-3-Clause
"""A file published and fetched by name, over Ethernet: the producer and the consumer of a CCN network.

    producer = Producer(Wire(system.host("blue-wan"), "eth0"), "/lab/readme", data)
    assert fetch(Wire(system.host("blue-lan"), "eth0"), router_mac, "/lab/readme") == data

The file is cut in segments /PREFIX/0, /PREFIX/1, ...; each says in its first four bytes how many there are.
"""
import os
import struct
import sys
import threading
import time

from . import tidy
from .wait import LONG, Timeout

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir))
import ndn  # noqa: E402

SEGMENT = 1000      # bytes
_WINDOW = 16        # Interests on the way
_AGAIN = 0.5        # s until one is repeated


def _frame(destination, source, packet):
    frame = bytes.fromhex(destination.replace(":", "")) + bytes.fromhex(source.replace(":", "")) + \
        struct.pack("!H", ndn.ETHER_TYPE) + packet
    return frame.ljust(60, b"\0")


def _packet(frame):
    """What a frame of CCN carries, or None."""
    if frame is None or struct.unpack("!H", frame[12:14])[0] != ndn.ETHER_TYPE:
        return None
    return ndn.parse(frame[14:])


class Producer(threading.Thread):
    """Answers Interests for the segments of a file until stop()."""

    def __init__(self, wire, prefix, content):
        super().__init__(daemon=True)
        self.wire = wire
        count = max(1, -(-len(content) // SEGMENT))
        self.segments = {f"{prefix}/{i}": struct.pack("!I", count) + content[i * SEGMENT:(i + 1) * SEGMENT]
                         for i in range(count)}
        self.answered = 0
        self._end = threading.Event()
        self._made = tidy.Made(f"producer of {prefix}", self.stop)
        self.start()

    def stop(self):
        self._made.undone()
        self._end.set()
        self.join()

    def run(self):
        while not self._end.is_set():
            try:
                frame = self.wire.recv_bytes(0.1)
            except (OSError, ValueError):       # the wire was closed
                return
            asked = _packet(frame)
            if asked is None or asked.payload == b"" or asked.type != ndn.INTEREST or asked.name not in self.segments:
                continue
            answer = ndn.link(ndn.data(asked.name, self.segments[asked.name]), token=asked.token)
            source = ":".join(f"{b:02x}" for b in frame[6:12])
            self.wire.send(_frame(source, self.wire.mac, answer))
            self.answered += 1


def fetch(wire, router_mac, prefix, timeout=LONG):
    """All of a file, by name."""
    segments, asked, count, nonce = {}, {}, None, 1
    deadline = time.monotonic() + timeout
    while count is None or len(segments) < count:
        now = time.monotonic()
        if now > deadline:
            raise Timeout(f"{prefix}: {len(segments)} of {count} segments have come in {timeout:.0f} s")
        missing = [i for i in range(1 if count is None else count) if i not in segments]
        for i in missing[:_WINDOW]:
            if now - asked.get(i, -1e9) > _AGAIN:
                wire.send(_frame(router_mac, wire.mac, ndn.interest(f"{prefix}/{i}", nonce=nonce)))
                asked[i] = now
                nonce += 1
        packet = _packet(wire.recv_bytes(0.05))
        if packet is None or packet.nack is not None or packet.type != ndn.DATA or packet.content is None:
            continue
        count = struct.unpack("!I", packet.content[:4])[0]
        segments[int(packet.name.rsplit("/", 1)[1])] = packet.content[4:]
    return b"".join(segments[i] for i in range(count))
