# SPDX-License-Identifier: BSD-3-Clause
"""The unit tests: every test program that meson knows, and the cmocka tests inside, one by one.

A cmocka program prints TAP; test/unit/xebra_test.h makes it run the one test that XEBRA_TEST names, if any, and
name its tests instead when XEBRA_TEST_LIST is set.
"""
import re
import time

from .command import TOP, run

_SLOW = 5       # times the limit that meson has for a program: this may be a slow machine, with sanitizers


class Unit:
    """The part "unit"."""

    name = "unit"

    def __init__(self, build):
        self.build = build

    def names(self, choice):
        for program in self._programs():
            whole = f"unit/{program['name']}"
            inside, problem = self._tests_in(program)
            if problem:
                yield f"{whole}: cannot list its tests: {problem}"
            else:
                yield from filter(choice.has, [f"{whole}/{test}" for test in inside] if inside else [whole])

    def run(self, choice, report):
        for program in self._programs():
            whole = f"unit/{program['name']}"
            inside, problem = self._tests_in(program) if choice.expression else ([], None)
            chosen = [test for test in inside if choice.has(f"{whole}/{test}")]
            if problem:
                report.add(whole, "failed", f"cannot list its tests: {problem}")
            elif len(chosen) < len(inside):
                for test in chosen:
                    self._run(program, test, report)
            elif inside or choice.has(whole):
                self._run(program, None, report)

    def _programs(self):
        return self.build.introspect("tests")

    def _tests_in(self, program):
        """The names of the tests in a program, as it tells them itself, and what went wrong."""
        if program["protocol"] != "tap":
            return [], None
        try:
            done = run(program["cmd"], _SLOW * 60, env=self._environment(program) | {"XEBRA_TEST_LIST": ""},
                       cwd=program["workdir"] or TOP)
        except OSError as e:        # a folder that was taken as it is, and not all is built
            return [], str(e)
        names = re.findall(r"^test (\w+)$", done.output, re.M)
        return names, None if done.ok and names else done.why()

    def _environment(self, program):
        return {**self.build.environment(), **program["env"]}

    def _run(self, program, test, report):
        whole = f"unit/{program['name']}"
        env = self._environment(program) | {"CMOCKA_MESSAGE_OUTPUT": "TAP"}
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
        # One that was skipped is "not ok 3 # SKIP avx512" in cmocka's words.
        results = re.findall(r"^(ok|not ok) \d+ (-|# SKIP) (\w+)", done.output, re.M)
        for result, how, name in results:
            if how != "-":
                report.add(f"{whole}/{name}", "skipped")
            elif result == "ok":
                report.add(f"{whole}/{name}", "passed")
            else:
                failed += 1
                report.add(f"{whole}/{name}", "failed", done.why())
        planned = sum(map(int, re.findall(r"^1\.\.(\d+)", done.output, re.M)))
        if not results or len(results) < planned or (not done.ok and not failed):
            report.add(whole, "failed", f"{len(results)} of {planned} tests were done; {done.why()}", seconds)
