# SPDX-License-Identifier: BSD-3-Clause
"""The bench makes no number out of a run that did not do what it claims, nor a verdict out of noise."""
import os

import pytest
from benchlib import bonds, dpdk_programs, kernel, nic, xebra  # noqa: F401  (they register their programs)
from benchlib import ccn, guide, output, routes, special
from benchlib.case import Case, alternating, full_table, spread_24s
from benchlib.cases import all_cases
from benchlib.dpdk_programs import TestpmdIo, TestpmdMacswap
from benchlib.goals import verdicts
from benchlib.main import _short
from benchlib.machine import SmallMachine
from benchlib.measure import Result, ratio
from benchlib.paths import TOP, Build
from benchlib.program import find
from benchlib.run import Run, lost
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


def test_a_run_that_may_lose_counts_what_it_lost(build):
    run = Run(_Loses(), _CASE, build, SmallMachine(), check=1)
    try:
        run.start()
        report = run.forward()
    finally:
        run.end()
    assert lost(run.checked(report, may_lose=True)) > 0
    run.remove()


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


def test_one_run_disagrees_with_nobody_and_allows_no_verdict():
    case = all_cases()["ip4-1flow"]
    results = [_result("xebra", 20), _result("l3fwd-lpm", 30)]
    rows = list(output.rows(case, results))
    assert [(row["spread"], row["ratio"]) for row in rows] == [(None, None)] * 2
    assert "too noisy" in output.table(case, results)
    assert {what for _, what in verdicts(case, rows)} == {"no verdict"}


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


_QUICK = [_short(case) for case in all_cases().values() if case.quick]


@pytest.mark.parametrize("case", _QUICK, ids=[case.name for case in _QUICK])
def test_quick_has_what_its_goals_need(monkeypatch, case):
    """With calm results of the programs that quick runs, each goal has a verdict."""
    if isinstance(case, Case):
        rows = list(output.rows(case, [_result(name, 20, 20, 20) for name in case.programs]))
    else:
        report = {"tsc_hz": 2e9, "lcores": [{"min": 20, "p50": 20}]}
        monkeypatch.setattr(ccn.Exchange, "excuse", lambda *_: None)
        monkeypatch.setattr(ccn.Exchange, "measure", lambda *_, **more: report)
        rows, _, _ = special.run(case, None, None, 3)
    assert case.goals and "no verdict" not in [what for _, what in verdicts(case, rows)]


@pytest.mark.parametrize("name,key,good,bad", [
    ("learn", "learn_s", 1.9, 2.1), ("ccn-100k", "exchanges_mps", 1.1, 0.9)])
def test_noise_excuses_what_the_best_run_misses_but_spoils_nothing(name, key, good, bad):
    def judged(value, spread):
        case = all_cases()[name]
        return verdicts(case, [{"case": name, "program": "xebra", key: value, "spread": spread}])[0][1]

    assert [judged(good, 0.5), judged(good, None), judged(bad, 0.01)] == ["met", "met", "not met"]
    assert [judged(bad, 0.5), judged(bad, None)] == ["no verdict", "no verdict"]


def _report(missed=0, lost_ones=0, p50=1000, p99=9000):
    latency = {"p50": p50, "p99": p99, "p999": p99}
    return {"tsc_hz": 2e9, "lcores": [{"min": 20, "p50": 20}],
            "ports": [{"given": 1000 - missed, "taken": 1000 - missed - lost_ones, "small": 0, "missed": missed,
                       "latency_ns": latency}]}


class _Fake:
    """A program whose runs are given."""

    def __init__(self, name, reports):
        self.name, self.reports = name, iter(reports)

    def excuse(self, case, build):
        return None

    def measure(self, case, build, machine, **more):
        return next(self.reports)


def test_a_loss_in_any_run_of_churn_is_told_and_fails_its_goal(monkeypatch):
    runs = iter([_report(5, lost_ones=1), _report(0), _report(100), *[_report()] * 3])
    monkeypatch.setattr(routes, "find", lambda name: _Fake(name, [_report()] * 2))
    monkeypatch.setattr(routes.Churn, "excuse", lambda *_: None)
    monkeypatch.setattr(routes.Churn, "_run", lambda *_: (next(runs), 100_000))
    case = all_cases()["churn"]
    rows, _, _ = special.run(case, None, None, 3)
    # The middle run, not the best one.
    assert [(row["lost"], row["missed_percent"]) for row in rows] == [(1, 0.5), (0, 0)]
    assert [what for _, what in verdicts(case, rows)] == ["not met", "met"]


def test_a_loss_while_routes_are_learned_fails_its_goal(monkeypatch):
    runs = iter([(1.5, 100, _report(5)), (1.6, 100, _report(lost_ones=2)), (1.7, 100, _report())])
    monkeypatch.setattr(routes, "find", lambda name: _Fake(name, [_report()] * 2))
    monkeypatch.setattr(routes.Learn, "excuse", lambda *_: None)
    monkeypatch.setattr(routes.Learn, "_learn", lambda *_: next(runs))
    case = all_cases()["learn"].shrunk(10, 10, 10)
    rows, _, _ = special.run(case, None, None, 3)
    assert (rows[0]["learn_s"], rows[0]["lost"], rows[0]["missed_percent"]) == (1.5, 2, 0.5)
    assert rows[0]["spread"] == pytest.approx(1.7 / 1.5 - 1, abs=1e-4)
    assert [what for _, what in verdicts(case, rows)] == ["met", "met", "not met"]


def test_latency_is_that_of_one_run(monkeypatch):
    wanted = _report(missed=1, p50=2000, p99=8000)
    programs = {name: _Fake(name, [wanted] * 2 + [_report(1, 0, 500, 9000), wanted, _report(2, 0, 1000, 7000)])
                for name in ("xebra", "l3fwd-lpm")}
    monkeypatch.setattr(special, "find", programs.get)
    rows, _, _ = special.run(all_cases()["latency"], None, None, 3)
    assert [(row["p50_us"], row["p99_us"], row["missed_percent"]) for row in rows] == [(2, 8, 0.1)] * 2


def test_tables_have_as_many_routes_as_they_say():
    assert len(set(spread_24s(1024))) == 1024
    assert len(set(full_table(5000))) == 5000
    assert len(alternating(["10.0.0.0/8", "10.0.0.0/8", "11.0.0.0/8"])) == 2
