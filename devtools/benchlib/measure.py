# SPDX-License-Identifier: BSD-3-Clause
"""Runs in turn, and what they are worth.

The machine may be shared, with neighbours that nobody sees: a median says more about them than about the program. What
repeats is the shortest window of a program over many runs, and best of all the ratio of two programs' shortest windows
when their runs alternate: A B C, then C B A, and so on, so that a slow phase meets all of them.
"""
import dataclasses
import statistics

from .say import FAILURES, BenchError, say, told

MIN_ROUNDS = 5
# How far the shortest windows of a program's best runs may lie apart for a verdict.
AGREE = 0.03
_BEST = 3


def apart(values):
    """How far the best lie apart, as a share of the best; None when there is only one."""
    best = sorted(values)[:_BEST]
    return round(best[-1] / best[0] - 1, 4) if len(best) > 1 else None


@dataclasses.dataclass
class Result:
    """What a program needed in a case. minima: the shortest window of each run, TSC cycles a packet."""
    program: object
    minima: list = dataclasses.field(default_factory=list)
    medians: list = dataclasses.field(default_factory=list)
    tsc_hz: float = 0
    excuse: str = ""
    error: str = ""

    def add(self, report):
        # Several workers: packets per second add up, so cycles a packet do as resistances in parallel.
        self.tsc_hz = report["tsc_hz"]
        lcores = report["lcores"]
        if not lcores:
            raise BenchError(f"{self.program.name}: the run was shorter than one window")
        self.minima.append(1 / sum(1 / lcore["min"] for lcore in lcores))
        self.medians.append(1 / sum(1 / lcore["p50"] for lcore in lcores))

    @property
    def cycles(self):
        return min(self.minima)

    @property
    def mpps(self):
        return self.tsc_hz / self.cycles / 1e6

    @property
    def ns(self):
        return self.cycles / self.tsc_hz * 1e9

    @property
    def median_ns(self):
        return statistics.median(self.medians) / self.tsc_hz * 1e9

    @property
    def spread(self):
        return apart(self.minima)

    @property
    def noisy(self):
        return len(self.minima) < _BEST or self.spread > AGREE


def _round(case, results, build, machine, packets):
    for result in results:
        if result.error:
            continue
        try:
            result.add(result.program.measure(case, build, machine, packets))
        except FAILURES as e:
            result.error = told(e, f"{case.name}: {result.program.name}")
            say(result.error)


def compare(case, programs, build, machine, rounds=MIN_ROUNDS, packets=None):
    """Results of the programs, in their order. A round is one run of each."""
    results = [Result(p, excuse=p.excuse(case, build) or "") for p in programs]
    able = [r for r in results if not r.excuse]
    done = 0
    while done < rounds or (any(r.noisy for r in able if not r.error) and done < rounds + case.extra_rounds):
        _round(case, able if done % 2 == 0 else able[::-1], build, machine, packets)
        done += 1
        if not any(not r.error for r in able):
            break
    return results


def ratio(result, peer):
    """Packets per second over the peer's, or None when the runs do not allow a verdict."""
    if any(r is None or r.error or r.excuse or r.noisy for r in (result, peer)):
        return None
    return result.mpps / peer.mpps
