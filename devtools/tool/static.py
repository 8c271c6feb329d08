# SPDX-License-Identifier: BSD-3-Clause
"""The parts that look at files: format of the C code, example configurations, guides."""
import glob
import json
import os
import subprocess
import sys
import time

from .command import TOP, run


def _tracked(*patterns):
    """The files of the source, also those not yet committed."""
    done = subprocess.run(["git", "-C", TOP, "ls-files", "-z", "--cached", "--others", "--exclude-standard",
                           "--deduplicate", "--", *patterns], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:        # not a git checkout: a release archive
        return [os.path.relpath(f, TOP) for pattern in patterns
                for folder in ("lib", "app", "drivers", "test")
                for f in glob.glob(f"{TOP}/{folder}/**/{pattern}", recursive=True)]
    return [f for f in done.stdout.split("\0") if f and os.path.exists(os.path.join(TOP, f))]


class Commands:
    """A part whose tests are commands: named, with a time limit; passed when the exit status is 0."""

    def __init__(self, name, build):
        self.name = name
        self.build = build

    def commands(self):
        """{test name: command}"""
        raise NotImplementedError

    def names(self, choice):
        return [f"{self.name}/{test}" for test in self.commands() if choice.has(f"{self.name}/{test}")]

    def run(self, choice, report):
        for test, command in self.commands().items():
            name = f"{self.name}/{test}"
            if choice.has(name):
                began = time.monotonic()
                done = run(command, 600, env=self.build.environment(), progress=f"still in {name}")
                report.add(name, "passed" if done.ok else "failed", done.why(), time.monotonic() - began)


class Format(Commands):
    """All C code is as .clang-format wants it; other versions of clang-format than 14 want it differently."""

    def commands(self):
        return {"clang-format": ["clang-format", "--dry-run", "-Werror", *_tracked("*.c", "*.h")]}

    def run(self, choice, report):
        version = subprocess.run(["clang-format", "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout
        if " 14." in version or not version:
            super().run(choice, report)
        else:
            for name in self.names(choice):
                report.add(name, "skipped", f"needs clang-format 14, this is {version.strip()}")


def _program_of(example):
    """The program that an example configures: its "$schema" says so; dpdk-xebra when it has none."""
    with open(os.path.join(TOP, example), encoding="utf-8") as f:
        schema = json.load(f).get("$schema", "xebra.schema.json")
    return "dpdk-" + os.path.basename(schema).removesuffix(".schema.json")


class Examples(Commands):
    """Every example configuration is one that its program and the schema accept, the schema being the program's."""

    def commands(self):
        commands = {}
        for schema in sorted(_tracked("config/schema/*.schema.json")):
            name = os.path.basename(schema).removesuffix(".schema.json")
            commands["schema" if name == "xebra" else f"schema-{name}"] = [
                "sh", "-c", f"'{self.build.program('dpdk-' + name)}' config schema | diff -u {schema} - || "
                "{ echo 'devtools/generate brings it up to date'; exit 1; }"]
        for example in sorted(f for f in _tracked("config/*.json") if not f.startswith("config/schema/")):
            name = os.path.relpath(example, "config")
            program = _program_of(example)
            schema = f"config/schema/{program.removeprefix('dpdk-')}.schema.json"
            commands[name] = [self.build.program(program), "config", "check", example]
            commands[f"schema/{name}"] = [sys.executable, "-W", "ignore", "-m", "jsonschema", "-i", example, schema]
        return commands


class Guides(Commands):
    """The guides and man pages can be made, without a warning."""

    def commands(self):
        source = os.path.join(TOP, "doc", "guides")
        if not os.path.exists(os.path.join(source, "conf.py")):
            return {}
        out = os.path.join(self.build.folder, "guides")
        return {kind: ["sphinx-build", "-q", "-W", "--keep-going", "-t", kind, "-b", kind,
                       "-d", f"{out}/doctrees-{kind}", source, f"{out}/{kind}"] for kind in ("html", "man")}
