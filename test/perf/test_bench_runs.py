# SPDX-License-Identifier: BSD-3-Clause
"""Every case of devtools/bench for a moment, and every program: all packets arrive, every one is checked.

Nothing here depends on time: the sources wait for the program to be ready, give a number of packets, and the run is
over when they arrived. In a build with sanitizers only programs of that build take part: a driver with a sanitizer
does not load into a program without.
"""
import os

import pytest
from benchlib import bonds, dpdk_programs, kernel, nic, xebra  # noqa: F401  (they register their programs)
from benchlib.case import Case
from benchlib.cases import all_cases
from benchlib.machine import SmallMachine
from benchlib.paths import TOP, Build
from benchlib.program import find
from benchlib.special import Special

_ROUTES, _FLOWS, _PACKETS = 2000, 500, 20_000
_CASES = all_cases().values()


def _pairs():
    """Our programs in each of their cases, a peer in the first of its."""
    seen = set()
    for case in _CASES:
        for name in case.programs if isinstance(case, Case) else ():
            if find(name).ours or name not in seen:
                seen.add(name)
                yield case, name


_PAIRS = list(_pairs())
_SPECIAL = [case for case in _CASES if isinstance(case, Special)]


@pytest.fixture(scope="module", name="build")
def the_build():
    return Build(os.environ.get("XBT_BUILD", os.path.join(TOP, "build")))


@pytest.mark.parametrize("case,name", _PAIRS, ids=[f"{case.name}-{name}" for case, name in _PAIRS])
def test_forwards_what_it_claims(build, case, name):
    program = find(name)
    case = case.shrunk(_ROUTES, _FLOWS, _PACKETS)
    excuse = program.excuse(case, build)
    if excuse:
        pytest.skip(f"{name} {excuse}")
    report = program.measure(case, build, SmallMachine(), packets=_PACKETS, check=1)
    # The kernel has no sink that counts; its run is an error when a packet is missing.
    assert sum(port["good"] for port in report.get("ports", [])) == (_PACKETS if "ports" in report else 0)


@pytest.mark.parametrize("case", _SPECIAL, ids=[case.name for case in _SPECIAL])
def test_special_cases_give_figures(build, case):
    case = case.shrunk(_ROUTES, _FLOWS, _PACKETS)
    rows = list(case.filled(build, SmallMachine(), rounds=1))
    if all("excuse" in row for row in rows):
        pytest.skip(rows[0]["excuse"])
    for row in rows:
        assert row["case"] == case.name
        assert row["program"] in case.programs
    if case.name == "churn":
        changing, calm = rows
        assert changing["updates_per_s"] > 0 == calm["updates_per_s"]
