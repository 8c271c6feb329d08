# SPDX-License-Identifier: BSD-3-Clause
"""A real daemon of ours in a namespace: started from a configuration, asked over its control socket, stopped.

It gets huge pages where XBT_HUGE_DIR names a mounted hugetlbfs with enough of them free (devtools/test sees to it), else
ordinary memory.
"""
import json
import os
import shutil
import signal
import subprocess
import tempfile

from . import tidy
from .netns import CommandFailed, run, stop_process
from .wait import LONG, wait_until

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
BUILD = os.environ.get("XBT_BUILD", os.path.join(TOP, "build"))
_SANITIZERS = {
    # Any report ends the program with a status that it has no other use for.
    "ASAN_OPTIONS": "exitcode=99:detect_leaks=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99",
    "LSAN_OPTIONS": f"suppressions={TOP}/test/lsan.supp:print_suppressions=0:exitcode=99",
}
_numbers = iter(range(1, 1 << 30))

recent = []     # the daemons of the running test, for conftest.py to show their logs when it fails


def program(name):
    """Path of a program of the build tree that is under test."""
    return os.path.join(BUILD, "app", name.replace("dpdk-", ""), name)


def environment():
    """The environment for programs of the build tree."""
    return {**os.environ, **{k: v for k, v in _SANITIZERS.items() if k not in os.environ}}


def eal_memory(mb):
    """EAL options for `mb` MB of memory: huge pages when there are enough, else ordinary pages."""
    folder = os.environ.get("XBT_HUGE_DIR")
    if folder:
        with open("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", encoding="ascii") as f:
            if int(f.read()) * 2 >= mb + 64:
                # Unlinked at once: a killed router leaves no file behind.
                return ["--huge-dir", folder, "--huge-unlink", "-m", str(mb)]
    return ["--no-huge", "-m", str(mb)]


class Daemon:
    """What all daemons have in common. A class below says which `program` it is, and which commands tell how it was
    when a test fails (`tells`).

    ns: the Namespace that it runs in. config: dict (a "control" section with a socket of its own is added
    when it has none), or the path of a file. workers: number of worker lcores. memory: in MB, or a list of EAL
    options. eal, options: further options for EAL and for the program. prefix: a command that runs the program.
    With wait=False nothing is waited for; call ready().
    """

    program = None
    tells = ()

    def __init__(self, ns, config, workers=1, memory=256, eal=(), options=(), prefix=(), file_prefix=None, wait=True):
        self.ns = ns
        self.workers = workers
        self.memory = memory
        self.eal = list(eal)
        self.options = list(options)
        self.prefix = list(prefix)
        self.name = file_prefix or f"xbt-{os.getpid()}-{next(_numbers)}"
        self.folder = tempfile.mkdtemp(prefix="xbt-")
        tidy.Made(f"folder {self.folder}", lambda: shutil.rmtree(self.folder))
        # EAL's run files, which it leaves lying.
        tidy.Made(f"run files of {self.name}", lambda: shutil.rmtree(f"/run/dpdk/{self.name}", ignore_errors=True))
        self.socket = f"{self.folder}/control.sock"
        self.config_file = f"{self.folder}/config.json"
        self.log_file = f"{self.folder}/log"
        self.process = None
        if isinstance(config, dict):
            self.write_config(config)
        else:
            self.config_file = config
            self.options += ["--socket", self.socket]
        recent.append(self)
        self.start(wait)

    def write_config(self, config):
        """Write the configuration file anew (the router does not notice before it is told to reload)."""
        config = {**config, "control": {"socket": self.socket, **config.get("control", {})}}
        self.socket = config["control"]["socket"]
        with open(self.config_file, "w", encoding="utf-8") as f:
            json.dump(config, f, indent=2)

    def command_line(self):
        # Every lcore may run on every CPU, so that several routers share few CPUs.
        cpus = f"({','.join(map(str, sorted(os.sched_getaffinity(0))))})"
        lcores = ",".join(f"{n}@{cpus}" for n in range(self.workers + 1))
        memory = self.memory if isinstance(self.memory, list) else eal_memory(self.memory)
        return [*self.prefix, program(self.program), "--lcores", lcores, "--no-pci", "--file-prefix", self.name,
                *memory, *self.eal, "--", "--config", self.config_file, *self.options]

    def start(self, wait=True):
        """Start it (again)."""
        with open(self.log_file, "ab") as log:
            self.process = self.ns.popen(*self.command_line(), stdout=log, stderr=log, env=environment())
        self._made = tidy.Made(f"{self.program} {self.name}", self.stop)
        if wait:
            self.ready()

    def ready(self, timeout=2 * LONG):
        """Wait until it answers on its control socket."""
        def answers():
            if self.process.poll() is not None:
                self._made.undone()
                raise RuntimeError(f"{self.program} ended with status {self.process.returncode}:\n{self.log()}")
            return self.ctl("show", "version")

        wait_until(f"{self.program} answers on its control socket", answers, timeout)

    def ctl(self, *words, timeout=LONG):
        """Run an xebractl command. Returns its reply; an error is a CommandFailed with xebractl's words."""
        done = self.ctl_text("--json", *words, timeout=timeout)
        try:
            return json.loads(done) if done.strip() else None
        except ValueError as e:
            raise CommandFailed(f"xebractl {' '.join(map(str, words))} printed no JSON: {done}") from e

    def ctl_text(self, *words, timeout=LONG):
        """Run an xebractl command. Returns what it prints for people."""
        return run(program("xebractl"), "-s", self.socket, *words, timeout=timeout, env=environment()).stdout

    def find(self, words, **wanted):
        """The one row of `ctl(*words)` that has these values, or an AssertionError: find("show port", name="p0")."""
        rows = self.ctl(*words.split())
        found = [row for row in rows if all(row.get(k) == v for k, v in wanted.items())]
        assert len(found) == 1, f"{words}: {len(found)} rows with {wanted} in {rows}"
        return found[0]

    def reload(self, config=None):
        """SIGHUP, with a new configuration file first when one is given. Returns at once."""
        if config is not None:
            self.write_config(config)
        self.send_signal(signal.SIGHUP)

    def pid(self):
        """The process id of the program itself (`ip netns exec` turns into it)."""
        return self.process.pid

    def send_signal(self, sig):
        os.kill(self.pid(), sig)

    def stop(self, sig=signal.SIGTERM, timeout=2 * LONG):
        """Stop it and check that it ends by itself, with status 0 (also: no sanitizer complaint)."""
        self._made.undone()
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            stop_process(self.process, signal.SIGKILL)
            raise AssertionError(f"{self.program} did not end within {timeout:.0f} s of {sig!r}:\n{self.log()}") from None
        assert self.process.returncode == 0, \
            f"{self.program} ended with status {self.process.returncode}:\n{self.log()}"

    def kill(self):
        """kill -9: as a crash would end it."""
        self._made.undone()
        stop_process(self.process, signal.SIGKILL)

    def log(self, lines=80):
        """The end of what it wrote."""
        with open(self.log_file, encoding="utf-8", errors="replace") as f:
            return "".join(f.readlines()[-lines:])
