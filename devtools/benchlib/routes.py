# SPDX-License-Identifier: BSD-3-Clause
"""Routes that come over the control socket: how fast a full table is learned, and what forwarding notices of churn."""
import dataclasses
import json
import socket
import threading
import time

from .case import GATEWAY, PORTS, Case, full_table, spread_24s
from .program import find
from .measure import Result
from .run import Run
from .special import Special, latency, resident_mb

_CALL = 8192        # prefixes of a call when a table is learned
_STEP = 1000        # and when routes change all the time


def _call(prefixes, port):
    request = {"jsonrpc": "2.0", "id": 1, "method": "route learn",
               "params": {"prefixes": prefixes, "via": GATEWAY.format(port=port)}}
    return json.dumps(request).encode() + b"\n"


class _Client:
    """The router's control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.replies = self.socket.makefile("rb")

    def answer(self):
        reply = json.loads(self.replies.readline())
        if "error" in reply:
            raise ValueError(reply["error"])

    def all(self, calls):
        """Send them one behind the other while replies are read. Returns the seconds it took."""
        start = time.monotonic()
        sender = threading.Thread(target=lambda: [self.socket.sendall(call) for call in calls])
        sender.start()
        for _ in calls:
            self.answer()
        sender.join()
        return time.monotonic() - start


@dataclasses.dataclass
class Learn(Special):
    """A full table over the control socket, in calls that are made beforehand."""
    case: Case = None
    routes: int = 1_000_000

    def shrunk(self, routes, flows, packets):
        return dataclasses.replace(super().shrunk(routes, flows, packets), routes=routes)

    def rows(self, build, machine, rounds):
        program = find("xebra")
        if program.excuse(self.case, build):
            return
        prefixes = full_table(self.routes)
        calls = [_call(prefixes[i:i + _CALL], i // _CALL % PORTS) for i in range(0, len(prefixes), _CALL)]
        runs = [self._learn(program, calls, build, machine) for _ in range(min(rounds, 3))]
        seconds, memory = min(runs)
        yield {"program": "xebra", "routes": len(prefixes), "learn_s": round(seconds, 2), "memory_mb": round(memory, 1)}

    def _learn(self, program, calls, build, machine):
        run = Run(program, self.case, build, machine, packets=2000, check=1)
        try:
            run.start()
            before = resident_mb(run.process.pid)
            seconds = _Client(run.path("xebra.sock")).all(calls)
            memory = resident_mb(run.process.pid) - before
            run.checked(run.forward())
        finally:
            run.end()
        run.remove()
        return seconds, memory


@dataclasses.dataclass
class Churn(Special):
    """Half of its pace is offered while routes change their gateway, `updates` of them a second."""
    case: Case = None
    updates: int = 100_000

    def shrunk(self, routes, flows, packets):
        # The pace is needed: more than a window.
        return super().shrunk(routes, flows, packets * 10)

    def rows(self, build, machine, rounds):
        program = find("xebra")
        if program.excuse(self.case, build):
            return
        pace = Result(program)
        for _ in range(2):
            pace.add(program.measure(self.case, build, machine, latency=True))
        rate = int(pace.mpps * 1e6 / 2)
        runs = [self._churn(program, rate, build, machine) for _ in range(min(rounds, 3))]
        report, done, seconds = min(runs, key=lambda run: sum(p["missed"] for p in run[0]["ports"]))
        yield {"program": "xebra", "mpps": round(rate / 1e6, 2), "updates_per_s": round(done / seconds), "lost": 0,
               **latency(report)}

    def _churn(self, program, rate, build, machine):
        prefixes = spread_24s(50 * _STEP)
        calls = [_call(prefixes[i:i + _STEP], port) for port in range(PORTS) for i in range(0, len(prefixes), _STEP)]
        run = Run(program, self.case, build, machine, packets=int(rate * self.seconds), rate=rate, latency=True, check=16)
        over = threading.Event()
        counts = []
        try:
            run.start()
            client = _Client(run.path("xebra.sock"))
            client.all(calls[:len(calls) // PORTS])
            changer = threading.Thread(target=self._change, args=(client, calls, over, counts))
            changer.start()
            try:
                report = run.checked(run.forward())     # a packet lost is an error
            finally:
                over.set()
                changer.join()
        finally:
            run.end()
        run.remove()
        if not counts:
            run.fail("no route changed while packets were forwarded")
        return report, *counts[0]

    def _change(self, client, calls, over, counts):
        """Calls at the pace wanted, each when the one before has been answered."""
        start, n = time.monotonic(), 0
        while not over.is_set() or n == 0:
            call = calls[(len(calls) // PORTS + n) % len(calls)]
            client.socket.sendall(call)
            client.answer()
            n += 1
            over.wait(max(0, start + n * _STEP / self.updates - time.monotonic()))
        counts.append((n * _STEP, time.monotonic() - start))
