# SPDX-License-Identifier: BSD-3-Clause
"""Routes that come over the control socket: how fast a full table is learned, and what forwarding notices of churn."""
import dataclasses
import threading
import time

from .case import PORTS, Case, full_table, spread_24s
from .control import Client, learn_calls
from .program import find
from .measure import apart
from .run import Run, lost
from .special import Special, half_pace, latency, resident_mb

_CHANGING = 50_000  # routes that change their gateway
_STEP = 1000        # of them in a call


@dataclasses.dataclass
class Learn(Special):
    """A full table over the control socket, in calls that are made beforehand, while half of the pace is offered."""
    case: Case = None
    routes: int = 1_000_000

    def shrunk(self, routes, flows, packets):
        # The pace is needed: more than a window.
        return dataclasses.replace(super().shrunk(routes, flows, packets * 10), routes=routes)

    def rows(self, build, machine, rounds):
        program = find("xebra")
        prefixes = full_table(self.routes)
        calls = learn_calls([prefixes[port::PORTS] for port in range(PORTS)])
        rate = half_pace([program], self.case, build, machine)
        runs = [self._learn(program, rate, calls, build, machine) for _ in range(min(rounds, 3))]
        seconds, memory, report = min(runs, key=lambda run: run[0])
        yield {"program": "xebra", "mpps": round(rate / 1e6, 2), "routes": len(prefixes), "learn_s": round(seconds, 2),
               "memory_mb": round(memory, 1), "spread": apart(run[0] for run in runs),
               "lost": sum(lost(run[2]) for run in runs), **latency(report)}

    def _learn(self, program, rate, calls, build, machine):
        run = Run(program, self.case, build, machine, packets=int(rate * self.seconds), rate=rate, latency=True, check=16)
        try:
            run.start()
            before = resident_mb(run.process.pid)
            with Client(run.path("xebra.sock")) as client:
                run.open_gate()
                seconds = client.all(calls)
            memory = resident_mb(run.process.pid) - before
            report = run.checked(run.forwarded(), may_lose=True)
        finally:
            run.end()
        run.remove()
        return seconds, memory, report


@dataclasses.dataclass
class Churn(Special):
    """Half of its pace is offered while routes change their gateway, `updates` of them a second. The run told of is the
    middle one by what it missed; what any of them lost is told."""
    programs = ("xebra", "xebra-calm")
    case: Case = None
    updates: int = 100_000

    def shrunk(self, routes, flows, packets):
        # The pace is needed: more than a window.
        return super().shrunk(routes, flows, packets * 10)

    def rows(self, build, machine, rounds):
        program = find("xebra")
        rate = half_pace([program], self.case, build, machine)
        for name, updates in (("xebra", self.updates), ("xebra-calm", 0)):
            runs = [self._run(program, rate, updates, build, machine) for _ in range(min(rounds, 3))]
            report, changed = sorted(runs, key=lambda run: sum(p["missed"] for p in run[0]["ports"]))[len(runs) // 2]
            yield {"program": name, "mpps": round(rate / 1e6, 2), "updates_per_s": round(changed),
                   "lost": sum(lost(run[0]) for run in runs), **latency(report)}

    def _run(self, program, rate, updates, build, machine):
        """The report and the changes a second that there were."""
        calls = learn_calls([spread_24s(_CHANGING)] * PORTS, _STEP)
        run = Run(program, self.case, build, machine, packets=int(rate * self.seconds), rate=rate, latency=True, check=16)
        try:
            run.start()
            with Client(run.path("xebra.sock")) as client:
                client.all(calls[:len(calls) // PORTS])
                with _Changes(client, calls, updates) as changes:
                    report = run.checked(run.forward(), may_lose=True)
        finally:
            run.end()
        if updates and not changes.done:
            run.fail("no route changed while packets were forwarded")
        run.remove()
        return report, changes.done / changes.seconds


class _Changes(threading.Thread):
    """While this is open: calls at the pace wanted, each when the one before has been answered."""

    def __init__(self, client, calls, pace):
        super().__init__(daemon=True)
        self.client, self.calls, self.pace = client, calls, pace
        self.done, self.seconds = 0, 1
        self.over = threading.Event()

    def __enter__(self):
        if self.pace:
            self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        if self.pace:
            self.join()

    def run(self):
        start, n = time.monotonic(), 0
        while not self.over.is_set() or n == 0:
            # The first port's calls have been: the other's are next.
            self.client.socket.sendall(self.calls[(len(self.calls) // PORTS + n) % len(self.calls)])
            self.client.answer()
            n += 1
            self.over.wait(max(0, start + n * _STEP / self.pace - time.monotonic()))
        self.done, self.seconds = n * _STEP, time.monotonic() - start
