# SPDX-License-Identifier: BSD-3-Clause
"""What the bench says of what went wrong, in words, files and its status, and that one failure ends nothing else."""
import json
import subprocess
import sys

import pytest
from benchlib import guide, main, measure, output, special
from benchlib.case import Case
from benchlib.cases import all_cases
from benchlib.run import Run
from benchlib.say import BenchError


class _Program:
    """Fails or excuses itself as it is told."""
    beside = ""
    ours = True
    lengthen = 1

    def __init__(self, name, error=None, excuse=None):
        self.name, self.error, self.why = name, error, excuse

    def excuse(self, case, build):
        return self.why

    def measure(self, *_, **more):
        if self.error:
            raise self.error
        return {"tsc_hz": 2e9, "lcores": [{"min": 20, "p50": 20}]}


_CASE = Case("c", "a case", ("one", "two", "three"), "three", [])


def _results(*programs):
    return measure.compare(_CASE, programs, None, None, rounds=3)


@pytest.mark.parametrize("error", [
    BenchError("c: one: it fell\nlog"), OSError(28, "No space"), subprocess.TimeoutExpired("xebractl", 1),
    json.JSONDecodeError("half a report", "{", 1)])
def test_a_failure_is_that_of_its_program(error):
    one, two = _results(_Program("one", error), _Program("two"))
    assert one.error.startswith("c: one: ") and two.minima == [20, 20, 20]


@pytest.mark.parametrize("error", [BenchError("learn: it fell"), OSError(28, "No space")])
def test_a_failure_of_a_special_case_is_its_own(monkeypatch, error):
    def fails(*_):
        raise error

    case = all_cases()["churn"]
    monkeypatch.setattr(special.Special, "excuse", lambda *_: None)
    monkeypatch.setattr(type(case), "rows", fails)
    rows, text, failed = special.run(case, None, None, 1)
    assert failed and "ERROR: " in text and [row["program"] for row in rows] == ["xebra", "xebra-calm"]
    assert all(row["error"] and row["case"] == "churn" and row["mpps"] is None for row in rows)


def test_who_failed_or_was_absent_is_in_the_results(tmp_path):
    failed = _Program("one", BenchError("c: one: it_fell\nlog"))
    rows = list(output.rows(_CASE, _results(failed, _Program("two", excuse="is not here"), _Program("three"))))
    output.write_json(tmp_path / "r.json", rows)
    one, two, three = json.loads((tmp_path / "r.json").read_text())
    assert (one["error"], one["mpps"], two["excuse"], two["ratio"]) == ("c: one: it_fell\nlog", None, "is not here", None)
    assert "error" not in three and "excuse" not in three
    page = guide.page([_CASE], rows, {}, "A machine", str(tmp_path))
    assert "- ERROR: c: one: it\\_fell\n" in page and "- not run: is not here\n" in page


def test_a_case_that_failed_altogether_has_a_section(tmp_path):
    learn = all_cases()["learn"]
    rows = list(output.rows(_CASE, _results(_Program("one", BenchError("c: it fell")))))
    rows.append(learn.row(program="xebra", error="learn: it fell"))
    page = guide.page([_CASE, learn], rows, {}, "A machine", str(tmp_path))
    for wanted in ("rubric:: c: a case", "- ERROR: c: it fell\n", "rubric:: learn: ", "- ERROR: learn: it fell\n"):
        assert wanted in page


def test_units_and_shares_are_for_people(tmp_path):
    case = all_cases()["churn"]
    page = guide.page([case], [case.row(program="xebra", updates_per_s=100_000, spread=0.5447)], {}, "A machine", str(tmp_path))
    assert "- updates per s\n" in page and "- 54.5 %\n" in page


def test_the_first_line_of_a_failure_names_the_folder():
    run = Run(_Program("one"), _CASE, None, None)
    with pytest.raises(BenchError) as error:
        run.fail("it fell\nfar")
    run.remove()
    assert run.folder in str(error.value).splitlines()[0]


class _Build:
    def __init__(self, folder):
        self.folder = folder

    def make(self):
        pass


class _Machine:
    def prepare(self):
        pass

    def describe(self):
        return "A machine"


def _bench(monkeypatch, *words):
    """The command's status, with cases that take no time: learn fails, idle is interrupted."""
    def run(case, *_):
        if case.name == "idle":
            raise KeyboardInterrupt
        return [case.row(program="xebra")], "", case.name == "learn"

    monkeypatch.setattr(sys, "argv", ["bench", *words])
    monkeypatch.setattr(main, "Build", _Build)
    monkeypatch.setattr(main, "Machine", _Machine)
    monkeypatch.setattr(special, "run", run)
    return main.main()


@pytest.mark.parametrize("words,wanted", [
    (("--program", "xebar"), "no program xebar"), (("--rounds", "0"), "--rounds"), (("--json", "{file}/r.json"), "{file}"),
    (("--guide", "{folder}"), "is a folder"), (("--plots", "{file}"), "{file}")])
def test_what_cannot_work_is_said_before_anything_is_measured(monkeypatch, capsys, tmp_path, words, wanted):
    file = tmp_path / "file"
    file.touch()
    names = {"file": file, "folder": tmp_path}
    assert _bench(monkeypatch, "churn", *(word.format(**names) for word in words)) == 1
    said = capsys.readouterr()
    assert wanted.format(**names) in said.err and "A machine" not in said.out


def test_folders_are_made_and_both_files_written(monkeypatch, tmp_path):
    files = [tmp_path / "a" / "r.json", tmp_path / "b" / "page.inc"]
    assert _bench(monkeypatch, "churn", "--json", str(files[0]), "--guide", str(files[1])) == 0
    assert all(file.exists() for file in files) and len(list(files[1].parent.iterdir())) == 1


def test_the_guide_stays_as_it_was_until_all_cases_are_through(monkeypatch, tmp_path):
    page, results = tmp_path / "page.inc", tmp_path / "r.json"
    page.write_text("before")
    assert _bench(monkeypatch, "churn", "idle", "--json", str(results), "--guide", str(page)) == 130
    assert page.read_text() == "before" and len(json.loads(results.read_text())) == 1


def test_the_status_tells_of_failures_not_of_goals(monkeypatch, capsys):
    assert _bench(monkeypatch, "churn") == 0
    assert "no verdict" in capsys.readouterr().out
    assert _bench(monkeypatch, "learn", "churn") == 1
