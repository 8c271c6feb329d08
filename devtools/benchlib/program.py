# SPDX-License-Identifier: BSD-3-Clause
"""A program that can be measured: how it is started for a case, and how to know that it forwards."""
import os

from .run import Run

_ALL = {}


def register(cls):
    _ALL[cls.name] = cls
    return cls


def find(name):
    return _ALL[name]()


def names():
    return sorted(_ALL)


class Program:
    """Subclasses say `name`, `command(run)`, and what differs.

    run is a run.Run: its folder, build, machine, case, and xbench() for the ports' devargs.
    """
    name = ""
    expect = "route"        # what is to have happened to the packets (net_xbench's expect=)
    ours = False
    tags = False            # whether it routes between VLANs; others get the same packets without tag
    workers = 1
    beside = ""             # the program to compare it with, where that is not the case's peer
    lengthen = 1            # runs are longer by this factor: for programs that are through in no time
    plugins = ("xbench",)   # drivers of ours that it loads
    instrumented = False    # part of the build under test, so a sanitized plugin loads into it

    def measure(self, case, build, machine, packets=None, **more):
        """One run. Returns net_xbench's report, or something of its form (tsc_hz: ticks a second of its clock)."""
        return Run(self, case, build, machine, packets, **more).whole()

    def excuse(self, case, build):
        """Why it cannot take part here, or None."""
        for plugin in self.plugins:
            if not build.has_plugin(plugin):
                return f"this build has no net_{plugin}"
        if build.sanitized() and not self.instrumented:
            return "has no sanitizer, so a sanitized driver cannot be loaded into it"
        return None

    def routes(self, case):
        """The routes that it takes of the case's."""
        return case.routes

    def command(self, run):
        raise NotImplementedError

    def ready(self, run):
        """Whether it would forward now. The ports are known to be started."""
        return True

    def stop(self, run):
        run.interrupt()

    def eal(self, run, cpus, memory=512):
        """EAL options: one lcore, numbered from 0, on each of the CPUs."""
        words = ["--no-pci", "--no-telemetry", "--file-prefix", f"bench-{os.getpid()}", "--log-level=4",
                 *run.machine.memory(memory),
                 "--lcores", ",".join(f"{lcore}@{cpu}" for lcore, cpu in enumerate(cpus))]
        for plugin in self.plugins:
            words += ["-d", run.build.plugin(plugin)]
        return words
