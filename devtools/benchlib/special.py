# SPDX-License-Identifier: BSD-3-Clause
"""Cases whose result is no pace: latency, idleness, loading a table."""
import dataclasses
import json
import os
import time

from .case import Case
from .measure import Result, apart
from .output import not_measured, percent
from .program import find
from .run import Run
from .say import FAILURES, say, told
from .xebra import Xebra

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass
class Special:
    """A case that measures itself: rows() gives dicts with "program" and its figures, named with their units."""
    programs = ("xebra",)
    name: str
    title: str
    goals: tuple = ()
    quick: bool = False
    seconds: float = 1.0

    def shrunk(self, routes, flows, packets):
        return dataclasses.replace(self, case=self.case.shrunk(routes, flows, packets), seconds=0.2)

    def excuse(self, build):
        """Why it cannot be measured here, or None."""
        return find("xebra").excuse(self.case, build)

    def rows(self, build, machine, rounds):
        raise NotImplementedError

    def filled(self, build, machine, rounds):
        """The rows with the keys that every row of the JSON has."""
        excuse = self.excuse(build)
        if excuse:
            yield from (self.row(program=name, excuse=excuse) for name in self.programs)
        else:
            yield from (self.row(**row) for row in self.rows(build, machine, rounds))

    def row(self, **more):
        return {"case": self.name, "cycles_per_packet": None, "mpps": None, "peer": None, "ratio": None, **more}


def half_pace(programs, case, build, machine):
    """Packets per second: half of what the slowest of the programs does."""
    pace = []
    for program in programs:
        result = Result(program)
        for _ in range(2):
            result.add(program.measure(case, build, machine, latency=True))
        pace.append(result.mpps * 1e6)
    return int(min(pace) / 2)


@dataclasses.dataclass
class Latency(Special):
    """Half of the pace of the slower program is offered to each; the best run counts, as for the pace: that which missed
    least, and of these that with the least p99."""
    case: Case = None
    programs: tuple = ("xebra", "l3fwd-lpm")

    def shrunk(self, routes, flows, packets):
        # The pace is needed: more than a window.
        return super().shrunk(routes, flows, packets * 10)

    def excuse(self, build):
        """Each program has its own."""
        return None

    def rows(self, build, machine, rounds):
        excuses = {p: p.excuse(self.case, build) for p in map(find, self.programs)}
        yield from ({"program": p.name, "excuse": excuse} for p, excuse in excuses.items() if excuse)
        programs = [p for p, excuse in excuses.items() if not excuse]
        if not programs:
            return
        rate = half_pace(programs, self.case, build, machine)
        seen = {p.name: [] for p in programs}
        for i in range(rounds):
            for p in programs if i % 2 == 0 else programs[::-1]:
                report = p.measure(self.case, build, machine, packets=int(rate * self.seconds), rate=rate, latency=True,
                                   check=16)
                seen[p.name].append(latency(report))
        for name, runs in seen.items():
            best = min(runs, key=lambda run: (run["missed_percent"], run["p99_us"]))
            yield {"program": name, "mpps": round(rate / 1e6, 2), **best}


def latency(report):
    """The sinks' quantiles, of the slower port, and the share that a NIC would have dropped."""
    sinks = [p["latency_ns"] for p in report["ports"] if "latency_ns" in p]
    given = sum(p["given"] + p["missed"] for p in report["ports"])
    return {**{f"{q}_us": max(s[q] for s in sinks) / 1000 for q in ("p50", "p99", "p999")},
            "missed_percent": round(100 * sum(p["missed"] for p in report["ports"]) / given, 4)}


class _Adaptive(Xebra):
    """As a user runs it who says nothing about polling."""
    polling = "adaptive"


@dataclasses.dataclass
class Idle(Special):
    """CPU time of all threads while nothing comes, then the latency of 1000 packets a second."""
    case: Case = None

    def rows(self, build, machine, rounds):
        program = _Adaptive()
        run = Run(program, self.case, build, machine, packets=int(1000 * self.seconds), rate=1000, latency=True, check=1)
        try:
            run.start()
            before, start = _cpu_time(run.process.pid), time.monotonic()
            time.sleep(self.seconds)
            busy = (_cpu_time(run.process.pid) - before) / (time.monotonic() - start)
            report = run.checked(run.forward())
        finally:
            run.end()
        run.remove()
        yield {"program": "xebra", "idle_cpu_percent": round(100 * busy, 2),
               **{f"wake_up_{k}": v for k, v in latency(report).items()}}


def _cpu_time(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def resident_mb(pid):
    """Ordinary and huge pages."""
    kb = 0
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        for line in f:
            if line.startswith(("VmRSS:", "HugetlbPages:")):
                kb += int(line.split()[1])
    return kb / 1024


class _Prepared(Xebra):
    """The text of a large table is made once for all runs."""

    def __init__(self, case):
        self.text = json.dumps(super().configured(case))

    def configured(self, case):
        return {}

    def config_file(self, run):
        path = run.path("config.json")
        if not os.path.exists(path):
            run.write("config.json", json.dumps(self.config(run)).replace('"routes": {}', f'"routes": {self.text}'))
        return path


@dataclasses.dataclass
class Table(Special):
    """Start with a full table in the configuration file; the memory is what the process has more than with one route."""
    case: Case = None

    def rows(self, build, machine, rounds):
        program = _Prepared(self.case)
        small, few = self._start(find("xebra"), dataclasses.replace(self.case, table=self.case.routes[:1]), build, machine)
        runs = [self._start(program, self.case, build, machine) for _ in range(min(rounds, 2))]
        best, memory = min(runs)
        yield {"program": "xebra", "routes": len(self.case.routes), "start_s": round(best, 2),
               "start_with_one_route_s": round(small, 2), "memory_mb": round(memory - few, 1),
               "spread": apart(seconds for seconds, _ in runs)}

    def _start(self, program, case, build, machine):
        run = Run(program, case, build, machine, packets=1000, check=1)
        program.config_file(run)
        start = time.monotonic()
        try:
            run.start()
            seconds, memory = time.monotonic() - start, resident_mb(run.process.pid)
            run.checked(run.forward())
        finally:
            run.end()
        run.remove()
        return seconds, memory


def figures(row):
    """A row's own figures, for people."""
    return {k: percent(v) if k == "spread" else v for k, v in row.items()
            if v is not None and k not in ("case", "program")}


def _text(row):
    return not_measured(row) or ", ".join(f"{k} {v}" for k, v in figures(row).items())


def run(special, build, machine, rounds):
    """Rows, the text for people, and whether something failed."""
    rows, failed = [], False
    try:
        for row in special.filled(build, machine, rounds):
            rows.append(row)
    except FAILURES as e:
        error, failed = told(e, special.name), True
        say(error)
        seen = [row["program"] for row in rows]
        rows += [special.row(program=name, error=error) for name in special.programs if name not in seen]
    lines = [f"{special.name}: {special.title}", *(f"  {row['program']:<20} {_text(row)}" for row in rows)]
    return rows, "\n".join(lines), failed
