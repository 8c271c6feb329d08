# SPDX-License-Identifier: BSD-3-Clause
"""devtools/test: build, run the tests of every kind, give one verdict."""
import argparse
import os
import sys

from . import envelope
from .build import Build
from .command import TOP, say, say_on
from .pytests import Pytests
from .report import Choice, Report
from .static import Examples, Format, Guides
from .unit import Unit

_HUGE_MB = 2048     # three routers at once, and their peers


def _arguments():
    p = argparse.ArgumentParser(prog="devtools/test", description="Set up, build, run all tests.")
    p.add_argument("-k", metavar="EXPR", dest="expression", default="",
                   help="run the tests whose names match: words with and, or, not")
    p.add_argument("--list", action="store_true", help="name the tests instead of running them")
    p.add_argument("--asan", action="store_true", help="with AddressSanitizer and UndefinedBehaviorSanitizer")
    p.add_argument("--cc", metavar="CC", help="compile with this compiler, in a build folder of its own")
    p.add_argument("--werror", action="store_true", help="warnings are errors")
    p.add_argument("--build-only", action="store_true", help="build, run nothing")
    p.add_argument("--build", metavar="FOLDER", help="use what is built in this folder (seen from the top one), as it is")
    p.add_argument("--no-setup", action="store_true", help="everything is installed: do not run devtools/bootstrap")
    return p.parse_args()


def _parts(build):
    return [part for part in (
        Format("format", build),
        Unit(build),
        Examples("config", build),
        Guides("guides", build),
        Pytests("system", build, 2400),
        Pytests("interop", build, 1200, may_skip=True),
        Pytests("perf", build, 1200, may_skip=True),
    ) if not isinstance(part, Pytests) or os.path.isdir(part.folder)]


def _run(arguments, choice):
    build = Build(arguments.asan, arguments.cc, arguments.werror, arguments.build)
    report = Report()
    try:
        problem = build.make()
        if problem:
            report.add(f"build/{build.name}", "failed", problem)
        elif arguments.build_only:
            say(f"{build.name} is built")
            return 0
        elif arguments.list:
            names = [name for part in _parts(build) for name in part.names(choice)]
            if not names:
                print(f"no test matches -k {arguments.expression}", file=sys.stderr)
                return 1
            print("\n".join(names), flush=True)
            return 0
        else:
            _run_parts(build, choice, report)
    except envelope.Interrupted:
        report.add("devtools/test", "failed", "interrupted")
        report.finish(build.folder)
        return 130
    return report.finish(build.folder)


def _run_parts(build, choice, report):
    if "XBT_HUGE_DIR" not in os.environ:
        say("no huge pages to be had: the routers run with ordinary pages")
    for part in _parts(build):
        part.run(choice, report)


def main():
    arguments = _arguments()
    try:
        choice = Choice(arguments.expression)
    except ValueError as e:
        print(e, file=sys.stderr)
        return 1
    os.chdir(TOP)
    if arguments.list:
        say_on(sys.stderr)      # standard output has the names and nothing else
    quiet = arguments.build_only or arguments.list
    return envelope.run(lambda: _run(arguments, choice), huge_mb=0 if quiet else _HUGE_MB)


if __name__ == "__main__":
    sys.exit(main())
