# SPDX-License-Identifier: BSD-3-Clause
"""The bench makes no number out of a run that did not do what it claims, nor a verdict out of noise."""
import os

import pytest
from benchlib import bonds, dpdk_programs, guide, kernel, nic, output, xebra  # noqa: F401  (they register their programs)
from benchlib.case import Case, alternating, full_table, spread_24s
from benchlib.cases import all_cases
from benchlib.dpdk_programs import TestpmdIo, TestpmdMacswap
from benchlib.goals import verdicts
from benchlib.machine import SmallMachine
from benchlib.measure import Result, ratio
from benchlib.paths import TOP, Build
from benchlib.program import find
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
    return Result(find(program), list(minima), list(minima), 2e9)


def test_no_verdict_when_the_best_runs_disagree():
    calm, noisy = _result("xebra", 20, 20.1, 20.2, 30), _result("l3fwd-lpm", 30, 33, 36)
    assert ratio(calm, noisy) is None
    assert ratio(calm, _result("l3fwd-lpm", 30.8, 30, 30.3)) == pytest.approx(1.5)


def test_the_rows_say_what_the_ratio_means():
    case = all_cases()["ip4-1flow"]
    rows = list(output.rows(case, [_result("xebra", 20, 20, 20), _result("l3fwd-lpm", 30, 30, 30)]))
    assert [(r["program"], r["peer"], r["ratio"], r["cycles_per_packet"], r["mpps"]) for r in rows] == [
        ("xebra", "l3fwd-lpm", 1.5, 20, 100), ("l3fwd-lpm", None, None, 30, 66.667)]


def test_two_workers_stand_beside_one_of_the_same_program():
    case = all_cases()["ip4-2workers"]
    rows = list(output.rows(case, [_result(name, cycles, cycles, cycles)
                                   for name, cycles in zip(case.programs, (15, 30, 20, 30))]))
    assert [(r["peer"], r["ratio"]) for r in rows] == [("xebra", 2), ("l3fwd-lpm", 1), ("l3fwd-lpm", 1.5), (None, None)]


def _flow_rows(xebra, macswap):
    case = all_cases()["ip4-1flow"]
    return case, list(output.rows(case, [_result("xebra", *xebra), _result("l3fwd-lpm", 24, 24, 24),
                                         _result("testpmd-macswap", *macswap)]))


@pytest.mark.parametrize("xebra,macswap,wanted", [
    ((20, 20, 20), (14, 14, 14), ["met", "met"]),
    ((22, 22, 22), (14, 14, 14), ["not met", "not met"]),
    ((20, 20, 20), (14, 15, 16), ["met", "no verdict"]),
    ((20, 21, 22), (14, 14, 14), ["no verdict", "no verdict"]),
])
def test_a_goal_is_met_or_not_and_noise_allows_no_verdict(xebra, macswap, wanted):
    assert [what for _, what in verdicts(*_flow_rows(xebra, macswap))] == wanted


def test_no_verdict_on_what_was_not_measured():
    case = all_cases()["ccn-1m"]
    row = {"case": "ccn-1m", "program": "xebra", "cycles_per_packet": None, "cycles_per_exchange": 100, "spread": 0}
    assert [what for _, what in verdicts(case, [row])] == ["no verdict"]
    assert [what for _, what in verdicts(case, [row, {**row, "case": "ccn-1k"}])] == ["met"]


def test_the_guide_has_every_figure_and_the_plots_that_there_are(tmp_path):
    case, rows = _flow_rows((20, 20, 20), (14, 14, 14))
    special = all_cases()["learn"]
    rows.append({"case": "learn", "program": "xebra", "cycles_per_packet": None, "mpps": None, "peer": None,
                 "ratio": None, "routes": 1000000, "learn_s": 1.25})
    file = tmp_path / "guide" / "page.inc"
    file.parent.mkdir()
    guide.write(file, [case, special], rows, {"ip4-1flow": str(tmp_path / "guide" / "img" / "a.svg")}, "A machine")
    text = file.read_text()
    for wanted in ("A machine.", "- 20.0\n", "- 1.20 l3fwd-lpm\n", "learn, s", "- 1.25\n", "- 1\u202f000\u202f000\n",
                   ".. image:: img/a.svg", "- under 2 s\n     - met\n"):
        assert wanted in text, text


def test_a_program_without_ecmp_alternates_between_the_ports():
    assert [ports for _, ports in find("l3fwd-lpm").routes(all_cases()["ip4-ecmp8"])] == [[0], [1]]


def test_quick_has_what_its_goals_need():
    for case in all_cases().values():
        if isinstance(case, Case) and case.quick:
            assert {"xebra", "net_vchannel"} & set(case.quick) and case.peer in case.quick


def test_tables_have_as_many_routes_as_they_say():
    assert len(set(spread_24s(1024))) == 1024
    assert len(set(full_table(5000))) == 5000
    assert len(alternating(["10.0.0.0/8", "10.0.0.0/8", "11.0.0.0/8"])) == 2
