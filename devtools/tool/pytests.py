# SPDX-License-Identifier: BSD-3-Clause
"""Folders of pytest tests. The results come over a pipe as they happen (pytest_results.py)."""
import json
import os
import sys
import threading
import time

from .command import TOP, run
from .envelope import strangers


class Pytests:
    """A part that is a folder below test/ for pytest."""

    def __init__(self, name, build, limit, may_skip=False):
        """limit: seconds without a test that ends; conftest.py has the lower limits for each.
        may_skip: what it needs may be missing, so that all its tests are skipped.
        """
        self.name = name
        self.folder = os.path.join(TOP, "test", name)
        self.build = build
        self.limit = limit
        self.may_skip = may_skip

    def names(self, choice):
        found = []

        def event(e):
            if "listed" in e:
                found.append(e["listed"])

        done = self._pytest(choice, event, "--collect-only")
        if done.status not in (0, 5):       # 5: nothing chosen
            found.append(f"{self.name}: pytest cannot list its tests: {done.why()}")
        return [f"{self.name}/{name}" for name in found]

    def run(self, choice, report):
        state = {"collected": None, "done": 0, "skipped": 0, "finished": False}

        def event(e):
            if "collected" in e:
                state["collected"] = e["collected"]
            elif "finished" in e:
                state["finished"] = True
            elif "test" in e:
                state["done"] += 1
                state["skipped"] += e["status"] == "skipped"
                report.add(f"{self.name}/{e['test']}", e["status"], e["details"], e["seconds"])

        before = len(report.failures)
        done = self._pytest(choice, event)
        failed = len(report.failures) > before
        if not state["finished"] or state["collected"] is None:
            report.add(self.name, "failed", f"pytest did not get to its end: {done.why(100)}")
        elif state["done"] < state["collected"]:
            report.add(self.name, "failed",
                       f"{state['done']} of {state['collected']} tests were done: {done.why(100)}")
        elif done.status not in (0, 5) and not failed:
            report.add(self.name, "failed", done.why(100))
        elif state["collected"] == 0 and not choice.expression:
            report.add(self.name, "failed", f"there is no test in {self.folder}")
        elif 0 < state["collected"] == state["skipped"] and not choice.expression and not self.may_skip:
            report.add(self.name, "failed", "every test was skipped")
        left = strangers()
        if left:
            report.add(f"{self.name}/nothing-stays", "failed", "left running:\n" + "\n".join(left))

    def _pytest(self, choice, event, *more):
        r, w = os.pipe()
        heard = time.monotonic()

        def listen():
            nonlocal heard
            with os.fdopen(r, encoding="utf-8") as lines:
                for line in lines:
                    heard = time.monotonic()
                    event(json.loads(line))

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        command = [sys.executable, "-m", "pytest", "-p", "tool.pytest_results", "-p", "no:cacheprovider", "-q", "--tb=short",
                   *more]
        env = {**self.build.environment(), "XBT_RESULTS": str(w), "XBT_PART": self.name,
               "XBT_CHOICE": choice.expression, "PYTHONDONTWRITEBYTECODE": "1",
               "PYTHONPATH": os.path.join(TOP, "devtools")}
        try:
            done = run(command + [self.folder], self.limit, env=env, cwd=self.folder, fds=(w,),
                       progress=f"still in {self.name}", since=lambda: heard)
        finally:
            os.close(w)
        listener.join(10)
        return done
