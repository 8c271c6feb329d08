# SPDX-License-Identifier: BSD-3-Clause
"""UDP traffic of many flows at a steady rate, more than the network can carry, from a process of its own.

    load = Load(host, "10.0.2.2", 80)      # Mb/s
    ...
    load.stop()

Run as a program (inside a namespace) it is the sender: load.py ADDRESS RATE FLOWS SIZE.
"""
import ctypes
import os
import signal
import socket
import struct
import sys
import time

PORT = 40000
_STEP = 0.004       # s between bursts
_SO_ATTACH_FILTER = 26


def send(address, rate, flows, size):
    """Send for ever: `rate` Mb/s of frames of `size` bytes, packet by packet from one flow after the other."""
    sockets = []
    for n in range(flows):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("", PORT + n))
        s.connect((address, PORT))
        sockets.append(s)
    payload = bytes(size - 42)
    per_second = rate * 1e6 / 8 / size
    begun, sent = time.monotonic(), 0
    while True:
        due = int((time.monotonic() - begun) * per_second)
        if due - sent > per_second:     # we were stopped for a second: that is not made up for
            begun, sent = time.monotonic(), 0
            continue
        while sent < due:
            try:
                sockets[sent % flows].send(payload)
            except OSError:     # a full queue, or nobody there yet
                pass
            sent += 1
        time.sleep(_STEP)


def _skip_load():
    """A filter for a packet socket (classic BPF) that lets everything pass but the load's packets."""
    code = [(0x28, 0, 0, 12), (0x15, 0, 5, 0x0800),             # IPv4?
            (0x30, 0, 0, 23), (0x15, 0, 3, 17),                 # UDP?
            (0x28, 0, 0, 36), (0x15, 0, 1, PORT),               # to our port?
            (0x6, 0, 0, 0), (0x6, 0, 0, 0x40000)]
    return b"".join(struct.pack("HBBI", *line) for line in code)


def hear_no_load(wire):
    """From now on a Wire hears everything but loads, of which there may be more than it can take."""
    code = ctypes.create_string_buffer(_skip_load())
    program = struct.pack("HL", len(code) // 8, ctypes.addressof(code))
    wire.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, program)
    wire.drain()


class Load:
    """A sender in a Host's namespace."""

    def __init__(self, host, address, rate, flows=64, size=1400):
        self._process = host.popen(sys.executable, os.path.abspath(__file__), address, rate, flows, size)

    def stop(self):
        from .netns import stop_process
        stop_process(self._process, signal.SIGKILL)


if __name__ == "__main__":
    send(sys.argv[1], *map(int, sys.argv[2:]))
