# SPDX-License-Identifier: BSD-3-Clause
"""pytest plugin: runs the tests that XBT_CHOICE chooses (names are as devtools/test --list shows them), and
writes one JSON line per result on the file descriptor XBT_RESULTS."""
import json
import os

import pytest

from tool.report import Choice

_out = os.fdopen(os.dup(int(os.environ["XBT_RESULTS"])), "w", encoding="utf-8")
os.set_inheritable(_out.fileno(), False)
# Daemons that tests start must not keep the pipe open.
os.close(int(os.environ["XBT_RESULTS"]))


def _tell(**event):
    _out.write(json.dumps(event) + "\n")
    _out.flush()


def _text(report):
    # What failed comes last: of a long text, the end is what people get to see.
    return "\n".join([f"-- {title}\n{text}" for title, text in report.sections] + [report.longreprtext])


class _Results:
    def __init__(self):
        self.phases = {}

    def pytest_collectreport(self, report):
        if report.failed:
            _tell(test=report.nodeid or "collection", status="failed", details=_text(report), seconds=0)

    def pytest_collection_modifyitems(self, config, items):
        choice, part = Choice(os.environ["XBT_CHOICE"]), os.environ["XBT_PART"]
        out = [item for item in items if not choice.has(f"{part}/{item.nodeid}")]
        items[:] = [item for item in items if item not in out]
        config.hook.pytest_deselected(items=out)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session):
        _tell(collected=len(session.items))
        if session.config.option.collectonly:
            for item in session.items:
                _tell(listed=item.nodeid)

    def pytest_runtest_logreport(self, report):
        self.phases.setdefault(report.nodeid, []).append(report)

    def pytest_runtest_logfinish(self, nodeid):
        phases = self.phases.pop(nodeid, [])
        status = "passed"
        if any(r.failed for r in phases):
            status = "failed"
        elif any(r.skipped for r in phases):
            status = "skipped"
        details = "\n".join(_text(r) for r in phases if r.failed)
        if status == "skipped":
            details = next((r.longrepr[2] for r in phases if r.skipped and isinstance(r.longrepr, tuple)), "")
        _tell(test=nodeid, status=status, details=details, seconds=round(sum(r.duration for r in phases), 2))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus):
        _tell(finished=int(exitstatus))


def pytest_configure(config):
    config.pluginmanager.register(_Results(), "xbt-results")
