# SPDX-License-Identifier: BSD-3-Clause
"""A memif client in Python: a guest of a VF that sends what it wants, also into rings that it has broken.

    guest = Memif(nic.path(0))
    guest.send(Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / ...)
    packet = guest.expect("the answer", lambda p: ARP in p)

It speaks the protocol by the letter unless told otherwise: `region`, `ring` and `desc` are the shared memory itself.
"""
import array
import fcntl
import mmap
import os
import select
import socket
import struct
import time

from scapy.layers.l2 import Ether

from . import tidy
from .wait import LONG, Timeout, wait_until

ACK, HELLO, INIT, ADD_REGION, ADD_RING, CONNECT, CONNECTED, DISCONNECT = range(1, 9)
_COOKIE, _VERSION, _LEN = 0x3E31F20, 0x200, 128
_F_ADD_SEALS, _F_SEAL_SHRINK = 1033, 2
_BUFFER = 2048
_HEAD, _TAIL, _DESCS = 6, 64, 128      # places in a ring
NEXT = 1


class Refused(AssertionError):
    """The NIC ended the connection; the text is its reason."""


class Ring:
    """One ring in the shared memory."""

    def __init__(self, memory, offset, log2, buffers):
        self.memory, self.offset, self.log2, self.size = memory, offset, log2, 1 << log2
        struct.pack_into("=IHH", memory, offset, _COOKIE, 0, 0)
        struct.pack_into("=H", memory, offset + _TAIL, 0)
        for i in range(self.size):
            self.desc(i, 0, 0, _BUFFER, buffers + i * _BUFFER)

    def desc(self, index, flags, region, length, offset):
        """Write a descriptor."""
        struct.pack_into("=HHII", self.memory, self._desc(index), flags, region, length, offset)

    def read_desc(self, index):
        """(flags, region, length, offset)"""
        return struct.unpack_from("=HHII", self.memory, self._desc(index))

    def _desc(self, index):
        return self.offset + _DESCS + 16 * (index % self.size)

    @property
    def head(self):
        return struct.unpack_from("=H", self.memory, self.offset + _HEAD)[0]

    @head.setter
    def head(self, value):
        # Not with pack_into(), which writes zeros first: the NIC would see a head of 0 and hang up.
        at = self.offset + _HEAD
        self.memory[at:at + 2] = struct.pack("=H", value & 0xffff)

    @property
    def tail(self):
        return struct.unpack_from("=H", self.memory, self.offset + _TAIL)[0]

    @tail.setter
    def tail(self, value):
        at = self.offset + _TAIL
        self.memory[at:at + 2] = struct.pack("=H", value & 0xffff)


def sealed_memory(size, seals=_F_SEAL_SHRINK):
    """A memfd of so many bytes."""
    fd = os.memfd_create("xbt", os.MFD_ALLOW_SEALING)
    os.ftruncate(fd, size)
    if seals:
        fcntl.fcntl(fd, _F_ADD_SEALS, seals)
    return fd


class Memif:
    """One client. With connect=False nothing is said: use call()."""

    def __init__(self, path, log2=8, connect=True):
        self.path, self.log2 = path, log2
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(LONG)
        self.socket.connect(path)
        self._made = tidy.Made(f"memif client of {path}", self.close)
        kind, self.hello = self.hear()
        assert kind == HELLO, self.hello
        self._taken = 0
        self._sent = 0
        if connect:
            self.share()
            self.connect()

    def close(self):
        """Hang up, in the middle of whatever it is."""
        self._made.undone()
        self.socket.close()

    # The conversation

    def say(self, kind, payload=b"", fd=None):
        message = struct.pack("=H", kind) + payload
        message += bytes(_LEN - len(message))
        more = [] if fd is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        self.socket.sendmsg([message], more)

    def hear(self):
        """(type, payload) of the next message."""
        try:
            message = self.socket.recv(_LEN)
        except ConnectionError as e:
            raise Refused(str(e)) from e
        if len(message) != _LEN:
            raise Refused("hung up")
        return struct.unpack("=H", message[:2])[0], message[2:]

    def call(self, kind, payload=b"", fd=None):
        """Say something and take the answer; Refused when it is a DISCONNECT."""
        try:
            self.say(kind, payload, fd)
        except OSError:
            pass        # the reason may still be there to read
        answer, text = self.hear()
        if answer == DISCONNECT:
            raise Refused(text[4:].split(b"\0")[0].decode())
        return answer

    def init(self, version=_VERSION, interface=0, mode=0):
        return self.call(INIT, struct.pack("=HIB24s32s", version, interface, mode, b"", b"xbt"))

    def share(self):
        """INIT and ADD_REGION."""
        self.init()
        ring = _DESCS + (16 << self.log2)
        size = 2 * ring + 2 * (_BUFFER << self.log2)
        fd = sealed_memory(size)
        self.memory = mmap.mmap(fd, size)
        self.to_nic = Ring(self.memory, 0, self.log2, 2 * ring)
        self.from_nic = Ring(self.memory, ring, self.log2, 2 * ring + (_BUFFER << self.log2))
        self.add_region(0, size, fd)
        os.close(fd)

    def add_region(self, index, size, fd):
        return self.call(ADD_REGION, struct.pack("=HQ", index, size), fd)

    def add_ring(self, to_nic, index, region, offset, log2):
        event = os.eventfd(0)
        try:
            return self.call(ADD_RING, struct.pack("=HHHIBH", 1 if to_nic else 0, index, region, offset, log2, 0), event)
        finally:
            os.close(event)

    def connect(self):
        """ADD_RING, CONNECT; the NIC has all buffers to write to."""
        self.add_ring(True, 0, 0, self.to_nic.offset, self.log2)
        self.add_ring(False, 0, 0, self.from_nic.offset, self.log2)
        assert self.call(CONNECT, b"xbt") == CONNECTED
        self.from_nic.head = self.from_nic.size

    # Frames

    def send(self, *packets, timeout=LONG):
        """Send frames, waiting for room."""
        for packet in packets:
            data = bytes(packet)
            self._wait_for_room(timeout)
            _, _, _, offset = self.to_nic.read_desc(self._sent)
            self.memory[offset:offset + len(data)] = data
            self.to_nic.desc(self._sent, 0, 0, len(data), offset)
            self._sent += 1
            self.to_nic.head = self._sent

    def room(self):
        """Frames that can be sent now."""
        return self.to_nic.size - ((self._sent - self.to_nic.tail) & 0xffff)

    def _wait_for_room(self, timeout):
        if self.room() == 0:
            wait_until(f"the NIC takes frames of {self.path}", lambda: self.room() > 0, timeout, 0.001)

    def sent(self, timeout=LONG):
        """Wait until the NIC has taken everything."""
        wait_until(f"the NIC has taken all of {self.path}", lambda: self.room() == self.to_nic.size, timeout, 0.002)

    def flood(self, frames, seconds):
        """Send frames over and over as fast as Python can, without looking at the result. Returns how many."""
        end, begun = time.monotonic() + seconds, self._sent
        frames = [bytes(f) for f in frames]
        while time.monotonic() < end:
            for frame in frames[:max(1, min(self.room(), len(frames)))]:
                if self.room() == 0:
                    break
                self.send(frame)
        return self._sent - begun

    def recv_bytes(self, timeout=LONG):
        """The next frame as bytes, or None."""
        deadline = time.monotonic() + timeout
        while self.from_nic.tail == self._taken & 0xffff:
            if time.monotonic() >= deadline:
                return None
            if select.select([self.socket], [], [], 0.001)[0]:
                kind, text = self.hear()
                raise Refused(text[4:].split(b"\0")[0].decode() if kind == DISCONNECT else f"message {kind}")
        data, more = b"", True
        while more:
            flags, _, length, offset = self.from_nic.read_desc(self._taken)
            data += self.memory[offset:offset + length]
            self.from_nic.desc(self._taken, 0, 0, _BUFFER, offset)
            self._taken += 1
            more = flags & NEXT
        self.from_nic.head = self._taken + self.from_nic.size
        return data

    def recv(self, timeout=LONG):
        data = self.recv_bytes(timeout)
        return None if data is None else Ether(data)

    def drain(self):
        n = 0
        while self.recv_bytes(0) is not None:
            n += 1
        return n

    def expect(self, what, match, timeout=LONG):
        """The first frame for which match(packet) is true."""
        seen = []
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            packet = self.recv(left)
            if packet is None:
                break
            if match(packet):
                return packet
            seen.append(packet.summary())
        raise Timeout(f"waited {timeout:.0f} s for {what} at {self.path}; arrived: {seen[-20:] or 'nothing'}")

    def refused(self, timeout=LONG):
        """Wait until the NIC ends the connection. Returns its reason."""
        self.socket.settimeout(timeout)
        while True:
            kind, text = self.hear()
            if kind == DISCONNECT:
                return text[4:].split(b"\0")[0].decode()
