# SPDX-License-Identifier: BSD-3-Clause
"""devtools/bench [CASE...]: the command line."""
import argparse
import os
import sys
import time

from . import bonds, dpdk_programs, kernel, nic, xebra  # noqa: F401  (they register their programs)
from . import output, special, svg
from .cases import all_cases
from .machine import Machine
from .measure import MIN_ROUNDS, compare
from .paths import Build
from .program import find
from .say import BenchError, say


def _arguments():
    p = argparse.ArgumentParser(prog="devtools/bench", description="Compare Xebra with its peers, on this machine.")
    p.add_argument("cases", nargs="*", metavar="CASE", help="cases, or 'quick' for the most important; default: all")
    p.add_argument("--list", action="store_true", help="name the cases instead of running them")
    p.add_argument("--program", action="append", metavar="NAME", help="only these programs (and the case's peer)")
    p.add_argument("--rounds", type=int, default=MIN_ROUNDS, help="runs of each program at least (default %(default)s)")
    p.add_argument("--json", metavar="FILE", help="write the results to this file")
    p.add_argument("--plots", metavar="FOLDER", help="write an SVG plot of each case into this folder")
    p.add_argument("--guide", metavar="FILE", help="write the table of the guide to this file")
    p.add_argument("--build", metavar="FOLDER", help="measure this build instead of one made for it")
    return p.parse_args()


def _chosen(names, cases):
    if not names:
        return list(cases.values())
    chosen = []
    for name in names:
        if name == "quick":
            chosen += [c for c in cases.values() if c.quick]
        elif name in cases:
            chosen.append(cases[name])
        else:
            raise BenchError(f"there is no case {name}: devtools/bench --list names them")
    return chosen


def _programs(case, only):
    return [find(name) for name in case.programs if not only or name in only or name == case.peer]


def _compared(case, arguments, build, machine):
    results = compare(case, _programs(case, arguments.program), build, machine, arguments.rounds)
    if arguments.plots:
        os.makedirs(arguments.plots, exist_ok=True)
        svg.write(arguments.plots, case, results)
    return list(output.rows(case, results)), output.table(case, results), any(r.error for r in results)


def _special(case, arguments, build, machine):
    return special.run(case, build, machine, arguments.rounds)


def _run(arguments):
    cases = all_cases()
    if arguments.list:
        for case in cases.values():
            print(f"{case.name:<16} {case.title}")
        return 0
    chosen = _chosen(arguments.cases, cases)
    build = Build(arguments.build)
    build.make()
    machine = Machine()
    print(machine.describe(), flush=True)
    began, failed, rows = time.monotonic(), False, []
    for case in chosen:
        say(case.name)
        measure = _special if isinstance(case, special.Special) else _compared
        new, text, bad = measure(case, arguments, build, machine)
        failed |= bad
        rows += new
        print("\n" + text, flush=True)
        if arguments.json:
            output.write_json(arguments.json, rows)
    if arguments.guide:
        with open(arguments.guide, "w", encoding="utf-8") as f:
            f.write(output.guide([r for r in rows if r['cycles_per_packet']]) + "\n")
    say(f"{time.monotonic() - began:.0f} s")
    return 1 if failed else 0


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
