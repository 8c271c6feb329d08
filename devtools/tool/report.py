# SPDX-License-Identifier: BSD-3-Clause
"""Which tests to run, what came of them, and the verdict."""
import os

from .command import say, tail

_DETAIL_LINES = 60      # of one failure; of all failures together ten times as many


class Choice:
    """-k EXPR with pytest's meaning: words with and, or, not; a word matches a part of the test's name."""

    def __init__(self, expression):
        self.expression = expression
        if expression:
            from _pytest.mark.expression import Expression, ParseError
            try:
                self._compiled = Expression.compile(expression)
            except ParseError as e:
                raise ValueError(f"-k {expression}: {e}") from e

    def has(self, name):
        """Whether the test of this name is among the chosen. Names are part/program/test."""
        if not self.expression:
            return True
        return self._compiled.evaluate(lambda word, **_: word.lower() in name.lower())


class Report:
    """Results as they come in. Every test counts once, in whatever part of the run."""

    def __init__(self):
        self.passed = self.skipped = 0
        self.failures = []      # (name, details)

    def add(self, name, status, details="", seconds=None):
        """status: "passed", "failed" or "skipped"; details: why, for people."""
        took = f" ({seconds:.1f} s)" if seconds is not None else ""
        if status == "passed":
            self.passed += 1
            say(f"ok       {name}{took}")
        elif status == "skipped":
            self.skipped += 1
            say(f"skipped  {name}{': ' + details if details else ''}")
        else:
            self.failures.append((name, details))
            say(f"FAILED   {name}{took}")

    def failure_text(self):
        """All failures with their details, the whole of limited length."""
        texts = []
        for name, details in self.failures:
            texts.append(f"---- {name}\n{tail(details, _DETAIL_LINES)}\n")
        if len(texts) > 10:
            texts[10:] = [f"---- and {len(texts) - 10} more\n"]
        # Where only the end is looked at, it says at least which.
        return "\n".join(texts + [f"FAILED   {name}" for name, _ in self.failures])

    def verdict(self):
        """The last line."""
        text = f"{self.passed} passed, {len(self.failures)} failed"
        return text + (f", {self.skipped} skipped" if self.skipped else "")

    def finish(self, folder):
        """Print failures and verdict, keep the failures in `folder`. Returns the exit status."""
        if self.passed + len(self.failures) == 0:
            self.failures.append(("devtools/test", "no test was executed"))
        text = self.failure_text()
        if os.path.isdir(folder):
            with open(os.path.join(folder, "test-failures.txt"), "w", encoding="utf-8") as f:
                f.write(text)
        if text:
            print("\n" + text)
        print(self.verdict(), flush=True)
        return 1 if self.failures else 0
