# SPDX-License-Identifier: BSD-3-Clause
"""Build trees: one folder for each compiler and kind, beside the source."""
import json
import os

from .command import TOP, run, say


class Build:
    """A build tree. folder: one that is there already and is taken as it is."""

    def __init__(self, asan=False, cc=None, werror=False, folder=None):
        self.asan = asan
        self.cc = cc
        self.werror = werror
        self.taken = folder is not None
        kind = ["build", *([cc] if cc else []), *(["asan"] if asan else [])]
        self.folder = os.path.join(TOP, folder or "-".join(kind))

    @property
    def name(self):
        return os.path.basename(self.folder)

    def program(self, name):
        """Path of a program in the tree: "dpdk-xebra", "xebractl"."""
        return os.path.join(self.folder, "app", name.removeprefix("dpdk-"), name)

    def make(self):
        """Configure where needed, and build. Returns what went wrong as text, or None."""
        if self.taken:
            made = os.path.exists(os.path.join(self.folder, "build.ninja"))
            return None if made else f"{self.folder} is no build folder"
        # Never back to false: every change of an option compiles all again.
        options = ["-Dwerror=true"] if self.werror else []
        if not os.path.exists(os.path.join(self.folder, "build.ninja")):
            if self.asan:
                # -O1: the sanitizers' checks cost more to optimize than the optimization gives
                options += ["-Db_sanitize=address,undefined", "-Doptimization=1"]
                # clang links its sanitizers' run time into programs alone; libraries must leave it undefined
                options += ["-Db_lundef=false"]
            say(f"configuring {self.name}")
            done = run(["meson", "setup", self.folder, *options], 600, env={"CC": self.cc} if self.cc else None,
                       progress="configuring")
        elif options:
            done = run(["meson", "configure", self.folder, *options], 600)
        else:
            done = None
        if done and not done.ok:
            return f"meson: {done.why()}"
        say(f"building {self.name}")
        done = run(["ninja", "-C", self.folder], 3600, progress="building")
        if not done.ok:
            # The compiler's words, without the lines of the steps that went well.
            return f"ninja: {done.why(100)}"
        return None

    def introspect(self, what):
        """meson's knowledge about the tree: "tests", "targets", "projectinfo", ..."""
        done = run(["meson", "introspect", f"--{what}", self.folder], 120)
        return json.loads(done.output) if done.ok else []

    def environment(self):
        """What programs built here need to find and what they need to be told."""
        env = {"XBT_BUILD": self.folder}
        if self.asan:
            env |= sanitizer_environment()
        return env


def sanitizer_environment():
    """Any report ends the program with a status that no program of ours uses by itself."""
    quiet = os.path.join(TOP, "test", "lsan.supp")
    return {
        "ASAN_OPTIONS": "exitcode=99:abort_on_error=0:detect_leaks=1:detect_stack_use_after_return=0:"
                        "allocator_may_return_null=1",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99",
        "LSAN_OPTIONS": f"suppressions={quiet}:print_suppressions=0:exitcode=99",
    }
