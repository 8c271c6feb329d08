# SPDX-License-Identifier: BSD-3-Clause
"""The unit tests: every test program that meson knows, and the cmocka tests inside, one by one.

A cmocka program prints TAP; test/unit/xebra_test.h makes it run the one test that XEBRA_TEST names, if any.
"""
import os
import re
import time

from .command import TOP, run

_SLOW = 5       # times the limit that meson has for a program: this may be a slow machine, with sanitizers


def _tests_in(name):
    """The names of the cmocka tests in a program, from its source."""
    try:
        with open(os.path.join(TOP, "test", "unit", name + ".c"), encoding="utf-8") as f:
            return list(dict.fromkeys(re.findall(r"\bcmocka_unit_test\w*\(\s*(\w+)", f.read())))
    except OSError:
        return []


class Unit:
    """The part "unit"."""

    name = "unit"

    def __init__(self, build):
        self.build = build

    def programs(self):
        return self.build.introspect("tests")

    def names(self, choice):
        for program in self.programs():
            inside = _tests_in(program["name"])
            yield from filter(choice.has, [f"unit/{program['name']}/{t}" for t in inside] or
                              [f"unit/{program['name']}"])

    def run(self, choice, report):
        for program in self.programs():
            whole = f"unit/{program['name']}"
            inside = _tests_in(program["name"])
            chosen = [t for t in inside if choice.has(f"{whole}/{t}")]
            if len(chosen) == len(inside) and (inside or choice.has(whole)):
                self._run(program, None, report)
            for test in chosen if len(chosen) < len(inside) else []:
                self._run(program, test, report)

    def _run(self, program, test, report):
        whole = f"unit/{program['name']}"
        env = {**self.build.environment(), **program["env"], "CMOCKA_MESSAGE_OUTPUT": "TAP"}
        if test:
            env["XEBRA_TEST"] = test
        began = time.monotonic()
        done = run(program["cmd"], _SLOW * (program["timeout"] or 120), env=env, cwd=program["workdir"] or TOP,
                   progress=f"still in {whole}")
        seconds = time.monotonic() - began
        if program["protocol"] != "tap":
            report.add(whole, "passed" if done.ok else "failed", done.why(), seconds)
            return
        failed = 0
        results = re.findall(r"^(ok|not ok) \d+ - (\w+)(.*)$", done.output, re.M)
        for result, name, rest in results:
            if "# SKIP" in rest.upper():
                report.add(f"{whole}/{name}", "skipped")
            elif result == "ok":
                report.add(f"{whole}/{name}", "passed")
            else:
                failed += 1
                report.add(f"{whole}/{name}", "failed", done.why())
        planned = sum(map(int, re.findall(r"^1\.\.(\d+)", done.output, re.M)))
        if not results or len(results) < planned or (not done.ok and not failed):
            report.add(whole, "failed", f"{len(results)} of {planned} tests were done; {done.why()}", seconds)
