# SPDX-License-Identifier: BSD-3-Clause
"""The bench makes no number out of a run that did not do what it claims, nor a verdict out of noise."""
import os
from types import SimpleNamespace

import pytest
from benchlib import output
from benchlib.case import Case, alternating, full_table, spread_24s
from benchlib.cases import all_cases
from benchlib.dpdk_programs import TestpmdIo, TestpmdMacswap
from benchlib.machine import SmallMachine
from benchlib.measure import Result, ratio
from benchlib.paths import TOP, Build
from benchlib.run import Run
from benchlib.say import BenchError

_CASE = Case("test", "a case", ("testpmd-io",), "testpmd-io", [("198.18.0.0/24", [0]), ("198.18.1.0/24", [1])],
             to_cross=True, packets=2000)


class _SwapsOnTheSly(TestpmdMacswap):
    """Claims to leave packets alone."""
    expect = "io"


class _Loses(TestpmdIo):
    def devices(self, run):
        return [run.xbench(0), run.xbench(1, loss=100000)]


@pytest.fixture(scope="module", name="build")
def the_build():
    build = Build(os.environ.get("XBT_BUILD", os.path.join(TOP, "build")))
    excuse = TestpmdIo().excuse(_CASE, build)
    if excuse:
        pytest.skip(f"testpmd {excuse}")
    return build


def _error_of(program, build, **more):
    with pytest.raises(BenchError) as error:
        Run(program, _CASE, build, SmallMachine(), check=1, **more).whole()
    return str(error.value)


def test_a_wrong_header_is_an_error(build):
    assert "forwarded wrongly {'bad_mac': " in _error_of(_SwapsOnTheSly(), build)


def test_a_lost_packet_is_an_error(build):
    assert "packets were lost" in _error_of(_Loses(), build)


def test_a_program_that_ends_early_is_an_error(build):
    class Ends(TestpmdIo):
        def options(self, run):
            return ["--no-such-option"]

    assert "ended with status" in _error_of(Ends(), build)


def _result(program, *minima):
    return Result(SimpleNamespace(name=program, ours=program == "xebra"), list(minima), list(minima), 2e9)


def test_no_verdict_when_the_best_runs_disagree():
    calm, noisy = _result("xebra", 20, 20.1, 20.2, 30), _result("l3fwd-lpm", 30, 33, 36)
    assert ratio(calm, noisy) is None
    assert ratio(calm, _result("l3fwd-lpm", 30.8, 30, 30.3)) == pytest.approx(1.5)


def test_the_rows_say_what_the_ratio_means():
    case = all_cases()["ip4-1flow"]
    rows = list(output.rows(case, [_result("xebra", 20, 20, 20), _result("l3fwd-lpm", 30, 30, 30)]))
    assert [(r["program"], r["peer"], r["ratio"], r["cycles_per_packet"], r["mpps"]) for r in rows] == [
        ("xebra", "l3fwd-lpm", 1.5, 20, 100), ("l3fwd-lpm", None, None, 30, 66.667)]


def test_tables_have_as_many_routes_as_they_say():
    assert len(set(spread_24s(1024))) == 1024
    assert len(set(full_table(5000))) == 5000
    assert len(alternating(["10.0.0.0/8", "10.0.0.0/8", "11.0.0.0/8"])) == 2
