# SPDX-License-Identifier: BSD-3-Clause
"""Every system test leaves nothing behind, ends within a limit, and shows the daemons' logs when it fails."""
import os
import signal
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from xbt import daemon, tidy  # noqa: E402

LIMIT = 400     # seconds for one test, unless it is marked @pytest.mark.limit(SECONDS)


@pytest.fixture(autouse=True)
def nothing_left_behind():
    before = tidy.mark()
    yield
    problems = tidy.undo_since(before)
    assert not problems, "\n".join(problems)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    marker = item.get_closest_marker("limit")
    limit = marker.args[0] if marker else LIMIT

    def too_long(*_):
        signal.alarm(60)    # for what undoes
        pytest.fail(f"not done after {limit} s", pytrace=True)

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(limit)
    daemon.recent[:] = [r for r in daemon.recent if r.process.poll() is None]   # those of a wider fixture
    yield
    signal.alarm(0)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for r in daemon.recent:
        try:
            report.sections.append((f"log of {r.program} {r.name}", r.log()))
        except OSError:
            continue
        if r.process.poll() is None:
            for words in map(str.split, r.tells):
                try:
                    text = r.ctl_text(*words, timeout=10)
                except (AssertionError, OSError, subprocess.SubprocessError) as e:
                    text = str(e)
                report.sections.append((f"{r.program} {r.name}: {' '.join(words)}", text))
