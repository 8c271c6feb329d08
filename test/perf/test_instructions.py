# SPDX-License-Identifier: BSD-3-Clause
"""The IPv4 fast path's instructions per packet are those recorded: counted by callgrind, so that no clock and no
neighbour on the machine has a say in it.

Valgrind knows no AVX-512: the versions for AVX2 and for SSE are counted, which share their source with the one for
AVX-512. Counted is a walk of the graph with full receive queues, net_ring's part included (test/unit/ip4_count.c). When
a change needs more and is worth it, or less, it changes the number here.
"""
import json
import os
import re
import shutil
import subprocess

import pytest
from benchlib.paths import TOP, Build

# Instructions a packet, in gcc 12's code: by version and number of destinations.
RECORDED = {("avx2", 1): 102.0, ("avx2", 1024): 124.2, ("sse", 1): 116.8, ("sse", 1024): 153.1}
MARGIN = 0.05
WALKS = 50


def _build():
    build = Build(os.environ.get("XBT_BUILD", os.path.join(TOP, "build")))
    if build.sanitized():
        pytest.skip("valgrind and sanitizers do not go together")
    if shutil.which("valgrind") is None:
        pytest.skip("valgrind is not installed: run devtools/bootstrap")
    return build


def _has(flag):
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        return re.search(rf"\b{flag}\b", f.read()) is not None


def _count(build, version, destinations, folder):
    """Instructions per packet and whether the code is of the kind that the numbers are for."""
    out = folder / "callgrind"
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=walk",
         f"--callgrind-out-file={out}", os.path.join(build.folder, "test", "unit", "ip4_count"), version,
         str(destinations), str(WALKS)],
        env={**os.environ, "LD_BIND_NOW": "1"}, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    counted = int(re.search(r"^totals: (\d+)$", out.read_text(), re.MULTILINE)[1])
    return counted / said["packets"], said["gcc12_optimized"]


@pytest.mark.parametrize("version,destinations", RECORDED, ids=[f"{v}-{d}" for v, d in RECORDED])
def test_fast_path_needs_as_many_instructions_as_recorded(version, destinations, tmp_path):
    build = _build()
    if version == "avx2" and not (_has("avx2") and _has("bmi2")):
        pytest.skip("this CPU has no AVX2")
    instructions, comparable = _count(build, version, destinations, tmp_path)
    if not comparable:
        pytest.skip("the numbers are those of gcc 12's optimized code")
    change = instructions / RECORDED[version, destinations] - 1
    assert change <= MARGIN, f"{instructions:.1f} instructions a packet"
    assert change >= -MARGIN, f"only {instructions:.1f} instructions a packet: record them"
