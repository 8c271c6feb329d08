# SPDX-License-Identifier: BSD-3-Clause
"""Where things are, and building what is missing."""
import functools
import hashlib
import json
import os
import shutil
import subprocess

from .say import BenchError, say

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.path.join(os.environ.get("XEBRA_CACHE", os.path.expanduser("~/.cache/xebra")), "bench")


def _call(*words, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(words)}: {done.stdout[-3000:]}")
    return done.stdout.strip()


_MEASURED = ("dpdk-xebra", "xebractl", "dpdk-xebra-nic", "lean_xebra", "nic_bench", "librte_net_xbench.so",
             "librte_net_vchannel.so")


class Build:
    """A build of Xebra. Without a folder given, one made for measuring: release, and only what is measured."""

    def __init__(self, folder=None):
        self.made_here = folder is None
        self.folder = os.path.abspath(folder) if folder else os.path.join(TOP, "build-bench")

    def make(self):
        if not self.made_here:
            return
        if not os.path.exists(os.path.join(self.folder, "build.ninja")):
            _call("meson", "setup", self.folder, TOP, "--buildtype=release", "-Dtests=false", "-Ddocs=disabled")
        say(f"building {os.path.basename(self.folder)}")
        _call("ninja", "-C", self.folder, "build.ninja")
        _call("ninja", "-C", self.folder, *self._measured())

    def _measured(self):
        """What is to be built: this machine may not have what each needs."""
        with open(os.path.join(self.folder, "meson-info", "intro-targets.json"), encoding="utf-8") as f:
            files = [target["filename"][0] for target in json.load(f)]
        return [os.path.relpath(file, self.folder) for file in files if os.path.basename(file) in _MEASURED]

    def plugin(self, name):
        return os.path.join(self.folder, "drivers", f"librte_net_{name}.so")

    def has_plugin(self, name):
        """Whether the plugin is there and registers the driver."""
        if not os.path.exists(self.plugin(name)):
            return False
        with open(self.plugin(name), "rb") as f:
            return f"\0net_{name}\0".encode() in f.read()

    def program(self, name):
        return os.path.join(self.folder, "app", name.replace("dpdk-", ""), name)

    def perf_program(self, name):
        return os.path.join(self.folder, "test", "perf", name)

    def sanitized(self):
        """Whether the build has a sanitizer: its plugins do not load into programs that have none."""
        with open(self.plugin("xbench"), "rb") as f:
            return b"__asan_init" in f.read()


@functools.cache
def example_sources(name):
    """The folder of DPDK's examples when it has this one, else None."""
    include = _call(os.path.join(TOP, "devtools", "bootstrap"), "--sdk")
    folder = os.path.join(os.path.dirname(include), "src", "examples")
    return folder if include and os.path.isdir(os.path.join(folder, name)) else None


def example(name):
    """An example program of the distribution's DPDK source package, built when it is missing."""
    sources = example_sources(name)
    if sources is None:
        raise BenchError(f"the sources of DPDK's {name} are missing: run devtools/bootstrap")
    version = _call("pkg-config", "--modversion", "libdpdk")
    key = hashlib.sha256(sources.encode()).hexdigest()[:8]
    folder = os.path.join(CACHE, f"{version}-{key}")
    binary = os.path.join(folder, name, "build", name)
    if not os.path.exists(binary):
        say(f"building DPDK's {name} as a peer")
        os.makedirs(folder, exist_ok=True)
        for part in ("common", name):
            shutil.copytree(os.path.join(sources, part), os.path.join(folder, part), dirs_exist_ok=True)
        _call("make", "-C", os.path.join(folder, name), "shared")
    return binary
