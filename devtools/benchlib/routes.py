# SPDX-License-Identifier: BSD-3-Clause
"""Routes that come over the control socket: how fast a full table is learned, and what forwarding notices of churn."""
import dataclasses
import threading
import time

from .case import PORTS, Case, full_table, spread_24s
from .control import Client, learn_calls
from .program import find
from .measure import Result
from .run import Run
from .special import Special, latency, resident_mb

_CHANGING = 50_000  # routes that change their gateway
_STEP = 1000        # of them in a call


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
        calls = learn_calls([prefixes[port::PORTS] for port in range(PORTS)])
        runs = [self._learn(program, calls, build, machine) for _ in range(min(rounds, 3))]
        seconds, memory = min(runs)
        yield {"program": "xebra", "routes": len(prefixes), "learn_s": round(seconds, 2), "memory_mb": round(memory, 1)}

    def _learn(self, program, calls, build, machine):
        run = Run(program, self.case, build, machine, packets=2000, check=1)
        try:
            run.start()
            before = resident_mb(run.process.pid)
            with Client(run.path("xebra.sock")) as client:
                seconds = client.all(calls)
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
        for name, updates in (("xebra", self.updates), ("xebra-calm", 0)):
            runs = [self._run(program, rate, updates, build, machine) for _ in range(min(rounds, 3))]
            report, changed = min(runs, key=lambda run: sum(p["missed"] for p in run[0]["ports"]))
            yield {"program": name, "mpps": round(rate / 1e6, 2), "updates_per_s": round(changed), "lost": 0,
                   **latency(report)}

    def _run(self, program, rate, updates, build, machine):
        """The report and the changes a second that there were."""
        calls = learn_calls([spread_24s(_CHANGING)] * PORTS, _STEP)
        run = Run(program, self.case, build, machine, packets=int(rate * self.seconds), rate=rate, latency=True, check=16)
        try:
            run.start()
            with Client(run.path("xebra.sock")) as client:
                client.all(calls[:len(calls) // PORTS])
                with _Changes(client, calls, updates) as changes:
                    report = run.checked(run.forward())     # a packet lost is an error
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
