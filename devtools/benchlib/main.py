# SPDX-License-Identifier: BSD-3-Clause
"""devtools/bench [CASE...]: the command line."""
import argparse
import dataclasses
import os
import sys
import time

from . import bonds, dpdk_programs, kernel, nic, xebra  # noqa: F401  (they register their programs)
from . import guide, output, special, svg
from .cases import all_cases
from .goals import verdicts
from .machine import Machine
from .measure import MIN_ROUNDS, compare
from .paths import Build
from .program import find, names
from .say import BenchError, say


def _arguments():
    p = argparse.ArgumentParser(prog="devtools/bench", description="Compare Xebra with its peers, on this machine.",
                                epilog="Exit status: 1 when a case failed; 0 also when goals are not met.")
    p.add_argument("cases", nargs="*", metavar="CASE", help="cases, or 'quick' for the most important; default: all")
    p.add_argument("--list", action="store_true", help="name the cases instead of running them")
    p.add_argument("--program", action="append", metavar="NAME", help="only these programs (and the case's peer)")
    p.add_argument("--rounds", type=int, default=MIN_ROUNDS, help="runs of each program at least (default %(default)s)")
    p.add_argument("--json", metavar="FILE", help="write the results to this file")
    p.add_argument("--plots", metavar="FOLDER", help="write an SVG plot of each case into this folder")
    p.add_argument("--guide", metavar="FILE", help="write the results as a part of the guide to this file")
    p.add_argument("--build", metavar="FOLDER", help="measure this build instead of one made for it")
    return p.parse_args()


def _chosen(names, cases):
    if not names:
        return list(cases.values())
    chosen = []
    for name in names:
        if name == "quick":
            chosen += [_short(c) for c in cases.values() if c.quick]
        elif name in cases:
            chosen.append(cases[name])
        else:
            raise BenchError(f"there is no case {name}: devtools/bench --list names them")
    return chosen


def _check(arguments):
    """Before anything is measured: what would be noticed only afterwards. Folders are made."""
    if arguments.rounds < 1:
        raise BenchError("--rounds: at least 1")
    unknown = [name for name in arguments.program or () if name not in names()]
    if unknown:
        raise BenchError(f"there is no program {unknown[0]}; there are {', '.join(names())}")
    files = [os.path.abspath(file) for file in (arguments.json, arguments.guide) if file]
    try:
        for folder in [*map(os.path.dirname, files), *([arguments.plots] if arguments.plots else [])]:
            os.makedirs(folder, exist_ok=True)
    except OSError as e:
        raise BenchError(str(e)) from e
    for file in filter(os.path.isdir, files):
        raise BenchError(f"{file} is a folder")


def _short(case):
    """In less time."""
    return case if isinstance(case, special.Special) else dataclasses.replace(case, programs=case.quick, extra_rounds=3)


def _programs(case, only):
    return [find(name) for name in case.programs if not only or name in only or name == case.peer]


class _Bench:
    """What one call of the command measures and has found so far."""

    def __init__(self, arguments, build, machine):
        self.arguments, self.build, self.machine = arguments, build, machine
        self.rows, self.plots, self.cases, self.failed = [], {}, [], False

    def measure(self, case):
        say(case.name)
        began = time.monotonic()
        if isinstance(case, special.Special):
            rows, text, bad = special.run(case, self.build, self.machine, self.arguments.rounds)
        else:
            rows, text, bad = self._compared(case)
        self.cases.append(case)
        self.rows += rows
        self.failed |= bad
        goals = [f"  goal: {words}: {verdict}" for words, verdict in verdicts(case, self.rows)]
        print("\n" + "\n".join([text, *goals]), flush=True)
        say(f"{case.name} took {time.monotonic() - began:.0f} s")

    def _compared(self, case):
        results = compare(case, _programs(case, self.arguments.program), self.build, self.machine, self.arguments.rounds)
        if self.arguments.plots:
            self.plots[case.name] = svg.write(self.arguments.plots, case, results)
        return list(output.rows(case, results)), output.table(case, results), any(r.error for r in results)

    def write_json(self):
        """After each case: what was measured is not lost when the next one is interrupted."""
        if self.arguments.json:
            output.write_json(self.arguments.json, self.rows)

    def write_guide(self):
        if self.arguments.guide:
            guide.write(self.arguments.guide, self.cases, self.rows, self.plots, self.machine.describe())


def _run(arguments):
    cases = all_cases()
    if arguments.list:
        for case in cases.values():
            print(f"{case.name:<16} {case.title}")
        return 0
    began = time.monotonic()
    chosen = _chosen(arguments.cases, cases)
    _check(arguments)
    build = Build(arguments.build)
    build.make()
    bench = _Bench(arguments, build, Machine())
    bench.machine.prepare()
    print(bench.machine.describe(), flush=True)
    say(f"ready after {time.monotonic() - began:.0f} s")
    for case in chosen:
        bench.measure(case)
        bench.write_json()
    bench.write_guide()
    say(f"{time.monotonic() - began:.0f} s")
    return 1 if bench.failed else 0


def main():
    try:
        return _run(_arguments())
    except BenchError as e:
        print(f"bench: {e}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
