# SPDX-License-Identifier: BSD-3-Clause
"""The guides tell of what there is."""
import os
import re

from xbt import TOP


def test_the_guide_names_every_subject_below_lib():
    with open(os.path.join(TOP, "doc", "guides", "architecture.rst"), encoding="utf-8") as f:
        named = re.findall(r"^``lib/(\w+)`` ", f.read(), re.M)
    lib = os.path.join(TOP, "lib")
    assert sorted(named) == sorted(name for name in os.listdir(lib) if os.path.isdir(os.path.join(lib, name)))
