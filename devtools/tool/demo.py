# SPDX-License-Identifier: BSD-3-Clause
"""devtools/demo: build, and show what Xebra does; the whole system, or one router."""
import argparse
import os
import sys

from . import demo_lab, demo_router, envelope
from .build import Build
from .command import TOP, die, say

_HUGE_MB = 1024
_DEMOS = {"system": (demo_lab.run, 4), "router": (demo_router.run, 5)}


def _run(arguments):
    build = Build(folder=arguments.build)
    problem = build.make()
    if problem:
        die(f"{problem}\n\nThe demo FAILED: Xebra could not be built")
    os.environ |= build.environment()
    sys.path.insert(0, os.path.join(TOP, "test", "system"))
    from xbt import daemon
    if "XBT_HUGE_DIR" not in os.environ:
        say("no huge pages to be had: the programs run with ordinary pages")
    run, seconds = _DEMOS[arguments.what]
    try:
        verdict = run(arguments.seconds or seconds)
    except envelope.Interrupted:
        raise
    except Exception as e:      # whatever it is, the user wants to read why and that it failed
        for one in daemon.recent:
            print(f"\nThe log of {one.program} ({one.name}):\n{one.log(30)}")
        die(f"\n{e}\n\nThe demo FAILED")
    print(f"\nThe demo works: {verdict}.", flush=True)
    return 0


def _seconds(text):
    seconds = int(text)
    if seconds < 1:
        raise argparse.ArgumentTypeError(f"{text}: at least 1 is needed")
    return seconds


def main():
    p = argparse.ArgumentParser(prog="devtools/demo", description="Set up, build, and show what Xebra does.")
    p.add_argument("what", nargs="?", choices=list(_DEMOS), default="system",
                   help="system: two virtual networks on one wire, isolated and with caps that change (default); "
                        "router: one router between two hosts, ping and iperf3")
    p.add_argument("--no-setup", action="store_true", help="everything is installed: do not run devtools/bootstrap")
    p.add_argument("--build", metavar="FOLDER", help="use what is built in this folder (seen from the top one), as it is")
    p.add_argument("--seconds", type=_seconds, help="how long each step sends (default: 4 for system, 5 for router)")
    arguments = p.parse_args()
    os.chdir(TOP)
    return envelope.run(lambda: _run(arguments), huge_mb=_HUGE_MB)


if __name__ == "__main__":
    sys.exit(main())
