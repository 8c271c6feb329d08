# SPDX-License-Identifier: BSD-3-Clause
"""The machine: which CPUs, which memory."""
import atexit
import contextlib
import os
import subprocess

from .say import say

_POOL = "/sys/kernel/mm/hugepages/hugepages-2048kB"
_HUGE_MB = 1200


def _read(path):
    with open(path, encoding="ascii") as f:
        return int(f.read())


def _reserve(pages):
    """Try to have so many huge pages of 2 MB free."""
    try:
        free, total = _read(f"{_POOL}/free_hugepages"), _read(f"{_POOL}/nr_hugepages")
        if free >= pages:
            return True
        with open(f"{_POOL}/nr_hugepages", "w", encoding="ascii") as f:
            f.write(str(total + pages - free))
        return _read(f"{_POOL}/free_hugepages") >= pages
    except OSError:
        return False


def _remember():
    """Let there be as many pages at the end as there are now."""
    with contextlib.suppress(OSError):
        atexit.register(_give_back, _read(f"{_POOL}/nr_hugepages"))


def _give_back(total):
    with contextlib.suppress(OSError), open(f"{_POOL}/nr_hugepages", "w", encoding="ascii") as f:
        f.write(str(total))


class Machine:
    """CPUs: control threads on the first, measured workers on the last ones."""

    def __init__(self):
        self.cpus = sorted(os.sched_getaffinity(0))
        self.huge = False
        _remember()

    def prepare(self):
        """Whether huge pages are used is decided once."""
        self.huge = _reserve(_HUGE_MB // 2)
        if not self.huge:
            say("no huge pages to be had: everything runs with ordinary pages, and slower")

    @property
    def control(self):
        return self.cpus[0]

    def workers(self, n):
        """CPUs of n workers, from the last; a CPU is used again only when there are too few."""
        return (self.cpus * n)[-n:] if n > len(self.cpus) else self.cpus[-n:]

    def memory(self, mb):
        """EAL options for mb MB. Pages are asked for again: who shares the machine may have given back ours."""
        if self.huge:
            _reserve(_HUGE_MB // 2)
        return ["--in-memory"] if self.huge else ["--no-shconf", "--no-huge", "-m", str(mb)]

    def describe(self):
        model = "unknown CPU"
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
            for line in f:
                if line.startswith("model name"):
                    model = line.split(":", 1)[1].strip()
                    break
        pages = "2 MB pages" if self.huge else "4 KB pages"
        dpdk = subprocess.run(["pkg-config", "--modversion", "libdpdk"], capture_output=True, text=True, check=False)
        return f"{model}, {len(self.cpus)} CPUs, {pages}, DPDK {dpdk.stdout.strip()}"


class SmallMachine(Machine):
    """For tests: reserves nothing, takes what devtools/test has reserved, if it has."""

    def __init__(self):
        self.cpus = sorted(os.sched_getaffinity(0))
        self.huge = False
        self.folder = os.environ.get("XBT_HUGE_DIR")

    def memory(self, mb):
        if self.folder and _read(f"{_POOL}/free_hugepages") * 2 >= mb + 64:
            return ["--huge-dir", self.folder, "--huge-unlink", "-m", str(mb)]
        return super().memory(mb)
