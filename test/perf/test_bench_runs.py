# SPDX-License-Identifier: BSD-3-Clause
"""Every case of devtools/bench with each of its programs, for a moment: all packets arrive, every one is checked.

Nothing here depends on time: the sources wait for the program to be ready, give a number of packets, and the run is
over when they arrived. In a build with sanitizers only programs of that build take part: a driver with a sanitizer
does not load into a program without.
"""
import os

import pytest
from benchlib import bonds, dpdk_programs, kernel, xebra  # noqa: F401  (they register their programs)
from benchlib.cases import all_cases
from benchlib.machine import SmallMachine
from benchlib.paths import TOP, Build
from benchlib.program import find

_ROUTES, _FLOWS, _PACKETS = 2000, 500, 20_000
_PAIRS = [(case, name) for case in all_cases().values() for name in case.programs]


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
