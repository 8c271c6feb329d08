# SPDX-License-Identifier: BSD-3-Clause
"""The Linux kernel as a router, at its best.

Packets enter the stack of a router's namespace through BPF_PROG_TEST_RUN with live frames (what xdp-trafficgen of
xdp-tools does): the kernel's own loop hands pages to an XDP program, which writes the frame and passes it to the stack
as if veth "in" had received it. They are routed, and leave through veth "out"; an XDP program at its other end drops those
that were routed well, so no socket, system call or second program is in the way. The time is the CPU time of the
calls, soft interrupts included.
"""
import ctypes
import os
import socket
import struct
import subprocess
import time

from .program import Program, register
from .say import BenchError

_SYS_BPF = {"x86_64": 321, "aarch64": 280}
_PROG_LOAD, _PROG_TEST_RUN = 5, 10
_PROG_TYPE_XDP = 6
_LIVE_FRAMES = 1 << 1
_XDP_DROP, _XDP_PASS = 1, 2
_WINDOW = 400_000       # a call has a price of its own, some 10 ms
_WINDOWS = 6
_OFF_TTL = 22
_libc = ctypes.CDLL(None, use_errno=True)


def _insn(code, dst=0, src=0, off=0, imm=0):
    return struct.pack("<BBhi", code, src << 4 | dst, off, imm)


def _bounds(length, if_short):
    """r2 = data; jump so many instructions when the packet is shorter than length."""
    return (_insn(0x61, 2, 1, 0) + _insn(0x61, 3, 1, 4) + _insn(0xbf, 4, 2) + _insn(0x07, 4, imm=length)
            + _insn(0x2d, 4, 3, if_short))


def _return(value):
    return _insn(0xb7, 0, imm=value) + _insn(0x95)


def _writer(frame):
    """XDP program: write the frame's first 56 bytes, pass it to the stack."""
    words = struct.unpack("<7Q", frame[:56])
    body = b"".join(
        _insn(0x18, 5, imm=struct.unpack("<i", struct.pack("<I", w & 0xffffffff))[0])
        + _insn(0, imm=struct.unpack("<i", struct.pack("<I", w >> 32))[0]) + _insn(0x7b, 2, 5, 8 * i)
        for i, w in enumerate(words))
    return _bounds(56, len(body) // 8 + 2) + body + _return(_XDP_PASS) + _return(_XDP_DROP)


def _judge():
    """XDP program: drop what has a TTL of 63, pass the rest to a stack that does not want it."""
    return (_bounds(34, 4) + _insn(0x71, 5, 2, _OFF_TTL) + _insn(0x55, 5, 0, 2, 63) + _return(_XDP_DROP)
            + _return(_XDP_PASS))


def _bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes.ljust(128, b"\0"), 128)
    number = _SYS_BPF.get(os.uname().machine)
    result = _libc.syscall(number, command, buffer, 128) if number else -1
    if result < 0:
        raise BenchError(f"kernel: bpf command {command}: {os.strerror(ctypes.get_errno())}")
    return result


def _load(program):
    code = ctypes.create_string_buffer(program, len(program))
    licence = ctypes.create_string_buffer(b"GPL")
    return _bpf(_PROG_LOAD, struct.pack("<IIQQ", _PROG_TYPE_XDP, len(program) // 8, ctypes.addressof(code),
                                        ctypes.addressof(licence)))


def _inject(program, frame, ifindex, repeat):
    data = ctypes.create_string_buffer(frame, len(frame))
    context = struct.pack("<6I", 0, len(frame), 0, ifindex, 0, 0)
    ctx = ctypes.create_string_buffer(context, len(context))
    _bpf(_PROG_TEST_RUN, struct.pack("<IIIIQQIIIIQQII", program, 0, len(frame), 0, ctypes.addressof(data), 0, repeat, 0,
                                     len(context), 0, ctypes.addressof(ctx), 0, _LIVE_FRAMES, 0))


def _checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def _frame():
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 46, 1, 0, 64, 17, 0, socket.inet_aton("10.0.0.2"),
                     socket.inet_aton("198.18.1.1"))
    ip = ip[:10] + struct.pack("!H", _checksum(ip)) + ip[12:]
    return b"\2XB\0\0\1" + b"\2XB\0\0\2" + b"\x08\0" + ip \
        + struct.pack("!HHHH", 1024, 9, 26, 0) + bytes(18)


_SETUP = """
ip link add in address 02:58:42:00:00:01 type veth peer name in_host
ip link add out type veth peer name out_host
ip link set lo up
ip link set in_host up
ip link set in up
ip link set out up
ip link set out_host up
ip addr add 10.0.0.1/24 dev in
ip addr add 10.1.0.1/24 dev out
ip neigh add 10.1.0.2 lladdr 02:58:42:00:01:02 dev out
ip route add 198.18.1.0/24 via 10.1.0.2
sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.in.rp_filter=0
"""
_NLA_F_NESTED, _IFLA_XDP = 0x8000, 43


def _attach_xdp(ifindex, program):
    """RTM_SETLINK with IFLA_XDP { FD, FLAGS }: what `ip link set dev X xdp` does, for a program that has no ELF."""
    nested = struct.pack("<HHI", 8, 1, program) + struct.pack("<HHI", 8, 3, 0)
    body = struct.pack("<BBHiII", 0, 0, 0, ifindex, 0, 0) \
        + struct.pack("<HH", 4 + len(nested), _NLA_F_NESTED | _IFLA_XDP) + nested
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as s:
        s.bind((0, 0))
        s.send(struct.pack("<IHHII", 16 + len(body), 19, 5, 1, 0) + body)
        error = struct.unpack_from("<i", s.recv(4096), 16)[0]
    if error:
        raise BenchError(f"kernel: XDP program not attached: {os.strerror(-error)}")


def _dropped_by_judge():
    """Packets that arrived behind "out" as they should."""
    text = subprocess.run(["ethtool", "-S", "out_host"], capture_output=True, text=True, check=True).stdout
    return sum(int(line.split(":")[1]) for line in text.splitlines() if "xdp_drops" in line)


def _child(cpu, windows, window, pipe):
    """In a network namespace of its own: set up, inject, count."""
    if _libc.unshare(0x40000000) != 0:
        raise BenchError("kernel: no network namespace to be had")
    for line in _SETUP.strip().splitlines():
        subprocess.run(line.split(), check=True)
    os.sched_setaffinity(0, [cpu])
    frame = _frame()
    _attach_xdp(socket.if_nametoindex("out_host"), _load(_judge()))
    program, ifindex = _load(_writer(frame)), socket.if_nametoindex("in")
    _inject(program, frame, ifindex, 1024)
    before, times = _dropped_by_judge(), []
    for _ in range(windows):
        start = time.thread_time_ns()
        _inject(program, frame, ifindex, window)
        times.append((time.thread_time_ns() - start) / window)
    came = _dropped_by_judge() - before
    if came != windows * window:
        raise BenchError(f"kernel: {came} of {windows * window} packets were routed")
    os.write(pipe, struct.pack(f"{len(times)}d", *times))


@register
class Kernel(Program):
    name = "kernel"

    def excuse(self, case, build):
        try:
            os.close(_load(_return(_XDP_PASS)))
        except BenchError as e:
            return f"cannot be fed here: {e}"
        return None

    def measure(self, case, build, machine, packets=None, **more):
        """A report like net_xbench's; the clock is in ns."""
        windows, window = (1, packets) if packets else (_WINDOWS, _WINDOW)
        r, w = os.pipe()
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                os.close(r)
                _child(machine.workers(1)[0], windows, window, w)
                status = 0
            except (BenchError, OSError, subprocess.SubprocessError) as e:
                os.write(w, str(e).encode())
            finally:
                os._exit(status)
        os.close(w)
        with os.fdopen(r, "rb") as pipe:
            data = pipe.read()
        if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) != 0:
            raise BenchError(data.decode(errors="replace") or "kernel: ended early")
        times = sorted(struct.unpack(f"{len(data) // 8}d", data))
        return {"tsc_hz": 1e9, "lcores": [{"min": times[0], "p50": times[len(times) // 2]}]}
