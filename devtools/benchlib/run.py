# SPDX-License-Identifier: BSD-3-Clause
"""One run of one program in one case: from a folder of its own to a checked report.

Nothing here depends on how fast the machine is: the sources hold their packets until the program forwards (a gate
file), give a number of them, and the run is over when all of them were given and the sinks are quiet.
"""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

from .case import PORTS
from .say import BenchError

_BAD = ("bad_length", "bad_mac", "bad_vlan", "bad_ttl", "bad_checksum", "bad_egress")
# Frames that a program sends of its own accord (router advertisements and the like) and that a sink does not check
# are at most so many.
_OWN_FRAMES = 1000


def lost(report):
    """How many packets went in and did not come out."""
    return max(0, sum(p["given"] - (p["taken"] - p["small"]) for p in report["ports"]))


class Run:
    """packets: all ports together. rate: packets per second, all ports together; 0: as fast as they are taken.
    check: one packet in so many is looked at. patience: seconds to wait for anything."""

    def __init__(self, program, case, build, machine, packets=None, rate=0, latency=False, check=256, patience=120):
        self.program, self.case, self.build, self.machine = program, case, build, machine
        self.packets = packets or case.packets * program.lengthen
        self.rate, self.latency, self.check, self.patience = rate, latency, check, patience
        self.sources = PORTS        # ports 0.. that give packets; the others only take
        self.folder = tempfile.mkdtemp(prefix="xbench-")
        self.report_file = os.path.join(self.folder, "report.json")
        self.gate_file = os.path.join(self.folder, "gate")
        self.process = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def xbench(self, port, vlan=0, **more):
        """A port's device with its devargs."""
        case = self.case
        args = {"expect": self.program.expect, "report": self.report_file, "gate": self.gate_file,
                "check": self.check, "packets": self.packets // self.sources if port < self.sources else 0}
        if port < self.sources:
            args.update(flows=case.flows, size=case.size, dstfile=self._destinations(port))
            if case.zipf:
                args["zipf"] = case.zipf
            if self.rate:
                args["rate"] = self.rate // self.sources
        if self.latency:
            args["latency"] = 1
        if vlan:
            args.update(vlan=vlan, txvlan=vlan)
        args.update(more)
        return f"net_xbench{port}," + ",".join(f"{k}={v}" for k, v in args.items())

    def _destinations(self, port):
        routes = self.case.destinations(port, self.program.routes(self.case))
        lines = [f"{prefix} {egress}" for prefix, egress in routes]
        return self.write(f"destinations{port}", "\n".join(lines) + "\n")

    def interrupt(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)

    def report(self):
        try:
            with open(self.report_file, encoding="utf-8") as f:
                return json.load(f)
        except FileNotFoundError:
            return None

    def log(self, lines=25):
        try:
            with open(self.path("log"), encoding="utf-8", errors="replace") as f:
                return "".join(f.readlines()[-lines:])
        except FileNotFoundError:
            return ""

    def fail(self, why):
        """The folder stays, for who wants to know more."""
        raise BenchError(f"{self.case.name}: {self.program.name}, in {self.folder}: {why}\n{self.log()}".rstrip())

    def wait(self, what, condition):
        end = time.monotonic() + self.patience
        while True:
            value = condition()
            if value:
                return value
            if self.process.poll() is not None:
                self.fail(f"ended with status {self.process.returncode} before {what}")
            if time.monotonic() > end:
                self.fail(f"waited {self.patience} s in vain until {what}; report: {self.report()}")
            time.sleep(0.05)

    def _all_started(self):
        report = self.report()
        return report and len(report["ports"]) > 0 and all(p["started"] for p in report["ports"])

    def _done(self):
        report = self.report()
        return report if report and report["done"] else None

    def start(self):
        words = self.program.command(self)
        with open(self.path("log"), "wb") as log:
            log.write((" ".join(words) + "\n").encode())
            log.flush()
            self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=log, stderr=log, cwd=self.folder)
        self.wait("its ports are started", self._all_started)
        self.wait("it is ready to forward", lambda: self.program.ready(self))

    def open_gate(self):
        open(self.gate_file, "w", encoding="ascii").close()

    def forwarded(self):
        """The report when everything was forwarded, or lost."""
        return self.wait("all packets are forwarded", self._done)

    def forward(self):
        self.open_gate()
        return self.forwarded()

    def end(self):
        """Stop the program, whatever state it is in."""
        if self.process is None:
            return
        try:
            self.program.stop(self)
            self.process.wait(30)
        except (subprocess.TimeoutExpired, OSError, BenchError):
            self.process.kill()
            self.process.wait()
        finally:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()

    def checked(self, report, may_lose=False):
        """The report, when it shows what the case claims; else an error. may_lose: the case tells what was lost."""
        ports = report["ports"]
        given = sum(p["given"] for p in ports)
        came = sum(p["taken"] - p["small"] for p in ports)
        for p in ports:
            flaws = {k: p[k] for k in _BAD if p[k]}
            if flaws:
                self.fail(f"port {p['id']}: forwarded wrongly {flaws}, first: {p['first_flaw']} "
                          f"{p['first_frame']}")
        wanted = sum(self.packets // self.sources for _ in range(self.sources))
        missed = sum(p["missed"] for p in ports)
        if given + missed != wanted:
            self.fail(f"{given} packets were given, {missed} missed, {wanted} wanted")
        if came < given and not may_lose:
            self.fail(f"{given - came} of {given} packets were lost")
        if came > given + _OWN_FRAMES:
            self.fail(f"{came} packets came out of {given}")
        if self.check and sum(p["good"] for p in ports) * self.check * 2 < given:
            self.fail(f"only {sum(p['good'] for p in ports)} packets were checked")
        return report

    def whole(self):
        """Start, forward, stop, check. Returns the report; the folder is removed unless something failed."""
        try:
            self.start()
            report = self.forward()
        finally:
            self.end()
        self.checked(report)
        self.remove()
        return report

    def remove(self):
        shutil.rmtree(self.folder)
